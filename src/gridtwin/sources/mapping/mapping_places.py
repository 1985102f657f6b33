"""Say which points lie at one place, and measure in meters whatever the coordinate system."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


def measure_points(xy: NDArray[np.float64], *, planar: bool) -> NDArray[np.float64]:
    """
    Return points in meters on a plane around their middle.

    Parameters
    ----------
    xy
        Shape (n, 2): longitude and latitude, or meters where `planar`.
    planar
        Whether they are on a plane already.
    """
    if planar or not len(xy):
        return xy
    import pyproj

    lon, lat = (float(np.nanmedian(axis)) for axis in (xy[:, 0], xy[:, 1]))
    local = f"+proj=aeqd +lat_0={lat} +lon_0={lon} +datum=WGS84 +units=m"
    move = pyproj.Transformer.from_crs("EPSG:4326", local, always_xy=True).transform
    return np.column_stack(move(xy[:, 0], xy[:, 1]))


def cluster_places(xy: NDArray[np.float64], tolerance_m: float) -> NDArray[np.intp]:
    """
    Return the number of the place of each point: those within the tolerance share one.

    Parameters
    ----------
    xy
        Shape (n, 2), in meters.
    tolerance_m
        How far apart two points of one place may be.

    Examples
    --------
    >>> cluster_places(np.array([[0.0, 0.0], [5.0, 0.0], [0.1, 0.0]]), 0.2).tolist()
    [0, 1, 0]
    """
    if not len(xy):
        return np.empty(0, dtype=np.intp)
    from scipy.spatial import cKDTree

    rounded, back = np.unique(np.round(xy, 4), axis=0, return_inverse=True)
    pairs = cKDTree(rounded).query_pairs(tolerance_m, output_type="ndarray")
    return number_groups(len(rounded), pairs[:, 0], pairs[:, 1])[back.reshape(-1)]


def find_neighbors(
    xy: NDArray[np.float64],
    end_count: int,
    asked: NDArray[np.intp],
    *,
    reach_m: float = np.inf,
) -> tuple[NDArray[np.float64], NDArray[np.intp]]:
    """
    Return how far the nearest other thing is from some line ends, and which point that is.

    Parameters
    ----------
    xy
        Both ends of each line, then what else stands somewhere, in meters; NaN is nowhere.
    end_count
        How many of the points are line ends; the two of one line are neighbors in the list.
    asked
        The line ends asked about.
    reach_m
        How far is looked; infinity is returned where nothing lies within.
    """
    from scipy.spatial import cKDTree

    placed = np.flatnonzero(np.isfinite(xy).all(axis=1))
    distance, near = cKDTree(xy[placed]).query(xy[asked], k=3, distance_upper_bound=reach_m)
    near = np.append(placed, -1)[near]
    owner = np.where(near < end_count, near // 2, -1)
    distance[(owner == asked[:, None] // 2) | (near < 0)] = np.inf  # itself, or its other end
    first = np.argmin(distance, axis=1)
    rows = np.arange(len(asked))
    return distance[rows, first], near[rows, first]


def number_groups(
    count: int, first: NDArray[np.integer], second: NDArray[np.integer]
) -> NDArray[np.intp]:
    """Return the group of each of `count` things, of which some pairs belong together."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    joins = coo_array((np.ones(len(first), dtype=np.int8), (first, second)), shape=(count, count))
    return np.asarray(connected_components(joins, directed=False)[1], dtype=np.intp)
