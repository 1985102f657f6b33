"""
Find single points of failure where there are loops.

The dominators of an undirected network are the cut nodes of its blocks (biconnected components).
Only the *core* can hold a loop: the ends of equipment outside the tree, and all their ancestors.
The blocks of the core come from the method of Tarjan and Vishkin, on arrays.

References
----------
.. [1] R. E. Tarjan, U. Vishkin, An efficient parallel biconnectivity algorithm, SIAM J. Comput.
   14(4), 1985.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import connected_components

from gridtwin.topology.forest import find_ancestors, number_preorder

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Blocks:
    """The blocks of a core; positions are those of the forest, in rising order."""

    core: NDArray[np.int32]  # (k,) positions; core[0] is the root
    block: NDArray[np.int32]  # (k,) block of the tree edge above each; -1 for the root
    top: NDArray[np.int32]  # (k,) position of the cut node above the block; -1 for the root
    looped: NDArray[np.bool_]  # (k,) whether the tree edge above lies on a loop


def find_blocks(
    up: NDArray[np.int32], ends_u: NDArray[np.int32], ends_v: NDArray[np.int32]
) -> Blocks:
    """
    Return the blocks that the edges outside a tree close.

    Parameters
    ----------
    up
        Parent of each position of the tree, always an earlier position; shape (n,).
    ends_u, ends_v
        Positions that edges outside the tree join, shape (m,).
    """
    core = find_ancestors(up, np.concatenate([ends_u, ends_v]))
    place = np.full(len(up), -1, dtype=np.int32)
    place[core] = np.arange(len(core), dtype=np.int32)
    parent = np.where(core > 0, place[np.maximum(up[core], 0)], -1).astype(np.int32)
    tin, size, order, levels = _number_preorder(parent)
    u, v = place[ends_u], place[ends_v]
    low, high = _compute_reach(parent, tin, order, levels, u, v)
    block = _join_blocks(parent, tin, size, low, high, u, v)
    top = np.full(len(core), -1, dtype=np.int32)
    first = np.full(int(block.max(initial=-1)) + 1, len(core), dtype=np.int64)
    np.minimum.at(first, block[1:], np.arange(1, len(core)))
    top[1:] = core[parent[first[block[1:]]]]
    members = np.bincount(block[1:], minlength=len(first)) if len(core) > 1 else np.zeros(0)
    looped = np.zeros(len(core), dtype=bool)
    looped[1:] = members[block[1:]] > 1
    # An edge parallel to a tree edge closes a loop of its own.
    parallel = np.concatenate([v[parent[v] == u], u[parent[u] == v]])
    looped[parallel] = True
    return Blocks(core, block, top, looped)


def _number_preorder(
    parent: NDArray[np.int32],
) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.intp], NDArray[np.int64]]:
    """Return preorder numbers and sizes, and the core sorted by depth with its levels."""
    depths = np.zeros(len(parent), dtype=np.int64)
    above = parent.tolist()
    for place in range(1, len(above)):
        depths[place] = depths[above[place]] + 1
    order = np.argsort(depths, kind="stable")
    levels = np.searchsorted(depths[order], np.arange(int(depths.max(initial=0)) + 2))
    rank = np.empty(len(order), dtype=np.int32)
    rank[order] = np.arange(len(order), dtype=np.int32)
    up = np.where(parent[order] >= 0, rank[parent[order]], -1).astype(np.int32)
    tin_by_rank, size_by_rank = number_preorder(up, levels, sorted_parents=False)
    return tin_by_rank[rank], size_by_rank[rank], order, levels


def _compute_reach(
    parent: NDArray[np.int32],
    tin: NDArray[np.int32],
    order: NDArray[np.intp],
    levels: NDArray[np.int64],
    u: NDArray[np.int32],
    v: NDArray[np.int32],
) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Return the lowest and highest preorder number each subtree reaches by one outside edge."""
    low, high = tin.copy(), tin.copy()
    np.minimum.at(low, u, tin[v])
    np.minimum.at(low, v, tin[u])
    np.maximum.at(high, u, tin[v])
    np.maximum.at(high, v, tin[u])
    for depth in range(len(levels) - 2, 0, -1):
        here = order[levels[depth] : levels[depth + 1]]
        np.minimum.at(low, parent[here], low[here])
        np.maximum.at(high, parent[here], high[here])
    return low, high


def _join_blocks(
    parent: NDArray[np.int32],
    tin: NDArray[np.int32],
    size: NDArray[np.int32],
    low: NDArray[np.int32],
    high: NDArray[np.int32],
    u: NDArray[np.int32],
    v: NDArray[np.int32],
) -> NDArray[np.int32]:
    """Return the block of the tree edge above each place."""
    u_above = (tin[u] <= tin[v]) & (tin[v] < tin[u] + size[u])
    v_above = (tin[v] <= tin[u]) & (tin[u] < tin[v] + size[v])
    apart = ~(u_above | v_above)
    child = np.flatnonzero(parent > 0)
    above = parent[child]
    leaves = (low[child] < tin[above]) | (high[child] >= tin[above] + size[above])
    row = np.concatenate([u[apart], above[leaves]])
    column = np.concatenate([v[apart], child[leaves]])
    links = csr_matrix((np.ones(len(row)), (row, column)), shape=(len(parent), len(parent)))
    _, label = connected_components(links, directed=False)
    label = label.astype(np.int32)
    label[0] = -1
    return label
