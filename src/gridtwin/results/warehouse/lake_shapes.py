"""
Say each table that a lake gets of a twin: its columns, and what tells its rows apart.

Names are small. The six frames are those of a warehouse, without the stamps on every row: of which
network, version and position a table is, one row of `SYNC_STATE_TABLE` says.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from gridtwin.results.warehouse.table_shapes import (
    COUNT_TYPE,
    DATE_TYPE,
    ELEMENT_SPANS_TABLE,
    ESTIMATES_TABLE,
    FLAG_TYPE,
    FRAME_TABLES,
    METERS_CAME_TABLE,
    OUTAGE_MEMBERS_TABLE,
    OUTAGES_TABLE,
    REAL_TYPE,
    STAMP_COLUMNS,
    TEXT_TYPE,
    TIME_TYPE,
    USAGE_POINT_PLACES_TABLE,
    VEGETATION_SPANS_TABLE,
    WarehouseColumn,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from gridtwin.model.own_columns import OwnKind
    from gridtwin.results.warehouse.table_shapes import ValueType, WarehouseTable

OWN_COLUMN_PREFIX = "own_"  # before the name of a column that is not of the model
COURSE = "course_wkb"
BOUND_COLUMNS = (
    WarehouseColumn("west", REAL_TYPE, "Least longitude of the course, WGS 84"),
    WarehouseColumn("south", REAL_TYPE, "Least latitude of the course"),
    WarehouseColumn("east", REAL_TYPE, "Largest longitude of the course"),
    WarehouseColumn("north", REAL_TYPE, "Largest latitude of the course"),
)
OWN_VALUE_TYPES: dict[OwnKind, ValueType] = {
    "text": TEXT_TYPE,
    "number": REAL_TYPE,
    "flag": FLAG_TYPE,
    "date": DATE_TYPE,
}


@dataclass(frozen=True, slots=True)
class LakeTable:
    """A table of a lake."""

    name: str
    meaning: str
    columns: tuple[WarehouseColumn, ...]
    key: tuple[str, ...]  # what names a row, or the rows that are written together
    day: str = ""  # the time by whose days (UTC) it is cut and written; empty = by keys

    @property
    def place(self) -> Literal["", "point", "line"]:
        """What lies at its rows."""
        names = [column.name for column in self.columns]
        if COURSE in names:
            return "line"
        return "point" if "longitude" in names else ""

    def add_own(self, own: Mapping[str, OwnKind]) -> LakeTable:
        """Return it with the columns of its frame that are not of the model."""
        named = name_own_columns(own)
        added = tuple(
            WarehouseColumn(
                named[name], OWN_VALUE_TYPES[kind], f"Own column {name}; null = not known"
            )
            for name, kind in own.items()
        )
        return replace(self, columns=self.columns + added)


def name_own_columns(own: Iterable[str]) -> dict[str, str]:
    """Return what each own column is called in a lake: small letters, digits and ``_``."""
    named: dict[str, str] = {}
    for name in own:
        plain = OWN_COLUMN_PREFIX + (
            re.sub(r"[^a-z0-9]+", "_", name.casefold()).strip("_") or "column"
        )
        called, number = plain, 2
        while called in named.values():
            called, number = f"{plain}_{number}", number + 1
        named[name] = called
    return named


def _take_shape(shape: WarehouseTable, *key: str, name: str = "") -> LakeTable:
    """Return a table of a warehouse as one of a lake."""
    columns: list[WarehouseColumn] = []
    for column in shape.columns:
        if column in STAMP_COLUMNS:
            continue
        columns.append(replace(column, name=column.name.lower()))
        if columns[-1].name == COURSE:
            columns += BOUND_COLUMNS
    meaning = shape.meaning.replace(", at the time of each run", "")
    meaning = meaning.replace(" as they stood at the time of each run", "")
    return LakeTable(name or shape.name.lower(), meaning, tuple(columns), key)


def _declare_table(
    name: str,
    meaning: str,
    key: tuple[str, ...],
    *columns: tuple[str, ValueType, str],
    day: str = "",
) -> LakeTable:
    shaped = tuple(
        WarehouseColumn(called, kind, told, required=called in key)
        for called, kind, told in columns
    )
    return LakeTable(name, meaning, shaped, key, day)


FRAME_LAKE_TABLES = tuple(_take_shape(shape, "mrid") for shape in FRAME_TABLES)
ELEMENT_SPANS_LAKE = _take_shape(ELEMENT_SPANS_TABLE, "element")
PLACES_LAKE = _take_shape(USAGE_POINT_PLACES_TABLE, "usage_point")
METERS_LAKE = replace(
    _take_shape(METERS_CAME_TABLE, "meter_id", name="meters"), meaning="What each meter hangs on"
)
CLOSURE_LAKE = _declare_table(
    "closure",
    "Each switch and transformer with each usage point that loses supply without it",
    ("element",),
    ("element", TEXT_TYPE, "mRID of the equipment"),
    ("kind", TEXT_TYPE, "Kind of the equipment"),
    ("usage_point", TEXT_TYPE, "mRID of the usage point"),
    ("customers", COUNT_TYPE, "Customers served there"),
)
STATES_LAKE = _declare_table(
    "states",
    "The states of the switches: current, and overlays by name",
    ("state",),
    ("state", TEXT_TYPE, "Name of the state"),
    ("version", COUNT_TYPE, "Counts the operations that led to it"),
)
SWITCH_STATES_LAKE = _declare_table(
    "switch_states",
    "What stands otherwise than designed, in each state",
    ("state", "element"),
    ("state", TEXT_TYPE, "Name of the state"),
    ("element", TEXT_TYPE, "mRID of the equipment"),
    ("open_phases", TEXT_TYPE, "Phases that stand open; empty = closed"),
)
EVENTS_LAKE = _declare_table(
    "events",
    "The operations of switches, in their order",
    ("version",),
    ("version", COUNT_TYPE, "Version of the current state afterwards"),
    ("at", TIME_TYPE, "When it was operated"),
    ("element", TEXT_TYPE, "mRID of the equipment"),
    ("open_before", TEXT_TYPE, "Phases that stood open before; empty = none"),
    ("open_after", TEXT_TYPE, "Phases that stood open afterwards; empty = none"),
    ("actor", TEXT_TYPE, "Who operated it; empty = not known"),
)
OUTAGES_LAKE = _take_shape(OUTAGES_TABLE, "outage")
MEMBERS_LAKE = _take_shape(OUTAGE_MEMBERS_TABLE, "outage", "usage_point")
ESTIMATES_LAKE = replace(
    _take_shape(ESTIMATES_TABLE, "outage"), meaning="The estimate in force for each open outage"
)
VEGETATION_LAKE = replace(
    _take_shape(VEGETATION_SPANS_TABLE, "span"),
    meaning="Spans in areas of vegetation risk, in the normal state",
)
ESTIMATE_HISTORY_LAKE = LakeTable(
    "estimate_history",
    "Every estimate that was ever issued, in its order",
    (
        ESTIMATES_LAKE.columns[0],
        WarehouseColumn("number", COUNT_TYPE, "Its place among those of the outage, from 1"),
        *ESTIMATES_LAKE.columns[1:],
        WarehouseColumn("stage", TEXT_TYPE, "Whom it is of: remote, manual or repair"),
        WarehouseColumn("usage_points", COUNT_TYPE, "How many those are"),
    ),
    ("outage",),
)
ZONE_PRICES_LAKE = _declare_table(
    "zone_prices",
    "Prices of load zones by interval; where a zone has none, that of conditions holds",
    ("load_zone", "time"),
    ("load_zone", TEXT_TYPE, "Load zone"),
    ("time", TIME_TYPE, "End of the interval of 15 minutes"),
    ("price_usd_mwh", REAL_TYPE, "US dollars a megawatt-hour"),
)
CONDITIONS_LAKE = _declare_table(
    "conditions",
    "Weather and price by interval",
    ("time",),
    ("time", TIME_TYPE, "End of the interval of 15 minutes"),
    ("temperature_c", REAL_TYPE, "Degrees Celsius; null = not known"),
    ("price_usd_mwh", REAL_TYPE, "US dollars a megawatt-hour; null = not known"),
)
READING_COLUMNS: tuple[tuple[str, ValueType, str], ...] = (
    ("reading_time", TIME_TYPE, "End of the interval of 15 minutes"),
    ("meter_id", TEXT_TYPE, "mRID of the usage point"),
    ("kwh", REAL_TYPE, "Energy of the interval in kilowatt-hours; below zero: received"),
    ("voltage_v", REAL_TYPE, "Mean rms voltage of the interval, on a base of 120 V"),
)
SILVER_LAKE = _declare_table(
    "ami_deduplicated",
    "What meters measured, each interval once (silver)",
    ("reading_time", "meter_id"),
    *READING_COLUMNS,
    day="reading_time",
)
GOLD_LAKE = _declare_table(
    "ami_enriched",
    "What meters measured, with what they hang on (gold)",
    ("reading_time", "meter_id"),
    *READING_COLUMNS,
    ("transformer", TEXT_TYPE, "mRID of the transformer that serves it; null = not known"),
    ("feeder", TEXT_TYPE, "mRID of the feeder that supplies it; null = none"),
    day="reading_time",
)
TRANSFORMER_LOAD_LAKE = _declare_table(
    "transformer_load",
    "What transformers carried in each interval",
    ("reading_time", "transformer"),
    ("reading_time", TIME_TYPE, "End of the interval of 15 minutes"),
    ("transformer", TEXT_TYPE, "mRID of the transformer"),
    ("kwh", REAL_TYPE, "Energy in kilowatt-hours"),
    ("meters", COUNT_TYPE, "Meters that were read"),
    ("v_min", REAL_TYPE, "Lowest voltage, on a base of 120 V"),
    ("v_max", REAL_TYPE, "Highest voltage"),
    day="reading_time",
)
FEEDER_LOAD_LAKE = _declare_table(
    "feeder_load",
    "What feeders carried in each interval, and how many voltages were out of range",
    ("reading_time", "feeder"),
    ("reading_time", TIME_TYPE, "End of the interval of 15 minutes"),
    ("feeder", TEXT_TYPE, "mRID of the feeder"),
    ("kwh", REAL_TYPE, "Energy in kilowatt-hours"),
    ("meters", COUNT_TYPE, "Meters of the feeder"),
    ("missing", COUNT_TYPE, "Those without a reading"),
    ("below_a", COUNT_TYPE, "Voltages below range A of ANSI C84.1"),
    ("above_a", COUNT_TYPE, "Voltages above range A"),
    ("below_b", COUNT_TYPE, "Voltages below range B"),
    ("above_b", COUNT_TYPE, "Voltages above range B"),
    ("v_min", REAL_TYPE, "Lowest voltage, on a base of 120 V"),
    ("v_max", REAL_TYPE, "Highest voltage"),
    day="reading_time",
)
SYNC_STATE_TABLE = _declare_table(
    "sync_state",
    "What each table is of; written in the commit that writes the table",
    ("table_name",),
    ("table_name", TEXT_TYPE, "Table; * = the publication as a whole"),
    ("source", TEXT_TYPE, "Twin or database that is published"),
    ("network", TEXT_TYPE, "Id of the network: the hash of its content"),
    ("version", COUNT_TYPE, "Version of the current state"),
    ("position", TEXT_TYPE, "Place in the write-ahead log of the database; empty = of a folder"),
    ("content", TEXT_TYPE, "SHA-256 of the rows of a table that is compared whole"),
    ("made_at", TIME_TYPE, "When it was written"),
)
SYNC_DAYS_TABLE = _declare_table(
    "sync_days",
    "Days of readings: what was published of each, and which are due",
    ("day",),
    ("day", DATE_TYPE, "Day (UTC) in which the intervals end"),
    ("content", TEXT_TYPE, "Mark of the readings as they were published; empty = not yet"),
    ("due", FLAG_TYPE, "Whether readings or loads of it were written since"),
)
# By what brings them: rows that are kept, and what is worked out from the topology.
ROW_LAKE_TABLES = (
    *FRAME_LAKE_TABLES,
    STATES_LAKE,
    SWITCH_STATES_LAKE,
    EVENTS_LAKE,
    OUTAGES_LAKE,
    MEMBERS_LAKE,
    ESTIMATES_LAKE,
    ESTIMATE_HISTORY_LAKE,
    VEGETATION_LAKE,
    CONDITIONS_LAKE,
    ZONE_PRICES_LAKE,
)
TOPOLOGY_LAKE_TABLES = (ELEMENT_SPANS_LAKE, PLACES_LAKE, METERS_LAKE, CLOSURE_LAKE)
DAY_LAKE_TABLES = (SILVER_LAKE, GOLD_LAKE, TRANSFORMER_LOAD_LAKE, FEEDER_LOAD_LAKE)
SYNC_LAKE_TABLES = (SYNC_STATE_TABLE, SYNC_DAYS_TABLE)
LAKE_TABLES = (*ROW_LAKE_TABLES, *TOPOLOGY_LAKE_TABLES, *DAY_LAKE_TABLES, *SYNC_LAKE_TABLES)
