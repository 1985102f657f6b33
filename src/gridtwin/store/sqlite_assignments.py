"""Keep in SQLite which crew works on which outage."""

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
from gridtwin.store.sqlite_tags import make_time

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence

    from gridtwin.store.sqlite_database import SqliteDatabase

SQLITE_ASSIGNMENTS = """
SELECT crew, outage, assigned_by, assigned_s, changed_by, changed_s, status, number, en_route_s,
    on_site_s, ended_s
FROM crew_assignment
WHERE (? OR ended_s IS NULL) AND ? IN ('', outage) AND ? IN ('', crew) AND ? IN (0, number)
ORDER BY number
"""
SQLITE_ADD_ASSIGNMENT = """
INSERT INTO crew_assignment (crew, outage, assigned_by, assigned_s, changed_by, changed_s, status)
VALUES (?, ?, ?, ?, ?, ?, ?)
"""
SQLITE_CHANGE_ASSIGNMENT = """
UPDATE crew_assignment
SET status = ?, changed_by = ?, changed_s = ?, en_route_s = ?, on_site_s = ?, ended_s = ?
WHERE number = ?
"""


class SqliteAssignments:
    """The assignments of crews of a twin that is kept in SQLite; see `AssignmentBook`."""

    def __init__(self, kept: SqliteDatabase) -> None:
        self._kept = kept

    def list_assignments(
        self, *, outage: str = "", crew: str = "", past: bool = False
    ) -> list[CrewAssignment]:
        """Return the assignments under way, of an outage, a crew, or all; `past`: the ended too."""
        with self._kept.transaction() as connection:
            return _select_assignments(connection, outage=outage, crew=crew, past=past)

    def add_assignment(self, assignment: CrewAssignment) -> CrewAssignment:
        """Assign a crew; returned with its number."""
        with self._kept.transaction("BEGIN IMMEDIATE") as connection:
            if _select_assignments(connection, outage=assignment.outage, crew=assignment.crew):
                raise build_assigned_error(assignment)
            row = (
                assignment.crew,
                assignment.outage,
                assignment.assigned_by,
                assignment.assigned_at.timestamp(),
                assignment.changed_by,
                assignment.changed_at.timestamp(),
                assignment.status.value,
            )
            cursor = connection.execute(SQLITE_ADD_ASSIGNMENT, row)
            return _settle_crew(connection, int(cursor.lastrowid or 0))

    def change_assignment(self, before: CrewAssignment, after: CrewAssignment) -> CrewAssignment:
        """Write how far a crew is."""
        with self._kept.transaction("BEGIN IMMEDIATE") as connection:
            kept = _select_assignment(connection, before.number)
            if kept != before:
                raise build_changed_assignment_error(kept)
            others = _select_assignments(connection, crew=after.crew)
            check_one_place(after, others)
            times = (after.changed_at, after.en_route_at, after.on_site_at, after.ended_at)
            changed_s, *rest = (None if at is None else at.timestamp() for at in times)
            row = (after.status.value, after.changed_by, changed_s, *rest, after.number)
            connection.execute(SQLITE_CHANGE_ASSIGNMENT, row)
            return _settle_crew(connection, after.number)


def _select_assignments(
    connection: sqlite3.Connection,
    *,
    outage: str = "",
    crew: str = "",
    past: bool = False,
    number: int = 0,
) -> list[CrewAssignment]:
    rows = connection.execute(SQLITE_ASSIGNMENTS, (past, outage, crew, number))
    return [_build_assignment(row) for row in rows]


def _select_assignment(connection: sqlite3.Connection, number: int) -> CrewAssignment:
    assignments = _select_assignments(connection, past=True, number=number)
    if not number or not assignments:
        known = [each.number for each in _select_assignments(connection)]
        raise build_assignment_error(number, known)
    return assignments[0]


def _settle_crew(connection: sqlite3.Connection, number: int) -> CrewAssignment:
    """
    Write the status of the roster that follows of an assignment; return that.

    A crew that went off duty meanwhile is not at work again since its assignment ended.
    """
    assignment = _select_assignment(connection, number)
    status = choose_crew_status(_select_assignments(connection, crew=assignment.crew))
    connection.execute(
        "UPDATE crews SET status = ? WHERE mrid = ?"
        " AND (? <> 'available' OR status NOT IN ('unavailable', 'off_duty'))",
        (status, assignment.crew, status),
    )
    return assignment


def _build_assignment(row: Sequence[Any]) -> CrewAssignment:
    values = list(row)
    values[6] = AssignmentStatus(row[6])
    for place in (3, 5, 8, 9, 10):
        values[place] = make_time(row[place])
    return CrewAssignment(*values)
