"""Draw random numbers that depend on the seed and the moment alone, never on what came before."""

from __future__ import annotations

from enum import IntEnum
from functools import lru_cache

import numpy as np


class Draw(IntEnum):
    """What is drawn: each has numbers of its own."""

    WEATHER = 1
    CLOUD = 2
    WIND = 3
    PRICE = 4
    PLANT_OUTAGE = 5
    METER = 6
    CAR = 7
    READING = 8
    MESSAGE = 9
    GASP = 10
    STORM = 11
    ORDER = 12
    TOLD = 13


def make_rng(seed: int, what: Draw, moment: int = 0) -> np.random.Generator:
    """
    Return the generator of one thing at one moment.

    Parameters
    ----------
    seed
        The seed of all, from 0 up.
    what
        What is drawn.
    moment
        The number of a day or an interval, from 0 up.
    """
    return np.random.Generator(np.random.SFC64(np.random.SeedSequence((seed, int(what), moment))))


@lru_cache(maxsize=8_192)
def _draw_shock(seed: int, what: Draw, day: int) -> float:
    return float(make_rng(seed, what, day).standard_normal())


@lru_cache(maxsize=1_024)
def draw_autoregression(seed: int, what: Draw, day: int, memory: float, days: int = 40) -> float:
    """
    Return the value of a day of a first-order autoregression with variance 1.

    Notes
    -----
    AR(1) as a moving average over the days before it, ``sqrt(1 - m^2) sum m^k e(day - k)``, cut off
    after `days`, so that any day is known without those before.
    """
    shocks = [_draw_shock(seed, what, max(day - back, 0)) for back in range(days)]
    weights = memory ** np.arange(days)
    return float(np.sqrt(1 - memory**2) * (weights * shocks).sum())
