"""Sum up readings by transformer and feeder, hour by hour, and keep it: a job of a few seconds."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gridtwin.errors import InputError
from gridtwin.model.moments import HOUR_S
from gridtwin.store.date_partitions import format_date
from gridtwin.store.load_days import list_stale_days, write_day
from gridtwin.store.parquet_readings import ParquetReadings
from gridtwin.store.rollups import list_stale_hours, write_hour

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

    from gridtwin.analysis.ami.interval_rollup import IntervalRollUp
    from gridtwin.model.interval_loads import Nameplates
    from gridtwin.model.tables import Strings
    from gridtwin.store.protocol import ReadingBook

    Columns = tuple[int, NDArray[np.int32], NDArray[np.float32], NDArray[np.float32]]


def roll_up_hours(
    book: ReadingBook,
    rows_of: Callable[[Strings], NDArray[np.int32]],
    roll_up_of: Callable[[int], IntervalRollUp],
    plates: Nameplates,
    *,
    everything: bool = False,
    progress: Callable[[int, int], None] | None = None,
) -> list[int]:
    """
    Sum up what is new, and what came late, and keep it.

    It may be stopped at any time, and goes on where it was the next time.

    Parameters
    ----------
    book
        The readings; in a folder.
    rows_of
        Says which usage point each meter is.
    roll_up_of
        Says what hangs on what, as the switches stood at a time.
    plates
        Of all transformers.
    everything
        Sum up what is kept already, too: after switches were found to have stood otherwise.
    progress
        Called with the hours and days done, and those to do.

    Returns
    -------
        The hours that were summed up, each by the unix second in which it begins.

    Raises
    ------
    InputError
        If the readings are in a database, which sums up by itself.
    """
    if not isinstance(book, ParquetReadings) or book.folder is None:
        msg = "there is no folder of readings: a database sums up by itself as readings come"
        raise InputError(msg)
    stale = list_stale_hours(book.folder, everything=everything)
    touched = {format_date(hour_s) for hour_s in stale}
    dates = sorted(touched.union(list_stale_days(book.folder, plates)))
    steps = len(stale) + len(dates)
    for done, (hour_s, written_ns) in enumerate(stale.items()):
        if progress:
            progress(done, steps)
        intervals = {
            at_s: roll_up_of(at_s).roll_up(rows, kwh, volts)
            for at_s, rows, kwh, volts in _read_hour(book, rows_of, hour_s)
        }
        write_hour(book.folder, hour_s, written_ns, intervals)
    for done, date in enumerate(dates, start=len(stale)):
        if progress:
            progress(done, steps)
        write_day(book.folder, date, plates)
    if progress:
        progress(steps, steps)
    return list(stale)


def _read_hour(
    book: ParquetReadings, rows_of: Callable[[Strings], NDArray[np.int32]], hour_s: int
) -> Iterator[Columns]:
    """Yield each interval of an hour: its end, and usage points, energies and voltages."""
    names, code, readings = book.read_coded(hour_s, hour_s + HOUR_S - 1)
    rows = rows_of(names)[code]
    for at_s in np.unique(readings.at_s).tolist():
        here = np.flatnonzero(readings.at_s == at_s)
        yield at_s, rows[here], readings.kwh[here], readings.voltage_v[here]
