"""
Turn the frames of a network into the layers of the map.

The id of a feature is the row of its frame + 1, in every tile, document and event, so never 0.
Each piece of equipment is drawn in one layer (`assign_layers`), in one group of the zoom plan.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from gridtwin.errors import CrsError
from gridtwin.model import cim, phases
from gridtwin.model.frames import equipment_courses
from gridtwin.model.own_columns import require_own
from gridtwin.publish.tiles.mercator import to_square
from gridtwin.publish.tiles.zoom_plan import GROUP_CODE, GROUP_OF_SWITCH, TILE_LAYERS
from gridtwin.topology.membership import find_nearest_feeder

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from gridtwin.model.network import Network
    from gridtwin.model.tables import NetworkData
    from gridtwin.topology.topology_index import TopologyIndex

SWITCHES, TRANSFORMERS = TILE_LAYERS.index("switches"), TILE_LAYERS.index("transformers")
LINES, SECONDARIES = TILE_LAYERS.index("lines"), TILE_LAYERS.index("secondaries")

_KIND_TEXTS: NDArray[np.bytes_] = np.array([name.encode() for name in cim.KIND_NAMES])
PHASE_TEXTS: NDArray[np.bytes_] = np.array([text.encode() for text in phases.PHASE_CODES])
_KIND_LAYER: NDArray[np.uint8] = np.array(
    [
        SWITCHES
        if kind.switch
        else TRANSFORMERS
        if kind.name in {"power_transformer", "voltage_regulator"}
        else SECONDARIES
        if kind.name == "service_drop"
        else LINES
        for kind in cim.KINDS
    ],
    dtype=np.uint8,
)


@dataclass(frozen=True, slots=True)
class TileLayer:
    """The features of one layer, by rising id."""

    name: str
    ids: NDArray[np.int32]  # (n,) row of the frame + 1
    group: NDArray[np.uint8]  # (n,) row of `plan.GROUPS`
    columns: dict[str, Any]  # property -> (n,) values; None, "" or -1 where not known
    start: NDArray[np.int64]  # (n + 1,): feature i is xy[start[i]:start[i + 1]]
    xy: NDArray[np.float64]  # (k, 2) on the square of the map
    lines: bool
    unplaced: int = 0  # rows that have no place on the map

    @property
    def count(self) -> int:
        """How many features there are."""
        return len(self.ids)


def assign_layers(data: NetworkData) -> NDArray[np.uint8]:
    """
    Return the layer in which each piece of equipment is drawn, as place in `plan.LAYERS`.

    A line is a secondary where both its ends are of low voltage, and so is every service drop.
    """
    equipment = data.equipment
    layer = _KIND_LAYER[equipment.kind]
    low = data.nodes.nominal_v <= cim.LOW_VOLTAGE_V  # a voltage that is not known is not low
    layer[(layer == LINES) & low[equipment.node_a] & low[equipment.node_b]] = SECONDARIES
    return layer


def assign_feeders(data: NetworkData, node_feeder: NDArray[np.int32]) -> NDArray[np.int32]:
    """
    Return the feeder each piece of equipment is drawn in; -1 for none.

    That of its first node, or else of its second; a head belongs to the feeder it heads.

    Parameters
    ----------
    data
        The network's tables.
    node_feeder
        The feeder of each node as designed, -1 for none.
    """
    equipment = data.equipment
    first = node_feeder[equipment.node_a]
    feeder = np.where(first >= 0, first, node_feeder[equipment.node_b])
    heads = data.feeders.head
    feeder[heads[::-1]] = np.arange(len(heads), dtype=np.int32)[::-1]
    return feeder


def build_layers(
    network: Network, index: TopologyIndex, own: Sequence[str] = ()
) -> dict[str, TileLayer]:
    """
    Return the layers of a network by name.

    Parameters
    ----------
    network
        The network.
    index
        Its topology in the normal state.
    own
        Own columns that features have as properties, in each layer whose frame has them.

    Raises
    ------
    CrsError
        If nobody knows where on earth the network lies.
    InputError
        If no frame has an own column of a name.
    """
    require_own(network.data, own)
    if network.crs is None:
        msg = (
            "the network has planar coordinates of no known place on earth, so no map can show it:"
            " load it again with --crs, for example --crs EPSG:2278"
        )
        raise CrsError(msg)
    data = network.data
    node_feeder = find_nearest_feeder(index, data)
    feeder = assign_feeders(data, node_feeder)
    of_row = assign_layers(data)
    layers = {
        "substations": _build_substations(data, node_feeder),
        "lines": _build_lines(data, np.flatnonzero(of_row == LINES), feeder),
        "secondaries": _build_secondaries(data, np.flatnonzero(of_row == SECONDARIES), feeder),
        "switches": _build_switches(data, np.flatnonzero(of_row == SWITCHES), feeder),
        "transformers": _build_transformers(data, np.flatnonzero(of_row == TRANSFORMERS), feeder),
        "usage_points": _build_usage_points(data, node_feeder),
    }
    return {name: _add_own(layer, data, own) for name, layer in layers.items()} if own else layers


def _add_own(layer: TileLayer, data: NetworkData, own: Sequence[str]) -> TileLayer:
    """Return a layer with own columns of its frame: texts, numbers, and flags as 1 and 0."""
    frame = layer.name if layer.name in {"substations", "usage_points"} else "equipment"
    columns = dict(layer.columns)
    for name, column in getattr(data, frame).own.items():
        if name in own:
            taken = column.take(layer.ids - 1)
            values = taken.values if column.kind == "number" else taken.list_texts()
            if column.kind == "flag":
                values = taken.values.astype(np.int32)
            columns[f"own.{name}" if name in columns else name] = values
    return replace(layer, columns=columns)


def _build_substations(data: NetworkData, node_feeder: NDArray[np.int32]) -> TileLayer:
    table = data.substations
    points = data.usage_points
    feeder = np.append(data.feeders.substation, np.int32(-1))[node_feeder[points.node]]
    customers = np.bincount(feeder + 1, points.customers, len(table.mrid) + 1)[1:]
    columns = {
        "mrid": table.mrid,
        "name": table.name,
        "customers": customers.astype(np.int32),
    }
    rows = np.arange(len(table.mrid))
    return _build_point_layer(
        "substations", rows, _repeat_code(rows, "substations"), table.xy, columns
    )


def _build_lines(data: NetworkData, rows: NDArray[np.intp], feeder: NDArray[np.int32]) -> TileLayer:
    table = data.equipment
    backbone = phases.PHASE_COUNT[phases.to_supply_phases(table.phases[rows]) & 63] == 3
    codes = np.array([GROUP_CODE["lateral"], GROUP_CODE["backbone"]], dtype=np.uint8)
    volts = data.nodes.nominal_v[table.node_a[rows]]
    columns = _collect_columns(data, rows, feeder) | {
        "class": np.array([b"lateral", b"backbone"])[backbone.astype(np.intp)],
        "v": np.where(np.isnan(volts), -1, volts).astype(np.int32),
        "ug": table.placement[rows].astype(np.int32) - 1,
    }
    return _build_line_layer("lines", data, rows, codes[backbone.astype(np.intp)], columns)


def _build_secondaries(
    data: NetworkData, rows: NDArray[np.intp], feeder: NDArray[np.int32]
) -> TileLayer:
    columns = _collect_columns(data, rows, feeder)
    return _build_line_layer("secondaries", data, rows, _repeat_code(rows, "secondaries"), columns)


def _build_switches(
    data: NetworkData, rows: NDArray[np.intp], feeder: NDArray[np.int32]
) -> TileLayer:
    table = data.equipment
    group = np.array(
        [GROUP_CODE[GROUP_OF_SWITCH.get(name, "fuses")] for name in cim.KIND_NAMES], dtype=np.uint8
    )
    columns = _collect_columns(data, rows, feeder) | {
        "kind": _KIND_TEXTS[table.kind[rows]],
        "normal_open": PHASE_TEXTS[table.normal_open[rows] & 63],
        "remote": (table.control[rows] == cim.CONTROLS.index("remote")).astype(np.int32),
    }
    return _build_point_layer(
        "switches", rows, group[table.kind[rows]], _find_middles(data, rows), columns
    )


def _build_transformers(
    data: NetworkData, rows: NDArray[np.intp], feeder: NDArray[np.int32]
) -> TileLayer:
    table, points = data.equipment, data.usage_points
    served = np.bincount(points.transformer + 1, minlength=len(table.mrid) + 1)[1:]
    customers = np.bincount(points.transformer + 1, points.customers, len(table.mrid) + 1)[1:]
    volts = np.fmin(data.nodes.nominal_v[table.node_a], data.nodes.nominal_v[table.node_b])[rows]
    great = (volts > cim.LOW_VOLTAGE_V) & (table.kind[rows] == cim.TRANSFORMER)
    codes = np.array(
        [GROUP_CODE["transformers"], GROUP_CODE["substation_transformers"]], dtype=np.uint8
    )
    columns = _collect_columns(data, rows, feeder) | {
        "kind": _KIND_TEXTS[table.kind[rows]],
        "usage_points": served[rows].astype(np.int32),
        "customers": customers[rows].astype(np.int32),
    }
    group = codes[great.astype(np.intp)]
    return _build_point_layer("transformers", rows, group, _find_middles(data, rows), columns)


def _build_usage_points(data: NetworkData, node_feeder: NDArray[np.int32]) -> TileLayer:
    table = data.usage_points
    columns = {
        "mrid": table.mrid,
        "feeder": node_feeder[table.node] + 1,
        "phases": PHASE_TEXTS[table.phases & 63],
        "class": table.service_class,
        "priority": table.priority,
    }
    rows = np.arange(len(table.mrid))
    return _build_point_layer(
        "usage_points", rows, _repeat_code(rows, "usage_points"), table.xy, columns
    )


def _collect_columns(
    data: NetworkData, rows: NDArray[np.intp], feeder: NDArray[np.int32]
) -> dict[str, Any]:
    return {
        "mrid": data.equipment.mrid[rows],
        "feeder": feeder[rows] + 1,
        "phases": PHASE_TEXTS[data.equipment.phases[rows] & 63],
    }


def _repeat_code(rows: NDArray[np.intp], group: str) -> NDArray[np.uint8]:
    return np.full(len(rows), GROUP_CODE[group], dtype=np.uint8)


def _find_middles(data: NetworkData, rows: NDArray[np.intp]) -> NDArray[np.float64]:
    """Return the point in the middle of each course, shape (n, 2)."""
    import shapely

    if not len(rows):
        return np.empty((0, 2))
    counts, xy = equipment_courses(data, rows)
    last = np.cumsum(counts) - 1
    middle = (xy[last - counts + 1] + xy[last]) / 2
    bent = np.flatnonzero(counts > 2)
    if len(bent):
        start = np.concatenate([[0], np.cumsum(counts)])
        courses = shapely.from_ragged_array(shapely.GeometryType.LINESTRING, xy, (start,))[bent]
        halfway = shapely.line_interpolate_point(courses, 0.5, normalized=True)
        middle[bent] = shapely.get_coordinates(halfway)
    return middle


def _build_point_layer(
    name: str,
    rows: NDArray[np.intp],
    group: NDArray[np.uint8],
    xy: NDArray[np.float64],
    columns: Mapping[str, Any],
) -> TileLayer:
    """Return a layer of points; what has no place on the map is left out."""
    square = to_square(xy)
    placed = np.isfinite(square).all(axis=1)
    return TileLayer(
        name=name,
        ids=(rows[placed] + 1).astype(np.int32),
        group=group[placed],
        columns={key: values[placed] for key, values in columns.items()},
        start=np.arange(placed.sum() + 1, dtype=np.int64),
        xy=square[placed],
        lines=False,
        unplaced=int((~placed).sum()),
    )


def _build_line_layer(
    name: str,
    data: NetworkData,
    rows: NDArray[np.intp],
    group: NDArray[np.uint8],
    columns: Mapping[str, Any],
) -> TileLayer:
    """Return a layer of lines; one with a point that has no place on the map is left out."""
    counts, xy = (
        equipment_courses(data, rows)
        if len(rows)
        else (np.empty(0, dtype=np.int64), np.empty((0, 2)))
    )
    square = to_square(xy)
    owner = np.repeat(np.arange(len(rows)), counts)
    nowhere = np.bincount(owner, ~np.isfinite(square).all(axis=1), len(rows)) > 0
    placed = ~nowhere
    return TileLayer(
        name=name,
        ids=(rows[placed] + 1).astype(np.int32),
        group=group[placed],
        columns={key: values[placed] for key, values in columns.items()},
        start=np.concatenate([[0], np.cumsum(counts[placed])]),
        xy=square[placed[owner]],
        lines=True,
        unplaced=int(nowhere.sum()),
    )
