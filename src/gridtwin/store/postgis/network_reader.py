"""Read a whole network back from its mirror, column by column, as it was written."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from gridtwin.errors import StoreError
from gridtwin.model.network import Network
from gridtwin.model.own_columns import FLAG_UNKNOWN, OwnColumn, as_kind, make_texts
from gridtwin.model.schema import DTYPES, SCHEMA, list_columns
from gridtwin.model.tables import NetworkData
from gridtwin.store.postgis.column_reading import AskedColumn, decode_bytes, read_columns
from gridtwin.store.postgis.mirror_rows import SQL_TYPES
from gridtwin.store.postgis.origin_copying import ORIGIN_COLUMNS, read_origins

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import LiteralString

    import psycopg
    import pyarrow as pa
    from numpy.typing import NDArray

    from gridtwin.model.own_columns import OwnKind
    from gridtwin.model.schema import FrameColumn, FrameSchema, Nodes
    from gridtwin.store.postgis.column_reading import Courses

# What is asked for of an own column, and as what it comes.
OWN_AS: dict[OwnKind, tuple[LiteralString, str]] = {
    "text": ("own ->> {}", "text"),
    "number": ("(own ->> {})::float8", "float8"),
    "flag": (f"coalesce((own ->> {{}})::bool::int, {FLAG_UNKNOWN})", "int4"),
    "date": ("own ->> {}", "text"),
}


def read_network(connection: psycopg.Connection[Any]) -> Network:
    """
    Return the network that a database mirrors.

    Parameters
    ----------
    connection
        To the database, in a transaction that sees one snapshot.

    Raises
    ------
    StoreError
        If the database mirrors none yet, or its rows do not fit together.
    """
    row = connection.execute("SELECT crs FROM gridtwin.network").fetchone()
    if row is None:
        msg = "the database holds no network yet: bring one in with gridtwin sync TWIN URL"
        raise StoreError(msg)
    read: dict[str, Any] = {}
    for name, frame in SCHEMA.items():
        read[name] = _read_table(connection, name, frame, read)
    data = NetworkData(**read)
    _check_references(data)
    return Network(data, crs=row[0])


def _read_table(
    connection: psycopg.Connection[Any], name: str, frame: FrameSchema, read: Mapping[str, Any]
) -> Any:
    """Return the table of a frame; `read` holds the tables before it."""
    asked = [each for column in frame.columns for each in _ask_column(column)]
    columns = read_columns(connection, name, [*asked, *_ask_origins()])
    parts: dict[str, Any] = {}
    for column in frame.columns:
        if column.kind == "line":
            ends = (_locate_nodes(read["nodes"], parts[end]) for end in ("node_a", "node_b"))
            start_and_xy = _leave_out_straight(columns[column.name], *ends)
            parts |= zip(column.fields, start_and_xy, strict=True)
        else:
            parts[column.fields[0]] = _convert_column(column, columns)
    return frame.table(**parts, own=_read_own(connection, name), origins=read_origins(columns))


def _ask_column(column: FrameColumn) -> list[AskedColumn]:
    """Return what is asked for of a column of a frame."""
    from psycopg import sql

    name = sql.Identifier(column.name)
    if column.kind == "point":
        return [
            AskedColumn(f"{column.name}.{axis}", "float8", sql.SQL(f"ST_{axis}({{}})").format(name))
            for axis in "XY"
        ]
    return [AskedColumn(column.name, SQL_TYPES.get(column.kind, "line"), name)]


def _ask_origins() -> list[AskedColumn]:
    from psycopg import sql

    types = ("text", "text", "int4")
    return [
        AskedColumn(name, kind, sql.Identifier(name))
        for name, kind in zip(ORIGIN_COLUMNS, types, strict=True)
    ]


def _convert_column(column: FrameColumn, columns: Mapping[str, Any]) -> NDArray[Any]:
    """Return a column as the tables of a network hold it; not of lines."""
    if column.kind == "point":
        return np.stack([columns[f"{column.name}.{axis}"] for axis in "XY"], axis=1)
    values = columns[column.name]
    if column.kind == "word":
        return _encode_words(values, column.words)
    if SQL_TYPES[column.kind] == "text":
        return decode_bytes(values)
    return np.asarray(values.astype(DTYPES[column.kind]))


def _encode_words(values: pa.ChunkedArray, words: tuple[str, ...]) -> NDArray[np.uint8]:
    """Return the place of each value among the words."""
    if not len(values):
        return np.empty(0, dtype=np.uint8)
    code = {word.encode(): at for at, word in enumerate(words)}
    dictionary = values.combine_chunks().dictionary_encode()
    known = np.array([code[word.as_py()] for word in dictionary.dictionary], dtype=np.uint8)
    return known[dictionary.indices.to_numpy()]


def _locate_nodes(nodes: Nodes, rows: NDArray[np.int32]) -> NDArray[np.float64]:
    """Return the places of nodes; anywhere for rows that are not there, which is checked later."""
    return nodes.xy.take(rows, axis=0, mode="clip")


def _leave_out_straight(
    courses: Courses, a: NDArray[np.float64], b: NDArray[np.float64]
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return lines as ragged coordinates, without those that are straight from node to node."""
    counts, xy = courses.counts.copy(), courses.xy
    first = np.cumsum(counts) - counts
    straight = counts == 2
    at = first[straight]
    straight[straight] = ((xy[at] == a[straight]) & (xy[at + 1] == b[straight])).all(axis=1)
    drawn = np.repeat(~straight, counts)
    counts[straight] = 0
    start = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    return start, xy[drawn]


