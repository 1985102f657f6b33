"""
Send crews to jobs, in all draws at once.

The rule is list scheduling: whenever a crew is free, it takes the first job of the list that is
known by then. The loop runs over the jobs; each of its steps is one decision in every draw.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from gridtwin.model.lengths import EARTH_RADIUS_M
from gridtwin.model.moments import DAY_S

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gridtwin.analysis.storm.response import Response

ROUNDING = 1e-9  # of a shift: work that just fills one does not go on in the next


@dataclass(frozen=True, slots=True)
class CrewClock:
    """When crews work: shifts counted from the beginning of each crew, and nights, in seconds."""

    work_s: float
    rest_s: float
    begin_s: float  # time of day at 0
    night_from_s: float
    night_to_s: float
    night_factor: float

    @classmethod
    def from_response(cls, response: Response) -> CrewClock:
        """Return the clock of a response."""
        return cls(
            response.work_h * 3600.0,
            response.rest_h * 3600.0,
            response.begin_hour * 3600.0,
            response.night_begin_hour * 3600.0,
            response.night_end_hour * 3600.0,
            response.night_factor,
        )

    def find_work_time(
        self, since: NDArray[np.float64], now: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """Return `now`, or when the next shift begins for crews that rest then."""
        cycle = self.work_s + self.rest_s
        whole = np.floor((now - since) / cycle)
        resting = now - since - whole * cycle >= self.work_s
        return np.where(resting, since + (whole + 1) * cycle, now)

    def find_end_time(
        self, since: NDArray[np.float64], now: NDArray[np.float64], work: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """
        Return when an amount of work is done that is begun now, with rests between shifts.

        Parameters
        ----------
        since
            When the first shift of each crew began, s.
        now
            When the work begins, inside a shift, s.
        work
            How long it takes, s.
        """
        if self.rest_s == 0:
            return now + work
        cycle = self.work_s + self.rest_s
        done = now - since - np.floor((now - since) / cycle) * cycle + work
        rests = np.maximum(np.ceil(done / self.work_s - ROUNDING) - 1, 0.0)
        return now + work + rests * self.rest_s

    def compute_slowdown(self, now: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the factor by which work begun at a time takes longer."""
        hour = (now + self.begin_s) % DAY_S
        if self.night_from_s <= self.night_to_s:
            night = (hour >= self.night_from_s) & (hour < self.night_to_s)
        else:
            night = (hour >= self.night_from_s) | (hour < self.night_to_s)
        return np.where(night, self.night_factor, 1.0)


@dataclass(frozen=True, slots=True)
class CrewSchedule:
    """What came of it, per job and draw, in seconds."""

    end: NDArray[np.float64]  # (jobs, draws)
    busy: NDArray[np.float64]  # (draws,) crew time at work or on the way


def dispatch_crews(
    work: NDArray[np.float64],
    known: NDArray[np.float64],
    crew_start: NDArray[np.float64],
    travel: NDArray[np.float64],
    clock: CrewClock,
) -> CrewSchedule:
    """
    Schedule jobs on crews.

    Parameters
    ----------
    work
        Time each job takes, s, shape (jobs, draws); rows stand in the order of the list.
    known
        When each job is known, s, same shape.
    crew_start
        When each crew begins, s, shape (crews,).
    travel
        Time between places, s, shape (jobs + 1, jobs + 1); the last is the depot.
    clock
        Shifts and nights.

    Notes
    -----
    O(jobs^2) per draw. Of several free crews the first in order goes.
    """
    jobs, draws = work.shape
    end, busy = np.empty((jobs, draws)), np.zeros(draws)
    free = np.repeat(crew_start[:, None], draws, axis=1)
    place = np.full(free.shape, jobs, dtype=np.intp)
    waiting = known.copy()  # infinite once taken
    column = np.arange(draws)
    first = 0  # jobs before it are taken in every draw
    for _ in range(jobs):
        crew = free.argmin(axis=0)
        now = free[crew, column]
        left = waiting[first:]
        ready = left <= now
        job = ready.argmax(axis=0)
        none = ~ready[job, column]
        if none.any():
            job[none] = left[:, none].argmin(axis=0)
        job += first
        since = crew_start[crew]
        begin = clock.find_work_time(since, np.maximum(now, known[job, column]))
        way = travel[place[crew, column], job]
        takes = way + work[job, column] * clock.compute_slowdown(begin + way)
        done = clock.find_end_time(since, begin, takes)
        end[job, column], busy = done, busy + takes
        free[crew, column], place[crew, column] = done, job
        waiting[job, column] = np.inf
        while first < jobs and np.isinf(waiting[first]).all():
            first += 1
    return CrewSchedule(end, busy)


def compute_travel_times(
    xy: NDArray[np.float64], *, geographic: bool, speed_kmh: float, detour: float
) -> NDArray[np.float64]:
    """
    Return the times on the road between places, s, shape (n, n).

    Parameters
    ----------
    xy
        Longitude and latitude in degrees, or planar meters, shape (n, 2).
    geographic
        Which of the two.
    speed_kmh, detour
        Speed on the road, and its length over the straight line.

    Notes
    -----
    On the sphere by the haversine formula (Sinnott 1984).
    """
    x, y = xy[:, 0], xy[:, 1]
    if geographic:
        lon, lat = np.radians(x), np.radians(y)
        across = np.sin((lon[:, None] - lon) / 2) ** 2 * np.cos(lat) * np.cos(lat[:, None])
        chord = np.sqrt(np.sin((lat[:, None] - lat) / 2) ** 2 + across)
        meters = 2 * EARTH_RADIUS_M * np.arcsin(np.minimum(chord, 1.0))
    else:
        meters = np.hypot(x[:, None] - x, y[:, None] - y)
    return meters * detour / (speed_kmh / 3.6)
