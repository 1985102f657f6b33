"""Hold what a feed says of rows, ready to be written: changes, truncations, and dead letters."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from gridtwin.model.feed_tables import FeedRow, FeedTable
    from gridtwin.model.live import LiveEvent


class FeedSource(NamedTuple):
    """What one feed reads: a partition of a topic, or a file."""

    feed: str
    source: str  # topic:partition, or the name of the file


class RowChange(NamedTuple):
    """What one row of a source has become."""

    key: str  # of the row in its source: a JSON array
    position: str  # of the change in its source; texts that sort as the changes follow
    row: FeedRow | None  # of the table; None: it is gone
    own: str | None = None  # columns that the table does not know: a JSON object
    unchanged: tuple[str, ...] = ()  # columns that the source left out, since they did not change


class Truncation(NamedTuple):
    """That all rows of a source before a position are gone."""

    position: str


class FeedChanges(NamedTuple):
    """Changes of one feed: each key once, with its last; or a truncation."""

    feed: str
    table: FeedTable
    changes: Sequence[RowChange] | Truncation


class FeedLetter(NamedTuple):
    """A message that could not be used."""

    feed: str
    place: str  # topic, partition and offset; or file and line
    reason: str
    key: bytes | None
    value: bytes | None


class FeedEvent(NamedTuple):
    """An event of the grid that follows from the change of a row, unless that turns out late."""

    feed: str
    key: str
    position: str
    event: LiveEvent


@dataclass
class FeedBatch:
    """What came of some feeds, in order, and how far their sources were read."""

    changes: list[FeedChanges] = field(default_factory=list)
    letters: list[FeedLetter] = field(default_factory=list)
    offsets: dict[FeedSource, int] = field(default_factory=dict)  # where each goes on
    events: list[FeedEvent] = field(default_factory=list)  # what is to be operated after it
    replayed: list[FeedLetter] = field(default_factory=list)  # letters that are dead no longer


class FeedOutcome(NamedTuple):
    """What came of a batch."""

    written: int = 0  # rows that were written
    deleted: int = 0  # changes by which a row is gone
    late: int = 0  # changes older than what is known of their row
    letters: int = 0


class FeedStatus(NamedTuple):
    """What is known of one feed."""

    feed: str
    rows: int  # keys of its source that there are
    deletes: int  # keys that are remembered as gone
    letters: int  # messages that could not be used
    offsets: Mapping[str, int]  # by source
    read_at: datetime | None  # when its sources were read last
