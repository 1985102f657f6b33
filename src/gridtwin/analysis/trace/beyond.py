"""Say beyond which boundaries of a section a source lies, and beyond which only dead ends."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import connected_components

from gridtwin.topology.loss import FaultSet, find_loss, find_lost_nodes
from gridtwin.topology.walk import Walk, flood_network

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gridtwin.analysis.state.situation import Situation


def find_fed_beyond(
    situation: Situation, inside: NDArray[np.bool_], edge: NDArray[np.int32]
) -> NDArray[np.bool_]:
    """
    Return whether a source could reach a section over each boundary, in some position of switches.

    Parameters
    ----------
    situation
        The network in one state.
    inside
        Whether each node belongs to the section, shape (nodes,).
    edge
        Equipment with one end in the section, shape (k,).

    Notes
    -----
    Every source in service counts, whatever it is, distributed resources included. All equipment in
    service leads on, open or closed, on any phase and in both directions: a wrong record of phases
    or a transformer that is fed from below must not pass for a dead end. Ways back through the
    section do not count. What stays supplied without the section needs no flood; only what would
    go dark with it, or is dark, is looked at.
    """
    equipment = situation.data.equipment
    sure = _find_sure_nodes(situation, inside)
    far = np.where(inside[equipment.node_a[edge]], equipment.node_b[edge], equipment.node_a[edge])
    fed = sure[far]
    unsure = np.flatnonzero(~fed & ~inside[far])
    if not len(unsure):
        return fed
    open_ground = ~inside & ~sure
    walk = flood_network(situation.adjacency, far[unsure], equipment.in_service, within=open_ground)
    nodes = np.sort(walk.nodes)
    part, alive = _label_parts(situation, walk, nodes, sure)
    fed[unsure] = alive[part[np.searchsorted(nodes, far[unsure])]]
    return fed


def _find_sure_nodes(situation: Situation, inside: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return the nodes outside a section that hold a source, or are supplied without it."""
    sources = situation.data.sources
    sure = situation.is_supplied.copy()
    section = np.flatnonzero(inside).astype(np.int32)
    sure[find_lost_nodes(situation.index, find_loss(situation.index, FaultSet(nodes=section)))] = (
        False
    )
    sure[sources.node[sources.in_service]] = True
    sure[section] = False
    return sure


def _label_parts(
    situation: Situation, walk: Walk, nodes: NDArray[np.int32], sure: NDArray[np.bool_]
) -> tuple[NDArray[np.int32], NDArray[np.bool_]]:
    """Return the part each flooded node belongs to, and whether each part meets a sure node."""
    equipment = situation.data.equipment
    a, b = (
        np.searchsorted(nodes, ends[walk.equipment])
        for ends in (equipment.node_a, equipment.node_b)
    )
    size = len(nodes)
    links = csr_matrix((np.ones(len(a)), (a, b)), shape=(size, size))
    count, part = connected_components(links, directed=False)
    rows, at = situation.adjacency.find_around(nodes)
    met = equipment.in_service[rows] & sure[situation.adjacency.find_across(rows, at)]
    alive = np.zeros(count, dtype=bool)
    alive[part[np.searchsorted(nodes, at[met])]] = True
    return part, alive
