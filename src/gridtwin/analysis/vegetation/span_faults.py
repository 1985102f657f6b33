"""Count who is interrupted when a fault occurs on a span, for many spans at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import connected_components

from gridtwin.analysis.outage.sweep import sweep_elements
from gridtwin.analysis.storm.tripping import Tripping
from gridtwin.model import cim
from gridtwin.topology.loss import find_affected, find_loss
from gridtwin.topology.membership import inherit_labels

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gridtwin.analysis.state.situation import Situation

NO_LABEL = -1
IN_CORE = -2  # where the way up enters a loop before it meets a device; minus the slot


class SpanFaults(NamedTuple):
    """What a fault on each span does; all of shape (spans,)."""

    customers: NDArray[np.int64]  # interrupted: all behind the devices that trip
    priority_sites: NDArray[np.int64]  # usage points with a priority among them
    customers_behind: NDArray[np.int64]  # who have no supply without the span: wait for repair
    device: NDArray[np.int32]  # protective device that trips; -1 = several, or none


def count_interrupted(situation: Situation, rows: NDArray[np.int32]) -> SpanFaults:
    """
    Return who is interrupted by a fault on each of some spans, one at a time.

    Parameters
    ----------
    situation
        The network in one state.
    rows
        The spans: rows of the equipment. One that carries no supply interrupts nobody.

    Notes
    -----
    The answers are those of a blast of scope ``trip`` and, behind, of scope ``element``. Where the
    way up from a span meets a protective device before it meets a loop, what that feeds is one
    interval: O(n) for all spans together. All spans from which it leads into one part of the loops
    without devices share what trips, so that one of them is failed for all; but a span that loops
    hang on alone is failed by itself, since what lies behind it is none of its supply.
    """
    index, equipment = situation.index, situation.data.equipment
    label = _find_first_devices(situation)
    a, b = equipment.node_a[rows], equipment.node_b[rows]
    fed = np.where(index.feed[b] == rows, b, np.where(index.feed[a] == rows, a, -1))
    looped = index.child[rows] < 0
    upper = np.where((fed >= 0) & ~looped, index.parent[fed], a)
    lit = situation.is_lit[rows]
    found = np.where(lit, label[np.maximum(upper, 0)], NO_LABEL)
    found[lit & (upper < 0)] = NO_LABEL
    device = np.where(found >= 0, found, -1).astype(np.int32)
    top = index.child[np.maximum(device, 0)]
    known = device >= 0
    sites = _weigh_sites(situation)
    customers = np.where(known, index.sum_dependents()[top], 0)
    priority = np.where(known, index.sum_dependents(sites)[top], 0)
    _fail_zones(situation, rows, (lit & ~known, upper, found), (customers, priority))
    behind = np.where(lit, sweep_elements(situation)[0][rows], 0)
    return SpanFaults(customers, priority, behind, device)


def _find_first_devices(situation: Situation) -> NDArray[np.int32]:
    """Return, per node, the first device on the way up; ``IN_CORE - slot`` if a loop is first."""
    index = situation.index
    own = np.full(len(index.feed), NO_LABEL, dtype=np.int32)
    fed = np.flatnonzero(index.feed >= 0)
    protected = fed[cim.PROTECTS[situation.data.equipment.kind[index.feed[fed]]]]
    own[protected] = index.feed[protected]
    if index.core is None:
        return inherit_labels(index.parent, own)
    nodes = index.core.nodes[1:]
    # Labels from 0 up are inherited: those of the loops stand behind the equipment until then.
    shift = len(index.child)
    own[nodes] = shift + index.core.slot[nodes]
    label = inherit_labels(index.parent, own)
    return np.where(label >= shift, IN_CORE - (label - shift), label)


def _weigh_sites(situation: Situation) -> NDArray[np.int32]:
    """Return, per node, the usage points with a priority that have supply."""
    points = situation.data.usage_points
    chosen = situation.is_served & (points.priority != b"")
    count = len(situation.data.nodes.mrid)
    return np.bincount(points.node[chosen], minlength=count).astype(np.int32)


def _fail_zones(
    situation: Situation,
    rows: NDArray[np.int32],
    ways: tuple[NDArray[np.bool_], NDArray[np.int32], NDArray[np.int32]],
    counts: tuple[NDArray[np.int64], NDArray[np.int64]],
) -> None:
    """Write what is interrupted by spans that no device above them alone protects."""
    wanted, upper, found = ways
    if not wanted.any():
        return
    zone = np.where(found <= IN_CORE, found, NO_LABEL).astype(np.int64)
    in_core = zone <= IN_CORE
    core = situation.index.core
    if core is not None:
        parts = _part_core(situation)
        zone[in_core] = IN_CORE - parts[IN_CORE - zone[in_core]]
        equipment = situation.data.equipment
        single = in_core & (situation.index.child[rows] >= 0)
        single &= (core.slot[equipment.node_a[rows]] >= 0) & (
            core.slot[equipment.node_b[rows]] >= 0
        )
        zone[single] = IN_CORE - len(parts) - rows[single].astype(np.int64)
    bare = wanted & ~in_core  # a source feeds them through no device: all it feeds is one zone
    roots = inherit_labels(
        situation.index.parent,
        np.where(situation.index.feed < 0, np.arange(len(situation.index.feed)), -1).astype(
            np.int32
        ),
    )
    zone[bare] = roots[upper[bare]]
    tripping, points = Tripping(situation), situation.data.usage_points
    customers, priority = counts
    places = np.flatnonzero(wanted)
    _, first, of_zone = np.unique(zone[places], return_index=True, return_inverse=True)
    for number, place in enumerate(places[first].tolist()):
        faults = tripping.find_faults(rows[[place]])
        loss = find_loss(situation.index, faults)
        out = find_affected(situation.index, points, loss, strict=situation.strict).out
        members = places[of_zone == number]
        customers[members] = situation.customers_of(out)
        priority[members] = int((points.priority[out] != b"").sum())


def _part_core(situation: Situation) -> NDArray[np.int32]:
    """Return, per slot of the core, which part of it lies there when every device is open."""
    core = situation.index.core
    if core is None:
        return np.empty(0, dtype=np.int32)
    real = core.equipment >= 0
    joins = real.copy()
    joins[real] = ~cim.PROTECTS[situation.data.equipment.kind[core.equipment[real]]]
    tail, head = core.tail[joins], core.head[joins]
    links = csr_matrix(
        (np.ones(len(tail), dtype=np.int8), (tail, head)), shape=(len(core.nodes),) * 2
    )
    return np.asarray(connected_components(links, directed=False)[1], dtype=np.int32)
