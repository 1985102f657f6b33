"""Measure the PostGIS mirror beside plain ways: `python -m benchmarks.postgis [meters]`."""

from __future__ import annotations

import random
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

import gridtwin
from benchmarks.mirrors import mirror_rows
from benchmarks.report import ROUNDS, Limit, Row, machine, publish, tables
from gridtwin.model.tables import decode_texts
from gridtwin.store.postgis.connect import connect
from gridtwin.store.postgis.lookups import LookUps

sys.path.append(str(Path(__file__).parents[1] / "tests"))
from postgres import run_cluster

if TYPE_CHECKING:
    import psycopg

    from gridtwin.model.network import Network
    from gridtwin.twin import Twin

METERS = 596_906
OUT = 20_000  # usage points in open outages
LOOKED_UP = 4_000
SWITCHED = 150
SERVER = {  # as it comes, but for the memory
    "shared_buffers": "512MB",
    "fsync": "on",
    "synchronous_commit": "on",
    "full_page_writes": "on",
    "autovacuum": "on",
}

# The best case of a recursive query: edges already directed, in a table of their own. The plain
# case walks what is mirrored, either way, and watches out for loops.
EDGES = """
CREATE TABLE public.edges AS
SELECT parent, node, feed FROM gridtwin.node_topology WHERE parent >= 0;
CREATE INDEX ON public.edges (parent);
VACUUM ANALYZE public.edges;
"""
WALK = """
WITH RECURSIVE walk (node, feed, depth) AS (
    SELECT p.child, p.equipment, 0 FROM gridtwin.equipment_topology p WHERE p.equipment = {start}
    UNION ALL
    SELECT t.node, t.feed, w.depth + 1 FROM walk w JOIN public.edges t ON t.parent = w.node
)
"""
PLAIN_WALK = """
WITH RECURSIVE walk (node, feed, depth) AS (
    SELECT p.child, p.equipment, 0 FROM gridtwin.equipment_topology p WHERE p.equipment = {start}
    UNION ALL
    SELECT e.node, e.equipment, w.depth + 1
    FROM walk w
    CROSS JOIN LATERAL (
        SELECT p.node_b AS node, p.equipment FROM gridtwin.equipment_topology p
        WHERE p.node_a = w.node AND p.passes <> 0
        UNION ALL
        SELECT p.node_a, p.equipment FROM gridtwin.equipment_topology p
        WHERE p.node_b = w.node AND p.passes <> 0
    ) e
    WHERE e.equipment <> w.feed
) CYCLE node SET looped USING path
"""
LIST = """
SELECT e.mrid, e.kind, w.depth FROM walk w JOIN gridtwin.equipment e ON e.row = w.feed
WHERE w.depth > 0
"""
COUNT = """
SELECT sum(u.customers) AS customers FROM walk w JOIN gridtwin.usage_points u ON u.node = w.node
"""
WALKS = {
    "recursive query over directed edges": WALK.format(start="h.row"),
    "recursive query over what is mirrored": PLAIN_WALK.format(start="h.row"),
}
STORM = """
WITH RECURSIVE walk (node) AS (
    SELECT p.child FROM gridtwin.equipment e
    JOIN gridtwin.equipment_topology p ON p.equipment = e.row
    WHERE p.child >= 0 AND ST_Intersects(e.geometry, ST_GeomFromText(%s, 4326))
    UNION
    SELECT t.node FROM walk w JOIN public.edges t ON t.parent = w.node
)
SELECT sum(u.customers) FROM walk w JOIN gridtwin.usage_points u ON u.node = w.node
"""


def main() -> None:
    """Print one table of ratios and one of limits."""
    meters = int(sys.argv[1]) if len(sys.argv) > 1 else METERS
    twin = gridtwin.open(gridtwin.synthesize("houston", meters=meters, seed=1))
    network = _ordered(twin)
    twin = gridtwin.open(network)
    with run_cluster(SERVER) as running, running.create_database() as url:
        with running.create_database() as spare:
            rows = mirror_rows(url, spare, twin)
        with connect(url, autocommit=True) as connection:
            rows += _questions(connection, twin)
            limits = [_switches(connection, twin)]
            _outages(connection)
        limits += _lookups(url, twin)
    head = f"{meters:,} meters, {len(network.data.equipment.mrid):,} equipment; {machine()}; "
    head += "PostgreSQL beside on the same machine, wall time. Both sides of a row answer the same."
    publish("The PostGIS mirror", [head, "", *tables(rows, limits)])


def _ordered(twin: Twin) -> Network:
    from gridtwin.topology.renumber import preorder_rows

    network = twin.store.network
    return network.reorder_rows(*preorder_rows(twin.store.read_index(), network.data))


