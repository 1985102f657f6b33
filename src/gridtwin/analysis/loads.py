"""Reckon what load each element carries, phase by phase, and what it may carry."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from gridtwin.model import cim, phases
from gridtwin.topology.core import FREED, live_phases

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gridtwin.model.tables import NetworkData, UsagePoints
    from gridtwin.topology.index import TopologyIndex

ROOT_3 = 3**0.5
PHASES = (1, 2, 4)
TOTAL = 3  # column of the sum of the phases


@dataclass(frozen=True, slots=True)
class Loads:
    """
    The peak loads of a network in one state; loads are watts in columns A, B, C, sum.

    A load stands evenly on the phases it lives on. Peaks are added as if they came at one time.
    """

    point_w: NDArray[np.float64]  # (usage points,)
    on: NDArray[np.uint8]  # (usage points,) phases of its own place it draws from
    before: NDArray[np.float64]  # (places + 1, 4) running sums over the pool of the index
    assumed: int  # usage points whose peak is not recorded
    assumed_w: float  # watts a customer they were given; NaN if nothing is known

    @classmethod
    def of(cls, index: TopologyIndex, points: UsagePoints, default_peak_w: float) -> Loads:
        """Sum up the peaks of usage points; `default_peak_w` stands where none is recorded."""
        known = ~np.isnan(points.peak_w)
        given = default_peak_w
        if np.isnan(given) and (total := int(points.customers[known].sum())):
            given = float(points.peak_w[known].sum(dtype=float)) / total
        watts = np.where(known, points.peak_w, points.customers * np.nan_to_num(given))
        mask = index.mask[points.node]
        local = live_phases(mask)
        on = np.where(local & phases.supply(points.phases), local & phases.supply(points.phases), 0)
        on = np.where(on != 0, on, local).astype(np.uint8)
        above = np.where(mask & FREED != 0, mask & np.uint8(phases.ABC), on)
        share = watts / np.maximum(phases.COUNT[above], 1)
        node_w = np.zeros((len(index.tin), 4))
        for column, bit in enumerate(PHASES):
            here = np.where(above & bit, share, 0.0)
            node_w[:, column] = np.bincount(points.node, here, len(index.tin))
        node_w[:, TOTAL] = node_w[:, :TOTAL].sum(axis=1)
        before = np.zeros((len(index.pool) + 1, 4))
        np.cumsum(np.where(index.pool[:, None] >= 0, node_w[index.pool], 0.0), 0, out=before[1:])
        return cls(watts.astype(float), on, before, int((~known).sum()), float(given))

    def below(self, index: TopologyIndex, node: int) -> NDArray[np.float64]:
        """Return the load that goes dark with a node, shape (4,)."""
        total = np.zeros(4)
        for start, stop in index.ranges(node):
            total += self.before[stop] - self.before[start]
        return np.maximum(total, 0.0)


def limits(data: NetworkData, rows: NDArray[np.int32]) -> NDArray[np.float64]:
    """
    Return what equipment may carry at unity power factor: watts in columns A, B, C, sum.

    Amperes count on each phase at the phase-to-neutral voltage, ``V / sqrt(3)``; on the two legs of
    a split-phase secondary, and the rating of a transformer, in sum. Infinity where not known.

    Parameters
    ----------
    data
        The network's tables.
    rows
        The equipment.
    """
    equipment = data.equipment
    volts = data.nodes.nominal_v[equipment.node_a[rows]].astype(float)
    amperes = equipment.rated_a[rows].astype(float)
    found = np.full((len(rows), 4), np.inf)
    transformer = equipment.kind[rows] == cim.TRANSFORMER
    legs = (phases.COUNT[equipment.phases[rows] & 63] == 0) & (equipment.phases[rows] != 0)
    per_phase = volts / ROOT_3 * amperes
    found[:, :TOTAL] = np.where(transformer | legs, np.inf, per_phase)[:, None]
    found[:, TOTAL] = np.where(
        transformer, equipment.rated_va[rows].astype(float), np.where(legs, volts * amperes, np.inf)
    )
    found[np.isnan(found)] = np.inf
    found[found <= 0] = np.inf
    return found
