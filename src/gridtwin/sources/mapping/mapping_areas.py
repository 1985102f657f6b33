"""Join the line ends inside an area to one node: all that ends in a station meets there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely

from gridtwin.sources.mapping.mapping_lines import measure_ends

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from gridtwin.sources.mapping.mapping_named import JoinedEquipment, MappingContext
    from gridtwin.sources.mapping.mapping_nodes import NodeSlots
    from gridtwin.sources.mapping.mapping_points import MappedPoints


def join_areas(
    joined: JoinedEquipment,
    points: Iterable[MappedPoints],
    slots: NodeSlots,
    context: MappingContext,
) -> None:
    """
    Make one node of each area and of the line ends and devices inside it.

    Parameters
    ----------
    joined
        Equipment with the slots of its ends.
    points
        Rows that stand at nodes, some of which are areas.
    slots
        Where nodes are joined.
    context
        The rules of the mapping.
    """
    ends = np.concatenate([*measure_ends(joined.lines), joined.points, joined.points])
    owners = np.concatenate([joined.slot_a, joined.slot_b, joined.slot_a, joined.slot_b])
    known = np.isfinite(ends).all(axis=1) & (owners >= 0)
    places = shapely.points(ends[known])
    tree = shapely.STRtree(places)
    empty: list[str] = []
    for each in points:
        rows = np.flatnonzero(each.are_areas)
        if not len(rows):
            continue
        area, inside = tree.query(fill_areas(each.shapes[rows]), predicate="intersects")
        slots.join_slots(each.slots[rows[area]], owners[known][inside])
        met = np.isin(np.arange(len(rows)), area)
        empty += each.frame["mrid"].to_numpy()[rows[~met]].tolist()
    if empty:
        context.add_notice(
            "empty_area",
            f"{len(empty):,} areas have no end of a line inside and join nothing, such as"
            f" {empty[0]}",
        )


def fill_areas(shapes: NDArray[np.object_]) -> NDArray[np.object_]:
    """Return polygons as they are, and closed lines as what they go around."""
    filled = np.array(shapes, dtype=object)
    rings = np.flatnonzero(
        (shapely.get_type_id(filled) == shapely.GeometryType.LINESTRING)
        & shapely.is_closed(filled)
        & (shapely.get_num_coordinates(filled) > 3)
    )
    for row in rings:
        filled[row] = shapely.Polygon(shapely.get_coordinates(filled[row]))
    return filled
