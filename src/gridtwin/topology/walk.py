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
    def of(cls, node_a: NDArray[np.int32], node_b: NDArray[np.int32], node_count: int) -> Adjacency:
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

    def around(self, nodes: NDArray[np.int32]) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
        """Return the equipment at nodes, and for each the node it was found at."""
        begin, end = self.start[nodes], self.start[nodes + 1]
        count = end - begin
        total = int(count.sum())
        offset = np.repeat(begin - np.concatenate([[0], np.cumsum(count)[:-1]]), count)
        return self.equipment[np.arange(total) + offset], np.repeat(nodes, count)

    def across(self, rows: NDArray[np.int32], nodes: NDArray[np.int32]) -> NDArray[np.int32]:
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


def flood(
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
    """
    count = len(adjacency.start) - 1
    reached = np.zeros(count, dtype=bool)
    seen = np.zeros(len(passable), dtype=bool)
    led = np.full(count, -1, dtype=np.int32)
    front = np.unique(starts).astype(np.int32)
    reached[front] = True
    found: list[tuple[NDArray[np.int32], ...]] = []
    nodes, stops = [front], []
    depth = 0
    while len(front):
        depth += 1
        rows, at = adjacency.around(front)
        rows, first = np.unique(rows, return_index=True)
        at = at[first]
        fresh = ~seen[rows]
        rows, at = rows[fresh], at[fresh]
        seen[rows] = True
        through = passable[rows]
        stops.append(rows[~through])
        rows, at = rows[through], at[through]
        beyond = adjacency.across(rows, at)
        if within is not None:
            inside = within[beyond]
            rows, at, beyond = rows[inside], at[inside], beyond[inside]
        found.append((rows, np.full(len(rows), depth, dtype=np.int32), led[at]))
        new = ~reached[beyond]
        led[beyond[new][::-1]] = rows[new][::-1]
        front = np.unique(beyond[new])
        reached[front] = True
        nodes.append(front)
    equipment, depths, parents = (
        (np.concatenate(parts) for parts in zip(*found, strict=True))
        if found
        else (np.empty(0, dtype=np.int32),) * 3
    )
    lengths = [len(part) for part in nodes]
    return Walk(
        nodes=np.concatenate(nodes),
        node_depth=np.repeat(np.arange(len(nodes), dtype=np.int32), lengths),
        equipment=equipment,
        depth=depths,
        parent=parents,
        stopped=np.unique(np.concatenate(stops)) if stops else np.empty(0, dtype=np.int32),
        reached=reached,
    )
