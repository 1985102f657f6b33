"""Ask for and write estimates of restoration in PostgreSQL."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from gridtwin.model.estimate import Estimate, PointEstimates, Run, Zone

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import TypeVar

    import psycopg

    from gridtwin.store.postgis.pool import Pool

    Connection = psycopg.Connection[Any]
    Result = TypeVar("Result")

# Columns stand in the order of the fields of Estimate.
PG_CURRENT_ESTIMATES = """
SELECT c.outage, c.issued_at, c.inputs_at, c.p10, c.p50, c.p80, c.p90, c.p95, c.etr, c.source,
    c.model, c.reason, 'repair', 0
FROM gridtwin.erm_current c
JOIN gridtwin.outages o ON o.id = c.outage
WHERE o.status IN ('predicted', 'confirmed', 'partially_restored')
ORDER BY c.outage COLLATE "C"
"""
PG_ISSUED_ESTIMATES = """
SELECT outage, issued_at, inputs_at, p10, p50, p80, p90, p95, etr, source, model, reason, stage,
    usage_points
FROM gridtwin.erm_history WHERE outage = %s ORDER BY id
"""
PG_POINT_ESTIMATES = """
SELECT usage_point, outage, stage, source, extract(epoch FROM p50)::float8,
    extract(epoch FROM p80)::float8, extract(epoch FROM p95)::float8,
    extract(epoch FROM etr)::float8
FROM gridtwin.erm_usage_points
WHERE %(outage)s = '' OR outage = %(outage)s
ORDER BY usage_point COLLATE "C"
"""
PG_COUNT_COVERED = """
SELECT outage, count(*) FROM gridtwin.erm_usage_points WHERE etr IS NULL OR etr > %s GROUP BY outage
"""
PG_READ_RUN = """
SELECT id, started_at, model, state_version, outages, usage_points, published
FROM gridtwin.erm_runs WHERE id = %s
"""
PG_ADD_RUN = """
INSERT INTO gridtwin.erm_runs (id, started_at, model, state_version, outages, usage_points,
    published)
VALUES (%s, %s, %s, %s, %s, %s, %s)
ON CONFLICT (id) DO NOTHING
"""
STAGE_OUTAGES = """
CREATE TEMPORARY TABLE erm_staged (outage text, issued_at timestamptz, inputs_at timestamptz,
    p10 timestamptz, p50 timestamptz, p80 timestamptz, p90 timestamptz, p95 timestamptz,
    etr timestamptz, source text, model text, reason text, stage text, usage_points int)
ON COMMIT DROP
"""
STAGE_POINTS = """
CREATE TEMPORARY TABLE erm_staged_points (usage_point text, outage text, stage text, source text,
    p50_s float8, p80_s float8, p95_s float8, etr_s float8)
ON COMMIT DROP
"""
COPY_OUTAGES = "COPY pg_temp.erm_staged FROM STDIN"
COPY_POINTS = "COPY pg_temp.erm_staged_points FROM STDIN"
# Restoring waits for this, and takes away the estimates of those who are back when it goes on.
PG_HOLD_OUTAGES = """
SELECT count(*) FROM (
    SELECT FROM gridtwin.outages o
    WHERE o.id IN (SELECT outage FROM pg_temp.erm_staged UNION
        SELECT outage FROM pg_temp.erm_staged_points)
    ORDER BY o.id FOR SHARE
) held
"""
# Outages and usage points that came back while the run was estimating get no estimate.
PG_SET_CURRENT = """
INSERT INTO gridtwin.erm_current AS c (outage, run, issued_at, inputs_at, p10, p50, p80, p90, p95,
    etr, source, model, reason)
SELECT s.outage, %s, s.issued_at, s.inputs_at, s.p10, s.p50, s.p80, s.p90, s.p95, s.etr, s.source,
    s.model, s.reason
FROM pg_temp.erm_staged s
JOIN gridtwin.outages o ON o.id = s.outage
WHERE s.stage = 'repair' AND o.status IN ('predicted', 'confirmed', 'partially_restored')
ON CONFLICT (outage) DO UPDATE SET run = excluded.run, issued_at = excluded.issued_at,
    inputs_at = excluded.inputs_at, p10 = excluded.p10, p50 = excluded.p50, p80 = excluded.p80,
    p90 = excluded.p90, p95 = excluded.p95, etr = excluded.etr, source = excluded.source,
    model = excluded.model, reason = excluded.reason
"""
PG_ADD_ISSUED = """
INSERT INTO gridtwin.erm_history (run, outage, stage, usage_points, issued_at, inputs_at, p10, p50,
    p80, p90, p95, etr, source, model, reason)
SELECT %s, outage, stage, usage_points, issued_at, inputs_at, p10, p50, p80, p90, p95, etr, source,
    model, reason
FROM pg_temp.erm_staged
"""
PG_SET_POINTS = """
INSERT INTO gridtwin.erm_usage_points (usage_point, outage, stage, issued_at, p50, p80, p95, etr,
    source)
SELECT s.usage_point, s.outage, s.stage, %s, to_timestamp(s.p50_s), to_timestamp(s.p80_s),
    to_timestamp(s.p95_s), to_timestamp(s.etr_s), s.source
