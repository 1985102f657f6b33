"""
Let districts end where the land lets them: past their rectangle where it is free, else short of it.

Only places change, as in `wandering`: what hangs on what comes from the rectangles.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from gridtwin.sources.synthetic.feeders import EDGE_M
from gridtwin.sources.synthetic.territory import PIXEL_M

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gridtwin.sources.synthetic.feeders import FeederPlan
    from gridtwin.sources.synthetic.territory import Districts, Land

FARTHEST_M = 750.0  # past the rectangle of a district
STEP_M = PIXEL_M / 4
TRACKS = np.linspace(-1.0, 1.0, 13)  # side by side, on which free land is looked for
SWELLS = 6
SWELL_M = (900.0, 3_200.0)  # between the crests of an outline
RETREAT = 0.3  # of the way to the border, at most


class Outskirts(NamedTuple):
    """The free land around districts, and how their outlines swell."""

    owner: NDArray[np.int32]  # (rows, columns): the district that may grow there; -1 = none
    corner: NDArray[np.float64]  # (2,): south-west corner of the squares in the plane
    swell: NDArray[np.float64]  # (SWELLS, 2): radians a meter
    phase: NDArray[np.float64]  # (SWELLS,): radians

    def measure_swell(self, places: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return how far an outline swells out at places of the plane: from 0 to 1, smoothly."""
        waves = np.sin(places @ self.swell.T + self.phase).sum(axis=-1)
        swell: NDArray[np.float64] = np.clip(0.5 + waves / (2 * np.sqrt(SWELLS)), 0.0, 1.0)
        return swell

    def measure_room(
        self,
        district: NDArray[Any],
        border: NDArray[np.float64],
        ahead: NDArray[np.float64],
        breadth: NDArray[np.float64],
    ) -> NDArray[np.float64]:
        """
        Return how many meters a district may grow past its border.

        Parameters
        ----------
        district
            Which one.
        border, ahead
            Places on the border, which is `EDGE_M` within its rectangle, and directions out of it.
        breadth
            Meters to either side that have to be free, too.
        """
        beside = np.stack([-ahead[:, 1], ahead[:, 0]], -1)
        free = np.ones((len(border), int(FARTHEST_M / STEP_M)), np.bool_)
        steps = EDGE_M + (np.arange(free.shape[1]) + 0.5) * STEP_M
        for track in TRACKS:
            start = border + beside * (track * breadth)[:, None]
            places = start[:, None] + ahead[:, None] * steps[:, None]
            free &= self._find_owner(places) == district[:, None]
        room: NDArray[np.float64] = np.cumprod(free, axis=1).sum(axis=1) * STEP_M
        return room

    def _find_owner(self, places: NDArray[np.float64]) -> NDArray[np.int32]:
        square = np.floor((places - self.corner) / PIXEL_M).astype(np.int64)
        column, row = np.moveaxis(square, -1, 0)
        inside = (row >= 0) & (row < self.owner.shape[0]) & (column >= 0)
        inside &= column < self.owner.shape[1]
        return np.where(inside, self.owner[row * inside, column * inside], np.int32(-1))


def find_outskirts(land: Land, districts: Districts, rng: np.random.Generator) -> Outskirts:
    """Return the outskirts of districts: dry land of none belongs to the nearest one."""
    from scipy.ndimage import distance_transform_edt

    taken = np.full(land.dry.shape, -1, np.int32)
    low = np.rint((districts.middle - districts.half - land.corner) / PIXEL_M).astype(int)
    high = np.rint((districts.middle + districts.half - land.corner) / PIXEL_M).astype(int)
    for number, (first, last) in enumerate(zip(low.tolist(), high.tolist(), strict=True)):
        taken[first[1] : last[1], first[0] : last[0]] = number
    row, column = distance_transform_edt(taken < 0, return_distances=False, return_indices=True)
    free = land.dry & (taken < 0)
    heading, length = rng.uniform(0, 2 * np.pi, SWELLS), rng.uniform(*SWELL_M, SWELLS)
    return Outskirts(
        owner=np.where(free, taken[row, column], -1).astype(np.int32),
        corner=land.corner,
        swell=np.stack([np.cos(heading), np.sin(heading)], -1) * (2 * np.pi / length)[:, None],
        phase=rng.uniform(0, 2 * np.pi, SWELLS),
    )


def fray_depths(plan: FeederPlan, outskirts: Outskirts) -> FeederPlan:
    """Return feeders that reach as far from their arterial as their district does there."""
    feeder = np.arange(len(plan.meters))
    border = plan.find_places(feeder, plan.along, plan.side * plan.depth)
    ahead = plan.find_places(feeder, plan.along, plan.side * (plan.depth + 1.0)) - border
    room = outskirts.measure_room(plan.substation, border, ahead, plan.half_width + EDGE_M)
    return plan._replace(depth=fray_reach(plan.depth, room, outskirts.measure_swell(border)))


def fray_reach(
    reach: NDArray[np.float64], room: NDArray[np.float64], swell: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return how far reaches what could reach a border, and has room behind it."""
    return np.where(room > 0, reach + room * swell, reach * (1 - RETREAT * (1 - swell)))
