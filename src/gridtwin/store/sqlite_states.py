"""Ask for and write switch states, their log and overlays in SQLite."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from gridtwin.model import phases
from gridtwin.model.operation import resolve_operation
from gridtwin.model.state import CURRENT, NORMAL, State, SwitchEvent, choose_log_time
from gridtwin.store.store_rules import (
    build_state_error,
    check_overlay_name,
    list_deviations,
    poll_until,
    rebuild_past_state,
)

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Mapping, Sequence

    from gridtwin.model.network import Network
    from gridtwin.model.operation import Operation
    from gridtwin.store.sqlite_database import SqliteDatabase

SQLITE_READ_VERSION = "SELECT version FROM twin"
SQLITE_SWITCH_EVENTS = "SELECT version, at, mrid, from_phases, to_phases, actor FROM switch_event"
SQLITE_ADD_SWITCH_EVENT = """
INSERT INTO switch_event (version, at, mrid, from_phases, to_phases, actor, request)
SELECT version, ?, ?, ?, ?, ?, ? FROM twin
"""
SQLITE_FIND_REQUEST = "SELECT 1 FROM switch_event WHERE request = ?"
SQLITE_LAST_OPERATION = "SELECT at FROM switch_event WHERE mrid = ? ORDER BY version DESC LIMIT 1"
# With min(), the other columns are those of the row that has it.
SQLITE_PAST_POSITIONS = (
    "SELECT mrid, from_phases, min(version) FROM switch_event WHERE at > ? GROUP BY mrid"
)
SQLITE_VERSION_AT = "SELECT version FROM switch_event WHERE at <= ? ORDER BY version DESC LIMIT 1"


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

    def __init__(self, kept: SqliteDatabase, network: Callable[[], Network]) -> None:
        self._kept = kept
        self._network = network

    def read_state(self, name: str = CURRENT) -> State:
        """Return a state by name."""
        if name == NORMAL:
            return State(NORMAL, 0, {})
        with self._kept.transaction() as connection:
            return read_current(connection) if name == CURRENT else _read_overlay(connection, name)

    def list_names(self) -> list[str]:
        """Return the names of the states there are: normal, current, then the overlays."""
        with self._kept.transaction() as connection:
            return [NORMAL, CURRENT, *_list_overlays(connection)]

    def operate(
        self,
        mrid: str,
        open_phases: str,
        *,
        poles: str = "",
        actor: str = "",
        at: datetime | None = None,
        request: str = "",
        only_latest: bool = False,
    ) -> State:
        """Move poles of one piece of equipment; see `gridtwin.store.state_book.StateBook`."""
        operation = resolve_operation(self._network(), mrid, open_phases, poles)
        with self._kept.transaction("BEGIN IMMEDIATE") as connection:
            late = only_latest and at is not None and _has_moved(connection, operation.mrid, at)
            if not late and not was_carried_out(connection, request):
                log_operation(connection, operation, actor=actor, at=at, request=request)
            return read_current(connection)

    def list_events(self, since: int = 0) -> list[SwitchEvent]:
        """Return the operations after a version, oldest first."""
        with self._kept.transaction() as connection:
            rows = connection.execute(
                f"{SQLITE_SWITCH_EVENTS} WHERE version > ? ORDER BY version", (since,)
            )
            return [SwitchEvent(*row) for row in rows]

    def list_operations(self, start: datetime, end: datetime) -> list[SwitchEvent]:
        """Return the operations after one moment and until another, by time, then version."""
        between = f"{SQLITE_SWITCH_EVENTS} WHERE at > ? AND at <= ? ORDER BY at, version"
        with self._kept.transaction() as connection:
            rows = connection.execute(between, (start.isoformat(), end.isoformat()))
            return [SwitchEvent(*row) for row in rows]

    def read_past_state(self, when: datetime) -> State:
        """Return the current state as it was at a moment."""
        text = when.isoformat()
        with self._kept.transaction() as connection:
            positions = {
                mrid: opened
                for mrid, opened, _ in connection.execute(SQLITE_PAST_POSITIONS, (text,))
            }
            last = connection.execute(SQLITE_VERSION_AT, (text,)).fetchone() or (None,)
            return rebuild_past_state(self._network(), read_current(connection), positions, last[0])

    def wait_for_version(self, since: int, *, timeout_s: float) -> bool:
        """Return whether the current state has moved past a version, waiting for it."""
        return poll_until(lambda: self._read_version() > since, timeout_s=timeout_s)

    def _read_version(self) -> int:
        with self._kept.transaction() as connection:
            return int(connection.execute(SQLITE_READ_VERSION).fetchone()[0])

    def save_overlay(self, name: str, deviations: Mapping[str, str]) -> None:
        """Keep a state under a name of its own, in place of any of that name."""
        check_overlay_name(name)
        kept = list_deviations(self._network(), deviations)
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
                raise build_state_error(name, _list_overlays(connection))


def select_states(connection: sqlite3.Connection) -> tuple[State, ...]:
    """Return the current state, then the overlays."""
    overlays = (_read_overlay(connection, name) for name in _list_overlays(connection))
    return (read_current(connection), *overlays)


def write_states(connection: sqlite3.Connection, states: Sequence[State]) -> None:
    """Put the positions of states that are there in place of those they had."""
    for state in states:
        if state.name == CURRENT:
            connection.execute("DELETE FROM switch_state")
            connection.executemany(
                "INSERT INTO switch_state VALUES (?, ?)", list(state.deviations.items())
            )
        else:
            connection.execute("DELETE FROM overlay_switch WHERE name = ?", (state.name,))
            connection.executemany(
                "INSERT INTO overlay_switch VALUES (?, ?, ?)",
                [(state.name, mrid, opened) for mrid, opened in state.deviations.items()],
            )


def was_carried_out(connection: sqlite3.Connection, request: str) -> bool:
    """Return whether an operation was made on a request already; an empty one names none."""
    return bool(request and connection.execute(SQLITE_FIND_REQUEST, (request,)).fetchone())


def _has_moved(connection: sqlite3.Connection, mrid: str, since: datetime) -> bool:
    row = connection.execute(SQLITE_LAST_OPERATION, (mrid,)).fetchone()
    return row is not None and datetime.fromisoformat(row[0]) > since


def log_operation(
    connection: sqlite3.Connection,
    operation: Operation,
    *,
    actor: str,
    at: datetime | None = None,
    request: str = "",
) -> None:
    """Make one operation and log it, in a transaction of the caller."""
    open_before, left = _write_operation(connection, operation)
    (last,) = connection.execute(SQLITE_LAST_OPERATION, (operation.mrid,)).fetchone() or ("",)
    when = max(choose_log_time(at), last)
    logged = (when, operation.mrid, open_before, left, actor, request or None)
    connection.execute(SQLITE_ADD_SWITCH_EVENT, logged)


def read_current(connection: sqlite3.Connection) -> State:
    """Return the current state."""
    version = connection.execute(SQLITE_READ_VERSION).fetchone()[0]
    deviations = connection.execute("SELECT mrid, open_phases FROM switch_state")
    return State(CURRENT, version, dict(deviations))


def _read_overlay(connection: sqlite3.Connection, name: str) -> State:
    row = connection.execute("SELECT version FROM overlay WHERE name = ?", (name,)).fetchone()
    if row is None:
        raise build_state_error(name, _list_overlays(connection))
    deviations = connection.execute(
        "SELECT mrid, open_phases FROM overlay_switch WHERE name = ?", (name,)
    )
    return State(name, row[0], dict(deviations))


def _list_overlays(connection: sqlite3.Connection) -> list[str]:
    rows = connection.execute("SELECT name FROM overlay ORDER BY name")
    return [name for (name,) in rows]


def _write_operation(connection: sqlite3.Connection, operation: Operation) -> tuple[str, str]:
    """Write one operation; return the phases it found open and those it left open."""
    mrid, normal = operation.mrid, phases.format_phases(operation.normal)
    row = connection.execute(
        "SELECT open_phases FROM switch_state WHERE mrid = ?", (mrid,)
    ).fetchone()
    open_before = normal if row is None else row[0]
    left = phases.format_phases(operation.compute_after(phases.parse_phases(open_before)))
    if left == normal:
        connection.execute("DELETE FROM switch_state WHERE mrid = ?", (mrid,))
    else:
        connection.execute(
            "INSERT INTO switch_state VALUES (?, ?)"
            " ON CONFLICT (mrid) DO UPDATE SET open_phases = excluded.open_phases",
            (mrid, left),
        )
    connection.execute("UPDATE twin SET version = version + 1")
    return open_before, left
