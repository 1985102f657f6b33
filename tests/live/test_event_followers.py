"""From a real broker into a real database: each event, outage and alert once, whoever is killed."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from threading import Event, Thread
from typing import Any

import numpy as np
import orjson
import pytest
from confluent_kafka import OFFSET_BEGINNING, Consumer, Producer, TopicPartition

import gridtwin
from gridtwin.errors import StoreError
from gridtwin.live.event_followers import Broker, follow_broker
from gridtwin.model import cim
from gridtwin.store.postgis.cluster import run_cluster
from gridtwin.stream.broker.node import running
from gridtwin.twin import Twin
from kafka import Kafka
from told_storms import message, storm
from waiting import PATIENCE_S, started, wait_until

WORKER = """
import signal, sys, threading
stop = threading.Event()
signal.signal(signal.SIGTERM, lambda *_: stop.set())
import gridtwin
from gridtwin.live.event_followers import Broker, follow_broker
url, brokers, grid, alerts = sys.argv[1:]
names = {"grid_events": grid, "outage_alerts": alerts}
follow_broker(
    gridtwin.open(url), lambda: Broker(brokers, names=names), stop, estimates=False)
"""


@dataclass
class Topics:
    """Topics of a test's own, and what is on them."""

    kafka: Kafka
    grid_events: str
    outage_alerts: str

    @property
    def names(self) -> dict[str, str]:
        return {"grid_events": self.grid_events, "outage_alerts": self.outage_alerts}

    def broker(self) -> Broker:
        return Broker(self.kafka.brokers, names=self.names)

    def send(self, topic: str, values: list[bytes], keys: list[str]) -> None:
        producer = Producer({"bootstrap.servers": self.kafka.brokers})
        for key, value in zip(keys, values, strict=True):
            producer.produce(topic, value, key)
            producer.poll(0)
        assert producer.flush(PATIENCE_S) == 0

    def told(self) -> list[dict[str, Any]]:
        """Return the alerts on the topic, in order of each partition."""
        consumer = Consumer({"bootstrap.servers": self.kafka.brokers, "group.id": "reader"})
        places = [TopicPartition(self.outage_alerts, each, OFFSET_BEGINNING) for each in range(3)]
        count = sum(consumer.get_watermark_offsets(each, PATIENCE_S)[1] for each in places)
        consumer.assign(places)
        found: list[dict[str, Any]] = []
        while len(found) < count:
            messages = consumer.consume(count - len(found), timeout=PATIENCE_S)
            assert messages, "the broker fell silent"
            found += [orjson.loads(each.value()) for each in messages if each.error() is None]
        consumer.close()
        return [each for each in found if each["kind"].startswith("outage")]


@pytest.fixture
def topics(kafka: Kafka) -> Topics:
    return Topics(kafka, kafka.topic(3, stem="grid"), kafka.topic(3, stem="alerts"))


@contextmanager
def followed(url: str, topics: Topics) -> Iterator[subprocess.Popen[bytes]]:
    """Run live operations in a process of their own."""
    words = [url, topics.kafka.brokers, topics.grid_events, topics.outage_alerts]
    with started([sys.executable, "-c", WORKER, *words]) as process:
        yield process


def read_of(twin: Twin, topic: str) -> int:
    """Return how many messages of a topic were read."""
    places = twin.store.live.read_offsets()
    return sum(offset for name, offset in places.items() if name.startswith(f"{topic}:"))


def differences(twin: Twin, expected: set[frozenset[str]]) -> str:
    """Say which outages there should be, and which there should not; how many meters of each."""
    found = sets(twin)
    return f"missing {sizes(expected - found)}, too many {sizes(found - expected)}"


def sizes(outages: set[frozenset[str]]) -> list[tuple[str, int]]:
    return sorted((min(each), len(each)) for each in outages)


def sets(twin: Twin) -> set[frozenset[str]]:
    members = twin.outages.members()
    return {
        frozenset(members.usage_point[members.outage == name])
        for name in np.unique(members.outage.astype(str))
    }


