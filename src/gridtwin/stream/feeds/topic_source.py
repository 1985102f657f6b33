"""Read the topics of feeds from where the twin says, with as much in memory as was allowed."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, NamedTuple

from gridtwin.stream.feeds.source_change import FeedMessage
from gridtwin.stream.reader import Reader

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from gridtwin.stream.reader import Messages

MOST_AT_ONCE = 10_000  # messages that are written in one transaction
SLICE = 100  # messages that are taken at once, before it is asked how large they were
MOST_BYTES_AT_ONCE = 32 << 20  # of messages that are written in one transaction, but for a slice


class Arrived(NamedTuple):
    """What came of one source, in its order."""

    name: str  # the topic, or the file
    source: str  # topic:partition, or the file
    messages: list[FeedMessage]  # the second of their order is their offset
    next: int  # where the source goes on after them


class TopicSource:
    """
    The topics of some feeds on a broker.

    Parameters
    ----------
    brokers
        Addresses of the cluster.
    topics
        The topics; they must be there.
    settings
        More settings of librdkafka, such as those of TLS.
    """

    def __init__(
        self, brokers: str, topics: Sequence[str], *, settings: dict[str, Any] | None = None
    ) -> None:
        self._reader = Reader(brokers, topics, settings=settings, with_keys=True)
        self._offsets: Mapping[str, int] = {}

    def begin(self, offsets: Mapping[str, int]) -> None:
        """
        Read on from offsets by source; a partition that was never read from its beginning.

        Raises
        ------
        BrokerError
            If the broker does not answer, or has no such topic.
        """
        self._offsets = dict(offsets)
        self._reader.assign_all()
        self._resume_waiting()

    def _resume_waiting(self) -> None:
        for place in sorted(self._reader.waiting):
            topic, partition = place
            self._reader.resume_partition(
                place, self._offsets.get(f"{topic}:{partition}", 0), anew=True
            )

    def read(self, seconds: float) -> list[Arrived]:
        """
        Return what came within a time.

        Raises
        ------
        BrokerError
            If the broker refuses for good, or does not answer.
        """
        self._resume_waiting()
        came: dict[str, Arrived] = {}
        count = size = 0
        end = time.monotonic() + seconds
        while count < MOST_AT_ONCE and size < MOST_BYTES_AT_ONCE:
            slices = self._reader.read_messages(SLICE, max(0.0, end - time.monotonic()))
            for part in slices:
                _add_messages(came, part)
                count += len(part)
                size += sum(len(each or b"") for each in (*part.values, *part.keys))
            if sum(map(len, slices)) < SLICE:
                break
        self._offsets = {**self._offsets, **{each.source: each.next for each in came.values()}}
        return list(came.values())

    @property
    def is_at_end(self) -> bool:
        """Whether all that is there was read."""
        return not self._reader.waiting and self._reader.given <= self._reader.ended.keys()

    def count_behind(self) -> int:
        """Return how many messages are there that were not read yet, as far as it is known."""
        ends = {each: self._reader.find_end(each) for each in self._reader.given}
        return sum(
            max(end - self._offsets.get(f"{topic}:{partition}", 0), 0)
            for (topic, partition), end in ends.items()
            if end is not None
        )

    def close(self) -> None:
        """Give the connection back."""
        self._reader.close()


def _add_messages(came: dict[str, Arrived], part: Messages) -> None:
    """Put messages of one topic to what came before of their partitions."""
    rows = zip(part.partition.tolist(), part.offset.tolist(), part.keys, part.values, strict=True)
    ends = part.find_ends()
    for partition, offset, key, value in rows:
        source = f"{part.topic}:{partition}"
        if source not in came:
            came[source] = Arrived(part.topic, source, [], 0)
        came[source].messages.append(
            FeedMessage(f"{source}:{offset}", key, value, (source, offset))
        )
    for partition, end in ends.items():
        source = f"{part.topic}:{partition}"
        came[source] = came[source]._replace(next=end)
