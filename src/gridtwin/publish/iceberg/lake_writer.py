"""
Write the tables of a lake through DuckDB: all of a change, and what it is of, in one commit.

A publisher knows `LakeWriter` alone, so that another engine can take the place of this one.
"""

from __future__ import annotations

import logging
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Protocol

from gridtwin.errors import InputError, StoreError
from gridtwin.model.schema import GEOMETRY
from gridtwin.publish.iceberg.iceberg_types import (
    POINT_WKB,
    declare_columns,
    has_geometry,
    hash_keys,
    select_kept,
    select_rows,
)
from gridtwin.results.warehouse.lake_shapes import (
    SYNC_DAYS_TABLE,
    SYNC_LAKE_TABLES,
    SYNC_STATE_TABLE,
)
from gridtwin.results.warehouse.lake_tables import build_lake_rows
from gridtwin.store.iceberg_catalog import LAKE, quote_name

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import date

    import pyarrow as pa

    from gridtwin.publish.iceberg.iceberg_types import GeometryForm
    from gridtwin.results.warehouse.lake_shapes import LakeTable
    from gridtwin.results.warehouse.lake_tables import LakeRows
    from gridtwin.store.iceberg_catalog import LakeConnection

LOG = logging.getLogger("gridtwin.iceberg")

WHOLE = "*"  # the row of `sync_state` that is of the publication as a whole
MOST_CHANGED = 0.5  # of the rows of a table; where more differ, all are written again
CONFLICT_WORDS = ("conflict", "409", "requirement failed", "commitfailed", "has changed")


@dataclass(frozen=True, slots=True)
class SyncState:
    """What a table of a lake is of."""

    table_name: str
    source: str
    network: str
    version: int
    position: str = ""  # in the log of a database
    content: str = ""  # of a table that is compared whole
    made_at: datetime = field(default_factory=lambda: datetime.now(UTC))


@dataclass(frozen=True, slots=True)
class SyncDay:
    """What is known of a day of readings."""

    day: date
    content: str = ""  # the mark it was published with
    due: bool = False  # whether it was written since


@dataclass(frozen=True, slots=True)
class TableWrite:
    """What becomes of a table: keys whose rows go, and rows that come."""

    table: LakeTable
    gone: pa.Table | None  # columns of the key; None = all rows
    rows: pa.Table | None = None


@dataclass(frozen=True, slots=True)
class DayWrite:
    """A day whose rows go, and where those that come are read from."""

    table: LakeTable
    day: date
    query: str  # of DuckDB, in the columns of the table
    views: tuple[tuple[str, Any], ...] = ()  # what it names, to be registered


@dataclass(frozen=True, slots=True)
class LakeCommit:
    """What is written in one commit."""

    writes: Sequence[TableWrite] = ()
    days: Sequence[DayWrite] = ()  # all of one day
    states: Sequence[SyncState] = ()
    marks: Sequence[SyncDay] = ()


class LakeWriter(Protocol):
    """What writes and compares the tables of one publication."""

    def read_states(self) -> dict[str, SyncState]:
        """Return what each table is of, by its name; that of all by `WHOLE`."""
        ...

    def read_days(self) -> dict[date, SyncDay]:
        """Return what is known of each day of readings."""
        ...

    def prepare_table(self, table: LakeTable) -> bool:
        """Make a table, or give it the columns it lacks; return whether it was there."""
        ...

    def find_changes(self, rows: LakeRows, known: SyncState | None = None) -> TableWrite | None:
        """
        Return what makes a table hold these rows and no others; None where it does.

        Parameters
        ----------
        rows
            All rows of the table.
        known
            What it is of. Where this writer wrote that itself, the table is not read again.
        """
        ...

    def write_commit(self, commit: LakeCommit) -> None:
        """Write it all, or nothing."""
        ...


