"""Say what of a network lies inside a polygon."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import numpy as np
import shapely

from gridtwin.analysis.place.grid import inside_rows, prepared
from gridtwin.errors import InputError
from gridtwin.model.frames import equipment_lines

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from shapely.geometry import MultiPolygon, Polygon

    from gridtwin.analysis.place.grid import PointGrid, Predicate
    from gridtwin.model.tables import NetworkData

POINT_LAYERS = ("usage_points", "nodes", "substations")
LAYERS = (*POINT_LAYERS, "equipment")
POINT_PREDICATES = ("intersects", "within", "contains")
LINE_PREDICATES = ("intersects", "within", "contains", "crosses")


@dataclass(frozen=True, slots=True)
class Boxes:
    """The bounding box of each piece of equipment, one array a side; NaN where it has no place."""

    x_0: NDArray[np.float64]
    y_0: NDArray[np.float64]
    x_1: NDArray[np.float64]
    y_1: NDArray[np.float64]

    @classmethod
    def of(cls, data: NetworkData) -> Boxes:
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

    def near(self, bounds: tuple[float, float, float, float]) -> NDArray[np.intp]:
        """Return the rows whose box meets others' bounds."""
        x_0, y_0, x_1, y_1 = bounds
        # NaN fails every comparison, so that what has no place is never near.
        meets = (self.x_1 >= x_0) & (self.x_0 <= x_1)
        meets &= self.y_1 >= y_0
        meets &= self.y_0 <= y_1
        return np.flatnonzero(meets)


def intersect(
    data: NetworkData,
    polygon: Polygon | MultiPolygon,
    *,
    layer: str = "usage_points",
    predicate: str = "intersects",
    grid: PointGrid | None = None,
    boxes: Boxes | None = None,
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
    if layer not in LAYERS:
        msg = f"there is no layer {layer!r}: give one of {', '.join(LAYERS)}"
        raise InputError(msg)
    known = LINE_PREDICATES if layer == "equipment" else POINT_PREDICATES
    if predicate not in known:
        msg = f"layer {layer} has no predicate {predicate!r}: give one of {', '.join(known)}"
        raise InputError(msg)
    relation = "within" if predicate == "contains" else predicate
    if polygon.is_empty:
        return np.empty(0, dtype=np.int32)
    if layer == "equipment":
        return _lines(data, polygon, relation, boxes or Boxes.of(data))
    test = cast("Predicate", relation)
    if grid is not None:
        return grid.inside(polygon, test)
    return inside_rows(points_of(data, layer), polygon, test)


def points_of(data: NetworkData, layer: str) -> NDArray[np.float64]:
    """Return the (n, 2) coordinates of a layer of points."""
    if layer == "usage_points":
        return data.usage_points.xy
    return data.nodes.xy if layer == "nodes" else data.substations.xy


def _lines(
    data: NetworkData, polygon: Polygon | MultiPolygon, predicate: str, boxes: Boxes
) -> NDArray[np.int32]:
    """Return the equipment rows in a relation to the polygon; only candidates become lines."""
    rows = boxes.near(polygon.bounds)
    if not len(rows):
        return np.empty(0, dtype=np.int32)
    lines = equipment_lines(data, rows)
    # Equipment whose ends lie on one spot is a place, and no valid line: ask about the place.
    spot = np.flatnonzero(shapely.length(lines) == 0)
    lines[spot] = shapely.points(data.nodes.xy[data.equipment.node_a[rows[spot]]])
    shape = prepared(polygon)
    return rows[_relate(shape, lines, predicate)].astype(np.int32)


def _relate(
    shape: Polygon | MultiPolygon, lines: NDArray[np.object_], predicate: str
) -> NDArray[np.bool_]:
    if predicate == "intersects":
        found = shapely.intersects(shape, lines)
    elif predicate == "within":
        found = shapely.contains(shape, lines)
    else:
        found = shapely.crosses(shape, lines)
    return np.asarray(found, dtype=np.bool_)
