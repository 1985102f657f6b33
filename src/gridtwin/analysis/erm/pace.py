"""
Measure how fast outages of a source are ending now, counting those that are still open.

A piecewise-exponential life table over a moving window: in every band of elapsed time, ends
divided by outage-hours at risk (occurrence over exposure; Cox and Oakes, Analysis of Survival
Data, 1984, chapter 3). An outage still open adds hours and no end, so a storm in which only short
outages have ended so far does not look short. Thin windows lean on longer ones.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from gridtwin.model.moments import HOUR_S

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Float = NDArray[np.float64]

# Edges in hours since first sight; the last band has no end.
EDGES_H = np.array(
    [0, 0.25, 0.5, 0.75, 1, 1.5, 2, 3, 4, 6, 8, 12, 18, 24, 36, 48, 72, 120, 240], float
)
WINDOWS_H = (24 * 60.0, 24 * 7.0, 24.0, 6.0)  # each leans on the one before it
PULL_ENDS = (20.0, 10.0, 5.0, 5.0)  # as if so many ends had been seen at the longer window's rate
# Ends an hour when nothing has been seen yet: a plain middle of public outage maps.
START_RATE = np.maximum(0.45 / (1 + 0.12 * EDGES_H), 0.04)


@dataclass(frozen=True)
class RestorationPace:
    """Ends and outage-hours since the beginning, per hour of the clock and band of elapsed time."""

    origin_s: float
    ends: Float  # (hours, bands), up to and with the beginning of each hour
    exposure_h: Float  # (hours, bands)

    @classmethod
    def from_outages(cls, first_seen_s: Float, gone_s: Float, until_s: float) -> RestorationPace:
        """Count the outages given, as they could be counted at each full hour to ``until_s``."""
        origin = np.floor(first_seen_s.min() / HOUR_S) * HOUR_S if first_seen_s.size else until_s
        clock = np.arange(origin, until_s + HOUR_S, HOUR_S)
        over = np.where(np.isfinite(gone_s), gone_s, np.inf)
        band = np.searchsorted(EDGES_H, (over - first_seen_s) / HOUR_S, side="right") - 1
        ends, exposure = [], []
        for place, low in enumerate(EDGES_H):
            high = EDGES_H[place + 1] if place + 1 < EDGES_H.size else np.inf
            mine = np.sort(over[(band == place) & np.isfinite(over)])
            ends.append(np.searchsorted(mine, clock, side="right"))
            enter = first_seen_s + low * HOUR_S
            leave = np.minimum(over, first_seen_s + high * HOUR_S)
            at_risk = leave > enter
            exposure.append(_sum_hours(enter[at_risk], clock) - _sum_hours(leave[at_risk], clock))
        return cls(float(origin), np.stack(ends, 1).astype(float), np.stack(exposure, 1))

    def compute_rates(self, t_s: Float) -> list[Float]:
        """
        Return ends an hour in every band as known at ``t_s``, one (n, bands) array a window.

        Only what was known at the last full hour counts.
        """
        hour = np.floor((t_s - self.origin_s) / HOUR_S).astype(np.int64)
        last = len(self.ends) - 1
        now = np.clip(hour, 0, last)
        known = (hour >= 0)[:, None]
        rates = []
        lean = _pull_rate(START_RATE, 2.0, self.ends[now] * known, self.exposure_h[now] * known)
        for window_h, pull in zip(WINDOWS_H, PULL_ENDS, strict=True):
            since = np.clip(hour - int(window_h), 0, last)
            ends = (self.ends[now] - self.ends[since]) * known
            exposure = (self.exposure_h[now] - self.exposure_h[since]) * known
            lean = _pull_rate(lean, pull, ends, exposure)
            rates.append(lean)
        return rates


def _pull_rate(rate: Float, pull: float, ends: Float, exposure_h: Float) -> Float:
    """Return the rate seen, pulled towards ``rate`` as if it had been seen for ``pull`` ends."""
    return (ends + pull) / (exposure_h + pull / rate)


def _sum_hours(begin_s: Float, clock: Float) -> Float:
    """Return the hours from every beginning to each tick of the clock, summed; 0 before it."""
    begin = np.sort(begin_s[np.isfinite(begin_s)])
    total = np.concatenate([[0.0], np.cumsum(begin - clock[0])])
    count = np.searchsorted(begin, clock, side="right")
    return (count * (clock - clock[0]) - total[count]) / HOUR_S


def compute_hours_left(rate: Float, elapsed_h: Float, share: float) -> Float:
    """
    Return the hours after which a ``share`` of outages open at ``elapsed_h`` have ended.

    Parameters
    ----------
    rate
        Ends an hour per band, shape (n, bands).
    elapsed_h
        Hours since first sight, shape (n,), at least 0.
    share
        Between 0 and 1.
    """
    hazard = np.concatenate(
        [np.zeros((len(rate), 1)), np.cumsum(rate[:, :-1] * np.diff(EDGES_H), axis=1)], axis=1
    )
    every = np.arange(len(rate))
    band = np.searchsorted(EDGES_H, elapsed_h, side="right") - 1
    spent = hazard[every, band] + rate[every, band] * (elapsed_h - EDGES_H[band])
    aim = spent - np.log1p(-share)
    end = np.sum(hazard <= aim[:, None], axis=1) - 1
    return EDGES_H[end] + (aim - hazard[every, end]) / rate[every, end] - elapsed_h