def _read_own(connection: psycopg.Connection[Any], frame: str) -> dict[str, OwnColumn]:
    """
    Return the own columns of a frame.

    Raises
    ------
    StoreError
        If a value is not of the kind of its column.
    """
    import psycopg
    import pyarrow as pa
    from psycopg import sql

    listed = connection.execute(
        "SELECT name, kind, searched FROM gridtwin.own_columns WHERE frame = %s ORDER BY place",
        (frame,),
    ).fetchall()
    if not listed:
        return {}
    asked = []
    for name, kind, _ in listed:
        value, type_name = OWN_AS[as_kind(kind)]
        asked.append(AskedColumn(name, type_name, sql.SQL(value).format(sql.Literal(name))))
    try:
        columns = read_columns(connection, frame, asked)
        return {
            name: _own_column(as_kind(kind), columns[name], searched=searched)
            for name, kind, searched in listed
        }
    except (psycopg.DataError, pa.ArrowInvalid) as error:
        msg = (
            f"gridtwin.{frame}: a value in own is not of the kind that gridtwin.own_columns says"
            f" ({str(error).splitlines()[0]}): sync the database again"
        )
        raise StoreError(msg) from error


def _own_column(kind: OwnKind, values: Any, *, searched: bool) -> OwnColumn:
    """Return an own column of what Arrow has read."""
    import pyarrow.compute as pc

    match kind:
        case "text":
            return replace(make_texts(values.combine_chunks()), searched=searched)
        case "flag":
            return OwnColumn(kind, values.astype(np.int8), searched=searched)
        case "date":
            given = values.cast("string")
            days = pc.if_else(pc.equal(given, ""), None, given).cast("date32").to_numpy()
            return OwnColumn(kind, days.astype("datetime64[D]"), searched=searched)
    return OwnColumn(kind, values, searched=searched)


def _check_references(data: NetworkData) -> None:
    """Refuse rows that refer to what is not there."""
    for name, column in list_columns("row"):
        table, count = getattr(data, name), len(getattr(data, column.refers).mrid)
        values = getattr(table, column.name)
        least = 0 if column.required else -1
        wrong = np.flatnonzero((values < least) | (values >= count))
        if len(wrong):
            mrid = table.mrid[wrong[0]].decode()
            msg = (
                f"gridtwin.{name} {mrid}: {column.name} {values[wrong[0]]} is not there: sync the"
                " database again"
            )
            raise StoreError(msg)
