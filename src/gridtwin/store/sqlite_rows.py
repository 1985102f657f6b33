"""Run SQL that is written once for both databases in SQLite."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator, Mapping, Sequence

    from gridtwin.store.sqlite_database import SqliteDatabase


class SqliteTransaction:
    """A transaction of SQLite; see `gridtwin.store.row_database.RowTransaction`."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def select(self, question: str, **values: Any) -> list[tuple[Any, ...]]:
        """Return the rows of a question."""
        return self._connection.execute(question, values).fetchall()

    def execute(self, statement: str, **values: Any) -> int:
        """Run a statement; return how many rows it changed."""
        return self._connection.execute(statement, values).rowcount

    def execute_many(self, statement: str, rows: Sequence[Mapping[str, Any]]) -> None:
        """Run a statement for each of some values."""
        self._connection.executemany(statement, rows)


class SqliteRows:
    """The rows of a twin that is kept in SQLite."""

    def __init__(self, kept: SqliteDatabase) -> None:
        self._kept = kept

    @contextmanager
    def read(self) -> Iterator[SqliteTransaction]:
        """Ask inside one transaction."""
        with self._kept.transaction() as connection:
            yield SqliteTransaction(connection)

    @contextmanager
    def write(self) -> Iterator[SqliteTransaction]:
        """Write what is inside as one transaction: all of it, or nothing."""
        with self._kept.transaction("BEGIN IMMEDIATE") as connection:
            yield SqliteTransaction(connection)
