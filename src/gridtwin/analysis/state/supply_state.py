"""Say of everything at once whether it has supply, and what changes between two states."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from gridtwin.analysis.state.situation import NO_ROWS
from gridtwin.model.phases import to_supply_phases as carried
from gridtwin.topology.meshed_core import live_phases

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gridtwin.analysis.state.situation import Situation

FULL, OUT, PARTIAL = 0, 1, 2
SUPPLY_WORDS = ("yes", "no", "partial")  # whether it is energized, by code


@dataclass(frozen=True, slots=True)
class SupplyState:
    """What has supply in one state: FULL, OUT or PARTIAL, one byte a row."""

    equipment: NDArray[np.uint8]  # (equipment,) OUT: no side has any of its phases
    points: NDArray[np.uint8]  # (usage_points,) OUT: no phase it uses is live
    open_mask: NDArray[np.uint8]  # (equipment,) phases that stand open
    customers_out: int
    version: int = 0  # of the state

    def find_changes(self, before: SupplyState) -> SupplyChanges:
        """Return what became another between an earlier state of the network and this one."""
        opened = np.flatnonzero(self.open_mask != before.open_mask).astype(np.int32)
        return SupplyChanges(
            equipment=np.flatnonzero(self.equipment != before.equipment).astype(np.int32),
            points=np.flatnonzero(self.points != before.points).astype(np.int32),
            switches=opened,
        )


@dataclass(frozen=True, slots=True)
class SupplyChanges:
    """Rows that are in another condition than before."""

    equipment: NDArray[np.int32]  # whose supply changed
    points: NDArray[np.int32]  # whose supply changed
    switches: NDArray[np.int32]  # that stand open on other phases


def find_supply(situation: Situation, reported: NDArray[np.int32] = NO_ROWS) -> SupplyState:
    """
    Return what has supply.

    Parameters
    ----------
    situation
        The network in the state asked of.
    reported
        Rows of usage points that are known to be out whatever the switches say: they are in an
        open outage and not back.

    Notes
    -----
    What lacks a phase that a closed path could carry to it is PARTIAL: a wrong record of phases
    does not look like an outage. A piece of equipment with supply at one side alone, such as an
    open switch, is not OUT: it can kill.
    """
    points = situation.data.usage_points
    live, designed = live_phases(situation.index.mask), situation.index.designed
    uses = carried(points.phases)
    dark = ~situation.is_served
    dark[reported] = True
    customers = int(points.customers[dark].sum())
    return SupplyState(
        equipment=_rate_equipment(situation, live, designed),
        points=_rate_supply(dark, live[points.node] & uses, designed[points.node] & uses),
        open_mask=situation.open_mask,
        customers_out=customers,
        version=situation.version,
    )


def _rate_equipment(
    situation: Situation, live: NDArray[np.uint8], designed: NDArray[np.uint8]
) -> NDArray[np.uint8]:
    """Return the supply of equipment: that of its better side, on its phases."""
    equipment = situation.data.equipment
    a, b, own = equipment.node_a, equipment.node_b, carried(equipment.phases)
    now, could = (live[a] | live[b]) & own, (designed[a] | designed[b]) & own
    reached = situation.is_supplied[a] | situation.is_supplied[b]
    return _rate_supply(np.where(could != 0, now == 0, ~reached), now, could)


def _rate_supply(
    dark: NDArray[np.bool_], now: NDArray[np.uint8], designed: NDArray[np.uint8]
) -> NDArray[np.uint8]:
    lacking = (designed & ~now != 0).astype(np.uint8) * np.uint8(PARTIAL)
    return np.where(dark, np.uint8(OUT), lacking)