class DuckDbLakeWriter:
    """Writes through a DuckDB in which the catalog is attached; of one thread."""

    def __init__(self, lake: LakeConnection, form: GeometryForm = "wkb") -> None:
        self.lake = lake
        self.form: GeometryForm = form
        self._written: dict[str, tuple[datetime, pa.Table]] = {}  # hashes of keys, and since when
        self._compared: dict[str, pa.Table] = {}  # what is there after the next commit

    def read_states(self) -> dict[str, SyncState]:
        """Return what each table is of, by its name; that of all by `WHOLE`."""
        rows = self._read_rows(SYNC_STATE_TABLE)
        return {row[0]: SyncState(*row) for row in rows}

    def read_days(self) -> dict[date, SyncDay]:
        """Return what is known of each day of readings."""
        return {row[0]: SyncDay(*row) for row in self._read_rows(SYNC_DAYS_TABLE)}

    def _read_rows(self, table: LakeTable) -> list[tuple[Any, ...]]:
        if not self.list_columns(table):
            return []
        names = ", ".join(quote_name(column.name) for column in table.columns)
        return self.lake.execute(f"SELECT {names} FROM {self._place(table)}")  # noqa: S608

    def _place(self, table: LakeTable) -> str:
        return self.lake.name_table(table.name)

    def list_columns(self, table: LakeTable) -> dict[str, str]:
        """
        Return the columns of a table as it is there, with their types; none where it is not.

        Raises
        ------
        InputError
            If it has its geometry in another form.
        """
        there = self.lake.execute(
            "SELECT table_name FROM duckdb_tables()"
            " WHERE database_name = ? AND schema_name = ? AND table_name = ?",
            [LAKE, self.lake.address.namespace, table.name],
        )
        # Columns are read from the catalog when a table is named, not before.
        rows = self.lake.execute(f"DESCRIBE {self._place(table)}") if there else []
        columns = {row[0]: row[1] for row in rows}
        if columns and (GEOMETRY in columns) != has_geometry(table, self.form):
            form = "v3" if GEOMETRY in columns else "wkb"
            msg = (
                f"table {table.name} was published with --geometry {form}: give that, or choose"
                " another --namespace"
            )
            raise InputError(msg)
        return columns

    def prepare_table(self, table: LakeTable) -> bool:
        """
        Make a table, or give it the columns it lacks; return whether it was there.

        Raises
        ------
        StoreError
            If it is there with a column of another type.
        """
        wanted, there = declare_columns(table, self.form), self.list_columns(table)
        if not there:
            self._create_table(table)
            return False
        for name, kind in wanted.items():
            if name not in there:
                self.lake.execute(
                    f"ALTER TABLE {self._place(table)} ADD COLUMN {quote_name(name)} {kind}"
                )
            elif not _is_same_type(there[name], kind):
                msg = (
                    f"column {name} of table {table.name} is {there[name]} in the lake and"
                    f" {kind} here: drop the table there, and publish again"
                )
                raise StoreError(msg)
        return True

    def _create_table(self, table: LakeTable) -> None:
        columns = ", ".join(
            f"{quote_name(name)} {kind}" for name, kind in declare_columns(table, self.form).items()
        )
        cut = f" PARTITIONED BY (day({quote_name(table.day)}))" if table.day else ""
        version = 3 if has_geometry(table, self.form) else 2
        self.lake.execute(
            f"CREATE TABLE IF NOT EXISTS {self._place(table)} ({columns}){cut}"
            f" WITH ('format-version' = '{version}')"
        )

    def find_changes(self, rows: LakeRows, known: SyncState | None = None) -> TableWrite | None:
        """Return what makes a table hold these rows and no others; see `LakeWriter`."""
        table, new = rows.table, rows.rows
        with self.give_tables(new_rows=new):
            here = self._hash_keys(table, "new_rows")
            there = self._recall_keys(table, known)
            changed = self._list_changed_keys(table, here, there)
            if known is not None:
                self._compared[table.name] = here
            if not changed.num_rows:
                return None
            if changed.num_rows > MOST_CHANGED * max(new.num_rows, 1):
                return TableWrite(table, None, new)
            key = ", ".join(map(quote_name, table.key))
            with self.give_tables(changed_keys=changed), self.lake.translate_errors():
                coming = self.lake.duckdb.execute(
                    f"SELECT n.* FROM new_rows n SEMI JOIN changed_keys USING ({key})"  # noqa: S608
                ).to_arrow_table()
        return TableWrite(table, changed, coming)

    def _hash_keys(self, table: LakeTable, source: str) -> pa.Table:
        """Return each key of rows with a hash of what stands by it."""
        with self.lake.translate_errors():
            return self.lake.duckdb.execute(hash_keys(table, source)).to_arrow_table()

    def _recall_keys(self, table: LakeTable, known: SyncState | None) -> pa.Table:
        """Return the same of the rows that are there: as they were written here, or else read."""
        written_at, hashes = self._written.get(table.name, (None, None))
        if hashes is not None and known is not None and known.made_at == written_at:
            return hashes
        kept = f"(SELECT {select_kept(table, self.form)} FROM {self._place(table)})"  # noqa: S608
        return self._hash_keys(table, kept)

    def _list_changed_keys(self, table: LakeTable, here: pa.Table, there: pa.Table) -> pa.Table:
        """Return the keys whose rows differ between the given rows and those that are there."""
        key = ", ".join(map(quote_name, table.key))
        with self.give_tables(here=here, there=there), self.lake.translate_errors():
            return self.lake.duckdb.execute(
                f"SELECT {key} FROM here n FULL JOIN there o USING ({key})"  # noqa: S608
                " WHERE n.digest IS DISTINCT FROM o.digest"
                " OR n.row_count IS DISTINCT FROM o.row_count"
            ).to_arrow_table()

    def write_commit(self, commit: LakeCommit) -> None:
        """
        Write it all, or nothing.

        Raises
        ------
        StoreError
            If it cannot be written; says so where another publisher was faster.
        """
        compared, self._compared = self._compared, {}
        for table in SYNC_LAKE_TABLES:
            self.prepare_table(table)
        self.lake.execute("BEGIN TRANSACTION")
        try:
            for write in commit.writes:
                self._write_table(write)
            for day in commit.days:
                self._write_day(day)
            self._write_marks(commit)
            self.lake.execute("COMMIT")
        except StoreError as error:
            with suppress(StoreError):  # there is none any more where COMMIT failed
                self.lake.execute("ROLLBACK")
            self._written.clear()
            raise _explain_conflict(error) from error
        self._written |= {
            state.table_name: (state.made_at, compared[state.table_name])
            for state in commit.states
            if state.table_name in compared
        }

    def _write_marks(self, commit: LakeCommit) -> None:
        for table, entries in ((SYNC_STATE_TABLE, commit.states), (SYNC_DAYS_TABLE, commit.marks)):
            if entries:
                names = [column.name for column in table.columns]
                columns = {name: [getattr(each, name) for each in entries] for name in names}
                rows = build_lake_rows(table, **columns).rows
                self._write_table(TableWrite(table, rows.select(table.key), rows))

    def _write_table(self, write: TableWrite) -> None:
        place = self._place(write.table)
        if write.gone is None:
            self.lake.execute(f"DELETE FROM {place}")  # noqa: S608
        elif write.gone.num_rows:
            with self.give_tables(gone_keys=write.gone):
                self.lake.execute(_write_deletion(place, write.table))
        if write.rows is not None and write.rows.num_rows:
            with self.give_tables(new_rows=self._add_places(write.table, write.rows)):
                self._insert_rows(write.table, "SELECT * FROM new_rows")

    def _write_day(self, write: DayWrite) -> None:
        time, place = quote_name(write.table.day), self._place(write.table)
        with self.give_tables(**dict(write.views)):
            self.lake.execute(
                f"DELETE FROM {place} WHERE {time} >= $day::DATE::TIMESTAMPTZ"  # noqa: S608
                f" AND {time} < ($day::DATE + 1)::TIMESTAMPTZ",
                {"day": write.day},
            )
            self._insert_rows(write.table, write.query)

    def _insert_rows(self, table: LakeTable, query: str) -> None:
        names = ", ".join(map(quote_name, declare_columns(table, self.form)))
        self.lake.execute(
            f"INSERT INTO {self._place(table)} ({names})"  # noqa: S608
            f" SELECT {select_rows(table, self.form)} FROM ({query})"
        )

    def _add_places(self, table: LakeTable, rows: pa.Table) -> pa.Table:
        """Return rows with their points as bytes, where the table takes them as geometry."""
        import pyarrow as pa

        if not has_geometry(table, self.form) or table.place != "point":
            return rows
        return rows.append_column(POINT_WKB, pa.array(_write_points(rows), pa.binary()))

    @contextmanager
    def give_tables(self, **tables: Any) -> Iterator[None]:
        """Let SQL name tables of Arrow."""
        for name, table in tables.items():
            self.lake.duckdb.register(name, table)
        try:
            yield
        finally:
            for name in tables:
                self.lake.duckdb.unregister(name)


