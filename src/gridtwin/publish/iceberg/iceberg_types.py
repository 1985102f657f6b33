"""Say how the tables of a lake are declared, written and compared in Iceberg."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from gridtwin.model.schema import GEOMETRY
from gridtwin.results.warehouse.lake_shapes import COURSE
from gridtwin.store.iceberg_catalog import quote_name

if TYPE_CHECKING:
    from gridtwin.results.warehouse.lake_shapes import LakeTable
    from gridtwin.results.warehouse.table_shapes import ValueType

GeometryForm = Literal["wkb", "v3"]
POINT_WKB = "point_wkb"  # what it is made of where points lie
ICEBERG_TYPES: dict[ValueType, str] = {
    "text": "VARCHAR",
    "real": "DOUBLE",
    "count": "BIGINT",
    "flag": "BOOLEAN",
    "date": "DATE",
    "time": "TIMESTAMPTZ",  # of microseconds
    "bytes": "BLOB",
}


def declare_columns(table: LakeTable, form: GeometryForm) -> dict[str, str]:
    """Return the type of each column by its name."""
    columns = {column.name: ICEBERG_TYPES[column.type] for column in table.columns}
    if form == "v3" and table.place:
        columns.pop(COURSE, None)
        columns[GEOMETRY] = "GEOMETRY"
    return columns


def select_rows(table: LakeTable, form: GeometryForm) -> str:
    """Return the list of a SELECT that makes columns of given rows."""
    source = COURSE if table.place == "line" else POINT_WKB
    return ", ".join(
        f"ST_GeomFromWKB({source}) AS {GEOMETRY}" if name == GEOMETRY else quote_name(name)
        for name in declare_columns(table, form)
    )


def select_kept(table: LakeTable, form: GeometryForm) -> str:
    """Return the list of a SELECT that gives kept rows in the columns of their table."""
    kept = declare_columns(table, form)
    return ", ".join(
        quote_name(column.name)
        if column.name in kept
        else f"ST_AsWKB({GEOMETRY}) AS {quote_name(column.name)}"
        for column in table.columns
    )


def hash_keys(table: LakeTable, source: str) -> str:
    """Return a SELECT of each key of some rows, with a hash of what stands by it and how often."""
    key = ", ".join(map(quote_name, table.key))
    values = ", ".join(quote_name(column.name) for column in table.columns)
    return (
        f"SELECT {key}, bit_xor(hash({values})) AS digest, count(*) AS row_count"  # noqa: S608
        f" FROM {source} GROUP BY ALL"
    )


def has_geometry(table: LakeTable, form: GeometryForm) -> bool:
    """Return whether it is a table of version 3, for its geometry."""
    return form == "v3" and bool(table.place)
