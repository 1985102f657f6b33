"""
Grow the breadth-first forest of everything that is supplied, and number trees in preorder.

One virtual super-source feeds every source, so a network with many sources is one tree::

    super-source ── source node ── node ── node
                 └─ source node ── node
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import breadth_first_order

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gridtwin.topology.conduction import Conduction

DEAD = -2
ROOT = -1


@dataclass(frozen=True, slots=True)
class Forest:
    """
    A breadth-first forest in which every supplied node hangs on its nearest source.

    Positions count the supplied nodes in breadth-first order; position 0 is the super-source.
    """

    order: NDArray[np.int32]  # (n,) node at each position; order[0] is the super-source itself
    position: NDArray[np.int32]  # (nodes + 1,) position of each node, -1 where dead
    up: NDArray[np.int32]  # (n,) position of the parent; up[0] = -1
    levels: NDArray[np.int64]  # positions at which each depth starts, and the end
    parent: NDArray[np.int32]  # (nodes,) parent node; ROOT below the super-source, DEAD if dead
    feed: NDArray[np.int32]  # (nodes,) equipment that leads there from the parent; -1 for none


@dataclass(frozen=True, slots=True)
class Arcs:
    """Directed arcs of everything that conducts, equipment by equipment."""

    tail: NDArray[np.int32]
    head: NDArray[np.int32]
    equipment: NDArray[np.int32]

    @classmethod
    def of(cls, conduction: Conduction) -> Arcs:
        """Return the arcs in which supply can travel."""
        rows = np.flatnonzero(conduction.passes).astype(np.int32)
        one_way = conduction.one_way[rows]
        forth, back = rows[one_way >= 0], rows[one_way <= 0]
        a, b = conduction.node_a, conduction.node_b
        return cls(
            tail=np.concatenate([a[forth], b[back]]),
            head=np.concatenate([b[forth], a[back]]),
            equipment=np.concatenate([forth, back]),
        )


def adjacency(tail: NDArray[np.int32], head: NDArray[np.int32], count: int) -> csr_matrix:
    """
    Return arcs as a compressed adjacency without summing parallel arcs.

    The arcs are the rows of an incidence matrix; turning it to columns sorts them by tail in one
    counting pass.
    """
    arc_count = len(tail)
    incidence = csr_matrix(
        (np.ones(arc_count, dtype=np.int8), tail, np.arange(arc_count + 1, dtype=np.int32)),
        shape=(arc_count, count),
        copy=False,
    ).tocsc()
    return csr_matrix(
        (np.ones(arc_count), head[incidence.indices], incidence.indptr),
        shape=(count, count),
        copy=False,
    )


def grow(conduction: Conduction, arcs: Arcs) -> Forest:
    """Return the breadth-first forest of what is supplied."""
    count = conduction.node_count
    sources = conduction.source_node
    tail = np.concatenate([arcs.tail, np.full(len(sources), count, dtype=np.int32)])
    head = np.concatenate([arcs.head, sources])
    order, before = breadth_first_order(
        adjacency(tail, head, count + 1), count, directed=True, return_predecessors=True
    )
    size = len(order)
    position = np.full(count + 1, -1, dtype=np.int32)
    position[order] = np.arange(size, dtype=np.int32)
    up = np.empty(size, dtype=np.int32)
    up[0] = -1
    up[1:] = position[before[order[1:]]]
    parent = np.where(before[:count] == count, np.int32(ROOT), before[:count].astype(np.int32))
    parent[position[:count] < 0] = DEAD
    return Forest(
        order=order.astype(np.int32, copy=False),
        position=position,
        up=up,
        levels=_levels(up),
        parent=parent,
        feed=_feeds(arcs, before, count),
    )


def _feeds(arcs: Arcs, before: NDArray[np.int32], count: int) -> NDArray[np.int32]:
    """Return the equipment between each node and its parent; the lowest row where several are."""
    leads = np.flatnonzero(before[arcs.head] == arcs.tail)
    feed = np.full(count, -1, dtype=np.int32)
    backward = leads[::-1]  # of two assignments to one place the last stays: the lowest row
    feed[arcs.head[backward]] = arcs.equipment[backward]
    if len(leads) > np.count_nonzero(feed >= 0):
        # Parallel equipment: arcs run a to b first and then b to a, so take the minimum of both.
        np.minimum.at(feed, arcs.head[leads], arcs.equipment[leads])
    return feed


def _levels(up: NDArray[np.int32]) -> NDArray[np.int64]:
    """Return where each depth starts: parents of breadth-first positions never decrease."""
    bounds = [0, 1]
    while bounds[-1] < len(up):
        # An int32 key: a Python int would make searchsorted cast the whole array at every depth.
        bounds.append(int(np.searchsorted(up, np.int32(bounds[-1]))))
    return np.array(bounds, dtype=np.int64)


def preorder(
    up: NDArray[np.int32], levels: NDArray[np.int64], *, sorted_parents: bool
) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """
    Return the preorder number and the subtree size of each position of a tree.

    Parameters
    ----------
    up
        Parent of each position, shape (n,); parents stand at an earlier level.
    levels
        Where each level starts, and the end.
    sorted_parents
        Whether the parents of each level stand in order in the level before, as after `grow`.

    Notes
    -----
    A subtree is the slice ``[tin, tin + size)`` of the preorder. Sizes add up level by level from
    the leaves; numbers are handed down level by level from the root, each child starting where its
    elder sibling's subtree ends. O(n) time.
    """
    size = np.ones(len(up), dtype=np.int64)
    for depth in range(len(levels) - 2, 0, -1):
        start, stop = levels[depth], levels[depth + 1]
        if sorted_parents:
            above = levels[depth - 1]
            size[above:start] += np.bincount(
                up[start:stop] - above, weights=size[start:stop], minlength=start - above
            ).astype(np.int64)
        else:
            np.add.at(size, up[start:stop], size[start:stop])
    offset = _sibling_offsets(up, size, sorted_parents=sorted_parents)
    tin = np.zeros(len(up), dtype=np.int64)
    for depth in range(1, len(levels) - 1):
        here = slice(levels[depth], levels[depth + 1])
        tin[here] = tin[up[here]] + offset[here]
    return tin.astype(np.int32), size.astype(np.int32)


def _sibling_offsets(
    up: NDArray[np.int32], size: NDArray[np.int64], *, sorted_parents: bool
) -> NDArray[np.int64]:
    """Return how far each position's number lies behind its parent's."""
    if sorted_parents:
        return _run_offsets(up, size)
    by_parent = np.argsort(up, kind="stable")
    offset = np.empty(len(up), dtype=np.int64)
    offset[by_parent] = _run_offsets(up[by_parent], size[by_parent])
    return offset


def _run_offsets(up: NDArray[np.int32], size: NDArray[np.int64]) -> NDArray[np.int64]:
    before = np.cumsum(size) - size
    first = np.concatenate([[True], up[1:] != up[:-1]])
    return before - np.maximum.accumulate(np.where(first, before, 0)) + 1
