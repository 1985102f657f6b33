"""Say of everything at once whether it has supply, and what changes between two states."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from gridtwin.analysis.situation import NONE

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gridtwin.analysis.situation import Situation

FULL, OUT, PARTIAL = 0, 1, 2
WORDS = ("yes", "no", "partial")  # whether it is energized, by code


@dataclass(frozen=True, slots=True)
class Supply:
    """What has supply in one state: FULL, OUT or PARTIAL, one byte a row."""

    equipment: NDArray[np.uint8]  # (equipment,) OUT: neither side has any supply
    points: NDArray[np.uint8]  # (usage_points,) OUT: no supply
    open_mask: NDArray[np.uint8]  # (equipment,) phases that stand open
    customers_out: int
    version: int = 0  # of the state

    def since(self, before: Supply) -> Moved:
        """Return what became another between an earlier state of the network and this one."""
        opened = np.flatnonzero(self.open_mask != before.open_mask).astype(np.int32)
        return Moved(
            equipment=np.flatnonzero(self.equipment != before.equipment).astype(np.int32),
            points=np.flatnonzero(self.points != before.points).astype(np.int32),
            switches=opened,
        )


@dataclass(frozen=True, slots=True)
class Moved:
    """Rows that are in another condition than before."""

    equipment: NDArray[np.int32]  # whose supply changed
    points: NDArray[np.int32]  # whose supply changed
    switches: NDArray[np.int32]  # that stand open on other phases


def supply_of(
    situation: Situation, normal: Situation, reported: NDArray[np.int32] = NONE
) -> Supply:
    """
    Return what has supply.

    Parameters
    ----------
    situation
        The network in the state asked of.
    normal
        The same network as designed: what has fewer of its phases than there is PARTIAL, so that a
        wrong record of phases does not look like an outage.
    reported
        Rows of usage points that are known to be out whatever the switches say: they are in an
        open outage and not back.

    Notes
    -----
    A piece of equipment with supply at one side alone, such as an open switch, is not OUT: it can
    kill.
    """
    points = situation.data.usage_points
    now, designed = situation.point_phases, normal.point_phases
    dark = ~situation.supplied[points.node]
    if situation.strict:
        dark |= now == 0
    dark[reported] = True
    customers = int(points.customers[dark].sum())
    return Supply(
        equipment=_coded(_without(situation), situation.side_phases, normal.side_phases),
        points=_coded(dark, now, designed),
        open_mask=situation.open_mask,
        customers_out=customers,
        version=situation.version,
    )


def _coded(
    dark: NDArray[np.bool_], now: NDArray[np.uint8], designed: NDArray[np.uint8]
) -> NDArray[np.uint8]:
    lacking = (designed & ~now != 0).astype(np.uint8) * np.uint8(PARTIAL)
    return np.where(dark, np.uint8(OUT), lacking)


def _without(situation: Situation) -> NDArray[np.bool_]:
    """Return which equipment has supply at neither side."""
    equipment, live = situation.data.equipment, situation.supplied
    return ~(live[equipment.node_a] | live[equipment.node_b])
