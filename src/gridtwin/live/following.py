"""Follow a broker, or lines of JSON, with live operations, until told to stop."""

from __future__ import annotations

import logging
import time
from itertools import islice
from typing import TYPE_CHECKING, Any

from gridtwin.errors import BrokerError, MissingExtraError, StaleTwinError, StoreError
from gridtwin.live.event_batch import LIVE_TOPICS, EventBatch
from gridtwin.live.event_replay import EventReplay
from gridtwin.live.operations import LiveOperations
from gridtwin.stream.contracts import OUTAGE_ALERTS
from gridtwin.stream.contracts import TOPICS as CONTRACTS
from gridtwin.stream.places import Places
from gridtwin.stream.topics import make_topics, unreachable
from gridtwin.stream.wire import Registry

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from threading import Event

    from confluent_kafka import Consumer, Message, Producer, TopicPartition

    from gridtwin.live.operations import LiveMetrics
    from gridtwin.stream.places import Place
    from gridtwin.twin import Twin

LOG = logging.getLogger("gridtwin.live")

MOST = 5_000  # messages taken in at once
LINES_AT_ONCE = 200_000  # of a file put in order of time at once
BROKER_POLL_S = 0.2  # for messages, while there is nothing to do
SILENT_S = 10.0
FORGET_EVERY_S = 3_600.0
LONGEST_RETRY_S = 30.0  # before a store or a broker that is away is tried again
GONE = frozenset({"_AUTO_OFFSET_RESET", "_LOG_TRUNCATION", "OFFSET_OUT_OF_RANGE"})
LASTING = frozenset({"TOPIC_AUTHORIZATION_FAILED", "UNKNOWN_TOPIC_OR_PART", "_FATAL"})


class Broker:
    """
    The topics of live operations on a broker.

    Where to read on is the twin's to say, not the broker's: there is no consumer group, and one
    reader at a time. The client is never let look a place up by itself, and what does not go on
    from its place is read again from there.

    Parameters
    ----------
    brokers
        Addresses of the cluster.
    registry
        Address of a schema registry; empty for none.
    names
        Other names of the topics by those of the contracts.
    settings
        More settings of librdkafka, such as those of TLS.
    """

    def __init__(
        self,
        brokers: str,
        *,
        registry: str = "",
        names: Mapping[str, str] | None = None,
        settings: dict[str, Any] | None = None,
    ) -> None:
        self._brokers = brokers
        self._registry = Registry(registry) if registry else None
        self._names = {topic: (names or {}).get(topic, topic) for topic in LIVE_TOPICS}
        self._topics = {name: topic for topic, name in self._names.items()}
        partitions = {self._names[topic]: CONTRACTS[topic].partitions for topic in LIVE_TOPICS}
        make_topics(brokers, partitions)
        self._settings = {"bootstrap.servers": brokers, "log_level": 2, **(settings or {})}
        self._producer = self._made_producer()
        self._consumer = self._made_consumer()
        self._places = Places()

    def _made_producer(self) -> Producer:
        try:
            from confluent_kafka import Producer
        except ModuleNotFoundError as error:
            need = "a stream from or to Kafka"
            raise MissingExtraError(need, "kafka") from error
        return Producer({**self._settings, "enable.idempotence": True, "linger.ms": 5})

    def _made_consumer(self) -> Consumer:
        from confluent_kafka import Consumer

        return Consumer(
            {
                **self._settings,
                "group.id": "gridtwin-live",  # wanted by the client; nothing is kept under it
                "enable.auto.commit": False,
                "auto.offset.reset": "error",
                "fetch.wait.max.ms": 50,
                "reconnect.backoff.max.ms": 1000,
            }
        )

    def begin(self, places: Mapping[str, int]) -> None:
        """
        Read on from places; a partition that was never read, or made anew, from its beginning.

        Raises
        ------
        BrokerError
            If the broker does not answer.
        """
        from confluent_kafka import KafkaException

        try:
            found = self._consumer.list_topics(timeout=SILENT_S).topics
            for name in self._topics:
                for each in sorted(found[name].partitions):
                    self._begin((name, each), places.get(f"{name}:{each}", 0))
        except KafkaException as error:
            raise unreachable(self._brokers) from error

    def _begin(self, place: Place, offset: int) -> None:
        """Fetch a partition from an offset, or from the first message that is left."""
        first, end = self._consumer.get_watermark_offsets(_at(place), timeout=SILENT_S)
        start = offset if first <= offset <= end else first
        if start != offset and offset:
            LOG.warning(
                "a topic is read from its beginning: it was made anew, or messages were deleted",
                extra={"topic": place[0], "partition": place[1], "from": offset, "to": start},
            )
        self._fetch(place, start)
        self._places.start(place, start)

    def _fetch(self, place: Place, offset: int) -> None:
        """Fetch a partition from an offset on."""
        if place in self._places:
            self._consumer.incremental_unassign([_at(place)])
        self._consumer.incremental_assign([_at(place, offset)])

    def read(self, seconds: float) -> EventBatch:
        """
        Return what came within a time.

        Raises
        ------
        BrokerError
            If the broker refuses for good, or what was due is gone.
        """
        came: list[Message] = []
        batch = EventBatch()
        for message in self._consumer.consume(MOST, timeout=seconds):
            error = message.error()
            if error is None:
                came.append(message)
            elif error.name() in GONE:
                msg = f"{self._brokers} has no more what is due: {error.str()}"
                raise BrokerError(msg)  # the next beginning finds what is left
            elif error.name() in LASTING or error.fatal():
                msg = f"{self._brokers} refuses: {error.str()}"
                raise BrokerError(msg)
        by_topic: dict[str, list[Message]] = {}
        for each in self._due(came):
            by_topic.setdefault(str(each.topic()), []).append(each)
        for name, messages in by_topic.items():
            places = [f"{each.partition()}:{each.offset()}" for each in messages]
            values = [each.value() for each in messages]
            batch.add_messages(self._topics[name], values, places, self._registry)
            for each in messages:
                batch.places[f"{name}:{each.partition()}"] = int(each.offset() or 0) + 1
        return batch

    def _due(self, came: list[Message]) -> list[Message]:
        """Return those messages that go on from the places of their partitions, as they came."""
        rows: dict[Place, list[int]] = {}
        for row, each in enumerate(came):
            rows.setdefault((str(each.topic()), each.partition() or 0), []).append(row)
        kept: list[int] = []
        for place, of_place in rows.items():
            due, again = self._places.take(place, [came[row].offset() or 0 for row in of_place])
            kept += [of_place[each] for each in due]
            if again:
                self._fetch(place, self._places[place])
        return [came[row] for row in sorted(kept)]

    def produce(self, keys: list[bytes], values: list[bytes]) -> None:
        """
        Tell alerts, and wait until the broker has them.

        Raises
        ------
        BrokerError
            If it does not take them.
        """
        topic = self._names[OUTAGE_ALERTS.name]
        failed: list[str] = []
        for key, value in zip(keys, values, strict=True):
            self._producer.produce(
                topic, value, key,
                on_delivery=lambda error, _: failed.append(str(error)) if error else None,
            )  # fmt: skip
            self._producer.poll(0)
        if self._producer.flush(SILENT_S) or failed:
            self._producer.purge()
            msg = f"{self._brokers} did not take {len(values)} alerts: {failed[:1] or 'silent'}"
            raise BrokerError(msg)

    def close(self) -> None:
        """Leave."""
        self._consumer.close()


