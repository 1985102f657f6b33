"""Ask for and write outages, who is in them and what they are known from, in SQLite."""

from __future__ import annotations

import json
import sqlite3
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from gridtwin.errors import ConflictError
from gridtwin.model.outage import Change, Evidence, Members, Outage, PointOutage, Status
from gridtwin.store.sqlite_live import record_alerts
from gridtwin.store.store_rules import build_member_error, build_outage_error

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from gridtwin.store.sqlite_database import SqliteDatabase

# Columns stand in the order of the fields of Outage and Members.
SQLITE_OPEN_OUTAGES = """
SELECT * FROM outage WHERE status IN ('predicted', 'confirmed', 'partially_restored')
ORDER BY began_s, id
"""
SQLITE_OUTAGES_SINCE = """
SELECT * FROM outage
WHERE status IN ('predicted', 'confirmed', 'partially_restored')
    OR coalesce(restored_s, closed_s) >= ?
ORDER BY began_s, id
"""
SQLITE_OUT_MEMBERS = (
    "SELECT * FROM outage_member WHERE restored_s IS NULL ORDER BY outage, usage_point"
)
SQLITE_MEMBERS = "SELECT * FROM outage_member WHERE outage = ? ORDER BY usage_point"
SQLITE_POINT_OUTAGES = """
SELECT m.outage, m.usage_point, m.began_s, m.restored_s, o.status, o.cause, o.planned, o.device
FROM json_each(?) AS asked
JOIN outage_member AS m ON m.usage_point = asked.value
JOIN outage AS o ON o.id = m.outage
WHERE o.status <> 'invalid'
ORDER BY m.began_s DESC, m.outage, m.usage_point
"""
SQLITE_INSERT_OUTAGE = """
INSERT INTO outage (id, began_s, status, device, phases, planned, cause, crew_status, parent,
    first_seen_s, confirmed_s, restored_s, closed_s, etr_manual_s, etr_crew_s, state_version)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
SQLITE_UPDATE_OUTAGE = """
UPDATE outage SET began_s = ?2, status = ?3, device = ?4, phases = ?5, planned = ?6, cause = ?7,
    crew_status = ?8, parent = ?9, first_seen_s = ?10, confirmed_s = ?11, restored_s = ?12,
    closed_s = ?13, etr_manual_s = ?14, etr_crew_s = ?15, state_version = ?16,
    revision = revision + 1
WHERE id = ?1
"""


class SqliteOutages:
    """The outages of a twin that is kept in SQLite."""

    def __init__(self, kept: SqliteDatabase) -> None:
        self._kept = kept

    def list_outages(self, *, since: datetime | None = None) -> list[Outage]:
        """Return the open outages, and those over since a time, by when they began."""
        with self._kept.transaction() as connection:
            if since is None:
                rows = connection.execute(SQLITE_OPEN_OUTAGES)
            else:
                rows = connection.execute(SQLITE_OUTAGES_SINCE, (since.timestamp(),))
            return [_build_outage(row) for row in rows]

    def read_outage(self, outage: str) -> Outage:
        """Return an outage by id; NotFoundError, with close matches, if there is none."""
        with self._kept.transaction() as connection:
            return _select_outage(connection, outage)

    def read_members(self, outages: Iterable[str] | None = None) -> Members:
        """Return who is in outages, back or not; by default who is out, in any."""
        with self._kept.transaction() as connection:
            if outages is None:
                rows = connection.execute(SQLITE_OUT_MEMBERS).fetchall()
            else:
                rows = []
                for outage in outages:
                    rows += connection.execute(SQLITE_MEMBERS, (outage,)).fetchall()
        return Members.from_rows(rows)

    def list_evidence(self, outage: str) -> list[Evidence]:
        """Return what was said of an outage and done to it, oldest first."""
        with self._kept.transaction() as connection:
            rows = connection.execute(
                "SELECT outage, at_s, kind, mrid, detail, actor FROM outage_evidence"
                " WHERE outage = ? ORDER BY at_s, id",
                (outage,),
            )
            return [
                Evidence(row[0], _build_time(row[1]), row[2], row[3], json.loads(row[4]), row[5])
                for row in rows
            ]

    def list_point_outages(self, usage_points: Iterable[str]) -> list[PointOutage]:
        """Return what usage points went through, the last first; outages that were none not."""
        with self._kept.transaction() as connection:
            asked = json.dumps(sorted(set(usage_points)))
            return [
                _build_point_outage(row)
                for row in connection.execute(SQLITE_POINT_OUTAGES, (asked,))
            ]

    def find_open_outage(self, usage_point: str) -> str:
        """Return the open outage a usage point is out in; an empty text for none."""
        with self._kept.transaction() as connection:
            row = connection.execute(
                "SELECT outage FROM outage_member WHERE usage_point = ? AND restored_s IS NULL",
                (usage_point,),
            ).fetchone()
            return row[0] if row else ""

    def list_changed(self, since: int) -> list[str]:
        """Return the outages that something was noted of after a mark, sorted."""
        with self._kept.transaction() as connection:
            rows = connection.execute(
                "SELECT DISTINCT outage FROM outage_evidence WHERE id > ? ORDER BY outage", (since,)
            )
            return [outage for (outage,) in rows]

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
            If another rule is broken.
        """
        with self._kept.transaction("BEGIN IMMEDIATE") as connection:
            return write_outage_changes(connection, changes)


