"""
Read whole columns of a table: the values of many rows come as one, laid end to end.

A row that comes alone costs more than what it holds, once for each program it passes through. So
the server joins the bytes of a column, as its send functions write them, over many thousand
rows; numpy and Arrow take them as they are, while the server joins those of the next.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from gridtwin.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import LiteralString

    import psycopg
    import pyarrow as pa
    from numpy.typing import NDArray
    from psycopg.sql import Composable, Composed

READ_ROWS = 65_536  # rows: what is joined of them stays far below the gigabyte a value may have
# How the server writes a number, and how numpy reads it; NULL is -1 or NaN.
SENT_NUMBERS: dict[str, tuple[LiteralString, str]] = {
    "bool": ("boolsend({})", "?"),
    "int2": ("int2send({})", ">i2"),
    "int4": ("int4send(coalesce({}, -1))", ">i4"),
    "float4": ("float4send(coalesce({}, 'NaN'))", ">f4"),
    "float8": ("float8send(coalesce({}, 'NaN'))", ">f8"),
}
SENT_TEXT: LiteralString = "coalesce(textsend({}), '')"
SENT_POINT_COUNT: LiteralString = "int4send(coalesce(ST_NPoints({}), 0))"
SENT_LINE: LiteralString = "CASE WHEN ST_NPoints({0}) > 0 THEN ST_AsBinary({0}, 'NDR') ELSE '' END"
LINE_HEADER = 9  # bytes of WKB before the points: their order, the type, how many points
POINT_BYTES = 16


class AskedColumn(NamedTuple):
    """A column to read: a key of `SENT_NUMBERS`, ``text`` or ``line``, and what it is in SQL."""

    name: str
    type: str
    value: Composable


class Courses(NamedTuple):
    """Lines: how many points each has, 0 where there is none, and the points of all, (k, 2)."""

    counts: NDArray[np.int64]
    xy: NDArray[np.float64]


ReadColumn = Any  # numbers as an array, texts as a pyarrow.ChunkedArray of bytes, lines as Courses


def read_columns(
    connection: psycopg.Connection[Any], table: str, columns: Sequence[AskedColumn]
) -> dict[str, ReadColumn]:
    """
    Return columns of a table, in the order of its rows.

    Parameters
    ----------
    connection
        To the database, in a transaction that sees one snapshot.
    table
        One of the schema gridtwin, with rows that are numbered by a column ``row`` from 0 on.
    columns
        What is wanted of it.

    Raises
    ------
    StoreError
        If numbers of rows are missing.
    """
    from psycopg import sql

    # What is joined stays in order where one process joins it.
    connection.execute("SET LOCAL max_parallel_workers_per_gather = 0")
    asked = [AskedColumn("row", "int4", sql.Identifier("row")), *columns]
    blocks = [_decode_block(asked, block) for block in _fetch_blocks(connection, table, asked)]
    row, *read = (
        _join_blocks(column, [block[place] for block in blocks])
        for place, column in enumerate(asked)
    )
    if not np.array_equal(row, np.arange(len(row))):
        msg = f"rows are missing from gridtwin.{table}: sync the database again"
        raise StoreError(msg)
    return {column.name: values for column, values in zip(columns, read, strict=True)}


def decode_bytes(texts: pa.ChunkedArray) -> NDArray[np.bytes_]:
    """Return texts as an array of bytes, each as wide as the longest."""
    parts = [_pad_texts(chunk) for chunk in texts.chunks if len(chunk)]
    return np.concatenate(parts) if parts else np.empty(0, dtype="S1")


def _compose_query(table: str, asked: Sequence[AskedColumn], first: int) -> Composed:
    from psycopg import sql

    joined: list[Composed] = []
    for column in asked:
        if column.type == "text":  # which holds no byte 0
            joined.append(sql.SQL(f"string_agg({SENT_TEXT}, '\\x00'::bytea)").format(column.value))
            continue
        written = (
            (SENT_POINT_COUNT, SENT_LINE)
            if column.type == "line"
            else (SENT_NUMBERS[column.type][0],)
        )
        joined += [sql.SQL(f"string_agg({each}, '')").format(column.value) for each in written]
    # Literals: beside parameters, a per cent sign in the name of a column would be one, too.
    return sql.SQL(
        "SELECT {} FROM (SELECT * FROM {} WHERE row >= {} AND row < {} ORDER BY row) ordered"
    ).format(
        sql.SQL(", ").join(joined),
        sql.Identifier("gridtwin", table),
        sql.Literal(first),
        sql.Literal(first + READ_ROWS),
    )


def _fetch_blocks(
    connection: psycopg.Connection[Any], table: str, asked: Sequence[AskedColumn]
) -> Iterator[Sequence[bytes | None]]:
    """Yield what is told of some rows after others, the next while one is decoded."""
    from psycopg import sql

    (count,) = connection.execute(
        sql.SQL("SELECT coalesce(max(row), -1) + 1 FROM {}").format(
            sql.Identifier("gridtwin", table)
        )
    ).fetchone() or (0,)

    def fetch_block(first: int) -> Sequence[bytes | None]:
        with connection.cursor(binary=True) as cursor:
            return cursor.execute(_compose_query(table, asked, first)).fetchone() or ()

    with ThreadPoolExecutor(1) as pool:
        coming = pool.submit(fetch_block, 0) if count else None
        for first in range(READ_ROWS, count + READ_ROWS, READ_ROWS):
            if coming is None:
                return
            block = coming.result()
            coming = pool.submit(fetch_block, first) if first < count else None
            yield block


def _decode_block(asked: Sequence[AskedColumn], block: Sequence[bytes | None]) -> list[ReadColumn]:
    """Return the columns of some rows; NULL joined of no row is nothing."""
    values = iter(each or b"" for each in block)
    count = len(block[0] or b"") // 4
    decoded: list[ReadColumn] = []
    for column in asked:
        value = next(values)
        if column.type == "text":
            decoded.append(_split_texts(value, count))
        elif column.type == "line":
            counts = np.frombuffer(value, dtype=">i4").astype(np.int64)
            decoded.append(Courses(counts, _split_lines(counts, next(values))))
        else:
            dtype = np.dtype(SENT_NUMBERS[column.type][1])
            decoded.append(np.frombuffer(value, dtype=dtype).astype(dtype.newbyteorder("=")))
    return decoded


def _split_texts(value: bytes, count: int) -> pa.Array[Any]:
    """Return texts with a byte 0 between them."""
    import pyarrow as pa

    joined = np.frombuffer(value, dtype=np.uint8)
    ends = np.append(np.flatnonzero(joined == 0), len(joined))[:count]
    offsets = np.zeros(count + 1, dtype=np.int32)
    offsets[1:] = ends - np.arange(count)
    data = pa.py_buffer(joined[joined != 0])
    return pa.Array.from_buffers(pa.binary(), count, [None, pa.py_buffer(offsets), data])


def _split_lines(counts: NDArray[np.int64], value: bytes) -> NDArray[np.float64]:
    """Return the points of lines in WKB, one behind the other."""
    joined = np.frombuffer(value, dtype=np.uint8)
    drawn = counts[counts > 0]
    sizes = LINE_HEADER + POINT_BYTES * drawn
    first = np.cumsum(sizes) - sizes
    is_point = np.ones(len(joined), dtype=np.bool_)
    is_point[(first[:, None] + np.arange(LINE_HEADER)).ravel()] = False
    return joined[is_point].view("<f8").reshape(-1, 2)


def _pad_texts(texts: pa.Array[Any]) -> NDArray[np.bytes_]:
    _, offsets, data = texts.buffers()
    ends = np.frombuffer(offsets, dtype=np.int32, count=len(texts) + 1)
    widths = np.diff(ends)
    width = max(int(widths.max()), 1)
    padded = np.zeros((len(texts), width), dtype=np.uint8)
    padded[np.arange(width) < widths[:, None]] = np.frombuffer(data, dtype=np.uint8)
    return padded.view(f"S{width}").ravel()


def _join_blocks(column: AskedColumn, blocks: list[ReadColumn]) -> ReadColumn:
    import pyarrow as pa

    if column.type == "text":
        return pa.chunked_array(blocks, pa.binary())
    if column.type == "line":
        counts = [np.empty(0, dtype=np.int64), *(block.counts for block in blocks)]
        points = [np.empty((0, 2)), *(block.xy for block in blocks)]
        return Courses(np.concatenate(counts), np.concatenate(points))
    nothing = np.empty(0, dtype=np.dtype(SENT_NUMBERS[column.type][1]).newbyteorder("="))
    return np.concatenate([nothing, *blocks])
