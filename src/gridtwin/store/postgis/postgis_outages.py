"""Ask for and write outages, who is in them and what they are known from, in PostgreSQL."""

from __future__ import annotations

from datetime import UTC
from itertools import chain
from typing import TYPE_CHECKING, Any

from gridtwin.errors import ConflictError
from gridtwin.model.outage import Change, Evidence, Members, Outage, PointOutage, Status
from gridtwin.store.postgis.change_feed import list_changed_outages
from gridtwin.store.store_rules import build_member_error, build_outage_error

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime
    from typing import TypeVar

    import psycopg

    from gridtwin.store.postgis.pool import Pool

    Connection = psycopg.Connection[Any]
    Result = TypeVar("Result")

# Columns stand in the order of the fields of Outage.
PG_OUTAGES = """
SELECT id, began_at, status, coalesce(device, ''), phases, planned, cause, crew_status,
    coalesce(parent, ''), first_seen_at, confirmed_at, restored_at, closed_at, etr_manual, etr_crew,
    updated_at, coalesce(state_version, 0), customers, customers_out, revision
FROM gridtwin.outages
WHERE CASE
    WHEN %(ids)s::text[] IS NOT NULL THEN id = ANY(%(ids)s::text[])
    ELSE status IN ('predicted', 'confirmed', 'partially_restored')
        OR coalesce(restored_at, closed_at) >= %(since)s::timestamptz
END
ORDER BY began_at, id COLLATE "C"
"""
PG_POINT_OUTAGES = """
SELECT m.outage, m.usage_point, m.began_at, m.restored_at, o.status, o.cause, o.planned,
    coalesce(o.device, '')
FROM gridtwin.outage_usage_points m JOIN gridtwin.outages o ON o.id = m.outage
WHERE m.usage_point = ANY(%s::text[]) AND o.status <> 'invalid'
ORDER BY m.began_at DESC, m.outage COLLATE "C", m.usage_point COLLATE "C"
"""
PG_INSERT_OUTAGES = """
INSERT INTO gridtwin.outages (id, began_at, status, device, phases, planned, cause, crew_status,
    parent, first_seen_at, confirmed_at, restored_at, closed_at, etr_manual, etr_crew,
    state_version)
VALUES (%s, %s, %s, nullif(%s, ''), %s, %s, %s, %s, nullif(%s, ''), %s, %s, %s, %s, %s, %s, %s)
"""
PG_UPDATE_OUTAGES = """
UPDATE gridtwin.outages o
SET began_at = n.began_at, status = n.status, device = nullif(n.device, ''), phases = n.phases,
    planned = n.planned, cause = n.cause, crew_status = n.crew_status,
    parent = nullif(n.parent, ''), first_seen_at = n.first_seen_at, confirmed_at = n.confirmed_at,
    restored_at = n.restored_at, closed_at = n.closed_at, etr_manual = n.etr_manual,
    etr_crew = n.etr_crew, state_version = n.state_version
FROM (VALUES (%s, %s::timestamptz, %s, %s, %s, %s::bool, %s, %s, %s, %s::timestamptz,
    %s::timestamptz, %s::timestamptz, %s::timestamptz, %s::timestamptz, %s::timestamptz,
    %s::bigint)) n (id, began_at, status, device, phases, planned, cause, crew_status, parent,
    first_seen_at, confirmed_at, restored_at, closed_at, etr_manual, etr_crew, state_version)
WHERE o.id = n.id
"""
PG_MEMBERS = """
SELECT outage, usage_point, customers, extract(epoch FROM began_at)::float8,
    extract(epoch FROM restored_at)::float8
FROM gridtwin.outage_usage_points
WHERE CASE
    WHEN %(ids)s::text[] IS NULL THEN restored_at IS NULL
    ELSE outage = ANY(%(ids)s::text[])
END
ORDER BY outage COLLATE "C", usage_point COLLATE "C"
"""
PG_LOCK_OUTAGES = """
SELECT id, revision FROM gridtwin.outages WHERE id = ANY(%s) ORDER BY id FOR UPDATE
"""
PG_REMOVE_MEMBERS = """
DELETE FROM gridtwin.outage_usage_points p
USING unnest(%s::text[], %s::text[]) n (outage, usage_point)
WHERE p.outage = n.outage AND p.usage_point = n.usage_point
"""
PG_RESTORE_MEMBERS = """
UPDATE gridtwin.outage_usage_points p
SET restored_at = to_timestamp(n.restored_s)
FROM unnest(%s::text[], %s::text[], %s::float8[]) n (outage, usage_point, restored_s)
WHERE p.outage = n.outage AND p.usage_point = n.usage_point
"""
PG_MEMBERS_ELSEWHERE = """
SELECT p.usage_point, p.outage
FROM unnest(%s::text[], %s::float8[]) n (usage_point, restored_s)
JOIN gridtwin.outage_usage_points p ON p.usage_point = n.usage_point AND p.restored_at IS NULL
WHERE n.restored_s IS NULL
ORDER BY 1 LIMIT 1
"""
PG_ADD_MEMBERS = """
INSERT INTO gridtwin.outage_usage_points (outage, usage_point, customers, began_at, restored_at)
SELECT outage, usage_point, customers, to_timestamp(began_s), to_timestamp(restored_s)
FROM unnest(%s::text[], %s::text[], %s::int[], %s::float8[], %s::float8[])
    n (outage, usage_point, customers, began_s, restored_s)
"""
PG_ADD_EVIDENCE = """
INSERT INTO gridtwin.outage_evidence (outage, at, kind, mrid, detail, actor)
VALUES (%s, %s, %s, %s, %s, %s)
"""
PG_EVIDENCE = """
SELECT outage, at, kind, mrid, detail, actor FROM gridtwin.outage_evidence
WHERE outage = %s ORDER BY at, id
"""
PG_HAS_EVIDENCE = """
SELECT EXISTS (SELECT FROM gridtwin.outage_evidence
    WHERE outage = %s AND at = %s AND kind = %s AND mrid = %s AND detail = %s AND actor = %s)
"""


