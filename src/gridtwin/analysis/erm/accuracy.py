"""How good estimates were: pinball, coverage, error, kept promises, with intervals by day."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gridtwin.analysis.erm.quantile_forest import QUANTILE_LEVELS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Float = NDArray[np.float64]

BOOTSTRAP_DRAWS = 400


def compute_pinball(actual_h: Float, quantile_h: Float, level: float) -> Float:
    """
    Return the pinball loss of each estimate of a quantile, in hours.

    A proper score of quantiles (Gneiting and Raftery, JASA 102, 2007): late by an hour costs
    ``level``, early by an hour ``1 - level``.
    """
    late = actual_h - quantile_h
    return np.maximum(level * late, (level - 1) * late)


def interpolate_level(quantile_h: Float, level: float) -> Float:
    """Return the quantile at any level from p10 to p95, from those at `QUANTILE_LEVELS` (n, 5)."""
    logs = np.log(quantile_h)
    band = int(
        np.clip(
            np.searchsorted(QUANTILE_LEVELS, level, side="right") - 1, 0, len(QUANTILE_LEVELS) - 2
        )
    )
    share = (level - QUANTILE_LEVELS[band]) / (QUANTILE_LEVELS[band + 1] - QUANTILE_LEVELS[band])
    return np.exp(logs[:, band] + share * (logs[:, band + 1] - logs[:, band]))


def bootstrap_ratio(top: Float, bottom: Float, day: NDArray[np.int64]) -> tuple[float, float]:
    """
    Return the 95 % interval, by day, of ``sum(top) / sum(bottom) - 1``, as a share.

    Whole days are drawn with replacement: outages of one day share its weather and its crews, so
    that single outages are no independent witnesses (cluster bootstrap; Davison and Hinkley 1997,
    section 3.8).
    """
    _, place = np.unique(day, return_inverse=True)
    tops, bottoms = np.bincount(place, top), np.bincount(place, bottom)
    rng = np.random.default_rng(1)
    drawn = rng.integers(0, tops.size, (BOOTSTRAP_DRAWS, tops.size))
    ratios = tops[drawn].sum(axis=1) / bottoms[drawn].sum(axis=1) - 1
    low, high = np.quantile(ratios, (0.025, 0.975))
    return float(low), float(high)
