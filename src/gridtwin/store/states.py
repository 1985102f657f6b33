"""Ask for and write switch states, their log and overlays in SQLite."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gridtwin.model import phases
from gridtwin.model.operation import resolve_operation
from gridtwin.model.state import CURRENT, NORMAL, State, SwitchEvent, choose_log_time
from gridtwin.store.names import (
    as_it_was,
    check_overlay_name,
    look_until,
    no_state,
    overlay_deviations,
)

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from gridtwin.model.network import Network
    from gridtwin.model.operation import Operation
    from gridtwin.store.sqlite import Changing

READ_VERSION = "SELECT version FROM twin"
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


class SqliteStates:
    """
    The switch states of a twin that is kept in SQLite.

    Parameters
    ----------
    kept
        Where they are kept.
    network
        Returns the network they are of; called when it is needed, since it may have to be read.
    """

    def __init__(self, kept: Changing, network: Callable[[], Network]) -> None:
        self._kept = kept
        self._network = network

    def get(self, name: str = CURRENT) -> State:
        """Return a state by name."""
        if name == NORMAL:
            return State(NORMAL, 0, {})
        with self._kept.transaction() as connection:
            return _current(connection) if name == CURRENT else _overlay(connection, name)

    def names(self) -> list[str]:
        """Return the names of the states there are: normal, current, then the overlays."""
        with self._kept.transaction() as connection:
            return [NORMAL, CURRENT, *_overlays(connection)]

    def operate(
        self,
        mrid: str,
        open_phases: str,
        *,
        poles: str = "",
        actor: str = "",
        at: datetime | None = None,
        request: str = "",
    ) -> State:
        """Move poles of one piece of equipment; see `gridtwin.store.state_book.StateBook`."""
        operation = resolve_operation(self._network(), mrid, open_phases, poles)
        with self._kept.transaction("BEGIN IMMEDIATE") as connection:
            if not (request and connection.execute(DONE, (request,)).fetchone()):
                found, left = _move(connection, operation)
                (last,) = connection.execute(LAST, (operation.mrid,)).fetchone() or ("",)
                when = max(choose_log_time(at), last)
                logged = (when, operation.mrid, found, left, actor, request or None)
                connection.execute(LOG, logged)
            return _current(connection)

    def events(self, since: int = 0) -> list[SwitchEvent]:
        """Return the operations after a version, oldest first."""
        with self._kept.transaction() as connection:
            rows = connection.execute(f"{EVENTS} WHERE version > ? ORDER BY version", (since,))
            return [SwitchEvent(*row) for row in rows]

    def operations(self, start: datetime, end: datetime) -> list[SwitchEvent]:
        """Return the operations after one moment and until another, by time, then version."""
        between = f"{EVENTS} WHERE at > ? AND at <= ? ORDER BY at, version"
        with self._kept.transaction() as connection:
            rows = connection.execute(between, (start.isoformat(), end.isoformat()))
            return [SwitchEvent(*row) for row in rows]

    def at(self, when: datetime) -> State:
        """Return the current state as it was at a moment."""
        text = when.isoformat()
        with self._kept.transaction() as connection:
            found = {mrid: opened for mrid, opened, _ in connection.execute(FOUND, (text,))}
            last = connection.execute(LATEST, (text,)).fetchone() or (None,)
            return as_it_was(self._network(), _current(connection), found, last[0])

    def wait(self, since: int, *, timeout_s: float) -> bool:
        """Return whether the current state has moved past a version, waiting for it."""
        return look_until(lambda: self._version() > since, timeout_s=timeout_s)

    def _version(self) -> int:
        with self._kept.transaction() as connection:
            return int(connection.execute(READ_VERSION).fetchone()[0])

    def save_overlay(self, name: str, deviations: Mapping[str, str]) -> None:
        """Keep a state under a name of its own, in place of any of that name."""
        check_overlay_name(name)
        kept = overlay_deviations(self._network(), deviations)
        with self._kept.transaction("BEGIN IMMEDIATE") as connection:
            connection.execute("DELETE FROM overlay WHERE name = ?", (name,))
            connection.execute("INSERT INTO overlay SELECT ?, version FROM twin", (name,))
            connection.executemany(
                "INSERT INTO overlay_switch VALUES (?, ?, ?)",
                [(name, mrid, open_phases) for mrid, open_phases in kept.items()],
            )

    def drop_overlay(self, name: str) -> None:
        """Forget an overlay; NotFoundError if there is none of that name."""
        check_overlay_name(name)
        with self._kept.transaction("BEGIN IMMEDIATE") as connection:
            if not connection.execute("DELETE FROM overlay WHERE name = ?", (name,)).rowcount:
                raise no_state(name, _overlays(connection))


def _current(connection: sqlite3.Connection) -> State:
    version = connection.execute(READ_VERSION).fetchone()[0]
    deviations = connection.execute("SELECT mrid, open_phases FROM switch_state")
    return State(CURRENT, version, dict(deviations))


def _overlay(connection: sqlite3.Connection, name: str) -> State:
    row = connection.execute("SELECT version FROM overlay WHERE name = ?", (name,)).fetchone()
    if row is None:
        raise no_state(name, _overlays(connection))
    deviations = connection.execute(
        "SELECT mrid, open_phases FROM overlay_switch WHERE name = ?", (name,)
    )
    return State(name, row[0], dict(deviations))


def _overlays(connection: sqlite3.Connection) -> list[str]:
    rows = connection.execute("SELECT name FROM overlay ORDER BY name")
    return [name for (name,) in rows]


def _move(connection: sqlite3.Connection, operation: Operation) -> tuple[str, str]:
    """Write one operation; return the phases it found open and those it left open."""
    mrid, normal = operation.mrid, phases.format_phases(operation.normal)
    row = connection.execute(
        "SELECT open_phases FROM switch_state WHERE mrid = ?", (mrid,)
    ).fetchone()
    found = normal if row is None else row[0]
    left = phases.format_phases(operation.compute_after(phases.parse_phases(found)))
    if left == normal:
        connection.execute("DELETE FROM switch_state WHERE mrid = ?", (mrid,))
    else:
        connection.execute("INSERT OR REPLACE INTO switch_state VALUES (?, ?)", (mrid, left))
    connection.execute("UPDATE twin SET version = version + 1")
    return found, left
