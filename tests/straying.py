"""A client of Kafka that does what it is told, except where a test has it stray."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

from confluent_kafka import TopicPartition

from gridtwin.stream.contracts import TOPICS

END = "_PARTITION_EOF"


@dataclass
class Said:
    """A message, or an error."""

    _topic: str
    _partition: int
    _offset: int
    _value: bytes | None = None
    _error: str = ""

    def topic(self) -> str:
        return self._topic

    def partition(self) -> int:
        return self._partition

    def offset(self) -> int:
        return self._offset

    def value(self) -> bytes | None:
        return self._value

    def error(self) -> Any:
        name = self._error
        return SimpleNamespace(name=lambda: name, fatal=lambda: False) if name else None


@dataclass
class Client:
    """
    A consumer of one topic with one or more partitions.

    Parameters
    ----------
    topic
        Its name; another topic that is asked about has no partition.
    logs
        The messages of each partition by their offsets.
    strays
        Where it leaps to by itself, by the count of messages it gave of partition 0 until then.
    given
        Partitions that it gets from the group, by the count of its reads.
    first
        The first message of a partition that was not deleted yet.
    """

    topic: str
    logs: dict[int, dict[int, bytes]]
    strays: dict[int, int] = field(default_factory=dict)
    given: dict[int, list[int]] = field(default_factory=lambda: {0: [0]})
    first: int = 0
    starts: list[tuple[int, int]] = field(default_factory=list)  # partition and offset
    _at: dict[int, int] = field(default_factory=dict)
    _told: set[int] = field(default_factory=set)
    _reads: int = 0
    _count: int = 0
    _on_assign: Callable[..., None] = print

    def subscribe(self, _: list[str], *, on_assign: Callable[..., None], **__: Any) -> None:
        self._on_assign = on_assign

    def end(self, partition: int) -> int:
        return max(self.logs[partition], default=self.first - 1) + 1

    def consume(self, _: int, timeout: float) -> list[Said]:  # noqa: ARG002 - as the real one
        given = self.given.pop(self._reads, [])
        self._reads += 1
        if given:
            self._on_assign(self, [TopicPartition(self.topic, each) for each in given])
        return [said for each in sorted(self._at) for said in self._of(each)]

    def _of(self, partition: int) -> list[Said]:
        """Return at most three messages, then the word that there are no more."""
        found: list[Said] = []
        log = self.logs[partition]
        while len(found) < 3:
            if partition == 0 and self._count in self.strays:
                self._at[0] = self.strays.pop(self._count)
            offset = min((each for each in log if each >= self._at[partition]), default=None)
            if offset is None:
                break
            found.append(Said(self.topic, partition, offset, log[offset]))
            self._at[partition] = offset + 1
            self._count += partition == 0
        if not found and partition not in self._told:
            self._told.add(partition)
            return [Said(self.topic, partition, self.end(partition), None, END)]
        return found

    def incremental_assign(self, partitions: list[TopicPartition]) -> None:
        for each in partitions:
            self._told.discard(each.partition)
            self._at[each.partition] = max(each.offset, 0)
            self.starts.append((each.partition, each.offset))

    def incremental_unassign(self, partitions: list[TopicPartition]) -> None:
        for each in partitions:
            del self._at[each.partition]

    def get_watermark_offsets(
        self, place: TopicPartition, timeout: float = 0, *, cached: bool = False
    ) -> tuple[int, int]:
        del timeout, cached
        return self.first, self.end(place.partition)

    def list_topics(self, topic: str = "", timeout: float = 0) -> Any:
        del topic, timeout
        found = {name: SimpleNamespace(error=None, partitions={}) for name in TOPICS}
        found[self.topic].partitions = self.logs
        return SimpleNamespace(topics=found)

    def commit(self, **_: Any) -> None:
        pass

    def close(self) -> None:
        pass
