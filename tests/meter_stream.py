"""Send readings as meters do, take them in, and say by plain Python what must come of it."""

from __future__ import annotations

import json
import random
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from threading import Event
from typing import Any

from confluent_kafka import OFFSET_BEGINNING, Consumer, Producer, TopicPartition

from gridtwin.store.postgis.connect import connect
from gridtwin.stream.ingest.housekeeping import KeeperRules
from gridtwin.stream.ingest.ingest_metrics import IngestMetrics
from gridtwin.stream.ingest.intake import Options
from gridtwin.stream.ingest.worker_run import Kafka, run_worker
from waiting import PATIENCE_S

START_S = int(datetime(2026, 7, 1, tzinfo=UTC).timestamp())
BROKEN = (b"", b"{", b"[1]", b'{"meter_id": 7}', b"\xff\xfe", b'{"meter_id": "UP-1"}')


def reading(meter: str, at_s: int, kwh: float, voltage_v: float | None = 120.0) -> bytes:
    """Return one message."""
    told = datetime.fromtimestamp(at_s, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    message = {"meter_id": meter, "reading_time": told, "kwh": kwh, "voltage_v": voltage_v}
    return json.dumps(message | {"quality": "ok"}).encode()


@dataclass
class Meters:
    """Meters that send interval after interval."""

    names: list[str]
    seed: int = 0
    twice: float = 0.02
    late: float = 0.02
    broken: float = 0.01
    _held: list[tuple[bytes, bytes]] = field(default_factory=list)
    _interval: int = 0

    def interval(self) -> list[tuple[bytes, bytes]]:
        """Return the keys and messages of the next interval, and of older ones that come late."""
        self._interval += 1
        chance = random.Random(f"{self.seed} {self._interval}")
        at_s = START_S + 900 * self._interval
        sent: list[tuple[bytes, bytes]] = []
        for name in self.names:
            made = (name.encode(), reading(name, at_s, round(chance.uniform(0, 3), 3)))
            (self._held if chance.random() < self.late else sent).append(made)
            if chance.random() < self.twice:  # again, corrected
                sent.append((name.encode(), reading(name, at_s, round(chance.uniform(0, 3), 3))))
            if chance.random() < self.broken:
                sent.append((name.encode(), chance.choice(BROKEN)))
        released, self._held = (
            self._held[: len(self._held) // 2],
            self._held[len(self._held) // 2 :],
        )
        sent += released
        chance.shuffle(sent)
        return sent


def send(brokers: str, topic: str, messages: Iterable[tuple[bytes, bytes]]) -> None:
    """Produce messages and wait until all are acknowledged."""
    producer = Producer({"bootstrap.servers": brokers, "acks": "all", "linger.ms": 5})
    for key, value in messages:
        producer.produce(topic, value, key)
        producer.poll(0)
    assert producer.flush(PATIENCE_S) == 0


QUICK = KeeperRules(look_s=0.1, rest_s=0.2)


@dataclass
class Line:
    """A topic that readings are sent to, and a database that they are taken into."""

    url: str
    brokers: str
    options: Options

    def work(
        self, *, stop: Event | None = None, until_end: bool = True, **more: Any
    ) -> IngestMetrics:
        """Run a worker here, by default until all that was sent is written."""
        return run_worker(
            self.url,
            Kafka(self.brokers, session_s=6.0, **more),
            stop or Event(),
            options=self.options,
            rules=replace(QUICK, keep_days=self.options.keep_days),
            until_end=until_end,
        )

    def ask(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        """Return the rows of a query."""
        with connect(self.url, autocommit=True) as connection:
            return connection.execute(query, values or None).fetchall()


def everything(brokers: str, topic: str, partitions: int = 6) -> list[tuple[int, int, bytes]]:
    """Return partition, offset and value of all messages of a topic."""
    consumer = Consumer(
        {"bootstrap.servers": brokers, "group.id": "oracle", "enable.auto.commit": False}
    )
    found = []
    try:
        for partition in range(partitions):
            place = TopicPartition(topic, partition, OFFSET_BEGINNING)
            _, end = consumer.get_watermark_offsets(place, timeout=PATIENCE_S)
            consumer.assign([place])
            for _ in range(end):
                message = consumer.poll(PATIENCE_S)
                assert message is not None
                assert message.error() is None
                found.append((partition, message.offset(), message.value()))
    finally:
        consumer.close()
    return found


def expected(
    messages: list[tuple[int, int, bytes]], names: list[str]
) -> tuple[dict[tuple[str, datetime], tuple[float, int]], set[tuple[int, int]]]:
    """Return by plain Python what counts, by meter and time, and which messages are dead."""
    counts: dict[tuple[str, datetime], tuple[float, int]] = {}
    dead = set()
    known = set(names)
    for partition, offset, value in messages:  # in order of their offsets
        try:
            read = json.loads(value)
            meter, at = read["meter_id"], datetime.fromisoformat(read["reading_time"])
            kwh = float(read["kwh"])
        except (ValueError, TypeError, KeyError):
            dead.add((partition, offset))
            continue
        if meter in known:
            counts[meter, at] = (kwh, offset)
        else:
            dead.add((partition, offset))
    return counts, dead


def check(line: Line, names: list[str]) -> None:
    """Hold what is in the database against what the topic says."""
    messages = everything(line.brokers, line.options.readings)
    counts, dead = expected(messages, names)
    silver = line.ask(
        "SELECT mrid, reading_time, kwh, kafka_offset FROM gridtwin.ami_silver"
        " JOIN gridtwin.meters USING (meter)"
    )
    assert len(silver) == len(counts)
    assert {(m, t): (round(k, 3), o) for m, t, k, o in silver} == counts
    gold = line.ask("SELECT meter_id, reading_time, kwh FROM gridtwin.ami_realtime")
    assert len(gold) == len(counts)
    assert {(m, t): round(k, 3) for m, t, k in gold} == {at: k for at, (k, _) in counts.items()}
    letters = line.ask("SELECT partition, kafka_offset FROM gridtwin.dead_letters")
    assert len(letters) == len(dead)
    assert set(letters) == dead
    raw = line.ask("SELECT partition, kafka_offset, value FROM gridtwin.ami_bronze")
    assert sorted((p, o, bytes(v or b"")) for p, o, v in raw) == sorted(messages)
