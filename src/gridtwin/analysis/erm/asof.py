"""Look up what was known at a moment: the revision in force, and counts of what had happened."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gridtwin.model.outage_history import Revisions

    Float = NDArray[np.float64]
    Rows = NDArray[np.int64]

SUM_STEP = 2.0**-24


@dataclass(frozen=True)
class GroupedEvents:
    """
    Moments of events sorted by group, then time, so that counts up to any time are two look-ups.

    ``total[k]`` sums the values of the first ``k`` events in whole steps of `SUM_STEP`, so that a
    sum is exact and no event outside a window can touch it, not even by rounding.
    """

    group: Rows
    t_s: Float
    total: Rows
    origin_s: float

    @classmethod
    def from_events(cls, group: Rows, t_s: Float, value: Float) -> GroupedEvents:
        """Return the events, those without a time left out."""
        keep = np.isfinite(t_s) & (group >= 0) & np.isfinite(value)
        group, t_s, value = group[keep], t_s[keep], value[keep]
        order = np.lexsort((value, t_s, group))
        origin = float(t_s.min()) if t_s.size else 0.0
        steps = np.rint(value[order] / SUM_STEP).astype(np.int64)
        total = np.concatenate([[0], np.cumsum(steps)])
        return cls(group[order], t_s[order], total, origin)

    def find_place(self, group: Rows, t_s: Float) -> Rows:
        """Return how many sorted events lie in lower groups, or in ``group`` up to ``t_s``."""
        there = _make_keys(self.group, self.t_s, self.origin_s)
        return np.searchsorted(there, _make_keys(group, t_s, self.origin_s), side="right")

    def sum_window(self, group: Rows, t_s: Float, window_s: float) -> tuple[Float, Float]:
        """Return count and sum of the events of a group in ``(t_s - window_s, t_s]``."""
        upto, since = self.find_place(group, t_s), self.find_place(group, t_s - window_s)
        count: Float = (upto - since).astype(np.float64)
        total: Float = (self.total[upto] - self.total[since]).astype(np.float64) * SUM_STEP
        return count, total


def _make_keys(group: Rows, t_s: Float, origin_s: float) -> Rows:
    """Return keys in order of group, then time, exact to 1/8 s over 130 years."""
    span = 1 << 35
    ticks = np.clip(np.floor((t_s - origin_s) * 8), -1, span - 3).astype(np.int64)
    return group.astype(np.int64) * span + ticks + 1


def count_until(sorted_s: Float, t_s: Float) -> Float:
    """Return how many of the sorted times are not after ``t_s``."""
    return np.searchsorted(sorted_s, t_s, side="right").astype(float)


@dataclass(frozen=True)
class RevisionIndex:
    """The revisions of a history, ready to be asked which one was in force."""

    revisions: Revisions
    first: Rows  # (n + 1,) where the revisions of each outage begin
    etr_count: Float  # different estimates of the utility up to and with each revision
    etr_since_s: Float  # when the estimate of each revision was first shown
    etr_carried_s: Float  # the last estimate shown, also where it has been withdrawn

    @classmethod
    def from_revisions(cls, revisions: Revisions, outages: int) -> RevisionIndex:
        """Index revisions that are in order of outage row, then time."""
        first = np.searchsorted(revisions.row, np.arange(outages + 1))
        etr = revisions.etr_s
        new_row = np.ones(etr.size, bool)
        new_row[1:] = revisions.row[1:] != revisions.row[:-1]
        carried = _carry_forward(etr, new_row)
        before = np.concatenate([[np.nan], carried[:-1]])
        before[new_row] = np.nan
        changed = np.isfinite(carried) & ~(carried == before)
        count = np.cumsum(changed)
        base = np.concatenate([[0], count])[first[revisions.row]] if etr.size else count
        since = _carry_forward(np.where(changed, revisions.t_s, np.nan), new_row)
        return cls(revisions, first, (count - base).astype(float), since, carried)

    def find_in_force(self, row: Rows, t_s: Float) -> Rows:
        """Return the position of the last revision of ``row`` not after ``t_s``; -1 if none."""
        revisions = self.revisions
        origin = float(revisions.t_s.min()) if revisions.t_s.size else 0.0
        keys = _make_keys(revisions.row, revisions.t_s, origin)
        position = np.searchsorted(keys, _make_keys(row, t_s, origin), side="right") - 1
        return np.where(position >= self.first[row], position, -1)


def _carry_forward(values: Float, new_row: NDArray[np.bool_]) -> Float:
    """Return each value, or where NaN the last one before it of the same outage."""
    place = np.arange(values.size)
    known = np.maximum.accumulate(np.where(np.isfinite(values) | new_row, place, 0))
    return values[known] if values.size else values


def take_or_nan(values: Float, place: Rows) -> Float:
    """Return ``values[place]``, NaN where there is no place."""
    if not values.size:
        return np.full(place.shape, np.nan)
    return np.where(place >= 0, values[place], np.nan)
