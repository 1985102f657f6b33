"""Work out what a block draws, and over which elements, when it is fed at one of its nodes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from gridtwin.analysis.plan.dark_blocks import LIVE_BLOCK, EdgeRole
from gridtwin.analysis.state.loads import PHASE_BITS, SUM_COLUMN
from gridtwin.model.phases import ABC, to_supply_phases
from gridtwin.topology.meshed_core import live_phases

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gridtwin.analysis.plan.dark_blocks import DarkBlocks
    from gridtwin.analysis.state.loads import PeakLoads

ANY_LAYER = 3  # layer of conductors whatever their phases
PHASE_LAYERS = 4
State = int  # node * LAYERS + layer


class Arc(NamedTuple):
    """One way along a piece of equipment."""

    element: int
    head: int
    passes: int
    mixes: int  # 1: any phase energizes all beyond; -1: no phase gets through


@dataclass(frozen=True, slots=True)
class BlockFeed:
    """A block fed at one node with some phases; elements are those of the area."""

    load: NDArray[np.float64]  # (4,) watts drawn: A, B, C, sum
    elements: NDArray[np.int32]  # that carry load
    carried: NDArray[np.float64]  # (n, 4) watts
    gain: float  # weighted customers served
    customers: int
    parent: dict[State, tuple[State, int]] = field(repr=False)  # state before, element between
    looped: frozenset[int]  # elements on rings, whose share of the load is not known

    def find_phases(self, node: int) -> int:
        """Return the phases that reach a node."""
        state = node * PHASE_LAYERS
        return sum(bit for layer, bit in enumerate(PHASE_BITS) if state + layer in self.parent)

    def find_way(self, node: int, layer: int) -> list[int]:
        """Return the elements between a node and where the block is fed, on one phase."""
        elements: list[int] = []
        state = node * PHASE_LAYERS + layer
        while state in self.parent:
            state, element = self.parent[state]
            if element >= 0:
                elements.append(element)
        return [element for element in elements if element not in self.looped]


class BlockFeeds:
    """The feeds of the blocks of an area, each worked out once."""

    def __init__(self, blocks: DarkBlocks, loads: PeakLoads, priority_weight: float) -> None:
        self._blocks = blocks
        self._known: dict[tuple[int, int], BlockFeed] = {}
        self._potential: tuple[list[float], list[float]] | None = None
        area = blocks.area
        self._arcs = _list_arcs(blocks)
        points = area.data.usage_points
        index = area.situation.index
        self._watts = loads.point_w[area.points].tolist()
        self._on = loads.on[area.points].tolist()
        mask = index.mask[area.nodes[points.node]]
        self._need = (live_phases(mask) & to_supply_phases(points.phases)).tolist()
        weight = np.where(points.priority != b"", priority_weight, 1.0)
        self._customers = points.customers.tolist()
        self._weighted = (points.customers * weight).tolist()
        self._served_before = area.situation.is_served[area.points].tolist()
        self._points: dict[int, list[int]] = {}
        for point, node in enumerate(points.node.tolist()):
            self._points.setdefault(node, []).append(point)

    def measure_potential(self) -> tuple[list[float], list[float]]:
        """
        Return, per block, the most it can gain, and the least load in watts that is drawn for it.

        A usage point comes back with one of its phases, and draws no more than the share of that;
        unless nothing can bring back less than all of them.
        """
        if self._potential is None:
            self._potential = self._compute_potential()
        return self._potential

    def _compute_potential(self) -> tuple[list[float], list[float]]:
        whole = self._is_whole()
        gain, light = [0.0] * self._blocks.count, [0.0] * self._blocks.count
        for node, rows in self._points.items():
            block = int(self._blocks.of_node[node])
            if block < 0:
                continue
            for point in rows:
                if self._was_served(point):
                    gain[block] += self._weighted[point]
                    phases = max(int(self._on[point]).bit_count(), 1)
                    light[block] += self._watts[point] / (1 if whole else phases)
        return gain, light

    def _is_whole(self) -> bool:
        """
        Return whether every usage point comes back with all its phases or not at all.

        So it is if nothing was meshed and all that may be closed carries three phases, between ends
        that had three: then each way within the dark leads along where these phases were before.
        """
        area = self._blocks.area
        before = live_phases(area.situation.index.mask[area.nodes])
        if area.situation.index.core is not None:
            return False
        for edge in self._blocks.edges:
            if edge.role is EdgeRole.INNER:
                continue
            ends = [node for node in (edge.node_a, edge.node_b) if node >= 0]
            live = [area.live[node] for node in ends if self._blocks.of_node[node] == LIVE_BLOCK]
            if edge.passes != ABC or any(mask != ABC for mask in [*before[ends], *live]):
                return False
        return True

    def _was_served(self, point: int) -> bool:
        """Return whether a usage point was served before the fault."""
        return self._served_before[point]

    def get_feed(self, node: int, phases: int) -> BlockFeed:
        """Return what the block of a node draws when it is fed there with `phases`."""
        key = node, phases
        if key not in self._known:
            self._known[key] = self._compute_feed(node, phases)
        return self._known[key]

    def _compute_feed(self, node: int, phases: int) -> BlockFeed:
        parent, order, rings = self._flood_block(node, phases)
        flow: dict[State, float] = {}
        load, gain, customers = [0.0] * PHASE_LAYERS, 0.0, 0
        for state in order:
            if state % PHASE_LAYERS != ANY_LAYER:
                continue
            at = state // PHASE_LAYERS
            live = sum(
                b for layer, b in enumerate(PHASE_BITS) if at * PHASE_LAYERS + layer in parent
            )
            for point in self._points.get(at, ()):
                need = self._need[point]
                if not self._was_served(point) or (need and not need & live):
                    continue
                gain += self._weighted[point]
                customers += self._customers[point]
                share = self._watts[point] / max(int(self._on[point]).bit_count(), 1)
                for layer, bit in enumerate(PHASE_BITS):
                    if self._on[point] & live & bit:
                        flow[at * PHASE_LAYERS + layer] = (
                            flow.get(at * PHASE_LAYERS + layer, 0.0) + share
                        )
        carried = self._gather_flows(parent, order, flow, load)
        looped = frozenset(_find_ring_elements(parent, rings))
        rows = sorted(row for row in carried if row not in looped)
        table = np.array([carried[row] for row in rows]).reshape(len(rows), PHASE_LAYERS)
        return BlockFeed(
            load=np.array(load),
            elements=np.array(rows, dtype=np.int32),
            carried=table,
            gain=gain,
            customers=customers,
            parent=parent,
            looped=looped,
        )

    def _flood_block(
        self, node: int, phases: int
    ) -> tuple[dict[State, tuple[State, int]], list[State], list[tuple[State, State, int]]]:
        """Return how each state is reached, in breadth-first order, and what closes rings."""
        starts = [
            node * PHASE_LAYERS + layer for layer, bit in enumerate(PHASE_BITS) if phases & bit
        ]
        starts.append(node * PHASE_LAYERS + ANY_LAYER)
        parent: dict[State, tuple[State, int]] = dict.fromkeys(starts, (-1, -1))
        rings: list[tuple[State, State, int]] = []
        order = starts
        for state in order:
            at, layer = divmod(state, PHASE_LAYERS)
            via = parent[state][1]
            for arc in self._arcs.get(at, ()):
                if arc.element == via:
                    continue
                for beyond in _list_layers_beyond(layer, arc):
                    if beyond not in parent:
                        parent[beyond] = state, arc.element
                        order.append(beyond)
                    elif layer != ANY_LAYER and not arc.mixes:
                        rings.append((state, beyond, arc.element))
        return parent, order, rings

    def _gather_flows(
        self,
        parent: dict[State, tuple[State, int]],
        order: list[State],
        flow: dict[State, float],
        load: list[float],
    ) -> dict[int, list[float]]:
        """Add up flows towards where the block is fed; return what each element carries."""
        carried: dict[int, list[float]] = {}

        def add_flow(element: int, layer: int, watts: float) -> None:
            row = carried.setdefault(element, [0.0] * PHASE_LAYERS)
            row[layer] += watts
            row[SUM_COLUMN] += watts

        for state in reversed(order):
            watts = flow.get(state, 0.0)
            if not watts:
                continue
            above, element = parent[state]
            if above < 0:
                load[state % PHASE_LAYERS] += watts
                load[SUM_COLUMN] += watts
                continue
            if above % PHASE_LAYERS == state % PHASE_LAYERS:
                add_flow(element, state % PHASE_LAYERS, watts)
                flow[above] = flow.get(above, 0.0) + watts
                continue
            # Through windings that join phases: evenly from all that arrive.
            node = above // PHASE_LAYERS
            arrive = [layer for layer in range(SUM_COLUMN) if node * PHASE_LAYERS + layer in parent]
            for layer in arrive:
                add_flow(element, layer, watts / len(arrive))
                at = node * PHASE_LAYERS + layer
                while parent[at][0] >= 0 and parent[at][0] % PHASE_LAYERS == layer:
                    add_flow(parent[at][1], layer, watts / len(arrive))
                    at = parent[at][0]
                load[layer] += watts / len(arrive)
                load[SUM_COLUMN] += watts / len(arrive)
        return carried


def _list_layers_beyond(layer: int, arc: Arc) -> tuple[State, ...]:
    """Return the states an arc leads to from a layer."""
    if layer == ANY_LAYER:
        return (arc.head * PHASE_LAYERS + ANY_LAYER,)
    if arc.mixes < 0 or not arc.passes & PHASE_BITS[layer]:
        return ()
    if arc.mixes > 0:
        return tuple(
            arc.head * PHASE_LAYERS + n for n, bit in enumerate(PHASE_BITS) if arc.passes & bit
        )
    return (arc.head * PHASE_LAYERS + layer,)


def _list_arcs(blocks: DarkBlocks) -> dict[int, list[Arc]]:
    """Return the ways within blocks by the node they start at."""
    area = blocks.area
    whole = area.situation.index.conduction
    rows = np.flatnonzero(blocks.inner)
    one_way, mixes = whole.one_way[area.equipment[rows]], whole.mixes[area.equipment[rows]]
    table = area.data.equipment
    arcs: dict[int, list[Arc]] = {}
    for row, a, b, passes, way, mix in zip(
        rows.tolist(),
        table.node_a[rows].tolist(),
        table.node_b[rows].tolist(),
        area.passes[rows].tolist(),
        one_way.tolist(),
        mixes.tolist(),
        strict=True,
    ):
        if way >= 0:
            arcs.setdefault(a, []).append(Arc(row, b, passes, mix))
        if way <= 0:
            arcs.setdefault(b, []).append(Arc(row, a, passes, -mix))
    return arcs


def _find_ring_elements(
    parent: dict[State, tuple[State, int]], rings: list[tuple[State, State, int]]
) -> set[int]:
    """Return the elements of the rings that some elements close, phase by phase."""
    on_rings: set[int] = set()
    for first, second, element in rings:
        ways: list[dict[State, int]] = []
        for state in (first, second):
            way, at = {}, state
            while at >= 0:
                way[at] = parent[at][1]
                at = parent[at][0]
            ways.append(way)
        shared = ways[0].keys() & ways[1].keys()
        on_rings |= {row for way in ways for at, row in way.items() if at not in shared}
        on_rings.add(element)
    return on_rings - {-1}
