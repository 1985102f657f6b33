"""Read what every form of a polygon is made of: rings of positions, and bounds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

if TYPE_CHECKING:
    from numpy.typing import NDArray

# What a wrong position can raise; the caller knows what it was to be.
UNREADABLE = (TypeError, ValueError, IndexError, KeyError, OverflowError)


def read_ring(positions: Any) -> NDArray[np.float64]:
    """Return the (n, 2) coordinates of a ring; one of `UNREADABLE` if a position is none."""
    ring = np.array([position[:2] for position in positions], dtype=np.float64)
    if ring.ndim != 2 or ring.shape[1] != 2:
        msg = "a position is not [x, y]"
        raise ValueError(msg)
    if not np.isfinite(ring).all():
        msg = "a position is not finite"
        raise ValueError(msg)
    return ring


def read_box(bounds: Any, *, geographic: bool) -> shapely.Polygon:
    """
    Return the box of west, south, east and north; one of `UNREADABLE` if it is none.

    Where they are degrees, bounds with west east of east reach over 180 (RFC 7946, section 5.2).
    """
    west, south, east, north = map(float, bounds)
    if west > east and geographic:
        east += 360.0
    if west > east or south > north:
        msg = "the least values come first, then the greatest"
        raise ValueError(msg)
    return shapely.box(west, south, east, north)