def _write_deletion(place: str, table: LakeTable) -> str:
    key = ", ".join(map(quote_name, table.key))
    if len(table.key) == 1:
        return f"DELETE FROM {place} WHERE {key} IN (SELECT {key} FROM gone_keys)"  # noqa: S608
    return f"DELETE FROM {place} WHERE ({key}) IN (SELECT ({key}) FROM gone_keys)"  # noqa: S608


def _write_points(rows: pa.Table) -> list[bytes | None]:
    import numpy as np
    import shapely

    xy = np.stack([rows[name].to_numpy() for name in ("longitude", "latitude")], axis=1)
    known = np.isfinite(xy.astype(float)).all(axis=1)
    written = shapely.to_wkb(shapely.points(np.where(known[:, None], xy, 0.0).astype(float)))
    return [place if is_known else None for place, is_known in zip(written, known, strict=True)]


def _is_same_type(there: str, wanted: str) -> bool:
    names = {"TIMESTAMP WITH TIME ZONE": "TIMESTAMPTZ"}
    there = names.get(there, there)
    return there == wanted or (wanted == GEOMETRY.upper() and there.startswith(wanted))


def _explain_conflict(error: StoreError) -> StoreError:
    """Return an error of a commit; one that says so where somebody else was faster."""
    said = str(error)
    if any(word in said.casefold() for word in CONFLICT_WORDS):
        msg = (
            "another publisher wrote the same tables meanwhile, and nothing of this commit was"
            f" written: let one publish into a namespace, then publish again ({said})"
        )
        return StoreError(msg)
    return error
