"""Find the loops of a meshed network, and everything on the ways between two of its points."""

from __future__ import annotations

from typing import TYPE_CHECKING

import networkx as nx
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gridtwin.topology.index import TopologyIndex

NONE: NDArray[np.int32] = np.empty(0, dtype=np.int32)
ROOT = ("node", -1)


def _graph(index: TopologyIndex, phase: int = 0) -> nx.Graph:
    """Return the core with every piece of equipment as a vertex of its own."""
    graph = nx.Graph()
    core = index.core
    if core is None:
        return graph
    count = len(core.slot) - 1
    passes = core.passes & phase if phase else core.passes
    for tail, head, row in zip(
        core.nodes[core.tail[passes != 0]].tolist(),
        core.nodes[core.head[passes != 0]].tolist(),
        core.equipment[passes != 0].tolist(),
        strict=True,
    ):
        for node in (tail, head):
            graph.add_edge(ROOT if node == count else ("node", node), ("equipment", row))
    return graph


def _equipment(vertices: set[tuple[str, int]]) -> NDArray[np.int32]:
    rows = sorted(row for kind, row in vertices if kind == "equipment" and row >= 0)
    return np.array(rows, dtype=np.int32)


def find_loops(index: TopologyIndex) -> list[NDArray[np.int32]]:
    """
    Return the equipment of every loop that the same phase closes, in order of the lowest row.

    Loops that share more than one point are one block, as they cannot be told apart.
    """
    found: dict[bytes, NDArray[np.int32]] = {}
    for phase in (1, 2, 4):
        for block in nx.biconnected_components(_graph(index, phase)):
            rows = _equipment(block)
            if len(block) > 2 and len(rows):
                found[rows.tobytes()] = rows
    return sorted(found.values(), key=lambda rows: rows.tolist())


def block_of(index: TopologyIndex, row: int) -> NDArray[np.int32]:
    """Return the equipment on loops with a piece of equipment, itself among it; none if on none."""
    core = index.core
    if core is None or not (core.equipment == row).any():
        return NONE
    vertex = ("equipment", row)
    for block in nx.biconnected_components(_graph(index)):
        if vertex in block and len(block) > 2:
            neighbors = sum(1 for kind, _ in block if kind == "node")
            if neighbors > 1:
                return _equipment(block)
    return NONE


def ways_between(index: TopologyIndex, slots: list[int], goal: list[int]) -> NDArray[np.int32]:
    """
    Return the equipment of the core on any simple path from the sources to a node or equipment.

    Parameters
    ----------
    index
        The topology.
    slots
        Nodes of the core to end at.
    goal
        Equipment of the core to end at.

    Notes
    -----
    What lies on a simple path between two vertices is the block that an edge between them joins.
    """
    graph = _graph(index)
    found: set[tuple[str, int]] = set()
    ends = [("node", node) for node in slots] + [("equipment", row) for row in goal]
    for end in ends:
        if end not in graph or end == ROOT:
            continue
        added = not graph.has_edge(ROOT, end)
        graph.add_edge(ROOT, end)
        for block in nx.biconnected_components(graph):
            if ROOT in block and end in block:
                found |= block
        if added:
            graph.remove_edge(ROOT, end)
    return _equipment(found)
