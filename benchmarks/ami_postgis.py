"""
Measure weeks of readings in PostgreSQL: `python -m benchmarks.ami_postgis [METERS] [DAYS]`.

Each day is summed when it is over, and the intervals of the last week alone are kept, as the worker
does; the processor time is that of all of the server.
"""

from __future__ import annotations

import os
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import gridtwin
from benchmarks.ami import INTERVALS, START, list_asked
from benchmarks.report import machine, publish
from gridtwin.store.postgis.cluster import run_cluster
from gridtwin.store.postgis.connect import connect

if TYPE_CHECKING:
    from typing import Any

    import psycopg

    from gridtwin.store.postgis.cluster import Cluster

    Connection = psycopg.Connection[Any]

METERS = 20_000
DAYS = 30
TRANSFORMERS_OF_M = 85_968
TICK_S = 1 / os.sysconf("SC_CLK_TCK")
# A day's shape over a load of its own for each transformer, as `keep_loads` makes it.
FILL = """
INSERT INTO gridtwin.transformer_load (reading_time, transformer, kwh, meters, v_min, v_max)
SELECT t.at, x.mrid, round((x.kwh * s.share * (0.8 + 0.4 * random()))::numeric, 3), 5, 118, 122
FROM generate_series(%(start)s::timestamptz + interval '15 min', %(end)s, interval '15 min') t (at)
CROSS JOIN LATERAL (SELECT 1 + 0.6 * sin(2 * pi() * extract(hour FROM t.at) / 24) AS share) s
CROSS JOIN (
    SELECT e.mrid, e.rated_va / 1000 / 4 * (0.2 + 0.6 * random()) AS kwh
    FROM gridtwin.equipment e
    WHERE e.mrid IN (SELECT m.transformer FROM gridtwin.meters m)
) x
ORDER BY 1, 2
"""
FILL_FEEDERS = """
INSERT INTO gridtwin.feeder_load (reading_time, feeder, kwh, meters, missing, below_a, above_a,
    below_b, above_b, v_min, v_max)
SELECT t.at, f.mrid, 1000 * random(), 400, 0, 2, 3, 0, 1, 110 + random(), 126 + random()
FROM generate_series(%(start)s::timestamptz + interval '15 min', %(end)s, interval '15 min') t (at)
CROSS JOIN gridtwin.feeders f
ORDER BY 1, 2
"""
FILL_PRICES = """
INSERT INTO gridtwin.conditions ("time", temperature_c, price_usd_mwh)
SELECT t.at, 30, CASE WHEN random() < 0.05 THEN 500 ELSE 30 END
FROM generate_series(%(start)s::timestamptz + interval '15 min', %(end)s, interval '15 min') t (at)
"""
TURN_DAY = "SELECT gridtwin.sum_load_day(%(day)s), gridtwin.drop_reading_days(%(day)s - 6)"
WEIGHT_OF_DAYS = """
SELECT pg_total_relation_size('gridtwin.transformer_day_load')
    + pg_total_relation_size('gridtwin.heavy_load')
"""
COUNT_TRANSFORMERS = "SELECT count(DISTINCT transformer) FROM gridtwin.meters"
WEIGHT = """
SELECT sum(pg_total_relation_size(c.oid)) FROM pg_class c JOIN pg_inherits i ON i.inhrelid = c.oid
WHERE i.inhparent = 'gridtwin.transformer_load'::regclass
"""


def main() -> None:
    """Fill a database, ask it, and write what that took."""
    meters = int(sys.argv[1]) if len(sys.argv) > 1 else METERS
    days = int(sys.argv[2]) if len(sys.argv) > 2 else DAYS
    bounds = tuple(datetime.fromtimestamp(START + 86_400 * day, UTC) for day in (0, days))
    network = gridtwin.synthesize("houston", meters=meters, seed=1)
    with (
        run_cluster({"shared_buffers": "1GB", "work_mem": "64MB"}) as cluster,
        cluster.create_database() as url,
    ):
        twin = gridtwin.open(network).save(url)
        values = dict(zip(("start", "end"), bounds, strict=True))
        with connect(url, statement_timeout_s=0) as connection:
            connection.autocommit = True
            connection.execute("SELECT gridtwin.refresh_meters()")
            connection.execute(
                "SELECT gridtwin.make_reading_days(%(start)s::date, %(end)s::date)", values
            )
            for query in (FILL_FEEDERS, FILL_PRICES):
                connection.execute(query, values)
            summed_s = sum(_fill_day(cluster, connection, bounds[0], day) for day in range(days))
            kept, weight = connection.execute(
                f"SELECT count(*), ({WEIGHT}) FROM gridtwin.transformer_load"
            ).fetchone()
            (weight_of_days,) = connection.execute(WEIGHT_OF_DAYS).fetchone()
            (transformers,) = connection.execute(COUNT_TRANSFORMERS).fetchone()
            connection.execute("VACUUM ANALYZE")
        lines = [
            "| question | processor s | of M, about |",
            "| --- | --- | --- |",
        ]
        count, scale = transformers * INTERVALS * days, TRANSFORMERS_OF_M / transformers
        for name, ask in list_asked(twin.ami.history, *bounds).items():
            spent = min(_time_question(cluster, ask) for _ in range(2))
            lines.append(f"| {name} | {spent:.2f} | {spent * scale:,.0f} |")
    head = f"{meters:,} meters, {days} days: {count:,} loads of transformers,"
    head += f" {weight / kept:.0f} bytes each with their key, {weight_of_days / count:.0f} by"
    head += f" day, which takes {summed_s / days:.2g} s a day; {machine()}; processor time of all"
    head += " processes of the server, the better of two; shared_buffers of 1 GB, else as it comes."
    publish("Weeks of readings in PostgreSQL", [head, "", *lines])


def _fill_day(cluster: Cluster, connection: Connection, first: datetime, number: int) -> float:
    """Write the intervals of a day, sum them, and return what that took."""
    start = first + timedelta(days=number, minutes=-15)
    connection.execute(FILL, {"start": start, "end": start + timedelta(days=1)})
    before = _read_processor_time(cluster)
    connection.execute(TURN_DAY, {"day": (first + timedelta(days=number)).date()})
    return _read_processor_time(cluster) - before


def _time_question(cluster: Cluster, ask) -> float:  # noqa: ANN001
    before = _read_processor_time(cluster)
    assert len(ask().frame)
    time.sleep(0.2)  # what parallel workers took is counted when they have ended
    return _read_processor_time(cluster) - before


def _read_processor_time(cluster: Cluster) -> float:
    """Return the processor time of a server: of its processes, and of those that have ended."""
    postmaster = (cluster.directory / "data/postmaster.pid").read_text().split()[0]
    ticks = 0
    for place in Path("/proc").glob("[0-9]*"):
        try:
            parts = (place / "stat").read_text().rpartition(")")[2].split()
        except OSError:  # it has ended
            continue
        if place.name == postmaster:
            ticks += sum(map(int, parts[11:15]))
        elif parts[1] == postmaster:
            ticks += int(parts[11]) + int(parts[12])
    return ticks * TICK_S


if __name__ == "__main__":
    main()
