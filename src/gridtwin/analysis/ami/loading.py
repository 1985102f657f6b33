"""
Hold the load of an interval against what equipment may carry.

The mean power of an interval is its energy over its length, ``P = E / (15 min)``; meters give no
reactive energy, so apparent power is ``S = P / cos(phi)`` with a power factor that is stated.
Loading is ``100 S / S_rated`` against the nameplate of a transformer, and ``100 I / I_rated`` on
the most loaded phase of a line or a switch, with ``I = S_phase / (V / sqrt(3))``. How far over its
nameplate a transformer may go, and for how long, depends on its temperature before, on the ambient
and on its design (IEEE C57.91-2011, clauses 7 and 8): that is for an engineer, with this loading as
the input.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from gridtwin.analysis.state.loads import PHASE_BITS, SUM_COLUMN, find_limits, refer_loads
from gridtwin.errors import InputError
from gridtwin.model import phases
from gridtwin.model.readings import INTERVAL_H

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gridtwin.analysis.ami.interval_load import MeterSlices
    from gridtwin.analysis.state.situation import Situation

POWER_FACTOR = 0.95  # of a customer who is not measured; an assumption, stated with each answer


@dataclass(frozen=True, slots=True)
class Loading:
    """What elements carried against what they may; arrays of shape (n,), NaN where not known."""

    kw: NDArray[np.float64]
    kva: NDArray[np.float64]
    loading_pct: NDArray[np.float64]
    phase_kw: NDArray[np.float64]  # (n, 3) on A, B, C; NaN below the windings of a transformer
    imbalance_pct: NDArray[np.float64]  # of elements that carry all three phases


def check_power_factor(power_factor: float) -> None:
    """Raise InputError unless a power factor is above 0 and at most 1."""
    if not 0 < power_factor <= 1:
        msg = f"power factor {power_factor:g} is none: give one above 0 and at most 1"
        raise InputError(msg)


def compute_loading(
    situation: Situation,
    slices: MeterSlices,
    kwh: NDArray[np.float64],
    points_kwh: NDArray[np.floating],
    power_factor: float = POWER_FACTOR,
) -> Loading:
    """
    Hold the load of elements against their ratings.

    Parameters
    ----------
    situation, slices
        The network in the switch state of the interval, and the elements.
    kwh
        What each element carried, shape (n,), as `load` returns it.
    points_kwh
        Energy of each usage point, shape (usage points,); NaN where no reading came.
    power_factor
        Of all loads; above 0 and at most 1.

    Raises
    ------
    InputError
        If the power factor is none.
    """
    check_power_factor(power_factor)
    rows = slices.equipment
    kw = kwh / INTERVAL_H
    by_phase = sum_phases(situation, slices, points_kwh) / INTERVAL_H
    kva = np.concatenate([by_phase, kw[:, None]], axis=1) / power_factor
    share = np.abs(kva) * 1000 / find_limits(situation.data, rows)
    share[:, :SUM_COLUMN][np.isnan(share[:, :SUM_COLUMN])] = 0.0
    pct = 100 * share.max(axis=1)
    rated = np.isfinite(find_limits(situation.data, rows)).any(axis=1)
    return Loading(
        kw=kw,
        kva=np.abs(kw) / power_factor,
        loading_pct=np.where(rated, pct, np.nan),
        phase_kw=by_phase,
        imbalance_pct=compute_imbalance(by_phase),
    )


def sum_phases(
    situation: Situation, slices: MeterSlices, points_kwh: NDArray[np.floating]
) -> NDArray[np.float64]:
    """
    Return the energy each element carried on A, B and C, shape (n, 3).

    A load stands evenly on the phases it lives on, and evenly on all three above windings that
    join phases; see `gridtwin.analysis.state.loads`. NaN for split-phase secondaries, and on loops.
    """
    loads, child = situation.sum_loads(), situation.index.child[slices.equipment]
    share = np.nan_to_num(points_kwh) / np.maximum(phases.PHASE_COUNT[loads.on], 1)
    here = loads.level[situation.data.usage_points.node]
    sums = np.zeros((len(child), int(loads.level.max(initial=0)) + 1, len(PHASE_BITS)))
    for depth in range(sums.shape[1]):
        for column, bit in enumerate(PHASE_BITS):
            mine = (loads.on & bit != 0) & (here == depth)
            sums[:, depth, column] = slices.sum_values(np.where(mine, share, 0.0))
    level = np.where(child >= 0, loads.level[child], 0)
    by_phase = refer_loads(sums, level)[:, :SUM_COLUMN]
    equipment = situation.data.equipment
    own = equipment.phases[slices.equipment] & 63
    by_phase[(phases.PHASE_COUNT[own] == 0) & (own != 0)] = np.nan
    return by_phase


def compute_imbalance(by_phase: NDArray[np.float64]) -> NDArray[np.float64]:
    """
    Return the imbalance of three phases, percent: ``100 max|P_i - mean| / |mean|``, shape (n,).

    The measure of NEMA MG 1 for voltages, here of power. NaN where not all three are carried.
    """
    mean = by_phase.mean(axis=1)
    off = np.abs(by_phase - mean[:, None]).max(axis=1)
    three = (by_phase != 0).all(axis=1) & (mean != 0)
    return np.where(three, 100 * off / np.where(three, np.abs(mean), 1.0), np.nan)


def compute_pct(
    kwh: NDArray[np.floating], rated_kva: NDArray[np.floating], power_factor: float = POWER_FACTOR
) -> NDArray[np.float64]:
    """Return loads of an interval in percent of ratings in kVA, phases taken together."""
    rated = np.where(rated_kva > 0, rated_kva, np.nan).astype(float)
    return 100 * np.abs(kwh.astype(float)) / INTERVAL_H / power_factor / rated
