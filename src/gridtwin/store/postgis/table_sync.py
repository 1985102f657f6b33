"""
Move the rows of one table that differ.

A sync keeps a fingerprint of every row it wrote, in the order of the rows. Where that of a place is
still the same, the row is not looked at again; the others are copied into a staging table and
compared there. The row of an unchanged place cannot turn up at a changed one, as no two rows of a
table share a key: so deleted, updated and inserted rows are all found at changed places.
"""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np

from gridtwin.errors import StoreError
from gridtwin.store.postgis.binary_copy import COPY_ROWS
from gridtwin.store.table_changes import TableChange

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import LiteralString

    import psycopg
    from numpy.typing import NDArray
    from psycopg import Connection
    from psycopg.sql import Composed

    from gridtwin.store.postgis.mirror_rows import Table

COPY_CONTEXT = re.compile(r"COPY \w+, line (\d+)(, column \w+)?")  # how the server says where
FEW = 4  # where more than one row in so many differs, all are compared


def move_table(connection: Connection[Any], table: Table, *, trust: bool = True) -> TableChange:
    """
    Bring one table in step, within a transaction of the caller.

    Parameters
    ----------
    connection
        To the database, in a transaction.
    table
        The rows it shall hold.
    trust
        Whether rows whose fingerprint is unchanged are left unread; else every row is compared.

    Raises
    ------
    StoreError
        If a row breaks a rule of the table; the transaction must be rolled back.
    """
    import psycopg

    fresh, kept = table.place_fingerprints, None
    try:
        if _is_empty(connection, table):
            if not table.count:
                return TableChange(table.name, 0, 0, 0, 0)
            change = _fill_table(connection, table)
        else:
            kept = _read_fingerprints(connection, table) if trust else None
            if kept is not None and np.array_equal(kept, fresh):
                return TableChange(table.name, table.count, 0, 0, 0)
            change = _merge_table(connection, table, _find_changed(table, kept, fresh))
    except (psycopg.IntegrityError, psycopg.errors.DiskFull) as error:
        raise StoreError(_explain_refusal(table, error)) from error
    _save_fingerprints(connection, table, fresh, kept)
    return change


def _explain_refusal(table: Table, error: psycopg.Error) -> str:
    """Return which row a table refused, and why."""
    import psycopg

    told = error.diag
    if isinstance(error, psycopg.errors.DiskFull):
        return (
            f"the disk of the server was full at gridtwin.{table.name}, so nothing was written:"
            f" make room there and sync again ({told.message_primary})"
        )
    reason = told.message_detail or told.message_primary
    return f"gridtwin.{table.name} refused a row, so nothing was written: {reason}"


def _find_changed(
    table: Table, kept: NDArray[np.uint64] | None, fresh: NDArray[np.uint64]
) -> NDArray[np.int64] | None:
    """Return the places at which rows differ, now or before; None where all have to be compared."""
    if kept is None or not table.place:
        return None
    both = min(len(kept), len(fresh))
    changed = np.flatnonzero(kept[:both] != fresh[:both])
    changed = np.concatenate([changed, np.arange(both, max(len(kept), len(fresh)))])
    return changed if len(changed) < len(fresh) // FEW else None


def compare_table(connection: Connection[Any], table: Table) -> TableChange:
    """Count the differences of one table, all rows and columns compared."""
    _stage_rows(connection, table)
    counts = connection.execute(
        _compose_statement(
            "SELECT count(*) FILTER (WHERE there.{key} IS NULL),"
            " count(*) FILTER (WHERE there.{key} IS NOT NULL AND here.{key} IS NOT NULL),"
            " count(*) FILTER (WHERE here.{key} IS NULL)"
            " FROM pg_temp.{stage} here FULL JOIN gridtwin.{table} there USING ({key})"
            " WHERE ({here}) IS DISTINCT FROM ({there})",
            **_quote_names(table),
        )
    ).fetchone()
    inserted, updated, deleted = counts or (0, 0, 0)
    return TableChange(table.name, table.count, inserted, updated, deleted)


def _is_empty(connection: Connection[Any], table: Table) -> bool:
    row = connection.execute(
        _compose_statement("SELECT FROM gridtwin.{} LIMIT 1", table.name)
    ).fetchone()
    return row is None


def _fill_table(connection: Connection[Any], table: Table) -> TableChange:
    """Fill an empty table; its indexes are made when the rows are there, where we own it."""
    with _suspend_indexes(connection, table.name):
        statement = _compose_statement(
            "COPY gridtwin.{table} ({columns}) FROM STDIN (FORMAT BINARY)", **_quote_names(table)
        )
        _copy_rows(connection, statement, table)
    return TableChange(table.name, table.count, table.count, 0, 0)


def _merge_table(
    connection: Connection[Any], table: Table, changed: NDArray[np.int64] | None
) -> TableChange:
    """Compare the rows at changed places with those that stood there, and move what differs."""
    words = _quote_names(table)
    touched = _compose_statement("true")
    if changed is None:
        _stage_rows(connection, table)
    else:
        _stage_rows(connection, table, table.find_rows(changed))
        touched = _compose_statement("there.{} = ANY (%(changed)s::int[])", table.place)
    deleted = connection.execute(
        _compose_statement(
            "DELETE FROM gridtwin.{table} there WHERE {touched} AND NOT EXISTS"
            " (SELECT FROM pg_temp.{stage} here WHERE here.{key} = there.{key})",
            touched=touched,
            **words,
        ),
        None if changed is None else {"changed": changed.tolist()},
    ).rowcount
    updated = connection.execute(
        _compose_statement(
            "UPDATE gridtwin.{table} there SET ({columns}) = ROW ({here}) FROM pg_temp.{stage} here"
            " WHERE here.{key} = there.{key} AND ({here}) IS DISTINCT FROM ({there})",
            **words,
        )
    ).rowcount
    inserted = connection.execute(
        _compose_statement(
            "INSERT INTO gridtwin.{table} ({columns}) SELECT {columns} FROM pg_temp.{stage} here"
            " WHERE NOT EXISTS (SELECT FROM gridtwin.{table} there WHERE here.{key} = there.{key})",
            **words,
        )
    ).rowcount
    connection.execute(_compose_statement("DROP TABLE pg_temp.{stage}", **words))
    return TableChange(table.name, table.count, inserted, updated, deleted)


