"""Say what of a network lies inside a polygon."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import numpy as np
import shapely

from gridtwin.analysis.place.point_grid import prepare_copy, scan_inside
from gridtwin.errors import InputError
from gridtwin.model.frames import equipment_lines

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from shapely.geometry import MultiPolygon, Polygon

    from gridtwin.analysis.place.point_grid import PointGrid, Predicate
    from gridtwin.model.tables import NetworkData

POINT_LAYERS = ("usage_points", "nodes", "substations")
PLACE_LAYERS = (*POINT_LAYERS, "equipment")
POINT_PREDICATES = ("intersects", "within", "contains")
LINE_PREDICATES = ("intersects", "within", "contains", "crosses")


@dataclass(frozen=True, slots=True)
class BoundingBoxes:
    """The bounding box of each piece of equipment, one array a side; NaN where it has no place."""

    x_0: NDArray[np.float64]
    y_0: NDArray[np.float64]
    x_1: NDArray[np.float64]
    y_1: NDArray[np.float64]

    @classmethod
    def build_boxes(cls, data: NetworkData) -> BoundingBoxes:
        """Return the boxes of a network's equipment."""
        equipment, xy = data.equipment, data.nodes.xy
        a, b = xy[equipment.node_a], xy[equipment.node_b]
        least, most = np.minimum(a, b), np.maximum(a, b)
        drawn = np.flatnonzero(np.diff(equipment.line_start))
        if len(drawn):
            first = equipment.line_start[drawn]
            least[drawn] = np.minimum.reduceat(equipment.line_xy, first, axis=0)
            most[drawn] = np.maximum.reduceat(equipment.line_xy, first, axis=0)
        return cls(*least.T.copy(), *most.T.copy())

    def find_near(self, bounds: tuple[float, float, float, float]) -> NDArray[np.intp]:
        """Return the rows whose box meets others' bounds."""
        x_0, y_0, x_1, y_1 = bounds
        # NaN fails every comparison, so that what has no place is never near.
        meets = (self.x_1 >= x_0) & (self.x_0 <= x_1)
        meets &= self.y_1 >= y_0
        meets &= self.y_0 <= y_1
        return np.flatnonzero(meets)


def find_intersecting(
    data: NetworkData,
    polygon: Polygon | MultiPolygon,
    *,
    layer: str = "usage_points",
    predicate: str = "intersects",
    grid: PointGrid | None = None,
    boxes: BoundingBoxes | None = None,
) -> NDArray[np.int32]:
    """
    Return the rows of a layer that stand in a relation to a polygon, ascending.

    Parameters
    ----------
    data
        The network's tables.
    polygon
        A valid polygon in the coordinates of the network (see `polygon.read_polygon`).
    layer
        ``usage_points``, ``nodes``, ``substations`` or ``equipment``. A row without a place
        never matches.
    predicate
        What the row does: ``intersects`` (a touch of the boundary is enough) or ``within``
        (inside; ``contains`` says the same of the polygon); equipment also ``crosses`` (partly
        inside, partly outside).
    grid
        The grid of the layer's points, if there is one: faster, the same answer.
    boxes
        The boxes of the equipment, if there are any: faster, the same answer.

    Raises
    ------
    InputError
        If there is no such layer, or the layer has no such predicate.
    """
    if layer not in PLACE_LAYERS:
        msg = f"there is no layer {layer!r}: give one of {', '.join(PLACE_LAYERS)}"
        raise InputError(msg)
    known = LINE_PREDICATES if layer == "equipment" else POINT_PREDICATES
    if predicate not in known:
        msg = f"layer {layer} has no predicate {predicate!r}: give one of {', '.join(known)}"
        raise InputError(msg)
    relation = "within" if predicate == "contains" else predicate
    if polygon.is_empty:
        return np.empty(0, dtype=np.int32)
    if layer == "equipment":
        return _intersect_lines(data, polygon, relation, boxes or BoundingBoxes.build_boxes(data))
    test = cast("Predicate", relation)
    if grid is not None:
        return grid.find_inside(polygon, test)
    return scan_inside(find_coordinates(data, layer), polygon, test)


def find_coordinates(data: NetworkData, layer: str) -> NDArray[np.float64]:
    """Return the (n, 2) coordinates of a layer of points."""
    if layer == "usage_points":
        return data.usage_points.xy
    return data.nodes.xy if layer == "nodes" else data.substations.xy


def _intersect_lines(
    data: NetworkData, polygon: Polygon | MultiPolygon, predicate: str, boxes: BoundingBoxes
) -> NDArray[np.int32]:
    """Return the equipment rows in a relation to the polygon; only candidates become lines."""
    rows = boxes.find_near(polygon.bounds)
    if not len(rows):
        return np.empty(0, dtype=np.int32)
    lines = equipment_lines(data, rows)
    # Equipment whose ends lie on one spot is a place, and no valid line: ask about the place.
    spot = np.flatnonzero(shapely.length(lines) == 0)
    lines[spot] = shapely.points(data.nodes.xy[data.equipment.node_a[rows[spot]]])
    shape = prepare_copy(polygon)
    return rows[_relate_lines(shape, lines, predicate)].astype(np.int32)


def _relate_lines(
    shape: Polygon | MultiPolygon, lines: NDArray[np.object_], predicate: str
) -> NDArray[np.bool_]:
    if predicate == "intersects":
        related = shapely.intersects(shape, lines)
    elif predicate == "within":
        related = shapely.contains(shape, lines)
    else:
        related = shapely.crosses(shape, lines)
    return np.asarray(related, dtype=np.bool_)
