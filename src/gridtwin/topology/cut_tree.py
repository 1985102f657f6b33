"""
Cut a meshed network into blocks, and say how they hang together below a root.

A block is one piece of equipment that lies on no loop, or all loops that share more than one node.
Two blocks meet in one node at most, so from anywhere one chain of blocks leads to the root::

    root ──L1── a ══(loops)══ b ──L2── c        from c: {L2}, {the loops}, {L1}
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import breadth_first_order, connected_components

from gridtwin.topology.blocks import find_blocks

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

UNJOINED = -1


@dataclass(frozen=True, slots=True, eq=False)
class CutTree:
    """The block-cut tree of a graph whose edges are equipment; node 0 is its root."""

    equipment: NDArray[np.int32]  # (m,) rows in rising order; ``-1 - row`` for a source
    block: NDArray[np.int32]  # (m,) block of each
    above: NDArray[np.int32]  # (nodes,) block by which each node hangs on the root
    top: NDArray[np.int32]  # (blocks,) node each block hangs on; UNJOINED if not on the root
    looped: NDArray[np.bool_]  # (blocks,) whether it is made of loops

    @classmethod
    def from_edges(
        cls,
        count: int,
        tail: NDArray[np.int32],
        head: NDArray[np.int32],
        equipment: NDArray[np.int32],
    ) -> CutTree:
        """
        Cut a graph into its blocks, whichever way its arcs lead.

        Parameters
        ----------
        count
            How many nodes there are.
        tail, head, equipment
            Two nodes and the equipment that joins them, shape (arcs,); equipment may stand twice.

        Notes
        -----
        O(n log n) time for n nodes and equipment, plus the levels of the breadth-first tree.
        """
        equipment, first = np.unique(equipment, return_index=True)
        order, up, unjoined = _build_tree(count, tail[first], head[first])
        place = np.empty(count, dtype=np.int32)
        place[order] = np.arange(count, dtype=np.int32)
        ends = place[tail[first]], place[head[first]]
        near, far = np.minimum(*ends), np.maximum(*ends)
        beside = _find_chords(up, near, far)
        blocks = find_blocks(up, near[beside], far[beside])
        # What lies on no loop is a block of its own, and so is equipment back to its own node.
        label = np.arange(count, 2 * count, dtype=np.int32)
        label[blocks.core] = blocks.block
        upper = up.copy()
        upper[blocks.core] = blocks.top
        own = np.flatnonzero(near == far)
        block = label[far]
        block[own] = np.arange(2 * count, 2 * count + len(own))
        top = np.full(2 * count + len(own), UNJOINED, dtype=np.int32)
        top[label[1:]] = order[upper[1:]]
        top[block[own]] = order[near[own]]
        if unjoined.any():
            top[label[unjoined[order]]] = UNJOINED
            top[block[unjoined[order[far]]]] = UNJOINED
        above = np.empty(count, dtype=np.int32)
        above[order] = label
        above[0] = -1
        looped = np.bincount(block, minlength=len(top)) > 1
        return cls(equipment.astype(np.int32), block, above, top, looped)

    def find_loops(self) -> list[NDArray[np.int32]]:
        """Return the equipment of every block that is made of loops, without sources."""
        on_loop = np.flatnonzero(self.looped[self.block] & (self.equipment >= 0))
        on_loop = on_loop[np.argsort(self.block[on_loop], kind="stable")]
        block = self.block[on_loop]
        starts = np.flatnonzero(block[1:] != block[:-1]) + 1
        return np.split(self.equipment[on_loop], starts) if len(on_loop) else []

    def find_loops_with(self, row: int) -> NDArray[np.int32]:
        """Return the equipment on loops with a row, itself among it, no sources; none if on no."""
        block = self._block_of(row)
        if block < 0 or not self.looped[block]:
            return np.empty(0, dtype=np.int32)
        return self.equipment[(self.block == block) & (self.equipment >= 0)]

    def find_ways(self, nodes: Iterable[int], rows: Iterable[int]) -> NDArray[np.int32]:
        """
        Return the equipment on any simple path from the root to nodes and equipment, no sources.

        Parameters
        ----------
        nodes, rows
            Where to end; of equipment that nothing joins to the root, itself alone is returned.
        """
        taken = np.zeros(len(self.top), dtype=bool)
        alone = np.zeros(len(self.equipment), dtype=bool)
        for node in nodes:
            self._mark_blocks_above(int(self.above[node]), taken)
        for row in rows:
            block = self._block_of(row)
            if block >= 0 and self.top[block] == UNJOINED:
                alone |= self.equipment == row
            else:
                self._mark_blocks_above(block, taken)
        return self.equipment[(taken[self.block] | alone) & (self.equipment >= 0)]

    def find_single_ways(self, node: int) -> NDArray[np.int32] | None:
        """Return the equipment that every path from the root to a node passes; None if no path."""
        if node and self.top[self.above[node]] == UNJOINED:
            return None
        taken = np.zeros(len(self.top), dtype=bool)
        self._mark_blocks_above(int(self.above[node]), taken)
        return self.equipment[(taken & ~self.looped)[self.block] & (self.equipment >= 0)]

    def _mark_blocks_above(self, block: int, taken: NDArray[np.bool_]) -> None:
        """Mark the blocks from one up to the root."""
        while block >= 0 and not taken[block] and (node := int(self.top[block])) != UNJOINED:
            taken[block] = True
            block = int(self.above[node])

    def _block_of(self, row: int) -> int:
        at = int(np.searchsorted(self.equipment, row))
        held = at < len(self.equipment) and self.equipment[at] == row
        return int(self.block[at]) if held else -1


def _build_tree(
    count: int, tail: NDArray[np.int32], head: NDArray[np.int32]
) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.bool_]]:
    """
    Return a breadth-first tree of all nodes.

    Returns
    -------
    order, up, unjoined
        The nodes, the root first; the position of each one's parent, -1 for the root; and whether
        each node is joined to the root by nothing: one node of each such part then hangs on it.
    """
    links = csr_matrix((np.ones(len(tail)), (tail, head)), shape=(count, count))
    parts, part = connected_components(links, directed=False)
    unjoined = part != part[0]
    if parts > 1:
        eldest = np.unique(part, return_index=True)[1]
        eldest = eldest[eldest > 0]
        tail = np.concatenate([tail, np.zeros_like(eldest, dtype=np.int32)])
        head = np.concatenate([head, eldest.astype(np.int32)])
    both = np.concatenate([tail, head]), np.concatenate([head, tail])
    links = csr_matrix((np.ones(2 * len(tail)), both), shape=(count, count))
    order, before = breadth_first_order(links, 0, return_predecessors=True)
    place = np.empty(count, dtype=np.int32)
    place[order] = np.arange(count, dtype=np.int32)
    up = np.full(count, -1, dtype=np.int32)
    up[1:] = place[before[order[1:]]]
    return order.astype(np.int32), up, unjoined


def _find_chords(
    up: NDArray[np.int32], near: NDArray[np.int32], far: NDArray[np.int32]
) -> NDArray[np.intp]:
    """Return the edges that are not of the tree: of those parallel to one of its, all but one."""
    beside = near != far
    along = np.flatnonzero(beside & (up[far] == near))
    of_tree = np.unique(far[along], return_index=True)[1]
    beside[along[of_tree]] = False
    return np.flatnonzero(beside)
