"""Say what each meter measures in an interval: its own load, a car at night, sun on the roof."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from gridtwin.analysis.demand.load_shapes import COMMERCIAL, RESIDENTIAL, SERVICE_CLASSES
from gridtwin.analysis.demand.random_draws import Draw, make_rng
from gridtwin.model.moments import DAY_S
from gridtwin.model.readings import INTERVAL_S

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gridtwin.analysis.demand.surroundings import Surroundings
    from gridtwin.model.schema import UsagePoints

USUAL_PEAK_W = np.array([5_000.0, 20_000.0, 120_000.0])  # a customer, where none is recorded
LARGEST_HOME_W = 20_000.0  # a peak above it, of no known class, is a business
LOAD_SPREAD = np.array([0.40, 0.12, 0.06], dtype=np.float32)  # of an interval around what is usual
BASE_SPREAD, COOLING_SPREAD = 0.25, 0.35  # of meters of a class, of the logarithm; chosen
ELECTRIC_HEAT = 0.40  # share of homes; the others need little power to heat; chosen
GAS_HEAT_FACTOR = 0.10
SOLAR_SHARES = np.array([0.04, 0.02, 0.03])  # share of meters with panels; chosen
SOLAR_KW = (4.0, 10.0)  # of a home
SOLAR_OF_PEAK = 0.5  # of another customer
PERFORMANCE = 0.80  # what reaches the meter of what panels give by their rating, a usual ratio
CAR_SHARE = 0.03  # share of homes that charge a car; chosen
CAR_KW = 7.2  # 30 A at 240 V, level 2 of SAE J1772
CAR_KWH = (3.0, 16.0)  # a day: about 10 to 55 miles at 0.3 kWh a mile
CAR_DAYS = 0.75  # share of days a car is charged


@dataclass(frozen=True, slots=True)
class MeterTraits:
    """
    What is particular to each meter; arrays of one length, kilowatts as float32.

    A load is ``base kw x shape of its class``, cooling and heating alike.
    """

    service: NDArray[np.uint8]  # row of `SERVICE_CLASSES`
    base_kw: NDArray[np.float32]
    cooling_kw: NDArray[np.float32]
    heating_kw: NDArray[np.float32]
    with_sun: NDArray[np.int32]  # meters with panels
    sun_kw: NDArray[np.float32]  # what those give at 1,000 W/m2
    with_car: NDArray[np.int32]  # meters with a car
    seed: int

    @classmethod
    def from_points(cls, points: UsagePoints, seed: int) -> MeterTraits:
        """Draw what is particular to the usage points of a network."""
        draw = make_rng(seed, Draw.METER)
        count = len(points.mrid)
        peak_w = points.peak_w.astype(np.float64)
        service = classify_points(points)
        missing = np.isnan(peak_w) | (peak_w <= 0)
        usual = USUAL_PEAK_W[service] * np.maximum(points.customers, 1)
        peak_kw = np.where(missing, usual, peak_w) / 1_000
        home = service == RESIDENTIAL
        electric = draw.random(count) < ELECTRIC_HEAT
        # The mean over homes stays 1, so that the class answers the cold as `shapes` says.
        mean = ELECTRIC_HEAT + (1 - ELECTRIC_HEAT) * GAS_HEAT_FACTOR
        heat = np.where(home, np.where(electric, 1.0, GAS_HEAT_FACTOR) / mean, 1.0)
        base = _draw_spread(draw, count, BASE_SPREAD)
        cooling = _draw_spread(draw, count, COOLING_SPREAD)
        with_sun = np.flatnonzero(draw.random(count) < SOLAR_SHARES[service]).astype(np.int32)
        roofs = draw.uniform(*SOLAR_KW, len(with_sun))
        sun_kw = np.where(home[with_sun], roofs, SOLAR_OF_PEAK * peak_kw[with_sun]) * PERFORMANCE
        with_car = np.flatnonzero(home & (draw.random(count) < CAR_SHARE)).astype(np.int32)
        return cls(
            service=service,
            base_kw=(peak_kw * base).astype(np.float32),
            cooling_kw=(peak_kw * cooling).astype(np.float32),
            heating_kw=(peak_kw * heat).astype(np.float32),
            with_sun=with_sun,
            sun_kw=sun_kw.astype(np.float32),
            with_car=with_car,
            seed=seed,
        )

    def __len__(self) -> int:
        """Return how many meters there are."""
        return len(self.service)

    def compute_power(self, at_s: int, surroundings: Surroundings) -> NDArray[np.float32]:
        """
        Return the mean power of each meter in the interval that ends at a time.

        Returns
        -------
            Kilowatts, shape (meters,); below zero where a roof gives more than is used.

        Notes
        -----
        Around what the class and the temperature ask for, an interval of one meter is drawn from
        ``1 - s + s E`` with E exponential of mean 1 and s of its class: appliances come and go.
        """
        day, place = surroundings.get_interval(at_s)
        asked = day.shapes
        kw = self.base_kw * asked.base[:, place].astype(np.float32)[self.service]
        for own, asks in ((self.cooling_kw, asked.cooling), (self.heating_kw, asked.heating)):
            now = asks[:, place].astype(np.float32)
            if now.any():
                kw += own * now[self.service]
        noise = make_rng(self.seed, Draw.READING, at_s // INTERVAL_S).standard_exponential(
            len(kw), dtype=np.float32
        )
        noise -= 1
        noise *= LOAD_SPREAD[self.service]
        noise += 1
        kw *= noise
        kw[self.with_car] += self._compute_charging(at_s, surroundings.climate.longitude_deg)
        sun = day.weather.sun_w_m2[place]
        if sun > 0:
            kw[self.with_sun] -= self.sun_kw * np.float32(sun / 1_000)
        return kw

    def _compute_charging(self, at_s: int, longitude_deg: float) -> NDArray[np.float32]:
        """
        Return the mean power that cars take in an interval, shape (cars,).

        Each night has draws of its own; a night begins at noon by the sun, and charging in the
        evening, around half past seven with a spread of two hours.
        """
        noon_s = DAY_S / 2 - longitude_deg / 360 * DAY_S  # after midnight UTC
        night = int((at_s - INTERVAL_S / 2 - noon_s) // DAY_S)
        draw = make_rng(self.seed, Draw.CAR, night)
        count = len(self.with_car)
        begin = night * DAY_S + noon_s + 3_600 * np.clip(draw.normal(7.5, 2.0, count), 0.5, 18.0)
        need = draw.uniform(*CAR_KWH, count) * (draw.random(count) < CAR_DAYS)
        end = begin + need / CAR_KW * 3_600
        overlap = np.minimum(end, at_s) - np.maximum(begin, at_s - INTERVAL_S)
        return (CAR_KW / INTERVAL_S * np.clip(overlap, 0, None)).astype(np.float32)


def classify_points(points: UsagePoints) -> NDArray[np.uint8]:
    """Return the class of each usage point: as recorded, else by its peak."""
    peak_w = np.nan_to_num(points.peak_w) / np.maximum(points.customers, 1)
    service = np.where(peak_w > LARGEST_HOME_W, COMMERCIAL, RESIDENTIAL).astype(np.uint8)
    for code, name in enumerate(SERVICE_CLASSES):
        service[points.service_class == name.encode()] = code
    return service


def _draw_spread(draw: np.random.Generator, count: int, sigma: float) -> NDArray[np.float64]:
    """Return log-normal factors with mean 1."""
    return np.exp(sigma * draw.standard_normal(count) - sigma**2 / 2)
