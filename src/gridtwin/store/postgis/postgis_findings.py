"""Keep in PostgreSQL what was found in the source of a twin, and which findings are accepted."""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING, Any

from gridtwin.model.findings import Acceptance, LoadFindings
from gridtwin.store.acting_role import OWNER
from gridtwin.store.store_rules import build_acceptance_error, make_finding, make_finding_row

if TYPE_CHECKING:
    from collections.abc import Iterable

    import psycopg

    from gridtwin.store.postgis.pool import Pool

SELECT_FINDINGS = """
SELECT rule, severity, mrid, x, y, evidence, mend, layer, key FROM gridtwin.load_findings
ORDER BY place
"""
LIST_ACCEPTED = """
SELECT rule, key, reason, actor, at FROM gridtwin.accepted_findings
ORDER BY rule COLLATE "C", key COLLATE "C"
"""
KEEP_ACCEPTED = """
INSERT INTO gridtwin.accepted_findings (rule, key, reason, actor, at)
VALUES (%s, %s, %s, %s, nullif(%s, '')::timestamptz)
ON CONFLICT (rule, key) DO UPDATE
SET reason = excluded.reason, actor = excluded.actor, at = excluded.at
"""
DROP_ACCEPTED = "DELETE FROM gridtwin.accepted_findings WHERE rule = %s AND key = %s"


class PostgisFindings:
    """The findings of a twin that is kept in PostgreSQL."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    def read_findings(self) -> LoadFindings:
        """Return what was found when the source was read, and all that is accepted."""
        return self._pool.run_read(read_load_findings)

    def write_findings(self, loaded: LoadFindings) -> None:
        """Keep what was found when a source was read, and all that is accepted, in place of it."""

        def replace_all(connection: psycopg.Connection[Any]) -> None:
            kept = read_load_findings(connection)
            write_load_findings(connection, loaded)
            wanted = {(each.rule, each.key) for each in loaded.accepted}
            gone = [each for each in kept.accepted if (each.rule, each.key) not in wanted]
            drop_acceptances(connection, gone)

        self._pool.run_write(replace_all, role=OWNER)

    def accept_finding(self, acceptance: Acceptance) -> None:
        """Keep that a finding is accepted, in place of what was said of it before."""
        self._pool.run_write(lambda connection: connection.execute(KEEP_ACCEPTED, acceptance))

    def undo_acceptance(self, rule: str, key: str) -> None:
        """Accept a finding no longer; NotFoundError, with close matches, if it is not accepted."""

        def drop_it(connection: psycopg.Connection[Any]) -> None:
            if not connection.execute(DROP_ACCEPTED, (rule, key)).rowcount:
                raise build_acceptance_error(rule, key, read_load_findings(connection).accepted)

        self._pool.run_write(drop_it)


def read_load_findings(connection: psycopg.Connection[Any]) -> LoadFindings:
    """Return what a database holds of the findings of its source, and all that is accepted."""
    accepted = connection.execute(LIST_ACCEPTED).fetchall()
    return LoadFindings(
        tuple(make_finding(row) for row in connection.execute(SELECT_FINDINGS)),
        tuple(
            Acceptance(rule, key, reason, actor, at.astimezone(UTC).isoformat() if at else "")
            for rule, key, reason, actor, at in accepted
        ),
        dict(
            connection.execute(
                "SELECT rule, found FROM gridtwin.load_rules ORDER BY rule"
            ).fetchall()
        ),
    )


def write_load_findings(connection: psycopg.Connection[Any], loaded: LoadFindings) -> None:
    """Write the findings of a source in place of those of before, and add what is accepted."""
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM gridtwin.load_findings")
        cursor.execute("DELETE FROM gridtwin.load_rules")
        cursor.executemany(
            "INSERT INTO gridtwin.load_findings VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
            [(place, *make_finding_row(each)) for place, each in enumerate(loaded.findings)],
        )
        cursor.executemany(
            "INSERT INTO gridtwin.load_rules VALUES (%s, %s)", list(loaded.counts.items())
        )
        cursor.executemany(KEEP_ACCEPTED, loaded.accepted)


def drop_acceptances(
    connection: psycopg.Connection[Any], acceptances: Iterable[Acceptance]
) -> None:
    """Accept some findings no longer."""
    with connection.cursor() as cursor:
        cursor.executemany(DROP_ACCEPTED, [(each.rule, each.key) for each in acceptances])
