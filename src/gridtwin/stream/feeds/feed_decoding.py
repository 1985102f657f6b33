"""Decode many messages of a feed at once: what is to be written, and what could not be used."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import orjson

from gridtwin.model.feed_changes import FeedLetter, RowChange, Truncation
from gridtwin.stream.feeds.change_folding import fold_changes
from gridtwin.stream.feeds.debezium_envelopes import read_envelope
from gridtwin.stream.feeds.flat_rows import read_entity, read_flat_row
from gridtwin.stream.feeds.row_mapping import RowMapping
from gridtwin.stream.message_checks import Reason

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from gridtwin.model.feed_changes import FeedChanges
    from gridtwin.stream.feeds.feed_map import Feed
    from gridtwin.stream.feeds.source_change import FeedMessage, SourceChange

LARGEST_FEED_MESSAGE = 1 << 20  # bytes; an envelope brings its row twice, and its schema maybe
LARGEST_LETTER = 64 * 1024  # bytes of a message that are kept where it cannot be used
FORMAT_READERS = {"debezium": read_envelope, "flat": read_flat_row, "odata": read_entity}


class DecodedFeed(NamedTuple):
    """What messages of one feed say."""

    changes: list[FeedChanges]
    letters: list[FeedLetter]
    late: int  # changes that others of them are later than


class FeedDecoder:
    """
    What reads the messages of one feed.

    Parameters
    ----------
    feed
        The feed.
    """

    def __init__(self, feed: Feed) -> None:
        self.feed = feed
        self._mapping = RowMapping(feed)
        self._read = FORMAT_READERS[feed.format]

    def decode_messages(self, messages: Sequence[FeedMessage]) -> DecodedFeed:
        """Return what messages say, in the order they came; no message makes others fail."""
        reads = [self._read_message(message) for message in messages]
        letters: list[FeedLetter] = []
        spoken: list[tuple[FeedMessage, SourceChange]] = []
        for message, said in zip(messages, reads, strict=True):
            if isinstance(said, Reason):
                letters.append(make_letter(self.feed.name, message, said))
            elif said is not None:
                spoken.append((message, said))
        rows = self._mapping.map_rows([said for _, said in spoken if said.kind == "upsert"])
        mapped = iter(rows)
        changes: list[RowChange | Truncation] = []
        origin: dict[str, FeedMessage] = {}
        for message, said in spoken:
            row = next(mapped) if said.kind == "upsert" else None
            if isinstance(row, Reason):
                letters.append(make_letter(self.feed.name, message, row))
            elif said.kind == "truncate":
                changes.append(Truncation(said.position))
            else:
                key = write_source_key(said.key)
                origin[key] = message
                changes.append(RowChange(key, said.position, *(row or (None,))))
        folded = fold_changes(self.feed, changes)
        letters += [
            make_letter(self.feed.name, origin[key], f"another row of the source is {taken} too")
            for key, taken in folded.displaced
        ]
        return DecodedFeed(folded.changes, letters, folded.late)

    def _read_message(self, message: FeedMessage) -> SourceChange | Reason | None:
        if message.value is not None and len(message.value) > LARGEST_FEED_MESSAGE:
            return Reason(f"it is larger than {LARGEST_FEED_MESSAGE:,} bytes")
        return self._read(message, self.feed)


def write_source_key(key: Mapping[str, Any]) -> str:
    """Return the values that name a row as one text, whatever types they came in."""
    return orjson.dumps([str(key[name]) for name in key]).decode()


def make_letter(feed: str, message: FeedMessage, reason: str) -> FeedLetter:
    """Return the dead letter of a message; a large one is cut."""
    value = None if message.value is None else message.value[:LARGEST_LETTER]
    told = "".join(letter if letter.isprintable() else " " for letter in reason[:1000])
    return FeedLetter(feed, message.place, told, message.key, value)
