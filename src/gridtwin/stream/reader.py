"""
Read topics from places that the caller keeps, with as much in memory as was allowed and no more.

A group says which of its members reads which partition; without one, a reader has all. Where to go
on is the caller's to say, by `resume`. Until then, and after `hold` or `wait`, a partition is not
fetched.

A client that is given a partition without a place, or whose place is gone, looks one up by itself,
and what it finds may overtake a `seek` that was made meanwhile. So it is never let: a partition is
assigned at the offset that it is told, and one whose place is gone waits to be told another.
"""

from __future__ import annotations

import logging
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from gridtwin.errors import BrokerError, MissingExtraError, StoreError
from gridtwin.stream.places import Places
from gridtwin.stream.topics import unreachable

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from confluent_kafka import Consumer, KafkaError, Message, TopicPartition
    from numpy.typing import NDArray

    from gridtwin.stream.places import Place

LOG = logging.getLogger("gridtwin.stream")

QUEUED_KB = 16_384  # of messages fetched ahead; more are fetched when these are taken
SESSION_S = 10.0
SILENT_S = 10.0
GONE = frozenset({"_AUTO_OFFSET_RESET", "_LOG_TRUNCATION", "OFFSET_OUT_OF_RANGE"})
LASTING = {
    "TOPIC_AUTHORIZATION_FAILED": "let its login read the topic",
    "GROUP_AUTHORIZATION_FAILED": "let its login use the group",
    "UNKNOWN_TOPIC_OR_PART": "make the topic, or give its name",
    "_FATAL": "start again",
    "FENCED_INSTANCE_ID": "another worker runs with this --instance: give each its own",
}


@dataclass(frozen=True, slots=True)
class Messages:
    """Messages of one topic in the order they came."""

    topic: str
    partition: NDArray[np.int32]
    offset: NDArray[np.int64]
    values: list[bytes | None]

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self.values)

    def only(self, kept: NDArray[np.bool_]) -> Messages:
        """Return those where a mask is true."""
        values = [value for value, keep in zip(self.values, kept.tolist(), strict=True) if keep]
        return Messages(self.topic, self.partition[kept], self.offset[kept], values)

    def ends(self) -> dict[int, int]:
        """Return the offset after the last message of each partition."""
        found = {}
        for partition in np.unique(self.partition).tolist():
            found[partition] = int(self.offset[self.partition == partition].max()) + 1
        return found


