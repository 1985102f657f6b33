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

from gridtwin.analysis.erm.model import LEVELS, LONGEST_H, SHORTEST_H

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Float = NDArray[np.float64]
    Flags = NDArray[np.bool_]

HOUR_S = 3600.0
Z = ndtri(np.array(LEVELS))
MEMORY = 1500  # estimates remembered
MEMORY_STORM = 1000
PRIOR = 60  # as if so many scores had been seen that were exactly right
PRIOR_Z = ndtri((np.arange(PRIOR) + 0.5) / PRIOR)
FARTHEST_Z = 4.0


@dataclass(frozen=True)
class Outcomes:
    """
    What became of each estimate, shape (n,), in order of ``issued_s``.

    ``known_s`` is when the end was known (NaN: not yet); ``left_h`` the hours that were left then;
    ``exact`` where that is the end itself and not merely the last time it was seen open.
    """

    issued_s: Float
    known_s: Float
    left_h: Float
    exact: Flags
    storm: Flags


def scores_of(hours: Float, quantile_h: Float) -> Float:
    """Return the place of ``hours`` in each row's quantiles on the standard normal scale."""
    x, q = np.log(np.maximum(hours, 1e-6)), _spread(quantile_h)
    band = np.clip(np.sum(q <= x[:, None], axis=1) - 1, 0, len(LEVELS) - 2)
    every = np.arange(len(x))
    low, high = q[every, band], q[every, band + 1]
    z = Z[band] + (x - low) / (high - low) * (Z[band + 1] - Z[band])
    return np.clip(z, -FARTHEST_Z, FARTHEST_Z)


def read_at(z: Float, quantile_h: Float) -> Float:
    """Return the hours at each place ``z`` (n, k) in each row's quantiles (n, levels)."""
    q = _spread(quantile_h)
    band = np.clip(np.searchsorted(Z, z, side="right") - 1, 0, len(LEVELS) - 2)
    every = np.arange(len(q))[:, None]
    low, high = q[every, band], q[every, band + 1]
    x = low + (z - Z[band]) / (Z[band + 1] - Z[band]) * (high - low)
    return np.exp(np.clip(x, np.log(SHORTEST_H / 4), np.log(LONGEST_H)))


def _spread(quantile_h: Float) -> Float:
    """Return the logarithms of quantiles, kept a little apart so that places can be told."""
    apart = 0.01 * np.arange(len(LEVELS))
    return np.maximum.accumulate(np.log(quantile_h) - apart, axis=1) + apart


def kaplan_meier_z(z: Float, ended: Flags, shares: Float, prior_z: Float = PRIOR_Z) -> Float:
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


def calibrate(quantile_h: Float, outcomes: Outcomes, shown: tuple[float, ...] = LEVELS) -> Float:
    """
    Return the corrected hours left at the levels ``shown``, shape (n, shown).

    An estimate is corrected by what was known at the full hour before it was issued: estimates
    issued by then, with ends known by then, and the others as still open.
    """
    shares = np.array(shown)
    hour = np.floor(outcomes.issued_s / HOUR_S) * HOUR_S
    z = np.zeros((len(hour), len(shown)))
    final = scores_of(np.nan_to_num(outcomes.left_h, nan=1.0), quantile_h)
    storms = np.flatnonzero(outcomes.storm)
    memo = _Memory(quantile_h, outcomes, final)
    for begin, end in _runs(hour):
        now = hour[begin]
        here = np.arange(begin, end)
        calm = memo.places(np.arange(max(begin - MEMORY, 0), begin), now, shares, PRIOR_Z)
        z[here] = calm
        stormy = outcomes.storm[here]
        if stormy.any():
            upto = np.searchsorted(storms, begin)
            lately = storms[max(upto - MEMORY_STORM, 0) : upto]
            z[here[stormy]] = memo.places(lately, now, shares, PRIOR_Z)
    return np.maximum.accumulate(read_at(z, quantile_h), axis=1)


@dataclass(frozen=True)
class _Memory:
    """Estimates issued so far, and what is known of their outcomes at a moment."""

    quantile_h: Float
    outcomes: Outcomes
    final: Float

    def places(self, rows: NDArray[np.int64], now_s: float, shares: Float, prior: Float) -> Float:
        """Return the places to read for ``shares``, by the outcomes of ``rows`` known now."""
        known = self.outcomes.known_s[rows] <= now_s
        z = self.final[rows].copy()
        open_rows = rows[~known]
        if open_rows.size:
            passed = (now_s - self.outcomes.issued_s[open_rows]) / HOUR_S
            z[~known] = scores_of(passed, self.quantile_h[open_rows])
        return kaplan_meier_z(z, known & self.outcomes.exact[rows], shares, prior)


def _runs(values: Float) -> list[tuple[int, int]]:
    """Return begin and end of every run of equal values."""
    edges = (np.flatnonzero(np.diff(values)) + 1).tolist()
    return list(zip([0, *edges], [*edges, len(values)], strict=True)) if len(values) else []
