"""Flood a network outward from somewhere, level by level, as far as equipment lets through."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse import csr_matrix

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Adjacency:
    """The equipment at each node, whatever its state: ``equipment[start[n] : start[n + 1]]``."""

    start: NDArray[np.int32]
    equipment: NDArray[np.int32]
    node_a: NDArray[np.int32]
    node_b: NDArray[np.int32]

    @classmethod
    def from_terminals(
        cls, node_a: NDArray[np.int32], node_b: NDArray[np.int32], node_count: int
    ) -> Adjacency:
        """Sort the terminals of all equipment by node."""
        rows = len(node_a)
        terminals = np.empty(2 * rows, dtype=np.int32)
        terminals[0::2], terminals[1::2] = node_a, node_b
        incidence = csr_matrix(
            (
                np.ones(2 * rows, dtype=np.int8),
                terminals,
                np.arange(0, 2 * rows + 1, 2, dtype=np.int32),
            ),
            shape=(rows, node_count),
            copy=False,
        ).tocsc()
        return cls(incidence.indptr, incidence.indices, node_a, node_b)

    def find_equipment_at(self, nodes: NDArray[np.int32]) -> NDArray[np.int32]:
        """Return the equipment at nodes, node by node: twice what joins two of them."""
        begin = self.start[nodes]
        count = self.start[nodes + 1] - begin
        ends = np.cumsum(count, dtype=np.int32)
        offset = np.repeat(begin - ends + count, count)
        return self.equipment[np.arange(len(offset), dtype=np.int32) + offset]

    def find_around(self, nodes: NDArray[np.int32]) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
        """Return the equipment at nodes, and for each the node it was found at."""
        count = self.start[nodes + 1] - self.start[nodes]
        return self.find_equipment_at(nodes), np.repeat(nodes, count)

    def find_across(self, rows: NDArray[np.int32], nodes: NDArray[np.int32]) -> NDArray[np.int32]:
        """Return the node at the other end of each piece of equipment."""
        return np.where(self.node_a[rows] == nodes, self.node_b[rows], self.node_a[rows])


@dataclass(frozen=True, slots=True)
class Walk:
    """What a flood reached, nearest first; depths count pieces of equipment."""

    nodes: NDArray[np.int32]
    node_depth: NDArray[np.int32]
    equipment: NDArray[np.int32]  # that let the flood through, each once
    depth: NDArray[np.int32]  # of each piece of equipment, from 1
    parent: NDArray[np.int32]  # equipment that led to each; -1 at the start
    stopped: NDArray[np.int32]  # equipment that was met and did not let through
    reached: NDArray[np.bool_]  # (nodes of the network,)


def flood_network(
    adjacency: Adjacency,
    starts: NDArray[np.int32],
    passable: NDArray[np.bool_],
    *,
    within: NDArray[np.bool_] | None = None,
) -> Walk:
    """
    Return everything reached from the start nodes.

    Parameters
    ----------
    adjacency
        The equipment at each node.
    starts
        Nodes to begin at.
    passable
        Whether each piece of equipment lets the flood through.
    within
        Nodes the flood may enter; all by default.

    Notes
    -----
    The loop goes from level to level and only finds nodes: what each piece of equipment is to the
    flood follows from the depths of its ends, for all of them at once.
    """
    reached = np.zeros(len(adjacency.start) - 1, dtype=bool)
    met = np.zeros(len(passable), dtype=bool)
    shut = reached if within is None else ~within  # nodes that are not entered, or not again
    front = np.unique(starts).astype(np.int32)
    fronts = [front]
    while len(front):
        reached[front] = shut[front] = True
        rows = adjacency.find_equipment_at(front)
        met[rows] = True
        rows = rows[passable[rows]]
        ends = np.concatenate([adjacency.node_a[rows], adjacency.node_b[rows]])
        front = np.sort(ends[~shut[ends]])
        fresh = np.ones(len(front), dtype=bool)
        np.not_equal(front[1:], front[:-1], out=fresh[1:])
        front = front[fresh]
        fronts.append(front)
    nodes = np.concatenate(fronts)
    node_depth = np.repeat(np.arange(len(fronts), dtype=np.int32), [len(front) for front in fronts])
    rows = np.flatnonzero(met).astype(np.int32)
    through = passable[rows]
    equipment, depth, parent = _collect_passed(
        adjacency, rows[through], (nodes, node_depth), within
    )
    return Walk(
        nodes=nodes,
        node_depth=node_depth,
        equipment=equipment,
        depth=depth,
        parent=parent,
        stopped=rows[~through],
        reached=reached,
    )


def _collect_passed(
    adjacency: Adjacency,
    rows: NDArray[np.int32],
    seen: tuple[NDArray[np.int32], NDArray[np.int32]],
    within: NDArray[np.bool_] | None,
) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.int32]]:
    """Return the equipment a flood went through, its depths, and what led to each."""
    nodes, node_depth = seen
    count = len(adjacency.start) - 1
    far = np.int32(count + 1)  # further than any depth
    depth_of = np.full(count, far, dtype=np.int32)
    depth_of[nodes] = node_depth
    a, b = adjacency.node_a[rows], adjacency.node_b[rows]
    depth_a, depth_b = depth_of[a], depth_of[b]
    from_a = (depth_a < depth_b) | ((depth_a == depth_b) & (a <= b))
    at, beyond = np.where(from_a, a, b), np.where(from_a, b, a)
    depth = np.minimum(depth_a, depth_b) + np.int32(1)
    if within is not None:
        inside = within[beyond]
        rows, at, beyond, depth = rows[inside], at[inside], beyond[inside], depth[inside]
    # A narrow key is sorted in one pass over it.
    order = np.argsort(depth.astype(np.min_scalar_type(int(depth.max(initial=0)))), kind="stable")
    rows, at, beyond, depth = rows[order], at[order], beyond[order], depth[order]
    led = np.full(count, -1, dtype=np.int32)
    first = np.flatnonzero(depth_of[beyond] == depth)[::-1]
    led[beyond[first]] = rows[first]  # of several the last assigned stays: the lowest row
    return rows, depth, led[at]
