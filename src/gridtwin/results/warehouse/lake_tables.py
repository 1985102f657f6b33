"""Gather what a twin holds at a moment as the tables of a lake."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from gridtwin.analysis.ami.interval_load import FED, MeterSlices
from gridtwin.model import cim
from gridtwin.model.frames import show_column
from gridtwin.model.schema import SCHEMA
from gridtwin.model.tables import decode_texts
from gridtwin.results.warehouse.lake_shapes import (
    CLOSURE_LAKE,
    CONDITIONS_LAKE,
    ESTIMATE_HISTORY_LAKE,
    ESTIMATES_LAKE,
    EVENTS_LAKE,
    FRAME_LAKE_TABLES,
    MEMBERS_LAKE,
    OUTAGES_LAKE,
    STATES_LAKE,
    SWITCH_STATES_LAKE,
    TOPOLOGY_LAKE_TABLES,
    VEGETATION_LAKE,
    ZONE_PRICES_LAKE,
    LakeTable,
    name_own_columns,
)
from gridtwin.results.warehouse.snapshot_tables import (
    build_arrow_type,
    build_tables,
    convert_values,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pyarrow as pa

    from gridtwin.analysis.state.situation import Situation
    from gridtwin.model.estimate import Estimate
    from gridtwin.model.own_columns import OwnColumn
    from gridtwin.model.readings import Conditions, ZonePrices
    from gridtwin.model.state import State, SwitchEvent
    from gridtwin.model.tables import NetworkData
    from gridtwin.results.warehouse.snapshot_tables import Snapshot

PART_BITS = 32  # of a place; those above say in which part of the topology it is
RESULT_SHAPES = (OUTAGES_LAKE, MEMBERS_LAKE, ESTIMATES_LAKE, VEGETATION_LAKE)
BOUNDS = ("west", "south", "east", "north")


@dataclass(frozen=True, slots=True)
class LakeSnapshot:
    """What a twin holds at one moment, with what has led there."""

    snapshot: Snapshot
    states: Sequence[State] = ()  # current, and the overlays
    events: Sequence[SwitchEvent] = ()
    issued: Sequence[Estimate] = ()  # of each outage, oldest first
    conditions: Conditions | None = None
    zone_prices: ZonePrices | None = None


@dataclass(frozen=True, slots=True)
class LakeRows:
    """The rows of a table, or of some of its keys."""

    table: LakeTable
    rows: pa.Table


def build_lake_tables(taken: LakeSnapshot) -> list[LakeRows]:
    """Return the rows of each table but those of the readings."""
    snapshot = taken.snapshot
    tables = build_tables(snapshot)
    shaped = [
        _shape_frame(snapshot.situation, shape, tables[shape.name.upper()])
        for shape in FRAME_LAKE_TABLES
    ]
    outages, members, estimates, vegetation = (
        LakeRows(shape, _keep_columns(shape, tables[shape.name.upper()])) for shape in RESULT_SHAPES
    )
    return [
        *shaped,
        build_lake_rows(
            STATES_LAKE,
            state=[each.name for each in taken.states],
            version=[each.version for each in taken.states],
        ),
        _list_switch_states(taken.states),
        _list_events(taken.events),
        outages,
        members,
        estimates,
        _list_history(taken.issued),
        vegetation,
        _list_conditions(taken.conditions),
        _list_zone_prices(taken.zone_prices),
        *_build_topology_tables(snapshot, tables),
    ]


def build_topology_tables(snapshot: Snapshot) -> list[LakeRows]:
    """Return the rows of the tables that are worked out from the topology."""
    return _build_topology_tables(snapshot, build_tables(snapshot, frames=False))


def build_lake_rows(table: LakeTable, **columns: Any) -> LakeRows:
    """Return columns as the rows of a table, in its order and of its types."""
    import pyarrow as pa

    arrays = [
        convert_values(columns[column.name], build_arrow_type(column.type))
        for column in table.columns
    ]
    return LakeRows(table, pa.table(arrays, names=[column.name for column in table.columns]))


def list_frame_rows(data: NetworkData, frame: str) -> pa.Table:
    """Return the row and the mRID of each row of a frame."""
    import pyarrow as pa

    names = decode_texts(getattr(data, frame).mrid).astype(object)
    return pa.table({"row": np.arange(len(names), dtype=np.int32), "mrid": pa.array(names)})


def _keep_columns(table: LakeTable, rows: pa.Table) -> pa.Table:
    """Return the columns of a table of a warehouse that a lake has, too, by their names there."""
    rows = rows.rename_columns([name.lower() for name in rows.column_names])
    return rows.select([column.name for column in table.columns])


def _shape_frame(situation: Situation, shape: LakeTable, rows: pa.Table) -> LakeRows:
    """Return a frame with the bounds of its courses and its own columns."""
    import pyarrow as pa

    own: Mapping[str, OwnColumn] = getattr(situation.data, shape.name).own
    table = shape.add_own({name: column.kind for name, column in own.items()})
    columns: dict[str, Any] = {name.lower(): rows[name] for name in rows.column_names}
    if shape.place == "line":
        columns |= _measure_bounds(situation, rows.num_rows)
    named = name_own_columns(own)
    columns |= {
        named[name]: pa.array(column.show(), from_pandas=True) for name, column in own.items()
    }
    arrays = [
        _cast_own(columns[column.name], build_arrow_type(column.type))
        if column.name in named.values()
        else columns[column.name]
        for column in table.columns
    ]
    return LakeRows(table, pa.table(arrays, names=[column.name for column in table.columns]))


def _cast_own(values: pa.Array, kind: pa.DataType) -> pa.Array:
    """Return own values of a kind; an empty text is not known."""
    import pyarrow as pa
    import pyarrow.compute as pc

    values = values.cast(kind)
    if pa.types.is_string(kind):
        return pc.if_else(pc.equal(values, ""), pa.scalar(None, kind), values)
    return values


def _measure_bounds(situation: Situation, count: int) -> dict[str, Any]:
    """Return the bounds of each course; of a planar network they are not known."""
    import pyarrow as pa

    if situation.network.crs is None:
        return dict.fromkeys(BOUNDS, pa.nulls(count, pa.float64()))
    lines = show_column(situation.data, "equipment", SCHEMA["equipment"].find_column("geometry"))
    bounds = shapely.bounds(lines).reshape(-1, 4)
    return {
        name: pa.array(bounds[:, at], pa.float64(), from_pandas=True)
        for at, name in enumerate(BOUNDS)
    }


def _build_topology_tables(snapshot: Snapshot, tables: Mapping[str, pa.Table]) -> list[LakeRows]:
    spans, places, meters, _ = TOPOLOGY_LAKE_TABLES
    rows = [_keep_columns(each, tables[each.name.upper()]) for each in (spans, places)]
    numbered = _number_parts(*rows)
    return [
        LakeRows(spans, numbered[0]),
        LakeRows(places, numbered[1]),
        LakeRows(meters, _keep_columns(meters, tables[meters.name.upper()])),
        _build_closure(snapshot.situation),
    ]


def _number_parts(spans: pa.Table, places: pa.Table) -> tuple[pa.Table, pa.Table]:
    """
    Return both with places that are numbered anew in each part of the topology.

    A part is what no loss of equipment reaches beyond, such as a feeder, or what hangs on a
    substation. A switch that moves a section changes the places of two parts, not of all behind.
    """
    import pyarrow as pa

    first, end = (spans[name].to_numpy() for name in ("first_place", "end_place"))
    row = np.flatnonzero(end > first)
    row = row[np.lexsort([row, -end[row], first[row]])]
    ahead = np.append(0, np.maximum.accumulate(end[row]))[: len(row)]
    top = row[first[row] >= ahead]  # the first of those that hold a part whole
    begin, behind = np.append(first[top], 0), np.append(end[top], 0)
    place = places["place"].to_numpy()
    part = np.searchsorted(first[top], place, side="right") - 1  # -1, the last: before all parts
    number = np.where(place < behind[part], np.append(top, 0)[part], len(first) + place)
    numbered = (number << PART_BITS) + np.where(place < behind[part], place - begin[part], 0)
    starts = np.where(end > first, np.append(numbered, 0)[first], 0)
    columns = {"first_place": starts, "end_place": starts + (end - first), "place": numbered}
    replaced = [spans, places]
    for at, table in enumerate(replaced):
        for name in columns.keys() & set(table.column_names):
            column = table.column_names.index(name)
            replaced[at] = replaced[at].set_column(column, name, pa.array(columns[name]))
    return replaced[0], replaced[1]


def _build_closure(situation: Situation) -> LakeRows:
    """Return each switch and transformer with each usage point below it."""
    import pyarrow as pa

    equipment, points = situation.data.equipment, situation.data.usage_points
    wanted = np.flatnonzero(cim.IS_SWITCH[equipment.kind] | (equipment.kind == cim.TRANSFORMER))
    slices = MeterSlices.from_situation(situation, wanted.astype(np.int32))
    slices = slices.select_rows(np.flatnonzero(slices.standing == FED))
    counts = slices.meters.astype(np.int64)
    element = np.repeat(slices.equipment, counts)
    begin = np.cumsum(counts) - counts
    place = np.arange(len(element)) - np.repeat(begin - slices.first, counts)
    point = slices.order[place]
    names = pa.array(decode_texts(equipment.mrid).astype(object), pa.string())
    kinds = pa.array(np.array(cim.KIND_NAMES, dtype=object), pa.string())
    meters = pa.array(decode_texts(points.mrid).astype(object), pa.string())
    return build_lake_rows(
        CLOSURE_LAKE,
        element=names.take(pa.array(element)),
        kind=kinds.take(pa.array(equipment.kind[element])),
        usage_point=meters.take(pa.array(point)),
        customers=points.customers[point],
    )


def _list_switch_states(states: Sequence[State]) -> LakeRows:
    rows = [
        (state.name, element, opens)
        for state in states
        for element, opens in sorted(state.deviations.items())
    ]
    return _list_rows(SWITCH_STATES_LAKE, rows)


def _list_events(events: Sequence[SwitchEvent]) -> LakeRows:
    rows = [
        (
            each.version,
            datetime.fromisoformat(each.at),
            each.mrid,
            each.from_phases,
            each.to_phases,
            each.actor,
        )
        for each in events
    ]
    return _list_rows(EVENTS_LAKE, rows)


def _list_history(issued: Sequence[Estimate]) -> LakeRows:
    numbers: dict[str, int] = {}
    rows = []
    names = [column.name for column in ESTIMATE_HISTORY_LAKE.columns]
    for each in issued:
        numbers[each.outage] = numbers.get(each.outage, 0) + 1
        rows.append(
            tuple(
                numbers[each.outage] if name == "number" else getattr(each, name) for name in names
            )
        )
    return _list_rows(ESTIMATE_HISTORY_LAKE, rows)


def _list_conditions(conditions: Conditions | None) -> LakeRows:
    none = np.empty(0)
    return build_lake_rows(
        CONDITIONS_LAKE,
        time=none if conditions is None else conditions.at_s.astype(np.float64),
        temperature_c=none if conditions is None else conditions.temperature_c.astype(np.float64),
        price_usd_mwh=none if conditions is None else conditions.price_usd_mwh.astype(np.float64),
    )


def _list_zone_prices(prices: ZonePrices | None) -> LakeRows:
    none = np.empty(0)
    return build_lake_rows(
        ZONE_PRICES_LAKE,
        load_zone=[] if prices is None else decode_texts(prices.load_zone).tolist(),
        time=none if prices is None else prices.at_s.astype(np.float64),
        price_usd_mwh=none if prices is None else prices.price_usd_mwh.astype(np.float64),
    )


def _list_rows(table: LakeTable, rows: Sequence[tuple[Any, ...]]) -> LakeRows:
    columns = zip(*rows, strict=True) if rows else ([] for _ in table.columns)
    names = [column.name for column in table.columns]
    values = {name: list(column) for name, column in zip(names, columns, strict=True)}
    return build_lake_rows(table, **values)
