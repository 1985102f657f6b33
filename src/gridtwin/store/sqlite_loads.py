"""Ask for and write the loads of a network in SQLite, and what they carry into a new edition."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from gridtwin.model.findings import merge_acceptances
from gridtwin.model.network_loads import MappingText, NetworkLoad, SourceReading
from gridtwin.store.edition_records import StandingRecords
from gridtwin.store.sqlite_findings import replace_findings, select_accepted
from gridtwin.store.sqlite_outages import select_open_outages, write_outage_changes
from gridtwin.store.sqlite_states import select_states, write_states

if TYPE_CHECKING:
    import sqlite3

    from gridtwin.model.network import Network
    from gridtwin.store.edition_records import NewEdition
    from gridtwin.store.sqlite_database import SqliteDatabase

SQLITE_LOADS = """
SELECT number, at_s, source, options, mapping, coalesce(text, ''), rows, added, changed, removed
FROM network_load LEFT JOIN mapping_text ON hash = mapping_hash ORDER BY number
"""


class SqliteLoads:
    """The loads of a twin that is kept in SQLite."""

    def __init__(self, kept: SqliteDatabase) -> None:
        self._kept = kept

    def list_loads(self) -> list[NetworkLoad]:
        """Return the loads of the network, the first first."""
        with self._kept.transaction() as connection:
            return [_build_load(row) for row in connection.execute(SQLITE_LOADS)]

    def write_load(self, load: NetworkLoad) -> None:
        """Remember a load."""
        with self._kept.transaction("BEGIN IMMEDIATE") as connection:
            insert_load(connection, load)

    def read_standing(self) -> StandingRecords:
        """Return what refers to elements of the network and is not over."""
        with self._kept.transaction() as connection:
            return select_standing(connection)


def select_standing(connection: sqlite3.Connection) -> StandingRecords:
    """Return what refers to elements of the network and is not over."""
    outages, members = select_open_outages(connection)
    return StandingRecords(select_states(connection), outages, members, select_accepted(connection))


def carry_records(connection: sqlite3.Connection, edition: NewEdition, former: Network) -> None:
    """Bring what refers to elements of a network into a new edition of it, and what was found."""
    standing = select_standing(connection)
    carried = edition.carry(standing, former.ids.list_known)
    loaded = edition.network.loaded
    merged = merge_acceptances(standing.accepted, loaded.accepted)
    replace_findings(connection, loaded._replace(accepted=merged))
    write_states(connection, carried.states)
    write_outage_changes(connection, carried.changes)


def insert_load(connection: sqlite3.Connection, load: NetworkLoad) -> None:
    """Write a load, and the text of its mapping if it is not there."""
    reading, mapping = load.reading, load.reading.mapping
    if mapping.text:
        connection.execute(
            "INSERT OR IGNORE INTO mapping_text VALUES (?, ?)", (mapping.digest, mapping.text)
        )
    connection.execute(
        "INSERT INTO network_load VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            load.number,
            load.at.timestamp(),
            reading.shown_source,
            json.dumps(dict(reading.options), ensure_ascii=False, sort_keys=True),
            mapping.name,
            mapping.digest,
            load.rows,
            load.added,
            load.changed,
            load.removed,
        ),
    )


def _build_load(row: tuple[Any, ...]) -> NetworkLoad:
    number, at_s, source, options, mapping, text, *counts = row
    reading = SourceReading(source, json.loads(options), MappingText(mapping, text))
    return NetworkLoad(number, datetime.fromtimestamp(at_s, UTC), reading, *counts)
