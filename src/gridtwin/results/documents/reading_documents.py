"""The documents of what meters measured: one interval, series over time, questions of weeks."""

from typing import Annotated, Any, Literal

from gridtwin.analysis.ami.interval_load import LOAD_LEVELS, STANDINGS
from gridtwin.analysis.ami.voltage_ranges import RANGES
from gridtwin.results.documents.document_fields import (
    Count,
    Keywords,
    Shape,
    Span,
    Timestamp,
    one_of,
)
from gridtwin.results.documents.document_tags import DocumentTag

IntervalEnd = Annotated[Timestamp, Keywords(description="end of the interval, UTC")]
VoltageRange = Annotated[list[float], Keywords(minItems=2, maxItems=2)]


class ElementLoad(Shape):
    """What one element carried in one interval."""

    mrid: str
    kind: str
    """of the equipment; of a feeder that of its head"""
    kwh: float | None
    """of the interval; below 0: energy flows back; null on a loop"""
    kw: float | None
    """mean power of the interval"""
    kva: float | None
    loading_pct: float | None
    """of the rating, on the most loaded phase; null without a rating or on a loop"""
    imbalance_pct: float | None
    """largest departure of a phase from the mean of three; null unless all three carry load"""
    meters: Count
    """usage points it feeds"""
    missing: Count
    """of those, without a reading"""
    standing: Annotated[str, one_of(STANDINGS)]


class LoadFacts(Shape):
    """What loads of one interval rest on, and what they say in sum."""

    usage_points: Count
    """of the network"""
    read: Count
    """usage points with a reading"""
    unfed: Count
    """usage points that took energy and have no supply in this state"""
    strangers: Count
    """readings of meters that are not of this network"""
    elements: Count
    looped: Count
    """elements on a loop: readings alone do not say their load"""
    unrated: Count
    """elements without a rating"""
    over_100_pct: Count
    """elements above their rating"""


class LoadDocument(LoadFacts):
    """
    Load of the elements of a level in one interval.

    `gridtwin ami load`
    """

    schema: Literal[DocumentTag.AMI_LOAD]
    at: IntervalEnd
    level: Annotated[str, one_of(LOAD_LEVELS)]
    state: str
    """of the switches"""
    version: Count
    """of the state"""
    power_factor: Annotated[float, Keywords(exclusiveMinimum=0, maximum=1)]
    """assumed of all loads"""
    loads: list[ElementLoad]
    """the most loaded first"""


class VoltageCounts(Shape):
    """Usage points by range; below_a and above_a are still within Range B."""

    not_given: Count
    within_a: Count
    below_a: Count
    above_a: Count
    below_b: Count
    above_b: Count


class FeederVoltages(Shape):
    """The voltages of one feeder."""

    feeder: str
    """empty: of no feeder"""
    read: Count
    """usage points with a voltage"""
    v_min: float | None
    """on a base of 120 V"""
    v_max: float | None
    below_a: Count
    """usage points, those below Range B included"""
    above_a: Count
    """usage points, those above Range B included"""
    below_b: Count
    above_b: Count


class OddVoltage(Shape):
    """A usage point outside Range A."""

    mrid: str
    voltage_v: float
    """on a base of 120 V"""
    range: Annotated[str, one_of(RANGES[2:])]
    transformer: str
    """the nearest above it; empty: none"""
    feeder: str
    """empty: none"""


class VoltageDocument(Shape):
    """
    Service voltages of one interval outside Range A of ANSI C84.1.

    `gridtwin ami voltage`
    """

    schema: Literal[DocumentTag.AMI_VOLTAGE]
    at: IntervalEnd
    state: str
    """of the switches"""
    version: Count
    """of the state"""
    range_a_v: VoltageRange
    """ANSI C84.1-2020, service voltage, 120 V base"""
    range_b_v: VoltageRange
    counts: VoltageCounts
    feeders: list[FeederVoltages]
    """with a voltage outside Range A, the lowest first"""
    usage_points: list[OddVoltage]
    """outside Range A, the farthest from 120 V first"""


class MeterValue(Shape):
    """What a meter measured in one interval."""

    at: IntervalEnd
    kwh: float | None
    kw: float | None
    """mean power"""
    voltage_v: float | None
    """on a base of 120 V"""
    range: Annotated[str, one_of(RANGES)]
    """of ANSI C84.1; empty: no voltage was read"""


class DeviceValue(Shape):
    """What was rolled up of a transformer or a feeder in one interval."""

    at: IntervalEnd
    kwh: float | None
    """null: its head was on a loop"""
    kw: float | None
    """mean power"""
    meters: Count
    """usage points it fed"""
    missing: Count
    """of those, without a reading"""
    v_min: float | None
    """on a base of 120 V"""
    v_max: float | None


class TransformerValue(DeviceValue):
    """What a transformer carried in one interval."""

    feeder: Annotated[int, Keywords(minimum=-1)]
    """row of the feeder; -1: not known, or above the feeders"""


