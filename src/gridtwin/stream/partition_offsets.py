"""
Know where each partition goes on, and notice what a client brings from elsewhere.

The offsets of a partition follow one another, except for those that a broker does not hand out:
marks of transactions, messages that were taken back, and what was compacted away. So a message
that is not the one that is due is no proof of a fault, but a reason to ask again: the partition is
read once more from its place. If the message that was due comes then, the client had strayed. If
the same one comes again, the broker itself says that there is none before it, and leaves offsets
out; that is believed until the run ends, since a client leaves its place where a run begins. A
message below the place never counts.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

LOG = logging.getLogger("gridtwin.stream")

Partition = tuple[str, int]  # topic and partition


class PartitionOffsets:
    """The places of partitions; a run of one lasts from `start_run` until it is started again."""

    def __init__(self) -> None:
        self._next: dict[Partition, int] = {}
        self._asked: dict[
            Partition, tuple[int, int]
        ] = {}  # in this run: what was due, and what came

    def __contains__(self, place: Partition) -> bool:
        """Return whether a partition is read."""
        return place in self._next

    def __getitem__(self, place: Partition) -> int:
        """Return the offset that is due."""
        return self._next[place]

    def start_run(self, place: Partition, offset: int) -> None:
        """Begin a run of a partition at an offset."""
        self._next[place] = offset
        self._asked.pop(place, None)

    def stop_runs(self, places: Iterable[Partition]) -> None:
        """End the runs of partitions."""
        for place in places:
            self._next.pop(place, None)
            self._asked.pop(place, None)

    def take_messages(self, place: Partition, offsets: Sequence[int]) -> tuple[list[int], bool]:
        """
        Take messages of a partition that came one after another.

        Returns
        -------
            The numbers of those that count, and whether the partition must be asked for again from
            its place. Those that come after a leap do not count, and those below the place never
            do: they were taken before.
        """
        due = self._next[place]
        if place not in self._asked and list(offsets) == list(range(due, due + len(offsets))):
            self._next[place] = due + len(offsets)
            return list(range(len(offsets))), False
        kept: list[int] = []
        for number, offset in enumerate(offsets):
            if self._is_astray(place, offset):
                return kept, True
            if offset >= self._next[place]:
                kept.append(number)
                self._next[place] = offset + 1
        return kept, False

    def end_partition(self, place: Partition, offset: int) -> bool:
        """
        Hear that a partition ends at an offset, which is its place then.

        Returns
        -------
            Whether it must be asked for again: what lies before the end did not come.
        """
        if offset < self._next[place]:
            return False  # the word is older than what came since
        if self._is_astray(place, offset):
            return True
        self._next[place] = offset
        return False

    def _is_astray(self, place: Partition, offset: int) -> bool:
        """Return whether to ask again, since an offset is not the one that is due."""
        due = self._next[place]
        asked_for, came = self._asked.get(place, (-1, -1))
        if offset == due:
            if asked_for == due:  # it is there after all
                del self._asked[place]
                LOG.warning(
                    "the client had left its place",
                    extra={"topic": place[0], "partition": place[1], "offset": due, "came": came},
                )
            return False
        if offset > due and 0 <= asked_for < due:  # leaves offsets out in this run
            return False
        if (asked_for, came) == (due, offset):
            return False
        self._asked[place] = (due, offset)
        return True
