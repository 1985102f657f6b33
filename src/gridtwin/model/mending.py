"""Mend what one odd node should not refuse: a node nothing joins, and one without a place."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from gridtwin.model.schema import SCHEMA, list_columns
from gridtwin.model.tables import NetworkData, pick_rows

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gridtwin.model.columns import FrameColumns
    from gridtwin.model.schema import Equipment

# How far apart the ends of two lines at one node may be, in the unit of the coordinates, as a
# share of the length of the longer: more, and nobody can tell where the node is.
SPREAD = 0.05


def place_nodes(data: NetworkData, given: FrameColumns) -> NetworkData:
    """
    Return the tables with a place for the nodes that have none, where a drawn line ends at them.

    Parameters
    ----------
    data
        The tables; a reference that could not be resolved is -1.
    given
        The frame of the nodes, which tells which of them were placed.
    """
    if not len(given.placeless) or not given.count:
        return data
    xy = data.nodes.xy.copy()
    for row in given.placeless:
        xy[row] = _end_at(row, data.nodes.xy, data.equipment)
    found = np.isfinite(xy[given.placeless]).all(axis=1)
    given.add_notice(
        "placed_node",
        given.placeless[found],
        "it has no geometry and is placed where its line ends",
        "give it a point",
    )
    return replace(data, nodes=replace(data.nodes, xy=xy))


def place_at_references(data: NetworkData) -> NetworkData:
    """Return the tables with the points that have no place of their own where their node lies."""
    placed: dict[str, Any] = {}
    for name, column in list_columns("point"):
        if column.at:
            table, at = getattr(data, name), SCHEMA[name].find_column(column.at)
            there = getattr(data, at.refers).xy
            if len(there):
                xy = np.where(np.isnan(table.xy), there[getattr(table, at.name)], table.xy)
                placed[name] = replace(table, xy=xy)
    return replace(data, **placed)


def require_places(data: NetworkData, given: FrameColumns) -> None:
    """Note the fault of every node in use that has no place, and no line to place it."""
    lost = given.placeless[np.isnan(data.nodes.xy[given.placeless]).any(axis=1)]
    lost = lost[np.isin(lost, np.concatenate(_find_joined_nodes(data)))]
    reason = "geometry is empty: every node needs a point, or a drawn line that ends there"
    given.add_faults(lost, [reason] * len(lost))


def _find_joined_nodes(data: NetworkData) -> list[NDArray[np.int32]]:
    """Return the rows of nodes that the other tables refer to."""
    return [
        getattr(getattr(data, name), column.name)
        for name, column in list_columns("row")
        if column.refers == "nodes"
    ]


def _end_at(node: np.intp, xy: NDArray[np.float64], equipment: Equipment) -> NDArray[np.float64]:
    """Return where the lines drawn to a node end; NaN if none is drawn or they disagree."""
    at_a, at_b = equipment.node_a == node, equipment.node_b == node
    rows = np.flatnonzero((at_a ^ at_b) & (np.diff(equipment.line_start) >= 2))
    ends, lengths = [], []
    for row in rows:
        start, stop = equipment.line_start[row], equipment.line_start[row + 1]
        first, last = equipment.line_xy[start], equipment.line_xy[stop - 1]
        other = xy[equipment.node_b[row] if at_a[row] else equipment.node_a[row]]
        own, far = (first, last) if at_a[row] else (last, first)
        if np.hypot(*(own - other)) < np.hypot(*(far - other)):  # drawn the other way round
            own = far
        ends.append(own)
        lengths.append(np.hypot(*(first - last)))
    if not ends:
        return np.full(2, np.nan)
    spread = np.ptp(np.array(ends), axis=0).max()
    return ends[0] if spread <= SPREAD * max(lengths) else np.full(2, np.nan)


def without_unused_nodes(data: NetworkData, given: FrameColumns) -> NetworkData:
    """
    Return the tables without the nodes that nothing joins.

    Parameters
    ----------
    data
        The tables; every reference is resolved.
    given
        The frame of the nodes, which tells what is left out.
    """
    joined = np.zeros(len(data.nodes.mrid), dtype=bool)
    for rows in _find_joined_nodes(data):
        joined[rows] = True
    if joined.all():
        return data
    given.add_notice(
        "unused_node",
        np.flatnonzero(~joined),
        "nothing joins this node, and it is left out",
        "connect equipment to it, or delete it",
    )
    return pick_rows(data, {"nodes": np.flatnonzero(joined)})
