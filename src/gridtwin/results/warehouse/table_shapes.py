"""
Say each table that gridtwin fills in a warehouse: its columns, their types and meanings.

The six frames follow from `gridtwin.model.schema`; references between them are mRIDs, places are
degrees, and the course of a line is WKB. Every row says of which network and version it is, when
that was written down, and by which run.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from gridtwin.model.schema import NOT_KNOWN, SCHEMA, UNITS

if TYPE_CHECKING:
    from gridtwin.model.schema import ColumnKind, FrameColumn

ValueType = Literal["text", "real", "count", "flag", "date", "time", "bytes"]
TEXT_TYPE: ValueType = "text"
REAL_TYPE: ValueType = "real"
COUNT_TYPE: ValueType = "count"  # whole, up to 12 digits
FLAG_TYPE: ValueType = "flag"
DATE_TYPE: ValueType = "date"
TIME_TYPE: ValueType = "time"  # microseconds, UTC
BYTES_TYPE: ValueType = "bytes"
KIND_TYPES: dict[ColumnKind, ValueType] = {
    **dict.fromkeys(("id", "text", "label", "word", "phases", "open phases", "row"), TEXT_TYPE),
    "number": REAL_TYPE,
    "count": COUNT_TYPE,
    "flag": FLAG_TYPE,
}


@dataclass(frozen=True, slots=True)
class WarehouseColumn:
    """A column of a table in a warehouse."""

    name: str
    type: ValueType
    meaning: str
    required: bool = False


@dataclass(frozen=True, slots=True)
class WarehouseTable:
    """A table in a warehouse that gridtwin fills."""

    name: str
    meaning: str
    schema: Literal["network", "results"]
    columns: tuple[WarehouseColumn, ...]


STAMP_COLUMNS = (
    WarehouseColumn(
        "NETWORK", TEXT_TYPE, "Id of the network: the hash of its content", required=True
    ),
    WarehouseColumn("VERSION", COUNT_TYPE, "Version of the current state", required=True),
    WarehouseColumn("MADE_AT", TIME_TYPE, "When it was written down", required=True),
    WarehouseColumn("RUN", TEXT_TYPE, "Run that brought it", required=True),
)


def _declare_columns(*columns: tuple[str, ValueType, str]) -> tuple[WarehouseColumn, ...]:
    """Return columns; the first is required: it names the row."""
    return tuple(
        WarehouseColumn(name, kind, meaning, required=not at)
        for at, (name, kind, meaning) in enumerate(columns)
    )


def _convert_column(column: FrameColumn) -> tuple[WarehouseColumn, ...]:
    """Return the columns that hold one column of a frame."""
    if column.kind == "point":
        return (
            WarehouseColumn("LONGITUDE", REAL_TYPE, "Longitude in degrees, WGS 84"),
            WarehouseColumn("LATITUDE", REAL_TYPE, "Latitude in degrees, WGS 84"),
        )
    if column.kind == "line":
        return (
            WarehouseColumn("COURSE_WKB", BYTES_TYPE, "Course as WKB, WGS 84; null = straight"),
        )
    meaning = column.meaning[0].upper() + column.meaning[1:]
    if column.unit:
        meaning += f" in {UNITS[column.unit]}"
    if column.nothing:
        null = "null" if column.kind in {"number", "row"} else "empty"
        meaning += f"; {null} = {column.nothing}"
    return (
        WarehouseColumn(
            column.name.upper(), KIND_TYPES[column.kind], meaning, required=column.required
        ),
    )


FRAME_TABLES = tuple(
    WarehouseTable(
        name.upper(),
        f"{frame.one[0].upper()}{frame.one[1:]} a row, as the twin holds it",
        "network",
        tuple(each for column in frame.columns for each in _convert_column(column)) + STAMP_COLUMNS,
    )
    for name, frame in SCHEMA.items()
)
METERS_TABLE = WarehouseTable(
    "METERS",
    "What each meter hangs on, and from when to when; loaded by comparison, never deleted",
    "network",
    _declare_columns(
        ("METER_ID", TEXT_TYPE, "mRID of the usage point"),
        ("TRANSFORMER", TEXT_TYPE, f"mRID of the transformer that serves it; null = {NOT_KNOWN}"),
        ("FEEDER", TEXT_TYPE, "mRID of the feeder that supplies it, or to which it belongs"),
        ("SUBSTATION", TEXT_TYPE, "mRID of the substation of the feeder; null = none"),
        (
            "LOAD_ZONE",
            TEXT_TYPE,
            "Load zone of the market, from the own column load_zone; null = none",
        ),
        ("VALID_FROM", TIME_TYPE, "Intervals that end after it"),
        ("VALID_TO", TIME_TYPE, "Intervals that end up to it; null = still"),
    ),
)
METERS_CAME_TABLE = WarehouseTable(
    "METERS_CAME",
    "What each meter hangs on by the last load; METERS is brought in step with it",
    "network",
    METERS_TABLE.columns[:-2],
)
ELEMENT_SPANS_TABLE = WarehouseTable(
    "ELEMENT_SPANS",
    "What loses supply without each piece of equipment, as an interval of places",
    "network",
    _declare_columns(
        ("ELEMENT", TEXT_TYPE, "mRID of the equipment"),
        ("KIND", TEXT_TYPE, "Kind of the equipment"),
        ("STANDING", TEXT_TYPE, "fed, dark, or looped: on a loop, its loss alone darkens nothing"),
        ("FIRST_PLACE", COUNT_TYPE, "First place that loses supply without it"),
        ("END_PLACE", COUNT_TYPE, "First place behind those; the same = nothing loses supply"),
        ("CUSTOMERS", COUNT_TYPE, "Customers at those places"),
    )
    + STAMP_COLUMNS,
)
USAGE_POINT_PLACES_TABLE = WarehouseTable(
    "USAGE_POINT_PLACES",
    "Place of each usage point with supply, in the order of the topology",
    "network",
    _declare_columns(
        ("USAGE_POINT", TEXT_TYPE, "mRID of the usage point"),
        ("PLACE", COUNT_TYPE, "Its place, from 0"),
        ("CUSTOMERS", COUNT_TYPE, "Customers served there"),
    )
    + STAMP_COLUMNS,
)
OUTAGES_TABLE = WarehouseTable(
    "OUTAGES",
    "Outages as they stood at the time of each run",
    "results",
    _declare_columns(
        ("OUTAGE", TEXT_TYPE, "Id of the outage"),
        (
            "STATUS",
            TEXT_TYPE,
            "predicted, confirmed, partially_restored, restored, closed or invalid",
        ),
        ("PLANNED", FLAG_TYPE, "Whether it was planned"),
        ("CAUSE", TEXT_TYPE, f"Cause; empty = {NOT_KNOWN}"),
        ("DEVICE", TEXT_TYPE, f"mRID of the device that opened or failed; empty = {NOT_KNOWN}"),
        ("CREW_STATUS", TEXT_TYPE, f"What the crew is doing; empty = {NOT_KNOWN}"),
        ("PARENT", TEXT_TYPE, "Outage it is a part of; empty = none"),
        ("BEGAN_AT", TIME_TYPE, "When it began"),
        ("CONFIRMED_AT", TIME_TYPE, "When it was confirmed; null = not yet"),
        ("RESTORED_AT", TIME_TYPE, "When the last customer was back; null = open"),
        ("CUSTOMERS", COUNT_TYPE, "Customers in it, back or not"),
        ("CUSTOMERS_OUT", COUNT_TYPE, "Customers in it who are not back"),
        ("REVISION", COUNT_TYPE, "Counts its changes"),
    )
    + STAMP_COLUMNS,
)
OUTAGE_MEMBERS_TABLE = WarehouseTable(
    "OUTAGE_USAGE_POINTS",
    "Who is or was out in each outage, at the time of each run",
    "results",
    _declare_columns(
        ("OUTAGE", TEXT_TYPE, "Id of the outage"),
        ("USAGE_POINT", TEXT_TYPE, "mRID of the usage point"),
        ("CUSTOMERS", COUNT_TYPE, "Customers of the usage point"),
        ("BEGAN_AT", TIME_TYPE, "When its supply was lost"),
        ("RESTORED_AT", TIME_TYPE, "When it was back; null = still out"),
    )
    + STAMP_COLUMNS,
)
ESTIMATES_TABLE = WarehouseTable(
    "ESTIMATES",
    "The estimate in force for each open outage, at the time of each run",
    "results",
    _declare_columns(
        ("OUTAGE", TEXT_TYPE, "Id of the outage"),
        ("ISSUED_AT", TIME_TYPE, "When it was issued"),
        ("INPUTS_AT", TIME_TYPE, "Time of the newest input"),
        ("P10", TIME_TYPE, "Time before which one in ten such outages ends"),
        ("P50", TIME_TYPE, "Time before which half of such outages end"),
        ("P80", TIME_TYPE, "Time before which eight in ten such outages end"),
        ("P90", TIME_TYPE, "Time before which nine in ten such outages end"),
        ("P95", TIME_TYPE, "Time before which 95 in 100 such outages end"),
        ("ETR", TIME_TYPE, "What is promised; null = still being assessed"),
        ("SOURCE", TEXT_TYPE, "What decided: manual, crew, zone, model or table"),
        ("MODEL", TEXT_TYPE, "Model and version that estimated"),
        ("REASON", TEXT_TYPE, "Why it was estimated so, in words"),
    )
    + STAMP_COLUMNS,
)
VEGETATION_SPANS_TABLE = WarehouseTable(
    "VEGETATION_SPANS",
    "Spans in areas of vegetation risk, in the normal state, at the time of each run",
    "results",
    _declare_columns(
        ("SPAN", TEXT_TYPE, "mRID of the line"),
        ("FEEDER", TEXT_TYPE, "mRID of its feeder; empty = none"),
        ("SUBSTATION", TEXT_TYPE, "mRID of its substation; empty = none"),
        ("SECTION", TEXT_TYPE, "mRID of the switch that feeds its section; empty = none"),
        (
            "DEVICE",
            TEXT_TYPE,
            "mRID of the protective device that trips; empty = several, or none",
        ),
        ("RISK_CLASS", TEXT_TYPE, "Worst class of its areas: low, moderate, high or extreme"),
        ("SCORE", REAL_TYPE, "Chance of a failure by vegetation within a year, percent"),
        ("LENGTH_M", REAL_TYPE, "Length along its course in meters"),
        ("LENGTH_IN_RISK_M", REAL_TYPE, "Of that, inside areas of risk"),
        ("FAILURES_PER_YEAR", REAL_TYPE, "Failures expected in a year"),
        ("CUSTOMERS", COUNT_TYPE, "Customers a fault there interrupts"),
        ("CUSTOMERS_BEHIND", COUNT_TYPE, "Of these, who have no supply without the span"),
        ("PRIORITY_SITES", COUNT_TYPE, "Usage points with a priority that are interrupted"),
        ("RESTORATION_MIN", REAL_TYPE, "Mean minutes that an interrupted customer is out"),
        (
            "CUSTOMER_MINUTES_AT_RISK",
            REAL_TYPE,
            "Customer-minutes at risk in a year: failures x customers x restoration",
        ),
        ("CUSTOMER_MINUTES_PER_KM", REAL_TYPE, "Of these, for each kilometer in areas of risk"),
        ("CLEARANCE_M", REAL_TYPE, f"Least clearance of its areas in meters; null = {NOT_KNOWN}"),
        (
            "TREE_HEIGHT_M",
            REAL_TYPE,
            f"Greatest height of trees of its areas in meters; null = {NOT_KNOWN}",
        ),
        ("SPECIES", TEXT_TYPE, f"Species of the area with most failures; empty = {NOT_KNOWN}"),
        ("AREA", TEXT_TYPE, "That area, SOURCE:KEY"),
    )
    + STAMP_COLUMNS,
)
RUNS_TABLE = WarehouseTable(
    "RUNS",
    "Tables that a run has brought, each once it is there whole",
    "results",
    _declare_columns(
        ("RUN", TEXT_TYPE, "Run"),
        ("TABLE_NAME", TEXT_TYPE, "Table it brought"),
        ("ROWS_LOADED", COUNT_TYPE, "Rows it brought"),
        ("CHECKSUM", TEXT_TYPE, "SHA-256 of the file it brought"),
        ("NETWORK", TEXT_TYPE, "Id of the network: the hash of its content"),
        ("VERSION", COUNT_TYPE, "Version of the current state"),
        ("MADE_AT", TIME_TYPE, "When it was written down"),
        ("LOADED_AT", TIME_TYPE, "When it was there whole"),
    ),
)
STORM_AREAS_TABLE = WarehouseTable(
    "STORM_AREAS",
    "Polygons to ask about: storms, floods, fires; filled by whoever draws them",
    "results",
    _declare_columns(
        ("AREA", TEXT_TYPE, "Name of the polygon"),
        ("KIND", TEXT_TYPE, "Such as storm or flood"),
        ("POLYGON_WKT", TEXT_TYPE, "POLYGON or MULTIPOLYGON as text, longitude before latitude"),
        ("MADE_AT", TIME_TYPE, "When it was drawn"),
    ),
)
# Replaced whole with each network; then what is added with each run.
NETWORK_TABLES = (*FRAME_TABLES, ELEMENT_SPANS_TABLE, USAGE_POINT_PLACES_TABLE)
RESULT_TABLES = (OUTAGES_TABLE, OUTAGE_MEMBERS_TABLE, ESTIMATES_TABLE, VEGETATION_SPANS_TABLE)
WAREHOUSE_TABLES = (
    *NETWORK_TABLES,
    METERS_CAME_TABLE,
    METERS_TABLE,
    *RESULT_TABLES,
    RUNS_TABLE,
    STORM_AREAS_TABLE,
)
