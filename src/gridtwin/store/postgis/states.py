"""Ask for and write what changes in a twin (switch states, log, overlays, specs) in PostgreSQL."""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING, Any

from gridtwin.model import phases
from gridtwin.model.state import CURRENT, NORMAL, State, SwitchEvent
from gridtwin.store.names import no_state
from gridtwin.store.postgis.connect import is_lost

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    import psycopg

    Connection = psycopg.Connection[Any]

CHANNEL = "gridtwin"

STATE = """
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
EVENTS = """
SELECT version, at, mrid, open_before, open_after, actor
FROM gridtwin.events
"""
# One statement, so one snapshot: the state now, and what its later operations found.
PAST = """
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
SAVE_OVERLAY = """
INSERT INTO gridtwin.states (name, version) VALUES (%s, %s)
ON CONFLICT (name) DO UPDATE SET version = excluded.version
"""
SAVE_SWITCHES = """
INSERT INTO gridtwin.state_switches (state, mrid, open_phases)
SELECT %s, mrid, open_phases
FROM unnest(%s::text[], %s::smallint[]) kept (mrid, open_phases)
"""
SAVE_SPEC = """
INSERT INTO gridtwin.specs (name, text) VALUES (%s, %s::jsonb)
ON CONFLICT (name) DO UPDATE SET text = excluded.text
"""


def network_hash(connection: Connection) -> str | None:
    """Return the hash of the network there is; None before the first sync."""
    row = connection.execute("SELECT content_hash FROM gridtwin.network").fetchone()
    return None if row is None else str(row[0])


def state(connection: Connection, name: str) -> tuple[str | None, State]:
    """
    Return a state, and the hash of the network it is of: one statement, so one snapshot.

    Raises
    ------
    NotFoundError
        If no state has that name, with the closest there are.
    """
    row = connection.execute(STATE, {"name": name}).fetchone()
    network, version, mrids, masks = row or (None, None, None, None)
    if name == NORMAL:
        return network, State(NORMAL, 0, {})
    if version is None:
        raise no_state(name, overlay_names(connection))
    return network, State(name, version, _positions(mrids, masks))


def version_of_current(connection: Connection) -> int:
    """Return the version of the current state."""
    statement = "SELECT version FROM gridtwin.states WHERE name = %s"
    row = connection.execute(statement, (CURRENT,)).fetchone()
    return 0 if row is None else int(row[0])


def hold_current(connection: Connection) -> None:
    """Keep operations and syncs waiting until the end of this transaction."""
    connection.execute("SELECT FROM gridtwin.states WHERE name = %s FOR SHARE", (CURRENT,))


def moved_past(connection: Connection, since: int, seconds: float) -> bool:
    """
    Return whether the current state has moved past a version, listening for some seconds.

    It listens first and looks afterwards, so that no operation falls in between.
    """
    connection.execute(f"LISTEN {CHANNEL}".encode())
    try:
        if version_of_current(connection) > since:
            return True
        for _ in connection.notifies(timeout=seconds, stop_after=1):
            pass  # what it says is not needed: the version is looked at again
        return version_of_current(connection) > since
    finally:
        if not is_lost(connection):
            connection.execute("UNLISTEN *")


def past(
    connection: Connection, when: datetime
) -> tuple[str | None, State, dict[str, str], int | None]:
    """Return the hash of the network, and what `gridtwin.store.names.as_it_was` takes."""
    row = connection.execute(PAST, {"when": when}).fetchone()
    network, version, mrids, masks, found, before, last = row or (None, 0, *(None,) * 5)
    current = State(CURRENT, version, _positions(mrids, masks))
    return network, current, _positions(found, before), last


def _positions(mrids: list[str] | None, masks: list[int] | None) -> dict[str, str]:
    """Return the phases that stand open, by equipment."""
    return dict(zip(mrids or (), map(phases.text, masks or ()), strict=True))


def events(connection: Connection, since: int) -> list[SwitchEvent]:
    """Return the operations after a version of the current state, oldest first."""
    return _events(connection, f"{EVENTS} WHERE version > %s ORDER BY version", (since,))


def operations(connection: Connection, start: datetime, end: datetime) -> list[SwitchEvent]:
    """Return the operations after one moment and until another, by time, then version."""
    between = f"{EVENTS} WHERE at > %s AND at <= %s ORDER BY at, version"
    return _events(connection, between, (start, end))


def _events(connection: Connection, query: str, values: tuple[Any, ...]) -> list[SwitchEvent]:
    return [
        SwitchEvent(
            version,
            at.astimezone(UTC).isoformat(),
            mrid,
            phases.text(before),
            phases.text(after),
            actor,
        )
        for version, at, mrid, before, after, actor in connection.execute(query.encode(), values)
    ]


def overlay_names(connection: Connection) -> list[str]:
    """Return the names of the overlays, sorted."""
    statement = 'SELECT name FROM gridtwin.states WHERE name <> %s ORDER BY name COLLATE "C"'
    return [name for (name,) in connection.execute(statement, (CURRENT,)).fetchall()]


def save_overlay(
    connection: Connection, name: str, version: int, deviations: Mapping[str, str]
) -> None:
    """Keep an overlay, in place of any of that name."""
    masks = [phases.parse(text) for text in deviations.values()]
    connection.execute(SAVE_OVERLAY, (name, version))
    connection.execute("DELETE FROM gridtwin.state_switches WHERE state = %s", (name,))
    connection.execute(SAVE_SWITCHES, (name, list(deviations), masks))


def drop_overlay(connection: Connection, name: str) -> bool:
    """Forget an overlay; False if there is none of that name."""
    statement = "DELETE FROM gridtwin.states WHERE name = %s"
    return connection.execute(statement, (name,)).rowcount == 1


def is_dropped(connection: Connection, name: str) -> bool:
    """Return whether no overlay has that name, once whoever is dropping it has done so."""
    statement = "SELECT FROM gridtwin.states WHERE name = %s FOR UPDATE"
    return connection.execute(statement, (name,)).fetchone() is None


def save_spec(connection: Connection, name: str, text: str) -> None:
    """Keep a trace spec, in place of any of that name."""
    connection.execute(SAVE_SPEC, (name, text))


def specs(connection: Connection) -> dict[str, str]:
    """Return the trace specs by name, sorted."""
    statement = 'SELECT name, text::text FROM gridtwin.specs ORDER BY name COLLATE "C"'
    return dict(connection.execute(statement).fetchall())
