"""
Sum up the readings of one interval by transformer, line section, switch and feeder.

A piece of equipment whose loss alone darkens something is a bridge of the energized network: all
that its loss set takes flows through it (Kirchhoff's current law; losses of the wires left out).
The loss set is a slice of the usage points in the order of the topology, so that one running sum
over the readings answers for every element at once::

    readings in topology order   3  1  4  1  5  9  2
    running sum               0  3  4  8  9 14 23 25
    an element with slice 2:5           14 - 4 = 10

Equipment on a loop is no bridge: how the load divides there depends on impedances, and readings
alone do not say it. Its load is NaN, never a guess.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from gridtwin.errors import InputError
from gridtwin.model import cim
from gridtwin.topology.spans import Spans

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gridtwin.analysis.state.situation import Situation

LOAD_LEVELS = ("transformer", "section", "switch", "feeder")
DARK, FED, LOOPED = range(3)  # how a piece of equipment stands
STANDINGS = ("dark", "fed", "looped")


@dataclass(frozen=True, slots=True)
class MeterSlices:
    """Elements as slices of the usage points; made once for a switch state, used for every sum."""

    equipment: NDArray[np.int32]  # (n,) rows of the elements' equipment
    standing: NDArray[np.uint8]  # (n,) row of `STANDINGS`
    order: NDArray[np.int32]  # (k,) usage points with supply, in the order of the topology
    first: NDArray[np.int32]  # (n,) where the slice of each element begins in `order`
    last: NDArray[np.int32]  # (n,) where it ends; nothing for what is dark or looped

    @classmethod
    def from_situation(cls, situation: Situation, equipment: NDArray[np.int32]) -> MeterSlices:
        """
        Find the slices of equipment.

        Parameters
        ----------
        situation
            The network in one state.
        equipment
            Rows of the equipment table, shape (n,).

        Notes
        -----
        O(n + k) for k usage points that stand in the order of the topology, as those of a saved
        twin do; otherwise they are sorted first.
        """
        index, points = situation.index, situation.data.usage_points
        spans = Spans.from_index(index)
        place = spans.start[points.node]
        order = np.flatnonzero(place >= 0).astype(np.int32)
        place = place[order]
        if not (place[1:] >= place[:-1]).all():
            order = order[np.argsort(place, kind="stable")]
        ahead = np.zeros(spans.length + 1, dtype=np.int32)  # usage points at places before each
        np.cumsum(np.bincount(place, minlength=spans.length), out=ahead[1:])
        child = index.child[equipment]
        fed = child >= 0
        start, stop = spans.start[child], spans.stop[child]
        first = np.where(fed, ahead[start], np.int32(0))
        last = np.where(fed, ahead[stop], np.int32(0))
        return cls(equipment, classify_standing(situation, equipment), order, first, last)

    def select_rows(self, rows: NDArray[np.intp]) -> MeterSlices:
        """Return some of the elements."""
        return replace(
            self,
            equipment=self.equipment[rows],
            standing=self.standing[rows],
            first=self.first[rows],
            last=self.last[rows],
        )

    @property
    def meters(self) -> NDArray[np.int32]:
        """Usage points in each slice, shape (n,)."""
        return self.last - self.first

    def sum_values(self, values: NDArray[np.floating]) -> NDArray[np.float64]:
        """
        Sum up values of usage points over each element.

        Parameters
        ----------
        values
            One a usage point, shape (usage points,); none of them NaN.

        Returns
        -------
            Shape (n,): 0 for what is dark, NaN for what is on a loop.
        """
        running = np.zeros(len(self.order) + 1)
        np.cumsum(values[self.order], out=running[1:])
        sums = running[self.last] - running[self.first]
        sums[self.standing == LOOPED] = np.nan
        return sums

    def count_marked(self, which: NDArray[np.bool_]) -> NDArray[np.int32]:
        """Count the usage points of each element that are marked; 0 where dark or looped."""
        running = np.zeros(len(self.order) + 1, dtype=np.int32)
        np.cumsum(which[self.order], out=running[1:])
        return running[self.last] - running[self.first]

    def find_least(self, values: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the least value in each slice, NaN passed over; NaN where there is none."""
        return self._reduce_values(np.fmin, values)

    def find_largest(self, values: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the largest value in each slice, NaN passed over; NaN where there is none."""
        return self._reduce_values(np.fmax, values)

    def _reduce_values(self, reduce: np.ufunc, values: NDArray[np.float32]) -> NDArray[np.float32]:
        reduced = np.full(len(self.first), np.nan, dtype=np.float32)
        some = np.flatnonzero(self.last > self.first)
        if len(some):
            ends = np.stack([self.first[some], self.last[some]], axis=1).ravel()
            padded = np.append(values[self.order], np.float32(np.nan))
            reduced[some] = reduce.reduceat(padded, ends)[::2]
        return reduced


@dataclass(frozen=True, slots=True)
class IntervalLoad:
    """What elements carried in one interval; arrays of shape (n,)."""

    slices: MeterSlices
    kwh: NDArray[np.float64]  # energy of the interval; below 0 where it flows back; NaN if looped
    missing: NDArray[np.int32]  # usage points without a reading: what `kwh` leaves out
    unfed: NDArray[np.int32]  # usage points with a reading of energy that have no supply here


def sum_load(slices: MeterSlices, kwh: NDArray[np.floating]) -> IntervalLoad:
    """
    Return what elements carried in one interval.

    Parameters
    ----------
    slices
        The elements, in the switch state of that interval.
    kwh
        Energy of each usage point, shape (usage points,); NaN where no reading came.
    """
    given = ~np.isnan(kwh)
    supplied = np.zeros(len(kwh), dtype=bool)
    supplied[slices.order] = True
    unfed = np.flatnonzero(~supplied & given & (kwh != 0)).astype(np.int32)
    sums = slices.sum_values(np.where(given, kwh, 0.0))
    return IntervalLoad(slices, sums, slices.count_marked(~given), unfed)


def spread_by_point(
    count: int, rows: NDArray[np.int32], values: NDArray[np.float32]
) -> NDArray[np.float32]:
    """
    Return values by usage point, NaN where there is none.

    Parameters
    ----------
    count
        Usage points of the network.
    rows
        The usage point of each value; -1 for one that is not of this network.
    values
        The values; of several for one usage point the last holds.
    """
    by_usage_point = np.full(count + 1, np.nan, dtype=np.float32)  # the last takes what -1 brings
    by_usage_point[rows] = values
    return by_usage_point[:-1]


def list_equipment(situation: Situation, level: str) -> NDArray[np.int32]:
    """
    Return the equipment of a level, in the order of its rows.

    Parameters
    ----------
    situation
        The network.
    level
        ``transformer``; ``section``, every AC line segment; ``switch``; or ``feeder``, the head
        switch of each in the order of the feeders.

    Raises
    ------
    InputError
        If there is no such level.
    """
    kind = situation.data.equipment.kind
    if level == "feeder":
        return situation.data.feeders.head
    if level == "switch":
        return np.flatnonzero(situation.is_switch).astype(np.int32)
    kinds = {"transformer": cim.TRANSFORMER, "section": cim.LINES[0]}
    if level not in kinds:
        msg = f"no level is called {level!r}: use one of {', '.join(LOAD_LEVELS)}"
        raise InputError(msg)
    return np.flatnonzero(kind == kinds[level]).astype(np.int32)


def classify_standing(situation: Situation, equipment: NDArray[np.int32]) -> NDArray[np.uint8]:
    """Return whether equipment is dark (open or without supply), a bridge, or on a loop."""
    table, live = situation.data.equipment, situation.is_supplied
    closed = situation.conducts[equipment]
    both = live[table.node_a[equipment]] & live[table.node_b[equipment]]
    looped = closed & both & (situation.index.child[equipment] < 0)
    fed = situation.index.child[equipment] >= 0
    return np.where(fed, FED, np.where(looped, LOOPED, DARK)).astype(np.uint8)
