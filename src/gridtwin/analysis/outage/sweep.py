"""Fail every element once, and count who goes dark."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gridtwin.topology.loss import FaultSet, find_affected, find_loss

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gridtwin.analysis.state.situation import Situation


def sweep_elements(situation: Situation) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """
    Return, per piece of equipment, the customers and the usage points that go dark with it.

    Returns
    -------
    customers, usage_points
        Each of shape (equipment,).

    Notes
    -----
    One pass of prefix sums. Only where a meshed part carries different phases on different ways,
    each of its elements is failed in turn.
    """
    index, points = situation.index, situation.data.usage_points
    served = points.node[situation.is_served]
    meters = np.bincount(served, minlength=len(index.tin)).astype(np.int32)
    child = index.child
    customers = np.where(child >= 0, index.sum_dependents()[child], 0)
    usage_points = np.where(child >= 0, index.sum_dependents(meters)[child], 0)
    for row in _find_phase_bound(situation).tolist():
        loss = find_loss(index, FaultSet(equipment=np.array([row], dtype=np.int32)))
        rows = find_affected(index, points, loss, strict=situation.strict).out
        customers[row], usage_points[row] = situation.customers_of(rows), len(rows)
    return customers, usage_points


def _find_phase_bound(situation: Situation) -> NDArray[np.int32]:
    """Return the equipment of a core whose ways carry different phases."""
    core = situation.index.core
    if core is None or core.uniform:
        return np.empty(0, dtype=np.int32)
    return np.unique(core.equipment[core.equipment >= 0])
