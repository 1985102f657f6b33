"""
Mirror a twin in PostgreSQL: move only what differs, in one transaction.

The rows of the twin are copied into staging tables and compared there. A killed sync leaves the
database as it was; two at once wait for one another.
"""

from __future__ import annotations

import hashlib
from contextlib import contextmanager
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

from gridtwin.errors import StoreError
from gridtwin.model.state import CURRENT
from gridtwin.store.postgis.rows import Mirrored, Table, state_rows, tables

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import LiteralString

    import psycopg
    from psycopg.sql import Composed

    from gridtwin.model.network import Network

LOCK = 0x6772_6964_0002  # "grid", 2: one sync at a time
SETTINGS = {  # of the one transaction, which joins whole tables and builds whole indexes
    "statement_timeout": "0",
    "work_mem": "256MB",
    "maintenance_work_mem": "512MB",
    "jit": "off",
}
FRAMES = ("nodes", "equipment", "usage_points", "sources", "substations", "feeders")


@dataclass(frozen=True, slots=True)
class Change:
    """How the rows of one table differ from those of the twin."""

    table: str
    rows: int  # of the twin
    inserted: int
    updated: int
    deleted: int

    @property
    def moved(self) -> int:
        """Rows that differ."""
        return self.inserted + self.updated + self.deleted


