"""Measure conductors on the earth's surface where their length is not recorded."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import shapely

from gridtwin.model import cim, frames

if TYPE_CHECKING:
    import pyproj
    from numpy.typing import NDArray

    from gridtwin.model.tables import NetworkData

EARTH_RADIUS_M = 6_371_008.8  # mean radius (IUGG)
METERS_PER_DEGREE = 111_320.0  # along a meridian, and along the equator
FOOT_M = 0.3048  # planar coordinates may be feet
DRAWN_FAR_M = 50.0  # a course that ends so far from its nodes is that of something else


def with_lengths(data: NetworkData) -> NetworkData:
    """
    Return a network whose lines all have a length in meters.

    Notes
    -----
    Geodesic on the WGS 84 ellipsoid (Karney's method, through pyproj), along the drawn line;
    straight from node to node where what is drawn lies elsewhere.
    """
    equipment = data.equipment
    unknown = np.isnan(equipment.length_m) & np.isin(equipment.kind, cim.LINES)
    rows = np.flatnonzero(unknown)
    if not len(rows):
        return data
    import pyproj  # slow to import

    xy, owner = shapely.get_coordinates(frames.equipment_lines(data, rows), return_index=True)
    follows = owner[1:] == owner[:-1]
    start, stop = xy[:-1][follows], xy[1:][follows]
    geod = pyproj.Geod(ellps="WGS84")
    _, _, steps = geod.inv(start[:, 0], start[:, 1], stop[:, 0], stop[:, 1])
    meters = np.array(equipment.length_m)
    meters[rows] = np.bincount(owner[1:][follows], np.asarray(steps), len(rows))
    drawn, course, ends = find_drawn_ends(data, rows)
    gaps = [_measure_apart(geod, course, order).max(axis=1) for order in (ends, ends[:, ::-1])]
    far = np.minimum(*gaps) > DRAWN_FAR_M
    meters[drawn[far]] = _measure_apart(geod, ends[far, 0], ends[far, 1])
    return replace(data, equipment=replace(equipment, length_m=meters))


def find_drawn_ends(
    data: NetworkData, rows: NDArray[np.intp]
) -> tuple[NDArray[np.intp], NDArray[np.float64], NDArray[np.float64]]:
    """
    Return which of some equipment has a course of its own, and where that begins and ends.

    Returns
    -------
    rows, course, nodes
        The rows; the first and the last place of each course, and its node a and node b, both of
        shape (k, 2, 2).
    """
    equipment, xy = data.equipment, data.nodes.xy
    start = equipment.line_start
    drawn = rows[start[rows + 1] > start[rows]]
    course = np.stack(
        [equipment.line_xy[start[drawn]], equipment.line_xy[start[drawn + 1] - 1]], axis=1
    )
    nodes = np.stack([xy[equipment.node_a[drawn]], xy[equipment.node_b[drawn]]], axis=1)
    return drawn, course, nodes


def _measure_apart(
    geod: pyproj.Geod, places: NDArray[np.float64], others: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the geodesic between each two places, in meters."""
    _, _, meters = geod.inv(places[..., 0], places[..., 1], others[..., 0], others[..., 1])
    return np.asarray(meters)
