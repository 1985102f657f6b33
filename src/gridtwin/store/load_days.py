"""
Keep the loads of whole days in the order in which questions of weeks read them.

::

    ami/by_day/
    ├── load/2026-07-01.arrow              of every transformer, a row each
    ├── heavy_load/2026-07-01.parquet      those from half the nameplate on, the lightest first
    ├── heavy_steps/2026-07-01.parquet     how many there are above each 2.5 % of the nameplate
    ├── block_load/2026-07-01.arrow        of blocks of transformers, which follow in the topology
    ├── feeder_load/2026-07-01.parquet     of every feeder
    ├── feeder_day/2026-07-01.parquet      energy, peak and worst voltages of every feeder
    └── territory_load/2026-07-01.parquet  of all feeders together

A question about overloads reads a step of the third and of the second, one about many transformers
together the fourth and a few rows of the first. Each file says of which files of hours and of which
nameplates it was made; where that is no longer so it is passed over, and the hours are read in its
place.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from gridtwin.errors import StoreError
from gridtwin.model.moments import DAY_S
from gridtwin.store.date_partitions import format_date, is_void, list_date_files
from gridtwin.store.day_sums import LOAD_COLUMNS, sum_feeders, sum_transformers

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import pyarrow as pa

    from gridtwin.model.interval_loads import Nameplates

DAY_PARTS = {
    "load": ("load", "heavy_load", "heavy_steps", "block_load"),
    "feeder_load": ("feeder_load", "feeder_day", "territory_load"),
}
MATRICES = frozenset({"load", "block_load"})  # files that are mapped to memory
MADE_OF = b"gridtwin.made_of/4"  # and how it is laid out
GROUP_ROWS = 24_576  # of a Parquet file: of few transformers, few groups are read


@dataclass(frozen=True, slots=True)
class ChosenDays:
    """Which files to read of a table of loads for a period."""

    folder: Path
    whole: tuple[str, ...]  # dates of which every interval is of the period
    parted: tuple[str, ...]  # the others
    hours: tuple[str, ...]  # files of hours, of days that are not rolled up as they are now

    def list_whole(self, part: str) -> list[str]:
        """Return the files of a part of the days that are whole in the period."""
        return [str(_build_path(self.folder, part, date)) for date in self.whole]

    def list_parted(self, part: str) -> list[str]:
        """Return the files of a part of the days that the period cuts."""
        return [str(_build_path(self.folder, part, date)) for date in self.parted]

    def list_all(self, part: str) -> list[str]:
        """Return the files of a part of all days that are rolled up."""
        return self.list_whole(part) + self.list_parted(part)


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
        parts = (
            sum_transformers(_read_hours(hours, list(LOAD_COLUMNS)), plates)
            if table == "load"
            else sum_feeders(_read_hours(hours, None))
        )
        for part, rows in parts.items():
            _write_part(folder, part, date, rows, _name_origin(hours, plates.digest))
            _remove_others(folder, part, date)


def choose_days(
    folder: Path, table: str, parts: Sequence[str], period: tuple[int, int], plates: Nameplates
) -> ChosenDays:
    """
    Return the files to read of a table of loads.

    Parameters
    ----------
    folder
        Where ``load`` and ``feeder_load`` are.
    table, parts
        One of them, and what is needed of each of its days.
    period
        After when the first interval ends and when the last one does, unix seconds.
    plates
        Those of now.
    """
    first, last = map(format_date, period)
    whole: list[str] = []
    parted: list[str] = []
    hours: list[str] = []
    digest = plates.digest
    for date, files in _list_hours(folder, table):
        if not first <= date <= last:
            continue
        if not _are_fresh(folder, parts, date, _name_origin(files, digest)):
            hours += map(str, files)
        elif _is_within(date, period):
            whole.append(date)
        else:
            parted.append(date)
    return ChosenDays(folder, tuple(whole), tuple(parted), tuple(hours))


def _is_within(date: str, period: tuple[int, int]) -> bool:
    """Return whether every interval that ends on a date is of a period."""
    begins = int(datetime.fromisoformat(date).replace(tzinfo=UTC).timestamp())
    return period[0] < begins and begins + DAY_S - 1 <= period[1]


def _list_hours(folder: Path, table: str) -> list[tuple[str, list[Path]]]:
    """Return the dates of which there are loads, each with the files of its hours."""
    dates = list_date_files(folder, table)
    kept = ((date, [file for file in files if not is_void(file)]) for date, files in dates)
    return [(date, files) for date, files in kept if files]


def _build_path(folder: Path, part: str, date: str) -> Path:
    return folder / "by_day" / part / f"{date}.{'arrow' if part in MATRICES else 'parquet'}"


def _are_fresh(folder: Path, parts: Sequence[str], date: str, origin: str) -> bool:
    """Return whether the files of a day are there, and of these hours and nameplates."""
    return all(_read_origin(_build_path(folder, part, date)) == origin for part in parts)


def _read_origin(file: Path) -> str:
    """Return what a file of a day is made of; empty if there is none, or none to be read."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        if file.suffix == ".arrow":
            known = pa.ipc.open_file(pa.memory_map(str(file))).schema.metadata
        else:
            known = pq.read_metadata(file).metadata
    except (pa.ArrowException, ValueError, OSError):
        return ""
    return (known or {}).get(MADE_OF, b"").decode()


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


def _write_part(folder: Path, part: str, date: str, table: pa.Table, origin: str) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    file = _build_path(folder, part, date)
    new = file.with_suffix(f".{os.getpid()}.new")
    known = table.schema.metadata if part in MATRICES else {}
    table = table.replace_schema_metadata({**known, MADE_OF: origin.encode()})
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        if part in MATRICES:
            with pa.ipc.new_file(str(new), table.schema) as writer:
                writer.write_table(table)
        else:
            pq.write_table(table, new, compression="zstd", row_group_size=GROUP_ROWS)
        new.replace(file)
    except OSError as error:
        new.unlink(missing_ok=True)
        msg = f"{file} cannot be written ({error}): check the disk and who may write there"
        raise StoreError(msg) from error


def _remove_others(folder: Path, part: str, date: str) -> None:
    """Remove what a part of a day was laid out as before."""
    kept = _build_path(folder, part, date)
    for file in kept.parent.glob(f"{date}.*"):
        if file != kept and file.suffix != ".new":
            file.unlink(missing_ok=True)
