"""Follow what anybody changes in a database: it notifies at once, and its audit tells the rest."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from gridtwin.store.marks import AMI, ESTIMATES, NETWORK, OUTAGES, STATE, Changes, Marks
from gridtwin.store.postgis.links import is_lost
from gridtwin.store.postgis.states import CHANNEL

if TYPE_CHECKING:
    import psycopg

    Connection = psycopg.Connection[Any]

MARKS = """
SELECT coalesce((SELECT version FROM gridtwin.states WHERE name = 'current'), 0),
    coalesce((SELECT max(id) FROM gridtwin.audit), 0)
"""
AUDITED = "SELECT DISTINCT table_name FROM gridtwin.audit WHERE id > %s"
TOUCHED = """
SELECT DISTINCT row_key COLLATE "C" FROM gridtwin.audit
WHERE id > %s AND table_name = 'outages' ORDER BY 1
"""
TABLES = {"outages": OUTAGES, "erm_current": ESTIMATES}
WORDS = {
    "operate": STATE,
    "sync": NETWORK,
    "outages": OUTAGES,
    "estimates": ESTIMATES,
    "ami": AMI,
}
# Transactions number their rows before they commit: one that commits late has lower numbers than
# those that were seen already.
LATE = 200


def marks(connection: Connection) -> Marks:
    """Return how far what changes has come."""
    row = connection.execute(MARKS).fetchone()
    version, audited = row or (0, 0)
    return Marks(version, audited, audited)


def changes(connection: Connection, since: Marks, seconds: float) -> Changes:
    """
    Return what became another since some marks, listening for some seconds.

    It listens first and looks afterwards, so that nothing falls in between.
    """
    connection.execute(f"LISTEN {CHANNEL}".encode())
    try:
        found = marks(connection)
        told = set[str]()
        if found == since and seconds > 0:
            for note in connection.notifies(timeout=seconds, stop_after=1):
                told.add(_word(note.payload))
            found = marks(connection)
        what = told - {""}
        if found.version != since.version:
            what.add(STATE)
        if found.outages != since.outages:
            rows = connection.execute(AUDITED, (since.outages,)).fetchall()
            what |= {TABLES[table] for (table,) in rows if table in TABLES}
        return Changes(found, frozenset(what))
    finally:
        if not is_lost(connection):
            connection.execute("UNLISTEN *")


def touched(connection: Connection, since: int) -> list[str]:
    """Return the outages whose rows changed after a mark, and maybe a few that did just before."""
    return [outage for (outage,) in connection.execute(TOUCHED, (since - LATE,)).fetchall()]


def _word(payload: str) -> str:
    """Return what a notification says has changed; an empty text if it is none of ours."""
    try:
        told = json.loads(payload)
    except ValueError:
        return ""
    return WORDS.get(told.get("changed", ""), "") if isinstance(told, dict) else ""
