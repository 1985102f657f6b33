"""
Ask for and write tags, and operations that wait for a second person, in PostgreSQL.

What is written twice, since a connection was lost, is written once: the second time it is there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gridtwin.model.operation_request import OperationRequest, RequestStatus
from gridtwin.model.operational_tag import OperationalTag, check_removal, check_tag
from gridtwin.store.operating_rules import build_request_error, build_tag_error
from gridtwin.store.store_rules import read_utc

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    import psycopg

    Connection = psycopg.Connection[Any]

PG_TAGS = """
SELECT mrid, kind, reason, placed_by, placed_at, number, removed_by, removed_at, removed_because
FROM gridtwin.tags
WHERE (%(past)s OR removed_at IS NULL) AND %(mrid)s IN ('', mrid)
    AND (%(number)s::bigint IS NULL OR number = %(number)s)
ORDER BY number
"""
PG_PLACE_TAG = """
INSERT INTO gridtwin.tags (mrid, kind, reason, placed_by, placed_at)
SELECT %(mrid)s, %(kind)s, %(reason)s, %(by)s, %(at)s
WHERE NOT EXISTS (SELECT FROM gridtwin.tags t
    WHERE t.mrid = %(mrid)s AND t.placed_by = %(by)s AND t.placed_at = %(at)s)
"""
PG_FIND_PLACED = """
SELECT number FROM gridtwin.tags
WHERE mrid = %(mrid)s AND placed_by = %(by)s AND placed_at = %(at)s
ORDER BY number LIMIT 1
"""
PG_REMOVE_TAG = """
UPDATE gridtwin.tags SET removed_by = %s, removed_at = %s, removed_because = %s WHERE number = %s
"""
PG_REQUESTS = """
SELECT id, mrid, open, phases, digest, requested_by, requested_at, expires_at, status, decided_by,
    decided_at, version
FROM gridtwin.operation_requests
"""
PG_ADD_REQUEST = """
INSERT INTO gridtwin.operation_requests
    (id, mrid, open, phases, digest, requested_by, requested_at, expires_at)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s) ON CONFLICT (id) DO NOTHING
"""
PG_DECIDE_REQUEST = """
UPDATE gridtwin.operation_requests
SET status = %s, decided_by = %s, decided_at = %s, version = %s
WHERE id = %s
"""


def fetch_tags(
    connection: Connection, mrid: str = "", *, past: bool = False, number: int | None = None
) -> list[OperationalTag]:
    """Return the tags that hang, on one element or on all; with `past` also the others."""
    values = {"mrid": mrid, "past": past, "number": number}
    return [_build_tag(row) for row in connection.execute(PG_TAGS, values)]


def write_tag(connection: Connection, tag: OperationalTag) -> OperationalTag:
    """Hang a tag; returned with its number."""
    check_tag(tag)
    values = {
        "mrid": tag.mrid, "kind": tag.kind, "reason": tag.reason,
        "by": tag.placed_by, "at": tag.placed_at,
    }  # fmt: skip
    connection.execute(PG_PLACE_TAG, values)
    (number,) = connection.execute(PG_FIND_PLACED, values).fetchone() or (0,)
    return fetch_tag(connection, number)


def fetch_tag(connection: Connection, number: int) -> OperationalTag:
    """Return a tag by number; NotFoundError, with close matches, if there is none."""
    tags = fetch_tags(connection, past=True, number=number)
    if not tags:
        raise build_tag_error(number, [tag.number for tag in fetch_tags(connection)])
    return tags[0]


def write_removal(
    connection: Connection, number: int, actor: str, at: datetime, because: str
) -> OperationalTag:
    """Remove a tag; see `gridtwin.store.operating_book.OperatingBook.remove_tag`."""
    connection.execute("SELECT FROM gridtwin.tags WHERE number = %s FOR UPDATE", (number,))
    tag = fetch_tag(connection, number)
    if (tag.removed_by, tag.removed_at) != (actor, at):
        check_removal(tag, actor, because)
        connection.execute(PG_REMOVE_TAG, (actor, at, because, number))
    return fetch_tag(connection, number)


def fetch_requests(connection: Connection, since: datetime | None) -> list[OperationRequest]:
    """Return the requests that wait, or all made since a moment; oldest first."""
    waiting = f"{PG_REQUESTS} WHERE status = 'waiting' ORDER BY requested_at, id"
    made = f"{PG_REQUESTS} WHERE requested_at >= %s ORDER BY requested_at, id"
    query, values = (waiting, ()) if since is None else (made, (since,))
    return [_build_request(row) for row in connection.execute(query.encode(), values)]


def fetch_request(connection: Connection, request: str, *, hold: bool = False) -> OperationRequest:
    """Return a request by id, with `hold` kept from others; NotFoundError if there is none."""
    query = f"{PG_REQUESTS} WHERE id = %s{' FOR UPDATE' if hold else ''}"
    row = connection.execute(query.encode(), (request,)).fetchone()
    if row is None:
        known = connection.execute("SELECT id FROM gridtwin.operation_requests")
        raise build_request_error(request, [each for (each,) in known])
    return _build_request(row)


def write_request(connection: Connection, request: OperationRequest) -> None:
    """Keep a request."""
    connection.execute(
        PG_ADD_REQUEST,
        (
            request.id,
            request.mrid,
            request.open,
            request.phases,
            request.digest,
            request.requested_by,
            request.requested_at,
            request.expires_at,
        ),
    )


def write_decision(
    connection: Connection,
    request: str,
    status: RequestStatus,
    actor: str,
    at: datetime,
    version: int | None = None,
) -> None:
    """Write what became of a request."""
    connection.execute(PG_DECIDE_REQUEST, (status.value, actor, at, version, request))


def _build_tag(row: Sequence[Any]) -> OperationalTag:
    values = list(row)
    values[4], values[7] = read_utc(row[4]), read_utc(row[7])
    return OperationalTag(*values)


def _build_request(row: Sequence[Any]) -> OperationRequest:
    values = list(row)
    values[8] = RequestStatus(row[8])
    for place in (6, 7, 10):
        values[place] = read_utc(row[place])
    return OperationRequest(*values)
