"""
Ask what meters measured: load, loading and voltage by element, and series over time.

>>> import gridtwin
>>> twin = gridtwin.open(gridtwin.synthesize("houston", meters=500, seed=1))
>>> twin.ami.latest() is None
True
"""

from __future__ import annotations

from collections import OrderedDict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from gridtwin.analysis.ami.load import Slices, by_point, equipment_of, load
from gridtwin.analysis.ami.loading import POWER_FACTOR, loading
from gridtwin.errors import InputError, NotFoundError
from gridtwin.history import past
from gridtwin.model import cim
from gridtwin.model.outage import aware
from gridtwin.model.readings import INTERVAL_S
from gridtwin.publish.ami import LoadResult, VoltageResult, readings_frame
from gridtwin.questions import Questions

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from gridtwin.analysis.situation import Situation
    from gridtwin.model.readings import Readings
    from gridtwin.model.tables import Strings
    from gridtwin.store.protocol import ReadingBook
    from gridtwin.topology.index import TopologyIndex

KEPT = 8  # levels and states whose slices are kept
DAY_S = 86_400


class Ami:
    """What the meters of a twin measured; nothing is written."""

    def __init__(self, twin: Questions, book: ReadingBook | None = None) -> None:
        self._twin = twin
        self._book = book or twin.store.readings
        self._slices: OrderedDict[tuple[int, str], tuple[TopologyIndex, Slices]] = OrderedDict()
        self._situations: OrderedDict[tuple[int, str], Situation] = OrderedDict()
        self._rows: tuple[Strings, NDArray[np.int32]] | None = None

    def of_folder(self, folder: str | Path) -> Ami:
        """
        Return the same questions asked of readings in a folder of Parquet.

        Raises
        ------
        NotFoundError
            If there is no such folder.
        """
        from gridtwin.store.readings import ParquetReadings

        if not (Path(folder) / "readings").is_dir():
            what = "folder with readings"
            raise NotFoundError(what, str(folder))
        return Ami(self._twin, ParquetReadings(Path(folder)))

    def latest(self) -> datetime | None:
        """Return when the last interval with readings ends; None without any."""
        found = self._book.latest()
        return None if found is None else datetime.fromtimestamp(found, UTC)

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
        at_s, readings = self._interval(at)
        situation = self.situation(at_s, state)
        slices = self.slices(situation, level)
        rows = self.rows(readings.mrid)
        energy = by_point(len(situation.data.usage_points.node), rows, readings.kwh)
        found = load(slices, energy)
        return LoadResult(
            at=datetime.fromtimestamp(at_s, UTC),
            level=level,
            load=found,
            loading=loading(situation, slices, found.kwh, energy, power_factor),
            power_factor=power_factor,
            situation=situation,
            read=int((~np.isnan(energy)).sum()),
            strangers=int((rows < 0).sum()),
        )

    def voltage(self, at: datetime | str | None = None, *, state: str = "") -> VoltageResult:
        """Return the service voltages of one interval, judged by ANSI C84.1; see `load`."""
        at_s, readings = self._interval(at)
        situation = self.situation(at_s, state)
        count = len(situation.data.usage_points.node)
        volts = by_point(count, self.rows(readings.mrid), readings.voltage_v)
        return VoltageResult(datetime.fromtimestamp(at_s, UTC), volts, situation)

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
        self._twin.store.network.ids.find(mrid, ("usage_points",))
        return readings_frame(self._book.of(mrid, *self._period(start, end)))

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
        element = network.ids.find(mrid, ("equipment", "feeders"))
        table = "load" if element.table == "equipment" else "feeder_load"
        if table == "load" and network.data.equipment.kind[element.row] != cim.TRANSFORMER:
            msg = f"{mrid} is no transformer: loads are kept by transformer and by feeder"
            raise InputError(msg)
        series = self._book.series(table, (mrid, element.row), *self._period(start, end))
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
        stood = self._twin.store.state_at(when)
        key = stood.version, repr(sorted(stood.deviations.items()))
        if key not in self._situations:
            self._situations[key] = Questions(past(self._twin.store, when)).situation()
            if len(self._situations) > KEPT:
                self._situations.popitem(last=False)
        self._situations.move_to_end(key)
        return self._situations[key]

    def slices(self, situation: Situation, level: str) -> Slices:
        """Return the elements of a level as slices of the usage points; the last few are kept."""
        key = id(situation.index), level
        if key not in self._slices:
            found = Slices.of(situation, equipment_of(situation, level))
            self._slices[key] = situation.index, found  # the index, so that no other has its id
            if len(self._slices) > KEPT:
                self._slices.popitem(last=False)
        self._slices.move_to_end(key)
        return self._slices[key][1]

    def rows(self, mrid: Strings) -> NDArray[np.int32]:
        """Return the usage points of meters; -1 for those that are not of this network."""
        own = self._twin.store.network.data.usage_points.mrid
        if np.array_equal(mrid, own):
            return np.arange(len(own), dtype=np.int32)
        if self._rows is None or not np.array_equal(self._rows[0], mrid):
            ids = self._twin.store.network.ids.tables["usage_points"]
            self._rows = mrid, ids.rows(mrid)
        return self._rows[1]

    def _interval(self, at: datetime | str | None) -> tuple[int, Readings]:
        """Return the end and the readings of the last interval that ended by a moment."""
        at_s = self._book.latest() if at is None else _seconds(at) // INTERVAL_S * INTERVAL_S
        what = "interval with readings"
        if at_s is None:
            raise NotFoundError(what, "latest")
        readings = self._book.at(at_s)
        if not len(readings):
            last = self._book.latest()
            near = [] if last is None else [datetime.fromtimestamp(last, UTC).isoformat()]
            raise NotFoundError(what, datetime.fromtimestamp(at_s, UTC).isoformat(), near)
        return at_s, readings

    def _period(self, start: datetime | str | None, end: datetime | str | None) -> tuple[int, int]:
        last = _seconds(end) if end is not None else self._book.latest()
        last = int(datetime.now(UTC).timestamp()) if last is None else last
        first = last - DAY_S if start is None else _seconds(start)
        if first >= last:
            msg = "the period ends before it begins: give a later end"
            raise InputError(msg)
        return first, last


def _seconds(at: datetime | str) -> int:
    """
    Return a moment as whole unix seconds.

    Raises
    ------
    InputError
        If it is no ISO 8601 time, or names no time zone.
    """
    try:
        moment = datetime.fromisoformat(at) if isinstance(at, str) else at
    except ValueError as error:
        msg = f"{at!r} is no time: write it as 2026-07-01T18:00:00Z"
        raise InputError(msg) from error
    return int(aware(moment).timestamp())
