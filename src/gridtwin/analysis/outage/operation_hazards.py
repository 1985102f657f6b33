"""Say what is dangerous in operating a switch: what it energizes, joins, or breaks."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np

from gridtwin.analysis.state.supply_state import PARTIAL
from gridtwin.model import cim
from gridtwin.model.phases import CARRIED, to_supply_phases
from gridtwin.topology.forest import ROOT
from gridtwin.topology.meshed_core import live_phases

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from gridtwin.analysis.state.situation import Situation
    from gridtwin.analysis.state.supply_state import SupplyState

    Rows = NDArray[np.int32]

HAS_SEVERAL = np.array([code.bit_count() > 1 for code in range(8)])  # of A, B, C as bits


class HazardKind(StrEnum):
    """What may harm somebody when a switch is operated."""

    ENERGIZES_FAULT = "energizes_fault"
    ENERGIZES_TAG = "energizes_tag"
    CLOSES_LOOP = "closes_loop"
    PARALLELS_SOURCES = "parallels_sources"
    BREAKS_LOAD = "breaks_load"
    BACKFEEDS_PHASE = "backfeeds_phase"


@dataclass(frozen=True, slots=True)
class Hazard:
    """One danger of an operation, and the equipment it lies in."""

    kind: HazardKind
    rows: Rows  # of the equipment, rising
    outage: str = ""  # whose fault would be energized
    load_w: float = float("nan")  # that would be broken, as peak loads have it


@dataclass(frozen=True, slots=True)
class OperationEffect:
    """
    One network before and after poles of a switch move.

    Attributes
    ----------
    before, after
        The network in both states.
    supply_before, supply_after
        What has supply in them, by the switches alone.
    row, poles, opens
        The switch, the phases that move as bits, and whether they open.
    """

    before: Situation
    after: Situation
    supply_before: SupplyState
    supply_after: SupplyState
    row: int
    poles: int
    opens: bool


def find_hazards(
    effect: OperationEffect, faults: Mapping[int, str], tagged: Rows
) -> tuple[Hazard, ...]:
    """
    Return the dangers of an operation.

    Parameters
    ----------
    effect
        The operation.
    faults
        Row of equipment to the id of the open outage whose device it is.
    tagged
        Rows of equipment on which tags hang, other than the switch itself.
    """
    hazards = _find_broken_load(effect) if effect.opens else _find_energized(effect, faults, tagged)
    if not effect.opens:
        hazards += _find_joined(effect)
    return tuple(hazards + _find_phase_backfeed(effect))


def find_gained_equipment(effect: OperationEffect) -> NDArray[np.bool_]:
    """Return whether each piece of equipment is live afterwards on a phase it was dead on."""
    gained = _find_live(effect.after) & ~_find_live(effect.before)
    equipment = effect.before.data.equipment
    a, b = equipment.node_a, equipment.node_b
    was, now = (each.is_supplied for each in (effect.before, effect.after))
    reached = ~(was[a] | was[b]) & (now[a] | now[b])
    return (gained != 0) | reached  # by any conductor, where wrong records allow it no phase


def _find_live(situation: Situation) -> NDArray[np.uint8]:
    """Return the phases of each piece of equipment that are live at one of its sides or both."""
    equipment, live = situation.data.equipment, live_phases(situation.index.mask)
    both = live[equipment.node_a] | live[equipment.node_b]
    return both & to_supply_phases(equipment.phases)


def _find_energized(
    effect: OperationEffect, faults: Mapping[int, str], tagged: Rows
) -> list[Hazard]:
    gained = find_gained_equipment(effect)
    gained[effect.row] = True  # its far side
    hazards = [
        Hazard(HazardKind.ENERGIZES_FAULT, np.array([row], dtype=np.int32), outage)
        for row, outage in sorted(faults.items())
        if gained[row]
    ]
    held = tagged[gained[tagged] & (tagged != effect.row)]
    if len(held):
        hazards.append(Hazard(HazardKind.ENERGIZES_TAG, np.sort(held)))
    return hazards


def _find_joined(effect: OperationEffect) -> list[Hazard]:
    """Return that a closing joins what was live at both sides: a loop, or two sources."""
    before, row = effect.before, effect.row
    a, b = before.find_ends(row)
    live = live_phases(before.index.mask)
    closing = int(before.open_mask[row]) & effect.poles
    joined = int(live[a]) & int(live[b]) & int(CARRIED[closing])
    if not (live[a] and live[b]):  # wrong records may allow what a conductor reaches no phase
        joined = bool(before.is_supplied[a] and before.is_supplied[b])
    if not closing or not joined:
        return []
    kind = HazardKind.CLOSES_LOOP
    if _find_source(before, a) != _find_source(before, b):
        kind = HazardKind.PARALLELS_SOURCES
    return [Hazard(kind, np.array([row], dtype=np.int32))]


def _find_source(situation: Situation, node: int) -> int:
    """Return the node of the source that a live node hangs on in the forest."""
    parent = situation.index.parent
    while (above := int(parent[node])) >= 0:
        node = above
    return node if int(parent[node]) == ROOT else -1


def _find_broken_load(effect: OperationEffect) -> list[Hazard]:
    """Return that an opening breaks load with a device that is not made for it."""
    before, row = effect.before, effect.row
    equipment = before.data.equipment
    if cim.BREAKS_LOAD[equipment.kind[row]] or not before.conducts[row]:
        return []
    changed = effect.supply_before.points != effect.supply_after.points
    points = before.data.usage_points
    load_w = float(np.nansum(points.peak_w[changed]))
    a, b = before.find_ends(row)
    in_loop = before.find_fed_node(row) < 0 and bool(before.is_supplied[a] & before.is_supplied[b])
    if not changed.any() and not in_loop:
        return []
    return [Hazard(HazardKind.BREAKS_LOAD, np.array([row], dtype=np.int32), load_w=load_w)]


def _find_phase_backfeed(effect: OperationEffect) -> list[Hazard]:
    """Return the transformers of several phases that an operation leaves live on some of them."""
    equipment = effect.before.data.equipment
    several = HAS_SEVERAL[to_supply_phases(equipment.phases)] & (equipment.kind == cim.TRANSFORMER)
    left = effect.supply_after.equipment == PARTIAL
    left &= effect.supply_before.equipment != PARTIAL
    rows = np.flatnonzero(several & left).astype(np.int32)
    return [Hazard(HazardKind.BACKFEEDS_PHASE, rows)] if len(rows) else []
