"""Ask for and write switch states, their log, overlays and trace specs in SQLite."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gridtwin.model import phases
from gridtwin.model.state import CURRENT, State, SwitchEvent, logged_at
from gridtwin.store.marks import marks_in
from gridtwin.store.names import as_it_was, no_spec, no_state

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Mapping
    from datetime import datetime

    from gridtwin.model.network import Network
    from gridtwin.model.operation import Operation
    from gridtwin.store.marks import Marks
    from gridtwin.store.sqlite import Changing

EVENTS = "SELECT version, at, mrid, from_phases, to_phases, actor FROM switch_event"
LOG = """
INSERT INTO switch_event (version, at, mrid, from_phases, to_phases, actor, request)
SELECT version, ?, ?, ?, ?, ?, ? FROM twin
"""
DONE = "SELECT 1 FROM switch_event WHERE request = ?"
LAST = "SELECT at FROM switch_event WHERE mrid = ? ORDER BY version DESC LIMIT 1"
# With min(), the other columns are those of the row that has it.
FOUND = "SELECT mrid, from_phases, min(version) FROM switch_event WHERE at > ? GROUP BY mrid"
LATEST = "SELECT version FROM switch_event WHERE at <= ? ORDER BY version DESC LIMIT 1"


@dataclass(frozen=True, slots=True)
class StateFile:
    """Switch states, their log, overlays and trace specs, where they are kept."""

    kept: Changing

    def current(self) -> State:
        """Return the state as operated."""
        with self.kept.transaction() as connection:
            return _current(connection)

    def version(self) -> int:
        """Return the version of the current state."""
        with self.kept.transaction() as connection:
            return int(connection.execute("SELECT version FROM twin").fetchone()[0])

    def marks(self) -> Marks:
        """Return how far what changes has come."""
        with self.kept.transaction() as connection:
            version = connection.execute("SELECT version FROM twin").fetchone()[0]
            return marks_in(connection, version)

    def overlay(self, name: str) -> State:
        """
        Return an overlay by name.

        Raises
        ------
        NotFoundError
            If no state has that name.
        """
        with self.kept.transaction() as connection:
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
        with self.kept.transaction() as connection:
            return _names(connection, "overlay")

    def operate(
        self, operation: Operation, *, actor: str, at: datetime | None = None, request: str = ""
    ) -> State:
        """Write one operation and log it, in one transaction; see `Store.operate`."""
        mrid, normal = operation.mrid, phases.text(operation.normal)
        with self.kept.transaction("BEGIN IMMEDIATE") as connection:
            if request and connection.execute(DONE, (request,)).fetchone():
                return _current(connection)
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
            (last,) = connection.execute(LAST, (mrid,)).fetchone() or ("",)
            logged = (max(logged_at(at), last), mrid, opened, open_phases, actor, request or None)
            connection.execute(LOG, logged)
            return _current(connection)

    def events(self, since: int) -> list[SwitchEvent]:
        """Return the operations after a version, oldest first."""
        with self.kept.transaction() as connection:
            rows = connection.execute(f"{EVENTS} WHERE version > ? ORDER BY version", (since,))
            return [SwitchEvent(*row) for row in rows]

    def operations(self, start: datetime, end: datetime) -> list[SwitchEvent]:
        """Return the operations after one moment and until another, by time, then version."""
        between = f"{EVENTS} WHERE at > ? AND at <= ? ORDER BY at, version"
        with self.kept.transaction() as connection:
            rows = connection.execute(between, (start.isoformat(), end.isoformat()))
            return [SwitchEvent(*row) for row in rows]

    def past(self, network: Network, when: datetime) -> State:
        """Return the state as it was at a moment; see `Store.state_at`."""
        text = when.isoformat()
        with self.kept.transaction() as connection:
            found = {mrid: opened for mrid, opened, _ in connection.execute(FOUND, (text,))}
            last = connection.execute(LATEST, (text,)).fetchone() or (None,)
            return as_it_was(network, _current(connection), found, last[0])

    def save_overlay(self, name: str, deviations: Mapping[str, str]) -> None:
        """Keep an overlay, in place of any of that name."""
        with self.kept.transaction("BEGIN IMMEDIATE") as connection:
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
        with self.kept.transaction("BEGIN IMMEDIATE") as connection:
            if not connection.execute("DELETE FROM overlay WHERE name = ?", (name,)).rowcount:
                raise no_state(name, _names(connection, "overlay"))

    def save_spec(self, name: str, text: str) -> None:
        """Keep a trace spec, in place of any of that name."""
        with self.kept.transaction("BEGIN IMMEDIATE") as connection:
            connection.execute("INSERT OR REPLACE INTO trace_spec VALUES (?, ?)", (name, text))

    def spec(self, name: str) -> str:
        """
        Return a trace spec by name.

        Raises
        ------
        NotFoundError
            If no spec has that name.
        """
        with self.kept.transaction() as connection:
            row = connection.execute(
                "SELECT spec FROM trace_spec WHERE name = ?", (name,)
            ).fetchone()
            if row is None:
                raise no_spec(name, _names(connection, "trace_spec"))
            return str(row[0])

    def spec_names(self) -> list[str]:
        """Return the names of the trace specs, sorted."""
        with self.kept.transaction() as connection:
            return _names(connection, "trace_spec")


def _current(connection: sqlite3.Connection) -> State:
    version = connection.execute("SELECT version FROM twin").fetchone()[0]
    deviations = connection.execute("SELECT mrid, open_phases FROM switch_state")
    return State(CURRENT, version, dict(deviations))


def _names(connection: sqlite3.Connection, table: str) -> list[str]:
    rows = connection.execute(f"SELECT name FROM {table} ORDER BY name")  # noqa: S608 - our own word
    return [name for (name,) in rows]
