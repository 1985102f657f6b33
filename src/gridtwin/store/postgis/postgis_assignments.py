"""Keep in PostgreSQL which crew works on which outage."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gridtwin.model.crew_assignments import (
    AssignmentStatus,
    CrewAssignment,
    choose_crew_status,
)
from gridtwin.store.assignment_book import (
    build_assigned_error,
    build_assignment_error,
    build_changed_assignment_error,
    check_one_place,
)
from gridtwin.store.store_rules import read_utc

if TYPE_CHECKING:
    from collections.abc import Sequence

    import psycopg

    from gridtwin.store.postgis.pool import Pool

    Connection = psycopg.Connection[Any]

PG_ASSIGNMENTS = """
SELECT crew, outage, assigned_by, assigned_at, changed_by, changed_at, status, number, en_route_at,
    on_site_at, ended_at
FROM gridtwin.crew_assignments
WHERE (%s OR ended_at IS NULL) AND %s IN ('', outage) AND %s IN ('', crew) AND %s IN (0, number)
ORDER BY number
"""
PG_ADD_ASSIGNMENT = """
INSERT INTO gridtwin.crew_assignments
    (crew, outage, assigned_by, assigned_at, changed_by, changed_at, status)
VALUES (%s, %s, %s, %s, %s, %s, %s)
RETURNING number
"""
PG_CHANGE_ASSIGNMENT = """
UPDATE gridtwin.crew_assignments
SET status = %s, changed_by = %s, changed_at = %s, en_route_at = %s, on_site_at = %s, ended_at = %s
WHERE number = %s
"""
# Whoever assigns or moves a crew waits for another who does.
LOCK_CREW = "SELECT pg_advisory_xact_lock(hashtextextended(%s, 37))"


class PostgisAssignments:
    """The assignments of crews of a twin that is kept in PostgreSQL; see `AssignmentBook`."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    def list_assignments(
        self, *, outage: str = "", crew: str = "", past: bool = False
    ) -> list[CrewAssignment]:
        """Return the assignments under way, of an outage, a crew, or all; `past`: the ended too."""
        return self._pool.run_read(
            lambda link: _fetch_assignments(link, outage=outage, crew=crew, past=past)
        )

    def add_assignment(self, assignment: CrewAssignment) -> CrewAssignment:
        """Assign a crew; returned with its number."""

        def write_assignment(connection: Connection) -> CrewAssignment:
            connection.execute(LOCK_CREW, (assignment.crew,))
            for kept in _fetch_assignments(
                connection, outage=assignment.outage, crew=assignment.crew
            ):
                # Written already where the connection was lost while committing.
                mine = (kept.assigned_by, kept.assigned_at)
                if mine == (assignment.assigned_by, assignment.assigned_at):
                    return kept
                raise build_assigned_error(assignment)
            row = connection.execute(
                PG_ADD_ASSIGNMENT,
                (
                    assignment.crew,
                    assignment.outage,
                    assignment.assigned_by,
                    assignment.assigned_at,
                    assignment.changed_by,
                    assignment.changed_at,
                    assignment.status.value,
                ),
            ).fetchone()
            return _settle_crew(connection, 0 if row is None else int(row[0]))

        return self._pool.run_write(write_assignment)

    def change_assignment(self, before: CrewAssignment, after: CrewAssignment) -> CrewAssignment:
        """Write how far a crew is."""

        def write_change(connection: Connection) -> CrewAssignment:
            connection.execute(LOCK_CREW, (after.crew,))
            kept = _fetch_assignment(connection, before.number)
            if kept == after:
                return kept
            if kept != before:
                raise build_changed_assignment_error(kept)
            check_one_place(after, _fetch_assignments(connection, crew=after.crew))
            connection.execute(
                PG_CHANGE_ASSIGNMENT,
                (
                    after.status.value,
                    after.changed_by,
                    after.changed_at,
                    after.en_route_at,
                    after.on_site_at,
                    after.ended_at,
                    after.number,
                ),
            )
            return _settle_crew(connection, after.number)

        return self._pool.run_write(write_change)


def _fetch_assignments(
    connection: Connection,
    *,
    outage: str = "",
    crew: str = "",
    past: bool = False,
    number: int = 0,
) -> list[CrewAssignment]:
    rows = connection.execute(PG_ASSIGNMENTS, (past, outage, crew, number))
    return [_build_assignment(row) for row in rows]


def _fetch_assignment(connection: Connection, number: int) -> CrewAssignment:
    assignments = _fetch_assignments(connection, past=True, number=number)
    if not number or not assignments:
        raise build_assignment_error(
            number, [each.number for each in _fetch_assignments(connection)]
        )
    return assignments[0]


def _settle_crew(connection: Connection, number: int) -> CrewAssignment:
    """
    Write the status of the roster that follows of an assignment; return that.

    A crew that went off duty meanwhile is not at work again since its assignment ended.
    """
    assignment = _fetch_assignment(connection, number)
    status = choose_crew_status(_fetch_assignments(connection, crew=assignment.crew))
    connection.execute(
        "UPDATE gridtwin.crews SET status = %s WHERE mrid = %s"
        " AND (%s <> 'available' OR status NOT IN ('unavailable', 'off_duty'))",
        (status, assignment.crew, status),
    )
    return assignment


def _build_assignment(row: Sequence[Any]) -> CrewAssignment:
    values = list(row)
    values[6] = AssignmentStatus(row[6])
    for place in (3, 5, 8, 9, 10):
        values[place] = read_utc(row[place])
    return CrewAssignment(*values)
