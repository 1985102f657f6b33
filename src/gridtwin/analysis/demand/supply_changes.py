"""Follow switch operations: who is in the dark from when to when, and which ways supply takes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from gridtwin.analysis.demand.feeder_voltage import Feeding
from gridtwin.model.tables import take_rows
from gridtwin.topology.conduction import Conduction
from gridtwin.topology.energized_nodes import find_needs
from gridtwin.topology.switching import Switching
from gridtwin.topology.topology_index import build_index

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

    from gridtwin.analysis.state.situation import Situation
    from gridtwin.topology.topology_index import TopologyIndex


@dataclass(frozen=True, slots=True)
class Operations:
    """Switches as they were operated, in order of time."""

    at_s: NDArray[np.float64]
    row: NDArray[np.int32]  # of the network's equipment
    open_phases: NDArray[np.uint8]  # bits that stand open afterwards

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self.row)


@dataclass(frozen=True, slots=True)
class PointInterruptions:
    """Times without supply of usage points, by when they began."""

    point: NDArray[np.int32]  # row of the usage point
    from_s: NDArray[np.float64]  # minus infinity: from the beginning
    to_s: NDArray[np.float64]  # infinity: to the end of all

    def measure_share(self, at_s: float, span_s: float, count: int) -> NDArray[np.float32]:
        """Return the share of a span, which ends at a time, that each usage point had supply."""
        lit = np.ones(count, dtype=np.float32)
        last = np.searchsorted(self.from_s, at_s)
        rows = np.flatnonzero(self.to_s[:last] > at_s - span_s)
        start = np.maximum(self.from_s[rows], at_s - span_s)
        dark = (np.minimum(self.to_s[rows], at_s) - start) / span_s
        np.subtract.at(lit, self.point[rows], dark.astype(np.float32))
        return np.maximum(lit, 0)

    def find_out(self, at_s: float) -> NDArray[np.int32]:
        """Return the usage points without supply at a time."""
        last = np.searchsorted(self.from_s, at_s, side="right")
        return self.point[:last][self.to_s[:last] > at_s]


class FeedingHistory:
    """
    The ways that supply takes while switches are operated.

    They are laid out anew only where something conducts that did not at the beginning: what merely
    opened takes its load away and leaves the other ways as they were.
    """

    def __init__(self, situation: Situation, operations: Operations) -> None:
        self._situation, self._operations = situation, operations
        self._first = Feeding.from_network(situation.data, situation.index.conduction)
        self._latest = 0, self._first  # after so many operations

    def get_feeding(self, at_s: float) -> Feeding:
        """Return the ways at a time."""
        done = int(np.searchsorted(self._operations.at_s, at_s, side="right"))
        if done != self._latest[0]:
            self._latest = done, self._lay_out_after(done)
        return self._latest[1]

    def _lay_out_after(self, done: int) -> Feeding:
        situation = self._situation
        mask = np.array(situation.open_mask)
        for row, phases in zip(
            self._operations.row[:done].tolist(),
            self._operations.open_phases[:done].tolist(),
            strict=True,
        ):
            mask[row] = phases
        if not (situation.open_mask & ~mask).any():
            return self._first
        return Feeding.from_network(
            situation.data, Conduction.from_state(situation.data, mask, situation.rules)
        )


def find_interruptions(situation: Situation, operations: Operations) -> PointInterruptions:
    """
    Return who is in the dark while switches are operated.

    Parameters
    ----------
    situation
        The network before.
    operations
        What is operated, in order of time.

    Notes
    -----
    Exact in any topology: the index follows each operation, or is built again where it cannot.
    """
    powered = _make_powered_test(situation)
    was = powered(situation.index)
    since = np.where(was, np.nan, -np.inf)
    parts: list[tuple[NDArray[np.int64], NDArray[np.float64], float]] = []
    for at_s, index in _follow_operations(situation, operations):
        now = powered(index)
        lost, back = np.flatnonzero(was & ~now), np.flatnonzero(~was & now)
        since[lost] = at_s
        parts.append((back, since[back].copy(), at_s))
        since[back] = np.nan
        was = now
    left = np.flatnonzero(~np.isnan(since))
    parts.append((left, since[left], np.inf))
    point = np.concatenate([part[0] for part in parts]).astype(np.int32)
    from_s = np.concatenate([part[1] for part in parts])
    to_s = np.concatenate([np.full(len(part[0]), part[2]) for part in parts])
    order = np.lexsort((point, from_s))
    return PointInterruptions(point[order], from_s[order], to_s[order])


def _follow_operations(
    situation: Situation, operations: Operations
) -> Iterator[tuple[float, TopologyIndex]]:
    """Yield the topology after all operations of each moment."""
    data = situation.data
    mask = np.array(situation.open_mask)
    switching = Switching(situation.index, data, strict=situation.strict)
    operated = np.unique(operations.row)
    # What the operated switches let through is asked of them alone, not of the whole network.
    alone = replace(data, equipment=take_rows(data.equipment, operated))
    for at_s in np.unique(operations.at_s).tolist():
        here = np.flatnonzero(operations.at_s == at_s)
        mask[operations.row[here]] = operations.open_phases[here]
        rows = np.unique(operations.row[here])
        passes = Conduction.from_state(alone, mask[operated], situation.rules).passes
        passes = passes[np.searchsorted(operated, rows)]
        order = np.argsort(passes != 0, kind="stable").tolist()
        if not all(switching.operate_equipment(int(rows[at]), int(passes[at])) for at in order):
            index = build_index(data, mask, situation.rules, designed=situation.index.designed)
            switching = Switching(index, data, strict=situation.strict)
        yield at_s, switching.index


def _make_powered_test(situation: Situation) -> Callable[[TopologyIndex], NDArray[np.bool_]]:
    """Return what says which usage points have supply in another state of the network."""
    points, strict = situation.data.usage_points, situation.strict

    def find_powered(index: TopologyIndex) -> NDArray[np.bool_]:
        return find_needs(index, points, strict=strict) != 0

    return find_powered
