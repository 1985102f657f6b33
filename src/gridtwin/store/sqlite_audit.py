"""
Write into SQLite who changed which row, from what to what, as PostgreSQL's audit does.

Triggers write it, so whoever writes past gridtwin is in it too. They are made of the columns that
the tables have, and made anew whenever the tables may have become others.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from gridtwin.store.acting_role import find_acting_request

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator

READ_BEGIN = "BEGIN"  # of a transaction that writes nothing
AUDIT_TABLES = frozenset({"audit", "audited_request"})
AUDITED_TABLES = (
    *("switch_state", "overlay", "overlay_switch", "trace_spec", "outage", "accepted_finding"),
    *("erm_zone", "erm_current", "operational_tag", "operation_request", "switching_order"),
    *("order_step", "crew_assignment", "planned_outages"),
)
# They follow from other columns and from who is out: their change is no change of its own.
FOLLOWING_COLUMNS = {"outage": frozenset({"customers", "customers_out", "updated_s"})}
CHANGES = {"insert": ("", "NEW"), "update": ("OLD", "NEW"), "delete": ("OLD", "")}
TRIGGER = """
CREATE TRIGGER {table}_{change}_audited AFTER {change}{of} ON {table}
BEGIN
    INSERT INTO audit (table_name, row_key, change, before, after, request)
    SELECT '{table}', {key}, '{change}', was, is_now, (SELECT request FROM audited_request)
    FROM (SELECT {was} AS was, {is_now} AS is_now)
    WHERE was IS NOT is_now;
END
"""


def write_audit_triggers(connection: sqlite3.Connection) -> None:
    """Make the triggers of all audited tables, in the transaction of the caller."""
    for table in AUDITED_TABLES:
        columns = connection.execute(
            "SELECT name, pk FROM pragma_table_info(?) ORDER BY cid", (table,)
        ).fetchall()
        for change in CHANGES:
            connection.execute(f"DROP TRIGGER IF EXISTS {table}_{change}_audited")
            connection.execute(_write_trigger(table, columns, change))


def _write_trigger(table: str, columns: list[tuple[str, int]], change: str) -> str:
    before, after = CHANGES[change]
    names = [name for name, _ in columns]
    key = [name for name, place in sorted(columns, key=lambda each: each[1]) if place]
    followed = FOLLOWING_COLUMNS.get(table)
    watched = [name for name in names if name not in followed] if followed else []
    return TRIGGER.format(
        table=table,
        change=change,
        of=f" OF {', '.join(watched)}" if watched and change == "update" else "",
        key=" || '/' || ".join(f"{after or before}.{name}" for name in key),
        was=_write_object(before, names),
        is_now=_write_object(after, names),
    )


def _write_object(row: str, names: list[str]) -> str:
    """Return the SQL of a row as a JSON object; of no row null."""
    if not row:
        return "NULL"
    pairs = ", ".join(f"'{name}', {row}.{name}" for name in names)
    return f"json_object({pairs})"


@contextmanager
def naming_request(connection: sqlite3.Connection, begin: str) -> Iterator[None]:
    """
    Let the audit of a transaction name the request that it is made for, if there is one.

    One that only reads names none: to write that down, it would have to wait for who writes.
    """
    request = find_acting_request()
    if not request or begin == READ_BEGIN:
        yield
        return
    connection.execute("INSERT INTO audited_request VALUES (?)", (request,))
    yield
    connection.set_authorizer(None)
    connection.execute("DELETE FROM audited_request")
