"""Show what one element is: what is recorded of it, where it lies, whether it has supply."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from gridtwin.analysis.state import identity
from gridtwin.analysis.state.supply_state import FULL, OUT, SUPPLY_WORDS
from gridtwin.analysis.trace.trace import CLASSES
from gridtwin.model import cim, frames, phases
from gridtwin.model.element_names import find_origin, mrid_of
from gridtwin.model.schema import SCHEMA

if TYPE_CHECKING:
    from gridtwin.analysis.state.situation import Situation
    from gridtwin.analysis.state.supply_state import SupplyState
    from gridtwin.analysis.trace.trace import TraceRows
    from gridtwin.model.ids import Element
    from gridtwin.model.tables import NetworkData
    from gridtwin.results.documents.network_documents import OriginRecord

# Columns that the document shows elsewhere, and the nodes, which it does not.
_ELSEWHERE = frozenset(
    {"mrid", "name", "kind", "phases", "normal_open", "substation", "geometry"}
    | {"node_a", "node_b", "node"}
)


def identify_element(situation: Situation, element: Element) -> dict[str, Any]:
    """Return what an element is: mrid, name, kind, feeder, substation, and where it lies."""
    data = situation.data
    feeder = identity.find_feeder(situation, element)
    substation = int(data.feeders.substation[feeder]) if feeder >= 0 else -1
    if element.table == "substations":
        substation = element.row
    elif element.table == "sources":
        substation = int(data.sources.substation[element.row])
    return {
        "mrid": situation.network.ids.write_id(element.table, mrid_of(data, element)),
        "name": identity.find_name(data, element),
        "kind": identity.find_kind(data, element),
        "feeder": None if feeder < 0 else bytes(data.feeders.mrid[feeder]).decode(),
        "substation": None if substation < 0 else bytes(data.substations.mrid[substation]).decode(),
        "at": identity.find_place(data, element),
    }


def describe_element(situation: Situation, supply: SupplyState, element: Element) -> dict[str, Any]:
    """
    Return what an element is and where, and whether it has supply.

    Parameters
    ----------
    situation, supply
        The network in the state asked of, and what has supply in it.
    element
        The element.
    """
    data = situation.data
    own = data.equipment if element.table == "equipment" else getattr(data, element.table)
    recorded = getattr(own, "phases", None)
    switch = element.table == "equipment" and bool(situation.is_switch[element.row])
    return {
        **identify_element(situation, element),
        "table": element.table,
        "phases": "" if recorded is None else phases.format_phases(int(recorded[element.row])),
        "open": phases.format_phases(int(situation.open_mask[element.row])) if switch else None,
        "normal_open": phases.format_phases(int(own.normal_open[element.row])) if switch else None,
        "energized": describe_supply(situation, supply, element),
        "attributes": collect_attributes(data, element),
        "origin": describe_origin(data, element),
        "geometry": build_geometry(data, element),
    }


def describe_supply(situation: Situation, supply: SupplyState, element: Element) -> str:
    """Return ``yes``, ``no`` or ``partial``."""
    if element.table == "equipment":
        return SUPPLY_WORDS[supply.equipment[element.row]]
    if element.table == "usage_points":
        return SUPPLY_WORDS[supply.points[element.row]]
    if element.table == "substations":
        rows = np.flatnonzero(situation.data.sources.substation == element.row)
        nodes = situation.data.sources.node[rows]
        return SUPPLY_WORDS[FULL if situation.is_energized[nodes].any() else OUT]
    node = identity.find_node(situation, element)
    return SUPPLY_WORDS[FULL if node >= 0 and situation.is_energized[node] else OUT]


def collect_attributes(data: NetworkData, element: Element) -> dict[str, Any]:
    """Return what else is recorded of an element; what is not known is left out."""
    attributes: dict[str, Any] = {}
    for column in SCHEMA[element.table].columns:
        if column.name not in _ELSEWHERE:
            shown = frames.show_column(data, element.table, column, np.array([element.row]))
            (attributes[column.name],) = shown.tolist()
    if element.table == "equipment":
        node = data.equipment.node_a[element.row]
        attributes["nominal_v"] = float(data.nodes.nominal_v[node])
    known = {
        name: value
        for name, value in attributes.items()
        if value not in ("", "none") and value == value  # NaN is not known  # noqa: PLR0124
    }
    for name, own in getattr(data, element.table).own.items():
        (value,) = own.list_values(np.array([element.row]))
        if value is not None:
            known[f"own.{name}" if name in attributes else name] = value
    return known


def describe_origin(data: NetworkData, element: Element) -> OriginRecord | None:
    """Return which row of the source an element is made of; None where that is not known."""
    origin = find_origin(data, element)
    return origin and {"layer": origin.layer, "key": origin.key, "load": origin.load}


def build_geometry(data: NetworkData, element: Element) -> dict[str, Any] | None:
    """Return where an element lies as GeoJSON; None if that is not known."""
    drawn = identity.find_drawn(data, element)
    if drawn.table == "equipment":
        (shape,) = frames.equipment_lines(data, np.array([drawn.row]))
    else:
        place = identity.find_place(data, drawn)
        if place is None:
            return None
        shape = shapely.Point(place)
    return None if not np.isfinite(shapely.get_coordinates(shape)).all() else json.loads(
        shapely.to_geojson(shape)
    )  # fmt: skip


def list_way(data: NetworkData, rows: TraceRows) -> list[dict[str, Any]]:
    """Return the equipment on a way, in its order: mrid, kind and class."""
    return [
        {
            "mrid": bytes(data.equipment.mrid[row]).decode(),
            "kind": cim.KIND_NAMES[data.equipment.kind[row]],
            "class": CLASSES[kind],
        }
        for row, kind in zip(rows.equipment.tolist(), rows.kind.tolist(), strict=True)
    ]
