"""Make what the meters of a twin measure, interval by interval; one interval is in memory."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from gridtwin.analysis.demand.climate import Climate
from gridtwin.analysis.demand.meter_loads import MeterTraits
from gridtwin.analysis.demand.random_draws import Draw, make_rng
from gridtwin.analysis.demand.supply_changes import FeedingHistory
from gridtwin.analysis.demand.surroundings import Surroundings
from gridtwin.errors import InputError
from gridtwin.model.moments import LATEST_S
from gridtwin.model.readings import INTERVAL_H, INTERVAL_S, Conditions, Readings
from gridtwin.stream.contracts import EARLIEST_S

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from gridtwin.analysis.state.situation import Situation
    from gridtwin.stream.simulate.scenario import Scenario

METER_ERROR_V = 0.15  # standard deviation: about a class 0.2 meter
LEAST_SHARE = 1 / 60  # of an interval with supply, from which a meter reports the interval


@dataclass(frozen=True, slots=True)
class Interval:
    """What the meters measured in one interval, those that reported, by their rows."""

    at_s: int  # its end
    row: NDArray[np.int32]  # of the usage points, rising
    kwh: NDArray[np.float32]
    voltage_v: NDArray[np.float32]
    temperature_c: float
    price_usd_mwh: float

    @property
    def conditions(self) -> Conditions:
        """Weather and price of the interval."""
        return Conditions(
            np.array([self.at_s], dtype=np.int64),
            np.array([self.temperature_c], dtype=np.float32),
            np.array([self.price_usd_mwh], dtype=np.float32),
        )


@dataclass(frozen=True, slots=True)
class Making:
    """
    All that is needed to make any interval by itself.

    The same seed gives the same readings, whatever was made before.
    """

    situation: Situation
    scenario: Scenario
    surroundings: Surroundings
    meters: MeterTraits
    feedings: FeedingHistory
    missing: float  # share of readings that never come

    @classmethod
    def from_situation(
        cls,
        situation: Situation,
        scenario: Scenario,
        *,
        seed: int,
        missing: float = 0.0,
        timezone: str = "America/Chicago",
    ) -> Making:
        """Prepare a network; its climate is that of its latitude and longitude."""
        return cls(
            situation,
            scenario,
            Surroundings(_choose_climate(situation), timezone, seed),
            MeterTraits.from_points(situation.data.usage_points, seed),
            FeedingHistory(situation, scenario.operations),
            missing,
        )

    @property
    def names(self) -> NDArray[np.bytes_]:
        """MRIDs of the usage points by row."""
        return self.situation.data.usage_points.mrid

    def measure_interval(self, at_s: int) -> Interval:
        """
        Return what is measured in the interval that ends at a time.

        A meter in the dark reports nothing; one that had supply for a part of the interval, the
        energy of that part.
        """
        kw = self.meters.compute_power(at_s, self.surroundings)
        lit = self.scenario.dark.measure_share(at_s, INTERVAL_S, len(kw))
        dark = bool((lit < 1).any())
        if dark:
            kw *= lit
        draw = make_rng(self.meters.seed, Draw.MESSAGE, at_s // INTERVAL_S)
        volts = self.feedings.get_feeding(at_s).compute_voltage(kw)
        volts += METER_ERROR_V * draw.standard_normal(len(kw), dtype=np.float32)
        np.maximum(volts, 0, out=volts)  # where a line could not carry what is asked of it
        came = self._draw_reporting(lit, draw) if dark or self.missing else None
        if came is not None:
            kw, volts = kw[came], volts[came]
        row = np.arange(len(lit), dtype=np.int32) if came is None else came
        day, place = self.surroundings.get_interval(at_s)
        return Interval(
            at_s,
            row,
            np.rint(kw * np.float32(1_000 * INTERVAL_H)) / np.float32(1_000),
            np.rint(volts * np.float32(10)) / np.float32(10),
            round(float(day.weather.temperature_c[place]), 1),
            round(float(day.price_usd_mwh[place]), 2),
        )

    def _draw_reporting(
        self, lit: NDArray[np.float32], draw: np.random.Generator
    ) -> NDArray[np.int32]:
        reports = lit > LEAST_SHARE
        reports &= draw.random(len(lit), dtype=np.float32) >= self.missing
        return np.flatnonzero(reports).astype(np.int32)

    def build_readings(self, interval: Interval) -> Readings:
        """Return an interval as readings."""
        return Readings(
            self.names[interval.row],
            np.full(len(interval.row), interval.at_s, dtype=np.int64),
            interval.kwh,
            interval.voltage_v,
        )

    def yield_intervals(self, from_s: float, to_s: float) -> Iterator[Interval]:
        """Yield the intervals that end after one time and not after another."""
        for at_s in list_interval_ends(from_s, to_s):
            yield self.measure_interval(at_s)


def list_interval_ends(from_s: float, to_s: float) -> range:
    """
    Return the ends of the intervals after a time and not after another.

    Raises
    ------
    InputError
        If there is none, or a time is out of all range.
    """
    first = (int(from_s // INTERVAL_S) + 1) * INTERVAL_S
    interval_ends = range(first, int(to_s // INTERVAL_S) * INTERVAL_S + 1, INTERVAL_S)
    if not interval_ends:
        msg = "no interval of 15 minutes ends after --from and not after --to"
        raise InputError(msg)
    if interval_ends[0] < EARLIEST_S or interval_ends[-1] > LATEST_S:
        msg = "--from and --to lie between the years 2000 and 2100"
        raise InputError(msg)
    return interval_ends


def _choose_climate(situation: Situation) -> Climate:
    """Return the climate of a network; the usual one where its place on earth is not known."""
    if situation.network.crs is None or not len(situation.data.nodes.xy):
        return Climate()
    longitude, latitude = np.nanmedian(situation.data.nodes.xy, axis=0)
    return Climate(latitude_deg=float(latitude), longitude_deg=float(longitude))
