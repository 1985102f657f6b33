"""
Mirror a twin in PostgreSQL: move only what differs, in one transaction.

A killed sync leaves the database as it was; two at once wait for one another.
"""

from __future__ import annotations

import hashlib
import json
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, Any

from gridtwin.errors import StaleTwinError, StoreError
from gridtwin.model.schema import OWN_FIELD
from gridtwin.model.state import CURRENT
from gridtwin.store.postgis.mirror_notes import compare_notes, write_notes
from gridtwin.store.postgis.mirror_rows import (
    Mirrored,
    build_frame_tables,
    build_tables,
    switch_index,
)
from gridtwin.store.postgis.own_copying import OwnObjects
from gridtwin.store.postgis.postgis_loads import list_known, select_loads, select_standing
from gridtwin.store.postgis.postgis_outages import lock_open_outages, write_pg_changes
from gridtwin.store.postgis.row_alignment import align_rows, save_order
from gridtwin.store.postgis.table_sync import compare_table, move_table

if TYPE_CHECKING:
    from collections.abc import Sequence

    import psycopg

    from gridtwin.model.network import Network
    from gridtwin.store.edition_records import CarriedRecords, Carry, NewEdition
    from gridtwin.store.postgis.mirror_rows import Table
    from gridtwin.store.table_changes import TableChange

MIRROR_LOCK = 0x6772_6964_0002  # "grid", 2: one sync at a time
MIRROR_SETTINGS = {  # of the one transaction, which joins whole tables and builds whole indexes
    "statement_timeout": "0",
    "work_mem": "256MB",
    "maintenance_work_mem": "512MB",
    "jit": "off",
    "random_page_cost": "1.1",  # a few rows are looked up by their keys, no whole table is read
}
# One row in so many. A trace reads an index alone only where all see the rows beside it.
MANY = {"node_topology": 100}


def sync(
    connection: psycopg.Connection[Any], twin: Mirrored, *, trust: bool = True
) -> list[TableChange]:
    """
    Bring a migrated database in step with a twin.

    Parameters
    ----------
    connection
        To the database, outside of a transaction.
    twin
        What to mirror.
    trust
        Whether rows that the last sync wrote are taken to be there still; else all are compared.

    Returns
    -------
        What was moved, table by table.

    Raises
    ------
    StoreError
        If switches were operated in the database that the twin knows nothing of, or a row breaks a
        rule of its table; nothing is written.
    """
    with connection.transaction():
        _begin_sync(connection)
        _check_version(connection, twin)
        carried = _carry_records(connection, twin.carry) if twin.carry else None
        twin = align_rows(connection, twin, trust=trust)
        changes = _write_twin(connection, twin, trust=trust)
        if carried:
            write_pg_changes(connection, carried.changes)
    _vacuum_tables(connection, changes)
    return changes


def replace_edition(
    connection: psycopg.Connection[Any], content: str, edition: NewEdition
) -> list[TableChange]:
    """
    Put another edition in the place of the network of a database, with what refers to it.

    Parameters
    ----------
    connection
        To the database, outside of a transaction.
    content
        The hash of the network of which it is an edition.
    edition
        The edition; its rows stand where they stood in that network.

    Returns
    -------
        What was moved, table by table.

    Raises
    ------
    StaleTwinError
        If the database holds another network by now; nothing is written.
    """
    with connection.transaction():
        _begin_sync(connection)
        row = connection.execute("SELECT content_hash FROM gridtwin.network").fetchone()
        if row is None or row[0] != content:
            msg = "the network was synced or loaded again since it was opened: load once more"
            raise StaleTwinError(msg)
        connection.execute("SELECT FROM gridtwin.states ORDER BY name FOR UPDATE")
        carried = _carry_records(connection, edition.carry)
        state, *overlays = carried.states
        twin = Mirrored(
            edition.network,
            edition.index,
            switch_index(edition.network, edition.index, state),
            state,
            overlays=tuple(overlays),
            loads=(*select_loads(connection), edition.load),
            loaded=edition.network.loaded,
            follows=True,
        )
        changes = _write_twin(connection, twin, trust=True)
        write_pg_changes(connection, carried.changes)
    _vacuum_tables(connection, changes)
    return changes


def _carry_records(connection: psycopg.Connection[Any], carry: Carry) -> CarriedRecords:
    """Return what becomes of what the database holds beside the network, before that is moved."""
    lock_open_outages(connection)
    return carry(select_standing(connection), partial(list_known, connection))


