"""Follow what anybody changes in a database: it notifies at once, and its audit tells the rest."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from gridtwin.store.postgis.connect import is_lost
from gridtwin.store.postgis.postgis_states import CHANNEL
from gridtwin.store.store_versions import (
    AMI,
    CREWS,
    ESTIMATES,
    FINDINGS,
    NETWORK,
    OPERATING,
    OUTAGES,
    STATE,
    Changes,
    Versions,
)

if TYPE_CHECKING:
    import psycopg

    Connection = psycopg.Connection[Any]

# Transactions number their rows before they commit: one that commits late has lower numbers than
# those that were seen already. So it counts, too, how many of the last numbers are there.
LATE_ENTRIES = 200
MARK_STEP = 1024  # from one number of the audit to the next: more than can be counted
PG_READ_VERSIONS = f"""
SELECT coalesce((SELECT version FROM gridtwin.states WHERE name = 'current'), 0),
    coalesce((
        SELECT newest.id * {MARK_STEP} + (
            SELECT count(*) FROM gridtwin.audit a WHERE a.id > newest.id - {LATE_ENTRIES})
        FROM (SELECT max(id) AS id FROM gridtwin.audit) newest
    ), 0),
    (
        SELECT coalesce(sum(written.by::text::bigint), 0)::bigint
        FROM (
            SELECT xmin AS by FROM gridtwin.crews
            UNION ALL
            SELECT xmin FROM gridtwin.crew_positions
            UNION ALL
            SELECT xmin FROM gridtwin.crew_assignments WHERE ended_at IS NULL
        ) written
    )
"""  # noqa: S608 - constants of this module
PG_AUDITED_TABLES = f"""
SELECT DISTINCT table_name FROM gridtwin.audit
WHERE id > %(newest)s OR (id > %(newest)s - {LATE_ENTRIES} AND %(count)s < (
    SELECT count(*) FROM gridtwin.audit
    WHERE id > %(newest)s - {LATE_ENTRIES} AND id <= %(newest)s))
"""  # noqa: S608 - a constant of this module
PG_CHANGED_OUTAGES = """
SELECT DISTINCT row_key COLLATE "C" FROM gridtwin.audit
WHERE id > %s AND table_name = 'outages' ORDER BY 1
"""
CHANGE_OF_TABLE = {
    "outages": OUTAGES,
    "erm_current": ESTIMATES,
    "accepted_findings": FINDINGS,
    "tags": OPERATING,
    "operation_requests": OPERATING,
    "switching_orders": OPERATING,
    "order_steps": OPERATING,
    "planned_outages": OPERATING,
}
CHANGE_OF_WORD = {
    "operate": STATE,
    "sync": NETWORK,
    "outages": OUTAGES,
    "estimates": ESTIMATES,
    "findings": FINDINGS,
    "operating": OPERATING,
    "crews": CREWS,
    "ami": AMI,
}


def read_pg_versions(connection: Connection) -> Versions:
    """Return how far what changes has come."""
    row = connection.execute(PG_READ_VERSIONS).fetchone()
    version, audited, crews = row or (0, 0, 0)
    return Versions(version, audited, audited, audited, audited, crews)


def wait_for_pg_changes(connection: Connection, since: Versions, seconds: float) -> Changes:
    """
    Return what became another since some versions, listening for some seconds.

    It listens first and looks afterwards, so that nothing falls in between.
    """
    connection.execute(f"LISTEN {CHANNEL}".encode())
    try:
        versions = read_pg_versions(connection)
        told = set[str]()
        if versions == since and seconds > 0:
            for note in connection.notifies(timeout=seconds, stop_after=1):
                told.add(_parse_payload(note.payload))
            versions = read_pg_versions(connection)
        what = told - {""}
        if versions.version != since.version:
            what.add(STATE)
        if versions.outages != since.outages:
            newest, count = divmod(since.outages, MARK_STEP)
            asked = {"newest": newest, "count": count}
            rows = connection.execute(PG_AUDITED_TABLES, asked).fetchall()
            what |= {CHANGE_OF_TABLE[table] for (table,) in rows if table in CHANGE_OF_TABLE}
        if versions.crews != since.crews:
            what.add(CREWS)
        return Changes(versions, frozenset(what))
    finally:
        if not is_lost(connection):
            connection.execute("UNLISTEN *")


def list_changed_outages(connection: Connection, since: int) -> list[str]:
    """Return the outages whose rows changed after a mark, and maybe a few that did just before."""
    first = since // MARK_STEP - LATE_ENTRIES
    rows = connection.execute(PG_CHANGED_OUTAGES, (first,)).fetchall()
    return [outage for (outage,) in rows]


def _parse_payload(payload: str) -> str:
    """Return what a notification says has changed; an empty text if it is none of ours."""
    try:
        told = json.loads(payload)
    except ValueError:
        return ""
    return CHANGE_OF_WORD.get(told.get("changed", ""), "") if isinstance(told, dict) else ""
