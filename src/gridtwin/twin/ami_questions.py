"""
Ask what meters measured: load, loading and voltage by element, and series over time.

>>> import gridtwin
>>> twin = gridtwin.open(gridtwin.synthesize("houston", meters=500, seed=1))
>>> twin.ami.latest() is None
True
"""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from gridtwin.analysis.ami.interval_load import (
    MeterSlices,
    list_equipment,
    spread_by_point,
    sum_load,
)
from gridtwin.analysis.ami.interval_rollup import IntervalRollUp
from gridtwin.analysis.ami.loading import POWER_FACTOR, compute_loading
from gridtwin.errors import InputError, NotFoundError
from gridtwin.model import cim
from gridtwin.model.interval_loads import Nameplates
from gridtwin.model.moments import read_moment, read_period
from gridtwin.model.readings import INTERVAL_S
from gridtwin.results.ami_result import LoadResult, MapLoading, VoltageResult, make_readings_frame
from gridtwin.twin.ami_periods import AmiHistory
from gridtwin.twin.ami_rollup import roll_up_hours
from gridtwin.twin.history import open_past
from gridtwin.twin.questions import NetworkQuestions
from gridtwin.twin.recent_cache import RecentCache

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd
    from numpy.typing import NDArray

    from gridtwin.analysis.state.situation import Situation
    from gridtwin.model.readings import Readings
    from gridtwin.model.tables import Strings
    from gridtwin.store.protocol import ReadingBook
    from gridtwin.topology.topology_index import TopologyIndex


