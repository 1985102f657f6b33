"""
Correct quantiles by how they have held lately, counting outages that are still open.

Every past estimate is an expected distribution; the place its outcome took in it, on the scale of
a standard normal, is its score. If the quantiles were right the scores would be standard normal.
The recent distribution of scores says which place to read for each quantile instead: conformal
prediction (Vovk et al., Algorithmic Learning in a Random World, 2005) on the probability integral
transform, moving in time. An outage still open has a score of which only the least is known; the
distribution of scores is therefore that of Kaplan and Meier (JASA 53, 1958).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import ndtri

from gridtwin.analysis.erm.quantile_forest import LONGEST_H, QUANTILE_LEVELS, SHORTEST_H
from gridtwin.model.moments import HOUR_S

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Float = NDArray[np.float64]
    Flags = NDArray[np.bool_]

LEVEL_Z = ndtri(np.array(QUANTILE_LEVELS))
MEMORY = 1500  # estimates remembered
# In a storm, the last of this and of earlier storms, and every eighth of those before them.
MEMORY_STORM, LONG_STORM, EVERY = 1000, 20_000, 8
FARTHEST_Z = 4.0


@dataclass(frozen=True)
class CalibrationTrust:
    """
    How much the recent past may move an estimate, on the standard normal scale.

    ``prior``: as if so many scores had been seen that were exactly right. ``most``: the bound of a
    move. ``narrows``: the share of a move that is made where it narrows an interval; one that
    widens it is made in full. ``median``: the share made of a move of the median.
    """

    prior: int
    most: float
    narrows: float
    median: float

    def limit_move(self, move: Float) -> Float:
        """Return how far the place of each of `QUANTILE_LEVELS` is moved."""
        move = np.clip(move, -self.most, self.most)
        outward = np.sign(LEVEL_Z)
        share = np.where(move * outward < 0, self.narrows, 1.0)
        return move * np.where(outward == 0, self.median, share)


# Chosen on a validation cut inside the training period: a model that has learnt from a source
# knows more of its median than the last weeks do. One that has not must learn it from them; how
# fast was set by hand, since only one utility could be left out.
LEARNED_TRUST = CalibrationTrust(prior=300, most=0.5, narrows=0.75, median=0.3)
STRANGER_TRUST = CalibrationTrust(prior=100, most=1.5, narrows=1.0, median=1.0)


@dataclass(frozen=True)
class EstimateOutcomes:
    """
    What became of each estimate, shape (n,), in order of ``issued_s``.

    ``known_s`` is when the end was known (NaN: not yet), ``left_h`` the hours there had been left,
    ``exact`` where the end is one that can be judged by: its source vouches for it.
    """

    issued_s: Float
    known_s: Float
    left_h: Float
    exact: Flags
    storm: Flags


def find_scores(hours: Float, quantile_h: Float) -> Float:
    """Return the place of ``hours`` in each row's quantiles on the standard normal scale."""
    x, q = np.log(np.maximum(hours, 1e-6)), _spread_logs(quantile_h)
    band = np.clip(np.sum(q <= x[:, None], axis=1) - 1, 0, len(QUANTILE_LEVELS) - 2)
    every = np.arange(len(x))
    low, high = q[every, band], q[every, band + 1]
    z = LEVEL_Z[band] + (x - low) / (high - low) * (LEVEL_Z[band + 1] - LEVEL_Z[band])
    return np.clip(z, -FARTHEST_Z, FARTHEST_Z)


def read_quantiles(z: Float, quantile_h: Float) -> Float:
    """Return the hours at each place ``z`` (n, k) in each row's quantiles (n, levels)."""
    q = _spread_logs(quantile_h)
    band = np.clip(np.searchsorted(LEVEL_Z, z, side="right") - 1, 0, len(QUANTILE_LEVELS) - 2)
    every = np.arange(len(q))[:, None]
    low, high = q[every, band], q[every, band + 1]
    x = low + (z - LEVEL_Z[band]) / (LEVEL_Z[band + 1] - LEVEL_Z[band]) * (high - low)
    return np.exp(np.clip(x, np.log(SHORTEST_H / 4), np.log(LONGEST_H)))