def sync(connection: psycopg.Connection[Any], twin: Mirrored) -> list[Change]:
    """
    Bring a migrated database in step with a twin.

    Parameters
    ----------
    connection
        To the database, outside of a transaction.
    twin
        What to mirror.

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
        _begin(connection)
        _check_version(connection, twin)
        changes = [_moved(connection, table) for table in tables(twin)]
        _write_state(connection, twin)
    for change in changes:
        if change.moved:
            connection.execute(_sql("ANALYZE gridtwin.{}", change.table))
    return changes


def differences(connection: psycopg.Connection[Any], twin: Mirrored) -> list[Change]:
    """Return how a database differs from a twin, all columns compared; nothing is written."""
    with connection.transaction(force_rollback=True):
        _begin(connection)
        return [_compared(connection, table) for table in tables(twin)]


def content_hash(network: Network) -> str:
    """Return a hash of all columns of a network, the same wherever it is computed."""
    found = hashlib.sha256()
    for name in FRAMES:
        table = getattr(network.data, name)
        for field in fields(table):
            found.update(f"{name}.{field.name}".encode())
            found.update(getattr(table, field.name).tobytes())
    return found.hexdigest()


def _begin(connection: psycopg.Connection[Any]) -> None:
    for setting, value in SETTINGS.items():
        connection.execute("SELECT set_config(%s, %s, true)", (setting, value))
    connection.execute("SELECT pg_advisory_xact_lock(%s)", (LOCK,))


def _check_version(connection: psycopg.Connection[Any], twin: Mirrored) -> None:
    """Refuse to write over operations that the twin has not seen."""
    row = connection.execute(
        "SELECT version, coalesce(state_version, version) FROM gridtwin.states"
        " LEFT JOIN gridtwin.network ON true WHERE name = %s FOR UPDATE OF states",
        (CURRENT,),
    ).fetchone()
    version, synced = row or (0, 0)
    if version != synced or version > twin.state.version:
        msg = (
            f"switches were operated in the database (version {version}, the last sync left"
            f" {synced}, the twin has {twin.state.version}): its current state would be lost, so"
            " nothing was written"
        )
        raise StoreError(msg)


def _moved(connection: psycopg.Connection[Any], table: Table) -> Change:
    """Bring one table in step."""
    import psycopg

    _stage(connection, table)
    try:
        deleted = connection.execute(_delete(table)).rowcount
        updated = connection.execute(_update(table)).rowcount
        with _without_indexes(connection, table.name):
            inserted = connection.execute(_insert(table)).rowcount
    except psycopg.IntegrityError as error:
        reason = error.diag.message_detail or error.diag.message_primary
        msg = f"gridtwin.{table.name} refused a row, so nothing was written: {reason}"
        raise StoreError(msg) from error
    return Change(table.name, table.count, inserted, updated, deleted)


def _compared(connection: psycopg.Connection[Any], table: Table) -> Change:
    """Count the differences of one table."""
    _stage(connection, table)
    found = connection.execute(
        _sql(
            "SELECT count(*) FILTER (WHERE there.{key} IS NULL),"
            " count(*) FILTER (WHERE there.{key} IS NOT NULL AND here.{key} IS NOT NULL),"
            " count(*) FILTER (WHERE here.{key} IS NULL)"
            " FROM pg_temp.{stage} here FULL JOIN gridtwin.{table} there USING ({key})"
            " WHERE ({here}) IS DISTINCT FROM ({there})",
            **_words(table),
        )
    ).fetchone()
    inserted, updated, deleted = found or (0, 0, 0)
    return Change(table.name, table.count, inserted, updated, deleted)


def _stage(connection: psycopg.Connection[Any], table: Table) -> None:
    """Copy the rows of the twin into a table of this transaction."""
    connection.execute(
        _sql(
            "CREATE TEMP TABLE {stage} ON COMMIT DROP AS"
            " SELECT {columns} FROM gridtwin.{table} WITH NO DATA",
            **_words(table),
        )
    )
    statement = _sql("COPY pg_temp.{stage} ({columns}) FROM STDIN (FORMAT BINARY)", **_words(table))
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        copy.set_types(list(table.types.values()))
        for row in table.rows():
            copy.write_row(row)
    connection.execute(_sql("ANALYZE pg_temp.{stage}", **_words(table)))


def _delete(table: Table) -> Composed:
    return _sql(
        "DELETE FROM gridtwin.{table} there WHERE NOT EXISTS"
        " (SELECT FROM pg_temp.{stage} here WHERE here.{key} = there.{key})",
        **_words(table),
    )


def _update(table: Table) -> Composed:
    return _sql(
        "UPDATE gridtwin.{table} there SET ({columns}) = ROW ({here}) FROM pg_temp.{stage} here"
        " WHERE here.{key} = there.{key} AND ({here}) IS DISTINCT FROM ({there})",
        **_words(table),
    )


def _insert(table: Table) -> Composed:
    return _sql(
        "INSERT INTO gridtwin.{table} ({columns}) SELECT {columns} FROM pg_temp.{stage} here"
        " WHERE NOT EXISTS (SELECT FROM gridtwin.{table} there WHERE here.{key} = there.{key})",
        **_words(table),
    )


def _write_state(connection: psycopg.Connection[Any], twin: Mirrored) -> None:
    """Write the current state, and what the mirror is of."""
    version, name = twin.state.version, CURRENT
    kept = set(
        connection.execute(
            "SELECT mrid, open_phases FROM gridtwin.state_switches WHERE state = %s", (name,)
        ).fetchall()
    )
    wanted = set(state_rows(twin))
    with connection.cursor() as cursor:
        cursor.executemany(
            "DELETE FROM gridtwin.state_switches WHERE state = %s AND mrid = %s",
            [(name, mrid) for mrid, _ in sorted(kept - wanted)],
        )
        cursor.executemany(
            "INSERT INTO gridtwin.state_switches (state, mrid, open_phases) VALUES (%s, %s, %s)",
            [(name, mrid, mask) for mrid, mask in sorted(wanted - kept)],
        )
    connection.execute(
        "UPDATE gridtwin.states SET version = %s WHERE name = %s AND version <> %s",
        (version, name, version),
    )
    content = content_hash(twin.network)
    connection.execute(
        "INSERT INTO gridtwin.network (id, crs, content_hash, state_version)"
        " VALUES (%s, %s, %s, %s) ON CONFLICT (only_row) DO UPDATE SET crs = excluded.crs,"
        " content_hash = excluded.content_hash, synced_at = now(),"
        " state_version = excluded.state_version",
        (content[:16], twin.network.crs, content, version),
    )


@contextmanager
def _without_indexes(connection: psycopg.Connection[Any], table: str) -> Iterator[None]:
    """
    Leave out the indexes of a table that is empty while it is filled, and make them again after.

    Those of constraints stay, and all of them where another role owns the table.
    """
    made: list[str] = []
    if connection.execute(_sql("SELECT FROM gridtwin.{} LIMIT 1", table)).fetchone() is None:
        found = connection.execute(
            "SELECT of_index.relname, pg_get_indexdef(indexrelid) FROM pg_index"
            " JOIN pg_class of_index ON of_index.oid = indexrelid"
            " JOIN pg_class of_table ON of_table.oid = indrelid"
            " WHERE of_table.relnamespace = 'gridtwin'::regnamespace AND of_table.relname = %s"
            " AND pg_has_role(of_table.relowner, 'usage')"
            " AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid)",
            (table,),
        ).fetchall()
        for name, definition in found:
            connection.execute(_sql("DROP INDEX gridtwin.{}", name))
            made.append(definition)
    yield
    for definition in made:
        connection.execute(definition.encode())  # the words of the catalog itself


def _words(table: Table) -> dict[str, Any]:
    from psycopg import sql

    def listed(prefix: str = "") -> Composed:
        names = [sql.Identifier(*filter(None, (prefix, name))) for name in table.columns]
        return sql.SQL(", ").join(names)

    return {
        "table": sql.Identifier(table.name),
        "stage": sql.Identifier(f"stage_{table.name}"),
        "key": sql.Identifier(table.key),
        "columns": listed(),
        "here": listed("here"),
        "there": listed("there"),
    }


def _sql(text: LiteralString, *names: str, **words: Any) -> Composed:
    """Return a statement with names put in, quoted."""
    from psycopg import sql

    return sql.SQL(text).format(*(sql.Identifier(name) for name in names), **words)
