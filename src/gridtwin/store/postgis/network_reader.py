"""Read a whole network back from its mirror, column by column, as it was written."""

from __future__ import annotations

import io
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from gridtwin.errors import StoreError
from gridtwin.model.network import Network
from gridtwin.model.own_columns import FLAG_UNKNOWN, OwnColumn, as_kind, make_texts
from gridtwin.model.schema import DTYPES, SCHEMA, list_columns
from gridtwin.model.tables import NetworkData
from gridtwin.store.postgis.mirror_rows import SQL_TYPES
from gridtwin.store.postgis.origin_copying import ORIGIN_COLUMNS, read_origins

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import LiteralString

    import psycopg
    from numpy.typing import NDArray
    from psycopg.sql import Composed

    from gridtwin.model.origins import RowOrigins
    from gridtwin.model.own_columns import OwnKind
    from gridtwin.model.schema import ColumnKind, FrameColumn, FrameSchema, Nodes
    from gridtwin.model.tables import Strings

# How columns of some kinds are asked for.
READ_AS: dict[ColumnKind, LiteralString] = {
    "point": "ST_X({0}) AS x, ST_Y({0}) AS y",
    "line": "encode(ST_AsBinary({0}, 'NDR'), 'hex') AS {0}",
}
COPIED_TYPES = {
    "text": "binary",
    "int4": "int32",
    "int2": "int16",
    "float4": "float32",
    "float8": "float64",
    "bool": "bool_",
}
OWN_AS: dict[OwnKind, LiteralString] = {
    "text": "own ->> {0} AS {1}",
    "number": "(own ->> {0})::float8 AS {1}",
    "flag": "(own ->> {0})::bool AS {1}",
    "date": "own ->> {0} AS {1}",
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
    columns = _Frame(connection, name, frame)
    parts: dict[str, Any] = {}
    for column in frame.columns:
        if column.kind == "line":
            ends = (_locate_nodes(read["nodes"], parts[end]) for end in ("node_a", "node_b"))
            parts |= zip(
                column.fields, _decode_courses(columns.read_texts(column.name), *ends), strict=True
            )
        else:
            parts[column.fields[0]] = columns.read_values(column)
    return frame.table(
        **parts, own=_read_own(connection, name), origins=columns.read_frame_origins()
    )


def _locate_nodes(nodes: Nodes, rows: NDArray[np.int32]) -> NDArray[np.float64]:
    """Return the places of nodes; anywhere for rows that are not there, which is checked later."""
    return nodes.xy.take(rows, axis=0, mode="clip")


def _decode_courses(
    wkb: Strings, a: NDArray[np.float64], b: NDArray[np.float64]
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return lines as ragged coordinates; one straight from node to node is left out."""
    lines = np.full(len(wkb), None, dtype=object)
    known = wkb != b""
    lines[known] = shapely.from_wkb(wkb[known].astype(np.str_).astype(object))
    xy, owner = shapely.get_coordinates(lines, return_index=True)
    counts = np.bincount(owner, minlength=len(wkb)).astype(np.int64)
    first = np.cumsum(counts) - counts
    straight = counts == 2
    at = first[straight]
    straight[straight] = ((xy[at] == a[straight]) & (xy[at + 1] == b[straight])).all(axis=1)
    counts[straight] = 0
    start = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    return start, xy[~straight[owner]]


class _Frame:
    """The columns of one table, in the order of its rows."""

    def __init__(self, connection: psycopg.Connection[Any], name: str, frame: FrameSchema) -> None:
        from psycopg import sql

        selected: list[sql.Composable] = [
            sql.SQL(READ_AS.get(each.kind, "{}")).format(sql.Identifier(each.name))
            for each in frame.columns
        ]
        selected += [sql.Identifier(name) for name in ORIGIN_COLUMNS]
        query = sql.SQL("SELECT row, {} FROM {} ORDER BY row").format(
            sql.SQL(", ").join(selected), sql.Identifier("gridtwin", name)
        )
        self._columns = _copy_out(connection, query)
        row = self.read_references("row")
        if not np.array_equal(row, np.arange(len(row))):
            msg = f"rows are missing from gridtwin.{name}: sync the database again"
            raise StoreError(msg)

    def read_values(self, column: FrameColumn) -> NDArray[Any]:
        """Return a column as the tables of a network hold it; not of lines."""
        if column.kind == "point":
            return np.stack([self._read_plain(axis) for axis in "xy"], axis=1)
        if column.kind == "word":
            return self._read_codes(column.name, column.words)
        if SQL_TYPES[column.kind] == "text":
            return self.read_texts(column.name)
        if column.kind == "row":
            return self.read_references(column.name)
        return self._read_plain(column.name).astype(DTYPES[column.kind])

    def read_frame_origins(self) -> RowOrigins | None:
        """Return where the rows come from; None where that is not known."""
        return read_origins(self._columns)

    def read_texts(self, name: str) -> Strings:
        values = self._columns[name].to_pylist()
        return np.array(values, dtype=np.bytes_) if values else np.empty(0, dtype="S1")

    def _read_codes(self, name: str, names: tuple[str, ...]) -> NDArray[np.uint8]:
        code = {word.encode(): at for at, word in enumerate(names)}
        dictionary = self._columns[name].combine_chunks().dictionary_encode()
        known = np.array([code[word.as_py()] for word in dictionary.dictionary], dtype=np.uint8)
        return (
            known[dictionary.indices.to_numpy()] if len(dictionary) else np.empty(0, dtype=np.uint8)
        )

    def read_references(self, name: str) -> NDArray[np.int32]:
        return self._columns[name].fill_null(-1).to_numpy().astype(np.int32)

    def _read_plain(self, name: str) -> NDArray[Any]:
        return np.asarray(self._columns[name].to_numpy())


def _copy_out(connection: psycopg.Connection[Any], query: Composed) -> dict[str, Any]:
    """Return the columns of a query as Arrow reads them, by their names."""
    import pyarrow as pa
    import pyarrow.csv
    from psycopg import sql

    shape = connection.execute(sql.SQL("SELECT * FROM ({}) t LIMIT 0").format(query))
    types = {
        column.name: getattr(pa, COPIED_TYPES[column.type_display])()
        for column in shape.description or ()
    }
    buffer = io.BytesIO()
    copied = sql.SQL("COPY ({}) TO STDOUT (FORMAT CSV)").format(query)
    with connection.cursor() as cursor, cursor.copy(copied) as copy:
        for block in copy:
            buffer.write(block)
    if not buffer.tell():
        return {name: pa.chunked_array([], kind) for name, kind in types.items()}
    buffer.seek(0)
    read = pyarrow.csv.read_csv(
        buffer,
        read_options=pyarrow.csv.ReadOptions(column_names=list(types)),
        parse_options=pyarrow.csv.ParseOptions(newlines_in_values=True),
        convert_options=pyarrow.csv.ConvertOptions(
            column_types=types,
            strings_can_be_null=False,
            null_values=[""],
            true_values=["t"],
            false_values=["f"],
        ),
    )
    return {name: read.column(name) for name in types}


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
    selected = [
        sql.SQL(OWN_AS[as_kind(kind)]).format(sql.Literal(name), sql.Identifier(str(place)))
        for place, (name, kind, _) in enumerate(listed)
    ]
    query = sql.SQL("SELECT row, {} FROM {} ORDER BY row").format(
        sql.SQL(", ").join(selected), sql.Identifier("gridtwin", frame)
    )
    try:
        columns = _copy_out(connection, query)
        return {
            name: _own_column(as_kind(kind), columns[str(place)], searched=searched)
            for place, (name, kind, searched) in enumerate(listed)
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
            flags = values.cast("int8").fill_null(FLAG_UNKNOWN).to_numpy()
            return OwnColumn(kind, flags.astype(np.int8), searched=searched)
        case "date":
            given = values.cast("string")
            days = pc.if_else(pc.equal(given, ""), None, given).cast("date32").to_numpy()
            return OwnColumn(kind, days.astype("datetime64[D]"), searched=searched)
    return OwnColumn(kind, np.asarray(values.to_numpy(), dtype=np.float64), searched=searched)


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