PG_OPEN_OUTAGE = """
SELECT outage FROM gridtwin.outage_usage_points WHERE usage_point = %s AND restored_at IS NULL
"""


class PostgisOutages:
    """The outages of a twin that is kept in PostgreSQL."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    def list_outages(self, *, since: datetime | None = None) -> list[Outage]:
        """Return the open outages, and those over since a time, by when they began."""
        return self._pool.run_read(lambda connection: _select_outages(connection, since=since))

    def read_outage(self, outage: str) -> Outage:
        """Return an outage by id; NotFoundError, with close matches, if there is none."""

        def select_outage(connection: Connection) -> Outage:
            outages = _select_outages(connection, ids=[outage])
            if not outages:
                rows = connection.execute("SELECT id FROM gridtwin.outages").fetchall()
                raise build_outage_error(outage, [row[0] for row in rows])
            return outages[0]

        return self._pool.run_read(select_outage)

    def read_members(self, outages: Iterable[str] | None = None) -> Members:
        """Return who is in outages, back or not; by default who is out, in any."""
        ids = None if outages is None else list(outages)

        def select_members(connection: Connection) -> list[Any]:
            with connection.cursor(binary=True) as cursor:
                return cursor.execute(PG_MEMBERS, {"ids": ids}).fetchall()

        return Members.from_rows(self._pool.run_read(select_members))

    def list_evidence(self, outage: str) -> list[Evidence]:
        """Return what was said of an outage and done to it, oldest first."""
        rows = self._pool.run_read(
            lambda connection: connection.execute(PG_EVIDENCE, (outage,)).fetchall()
        )
        return [Evidence(row[0], row[1].astimezone(UTC), *row[2:]) for row in rows]

    def list_point_outages(self, usage_points: Iterable[str]) -> list[PointOutage]:
        """Return what usage points went through, the last first; outages that were none not."""
        asked = sorted(set(usage_points))
        rows = self._pool.run_read(
            lambda connection: connection.execute(PG_POINT_OUTAGES, (asked,)).fetchall()
        )
        return [
            PointOutage(*row[:2], *(each and each.astimezone(UTC) for each in row[2:4]), *row[4:])
            for row in rows
        ]

    def find_open_outage(self, usage_point: str) -> str:
        """Return the open outage a usage point is out in; an empty text for none."""
        row = self._pool.run_read(
            lambda connection: connection.execute(PG_OPEN_OUTAGE, (usage_point,)).fetchone()
        )
        return str(row[0]) if row else ""

    def list_changed(self, since: int) -> list[str]:
        """Return the outages that something was noted of after a mark, sorted."""
        return self._pool.run_read(lambda connection: list_changed_outages(connection, since))

    def write_changes(self, changes: Sequence[Change]) -> list[Outage]:
        """
        Write changes, all or none of them.

        Returns
        -------
            The outages as they are kept now.

        Raises
        ------
        ConflictError
            If somebody changed one of the outages meanwhile.
        InputError
            If somebody would be in two open outages.
        StoreError
            If another rule is broken, or the login may not write.
        """

        def write_all(connection: Connection) -> list[Outage]:
            write_pg_changes(connection, changes)
            return _select_changed(connection, changes)

        def find_committed(connection: Connection) -> list[Outage] | None:
            said = [_build_evidence_row(each) for change in changes for each in change.evidence][:1]
            _lock_outages(connection, changes)
            if said and connection.execute(PG_HAS_EVIDENCE, said[0]).fetchone() == (True,):
                return _select_changed(connection, changes)
            return None

        return self._pool.run_write(write_all, committed=find_committed)


def select_open_outages(connection: Connection) -> tuple[tuple[Outage, ...], Members]:
    """Return the open outages, and all who are in them, back or not."""
    outages = tuple(_select_outages(connection))
    ids = [each.id for each in outages]
    with connection.cursor(binary=True) as cursor:
        rows = cursor.execute(PG_MEMBERS, {"ids": ids}).fetchall() if ids else []
    return outages, Members.from_rows(rows)


def lock_open_outages(connection: Connection) -> None:
    """Keep others from changing the open outages until the end of this transaction."""
    connection.execute(
        "SELECT FROM gridtwin.outages"
        " WHERE status IN ('predicted', 'confirmed', 'partially_restored') ORDER BY id FOR UPDATE"
    )


def _select_outages(
    connection: Connection, *, since: datetime | None = None, ids: list[str] | None = None
) -> list[Outage]:
    rows = connection.execute(PG_OUTAGES, {"since": since, "ids": ids}).fetchall()
    return [_build_outage(row) for row in rows]


def _select_changed(connection: Connection, changes: Sequence[Change]) -> list[Outage]:
    ids = [each.outage.id for each in changes]
    kept = {each.id: each for each in _select_outages(connection, ids=ids)}
    return [kept[each] for each in ids]


def _lock_outages(connection: Connection, changes: Sequence[Change]) -> dict[str, int]:
    """Keep others from changing the outages until the end of this transaction."""
    ids = [each.outage.id for each in changes]
    return dict(connection.execute(PG_LOCK_OUTAGES, (ids,)).fetchall())


def write_pg_changes(connection: Connection, changes: Sequence[Change]) -> None:
    """Write changes in a transaction of the caller; as `OutageBook.write_changes`."""
    from psycopg.errors import UniqueViolation

    revisions = _lock_outages(connection, changes)
    for change in changes:
        if revisions.get(change.outage.id, 0) != change.outage.revision:
            raise ConflictError(change.outage.id)
    with connection.cursor() as cursor:
        try:
            cursor.executemany(
                PG_INSERT_OUTAGES,
                [_build_row(each.outage) for each in changes if not each.outage.revision],
            )
        except UniqueViolation as error:  # written since it was looked for
            raise ConflictError(changes[0].outage.id) from error
        _move_members(connection, changes)
        cursor.executemany(
            PG_UPDATE_OUTAGES, [_build_row(each.outage) for each in changes if each.outage.revision]
        )
        cursor.executemany(
            PG_ADD_EVIDENCE,
            [_build_evidence_row(each) for change in changes for each in change.evidence],
        )


def _move_members(connection: Connection, changes: Sequence[Change]) -> None:
    """Take usage points out of outages, bring them back, and take others in."""
    left = [(each.outage.id, mrid) for each in changes for mrid in sorted(each.left)]
    if left:
        connection.execute(PG_REMOVE_MEMBERS, tuple(map(list, zip(*left, strict=True))))
    back = [(each.outage.id, *item) for each in changes for item in each.restored.items()]
    if back:
        connection.execute(PG_RESTORE_MEMBERS, tuple(map(list, zip(*back, strict=True))))
    joined = [each.joined for each in changes if len(each.joined)]
    if not joined:
        return
    columns = [
        list(chain.from_iterable(parts))
        for parts in zip(
            *(
                (
                    each.outage,
                    each.usage_point,
                    each.customers.tolist(),
                    each.began_s.tolist(),
                    each.ends,
                )
                for each in joined
            ),
            strict=True,
        )
    ]
    taken = connection.execute(PG_MEMBERS_ELSEWHERE, (columns[1], columns[4])).fetchone()
    if taken is not None:
        raise build_member_error(*taken)
    connection.execute(PG_ADD_MEMBERS, columns)


def _build_row(outage: Outage) -> tuple[Any, ...]:
    return (
        outage.id,
        outage.began_at,
        outage.status.value,
        outage.device,
        outage.phases,
        outage.planned,
        outage.cause,
        outage.crew_status,
        outage.parent,
        outage.first_seen_at or outage.began_at,
        outage.confirmed_at,
        outage.restored_at,
        outage.closed_at,
        outage.etr_manual,
        outage.etr_crew,
        outage.state_version,
    )


def _build_outage(row: Sequence[Any]) -> Outage:
    values = list(row)
    values[1] = row[1].astimezone(UTC)
    values[2] = Status(row[2])
    values[9:16] = [None if at is None else at.astimezone(UTC) for at in row[9:16]]
    return Outage(*values)


def _build_evidence_row(evidence: Evidence) -> tuple[Any, ...]:
    from psycopg.types.json import Jsonb

    detail = Jsonb(dict(evidence.detail))
    return (
        evidence.outage, evidence.at, evidence.kind, evidence.mrid, detail, evidence.actor,
    )  # fmt: skip
