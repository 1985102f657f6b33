"""
Lock what an upgrade of the schema changes, at once and at first, and hold nobody up for it.

Who waits for a lock holds up all who ask after it. And who locks one table after another meets
those who read both the other way round, as every query of a view does. So all that will be changed
is locked by one statement before anything is: views before the tables that they read, the latest
first. What is not given at once is given up, and tried again later.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

    import psycopg

# Below the second after which a server looks for deadlocks: the one who gives way is the upgrade.
BRIEF_LOCKS = "SET LOCAL lock_timeout = '500ms'"
BRIEF_STATEMENT = "SET LOCAL statement_timeout = '500ms'"
ENDLESS_STATEMENT = "SET LOCAL statement_timeout = 0"
ALTERED_TABLE = re.compile(r"^ALTER TABLE (?:ONLY )?gridtwin\.(\w+)", re.MULTILINE)
TRIGGER_TABLE = re.compile(r"TRIGGER [^;]*? ON gridtwin\.(\w+)")
PG_RELATIONS = """
SELECT n.nspname, c.relname
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE (n.nspname IN ('grid', 'gridtwin') AND c.relkind = 'v')
    OR (n.nspname = 'gridtwin' AND c.relkind IN ('r', 'p') AND c.relname = ANY (%s))
ORDER BY c.relkind = 'v' DESC, c.oid DESC
"""
PG_TABLE_USERS = """
SELECT format('%s (%s)', a.pid, coalesce(nullif(a.application_name, ''), a.usename))
FROM pg_stat_activity a
WHERE a.pid <> pg_backend_pid() AND EXISTS (
    SELECT FROM pg_locks l
    JOIN pg_class c ON c.oid = l.relation AND c.relnamespace = to_regnamespace('gridtwin')
    WHERE l.pid = a.pid AND l.granted
)
ORDER BY a.xact_start LIMIT 5
"""


def lock_relations(connection: psycopg.Connection[Any], texts: Iterable[str]) -> None:
    """
    Lock all views, and the tables that some files alter, until the transaction ends.

    Raises
    ------
    psycopg.errors.QueryCanceled
        If others have one of them locked.
    """
    from psycopg import sql

    altered = {
        name
        for text in texts
        for pattern in (ALTERED_TABLE, TRIGGER_TABLE)
        for name in pattern.findall(text)
    }
    rows = connection.execute(PG_RELATIONS, (sorted(altered),)).fetchall()
    if rows:
        names = sql.SQL(", ").join(sql.Identifier(*row) for row in rows)
        connection.execute(BRIEF_STATEMENT)
        connection.execute(sql.SQL("LOCK TABLE {} IN ACCESS EXCLUSIVE MODE").format(names))
    connection.execute(ENDLESS_STATEMENT)
    connection.execute(BRIEF_LOCKS)


def describe_table_users(connection: psycopg.Connection[Any]) -> str:
    """Return which other sessions have tables of the schema locked, the longest first."""
    with connection.transaction():
        return ", ".join(who for (who,) in connection.execute(PG_TABLE_USERS)) or "others"
