"""
Propose when the outages of each tree began: where its reports come in bursts.

Reports of one tree with less than `apart_s` between them are one burst, unless they surge again,
and a burst proposes its first report as the time. A report on its own that follows a burst is most
often a late message of the same outage, and proposes nothing. What is left unexplained gets a
second look, and then such reports propose too.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

MOST_TIMES = 6  # times per tree; of more bursts, those of most reports
SURGE_RATIO = 3  # times as many reports as just before begin another burst
BURST_REPORTS = 5  # reports after which one on its own may be a late message


@dataclass(frozen=True, slots=True)
class ProposedTimes:
    """Proposed times, in order of tree and time."""

    count: NDArray[np.intp]  # (trees,)
    start: NDArray[np.intp]  # (trees,) where each tree's times begin
    t0_s: NDArray[np.float64]

    def list_trees(self) -> NDArray[np.intp]:
        """Return the tree of each time."""
        return np.repeat(np.arange(len(self.count)), self.count)

    def select_times(self, trees: NDArray[np.intp]) -> NDArray[np.float64]:
        """Return the times of trees that have equally many, shape (trees, times)."""
        return self.t0_s[self.start[trees][:, None] + np.arange(self.count[trees[0]])]


def propose_times(
    tree: NDArray[np.intp],
    at_s: NDArray[np.float64],
    *,
    trees: int,
    apart_s: float,
    late_s: float,
    alone: bool = False,
) -> ProposedTimes:
    """
    Return the times at which outages of each tree may have begun; at least one each.

    Parameters
    ----------
    tree, at_s
        Of each report: its tree, from 0, and its time.
    trees
        How many trees there are; each has a report.
    apart_s
        Reports further apart than this belong to different bursts.
    late_s
        How long after a burst a report may be a late one of it.
    alone
        Whether a report on its own proposes a time even beside bursts.
    """
    order = np.lexsort((at_s, tree))
    tree, at_s = tree[order], at_s[order]
    begins = np.ones(len(tree), dtype=bool)
    begins[1:] = (np.diff(tree) != 0) | (np.diff(at_s) > apart_s)
    begins |= _mark_surges(tree, at_s, apart_s / 2)
    first = np.flatnonzero(begins)
    reports = np.diff(np.append(first, len(tree)))
    whose, t0_s = tree[first], at_s[first]
    ranked = np.lexsort((t0_s, -reports, whose))
    rank = np.empty(len(ranked), dtype=np.intp)
    opens = np.searchsorted(whose[ranked], np.arange(trees))
    rank[ranked] = np.arange(len(ranked)) - opens[whose[ranked]]
    proposes = alone | (reports > 1) | ~_may_be_late(whose, t0_s, reports, late_s)
    kept = (rank == 0) | ((rank < MOST_TIMES) & proposes)
    counts = np.bincount(whose[kept], minlength=trees)
    return ProposedTimes(counts, np.cumsum(counts) - counts, t0_s[kept])


def _mark_surges(
    tree: NDArray[np.intp], at_s: NDArray[np.float64], window_s: float
) -> NDArray[np.bool_]:
    """Return where far more reports of a tree follow within a time than came before."""
    if not len(at_s):
        return np.zeros(0, dtype=bool)
    moment = at_s - at_s.min() + tree * (np.ptp(at_s) + 3 * window_s)  # trees one after the other
    here = np.searchsorted(moment, moment)
    before = here - np.searchsorted(moment, moment - window_s)
    after = np.searchsorted(moment, moment + window_s) - here
    surging = (after >= BURST_REPORTS) & (after >= SURGE_RATIO * before)
    rising = surging.copy()
    rising[1:] &= ~surging[:-1] | (np.diff(moment) > window_s)
    return rising


def _may_be_late(
    tree: NDArray[np.intp],
    t0_s: NDArray[np.float64],
    reports: NDArray[np.intp],
    late_s: float,
) -> NDArray[np.bool_]:
    """Return whether each of the runs of reports follows a burst of its tree."""
    number = np.arange(len(tree))
    last = np.maximum.accumulate(np.where(reports >= BURST_REPORTS, number, -1))
    follows = (last >= 0) & (last != number)
    return follows & (tree[last] == tree) & (t0_s - t0_s[last] <= late_s)