class Ami:
    """What the meters of a twin measured; only `roll_up` and `take_zone_prices` write."""

    def __init__(self, twin: NetworkQuestions, book: ReadingBook | None = None) -> None:
        self._twin = twin
        self._book = book or twin.store.readings
        self._slices: RecentCache[tuple[TopologyIndex, MeterSlices]] = RecentCache()
        self._rolls: RecentCache[tuple[TopologyIndex, IntervalRollUp]] = RecentCache()
        self._situations: RecentCache[Situation] = RecentCache()
        self._rows: tuple[Strings, NDArray[np.int32]] | None = None

    def of_folder(self, folder: str | Path) -> Ami:
        """
        Return the same questions asked of readings in a folder of Parquet.

        Raises
        ------
        NotFoundError
            If there is no such folder.
        """
        from gridtwin.store.parquet_readings import ParquetReadings

        if not (Path(folder) / "readings").is_dir():
            what = "folder with readings"
            raise NotFoundError(what, str(folder))
        return Ami(self._twin, ParquetReadings(Path(folder)))

    def latest(self) -> datetime | None:
        """Return when the last interval with readings ends; None without any."""
        latest_s = self._book.find_latest()
        return None if latest_s is None else datetime.fromtimestamp(latest_s, UTC)

    def load(
        self,
        at: datetime | str | None = None,
        *,
        level: str = "transformer",
        state: str = "",
        power_factor: float = POWER_FACTOR,
    ) -> LoadResult:
        """
        Return what every element of a level carried in one interval, against its rating.

        Parameters
        ----------
        at
            A moment; the last interval that ended by then is meant. By default the last there is.
        level
            ``transformer``, ``section``, ``switch`` or ``feeder``.
        state
            The state of the switches; by default as they stood when the interval ended.
        power_factor
            Of all loads: meters give no reactive energy.

        Raises
        ------
        NotFoundError
            If there are no readings of that interval.
        InputError
            If there is no such level, or the power factor is none.
        """
        at_s, readings = self._read_interval(at)
        situation = self.situation(at_s, state)
        slices = self.slice_level(situation, level)
        rows = self.find_usage_points(readings.mrid)
        energy = spread_by_point(len(situation.data.usage_points.node), rows, readings.kwh)
        loads = sum_load(slices, energy)
        return LoadResult(
            at=datetime.fromtimestamp(at_s, UTC),
            level=level,
            load=loads,
            loading=compute_loading(situation, slices, loads.kwh, energy, power_factor),
            power_factor=power_factor,
            situation=situation,
            read=int((~np.isnan(energy)).sum()),
            strangers=int((rows < 0).sum()),
        )

    def voltage(self, at: datetime | str | None = None, *, state: str = "") -> VoltageResult:
        """Return the service voltages of one interval, judged by ANSI C84.1; see `load`."""
        at_s, readings = self._read_interval(at)
        situation = self.situation(at_s, state)
        count = len(situation.data.usage_points.node)
        volts = spread_by_point(count, self.find_usage_points(readings.mrid), readings.voltage_v)
        return VoltageResult(datetime.fromtimestamp(at_s, UTC), volts, situation)

    def loading(
        self, at: datetime | str | None = None, *, power_factor: float = POWER_FACTOR
    ) -> MapLoading:
        """
        Return the loading of transformers and feeders in one interval, for a map.

        Taken from what is kept of the interval, or else summed up from its readings; see `load`.

        Raises
        ------
        NotFoundError
            If there is nothing of that interval.
        """
        at_s = self._find_end(at)
        served, fed = self._book.read_transformer_loads(at_s), self._book.read_feeder_loads(at_s)
        if served is None or fed is None:
            at_s, readings = self._read_interval(at)
            served, fed = self.prepare_roll_up(at_s).roll_up(
                self.find_usage_points(readings.mrid), readings.kwh, readings.voltage_v
            )
        when, data = datetime.fromtimestamp(at_s, UTC), self._twin.store.network.data
        return MapLoading.from_loads(data, when, (served, fed), power_factor)

    def prepare_roll_up(self, at_s: int) -> IntervalRollUp:
        """Return what rolls up readings, as the switches stood at a time; the last few are kept."""
        situation = self.situation(at_s)
        return self._rolls.get_or_make(
            id(situation.index), lambda: (situation.index, IntervalRollUp.from_situation(situation))
        )[1]

    def roll_up(
        self, *, everything: bool = False, progress: Callable[[int, int], None] | None = None
    ) -> list[int]:
        """Sum up what is new, and what came late, and keep it; see `roll_up_hours`."""
        return roll_up_hours(
            self._book,
            self.find_usage_points,
            self.prepare_roll_up,
            Nameplates.from_network(self._twin.store.network.data),
            everything=everything,
            progress=progress,
        )

    def take_zone_prices(self, file: str | Path) -> int:
        """
        Keep the prices of load zones of a file of CSV; what is there of the same intervals goes.

        Returns
        -------
            How many there were.

        Raises
        ------
        SourceError
            If the file cannot be read, or a line is no price; nothing is written then.
        """
        from gridtwin.sources.zone_price_file import read_zone_prices

        prices = read_zone_prices(Path(file))
        self._book.write_zone_prices(prices)
        return len(prices)

    @cached_property
    def history(self) -> AmiHistory:
        """Questions of weeks of readings."""
        return AmiHistory(self._twin, self._book)

    def meter(
        self,
        mrid: str,
        start: datetime | str | None = None,
        end: datetime | str | None = None,
    ) -> pd.DataFrame:
        """
        Return what one usage point measured over time, oldest first.

        Parameters
        ----------
        mrid
            The usage point.
        start, end
            Intervals that end after `start` and up to `end`; by default the day up to the last.

        Raises
        ------
        NotFoundError
            If there is no such usage point.
        """
        network = self._twin.store.network
        row = network.ids.find_element(mrid, ("usage_points",)).row
        return make_readings_frame(
            self._book.read_meter(
                bytes(network.data.usage_points.mrid[row]).decode(),
                *read_period(start, end, latest_s=self._book.find_latest()),
            )
        )

    def device(
        self,
        mrid: str,
        start: datetime | str | None = None,
        end: datetime | str | None = None,
    ) -> pd.DataFrame:
        """
        Return what is kept of a transformer or a feeder over time, oldest first.

        Parameters
        ----------
        mrid
            The transformer or the feeder.
        start, end
            As for `meter`.

        Raises
        ------
        NotFoundError
            If there is no such transformer or feeder.
        """
        import pandas as pd

        network = self._twin.store.network
        element = network.ids.find_element(mrid, ("equipment", "feeders"))
        table = "load" if element.table == "equipment" else "feeder_load"
        if table == "load" and network.data.equipment.kind[element.row] != cim.TRANSFORMER:
            msg = f"{mrid} is no transformer: loads are kept by transformer and by feeder"
            raise InputError(msg)
        own = bytes(getattr(network.data, element.table).mrid[element.row]).decode()
        series = self._book.read_series(
            table, (own, element.row), *read_period(start, end, latest_s=self._book.find_latest())
        )
        series.pop("row")
        at = pd.to_datetime(series.pop("at_s"), unit="s", utc=True)
        frame = pd.DataFrame({"at": at, **series})
        frame.insert(2, "kw", frame.kwh * (3600 / INTERVAL_S))
        return frame

    def situation(self, at_s: int, state: str = "") -> Situation:
        """Return the network in a state; by default as the switches stood at a time."""
        if state:
            return self._twin.situation(state)
        when = datetime.fromtimestamp(at_s, UTC)
        stood = self._twin.store.states.read_past_state(when)
        key = stood.version, repr(sorted(stood.deviations.items()))
        return self._situations.get_or_make(
            key, lambda: NetworkQuestions(open_past(self._twin.store, when)).situation()
        )

    def slice_level(self, situation: Situation, level: str) -> MeterSlices:
        """Return the elements of a level as slices of the usage points; the last few are kept."""
        return self._slices.get_or_make(
            (id(situation.index), level),
            lambda: (
                situation.index,
                MeterSlices.from_situation(situation, list_equipment(situation, level)),
            ),
        )[1]  # the index is kept, too, so that no other has its id

    def find_usage_points(self, mrid: Strings) -> NDArray[np.int32]:
        """Return the usage points of meters; -1 for those that are not of this network."""
        own = self._twin.store.network.data.usage_points.mrid
        if np.array_equal(mrid, own):
            return np.arange(len(own), dtype=np.int32)
        if self._rows is None or not np.array_equal(self._rows[0], mrid):
            ids = self._twin.store.network.ids.tables["usage_points"]
            self._rows = mrid, ids.find_rows(mrid)
        return self._rows[1]

    def _find_end(self, at: datetime | str | None) -> int:
        """Return the end of the last interval that ended by a moment."""
        at_s = self._book.find_latest()
        if at is not None:
            at_s = int(read_moment(at).timestamp()) // INTERVAL_S * INTERVAL_S
        if at_s is None:
            what = "interval with readings"
            raise NotFoundError(what, "latest")
        return at_s

    def _read_interval(self, at: datetime | str | None) -> tuple[int, Readings]:
        """Return the end and the readings of the last interval that ended by a moment."""
        at_s = self._find_end(at)
        readings = self._book.read_interval(at_s)
        if not len(readings):
            last, what = self._book.find_latest(), "interval with readings"
            near = [] if last is None else [datetime.fromtimestamp(last, UTC).isoformat()]
            raise NotFoundError(what, datetime.fromtimestamp(at_s, UTC).isoformat(), near)
        return at_s, readings
