"""Put together what a day is like for all meters alike: weather, price, and shapes of loads."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from gridtwin.analysis.demand.climate import PER_DAY, Climate, DayWeather
from gridtwin.analysis.demand.load_shapes import LAG_INTERVALS, LoadShapes, compute_shapes
from gridtwin.analysis.demand.price import compute_prices
from gridtwin.model.moments import DAY_S
from gridtwin.model.readings import INTERVAL_S

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class DayConditions:
    """One day in UTC; arrays have one value an interval."""

    weather: DayWeather
    shapes: LoadShapes
    price_usd_mwh: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Surroundings:
    """A climate, the clocks people live by, and a seed: the same for the same seed."""

    climate: Climate = field(default_factory=Climate)
    timezone: str = "America/Chicago"
    seed: int = 0

    def get_day(self, day: int) -> DayConditions:
        """Return what a day is like; ``day`` counts from 1970-01-01."""
        return _make_day(self, day)

    def get_interval(self, at_s: int) -> tuple[DayConditions, int]:
        """Return the day of the interval that ends at a time, and the interval's place in it."""
        began = at_s - INTERVAL_S
        return _make_day(self, began // DAY_S), began % DAY_S // INTERVAL_S


@lru_cache(maxsize=4)
def _make_day(surroundings: Surroundings, day: int) -> DayConditions:
    climate, seed = surroundings.climate, surroundings.seed
    before, weather = climate.draw_weather(seed, day - 1), climate.draw_weather(seed, day)
    felt = np.concatenate([before.temperature_c[PER_DAY - LAG_INTERVALS :], weather.temperature_c])
    shaped = compute_shapes(felt, day, surroundings.timezone)
    return DayConditions(weather, shaped, compute_prices(seed, day, weather, shaped))
