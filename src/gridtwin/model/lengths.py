"""Measure conductors on the earth's surface where their length is not recorded."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import shapely

from gridtwin.model import cim, frames

if TYPE_CHECKING:
    from gridtwin.model.tables import NetworkData


def with_lengths(data: NetworkData) -> NetworkData:
    """
    Return a network whose lines all have a length in meters.

    Notes
    -----
    Geodesic on the WGS 84 ellipsoid (Karney's method, through pyproj), along the drawn line.
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
    return replace(data, equipment=replace(equipment, length_m=meters))
