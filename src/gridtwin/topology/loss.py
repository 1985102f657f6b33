"""
Say exactly what loses supply when things fail, one or many at once, radial or meshed.

On a radial network the answer is a union of intervals. On a meshed one it never is: two faults can
darken together what neither darkens alone. There the core is flooded, and intervals answer for the
trees that hang on it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from gridtwin.topology.energized_nodes import find_needs
from gridtwin.topology.meshed_core import FREED, NO_FAULT, REACHED

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gridtwin.model.schema import UsagePoints
    from gridtwin.topology.topology_index import TopologyIndex


@dataclass(frozen=True, slots=True)
class FaultSet:
    """What fails, as rows of the network's tables."""

    nodes: NDArray[np.int32] = field(default_factory=lambda: NO_FAULT)
    equipment: NDArray[np.int32] = field(default_factory=lambda: NO_FAULT)
    sources: NDArray[np.int32] = field(default_factory=lambda: NO_FAULT)


@dataclass(frozen=True, slots=True)
class Loss:
    """What loses supply."""

    roots: NDArray[np.int32]  # nodes whose dependents are dark, none of them below another
    live: NDArray[np.uint8] | None  # per slot of the core, what is left; None if untouched


def find_loss(index: TopologyIndex, faults: FaultSet) -> Loss:
    """
    Return what loses supply when all `faults` happen at once.

    Notes
    -----
    O(f log f) for f faults on a radial network, plus a flood of the core on a meshed one.
    """
    core = index.core
    child = index.child.take(faults.equipment)
    if core is None:
        if len(faults.nodes) or len(faults.sources):
            fed = _find_nodes_of_sources(index, faults.sources)
            child = np.concatenate([child, faults.nodes, fed])
        return Loss(_select_outermost(index, child), None)
    alone = len(faults.equipment) == 1 and not len(faults.nodes) and not len(faults.sources)
    if alone and (core.uniform or (child[0] >= 0 and core.slot[child[0]] < 0)):
        return Loss(child[child >= 0].astype(np.int32), None)
    return _find_meshed_loss(index, faults, child)


def _find_meshed_loss(index: TopologyIndex, faults: FaultSet, child: NDArray[np.int32]) -> Loss:
    core = index.core
    if core is None:
        msg = "only a meshed index has a core"
        raise AssertionError(msg)
    a, b = index.conduction.node_a, index.conduction.node_b
    rows = faults.equipment
    inside = (core.slot[a[rows]] >= 0) & (core.slot[b[rows]] >= 0)
    in_core = core.slot[faults.nodes]
    fed = _find_nodes_of_sources(index, faults.sources)
    meshed_source = core.slot[fed] >= 0
    slots = in_core[in_core >= 0]
    barred = np.concatenate([rows[inside], -1 - faults.sources[meshed_source]])
    trees = np.concatenate([child[~inside], faults.nodes[in_core < 0], fed[~meshed_source]])
    live = None
    if len(slots) or len(barred):
        live = core.flood_remaining(slots=slots, equipment=barred)
        trees = trees[(trees >= 0) & (index.tin[trees] >= 0)]
        trees = trees[live[core.attach[trees]] != 0]
    return Loss(_select_outermost(index, trees), live)


def _find_nodes_of_sources(index: TopologyIndex, sources: NDArray[np.int32]) -> NDArray[np.int32]:
    """Return the node of each source that supplies; -1 for the others."""
    conduction = index.conduction
    node = np.full(int(max(conduction.source_row.max(initial=-1), sources.max(initial=-1))) + 2, -1)
    node[conduction.source_row] = conduction.source_node
    return node[sources].astype(np.int32)


def _select_outermost(index: TopologyIndex, nodes: NDArray[np.int32]) -> NDArray[np.int32]:
    """Return the live nodes that do not depend on another of them."""
    start = np.sort(index.tin.take(nodes[nodes >= 0]))
    if len(start) and start[0] < 0:
        start = start[start >= 0]
    nodes = index.pool.take(start)
    if len(nodes) < 2:
        return nodes
    stop = np.maximum.accumulate(start + index.size.take(nodes))
    kept = start[1:] >= stop[:-1]
    if not kept.all():
        nodes = nodes[np.append(True, kept)]
    return nodes if len(index.base) == 1 else _drop_hooked(index, nodes)