def _questions(connection: psycopg.Connection[Any], twin: Twin) -> list[Row]:
    for statement in EDGES.split(";")[:-1]:
        connection.execute(statement)  # type: ignore[arg-type]
    data = twin.store.network.data
    heads = random.Random(1).sample(data.feeders.head.tolist(), 100)
    connection.execute("CREATE TEMP TABLE heads (row int, mrid text)")
    with connection.cursor() as cursor:
        names = decode_texts(data.equipment.mrid[heads]).tolist()
        cursor.executemany(
            "INSERT INTO heads VALUES (%s, %s)", list(zip(heads, names, strict=True))
        )
    connection.execute("ANALYZE heads")
    x, y = data.usage_points.xy[len(data.usage_points.xy) // 2]
    west, east, south, north = x - 0.03, x + 0.03, y - 0.03, y + 0.03
    area = f"POLYGON(({west} {south}, {east} {south}, {x} {north}, {west} {south}))"
    asked = "SELECT count(d.mrid), count(d.kind), sum(d.depth) FROM heads h CROSS JOIN LATERAL"
    every = "SELECT h.mrid, d.mrid, d.kind, d.depth FROM heads h CROSS JOIN LATERAL"
    ours = "gridtwin.downstream(h.mrid) d"
    rows = []
    for walk, words in WALKS.items():
        listed = [
            sorted(connection.execute(f"{every} {side}".encode()).fetchall())
            for side in (ours, f"({words} {LIST}) d")
        ]
        assert listed[0] == listed[1], walk
        rows += [
            _row(
                connection,
                f"downstream of a feeder head / {walk}",
                (f"{asked} {ours}", f"{asked} ({words} {LIST}) d"),
                (),
                100,
                10,
            ),
            _row(
                connection,
                f"customers of a feeder head / {walk}",
                (
                    "SELECT sum(gridtwin.customers_downstream(h.mrid)) FROM heads h",
                    f"SELECT sum(d.customers) FROM heads h CROSS JOIN LATERAL ({words} {COUNT}) d",
                ),
                (),
                100,
                40,
            ),
        ]
    rows.append(
        _row(
            connection,
            "damage polygon to customers out / PostGIS and recursive query",
            ("SELECT gridtwin.customers_out(ST_GeomFromText(%s, 4326))", STORM),
            (area,),
            1,
            8,
        )
    )
    return rows


def _row(
    connection: psycopg.Connection[Any],
    what: str,
    statements: tuple[str, str],
    values: tuple[Any, ...],
    count: int,
    bar: float,
) -> Row:
    """Time two statements that give the same answer, in turn; the best of fifteen."""
    times: tuple[list[float], list[float]] = ([], [])
    answers = []
    for _ in range(15):
        for statement, spent in zip(statements, times, strict=True):
            start = time.perf_counter()
            answers.append(connection.execute(statement, values or None).fetchall())  # type: ignore[arg-type]
            spent.append((time.perf_counter() - start) / count)
    assert all(answer == answers[0] for answer in answers), (what, answers[:2])
    ours, other = (min(spent) for spent in times)
    return Row(what, ours, other, bar)


def _switches(connection: psycopg.Connection[Any], twin: Twin) -> Limit:
    equipment = twin.store.network.data.equipment
    closed = (equipment.kind >= 2) & (equipment.kind <= 8) & (equipment.normal_open == 0)
    rows = random.Random(2).sample(np.flatnonzero(closed).tolist(), SWITCHED)
    spent = []
    for mrid in decode_texts(equipment.mrid[rows]).tolist():
        for opened in (True, False):
            start = time.perf_counter()
            connection.execute("SELECT gridtwin.operate(%s, %s)", (mrid, opened))
            spent.append(time.perf_counter() - start)
    return Limit("one switch operation, committed, p99", _p99(spent), 50, "ms")


def _p99(spent: list[float]) -> float:
    return float(np.quantile(spent, 0.99)) * 1e3


def _outages(connection: psycopg.Connection[Any]) -> None:
    connection.execute(
        "INSERT INTO gridtwin.outages (id, began_at)"
        " SELECT 'O' || n, now() FROM generate_series(0, 199) n"
    )
    connection.execute(
        "INSERT INTO gridtwin.outage_usage_points (outage, usage_point, began_at)"
        " SELECT 'O' || (row %% 200), mrid, now() FROM gridtwin.usage_points WHERE row < %s",
        (OUT,),
    )
    connection.execute(
        "INSERT INTO gridtwin.erm_usage_points (usage_point, outage, etr)"
        " SELECT usage_point, outage, now() + interval '1 hour' FROM gridtwin.outage_usage_points"
    )
    connection.execute("VACUUM ANALYZE")


def _lookups(url: str, twin: Twin) -> list[Limit]:
    meters = decode_texts(twin.store.network.data.usage_points.mrid[: 2 * OUT]).tolist()
    limits = []
    with LookUps(url, most=16) as found:
        for clients, most in ((1, 1), (16, 10)):
            ready = threading.Barrier(clients)

            def ask(seed: int, ready: threading.Barrier = ready, clients: int = clients) -> Any:
                rng, spent = random.Random(seed), []
                ready.wait()
                for _ in range(LOOKED_UP // clients):
                    meter = rng.choice(meters)
                    start = time.perf_counter()
                    found.estimate(meter)
                    spent.append(time.perf_counter() - start)
                return spent[10:]

            rounds = []
            for _ in range(ROUNDS):
                with ThreadPoolExecutor(clients) as pool:
                    spent = [each for part in pool.map(ask, range(clients)) for each in part]
                rounds.append(_p99(spent))
            what = f"estimate of a meter, {clients} connection{'s' * (clients > 1)}"
            what += f", p99 in the best of {ROUNDS} rounds"
            limits.append(Limit(what, min(rounds), most, "ms"))
    return limits


if __name__ == "__main__":
    main()
