"""A warehouse in DuckDB with the tables of a project, and its bodies as views over them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from gridtwin.publish.snowflake.project_names import ProjectOptions
from gridtwin.store.duckdb_extensions import open_duckdb
from gridtwin.stream.reader import Messages
from snowflake_sql import FULL, Body, list_statements, read_bodies, read_tables, translate_body

if TYPE_CHECKING:
    import pandas as pd

DUCKDB_TYPES = {"VARIANT": "JSON", "TIMESTAMP_TZ": "TIMESTAMPTZ", "BINARY": "BLOB"}
# Stands in for cells of H3, which DuckDB does not know: a grid of degrees.
CELL_MACRO = """
CREATE MACRO H3_LATLNG_TO_CELL_STRING(lat, lon, level) AS
    concat_ws('/', level, round(lat, 2), round(lon, 2))
"""


class Warehouse:
    """The tables and views of a project."""

    def __init__(self, options: ProjectOptions = FULL) -> None:
        self.connection = open_duckdb("the tests", "tiles", "spatial", threads=1)
        self.connection.execute("SET TimeZone = 'UTC'")
        statements = list_statements(options)
        self.tables = read_tables(statements)
        for schema in sorted({schema for schema, _ in self.tables} | {"SILVER", "GOLD"}):
            self.connection.execute(f'CREATE SCHEMA "{schema}"')
        for (schema, name), columns in self.tables.items():
            declared = ", ".join(
                f'"{each}" {_convert_type(kind)}' for each, kind in columns.items()
            )
            self.connection.execute(f'CREATE TABLE "{schema}"."{name}" ({declared})')
        self.bodies = {body.place: body for body in read_bodies(statements)}

    def create_views(self, *, geography: bool = False) -> None:
        """Lay the bodies over the tables, in the order in which a project makes them."""
        if geography:
            self.connection.execute(CELL_MACRO)
        for body in self.bodies.values():
            if geography or not _asks_geography(body):
                schema, name = body.place
                code = translate_body(body.query)
                self.connection.execute(f'CREATE VIEW "{schema}"."{name}" AS {code}')

    def keep_body(self, place: tuple[str, str]) -> None:
        """Keep the rows of a body that is refreshed; lay a view for any other."""
        body = self.bodies[place]
        kind = "VIEW" if body.mode == "VIEW" else "TABLE"
        name = f'"{place[0]}"."{place[1]}"'
        self.connection.execute(f"CREATE {kind} {name} AS {translate_body(body.query)}")

    def insert(self, schema: str, name: str, rows: pa.Table) -> None:
        """Add rows by the names of their columns."""
        self.connection.register("came", rows)
        self.connection.execute(f'INSERT INTO "{schema}"."{name}" BY NAME FROM came')
        self.connection.unregister("came")

    def read(self, schema: str, name: str) -> pd.DataFrame:
        """Return all rows of a table or a body."""
        return self.ask(f'FROM "{schema}"."{name}"')

    def ask(self, query: str) -> pd.DataFrame:
        """Return the rows of a query of DuckDB."""
        return self.connection.execute(query).df()

    def land(self, messages: Messages, table: str) -> dict[str, set[tuple[int, int]]]:
        """
        Land messages as the connector does; return the places of those that do not get so far.

        Values that a column cannot take go to the error table of the table, what is no object of
        JSON to the topic of dead letters.
        """
        columns = self.tables["LANDING", table]
        lost: dict[str, set[tuple[int, int]]] = {"letters": set(), "errors": set()}
        rows = []
        offsets = zip(messages.partition.tolist(), messages.offset.tolist(), strict=True)
        for place, value in zip(offsets, messages.values, strict=True):
            row = _read_object(value)
            if row is None:
                lost["letters"].add(place)
                continue
            metadata = json.dumps({"partition": place[0], "offset": place[1]})
            fields = {name: row.get(name.lower()) for name in columns} | {
                "RECORD_METADATA": metadata
            }
            if any(not _takes(columns[name], each) for name, each in fields.items()):
                lost["errors"].add(place)
                continue
            rows.append(fields)
        self.insert("LANDING", table, pa.Table.from_pylist(rows))
        return lost


def _convert_type(kind: str) -> str:
    head = kind.partition("(")[0]
    if head == "NUMBER":
        return kind.replace("NUMBER", "DECIMAL")
    return DUCKDB_TYPES.get(head, head)


def _asks_geography(body: Body) -> bool:
    return body.place[1].startswith("AREA_") or body.place[1].endswith("_LOCATIONS")


def _read_object(value: bytes | None) -> Mapping[str, Any] | None:
    try:
        row = json.loads(value or b"")
    except ValueError:
        return None
    return row if isinstance(row, dict) else None


def _takes(kind: str, value: object) -> bool:
    """Return whether a column takes a value of JSON: Snowflake casts what can be cast."""
    if kind != "DOUBLE" or value is None:
        return True
    try:
        float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return False
    return True
