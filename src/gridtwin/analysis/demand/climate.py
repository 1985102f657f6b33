"""Make the weather of a day: temperature, sunshine and wind in intervals of 15 minutes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from gridtwin.analysis.demand.random_draws import Draw, draw_autoregression

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Float = NDArray[np.float64]

PER_DAY = 96
WARMEST_DAY = 201  # July 20
WARMEST_HOUR = 15.5
FRONT_MEMORY = 0.65  # of the temperature's departure from a day to the next
CLOUD_MEMORY = 0.4
WIND_MEMORY = 0.5


@dataclass(frozen=True, slots=True)
class Climate:
    """
    Where it is, and what is usual there.

    The temperatures are near the normals of Houston: about 12 °C in January, 30 °C in July.
    """

    latitude_deg: float = 29.8
    longitude_deg: float = -95.4
    mean_c: float = 21.0
    season_c: float = 9.0  # from the mean to the warmest day
    day_c: float = 5.5  # from the mean of a day to its warmest hour
    front_c: float = 3.0  # standard deviation of a day from what is usual

    def draw_weather(self, seed: int, day: int) -> DayWeather:
        """
        Return the weather of a day in UTC.

        Parameters
        ----------
        seed
            The same seed gives the same weather.
        day
            Days since 1970-01-01.

        Notes
        -----
        Temperature: a sine over the year, one over the day, and fronts that follow a first-order
        autoregression from day to day. Sunshine: see `compute_clear_sky`.
        """
        middle = (np.arange(PER_DAY) + 0.5) / PER_DAY  # of each interval, in days
        of_year = (day + middle) % 365.2425 + 1
        solar_hour = (24 * middle + self.longitude_deg / 15) % 24
        fronts = [
            draw_autoregression(seed, Draw.WEATHER, day + near, FRONT_MEMORY) for near in (0, 1)
        ]
        front = fronts[0] + (fronts[1] - fronts[0]) * middle
        clouds = [
            draw_autoregression(seed, Draw.CLOUD, day + near, CLOUD_MEMORY) for near in (0, 1)
        ]
        cover = 1 / (1 + np.exp(-1.5 * (clouds[0] + (clouds[1] - clouds[0]) * middle + 0.5)))
        winds = [draw_autoregression(seed, Draw.WIND, day + near, WIND_MEMORY) for near in (0, 1)]
        wind = winds[0] + (winds[1] - winds[0]) * middle
        temperature = (
            self.mean_c
            + self.season_c * np.cos(2 * np.pi * (of_year - WARMEST_DAY) / 365.2425)
            + self.day_c * (1 - 0.4 * cover) * np.cos(2 * np.pi * (solar_hour - WARMEST_HOUR) / 24)
            + self.front_c * front
        )
        sun = compute_clear_sky(self.latitude_deg, of_year, solar_hour) * (1 - 0.75 * cover**3.4)
        return DayWeather(temperature, sun, wind)


@dataclass(frozen=True, slots=True)
class DayWeather:
    """The weather of a day, one value an interval, shape (96,)."""

    temperature_c: Float
    sun_w_m2: Float  # global horizontal irradiance
    wind: Float  # standard deviations from what is usual


def compute_clear_sky(latitude_deg: float, day_of_year: Float, solar_hour: Float) -> Float:
    """
    Return the irradiance on level ground under a clear sky, in watts a square meter.

    Notes
    -----
    Declination after Cooper (1969), ``23.45 sin(360 (284 + n) / 365)`` degrees; irradiance after
    Haurwitz (1945), ``1098 c exp(-0.057 / c)`` for the cosine ``c`` of the zenith angle. The factor
    for clouds, ``1 - 0.75 cover^3.4``, is that of Kasten and Czeplak (1980).
    """
    latitude = np.radians(latitude_deg)
    declination = np.radians(23.45) * np.sin(2 * np.pi * (284 + day_of_year) / 365)
    angle = np.radians(15 * (solar_hour - 12))
    height = np.sin(latitude) * np.sin(declination) + np.cos(latitude) * np.cos(
        declination
    ) * np.cos(angle)
    up = np.maximum(height, 1e-3)
    return np.where(height > 1e-3, 1098 * up * np.exp(-0.057 / up), 0.0)
