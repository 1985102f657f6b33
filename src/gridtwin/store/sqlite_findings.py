"""Keep in SQLite what was found in the source of a twin, and which findings are accepted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gridtwin.model.findings import Acceptance, LoadFindings
from gridtwin.store.store_rules import build_acceptance_error, make_finding, make_finding_row

if TYPE_CHECKING:
    import sqlite3

    from gridtwin.store.sqlite_database import SqliteDatabase

ACCEPTED_IN_FILE = "SELECT rule, key, reason, actor, at FROM accepted_finding ORDER BY rule, key"
ACCEPT_IN_FILE = "INSERT INTO accepted_finding VALUES (?, ?, ?, ?, ?)"
UNDO_IN_FILE = "DELETE FROM accepted_finding WHERE rule = ? AND key = ?"


class SqliteFindings:
    """The findings of a twin that is kept in SQLite."""

    def __init__(self, kept: SqliteDatabase) -> None:
        self._kept = kept

    def read_findings(self) -> LoadFindings:
        """Return what was found when the source was read, and all that is accepted."""
        with self._kept.transaction() as connection:
            return LoadFindings(
                tuple(
                    make_finding(row)
                    for row in connection.execute(
                        "SELECT rule, severity, mrid, x, y, evidence, mend, layer, key"
                        " FROM load_finding ORDER BY place"
                    )
                ),
                select_accepted(connection),
                dict(connection.execute("SELECT rule, found FROM load_rule ORDER BY rule")),
            )

    def write_findings(self, loaded: LoadFindings) -> None:
        """Keep what was found when a source was read, and all that is accepted, in place of it."""
        with self._kept.transaction("BEGIN IMMEDIATE") as connection:
            replace_findings(connection, loaded)

    def accept_finding(self, acceptance: Acceptance) -> None:
        """Keep that a finding is accepted, in place of what was said of it before."""
        with self._kept.transaction("BEGIN IMMEDIATE") as connection:
            connection.execute(UNDO_IN_FILE, (acceptance.rule, acceptance.key))
            connection.execute(ACCEPT_IN_FILE, acceptance)

    def undo_acceptance(self, rule: str, key: str) -> None:
        """Accept a finding no longer; NotFoundError, with close matches, if it is not accepted."""
        with self._kept.transaction("BEGIN IMMEDIATE") as connection:
            gone = connection.execute(UNDO_IN_FILE, (rule, key)).rowcount
            if not gone:
                kept = [Acceptance(*row) for row in connection.execute(ACCEPTED_IN_FILE)]
                raise build_acceptance_error(rule, key, kept)


def select_accepted(connection: sqlite3.Connection) -> tuple[Acceptance, ...]:
    """Return which findings are accepted."""
    return tuple(Acceptance(*row) for row in connection.execute(ACCEPTED_IN_FILE))


def replace_findings(connection: sqlite3.Connection, loaded: LoadFindings) -> None:
    """Write what was found, and all that is accepted, in place of what was."""
    for table in ("load_finding", "load_rule", "accepted_finding"):
        connection.execute(f"DELETE FROM {table}")  # noqa: S608 - one of three names
    connection.executemany(
        "INSERT INTO load_finding VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [(place, *make_finding_row(each)) for place, each in enumerate(loaded.findings)],
    )
    connection.executemany("INSERT INTO load_rule VALUES (?, ?)", loaded.counts.items())
    connection.executemany(ACCEPT_IN_FILE, loaded.accepted)
