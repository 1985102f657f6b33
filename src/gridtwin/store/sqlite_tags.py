"""Ask for and write tags, and operations that wait for a second person, in SQLite."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from gridtwin.model.operation_request import OperationRequest, RequestStatus
from gridtwin.model.operational_tag import OperationalTag, check_removal, check_tag
from gridtwin.store.operating_rules import build_request_error, build_tag_error

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence

SQLITE_TAGS = """
SELECT mrid, kind, reason, placed_by, placed_s, number, removed_by, removed_s, removed_because
FROM operational_tag
"""
SQLITE_REQUESTS = """
SELECT id, mrid, open, phases, digest, requested_by, requested_s, expires_s, status, decided_by,
    decided_s, version
FROM operation_request
"""


def select_tags(
    connection: sqlite3.Connection, mrid: str = "", *, past: bool = False
) -> list[OperationalTag]:
    """Return the tags that hang, on one element or on all; with `past` also the others."""
    query = f"{SQLITE_TAGS} WHERE (? OR removed_s IS NULL) AND ? IN ('', mrid) ORDER BY number"
    return [_build_tag(row) for row in connection.execute(query, (past, mrid))]


def insert_tag(connection: sqlite3.Connection, tag: OperationalTag) -> OperationalTag:
    """Hang a tag; returned with its number."""
    check_tag(tag)
    cursor = connection.execute(
        "INSERT INTO operational_tag (mrid, kind, reason, placed_by, placed_s)"
        " VALUES (?, ?, ?, ?, ?)",
        (tag.mrid, tag.kind, tag.reason, tag.placed_by, tag.placed_at.timestamp()),
    )
    return _select_tag(connection, int(cursor.lastrowid or 0))


def mark_removed(
    connection: sqlite3.Connection, number: int, actor: str, at: datetime, because: str
) -> OperationalTag:
    """Remove a tag; see `gridtwin.store.operating_book.OperatingBook.remove_tag`."""
    check_removal(_select_tag(connection, number), actor, because)
    connection.execute(
        "UPDATE operational_tag SET removed_by = ?, removed_s = ?, removed_because = ?"
        " WHERE number = ?",
        (actor, at.timestamp(), because, number),
    )
    return _select_tag(connection, number)


def _select_tag(connection: sqlite3.Connection, number: int) -> OperationalTag:
    row = connection.execute(f"{SQLITE_TAGS} WHERE number = ?", (number,)).fetchone()
    if row is None:
        known = connection.execute("SELECT number FROM operational_tag WHERE removed_s IS NULL")
        raise build_tag_error(number, [each for (each,) in known])
    return _build_tag(row)


def select_requests(
    connection: sqlite3.Connection, since: datetime | None
) -> list[OperationRequest]:
    """Return the requests that wait, or all made since a moment; oldest first."""
    order = "ORDER BY requested_s, id"
    if since is None:
        rows = connection.execute(f"{SQLITE_REQUESTS} WHERE status = 'waiting' {order}")
    else:
        since_s = since.timestamp()
        rows = connection.execute(f"{SQLITE_REQUESTS} WHERE requested_s >= ? {order}", (since_s,))
    return [_build_request(row) for row in rows]


def select_request(connection: sqlite3.Connection, request: str) -> OperationRequest:
    """Return a request by id; NotFoundError, with close matches, if there is none."""
    row = connection.execute(f"{SQLITE_REQUESTS} WHERE id = ?", (request,)).fetchone()
    if row is None:
        known = connection.execute("SELECT id FROM operation_request")
        raise build_request_error(request, [each for (each,) in known])
    return _build_request(row)


def insert_request(connection: sqlite3.Connection, request: OperationRequest) -> None:
    """Keep a request."""
    connection.execute(
        "INSERT INTO operation_request (id, mrid, open, phases, digest, requested_by, requested_s,"
        " expires_s, status) VALUES (?, ?, ?, ?, ?, ?, ?, ?, 'waiting')",
        (
            request.id,
            request.mrid,
            request.open,
            request.phases,
            request.digest,
            request.requested_by,
            request.requested_at.timestamp(),
            request.expires_at.timestamp(),
        ),
    )


def decide_request(
    connection: sqlite3.Connection,
    request: str,
    status: RequestStatus,
    actor: str,
    at: datetime,
    version: int | None = None,
) -> None:
    """Write what became of a request."""
    connection.execute(
        "UPDATE operation_request SET status = ?, decided_by = ?, decided_s = ?, version = ?"
        " WHERE id = ?",
        (status.value, actor, at.timestamp(), version, request),
    )


def make_time(seconds: float | None) -> datetime | None:
    """Return the time of unix seconds; None of none."""
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)


def _build_tag(row: Sequence[Any]) -> OperationalTag:
    values = list(row)
    values[4], values[7] = make_time(row[4]), make_time(row[7])
    return OperationalTag(*values)


def _build_request(row: Sequence[Any]) -> OperationRequest:
    values = list(row)
    values[2], values[8] = bool(row[2]), RequestStatus(row[8])
    for place in (6, 7, 10):
        values[place] = make_time(row[place])
    return OperationRequest(*values)
