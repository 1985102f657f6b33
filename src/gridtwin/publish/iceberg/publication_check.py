"""Compare what a twin holds with what was published of it: counts, keys and values, both ways."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gridtwin.publish.iceberg.iceberg_types import hash_keys, select_kept
from gridtwin.results.warehouse.lake_shapes import DAY_LAKE_TABLES
from gridtwin.store.iceberg_catalog import quote_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from gridtwin.publish.iceberg.lake_writer import DayWrite, DuckDbLakeWriter
    from gridtwin.publish.iceberg.reading_days import DaySource
    from gridtwin.results.warehouse.lake_shapes import LakeTable
    from gridtwin.results.warehouse.lake_tables import LakeRows


@dataclass(frozen=True, slots=True)
class TableComparison:
    """How a table of a lake differs from what it is of."""

    table: str  # with the day behind it, where it is cut by days
    rows_here: int
    rows_there: int
    missing: int  # keys that are not in the lake
    extra: int  # keys that are in the lake alone
    differing: int  # keys whose rows have other values

    @property
    def is_same(self) -> bool:
        """Whether nothing differs."""
        return not (self.missing or self.extra or self.differing)


def compare_publication(
    writer: DuckDbLakeWriter, tables: Iterable[LakeRows], days: DaySource | None
) -> Iterator[TableComparison]:
    """
    Yield how each table differs, then each day of readings; nothing is written.

    Parameters
    ----------
    writer
        Of the lake.
    tables
        The rows as the twin holds them.
    days
        The readings as the twin holds them; those of other days may be in the lake, too.
    """
    for given in tables:
        query = "SELECT * FROM new_rows"
        with writer.give_tables(new_rows=given.rows):
            yield _compare(writer, given.table, given.table.name, query, "true")
    if days is None:
        return
    for day in days.list_days():
        for table in DAY_LAKE_TABLES:
            write = days.write_day(table, day)
            if write is not None:
                yield _compare_day(writer, write)
        days.release_day(day)


def _compare_day(writer: DuckDbLakeWriter, write: DayWrite) -> TableComparison:
    time = quote_name(write.table.day)
    within = f"{time} >= '{write.day}'::DATE AND {time} < '{write.day}'::DATE + 1"
    with writer.give_tables(**dict(write.views)):
        return _compare(writer, write.table, f"{write.table.name} {write.day}", write.query, within)


def _compare(
    writer: DuckDbLakeWriter, table: LakeTable, name: str, query: str, within: str
) -> TableComparison:
    key = ", ".join(map(quote_name, table.key))
    if not writer.list_columns(table):
        rows = writer.lake.execute(
            f"SELECT count(*), count(DISTINCT ({key})) FROM ({query})"  # noqa: S608
        )
        here, missing = map(int, rows[0])
        return TableComparison(name, here, 0, missing, 0, 0)
    place = writer.lake.name_table(table.name)
    kept = f"(SELECT {select_kept(table, writer.form)} FROM {place} WHERE {within})"  # noqa: S608
    rows = writer.lake.execute(
        f"WITH n AS ({hash_keys(table, f'({query})')}), o AS ({hash_keys(table, kept)})"  # noqa: S608
        " SELECT coalesce(sum(n.row_count), 0), coalesce(sum(o.row_count), 0),"
        " count(*) FILTER (o.row_count IS NULL), count(*) FILTER (n.row_count IS NULL),"
        " count(*) FILTER (n.digest <> o.digest OR n.row_count <> o.row_count)"
        f" FROM n FULL JOIN o USING ({key})"
    )
    return TableComparison(name, *map(int, rows[0]))
