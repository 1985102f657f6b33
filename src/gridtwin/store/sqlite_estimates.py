"""Ask for and write estimates of restoration in SQLite."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from gridtwin.model.estimate import Estimate, PointEstimates, Run, Zone
from gridtwin.store.sqlite_live import record_alerts

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence

    from gridtwin.store.sqlite_database import SqliteDatabase

SQLITE_CURRENT_ESTIMATES = """
SELECT c.outage, c.issued_s, c.inputs_s, c.p10_s, c.p50_s, c.p80_s, c.p90_s, c.p95_s, c.etr_s,
    c.source, c.model, c.reason, 'repair', 0
FROM erm_current c JOIN outage o ON o.id = c.outage
WHERE o.status IN ('predicted', 'confirmed', 'partially_restored')
ORDER BY c.outage
"""
SQLITE_ISSUED_ESTIMATES = """
SELECT outage, issued_s, inputs_s, p10_s, p50_s, p80_s, p90_s, p95_s, etr_s, source, model, reason,
    stage, usage_points
FROM erm_history WHERE outage = ? ORDER BY id
"""
# Outages and usage points that came back while the run was estimating get no estimate.
SQLITE_SET_CURRENT = """
INSERT INTO erm_current
SELECT ?1, ?15, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12
WHERE EXISTS (SELECT 1 FROM outage WHERE id = ?1
    AND status IN ('predicted', 'confirmed', 'partially_restored'))
ON CONFLICT (outage) DO UPDATE
SET run = excluded.run, issued_s = excluded.issued_s, inputs_s = excluded.inputs_s,
    p10_s = excluded.p10_s, p50_s = excluded.p50_s, p80_s = excluded.p80_s,
    p90_s = excluded.p90_s, p95_s = excluded.p95_s, etr_s = excluded.etr_s,
    source = excluded.source, model = excluded.model, reason = excluded.reason
"""
SQLITE_SET_POINT = """
INSERT OR REPLACE INTO erm_usage_point
SELECT ?1, ?2, ?3, ?9, ?5, ?6, ?7, ?8, ?4
WHERE EXISTS (SELECT 1 FROM outage_member
    WHERE outage = ?2 AND usage_point = ?1 AND restored_s IS NULL)
