"""Cut a polygon where longitude turns over, at 180 degrees."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely
from shapely.affinity import translate

from gridtwin.errors import PolygonError

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

HALF_TURN, TURN = 180.0, 360.0
LONGITUDE_SLACK = 1e-6  # degrees; the box of the whole world may be written with so much rounding


def check_longitudes(part: BaseGeometry) -> bool:
    """
    Return whether a polygon goes on past 180 degrees, as in 170 to 190, and has to be cut there.

    Raises
    ------
    PolygonError
        If a vertex is no longitude and latitude, or an edge could lead either way round the earth.
    """
    xy = shapely.get_coordinates(part)
    west, east = float(xy[:, 0].min()), float(xy[:, 0].max())
    beyond = west < -HALF_TURN < east or west < HALF_TURN < east
    if beyond and east - west <= HALF_TURN and (np.abs(xy[:, 1]) <= 90.0).all():
        return True
    _check_range(xy)
    _check_edges(part)
    return False


def cut_at_antimeridian(area: BaseGeometry) -> BaseGeometry:
    """Return a valid polygon with what lies past 180 degrees brought back into the range."""
    pieces = []
    for turn in (-TURN, 0.0, TURN):
        world = shapely.box(turn - HALF_TURN, -90.0, turn + HALF_TURN, 90.0)
        pieces.append(translate(shapely.intersection(area, world), xoff=-turn))
    return shapely.union_all(pieces)


def _check_range(xy: np.ndarray) -> None:
    bad = (np.abs(xy[:, 0]) > HALF_TURN) | (np.abs(xy[:, 1]) > 90.0)
    if bad.any():
        row = int(bad.argmax())
        msg = (
            f"vertex {row} of the polygon, ({xy[row, 0]:g}, {xy[row, 1]:g}), is no longitude and "
            "latitude: give degrees, longitude first (bring other coordinates to EPSG:4326)"
        )
        raise PolygonError(msg)


def _check_edges(part: BaseGeometry) -> None:
    """Refuse an edge of more than half a turn: it may be meant to cross 180 degrees."""
    rings = shapely.get_rings(part)
    xy, ring = shapely.get_coordinates(rings, return_index=True)
    step = np.abs(np.diff(xy[:, 0]))
    # An edge along the whole range is the edge of the world, not a way across.
    doubtful = (ring[1:] == ring[:-1]) & (step > HALF_TURN) & (step < TURN - LONGITUDE_SLACK)
    if doubtful.any():
        row = int(doubtful.argmax())
        start, stop = xy[row, 0], xy[row + 1, 0]
        east = min(start, stop) + TURN
        msg = (
            f"an edge of the polygon runs from longitude {start:g} to {stop:g}: if it crosses 180 "
            f"degrees, write {max(start, stop):g} to {east:g}; if it goes the long way round, put "
            "a vertex at its middle"
        )
        raise PolygonError(msg)
