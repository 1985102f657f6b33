"""
Estimate quickly what open ties pick up while sections are isolated, for storms.

`gridtwin.analysis.plan` finds the best plan for a fault; over hundreds of damaged devices, drawn
again and again, whole parts taken in order answer fast enough.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from gridtwin.analysis.plan.dark_blocks import VOLTAGE_TOLERANCE
from gridtwin.analysis.state.loads import SQRT_3
from gridtwin.model import cim, phases
from gridtwin.topology.loss import FaultSet, find_loss, find_lost_nodes
from gridtwin.topology.meshed_core import live_phases
from gridtwin.topology.walk import flood_network

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gridtwin.analysis.state.situation import Situation


@dataclass(frozen=True, slots=True)
class Pickup:
    """What comes back."""

    points: NDArray[np.int32]  # usage points
    closed: NDArray[np.int32]  # ties
    warnings: tuple[str, ...]


def find_restorable(situation: Situation, faults: FaultSet) -> Pickup:
    """
    Return the usage points that open ties can supply while `faults` are out.

    Each dead part outside the faults is picked up whole by the first tie, in order of its mRID,
    that has supply on its other side, a phase in common, the same nominal voltage, and, where they
    are recorded, ratings of itself and of its way to the source that hold the peak load. A part
    picked up feeds the next.
    """
    dead = np.zeros(len(situation.is_supplied), dtype=bool)
    dead[find_lost_nodes(situation.index, find_loss(situation.index, faults))] = True
    barred = dead.copy()
    barred[faults.nodes] = True
    live = live_phases(situation.index.mask)
    live[barred] = 0
    dead[faults.nodes] = False
    passable = situation.conducts.copy()
    passable[faults.equipment] = False
    search = _TieSearch(situation, passable, dead, live)
    while search.close_next_tie():
        pass
    return Pickup(
        np.array(sorted(search.points), dtype=np.int32),
        np.array(search.closed, dtype=np.int32),
        tuple(search.warnings),
    )


class _TieSearch:
    """Pick up dead parts one after the other, keeping count of the load added on the way."""

    def __init__(
        self,
        situation: Situation,
        passable: NDArray[np.bool_],
        dead: NDArray[np.bool_],
        live: NDArray[np.uint8],
    ) -> None:
        self.situation = situation
        self.passable = passable
        self.dead = dead
        self.live = live
        self.added: dict[int, float] = {}
        self.points: set[int] = set()
        self.closed: list[int] = []
        self.warnings: list[str] = []
        self.refused: set[int] = set()
        ties = np.flatnonzero(situation.is_open & situation.is_operable)
        self.ties = ties[np.argsort(situation.data.equipment.mrid[ties], kind="stable")]

    def close_next_tie(self) -> bool:
        """Close one tie, if one helps; return whether one did."""
        for row in self.ties.tolist():
            a, b = self.situation.find_ends(row)
            for live_end, dead_end in ((a, b), (b, a)):
                if self.live[live_end] and self.dead[dead_end] and row not in self.refused:
                    if self._close_tie(row, live_end, dead_end):
                        return True
                    self.refused.add(row)
        return False

    def _close_tie(self, row: int, live_end: int, dead_end: int) -> bool:
        situation = self.situation
        equipment, volts = situation.data.equipment, situation.data.nodes.nominal_v
        through = int(phases.to_supply_phases(equipment.phases[row : row + 1])[0]) & int(
            self.live[live_end]
        )
        if not through or not _has_same_level(float(volts[live_end]), float(volts[dead_end])):
            return False
        walk = flood_network(
            situation.adjacency,
            np.array([dead_end], dtype=np.int32),
            self.passable,
            within=self.dead,
        )
        rows = situation.points_at(walk.nodes)
        points = situation.data.usage_points
        own = phases.to_supply_phases(points.phases[rows])
        served = rows[own & through != 0]
        load = float(np.nansum(points.peak_w[rows]))
        overloaded = self._find_overloaded(row, live_end, load)
        if overloaded >= 0:
            name = equipment.mrid[overloaded].decode()
            tie = equipment.mrid[row].decode()
            self.warnings.append(f"{tie} cannot pick up {load / 1e3:,.0f} kW: {name} is too small")
            return False
        self.points |= set(served.tolist())
        self.closed.append(row)
        self.dead[walk.nodes] = False
        self.live[walk.nodes] = through
        return True

    def _find_overloaded(self, row: int, node: int, load: float) -> int:
        """Return the equipment on the way to the source that `load` would overload; -1 if none."""
        situation = self.situation
        on_way = [row]
        while node >= 0 and situation.index.feed[node] >= 0:
            on_way.append(int(situation.index.feed[node]))
            node = int(situation.index.parent[node])
        for piece in on_way:
            limit = _compute_capacity_w(situation, piece)
            if limit and self._compute_carried(piece) + load > limit:
                return piece
        for piece in on_way:
            self.added[piece] = self.added.get(piece, 0.0) + load
        return -1

    def _compute_carried(self, row: int) -> float:
        situation = self.situation
        fed = situation.find_fed_node(row)
        if fed < 0:
            return self.added.get(row, 0.0)
        points = situation.points_at(situation.index.find_dependents(fed))
        here = float(np.nansum(situation.data.usage_points.peak_w[points]))
        return here + self.added.get(row, 0.0)


def _has_same_level(first: float, second: float) -> bool:
    if np.isnan(first) or np.isnan(second):
        return True
    return abs(first - second) <= VOLTAGE_TOLERANCE * max(first, second)


def _compute_capacity_w(situation: Situation, row: int) -> float:
    """Return the watts a piece of equipment may carry at unity power factor; 0 if not known."""
    equipment = situation.data.equipment
    if equipment.kind[row] == cim.TRANSFORMER:
        rated = float(equipment.rated_va[row])
        return 0.0 if np.isnan(rated) else rated
    amperes = float(equipment.rated_a[row])
    volts = float(situation.data.nodes.nominal_v[equipment.node_a[row]])
    if np.isnan(amperes) or np.isnan(volts):
        return 0.0
    count = int(phases.PHASE_COUNT[equipment.phases[row] & 63]) or 3
    per_phase = volts / SQRT_3 * amperes
    return per_phase * count
