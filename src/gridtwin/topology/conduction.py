"""Say what conducts, on which phases and in which direction, in one state of the network."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import connected_components

from gridtwin.model import cim, phases

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gridtwin.model.tables import NetworkData

PhasePolicy = Literal["strict", "advisory", "ignore"]

_JOINS = np.zeros(256, dtype=bool)  # letters of a vector group that join phases
_JOINS[np.frombuffer(b"DdZz", dtype=np.uint8)] = True

DER = cim.SOURCE_KINDS.index("der")


@dataclass(frozen=True, slots=True)
class SupplyRules:
    """
    How supply is reckoned.

    ``strict`` follows recorded phases; ``advisory`` (the default) does too, but a usage point of
    which no phase could be carried to it were everything closed counts as supplied while any
    conductor reaches it, since recorded phases are often wrong; ``ignore`` does not look at phases.
    """

    phases: int = phases.ABC  # phases that are looked at
    phase_policy: PhasePolicy = "advisory"
    allow_lv_backfeed: bool = False  # low voltage may supply medium voltage
    islands: bool = False  # distributed energy resources supply too


@dataclass(frozen=True, slots=True)
class Conduction:
    """What conducts in one state; all arrays have one entry per row of the network's equipment."""

    node_count: int
    node_a: NDArray[np.int32]
    node_b: NDArray[np.int32]
    passes: NDArray[np.uint8]  # phases A, B, C that get through; 0 = does not conduct
    one_way: NDArray[np.int8]  # 1 only from a to b, -1 only from b to a, 0 both ways
    low: NDArray[np.bool_]  # (nodes,) low voltage, which supplies no medium voltage
    mixes: NDArray[np.int8]  # 1: any phase at a energizes all at b, none comes back; -1: b, a
    source_node: NDArray[np.int32]  # of each source that supplies
    source_mask: NDArray[np.uint8]
    source_row: NDArray[np.int32]  # row in the network's sources

    @classmethod
    def from_state(
        cls, data: NetworkData, open_mask: NDArray[np.uint8], rules: SupplyRules | None = None
    ) -> Conduction:
        """
        Resolve a network and its open switches.

        Parameters
        ----------
        data
            The network's tables.
        open_mask
            Phases that stand open, one byte per row of the equipment.
        rules
            How supply is reckoned.
        """
        rules = rules or SupplyRules()
        passes = _find_equipment_passes(data, open_mask)
        if rules.phases != phases.ABC:
            passes &= np.uint8(rules.phases)
        if rules.phase_policy == "ignore":
            passes[passes != 0] = phases.ABC
        equipment, wanted = data.equipment, np.uint8(rules.phases)
        low = _find_low_voltage(data, rules)
        live = data.sources.in_service & find_supplying(data, rules)
        rows = np.flatnonzero(live).astype(np.int32)
        return cls(
            node_count=len(data.nodes.mrid),
            node_a=equipment.node_a,
            node_b=equipment.node_b,
            passes=passes,
            one_way=_find_directions(data, low),
            low=low,
            mixes=_find_mixing(data),
            source_node=data.sources.node[rows],
            source_mask=phases.to_supply_phases(data.sources.phases[rows]) & wanted,
            source_row=rows,
        )


def find_supplying(data: NetworkData, rules: SupplyRules) -> NDArray[np.bool_]:
    """Return which sources supply when they are in service: distributed ones feed islands alone."""
    kind = data.sources.kind
    return np.ones(len(kind), dtype=bool) if rules.islands else kind != DER


def find_passing_phases(
    own: NDArray[np.uint8], open_phases: NDArray[np.uint8]
) -> NDArray[np.uint8]:
    """Return the phases A, B, C that get through equipment of phases `own`, some of them open."""
    carried = phases.CARRIED.take(own & 63)
    legs = own & np.uint8(phases.S1 | phases.S2)
    only_legs = (legs != 0) & (own & phases.ABC == 0)
    # One open leg of a split-phase secondary leaves the other: closed, in part.
    some_leg = np.where(legs & ~open_phases != 0, carried, np.uint8(0))
    return np.where(only_legs, some_leg, carried & ~open_phases).astype(np.uint8)


def _find_equipment_passes(data: NetworkData, open_mask: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return the phases A, B, C that get through each piece of equipment."""
    equipment = data.equipment
    passes: NDArray[np.uint8] = phases.CARRIED.take(equipment.phases & 63)
    rows = np.flatnonzero(open_mask)
    passes[rows] = find_passing_phases(equipment.phases[rows], open_mask[rows])
    passes *= equipment.in_service
    return passes


def _find_low_voltage(data: NetworkData, rules: SupplyRules) -> NDArray[np.bool_]:
    """
    Return the nodes of low voltage.

    A node without a voltage has that of the nodes it is joined to without a transformer. Where
    records disagree, nothing is low voltage: then supply is not cut short by a wrong record.
    """
    volts = data.nodes.nominal_v
    low = volts <= cim.LOW_VOLTAGE_V
    if rules.allow_lv_backfeed or not low.any():
        return np.zeros(len(volts), dtype=bool)
    equipment = data.equipment
    plain = equipment.kind != cim.TRANSFORMER
    differ = low.take(equipment.node_a) != low.take(equipment.node_b)
    if not (np.isnan(volts).any() or (differ & plain).any()):
        return low
    a, b = equipment.node_a[plain], equipment.node_b[plain]
    links = csr_matrix((np.ones(len(a)), (a, b)), shape=(len(volts), len(volts)))
    count, zone = connected_components(links, directed=False)
    lows = np.bincount(zone[low], minlength=count)
    highs = np.bincount(zone[volts > cim.LOW_VOLTAGE_V], minlength=count)
    return ((lows > 0) & (highs == 0))[zone]


def _find_directions(data: NetworkData, low: NDArray[np.bool_]) -> NDArray[np.int8]:
    """Return the direction of transformers between medium and low voltage."""
    direction = np.zeros(len(data.equipment.mrid), dtype=np.int8)
    rows = np.flatnonzero(data.equipment.kind == cim.TRANSFORMER)
    low_a, low_b = low[data.equipment.node_a[rows]], low[data.equipment.node_b[rows]]
    direction[rows] = low_b.astype(np.int8) - low_a.astype(np.int8)
    return direction


def _find_mixing(data: NetworkData) -> NDArray[np.int8]:
    """
    Return the transformers whose windings join phases, a delta or a zigzag, and their low side.

    Losing one phase above leaves voltage on every phase below. Upward no phase is counted as
    supply: a delta that back-energizes an open phase is a hazard, not a source.
    """
    rows = np.flatnonzero(data.equipment.kind == cim.TRANSFORMER)
    groups = data.equipment.vector_group[rows]
    letters = groups.view(np.uint8).reshape(len(rows), groups.dtype.itemsize)
    rows = rows[_JOINS[letters].any(axis=1)]
    direction = np.zeros(len(data.equipment.mrid), dtype=np.int8)
    volts = data.nodes.nominal_v
    side_a, side_b = volts[data.equipment.node_a[rows]], volts[data.equipment.node_b[rows]]
    direction[rows[side_a > side_b]] = 1
    direction[rows[side_b > side_a]] = -1
    return direction