def _spread_logs(quantile_h: Float) -> Float:
    """Return the logarithms of quantiles, kept a little apart so that places can be told."""
    apart = 0.01 * np.arange(len(QUANTILE_LEVELS))
    return np.maximum.accumulate(np.log(quantile_h) - apart, axis=1) + apart


def estimate_kaplan_meier(z: Float, ended: Flags, shares: Float, prior_z: Float) -> Float:
    """
    Return the places below which the given shares of scores lie.

    Parameters
    ----------
    z
        Scores, shape (n,); where not ``ended``, the least they can become.
    ended
        Where the score is final.
    shares
        Between 0 and 1, shape (k,).
    prior_z
        Scores added as if seen, so that few outages change little.
    """
    every = np.concatenate([z, prior_z])
    final = np.concatenate([ended, np.ones(prior_z.size, bool)])
    order = np.lexsort((~final, every))
    every, final = every[order], final[order]
    at_risk = np.arange(every.size, 0, -1)
    surviving = np.cumprod(1 - final / at_risk)
    share = 1 - surviving[final]
    return np.interp(shares, share, every[final])


def calibrate_quantiles(
    quantile_h: Float, outcomes: EstimateOutcomes, trust: CalibrationTrust
) -> Float:
    """
    Return the corrected hours left at `QUANTILE_LEVELS`, shape (n, levels).

    An estimate is corrected by what was known at the full hour before it was issued: estimates
    issued by then, with ends known by then, and the others as still open.
    """
    hour = np.floor(outcomes.issued_s / HOUR_S) * HOUR_S
    z = np.zeros((len(hour), len(QUANTILE_LEVELS)))
    storms = np.flatnonzero(outcomes.storm)
    memory = _Memory.from_outcomes(quantile_h, outcomes, trust)
    for begin, end in _find_runs(hour):
        stormy = outcomes.storm[begin:end]
        if not stormy.all():
            z[begin:end] = memory.find_places(np.arange(max(begin - MEMORY, 0), begin), hour[begin])
        if stormy.any():
            upto = int(np.searchsorted(storms, begin))
            old = storms[max(upto - LONG_STORM, 0) : max(upto - MEMORY_STORM, 0) : EVERY]
            lately = np.concatenate([old, storms[max(upto - MEMORY_STORM, 0) : upto]])
            z[begin:end][stormy] = memory.find_places(lately, hour[begin])
    return np.maximum.accumulate(read_quantiles(z, quantile_h), axis=1)


@dataclass(frozen=True)
class _Memory:
    """Estimates issued so far, and what is known of their outcomes at a moment."""

    quantile_h: Float
    outcomes: EstimateOutcomes
    final: Float  # score of every end
    counted: Flags  # ends one can be judged by, once they are known
    trust: CalibrationTrust

    @classmethod
    def from_outcomes(
        cls, quantile_h: Float, outcomes: EstimateOutcomes, trust: CalibrationTrust
    ) -> _Memory:
        left_h = np.nan_to_num(outcomes.left_h, nan=1.0)
        final = find_scores(np.maximum(left_h, SHORTEST_H), quantile_h)
        return cls(quantile_h, outcomes, final, outcomes.exact & (left_h > 0), trust)

    def find_places(self, rows: NDArray[np.int64], now_s: float) -> Float:
        """Return the place to read for each of `QUANTILE_LEVELS`, by what is known of ``rows``."""
        known = self.outcomes.known_s[rows] <= now_s
        fits = ~known | self.counted[rows]
        rows, known = rows[fits], known[fits]
        z = self.final[rows].copy()
        still = rows[~known]
        if still.size:
            passed = (now_s - self.outcomes.issued_s[still]) / HOUR_S
            z[~known] = find_scores(passed, self.quantile_h[still])
        prior = ndtri((np.arange(self.trust.prior) + 0.5) / self.trust.prior)
        return LEVEL_Z + self.trust.limit_move(
            estimate_kaplan_meier(z, known, np.array(QUANTILE_LEVELS), prior) - LEVEL_Z
        )


def _find_runs(values: Float) -> list[tuple[int, int]]:
    """Return begin and end of every run of equal values."""
    edges = (np.flatnonzero(np.diff(values)) + 1).tolist()
    return list(zip([0, *edges], [*edges, len(values)], strict=True)) if len(values) else []
