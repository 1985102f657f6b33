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
from gridtwin.stream.reader import SILENT_S, Reader
from gridtwin.stream.topics import make_topics
from gridtwin.stream.wire import Registry

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from threading import Event

    from confluent_kafka import Producer

    from gridtwin.live.operations import LiveMetrics
    from gridtwin.twin import Twin

LOG = logging.getLogger("gridtwin.live")

MOST = 5_000  # messages taken in at once
LINES_AT_ONCE = 200_000  # of a file put in order of time at once
BROKER_POLL_S = 0.2  # for messages, while there is nothing to do
FORGET_EVERY_S = 3_600.0
LONGEST_RETRY_S = 30.0  # before a store or a broker that is away is tried again


class Broker:
    """
    The topics of live operations on a broker.

    Where to read on is the twin's to say, not the broker's: there is no consumer group, and one
    reader at a time.

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
        self._reader = Reader(
            brokers, list(self._topics), settings={"fetch.wait.max.ms": 50, **(settings or {})}
        )
        self._places: dict[str, int] = {}

    def _made_producer(self) -> Producer:
        try:
            from confluent_kafka import Producer
        except ModuleNotFoundError as error:
            need = "a stream from or to Kafka"
            raise MissingExtraError(need, "kafka") from error
        return Producer({**self._settings, "enable.idempotence": True, "linger.ms": 5})

    def begin(self, places: Mapping[str, int]) -> None:
        """
        Read on from places; a partition that was never read, or made anew, from its beginning.

        Raises
        ------
        BrokerError
            If the broker does not answer.
        """
        self._places = dict(places)
        self._reader.assign_all()
        self._go_on()

    def _go_on(self) -> None:
        """Tell partitions that wait where to read on."""
        for place in sorted(self._reader.waiting):
            topic, partition = place
            self._reader.resume_partition(
                place, self._places.get(f"{topic}:{partition}", 0), anew=True
            )

    def read(self, seconds: float) -> EventBatch:
        """
        Return what came within a time.

        Raises
        ------
        BrokerError
            If the broker refuses for good, or does not answer.
        """
        self._go_on()
        batch = EventBatch()
        for part in self._reader.read_messages(MOST, seconds):
            at = zip(part.partition.tolist(), part.offset.tolist(), strict=True)
            places = [f"{partition}:{offset}" for partition, offset in at]
            batch.add_messages(self._topics[part.topic], part.values, places, self._registry)
            batch.places |= {f"{part.topic}:{each}": end for each, end in part.find_ends().items()}
        self._places |= batch.places
        return batch

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
        self._reader.close()


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
            with twin.store.live.acquire_lock() as check_lock:
                live, broker = LiveOperations(twin, **options), connect()
                try:
                    broker.begin(live.read_offsets())
                    went_well, wait = True, 1.0
                    _follow_rounds(live, broker, stop, shown, check_lock)
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
    live: LiveOperations,
    broker: Broker,
    stop: Event,
    shown: Callable[[LiveMetrics], None],
    check_lock: Callable[[], None],
) -> None:
    forgot = time.monotonic()
    while not stop.is_set():
        check_lock()
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
    with twin.store.live.acquire_lock():
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
