"""Say which feeder each node belongs to, and where more than one feeds it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gridtwin.model import cim

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gridtwin.model.tables import NetworkData
    from gridtwin.topology.topology_index import TopologyIndex


def find_feeders_of_nodes(
    index: TopologyIndex, data: NetworkData
) -> tuple[NDArray[np.int32], NDArray[np.bool_]]:
    """
    Return the feeder of each node: that of the nearest feeder head above it in the forest.

    Returns
    -------
    first, multi
        Row of the feeder of each node, -1 for none; and whether another feeder head or source also
        reaches the node without passing a head.

    Notes
    -----
    Every node points to its parent, and a node behind a head to itself; pointers are doubled until
    they stand still, O(n log d) for depth d. Only a meshed core can be reached from several heads:
    there the labels of the heads are flooded.
    """
    label = _label_heads(index, data)
    first = inherit_labels(index.parent, label[index.feed])
    multi = np.zeros(len(first), dtype=bool)
    core = index.core
    if core is not None:
        slots = _label_core(index, label)
        several = np.array([len(found) > 1 for found in slots])
        attach = core.attach
        multi[attach >= 0] = several[attach[attach >= 0]]
        multi &= (first < 0) | (
            first == _find_slot_feeders(first, core.nodes)[np.maximum(attach, 0)]
        )
    return first, multi


def find_nearest_feeder(index: TopologyIndex, data: NetworkData) -> NDArray[np.int32]:
    """Return the feeder of each node alone, without asking which others reach it; -1 for none."""
    return inherit_labels(index.parent, _label_heads(index, data)[index.feed])


def find_nearest(index: TopologyIndex, equipment: NDArray[np.int32]) -> NDArray[np.int32]:
    """Return which of some equipment is nearest above each node in the forest; -1 for none."""
    label = np.full(len(index.child) + 1, -1, dtype=np.int32)
    label[equipment] = equipment
    return inherit_labels(index.parent, label[index.feed])


def find_serving_transformers(index: TopologyIndex, data: NetworkData) -> NDArray[np.int32]:
    """
    Return which transformer serves each usage point, as its row of the equipment; -1 for none.

    It is the one that is recorded, else the nearest on the way to the source.
    """
    every = np.flatnonzero(data.equipment.kind == cim.TRANSFORMER).astype(np.int32)
    nearest = find_nearest(index, every)[data.usage_points.node]
    recorded = data.usage_points.transformer
    return np.where(recorded >= 0, recorded, nearest)


def _label_heads(index: TopologyIndex, data: NetworkData) -> NDArray[np.int32]:
    """Return the feeder that each piece of equipment is the head of; -1 for none, and at last."""
    label = np.full(len(index.child) + 1, -1, dtype=np.int32)
    heads = data.feeders.head
    label[heads[::-1]] = np.arange(len(heads), dtype=np.int32)[::-1]
    return label


def _find_slot_feeders(first: NDArray[np.int32], nodes: NDArray[np.int32]) -> NDArray[np.int32]:
    """Return the feeder of each slot of the core; -1 for the super-source."""
    return np.append(first, np.int32(-1))[np.minimum(nodes, len(first))]


def inherit_labels(parent: NDArray[np.int32], own: NDArray[np.int32]) -> NDArray[np.int32]:
    """Return each node's own label, or that of its nearest ancestor with one."""
    here = np.arange(len(parent), dtype=np.int32)
    jump = np.where((own >= 0) | (parent < 0), here, parent)
    while True:
        further = jump[jump]
        if np.array_equal(further, jump):
            return own[jump]
        jump = further


def _label_core(index: TopologyIndex, label: NDArray[np.int32]) -> list[set[int]]:
    """Return, per slot of the core, the feeders and sources that reach it past no other head."""
    core = index.core
    found: list[set[int]] = [set() for _ in range(len(core.nodes))] if core else []
    if core is None:
        return found
    beside: dict[int, list[int]] = {}
    queue: list[tuple[int, int]] = []
    root = int(core.slot[-1])
    for tail, head, row in zip(
        core.tail.tolist(), core.head.tolist(), core.equipment.tolist(), strict=True
    ):
        if row < 0:
            queue.append((head, row))
        elif label[row] >= 0:
            if index.feed[core.nodes[head]] == row:
                queue.append((head, int(label[row])))
        elif root not in (tail, head):
            beside.setdefault(tail, []).append(head)
    while queue:
        slot, mark = queue.pop()
        if mark in found[slot]:
            continue
        found[slot].add(mark)
        queue += [(other, mark) for other in beside.get(slot, ())]
    return found
