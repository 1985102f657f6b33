"""Publish readings and loads by whole days: one that was touched is written again."""

from __future__ import annotations

import hashlib
import logging
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Protocol

from gridtwin.publish.iceberg.lake_writer import DayWrite, LakeCommit, SyncDay
from gridtwin.results.warehouse.lake_shapes import (
    DAY_LAKE_TABLES,
    FEEDER_LOAD_LAKE,
    GOLD_LAKE,
    SILVER_LAKE,
    TRANSFORMER_LOAD_LAKE,
)
from gridtwin.store.date_partitions import list_date_files

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    import pyarrow as pa

    from gridtwin.publish.iceberg.lake_writer import LakeWriter
    from gridtwin.publish.iceberg.whole_publication import PublishedOf
    from gridtwin.results.warehouse.lake_shapes import LakeTable

LOG = logging.getLogger("gridtwin.iceberg")

READING_PARTS = ("readings", "load", "feeder_load")  # of a folder
QUERIES: dict[str, str] = {
    SILVER_LAKE.name: (
        "SELECT reading_time::TIMESTAMPTZ AS reading_time, meter_id::VARCHAR AS meter_id,"
        " kwh::DOUBLE AS kwh, voltage_v::DOUBLE AS voltage_v FROM {files}"
    ),
    GOLD_LAKE.name: (
        "SELECT r.reading_time::TIMESTAMPTZ AS reading_time, r.meter_id::VARCHAR AS meter_id,"
        " r.kwh::DOUBLE AS kwh, r.voltage_v::DOUBLE AS voltage_v, m.transformer, m.feeder"
        " FROM {files} r LEFT JOIN known_meters m ON m.meter_id = r.meter_id"
    ),
    TRANSFORMER_LOAD_LAKE.name: (
        "SELECT l.reading_time::TIMESTAMPTZ AS reading_time, k.mrid AS transformer,"
        " l.kwh::DOUBLE AS kwh, l.meters::BIGINT AS meters, l.v_min::DOUBLE AS v_min,"
        " l.v_max::DOUBLE AS v_max FROM {files} l JOIN known_equipment k ON k.row = l.row"
    ),
    FEEDER_LOAD_LAKE.name: (
        "SELECT l.reading_time::TIMESTAMPTZ AS reading_time, k.mrid AS feeder,"
        " l.kwh::DOUBLE AS kwh, l.meters::BIGINT AS meters, l.missing::BIGINT AS missing,"
        " l.below_a::BIGINT AS below_a, l.above_a::BIGINT AS above_a,"
        " l.below_b::BIGINT AS below_b, l.above_b::BIGINT AS above_b, l.v_min::DOUBLE AS v_min,"
        " l.v_max::DOUBLE AS v_max FROM {files} l JOIN known_feeders k ON k.row = l.row"
    ),
}
PARTS: dict[str, str] = {
    SILVER_LAKE.name: "readings",
    GOLD_LAKE.name: "readings",
    TRANSFORMER_LOAD_LAKE.name: "load",
    FEEDER_LOAD_LAKE.name: "feeder_load",
}


class DaySource(Protocol):
    """Where the readings of days come from."""

    def list_days(self) -> dict[date, str]:
        """Return the days that are there, each with a mark of what it holds; empty = ask anew."""
        ...

    def write_day(self, table: LakeTable, day: date) -> DayWrite | None:
        """Return what makes a table hold the rows of a day; None where there are none."""
        ...

    def release_day(self, day: date) -> None:
        """Let go of what was kept to read a day."""
        ...


@dataclass(frozen=True, slots=True)
class FolderDays:
    """Readings in a folder, and what hangs on what as it is known now."""

    folder: Path | None
    meters: pa.Table  # meter_id, transformer, feeder
    equipment: pa.Table  # row, mrid
    feeders: pa.Table

    def list_days(self) -> dict[date, str]:
        """Return the days that are there, each with a mark of its files."""
        files: dict[str, list[Path]] = {}
        for part in READING_PARTS:
            for day, paths in list_date_files(self.folder, part):
                files.setdefault(day, []).extend(paths)
        return {date.fromisoformat(day): _mark_files(paths) for day, paths in files.items()}

    def write_day(self, table: LakeTable, day: date) -> DayWrite | None:
        """Return what makes a table hold the rows of a day; None where there are none."""
        files = dict(list_date_files(self.folder, PARTS[table.name])).get(day.isoformat())
        if not files:
            return None
        listed = ", ".join("'" + str(file).replace("'", "''") + "'" for file in files)
        query = QUERIES[table.name].format(files=f"read_parquet([{listed}])")
        views = (
            ("known_meters", self.meters),
            ("known_equipment", self.equipment),
            ("known_feeders", self.feeders),
        )
        return DayWrite(table, day, query, views)

    def release_day(self, day: date) -> None:
        """Do nothing: the files are the folder's own."""


def _mark_files(paths: Sequence[Path]) -> str:
    """Return a mark that is another where a file was added, taken away or written again."""
    digest = hashlib.sha256()
    for path in paths:
        at = path.stat()
        digest.update(
            f"{path.parent.parent.name}/{path.name} {at.st_size} {at.st_mtime_ns}\n".encode()
        )
    return digest.hexdigest()


def publish_days(
    writer: LakeWriter,
    source: DaySource,
    of: PublishedOf,
    wanted: Callable[[date, str, SyncDay | None], bool],
    progress: Callable[[int, int], None] = lambda _done, _all: None,
) -> list[date]:
    """
    Write days of readings, each in one commit, the oldest first; a killed run goes on behind them.

    Parameters
    ----------
    writer
        Writes them.
    source
        Where they come from.
    of
        What they are of.
    wanted
        Says whether a day is written, of its mark and of what is known of it.
    progress
        Is told how many days are done, and of how many.

    Returns
    -------
        The days that were written.
    """
    known = writer.read_days()
    marks = source.list_days()
    days = [day for day, mark in sorted(marks.items()) if wanted(day, mark, known.get(day))]
    for table in DAY_LAKE_TABLES if days else ():
        writer.prepare_table(table)
    for done, day in enumerate(days):
        progress(done, len(days))
        planned = [source.write_day(table, day) for table in DAY_LAKE_TABLES]
        writes = [write for write in planned if write is not None]
        writer.write_commit(
            LakeCommit(
                days=writes,
                states=[of.make_state(write.table.name) for write in writes],
                marks=[SyncDay(day, marks[day])],
            )
        )
        source.release_day(day)
        LOG.info("day %s written", day)
    if days:
        progress(len(days), len(days))
    return days


def is_stale(_day: date, mark: str, known: SyncDay | None) -> bool:
    """Return whether a day was touched since it was published."""
    return known is None or known.due or known.content != mark
