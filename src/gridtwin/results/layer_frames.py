"""Show rows of one layer with geometry, feeder and supply, or counted by feeder or substation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from gridtwin.errors import InputError
from gridtwin.model import frames
from gridtwin.model.own_columns import add_own, pick_own
from gridtwin.model.schema import SCHEMA
from gridtwin.model.tables import decode_texts
from gridtwin.results.geo import make_geo_frame

if TYPE_CHECKING:
    from collections.abc import Sequence

    import geopandas
    import pandas as pd
    from numpy.typing import NDArray

    from gridtwin.analysis.state.situation import Situation

COUNT_GROUPINGS = ("feeder", "substation")
LAYER_COLUMNS = {
    "usage_points": ("mrid", "customers", "phases", "service_class", "priority", "peak_w"),
    "equipment": ("mrid", "kind", "phases"),
    "nodes": ("mrid", "nominal_v"),
    "substations": ("mrid", "name"),
}


def make_layer_frame(
    situation: Situation, layer: str, rows: NDArray[np.int32], own: Sequence[str] = ()
) -> geopandas.GeoDataFrame:
    """Return rows of a layer with geometry, feeder, whether they have supply, and own columns."""
    data = situation.data
    columns: dict[str, Any] = {
        name: frames.show_column(data, layer, SCHEMA[layer].find_column(name), rows)
        for name in (*LAYER_COLUMNS[layer], "geometry")
    }
    place = columns.pop("geometry")
    if layer == "usage_points":
        nodes = data.usage_points.node[rows]
        columns |= _describe_supply(situation, nodes, situation.is_served[rows])
    elif layer == "equipment":
        columns["open"] = situation.is_open[rows]
        columns |= _describe_supply(situation, _find_fed_nodes(situation, rows))
    elif layer == "nodes":
        columns |= _describe_supply(situation, rows)
    columns |= add_own(columns, pick_own(data, layer, own), rows)
    return make_geo_frame({**columns, "geometry": place}, situation.network.crs)


def _find_fed_nodes(situation: Situation, rows: NDArray[np.int32]) -> NDArray[np.int32]:
    """Return the node each piece of equipment feeds, or its first."""
    equipment = situation.data.equipment
    a, b = equipment.node_a[rows], equipment.node_b[rows]
    return np.where(situation.index.feed[b] == rows, b, a)


def _describe_supply(
    situation: Situation, nodes: NDArray[np.int32], energized: NDArray[np.bool_] | None = None
) -> dict[str, Any]:
    return {
        "energized": situation.is_energized[nodes] if energized is None else energized,
        "feeder": list_group_names(situation, "feeder")[
            find_groups_of_nodes(situation, "feeder")[nodes]
        ],
    }


def find_groups_of_nodes(situation: Situation, by: str) -> NDArray[np.int32]:
    """Return the row of the group of each node; -1 for none."""
    first, _ = situation.feeder_of_nodes
    if by == "feeder":
        return first
    return np.append(situation.data.feeders.substation, np.int32(-1))[first]


def find_feeders_of_equipment(normal: Situation) -> NDArray[np.int32]:
    """Return the feeder row of each piece of equipment, -1 for none; a head is of its own."""
    equipment, heads = normal.data.equipment, normal.data.feeders.head
    of_nodes, _ = normal.feeder_of_nodes
    first, second = of_nodes[equipment.node_a], of_nodes[equipment.node_b]
    feeders = np.where(first < 0, second, first)
    feeders[heads[::-1]] = np.arange(len(heads))[::-1]  # of two, the first has it
    return feeders


def list_group_names(situation: Situation, by: str) -> NDArray[np.object_]:
    """Return the names of groups; the last, for -1, is empty."""
    table = situation.data.feeders if by == "feeder" else situation.data.substations
    return np.append(decode_texts(table.mrid).astype(object), "")


def count_by_group(
    situation: Situation, layer: str, rows: NDArray[np.int32], by: str
) -> pd.DataFrame:
    """
    Return counts per feeder or substation, largest first.

    Raises
    ------
    InputError
        If `by` is neither, or the layer has no feeders.
    """
    import pandas as pd

    if by not in COUNT_GROUPINGS or layer == "substations":
        msg = f"cannot group {layer} by {by!r}: use one of {', '.join(COUNT_GROUPINGS)}"
        raise InputError(msg)
    points = situation.data.usage_points
    nodes = rows
    if layer != "nodes":
        nodes = points.node[rows] if layer == "usage_points" else _find_fed_nodes(situation, rows)
    group = find_groups_of_nodes(situation, by)[nodes]
    names = list_group_names(situation, by)
    counts = np.bincount(group + 1, minlength=len(names))
    columns: dict[str, Any] = {by: np.roll(names, 1), "count": counts}
    if layer == "usage_points":
        weight, peak = points.customers[rows], np.nan_to_num(points.peak_w[rows])
        columns["customers"] = np.bincount(group + 1, weight, len(names)).astype(np.int64)
        columns["peak_w"] = np.bincount(group + 1, peak, len(names))
    frame = pd.DataFrame(columns)
    frame = frame[frame["count"] > 0]
    return frame.sort_values(["count", by], ascending=[False, True]).reset_index(drop=True)
