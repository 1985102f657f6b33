"""
Keep what readings were rolled up to: a file for each hour, written whole and moved into its place.

A file of an hour bears the time of the newest file of readings it was rolled up from, and is stale
once there is a newer one; so a job that runs again does what is new and what came late, and nothing
twice. Rows stand in order of time and row, one interval a row group: a question about few intervals
reads few groups.
"""

from __future__ import annotations

import os
from dataclasses import fields
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import numpy as np

from gridtwin.errors import StoreError
from gridtwin.model.interval_loads import LOAD_TABLES
from gridtwin.model.moments import HOUR_S
from gridtwin.store.date_partitions import (
    format_date,
    list_date_files,
    read_time_range,
    void_file,
)

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import pyarrow as pa

    from gridtwin.model.interval_loads import FeederLoads, TransformerLoads


def list_stale_hours(folder: Path, *, everything: bool = False) -> dict[int, int]:
    """
    Return the hours with readings that are not rolled up, or came late; rising.

    Parameters
    ----------
    folder
        Where ``readings`` are.
    everything
        Return every hour with readings.

    Returns
    -------
        Unix seconds at which each hour begins, it holds the intervals that end in it; to when the
        newest of its files of readings was written, unix nanoseconds.
    """
    newest: dict[int, int] = {}
    for _, files in list_date_files(folder, "readings"):
        for file in files:
            first, last = read_time_range(file)
            if first is None or last is None:
                continue
            written = file.stat().st_mtime_ns
            for hour in range(first // HOUR_S * HOUR_S, last + 1, HOUR_S):
                newest[hour] = max(newest.get(hour, 0), written)
    return {
        hour: newest[hour]
        for hour in sorted(newest)
        if everything or _read_rollup_ns(folder, hour) < newest[hour]
    }


def void_hours(folder: Path) -> int:
    """
    Say that what was rolled up is of other transformers or feeders than the rows say now.

    It is read no more, and rolled up again as the hours are that came late.

    Returns
    -------
        How many hours.
    """
    hours = set()
    for part in LOAD_TABLES:
        for date, files in list_date_files(folder, part):
            for file in files:
                void_file(file)
                hours.add((date, file.name))
    return len(hours)


def write_hour(
    folder: Path,
    hour_s: int,
    written_ns: int,
    intervals: Mapping[int, tuple[TransformerLoads, FeederLoads]],
) -> None:
    """
    Keep what the intervals of an hour were rolled up to, in place of what was kept of it.

    Parameters
    ----------
    folder
        Where ``load`` and ``feeder_load`` are.
    hour_s
        When the hour begins, unix seconds.
    written_ns
        When the newest file of readings that was read was written, as `list_stale_hours` says.
    intervals
        End of each interval, unix seconds, to its loads.

    Raises
    ------
    StoreError
        If they cannot be written.
    """
    import pyarrow.parquet as pq

    for place, part in enumerate(("load", "feeder_load")):
        file = build_hour_path(folder, part, hour_s)
        new = file.with_suffix(f".{os.getpid()}.new")
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            with pq.ParquetWriter(
                new,
                _build_schema(part),
                compression="zstd",
                use_dictionary=[name for name in _build_schema(part).names if name != "row"],
                column_encoding={"row": "DELTA_BINARY_PACKED"},
            ) as writer:
                for at_s in sorted(intervals):
                    writer.write_table(_build_table(part, at_s, intervals[at_s][place]))
            os.utime(new, ns=(written_ns, written_ns))
            new.replace(file)
        except OSError as error:
            new.unlink(missing_ok=True)
            msg = f"{file} cannot be written ({error}): check the disk and who may write there"
            raise StoreError(msg) from error


def build_hour_path(folder: Path, part: str, hour_s: int) -> Path:
    """Return the file of an hour."""
    hour = datetime.fromtimestamp(hour_s, UTC).hour
    return folder / part / f"date={format_date(hour_s)}" / f"part-{hour:02d}.parquet"


def _read_rollup_ns(folder: Path, hour_s: int) -> int:
    """Return of when the files of an hour are, the older of them; 0 if one is not there."""
    files = [build_hour_path(folder, part, hour_s) for part in LOAD_TABLES]
    return min(file.stat().st_mtime_ns if file.exists() else 0 for file in files)


def _build_schema(part: str) -> pa.Schema:
    import pyarrow as pa

    kinds = {"kwh": pa.float64() if part == "feeder_load" else pa.float32()}
    kinds |= {"v_min": pa.float32(), "v_max": pa.float32()}
    columns = [
        (field.name, kinds.get(field.name, pa.int32())) for field in fields(LOAD_TABLES[part])
    ]
    return pa.schema([("reading_time", pa.timestamp("ms", tz="UTC")), *columns])


def _build_table(part: str, at_s: int, loads: TransformerLoads | FeederLoads) -> pa.Table:
    import pyarrow as pa

    schema = _build_schema(part)
    times = pa.array(np.full(len(loads.row), at_s * 1000, dtype=np.int64)).cast(schema.types[0])
    columns = [getattr(loads, name) for name in schema.names[1:]]
    kinds = schema.types[1:]
    arrays = [  # NaN becomes null, which is what other programs take for not known
        pa.array(column, kind, from_pandas=True)
        for column, kind in zip(columns, kinds, strict=True)
    ]
    return pa.table([times, *arrays], schema=schema)
