"""
Keep what changes in a twin (switch states, their log, overlays, trace specs) in one SQLite file.

The file is in WAL mode, so that readers never wait for a writer; every write is one short
transaction that takes the write lock first, so that no update is lost between processes.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from gridtwin.errors import StoreError, StoreVersionError
from gridtwin.model import phases
from gridtwin.model.state import CURRENT, State, SwitchEvent
from gridtwin.store.arrays import damaged
from gridtwin.store.names import no_spec, no_state

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from gridtwin.model.operation import Operation

FILE = "state.sqlite"
SCHEMA_VERSION = 1
TIMEOUT_S = 10.0

SCHEMA = """
CREATE TABLE twin (id TEXT NOT NULL, version INTEGER NOT NULL);
CREATE TABLE switch_state (mrid TEXT PRIMARY KEY, open_phases TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE overlay (name TEXT PRIMARY KEY, version INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE overlay_switch (
    name TEXT NOT NULL REFERENCES overlay (name) ON DELETE CASCADE,
    mrid TEXT NOT NULL,
    open_phases TEXT NOT NULL,
    PRIMARY KEY (name, mrid)
) WITHOUT ROWID;
CREATE TABLE switch_event (
    version INTEGER PRIMARY KEY,
    at TEXT NOT NULL,
    mrid TEXT NOT NULL,
    from_phases TEXT NOT NULL,
    to_phases TEXT NOT NULL,
    actor TEXT NOT NULL
);
CREATE TABLE trace_spec (name TEXT PRIMARY KEY, spec TEXT NOT NULL) WITHOUT ROWID;
"""


@dataclass(frozen=True, slots=True)
class StateFile:
    """The changing part of the twin `twin`, made together with its network under one id."""

    twin: Path
    twin_id: str

    @classmethod
    def create(cls, twin: Path, twin_id: str) -> StateFile:
        """Make the file in a new twin: version 0, everything as designed."""
        with closing(sqlite3.connect(twin / FILE, isolation_level=None)) as connection:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.executescript(f"BEGIN;{SCHEMA}PRAGMA user_version = {SCHEMA_VERSION};COMMIT")
            connection.execute("INSERT INTO twin VALUES (?, 0)", (twin_id,))
        return cls(twin, twin_id)

    def current(self) -> State:
        """Return the state as operated."""
        with self._transaction("BEGIN") as connection:
            return _current(connection)

    def version(self) -> int:
        """Return the version of the current state."""
        with self._transaction("BEGIN") as connection:
            return int(connection.execute("SELECT version FROM twin").fetchone()[0])

    def overlay(self, name: str) -> State:
        """
        Return an overlay by name.

        Raises
        ------
        NotFoundError
            If no state has that name.
        """
        with self._transaction("BEGIN") as connection:
            row = connection.execute(
                "SELECT version FROM overlay WHERE name = ?", (name,)
            ).fetchone()
            if row is None:
                raise no_state(name, _names(connection, "overlay"))
            deviations = connection.execute(
                "SELECT mrid, open_phases FROM overlay_switch WHERE name = ?", (name,)
            )
            return State(name, row[0], dict(deviations))

    def overlay_names(self) -> list[str]:
        """Return the names of the overlays, sorted."""
        with self._transaction("BEGIN") as connection:
            return _names(connection, "overlay")

    def operate(self, operation: Operation, *, actor: str) -> State:
        """Write one operation and log it, in one transaction; `actor` is who operated."""
        mrid, normal = operation.mrid, phases.text(operation.normal)
        with self._transaction("BEGIN IMMEDIATE") as connection:
            before = connection.execute(
                "SELECT open_phases FROM switch_state WHERE mrid = ?", (mrid,)
            ).fetchone()
            opened = normal if before is None else before[0]
            open_phases = phases.text(operation.after(phases.parse(opened)))
            if open_phases == normal:
                connection.execute("DELETE FROM switch_state WHERE mrid = ?", (mrid,))
            else:
                connection.execute(
                    "INSERT OR REPLACE INTO switch_state VALUES (?, ?)", (mrid, open_phases)
                )
            connection.execute("UPDATE twin SET version = version + 1")
            now = datetime.now(UTC).isoformat()
            connection.execute(
                "INSERT INTO switch_event SELECT version, ?, ?, ?, ?, ? FROM twin",
                (now, mrid, opened, open_phases, actor),
            )
            return _current(connection)

    def events(self, since: int) -> list[SwitchEvent]:
        """Return the operations after a version, oldest first."""
        with self._transaction("BEGIN") as connection:
            rows = connection.execute(
                "SELECT version, at, mrid, from_phases, to_phases, actor FROM switch_event"
                " WHERE version > ? ORDER BY version",
                (since,),
            )
            return [SwitchEvent(*row) for row in rows]

    def save_overlay(self, name: str, deviations: Mapping[str, str]) -> None:
        """Keep an overlay, in place of any of that name."""
        with self._transaction("BEGIN IMMEDIATE") as connection:
            connection.execute("DELETE FROM overlay WHERE name = ?", (name,))
            connection.execute("INSERT INTO overlay SELECT ?, version FROM twin", (name,))
            connection.executemany(
                "INSERT INTO overlay_switch VALUES (?, ?, ?)",
                [(name, mrid, open_phases) for mrid, open_phases in deviations.items()],
            )

    def drop_overlay(self, name: str) -> None:
        """
        Forget an overlay.

        Raises
        ------
        NotFoundError
            If no overlay has that name.
        """
        with self._transaction("BEGIN IMMEDIATE") as connection:
            if not connection.execute("DELETE FROM overlay WHERE name = ?", (name,)).rowcount:
                raise no_state(name, _names(connection, "overlay"))

    def save_spec(self, name: str, text: str) -> None:
        """Keep a trace spec, in place of any of that name."""
        with self._transaction("BEGIN IMMEDIATE") as connection:
            connection.execute("INSERT OR REPLACE INTO trace_spec VALUES (?, ?)", (name, text))

    def spec(self, name: str) -> str:
        """
        Return a trace spec by name.

        Raises
        ------
        NotFoundError
            If no spec has that name.
        """
        with self._transaction("BEGIN") as connection:
            row = connection.execute(
                "SELECT spec FROM trace_spec WHERE name = ?", (name,)
            ).fetchone()
            if row is None:
                raise no_spec(name, _names(connection, "trace_spec"))
            return str(row[0])

    def spec_names(self) -> list[str]:
        """Return the names of the trace specs, sorted."""
        with self._transaction("BEGIN") as connection:
            return _names(connection, "trace_spec")

    @contextmanager
    def _transaction(self, begin: str) -> Iterator[sqlite3.Connection]:
        """Run what is inside as one transaction: all of it is written, or nothing."""
        file = self.twin / FILE
        if not file.is_file():
            raise damaged(self.twin, FILE, "is missing")
        try:
            with closing(
                sqlite3.connect(
                    f"{file.resolve().as_uri()}?mode=rw",
                    uri=True,
                    timeout=TIMEOUT_S,
                    isolation_level=None,
                )
            ) as connection:
                connection.execute("PRAGMA synchronous = FULL")
                connection.execute("PRAGMA foreign_keys = ON")
                connection.execute(begin)
                self._check(connection)
                yield connection
                connection.execute("COMMIT")
        except sqlite3.OperationalError as error:
            msg = f"{file} cannot be used now ({error}): try again, or check who may write there"
            raise StoreError(msg) from error
        except sqlite3.DatabaseError as error:
            raise damaged(self.twin, FILE, f"is damaged ({error})") from error

    def _check(self, connection: sqlite3.Connection) -> None:
        version = connection.execute("PRAGMA user_version").fetchone()[0]
        if version > SCHEMA_VERSION:
            msg = (
                f"{self.twin / FILE} was written by a newer gridtwin (schema {version}, this one"
                f" reads {SCHEMA_VERSION}): upgrade gridtwin"
            )
            raise StoreVersionError(msg)
        if version < SCHEMA_VERSION:
            raise damaged(self.twin, FILE, "holds no switch states")
        if connection.execute("SELECT id FROM twin").fetchone() != (self.twin_id,):
            msg = f"{self.twin} was replaced by another twin since it was opened: open it again"
            raise StoreError(msg)


def _current(connection: sqlite3.Connection) -> State:
    version = connection.execute("SELECT version FROM twin").fetchone()[0]
    deviations = connection.execute("SELECT mrid, open_phases FROM switch_state")
    return State(CURRENT, version, dict(deviations))


def _names(connection: sqlite3.Connection, table: str) -> list[str]:
    rows = connection.execute(f"SELECT name FROM {table} ORDER BY name")  # noqa: S608 - our own word
    return [name for (name,) in rows]
