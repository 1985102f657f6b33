"""Write the tables of a warehouse as Snowflake declares them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gridtwin.results.warehouse.table_shapes import ValueType, WarehouseTable

SNOWFLAKE_TYPES: dict[ValueType, str] = {
    "text": "VARCHAR",
    "real": "DOUBLE",
    "count": "NUMBER(12, 0)",
    "flag": "BOOLEAN",
    "date": "DATE",
    "time": "TIMESTAMP_TZ(6)",
    "bytes": "BINARY",
}


def quote_text(text: str) -> str:
    """Return a text as a literal of SQL."""
    return "'" + text.replace("\\", "\\\\").replace("'", "''") + "'"


def write_table(table: WarehouseTable, place: str) -> str:
    """Return the statement that makes a table, or brings it in step, in a quoted schema."""
    columns = ",\n".join(
        f"    {column.name} {SNOWFLAKE_TYPES[column.type]}"
        f"{' NOT NULL' if column.required else ''} COMMENT {quote_text(column.meaning)}"
        for column in table.columns
    )
    return (
        f"CREATE OR ALTER TABLE {place}.{table.name} (\n{columns}\n)\n"
        f"CHANGE_TRACKING = TRUE\nCOMMENT = {quote_text(table.meaning)};\n"
    )
