"""The documents of what analytics hand back: a pull, its conflicts, and rows."""

from typing import Any, Literal

from gridtwin.results.documents.document_fields import Count, Shape, Timestamp
from gridtwin.results.documents.document_tags import DocumentTag


class DifferenceRecord(Shape):
    """A value of analytics in a column that operations own; it was not written."""

    key: list[Any]
    column: str
    operations: Any
    analytics: Any


class PulledRecord(Shape):
    """What came of one table."""

    name: str
    """the declaration of the owner file"""
    source: str
    target: str
    snapshot: str
    """of the table, that was applied; empty: none"""
    inserted: Count
    updated: Count
    deleted: Count
    conflicts: Count
    """rows that changed on both sides; they were not written"""
    differences: Count
    """values in columns that operations own; they were not written"""
    first_differences: list[DifferenceRecord]
    stopped: str
    """why the table was left as it was; empty: it was not"""


class PullDocument(Shape):
    """
    Answer of `gridtwin pull iceberg`.

    What came of each table that the owner file declares.
    """

    schema: Literal[DocumentTag.PULL]
    tables: list[PulledRecord]


class ConflictRecord(Shape):
    """A row that changed on both sides since it was last pulled; null: it is not there."""

    name: str
    key: list[Any]
    target: str
    base: dict[str, Any] | None
    """as it was last pulled"""
    operations: dict[str, Any] | None
    analytics: dict[str, Any] | None
    snapshot: str
    """of the table, in which it was found"""
    found_at: Timestamp


class ConflictsDocument(Shape):
    """
    Answer of `gridtwin pull conflicts`.

    The rows that analytics and operations both changed since they were last pulled.
    """

    schema: Literal[DocumentTag.CONFLICTS]
    conflicts: list[ConflictRecord]


class ScoresDocument(Shape):
    """
    Answer of `gridtwin scores`.

    Rows of a table that analytics fill.
    """

    schema: Literal[DocumentTag.SCORES]
    table: str
    rows: list[dict[str, Any]]