FROM pg_temp.erm_staged_points s
JOIN gridtwin.outage_usage_points p ON p.usage_point = s.usage_point AND p.restored_at IS NULL
    AND p.outage = s.outage
ON CONFLICT (usage_point) DO UPDATE SET outage = excluded.outage, stage = excluded.stage,
    issued_at = excluded.issued_at, p50 = excluded.p50, p80 = excluded.p80, p95 = excluded.p95,
    etr = excluded.etr, source = excluded.source
"""
PG_READ_ZONES = """
SELECT zone, issued_at, expires_at, p50, p80, p95, model, actor
FROM gridtwin.erm_zones WHERE expires_at > %s ORDER BY zone COLLATE "C"
"""
PG_SET_ZONE = """
INSERT INTO gridtwin.erm_zones (zone, issued_at, expires_at, p50, p80, p95, model, actor)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s)
ON CONFLICT (zone) DO UPDATE SET issued_at = excluded.issued_at, expires_at = excluded.expires_at,
    p50 = excluded.p50, p80 = excluded.p80, p95 = excluded.p95, model = excluded.model,
    actor = excluded.actor
"""
WRITE_TIMEOUT = "SET LOCAL statement_timeout = '10min'"


class PostgisEstimates:
    """The estimates of a twin that is kept in PostgreSQL."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    def list_current(self) -> list[Estimate]:
        """Return the estimates in force, of open outages, by outage."""
        return self._pool.run_read(
            lambda link: [
                _build_estimate(row) for row in link.execute(PG_CURRENT_ESTIMATES).fetchall()
            ]
        )

    def list_issued(self, outage: str) -> list[Estimate]:
        """Return every estimate ever issued for an outage, oldest first."""
        return self._pool.run_read(
            lambda link: [
                _build_estimate(row)
                for row in link.execute(PG_ISSUED_ESTIMATES, (outage,)).fetchall()
            ]
        )

    def read_points(self, outage: str = "") -> PointEstimates:
        """Return the estimates in force of usage points: of one outage, or of all."""

        def select_points(connection: Connection) -> list[Any]:
            with connection.cursor(binary=True) as cursor:
                return cursor.execute(PG_POINT_ESTIMATES, {"outage": outage}).fetchall()

        return PointEstimates.from_rows(self._pool.run_read(select_points))

    def count_covered(self, now: datetime) -> dict[str, int]:
        """Return how many usage points of each outage have an estimate that has not passed."""
        return self._pool.run_read(
            lambda link: dict(link.execute(PG_COUNT_COVERED, (now,)).fetchall())
        )

    def read_run(self, run: str) -> Run | None:
        """Return a run that was written; None if there is none of that id."""
        return self._pool.run_read(lambda connection: _select_run(connection, run))

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

        def write_all(connection: Connection) -> Run:
            connection.execute(WRITE_TIMEOUT)
            values = [getattr(run, name) for name in Run.__slots__]
            if not connection.execute(PG_ADD_RUN, values).rowcount:
                return _select_run(connection, run.id) or run
            _stage_run(connection, estimates, points)
            connection.execute(PG_HOLD_OUTAGES)
            connection.execute(PG_SET_CURRENT, (run.id,))
            connection.execute(PG_ADD_ISSUED, (run.id,))
            connection.execute(PG_SET_POINTS, (run.started_at,))
            return run

        return self._pool.run_write(
            write_all, committed=lambda connection: _select_run(connection, run.id)
        )

    def list_zones(self, now: datetime) -> list[Zone]:
        """Return what is promised for parts of the territory and has not expired."""
        rows = self._pool.run_read(
            lambda connection: connection.execute(PG_READ_ZONES, (now,)).fetchall()
        )
        return [Zone(*map(_convert_to_utc, row)) for row in rows]

    def write_zones(self, zones: Sequence[Zone]) -> None:
        """Promise for parts of the territory, in place of what was promised for them."""

        def write_all(connection: Connection) -> None:
            with connection.cursor() as cursor:
                cursor.executemany(
                    PG_SET_ZONE,
                    [[getattr(each, name) for name in Zone.__slots__] for each in zones],
                )

        self._pool.run_write(write_all)


def _stage_run(
    connection: Connection, estimates: Sequence[Estimate], points: PointEstimates
) -> None:
    """Copy what a run found into tables of this transaction."""
    with connection.cursor() as cursor:
        cursor.execute(STAGE_OUTAGES)
        cursor.execute(STAGE_POINTS)
        with cursor.copy(COPY_OUTAGES) as copy:
            for each in estimates:
                copy.write_row([getattr(each, name) for name in Estimate.__slots__])
        with cursor.copy(COPY_POINTS) as copy:
            for row in zip(*points.list_columns(), strict=True):
                copy.write_row(row)


def _select_run(connection: Connection, run: str) -> Run | None:
    row = connection.execute(PG_READ_RUN, (run,)).fetchone()
    return None if row is None else Run(*map(_convert_to_utc, row))


def _build_estimate(row: Sequence[Any]) -> Estimate:
    return Estimate(*map(_convert_to_utc, row))


def _convert_to_utc(value: Any) -> Any:
    return value.astimezone(UTC) if isinstance(value, datetime) else value
