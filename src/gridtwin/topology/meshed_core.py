"""
Answer exactly where loops are: which part of the meshed core still has supply, phase by phase.

The core is the supplied network without its dead ends: every node on a loop, and all nodes between
them and the sources. Everything else hangs on it as trees, where intervals are exact. Several
faults at once, and faults of one phase, are settled by flooding the core, which is small.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import breadth_first_order

from gridtwin.model.phases import ABC
from gridtwin.topology.cut_tree import CutTree
from gridtwin.topology.forest import find_ancestors

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gridtwin.model.schema import UsagePoints
    from gridtwin.topology.conduction import Conduction
    from gridtwin.topology.forest import Forest

REACHED = 8  # bit of a flood: some conductor reaches the node, whatever its phases
# A node's mask holds the phases it lives on. Below a transformer that mixes phases those are phases
# above the transformer: the bit FREED is set, and the local phases stand LOCAL bits higher.
FREED = 8
LOCAL = 4
LAYERS = 4  # phases A, B, C, and conductors whatever their phases
NO_FAULT: NDArray[np.int32] = np.empty(0, dtype=np.int32)


@dataclass(slots=True)
class Core:
    """The meshed core of a network in one state; slots are its nodes, slot 0 the super-source."""

    nodes: NDArray[np.int32]  # (k,) node of each slot
    slot: NDArray[np.int32]  # (nodes + 1,) slot of each node; -1 outside the core
    attach: NDArray[np.int32]  # (nodes,) slot each supplied node hangs on; -1 if dead
    tail: NDArray[np.int32]  # (m,) slot
    head: NDArray[np.int32]  # (m,) slot
    equipment: NDArray[np.int32]  # (m,) row of the arc's equipment; -1 - row of the source
    passes: NDArray[np.uint8]  # (m,)
    mixes: NDArray[np.int8]  # (m,) 1: mixes phases; -1: the way up, which no phase takes
    uniform: bool  # every arc passes the same phases, so conductors tell all
    supplied: NDArray[np.uint8]  # (k,) phases and REACHED without any fault
    customers: NDArray[np.int64]  # (k, 8) on each slot, by the phases they need; 0: any conductor
    _ways: Ways | None = field(default=None, init=False, repr=False)  # made when first flooded
    _reversible: NDArray[np.bool_] | None = field(default=None, init=False, repr=False)
    _cut_trees: dict[bytes, CutTree] = field(default_factory=dict, init=False, repr=False)

    @property
    def nbytes(self) -> int:
        """Memory held, in bytes."""
        return sum(
            array.nbytes
            for array in (self.nodes, self.slot, self.attach, self.tail, self.head, self.customers)
        )

    @classmethod
    def from_forest(cls, conduction: Conduction, forest: Forest) -> Core:
        """
        Cut the core out of a network.

        Parameters
        ----------
        conduction, forest
            What conducts, and the forest of what is supplied.
        """
        count = conduction.node_count
        positions = _find_core_positions(conduction, forest)
        nodes = forest.order[positions]
        slot = np.full(count + 1, -1, dtype=np.int32)
        slot[nodes] = np.arange(len(nodes), dtype=np.int32)
        tail, head, equipment = _collect_arcs(conduction, slot, count)
        rows = np.maximum(equipment, 0)
        is_source = equipment < 0
        by_row = np.zeros(int(conduction.source_row.max(initial=0)) + 1, dtype=np.uint8)
        by_row[conduction.source_row] = conduction.source_mask
        passes = np.where(
            is_source, by_row[np.where(is_source, -1 - equipment, 0)], conduction.passes[rows]
        )
        along = np.where(slot[conduction.node_a[rows]] == tail, 1, -1)
        mixes = np.where(is_source, 0, conduction.mixes[rows] * along).astype(np.int8)
        core = cls(
            nodes=nodes,
            slot=slot,
            attach=_attach_nodes(forest, positions, count),
            tail=tail,
            head=head,
            equipment=equipment,
            passes=passes,
            mixes=mixes,
            uniform=_is_uniform(passes, mixes),
            supplied=np.zeros(len(nodes), dtype=np.uint8),
            customers=np.zeros((len(nodes), 8), dtype=np.int64),
        )
        core.supplied = core.flood_remaining()
        return core

    def flood_remaining(
        self,
        *,
        slots: NDArray[np.int32] = NO_FAULT,
        equipment: NDArray[np.int32] = NO_FAULT,
    ) -> NDArray[np.uint8]:
        """
        Return what still has supply: one byte per slot, phases and the bit REACHED.

        Parameters
        ----------
        slots
            Slots that are out.
        equipment
            Equipment that is out; ``-1 - row`` for a source.
        """
        kept = np.ones(len(self.tail), dtype=bool)
        if len(slots):
            out = np.zeros(len(self.nodes), dtype=bool)
            out[slots] = True
            kept &= ~(out[self.tail] | out[self.head])
        if len(equipment):
            kept &= ~np.isin(self.equipment, equipment)
        return self.lay_out_ways().flood_kept(kept)

    def find_way_to(self, slot: int, need: int) -> NDArray[np.int32]:
        """
        Return the equipment on one way by which a slot has a phase; ``-1 - row`` for a source.

        Parameters
        ----------
        slot
            The slot.
        need
            Bits of a flood, any of which will do; one of them must be there.
        """
        bits = [bit for bit in range(LAYERS) if need >> bit & 1 and self.supplied[slot] >> bit & 1]
        return self.equipment[self.lay_out_ways().lead_to(slot, bits[0])]

    def lay_out_ways(self) -> Ways:
        """Return the ways through the core, laid out in layers; made when first asked for."""
        if self._ways is None:
            self._ways = _build_ways(self)
        return self._ways

    def build_cut_tree(self, phases: int = 0, *, reversible: bool = False) -> CutTree:
        """
        Return the blocks of the core below the super-source, made when first asked for.

        Parameters
        ----------
        phases
            Only arcs that pass one of these phases are looked at; 0 for whatever passes any.
            Phases that the same arcs pass share one tree.
        reversible
            Whether to leave out what supply goes through one way only, or onto other phases.
        """
        passed = self.passes & np.uint8(phases or ABC) != 0
        if reversible:
            passed &= self.find_reversible()
        arcs = passed.tobytes()
        if arcs not in self._cut_trees:
            self._cut_trees[arcs] = CutTree.from_edges(
                len(self.nodes), self.tail[passed], self.head[passed], self.equipment[passed]
            )
        return self._cut_trees[arcs]

    def find_reversible(self) -> NDArray[np.bool_]:
        """Return which arcs supply goes along both ways, phase by phase; those of sources too."""
        if self._reversible is None:
            _, place, count = np.unique(self.equipment, return_inverse=True, return_counts=True)
            self._reversible = ((count[place] == 2) | (self.equipment < 0)) & (self.mixes == 0)
        return self._reversible

    def count_needs(self, points: UsagePoints, need: NDArray[np.uint8]) -> None:
        """
        Count the customers hanging on each slot by the phases they need.

        Parameters
        ----------
        points
            The network's usage points.
        need
            What keeps each alive; see `gridtwin.topology.phase_needs.needs_of`.
        """
        slot = self.attach[points.node]
        counted = (slot >= 0) & (need != 0)
        key = slot[counted].astype(np.intp) * 8 + (need[counted] & np.uint8(ABC))
        total = np.bincount(key, points.customers[counted], minlength=self.customers.size)
        self.customers = total.astype(np.int64).reshape(self.customers.shape)

    def count_customers_out(self, live: NDArray[np.uint8]) -> int:
        """Return the customers hanging on the core that have no supply left."""
        changed = np.flatnonzero(live != self.supplied)
        if not len(changed):
            return 0
        need = np.arange(8, dtype=np.uint8)
        need[0] = REACHED
        dark = (live[changed, None] & need) == 0
        return int(self.customers[changed][dark].sum())


def live_phases(mask: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return the phases A, B, C that are live at nodes, from their masks."""
    return np.where(mask & FREED != 0, mask >> LOCAL, mask) & np.uint8(ABC)


