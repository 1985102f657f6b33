"""
Read the rows that a lake is told of, all of a table or those of some keys, in one snapshot.

Each table of a lake is one SELECT over the tables it is made of. Rows come as CSV into Arrow: a
million of them need no object each.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gridtwin.model.schema import SCHEMA
from gridtwin.model.vegetation import KeptSpan

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    import psycopg
    import pyarrow as pa

    from gridtwin.model.own_columns import OwnKind
    from gridtwin.model.schema import FrameColumn

    Connection = psycopg.Connection[Any]

OPEN_STATUSES_SQL = "('predicted', 'confirmed', 'partially_restored')"
ESTIMATE_COLUMNS = (
    "issued_at, t.inputs_at, t.p10, t.p50, t.p80, t.p90, t.p95, t.etr, t.source, t.model, t.reason"
)
OWN_CASTS: dict[str, str] = {
    "text": "nullif(t.own ->> {name}, '')",
    "number": "(t.own ->> {name})::float8",
    "flag": "(t.own ->> {name})::bool",
    "date": "(t.own ->> {name})::date",
}


@dataclass(frozen=True, slots=True)
class PublishedTable:
    """How a table of a lake is read."""

    name: str
    select: str  # its columns; the table itself is t
    source: str  # what stands behind FROM
    keys: tuple[str, ...]  # of t, in the order of the keys of the lake
    key_types: tuple[str, ...]
    sources: tuple[str, ...]  # tables of which a changed key is one of these
    refers: tuple[tuple[str, str], ...] = ()  # column of t, frame whose row it holds


def _select_frame_column(column: FrameColumn) -> str:
    if column.kind == "point":
        return "ST_X(t.geometry) AS longitude, ST_Y(t.geometry) AS latitude"
    if column.kind == "line":
        return (
            "encode(ST_AsBinary(t.geometry), 'hex') AS course_wkb, ST_XMin(t.geometry) AS west,"
            " ST_YMin(t.geometry) AS south, ST_XMax(t.geometry) AS east,"
            " ST_YMax(t.geometry) AS north"
        )
    if column.kind == "row":
        return f"{column.name}_row.mrid AS {column.name}"
    if column.kind in {"phases", "open phases"}:
        return f"gridtwin.phase_text(t.{column.name}) AS {column.name}"
    if column.kind == "number":
        return f"t.{column.name}::float8 AS {column.name}"
    return f"t.{column.name}"


def _publish_frame(name: str) -> PublishedTable:
    columns = SCHEMA[name].columns
    rows = [column for column in columns if column.kind == "row"]
    joins = "".join(
        f" LEFT JOIN gridtwin.{each.refers} {each.name}_row ON {each.name}_row.row = t.{each.name}"
        for each in rows
    )
    return PublishedTable(
        name,
        ", ".join(_select_frame_column(column) for column in columns),
        f"gridtwin.{name} t{joins}",
        ("t.mrid",),
        ("text",),
        (name,),
        tuple((f"t.{each.name}", each.refers) for each in rows),
    )


PUBLISHED_TABLES = (
    *(_publish_frame(name) for name in SCHEMA),
    PublishedTable(
        "states",
        "t.name AS state, t.version",
        "gridtwin.states t",
        ("t.name",),
        ("text",),
        ("states",),
    ),
    PublishedTable(
        "switch_states",
        "t.state, t.mrid AS element, gridtwin.phase_text(t.open_phases) AS open_phases",
        "gridtwin.state_switches t",
        ("t.state", "t.mrid"),
        ("text", "text"),
        ("state_switches",),
    ),
    PublishedTable(
        "events",
        "t.version, t.at, t.mrid AS element, gridtwin.phase_text(t.open_before) AS open_before,"
        " gridtwin.phase_text(t.open_after) AS open_after, t.actor",
        "gridtwin.events t",
        ("t.version",),
        ("bigint",),
        ("events",),
    ),
    PublishedTable(
        "outages",
        "t.id AS outage, t.status, t.planned, t.cause, coalesce(t.device, '') AS device,"
        " t.crew_status, coalesce(t.parent, '') AS parent, t.began_at, t.confirmed_at,"
        " t.restored_at, t.customers, t.customers_out, t.revision",
        "gridtwin.outages t",
        ("t.id",),
        ("text",),
        ("outages",),
    ),
    PublishedTable(
        "outage_usage_points",
        "t.outage, t.usage_point, t.customers, t.began_at, t.restored_at",
        "gridtwin.outage_usage_points t",
        ("t.outage", "t.usage_point"),
        ("text", "text"),
        ("outage_usage_points",),
    ),
    PublishedTable(
        "estimates",
        f"t.outage, t.{ESTIMATE_COLUMNS}",
        "gridtwin.erm_current t JOIN gridtwin.outages o ON o.id = t.outage"
        f" AND o.status IN {OPEN_STATUSES_SQL}",
        ("t.outage",),
        ("text",),
        ("erm_current", "outages"),
    ),
    PublishedTable(
        "estimate_history",
        "t.outage, row_number() OVER (PARTITION BY t.outage ORDER BY t.id) AS number,"
        f" t.{ESTIMATE_COLUMNS}, t.stage, t.usage_points",
        "gridtwin.erm_history t",
        ("t.outage",),
        ("text",),
        ("erm_history",),
    ),
    PublishedTable(
        "vegetation_spans",
        ", ".join(f"t.{name}" for name in KeptSpan._fields),
        "gridtwin.vegetation_spans t",
        ("t.span",),
        ("text",),
        ("vegetation_spans",),
    ),
    PublishedTable(
        "conditions",
        't."time", t.temperature_c::float8 AS temperature_c,'
        " t.price_usd_mwh::float8 AS price_usd_mwh",
        "gridtwin.conditions t",
        ('t."time"',),
        ("timestamptz",),
        ("conditions",),
    ),
    PublishedTable(
        "zone_prices",
        't.load_zone, t."time", t.price_usd_mwh::float8 AS price_usd_mwh',
        "gridtwin.zone_prices t",
        ("t.load_zone", 't."time"'),
        ("text", "timestamptz"),
        ("zone_prices",),
    ),
)


def select_table(
    table: PublishedTable,
    own: Mapping[str, OwnKind],
    keys: Iterable[tuple[str, ...]] | None = None,
    rows: Mapping[str, Iterable[int]] | None = None,
) -> Any:
    """
    Return the query of a table.

    Parameters
    ----------
    table
        Which.
    own
        The own columns of a frame, by name; they stand behind the others.
    keys
        Those of the rows to read; all by default.
    rows
        Of other frames: what refers to these rows is read, too.
    """
    from psycopg import sql

    added = [
        sql.SQL(", " + OWN_CASTS[kind]).format(name=sql.Literal(name)) for name, kind in own.items()
    ]
    query = sql.SQL("SELECT {}{} FROM {}").format(
        sql.SQL(table.select), sql.SQL("").join(added), sql.SQL(table.source)
    )
    if keys is None:
        return query
    return query + sql.SQL(" WHERE ") + _match_keys(table, list(keys), rows or {})


def _match_keys(
    table: PublishedTable, keys: Sequence[tuple[str, ...]], rows: Mapping[str, Iterable[int]]
) -> Any:
    from psycopg import sql

    columns = list(zip(*keys, strict=True)) if keys else [()] * len(table.keys)
    values = [
        sql.SQL("{}::{}[]").format(sql.Literal(list(column)), sql.SQL(kind))
        for column, kind in zip(columns, table.key_types, strict=True)
    ]
    if len(values) == 1:
        wanted = sql.SQL("{} = ANY ({})").format(sql.SQL(table.keys[0]), values[0])
    else:
        wanted = sql.SQL("({}) IN (SELECT * FROM unnest({}))").format(
            sql.SQL(", ".join(table.keys)), sql.SQL(", ").join(values)
        )
    others = [
        sql.SQL("{} = ANY ({}::int[])").format(sql.SQL(column), sql.Literal(list(rows[frame])))
        for column, frame in table.refers
        if rows.get(frame)
    ]
    return sql.SQL(" OR ").join([wanted, *others])


def copy_rows(connection: Connection, query: Any, types: Mapping[str, pa.DataType]) -> pa.Table:
    """
    Return the rows of a query as Arrow.

    Parameters
    ----------
    connection
        To the database; the session writes times in UTC and ISO 8601.
    query
        The query, composed.
    types
        Of its columns, by the names they shall have, in their order; bytes come as hexadecimal.
    """
    import pyarrow as pa
    from psycopg import sql
    from pyarrow import csv

    body = io.BytesIO()
    statement = sql.SQL("COPY ({}) TO STDOUT (FORMAT csv)").format(query)
    with connection.cursor() as cursor, cursor.copy(statement) as copying:
        for part in copying:
            body.write(part)
    if not body.tell():
        return pa.table([pa.array([], kind) for kind in types.values()], names=list(types))
    body.seek(0)
    read_as = {name: _choose_csv_type(kind) for name, kind in types.items()}
    table = csv.read_csv(
        body,
        read_options=csv.ReadOptions(column_names=list(types), block_size=8 << 20),
        parse_options=csv.ParseOptions(newlines_in_values=True),
        convert_options=csv.ConvertOptions(
            column_types=read_as,
            null_values=[""],
            true_values=["t"],
            false_values=["f"],
            strings_can_be_null=True,
            quoted_strings_can_be_null=False,
        ),
    )
    return pa.table(
        [_convert_column(table[name], kind) for name, kind in types.items()], names=list(types)
    )


def _choose_csv_type(kind: pa.DataType) -> pa.DataType:
    import pyarrow as pa

    return pa.string() if pa.types.is_binary(kind) else kind


def _convert_column(column: pa.ChunkedArray, kind: pa.DataType) -> pa.ChunkedArray:
    import pyarrow as pa

    if not pa.types.is_binary(kind):
        return column
    chunks = [
        pa.array(
            [None if text is None else bytes.fromhex(text) for text in chunk.to_pylist()], kind
        )
        for chunk in column.chunks
    ]
    return pa.chunked_array(chunks, kind)
