"""Reckon what load each element carries, phase by phase, and what it may carry."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from gridtwin.model import cim, phases
from gridtwin.topology.meshed_core import live_phases

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gridtwin.model.schema import UsagePoints
    from gridtwin.model.tables import NetworkData
    from gridtwin.topology.topology_index import TopologyIndex

SQRT_3 = 3**0.5
PHASE_BITS = (1, 2, 4)
SUM_COLUMN = 3  # column of the sum of the phases


@dataclass(frozen=True, slots=True)
class PeakLoads:
    """
    The peak loads of a network in one state; loads are watts in columns A, B, C, sum.

    A load stands evenly on the phases it lives on. Above a transformer whose windings join phases
    it stands evenly on all three: the level of a node counts such transformers on its way to the
    source.
    """

    point_w: NDArray[np.float64]  # (usage points,)
    on: NDArray[np.uint8]  # (usage points,) phases of its own place it draws from
    level: NDArray[np.int32]  # (nodes,)
    before: NDArray[np.float64]  # (places + 1, levels, 3) running sums over the pool of the index
    assumed: int  # usage points whose peak is not recorded
    assumed_w: float  # watts a customer they were given; NaN if nothing is known

    @classmethod
    def sum_loads(
        cls,
        index: TopologyIndex,
        points: UsagePoints,
        default_peak_w: float = math.nan,
        coincidence: float = 1.0,
    ) -> PeakLoads:
        """
        Sum up the peaks of usage points.

        Parameters
        ----------
        index, points
            What hangs on what, and who is served.
        default_peak_w
            Watts of a customer without a record; NaN: the mean of the others.
        coincidence
            The share of the sum of peaks that stands at one time.
        """
        known = ~np.isnan(points.peak_w)
        given = default_peak_w
        if np.isnan(given) and (total := int(points.customers[known].sum())):
            given = float(points.peak_w[known].sum(dtype=float)) / total
        watts = np.where(known, points.peak_w, points.customers * np.nan_to_num(given))
        watts = watts * coincidence
        local = live_phases(index.mask[points.node])
        uses = phases.to_supply_phases(points.phases)
        own = local & uses
        at_fault = uses & index.designed[points.node] == 0  # its record: any phase may feed it
        on = np.where(at_fault, local, own).astype(np.uint8)
        share = watts / np.maximum(phases.PHASE_COUNT[on], 1)
        level = _count_transformers(index)
        count = int(level.max(initial=0)) + 1
        before = np.zeros((len(index.pool) + 1, count, 3))
        for column, bit in enumerate(PHASE_BITS):
            for depth in range(count):
                here = np.where((on & bit != 0) & (level[points.node] == depth), share, 0.0)
                at_node = np.bincount(points.node, here, len(index.tin))
                placed = np.where(index.pool >= 0, at_node[index.pool], 0.0)
                np.cumsum(placed, out=before[1:, depth, column])
        return cls(watts.astype(float), on, level, before, int((~known).sum()), float(given))

    def sum_below(self, index: TopologyIndex, node: int) -> NDArray[np.float64]:
        """Return the load that goes dark with a node, shape (4,)."""
        total = np.zeros(self.before.shape[1:])
        for start, stop in index.find_ranges(node):
            total += self.before[stop] - self.before[start]
        return self.refer_to_nodes(total[None], self.level[node : node + 1])[0]

    @staticmethod
    def refer_to_nodes(sums: NDArray[np.float64], level: NDArray[np.int32]) -> NDArray[np.float64]:
        """Return loads as they are seen from nodes, never below 0; see `refer_loads`."""
        return np.maximum(refer_loads(sums, level), 0.0)


def refer_loads(sums: NDArray[np.float64], level: NDArray[np.int32]) -> NDArray[np.float64]:
    """
    Return loads as they are seen from nodes, in columns A, B, C, sum.

    Parameters
    ----------
    sums
        Watts by the level they stand on, shape (n, levels, 3).
    level
        Level of the node they are seen from, shape (n,).
    """
    own = np.take_along_axis(sums, level[:, None, None].astype(np.intp), axis=1)[:, 0]
    whole = sums.sum(axis=(1, 2))
    mixed = (whole - own.sum(axis=1)) / 3
    return np.concatenate([own + mixed[:, None], whole[:, None]], axis=1)


def _count_transformers(index: TopologyIndex) -> NDArray[np.int32]:
    """Return how many transformers that join phases lie between each node and its source."""
    nodes = index.child[np.flatnonzero(index.conduction.mixes)]
    nodes = nodes[nodes >= 0]
    steps = np.zeros(len(index.pool) + 1, dtype=np.int32)
    plain = (index.segment[nodes] > 0) | (len(index.base) == 1)
    start = index.tin[nodes[plain]]
    np.add.at(steps, start, 1)
    np.add.at(steps, start + index.size[nodes[plain]], -1)
    for node in nodes[~plain].tolist():
        for begin, end in index.find_ranges(node):
            steps[begin] += 1
            steps[end] -= 1
    at_place = np.cumsum(steps[:-1], dtype=np.int32)
    return np.where(index.tin >= 0, at_place[np.maximum(index.tin, 0)], np.int32(0))


def find_limits(data: NetworkData, rows: NDArray[np.int32]) -> NDArray[np.float64]:
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
    watts = np.full((len(rows), 4), np.inf)
    transformer = equipment.kind[rows] == cim.TRANSFORMER
    legs = (phases.PHASE_COUNT[equipment.phases[rows] & 63] == 0) & (equipment.phases[rows] != 0)
    per_phase = volts / SQRT_3 * amperes
    watts[:, :SUM_COLUMN] = np.where(transformer | legs, np.inf, per_phase)[:, None]
    watts[:, SUM_COLUMN] = np.where(
        transformer, equipment.rated_va[rows].astype(float), np.where(legs, volts * amperes, np.inf)
    )
    watts[np.isnan(watts)] = np.inf
    watts[watts <= 0] = np.inf
    return watts
