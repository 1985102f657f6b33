"""
Gather what a twin holds at a moment as the tables of a warehouse: network, topology, results.

Everything is in columns of Arrow of the types that `table_shapes` declares, so that a million rows
are written as Parquet without an object for each.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from gridtwin.analysis.ami.interval_load import STANDINGS, MeterSlices
from gridtwin.analysis.ami.load_zones import find_load_zones
from gridtwin.model.frames import show_column
from gridtwin.model.outage import Members
from gridtwin.model.schema import SCHEMA
from gridtwin.model.tables import decode_texts
from gridtwin.model.vegetation import KeptSpan
from gridtwin.results.layer_frames import find_groups_of_nodes, list_group_names
from gridtwin.results.warehouse.table_shapes import (
    ELEMENT_SPANS_TABLE,
    ESTIMATES_TABLE,
    FRAME_TABLES,
    METERS_TABLE,
    OUTAGE_MEMBERS_TABLE,
    OUTAGES_TABLE,
    STAMP_COLUMNS,
    USAGE_POINT_PLACES_TABLE,
    VEGETATION_SPANS_TABLE,
)

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    import pyarrow as pa
    from numpy.typing import NDArray

    from gridtwin.analysis.state.situation import Situation
    from gridtwin.model.estimate import Estimate
    from gridtwin.model.outage import Outage
    from gridtwin.model.schema import FrameColumn
    from gridtwin.results.warehouse.table_shapes import ValueType, WarehouseTable


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What a twin holds at one moment."""

    network: str  # hash of its content
    situation: Situation  # in its current state
    designed: Situation  # in its normal state
    made_at: datetime
    run: str  # that brings it; the same run brings nothing twice
    outages: Sequence[Outage] = ()
    members: Members | None = None
    estimates: Sequence[Estimate] = ()
    vegetation: Sequence[KeptSpan] = ()  # spans at risk, the first in rank first


def build_tables(snapshot: Snapshot, *, frames: bool = True) -> dict[str, pa.Table]:
    """
    Return the rows of each table by its name, those of `METERS_TABLE` without their times.

    Parameters
    ----------
    snapshot
        What the twin holds.
    frames
        Whether the six frames are among them.

    Notes
    -----
    Topology is of the current state; of planar networks places are not known.
    """
    situation = snapshot.situation
    tables = {
        table.name: _build_table(table, _show_frame(situation, name), snapshot)
        for table, name in zip(FRAME_TABLES, SCHEMA, strict=True)
        if frames
    }
    tables[ELEMENT_SPANS_TABLE.name], tables[USAGE_POINT_PLACES_TABLE.name] = _build_topology(
        snapshot
    )
    tables[METERS_TABLE.name] = _build_table(METERS_TABLE, _list_meters(snapshot), snapshot)
    tables[OUTAGES_TABLE.name] = _build_table(
        OUTAGES_TABLE, _list_outages(snapshot.outages), snapshot
    )
    tables[OUTAGE_MEMBERS_TABLE.name] = _build_table(
        OUTAGE_MEMBERS_TABLE, _list_members(snapshot.members), snapshot
    )
    tables[ESTIMATES_TABLE.name] = _build_table(
        ESTIMATES_TABLE, _list_estimates(snapshot.estimates), snapshot
    )
    tables[VEGETATION_SPANS_TABLE.name] = _build_table(
        VEGETATION_SPANS_TABLE, _list_spans_at_risk(snapshot.vegetation), snapshot
    )
    return tables


def build_arrow_type(kind: ValueType) -> pa.DataType:
    """Return the type of Arrow of the values of a column."""
    import pyarrow as pa

    types = {
        "text": pa.string(),
        "real": pa.float64(),
        "count": pa.int64(),
        "flag": pa.bool_(),
        "date": pa.date32(),
        "time": pa.timestamp("us", tz="UTC"),
        "bytes": pa.binary(),
    }
    return types[kind]


def convert_values(values: Any, kind: pa.DataType) -> pa.Array:
    """Return values as a column of Arrow; times may be unix seconds, NaN is null."""
    import pyarrow as pa

    if isinstance(values, np.ndarray) and values.dtype.kind == "f" and pa.types.is_timestamp(kind):
        known = np.isfinite(values)
        micros = np.where(known, np.round(np.where(known, values, 0) * 1e6), 0).astype(np.int64)
        return pa.array(micros, mask=~known).cast(kind)
    return pa.array(values, kind, from_pandas=True)


def _build_table(shape: WarehouseTable, columns: dict[str, Any], snapshot: Snapshot) -> pa.Table:
    """Return columns as a table in the order of its shape, without those that are not given."""
    import pyarrow as pa

    count = len(next(iter(columns.values())))
    stamps = {
        "NETWORK": snapshot.network,
        "VERSION": snapshot.situation.version,
        "MADE_AT": snapshot.made_at,
        "RUN": snapshot.run,
    }
    arrays, names = [], []
    for column in shape.columns:
        kind = build_arrow_type(column.type)
        if column in STAMP_COLUMNS:
            arrays.append(pa.repeat(pa.scalar(stamps[column.name], kind), count))
        elif column.name in columns:
            arrays.append(convert_values(columns[column.name], kind))
        else:
            continue
        names.append(column.name)
    return pa.table(arrays, names=names)