def _write_twin(
    connection: psycopg.Connection[Any], twin: Mirrored, *, trust: bool
) -> list[TableChange]:
    """Bring all tables in step with a twin whose rows stand where those of the database do."""
    rows = build_tables(twin)
    changes = _move_tables(connection, rows, trust=trust)
    write_notes(connection, twin)
    save_order(connection, twin.network)
    content = hash_tables(rows)
    _write_network(connection, twin, content)
    told = {"version": twin.state.version, "changed": "sync", "network": content}
    connection.execute("SELECT pg_notify('gridtwin', %s)", (json.dumps(told),))
    return changes


def _move_tables(
    connection: psycopg.Connection[Any], rows: list[Table], *, trust: bool
) -> list[TableChange]:
    """Bring the tables in step, one after another; their rows are hashed while the server works."""
    with ThreadPoolExecutor(1) as pool:
        hashed = pool.map(lambda table: table.place_fingerprints, rows)
        return [
            move_table(connection, table, trust=trust)
            for table, _ in zip(rows, hashed, strict=True)
        ]


def compare_mirror(connection: psycopg.Connection[Any], twin: Mirrored) -> list[TableChange]:
    """Return how a database differs from a twin, all columns compared; nothing is written."""
    with connection.transaction(force_rollback=True):
        _begin_sync(connection)
        twin = align_rows(connection, twin, trust=False)
        return [
            *(compare_table(connection, table) for table in build_tables(twin)),
            *compare_notes(connection, twin),
        ]


def hash_network(network: Network) -> str:
    """Return a hash of all rows of a network, the same wherever it is kept."""
    return hash_tables(build_frame_tables(network.data))


def hash_tables(rows: Sequence[Table]) -> str:
    """Return the hash of a network whose frames are among these tables."""
    digest = hashlib.blake2b(digest_size=32)
    for table in rows:
        if table.place == "row":
            digest.update(f"{table.name} {table.count} ".encode())
            digest.update(table.fingerprints.astype("<u8").tobytes())
            own = table.columns.get(OWN_FIELD)
            for name, column in own.columns.items() if isinstance(own, OwnObjects) else ():
                digest.update(f"{name}\n{column.kind} {column.searched} ".encode())
    return digest.hexdigest()


def _begin_sync(connection: psycopg.Connection[Any]) -> None:
    for setting, value in MIRROR_SETTINGS.items():
        connection.execute("SELECT set_config(%s, %s, true)", (setting, value))
    connection.execute("SELECT pg_advisory_xact_lock(%s)", (MIRROR_LOCK,))


def _check_version(connection: psycopg.Connection[Any], twin: Mirrored) -> None:
    """Refuse to write over operations that the twin has not seen."""
    row = connection.execute(
        "SELECT version, coalesce(state_version, version) FROM gridtwin.states"
        " LEFT JOIN gridtwin.network ON true WHERE name = %s FOR UPDATE OF states",
        (CURRENT,),
    ).fetchone()
    version, synced = row or (0, 0)
    known = twin.state.version if twin.follows else synced
    if version != known or version > twin.state.version:
        msg = (
            f"switches were operated in the database (version {version}, the last sync left"
            f" {synced}, the twin has {twin.state.version}): its current state would be lost, so"
            " nothing was written; sync with --keep-state to keep it"
        )
        raise StoreError(msg)


def _write_network(connection: psycopg.Connection[Any], twin: Mirrored, content: str) -> None:
    """Write what the mirror is of."""
    connection.execute(
        "INSERT INTO gridtwin.network (id, crs, content_hash, state_version)"
        " VALUES (%s, %s, %s, %s) ON CONFLICT (only_row) DO UPDATE SET crs = excluded.crs,"
        " content_hash = excluded.content_hash, synced_at = now(),"
        " state_version = excluded.state_version",
        (content[:16], twin.network.crs, content, twin.state.version),
    )


def _vacuum_tables(connection: psycopg.Connection[Any], changes: list[TableChange]) -> None:
    """Let the planner and the indexes know of many new rows; of few the server's own jobs do."""
    from psycopg import sql

    new = [
        sql.Identifier("gridtwin", change.table)
        for change in changes
        if change.differing_rows * MANY.get(change.table, 5) > change.rows
    ]
    if new and connection.autocommit:
        connection.execute(sql.SQL("VACUUM (ANALYZE) {}").format(sql.SQL(", ").join(new)))
