"""Describe the load on the restoring crews at a moment: what is open, what comes, what goes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from gridtwin.analysis.erm.asof import GroupedEvents, count_until, take_or_nan
from gridtwin.model.moments import DAY_S, HOUR_S

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gridtwin.model.outage_history import OutageHistory

    Float = NDArray[np.float64]

LONG_S = 30 * DAY_S
USUAL_WINDOW_S = 365 * DAY_S
STORM_SHARE = 0.95
SETTLED_S = 7 * DAY_S  # no storm is called before so much has been seen


@dataclass(frozen=True)
class SystemLoad:
    """What the snapshots and the comings and goings of outages say about the load on a source."""

    snap_s: Float
    open_count: Float
    customers: Float
    first_s: Float  # sorted first sights
    gone_s: Float  # sorted ends
    day_s: Float
    usual: Float  # median outages open in the year before each day
    storm_above: Float  # and their 95th percentile

    @classmethod
    def from_history(cls, history: OutageHistory) -> SystemLoad:
        """Index the load of a history."""
        snaps, outages = history.snapshots, history.outages
        day_s, usual, storm = _measure_usual(snaps.t_s, snaps.outages)
        gone = np.sort(outages.gone_s[np.isfinite(outages.gone_s)])
        first = np.sort(outages.first_seen_s)
        return cls(snaps.t_s, snaps.outages, snaps.customers, first, gone, day_s, usual, storm)

    def count_open(self, t_s: Float) -> Float:
        """Return the outages open by the last snapshot not after ``t_s``; NaN before the first."""
        return take_or_nan(self.open_count, np.searchsorted(self.snap_s, t_s, side="right") - 1)

    def is_storm(self, t_s: Float) -> NDArray[np.bool_]:
        """Return where more outages are open than in 95 % of the year before."""
        day = np.searchsorted(self.day_s, t_s, side="right") - 1
        return self.count_open(t_s) > np.nan_to_num(take_or_nan(self.storm_above, day), nan=np.inf)

    def compute_columns(self, t_s: Float) -> dict[str, Float]:
        """Return the features of load at each time."""
        now = self.count_open(t_s)
        snap = np.searchsorted(self.snap_s, t_s, side="right") - 1
        out = take_or_nan(self.customers, snap)
        day = np.searchsorted(self.day_s, t_s, side="right") - 1
        usual = np.maximum(take_or_nan(self.usual, day), 1.0)
        long_new = _count_events(self.first_s, t_s, LONG_S) / 30 / 24
        columns = {
            "open_log": np.log1p(now),
            "open_vs_usual": np.log((now + 1) / (usual + 1)),
            "open_vs_storm": np.log((now + 1) / (take_or_nan(self.storm_above, day) + 1)),
            "out_log": np.log1p(np.maximum(out, 0)),
            "out_per_outage": np.log((np.maximum(out, 0) + 1) / (now + 1)),
        }
        for hours in (1, 6, 24):
            new = _count_events(self.first_s, t_s, hours * HOUR_S)
            ended = _count_events(self.gone_s, t_s, hours * HOUR_S)
            before = self.count_open(t_s - hours * HOUR_S)
            columns |= {
                f"new_{hours}h": np.log1p(new),
                f"new_vs_usual_{hours}h": np.log((new + 1) / (hours * long_new + 1)),
                f"ended_{hours}h": np.log1p(ended),
                f"ended_share_{hours}h": ended / (ended + now + 1),
                f"open_trend_{hours}h": np.log((now + 1) / (before + 1)),
            }
        return columns


def _count_events(sorted_s: Float, t_s: Float, window_s: float) -> Float:
    return count_until(sorted_s, t_s) - count_until(sorted_s, t_s - window_s)


def _measure_usual(snap_s: Float, open_count: Float) -> tuple[Float, Float, Float]:
    """Return days, and the median and 95th percentile of what was open in the year before each."""
    if not snap_s.size:
        return np.empty(0), np.empty(0), np.empty(0)
    day_s = np.arange(np.floor(snap_s[0] / DAY_S), np.floor(snap_s[-1] / DAY_S) + 2) * DAY_S
    upto = np.searchsorted(snap_s, day_s, side="left")
    since = np.searchsorted(snap_s, day_s - USUAL_WINDOW_S, side="left")
    settled = day_s - snap_s[0] >= SETTLED_S
    usual, storm = np.full(day_s.size, np.nan), np.full(day_s.size, np.nan)
    for place in np.flatnonzero(upto > since):
        seen = open_count[since[place] : upto[place] : 1 + (upto[place] - since[place]) // 4000]
        usual[place], high = np.quantile(seen, (0.5, STORM_SHARE))
        storm[place] = high if settled[place] else np.nan
    return day_s, usual, storm


def find_squares(history: OutageHistory, *, degrees: float) -> tuple[NDArray[np.int64], int]:
    """Return the square of the map every outage lies in, -1 where unknown, and how many."""
    lat, lon = history.outages.lat, history.outages.lon
    known = np.isfinite(lat) & np.isfinite(lon)
    cell = np.full(lat.size, -1, np.int64)
    square = np.floor(lat[known] / degrees) * 100_000 + np.floor(lon[known] / degrees)
    if not known.any():
        return cell, 0
    squares, cell[known] = np.unique(square, return_inverse=True)
    return cell, len(squares)


def count_nearby(history: OutageHistory, row: NDArray[np.int64], t_s: Float) -> dict[str, Float]:
    """Return what comes and goes in the square of the map around each outage."""
    outages = history.outages
    cell, _ = find_squares(history, degrees=0.2)
    one = np.ones(len(outages))
    came = GroupedEvents.from_events(cell, outages.first_seen_s, one)
    went = GroupedEvents.from_events(cell, outages.gone_s, one)
    mine = cell[row]
    columns = {}
    for hours in (1, 24):
        new = came.sum_window(mine, t_s, hours * HOUR_S)[0]
        ended = went.sum_window(mine, t_s, hours * HOUR_S)[0]
        columns[f"near_new_{hours}h"] = np.log1p(new)
        columns[f"near_ended_{hours}h"] = np.log1p(ended)
    begin = came.sum_window(mine, t_s, 30 * DAY_S)[0] - went.sum_window(mine, t_s, 30 * DAY_S)[0]
    columns["near_open"] = np.log1p(np.maximum(begin, 0))
    return {name: np.where(mine >= 0, value, np.nan) for name, value in columns.items()}
