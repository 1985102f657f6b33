"""
Measure live readings on one machine: `python -m benchmarks.stream [meters] [seconds] [burst]`.

Producer, broker (Apache Kafka), worker and PostgreSQL (as it comes, fsync on) share the cores.
"""

from __future__ import annotations

import json
import multiprocessing as mp
import os
import random
import sys
import tempfile
import threading
import time
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import psycopg

import gridtwin
from benchmarks.report import Limit, machine, publish, tables
from gridtwin.model.readings import Readings
from gridtwin.store.postgis.connect import connect
from gridtwin.stream.broker.node import running
from gridtwin.stream.encoding import encode_readings
from gridtwin.stream.ingest.ingest_metrics import IngestMetrics
from gridtwin.stream.ingest.intake import Options
from gridtwin.stream.ingest.worker_run import Kafka, run_worker
from gridtwin.stream.topics import make_topics

sys.path.append(str(Path(__file__).parents[1] / "tests"))
from postgres import run_cluster

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gridtwin.model.tables import Strings

METERS = 596_906
SECONDS = 300
BURST = 60
RATE, BURST_RATE = 10_000, 30_000
START_S = 1_782_864_000  # 2026-07-01T00:00:00Z
TICK_S = 0.05
BACKLOG = 400_000
NAIVE = 40_000
SERVER = {  # as it comes, but for the memory
    "shared_buffers": "1GB",
    "max_wal_size": "4GB",
    "fsync": "on",
    "synchronous_commit": "on",
    "full_page_writes": "on",
    "autovacuum": "on",
}


class Probe(NamedTuple):
    """A reading whose way is timed."""

    meter: str
    at_s: int
    sent: float


class Meters:
    """All meters of a network, one interval after another."""

    def __init__(self, mrid: Strings) -> None:
        self._mrid, self._place, self._at_s = mrid, 0, START_S + 900
        self._random = np.random.default_rng(1)

    def next(self, count: int) -> tuple[list[bytes], list[bytes], int]:
        """Return keys and messages of the next readings, of one interval at most, and its end."""
        mrid = self._mrid[self._place : self._place + count]
        at_s = self._at_s
        self._place += len(mrid)
        if self._place >= len(self._mrid):
            self._place, self._at_s = 0, self._at_s + 900
        readings = Readings(
            mrid=mrid,
            at_s=np.full(len(mrid), at_s),
            kwh=self._random.gamma(2, 0.2, len(mrid)).astype(np.float32).round(3),
            voltage_v=self._random.normal(121, 1.5, len(mrid)).astype(np.float32).round(1),
        )
        return mrid.tolist(), encode_readings(readings), at_s


def produce(brokers: str, topic: str, mrid: Strings, orders: Any, probes: Any) -> None:
    """Send readings at the rates that come as orders (rate, seconds), in a process of its own."""
    from confluent_kafka import Producer

    producer = Producer(
        {"bootstrap.servers": brokers, "acks": "all", "linger.ms": 20, "compression.type": "lz4",
         "queue.buffering.max.messages": 2_000_000}
    )  # fmt: skip
    meters = Meters(mrid)
    for rate, seconds in iter(orders.get, None):
        began, due, ticks = time.monotonic(), 0.0, 0
        total = rate * seconds
        sent = 0
        while sent < total:
            due += rate * TICK_S
            want = int(min(due, total)) - sent
            while want > 0:
                keys, values, at_s = meters.next(want)
                now = time.time()
                for key, value in zip(keys, values, strict=True):
                    producer.produce(topic, value, key)
                want -= len(values)
                sent += len(values)
            if ticks % 2 == 0:
                probes.put(Probe(keys[-1].decode(), at_s, now))
            ticks += 1
            producer.poll(0)
            left = began + ticks * TICK_S - time.monotonic()
            if left > 0:
                time.sleep(left)
        producer.flush(60)
        probes.put((sent, time.monotonic() - began))