def _show_frame(situation: Situation, name: str) -> dict[str, Any]:
    """Return the columns of a frame by the names they have in a warehouse."""
    shown: dict[str, Any] = {}
    for column in SCHEMA[name].columns:
        shown |= _show_frame_column(situation, name, column)
    return shown


def _show_frame_column(situation: Situation, name: str, column: FrameColumn) -> dict[str, Any]:
    data, planar = situation.data, situation.network.crs is None
    if column.kind == "point":
        xy = getattr(getattr(data, name), column.fields[0])
        xy = np.full_like(xy, np.nan) if planar else xy
        return {"LONGITUDE": xy[:, 0], "LATITUDE": xy[:, 1]}
    values = show_column(data, name, column)
    if column.kind == "line":
        return {"COURSE_WKB": [None] * len(values) if planar else shapely.to_wkb(values)}
    if column.kind == "row":
        values = _blank_to_none(values)
    return {column.name.upper(): values}


def _build_topology(snapshot: Snapshot) -> tuple[pa.Table, pa.Table]:
    """Return the spans of all equipment, and the places of the usage points with supply."""
    situation = snapshot.situation
    equipment, points = situation.data.equipment, situation.data.usage_points
    slices = MeterSlices.from_situation(situation, np.arange(len(equipment.mrid), dtype=np.int32))
    customers = slices.sum_values(points.customers.astype(np.float64))
    spans = {
        "ELEMENT": decode_texts(equipment.mrid).astype(object),
        "KIND": show_column(situation.data, "equipment", SCHEMA["equipment"].find_column("kind")),
        "STANDING": np.array(STANDINGS, dtype=object)[slices.standing],
        "FIRST_PLACE": slices.first,
        "END_PLACE": slices.last,
        "CUSTOMERS": np.nan_to_num(customers).astype(np.int64),
    }
    places = {
        "USAGE_POINT": decode_texts(points.mrid[slices.order]).astype(object),
        "PLACE": np.arange(len(slices.order)),
        "CUSTOMERS": points.customers[slices.order],
    }
    return (
        _build_table(ELEMENT_SPANS_TABLE, spans, snapshot),
        _build_table(USAGE_POINT_PLACES_TABLE, places, snapshot),
    )


def _list_meters(snapshot: Snapshot) -> dict[str, Any]:
    """Return what each meter hangs on; one in the dark belongs where it is supplied as designed."""
    situation = snapshot.situation
    data, node = situation.data, situation.data.usage_points.node
    now, designed = (
        find_groups_of_nodes(each, "feeder")[node] for each in (situation, snapshot.designed)
    )
    feeder = np.where(now < 0, designed, now)
    substation = np.append(data.feeders.substation, np.int32(-1))[feeder]
    served = show_column(data, "usage_points", SCHEMA["usage_points"].find_column("transformer"))
    return {
        "METER_ID": decode_texts(data.usage_points.mrid).astype(object),
        "TRANSFORMER": _blank_to_none(served),
        "FEEDER": _blank_to_none(list_group_names(situation, "feeder")[feeder]),
        "SUBSTATION": _blank_to_none(list_group_names(situation, "substation")[substation]),
        "LOAD_ZONE": find_load_zones(data, feeder, substation),
    }


def _blank_to_none(names: NDArray[np.object_]) -> NDArray[np.object_]:
    known = names.copy()
    known[known == ""] = None
    return known


def _list_outages(outages: Sequence[Outage]) -> dict[str, list[Any]]:
    fields = {
        "OUTAGE": "id", "STATUS": "status", "PLANNED": "planned", "CAUSE": "cause",
        "DEVICE": "device", "CREW_STATUS": "crew_status", "PARENT": "parent",
        "BEGAN_AT": "began_at", "CONFIRMED_AT": "confirmed_at", "RESTORED_AT": "restored_at",
        "CUSTOMERS": "customers", "CUSTOMERS_OUT": "customers_out", "REVISION": "revision",
    }  # fmt: skip
    columns = {name: [getattr(each, field) for each in outages] for name, field in fields.items()}
    columns["STATUS"] = [str(status.value) for status in columns["STATUS"]]
    return columns


def _list_members(members: Members | None) -> dict[str, Any]:
    rows = Members.make_empty() if members is None else members
    return {
        "OUTAGE": rows.outage,
        "USAGE_POINT": rows.usage_point,
        "CUSTOMERS": rows.customers,
        "BEGAN_AT": rows.began_s,
        "RESTORED_AT": rows.restored_s,
    }


def _list_spans_at_risk(spans: Sequence[KeptSpan]) -> dict[str, list[Any]]:
    return {name.upper(): [getattr(each, name) for each in spans] for name in KeptSpan._fields}


def _list_estimates(estimates: Sequence[Estimate]) -> dict[str, list[Any]]:
    names = (
        "outage", "issued_at", "inputs_at", "p10", "p50", "p80", "p90", "p95", "etr", "source",
        "model", "reason",
    )  # fmt: skip
    return {name.upper(): [getattr(each, name) for each in estimates] for name in names}
