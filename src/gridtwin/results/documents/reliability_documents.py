"""The document of the reliability indices of IEEE 1366."""

from typing import Annotated, Literal, NotRequired

from gridtwin.analysis.reliability.reliability_indices import EARLIER, GIVEN, WITHIN
from gridtwin.results.documents.document_fields import (
    Amount,
    Count,
    Date,
    Keywords,
    Shape,
    Share,
    Span,
    one_of,
)
from gridtwin.results.documents.document_tags import DocumentTag

GROUPINGS = ("system", "feeder", "substation")


class IndexValues(Shape):
    """The indices of one group; null where they cannot be said."""

    events: Count
    """outages with a sustained interruption"""
    interruptions: Count
    """sustained customer interruptions, CI"""
    customer_minutes: Amount
    """CMI"""
    momentary: Count
    """momentary customer interruptions"""
    saifi: float | None
    """sustained interruptions per customer served"""
    saidi_minutes: float | None
    """of sustained interruption per customer served"""
    caidi_minutes: float | None
    """per sustained interruption"""
    asai: float | None
    """share of the time that customers had supply"""
    maifi: float | None
    """momentary interruptions per customer served"""
    maifi_e: float | None
    """momentary events per customer served"""
    cemi: Annotated[dict[str, Share | None], Keywords(propertyNames={"pattern": "^[0-9]+$"})]
    """n -> share of the customers with more than n sustained interruptions"""


class GroupIndices(Shape):
    """The indices of the system or of a group, with all days and without major event days."""

    name: NotRequired[str | None]
    """null: of no feeder or substation"""
    customers_served: Count
    all_days: IndexValues
    without_major_event_days: IndexValues


class DayRecord(Shape):
    """One day of the system."""

    day: Date
    saidi_minutes: float | None
    customer_minutes: Amount
    interruptions: Count
    """sustained customer interruptions"""
    major_event_day: bool


class IndicesDocument(Span, Shape):
    """
    Reliability indices of IEEE 1366.

    `gridtwin outage indices`
    """

    schema: Literal[DocumentTag.INDICES]
    timezone: str
    """whose midnight begins a day"""
    by: Annotated[str, one_of(GROUPINGS)]
    """what `groups` are"""
    sustained_after_s: Amount
    """an interruption longer than that is sustained, s"""
    planned: bool
    """whether planned interruptions are counted"""
    t_med_minutes: float | None
    """daily SAIDI above which a day is a major event day"""
    alpha: float | None
    """mean of the logarithms of daily SAIDI"""
    beta: float | None
    """their standard deviation"""
    t_med_days: Count
    """days with a SAIDI above zero behind the threshold"""
    t_med_from: Annotated[str, one_of((EARLIER, WITHIN, GIVEN))]
    system: GroupIndices
    groups: list[GroupIndices]
    major_event_days: list[Date]
    days: list[DayRecord]
    still_out: Count
    """customers still out when the period ends"""
    overlaps: Count
    """rows that overlapped another of their usage point"""
    warnings: list[str]
