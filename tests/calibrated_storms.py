"""Fit one figure, how long repairs take, so that half of the customers are back when they were."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from gridtwin.analysis.storm.restoration_curves import find_share_times
from gridtwin.analysis.storm.storm_simulation import simulate_storm
from gridtwin.errors import InputError

if TYPE_CHECKING:
    from gridtwin.analysis.storm.repair_plan import RepairPlan
    from gridtwin.analysis.storm.response import Response

LEAST, MOST = 0.01, 100.0
STEPS = 20


def calibrate(
    plan: RepairPlan, response: Response, t50_s: float, *, draws: int = 200, seed: int = 0
) -> Response:
    """
    Return the response with the repair factor at which the median t50 is the one given.

    Parameters
    ----------
    plan, response
        The storm; crews and all other figures stay as they are.
    t50_s
        When half of the customers out were back, s.
    draws, seed
        As for `simulate_storm`; every factor is tried on the same random numbers.

    Raises
    ------
    InputError
        If no factor from 0.01 to 100 gives it.

    Notes
    -----
    Bisection on the logarithm of the factor: one figure fitted to one figure. It stands for all
    that the model does not know (crews, access, materials), so it holds for that utility and kind
    of storm only, and says nothing of the tail, which is what there is to check. Where crews rest
    or nights begin, the median jumps, and may pass over the one given.
    """
    low, high = np.log(LEAST), np.log(MOST)

    def t50(factor: float) -> float:
        tried = simulate_storm(
            plan, replace(response, repair_factor=factor), draws=draws, seed=seed
        )
        return float(np.median(find_share_times(tried.back, plan.groups.customers, (0.5,))))

    if not t50(LEAST) <= t50_s <= t50(MOST):
        msg = (
            f"no repair factor from {LEAST:g} to {MOST:g} brings half back in {t50_s / 3600:.2f} h"
        )
        raise InputError(msg)
    for _ in range(STEPS):
        middle = (low + high) / 2
        low, high = (middle, high) if t50(float(np.exp(middle))) < t50_s else (low, middle)
    return replace(response, repair_factor=float(np.exp((low + high) / 2)))
