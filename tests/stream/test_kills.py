"""Whatever dies, and whoever comes back from the dead: each reading once, each dead letter once."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from threading import Event, Thread

import pytest
from confluent_kafka import Producer

from gridtwin.store.postgis.connect import connect_patiently
from gridtwin.stream.broker.node import Node, running
from gridtwin.stream.ingest.intake import Options
from gridtwin.stream.topics import make_topics
from gridtwin.twin import Twin
from meter_stream import Line, Meters, check
from postgres import Cluster, run_cluster
from waiting import PATIENCE_S, started, wait_until

GRIDTWIN = Path(sys.executable).parent / "gridtwin"
KEEP_DAYS = 3_650
MOST_UNSENT = 20_000


@pytest.fixture
def line(line: Line) -> Line:
    """Return the line, whose database drops no day."""
    return replace(line, options=replace(line.options, keep_days=KEEP_DAYS))


class Supervised:
    """A worker that is started again whenever it ends, as a service manager does."""

    def __init__(self, line: Line, name: str, *words: str) -> None:
        self._command = [
            str(GRIDTWIN), "stream", "run", "--in", line.url, "--brokers", line.brokers,
            "--group", line.options.stream, "--instance", name, "--log-json",
            "--topic-prefix", line.options.readings.removesuffix("ami_readings"),
            "--setting", "session.timeout.ms=6000", "--keep-days", str(KEEP_DAYS), *words,
        ]  # fmt: skip
        self._over = Event()
        self.process: subprocess.Popen[bytes] | None = None
        self.starts = 0
        self._thread = Thread(target=self._keep)
        self._thread.start()

    def _keep(self) -> None:
        while not self._over.is_set():
            self.starts += 1
            with started(
                self._command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
            ) as process:
                self.process = process
                process.wait()

    def signal(self, number: signal.Signals) -> None:
        if self.process is not None and self.process.poll() is None:
            os.kill(self.process.pid, number)

    def kill(self) -> None:
        """Kill it while it lives, and wait until it is started again."""
        wait_until(lambda: self.process is not None and self.process.poll() is None)
        starts = self.starts
        self.signal(signal.SIGKILL)
        wait_until(lambda: self.starts > starts)

    def end(self) -> None:
        self._over.set()
        while self._thread.is_alive():  # it may just be starting another one
            self.signal(signal.SIGCONT)
            self.signal(signal.SIGTERM)
            self._thread.join(1.0)


class Sending:
    """
    Meters that send an interval after another, whatever the broker does.

    A database keeps the days it is told to, and ten seconds of sending are a day: on a slow machine
    the first days would be dropped before the end, so all are kept.
    """

    def __init__(self, line: Line, names: list[str], pause_s: float) -> None:
        self._line, self._meters, self._pause_s = line, Meters(names, seed=5), pause_s
        self._over = Event()
        self.sent = 0
        self._thread = Thread(target=self._send)
        self._thread.start()

    def _send(self) -> None:
        producer = Producer(
            {
                "bootstrap.servers": self._line.brokers,
                "enable.idempotence": True,
                "message.timeout.ms": 0,  # none is given up
                "reconnect.backoff.max.ms": 500,
                "log_level": 0,
            }
        )
        while not self._over.wait(self._pause_s):
            if len(producer) > MOST_UNSENT:
                producer.poll(0)
                continue
            for key, value in self._meters.interval():
                producer.produce(self._line.options.readings, value, key)
                producer.poll(0)
            self.sent += 1
        assert producer.flush(PATIENCE_S) == 0

    def end(self) -> None:
        self._over.set()
        self._thread.join()


@contextmanager
def database_of(town: Twin) -> Iterator[tuple[Cluster, str]]:
    """Yield a server of its own, which may be killed, and the address of a database with a twin."""
    with run_cluster({"synchronous_commit": "on"}) as server, server.create_database() as url:
        town.save(url)
        yield server, url


def written(line: Line) -> int:
    with connect_patiently(line.url, patience_s=PATIENCE_S, autocommit=True) as connection:
        row = connection.execute(
            "SELECT coalesce(sum(next_offset), 0) FROM gridtwin.stream_offsets"
        ).fetchone()
    return int(row[0]) if row else 0


def wait_for_progress(line: Line, since: int) -> int:
    """Return how many messages are written once some more are."""

    def more() -> int:
        now = written(line)
        return now if now > since else 0

    return wait_until(more, lambda: "nothing is written any more")


def kill(what: str, worker: Supervised, node: Node, server: Cluster) -> None:
    """Kill one of the three with SIGKILL, and bring it back."""
    if what == "worker":
        worker.kill()
    elif what == "broker":
        node.kill()
        node.start()
    else:
        server.kill()
        server.start()


@pytest.mark.long
def test_worker_broker_and_database_are_killed_at_twenty_moments(
    tmp_path: Path, town: Twin, names: list[str]
) -> None:
    chance = random.Random(3)
    kills = ["worker"] * 8 + ["broker"] * 4 + ["database"] * 8
    chance.shuffle(kills)
    with running(tmp_path / "kafka") as node, database_of(town) as (server, url):
        line = Line(url, node.brokers, Options("kills", keep_days=KEEP_DAYS))
        make_topics(node.brokers, {"ami_readings": 6, "conditions": 1})
        worker, sending = Supervised(line, "one"), Sending(line, names, 0.25)
        try:
            done = wait_for_progress(line, 0)
            for what in kills:
                time.sleep(chance.uniform(0, 1.0))
                kill(what, worker, node, server)
                done = wait_for_progress(line, done)
        finally:
            sending.end()
            worker.end()
        line.work(instance="one")
        check(line, names)
        assert worker.starts > 8


def test_workers_come_and_go_while_meters_send(line: Line, names: list[str]) -> None:
    sending = Sending(line, names, 0.1)
    stops = [Event() for _ in range(3)]
    workers = [
        Thread(target=line.work, kwargs={"stop": stop, "until_end": False}) for stop in stops
    ]
    try:
        workers[0].start()
        done = wait_for_progress(line, 0)
        workers[1].start()
        owners = "SELECT count(*) FROM gridtwin.stream_offsets WHERE epoch > 1"
        while line.ask(owners) == [(0,)]:
            time.sleep(0.1)
        done = wait_for_progress(line, done)
        stops[0].set()
        workers[2].start()
        workers[0].join()
        wait_for_progress(line, done)
    finally:
        sending.end()
        for stop in stops:
            stop.set()
        for worker in workers:
            worker.join()
    line.work()
    check(line, names)


@pytest.mark.long
def test_a_worker_that_comes_back_after_it_was_given_up_writes_nothing_twice(
    line: Line, names: list[str]
) -> None:
    first, sending = Supervised(line, "first"), Sending(line, names, 0.1)
    second = None
    try:
        done = wait_for_progress(line, 0)
        first.signal(signal.SIGSTOP)
        second = Supervised(line, "second")
        done = wait_for_progress(line, written(line))
        first.signal(signal.SIGCONT)
        for _ in range(5):
            done = wait_for_progress(line, done)
            time.sleep(0.3)
    finally:
        sending.end()
        first.end()
        if second is not None:
            second.end()
    line.work(instance="first")
    line.work(instance="second")
    check(line, names)
