"""
Read topics from places that the caller keeps, with as much in memory as was allowed and no more.

A group says which of its members reads which partition; without one, a reader has all. Where to go
on is the caller's to say, by `resume_partition`. Until then, and after `pause_partitions` or
`stay_idle`, a partition is not fetched.

A client that is given a partition without a place, or whose place is gone, looks one up by itself,
and what it finds may overtake a `seek` that was made meanwhile. So it is never let: a partition is
assigned at the offset that it is told, and one whose place is gone waits to be told another.
"""

from __future__ import annotations

import logging
import time
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from gridtwin.errors import BrokerError, MissingExtraError, StoreError
from gridtwin.stream.partition_offsets import PartitionOffsets
from gridtwin.stream.topics import build_unreachable_error

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from confluent_kafka import Consumer, KafkaError, Message, TopicPartition
    from numpy.typing import NDArray

    from gridtwin.stream.partition_offsets import Partition

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
    keys: list[bytes | None] = field(default_factory=list)  # only where a reader brings them

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self.values)

    def select_rows(self, kept: NDArray[np.bool_]) -> Messages:
        """Return those where a mask is true."""
        rows = np.flatnonzero(kept).tolist()
        values, keys = ([each[row] for row in rows if each] for each in (self.values, self.keys))
        return Messages(self.topic, self.partition[kept], self.offset[kept], values, keys)

    def find_ends(self) -> dict[int, int]:
        """Return the offset after the last message of each partition."""
        ends = {}
        for partition in np.unique(self.partition).tolist():
            ends[partition] = int(self.offset[self.partition == partition].max()) + 1
        return ends


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
    with_keys
        Whether to bring the keys of messages too.
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
        with_keys: bool = False,
    ) -> None:
        self._brokers, self._with_keys = brokers, with_keys
        self._topics = list(topics)
        self.waiting: set[Partition] = set()  # given to this reader; not told yet where to go on
        self.ended: dict[Partition, int] = {}  # read to their end, and where that is
        self._given: set[Partition] = set()
        self._places = PartitionOffsets()  # of those that are fetched
        self._consumer = _build_consumer(
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
                self._topics,
                on_assign=self._note_partitions,
                on_revoke=self._revoke_partitions,
                on_lost=self._revoke_partitions,
            )

    @property
    def given(self) -> frozenset[Partition]:
        """The partitions that are this reader's."""
        return frozenset(self._given)

    def assign_all(self) -> None:
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

    def _note_partitions(self, consumer: Consumer, partitions: list[TopicPartition]) -> None:
        """Take note of partitions; each is assigned when its place is known, and no sooner."""
        places = {(each.topic, each.partition) for each in partitions}
        self._given |= places
        self.waiting |= places
        consumer.incremental_assign([])  # the group is answered

    def _revoke_partitions(self, consumer: Consumer, partitions: list[TopicPartition]) -> None:
        places = {(each.topic, each.partition) for each in partitions}
        self._given -= places
        self.waiting -= places
        self._leave_partitions(places, consumer)

    def _leave_partitions(self, places: set[Partition], consumer: Consumer) -> None:
        fetched = [place for place in places if place in self._places]
        self._places.stop_runs(fetched)
        for place in fetched:
            self.ended.pop(place, None)
        consumer.incremental_unassign([_build_position(place) for place in fetched])

    def _begin_partition(self, place: Partition, offset: int) -> None:
        self.ended.pop(place, None)
        self._consumer.incremental_assign([_build_position(place, offset)])

    def read_messages(self, most: int, seconds: float) -> list[Messages]:
        """
        Return what came within a time, by topic, as it came; nothing of partitions that wait.

        Raises
        ------
        StoreError
            If the broker refuses for good, as for a topic that is not there.
        """
        came: list[Message] = []
        rows: dict[Partition, list[int]] = {}
        ends: dict[Partition, int] = {}
        for message in self._consumer.consume(most, timeout=seconds):
            place, error = _identify_partition(message), message.error()
            if error is None:
                rows.setdefault(place, []).append(len(came))
                came.append(message)
                ends.pop(place, None)
            elif error.name() == "_PARTITION_EOF":
                ends[place] = message.offset() or 0
            elif error.name() in GONE:
                self.pause_partitions({place})
            else:
                self._check_error(error)
        due: dict[str, list[int]] = {}
        for place, of_place in rows.items():
            if place in self._places:
                due.setdefault(place[0], []).extend(self._find_due(place, of_place, came))
        for place, end in ends.items():
            if place in self._places:
                self._end_partition(place, end)
        return [
            _build_messages(topic, [came[row] for row in sorted(kept)], with_keys=self._with_keys)
            for topic, kept in due.items()
            if kept
        ]

    def _find_due(self, place: Partition, rows: list[int], came: list[Message]) -> list[int]:
        """Return those rows whose messages go on from the place of a partition."""
        self.ended.pop(place, None)
        kept, again = self._places.take_messages(place, [came[row].offset() or 0 for row in rows])
        if again:
            self._fetch_again(place)
        return [rows[each] for each in kept]

    def _end_partition(self, place: Partition, end: int) -> None:
        """Hear that a partition ends; it is read to its end if that is where its place is."""
        if self._places.end_partition(place, end):
            self._fetch_again(place)
        elif self._places[place] == end:
            self.ended[place] = end

    def _fetch_again(self, place: Partition) -> None:
        """Fetch a partition anew from its place."""
        self._consumer.incremental_unassign([_build_position(place)])
        self._begin_partition(place, self._places[place])

    def _check_error(self, error: KafkaError) -> None:
        """Raise what does not pass by itself."""
        if error.name() in LASTING or error.fatal():
            mend = LASTING.get(error.name(), "start again")
            msg = f"{self._brokers} refuses: {error.str()}: {mend}"
            raise BrokerError(msg)

    def stay_idle(self, seconds: float) -> None:
        """Stay in the group for a time, and take nothing."""
        self.pause_partitions(self._given)  # until each is told where to go on
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            self._consumer.poll(min(left, 0.2))

    def pause_partitions(self, places: Iterable[Partition]) -> None:
        """Take nothing of some partitions until they are told where to go on."""
        held = {place for place in places if place in self._given}
        self.waiting |= held
        if any(place in self._places for place in held):
            self._leave_partitions(held, self._consumer)

    def resume_partition(self, place: Partition, offset: int, *, anew: bool = False) -> None:
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
        first, end = self._read_watermarks(place)
        if end < offset and not anew:
            raise build_recreated_error(place, end, offset)
        start = max(offset, first) if offset <= end else first
        if start != offset and offset:
            LOG.warning(
                "a topic was made anew, or messages were deleted from it before they were read",
                extra={"topic": topic, "partition": partition, "from": offset, "to": start},
            )
        self._places.start_run(place, start)
        self._begin_partition(place, start)
        self.waiting.discard(place)

    def _read_watermarks(self, place: Partition) -> tuple[int, int]:
        """Return the first message of a partition that is left, and where it ends."""
        from confluent_kafka import KafkaException

        try:
            return self._consumer.get_watermark_offsets(_build_position(place), timeout=SILENT_S)
        except KafkaException as error:
            raise build_unreachable_error(self._brokers) from error

    def read_ends(self) -> dict[Partition, int]:
        """
        Return where each partition of the topics ends now, whoever reads it.

        Raises
        ------
        BrokerError
            If the broker does not answer.
        """
        from confluent_kafka import KafkaException

        ends: dict[Partition, int] = {}
        for topic in self._topics:
            try:
                known = self._consumer.list_topics(topic, timeout=SILENT_S).topics[topic]
            except KafkaException as error:
                raise build_unreachable_error(self._brokers) from error
            if known.error is not None:
                self._check_error(known.error)
                raise build_unreachable_error(self._brokers)
            ends |= {
                (topic, each): self._read_watermarks((topic, each))[1] for each in known.partitions
            }
        return ends

    def find_end(self, place: Partition) -> int | None:
        """Return where a partition ended when it was last heard of; None if it is not known."""
        from confluent_kafka import KafkaException

        try:
            _, end = self._consumer.get_watermark_offsets(_build_position(place), cached=True)
        except KafkaException:
            return None
        return end if end >= 0 else None

    def commit_offsets(self, ends: dict[Partition, int]) -> None:
        """Tell the group how far it is, for tools that show its lag; nothing depends on it."""
        from confluent_kafka import KafkaException

        with suppress(KafkaException):
            places = [
                _build_position(place, offset)
                for place, offset in ends.items()
                if place in self._given
            ]
            if places:
                self._consumer.commit(offsets=places, asynchronous=True)

    def close(self) -> None:
        """Leave the group, and give the connection back."""
        self._consumer.close()


