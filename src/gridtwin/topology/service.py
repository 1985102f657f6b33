"""
Say what keeps each usage point alive, and so who has supply.

A usage point is out when no phase it uses is live. Only where recorded phases contradict each
other, so that no closed path could have carried any phase it uses, is the record at fault, and
whatever conductor reaches it counts (``phase_policy`` advisory).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gridtwin.model.phases import ABC, supply
from gridtwin.topology.core import FREED, REACHED, live_phases

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gridtwin.model.tables import UsagePoints
    from gridtwin.topology.index import TopologyIndex


def needs_of(
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
    uses = supply(own)
    need = np.where(mask & FREED != 0, mask, mask & uses) & np.uint8(ABC)
    need = np.where(live_phases(mask) & uses != 0, need, np.uint8(0))
    if not strict:
        at_fault = (need == 0) & (uses & designed == 0)
        need = np.where(at_fault, np.uint8(REACHED), need)
    return np.where(reached, need, np.uint8(0)).astype(np.uint8)


def find_needs(
    index: TopologyIndex,
    points: UsagePoints,
    rows: NDArray[np.integer] | None = None,
    *,
    strict: bool,
) -> NDArray[np.uint8]:
    """
    Return what keeps usage points alive in the state of an index, as `needs_of` does.

    Parameters
    ----------
    index, points
        The topology, and the network's usage points.
    rows
        The usage points wanted; all by default.
    strict
        As for `needs_of`.
    """
    own, node = points.phases, points.node
    if rows is not None:
        own, node = own[rows], node[rows]
    return needs_of(
        own, index.mask.take(node), index.designed.take(node), index.tin.take(node) >= 0,
        strict=strict,
    )  # fmt: skip


def find_energized(index: TopologyIndex) -> NDArray[np.bool_]:
    """Return whether each node is live on a phase, or reached where it could have none."""
    live = live_phases(index.mask) != 0
    return live | ((index.designed == 0) & (index.tin >= 0))