def operations(twin: Twin, count: int, start_s: float, out: set[str]) -> list[tuple[str, bytes]]:
    """Return events that open switches where nobody is out in a storm, and close them again."""
    rng = random.Random(7)
    equipment = twin.store.network.data.equipment
    pool = np.flatnonzero((equipment.kind == cim.KIND_CODE["fuse"]) & (equipment.normal_open == 0))
    names = [equipment.mrid[row].decode() for row in pool]
    apart = [each for each in names if out.isdisjoint(twin.blast_radius(each).usage_points)]
    found = []
    for at, mrid in enumerate(rng.sample(apart, count // 2)):
        for part, phases in enumerate(("ABC", "")):
            opened = "".join(p for p in phases if p in phases_of(twin, mrid))
            when = datetime.fromtimestamp(start_s + 10 * at + 300 * part, UTC).isoformat()
            value = message(
                f"op-{at}-{part}", when, "switch_operation", equipment_id=mrid, open_phases=opened
            )
            found.append((when, mrid, value))
    return [(mrid, value) for _, mrid, value in sorted(found)]


def phases_of(twin: Twin, mrid: str) -> str:
    from gridtwin.model.phases import format_phases
    from gridtwin.model.state import every_phase

    return format_phases(every_phase(twin.store.network, twin.find(mrid)[0].row))


@pytest.mark.long
def test_whatever_is_killed_every_event_outage_and_alert_counts_once(
    database: str, topics: Topics
) -> None:
    twin = gridtwin.open(gridtwin.synthesize("houston", meters=2_000, seed=5)).save(database)
    began = time.time() - 7_200
    told = storm(twin, seed=5, start_s=began, outages=10, momentary=0, loss=0.05)
    live = twin.inference()
    live.update(told.events)
    expected = {frozenset(each.usage_points.tolist()) for each in live.answer().outages}
    moves = operations(twin, 40, began - 3_000, set().union(*expected))
    rng = random.Random(11)
    gasps = [*told.lines, *rng.choices(told.lines, k=20)]
    chunks = 8
    for number in range(chunks):
        with followed(database, topics) as worker:
            part = gasps[number::chunks]
            topics.send(topics.outage_alerts, part, [str(len(each)) for each in part])
            some = moves[number * len(moves) // chunks : (number + 1) * len(moves) // chunks]
            topics.send(topics.grid_events, [each for _, each in some], [each for each, _ in some])
            time.sleep(rng.uniform(2.0, 6.0))
            worker.send_signal(signal.SIGKILL)
            worker.wait()
    settle = message(
        "now", datetime.now(UTC).isoformat(), "scada_status", equipment_id=moves[0][0],
        open_phases="",
    )  # fmt: skip
    with followed(database, topics) as worker:
        topics.send(topics.grid_events, [settle], [moves[0][0]])
        wait_until(lambda: read_of(twin, topics.grid_events) == len(moves) + 1)
        wait_until(lambda: sets(twin) == expected, lambda: differences(twin, expected))
        wait_until(lambda: not twin.store.live.list_unpublished_alerts(1))
        worker.terminate()
        assert worker.wait(PATIENCE_S) == 0
    events = twin.store.states.list_events()
    assert len(events) == len(moves)
    assert len({(each.mrid, each.at, each.to_phases) for each in events}) == len(moves)
    check_alerts(twin, topics)
    assert twin.store.live.list_dead_letters() == []  # the alerts it told itself are none
    found = twin.outages.all(since=datetime.fromtimestamp(0, UTC))
    assert len({(each.device, each.began_at) for each in found}) == len(found)


@pytest.mark.long
def test_the_broker_and_the_database_may_be_killed_too(tmp_path: Path) -> None:
    with (
        running(tmp_path / "kafka") as node,
        run_cluster() as postgres,
        postgres.create_database() as url,
    ):
        twin = gridtwin.open(gridtwin.synthesize("houston", meters=1_000, seed=6)).save(url)
        kafka = Kafka(node.brokers, node)
        topics = Topics(kafka, kafka.topic(3, stem="grid"), kafka.topic(3, stem="alerts"))
        told = storm(twin, seed=6, start_s=time.time() - 7_200, outages=6, momentary=0, loss=0.05)
        with followed(url, topics) as worker:
            topics.send(topics.outage_alerts, told.lines[:1], [""])
            wait_until(lambda: len(twin.store.live.read_offsets()) > 1)  # it has begun well
            for number in range(4):
                part = told.lines[number::4]
                topics.send(topics.outage_alerts, part, [str(len(each)) for each in part])
                time.sleep(2.0)
                server: Any = (node, postgres)[number % 2]
                server.kill()
                time.sleep(1.0)
                server.start()
            fuse = twin.store.network.data.equipment.mrid[0].decode()
            live = twin.inference()
            live.update(told.events)
            expected = {frozenset(each.usage_points.tolist()) for each in live.answer().outages}
            settle = message(
                "now", datetime.now(UTC).isoformat(), "fault", equipment_id=f"not {fuse}"
            )
            topics.send(topics.grid_events, [settle], [fuse])
            wait_until(lambda: sets(twin) == expected)
            wait_until(lambda: not twin.store.live.list_unpublished_alerts(1))
            assert worker.poll() is None
        check_alerts(twin, topics)
        places = twin.store.live.read_offsets()
        assert sum(at for name, at in places.items() if name.startswith("alerts")) >= len(
            told.lines
        )


def check_alerts(twin: Twin, topics: Topics) -> None:
    """Every outage is told of, begins once, and its last alert says how it stands."""
    by_id: dict[str, dict[str, Any]] = {}
    for each in topics.told():
        assert by_id.setdefault(each["event_id"], each) == each
    outages = twin.outages.all(since=datetime.fromtimestamp(0, UTC))
    of_outage: dict[str, list[dict[str, Any]]] = {}
    for each in by_id.values():
        of_outage.setdefault(each["outage_id"], []).append(each)
    assert of_outage.keys() == {each.id for each in outages}
    for outage in outages:
        alerts = of_outage[outage.id]
        opened = [each["kind"] for each in alerts].count("outage_opened")
        assert opened == 1
        assert alerts[0]["kind"] == "outage_opened"
        assert alerts[-1]["status"] == outage.status
        assert alerts[-1]["customers_out"] == outage.customers_out


def test_one_process_at_a_time_follows_a_twin(database: str, topics: Topics) -> None:
    twin = gridtwin.open(gridtwin.synthesize("houston", meters=500, seed=1)).save(database)
    stop = Event()
    first = Thread(target=follow_broker, args=(twin, topics.broker, stop))
    first.start()
    try:
        wait_until(lambda: "log" in twin.store.live.read_offsets())
        with pytest.raises(StoreError, match="by another process already"):
            follow_broker(gridtwin.open(database), topics.broker, Event())
    finally:
        stop.set()
        first.join()


def test_a_message_that_cannot_be_used_holds_nothing_up(database: str, topics: Topics) -> None:
    twin = gridtwin.open(gridtwin.synthesize("houston", meters=500, seed=1)).save(database)
    fuse = str(twin.sweep().query("kind == 'fuse'").nlargest(1, "customers").mrid.iloc[0])
    now = datetime.now(UTC).isoformat()
    good = message(
        "e", now, "switch_operation", equipment_id=fuse, open_phases=phases_of(twin, fuse)
    )
    topics.send(topics.grid_events, [b"\x00\x01", b"{}", good], [fuse] * 3)
    stop = Event()
    following = Thread(target=follow_broker, args=(twin, topics.broker, stop))
    following.start()
    try:
        wait_until(lambda: twin.version == 1)
    finally:
        stop.set()
        following.join()
    reasons = sorted(each.reason for each in twin.store.live.list_dead_letters())
    assert reasons[0].startswith("Confluent's wire format")
    assert reasons[1] == "event_id is missing"
