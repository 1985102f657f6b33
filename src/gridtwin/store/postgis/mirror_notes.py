"""Mirror what is few rows: states and their log, specs, own columns, findings, loads."""

from __future__ import annotations

import json
from datetime import datetime
from typing import TYPE_CHECKING, Any

from gridtwin.model import phases
from gridtwin.model.findings import merge_acceptances
from gridtwin.model.own_columns import list_own
from gridtwin.model.state import CURRENT
from gridtwin.store.postgis.mirror_rows import list_state_rows
from gridtwin.store.postgis.postgis_findings import (
    drop_acceptances,
    read_load_findings,
    write_load_findings,
)
from gridtwin.store.postgis.postgis_loads import count_other_loads, save_loads
from gridtwin.store.table_changes import TableChange

if TYPE_CHECKING:
    from collections.abc import Mapping

    import psycopg

    from gridtwin.model.state import State
    from gridtwin.store.postgis.mirror_rows import Mirrored

    Connection = psycopg.Connection[Any]

SAVE_STATE = """
INSERT INTO gridtwin.states (name, version) VALUES (%s, %s)
ON CONFLICT (name) DO UPDATE SET version = excluded.version
"""
SAVE_SWITCH = """
INSERT INTO gridtwin.state_switches (state, mrid, open_phases) VALUES (%s, %s, %s)
ON CONFLICT (state, mrid) DO UPDATE SET open_phases = excluded.open_phases
"""
SAVE_EVENT = """
INSERT INTO gridtwin.events (version, at, actor, mrid, open_before, open_after)
VALUES (%s, %s, %s, %s, %s, %s) ON CONFLICT (version) DO NOTHING
"""
SAVE_SPEC = """
INSERT INTO gridtwin.specs (name, text) VALUES (%s, %s)
ON CONFLICT (name) DO UPDATE SET text = excluded.text
"""
SAVE_OWN = """
INSERT INTO gridtwin.own_columns (frame, name, kind, place, searched) VALUES (%s, %s, %s, %s, %s)
ON CONFLICT (frame, name) DO UPDATE
SET kind = excluded.kind, place = excluded.place, searched = excluded.searched
"""


def write_notes(connection: Connection, twin: Mirrored) -> None:
    """
    Write the states, log, specs, own columns and findings of a twin where they differ.

    The current state, the own columns, the findings of the source and the loads become those of
    the twin. Overlays, operations, specs and what people accepted are added and brought up to
    date; what only the database has is left there.
    """
    versions, switches = _list_states(twin)
    kept_versions, kept_switches = _read_states(connection, list(versions))
    events, specs = _list_events(twin), _list_specs(twin)
    own, kept_own = _list_own_columns(twin), _read_own_columns(connection)
    with connection.cursor() as cursor:
        cursor.executemany(SAVE_STATE, _find_fresh(versions, kept_versions))
        cursor.executemany(
            "DELETE FROM gridtwin.state_switches WHERE state = %s AND mrid = %s",
            sorted(kept_switches.keys() - switches.keys()),
        )
        cursor.executemany(
            SAVE_SWITCH, [(*key, mask) for key, mask in _find_fresh(switches, kept_switches)]
        )
        cursor.executemany(
            SAVE_EVENT,
            [(version, *event) for version, event in _find_fresh(events, _read_events(connection))],
        )
        cursor.executemany(
            SAVE_SPEC,
            [
                (name, json.dumps(spec))
                for name, spec in _find_fresh(specs, _read_specs(connection))
            ],
        )
        cursor.executemany(
            "DELETE FROM gridtwin.own_columns WHERE frame = %s AND name = %s",
            sorted(kept_own.keys() - own.keys()),
        )
        cursor.executemany(
            SAVE_OWN, [(*key, *column) for key, column in _find_fresh(own, kept_own)]
        )
    save_loads(connection, twin.loads)
    kept = read_load_findings(connection)
    merged = merge_acceptances(kept.accepted, twin.loaded.accepted)
    if (kept.findings, kept.accepted, kept.counts) != (
        twin.loaded.findings,
        merged,
        dict(twin.loaded.counts),
    ):
        write_load_findings(connection, twin.loaded._replace(accepted=merged))
        wanted = {(each.rule, each.key) for each in merged}
        drop_acceptances(
            connection, (each for each in kept.accepted if (each.rule, each.key) not in wanted)
        )


