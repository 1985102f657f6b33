"""The documents of what lies inside an area, and of the sites that matter first."""

from typing import Annotated, Literal

from gridtwin.results.documents.document_fields import Count, Shape, Timestamp, one_of
from gridtwin.results.documents.document_tags import DocumentTag

SERVED_BY = ("feeder", "substation")


class PrioritySite(Shape):
    """A priority customer."""

    mrid: str
    priority: str
    """what it is, as in `hospital`"""


class ServedGroup(Shape):
    """A part of the usage points, by who serves it."""

    mrid: str | None
    """of the feeder or substation; null: none"""
    usage_points: Count
    customers: Count


class InsideDocument(Shape):
    """
    What lies inside an area, and who is served there by what.

    the tool `area`
    """

    schema: Literal[DocumentTag.INSIDE]
    state: str
    """of the switches"""
    version: Count
    """of the state"""
    counts: dict[str, Count]
    """of each kind of equipment, and of usage points and substations"""
    customers: Count
    customers_out: Count
    """of those, without supply"""
    by: Annotated[str, one_of(SERVED_BY)]
    groups: list[ServedGroup]
    """the most customers first"""
    priority: list[PrioritySite]
    substations: list[str]
    """mRIDs"""
    usage_points: list[str]
    """mRIDs, sorted"""
    warnings: list[str]


class SiteRecord(PrioritySite):
    """A priority customer, and how it stands."""

    feeder: str | None
    """mRID; null: of none"""
    customers: Count
    out: bool
    """without supply; of a period: at some time of it"""
    outage: str | None
    """the open outage it is out in, of a period the last one; null: in none"""
    lost_at: Timestamp | None
    """of a period: when it lost its supply; null: it did not, or a moment was asked for"""
    restored_at: Timestamp | None
    """of a period: when it was back; null: it is still out, or never was"""
    etr: Timestamp | None
    """until when, as promised; null: not promised"""
    source: str | None
    """what the promise rests on"""


class PrioritySitesDocument(Shape):
    """
    The priority sites, and which are without supply.

    the tool `priority_sites`
    """

    schema: Literal[DocumentTag.PRIORITY_SITES]
    at: Timestamp | None
    """the past moment asked for; null: now"""
    since: Timestamp | None
    """begin of the period asked for; null: a moment"""
    until: Timestamp | None
    """end of that period; null: now, or a moment"""
    version: Count
    """of the current state"""
    counts: dict[str, Count]
    """sites of each kind, of all that were looked at"""
    out: dict[str, Count]
    """of those, without supply"""
    sites: list[SiteRecord]
    """those out first, then by kind and mRID"""
