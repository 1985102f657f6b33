"""Read the geometries of a column as points or as lines, mending what is drawn a little oddly."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Geometries = NDArray[np.object_]
    Rows = NDArray[np.intp]

AREAS = (shapely.GeometryType.POLYGON, shapely.GeometryType.MULTIPOLYGON)


def parse_geometries(values: NDArray[Any]) -> tuple[Geometries, Rows]:
    """
    Return geometries given as such, as WKT or as WKB.

    Parameters
    ----------
    values
        One value a row; None or an empty text where nothing is drawn.

    Returns
    -------
        The geometries, None where there is none, and the rows of what cannot be read as one.
    """
    drawn = shapely.is_geometry(values)
    geometry = values.copy()
    written = np.flatnonzero(~drawn)
    geometry[written] = None
    kinds = [type(value) if value else None for value in values[written]]
    for kind, reader in ((str, shapely.from_wkt), (bytes, shapely.from_wkb)):
        rows = written[[each is kind for each in kinds]]
        geometry[rows] = _read_geometries(reader, values[rows])
    given = written[[each is not None for each in kinds]]
    return geometry, given[[geometry[row] is None for row in given]]


def _read_geometries(reader: Callable[..., Any], values: NDArray[Any]) -> Geometries:
    try:
        return np.asarray(reader(values, on_invalid="ignore"), dtype=object)
    except NotImplementedError:  # shapely has no curves
        if len(values) == 1:
            return np.array([None], dtype=object)
        middle = len(values) // 2
        return np.concatenate(
            [_read_geometries(reader, values[:middle]), _read_geometries(reader, values[middle:])]
        )


def as_points(geometry: Geometries) -> tuple[Geometries, Rows]:
    """
    Return geometries with every area replaced by a point inside it, and the rows of the areas.

    The point is the centroid, or where that lies outside, one on the surface.
    """
    geometry = _single_parts(geometry)
    areas = np.isin(shapely.get_type_id(geometry), AREAS) & ~shapely.is_empty(geometry)
    areas[areas] = np.isfinite(shapely.bounds(geometry[areas])).all(axis=1)
    rows = np.flatnonzero(areas)
    if len(rows):
        drawn = shapely.make_valid(geometry[rows])
        middle = shapely.centroid(drawn)
        inside = shapely.intersects(drawn, middle)
        geometry = geometry.copy()
        geometry[rows] = np.where(inside, middle, shapely.point_on_surface(drawn))
    return geometry, rows


def as_lines(geometry: Geometries) -> tuple[Geometries, Rows]:
    """Return geometries with lines of touching parts made one, and the rows of those lines."""
    geometry = _single_parts(geometry)
    several = np.flatnonzero(shapely.get_type_id(geometry) == shapely.GeometryType.MULTILINESTRING)
    if not len(several):
        return geometry, several
    merged = shapely.line_merge(geometry[several])
    one = shapely.get_type_id(merged) == shapely.GeometryType.LINESTRING
    rows = several[one]
    parts = shapely.get_geometry(geometry[rows], 0)
    geometry = geometry.copy()
    geometry[rows] = [
        _orient_along(line, part) for line, part in zip(merged[one], parts.tolist(), strict=True)
    ]
    return geometry, rows


def _orient_along(line: shapely.LineString, part: shapely.LineString) -> shapely.LineString:
    """Return a merged line in the direction in which its first part was drawn."""
    start, end = shapely.points(part.coords[0]), shapely.points(part.coords[-1])
    backwards = shapely.line_locate_point(line, start) > shapely.line_locate_point(line, end)
    return shapely.reverse(line) if backwards else line


def _single_parts(geometry: Geometries) -> Geometries:
    """Return geometries with every collection of one part replaced by that part."""
    alone = (shapely.get_type_id(geometry) >= shapely.GeometryType.MULTIPOINT) & (
        shapely.get_num_geometries(geometry) == 1
    )
    if alone.any():
        geometry = geometry.copy()
        geometry[alone] = shapely.get_geometry(geometry[alone], 0)
    return geometry