def compare_notes(connection: Connection, twin: Mirrored) -> list[TableChange]:
    """Count how states, log and specs differ; what only the database has is no fault."""
    versions, switches = _list_states(twin)
    kept_versions, kept_switches = _read_states(connection, list(versions))
    gone = len(kept_switches.keys() - switches.keys())
    own, kept_own = _list_own_columns(twin), _read_own_columns(connection)
    loaded, kept = twin.loaded, read_load_findings(connection)
    found, kept_found = (dict(enumerate(each.findings)) for each in (loaded, kept))
    accepted, kept_accepted = (
        {(each.rule, each.key): each for each in book.accepted} for book in (loaded, kept)
    )
    return [
        _compare_rows("states", versions, kept_versions),
        _compare_rows("state_switches", switches, kept_switches, deleted=gone),
        _compare_rows("events", _list_events(twin), _read_events(connection)),
        _compare_rows("specs", _list_specs(twin), _read_specs(connection)),
        _compare_rows("own_columns", own, kept_own, deleted=len(kept_own.keys() - own.keys())),
        _compare_rows(
            *("load_findings", found, kept_found), deleted=len(kept_found.keys() - found.keys())
        ),
        _compare_rows("accepted_findings", accepted, kept_accepted),
        TableChange("network_loads", len(twin.loads), *count_other_loads(connection, twin.loads)),
    ]


def _compare_rows(
    table: str, wanted: Mapping[Any, Any], kept: Mapping[Any, Any], *, deleted: int = 0
) -> TableChange:
    missing = len(wanted.keys() - kept.keys())
    return TableChange(
        table, len(wanted), missing, len(_find_fresh(wanted, kept)) - missing, deleted
    )


def _find_fresh(wanted: Mapping[Any, Any], kept: Mapping[Any, Any]) -> list[tuple[Any, Any]]:
    """Return what is not kept, or is kept otherwise."""
    return [(key, value) for key, value in sorted(wanted.items()) if kept.get(key) != value]


def _list_states(twin: Mirrored) -> tuple[dict[str, int], dict[tuple[str, str], int]]:
    """Return the version of each state, and the open phases of what differs from the design."""
    named: list[tuple[str, State]] = [(CURRENT, twin.state)]
    named += [(overlay.name, overlay) for overlay in twin.overlays]
    versions = {name: state.version for name, state in named}
    switches = {
        (name, mrid): mask for name, state in named for mrid, mask in list_state_rows(state)
    }
    return versions, switches


def _read_states(
    connection: Connection, names: list[str]
) -> tuple[dict[str, int], dict[tuple[str, str], int]]:
    versions = connection.execute(
        "SELECT name, version FROM gridtwin.states WHERE name = ANY (%s)", (names,)
    ).fetchall()
    switches = connection.execute(
        "SELECT state, mrid, open_phases FROM gridtwin.state_switches WHERE state = ANY (%s)",
        (names,),
    ).fetchall()
    return dict(versions), {(state, mrid): mask for state, mrid, mask in switches}


def _list_events(twin: Mirrored) -> dict[int, tuple[datetime, str, str, int, int]]:
    return {
        event.version: (
            datetime.fromisoformat(event.at),
            event.actor,
            event.mrid,
            phases.parse_phases(event.from_phases),
            phases.parse_phases(event.to_phases),
        )
        for event in twin.events
    }


def _read_events(connection: Connection) -> dict[int, tuple[Any, ...]]:
    rows = connection.execute(
        "SELECT version, at, actor, mrid, open_before, open_after FROM gridtwin.events"
    )
    return {version: tuple(event) for version, *event in rows}


def _list_specs(twin: Mirrored) -> dict[str, Any]:
    return {name: json.loads(text) for name, text in twin.specs.items()}


def _read_specs(connection: Connection) -> dict[str, Any]:
    return dict(connection.execute("SELECT name, text FROM gridtwin.specs").fetchall())


def _list_own_columns(twin: Mirrored) -> dict[tuple[str, str], tuple[str, int, bool]]:
    """Return the kind, the place, and whether it is searched, of each own column of a frame."""
    return {
        (frame, name): (column.kind, place, column.searched)
        for frame, own in list_own(twin.network.data).items()
        for place, (name, column) in enumerate(own.items())
    }


def _read_own_columns(connection: Connection) -> dict[tuple[str, str], tuple[Any, ...]]:
    rows = connection.execute(
        "SELECT frame, name, kind, place, searched FROM gridtwin.own_columns"
    ).fetchall()
    return {(frame, name): tuple(column) for frame, name, *column in rows}
