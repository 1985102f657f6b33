"""
Remember how far each file was taken, and what of it could not be used, in SQLite.

One transaction spans the work on a piece of a file and the note of how far it went, and no other
process begins one meanwhile: two that take the same files take turns.
"""

from __future__ import annotations

import sqlite3
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

from gridtwin.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

LEDGER_PATIENCE_S = 120.0  # another process may be at work on a piece
LEDGER_SCHEMA = """
CREATE TABLE IF NOT EXISTS sources (
    name TEXT PRIMARY KEY, -- absolute path
    mark TEXT NOT NULL, -- what tells the file from another one of that name
    position INTEGER NOT NULL -- how far it was taken: bytes of lines, row groups of Parquet
) STRICT;
CREATE TABLE IF NOT EXISTS dead_letters (
    source TEXT NOT NULL,
    place INTEGER NOT NULL, -- byte at which the line begins, or row of a Parquet file
    topic TEXT NOT NULL,
    received_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%SZ', 'now')),
    reason TEXT NOT NULL,
    value BLOB,
    replayed_at TEXT,
    PRIMARY KEY (source, place)
) STRICT;
"""


class LocalDeadLetter(NamedTuple):
    """A message that could not be used."""

    source: str
    place: int
    topic: str
    reason: str
    value: bytes | None
    received_at: str = ""
    replayed_at: str | None = None


class Ledger:
    """The notes of one folder, ``stream.db`` in it."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "stream.db"
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._link = sqlite3.connect(
                self._path, timeout=LEDGER_PATIENCE_S, isolation_level=None
            )
            self._link.execute("PRAGMA journal_mode = WAL")
            self._link.executescript(LEDGER_SCHEMA)
        except (sqlite3.Error, OSError) as error:
            raise self._build_error(error) from error

    def _build_error(self, error: Exception) -> StoreError:
        return StoreError(f"{self._path} cannot be used ({error}): check who may write there")

    def close(self) -> None:
        """Close it."""
        self._link.close()

    @contextmanager
    def write_piece(self) -> Iterator[None]:
        """Write what is noted inside, all of it or, if it fails, nothing."""
        try:
            self._link.execute("BEGIN IMMEDIATE")
        except sqlite3.Error as error:
            raise self._build_error(error) from error
        try:
            yield
            self._link.execute("COMMIT")
        except sqlite3.Error as error:
            raise self._build_error(error) from error
        finally:
            if self._link.in_transaction:
                self._link.execute("ROLLBACK")

    def read_position(self, name: str, mark: str) -> int:
        """Return how far a file was taken; 0 if another one of that name was."""
        row = self._link.execute(
            "SELECT position FROM sources WHERE name = ? AND mark = ?", (name, mark)
        ).fetchone()
        return 0 if row is None else int(row[0])

    def write_position(self, name: str, mark: str, position: int) -> None:
        """Note how far a file was taken."""
        self._link.execute(
            "INSERT INTO sources VALUES (?, ?, ?) ON CONFLICT (name) DO UPDATE"
            " SET mark = excluded.mark, position = excluded.position",
            (name, mark, position),
        )

    def add_dead_letters(self, letters: Iterable[LocalDeadLetter]) -> None:
        """Keep what could not be used, each once."""
        self._link.executemany(
            "INSERT INTO dead_letters (source, place, topic, reason, value)"
            " VALUES (?, ?, ?, ?, ?) ON CONFLICT (source, place) DO UPDATE"
            " SET reason = excluded.reason, value = excluded.value",
            [letter[:5] for letter in letters],
        )

    def list_dead_letters(self, most: int, *, replayed: bool = False) -> list[LocalDeadLetter]:
        """Return what could not be used, the newest first; on request what was taken since, too."""
        rows = self._link.execute(
            "SELECT source, place, topic, reason, value, received_at, replayed_at"
            " FROM dead_letters WHERE ? OR replayed_at IS NULL ORDER BY rowid DESC LIMIT ?",
            (replayed, most),
        )
        return [LocalDeadLetter(*row) for row in rows]

    def mark_replayed(self, letters: Iterable[LocalDeadLetter]) -> None:
        """Note that messages were taken after all."""
        self._link.executemany(
            "UPDATE dead_letters SET replayed_at = strftime('%Y-%m-%dT%H:%M:%SZ', 'now')"
            " WHERE source = ? AND place = ?",
            [letter[:2] for letter in letters],
        )
