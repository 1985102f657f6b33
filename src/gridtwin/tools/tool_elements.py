"""Find the elements that the arguments of tools name, and say what else may have been meant."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

from gridtwin.analysis.place.polygon import read_polygon
from gridtwin.errors import InputError, NotFoundError
from gridtwin.model.element_names import mrid_of
from gridtwin.model.state import CURRENT, NORMAL
from gridtwin.results.layer_frames import find_groups_of_nodes

if TYPE_CHECKING:
    from collections.abc import Iterable

    import numpy as np
    from numpy.typing import NDArray

    from gridtwin.analysis.place.polygon import PolygonInput
    from gridtwin.model.ids import Element
    from gridtwin.tools.shared_twin import SharedTwin

SUGGESTED = 3
MOST_VERTICES = 2_000  # of a polygon that a model writes


def find_element(shared: SharedTwin, name: str) -> Element:
    """
    Return the one element that an mRID or a name names.

    Raises
    ------
    NotFoundError
        If there is none, with what may have been meant.
    InputError
        If several are called so.
    """
    try:
        return shared.twin.find_one(name)
    except NotFoundError as error:
        ids, data = shared.network.ids, shared.network.data
        hits = shared.names.find_names(name, SUGGESTED)
        matches = [ids.write_id(hit.element.table, mrid_of(data, hit.element)) for hit in hits]
        what = "element"
        raise NotFoundError(what, name, matches or error.matches) from error


def name_element(shared: SharedTwin, name: str) -> str:
    """Return the id of what an mRID or a name names; see `find_element`."""
    element = find_element(shared, name)
    return shared.network.ids.write_id(element.table, mrid_of(shared.network.data, element))


def name_elements(shared: SharedTwin, names: Iterable[str]) -> list[str]:
    """Return the ids of what some mRIDs or names name, each once; see `find_element`."""
    return list(dict.fromkeys(name_element(shared, name) for name in names))


def name_feeder(shared: SharedTwin, name: str) -> str:
    """
    Return the mRID of a feeder; empty for an empty name.

    Raises
    ------
    InputError
        If it names something else.
    """
    if not name:
        return ""
    element = find_element(shared, name)
    if element.table != "feeders":
        of = shared.name_feeder(shared.read_situation(), element)
        hint = f": it is on feeder {of}" if of else ""
        msg = f"{name!r} is no feeder{hint}"
        raise InputError(msg)
    return mrid_of(shared.network.data, element)


def pick_points(shared: SharedTwin, on: str) -> NDArray[np.bool_] | None:
    """
    Return which usage points a feeder or substation serves as designed; None for an empty name.

    Raises
    ------
    InputError
        If it names something else.
    """
    if not on:
        return None
    element = find_element(shared, on)
    if element.table == "substations":
        by = "substation"
    else:
        by, element = "feeder", find_element(shared, name_feeder(shared, on))
    normal = shared.read_situation(NORMAL)
    groups: NDArray[np.int32] = find_groups_of_nodes(normal, by)[normal.data.usage_points.node]
    return groups == element.row


def read_area(shared: SharedTwin, polygon: str) -> PolygonInput:
    """
    Return the area that a text stands for.

    Raises
    ------
    PolygonError
        If it stands for none.
    InputError
        If it has more vertices than anybody writes by hand.
    """
    import shapely

    found = read_polygon(polygon, geographic=shared.network.crs is not None)
    count = int(shapely.get_num_coordinates(found.geometry))
    if count > MOST_VERTICES:
        msg = f"the polygon has {count:,} vertices, and {MOST_VERTICES:,} are taken: simplify it"
        raise InputError(msg)
    return found


def write_view(**params: str | None) -> str:
    """Return the view of the map that shows something: what stands behind ``#`` in its address."""
    pairs = [f"{name}={quote(value, safe='/:,')}" for name, value in params.items() if value]
    return "&".join(pairs)


def show_state(state: str) -> str:
    """Return how a sentence names a state: not at all where it is the current one."""
    return "" if state == CURRENT else f" in the state {state!r}"
