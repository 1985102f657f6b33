"""The document of who is back when after a storm."""

from typing import Annotated, Literal

from gridtwin.results.documents.document_fields import Amount, Count, FromOne, Shape, Share, one_of
from gridtwin.results.documents.document_tags import DocumentTag

STORM_ZONES = ("substation", "feeder")


class HourQuantiles(Shape):
    """Quantiles of a time over all draws, hours after the storm."""

    p10_h: Amount
    p50_h: Amount
    p80_h: Amount
    p95_h: Amount


class StageCustomers(Shape):
    """Customers out at the moment of the storm, by what brings them back."""

    remote: Count
    """switching from the control room"""
    manual: Count
    """switching on site"""
    repair: Count


class StormSummary(Shape):
    """The figures of the whole system."""

    customers: Count
    """out at the moment of the storm"""
    priority_customers: Count
    """of those, at priority sites"""
    damaged: FromOne
    """devices"""
    districts: FromOne
    """that crews are allotted to"""
    crews: FromOne
    crew_utilization: Share
    """of the crews' time, on the way or at work"""
    customers_by_stage: StageCustomers
    t50: HourQuantiles
    """when 50 % of the customers are back"""
    t90: HourQuantiles
    t95: HourQuantiles
    last: HourQuantiles
    """when the last customer is back"""
    last_priority: HourQuantiles
    """when the last customer at a priority site is back"""


class ZoneReturns(HourQuantiles):
    """When all customers of a zone are back."""

    customers: Count
    priority_customers: Count


class SubstationReturns(ZoneReturns):
    """When all customers of a substation are back."""

    substation: str


class FeederReturns(ZoneReturns):
    """When all customers of a feeder are back."""

    feeder: str
    """empty: of none"""


class DamagedDevice(HourQuantiles):
    """One damaged device, and when it is repaired."""

    mrid: str
    kind: str
    substation: str
    district: Count
    """number of the district whose crews repair it"""
    found_p50_h: Amount
    """median of when the damage is found, hours"""


class ReturnCurve(Shape):
    """Customers back by then, as lists of one length."""

    hours: list[Amount]
    """after the storm"""
    p10: list[Count]
    p50: list[Count]
    p90: list[Count]
    mean: list[Amount]


class StormDocument(StormSummary):
    """
    Who is back when after a storm.

    `gridtwin erm storm`
    """

    schema: Literal[DocumentTag.STORM]
    state: str
    """of the switches before the storm"""
    version: Count
    """of the state"""
    seed: Count
    """of the draws: the same makes the same storm"""
    draws: FromOne
    """how often the storm was drawn"""
    zone: Annotated[str, one_of(STORM_ZONES)]
    """what `zones` are"""
    warnings: list[str]
    zones: list[SubstationReturns] | list[FeederReturns]
    devices: list[DamagedDevice]
    """in the order in which crews choose"""
    curve: ReturnCurve
