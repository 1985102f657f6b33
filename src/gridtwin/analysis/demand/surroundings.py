"""Put together what a day is like for all meters alike: weather, price, and shapes of loads."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from gridtwin.model.moments import DAY_S
from gridtwin.analysis.demand.climate import (PER_DAY, Climate, Weather)
from gridtwin.analysis.demand.load_shapes import LAG_INTERVALS, Shapes, shapes
from gridtwin.analysis.demand.price import prices
from gridtwin.model.readings import INTERVAL_S

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Day:
    """One day in UTC; arrays have one value an interval."""

    weather: Weather
    shapes: Shapes
    price_usd_mwh: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Surroundings:
    """A climate, the clocks people live by, and a seed: the same for the same seed."""

    climate: Climate = field(default_factory=Climate)
    timezone: str = "America/Chicago"
    seed: int = 0

    def day(self, day: int) -> Day:
        """Return what a day is like; ``day`` counts from 1970-01-01."""
        return _day(self, day)

    def at(self, at_s: int) -> tuple[Day, int]:
        """Return the day of the interval that ends at a time, and the interval's place in it."""
        began = at_s - INTERVAL_S
        return _day(self, began // DAY_S), began % DAY_S // INTERVAL_S


@lru_cache(maxsize=4)
def _day(surroundings: Surroundings, day: int) -> Day:
    climate, seed = surroundings.climate, surroundings.seed
    before, weather = climate.weather(seed, day - 1), climate.weather(seed, day)
    felt = np.concatenate([before.temperature_c[PER_DAY - LAG_INTERVALS :], weather.temperature_c])
    shaped = shapes(felt, day, surroundings.timezone)
    return Day(weather, shaped, prices(seed, day, weather, shaped))
