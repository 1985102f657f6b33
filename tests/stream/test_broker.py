"""The Kafka of one's own: what it was told outlives its process, and what is missing is said."""

from __future__ import annotations

from pathlib import Path

import pytest
from confluent_kafka import Consumer, Producer

from gridtwin.errors import BrokerError
from gridtwin.stream.broker.kafka_artifacts import KAFKA_PROGRAM
from gridtwin.stream.broker.node import running
from gridtwin.stream.topics import is_reachable, make_topics
from kafka import Kafka
from waiting import PATIENCE_S


def read(brokers: str, topic: str, count: int) -> list[bytes]:
    """Return the values of a topic from its beginning, as many as are expected."""
    consumer = Consumer(
        {"bootstrap.servers": brokers, "group.id": "test", "auto.offset.reset": "earliest"}
    )
    consumer.subscribe([topic])
    values: list[bytes] = []
    try:
        while len(values) < count:
            messages = consumer.consume(count, timeout=PATIENCE_S)
            assert messages, "the broker fell silent"
            values += [message.value() for message in messages]
    finally:
        consumer.close()
    return values


def test_topics_are_made_once(kafka: Kafka) -> None:
    topic = kafka.topic(3)
    assert make_topics(kafka.brokers, {topic: 3, f"{topic}_more": 1}) == [f"{topic}_more"]


@pytest.mark.long
def test_what_a_node_acknowledged_is_there_after_a_kill_and_after_a_stop(tmp_path: Path) -> None:
    with running(tmp_path / "node") as node:
        make_topics(node.brokers, {"kept": 2})
        expected = [f"{n}".encode() for n in range(200)]
        for half, end in ((expected[:100], node.kill), (expected[100:], node.stop)):
            producer = Producer({"bootstrap.servers": node.brokers, "acks": "all"})
            for value in half:
                producer.produce("kept", value)
            assert producer.flush(20) == 0
            end()
            assert not is_reachable(node.brokers, timeout_s=0.2)
            node.start()
        assert sorted(read(node.brokers, "kept", 200)) == sorted(expected)
    assert not is_reachable(node.brokers, timeout_s=0.2)


def test_a_node_that_cannot_keep_its_data_says_why(tmp_path: Path) -> None:
    place = tmp_path / "node"
    place.mkdir()
    (place / "data").write_text("a file where the data should be")
    with pytest.raises(BrokerError, match=r"cannot keep its data in .*node"), running(place):
        pass


def test_a_machine_without_java_is_told_what_to_install(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(BrokerError, match=r"needs java, .*install a Java runtime"):
        KAFKA_PROGRAM.find_tool("java")


def test_artifacts_that_cannot_be_fetched_leave_nothing_behind(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    maven = tmp_path / "bin" / "mvn"
    maven.parent.mkdir()
    maven.write_text("#!/bin/sh\necho no such artifact\nexit 1\n")
    maven.chmod(0o755)
    monkeypatch.setenv("PATH", f"{maven.parent}:/bin:/usr/bin")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    with pytest.raises(BrokerError, match=r"could not fetch Apache Kafka: no such artifact"):
        KAFKA_PROGRAM.fetch_artifacts()
    assert [path.suffix for path in (tmp_path / "cache" / "gridtwin").iterdir()] == [".lock"]