class Reader:
    """
    A reader of topics: all of them, or what a consumer group gives it.

    Parameters
    ----------
    brokers
        Addresses of the cluster.
    topics
        What to read.
    group
        Name of a consumer group to become a member of; empty to read all partitions.
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
        topics: Sequence[str],
        *,
        group: str = "",
        instance: str = "",
        session_s: float = SESSION_S,
        settings: dict[str, Any] | None = None,
    ) -> None:
        self._brokers = brokers
        self._topics = list(topics)
        self.waiting: set[Place] = set()  # given to this reader; not told yet where to go on
        self.ended: dict[Place, int] = {}  # read to their end, and where that is
        self._given: set[Place] = set()
        self._places = Places()  # of those that are fetched
        self._consumer = _consumer(
            {
                "bootstrap.servers": brokers,
                "group.id": group or "gridtwin",  # wanted by the client
                "enable.auto.commit": False,
                "auto.offset.reset": "error",
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
        if group:
            self._consumer.subscribe(
                self._topics, on_assign=self._assign, on_revoke=self._revoke, on_lost=self._revoke
            )

    @property
    def given(self) -> frozenset[Place]:
        """The partitions that are this reader's."""
        return frozenset(self._given)

    def take_all(self) -> None:
        """
        Have all partitions there are, without a group; each waits to be told where to go on.

        Raises
        ------
        BrokerError
            If the broker does not answer.
        """
        places = set(self.read_ends())
        self._given |= places
        self.waiting |= places

    def _assign(self, consumer: Consumer, partitions: list[TopicPartition]) -> None:
        """Take note of partitions; each is assigned when its place is known, and no sooner."""
        places = {(each.topic, each.partition) for each in partitions}
        self._given |= places
        self.waiting |= places
        consumer.incremental_assign([])  # the group is answered

    def _revoke(self, consumer: Consumer, partitions: list[TopicPartition]) -> None:
        places = {(each.topic, each.partition) for each in partitions}
        self._given -= places
        self.waiting -= places
        self._leave(places, consumer)

    def _leave(self, places: set[Place], consumer: Consumer) -> None:
        fetched = [place for place in places if place in self._places]
        self._places.stop(fetched)
        for place in fetched:
            self.ended.pop(place, None)
        consumer.incremental_unassign([_at(place) for place in fetched])

    def _begin(self, place: Place, offset: int) -> None:
        self.ended.pop(place, None)
        self._consumer.incremental_assign([_at(place, offset)])

    def read(self, most: int, seconds: float) -> list[Messages]:
        """
        Return what came within a time, by topic, as it came; nothing of partitions that wait.

        Raises
        ------
        StoreError
            If the broker refuses for good, as for a topic that is not there.
        """
        came: list[Message] = []
        rows: dict[Place, list[int]] = {}
        ends: dict[Place, int] = {}
        for message in self._consumer.consume(most, timeout=seconds):
            place, error = _place(message), message.error()
            if error is None:
                rows.setdefault(place, []).append(len(came))
                came.append(message)
                ends.pop(place, None)
            elif error.name() == "_PARTITION_EOF":
                ends[place] = message.offset() or 0
            elif error.name() in GONE:
                self.hold({place})
            else:
                self._check(error)
        due: dict[str, list[int]] = {}
        for place, of_place in rows.items():
            if place in self._places:
                due.setdefault(place[0], []).extend(self._due(place, of_place, came))
        for place, end in ends.items():
            if place in self._places:
                self._end(place, end)
        return [
            _columns(topic, [came[row] for row in sorted(kept)])
            for topic, kept in due.items()
            if kept
        ]

    def _due(self, place: Place, rows: list[int], came: list[Message]) -> list[int]:
        """Return those rows whose messages go on from the place of a partition."""
        self.ended.pop(place, None)
        kept, again = self._places.take(place, [came[row].offset() or 0 for row in rows])
        if again:
            self._ask_again(place)
        return [rows[each] for each in kept]

    def _end(self, place: Place, end: int) -> None:
        """Hear that a partition ends; it is read to its end if that is where its place is."""
        if self._places.end(place, end):
            self._ask_again(place)
        elif self._places[place] == end:
            self.ended[place] = end

    def _ask_again(self, place: Place) -> None:
        """Fetch a partition anew from its place."""
        self._consumer.incremental_unassign([_at(place)])
        self._begin(place, self._places[place])

    def _check(self, error: KafkaError) -> None:
        """Raise what does not pass by itself."""
        if error.name() in LASTING or error.fatal():
            mend = LASTING.get(error.name(), "start again")
            msg = f"{self._brokers} refuses: {error.str()}: {mend}"
            raise BrokerError(msg)

    def wait(self, seconds: float) -> None:
        """Stay in the group for a time, and take nothing."""
        self.hold(self._given)  # until each is told where to go on
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            self._consumer.poll(min(left, 0.2))

    def hold(self, places: Iterable[Place]) -> None:
        """Take nothing of some partitions until they are told where to go on."""
        held = {place for place in places if place in self._given}
        self.waiting |= held
        if any(place in self._places for place in held):
            self._leave(held, self._consumer)

    def resume(self, place: Place, offset: int, *, anew: bool = False) -> None:
        """
        Go on with a partition from an offset, or, if that was deleted, from the first that is left.

        Parameters
        ----------
        place
            The partition.
        offset
            The offset.
        anew
            Whether to read a partition from its beginning that ends before that offset.

        Raises
        ------
        BrokerError
            If the broker does not answer.
        StoreError
            If the partition ends before that offset, since its topic was made anew.
        """
        if place not in self._given:
            return
        topic, partition = place
        first, end = self._reach(place)
        if end < offset and not anew:
            raise made_anew(place, end, offset)
        start = max(offset, first) if offset <= end else first
        if start != offset and offset:
            LOG.warning(
                "a topic was made anew, or messages were deleted from it before they were read",
                extra={"topic": topic, "partition": partition, "from": offset, "to": start},
            )
        self._places.start(place, start)
        self._begin(place, start)
        self.waiting.discard(place)

    def _reach(self, place: Place) -> tuple[int, int]:
        """Return the first message of a partition that is left, and where it ends."""
        from confluent_kafka import KafkaException

        try:
            return self._consumer.get_watermark_offsets(_at(place), timeout=SILENT_S)
        except KafkaException as error:
            raise unreachable(self._brokers) from error

    def read_ends(self) -> dict[Place, int]:
        """
        Return where each partition of the topics ends now, whoever reads it.

        Raises
        ------
        BrokerError
            If the broker does not answer.
        """
        from confluent_kafka import KafkaException

        found: dict[Place, int] = {}
        for topic in self._topics:
            try:
                known = self._consumer.list_topics(topic, timeout=SILENT_S).topics[topic]
            except KafkaException as error:
                raise unreachable(self._brokers) from error
            if known.error is not None:
                self._check(known.error)
                raise unreachable(self._brokers)
            found |= {(topic, each): self._reach((topic, each))[1] for each in known.partitions}
        return found

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
        """Leave the group, and give the connection back."""
        self._consumer.close()


def made_anew(place: Place, end: int, offset: int) -> StoreError:
    """Return the error of a partition that ends before what was read of it."""
    return StoreError(
        f"topic {place[0]}, partition {place[1]} ends at {end}, but {offset} messages of it were"
        " read: it was made anew, or its broker lost messages; give another --group to read it from"
        " its beginning"
    )


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
