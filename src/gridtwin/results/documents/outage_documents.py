"""The documents of outages on record."""

from typing import Any, Literal

from gridtwin.model.outage import Status
from gridtwin.results.documents.document_fields import Amount, Count, FromOne, Shape, Timestamp
from gridtwin.results.documents.document_tags import DocumentTag


class OutageRecord(Shape):
    """One outage as it stands; times in UTC."""

    id: str
    began_at: Timestamp
    status: Status
    device: str | None
    """mRID of what opened or failed"""
    phases: str
    """that lost supply; empty: all"""
    planned: bool
    cause: str
    """as it was noted; empty: not known"""
    crew_status: str
    """what the crew is doing, as it was noted"""
    parent: str | None
    """id of the outage this one is a part of"""
    first_seen_at: Timestamp | None
    """when it was first known here"""
    confirmed_at: Timestamp | None
    restored_at: Timestamp | None
    """when the last customer came back"""
    closed_at: Timestamp | None
    etr_manual: Timestamp | None
    """promised by the control room"""
    etr_crew: Timestamp | None
    """estimated by the crew on site"""
    updated_at: Timestamp | None
    """when it was last written"""
    state_version: Count
    """of the current state of the switches when it was opened"""
    customers: Count
    """in it, back or not"""
    customers_out: Count
    """in it and not back"""
    revision: FromOne
    """how often it was written"""
    momentary: bool
    """over within five minutes (IEEE 1366)"""


class OutagesDocument(Shape):
    """
    Outages.

    `gridtwin outage list`; what changes an outage answers with it alone
    """

    schema: Literal[DocumentTag.OUTAGES]
    outages: list[OutageRecord]


class RestorationStep(Shape):
    """All that came back at one time."""

    restored_at: Timestamp | None
    """null: still out"""
    usage_points: FromOne
    customers: Count
    customer_minutes: Amount
    """of interruption, until they were back or until now"""


class EvidenceRecord(Shape):
    """One thing that an outage is known from, or that was done to it."""

    at: Timestamp
    kind: str
    mrid: str
    """of what it speaks of; empty: of the outage"""
    detail: dict[str, Any]
    actor: str
    """who said or did it"""


class OutageCourse(OutageRecord):
    """One outage, who came back when, and what it is known from."""

    steps: list[RestorationStep]
    """restoration steps"""
    evidence: list[EvidenceRecord]


class OutageDocument(OutageCourse):
    """
    One outage.

    `gridtwin outage show`
    """

    schema: Literal[DocumentTag.OUTAGE]