def _is_uniform(passes: NDArray[np.uint8], mixes: NDArray[np.int8]) -> bool:
    if not len(passes):
        return True
    same = bool((passes == passes[0]).all())
    return same and not bool(mixes.any())


def _find_core_positions(conduction: Conduction, forest: Forest) -> NDArray[np.int32]:
    """Return the positions of the core: the ends of what closes loops, and all above them."""
    extra = forest.extra
    ends = np.concatenate([conduction.node_a[extra], conduction.node_b[extra]])
    nodes, uses = np.unique(conduction.source_node, return_counts=True)
    ends = forest.position[np.concatenate([ends, nodes[uses > 1]])]
    return find_ancestors(forest.up, ends[ends > 0])


def _collect_arcs(
    conduction: Conduction, slot: NDArray[np.int32], count: int
) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.int32]]:
    """Return the arcs inside the core, those of the sources last."""
    a, b = slot[conduction.node_a], slot[conduction.node_b]
    rows = np.flatnonzero((conduction.passes != 0) & (a >= 0) & (b >= 0)).astype(np.int32)
    one_way = conduction.one_way[rows]
    forth, back = rows[one_way >= 0], rows[one_way <= 0]
    sources = slot[conduction.source_node]
    fed = np.flatnonzero(sources >= 0)
    tail = np.concatenate([a[forth], b[back], np.full(len(fed), slot[count], dtype=np.int32)])
    head = np.concatenate([b[forth], a[back], sources[fed]])
    equipment = np.concatenate([forth, back, -1 - conduction.source_row[fed]])
    return tail, head, equipment.astype(np.int32)


