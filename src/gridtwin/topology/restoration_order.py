"""
Say when supply comes back while what holds it is mended piece by piece, radial or meshed.

Nodes are *held* by jobs: a node is dead until every job that holds it is done. Everything that
comes back together is a block, and blocks hang on blocks. On a tree a block waits for all jobs
above it; on a mesh supply takes the first way that is whole, so a block returns at

    max(own jobs, min over the ways in of their return)

which is the bottleneck of the best path (the minimax path problem, Pollack 1960). One pass over the
blocks answers for any number of draws of the jobs' times at once.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import breadth_first_order, connected_components

from gridtwin.topology.energized_nodes import find_needs

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from gridtwin.model.schema import UsagePoints
    from gridtwin.topology.meshed_core import Core
    from gridtwin.topology.topology_index import TopologyIndex

SUPPLY = -1  # stands for the sources among the blocks: live at all times


@dataclass(frozen=True, slots=True)
class RestorationOrder:
    """What waits for what; blocks stand in an order in which trees follow what they hang on."""

    block: NDArray[np.int32]  # (usage points,) block of each; -1 where no job puts it out
    jobs: tuple[NDArray[np.int32], ...]  # per block, the jobs that hold it
    ways: tuple[NDArray[np.int32], ...]  # per block, the blocks it is fed from, or SUPPLY
    cyclic: int  # so many blocks come first that may lie on loops

    def compute_times(self, done: NDArray[np.float64]) -> NDArray[np.float64]:
        """
        Return when each block has supply again.

        Parameters
        ----------
        done
            When each job is done, in each draw, shape (jobs, draws).

        Returns
        -------
            Shape (blocks, draws), in the unit of `done`.
        """
        count, draws = len(self.jobs), done.shape[1]
        times = np.full((count + 1, draws), np.inf)
        times[SUPPLY] = 0.0  # the last row
        held = [done[rows].max(axis=0) if len(rows) else times[SUPPLY] for rows in self.jobs]
        changed = self.cyclic > 0
        while changed:
            changed = False
            for at in range(self.cyclic):
                fresh = np.maximum(held[at], times[self.ways[at]].min(axis=0))
                if (fresh < times[at]).any():
                    times[at], changed = fresh, True
        for at in range(self.cyclic, count):
            ways = self.ways[at]
            fed = times[ways[0]] if len(ways) == 1 else times[ways].min(axis=0)
            times[at] = np.maximum(held[at], fed)
        return times[:-1]

    def find_feeding_blocks(self, work: NDArray[np.float64]) -> NDArray[np.int32]:
        """
        Return, per block, the block it is fed from on the way of the least work; SUPPLY at last.

        Parameters
        ----------
        work
            What each job takes, shape (jobs,).

        Notes
        -----
        On a tree this is the tree. The predecessors form a forest: they change only for less work.
        """
        count = len(self.jobs)
        least = np.full(count + 1, np.inf)
        least[SUPPLY] = 0.0
        feeding = np.full(count, SUPPLY, dtype=np.int32)
        own = np.array([work[rows].sum() for rows in self.jobs])
        changed = True
        while changed:
            changed = False
            for at, ways in enumerate(self.ways):
                best = ways[np.argmin(least[ways])]
                if own[at] + least[best] < least[at]:
                    least[at], feeding[at], changed = own[at] + least[best], best, True
        return feeding


def find_restoration_order(
    index: TopologyIndex,
    points: UsagePoints,
    held: Sequence[NDArray[np.int32]],
    *,
    strict: bool = False,
) -> RestorationOrder:
    """
    Return what waits for what while jobs hold nodes.

    Parameters
    ----------
    index
        The topology, with nothing held.
    points
        The network's usage points.
    held
        Per job, the nodes that are dead until it is done.
    strict
        Whether recorded phases alone decide that a usage point has supply.
    """
    label, sets = _label_jobs(len(index.tin), held)
    label[index.tin < 0] = 0
    tree, roots, above = _find_regions(index, label)
    key = find_needs(index, points, strict=strict)
    blocks = _Blocks([sets[int(label[root])] for root in roots], above)
    core_key = np.zeros(len(points.node), dtype=np.int64)
    if index.core is not None and label[index.core.nodes[1:]].any():
        feeds = _add_core_blocks(index.core, label, sets, blocks)
        core_key = blocks.compute_keys(feeds, index.core, points.node, key)
    block = np.full(len(points.node), -1, dtype=np.int32)
    region = tree[points.node]
    lost = np.flatnonzero((key != 0) & ((region >= 0) | (core_key > 0)))
    pairs, inverse = np.unique(
        (region[lost].astype(np.int64) + 1) << 32 | core_key[lost], return_inverse=True
    )
    numbers = [blocks.place_region((int(pair) >> 32) - 1, int(pair) & 0xFFFFFFFF) for pair in pairs]
    block[lost] = np.array(numbers, dtype=np.int32)[inverse]
    return RestorationOrder(block, tuple(blocks.jobs), tuple(blocks.ways), blocks.cyclic)


def _label_jobs(
    count: int, held: Sequence[NDArray[np.int32]]
) -> tuple[NDArray[np.int32], list[NDArray[np.int32]]]:
    """Return a number per node, the same where the same jobs hold it, and the jobs of each."""
    label = np.zeros(count, dtype=np.int32)
    sets: list[tuple[int, ...]] = [()]
    for job, nodes in enumerate(held):
        before, inverse = np.unique(label[nodes], return_inverse=True)
        label[nodes] = len(sets) + inverse
        sets += [(*sets[number], job) for number in before.tolist()]
    return label, [np.array(jobs, dtype=np.int32) for jobs in sets]


def _find_regions(
    index: TopologyIndex, label: NDArray[np.int32]
) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.int32]]:
    """
    Return the regions of the trees: each begins where other jobs hold, and takes what hangs on it.

    Returns
    -------
    region, roots, above
        The region of each node, -1 for none; per region its first node, and the region it hangs on.
    """
    in_tree = np.ones(len(label), dtype=bool)
    if index.core is not None:
        in_tree = index.core.slot[: len(label)] < 0
    roots = np.flatnonzero((label > 0) & in_tree)
    up = index.up[roots]
    hanging = (up >= 0) & in_tree[np.maximum(up, 0)]
    roots = roots[~hanging | (label[roots] != label[np.maximum(up, 0)])]
    roots = roots[np.argsort(index.tin[roots], kind="stable")].astype(np.int32)
    region = np.full(len(label), -1, dtype=np.int32)
    above = np.full(len(roots), -1, dtype=np.int32)
    for number, root in enumerate(roots.tolist()):
        if index.up[root] >= 0:
            above[number] = region[index.up[root]]
        region[index.find_dependents(root)] = number
    return region, roots, above


class _Blocks:
    """Collect blocks: first those of the core, then regions of trees by what feeds them."""

    def __init__(self, held: list[NDArray[np.int32]], above: NDArray[np.int32]) -> None:
        self.jobs: list[NDArray[np.int32]] = []
        self.ways: list[NDArray[np.int32]] = []
        self.cyclic = 0
        self._held, self._above = held, above
        self._feeds: list[NDArray[np.int32]] = [np.array([SUPPLY], dtype=np.int32)]
        self._number: dict[tuple[int, int], int] = {}

    def add_block(self, jobs: NDArray[np.int32], ways: NDArray[np.int32]) -> int:
        """Add a block; return its number."""
        self.jobs.append(jobs)
        self.ways.append(ways)
        return len(self.jobs) - 1

    def place_region(self, region: int, feed: int) -> int:
        """Return the block of a region fed in one way, after those it hangs on."""
        chain = []
        while region >= 0 and (region, feed) not in self._number:
            chain.append(region)
            region = int(self._above[region])
        if region < 0 and not chain:
            return self._place_bare(feed)
        for part in reversed(chain):
            over = self._number.get((region, feed)) if region >= 0 else None
            ways = self._feeds[feed] if over is None else np.array([over], dtype=np.int32)
            self._number[part, feed] = self.add_block(self._held[part], ways)
            region = part
        return self._number[region, feed]

    def _place_bare(self, feed: int) -> int:
        """Return the block of what hangs on the core with no job of its own."""
        if (-1, feed) not in self._number:
            self._number[-1, feed] = self.add_block(np.empty(0, dtype=np.int32), self._feeds[feed])
        return self._number[-1, feed]

    def compute_keys(
        self,
        feeds: NDArray[np.int32],
        core: Core,
        node: NDArray[np.int32],
        key: NDArray[np.uint8],
    ) -> NDArray[np.int64]:
        """
        Return a number per usage point for the blocks of the core it lives on, any of them.

        Parameters
        ----------
        feeds
            Block of each slot in each layer, shape (layers, slots); see `_add_core_blocks`.
        core, node, key
            The core, and per usage point its node and the phases it lives on, as bits.
        """
        slot = core.attach[node]
        pairs, inverse = np.unique(
            np.maximum(slot, 0).astype(np.int64) << 8 | key, return_inverse=True
        )
        known: dict[tuple[int, ...], int] = {(SUPPLY,): 0}
        numbers = []
        for pair in pairs.tolist():
            bits, layers = pair & 0xFF, feeds[:, pair >> 8]
            if len(layers) > 1:
                layers = layers[[at for at in range(len(layers)) if bits >> at & 1]]
            found = {int(block) for block in layers if block >= SUPPLY}
            ways = (SUPPLY,) if SUPPLY in found or not found else tuple(sorted(found))
            if ways not in known:
                known[ways] = len(self._feeds)
                self._feeds.append(np.array(ways, dtype=np.int32))
            numbers.append(known[ways])
        return np.where(slot >= 0, np.array(numbers, dtype=np.int64)[inverse], 0)


_NEVER = -2  # no way leads there, even with nothing held


def _add_core_blocks(
    core: Core, label: NDArray[np.int32], sets: list[NDArray[np.int32]], blocks: _Blocks
) -> NDArray[np.int32]:
    """
    Add the blocks of the core; return that of each slot in each layer.

    Parts of the core that the same jobs hold and that reach each other both ways are one block;
    what the sources reach past no job is SUPPLY.
    """
    ways = core.lay_out_ways()
    tail, head, count = ways.tail, ways.head, ways.layers * ways.slots
    held = np.zeros(ways.slots, dtype=np.int32)
    held[1:] = label[core.nodes[1:]]
    own = np.append(np.tile(held, ways.layers), np.int32(0))
    order = _order_reached(tail, head, count, np.ones(len(tail), dtype=bool))
    alive = _order_reached(tail, head, count, own[head] == 0)
    same = own[tail] == own[head]
    links = csr_matrix(
        (np.ones(int(same.sum())), (tail[same], head[same])), shape=(count + 1, count + 1)
    )
    _, part = connected_components(links, directed=True, connection="strong")
    part[alive] = part[count]
    number = np.full(int(part.max()) + 1, _NEVER, dtype=np.int32)
    number[part[count]] = SUPPLY
    _, first = np.unique(part[order], return_index=True)
    begin = order[np.sort(first)]
    begin = begin[part[begin] != part[count]]
    number[part[begin]] = np.arange(len(begin))
    at_tail, at_head = number[part[tail]], number[part[head]]
    real = (at_tail >= SUPPLY) & (at_head >= 0) & (at_tail != at_head)
    arcs = np.unique(np.stack([at_head[real], at_tail[real]]), axis=1)
    starts = np.searchsorted(arcs[0], np.arange(len(begin) + 1))
    for at, node in enumerate(begin.tolist()):
        blocks.add_block(sets[int(own[node])], arcs[1, starts[at] : starts[at + 1]])
    blocks.cyclic = len(begin)
    return number[part[:count]].reshape(ways.layers, ways.slots)


def _order_reached(
    tail: NDArray[np.int32], head: NDArray[np.int32], start: int, kept: NDArray[np.bool_]
) -> NDArray[np.int32]:
    """Return the nodes reached along the arcs kept, nearest first."""
    links = csr_matrix(
        (np.ones(int(kept.sum())), (tail[kept], head[kept])), shape=(start + 1, start + 1)
    )
    return breadth_first_order(links, start, return_predecessors=False)
