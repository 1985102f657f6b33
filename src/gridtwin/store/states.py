"""Ask for and write switch states, their log, overlays and trace specs in SQLite."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from gridtwin.model import phases
from gridtwin.model.state import CURRENT, State, SwitchEvent
from gridtwin.store.names import no_spec, no_state

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Mapping

    from gridtwin.model.operation import Operation
    from gridtwin.store.sqlite import Changing


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

    def operate(self, operation: Operation, *, actor: str) -> State:
        """Write one operation and log it, in one transaction; `actor` is who operated."""
        mrid, normal = operation.mrid, phases.text(operation.normal)
        with self.kept.transaction("BEGIN IMMEDIATE") as connection:
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
        with self.kept.transaction() as connection:
            rows = connection.execute(
                "SELECT version, at, mrid, from_phases, to_phases, actor FROM switch_event"
                " WHERE version > ? ORDER BY version",
                (since,),
            )
            return [SwitchEvent(*row) for row in rows]

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
