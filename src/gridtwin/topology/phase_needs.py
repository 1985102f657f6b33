"""
Say what keeps a usage point alive.

A usage point is out when no phase it uses is live. Only where recorded phases contradict each
other, so that no closed path could have carried any phase it uses, is the record at fault, and
whatever conductor reaches it counts (``phase_policy`` advisory).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gridtwin.model.phases import ABC, to_supply_phases
from gridtwin.topology.meshed_core import FREED, REACHED, live_phases

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gridtwin.model.schema import UsagePoints


def compute_needs(
    own: NDArray[np.uint8],
    mask: NDArray[np.uint8],
    designed: NDArray[np.uint8],
    reached: NDArray[np.bool_],
    *,
    strict: bool,
) -> NDArray[np.uint8]:
    """
    Return what keeps usage points alive.

    Parameters
    ----------
    own
        Recorded phases of the usage points.
    mask, designed, reached
        Of the node of each: how it lives, the phases that could be live there, and whether any
        conductor reaches it; see `TopologyIndex`.
    strict
        Whether recorded phases decide even where they contradict each other.

    Returns
    -------
        Phases of its feeding point, any of which keeps it alive; REACHED where any conductor does;
        0 where it has no supply.
    """
    uses = to_supply_phases(own)
    need = np.where(mask & FREED != 0, mask, mask & uses) & np.uint8(ABC)
    need = np.where(live_phases(mask) & uses != 0, need, np.uint8(0))
    if not strict:
        at_fault = (need == 0) & (uses & designed == 0)
        need = np.where(at_fault, np.uint8(REACHED), need)
    return np.where(reached, need, np.uint8(0)).astype(np.uint8)


def weigh_supplied_nodes(
    points: UsagePoints,
    lives: tuple[NDArray[np.uint8], NDArray[np.uint8]],
    tin: NDArray[np.int32],
    *,
    strict: bool,
) -> NDArray[np.int32]:
    """
    Return the customers supplied at each node.

    Parameters
    ----------
    points
        The network's usage points.
    lives
        How each node lives, and the phases that could be live there; see `TopologyIndex`.
    tin
        Place of each node in the pool of an index; -1 where nothing reaches it.
    strict
        As for `compute_needs`.

    Notes
    -----
    Usage points are looked at one by one only where a phase lacks.
    """
    mask, designed = lives
    weight = weigh_nodes(points.node, points.customers, len(tin))
    weight[tin < 0] = 0
    # Who is out stands where a phase lacks, or else has a wrong record that is followed.
    doubtful = (tin >= 0) & (strict | (designed & ~live_phases(mask) != 0))
    if not doubtful.any():
        return weight
    rows = np.flatnonzero(doubtful[points.node])
    node = points.node[rows]
    every = np.ones(len(rows), dtype=bool)
    need = compute_needs(points.phases[rows], mask[node], designed[node], every, strict=strict)
    out = rows[need == 0]
    return weight - weigh_nodes(points.node[out], points.customers[out], len(tin))


def weigh_nodes(
    node: NDArray[np.int32], customers: NDArray[np.int32], count: int
) -> NDArray[np.int32]:
    """Return the customers at each of `count` nodes."""
    return np.bincount(node, weights=customers, minlength=count).astype(np.int32)
