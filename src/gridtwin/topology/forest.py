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
    child: NDArray[np.int32]  # (equipment,) node it leads to from that node's parent; -1 for none
    extra: NDArray[np.int32]  # rows of live equipment that is no feed


def grow_forest(conduction: Conduction) -> Forest:
    """Return the breadth-first forest of what is supplied."""
    count = conduction.node_count
    order, before = breadth_first_order(_link_nodes(conduction), count, return_predecessors=True)
    order, before = order.astype(np.int32, copy=False), before.astype(np.int32, copy=False)
    position = np.full(count + 1, -1, dtype=np.int32)
    position[order.astype(np.intp)] = np.arange(len(order), dtype=np.int32)
    up = np.empty(len(order), dtype=np.int32)
    up[0] = -1
    up[1:] = position.take(before.take(order[1:]))
    levels = _find_levels(up)
    parent = before[:count]
    feed, child, extra = _find_feeds(conduction, parent, position)
    parent = np.maximum(parent, np.int32(DEAD))  # scipy marks what it does not reach lower still
    parent[order[1 : levels[min(2, len(levels) - 1)]]] = ROOT
    return Forest(order, position, up, levels, parent, feed, child, extra)


def _link_nodes(conduction: Conduction) -> csr_matrix:
    """
    Return where supply can travel, as an adjacency whose last row is the super-source.

    The arcs are the rows of a matrix that holds each one's head in the column of its tail; turning
    it to columns sorts the heads by tail in one counting pass. An arc that nothing can take leads
    back to its own tail.
    """
    a, b, sources = conduction.node_a, conduction.node_b, conduction.source_node
    rows, nodes = len(a), conduction.node_count + 1
    tail = np.concatenate([a, b, np.full(len(sources), nodes - 1, dtype=np.int32)])
    head = np.concatenate([b, a, sources])
    shut = conduction.passes == 0
    forth = np.flatnonzero(shut | (conduction.one_way < 0))
    back = np.flatnonzero(shut | (conduction.one_way > 0))
    head[forth], head[back + rows] = a[forth], b[back]
    arcs = np.arange(len(tail) + 1, dtype=np.int32)
    by_tail = csr_matrix((head, tail, arcs), shape=(len(tail), nodes), copy=False).tocsc()
    return csr_matrix(
        (np.ones(len(tail)), by_tail.data, by_tail.indptr), shape=(nodes, nodes), copy=False
    )


def _find_feeds(
    conduction: Conduction, parent: NDArray[np.int32], position: NDArray[np.int32]
) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.int32]]:
    """Return the feed of each node, the node below each piece of equipment, and the live rest."""
    a, b, one_way = conduction.node_a, conduction.node_b, conduction.one_way
    conducts = conduction.passes != 0
    down = (parent.take(b) == a) & conducts & (one_way >= 0)
    rise = (parent.take(a) == b) & conducts & (one_way <= 0)
    child = np.where(down, b, np.int32(-1))
    np.copyto(child, a, where=rise)
    tree = np.flatnonzero(down | rise)[::-1]
    feed = np.full(len(parent), -1, dtype=np.int32)
    # Of several assignments to one place the last stays: of parallel equipment the lowest row.
    feed[child[tree].astype(np.intp)] = tree
    conducts[tree] = False
    if len(tree) > np.count_nonzero(feed >= 0):
        conducts[tree[feed[child[tree]] != tree]] = True
    loose = np.flatnonzero(conducts)
    live_a, live_b = position[a[loose]] >= 0, position[b[loose]] >= 0
    way = one_way[loose]
    reached = np.where(way < 0, live_b, np.where(way > 0, live_a, live_a & live_b))
    return feed, child, loose[reached].astype(np.int32)


def _find_levels(up: NDArray[np.int32]) -> NDArray[np.int64]:
    """Return where each depth starts: parents of breadth-first positions never decrease."""
    bounds = [0, 1]
    while bounds[-1] < len(up):
        # An int32 key: a Python int would make searchsorted cast the whole array at every depth.
        bounds.append(int(np.searchsorted(up, np.int32(bounds[-1]))))
    return np.array(bounds, dtype=np.int64)


def number_preorder(
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
        Whether the parents of each level stand in order in the level before, as after
        `grow_forest`.

    Notes
    -----
    A subtree is the slice ``[tin, tin + size)`` of the preorder. Sizes add up level by level from
    the leaves; numbers are handed down level by level from the root, each child starting where its
    elder sibling's subtree ends. O(n) time.
    """
    if sorted_parents:
        return _number_preorder_of_runs(up, levels)
    size = np.ones(len(up), dtype=np.int64)
    for depth in range(len(levels) - 2, 0, -1):
        above, start, stop = levels[depth - 1 : depth + 2]
        near = up[start:stop] >= above  # but for a few, the level just above
        parents, sizes = up[start:stop][near] - above, size[start:stop][near]
        size[above:start] += np.bincount(parents, sizes, start - above).astype(np.int64)
        np.add.at(size, up[start:stop][~near], size[start:stop][~near])
    by_parent = np.argsort(up, kind="stable")
    sibling, parent = size[by_parent], up[by_parent]
    before = np.cumsum(sibling) - sibling
    first = np.concatenate([[True], parent[1:] != parent[:-1]])
    offset = np.empty(len(up), dtype=np.int64)
    offset[by_parent] = before - np.maximum.accumulate(np.where(first, before, 0)) + 1
    tin = np.zeros(len(up), dtype=np.int64)
    for depth in range(1, len(levels) - 1):
        here = slice(levels[depth], levels[depth + 1])
        tin[here] = tin[up[here]] + offset[here]
    return tin.astype(np.int32), size.astype(np.int32)


def find_ancestors(up: NDArray[np.int32], positions: NDArray[np.int32]) -> NDArray[np.int32]:
    """Return some positions of a tree, all above them, and the root, in rising order."""
    front = np.zeros(len(up), dtype=bool)
    front[positions], front[0] = True, False
    inside = np.zeros(len(up), dtype=bool)
    inside[0] = True
    above = np.flatnonzero(front)
    while len(above):
        inside[above] = True
        above = np.unique(up[above])
        above = above[~inside[above]]
    return np.flatnonzero(inside).astype(np.int32)


def _number_preorder_of_runs(
    up: NDArray[np.int32], levels: NDArray[np.int64]
) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Return the same where the children of each position stand side by side, in order."""
    bounds = levels.tolist()
    total = np.ones(len(up))  # sizes as floats, which are what bincount adds
    for above, start, stop in zip(bounds[-3::-1], bounds[-2::-1], bounds[:0:-1], strict=False):
        parents = up[start:stop] - np.int32(above)
        total[above:start] += np.bincount(parents, total[start:stop], start - above)
    size = total.astype(np.int32)
    before = np.cumsum(size, dtype=np.int64) - size
    # A child's number is its parent's and one, and the sizes of its elder siblings.
    first = np.flatnonzero(up[1:] != up[:-1]) + 1
    lift = np.zeros(len(up), dtype=np.int64)
    lift[up[first]] = 1 - before[first]
    tin = np.zeros(len(up), dtype=np.int64)
    for above, start, stop in zip(bounds, bounds[1:], bounds[2:], strict=False):
        lift[above:start] += tin[above:start]
        np.add(lift.take(up[start:stop]), before[start:stop], out=tin[start:stop])
    return tin.astype(np.int32), size
