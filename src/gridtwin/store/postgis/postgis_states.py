"""
Ask for and write switch states, their log and overlays in PostgreSQL.

Operations are made by ``gridtwin.move_poles``, so that those of a store and those of any SQL client
are the same. What is asked comes in one snapshot, with the network it is of.
"""

from __future__ import annotations

import time
import uuid
from datetime import UTC
from functools import partial
from typing import TYPE_CHECKING, Any

from gridtwin.model import phases
from gridtwin.model.operation import resolve_operation
from gridtwin.model.state import CURRENT, NORMAL, State, SwitchEvent
from gridtwin.store.postgis.connect import is_lost
from gridtwin.store.store_rules import (
    build_state_error,
    check_overlay_name,
    list_deviations,
    rebuild_past_state,
)

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    import psycopg

    from gridtwin.store.postgis.network_cache import NetworkCache
    from gridtwin.store.postgis.pool import Pool

    Connection = psycopg.Connection[Any]

CHANNEL = "gridtwin"
LISTEN_S = 5.0  # for what moves the state and tells nobody

PG_STATE = """
SELECT n.content_hash, s.version, w.mrids, w.open_phases
FROM (VALUES (%(name)s)) wanted (name)
LEFT JOIN gridtwin.network n ON true
LEFT JOIN gridtwin.states s ON s.name = wanted.name
LEFT JOIN LATERAL (
    SELECT array_agg(i.mrid) AS mrids, array_agg(i.open_phases) AS open_phases
    FROM gridtwin.state_switches i
    WHERE i.state = s.name
) w ON true
"""
PG_SWITCH_EVENTS = """
SELECT version, at, mrid, open_before, open_after, actor
FROM gridtwin.events
"""
# One statement, so one snapshot: the state now, and what its later operations found.
PG_PAST_STATE = """
SELECT n.content_hash, s.version, w.mrids, w.open_phases, f.mrids, f.open_phases, (
    SELECT e.version FROM gridtwin.events e WHERE e.at <= %(when)s ORDER BY e.version DESC LIMIT 1)
FROM gridtwin.states s
LEFT JOIN gridtwin.network n ON true
CROSS JOIN LATERAL (
    SELECT array_agg(i.mrid) AS mrids, array_agg(i.open_phases) AS open_phases
    FROM gridtwin.state_switches i
    WHERE i.state = s.name
) w
CROSS JOIN (
    SELECT array_agg(e.mrid) AS mrids, array_agg(e.open_before) AS open_phases
    FROM (
        SELECT DISTINCT ON (e.mrid) e.mrid, e.open_before
        FROM gridtwin.events e
        WHERE e.at > %(when)s
        ORDER BY e.mrid, e.version
    ) e
) f
WHERE s.name = 'current'
"""
FETCH_VERSION = "SELECT version FROM gridtwin.states WHERE name = 'current'"
# Keeps operations and syncs waiting until the end of a transaction.
HOLD_STATE = "SELECT FROM gridtwin.states WHERE name = 'current' FOR SHARE"
LOCK_OPERATIONS = "SELECT FROM gridtwin.states WHERE name = 'current' FOR UPDATE"
PG_HAS_MOVED = """
SELECT EXISTS (SELECT FROM gridtwin.events WHERE mrid = %s AND at > %s)
"""
LIST_OVERLAYS = """
SELECT name FROM gridtwin.states WHERE name <> 'current' ORDER BY name COLLATE "C"
"""
SAVE_OVERLAY = """
INSERT INTO gridtwin.states (name, version) VALUES (%s, %s)
ON CONFLICT (name) DO UPDATE SET version = excluded.version
"""
SAVE_SWITCHES = """
INSERT INTO gridtwin.state_switches (state, mrid, open_phases)
SELECT %s, mrid, open_phases
FROM unnest(%s::text[], %s::smallint[]) kept (mrid, open_phases)
"""


