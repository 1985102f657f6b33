"""Simulated messages on a real broker: all of them, each key in one place and in order."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, datetime

import pytest
from confluent_kafka import Consumer, KafkaException, Message, TopicPartition

import gridtwin
from gridtwin.errors import BrokerError
from gridtwin.stream.contracts import TOPICS
from gridtwin.stream.decoding import decode_readings
from gridtwin.stream.simulate.messages import Flaws, Stream
from gridtwin.stream.simulate.meter_intervals import Making, list_interval_ends
from gridtwin.stream.simulate.scenario import build_storm_scenario
from gridtwin.stream.simulate.simulation_run import Order, simulate_network
from gridtwin.stream.simulate.sinks.kafka_sink import KafkaSink
from gridtwin.stream.wire import Registry
from kafka import Kafka
from schema_registry import schema_registry
from waiting import PATIENCE_S, wait_until

FROM_S = datetime(2026, 7, 1, 12, tzinfo=UTC).timestamp()


def ends_of(consumer: Consumer, topic: str) -> list[int]:
    """Return the offset after the last message of each partition."""

    def ends() -> list[int] | None:
        try:
            return [
                consumer.get_watermark_offsets(TopicPartition(topic, at), 10)[1]
                for at in range(TOPICS[topic].partitions)
            ]
        except KafkaException:  # a topic that was just made has no leader at first
            return None

    return wait_until(ends)


def read(consumer: Consumer, topic: str, begin: list[int], end: list[int]) -> list[Message]:
    consumer.assign([TopicPartition(topic, at, offset) for at, offset in enumerate(begin)])
    found: list[Message] = []
    while wanted := sum(end) - sum(begin) - len(found):
        got = consumer.consume(wanted, timeout=PATIENCE_S)
        assert got, "the broker has no more"
        found += got
    assert not [message.error() for message in found if message.error()]
    return found


def test_the_broker_has_every_message_and_each_key_in_order(kafka: Kafka) -> None:
    situation = gridtwin.open(gridtwin.synthesize("houston", meters=1_000, seed=2)).situation()
    to_s = FROM_S + 3_600
    order = Order(f"kafka://{kafka.brokers}", FROM_S, to_s, seed=5, faults=6)
    KafkaSink(kafka.brokers).close()
    consumer = Consumer(
        {"bootstrap.servers": kafka.brokers, "group.id": "test-simulate", "log_level": 0}
    )
    begin = {topic: ends_of(consumer, topic) for topic in TOPICS}
    made = simulate_network(situation, order)
    happens = build_storm_scenario(situation, 6, seed=5, from_s=FROM_S, to_s=to_s)
    stream = Stream(
        Making.from_situation(situation, happens, seed=5, missing=order.missing), Flaws()
    )
    expected: dict[str, dict[bytes, list[bytes]]] = {topic: defaultdict(list) for topic in TOPICS}
    for batch in stream.yield_batches(list_interval_ends(FROM_S, to_s)):
        for key, value in zip(batch.keys, batch.values, strict=True):
            expected[batch.topic][key].append(value)
    sent = 0
    for topic in TOPICS:
        found = read(consumer, topic, begin[topic], ends_of(consumer, topic))
        sent += len(found)
        by_key: dict[bytes, list[bytes]] = defaultdict(list)
        place: dict[bytes, set[int]] = defaultdict(set)
        for message in found:
            by_key[message.key()].append(message.value())
            place[message.key()].add(message.partition())
        assert by_key == expected[topic]
        assert {len(each) for each in place.values()} <= {1}
        if topic == "ami_readings":
            decoded = decode_readings([message.value() for message in found])
            assert len(decoded.rejected) == made.tally.malformed
            assert len({message.partition() for message in found}) == TOPICS[topic].partitions
    assert sent == made.tally.messages
    consumer.close()


def test_avro_goes_over_the_broker_where_a_registry_is_given(kafka: Kafka) -> None:
    situation = gridtwin.open(gridtwin.synthesize("houston", meters=300, seed=2)).situation()
    KafkaSink(kafka.brokers).close()
    consumer = Consumer(
        {"bootstrap.servers": kafka.brokers, "group.id": "test-avro", "log_level": 0}
    )
    begin = ends_of(consumer, "ami_readings")
    with schema_registry() as server:
        flaws = Flaws(0.1, 0.1, 0.1)
        order = Order(
            f"kafka://{kafka.brokers}",
            FROM_S,
            FROM_S + 1_800,
            seed=5,
            flaws=flaws,
            registry=server.url,
        )
        made = simulate_network(situation, order)
        found = read(consumer, "ami_readings", begin, ends_of(consumer, "ami_readings"))
        values = [message.value() for message in found]
        decoded = decode_readings(values, registry=Registry(server.url))
    assert sum(value[0] == 0 for value in values) == len(decoded.values)
    assert len(decoded.values) == made.tally.readings + made.tally.duplicates
    assert len(decoded.rejected) == made.tally.malformed > 0
    consumer.close()


def test_a_broker_that_is_away_is_an_error_of_one_line() -> None:
    with pytest.raises(BrokerError, match="no Kafka broker answers at"):
        KafkaSink("127.0.0.1:9")
