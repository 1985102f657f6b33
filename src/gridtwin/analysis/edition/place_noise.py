"""
Leave places where they were that moved less than anybody can measure.

Who writes a source anew rounds its coordinates anew, and every row would count as changed.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from gridtwin.model.frames import equipment_courses

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gridtwin.model.network import Network
    from gridtwin.model.schema import Equipment

NOISE_M = 0.001
NOISE_DEGREES = 1e-8  # about as much
PLACED_FRAMES = ("nodes", "usage_points", "substations")


def keep_places_still(former: Network, network: Network) -> Network:
    """
    Return a network whose elements lie where they lay, if they moved by a millimeter at most.

    Parameters
    ----------
    former, network
        The edition before, and that of now, in the same coordinate system.
    """
    noise = NOISE_M if network.crs is None else NOISE_DEGREES
    tables: dict[str, Any] = {}
    for name in PLACED_FRAMES:
        before, now = getattr(former.data, name), getattr(network.data, name)
        old_row = former.ids.tables[name].find_rows(now.mrid)
        stays = np.flatnonzero(old_row >= 0)
        old, xy = before.xy[old_row[stays]], np.array(now.xy)
        still = (np.abs(old - xy[stays]) <= noise).all(axis=1)
        xy[stays[still]] = old[still]
        tables[name] = replace(now, xy=xy)
    tables["equipment"] = _keep_courses_still(former, network.data.equipment, noise)
    return network.with_data(replace(network.data, **tables))


def _keep_courses_still(former: Network, now: Equipment, noise: float) -> Equipment:
    """Return equipment with the courses it had, and the lengths measured along them."""
    before = former.data.equipment
    old_row = former.ids.tables["equipment"].find_rows(now.mrid)
    drawn = np.diff(now.line_start)
    stays = np.flatnonzero((old_row >= 0) & (drawn > 0))
    counts, old = equipment_courses(former.data, old_row[stays])
    alike = counts == drawn[stays]
    old, counts, rows = old[np.repeat(alike, counts)], counts[alike], stays[alike]
    points = _list_points(now.line_start[rows], counts)
    far = (np.abs(old - now.line_xy[points]) > noise).any(axis=1)
    ends = np.cumsum(counts)
    moved = np.concatenate([[0], np.cumsum(far)])
    still = moved[ends] == moved[ends - counts]
    xy, length = np.array(now.line_xy), np.array(now.length_m)
    xy[points[np.repeat(still, counts)]] = old[np.repeat(still, counts)]
    rows = rows[still]
    known = before.length_m[old_row[rows]]
    same = np.abs(known - length[rows]) <= counts[still] * NOISE_M
    length[rows[same]] = known[same]
    return replace(now, line_xy=xy, length_m=length)


def _list_points(start: NDArray[np.int64], counts: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the places of the points of lines, given where each begins and how many it has."""
    first = np.cumsum(counts) - counts
    within = np.arange(counts.sum()) - np.repeat(first, counts)
    return np.repeat(start, counts) + within