def work(url: str, brokers: str, options: Options, stop: Any, spent: Any) -> None:
    """Run a worker in a process of its own; tell how long each batch took."""
    times: list[tuple[float, float]] = []

    def batch(self: IngestMetrics, seconds: float) -> None:
        times.append((time.time(), seconds))
        self.counts["batches"] += 1

    IngestMetrics.count_batch = batch  # type: ignore[method-assign]
    event = threading.Event()
    threading.Thread(target=lambda: (stop.wait(), event.set()), daemon=True).start()
    figures = run_worker(url, Kafka(brokers), event, options=options)
    spent.put((times, figures.counts))


class Line:
    """Everything that takes part."""

    def __init__(self, url: str, brokers: str, options: Options, mrid: Strings) -> None:
        self.url, self.brokers, self.options, self.mrid = url, brokers, options, mrid
        context = mp.get_context("spawn")
        self.orders, self.probes, self.spent = context.Queue(), context.Queue(), context.Queue()
        self.stop = context.Event()
        self.producer = context.Process(
            target=produce, args=(brokers, options.readings, mrid, self.orders, self.probes)
        )
        self.worker = context.Process(
            target=work, args=(url, brokers, options, self.stop, self.spent)
        )
        self.delays: list[float] = []
        self.sent: list[tuple[int, float]] = []

    @contextmanager
    def probing(self) -> Iterator[None]:
        """Look for each probe until it is visible; note how long that took."""
        over = threading.Event()
        thread = threading.Thread(target=self._probe, args=(over,))
        thread.start()
        yield
        over.set()
        thread.join()

    def _probe(self, over: threading.Event) -> None:
        query = (
            "SELECT 1 FROM gridtwin.ami_realtime WHERE reading_time = to_timestamp(%s) AND meter ="
            " (SELECT meter FROM gridtwin.meters WHERE mrid = %s)"
        )
        waiting: list[Probe] = []
        with psycopg.connect(self.url, autocommit=True, prepare_threshold=1) as link:
            while not over.is_set() or waiting:
                while not self.probes.empty():
                    told = self.probes.get()
                    if isinstance(told, Probe):
                        waiting.append(told)
                    else:
                        self.sent.append(told)
                while waiting:
                    probe = waiting[0]
                    if link.execute(query, (probe.at_s, probe.meter)).fetchone() is None:
                        break
                    self.delays.append(time.time() - probe.sent)
                    waiting.pop(0)
                time.sleep(0.01)

    def lag(self, link: psycopg.Connection[Any], consumer: Any) -> int:
        """Return how many messages are not written yet."""
        from confluent_kafka import TopicPartition

        rows = link.execute(
            "SELECT partition, next_offset FROM gridtwin.stream_offsets WHERE topic = %s",
            (self.options.readings,),
        ).fetchall()
        done = dict(rows)
        ends = (
            consumer.get_watermark_offsets(TopicPartition(self.options.readings, number))[1]
            for number in range(6)
        )
        return sum(end - done.get(number, 0) for number, end in enumerate(ends))


def watched(line: Line, seconds: float, until: int | None = None) -> list[tuple[float, int]]:
    """Return time and lag, twice a second, for so long, or until the lag is small."""
    from confluent_kafka import Consumer

    consumer = Consumer({"bootstrap.servers": line.brokers, "group.id": "watcher"})
    began, seen = time.monotonic(), []
    with connect(line.url, autocommit=True) as link:
        while time.monotonic() - began < seconds:
            seen.append((time.monotonic() - began, line.lag(link, consumer)))
            if until is not None and seen[-1][1] < until:
                break
            time.sleep(0.5)
    consumer.close()
    return seen


