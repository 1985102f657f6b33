"""The document of which devices most likely operated."""

from typing import Literal

from gridtwin.results.documents.document_fields import Count, Shape, Share, Timestamp
from gridtwin.results.documents.document_tags import DocumentTag


class RunnerUp(Shape):
    """The likeliest device above or below that did not operate."""

    mrid: str
    kind: str
    probability: Share


class EvidenceCounts(Shape):
    """What speaks for and against an outage, in usage points."""

    last_gasps: Count
    """out, and sent a last gasp"""
    missing: Count
    """out, and nothing was heard of them"""
    calls: Count
    """out, and their customer called"""
    still_on: Count
    """behind the device, and showed that they are on"""


class InferredOutageRecord(Shape):
    """One outage that was inferred."""

    mrid: str
    """of the device that operated"""
    kind: str
    """kind of equipment, or `usage_point`"""
    phases: str
    """that opened"""
    probability: Share
    """that it or one of those it cannot be told from operated"""
    indistinguishable: list[str]
    """mRIDs of devices with the same loss, the likeliest first"""
    gain: float
    """nats over the best explanation without this device"""
    began_at: Timestamp
    """estimated"""
    usage_points: list[str]
    """mRIDs of those that are out"""
    partial: list[str]
    """mRIDs of usage points that lost some of their phases"""
    customers: Count
    """out"""
    runner_up: RunnerUp | None
    evidence: EvidenceCounts


class Momentary(Shape):
    """An interruption that ended within minutes."""

    mrid: str
    """of a usage point"""
    began_at: Timestamp
    ended_at: Timestamp


class InferenceDocument(Shape):
    """
    Which devices most likely operated.

    `gridtwin outage infer`
    """

    schema: Literal[DocumentTag.INFERENCE]
    state: str
    """of the switches before"""
    version: Count
    """of the state"""
    now: Timestamp
    """up to when reports counted"""
    loss: Share
    """share of last gasps that never arrive, as assumed or estimated"""
    customers: Count
    """out, in all outages"""
    outages: list[InferredOutageRecord]
    """the largest first"""
    unexplained: list[str]
    """mRIDs of usage points that report, and no outage says why"""
    momentaries: list[Momentary]
    suppressed: Count
    """usage points that report and are in a known outage, or had no supply before"""
    unknown: list[str]
    """names of meters that the network does not have"""
    warnings: list[str]
