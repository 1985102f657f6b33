"""
Hold what a map says of its feeds: where each comes from, where it lands, and what its columns are.

The file is read by `gridtwin.stream.feeds.feed_map_file`; docs/feeds.md shows one.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping
    from zoneinfo import ZoneInfo

    from gridtwin.model.feed_tables import FeedColumn, FeedTable
    from gridtwin.stream.feeds.source_change import FeedMessage

FeedFormat = Literal["debezium", "flat", "odata"]
UnknownColumns = Literal["ignore", "keep", "refuse"]
FEED_FORMATS: tuple[FeedFormat, ...] = ("debezium", "flat", "odata")
UNKNOWN_WORDS: tuple[UnknownColumns, ...] = ("ignore", "keep", "refuse")
OFFSET_ORDER, FILE_ORDER, ROW_ORDER = "@offset", "@file", "@row"


@dataclass(frozen=True, slots=True)
class FeedField:
    """Where a value of a column comes from, and how it is made."""

    column: FeedColumn
    fields: tuple[str, ...]  # of the source; several are joined
    join: str = "-"
    values: Mapping[str, str] | None = None  # what words of the source mean here
    other: str | None = None  # what every other word means
    unit: str = ""  # of a time that is a number, or how a date is written
    factor: float = 1.0  # by which a number is multiplied


@dataclass(frozen=True, slots=True)
class Feed:
    """One feed: rows of one table of a source, landing in one table here."""

    name: str
    table: FeedTable
    topic: str  # of Kafka; empty: it comes in files
    files: str  # a pattern of names; empty: it comes by Kafka
    format: FeedFormat
    fields: tuple[FeedField, ...]
    fixed: Mapping[str, str | float] = field(default_factory=dict)
    key: tuple[str, ...] = ()  # columns of the source; empty: those of the message's key
    order: tuple[str, ...] = ()  # what orders its changes; empty: as the connector has it
    operation: str = ""  # column that says what became of a row
    operations: Mapping[str, str] = field(default_factory=dict)
    unknown: UnknownColumns = "ignore"
    known: frozenset[str] = frozenset()  # columns of the source that are named anywhere
    zone: ZoneInfo | None = None  # of times that say none

    @property
    def filled(self) -> frozenset[str]:
        """The columns of the table that it fills."""
        return frozenset({each.column.name for each in self.fields} | set(self.fixed))

    @staticmethod
    def find_value(name: str, row: Mapping[str, Any]) -> Any:
        """Return a value of a row by its name, or by names parted by dots."""
        if name in row or "." not in name:
            return row.get(name)
        value: Any = row
        for part in name.split("."):
            value = value.get(part) if isinstance(value, dict) else None
        return value

    def find_order(self, name: str, row: Mapping[str, Any], message: FeedMessage) -> Any:
        """Return what orders a change: of the message itself, or of the row."""
        if name == FILE_ORDER:
            return message.order[0]
        if name in {OFFSET_ORDER, ROW_ORDER}:
            return message.order[1]
        return self.find_value(name, row)