def _attach_nodes(forest: Forest, positions: NDArray[np.int32], count: int) -> NDArray[np.int32]:
    """Return the slot each supplied node hangs on."""
    slots = np.full(len(forest.order), -1, dtype=np.int32)
    slots[positions] = np.arange(len(positions), dtype=np.int32)
    for depth in range(1, len(forest.levels) - 1):
        here = slice(forest.levels[depth], forest.levels[depth + 1])
        slots[here] = np.where(slots[here] >= 0, slots[here], slots[forest.up[here]])
    attach = np.full(count, -1, dtype=np.int32)
    attach[forest.order[1:]] = slots[1:]
    return attach


@dataclass(frozen=True, slots=True)
class Ways:
    """
    The ways through a core in layers, one for each phase and one for conductors whatever theirs.

    A way in layer `l` from slot `t` is stored with those of node ``l * slots + t``.
    """

    slots: int
    layers: int
    passes: int  # phases that reaching a slot of the one layer tells of
    start: NDArray[np.int32]  # (layers * slots + 2,) first way of each node; the last is the start
    tail: NDArray[np.int32]
    head: NDArray[np.int32]
    arc: NDArray[np.int32]  # arc of the core each way goes along; -1 for those of the start

    def lead_to(self, slot: int, layer: int) -> list[int]:
        """Return the arcs of one way from the start to a slot in a layer."""
        count = self.layers * self.slots
        links = csr_matrix(
            (np.ones(len(self.head)), self.head, self.start), shape=(count + 1, count + 1)
        )
        _, above = breadth_first_order(links, count)
        at = slot if self.layers == 1 else layer * self.slots + slot
        arcs = []
        while (tail := int(above[at])) != count:
            first, last = self.start[tail], self.start[tail + 1]
            arcs.append(int(self.arc[first + np.argmax(self.head[first:last] == at)]))
            at = tail
        return arcs

    def flood_kept(self, kept: NDArray[np.bool_]) -> NDArray[np.uint8]:
        """Return what is reached along the arcs kept: one byte per slot."""
        count = self.layers * self.slots
        # A way that is barred leads back to where it starts.
        head = np.where(np.append(kept, True)[self.arc], self.head, self.tail)
        links = csr_matrix(
            (np.ones(len(head)), head, self.start), shape=(count + 1, count + 1), copy=False
        )
        reached = np.zeros(count + 1, dtype=np.uint8)
        reached[breadth_first_order(links, count, return_predecessors=False)] = 1
        layers = reached[:count].reshape(self.layers, self.slots)
        if self.layers == 1:
            return layers[0] * np.uint8(REACHED | self.passes)
        return layers[0] | layers[1] << 1 | layers[2] << 2 | layers[3] << 3


def _build_ways(core: Core) -> Ways:
    """Lay the arcs of a core out in layers: a single one where all arcs carry the same phases."""
    count, arcs = len(core.nodes), np.arange(len(core.tail), dtype=np.int32)
    layers = 1 if core.uniform else LAYERS
    parts = [(core.tail + (layers - 1) * count, core.head + (layers - 1) * count, arcs)]
    for layer in range(layers - 1):
        let = arcs[(core.passes & (1 << layer) != 0) & (core.mixes >= 0)]
        parts.append((core.tail[let] + layer * count, core.head[let] + layer * count, let))
        for other in (o for o in range(3) if o != layer):
            both = np.uint8(1 << layer | 1 << other)
            mixed = arcs[(core.passes & both == both) & (core.mixes > 0)]
            parts.append(
                (core.tail[mixed] + layer * count, core.head[mixed] + other * count, mixed)
            )
    entries = np.arange(layers, dtype=np.int32) * count  # slot 0, the super-source, in every layer
    none = np.full(layers, -1, dtype=np.int32)
    parts.append((np.full(layers, layers * count, dtype=np.int32), entries, none))
    tail, head, arc = (
        np.concatenate(column).astype(np.int32) for column in zip(*parts, strict=True)
    )
    order = np.argsort(tail, kind="stable")
    start = np.searchsorted(tail[order], np.arange(layers * count + 2)).astype(np.int32)
    passes = int(core.passes[0]) if len(core.passes) else ABC
    return Ways(count, layers, passes, start, tail[order], head[order], arc[order])
