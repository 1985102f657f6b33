"""How good estimates were: pinball, coverage, error, kept promises, with intervals by day."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gridtwin.analysis.erm.model import LEVELS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Float = NDArray[np.float64]

DRAWS = 400


def pinball(actual_h: Float, quantile_h: Float, level: float) -> Float:
    """
    Return the pinball loss of each estimate of a quantile, in hours.

    A proper score of quantiles (Gneiting and Raftery, JASA 102, 2007): late by an hour costs
    ``level``, early by an hour ``1 - level``.
    """
    late = actual_h - quantile_h
    return np.maximum(level * late, (level - 1) * late)


def at_level(quantile_h: Float, level: float) -> Float:
    """Return the quantile at any level between p10 and p95, from those at `LEVELS` (n, 5)."""
    logs = np.log(quantile_h)
    band = int(np.clip(np.searchsorted(LEVELS, level, side="right") - 1, 0, len(LEVELS) - 2))
    share = (level - LEVELS[band]) / (LEVELS[band + 1] - LEVELS[band])
    return np.exp(logs[:, band] + share * (logs[:, band + 1] - logs[:, band]))


def ratio_by_day(top: Float, bottom: Float, day: NDArray[np.int64]) -> tuple[float, float]:
    """
    Return the 95 % interval, by day, of ``sum(top) / sum(bottom) - 1``, as a share.

    Whole days are drawn with replacement: outages of one day share its weather and its crews, so
    that single outages are no independent witnesses (cluster bootstrap; Davison and Hinkley 1997,
    section 3.8).
    """
    _, place = np.unique(day, return_inverse=True)
    tops, bottoms = np.bincount(place, top), np.bincount(place, bottom)
    rng = np.random.default_rng(1)
    drawn = rng.integers(0, tops.size, (DRAWS, tops.size))
    ratios = tops[drawn].sum(axis=1) / bottoms[drawn].sum(axis=1) - 1
    low, high = np.quantile(ratios, (0.025, 0.975))
    return float(low), float(high)
