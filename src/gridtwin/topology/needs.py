"""
Say what keeps a usage point alive.

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