def _at(place: Place, offset: int | None = None) -> TopicPartition:
    from confluent_kafka import TopicPartition

    return TopicPartition(*place) if offset is None else TopicPartition(*place, offset)


def follow_broker(
    twin: Twin,
    connect: Callable[[], Broker],
    stop: Event,
    *,
    shown: Callable[[LiveMetrics], None] = lambda _: None,
    **options: Any,
) -> None:
    """
    Follow a broker until told to stop; a store or a broker that goes away is waited for.

    Parameters
    ----------
    twin
        The twin.
    connect
        Makes the broker.
    stop
        When to stop: what was read is done, and published.
    shown
        Is given the metrics after each round.
    **options
        Those of `LiveOperations`.

    Raises
    ------
    StoreError
        If the store or the broker cannot be used from the beginning, or another process does live
        operations of the twin.
    """
    wait, went_well = 1.0, False
    while not stop.is_set():
        try:
            with twin.store.live.alone():
                live, broker = LiveOperations(twin, **options), connect()
                try:
                    broker.begin(live.read_offsets())
                    went_well, wait = True, 1.0
                    _follow_rounds(live, broker, stop, shown)
                finally:
                    broker.close()
        except StaleTwinError:
            raise
        except StoreError as error:
            if not went_well:
                raise
            LOG.warning("trying again in %.0f s: %s", wait, error)
            stop.wait(wait)
            wait = min(2 * wait, LONGEST_RETRY_S)


def _follow_rounds(
    live: LiveOperations, broker: Broker, stop: Event, shown: Callable[[LiveMetrics], None]
) -> None:
    forgot = time.monotonic()
    while not stop.is_set():
        batch = broker.read(BROKER_POLL_S)
        if batch.places:
            live.take_batch(batch)
        live.process_events()
        live.publish_alerts(broker.produce)
        shown(live.metrics)
        if time.monotonic() - forgot > FORGET_EVERY_S:
            live.forget_old()
            forgot = time.monotonic()


def follow_lines(
    twin: Twin,
    lines: Iterable[bytes],
    produce: Callable[[list[bytes], list[bytes]], None],
    *,
    source: str = "",
    **options: Any,
) -> LiveOperations:
    """
    Replay lines of JSON of both topics to their end; no broker is needed.

    They are taken in the order of their times, and what follows from them is done at the moment it
    would have been.

    Parameters
    ----------
    twin
        The twin.
    lines
        The lines from the first on.
    produce
        Takes the keys and the values of alerts.
    source
        What the lines are called; those that were read under that name are passed over. Without a
        name all are read, and events that are known change nothing.
    **options
        Those of `LiveOperations`.
    """
    with twin.store.live.alone():
        live = LiveOperations(twin, **options)
        done = live.read_offsets().get(source, 0) if source else 0
        replay = EventReplay(live, produce)
        rest = iter(lines)
        for _ in islice(rest, done):
            pass
        while chunk := list(islice(rest, LINES_AT_ONCE)):
            batch = EventBatch()
            batch.add_lines(chunk, source or "lines", done)
            done += len(chunk)
            if not source:
                batch.places.clear()
            replay.replay_batch(batch)
        replay.finish_replay()
    return live
