"""Say what an element is: its name, its kind, the feeder it belongs to, and its place."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gridtwin.model import cim
from gridtwin.model.ids import TABLE_PREFIX, Element

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gridtwin.analysis.state.situation import Situation
    from gridtwin.model.tables import NetworkData


def find_name(data: NetworkData, element: Element) -> str:
    """Return the name of an element; an empty text where it has none."""
    names = getattr(getattr(data, element.table), "name", None)
    return "" if names is None else bytes(names[element.row]).decode()


def find_kind(data: NetworkData, element: Element) -> str:
    """Return the kind of equipment, or the singular of the table."""
    if element.table == "equipment":
        return cim.KIND_NAMES[data.equipment.kind[element.row]]
    return TABLE_PREFIX[element.table]


def list_kind(data: NetworkData, kind: str) -> list[Element]:
    """Return all elements of a kind of equipment, or of a table by its singular."""
    if kind in cim.KIND_NAMES:
        rows = np.flatnonzero(data.equipment.kind == cim.KIND_NAMES.index(kind))
        return [Element("equipment", row) for row in rows.tolist()]
    table = next(table for table, one in TABLE_PREFIX.items() if one == kind)
    return [Element(table, row) for row in range(len(getattr(data, table).mrid))]


def find_drawn(data: NetworkData, element: Element) -> Element:
    """Return what stands for an element on the map: the head of a feeder, else itself."""
    if element.table == "feeders":
        return element._replace(table="equipment", row=int(data.feeders.head[element.row]))
    return element


def find_node(situation: Situation, element: Element) -> int:
    """Return the node that stands for an element; of equipment the one it feeds; -1 for none."""
    data = situation.data
    if element.table == "nodes":
        return element.row
    if element.table in {"usage_points", "sources"}:
        return int(getattr(data, element.table).node[element.row])
    element = find_drawn(data, element)
    if element.table != "equipment":
        return -1
    fed = situation.find_fed_node(element.row)
    return fed if fed >= 0 else situation.find_ends(element.row)[0]


def find_feeder(situation: Situation, element: Element) -> int:
    """Return the row of the feeder an element belongs to; -1 for none."""
    if element.table == "feeders":
        return element.row
    node = find_node(situation, element)
    first, _ = situation.feeder_of_nodes
    return int(first[node]) if node >= 0 else -1


def find_place(data: NetworkData, element: Element) -> list[float] | None:
    """Return where an element lies, equipment in the middle between its nodes; None if unknown."""
    element = find_drawn(data, element)
    table = getattr(data, element.table)
    xy: NDArray[np.float64]
    if element.table == "equipment":
        ends = [int(table.node_a[element.row]), int(table.node_b[element.row])]
        xy = data.nodes.xy[ends].mean(axis=0)
    elif element.table == "sources":
        xy = data.nodes.xy[int(table.node[element.row])]
    else:
        xy = table.xy[element.row]
    return xy.tolist() if np.isfinite(xy).all() else None
