"""Ask for and write trace specs in SQLite."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gridtwin.store.store_rules import build_spec_error

if TYPE_CHECKING:
    import sqlite3

    from gridtwin.store.sqlite_database import SqliteDatabase


class SqliteSpecs:
    """The trace specs of a twin that is kept in SQLite."""

    def __init__(self, kept: SqliteDatabase) -> None:
        self._kept = kept

    def save_spec(self, name: str, text: str) -> None:
        """Keep a trace spec, as JSON, in place of any of that name."""
        with self._kept.transaction("BEGIN IMMEDIATE") as connection:
            connection.execute(
                "INSERT INTO trace_spec VALUES (?, ?)"
                " ON CONFLICT (name) DO UPDATE SET spec = excluded.spec",
                (name, text),
            )

    def read_spec(self, name: str) -> str:
        """Return a trace spec by name; NotFoundError, with close matches, if there is none."""
        with self._kept.transaction() as connection:
            row = connection.execute(
                "SELECT spec FROM trace_spec WHERE name = ?", (name,)
            ).fetchone()
            if row is None:
                raise build_spec_error(name, _select_names(connection))
            return str(row[0])

    def list_names(self) -> list[str]:
        """Return the names of the trace specs kept, sorted."""
        with self._kept.transaction() as connection:
            return _select_names(connection)


def _select_names(connection: sqlite3.Connection) -> list[str]:
    return [name for (name,) in connection.execute("SELECT name FROM trace_spec ORDER BY name")]
