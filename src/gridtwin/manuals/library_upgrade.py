"""Bring the databases of a library to the schema of this gridtwin."""

from __future__ import annotations

import sqlite3
from importlib.resources import files
from typing import TYPE_CHECKING

from gridtwin.manuals.library_places import LIBRARY_FILE, USE_FILE

if TYPE_CHECKING:
    from collections.abc import Iterator

LIBRARY_VERSION = 2
LIBRARY_SCHEMAS = {LIBRARY_FILE: "library_schema.sql", USE_FILE: "use_schema.sql"}
# What a database of an older version needs before the schema is applied, by that version.
LIBRARY_UPGRADES = {
    (LIBRARY_FILE, 1): ("ALTER TABLE documents ADD COLUMN reader INTEGER NOT NULL DEFAULT 1",),
    (USE_FILE, 1): (
        "ALTER TABLE page_votes ADD COLUMN voter TEXT NOT NULL DEFAULT ''",
        "UPDATE page_votes SET voter = lower(hex(randomblob(16)))",
    ),
}


def upgrade_database(connection: sqlite3.Connection, file: str) -> None:
    """
    Give a database of a library the schema of this gridtwin; all of it, or nothing.

    Parameters
    ----------
    connection
        To the database, without a transaction.
    file
        Which one: a key of `LIBRARY_SCHEMAS`.
    """
    if read_version(connection) == LIBRARY_VERSION:
        return
    connection.execute("PRAGMA journal_mode = WAL")
    schema = (files("gridtwin.manuals") / LIBRARY_SCHEMAS[file]).read_text(encoding="utf-8")
    connection.execute("BEGIN IMMEDIATE")  # another process may be at it
    try:
        before = LIBRARY_UPGRADES.get((file, read_version(connection)), ())
        for statement in (*before, *_split_statements(schema)):
            connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {LIBRARY_VERSION}")
    except BaseException:
        connection.rollback()
        raise
    connection.commit()


def read_version(connection: sqlite3.Connection) -> int:
    """Return the version of the schema that a database has; 0: it is empty."""
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def _split_statements(script: str) -> Iterator[str]:
    held = ""
    for line in script.splitlines(keepends=True):
        held += line
        if sqlite3.complete_statement(held):
            yield held
            held = ""
