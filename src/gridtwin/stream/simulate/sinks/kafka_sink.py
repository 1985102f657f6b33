"""Send messages to Kafka, each once and in order within its partition."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gridtwin.errors import BrokerError, MissingExtraError
from gridtwin.stream.contracts import TOPICS
from gridtwin.stream.topics import build_unreachable_error, is_reachable, make_topics

if TYPE_CHECKING:
    from gridtwin.stream.simulate.messages import Batch
    from gridtwin.stream.wire import Registry

ANSWER_S = 5.0  # within which a broker answers, or is taken for away
SLOWEST_S = 60.0  # that the broker may take for what is on its way


class KafkaSink:
    """
    A producer that is idempotent and waits for all replicas.

    Parameters
    ----------
    brokers
        Addresses of the cluster, ``HOST:PORT[,HOST:PORT...]``; topics that are not there are made.
    registry
        Where the schemas are: messages are Avro then. Without one they are JSON.

    Raises
    ------
    BrokerError
        If no broker answers.
    MissingExtraError
        If the client of Kafka is not installed.
    """

    def __init__(self, brokers: str, registry: Registry | None = None) -> None:
        if not is_reachable(brokers, timeout_s=ANSWER_S):
            raise build_unreachable_error(brokers)
        make_topics(brokers, {topic.name: topic.partitions for topic in TOPICS.values()})
        try:
            from confluent_kafka import Producer
        except ModuleNotFoundError as error:
            need = "a stream to Kafka"
            raise MissingExtraError(need, "kafka") from error
        self._brokers, self._registry = brokers, registry
        self._failed = ""
        self._producer = Producer(
            {
                "bootstrap.servers": brokers,
                "enable.idempotence": True,
                "acks": "all",
                "compression.type": "lz4",
                "partitioner": "murmur2_random",  # that of the Java client: a key has one place
                "linger.ms": 20,
                "queue.buffering.max.messages": 500_000,
                "delivery.report.only.error": True,
                "message.timeout.ms": int(SLOWEST_S * 1_000),
                "log_level": 2,
            }
        )

    def send_batch(self, batch: Batch) -> None:
        """Queue messages; wait while the queue is full."""
        produce, report = self._producer.produce, self._note_delivery
        values = batch.values
        if self._registry is not None:
            values = self._registry.recode_messages(batch.topic, values)
        for key, value in zip(batch.keys, values, strict=True):
            while True:
                try:
                    produce(batch.topic, value, key, on_delivery=report)
                    break
                except BufferError:
                    self._producer.poll(0.1)
                    self._check_failure()
        self._producer.poll(0)
        self._check_failure()

    def close(self) -> None:
        """Wait until the broker has everything."""
        left = self._producer.flush(SLOWEST_S)
        self._check_failure()
        if left:
            raise build_unreachable_error(self._brokers)

    def _note_delivery(self, error: Any, _message: Any) -> None:
        if error is not None:
            self._failed = str(error)

    def _check_failure(self) -> None:
        if self._failed:
            msg = f"the broker at {self._brokers} did not take a message: {self._failed}"
            raise BrokerError(msg)
