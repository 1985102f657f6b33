"""Bring areas of vegetation risk to the coordinates of a network, as far as their trees reach."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import shapely

from gridtwin.errors import CrsError, InputError, PolygonError, SourceError
from gridtwin.model.antimeridian import check_longitudes, cut_at_antimeridian
from gridtwin.model.frames import make_projector
from gridtwin.model.lengths import METERS_PER_DEGREE

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gridtwin.model.vegetation import VegetationAreas

TREE_HEIGHT_REACH = "height"
MOST_REACH_M = 200.0
LEAST_COSINE = 0.01  # nothing is widened more than so, however near the pole


def place_areas(
    areas: VegetationAreas, crs: str | None, reach: float | str, where: str
) -> VegetationAreas:
    """
    Return areas in the coordinates of the network; what goes on past 180 degrees is cut there.

    Parameters
    ----------
    areas
        The areas as they are drawn.
    crs
        Their coordinate system; None where they are in planar coordinates of the network already.
    reach
        How far beyond its edge an area threatens lines: meters, or ``height`` for as far as its
        trees are tall.
    where
        Where they come from, for the message of an error.

    Raises
    ------
    InputError
        If the reach is none.
    CrsError, SourceError
        If a polygon cannot be brought there; with its row.
    """
    meters = _find_reach(areas, reach)
    if crs is None:
        if not meters.any():
            return areas
        return replace(areas, geometry=_widen_areas(areas.geometry, meters, geographic=False))
    placed = np.asarray(shapely.transform(areas.geometry, make_projector(crs)), dtype=object)
    bounds = shapely.bounds(placed)
    lost = ~np.isfinite(bounds).all(axis=1)
    if lost.any():
        row = int(lost.argmax())
        msg = f"{where}: row {row}: its polygon lies outside of what {crs} can be used for"
        raise CrsError(msg)
    if meters.any():
        placed = _widen_areas(placed, meters / METERS_PER_DEGREE, geographic=True)
        bounds = shapely.bounds(placed)
    west, south, east, north = bounds.T
    odd = (west < -180) | (east > 180) | (south < -90) | (north > 90) | (east - west > 180)
    for row in np.flatnonzero(odd).tolist():
        try:
            beyond = any(check_longitudes(part) for part in shapely.get_parts(placed[row]))
        except PolygonError as error:
            msg = f"{where}: row {row}: {error}"
            raise SourceError(msg) from error
        if beyond:
            placed[row] = cut_at_antimeridian(placed[row])
    return replace(areas, geometry=placed)


def _find_reach(areas: VegetationAreas, reach: float | str) -> NDArray[np.float64]:
    """Return how far each area reaches, in meters."""
    if reach == TREE_HEIGHT_REACH:
        return np.minimum(np.nan_to_num(areas.tree_height_m), MOST_REACH_M)
    try:
        meters = float(reach)
    except ValueError:
        meters = np.nan
    if not 0 <= meters <= MOST_REACH_M:
        msg = f"a reach is {TREE_HEIGHT_REACH}, or meters from 0 to {MOST_REACH_M:g}, not {reach!r}"
        raise InputError(msg)
    return np.full(len(areas), meters)


def _widen_areas(
    shapes: NDArray[np.object_], by: NDArray[np.float64], *, geographic: bool
) -> NDArray[np.object_]:
    """Return areas with all that lies within a distance of each, in its coordinates of latitude."""
    if not geographic:
        return np.asarray(shapely.buffer(shapes, by), dtype=object)
    latitude = np.radians(shapely.bounds(shapes)[:, [1, 3]].mean(axis=1))
    shrink = np.maximum(np.cos(latitude), LEAST_COSINE)  # of a degree of longitude
    level = _stretch_longitudes(shapes, shrink)
    return _stretch_longitudes(np.asarray(shapely.buffer(level, by), dtype=object), 1.0 / shrink)


def _stretch_longitudes(
    shapes: NDArray[np.object_], factor: NDArray[np.float64]
) -> NDArray[np.object_]:
    xy, owner = shapely.get_coordinates(shapes, return_index=True)
    xy[:, 0] *= factor[owner]
    return np.asarray(shapely.set_coordinates(shapes.copy(), xy), dtype=object)
