"""Ask for and write trace specs in SQLite."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gridtwin.store.names import no_spec

if TYPE_CHECKING:
    import sqlite3

    from gridtwin.store.sqlite import Changing


class SqliteSpecs:
    """The trace specs of a twin that is kept in SQLite."""

    def __init__(self, kept: Changing) -> None:
        self._kept = kept

    def save(self, name: str, text: str) -> None:
        """Keep a trace spec, as JSON, in place of any of that name."""
        with self._kept.transaction("BEGIN IMMEDIATE") as connection:
            connection.execute("INSERT OR REPLACE INTO trace_spec VALUES (?, ?)", (name, text))

    def get(self, name: str) -> str:
        """Return a trace spec by name; NotFoundError, with close matches, if there is none."""
        with self._kept.transaction() as connection:
            row = connection.execute(
                "SELECT spec FROM trace_spec WHERE name = ?", (name,)
            ).fetchone()
            if row is None:
                raise no_spec(name, _names(connection))
            return str(row[0])

    def names(self) -> list[str]:
        """Return the names of the trace specs kept, sorted."""
        with self._kept.transaction() as connection:
            return _names(connection)


def _names(connection: sqlite3.Connection) -> list[str]:
    return [name for (name,) in connection.execute("SELECT name FROM trace_spec ORDER BY name")]