def build_recreated_error(place: Partition, end: int, offset: int) -> StoreError:
    """Return the error of a partition that ends before what was read of it."""
    return StoreError(
        f"topic {place[0]}, partition {place[1]} ends at {end}, but {offset} messages of it were"
        " read: it was made anew, or its broker lost messages; give another --group to read it from"
        " its beginning"
    )


def _build_consumer(settings: dict[str, Any]) -> Consumer:
    try:
        from confluent_kafka import Consumer
    except ModuleNotFoundError as error:
        need = "a stream from or to Kafka"
        raise MissingExtraError(need, "kafka") from error
    return Consumer(settings)


def _build_position(place: Partition, offset: int | None = None) -> TopicPartition:
    from confluent_kafka import TopicPartition

    return TopicPartition(*place) if offset is None else TopicPartition(*place, offset)


def _identify_partition(message: Message) -> Partition:
    """Return where a message came from; an error may be of no topic."""
    return message.topic() or "", message.partition() or 0


def _build_messages(topic: str, messages: list[Message], *, with_keys: bool) -> Messages:
    count = len(messages)
    return Messages(
        topic,
        np.fromiter((each.partition() for each in messages), dtype=np.int32, count=count),
        np.fromiter((each.offset() for each in messages), dtype=np.int64, count=count),
        [each.value() for each in messages],
        [each.key() for each in messages] if with_keys else [],
    )