def select_open_outages(connection: sqlite3.Connection) -> tuple[tuple[Outage, ...], Members]:
    """Return the open outages, and all who are in them, back or not."""
    outages = tuple(_build_outage(row) for row in connection.execute(SQLITE_OPEN_OUTAGES))
    rows: list[Any] = []
    for outage in outages:
        rows += connection.execute(SQLITE_MEMBERS, (outage.id,)).fetchall()
    return outages, Members.from_rows(rows)


def write_outage_changes(connection: sqlite3.Connection, changes: Sequence[Change]) -> list[Outage]:
    """Write changes in a transaction of the caller; as `OutageBook.write_changes`."""
    _check_revisions(connection, changes)
    connection.executemany(
        SQLITE_INSERT_OUTAGE,
        [_build_row(each.outage) for each in changes if not each.outage.revision],
    )
    for change in changes:
        _remove_members(connection, change)
    for change in changes:
        _add_members(connection, change)
    connection.executemany(
        SQLITE_UPDATE_OUTAGE,
        [_build_row(each.outage) for each in changes if each.outage.revision],
    )
    connection.executemany(
        "INSERT INTO outage_evidence (outage, at_s, kind, mrid, detail, actor)"
        " VALUES (?, ?, ?, ?, ?, ?)",
        [_build_evidence_row(each) for change in changes for each in change.evidence],
    )
    record_alerts(connection, [each.outage.id for each in changes])
    return [_select_outage(connection, each.outage.id) for each in changes]


def _select_outage(connection: sqlite3.Connection, outage: str) -> Outage:
    row = connection.execute("SELECT * FROM outage WHERE id = ?", (outage,)).fetchone()
    if row is None:
        raise build_outage_error(
            outage, [each[0] for each in connection.execute("SELECT id FROM outage")]
        )
    return _build_outage(row)


def _check_revisions(connection: sqlite3.Connection, changes: Sequence[Change]) -> None:
    """Refuse a change of an outage that is not as it was when the change was made."""
    for change in changes:
        row = connection.execute(
            "SELECT revision FROM outage WHERE id = ?", (change.outage.id,)
        ).fetchone()
        if (row[0] if row else 0) != change.outage.revision:
            raise ConflictError(change.outage.id)


def _remove_members(connection: sqlite3.Connection, change: Change) -> None:
    outage = change.outage.id
    connection.executemany(
        "DELETE FROM outage_member WHERE outage = ? AND usage_point = ?",
        [(outage, each) for each in sorted(change.left)],
    )
    connection.executemany(
        "UPDATE outage_member SET restored_s = ? WHERE outage = ? AND usage_point = ?",
        [(at, outage, each) for each, at in change.restored.items()],
    )


def _add_members(connection: sqlite3.Connection, change: Change) -> None:
    joined = change.joined
    rows = zip(
        joined.outage,
        joined.usage_point,
        joined.customers.tolist(),
        joined.began_s.tolist(),
        joined.ends,
        strict=True,
    )
    for row in rows:
        try:
            connection.execute("INSERT INTO outage_member VALUES (?, ?, ?, ?, ?)", row)
        except sqlite3.IntegrityError:
            other = connection.execute(
                "SELECT outage FROM outage_member WHERE usage_point = ? AND restored_s IS NULL",
                (row[1],),
            ).fetchone()
            if other is None:
                raise
            raise build_member_error(row[1], other[0]) from None


def _build_point_outage(row: Sequence[Any]) -> PointOutage:
    outage, point, began_s, restored_s, status, cause, planned, device = row
    restored_at = None if restored_s is None else _build_time(restored_s)
    began_at = _build_time(began_s)
    return PointOutage(outage, point, began_at, restored_at, status, cause, bool(planned), device)


def _build_time(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def _convert_to_seconds(at: datetime | None) -> float | None:
    return None if at is None else at.timestamp()


def _build_row(outage: Outage) -> tuple[Any, ...]:
    return (
        outage.id,
        outage.began_at.timestamp(),
        outage.status.value,
        outage.device,
        outage.phases,
        outage.planned,
        outage.cause,
        outage.crew_status,
        outage.parent or None,
        _convert_to_seconds(outage.first_seen_at or outage.began_at),
        _convert_to_seconds(outage.confirmed_at),
        _convert_to_seconds(outage.restored_at),
        _convert_to_seconds(outage.closed_at),
        _convert_to_seconds(outage.etr_manual),
        _convert_to_seconds(outage.etr_crew),
        outage.state_version,
    )


def _build_outage(row: Sequence[Any]) -> Outage:
    values: list[Any] = list(row)
    values[1] = _build_time(row[1])
    values[2] = Status(row[2])
    values[5] = bool(row[5])
    values[8] = row[8] or ""
    values[9:16] = [None if seconds is None else _build_time(seconds) for seconds in row[9:16]]
    return Outage(*values)


def _build_evidence_row(evidence: Evidence) -> tuple[Any, ...]:
    detail = json.dumps(dict(evidence.detail), ensure_ascii=False, sort_keys=True)
    at = evidence.at.timestamp()
    return evidence.outage, at, evidence.kind, evidence.mrid, detail, evidence.actor
