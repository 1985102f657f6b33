"""The documents of feeds: maps, runs, how far each is, what could not be used, what is measured."""

from typing import Annotated, Literal

from gridtwin.model.feed_tables import QUALITIES
from gridtwin.results.documents.document_fields import Amount, Count, Shape, Timestamp, one_of
from gridtwin.results.documents.document_tags import DocumentTag


class FeedRunDocument(Shape):
    """
    What a run of feeds did.

    `gridtwin feeds run`
    """

    schema: Literal[DocumentTag.FEED_RUN]
    messages: Count
    written: Count
    """rows"""
    deleted: Count
    """changes by which a row is gone"""
    late: Count
    """changes older than what was known of their row"""
    letters: Count
    """messages that could not be used"""
    operated: Count
    """statuses of switches that were carried out"""
    behind: Count
    """messages, or bytes of files, that were there and not taken yet"""


class FeedMapRecord(Shape):
    """One feed of a map."""

    feed: str
    comes_from: str
    """topic, or pattern of files"""
    format: str
    target: str
    """table that it lands in"""
    columns: list[str]
    """of the table, that it fills"""
    personal: list[str]
    """those of them that are of a person"""
    unknown: str
    """what becomes of columns that it does not name"""


class FeedMapDocument(Shape):
    """
    The feeds of a map.

    `gridtwin feeds check`
    """

    schema: Literal[DocumentTag.FEED_MAP]
    feeds: list[FeedMapRecord]


class FeedStatusRecord(Shape):
    """How far one feed is."""

    feed: str
    rows: Count
    """keys of its source that there are"""
    deletes: Count
    """keys that are remembered as gone"""
    letters: Count
    """messages that could not be used"""
    offsets: dict[str, int]
    """where each source goes on"""
    read_at: Timestamp | None
    """null: never"""


class FeedStatusDocument(Shape):
    """
    How far each feed is.

    `gridtwin feeds status`
    """

    schema: Literal[DocumentTag.FEED_STATUS]
    feeds: list[FeedStatusRecord]


class FeedLetterRecord(Shape):
    """A message that could not be used."""

    feed: str
    place: str
    """topic, partition and offset; or file and where in it"""
    reason: str
    key: str
    value: str


class FeedLettersDocument(Shape):
    """
    Messages of feeds that could not be used.

    `gridtwin feeds letters`
    """

    schema: Literal[DocumentTag.FEED_LETTERS]
    letters: list[FeedLetterRecord]


class MeasurementRecord(Shape):
    """The latest value of one point of SCADA."""

    element: str
    """mRID"""
    kind: str
    phases: str
    """empty: all"""
    value: float | None
    """of an analog point"""
    open_phases: str | None
    """of a switch: all, phases, or empty where it is closed"""
    shown: str
    """the value in words"""
    quality: Annotated[str, one_of(QUALITIES)]
    """now: what is too old by its own word is stale"""
    said_quality: str
    """as the source says"""
    at: Timestamp
    age_s: Amount
    point: str
    """in the source"""


class MeasurementsDocument(Shape):
    """
    The latest values of SCADA, with their quality.

    `gridtwin feeds values`, `/api/measurements`
    """

    schema: Literal[DocumentTag.MEASUREMENTS]
    measurements: list[MeasurementRecord]
