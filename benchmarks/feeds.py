"""
Measure changes of a PostgreSQL, by Debezium and Kafka, in a twin: `python -m benchmarks.feeds`.

A source changes 100,000 times within a minute while it is followed; the bar is that the twin is
equal to it a few seconds after the last change, which it can be only if it kept up. Processor time
is told beside: the machine does all of it at once, source, broker, connector and both databases.
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import psycopg

import gridtwin
from benchmarks.report import Limit, machine, publish, tables
from gridtwin.store.postgis.cluster import run_cluster
from gridtwin.stream.broker.node import running
from gridtwin.stream.topics import make_topics

sys.path.append(str(Path(__file__).parents[1] / "tests"))
from kafka_connect import run_connect
from waiting import started, wait_until

CHANGES = 100_000
MINUTE_S = 60.0
ROWS = 20_000  # that are there before
AT_ONCE = 100  # changes of one transaction
BEHIND_S = 15.0  # after the last change
SLOT = "bench"
TABLE = """
CREATE TABLE work_order (id bigint PRIMARY KEY, wo text NOT NULL, st text NOT NULL, asset text,
    planned timestamptz, note text);
CREATE PUBLICATION bench FOR TABLE work_order;
"""
MAP = """
[orders]
topic = "bench.public.work_order"
target = "work_orders"
[orders.columns]
work_order = "wo"
status = { field = "st", values = { R = "released", C = "completed" } }
element = "asset"
planned_start = "planned"
description = "note"
"""
THERE = "SELECT count(*), sum(hashtext(wo || st || coalesce(note, ''))) FROM work_order"
HERE = """
SELECT count(*), sum(hashtext(work_order || CASE status WHEN 'released' THEN 'R' ELSE 'C' END
    || description)) FROM gridtwin.work_orders
"""


def main() -> None:
    """Print whether the twin kept up, and what it cost."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        source = stack.enter_context(run_cluster({"wal_level": "logical"}))
        database = stack.enter_context(source.create_database(spatial=False))
        url = source.build_url(database.rpartition("/")[2], user="postgres")
        link = stack.enter_context(psycopg.connect(url, autocommit=True))
        twin_url = stack.enter_context(
            stack.enter_context(run_cluster({"autovacuum": "on"})).create_database()
        )
        gridtwin.open(gridtwin.synthesize("houston", meters=1_000, seed=1)).save(twin_url)
        twin = stack.enter_context(psycopg.connect(twin_url, autocommit=True))
        broker = stack.enter_context(running(folder / "kafka"))
        make_topics(broker.brokers, {"bench.public.work_order": 3})
        for statement in TABLE.strip().rstrip(";").split(";"):
            link.execute(statement.encode())
        link.execute(
            "INSERT INTO work_order SELECT i, 'W-' || i, 'R', 'L1', now(), 'as planned'"
            f" FROM generate_series(1, {ROWS}) i"
        )
        worker = stack.enter_context(run_connect(folder / "connect", broker.brokers, SLOT))
        worker.connect_postgres(database, "public.work_order", slot=SLOT)
        limits = _follow(folder, broker.brokers, link, twin, twin_url)
    head = f"{CHANGES:,} changes within a minute; {machine()}, by `python -m benchmarks.feeds`."
    publish("Changes of other systems", [head, "", *tables([], limits)])


def _follow(
    folder: Path, brokers: str, link: psycopg.Connection[Any], twin: Any, twin_url: str
) -> list[Limit]:
    (folder / "feeds.toml").write_text(MAP)
    command = [
        str(Path(sys.executable).with_name("gridtwin")), "feeds", "run", "--json",
        "--source", f"kafka://{brokers}", "--map", str(folder / "feeds.toml"), "--in", twin_url,
    ]  # fmt: skip
    with started(command, stdout=subprocess.PIPE) as feed:
        wait_until(lambda: _is_equal(link, twin), process=feed)
        before = _processor_s(feed.pid)
        took = _change(link)
        end = time.perf_counter()
        wait_until(lambda: _is_equal(link, twin), process=feed)
        behind = time.perf_counter() - end
        spent = _processor_s(feed.pid) - before
        feed.terminate()
        said, _ = feed.communicate(timeout=60)
    counts = json.loads(said)
    assert counts["letters"] == 0
    sys.stdout.write(f"{counts}\n")
    return [
        Limit("the source itself took", took, MINUTE_S * 1.05, "s"),
        Limit("after the last change: equal within", behind, BEHIND_S, "s"),
        Limit("processor time of the feed", spent, MINUTE_S, "s"),
    ]


def _change(link: psycopg.Connection[Any]) -> float:
    """Change the source so often within a minute, evenly; return the seconds it took."""
    chosen, last, alive = random.Random(1), ROWS, list(range(1, ROWS + 1))
    start = time.perf_counter()
    for done in range(0, CHANGES, AT_ONCE):
        gone = [(_take_one(alive, chosen),) for _ in range(AT_ONCE * 2 // 10)]
        updated = [(f"note {done}", each) for each in chosen.sample(alive, AT_ONCE * 6 // 10)]
        added = [(last + n, f"W-{last + n}") for n in range(1, AT_ONCE * 2 // 10 + 1)]
        last += len(added)
        alive += [number for number, _ in added]
        with link.transaction(), link.cursor() as cursor:
            cursor.executemany("UPDATE work_order SET st = 'C', note = %s WHERE id = %s", updated)
            cursor.executemany(
                "INSERT INTO work_order VALUES (%s, %s, 'R', 'L2', now(), '')", added
            )
            cursor.executemany("DELETE FROM work_order WHERE id = %s", gone)
        due = start + MINUTE_S * (done + AT_ONCE) / CHANGES
        time.sleep(max(0.0, due - time.perf_counter()))
    return time.perf_counter() - start


def _take_one(alive: list[int], chosen: random.Random) -> int:
    """Take one out of a list whose order does not matter."""
    at = chosen.randrange(len(alive))
    alive[at], alive[-1] = alive[-1], alive[at]
    return alive.pop()


def _is_equal(link: psycopg.Connection[Any], twin: psycopg.Connection[Any]) -> bool:
    return link.execute(THERE).fetchone() == twin.execute(HERE.encode()).fetchone()


def _processor_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    main()
