"""Pull what analytics hand back into a twin that is kept in SQLite."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from gridtwin.store.pull_writing import PullWriter
from gridtwin.store.sql_dialect import SqlDialect

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

    from gridtwin.model.analytics_tables import AnalyticsRow, AnalyticsTable, AnalyticsValue
    from gridtwin.model.pulls import PullConflict, PullOutcome, PullPosition, TableChanges
    from gridtwin.store.sqlite_database import SqliteDatabase

SQLITE_DIALECT = SqlDialect(
    schema="",
    value="?",
    types={
        "text": "TEXT",
        "number": "REAL",
        "whole": "INTEGER",
        "time": "TEXT",
        "position": "TEXT",
    },
    json="TEXT",
)


class SqlitePulls:
    """What analytics handed back to a twin that is kept in SQLite."""

    def __init__(self, kept: SqliteDatabase) -> None:
        self._kept = kept

    def read_position(self, name: str) -> PullPosition | None:
        """Return how far a declaration was pulled; None if it never was."""
        with self._open("BEGIN") as writer:
            return writer.read_position(name)

    def apply_pulls(self, pulled: Sequence[TableChanges], now: datetime) -> list[PullOutcome]:
        """Write what changed in some tables, all of it or nothing."""
        with self._open("BEGIN IMMEDIATE") as writer:
            return [writer.apply_pull(changes, now) for changes in pulled]

    def list_conflicts(self) -> list[PullConflict]:
        """Return what is in conflict, by declaration and key."""
        with self._open("BEGIN") as writer:
            return writer.list_conflicts()

    def settle_conflict(self, name: str, key: str, *, take_analytics: bool) -> PullConflict:
        """End a conflict: write what analytics say, or let what is here stand."""
        with self._open("BEGIN IMMEDIATE") as writer:
            return writer.settle_conflict(name, key, take_analytics=take_analytics)

    def read_rows(
        self, target: AnalyticsTable, asked: Mapping[str, AnalyticsValue]
    ) -> list[AnalyticsRow]:
        """Return the rows of a table that have some values, by their key."""
        with self._open("BEGIN") as writer:
            return writer.read_rows(target, asked)

    @contextmanager
    def _open(self, begin: str) -> Iterator[PullWriter]:
        with self._kept.transaction(begin) as connection:
            yield PullWriter(SqliteStaging(connection))


class SqliteStaging:
    """The connection of a transaction; only one writes at a time, so nothing is locked."""

    dialect = SQLITE_DIALECT

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def execute(self, statement: str, values: Sequence[Any] = ()) -> sqlite3.Cursor:
        """Run a statement; return its cursor."""
        return self._connection.execute(statement, values)

    def copy_rows(self, table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
        """Append rows to a table."""
        named, values = ", ".join(columns), self.dialect.list_values(len(columns))
        self._connection.executemany(
            f"INSERT INTO {table} ({named}) VALUES ({values})",  # noqa: S608
            rows,
        )

    def lock_tables(self, names: Sequence[str]) -> None:
        """Do nothing."""

    def name_pull(self, name: str) -> None:
        """Do nothing: the statements name it."""