"""
SQLITE_SET_ZONE = """
INSERT INTO erm_zone VALUES (?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (zone) DO UPDATE
SET issued_s = excluded.issued_s, expires_s = excluded.expires_s, p50_s = excluded.p50_s,
    p80_s = excluded.p80_s, p95_s = excluded.p95_s, model = excluded.model, actor = excluded.actor
"""
WHOLE_STAGE = "repair"  # the stage at whose end an outage is over
SQLITE_ADD_ISSUED = """
INSERT INTO erm_history (outage, issued_s, inputs_s, p10_s, p50_s, p80_s, p90_s, p95_s, etr_s,
    source, model, reason, stage, usage_points, run)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""


class SqliteEstimates:
    """The estimates of a twin that is kept in SQLite."""

    def __init__(self, kept: SqliteDatabase) -> None:
        self._kept = kept

    def list_current(self) -> list[Estimate]:
        """Return the estimates in force, of open outages, by outage."""
        with self._kept.transaction() as connection:
            return [_build_estimate(row) for row in connection.execute(SQLITE_CURRENT_ESTIMATES)]

    def list_issued(self, outage: str) -> list[Estimate]:
        """Return every estimate ever issued for an outage, oldest first."""
        with self._kept.transaction() as connection:
            return [
                _build_estimate(row)
                for row in connection.execute(SQLITE_ISSUED_ESTIMATES, (outage,))
            ]

    def read_points(self, outage: str = "") -> PointEstimates:
        """Return the estimates in force of usage points: of one outage, or of all."""
        with self._kept.transaction() as connection:
            rows = connection.execute(
                "SELECT * FROM erm_usage_point WHERE ?1 = '' OR outage = ?1 ORDER BY usage_point",
                (outage,),
            ).fetchall()
        return PointEstimates.from_rows([(*row[:3], row[8], *row[4:8]) for row in rows])

    def count_covered(self, now: datetime) -> dict[str, int]:
        """Return how many usage points of each outage have an estimate that has not passed."""
        with self._kept.transaction() as connection:
            rows = connection.execute(
                "SELECT outage, count(*) FROM erm_usage_point WHERE etr_s IS NULL OR etr_s > ?"
                " GROUP BY outage",
                (now.timestamp(),),
            )
            return dict(rows.fetchall())

    def read_run(self, run: str) -> Run | None:
        """Return a run that was written; None if there is none of that id."""
        with self._kept.transaction() as connection:
            return _select_run(connection, run)

    def write_run(self, run: Run, estimates: Sequence[Estimate], points: PointEstimates) -> Run:
        """
        Write what a run found, all of it or nothing; a run of one id is written once.

        Parameters
        ----------
        run
            The run.
        estimates
            Those of outages, and of stages of them, that became another.
        points
            Those of usage points that became another.

        Returns
        -------
            The run as it is kept: that of before, if one of its id was written already.
        """
        with self._kept.transaction("BEGIN IMMEDIATE") as connection:
            before = _select_run(connection, run.id)
            if before is not None:
                return before
            rows = [(*_list_values(each), run.id) for each in estimates]
            whole = [
                row for row, each in zip(rows, estimates, strict=True) if each.stage == WHOLE_STAGE
            ]
            connection.executemany(SQLITE_SET_CURRENT, whole)
            connection.executemany(SQLITE_ADD_ISSUED, rows)
            record_alerts(
                connection, [each.outage for each in estimates if each.stage == WHOLE_STAGE]
            )
            issued = run.started_at.timestamp()
            connection.executemany(
                SQLITE_SET_POINT,
                [(*row, issued) for row in zip(*points.list_columns(), strict=True)],
            )
            connection.execute(
                "INSERT INTO erm_run VALUES (?, ?, ?, ?, ?, ?, ?)",
                (
                    run.id, issued, run.model, run.state_version, run.outages, run.usage_points,
                    run.published,
                ),
            )  # fmt: skip
        return run

    def list_zones(self, now: datetime) -> list[Zone]:
        """Return what is promised for parts of the territory and has not expired."""
        with self._kept.transaction() as connection:
            rows = connection.execute(
                "SELECT * FROM erm_zone WHERE expires_s > ? ORDER BY zone", (now.timestamp(),)
            ).fetchall()
        return [_build_zone(row) for row in rows]

    def write_zones(self, zones: Sequence[Zone]) -> None:
        """Promise for parts of the territory, in place of what was promised for them."""
        with self._kept.transaction("BEGIN IMMEDIATE") as connection:
            connection.executemany(
                SQLITE_SET_ZONE,
                [
                    (
                        each.zone,
                        *(at.timestamp() for at in (each.issued_at, each.expires_at)),
                        *(at.timestamp() for at in (each.p50, each.p80, each.p95)),
                        each.model,
                        each.actor,
                    )
                    for each in zones
                ],
            )


def _select_run(connection: sqlite3.Connection, run: str) -> Run | None:
    row = connection.execute("SELECT * FROM erm_run WHERE id = ?", (run,)).fetchone()
    return None if row is None else Run(row[0], _build_time(row[1]), *row[2:])


def _list_values(estimate: Estimate) -> tuple[Any, ...]:
    """Return the fields of an estimate, in their order."""
    values = (getattr(estimate, name) for name in Estimate.__slots__)
    return tuple(each.timestamp() if isinstance(each, datetime) else each for each in values)


def _build_zone(row: Sequence[Any]) -> Zone:
    values: list[Any] = [_build_time(each) if isinstance(each, float) else each for each in row]
    return Zone(*values)


def _build_time(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def _build_estimate(row: Sequence[Any]) -> Estimate:
    values: list[Any] = list(row)
    values[1:9] = [None if seconds is None else _build_time(seconds) for seconds in row[1:9]]
    return Estimate(*values)
