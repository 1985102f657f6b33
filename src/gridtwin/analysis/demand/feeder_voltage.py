"""Let the voltage fall along feeders with the load that flows, in one pass over the preorder."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from gridtwin.model import cim, phases
from gridtwin.model.cim import LOW_VOLTAGE_V, TRANSFORMER
from gridtwin.model.readings import BASE_V
from gridtwin.topology.forest import grow_forest, number_preorder

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gridtwin.model.tables import NetworkData
    from gridtwin.topology.conduction import Conduction

HEAD_V = 123.5  # what a station's tap changer or a regulator holds, 1.03 of the base; chosen
TAN_PHI = 0.33  # reactive of active power, at a power factor of 0.95; chosen
USUAL_V = 12_470.0  # where no nominal voltage is recorded
USUAL_A = {True: 200.0, False: 350.0}  # rating of a conductor at low and at medium voltage
USUAL_M = 30.0
X_OHM_KM = {"overhead": 0.40, "cable": 0.12}
SERVICE_R, SERVICE_X = 0.011, 0.016  # of a service transformer, on its rating
USUAL_TRANSFORMER_VA = 50_000.0
STATION_V = 30_000.0  # volts above which a transformer is a station's, whose taps hold the voltage


@dataclass(frozen=True, slots=True)
class Feeding:
    """
    A tree of supply in preorder, and what each watt through each piece of it costs in volts.

    Loops are cut where the shortest ways from the sources meet.
    """

    slot: NDArray[
        np.int32
    ]  # (usage points,) place in the preorder; 0 in the dark, the super-source
    stop: NDArray[np.int32]  # (n,) end of what hangs on each place
    ended: NDArray[np.int32]  # (n,) places in the order of their ends
    before: NDArray[np.int32]  # (n,) how many of those end at or before each place
    volts_per_kw: NDArray[np.float64]  # (n,) on a base of 120 V
    regulators: NDArray[np.int32]  # places of regulators and of tap changers, in preorder

    @classmethod
    def from_network(cls, data: NetworkData, conduction: Conduction) -> Feeding:
        """Lay out a network in one state."""
        forest = grow_forest(conduction)
        tin, size = number_preorder(forest.up, forest.levels, sorted_parents=True)
        count = len(tin)
        node_at = np.empty(count, dtype=np.int32)
        node_at[tin] = forest.order
        stop = np.empty(count, dtype=np.int32)
        stop[tin] = tin + size
        position = forest.position[data.usage_points.node]
        slot = np.where(position >= 0, tin[position], 0).astype(np.int32)
        feed = np.full(count, -1, dtype=np.int32)
        feed[1:] = forest.feed[node_at[1:]]
        volts = np.zeros(count)
        fed = feed >= 0
        volts[fed] = compute_drops(data, feed[fed])
        kind = data.equipment.kind[feed]
        holds = fed & (
            (kind == cim.KIND_CODE["voltage_regulator"])
            | ((kind == TRANSFORMER) & (_find_volts(data, feed) > STATION_V))
        )
        volts[holds] = 0.0
        volts /= _count_parallel(data, feed, slot, stop)
        ended = np.argsort(stop, kind="stable").astype(np.int32)
        before = np.searchsorted(stop[ended], np.arange(count), side="right").astype(np.int32)
        return cls(slot, stop, ended, before, volts, np.flatnonzero(holds).astype(np.int32))

    def compute_voltage(self, kw: NDArray[np.float32]) -> NDArray[np.float32]:
        """
        Return the voltage at each usage point, on a base of 120 V.

        Parameters
        ----------
        kw
            Power that each usage point takes, shape (usage points,).

        Notes
        -----
        The power below a place is a difference of two prefix sums; the drops on the way to a place
        are the sum of all before it in preorder less those whose subtrees have ended. Losses and
        angles are left out, as in the linearized branch flow of Baran and Wu (1989).
        """
        count = len(self.stop)
        at = np.bincount(self.slot, kw, count)
        at[0] = 0.0
        upto = np.zeros(count + 1)
        np.cumsum(at, out=upto[1:])
        drop = (upto[self.stop] - upto[:-1]) * self.volts_per_kw
        ended = np.zeros(count + 1)
        np.cumsum(drop[self.ended], out=ended[1:])
        path = np.cumsum(drop) - ended[self.before]
        for place in self.regulators.tolist():
            path[place : self.stop[place]] -= path[place]
        return (HEAD_V - path[self.slot]).astype(np.float32)


def _count_parallel(
    data: NetworkData, feed: NDArray[np.int32], slot: NDArray[np.int32], stop: NDArray[np.int32]
) -> NDArray[np.float64]:
    """
    Return how many times its rating each place needs at low voltage, at least 1.

    A recorded rating that the recorded peaks exceed means conductors side by side. Peaks of n
    customers coincide by ``0.45 + 0.55 / sqrt(n)``, as synthetic networks are sized.
    """
    rating = compute_capacities_kw(data, feed)
    known = np.nan_to_num(data.usage_points.peak_w).astype(np.float64) / 1_000
    count = len(stop)
    peaks, points = np.zeros(count + 1), np.zeros(count + 1)
    np.cumsum(np.bincount(slot, known, count), out=peaks[1:])
    np.cumsum(np.bincount(slot, known > 0, count), out=points[1:])
    below, many = peaks[stop] - peaks[:-1], np.maximum(points[stop] - points[:-1], 1)
    return np.maximum(below * (0.45 + 0.55 / np.sqrt(many)) / rating, 1.0)


def compute_capacities_kw(data: NetworkData, rows: NDArray[np.int32]) -> NDArray[np.float64]:
    """Return what conductors at low voltage and service transformers carry; others: infinity."""
    equipment = data.equipment
    volts, amperes = _find_volts(data, rows), equipment.rated_a[rows].astype(np.float64)
    three = phases.PHASE_COUNT[equipment.phases[rows] & 63] == 3
    lines = np.where(three, np.sqrt(3), 1.0) * volts * amperes
    is_transformer = equipment.kind[rows] == TRANSFORMER
    capacity = np.where(is_transformer, equipment.rated_va[rows], lines) / 1_000
    bare = (rows < 0) | (~is_transformer & (volts > LOW_VOLTAGE_V)) | ~(capacity > 0)
    return np.where(bare, np.inf, capacity)


def compute_drops(data: NetworkData, rows: NDArray[np.int32]) -> NDArray[np.float64]:
    """
    Return the volts on a base of 120 V that a kilowatt through equipment costs.

    Notes
    -----
    ``120 k (R + X tan phi) P / V^2`` for P through an impedance at the phase-to-phase voltage V:
    k is 1 on three phases, 2 on two and on the two legs of 240 V, 3 on one. R of a conductor is
    ``2300 / I^1.5`` ohms a kilometer for a rating of I amperes, which meets four sizes of ACSR in
    Kersting, *Distribution System Modeling and Analysis*, within 10 %: 530 A 0.19, 340 A 0.37,
    230 A 0.70, 180 A 1.05. X is 0.40 overhead and 0.12 in cables and at low voltage. A transformer
    has 1.1 + j1.6 % on its rating.
    """
    equipment = data.equipment
    volts = _find_volts(data, rows)
    low = volts <= LOW_VOLTAGE_V
    amperes = equipment.rated_a[rows].astype(np.float64)
    usual = np.where(low, USUAL_A[True], USUAL_A[False])
    amperes = np.where(np.isnan(amperes) | (amperes <= 0), usual, amperes)
    is_line = np.isin(equipment.kind[rows], cim.LINES)
    meters = np.where(is_line, np.nan_to_num(equipment.length_m[rows], nan=USUAL_M), 0.0)
    cable = low | (equipment.placement[rows] == cim.PLACEMENTS.index("underground"))
    reactance = np.where(cable, X_OHM_KM["cable"], X_OHM_KM["overhead"])
    ohm = (2_300 / amperes**1.5 + reactance * TAN_PHI) * meters / 1_000
    wires = phases.PHASE_COUNT[equipment.phases[rows] & 63]
    k = np.where(low & (wires == 0), 2.0, np.array([1.0, 3.0, 2.0, 1.0])[wires])
    lines = k * ohm / volts**2
    rating = equipment.rated_va[rows].astype(np.float64)
    rating = np.where(np.isnan(rating) | (rating <= 0), USUAL_TRANSFORMER_VA, rating)
    transformers = (SERVICE_R + SERVICE_X * TAN_PHI) / rating
    is_transformer = equipment.kind[rows] == TRANSFORMER
    return np.asarray(BASE_V * 1_000 * np.where(is_transformer, transformers, lines))


def _find_volts(data: NetworkData, rows: NDArray[np.int32]) -> NDArray[np.float64]:
    """Return the higher of the nominal voltages at the ends of equipment."""
    equipment, nominal = data.equipment, data.nodes.nominal_v
    ends = np.fmax(nominal[equipment.node_a[rows]], nominal[equipment.node_b[rows]])
    return np.where(np.isnan(ends) | (ends <= 0), USUAL_V, ends).astype(np.float64)
