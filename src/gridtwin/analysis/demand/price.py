"""Make a real-time price of energy that is low on most days and leaps when supply is scarce."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from gridtwin.analysis.demand.load_shapes import compute_design_share
from gridtwin.analysis.demand.random_draws import Draw, draw_autoregression, make_rng

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gridtwin.analysis.demand.climate import DayWeather
    from gridtwin.analysis.demand.load_shapes import LoadShapes

    Float = NDArray[np.float64]

CAP_USD_MWH = 5_000.0  # high system-wide offer cap in Texas since 2022 (16 TAC 25.509)
FLOOR_USD_MWH = -25.0  # what wind accepts to pay for a tax credit; chosen
LAG_WEIGHTS = np.array([0.50, 0.35, 0.15])  # of the classes in the system's load; chosen
SUN_SHARE = 0.16  # of the design load that solar farms give at 1,000 W/m2; chosen
WIND_SHARE = 0.16  # that wind gives in the mean; chosen
WIND_SPREAD = 0.07
AVAILABLE = 0.93  # of the design load that other plants give in the mean
PLANTS_OUT = 0.035  # standard deviation of what plants fail
RESERVE_SPREAD = 0.045  # how well reserves are known a quarter of an hour ahead


def compute_prices(seed: int, day: int, weather: DayWeather, shapes: LoadShapes) -> Float:
    """
    Return the price of each interval of a day, in dollars a megawatt-hour.

    Notes
    -----
    The load left to thermal plants sets a price on a convex supply curve. Scarcity adds the cap
    times the chance that reserves do not last, a normal tail of what is left: the form of the
    Operating Reserve Demand Curve of ERCOT. The figures are chosen so that an interval in a hundred
    or less is above $1,000, on hot evenings above all.
    """
    load = LAG_WEIGHTS @ (shapes.total / compute_design_share()[:, None])
    sun = SUN_SHARE * weather.sun_w_m2 / 1_000
    wind = np.maximum(WIND_SHARE + WIND_SPREAD * weather.wind, 0.0)
    left = load - sun - wind
    out = PLANTS_OUT * draw_autoregression(seed, Draw.PLANT_OUTAGE, day, 0.7)
    noise = make_rng(seed, Draw.PRICE, day).standard_normal(len(load))
    energy = 9.0 + 9.0 * np.expm1(3.4 * np.maximum(left, -0.1)) - 30.0 * np.maximum(0.18 - left, 0)
    energy = energy * np.exp(0.12 * noise)
    reserve = AVAILABLE - out - left
    scarce = np.array([0.5 * math.erfc(each / RESERVE_SPREAD / math.sqrt(2)) for each in reserve])
    price = energy + (CAP_USD_MWH - energy) * scarce
    return np.asarray(np.clip(price, FLOOR_USD_MWH, CAP_USD_MWH))
