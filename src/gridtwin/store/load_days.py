"""
Keep the loads of whole days in the order in which questions of weeks read them.

::

    ami/by_day/
    ├── load/2026-07-01.parquet          of every transformer, by transformer and time
    ├── heavy_load/2026-07-01.parquet    those from half the nameplate on, the lightest first
    ├── block_load/2026-07-01.parquet    of blocks of transformers, which follow in the topology
    └── feeder_load/2026-07-01.parquet   of every feeder

A question about overloads reads the end of the second, one about many transformers together the
third and a few groups of the first. Each file says of which files of hours and of which nameplates
it was made; where that is no longer so it is passed over, and the hours are read in its place.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import numpy as np

from gridtwin.errors import StoreError
from gridtwin.store.date_partitions import format_date, list_date_files

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import pyarrow as pa
    from numpy.typing import NDArray

    from gridtwin.model.interval_loads import Nameplates

HEAVY_SHARE = 0.5  # of the nameplate, kW to kVA: loads from here on are heavy
STEPS = 20  # of the share of the nameplate, by which heavy loads are ordered: each is 5 %
MOST_STEPS = 250  # those above stand with it
LOAD_COLUMNS = ("row", "reading_time", "kwh")
BLOCK_SIZE = 64  # transformers
DAY_PARTS = {"load": ("load", "heavy_load", "block_load"), "feeder_load": ("feeder_load",)}
MADE_OF = b"gridtwin.made_of/1"  # and how it is laid out
GROUP_ROWS = 24_576  # of a Parquet file: four blocks of a day


def list_stale_days(folder: Path, plates: Nameplates) -> list[str]:
    """Return the dates of which a file is missing, or is not of what there is now; rising."""
    digest = plates.digest
    return sorted(
        {
            date
            for table, parts in DAY_PARTS.items()
            for date, hours in _list_hours(folder, table)
            if not _are_fresh(folder, parts, date, _name_origin(hours, digest))
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
        By which loads are heavy, and transformers in blocks.

    Raises
    ------
    StoreError
        If a file of an hour cannot be read, or a file of the day not written.
    """
    for table in DAY_PARTS:
        hours = dict(_list_hours(folder, table)).get(date)
        if not hours:
            continue
        if table == "load":
            loads = _sort_loads(_read_hours(hours, list(LOAD_COLUMNS)), plates)
            parts: dict[str, pa.Table] = {
                "load": loads,
                "heavy_load": _pick_heavy(loads, plates),
                "block_load": _sum_blocks(loads),
            }
        else:
            parts = {table: _read_hours(hours, None)}
        for part, rows in parts.items():
            _write_part(folder, part, date, rows, _name_origin(hours, plates.digest))


def choose_days(
    folder: Path, table: str, parts: Sequence[str], period: tuple[int, int], plates: Nameplates
) -> tuple[dict[str, list[str]], list[str]]:
    """
    Return the files to read of a table of loads.

    Parameters
    ----------
    folder
        Where ``load`` and ``feeder_load`` are.
    table, parts
        One of them, and what is needed of each of its days.
    period
        When the first and the last interval end, unix seconds.
    plates
        Those of now.

    Returns
    -------
    days, hours
        Of each part the files of the days that have all of them, and the files of the hours of the
        other days.
    """
    first, last = map(format_date, period)
    days: dict[str, list[str]] = {part: [] for part in parts}
    others: list[str] = []
    digest = plates.digest
    for date, hours in _list_hours(folder, table):
        if not first <= date <= last:
            continue
        if _are_fresh(folder, parts, date, _name_origin(hours, digest)):
            for part in parts:
                days[part].append(str(_build_path(folder, part, date)))
        else:
            others += map(str, hours)
    return days, others


def find_blocks(plates: Nameplates, rows: NDArray[np.int32]) -> NDArray[np.int32]:
    """Return in which block of transformers each row is."""
    return (np.searchsorted(plates.row, rows) // BLOCK_SIZE).astype(np.int32)


def _list_hours(folder: Path, table: str) -> list[tuple[str, list[Path]]]:
    """Return the dates of which there are loads, each with the files of its hours."""
    return [each for each in list_date_files(folder, table) if each[1]]


def _build_path(folder: Path, part: str, date: str) -> Path:
    return folder / "by_day" / part / f"{date}.parquet"


def _are_fresh(folder: Path, parts: Sequence[str], date: str, origin: str) -> bool:
    """Return whether the files of a day are there, and of these hours and nameplates."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    for part in parts:
        try:
            known = pq.read_metadata(_build_path(folder, part, date)).metadata or {}
        except (pa.ArrowException, ValueError, OSError):  # none, or none to be read
            return False
        if known.get(MADE_OF, b"").decode() != origin:
            return False
    return True


def _name_origin(hours: list[Path], digest: str) -> str:
    """Return what the files of a day are made of."""
    known = [(file.name, file.stat()) for file in hours]
    return " ".join([*(f"{name}@{at.st_mtime_ns}:{at.st_size}" for name, at in known), digest])


def _read_hours(hours: list[Path], columns: list[str] | None) -> pa.Table:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        return pa.concat_tables([pq.ParquetFile(file).read(columns) for file in hours])
    except (pa.ArrowException, OSError) as error:
        msg = f"{hours[0].parent} cannot be read ({error}): remove it and roll its hours up again"
        raise StoreError(msg) from error


def _sort_loads(loads: pa.Table, plates: Nameplates) -> pa.Table:
    """Return loads by transformer and time, with their blocks; they come in order of time."""
    import pyarrow as pa

    loads = loads.take(np.argsort(loads["row"].to_numpy(), kind="stable"))
    block = find_blocks(plates, loads["row"].to_numpy())
    return loads.append_column("block", pa.array(block))


def _pick_heavy(loads: pa.Table, plates: Nameplates) -> pa.Table:
    """Return the heavy loads, whichever way they flow, by steps of the share of the nameplate."""
    import pyarrow as pa

    kva = np.abs(loads["kwh"].to_numpy().astype(np.float64)) * 4
    rated = plates.find_ratings(loads["row"].to_numpy())
    with np.errstate(divide="ignore", invalid="ignore"):
        share = np.where(rated > 0, kva / rated, np.where(kva > 0, np.inf, 0.0))
    heavy = np.flatnonzero((share >= HEAVY_SHARE) & ~np.isnan(rated))
    step = np.minimum(share[heavy] * STEPS, MOST_STEPS).astype(np.int16)
    order = np.argsort(step, kind="stable")
    heavy_loads = loads.select(LOAD_COLUMNS).take(heavy[order])
    return heavy_loads.append_column("step", pa.array(step[order]))


def _sum_blocks(loads: pa.Table) -> pa.Table:
    """Return what all transformers of each block carried in each interval."""
    summed = loads.group_by(["block", "reading_time"]).aggregate([("kwh", "sum")])
    return summed.rename_columns({"kwh_sum": "kwh"})


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
