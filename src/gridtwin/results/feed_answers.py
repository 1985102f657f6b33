"""Turn what is known of feeds, and what they measured, into documents."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Protocol, cast

from gridtwin.results.documents.document_tags import DocumentTag

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from gridtwin.model.feed_changes import FeedLetter, FeedStatus
    from gridtwin.model.feed_tables import FeedTable
    from gridtwin.model.measurements import Measurement
    from gridtwin.results.documents.feed_documents import (
        FeedLettersDocument,
        FeedMapDocument,
        FeedMapRecord,
        FeedRunDocument,
        FeedStatusDocument,
        MeasurementsDocument,
    )

SHOWN_BYTES = 200  # of a message that could not be used


class DescribedFeed(Protocol):
    """What is said of a feed of a map."""

    @property
    def name(self) -> str:
        """Its name."""
        ...

    @property
    def table(self) -> FeedTable:
        """The table that it lands in."""
        ...

    @property
    def topic(self) -> str:
        """Its topic; empty for files."""
        ...

    @property
    def files(self) -> str:
        """The pattern of its files; empty for a topic."""
        ...

    @property
    def format(self) -> str:
        """Its format."""
        ...

    @property
    def unknown(self) -> str:
        """What becomes of columns that it does not name."""
        ...

    @property
    def filled(self) -> frozenset[str]:
        """The columns of the table that it fills."""
        ...


def feed_run_document(counts: Mapping[str, int]) -> FeedRunDocument:
    """Return what a run did as the JSON document ``gridtwin.feed_run/1``."""
    return cast("FeedRunDocument", {"schema": DocumentTag.FEED_RUN, **counts})


def feed_map_document(feeds: Iterable[DescribedFeed]) -> FeedMapDocument:
    """Return the feeds of a map as the JSON document ``gridtwin.feed_map/1``."""
    return {"schema": DocumentTag.FEED_MAP, "feeds": [_describe_feed(feed) for feed in feeds]}


def _describe_feed(feed: DescribedFeed) -> FeedMapRecord:
    filled = [column for column in feed.table.columns if column.name in feed.filled]
    return {
        "feed": feed.name,
        "comes_from": feed.topic or feed.files,
        "format": feed.format,
        "target": feed.table.name,
        "columns": [column.name for column in filled],
        "personal": [column.name for column in filled if column.is_personal],
        "unknown": feed.unknown,
    }


def feed_status_document(statuses: Iterable[FeedStatus]) -> FeedStatusDocument:
    """Return how far feeds are as the JSON document ``gridtwin.feed_status/1``."""
    return {
        "schema": DocumentTag.FEED_STATUS,
        "feeds": [
            {
                "feed": each.feed,
                "rows": each.rows,
                "deletes": each.deletes,
                "letters": each.letters,
                "offsets": dict(each.offsets),
                "read_at": None if each.read_at is None else each.read_at.isoformat(),
            }
            for each in statuses
        ],
    }


def feed_letters_document(letters: Iterable[FeedLetter]) -> FeedLettersDocument:
    """Return what could not be used as the JSON document ``gridtwin.feed_letters/1``."""
    return {
        "schema": DocumentTag.FEED_LETTERS,
        "letters": [
            {
                "feed": each.feed,
                "place": each.place,
                "reason": each.reason,
                "key": _show_bytes(each.key),
                "value": _show_bytes(each.value),
            }
            for each in letters
        ],
    }


def _show_bytes(value: bytes | None) -> str:
    return "" if value is None else bytes(value)[:SHOWN_BYTES].decode(errors="replace")


def measurements_document(
    values: Sequence[Measurement], now: datetime | None = None
) -> MeasurementsDocument:
    """Return values of SCADA as the JSON document ``gridtwin.measurements/1``."""
    moment = now or datetime.now(UTC)
    return {
        "schema": DocumentTag.MEASUREMENTS,
        "measurements": [
            {
                "element": each.element,
                "kind": each.kind,
                "phases": each.phases,
                "value": each.value,
                "open_phases": each.open_phases,
                "shown": each.show_value(),
                "quality": each.judge_quality(moment),
                "said_quality": each.quality,
                "at": each.at.isoformat(),
                "age_s": max(round((moment - each.at).total_seconds(), 1), 0.0),
                "point": each.point,
            }
            for each in values
        ],
    }
