"""
Part what is dark and healthy into blocks at its switches.

A block is what no switch can part. Blocks hang together by edges: switches, and devices that
tripped; an edge to the live network has block LIVE at one end::

    live ─RCL(tripped)─ [block 0] ─SW(closed)─ [block 1] ─TIE(open)─ live
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import connected_components

from gridtwin.analysis.plan import fault_area as areas
from gridtwin.model import cim, phases

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gridtwin.analysis.plan.fault_area import Area

LIVE_BLOCK = -1
BARRED = -2  # the faulted section, and what was dead before
VOLTAGE_TOLERANCE = 0.02  # nominal voltages this close are the same level


class EdgeRole(StrEnum):
    """What an edge is to a plan."""

    INNER = "inner"  # closed: conducts unless opened
    TRIPPED = "tripped"  # opened by the fault or to isolate it: may be closed back
    TIE = "tie"  # open before the fault
    SOURCE = "source"  # went with the fault: may be switched on again


class BlockEdge(NamedTuple):
    """A way between two blocks, or between the live network and a block."""

    role: EdgeRole
    element: int  # equipment of the area; for a source, -1 - its row in the network
    node_a: int  # in the area
    node_b: int
    block_a: int
    block_b: int
    passes: int  # phases that get through when it is closed
    remote: bool
    mrid: bytes

    def find_far_end(self, block: int) -> tuple[int, int, int]:
        """Return the block beyond, the node there, and the node on this side."""
        if self.block_a == block:
            return self.block_b, self.node_b, self.node_a
        return self.block_a, self.node_a, self.node_b


@dataclass(frozen=True, slots=True)
class DarkBlocks:
    """The blocks of an area and the edges between them."""

    area: Area
    count: int
    of_node: NDArray[np.int32]  # (k,) block of each node of the area; LIVE_BLOCK, BARRED
    edges: tuple[BlockEdge, ...]
    at: tuple[tuple[int, ...], ...]  # edges of each block
    roots: tuple[int, ...]  # edges to the live network, and of sources
    inner: NDArray[np.bool_]  # (m,) equipment that conducts within a block
    gates: tuple[tuple[int, ...], ...]  # equipment of the area around the section, by block


def find_blocks(area: Area, *, allow_loops: bool, coarse: bool) -> DarkBlocks:
    """
    Return the blocks of an area.

    Parameters
    ----------
    area
        The area.
    allow_loops
        Whether rings that stood closed may come back closed: they are one block then.
    coarse
        Whether laterals that a single switch joins to the rest are one block with it. To open that
        switch helps only where load has to be left out.
    """
    table = area.data.equipment
    a, b = table.node_a, table.node_b
    healthy = area.kind == areas.HEALTHY
    boundary, tripped = area.boundary, area.tripped
    inside = healthy[a] & healthy[b] & (area.passes != 0) & ~tripped & ~boundary
    switch = inside & area.operable
    of_node, count = _number_components(area, inside & ~switch)
    if allow_loops:
        switch &= _find_bridges(of_node[a], of_node[b], switch, count)
    while True:
        of_node, count = _number_components(area, inside & ~switch)
        edges = _list_edges(area, of_node, switch & (of_node[a] != of_node[b]))
        idle = _find_idle_switches(area, edges, of_node, count, coarse=coarse)
        if not idle:
            break
        switch[idle] = False
    at: list[list[int]] = [[] for _ in range(count)]
    for number, edge in enumerate(edges):
        for block in {edge.block_a, edge.block_b} - {LIVE_BLOCK}:
            at[block].append(number)
    roots = (n for n, edge in enumerate(edges) if LIVE_BLOCK in {edge.block_a, edge.block_b})
    return DarkBlocks(
        area=area,
        count=count,
        of_node=of_node,
        edges=edges,
        at=tuple(map(tuple, at)),
        roots=tuple(roots),
        inner=inside & (of_node[a] == of_node[b]),
        gates=_find_gates(area, of_node, count),
    )


def _find_gates(area: Area, of_node: NDArray[np.int32], count: int) -> tuple[tuple[int, ...], ...]:
    """Return, per block, the switches around the section that must be open before it is on."""
    table, gates = area.data.equipment, [list[int]() for _ in range(count)]
    for row in np.flatnonzero(area.boundary & area.gating).tolist():
        for block in {int(of_node[table.node_a[row]]), int(of_node[table.node_b[row]])}:
            if block >= 0:
                gates[block].append(row)
    return tuple(map(tuple, gates))


def _number_components(area: Area, joined: NDArray[np.bool_]) -> tuple[NDArray[np.int32], int]:
    """Return the block of each node, numbered by their lowest node, and how many there are."""
    a, b = area.data.equipment.node_a[joined], area.data.equipment.node_b[joined]
    size = len(area.nodes)
    links = csr_matrix((np.ones(len(a)), (a, b)), (size, size))
    _, label = connected_components(links, directed=False)
    healthy = area.kind == areas.HEALTHY
    used, first, inverse = np.unique(label[healthy], return_index=True, return_inverse=True)
    rank = np.empty(len(used), dtype=np.int32)
    rank[np.argsort(first)] = np.arange(len(used), dtype=np.int32)
    of_node = np.full(size, BARRED, dtype=np.int32)
    of_node[(area.kind == areas.LIVE) | (area.kind == areas.DIMMED)] = LIVE_BLOCK
    of_node[healthy] = rank[inverse]
    return of_node, len(used)


def _find_bridges(
    a: NDArray[np.int32], b: NDArray[np.int32], rows: NDArray[np.bool_], count: int
) -> NDArray[np.bool_]:
    """Return which of the switches lie on no ring of blocks."""
    import networkx as nx

    graph = nx.MultiGraph()
    graph.add_nodes_from(range(count))
    number = np.flatnonzero(rows)
    graph.add_edges_from(zip(a[number].tolist(), b[number].tolist(), number.tolist(), strict=True))
    pairs = {frozenset(pair) for pair in nx.bridges(nx.Graph(graph))}
    is_bridge = np.zeros(len(rows), dtype=bool)
    for row in number.tolist():
        ends = int(a[row]), int(b[row])
        is_bridge[row] = frozenset(ends) in pairs and graph.number_of_edges(*ends) == 1
    return is_bridge


def _list_edges(
    area: Area, of_node: NDArray[np.int32], switch: NDArray[np.bool_]
) -> tuple[BlockEdge, ...]:
    table, remote = area.data.equipment, cim.CONTROLS.index("remote")
    boundary, tripped = area.boundary, area.tripped & ~area.boundary
    a, b = of_node[table.node_a], of_node[table.node_b]
    usable = (a >= LIVE_BLOCK) & (b >= LIVE_BLOCK) & ((a >= 0) | (b >= 0)) & (a != b)
    standing = (area.passes == 0) & area.operable & ~boundary & ~tripped
    closable = standing & compare_levels(area) & (area.closed != 0)
    edges = []
    roles = {
        EdgeRole.INNER: switch,
        EdgeRole.TRIPPED: tripped & area.operable,
        EdgeRole.TIE: closable,
    }
    for role, rows in roles.items():
        for row in np.flatnonzero(rows & usable).tolist():
            passes = area.passes if role is not EdgeRole.TIE else area.closed
            edges.append(
                BlockEdge(
                    role,
                    row,
                    int(table.node_a[row]),
                    int(table.node_b[row]),
                    int(a[row]),
                    int(b[row]),
                    int(passes[row]),
                    remote=bool(table.control[row] == remote),
                    mrid=bytes(table.mrid[row]),
                )
            )
    for row in np.intersect1d(area.trip.sources, area.own_sources).tolist():
        sources = area.situation.data.sources
        node = int(np.searchsorted(area.nodes, sources.node[row]))
        if of_node[node] >= 0:
            mask = int(phases.to_supply_phases(sources.phases[row : row + 1])[0])
            block, mrid = int(of_node[node]), bytes(sources.mrid[row])
            ends = -1, node, LIVE_BLOCK, block
            edges.append(BlockEdge(EdgeRole.SOURCE, -1 - row, *ends, mask, remote=True, mrid=mrid))
    return tuple(sorted(edges, key=lambda edge: (edge.role is not EdgeRole.INNER, edge.mrid)))


def compare_levels(area: Area) -> NDArray[np.bool_]:
    """Return whether both ends of each piece of equipment have one nominal voltage, or may."""
    table, volts = area.data.equipment, area.data.nodes.nominal_v
    first, second = volts[table.node_a], volts[table.node_b]
    apart = np.abs(first - second) > VOLTAGE_TOLERANCE * np.fmax(first, second)
    return ~apart  # a voltage that is not known compares false


def _find_idle_switches(
    area: Area,
    edges: tuple[BlockEdge, ...],
    of_node: NDArray[np.int32],
    count: int,
    *,
    coarse: bool,
) -> list[int]:
    """
    Return the switches that may as well stay closed: each leads to a block that ends there.

    Of a block nobody is served from that is always so; opening the switch would help nobody, and
    each would double the search.
    """
    kept = np.zeros(count, dtype=bool)
    if not coarse:
        at = of_node[area.data.usage_points.node]
        kept[at[at >= 0]] = True
    table, gating = area.data.equipment, area.boundary & area.gating
    ends = np.concatenate([of_node[table.node_a[gating]], of_node[table.node_b[gating]]])
    kept[ends[ends >= 0]] = True  # it waits for the section to be isolated
    degree = np.zeros(count, dtype=int)
    for edge in edges:
        for block in {edge.block_a, edge.block_b} - {LIVE_BLOCK}:
            degree[block] += 1
    ends_here = (degree == 1) & ~kept
    return [
        edge.element
        for edge in edges
        if edge.role is EdgeRole.INNER and (ends_here[edge.block_a] or ends_here[edge.block_b])
    ]
