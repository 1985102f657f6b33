"""
Say which phases recorded paths could carry to each node, were everything closed and in service.

A usage point whose phase could come that way is out while it does not: something stands open. One
whose phase could come by no closed path has a wrong record, there or on the way.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from gridtwin.model.phases import ABC, CARRIED, to_supply_phases
from gridtwin.topology.conduction import find_supplying
from gridtwin.topology.walk import Adjacency

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gridtwin.model.tables import NetworkData
    from gridtwin.topology.conduction import Conduction, SupplyRules

    Rows = NDArray[np.integer[Any]]


def find_designed_phases(
    data: NetworkData, conduction: Conduction, rules: SupplyRules, live: NDArray[np.uint8]
) -> NDArray[np.uint8]:
    """
    Return the phases A, B, C that could be live at each node.

    Parameters
    ----------
    data
        The network's tables.
    conduction
        Which way equipment conducts, in any state.
    rules
        How supply is reckoned; all phases are looked at, whatever `SupplyRules.phases`.
    live
        Phases that are live at each node in that state, shape (nodes,): where to begin.

    Returns
    -------
        Shape (nodes,).

    Notes
    -----
    One pass over the equipment where nothing is to be added, as in a network whose ties alone stand
    open; else a flood of what is.
    """
    mask = live & np.uint8(ABC)
    rows = np.flatnonzero(find_supplying(data, rules))
    np.bitwise_or.at(mask, data.sources.node[rows], to_supply_phases(data.sources.phases[rows]))
    closed = CARRIED.take(data.equipment.phases)
    if rules.phase_policy == "ignore":
        closed = np.full(len(closed), ABC, dtype=np.uint8)
    a, b = conduction.node_a, conduction.node_b
    # Nothing is to be carried where both ends have the same; a transformer may mix what they have.
    unlike = (mask.take(a) ^ mask.take(b)) & closed
    rows = np.flatnonzero((unlike != 0) | (conduction.mixes != 0)).astype(np.int32)
    front = _spread_phases(conduction, mask, closed, (rows, a[rows], b[rows]))
    front = np.union1d(front, _spread_phases(conduction, mask, closed, (rows, b[rows], a[rows])))
    if not len(front):
        return mask
    adjacency = Adjacency.from_terminals(a, b, len(mask))
    while len(front):
        found, at = adjacency.find_around(front)
        front = _spread_phases(
            conduction, mask, closed, (found, at, adjacency.find_across(found, at))
        )
    return mask


def _spread_phases(
    conduction: Conduction,
    mask: NDArray[np.uint8],
    closed: NDArray[np.uint8],
    ways: tuple[Rows, Rows, Rows],
) -> NDArray[np.int32]:
    """Carry phases along equipment from its node `tail` to its `head`; return who gains."""
    rows, tail, head = ways
    carried = closed.take(rows)
    through = mask.take(tail) & carried
    forward = np.where(conduction.node_a.take(rows) == tail, np.int8(1), np.int8(-1))
    mixes = conduction.mixes.take(rows) * forward
    through = np.where((mixes > 0) & (through != 0), carried, through)
    barred = (mixes < 0) | (conduction.one_way.take(rows) * forward < 0)
    gained = np.where(barred, np.uint8(0), through & ~mask.take(head))
    some = np.flatnonzero(gained)
    np.bitwise_or.at(mask, head[some], gained[some])
    return np.unique(head[some]).astype(np.int32)
