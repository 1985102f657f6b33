"""
Find which switches to open and which to close, so that the most customers come back.

What is energized is grown from the live network block by block. Each way onward is decided once:
taken, or left open. So every radial arrangement is met once, and a branch is left when even
everything still in reach could not better the best known (branch and bound; Land and Doig 1960).
The arrangement with the most customers within ratings is a knapsack on a graph, and so NP-hard.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from gridtwin.analysis.plan.dark_blocks import LIVE_BLOCK, EdgeRole
from gridtwin.analysis.plan.load_ledger import UNLIMITED_W

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from numpy.typing import NDArray

    from gridtwin.analysis.plan.block_feed import BlockFeeds
    from gridtwin.analysis.plan.energization import Energization, EnergizedBlock

EXACT_BLOCKS = 12  # blocks up to which the search always runs to its end
EPSILON = 1e-6


@dataclass(frozen=True, slots=True)
class Arrangement:
    """Which blocks are energized over which edges; what leads to others stands open."""

    taken: tuple[tuple[int, int], ...]  # (edge, block energized by it), in order of growth
    gain: float  # weighted customers
    minutes: float  # customer-minutes until they are back
    manual: int
    operations: int

    @property
    def score(self) -> tuple[float, float, int, int, tuple[tuple[int, int], ...]]:
        """The order of arrangements, best first."""
        return (
            -round(self.gain, 6),
            round(self.minutes, 6),
            self.manual,
            self.operations,
            self.taken,
        )


@dataclass(frozen=True, slots=True)
class SearchResult:
    """The best arrangement, and whether it is proven to be."""

    best: Arrangement
    optimal: bool
    bound: float  # weighted customers that no arrangement can exceed
    reachable: float  # weighted customers there would be with ratings of no end
    expansions: int


class ArrangementSearch:
    """
    Branch and bound over the arrangements of a set of blocks.

    Parameters
    ----------
    growth
        Nothing energized yet.
    feeds
        What blocks draw.
    weigh
        Returns the customer-minutes, manual operations and operations of an arrangement.
    budget
        Steps after which to stop.
    exact_blocks
        Blocks up to which there is no budget.
    forbidden
        mRIDs of edges that may not be closed.
    part
        Blocks that nothing but the live network joins to others: search these alone.
    """

    def __init__(
        self,
        growth: Energization,
        feeds: BlockFeeds,
        weigh: Callable[[dict[int, EnergizedBlock]], tuple[float, int, int]],
        *,
        budget: int,
        exact_blocks: int = EXACT_BLOCKS,
        forbidden: frozenset[bytes] = frozenset(),
        part: Collection[int] | None = None,
    ) -> None:
        self._growth = growth
        self._blocks = growth.blocks
        self._weigh = weigh
        self._part = range(growth.blocks.count) if part is None else part
        self._potential, self._light = feeds.measure_potential()
        self._forbidden = forbidden
        self._budget = budget if len(self._part) > exact_blocks else 1 << 62
        self._spent = 0
        self._shut: set[int] = set()
        self._edges = sorted({number for block in self._part for number in self._blocks.at[block]})
        every_root = frozenset(self._blocks.roots)
        self._roots = [number for number in self._edges if number in every_root]
        self._root_lines = {number: self._get_root_lines(number) for number in self._roots}
        self._group_roots()
        self._beyond = {block: self._list_onward(block) for block in self._part}
        self._by_worth = sorted(
            self._part,
            key=lambda block: self._light[block] / max(self._potential[block], EPSILON),
        )
        self._cut_bound = 0.0  # the best bound of a branch that was left for want of budget
        self._best: Arrangement | None = None
        self._order = self._rank_edges()

    def run(self) -> SearchResult:
        """Search, and return the best arrangement there is."""
        roots = [number for number in self._roots if self._can_close(number)]
        roots = self._sort_frontier(roots)
        reachable = sum(self._potential[block] for block in self._find_reach(roots))
        self._explore(roots)
        best = self._best
        if best is None:
            msg = "a search always meets the arrangement that closes nothing"
            raise AssertionError(msg)
        optimal = self._spent <= self._budget
        bound = best.gain if optimal else max(best.gain, self._cut_bound)
        return SearchResult(best, optimal, bound, reachable, self._spent)

    def limit_total(self) -> float:
        """Return a weight of customers that no arrangement exceeds, without searching."""
        roots = [number for number in self._roots if self._can_close(number)]
        return self._limit_gain(self._find_reach(roots), roots)

    def _can_close(self, number: int) -> bool:
        return self._blocks.edges[number].mrid not in self._forbidden

    def _rank_edges(self) -> dict[int, tuple[float, ...]]:
        """
        Return the order in which ways onward are tried.

        First those that need no operation, of these the most customers for each watt; then those
        that restore what was; then ties, those operated remotely first.
        """
        rank = {EdgeRole.INNER: 0, EdgeRole.TRIPPED: 1, EdgeRole.SOURCE: 1, EdgeRole.TIE: 3}
        ranks: dict[int, tuple[float, ...]] = {}
        for number in self._edges:
            edge = self._blocks.edges[number]
            ends = [block for block in (edge.block_a, edge.block_b) if block >= 0]
            worth = min(self._potential[end] / max(self._light[end], 1.0) for end in ends)
            inner = edge.role is EdgeRole.INNER
            effort = rank[edge.role] + (0 if edge.remote or inner else 1)
            ranks[number] = (effort, -worth, number)
        return ranks

    def _sort_frontier(self, frontier: list[int]) -> list[int]:
        return sorted(dict.fromkeys(frontier), key=lambda number: self._order[number])

    def _explore(self, roots: list[int]) -> None:
        """Decide every way onward, both ways; what a decision changes is undone after it."""
        tasks: list[tuple[str, int, list[int], float]] = [("look", 0, roots, 0.0)]
        while tasks:
            task, subject, frontier, gain = tasks.pop()
            if task == "give_back":
                self._growth.release_block(subject)
            elif task == "open":
                self._shut.discard(subject)
            elif task == "shut":
                self._shut.add(subject)
                tasks += [("open", subject, [], 0.0), ("look", 0, frontier, gain)]
            else:
                tasks += self._plan_tasks(frontier, gain)

    def _plan_tasks(
        self, frontier: list[int], gain: float
    ) -> list[tuple[str, int, list[int], float]]:
        """Return what is to be done about the ways onward, last thing first."""
        self._spent += 1
        frontier = [number for number in frontier if self._find_dark_ends(number)]
        bound = gain + self._limit_gain(self._find_reach(frontier), frontier)
        if self._is_hopeless(bound):
            return []
        if not frontier or self._spent > self._budget:
            if frontier:
                self._cut_bound = max(self._cut_bound, bound)
            self._weigh_leaf(gain)  # leaving the rest open is an arrangement too
            return []
        number, rest = frontier[0], frontier[1:]
        tasks = [("shut", number, rest, gain)]
        (block,) = self._find_dark_ends(number)
        back = self._growth.energize_block(number, block)
        if back is not None:
            more = [
                other
                for other in self._blocks.at[block]
                if other != number and other not in self._shut and self._is_onward(other)
            ]
            tasks.append(("give_back", block, [], 0.0))
            tasks.append(("look", 0, self._sort_frontier([*rest, *more]), gain + back.feed.gain))
        return tasks

    def _list_onward(self, block: int) -> list[tuple[int, int]]:
        """Return the ways from a block that may be taken, and the block beyond each."""
        ways = [(n, self._blocks.edges[n].find_far_end(block)[0]) for n in self._blocks.at[block]]
        return [(n, beyond) for n, beyond in ways if beyond != LIVE_BLOCK and self._is_onward(n)]

    def _is_onward(self, number: int) -> bool:
        edge = self._blocks.edges[number]
        return edge.role is EdgeRole.INNER or self._can_close(number)

    def _find_dark_ends(self, number: int) -> tuple[int, ...]:
        """Return the block an edge of the frontier would energize; nothing if it closes a loop."""
        edge, on = self._blocks.edges[number], self._growth.on
        return tuple(
            block
            for block in (edge.block_a, edge.block_b)
            if block != LIVE_BLOCK and block not in on
        )

    def _find_reach(self, frontier: list[int]) -> set[int]:
        """Return the dark blocks that ways not yet decided could still energize."""
        queue = [block for number in frontier for block in self._find_dark_ends(number)]
        reach, on, shut = set(queue), self._growth.on, self._shut
        while queue:
            for number, beyond in self._beyond[queue.pop()]:
                if beyond not in reach and beyond not in on and number not in shut:
                    reach.add(beyond)
                    queue.append(beyond)
        return reach

    def _limit_gain(self, reach: set[int], frontier: list[int]) -> float:
        """Return the most that blocks in reach can gain: a knapsack whose items can be cut."""
        whole = sum(self._potential[block] for block in reach)
        room = self._sum_room(reach, frontier)
        if room > UNLIMITED_W / 2:
            return whole
        total = 0.0
        for block in self._by_worth:
            if block in reach:
                load, gain = self._light[block], self._potential[block]
                if load > room:
                    return total + gain * room / load
                total, room = total + gain, room - load
        return total

    def _sum_room(self, reach: set[int], frontier: list[int]) -> float:
        """
        Return a load in watts that nothing more to be picked up can exceed.

        Ways to one source share what all of them pass.
        """
        on, edges = self._growth.on, self._blocks.edges
        roots = set(self._list_ties(reach))
        for number in frontier:
            ends = [end for end in (edges[number].block_a, edges[number].block_b) if end in on]
            roots.add(on[ends[0]].root if ends else number)
        rooms: dict[int, float] = {}
        for number in roots:
            source = self._source_of[number]
            rooms[source] = rooms.get(source, 0.0) + self._measure_room(self._root_lines[number])
        return sum(min(room, self._measure_room(self._shared[key])) for key, room in rooms.items())

    def _list_ties(self, reach: set[int]) -> list[int]:
        """Return the ties of blocks in reach to the live network."""
        return [
            number
            for block in sorted(reach)
            for number in self._blocks.at[block]
            if number in self._root_lines and self._can_close(number)
        ]

    def _measure_room(self, lines: NDArray[np.int32]) -> float:
        """Return a load in watts that what hangs below lines of the ledger cannot exceed."""
        if not len(lines):
            return UNLIMITED_W
        part = np.maximum(self._growth.ledger.free[lines], 0.0)
        return float(np.minimum(part[:, :3].sum(axis=1), part[:, 3]).min())

    def _group_roots(self) -> None:
        """Group the ways to the live network by their source, and find what each group shares."""
        self._source_of: dict[int, int] = {}
        self._shared: dict[int, NDArray[np.int32]] = {}
        for number, lines in self._root_lines.items():
            outside = lines[:-1] if self._blocks.edges[number].element >= 0 else lines
            source = int(outside[-1]) if len(outside) else -1 - number
            self._source_of[number] = source
            shared = self._shared.get(source, outside)
            self._shared[source] = np.intersect1d(shared, outside).astype(np.int32)

    def _get_root_lines(self, number: int) -> NDArray[np.int32]:
        edge, ledger = self._blocks.edges[number], self._growth.ledger
        if edge.element < 0:
            return np.array([ledger.get_source_line(-1 - edge.element)], dtype=np.int32)
        near = edge.node_a if edge.block_a == LIVE_BLOCK else edge.node_b
        return np.append(ledger.ways[near].lines, np.int32(edge.element))

    def _is_hopeless(self, bound: float) -> bool:
        """Return whether nothing from here on can better the best."""
        best = self._best
        if best is None or bound > best.gain + EPSILON:
            return False
        if bound < best.gain - EPSILON:
            return True
        least = sum(back.feed.customers * back.since for back in self._select_own().values())
        return least > best.minutes + EPSILON

    def _select_own(self) -> dict[int, EnergizedBlock]:
        """Return what is back of the blocks that are searched."""
        on = self._growth.on
        if len(self._part) == self._blocks.count:
            return on
        return {block: on[block] for block in on if block in self._part}

    def _weigh_leaf(self, gain: float) -> None:
        if self._best is not None and gain < self._best.gain - EPSILON:
            return
        on = self._select_own()
        minutes, manual, operations = self._weigh(on)
        taken = tuple((back.edge, back.block) for back in on.values())
        arrangement = Arrangement(taken, gain, minutes, manual, operations)
        if self._best is None or arrangement.score < self._best.score:
            self._best = arrangement
