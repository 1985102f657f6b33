"""Keep count of what every element may still carry while dark blocks are picked up."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from gridtwin.analysis.plan import fault_area as areas
from gridtwin.analysis.plan.dark_blocks import LIVE_BLOCK
from gridtwin.analysis.state.loads import PeakLoads, find_limits

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from gridtwin.analysis.plan.dark_blocks import DarkBlocks
    from gridtwin.analysis.plan.fault_area import Area
    from gridtwin.analysis.state.situation import Situation

SLACK_W = 1.0  # rounding of sums of watts
UNLIMITED_W = 1e15  # stands for no rating; sums of watts beside it keep a precision of 0.1 W


@dataclass(frozen=True, slots=True)
class SourceWay:
    """The way from a live node to its source, as lines of a ledger, nearest first."""

    lines: NDArray[np.int32]
    meshed: bool  # some of it lies on loops, where the share of the load is not known


class LoadLedger:
    """
    What each element carries and may carry; one line for each.

    The first lines are the equipment of the area, in order; those of the ways to the sources of its
    live nodes, of sources and of substations follow.
    """

    def __init__(self, blocks: DarkBlocks, loads: PeakLoads, margin_pct: float) -> None:
        area = blocks.area
        self.area = area
        self.ways: dict[int, SourceWay] = {}
        self._line: dict[tuple[str, int], int] = {}
        self._keys: list[tuple[str, int]] = []
        self._situation = area.situation
        lost = _LostLoad(area, loads)
        first = len(area.equipment)
        limit = [find_limits(area.situation.data, area.equipment)]
        before = [_sum_loads_before(area, loads)]
        now = [np.zeros((first, 4))]
        for number in blocks.roots:
            edge = blocks.edges[number]
            for node in (edge.node_a, edge.node_b):
                if (
                    edge.element >= 0
                    and blocks.of_node[node] == LIVE_BLOCK
                    and node not in self.ways
                ):
                    self.ways[node] = self._trace_way(
                        node, first, loads, lost, (limit, before, now)
                    )
        for row in area.own_sources.tolist():
            self._add_line(("sources", row), first, (limit, before, now), loads, lost)
        self.limit = np.concatenate(limit)
        self.now = np.concatenate(now)
        allowed = self.limit * (1 - margin_pct / 100)
        # What was overloaded on paper before may carry as much again, and no more.
        self.before = np.concatenate(before)
        most = np.minimum(np.maximum(allowed, self.before), UNLIMITED_W)
        self.free = most - self.now
        self._unused = self.free.copy()

    def _trace_way(
        self,
        node: int,
        first: int,
        loads: PeakLoads,
        lost: _LostLoad,
        columns: tuple[list[NDArray[np.float64]], ...],
    ) -> SourceWay:
        index = self._situation.index
        at, lines, meshed = int(self.area.nodes[node]), [], False
        while at >= 0:
            feed = int(index.feed[at])
            if feed >= 0 and index.child[feed] >= 0:
                lines.append(self._add_line(("equipment", feed), first, columns, loads, lost))
            meshed = meshed or bool(feed >= 0 and index.child[feed] < 0)
            if index.parent[at] < 0 and index.core is None:
                lines += self._add_source_lines(at, first, columns, loads, lost)
            at = int(index.parent[at])
        return SourceWay(np.array(lines, dtype=np.int32), meshed)

    def _add_source_lines(
        self,
        node: int,
        first: int,
        columns: tuple[list[NDArray[np.float64]], ...],
        loads: PeakLoads,
        lost: _LostLoad,
    ) -> list[int]:
        """Return the lines of the source at a node and of its substation."""
        conduction, table = self._situation.index.conduction, self._situation.data.sources
        rows = conduction.source_row[conduction.source_node == node]
        if len(rows) != 1:
            return []
        row = int(rows[0])
        lines = [self._add_line(("sources", row), first, columns, loads, lost)]
        station = int(table.substation[row])
        if station >= 0:
            lines.append(self._add_line(("substations", station), first, columns, loads, lost))
        return lines

    def _add_line(
        self,
        key: tuple[str, int],
        first: int,
        columns: tuple[list[NDArray[np.float64]], ...],
        loads: PeakLoads,
        lost: _LostLoad,
    ) -> int:
        """Return the line of a thing outside the area, written when it is first met."""
        if key in self._line:
            return self._line[key]
        limit, before, now = columns
        data, index = self._situation.data, self._situation.index
        name, row = key
        if name == "equipment":
            may = find_limits(data, np.array([row], dtype=np.int32))
            nodes = [int(index.child[row])]
        else:
            rated = getattr(data, name).rated_va[row]
            may = np.array([[np.inf, np.inf, np.inf, rated if rated > 0 else np.inf]])
            rows = [row] if name == "sources" else _list_sources(self._situation, row)
            nodes = [int(data.sources.node[source]) for source in rows]
        carried = sum((loads.sum_below(index, node) for node in nodes), np.zeros(4))
        gone = sum((lost.sum_below(node) for node in nodes), np.zeros(4))
        limit.append(may)
        before.append(carried[None])
        now.append(np.maximum(carried - gone, 0.0)[None])
        self._line[key] = first + len(self._keys)
        self._keys.append(key)
        return self._line[key]

    def reset_loads(self) -> None:
        """Forget all load that was added."""
        self.free[:] = self._unused

    def get_source_line(self, row: int) -> int:
        """Return the line of a source inside the area."""
        return self._line["sources", row]

    def name_line(self, line: int) -> tuple[str, int]:
        """Return the table and the row in the network of what a line stands for."""
        first = len(self.area.equipment)
        if line < first:
            return "equipment", int(self.area.equipment[line])
        return self._keys[line - first]

    def add_load(self, lines: NDArray[np.int32], column: int, watts: float) -> None:
        """Let elements carry more on one phase; each is on the way once."""
        self.free[lines, column] -= watts
        self.free[lines, 3] -= watts

    def read_loads(self) -> NDArray[np.float64]:
        """Return what each line carries, in watts, shape (lines, 4)."""
        return self.now + self._unused - self.free

    def is_within_ratings(self, lines: Iterable[NDArray[np.int32]]) -> bool:
        """Return whether no element carries more than it may."""
        return all(bool((self.free[part] >= -SLACK_W).all()) for part in lines)


def _list_sources(situation: Situation, station: int) -> list[int]:
    """Return the sources of a substation that supply."""
    rows = situation.index.conduction.source_row
    return rows[situation.data.sources.substation[rows] == station].tolist()


class _LostLoad:
    """The load that has gone dark, by its place in the pool of the index."""

    def __init__(self, area: Area, loads: PeakLoads) -> None:
        self._index, self._loads = area.situation.index, loads
        dark = area.nodes[(area.kind == areas.HEALTHY) | (area.kind == areas.FAULTED)]
        place = np.sort(self._index.tin[dark])
        self._place = place[place >= 0]
        here = loads.before[self._place + 1] - loads.before[self._place]
        self._sums = np.concatenate([np.zeros((1, *here.shape[1:])), np.cumsum(here, axis=0)])

    def sum_below(self, node: int) -> NDArray[np.float64]:
        """Return the part of the lost load that depends on a node, shape (4,)."""
        total = np.zeros(self._sums.shape[1:])
        for start, stop in self._index.find_ranges(node):
            first, last = np.searchsorted(self._place, (start, stop))
            total += self._sums[last] - self._sums[first]
        return self._loads.refer_to_nodes(total[None], self._loads.level[node : node + 1])[0]


def _sum_loads_before(area: Area, loads: PeakLoads) -> NDArray[np.float64]:
    """Return what the equipment of the area carried before the fault, shape (m, 4)."""
    index = area.situation.index
    child = index.child[area.equipment]
    loads_before = np.zeros((len(child), 4))
    own = (child >= 0) & ((index.segment[child] > 0) | (len(index.base) == 1))
    nodes = child[own]
    start = index.tin[nodes]
    sums = loads.before[start + index.size[nodes]] - loads.before[start]
    loads_before[own] = loads.refer_to_nodes(sums, loads.level[nodes])
    for row in np.flatnonzero((child >= 0) & ~own).tolist():
        loads_before[row] = loads.sum_below(index, int(child[row]))
    loads_before[(child < 0) & (area.passes != 0)] = np.inf  # on a loop: not known
    return loads_before