def looked_up(line: Line, over: threading.Event, times: list[float]) -> None:
    """Ask short questions all the while: a meter's day, customers behind a device."""
    chance = random.Random(1)
    with connect(line.url, autocommit=True) as link:
        link.prepare_threshold = 1
        devices = [mrid for (mrid,) in link.execute(
            "SELECT mrid FROM gridtwin.equipment WHERE kind IN ('fuse', 'recloser')"
            " ORDER BY row LIMIT 5000"
        ).fetchall()]  # fmt: skip
        names = line.mrid.tolist()
        while not over.is_set():
            began = time.perf_counter()
            if chance.random() < 0.5:
                link.execute(
                    "SELECT * FROM gridtwin.readings_of(%s, to_timestamp(%s), to_timestamp(%s))",
                    (chance.choice(names).decode(), START_S, START_S + 86_400),
                ).fetchall()
            else:
                link.execute("SELECT gridtwin.customers_downstream(%s)", (chance.choice(devices),))
            times.append(time.perf_counter() - began)
            time.sleep(0.02)


def naive(url: str, brokers: str, topic: str, count: int) -> float:
    """Return readings a second of a consumer that inserts row by row, into one table."""
    from confluent_kafka import Consumer

    consumer = Consumer(
        {"bootstrap.servers": brokers, "group.id": "naive", "auto.offset.reset": "earliest",
         "enable.auto.commit": False}
    )  # fmt: skip
    consumer.subscribe([topic])
    with psycopg.connect(url) as link:
        link.execute(
            "CREATE TABLE IF NOT EXISTS public.naive (meter_id text, reading_time timestamptz,"
            " kwh float8, voltage_v float8, PRIMARY KEY (meter_id, reading_time))"
        )
        link.commit()
        messages = consumer.consume(1, timeout=30)  # what comes before is the group's beginning
        began, done = time.monotonic(), 0
        while done < count:
            messages += consumer.consume(500, timeout=1.0)
            for message in messages:
                said = json.loads(message.value())
                link.execute(
                    "INSERT INTO public.naive VALUES (%s, %s, %s, %s)"
                    " ON CONFLICT (meter_id, reading_time) DO UPDATE"
                    " SET kwh = excluded.kwh, voltage_v = excluded.voltage_v",
                    (said["meter_id"], said["reading_time"], said["kwh"], said["voltage_v"]),
                )
            link.commit()
            consumer.commit(asynchronous=False)
            done += len(messages)
            messages = []
        took = time.monotonic() - began
    consumer.close()
    return done / took


def checked(line: Line) -> None:
    """Hold what is written against what was sent."""
    with connect(line.url, autocommit=True, statement_timeout_s=0) as link:
        sent = sum(count for count, _ in line.sent)
        for table in ("ami_bronze", "ami_silver", "ami_realtime"):
            row = link.execute(f"SELECT count(*) FROM gridtwin.{table}").fetchone()
            assert row == (sent,), (table, row, sent)


def ms(times: list[float], share: float) -> float:
    return float(np.quantile(times, share)) * 1e3


def backlog(line: Line) -> tuple[float, float]:
    """Return readings a second of the plain consumer and of ours, from the same messages."""
    line.producer.start()
    line.orders.put((BACKLOG, 1))
    while isinstance(told := line.probes.get(), Probe):
        pass
    line.sent.append(told)
    plain = naive(line.url, line.brokers, line.options.readings, NAIVE)
    line.worker.start()
    while watched(line, 1.0)[-1][1] >= BACKLOG:
        pass
    began = time.monotonic()
    left = watched(line, 600, until=1)
    fast = left[0][1] / (time.monotonic() - began)
    print(f"naive {plain:,.0f}/s, backlog {fast:,.0f}/s", flush=True)
    return plain, fast


