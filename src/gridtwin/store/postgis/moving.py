"""
Move the rows of one table that differ.

What a sync wrote is kept as a hash of each block of rows. A block whose hash is still the same is
not looked at again; the rows of the others are copied into a staging table and compared there. A
row of an unchanged block cannot turn up in a changed one, as no two rows of a table share a key: so
deleted, updated and inserted rows are all found among those of changed blocks.
"""

from __future__ import annotations

import hashlib
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gridtwin.errors import StoreError
from gridtwin.store.postgis.copying import AT_ONCE, HEADER, TRAILER

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import LiteralString

    from psycopg import Connection
    from psycopg.sql import Composed

    from gridtwin.store.postgis.rows import Table


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


def move(connection: Connection[Any], table: Table, *, trust: bool = True) -> Change:
    """
    Bring one table in step, within a transaction of the caller.

    Parameters
    ----------
    connection
        To the database, in a transaction.
    table
        The rows it shall hold.
    trust
        Whether blocks whose hash is unchanged are left unread; else every row is compared.

    Raises
    ------
    StoreError
        If a row breaks a rule of the table; the transaction must be rolled back.
    """
    import psycopg

    try:
        if _is_empty(connection, table):
            return _filled(connection, table)
        kept = _kept_hashes(connection, table) if trust else {}
        fresh = [_hash(table.block(number)) for number in range(table.blocks)]
        changed = [number for number, hashed in enumerate(fresh) if kept.get(number) != hashed]
        gone = sorted(set(kept) - set(range(table.blocks)))
        if not changed and not gone and kept:
            return Change(table.name, table.count, 0, 0, 0)
        change = _merged(connection, table, changed, whole=not kept)
    except psycopg.IntegrityError as error:
        reason = error.diag.message_detail or error.diag.message_primary
        msg = f"gridtwin.{table.name} refused a row, so nothing was written: {reason}"
        raise StoreError(msg) from error
    _keep_hashes(connection, table, {number: fresh[number] for number in changed}, gone)
    return change


def compare(connection: Connection[Any], table: Table) -> Change:
    """Count the differences of one table, all rows and columns compared."""
    _stage(connection, table, range(table.blocks))
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


def _is_empty(connection: Connection[Any], table: Table) -> bool:
    row = connection.execute(_sql("SELECT FROM gridtwin.{} LIMIT 1", table.name)).fetchone()
    return row is None


def _filled(connection: Connection[Any], table: Table) -> Change:
    """Fill an empty table; its indexes are made when the rows are there, where we own it."""
    hashes = {}

    def blocks() -> Iterator[memoryview]:
        for number in range(table.blocks):
            block = table.block(number)
            hashes[number] = _hash(block)
            yield block

    with _without_indexes(connection, table.name):
        statement = _sql(
            "COPY gridtwin.{table} ({columns}) FROM STDIN (FORMAT BINARY)", **_words(table)
        )
        _copy(connection, statement, blocks())
    connection.execute("DELETE FROM gridtwin.mirrored_blocks WHERE table_name = %s", (table.name,))
    _keep_hashes(connection, table, hashes, [])
    return Change(table.name, table.count, table.count, 0, 0)


def _merged(
    connection: Connection[Any], table: Table, changed: list[int], *, whole: bool
) -> Change:
    """Compare the rows of changed blocks with those that stood in them, and move what differs."""
    _stage(connection, table, changed)
    words = _words(table)
    touched = _sql("true")
    if table.place and not whole:
        numbers = changed or [-1]
        touched = _sql(
            "(there.{place} / {size} = ANY ({numbers}) OR there.{place} >= {end})",
            place=_name(table.place),
            size=_literal(AT_ONCE),
            numbers=_literal(numbers),
            end=_literal(table.blocks * AT_ONCE),
        )
    deleted = connection.execute(
        _sql(
            "DELETE FROM gridtwin.{table} there WHERE {touched} AND NOT EXISTS"
            " (SELECT FROM pg_temp.{stage} here WHERE here.{key} = there.{key})",
            touched=touched,
            **words,
        )
    ).rowcount
    updated = connection.execute(
        _sql(
            "UPDATE gridtwin.{table} there SET ({columns}) = ROW ({here}) FROM pg_temp.{stage} here"
            " WHERE here.{key} = there.{key} AND ({here}) IS DISTINCT FROM ({there})",
            **words,
        )
    ).rowcount
    inserted = connection.execute(
        _sql(
            "INSERT INTO gridtwin.{table} ({columns}) SELECT {columns} FROM pg_temp.{stage} here"
            " WHERE NOT EXISTS (SELECT FROM gridtwin.{table} there WHERE here.{key} = there.{key})",
            **words,
        )
    ).rowcount
    connection.execute(_sql("DROP TABLE pg_temp.{stage}", **words))
    return Change(table.name, table.count, inserted, updated, deleted)


