"""Show elements that were found by name: what they are, and where."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from gridtwin.model import cim
from gridtwin.model.ids import SINGULAR
from gridtwin.model.named import mrid_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from gridtwin.analysis.situation import Situation
    from gridtwin.model.ids import Element
    from gridtwin.model.tables import NetworkData
    from gridtwin.publish.features import FeatureIds


def hit_records(
    situation: Situation, features: FeatureIds, elements: Iterable[Element]
) -> list[dict[str, Any]]:
    """
    Return elements as mrid, name, kind, feeder, substation, place and feature.

    Parameters
    ----------
    situation
        The network in the state in which feeders are reckoned.
    features
        The features of its tiles.
    elements
        The elements.
    """
    return [_record(situation, features, element) for element in elements]


def _record(situation: Situation, features: FeatureIds, element: Element) -> dict[str, Any]:
    data = situation.data
    feeder = feeder_of(situation, element)
    substation = int(data.feeders.substation[feeder]) if feeder >= 0 else -1
    if element.table == "substations":
        substation = element.row
    elif element.table == "sources":
        substation = int(data.sources.substation[element.row])
    return {
        "mrid": situation.network.ids.word(element.table, mrid_of(data, element)),
        "name": name_of(data, element),
        "kind": kind_of(data, element),
        "feeder": None if feeder < 0 else bytes(data.feeders.mrid[feeder]).decode(),
        "substation": None if substation < 0 else bytes(data.substations.mrid[substation]).decode(),
        "at": place_of(data, element),
        "feature": features.of_element(drawn(data, element)),
    }


def name_of(data: NetworkData, element: Element) -> str:
    """Return the name of an element; an empty text where it has none."""
    names = getattr(getattr(data, element.table), "name", None)
    return "" if names is None else bytes(names[element.row]).decode()


def kind_of(data: NetworkData, element: Element) -> str:
    """Return the kind of equipment, or the singular of the table."""
    if element.table == "equipment":
        return cim.KIND_NAMES[data.equipment.kind[element.row]]
    return SINGULAR[element.table].replace(" ", "_")


def drawn(data: NetworkData, element: Element) -> Element:
    """Return what stands for an element on the map: the head of a feeder, else itself."""
    if element.table == "feeders":
        return element._replace(table="equipment", row=int(data.feeders.head[element.row]))
    return element


def node_of(situation: Situation, element: Element) -> int:
    """Return the node that stands for an element; of equipment the one it feeds; -1 for none."""
    data = situation.data
    if element.table == "nodes":
        return element.row
    if element.table in {"usage_points", "sources"}:
        return int(getattr(data, element.table).node[element.row])
    element = drawn(data, element)
    if element.table != "equipment":
        return -1
    fed = situation.fed_node(element.row)
    return fed if fed >= 0 else situation.ends(element.row)[0]


def feeder_of(situation: Situation, element: Element) -> int:
    """Return the row of the feeder an element belongs to; -1 for none."""
    if element.table == "feeders":
        return element.row
    node = node_of(situation, element)
    first, _ = situation.feeder_of_nodes
    return int(first[node]) if node >= 0 else -1


def place_of(data: NetworkData, element: Element) -> list[float] | None:
    """Return where an element lies, equipment in the middle between its nodes; None if unknown."""
    element = drawn(data, element)
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
