"""
Read topics as a member of a consumer group, with as much in memory as was allowed and no more.

The group says which worker reads which partition; where to go on is the caller's to say, by
`resume`. Until then, and while the caller says `pause`, a partition brings nothing.
"""

from __future__ import annotations

import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import numpy as np

from gridtwin.errors import BrokerError, MissingExtraError, StoreError
from gridtwin.stream.ingest.batch import Messages
from gridtwin.stream.topics import unreachable

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from confluent_kafka import Consumer, KafkaError, Message, TopicPartition

    from gridtwin.stream.ingest.claims import Place

QUEUED_KB = 16_384  # of messages fetched ahead; more are fetched when these are taken
SESSION_S = 10.0
SEEK_PATIENCE_S = 10.0
SILENT_S = 10.0


class Reader:
    """
    A member of a consumer group.

    Parameters
    ----------
    brokers
        Addresses of the cluster.
    group
        The group's name.
    topics
        What to read.
    instance
        Name of this member that outlives a restart: its partitions wait for it so long. Empty for
        none.
    session_s
        Seconds without a word after which the group gives a member up.
    settings
        More settings of librdkafka, such as those of TLS.
    """

    def __init__(
        self,
        brokers: str,
        group: str,
        topics: Sequence[str],
        *,
        instance: str = "",
        session_s: float = SESSION_S,
        settings: dict[str, Any] | None = None,
    ) -> None:
        self._brokers = brokers
        self.waiting: set[Place] = set()  # given to this member; not told yet where to go on
        self._given: set[Place] = set()
        self._ended: set[Place] = set()  # read to their end
        self._consumer = _consumer(
            {
                "bootstrap.servers": brokers,
                "group.id": group,
                "enable.auto.commit": False,
                "auto.offset.reset": "earliest",
                "isolation.level": "read_committed",
                "enable.partition.eof": True,
                "partition.assignment.strategy": "cooperative-sticky",
                "session.timeout.ms": round(session_s * 1000),
                "heartbeat.interval.ms": round(session_s * 300),
                "queued.max.messages.kbytes": QUEUED_KB,
                "fetch.wait.max.ms": 100,
                "reconnect.backoff.max.ms": 1000,
                "log_level": 2,
                **({"group.instance.id": instance} if instance else {}),
                **(settings or {}),
            }
        )
        self._consumer.subscribe(
            list(topics), on_assign=self._assign, on_revoke=self._revoke, on_lost=self._revoke
        )

    @property
    def given(self) -> frozenset[Place]:
        """The partitions that this member reads."""
        return frozenset(self._given)

    def _assign(self, consumer: Consumer, partitions: list[TopicPartition]) -> None:
        places = {(each.topic, each.partition) for each in partitions}
        consumer.incremental_assign(partitions)
        consumer.pause(partitions)
        self._given |= places
        self.waiting |= places

    def _revoke(self, consumer: Consumer, partitions: list[TopicPartition]) -> None:
        places = {(each.topic, each.partition) for each in partitions}
        self._given -= places
        self.waiting -= places
        self._ended -= places
        if partitions:
            consumer.incremental_unassign(partitions)

    def read(self, most: int, seconds: float) -> list[Messages]:
        """
        Return what came within a time, topic by topic; nothing of partitions that wait.

        Raises
        ------
        StoreError
            If the broker refuses for good, as for a topic that is not there.
        """
        found: dict[str, list[Message]] = {}
        for message in self._consumer.consume(most, timeout=seconds):
            place, error = _place(message), message.error()
            if error is not None:
                self._check(error, place)
                continue
            self._ended.discard(place)
            if place in self._given and place not in self.waiting:
                found.setdefault(place[0], []).append(message)
        return [_columns(topic, messages) for topic, messages in found.items()]

    def _check(self, error: KafkaError, place: Place) -> None:
        """Raise what does not pass by itself; note the end of a partition."""
        if error.name() == "_PARTITION_EOF":
            self._ended.add(place)
            return
        lasting = {
            "TOPIC_AUTHORIZATION_FAILED": "let its login read the topic",
            "GROUP_AUTHORIZATION_FAILED": "let its login use the group",
            "UNKNOWN_TOPIC_OR_PART": "make the topic, or give its name",
            "_FATAL": "start again",
            "FENCED_INSTANCE_ID": "another worker runs with this --instance: give each its own",
        }
        if error.name() in lasting or error.fatal():
            mend = lasting.get(error.name(), "start again")
            msg = f"{self._brokers} refuses: {error.str()}: {mend}"
            raise BrokerError(msg)

    def wait(self, seconds: float) -> None:
        """Stay in the group for a time, and take nothing."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            message = self._consumer.poll(min(left, 0.2))
            if message is not None and message.error() is None:  # it is read again later
                self.hold({_place(message)})

    def pause(self) -> None:
        """Take nothing until each partition is told where to go on."""
        self.hold(self._given)

    def hold(self, places: Iterable[Place]) -> None:
        """Take nothing of some partitions until they are told where to go on."""
        held = {place for place in places if place in self._given}
        if held:
            self._consumer.pause([_at(place) for place in held])
            self.waiting |= held
            self._ended -= held

    def resume(self, place: Place, offset: int) -> None:
        """
        Go on with a partition from an offset.

        Raises
        ------
        BrokerError
            If the broker does not answer.
        StoreError
            If the partition ends before that offset, since its topic was made anew.
        """
        from confluent_kafka import KafkaException

        if place not in self._given:
            return
        self._check_end(place, offset)
        self._ended.discard(place)
        end = time.monotonic() + SEEK_PATIENCE_S
        while True:
            try:
                self._consumer.seek(_at(place, offset))
                break
            except KafkaException as error:  # just assigned: it takes a moment to be known
                if time.monotonic() > end:
                    raise BrokerError(str(error)) from error
                time.sleep(0.05)
        self._consumer.resume([_at(place)])
        self.waiting.discard(place)

    def _check_end(self, place: Place, offset: int) -> None:
        from confluent_kafka import KafkaException

        try:
            _, end = self._consumer.get_watermark_offsets(_at(place), timeout=SILENT_S)
        except KafkaException as error:
            raise unreachable(self._brokers) from error
        if end < offset:
            topic, partition = place
            msg = (
                f"topic {topic}, partition {partition} ends at {end}, but {offset} messages of it"
                " were read: it was made anew, or its broker lost messages; give another --group to"
                " read it from its beginning"
            )
            raise StoreError(msg)

    def is_at_end(self) -> bool:
        """Return whether every partition of this member was read to its end."""
        return bool(self._given) and self._given == self._ended and not self.waiting

    def end_of(self, place: Place) -> int | None:
        """Return where a partition ended when it was last heard of; None if it is not known."""
        from confluent_kafka import KafkaException

        try:
            _, end = self._consumer.get_watermark_offsets(_at(place), cached=True)
        except KafkaException:
            return None
        return end if end >= 0 else None

    def tell(self, ends: dict[Place, int]) -> None:
        """Tell the group how far it is, for tools that show its lag; nothing depends on it."""
        from confluent_kafka import KafkaException

        with suppress(KafkaException):
            places = [_at(place, offset) for place, offset in ends.items() if place in self._given]
            if places:
                self._consumer.commit(offsets=places, asynchronous=True)

    def close(self) -> None:
        """Leave the group."""
        self._consumer.close()


def _consumer(settings: dict[str, Any]) -> Consumer:
    try:
        from confluent_kafka import Consumer
    except ModuleNotFoundError as error:
        need = "a stream from or to Kafka"
        raise MissingExtraError(need, "kafka") from error
    return Consumer(settings)


def _at(place: Place, offset: int | None = None) -> TopicPartition:
    from confluent_kafka import TopicPartition

    return TopicPartition(*place) if offset is None else TopicPartition(*place, offset)


def _place(message: Message) -> Place:
    """Return where a message came from; an error may be of no topic."""
    return message.topic() or "", message.partition() or 0


def _columns(topic: str, messages: list[Message]) -> Messages:
    count = len(messages)
    return Messages(
        topic,
        np.fromiter((each.partition() for each in messages), dtype=np.int32, count=count),
        np.fromiter((each.offset() for each in messages), dtype=np.int64, count=count),
        [each.value() for each in messages],
    )