def measure(line: Line, seconds: int, burst: int) -> list[str]:
    """Measure a backlog, a steady stream and a burst; return the lines of the report."""
    plain, fast = backlog(line)

    over, times = threading.Event(), list[float]()
    looking = threading.Thread(target=looked_up, args=(line, over, times))
    with line.probing():
        looking.start()
        from_s = time.time()
        line.orders.put((RATE, seconds))
        steady = watched(line, seconds)
        to_s = time.time()
        delays, asked = list(line.delays), list(times)
        print(
            f"steady: {ms(delays, 0.99):,.0f} ms p99, look-ups {ms(asked, 0.99):.1f} ms", flush=True
        )
        line.orders.put((BURST_RATE, burst))
        peak = watched(line, burst)
        caught = watched(line, 600, until=5_000)
        over.set()
        looking.join()
        line.orders.put(None)
        line.producer.join()
    watched(line, 60, until=1)
    line.stop.set()
    batches, counts = line.spent.get(timeout=120)
    spent = [took for _, took in batches]
    calm = [took for at, took in batches if from_s < at < to_s]
    line.worker.join()
    checked(line)
    third = len(steady) // 3
    first, last = (np.mean([lag for _, lag in part]) for part in (steady[:third], steady[-third:]))
    achieved = [count / took for count, took in line.sent[1:]]
    limits = [
        Limit("reading produced to visible in ami_realtime, p99", ms(delays, 0.99), 2_000, "ms"),
        Limit("one batch written at that rate, p99", ms(calm, 0.99), 100, "ms"),
        Limit("look-ups meanwhile, p99", ms(asked, 0.99), 20, "ms"),
        Limit("caught up after the burst", caught[-1][0], 120, "s"),
    ]
    return [
        f"Kept up with {achieved[0]:,.0f} readings/s for {seconds} s: lag {first:,.0f} messages in"
        f" the first third, {last:,.0f} in the last, {max(lag for _, lag in steady):,} at most;"
        f" visible after {ms(delays, 0.5):,.0f} ms (median), {ms(delays, 0.99):,.0f} ms (p99),"
        f" {ms(delays, 1):,.0f} ms (most).",
        "",
        f"Burst: {achieved[1]:,.0f} readings/s sent for {burst} s; lag {peak[-1][1]:,} at its end,"
        f" gone {caught[-1][0]:,.0f} s later. All batches: median {ms(spent, 0.5):,.0f} ms,"
        f" p99 {ms(spent, 0.99):,.0f} ms, most {ms(spent, 1):,.0f} ms, {len(spent):,} of them for"
        f" {counts['messages']:,} messages.",
        "",
        f"A backlog of {BACKLOG:,}: {fast:,.0f} readings/s into bronze, silver and gold, offsets"
        " with them; a plain consumer that inserts row by row into one table, at least once:"
        f" {plain:,.0f}/s, so {fast / plain:,.1f} times.",
        "",
        *tables([], limits),
    ]


def main() -> None:
    """Measure and publish."""
    meters, seconds, burst = (
        int(word) if word else default
        for word, default in zip(
            [*sys.argv[1:4], "", "", ""], (METERS, SECONDS, BURST), strict=False
        )
    )
    twin = gridtwin.open(gridtwin.synthesize("houston", meters=meters, seed=1))
    options = Options.for_prefix("bench", "bench.")
    with ExitStack() as stack:
        server = stack.enter_context(run_cluster(SERVER))
        url = stack.enter_context(server.create_database())
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        node = stack.enter_context(running(Path(folder), heap_mb=384))
        twin.save(url)
        make_topics(node.brokers, {options.readings: 6, options.conditions: 1})
        line = Line(url, node.brokers, options, twin.network.data.usage_points.mrid)
        try:
            lines = measure(line, seconds, burst)
        finally:
            for process in (line.producer, line.worker):
                if process.is_alive():
                    process.kill()
    head = (
        f"{meters:,} meters; {machine()}, shared by producer, broker, worker, PostgreSQL (fsync on)"
    )
    others = (
        f"; {os.getloadavg()[2]:.0f} processes ran or waited to run, those of others among them"
    )
    publish("Live readings", [f"{head}{others}.", "", *lines])


if __name__ == "__main__":
    main()
