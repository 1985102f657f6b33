"""Find major event days: days whose SAIDI is above the threshold of the 2.5 beta method."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import TYPE_CHECKING

import numpy as np

from gridtwin.model.moments import DAY_S

if TYPE_CHECKING:
    from numpy.typing import NDArray

BETAS = 2.5
YEARS_BEFORE = 5


@dataclass(frozen=True, slots=True)
class Threshold:
    """A threshold on daily SAIDI, and what it was reckoned from; NaN where nothing was."""

    t_med: float  # minutes a day
    alpha: float = math.nan  # mean of the natural logarithms of daily SAIDI
    beta: float = math.nan  # their standard deviation
    days: int = 0  # days with a SAIDI above zero


def compute_major_event_threshold(daily_saidi: NDArray[np.float64]) -> Threshold:
    """
    Return T_MED = exp(alpha + 2.5 beta) of daily SAIDI.

    Parameters
    ----------
    daily_saidi
        SAIDI of each day in minutes, (d,), of up to five sequential years before the period that
        is reported. Days of zero are left out: they have no logarithm.

    Returns
    -------
        The threshold; its ``t_med`` is NaN if fewer than two days are above zero.

    Notes
    -----
    IEEE Std 1366-2012, 3.5 and annex B.2. Beta is the standard deviation of the sample (n - 1):
    the days given stand for the days to come.

    Examples
    --------
    Logarithms 0 and 2: alpha 1, beta sqrt(2), T_MED = exp(1 + 2.5 sqrt(2)).

    >>> found = compute_major_event_threshold(np.array([1.0, 0.0, np.exp(2.0)]))
    >>> round(found.alpha, 6), round(found.beta, 6), round(found.t_med, 3), found.days
    (1.0, 1.414214, 93.273, 2)
    """
    logs = np.log(daily_saidi[daily_saidi > 0])
    if len(logs) < 2:
        return Threshold(math.nan, days=len(logs))
    alpha, beta = float(logs.mean()), float(logs.std(ddof=1))
    return Threshold(math.exp(alpha + BETAS * beta), alpha, beta, len(logs))


@dataclass(frozen=True, slots=True)
class Calendar:
    """Days of a time zone, one after the other."""

    first: date
    starts_s: NDArray[
        np.float64
    ]  # (d + 1,) unix seconds of each midnight, and of the last day's end

    @classmethod
    def from_period(cls, begin_s: float, end_s: float, zone: tzinfo) -> Calendar:
        """Return all days that touch the time from begin up to end, at least one."""
        first = datetime.fromtimestamp(begin_s, zone).date()
        last = datetime.fromtimestamp(max(end_s - 1e-3, begin_s), zone).date()
        count = (last - first).days + 1
        days = [first + timedelta(days=number) for number in range(count + 1)]
        return cls(first, np.array([find_midnight_s(day, zone) for day in days]))

    def find_day(self, at_s: NDArray[np.float64]) -> NDArray[np.int64]:
        """Return the number of the day of each time; -1 or above the last outside of them."""
        starts = self.starts_s
        day = np.clip((at_s - starts[0]) // DAY_S, 0, len(self) - 1).astype(np.int64)
        # Summer time and a skipped date put midnight less than a day away from that guess.
        day -= at_s < starts[day]
        day += at_s >= starts[day + 1]
        return day

    def get_date(self, number: int) -> date:
        """Return the date of a day."""
        return self.first + timedelta(days=number)

    def __len__(self) -> int:
        """Return how many days there are."""
        return len(self.starts_s) - 1


def find_midnight_s(day: date, zone: tzinfo) -> float:
    """Return when a day begins in a time zone, in unix seconds; summer time is heeded."""
    return datetime.combine(day, time(), tzinfo=zone).astimezone(UTC).timestamp()


def find_years_before(begin_s: float, zone: tzinfo, years: int = YEARS_BEFORE) -> float:
    """Return the midnight some years before a day begins, in unix seconds."""
    day = datetime.fromtimestamp(begin_s, zone).date()
    leap = day.month == 2 and day.day == 29
    return find_midnight_s(day.replace(year=day.year - years, day=28 if leap else day.day), zone)
