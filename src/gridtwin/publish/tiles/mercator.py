"""Bring longitude and latitude to the square of the web map, and to the tiles that divide it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

LATITUDE_LIMIT = 85.0511287798066  # where the map is square: atan(sinh(pi))


def to_square(lonlat: NDArray[np.float64]) -> NDArray[np.float64]:
    """
    Return places on the map as parts of its width, from its north-west corner.

    Parameters
    ----------
    lonlat
        Longitude and latitude in degrees (EPSG:4326), shape (n, 2).

    Returns
    -------
        Shape (n, 2), x to the east and y to the south, both 0 to 1; what lies beyond the limits of
        latitude has NaN.

    Notes
    -----
    EPSG:3857 (spherical Mercator), OGC 17-083r4 annex D.1 WebMercatorQuad, without its meters.

    Examples
    --------
    >>> to_square(np.array([[0.0, 0.0], [-180.0, 85.0511287798066]])).round(3).tolist()
    [[0.5, 0.5], [0.0, -0.0]]
    """
    latitude = np.radians(lonlat[:, 1])
    x = lonlat[:, 0] / 360.0 + 0.5
    with np.errstate(invalid="ignore"):
        y = 0.5 - np.arcsinh(np.tan(latitude)) / (2 * np.pi)
    inside = (np.abs(lonlat[:, 1]) <= LATITUDE_LIMIT) & (np.abs(lonlat[:, 0]) <= 180.0)
    return np.where(inside[:, None], np.column_stack([x, y]), np.nan)


def to_lonlat(square: NDArray[np.float64]) -> NDArray[np.float64]:
    """
    Return longitude and latitude in degrees of places on the map.

    Examples
    --------
    >>> to_lonlat(np.array([[0.5, 0.5], [0.75, 0.25]])).round(6).tolist()
    [[0.0, 0.0], [90.0, 66.51326]]
    """
    longitude = (square[:, 0] - 0.5) * 360.0
    latitude = np.degrees(np.arctan(np.sinh(np.pi * (1 - 2 * square[:, 1]))))
    return np.column_stack([longitude, latitude])
