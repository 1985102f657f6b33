"""Find the files of a folder that is cut by days, and the times in them."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from gridtwin.errors import StoreError

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray

VOID_NS = 0  # when a file that is void was last changed


def list_date_files(folder: Path | None, part: str) -> list[tuple[str, list[Path]]]:
    """Return the dates a part of a folder has, rising, each with its files."""
    if folder is None or not (folder / part).is_dir():
        return []
    days = sorted((folder / part).glob("date=*"))
    return [(day.name.removeprefix("date="), sorted(day.glob("*.parquet"))) for day in days]


def list_files_between(folder: Path | None, part: str, first_s: int, last_s: int) -> list[str]:
    """Return the files of the days from one time to another, in order; none that is void."""
    first, last = format_date(first_s), format_date(last_s)
    days = list_date_files(folder, part)
    return [
        str(file)
        for day, files in days
        if first <= day <= last
        for file in files
        if not is_void(file)
    ]


def is_void(file: Path) -> bool:
    """Return whether what a file holds was said to be of another network; see `void_file`."""
    return file.stat().st_mtime_ns == VOID_NS


def void_file(file: Path) -> None:
    """
    Say that a file is to be read no more, and made again: it is older than all it is made of.

    Raises
    ------
    StoreError
        If the file cannot be touched.
    """
    try:
        os.utime(file, ns=(VOID_NS, VOID_NS))
    except OSError as error:
        msg = f"{file} cannot be touched ({error}): check who may write there"
        raise StoreError(msg) from error


def format_date(at_s: int) -> str:
    """Return the date of a time, in UTC."""
    return datetime.fromtimestamp(at_s, UTC).date().isoformat()


def read_time_range(file: Path) -> tuple[int, int] | tuple[None, None]:
    """Return when the first and the last interval of a file end; None twice if it is empty."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        card = pq.read_metadata(file)
        at = card.schema.names.index("reading_time")
        groups = [card.row_group(each) for each in range(card.num_row_groups)]
        stats = [group.column(at).statistics for group in groups if group.num_rows]
        if not stats:
            return None, None
        if not all(each is not None and each.has_min_max for each in stats):
            times = convert_to_seconds(
                pq.read_table(file, columns=["reading_time"])["reading_time"]
            )
            return int(times.min()), int(times.max())
    except (pa.ArrowException, ValueError, OSError) as error:
        msg = f"{file} cannot be read ({error}): take it out of the folder, or write it again"
        raise StoreError(msg) from error
    first, last = min(each.min for each in stats), max(each.max for each in stats)
    return int(first.timestamp()), int(last.timestamp())


def convert_to_seconds(column: pa.ChunkedArray) -> NDArray[np.int64]:
    """Return a column of times as unix seconds."""
    import pyarrow as pa

    stamps = column.cast(pa.timestamp("ms", tz="UTC")).cast(pa.int64()).to_numpy()
    return stamps // 1000