def _stage_rows(
    connection: Connection[Any], table: Table, rows: NDArray[np.int64] | None = None
) -> None:
    """Copy rows of the twin, all by default, into a table of this transaction."""
    words = _quote_names(table)
    connection.execute(
        _compose_statement(
            "CREATE TEMP TABLE {stage} ON COMMIT DROP AS"
            " SELECT {columns} FROM gridtwin.{table} WITH NO DATA",
            **words,
        )
    )
    statement = _compose_statement(
        "COPY pg_temp.{stage} ({columns}) FROM STDIN (FORMAT BINARY)", **words
    )
    _copy_rows(connection, statement, table, rows)
    connection.execute(_compose_statement("ANALYZE pg_temp.{stage}", **words))


def _copy_rows(
    connection: Connection[Any],
    statement: Composed,
    table: Table,
    rows: NDArray[np.int64] | None = None,
) -> None:
    import psycopg

    blocks = table.stream_copy(rows)
    try:
        with (
            ThreadPoolExecutor(1) as pool,
            connection.cursor() as cursor,
            cursor.copy(statement) as copy,
        ):
            coming = pool.submit(next, blocks, None)
            while (block := coming.result()) is not None:
                coming = pool.submit(next, blocks, None)  # laid out while this one is sent
                copy.write(block)
    except psycopg.DataError as error:
        where = COPY_CONTEXT.match(error.diag.context or "")
        number = int(where[1]) - 1 if where else 0
        mrid = table.format_key(number if rows is None else int(rows[number]))
        msg = (
            f"gridtwin.{table.name} refused {mrid}, so nothing was written:"
            f" {error.diag.message_primary}{where[2] if where else ''}"
        )
        raise StoreError(msg) from error


def _read_fingerprints(connection: Connection[Any], table: Table) -> NDArray[np.uint64] | None:
    """Return the fingerprints of the rows that the last sync left; None where there are none."""
    with connection.cursor(binary=True) as cursor:
        rows = cursor.execute(
            "SELECT fingerprints FROM gridtwin.mirrored_blocks WHERE table_name = %s"
            " ORDER BY block",
            (table.name,),
        ).fetchall()
    return np.frombuffer(b"".join(block for (block,) in rows), dtype="<u8") if rows else None


def _save_fingerprints(
    connection: Connection[Any],
    table: Table,
    fresh: NDArray[np.uint64],
    kept: NDArray[np.uint64] | None,
) -> None:
    """Keep the fingerprints of the rows there are now, in blocks of which some have changed."""
    count = -(-len(fresh) // COPY_ROWS) or 1
    connection.execute(
        "DELETE FROM gridtwin.mirrored_blocks WHERE table_name = %s AND block >= %s",
        (table.name, count),
    )
    blocks = []
    for number in range(count):
        part = slice(number * COPY_ROWS, (number + 1) * COPY_ROWS)
        if kept is None or not np.array_equal(kept[part], fresh[part]):
            blocks.append((table.name, number, fresh[part].astype("<u8").tobytes()))
    with connection.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO gridtwin.mirrored_blocks (table_name, block, fingerprints)"
            " VALUES (%s, %s, %b) ON CONFLICT (table_name, block) DO UPDATE"
            " SET fingerprints = excluded.fingerprints",
            blocks,
        )


@contextmanager
def _suspend_indexes(connection: Connection[Any], table: str) -> Iterator[None]:
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
            connection.execute(
                _compose_statement("ALTER TABLE gridtwin.{} DROP CONSTRAINT {}", table, name)
            )
            text = _compose_statement("ALTER TABLE gridtwin.{} ADD CONSTRAINT {} ", table, name)
            made.append(text + _compose_raw(definition))
        rest = connection.execute(
            "SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid) FROM pg_index"
            " WHERE indrelid = format('gridtwin.%%I', %s::text)::regclass",
            (table,),
        ).fetchall()
        for name, definition in rest:
            connection.execute(_compose_statement("DROP INDEX ") + _compose_raw(name))
            made.append(_compose_raw(definition))
    yield
    for statement in made:
        connection.execute(statement)


def _quote_names(table: Table) -> dict[str, Any]:
    from psycopg import sql

    return {
        "table": sql.Identifier(table.name),
        "stage": sql.Identifier(f"stage_{table.name}"),
        "key": sql.Identifier(table.key),
        "columns": _join_names("{0}", table.columns),
        "here": _join_names("here.{0}", table.columns),
        "there": _join_names("there.{0}", table.columns),
    }


def _join_names(text: LiteralString, names: Iterable[str]) -> Composed:
    """Return a text with each of some names put in, quoted, between commas."""
    from psycopg import sql

    return sql.SQL(", ").join(_compose_statement(text, name) for name in names)


def _compose_statement(text: LiteralString, *names: str, **words: Any) -> Composed:
    """Return a statement with names put in, quoted."""
    from psycopg import sql

    return sql.SQL(text).format(*(sql.Identifier(name) for name in names), **words)


def _compose_raw(definition: str) -> Composed:
    """Return the words of the catalog itself as a statement."""
    from psycopg import sql

    return sql.SQL(definition).format()
