"""Read the days of readings that a database keeps, interval by interval, for a lake."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

from gridtwin.publish.iceberg.lake_writer import DayWrite
from gridtwin.results.warehouse.lake_shapes import (
    FEEDER_LOAD_LAKE,
    GOLD_LAKE,
    SILVER_LAKE,
    TRANSFORMER_LOAD_LAKE,
)
from gridtwin.results.warehouse.snapshot_tables import build_arrow_type

if TYPE_CHECKING:
    from pathlib import Path

    from gridtwin.results.warehouse.lake_shapes import LakeTable
    from gridtwin.store.postgis.database_feed import DatabaseFeed

DAY_MARK = "database"  # a database says itself which days were touched
SELECTS: dict[str, str] = {
    GOLD_LAKE.name: (
        "SELECT reading_time, meter_id, kwh::float8, voltage_v::float8, transformer, feeder"
        " FROM gridtwin.ami_gold"
    ),
    TRANSFORMER_LOAD_LAKE.name: (
        "SELECT reading_time, transformer, kwh, meters, v_min::float8, v_max::float8"
        " FROM gridtwin.transformer_load"
    ),
    FEEDER_LOAD_LAKE.name: (
        "SELECT reading_time, feeder, kwh, meters, missing, below_a, above_a, below_b, above_b,"
        " v_min::float8, v_max::float8 FROM gridtwin.feeder_load"
    ),
}
HOURS = 24


@dataclass(frozen=True, slots=True)
class DatabaseDays:
    """Days of readings in a database; hours of them are kept in a folder meanwhile."""

    feed: DatabaseFeed
    folder: Path

    def list_days(self) -> dict[date, str]:
        """Return the days that are kept."""
        with self.feed.hold_moment() as moment:
            return dict.fromkeys(moment.list_days(), DAY_MARK)

    def write_day(self, table: LakeTable, day: date) -> DayWrite | None:
        """Return what makes a table hold the rows of a day; None where there are none."""
        name = GOLD_LAKE.name if table is SILVER_LAKE else table.name
        shape = GOLD_LAKE if table is SILVER_LAKE else table
        file = self.folder / f"{name}-{day}.parquet"
        if not file.is_file() and not self._copy_day(shape, day, file):
            return None
        columns = ", ".join(column.name for column in table.columns)
        listed = "'" + str(file).replace("'", "''") + "'"
        return DayWrite(table, day, f"SELECT {columns} FROM read_parquet({listed})")  # noqa: S608

    def _copy_day(self, table: LakeTable, day: date, file: Path) -> int:
        """Copy the rows of a day into a file and return how many there are."""
        import pyarrow as pa
        import pyarrow.parquet as pq
        from psycopg import sql

        types = {column.name: build_arrow_type(column.type) for column in table.columns}
        begin = datetime(day.year, day.month, day.day, tzinfo=UTC)
        count = 0
        schema = pa.schema(list(types.items()))
        with self.feed.hold_moment() as moment, pq.ParquetWriter(file, schema) as writer:
            for hour in range(HOURS):
                query = sql.SQL("{} WHERE reading_time >= {} AND reading_time < {}").format(
                    sql.SQL(SELECTS[table.name]),
                    sql.Literal(begin + timedelta(hours=hour)),
                    sql.Literal(begin + timedelta(hours=hour + 1)),
                )
                rows = moment.read_query(query, types)
                if rows.num_rows:
                    writer.write_table(rows)
                    count += rows.num_rows
        if not count:
            file.unlink()
        return count

    def release_day(self, day: date) -> None:
        """Remove the files of a day."""
        for file in self.folder.glob(f"*-{day}.parquet"):
            file.unlink()
