"""Add up the loads of days that are kept as matrices; two days at a time."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from gridtwin.store.day_sums import BLOCK_SIZE, find_blocks
from gridtwin.store.load_matrix import LoadMatrix

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    import pyarrow as pa
    from numpy.typing import NDArray

    from gridtwin.model.interval_loads import Nameplates
    from gridtwin.store.load_days import ChosenDays

    FindLimits = Callable[[NDArray[np.int32]], NDArray[np.float64]]

SUM_THREADS = 2
PART_ROWS = 2048  # of a day, in one pass


def sum_together(
    days: ChosenDays, plates: Nameplates, rows: NDArray[np.int32], bounds: tuple[int, int]
) -> pa.Table:
    """
    Return what some transformers carried together in each interval of a period.

    Whole blocks of them are read as such, the others one by one.

    Parameters
    ----------
    days
        Of the period.
    plates
        By which transformers stand in blocks.
    rows
        The transformers, rising.
    bounds
        After when the first interval ends and when the last one does, unix seconds.
    """
    import pyarrow as pa

    blocks, singles = _split_blocks(plates, rows)

    def sum_day(files: tuple[str, str]) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        of_blocks, of_all = map(LoadMatrix.from_file, files)
        sums = np.stack([of_blocks.sum_rows(blocks), of_all.sum_rows(singles)])
        total = np.where(np.isnan(sums).all(axis=0), np.nan, np.nansum(sums, axis=0))
        kept = ~np.isnan(total) & (of_all.ends_s > bounds[0]) & (of_all.ends_s <= bounds[1])
        return of_all.ends_s[kept], total[kept]

    files = zip(days.list_all("block_load"), days.list_all("load"), strict=True)
    with ThreadPoolExecutor(SUM_THREADS) as pool:
        summed = [(np.empty(0, np.int64), np.empty(0)), *pool.map(sum_day, files)]
    ends_s, kwh = map(np.concatenate, zip(*summed, strict=True))
    return pa.table({"reading_time": _name_times(ends_s), "kwh": kwh})


def count_above(files: Sequence[str], rows: NDArray[np.int32], find_limits: FindLimits) -> pa.Table:
    """
    Return of transformers how many loads were above a limit, and the least and most of those.

    Parameters
    ----------
    files
        Of whole days.
    rows
        All transformers, rising.
    find_limits
        Returns the limit of each of some rows.
    """
    import pyarrow as pa

    intervals = np.zeros(len(rows), dtype=np.int32)
    lowest, highest = np.full(len(rows), np.inf), np.zeros(len(rows))
    with ThreadPoolExecutor(SUM_THREADS) as pool:
        for day in pool.map(lambda file: _count_day(file, find_limits), files):
            place = rows.searchsorted(day.row)
            intervals[place] += day.intervals
            lowest[place] = np.minimum(lowest[place], day.lowest)
            highest[place] = np.maximum(highest[place], day.highest)
    some = np.flatnonzero(intervals)
    return pa.table(
        {
            "row": rows[some],
            "intervals": intervals[some],
            "lowest_kwh": lowest[some].astype(np.float32),
            "highest_kwh": highest[some].astype(np.float32),
        }
    )


def stream_above(
    files: Sequence[str], find_limits: FindLimits, ends_s: NDArray[np.int64] | None = None
) -> pa.RecordBatchReader:
    """
    Return the loads above a limit, a day after the other; it can be read once.

    Parameters
    ----------
    files
        Of days.
    find_limits
        Returns the limit of each of some rows.
    ends_s
        Of the intervals that are wanted, unix seconds; all by default.
    """
    import pyarrow as pa

    schema = pa.schema(
        [
            ("reading_time", pa.timestamp("s", tz="UTC")),
            ("row", pa.int32()),
            ("kwh", pa.float32()),
        ]
    )

    def read_days() -> Iterator[pa.RecordBatch]:
        for file in files:
            matrix = LoadMatrix.from_file(file)
            if ends_s is not None:
                wanted = np.flatnonzero(np.isin(matrix.ends_s, ends_s))
                matrix = LoadMatrix(matrix.row, matrix.ends_s[wanted], matrix.kwh[:, wanted])
            row, end = np.nonzero(matrix.find_above(find_limits(matrix.row)))
            columns = [
                _name_times(matrix.ends_s[end]), pa.array(matrix.row[row]),
                pa.array(matrix.kwh[row, end]),
            ]  # fmt: skip
            yield pa.record_batch(columns, schema=schema)

    return pa.RecordBatchReader.from_batches(schema, read_days())


def _split_blocks(
    plates: Nameplates, rows: NDArray[np.int32]
) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Return the blocks of which all transformers are among some, and the others of those."""
    block = find_blocks(plates, rows)
    count = np.bincount(block, minlength=len(plates.row) // BLOCK_SIZE + 1)
    size = np.bincount(np.arange(len(plates.row)) // BLOCK_SIZE, minlength=len(count))
    whole = (count == size)[block]
    return np.unique(block[whole]), rows[~whole]


class DayCounts(NamedTuple):
    """How many loads of a day were above a limit, and the least and most of those."""

    row: NDArray[np.int32]
    intervals: NDArray[np.int64]
    lowest: NDArray[np.float32]
    highest: NDArray[np.float32]


def _count_day(file: str, find_limits: FindLimits) -> DayCounts:
    matrix = LoadMatrix.from_file(file)
    parts = [(np.empty(0, np.int64), np.empty(0, np.float32), np.empty(0, np.float32))]
    parts += [part.count_above(find_limits(part.row)) for part in matrix.cut(PART_ROWS)]
    return DayCounts(matrix.row, *map(np.concatenate, zip(*parts, strict=True)))


def _name_times(at_s: NDArray[np.int64]) -> pa.Array:
    import pyarrow as pa

    return pa.array(at_s).cast(pa.timestamp("s", tz="UTC"))
