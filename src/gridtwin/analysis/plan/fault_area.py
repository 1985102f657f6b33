"""Cut the part of a network that a fault darkens out of it, with the live nodes around it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from gridtwin.analysis.state.situation import NO_ROWS, Situation
from gridtwin.analysis.trace.fault_isolation import FaultIsolation, Trip, find_trip, isolate_faults
from gridtwin.analysis.trace.isolation import step_beyond_head
from gridtwin.model import cim, phases
from gridtwin.model.tables import NetworkData, take_rows
from gridtwin.topology.conduction import DER
from gridtwin.topology.loss import FaultSet, compute_left_masks, find_loss, find_lost_nodes
from gridtwin.topology.meshed_core import FREED, live_phases
from gridtwin.topology.topology_index import find_supply
from gridtwin.topology.walk import flood_network

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from gridtwin.model.ids import Element

# What a node of an area is. A dimmed one, in a mesh, keeps some of its phases through the fault.
HEALTHY, FAULTED, DIMMED, LIVE, OTHER = range(5)


class AreaSupply(NamedTuple):
    """What has supply in an area."""

    reached: NDArray[np.bool_]  # (k,) some conductor reaches the node
    live: NDArray[np.uint8]  # (k,) phases that are live there


@dataclass(frozen=True, slots=True)
class Area:
    """
    What a fault darkens, with numbers of its own; ``nodes`` and ``equipment`` give the rows.

    Live nodes at its edge stand for the rest of the network: no operation in the area changes them.
    """

    situation: Situation
    nodes: NDArray[np.int32]  # (k,) row in the network
    equipment: NDArray[np.int32]  # (m,) row in the network
    points: NDArray[np.int32]  # (q,) row in the network
    data: NetworkData  # the same as tables, in the area's own numbers
    kind: NDArray[np.uint8]  # (k,) HEALTHY, FAULTED, LIVE or OTHER
    live: NDArray[np.uint8]  # (k,) phases of the LIVE and DIMMED nodes while all is open
    passes: NDArray[np.uint8]  # (m,) phases that got through before the fault
    closed: NDArray[np.uint8]  # (m,) phases that get through when closed
    operable: NDArray[np.bool_]  # (m,)
    trip: Trip
    cut: FaultIsolation
    faults: FaultSet  # all that is open or gone before anything is closed
    relief: NDArray[np.int32]  # load-breaking devices to open first (rows in the network)
    own_sources: NDArray[np.int32]  # rows of the sources inside
    boundary: NDArray[np.bool_]  # (m,) around the faulted section
    tripped: NDArray[np.bool_]  # (m,) opened by the fault, or first to relieve others
    loaded: NDArray[np.bool_]  # (m,) around the section, live, and unable to break load
    gating: NDArray[np.bool_]  # (m,) what is beyond waits for it; others are checked when possible

    @property
    def sources_lost(self) -> NDArray[np.int32]:
        """Rows of the sources that supplied before the fault and went with it."""
        return np.intersect1d(self.faults.sources, self.own_sources)

    def find_supply(self, passes: NDArray[np.uint8], sources: Sequence[int]) -> AreaSupply:
        """
        Return what has supply in the area when equipment passes `passes`.

        Parameters
        ----------
        passes
            Phases that get through each piece of equipment, shape (m,).
        sources
            Rows of the sources inside that are on.
        """
        edge = np.flatnonzero(self.kind == LIVE).astype(np.int32)
        table = self.situation.data.sources
        on = np.array(sorted(sources), dtype=np.int32)
        at = np.searchsorted(self.nodes, table.node[on]).astype(np.int32)
        whole = self.situation.index.conduction
        conduction = replace(
            whole,
            node_count=len(self.nodes),
            node_a=self.data.equipment.node_a,
            node_b=self.data.equipment.node_b,
            passes=passes,
            one_way=whole.one_way[self.equipment],
            low=whole.low[self.nodes],
            mixes=whole.mixes[self.equipment],
            source_node=np.concatenate([edge, at]),
            source_mask=np.concatenate(
                [self.live[edge], phases.to_supply_phases(table.phases[on])]
            ),
            source_row=np.arange(len(edge) + len(at), dtype=np.int32),
        )
        reached, mask = find_supply(conduction)
        return AreaSupply(reached, live_phases(mask))


def find_area(
    situation: Situation,
    elements: Sequence[Element],
    *,
    remote_only: bool,
    all_sides: bool = False,
) -> Area:
    """
    Return the area that elements darken when they fault, trip and are isolated.

    Parameters
    ----------
    situation
        The network before the fault.
    elements
        What faulted.
    remote_only
        Whether only switches operated from the control room may be used.
    all_sides
        Whether switches around the section with nothing but dead ends beyond are operated too.
    """
    operable = situation.is_operable
    if remote_only:
        operable = operable & (situation.data.equipment.control == cim.CONTROLS.index("remote"))
    elements = [_find_fault_element(situation, element) for element in elements]
    trip = find_trip(situation, elements)
    cut = isolate_faults(situation, elements, operable=operable, all_sides=all_sides)
    area = _cut_area(situation, operable, trip, cut)
    if not remote_only:
        return area
    on_site = area.data.equipment.control != cim.CONTROLS.index("remote")
    return replace(area, gating=~(on_site & np.isin(area.equipment, cut.verify)))


def _find_relief(
    situation: Situation, operable: NDArray[np.bool_], trip: Trip, cut: FaultIsolation
) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """
    Return what to open first, and the switches around the section that have to wait for it.

    Those are still live and cannot break load; first, the nearest devices that can are opened on
    the ways supply comes to them, unless they bound the section themselves.
    """
    left = compute_left_masks(situation.index, find_loss(situation.index, trip.faults))
    table = situation.data.equipment
    alive = (left[table.node_a[cut.operate]] != 0) & (left[table.node_b[cut.operate]] != 0)
    breaks = cim.BREAKS_LOAD[table.kind] & operable
    loaded = cut.operate[alive & ~breaks[cut.operate]]
    openings: set[int] = set()
    for row in loaded.tolist():
        openings |= set(_find_suppliers(situation, breaks, trip, row).tolist())
    first = np.array(sorted(openings - set(cut.operate.tolist())), dtype=np.int32)
    return first, loaded


def _find_suppliers(
    situation: Situation, breaks: NDArray[np.bool_], trip: Trip, row: int
) -> NDArray[np.int32]:
    """Return the nearest devices that break load, on the ways supply still comes to a switch."""
    passable = situation.conducts & ~breaks
    passable[trip.devices] = False
    walk = flood_network(
        situation.adjacency, np.array(situation.find_ends(row), dtype=np.int32), passable
    )
    met = walk.stopped[breaks[walk.stopped] & situation.conducts[walk.stopped]]
    met = np.setdiff1d(met, trip.devices).astype(np.int32)
    faults = replace(trip.faults, equipment=np.union1d(trip.faults.equipment, met))
    left = compute_left_masks(situation.index, find_loss(situation.index, faults))
    table = situation.data.equipment
    a, b = table.node_a[met], table.node_b[met]
    beyond = np.where(walk.reached[a], b, a)
    return met[~walk.reached[beyond] & (left[beyond] != 0)]


def _find_fault_element(situation: Situation, element: Element) -> Element:
    """Return where to look for a fault: a feeder's is beyond its head, a usage point's its node."""
    if element.table == "usage_points":
        node = int(situation.data.usage_points.node[element.row])
        return element._replace(table="nodes", row=node)
    return step_beyond_head(situation, element)


def _cut_area(
    situation: Situation,
    operable: NDArray[np.bool_],
    trip: Trip,
    cut: FaultIsolation,
) -> Area:
    relief, loaded = _find_relief(situation, operable, trip, cut)
    opened = np.concatenate([cut.operate, trip.devices, relief])
    sources = situation.data.sources
    within = np.flatnonzero(np.isin(sources.node, cut.nodes))
    gone = np.concatenate([trip.sources, cut.faults.sources, within])
    faults = FaultSet(
        cut.nodes, np.unique(opened).astype(np.int32), np.unique(gone).astype(np.int32)
    )
    loss = find_loss(situation.index, faults)
    dark = find_lost_nodes(situation.index, loss)
    left = compute_left_masks(situation.index, loss)
    dimmed = _find_dimmed(situation, left)
    changed = np.unique(np.concatenate([dark, cut.nodes, dimmed])).astype(np.int32)
    rows = np.unique(situation.adjacency.find_around(changed)[0]).astype(np.int32)
    table = situation.data.equipment
    rows = rows[table.in_service[rows]]
    nodes = np.unique(np.concatenate([changed, table.node_a[rows], table.node_b[rows]]))
    nodes = nodes.astype(np.int32)
    kind = np.full(len(nodes), OTHER, dtype=np.uint8)
    kind[left[nodes] != 0] = LIVE
    kind[np.searchsorted(nodes, dimmed)] = DIMMED
    kind[np.searchsorted(nodes, dark)] = HEALTHY
    kind[np.searchsorted(nodes, cut.nodes)] = FAULTED
    mask = situation.index.mask[nodes]
    live = np.where((kind == LIVE) | (kind == DIMMED), live_phases(mask), np.uint8(0))
    # What is left is told in phases above a transformer that mixes them; any lets all live below.
    some = np.where(left[nodes] & np.uint8(phases.ABC) != 0, live, np.uint8(0))
    live = np.where(mask & FREED != 0, some, live & left[nodes]).astype(np.uint8)
    faulted = kind == FAULTED
    ends = (np.searchsorted(nodes, node[rows]) for node in (table.node_a, table.node_b))
    inner = np.logical_and(*(faulted[end] for end in ends))  # a switch that has faulted itself
    points = situation.points_at(changed)
    supplying = sources.in_service & (sources.kind != DER) & np.isin(sources.node, changed)
    ignored = situation.rules.phase_policy == "ignore"
    closed = phases.to_supply_phases(table.phases[rows] & np.uint8(63))
    return Area(
        situation=situation,
        nodes=nodes,
        equipment=rows,
        points=points,
        data=_extract_tables(situation.data, nodes, rows, points),
        kind=kind,
        live=live,
        passes=situation.index.conduction.passes[rows],
        closed=np.where(ignored, phases.ABC, closed).astype(np.uint8)
        & np.uint8(situation.rules.phases),
        operable=operable[rows],
        trip=trip,
        cut=cut,
        faults=faults,
        relief=relief,
        own_sources=np.flatnonzero(supplying).astype(np.int32),
        boundary=np.isin(rows, np.concatenate([cut.operate, cut.verify])) & ~inner,
        tripped=np.isin(rows, np.concatenate([trip.devices, relief])),
        gating=np.ones(len(rows), dtype=bool),
        loaded=np.isin(rows, loaded),
    )


def _find_dimmed(situation: Situation, left: NDArray[np.uint8]) -> NDArray[np.int32]:
    """Return the nodes that lose some of their phases and not all supply."""
    index = situation.index
    if index.core is None:
        return NO_ROWS
    whole = index.mask & np.uint8(phases.ABC)
    dimmed = (left != 0) & ((left & np.uint8(phases.ABC)) != whole)
    return np.flatnonzero(dimmed).astype(np.int32)


def _extract_tables(
    data: NetworkData,
    nodes: NDArray[np.int32],
    rows: NDArray[np.int32],
    points: NDArray[np.int32],
) -> NetworkData:
    """Return the rows of a network as a small network of its own, without sources and feeders."""

    def renumber(node: NDArray[np.int32]) -> NDArray[np.int32]:
        return np.searchsorted(nodes, node).astype(np.int32)

    equipment, usage = take_rows(data.equipment, rows), take_rows(data.usage_points, points)
    return NetworkData(
        nodes=take_rows(data.nodes, nodes),
        equipment=replace(
            equipment, node_a=renumber(equipment.node_a), node_b=renumber(equipment.node_b)
        ),
        usage_points=replace(usage, node=renumber(usage.node)),
        sources=take_rows(data.sources, NO_ROWS),
        substations=data.substations,
        feeders=take_rows(data.feeders, NO_ROWS),
    )