class PostgisStates:
    """The switch states of a twin that is kept in PostgreSQL."""

    def __init__(self, pool: Pool, kept: NetworkCache) -> None:
        self._pool = pool
        self._kept = kept

    def read_state(self, name: str = CURRENT) -> State:
        """Return a state by name."""
        return self._pool.run_read(lambda connection: self._read_checked(connection, name))

    def list_names(self) -> list[str]:
        """Return the names of the states there are: normal, current, then the overlays."""
        return [NORMAL, CURRENT, *self._pool.run_read(list_overlays)]

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
        operation = resolve_operation(self._kept.network, mrid, open_phases, poles)
        wanted, moving = phases.format_phases(operation.open), phases.format_phases(operation.poles)
        request = request or uuid.uuid4().hex  # done once, however often it is asked

        def write_operation(connection: Connection) -> State:
            words = (operation.mrid, wanted, moving)
            if only_latest and at is not None and _has_moved(connection, operation.mrid, at):
                return self._read_checked(connection, CURRENT)
            move_poles(connection, self._kept, words, actor, request, at)
            return self._read_checked(connection, CURRENT)

        return self._pool.run_write(write_operation)

    def list_events(self, since: int = 0) -> list[SwitchEvent]:
        """Return the operations after a version of the current state, oldest first."""
        return self._select_events(f"{PG_SWITCH_EVENTS} WHERE version > %s ORDER BY version", since)

    def list_operations(self, start: datetime, end: datetime) -> list[SwitchEvent]:
        """Return the operations after one moment and until another, by time, then version."""
        between = f"{PG_SWITCH_EVENTS} WHERE at > %s AND at <= %s ORDER BY at, version"
        return self._select_events(between, start, end)

    def read_past_state(self, when: datetime) -> State:
        """Return the current state as it was at a moment."""
        row = self._pool.run_read(
            lambda link: link.execute(PG_PAST_STATE, {"when": when}).fetchone()
        )
        network, version, mrids, masks, changed, before, last = row or (None, 0, *(None,) * 5)
        self._kept.check_hash(network)
        current = State(CURRENT, version, _list_positions(mrids, masks))
        return rebuild_past_state(
            self._kept.network, current, _list_positions(changed, before), last
        )

    def wait_for_version(self, since: int, *, timeout_s: float) -> bool:
        """Return whether the current state has moved past a version, waiting for it."""
        end = time.monotonic() + timeout_s
        if self._pool.run_read(_select_version) > since:
            return True
        while (left := end - time.monotonic()) > 0:
            listen = partial(_await_version, since=since, seconds=min(left, LISTEN_S))
            if self._pool.run_read(listen):
                return True
        return False

    def save_overlay(self, name: str, deviations: Mapping[str, str]) -> None:
        """Keep a state under a name of its own, in place of any of that name."""
        check_overlay_name(name)
        kept = list_deviations(self._kept.network, deviations)
        masks = [phases.parse_phases(text) for text in kept.values()]

        def write_overlay(connection: Connection) -> None:
            connection.execute(HOLD_STATE)
            version = self._read_checked(connection, CURRENT).version
            connection.execute(SAVE_OVERLAY, (name, version))
            connection.execute("DELETE FROM gridtwin.state_switches WHERE state = %s", (name,))
            connection.execute(SAVE_SWITCHES, (name, list(kept), masks))

        self._pool.run_write(write_overlay)

    def drop_overlay(self, name: str) -> None:
        """Forget an overlay; NotFoundError if there is none of that name."""
        check_overlay_name(name)
        drop = "DELETE FROM gridtwin.states WHERE name = %s"
        look = "SELECT FROM gridtwin.states WHERE name = %s FOR UPDATE"
        dropped = self._pool.run_write(
            lambda connection: connection.execute(drop, (name,)).rowcount == 1,
            # Once whoever is dropping it has done so.
            committed=lambda connection: (
                connection.execute(look, (name,)).fetchone() is None or None
            ),
        )
        if not dropped:
            raise build_state_error(name, self._pool.run_read(list_overlays))

    def _read_checked(self, connection: Connection, name: str) -> State:
        """Return a state of the network that was opened."""
        network, state = read_state(connection, name)
        self._kept.check_hash(network)
        return state

    def _select_events(self, query: str, *values: Any) -> list[SwitchEvent]:
        rows = self._pool.run_read(lambda link: link.execute(query.encode(), values).fetchall())
        return [
            SwitchEvent(
                version,
                at.astimezone(UTC).isoformat(),
                mrid,
                phases.format_phases(before),
                phases.format_phases(after),
                actor,
            )
            for version, at, mrid, before, after, actor in rows
        ]


def _has_moved(connection: Connection, mrid: str, since: datetime) -> bool:
    """Return whether equipment was operated after a moment; nobody operates until the end."""
    connection.execute(LOCK_OPERATIONS)
    return connection.execute(PG_HAS_MOVED, (mrid, since)).fetchone() == (True,)


def move_poles(
    connection: Connection,
    kept: NetworkCache,
    words: tuple[str, str, str],
    actor: str,
    request: str,
    at: datetime | None = None,
) -> None:
    """
    Make one operation and log it, in a transaction of the caller.

    Parameters
    ----------
    connection, kept
        The database, and the network that was opened.
    words
        The equipment, the phases that stand open afterwards, and those that move.
    actor, request, at
        As `gridtwin.store.state_book.StateBook.operate`.

    Raises
    ------
    StaleTwinError
        If the database holds another network, which lacks the equipment or its phases.
    """
    import psycopg

    try:
        connection.execute(
            "SELECT gridtwin.move_poles(%s, %s, %s, %s, %s, %s)", (*words, actor, request, at)
        )
    except (psycopg.errors.NoDataFound, psycopg.errors.InvalidParameterValue) as error:
        raise kept.build_stale_error() from error  # the network here has it


def read_state(connection: Connection, name: str) -> tuple[str | None, State]:
    """
    Return a state, and the hash of the network it is of: one statement, so one snapshot.

    Raises
    ------
    NotFoundError
        If no state has that name, with the closest there are.
    """
    row = connection.execute(PG_STATE, {"name": name}).fetchone()
    network, version, mrids, masks = row or (None, None, None, None)
    if name == NORMAL:
        return network, State(NORMAL, 0, {})
    if version is None:
        raise build_state_error(name, list_overlays(connection))
    return network, State(name, version, _list_positions(mrids, masks))


def _list_positions(mrids: list[str] | None, masks: list[int] | None) -> dict[str, str]:
    """Return the phases that stand open, by equipment."""
    return dict(zip(mrids or (), map(phases.format_phases, masks or ()), strict=True))


def _select_version(connection: Connection) -> int:
    row = connection.execute(FETCH_VERSION).fetchone()
    return 0 if row is None else int(row[0])


def list_overlays(connection: Connection) -> list[str]:
    """Return the names of the overlays there are."""
    return [name for (name,) in connection.execute(LIST_OVERLAYS).fetchall()]


def _await_version(connection: Connection, since: int, seconds: float) -> bool:
    """
    Return whether the current state has moved past a version, listening for some seconds.

    It listens first and looks afterwards, so that no operation falls in between.
    """
    connection.execute(f"LISTEN {CHANNEL}".encode())
    try:
        if _select_version(connection) > since:
            return True
        for _ in connection.notifies(timeout=seconds, stop_after=1):
            pass  # what it says is not needed: the version is looked at again
        return _select_version(connection) > since
    finally:
        if not is_lost(connection):
            connection.execute("UNLISTEN *")
