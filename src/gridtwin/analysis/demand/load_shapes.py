"""Say how the load of a class of customers follows the hour, the day and the temperature."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import numpy as np

from gridtwin.analysis.demand.climate import PER_DAY
from gridtwin.model.moments import DAY_S

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Float = NDArray[np.float64]

SERVICE_CLASSES = ("residential", "commercial", "industrial")
RESIDENTIAL, COMMERCIAL, INDUSTRIAL = range(len(SERVICE_CLASSES))
DESIGN_C = 36.0  # a hot afternoon
DESIGN_HOUR = 17.5

# Hundredths of the peak at each full hour, without heating and cooling, on working days and days
# off; drawn by hand: homes peak when people come home, businesses follow their hours, industry
# works two shifts.
_HOURLY = """
55 50 47 46 47 55 75 85 76 69 66 66 68 69 71 77 89 103 112 113 108 99 85 68
60 53 49 47 47 50 58 70 82 88 89 88 88 87 87 89 96 105 111 111 105 97 86 71
45 43 42 42 44 50 62 78 92 99 101 102 102 102 102 101 98 92 84 76 68 60 53 48
43 41 40 40 41 43 47 53 60 66 70 72 73 73 72 71 69 66 62 58 54 50 47 45
78 77 77 77 79 85 93 98 100 101 101 100 100 101 101 99 97 96 95 94 92 88 83 80
64 64 64 64 64 64 66 66 66 66 66 66 66 66 66 66 66 66 66 66 64 64 64 64
"""
HOURLY = np.array(_HOURLY.split(), dtype=np.float64).reshape(len(SERVICE_CLASSES), 2, 24) / 100


@dataclass(frozen=True, slots=True)
class TemperatureResponse:
    """
    How classes answer the temperature, as shares of a customer's own peak; shapes (classes,).

    Notes
    -----
    The five-parameter change-point model of ASHRAE Guideline 14 (Kissock, Haberl and Claridge,
    2003): ``base + cooling * max(0, T - T_c) + heating * max(0, T_h - T)``. The slopes are chosen
    so that many homes together reach half the sum of their own peaks on a design afternoon, and use
    about 11 MWh a year each at a peak of 5 kW.
    """

    base: Float
    cooling: Float  # a kelvin
    cool_above_c: Float
    heating: Float  # a kelvin
    heat_below_c: Float


TEMPERATURE_RESPONSE = TemperatureResponse(
    base=np.array([0.20, 0.44, 0.66]),
    cooling=np.array([0.0175, 0.0125, 0.004]),
    cool_above_c=np.array([20.0, 17.0, 18.0]),
    heating=np.array([0.008, 0.004, 0.0]),
    heat_below_c=np.array([15.0, 12.0, 10.0]),
)
LAG_INTERVALS = 12  # buildings feel the mean temperature of three hours; chosen


@dataclass(frozen=True, slots=True)
class LoadShapes:
    """What a day asks of each class: shares of a customer's peak, shapes (classes, 96)."""

    base: Float
    cooling: Float
    heating: Float

    @property
    def total(self) -> Float:
        """The share of the peak altogether."""
        return self.base + self.cooling + self.heating


def compute_shapes(temperature_c: Float, day: int, timezone: str) -> LoadShapes:
    """
    Return the loads of the classes over a day in UTC.

    Parameters
    ----------
    temperature_c
        Temperatures of the day and of `LAG_INTERVALS` intervals before, shape (12 + 96,).
    day
        Days since 1970-01-01.
    timezone
        Name of the zone whose clocks people live by.
    """
    hour, off = find_local_hours(day, timezone)
    felt = np.convolve(temperature_c, np.ones(LAG_INTERVALS + 1), "valid") / (LAG_INTERVALS + 1)
    low = hour.astype(np.int64)
    share, high = hour - low, (low + 1) % 24
    rows = off.astype(np.int64)
    hourly = HOURLY[:, rows, low] * (1 - share) + HOURLY[:, rows, high] * share
    of = TEMPERATURE_RESPONSE
    cooling = of.cooling[:, None] * np.maximum(felt - of.cool_above_c[:, None], 0)
    heating = of.heating[:, None] * np.maximum(of.heat_below_c[:, None] - felt, 0)
    return LoadShapes(of.base[:, None] * hourly, cooling, heating)


def compute_design_share() -> Float:
    """Return the share of their peaks that many customers of each class reach by design."""
    cooling = TEMPERATURE_RESPONSE.cooling * (DESIGN_C - TEMPERATURE_RESPONSE.cool_above_c)
    low = int(DESIGN_HOUR)
    hourly = HOURLY[:, 0, low : low + 2].mean(axis=1)
    return np.asarray(TEMPERATURE_RESPONSE.base * hourly + cooling)


def find_local_hours(day: int, timezone: str) -> tuple[Float, NDArray[np.bool_]]:
    """Return the hour of the clock in the middle of each interval, and whether it is a day off."""
    zone = ZoneInfo(timezone)
    start = datetime.fromtimestamp(day * DAY_S, UTC)
    middles = [
        (start + timedelta(seconds=(at + 0.5) * DAY_S / PER_DAY)).astimezone(zone)
        for at in range(PER_DAY)
    ]
    hours = np.array([each.hour + each.minute / 60 + each.second / 3600 for each in middles])
    off = [
        each.weekday() >= 5 or each.date().isoformat() in list_holidays(each.year)
        for each in middles
    ]
    return hours, np.array(off)


@lru_cache(maxsize=8)
def list_holidays(year: int) -> frozenset[str]:
    """Return the federal holidays of the United States in a year, as ISO dates."""
    from pandas.tseries.holiday import USFederalHolidayCalendar

    days = USFederalHolidayCalendar().holidays(f"{year}-01-01", f"{year}-12-31")
    return frozenset(day.date().isoformat() for day in days)
