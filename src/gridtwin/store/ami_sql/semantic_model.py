"""
Say what the tables of the questions mean: their columns, measures, links, and the questions.

One model for all who ask: the names of the questions here are those that a folder and a database
answer, and what is published to other warehouses describes the same tables with the same words.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

SemanticKind = Literal["dimension", "time", "fact"]
SemanticType = Literal["text", "number", "time", "flag"]


@dataclass(frozen=True, slots=True)
class SemanticColumn:
    """A column by which rows are grouped or chosen, or a fact of each row."""

    name: str
    kind: SemanticKind
    type: SemanticType
    meaning: str
    synonyms: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SemanticMetric:
    """A measure over many rows of a table: an aggregate of its columns, in standard SQL."""

    name: str
    expression: str
    meaning: str
    synonyms: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SemanticTable:
    """A table of schema ``gridtwin``, what a row of it is, and what names the row."""

    name: str
    meaning: str
    key: tuple[str, ...]
    columns: tuple[SemanticColumn, ...]
    metrics: tuple[SemanticMetric, ...] = ()
    synonyms: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SemanticLink:
    """Each row of a table has at most one of another, by a column of each."""

    table: str
    column: str
    refers: str
    key: str


@dataclass(frozen=True, slots=True)
class SemanticQuestion:
    """A question by the name of its file of SQL, in words, with the values it is asked with."""

    name: str
    words: str
    values: Mapping[str, float] = field(default_factory=dict)
    of_area: bool = False  # whether it is of the transformers under a polygon


@dataclass(frozen=True, slots=True)
class PeriodForm:
    """
    A table of a question whose rows are of one interval or of more: of a day, say.

    A store that keeps sums of days shows these for whole days; one that does not shows each
    interval for itself, as the query says.
    """

    name: str
    table: str  # of schema ``gridtwin``, whose intervals they are
    query: str  # of its intervals, ``{table}`` standing for where it is


@dataclass(frozen=True, slots=True)
class SemanticModel:
    """Tables, how they are linked, and what is asked of them."""

    tables: tuple[SemanticTable, ...]
    links: tuple[SemanticLink, ...]
    questions: tuple[SemanticQuestion, ...]
    forms: tuple[PeriodForm, ...] = ()

    def find_table(self, name: str) -> SemanticTable:
        """Return a table by its name."""
        return next(table for table in self.tables if table.name == name)


def _declare_dimension(name: str, meaning: str, *synonyms: str) -> SemanticColumn:
    return SemanticColumn(name, "dimension", "text", meaning, synonyms)


def _declare_fact(name: str, meaning: str, *synonyms: str) -> SemanticColumn:
    return SemanticColumn(name, "fact", "number", meaning, synonyms)


INTERVAL_END = SemanticColumn(
    "reading_time", "time", "time", "End of the interval of 15 minutes, UTC", ("interval", "when")
)
TRANSFORMER_KEY = _declare_dimension("transformer", "mRID of the transformer")
ENERGY = _declare_fact("kwh", "Energy of the interval in kilowatt-hours; below zero: received")
LOWEST_VOLTAGE = _declare_fact("v_min", "Lowest voltage of a meter, on a base of 120 V")
HIGHEST_VOLTAGE = _declare_fact("v_max", "Highest voltage of a meter, on a base of 120 V")
WORST_VOLTAGES = (
    SemanticMetric("lowest_v", "MIN(v_min)", "Lowest voltage of a meter in the period, V"),
    SemanticMetric("highest_v", "MAX(v_max)", "Highest voltage of a meter in the period, V"),
)

TRANSFORMER_LOAD = SemanticTable(
    "transformer_load",
    "Load of each transformer and interval, from the readings of its meters",
    ("reading_time", "transformer"),
    (INTERVAL_END, TRANSFORMER_KEY, ENERGY, LOWEST_VOLTAGE, HIGHEST_VOLTAGE),
    (
        SemanticMetric("energy_kwh", "SUM(kwh)", "Energy in kilowatt-hours", ("consumption",)),
        SemanticMetric(
            "transformer_peak_kw", "MAX(ABS(kwh)) * 4", "Highest mean power of an interval, kW"
        ),
        SemanticMetric("transformer_mean_kw", "AVG(kwh) * 4", "Mean power, kW"),
    ),
    ("transformer loading",),
)
FEEDER_LOAD = SemanticTable(
    "feeder_load",
    "Load and voltages of each feeder and interval, from the readings of its meters",
    ("reading_time", "feeder"),
    (
        INTERVAL_END,
        _declare_dimension("feeder", "mRID of the feeder", "circuit"),
        ENERGY,
        _declare_fact("below_a", "Meters below Range A of ANSI C84.1, 114 V on a base of 120 V"),
        _declare_fact("above_a", "Meters above Range A, 126 V"),
        _declare_fact("below_b", "Of those below Range A, below Range B, 110 V"),
        _declare_fact("above_b", "Of those above Range A, above Range B, 127 V"),
        LOWEST_VOLTAGE,
        HIGHEST_VOLTAGE,
    ),
    (
        SemanticMetric("peak_kw", "MAX(kwh) * 4", "Peak: highest mean power of an interval, kW"),
        SemanticMetric("mean_kw", "AVG(kwh) * 4", "Mean power, kW"),
        SemanticMetric(
            "load_factor", "AVG(kwh) / NULLIF(MAX(kwh), 0)", "Mean of the intervals over their peak"
        ),
        *WORST_VOLTAGES,
        SemanticMetric("below_a_h", "SUM(below_a) / 4.0", "Meter-hours below Range A"),
        SemanticMetric("above_a_h", "SUM(above_a) / 4.0", "Meter-hours above Range A"),
        SemanticMetric("below_b_h", "SUM(below_b) / 4.0", "Meter-hours below Range B"),
        SemanticMetric("above_b_h", "SUM(above_b) / 4.0", "Meter-hours above Range B"),
    ),
    ("circuit load",),
)
RATED_TRANSFORMERS = SemanticTable(
    "transformers",
    "Transformers and their ratings",
    ("transformer",),
    (
        TRANSFORMER_KEY,
        _declare_dimension("mrid", "mRID of the transformer, as people see it"),
        _declare_fact("rated_kva", "Nameplate in kVA", "rating", "size"),
    ),
    (SemanticMetric("installed_kva", "SUM(rated_kva)", "Nameplates added up, kVA"),),
)
CONDITIONS_OF_INTERVALS = SemanticTable(
    "conditions",
    "Weather and price of the whole territory by interval",
    ("time",),
    (
        SemanticColumn("time", "time", "time", "End of the interval of 15 minutes, UTC"),
        _declare_fact("price_usd_mwh", "US dollars a megawatt-hour", "price", "LMP"),
    ),
    (SemanticMetric("mean_price", "AVG(price_usd_mwh)", "Mean price, $/MWh"),),
)
ZONES_OF_TRANSFORMERS = SemanticTable(
    "transformer_zones",
    "Load zones of transformers, as far as they are known",
    ("transformer",),
    (TRANSFORMER_KEY, _declare_dimension("load_zone", "Load zone of the market", "zone")),
    (SemanticMetric("zoned_transformers", "COUNT(*)", "Transformers whose zone is known"),),
)
PRICES_OF_ZONES = SemanticTable(
    "zone_prices",
    "Price of each load zone by interval; where a zone has none, that of conditions holds",
    ("load_zone", "time"),
    (
        _declare_dimension("load_zone", "Load zone of the market", "zone"),
        SemanticColumn("time", "time", "time", "End of the interval of 15 minutes, UTC"),
        _declare_fact("price_usd_mwh", "US dollars a megawatt-hour", "price", "LMP"),
    ),
    (SemanticMetric("mean_zone_price", "AVG(price_usd_mwh)", "Mean price of the zone, $/MWh"),),
)
INTERRUPTIONS = SemanticTable(
    "outage_usage_points",
    "Interruptions of usage points, each in one outage",
    ("outage", "usage_point"),
    (
        _declare_dimension("outage", "Id of the outage"),
        _declare_dimension("usage_point", "mRID of the usage point", "meter", "premise"),
        SemanticColumn("began_at", "time", "time", "When its supply was lost, UTC"),
        SemanticColumn("restored_at", "time", "time", "When it was back, UTC; null = still out"),
    ),
    (
        SemanticMetric("interruptions", "COUNT(*)", "Interruptions of usage points"),
        SemanticMetric("points_out", "COUNT(DISTINCT usage_point)", "Usage points interrupted"),
    ),
    ("interruptions", "outages"),
)
SPANS_AT_RISK = SemanticTable(
    "vegetation_spans",
    "Spans of line at risk of vegetation, as they were last measured",
    ("span",),
    (
        _declare_dimension("span", "mRID of the line", "line"),
        _declare_dimension("feeder", "mRID of its feeder; empty = none", "circuit"),
        _declare_dimension("risk_class", "low, moderate, high or extreme", "risk"),
        _declare_fact("score", "Chance of a failure by vegetation within a year, percent"),
        _declare_fact("length_in_risk_m", "Meters of it inside areas of risk"),
        _declare_fact("customers", "Customers a fault there interrupts"),
        _declare_fact("priority_sites", "Usage points with a priority that are interrupted"),
        _declare_fact("customer_minutes_at_risk", "Customer-minutes at risk in a year"),
        _declare_fact("customer_minutes_per_km", "Of these, for each kilometer in areas of risk"),
    ),
    (
        SemanticMetric("spans_at_risk", "COUNT(*)", "Spans at risk of vegetation"),
        SemanticMetric(
            "minutes_at_risk", "SUM(customer_minutes_at_risk)", "Customer-minutes at risk in a year"
        ),
    ),
    ("trimming", "vegetation"),
)
USAGE_POINTS_SERVED = SemanticTable(
    "usage_points",
    "Where customers are served",
    ("mrid",),
    (
        _declare_dimension("mrid", "mRID of the usage point"),
        _declare_fact("customers", "Customers served there"),
    ),
    (SemanticMetric("customers_served", "SUM(customers)", "Customers served (IEEE 1366)"),),
    ("meters", "premises"),
)

PERIOD_FORMS = (
    PeriodForm(
        "transformer_period_load",
        "transformer_load",
        "SELECT reading_time AS first_at, reading_time AS last_at, transformer, 1 AS intervals,"
        " abs(kwh) AS lowest_kwh, abs(kwh) AS highest_kwh FROM {table}",
    ),
    PeriodForm(
        "feeder_period_load",
        "feeder_load",
        "SELECT reading_time AS first_at, reading_time AS last_at, feeder,"
        " CASE WHEN kwh IS NULL THEN 0 ELSE 1 END AS intervals, kwh, kwh AS peak_kwh,"
        " reading_time AS peak_kwh_at, below_a, above_a, below_b, above_b, v_min,"
        " reading_time AS v_min_at, v_max, reading_time AS v_max_at FROM {table}",
    ),
    PeriodForm(
        "territory_load",
        "feeder_load",
        "SELECT reading_time, sum(kwh) AS kwh FROM {table} GROUP BY reading_time",
    ),
)

SEMANTIC_MODEL = SemanticModel(
    (
        TRANSFORMER_LOAD,
        FEEDER_LOAD,
        RATED_TRANSFORMERS,
        CONDITIONS_OF_INTERVALS,
        ZONES_OF_TRANSFORMERS,
        PRICES_OF_ZONES,
        INTERRUPTIONS,
        USAGE_POINTS_SERVED,
        SPANS_AT_RISK,
    ),
    (
        SemanticLink("transformer_load", "transformer", "transformers", "transformer"),
        SemanticLink("transformer_load", "transformer", "transformer_zones", "transformer"),
        SemanticLink("transformer_load", "reading_time", "conditions", "time"),
        SemanticLink("feeder_load", "reading_time", "conditions", "time"),
        SemanticLink("outage_usage_points", "usage_point", "usage_points", "mrid"),
    ),
    (
        SemanticQuestion(
            "overloaded",
            "Which transformers were loaded above their nameplate in the last 30 days?",
            {"pct": 100.0, "power_factor": 0.95},
        ),
        SemanticQuestion(
            "overloaded_at_price",
            "Which transformers were loaded above their nameplate while the price was above"
            " 100 dollars a megawatt-hour in the last 30 days?",
            {"price": 100.0, "pct": 100.0, "power_factor": 0.95},
        ),
        SemanticQuestion(
            "voltages", "How low and how high did voltages go on each feeder in the last 30 days?"
        ),
        SemanticQuestion(
            "peaks",
            "What was the peak of each feeder in the last 30 days, and its load at that of all?",
        ),
        SemanticQuestion(
            "at_risk",
            "How much load hangs on the transformers under a polygon by hour of the day?",
            of_area=True,
        ),
        SemanticQuestion(
            "hours_out", "How many customers were out for how many hours in the last 30 days?"
        ),
        SemanticQuestion(
            "vegetation",
            "Which spans are at risk of vegetation, and what do their feeders carry at the peak?",
        ),
    ),
    PERIOD_FORMS,
)
