"""Draw the area that a set of customers covers, as an outage map shows it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely
from scipy.spatial import cKDTree
from shapely.geometry import MultiPolygon, Polygon

from gridtwin.model.lengths import METERS_PER_DEGREE

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

    from gridtwin.model.tables import NetworkData

BUFFER_M = 30.0  # drawn around a customer on its own
MAX_REACH_M = 150.0
SPACINGS = 1.5  # the reach, in typical distances to the third neighbor
SPACING_SAMPLE = 500  # points whose spacing is looked at
THIN_ABOVE = 25_000  # above it the raster is coarse whatever the spacing
MAX_CELLS = 2_500  # above it the raster is made coarser
COARSER = 1.4
CELL_SHARE = 0.5  # side of a cell, in reaches
GROW, SHRINK = 1.6, 0.8  # in reaches; an octagon's flats lie at 0.92 of its radius
TOLERANCE = 0.3  # in reaches: less than GROW * 0.92 - SHRINK, so that every point stays inside
FILL_HOLES = 60.0  # smallest hole that is drawn, in square reaches
MAX_ROUNDS = 6
MAX_OUTLINE_VERTICES = 400  # aimed at for the whole outline


def draw_outline(
    xy: NDArray[np.float64], *, geographic: bool = True, max_vertices: int = MAX_OUTLINE_VERTICES
) -> Polygon | MultiPolygon | None:
    """
    Return a concave outline around points, one polygon for each cluster; None without points.

    The points are snapped to a raster about as coarse as they are apart; its cells are united,
    grown, shrunk by half as much (which closes small gaps), and simplified. Every point lies
    inside.

    Parameters
    ----------
    xy
        (n, 2) coordinates; those with NaN are left out.
    geographic
        Whether they are longitude and latitude; if not, they are planar and in meters.
    max_vertices
        About how many corners the outline may have. Widely scattered clusters take a few each.
    """
    placed = xy[np.isfinite(xy).all(axis=1)]
    if not len(placed):
        return None
    origin = (placed.min(axis=0) + placed.max(axis=0)) / 2
    scale = _scale_degrees(float(origin[1])) if geographic else np.ones(2)
    meters = (placed - origin) * scale
    shape, reach = _merge_surroundings(meters, _choose_reach(meters))
    shape = _simplify_outline(_fill_holes(shape, FILL_HOLES * reach * reach), reach, max_vertices)
    shape = _include_points(shape, meters, reach)
    placed_back = shapely.transform(shape, lambda corners: corners / scale + origin)
    if not placed_back.is_valid:  # corners nearer than the precision of degrees
        placed_back = shapely.buffer(placed_back, 0)
    return placed_back if isinstance(placed_back, (Polygon, MultiPolygon)) else None


def _scale_degrees(latitude: float) -> NDArray[np.float64]:
    """Return the meters in a degree of longitude and of latitude (equirectangular)."""
    narrow = max(float(np.cos(np.radians(latitude))), 0.01)
    return np.array([METERS_PER_DEGREE * narrow, METERS_PER_DEGREE])


def _choose_reach(meters: NDArray[np.float64]) -> float:
    """Return how far around a point the outline goes: a few typical spacings, within bounds."""
    sample = meters[:: max(1, len(meters) // SPACING_SAMPLE)]
    if len(sample) < 3 or len(meters) > THIN_ABOVE:
        return BUFFER_M
    spacing = cKDTree(meters, balanced_tree=False).query(sample, k=min(4, len(meters)))[0][:, -1]
    return float(np.clip(np.median(spacing) * SPACINGS, BUFFER_M, MAX_REACH_M))


def _merge_surroundings(meters: NDArray[np.float64], reach: float) -> tuple[BaseGeometry, float]:
    """Return the surroundings of all points with small gaps closed, and the reach it took."""
    low = meters.min(axis=0)
    cells = _thin_points(meters - low, reach)
    while len(cells) > MAX_CELLS:
        reach *= max(COARSER, 0.7 * (len(cells) / MAX_CELLS) ** 0.5)
        cells = _thin_points(meters - low, reach)
    side = reach * CELL_SHARE
    corner = low + cells * side
    # Corners from the same products on both sides of an edge, so that cells meet exactly.
    far = low + (cells + 1) * side
    boxes = shapely.box(corner[:, 0], corner[:, 1], far[:, 0], far[:, 1])
    grown = shapely.buffer(shapely.coverage_union_all(boxes), reach * GROW, quad_segs=2)
    return shapely.buffer(grown, -reach * SHRINK, quad_segs=2), reach


def _thin_points(meters: NDArray[np.float64], reach: float) -> NDArray[np.int64]:
    """Return the column and line of every cell that holds a point, once each."""
    column, line = np.floor(meters / (reach * CELL_SHARE)).astype(np.int64).T
    width = int(column.max()) + 1
    code = np.unique(line * width + column)
    return np.column_stack([code % width, code // width])


def _fill_holes(shape: BaseGeometry, least: float) -> BaseGeometry:
    """Return the shape without the holes smaller than `least` square meters."""
    parts = []
    for part in shapely.get_parts(shape):
        holes = [hole for hole in part.interiors if Polygon(hole).area >= least]
        parts.append(Polygon(part.exterior, holes))
    return parts[0] if len(parts) == 1 else MultiPolygon(parts)


def _simplify_outline(shape: BaseGeometry, reach: float, max_vertices: int) -> BaseGeometry:
    """Return the shape with fewer corners, never less than its points need."""
    simple = shapely.simplify(shape, reach * TOLERANCE)
    tolerance = reach
    for _ in range(MAX_ROUNDS):
        if shapely.get_num_coordinates(simple) <= max_vertices:
            break
        # Grown first by more than the corners may then be cut, so that no point falls outside.
        simple = shapely.simplify(shapely.buffer(shape, tolerance * 1.2, quad_segs=2), tolerance)
        tolerance *= 2
    return simple


def _include_points(shape: BaseGeometry, meters: NDArray[np.float64], reach: float) -> BaseGeometry:
    """Return the shape with the few points that simplifying a small ring may have cut off."""
    shapely.prepare(shape)
    left = meters[~shapely.contains_xy(shape, meters[:, 0], meters[:, 1])]
    if not len(left):
        return shape
    around = shapely.buffer(shapely.points(left), reach * SHRINK, quad_segs=2)
    return shapely.union(shape, shapely.union_all(around))


def find_extent(
    data: NetworkData, equipment: NDArray[np.int32], points: NDArray[np.int32]
) -> list[float] | None:
    """Return west, south, east and north of equipment and usage points; None without a place."""
    ends = data.equipment
    nodes = np.concatenate([ends.node_a[equipment], ends.node_b[equipment]])
    xy = np.concatenate([data.nodes.xy[nodes], data.usage_points.xy[points]])
    xy = xy[np.isfinite(xy).all(axis=1)]
    if not len(xy):
        return None
    return [*xy.min(axis=0).tolist(), *xy.max(axis=0).tolist()]