def _drop_hooked(index: TopologyIndex, nodes: NDArray[np.int32]) -> NDArray[np.int32]:
    """Leave out the nodes of feeders that hang on another of the nodes."""
    segment = index.segment.take(nodes)
    is_top = segment == 0
    if not is_top.any():
        return nodes
    top = nodes[is_top]
    hook = index.tin.take(index.hook.take(segment))  # of segment 0 itself: not used
    start = index.tin[top]
    slot = start.searchsorted(hook, "right") - 1
    below = (segment != 0) & (slot >= 0)
    below &= hook < (start + index.size[top])[slot]
    return nodes[~below]


def count_customers(index: TopologyIndex, points: UsagePoints, loss: Loss, *, strict: bool) -> int:
    """Return the customers that lose all supply."""
    if loss.live is None or index.core is None:
        return _count_below(index, loss.roots)
    core = index.core
    attach = core.attach[loss.roots]
    if (loss.live[attach] != core.supplied[attach]).any():
        # A faulted tree below a dimmed part of the core: neither count alone is right.
        out = find_affected(index, points, loss, strict=strict).out
        return int(points.customers[out].sum())
    return core.count_customers_out(loss.live) + _count_below(index, loss.roots)


def _count_below(index: TopologyIndex, roots: NDArray[np.int32]) -> int:
    start = index.tin.take(roots)
    stop = start + index.size.take(roots)
    total = int((index.before.take(stop) - index.before.take(start)).sum())
    if len(index.base) == 1:
        return total
    top = np.flatnonzero(index.segment.take(roots) == 0)
    if len(top):
        _, places, totals = index.sort_hooks()
        first, last = places.searchsorted(start[top]), places.searchsorted(stop[top])
        total += int((totals[last] - totals[first]).sum())
    return total


def find_lost_nodes(index: TopologyIndex, loss: Loss) -> NDArray[np.int32]:
    """Return the nodes that lose all supply, in preorder, core first."""
    parts = [index.find_dependents(root) for root in loss.roots.tolist()]
    if loss.live is not None and index.core is not None:
        core = index.core
        dark = (loss.live & REACHED == 0) & (core.supplied != 0)
        if dark.any():
            hanging = dark[np.maximum(core.attach, 0)] & (core.attach >= 0)
            nodes = np.flatnonzero(hanging)
            parts.insert(0, nodes[np.argsort(index.tin[nodes], kind="stable")].astype(np.int32))
    return np.concatenate(parts) if parts else NO_FAULT


def compute_left_masks(index: TopologyIndex, loss: Loss) -> NDArray[np.uint8]:
    """
    Return, per node, the phases left and the bit REACHED where a conductor still reaches it.

    Shape (nodes,); what is dead before stays 0.
    """
    core = index.core
    alive = index.tin >= 0
    if loss.live is None or core is None:
        left = np.where(alive, index.mask & np.uint8(7) | np.uint8(REACHED), np.uint8(0))
    else:
        at_core = loss.live[np.maximum(core.attach, 0)]
        left = at_core & (index.mask & np.uint8(7) | np.uint8(REACHED))
        left = np.where(alive & (at_core & REACHED != 0), left, np.uint8(0))
    for root in loss.roots.tolist():
        left[index.find_dependents(root)] = 0
    return left


@dataclass(frozen=True, slots=True)
class Affected:
    """Usage points by what they lose; rows in rising order."""

    out: NDArray[np.int32]  # no supply left
    partial: NDArray[np.int32]  # some of their phases left


def find_affected(
    index: TopologyIndex, points: UsagePoints, loss: Loss, *, strict: bool
) -> Affected:
    """
    Return the usage points that lose supply.

    Parameters
    ----------
    index
        The topology.
    points
        The network's usage points.
    loss
        What loses supply.
    strict
        Whether recorded phases decide even where they contradict each other.
    """
    rows: NDArray[np.int32]
    if loss.live is None:
        dark = np.zeros(len(index.tin), dtype=bool)
        dark[find_lost_nodes(index, loss)] = True
        rows = np.flatnonzero(dark[points.node]).astype(np.int32)
        return Affected(rows[find_needs(index, points, rows, strict=strict) != 0], NO_FAULT)
    left = compute_left_masks(index, loss)[points.node]
    need = find_needs(index, points, strict=strict)
    out = (need != 0) & (left & need == 0)
    # Below a transformer that mixes phases, what is left feeds every phase.
    local = index.mask[points.node] & FREED == 0
    partial = local & ~out & (left & need != need)
    return Affected(np.flatnonzero(out).astype(np.int32), np.flatnonzero(partial).astype(np.int32))