class FeederValue(DeviceValue):
    """What a feeder carried in one interval, and its usage points outside Ranges A and B."""

    below_a: Count
    above_a: Count
    below_b: Count
    above_b: Count


SeriesValues = list[MeterValue | TransformerValue | FeederValue]


class SeriesDocument(Shape):
    """
    What a meter, a transformer or a feeder measured over time.

    `gridtwin ami meter`, `gridtwin ami device`
    """

    schema: Literal[DocumentTag.AMI_SERIES]
    mrid: str
    table: Annotated[str, one_of(("readings", "load", "feeder_load"))]
    """of a meter, of a transformer, of a feeder"""
    values: SeriesValues
    """the oldest first"""


class RollUpDocument(Shape):
    """
    What a roll-up of readings did.

    `gridtwin ami roll-up`
    """

    schema: Literal[DocumentTag.AMI_ROLL_UP]
    hours: Count
    """hours of readings that were summed up"""


class OverloadedTransformer(Shape):
    """A transformer that was loaded above the share asked for."""

    transformer: str
    rated_kva: float
    """nameplate"""
    hours: float
    """above the share asked for, while the price was"""
    peak_kva: float
    """largest apparent power of an interval"""
    peak_pct: float
    """of the nameplate"""


class FeederVoltageHistory(Shape):
    """How low and how high the voltages of a feeder went."""

    feeder: str
    v_min: float
    """on a base of 120 V"""
    v_min_at: Timestamp
    v_max: float
    v_max_at: Timestamp
    below_a_h: float
    """meter-hours below Range A of ANSI C84.1"""
    above_a_h: float
    below_b_h: float
    above_b_h: float


class FeederPeak(Shape):
    """The peak of a feeder, and what it carried at the peak of all together."""

    feeder: str
    peak_kw: float
    peak_at: Timestamp
    at_common_peak_kw: float
    """what it carried at the peak of all feeders together"""
    common_peak_at: Timestamp
    load_factor: float | None
    """mean over peak"""


class LoadInBand(Shape):
    """What all feeders carried together while it was about as warm."""

    from_c: float
    """degrees Celsius, at least; less than two more"""
    hours: float
    """for how long it was so warm"""
    mean_kw: float
    peak_kw: float


class HourAtRisk(Shape):
    """What an area carried in one hour of the day."""

    hour: Annotated[int, Keywords(minimum=0, maximum=23)]
    """of the day, UTC"""
    mean_kw: float
    peak_kw: float
    intervals: int


class HoursOut(Shape):
    """Who was out about as long."""

    from_h: int
    """hours out, at least; less than the next row's of 0, 1, 2, 4, 8, 12, 24, 48, 96"""
    usage_points: int
    customers: int
    customer_hours: float


class SpanAtRisk(Shape):
    """A span of line at risk of vegetation, and the peak of its feeder."""

    span: str
    feeder: str
    """empty = none"""
    risk_class: str
    score: float
    """chance of a failure by vegetation within a year, percent"""
    length_in_risk_m: float
    customers: int
    """that a fault there interrupts"""
    priority_sites: int
    customer_minutes_at_risk: float
    """of a year"""
    customer_minutes_per_km: float
    feeder_peak_kw: float | None
    """in the period; null = not known"""


class HistoryShape(Span, Shape):
    """
    What weeks of readings answer to a question.

    `gridtwin ami ask`
    """

    schema: Literal[DocumentTag.AMI_HISTORY]
    values: dict[str, Any]
    """what else was asked"""


class OverloadedHistory(HistoryShape):
    """Which transformers were overloaded, and how long, at most prices or at high ones."""

    question: Literal["overloaded", "overloaded_at_price"]
    rows: list[OverloadedTransformer]


class VoltagesHistory(HistoryShape):
    """How voltages ran on each feeder."""

    question: Literal["voltages"]
    rows: list[FeederVoltageHistory]


class PeaksHistory(HistoryShape):
    """When each feeder peaked."""

    question: Literal["peaks"]
    rows: list[FeederPeak]


class WeatherHistory(HistoryShape):
    """How the load of all feeders together follows the temperature."""

    question: Literal["weather"]
    rows: list[LoadInBand]


class AtRiskHistory(HistoryShape):
    """What an area carries by hour of the day."""

    question: Literal["at_risk"]
    rows: list[HourAtRisk]


class HoursOutHistory(HistoryShape):
    """How long usage points were out."""

    question: Literal["hours_out"]
    rows: list[HoursOut]


class VegetationHistory(HistoryShape):
    """Which spans are at risk of vegetation, and what their feeders carry."""

    question: Literal["vegetation"]
    rows: list[SpanAtRisk]


HistoryDocument = (
    OverloadedHistory
    | VoltagesHistory
    | PeaksHistory
    | WeatherHistory
    | AtRiskHistory
    | HoursOutHistory
    | VegetationHistory
)
