"""
Keep the loads of whole days in the order in which questions of weeks read them.

::

    ami/by_day/
    ├── load/2026-07-01.parquet          of every transformer, by transformer and time
    ├── heavy_load/2026-07-01.parquet    those near the nameplate and above, likewise
    └── feeder_load/2026-07-01.parquet   of every feeder

A question about few transformers reads few row groups of the first, one about overloads little but
the second. Each file says of which files of hours it was made, the second of which nameplates too;
where that is no longer so it is passed over, and the files of the hours are read in its place.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import numpy as np

from gridtwin.errors import StoreError
from gridtwin.store.date_partitions import format_date, list_date_files

if TYPE_CHECKING:
    from pathlib import Path

    import pyarrow as pa

    from gridtwin.model.interval_loads import Nameplates

HEAVY_SHARE = 0.75  # of the nameplate, kW to kVA: loads from here on are heavy
LOAD_COLUMNS = ("row", "reading_time", "kwh")
HOURS_OF_PARTS = {"load": "load", "heavy_load": "load", "feeder_load": "feeder_load"}
MADE_OF = b"gridtwin.made_of"
GROUP_ROWS = 65_536


def list_stale_days(folder: Path, plates: Nameplates) -> list[str]:
    """Return the dates of which a file is missing, or is not of what there is now; rising."""
    return sorted(
        {
            date
            for part in HOURS_OF_PARTS
            for date, hours in _list_hours(folder, part)
            if not _is_fresh(folder, part, date, hours, plates)
        }
    )


def write_day(folder: Path, date: str, plates: Nameplates) -> None:
    """
    Keep the loads of a day, in place of what was kept of it.

    Parameters
    ----------
    folder
        Where ``load`` and ``feeder_load`` are.
    date
        Such as ``2026-07-01``, in UTC.
    plates
        By which loads are heavy.

    Raises
    ------
    StoreError
        If a file of an hour cannot be read, or a file of the day not written.
    """
    for table in dict.fromkeys(HOURS_OF_PARTS.values()):
        hours = dict(_list_hours(folder, table)).get(date)
        if not hours:
            continue
        parts = {table: _read_hours(hours, list(LOAD_COLUMNS) if table == "load" else None)}
        if table == "load":
            parts["load"] = _sort_loads(parts["load"])
            parts["heavy_load"] = _pick_heavy(parts["load"], plates)
        for part, rows in parts.items():
            _write_part(folder, part, date, rows, _name_origin(part, hours, plates))


def choose_files(
    folder: Path, part: str, first_s: int, last_s: int, plates: Nameplates
) -> list[list[str]]:
    """
    Return the files to read of a part, for intervals that end from one time to another.

    Returns
    -------
    days, hours
        The files of whole days, and those of the hours of all other days.
    """
    first, last = format_date(first_s), format_date(last_s)
    chosen: list[list[str]] = [[], []]
    for date, hours in _list_hours(folder, part):
        if not first <= date <= last:
            continue
        if _is_fresh(folder, part, date, hours, plates):
            chosen[0].append(str(_build_path(folder, part, date)))
        else:
            chosen[1] += map(str, hours)
    return chosen


def _list_hours(folder: Path, part: str) -> list[tuple[str, list[Path]]]:
    """Return the dates of which there are loads, each with the files of its hours."""
    return [each for each in list_date_files(folder, HOURS_OF_PARTS[part]) if each[1]]


def _build_path(folder: Path, part: str, date: str) -> Path:
    return folder / "by_day" / part / f"{date}.parquet"


def _is_fresh(folder: Path, part: str, date: str, hours: list[Path], plates: Nameplates) -> bool:
    """Return whether the file of a day is there, and of these hours and nameplates."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    file = _build_path(folder, part, date)
    try:
        known = pq.read_metadata(file).metadata or {}
    except (pa.ArrowException, ValueError, OSError):  # none, or none to be read
        return False
    return known.get(MADE_OF, b"").decode() == _name_origin(part, hours, plates)


def _name_origin(part: str, hours: list[Path], plates: Nameplates) -> str:
    """Return what the file of a day is made of."""
    origin = [f"{file.name}@{file.stat().st_mtime_ns}" for file in hours]
    return " ".join([*origin, plates.digest] if part == "heavy_load" else origin)


def _read_hours(hours: list[Path], columns: list[str] | None) -> pa.Table:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        return pa.concat_tables([pq.ParquetFile(file).read(columns) for file in hours])
    except (pa.ArrowException, OSError) as error:
        msg = f"{hours[0].parent} cannot be read ({error}): remove it and roll its hours up again"
        raise StoreError(msg) from error


def _sort_loads(loads: pa.Table) -> pa.Table:
    """Return loads by transformer and time; they come in order of time."""
    return loads.take(np.argsort(loads["row"].to_numpy(), kind="stable"))


def _pick_heavy(loads: pa.Table, plates: Nameplates) -> pa.Table:
    """Return the loads from a share of the nameplate on, whichever way they flow."""
    kva = np.abs(loads["kwh"].to_numpy().astype(np.float64)) * 4
    return loads.filter(kva >= plates.find_ratings(loads["row"].to_numpy()) * HEAVY_SHARE)


def _write_part(folder: Path, part: str, date: str, table: pa.Table, origin: str) -> None:
    import pyarrow.parquet as pq

    file = _build_path(folder, part, date)
    new = file.with_suffix(f".{os.getpid()}.new")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        pq.write_table(
            table.replace_schema_metadata({MADE_OF: origin.encode()}),
            new,
            compression="zstd",
            row_group_size=GROUP_ROWS,
        )
        new.replace(file)
    except OSError as error:
        new.unlink(missing_ok=True)
        msg = f"{file} cannot be written ({error}): check the disk and who may write there"
        raise StoreError(msg) from error