def _stage(connection: Connection[Any], table: Table, blocks: Iterable[int]) -> None:
    """Copy the rows of some blocks into a table of this transaction."""
    words = _words(table)
    connection.execute(
        _sql(
            "CREATE TEMP TABLE {stage} ON COMMIT DROP AS"
            " SELECT {columns} FROM gridtwin.{table} WITH NO DATA",
            **words,
        )
    )
    statement = _sql("COPY pg_temp.{stage} ({columns}) FROM STDIN (FORMAT BINARY)", **words)
    _copy(connection, statement, (table.block(number) for number in blocks))
    connection.execute(_sql("ANALYZE pg_temp.{stage}", **words))


def _copy(connection: Connection[Any], statement: Composed, blocks: Iterable[memoryview]) -> None:
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        copy.write(HEADER)
        for block in blocks:
            copy.write(block)
        copy.write(TRAILER)


def _hash(block: memoryview) -> bytes:
    return hashlib.blake2b(block, digest_size=16).digest()


def _kept_hashes(connection: Connection[Any], table: Table) -> dict[int, bytes]:
    rows = connection.execute(
        "SELECT block, hash FROM gridtwin.mirrored_blocks WHERE table_name = %s", (table.name,)
    )
    return dict(rows.fetchall())


def _keep_hashes(
    connection: Connection[Any], table: Table, hashes: dict[int, bytes], gone: list[int]
) -> None:
    with connection.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO gridtwin.mirrored_blocks (table_name, block, hash) VALUES (%s, %s, %s)"
            " ON CONFLICT (table_name, block) DO UPDATE SET hash = excluded.hash",
            [(table.name, number, hashed) for number, hashed in hashes.items()],
        )
    connection.execute(
        "DELETE FROM gridtwin.mirrored_blocks WHERE table_name = %s AND block = ANY (%s)",
        (table.name, gone),
    )


@contextmanager
def _without_indexes(connection: Connection[Any], table: str) -> Iterator[None]:
    """Leave out the indexes and keys of a table while it is filled; as it is, if not our own."""
    owned = connection.execute(
        "SELECT pg_has_role(relowner, 'usage') FROM pg_class"
        " WHERE relnamespace = 'gridtwin'::regnamespace AND relname = %s",
        (table,),
    ).fetchone()
    made: list[Composed] = []
    if owned and owned[0]:
        keys = connection.execute(
            "SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint"
            " WHERE conrelid = format('gridtwin.%%I', %s::text)::regclass"
            " AND contype IN ('p', 'u')",
            (table,),
        ).fetchall()
        for name, definition in keys:
            connection.execute(_sql("ALTER TABLE gridtwin.{} DROP CONSTRAINT {}", table, name))
            text = _sql("ALTER TABLE gridtwin.{} ADD CONSTRAINT {} ", table, name)
            made.append(text + _raw(definition))
        rest = connection.execute(
            "SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid) FROM pg_index"
            " WHERE indrelid = format('gridtwin.%%I', %s::text)::regclass",
            (table,),
        ).fetchall()
        for name, definition in rest:
            connection.execute(_sql("DROP INDEX ") + _raw(name))
            made.append(_raw(definition))
    yield
    for statement in made:
        connection.execute(statement)


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


def _name(name: str) -> Any:
    from psycopg import sql

    return sql.Identifier(name)


def _literal(value: object) -> Any:
    from psycopg import sql

    return sql.Literal(value)


def _raw(definition: str) -> Composed:
    """Return the words of the catalog itself as a statement."""
    from psycopg import sql

    return sql.SQL(definition).format()
