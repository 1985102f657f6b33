"""Declare the tables of a twin that analytics fills, and what a value of each column is.

Rows are tuples in the order of a table's columns. Their values are those of JSON: a time is text,
ISO 8601 in UTC to the microsecond, so that the same row is the same everywhere.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

Kind = Literal["text", "number", "whole", "time"]
AnalyticsValue = str | float | int | None
AnalyticsRow = tuple[AnalyticsValue, ...]
WHOLE_LIMIT = 2**63


@dataclass(frozen=True, slots=True)
class AnalyticsColumn:
    """One column: its name, what its values are, and whether one may be missing."""

    name: str
    kind: Kind
    meaning: str
    required: bool = False


@dataclass(frozen=True, slots=True)
class AnalyticsTable:
    """One table; its first columns are its key."""

    name: str
    key_size: int
    columns: tuple[AnalyticsColumn, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """The names of its columns."""
        return tuple(column.name for column in self.columns)

    @property
    def key(self) -> tuple[str, ...]:
        """The names of the columns of its key."""
        return self.names[: self.key_size]

    def name_values(self, row: AnalyticsRow) -> dict[str, AnalyticsValue]:
        """Return the values of a row by the names of their columns."""
        return dict(zip(self.names, row, strict=True))

    def order_values(self, values: Mapping[str, AnalyticsValue]) -> AnalyticsRow:
        """Return a row of values by the names of their columns; what is not named is missing."""
        return tuple(map(values.get, self.names))

    def write_key(self, row: AnalyticsRow) -> str:
        """Return the key of a row as one text."""
        return json.dumps(row[: self.key_size], ensure_ascii=False, separators=(",", ":"))


KIND_COLUMN = AnalyticsColumn("kind", "text", "What it says, such as failure_risk", required=True)
ELEMENT_COLUMN = AnalyticsColumn("mrid", "text", "Element or usage point", required=True)
MADE_COLUMN = AnalyticsColumn("made_at", "time", "When it was computed")
SOURCE_COLUMN = AnalyticsColumn("source", "text", "Model or person it comes from")

ANALYTICS_TABLES = {
    table.name: table
    for table in (
        AnalyticsTable(
            "element_scores",
            2,
            (
                KIND_COLUMN,
                ELEMENT_COLUMN,
                AnalyticsColumn("value", "number", "The score"),
                MADE_COLUMN,
                SOURCE_COLUMN,
            ),
        ),
        AnalyticsTable(
            "element_priorities",
            1,
            (
                ELEMENT_COLUMN,
                AnalyticsColumn("rank", "whole", "Place in the order of work, from 1"),
                AnalyticsColumn("reason", "text", "Why"),
                MADE_COLUMN,
                SOURCE_COLUMN,
            ),
        ),
        AnalyticsTable(
            "crew_shifts",
            2,
            (
                AnalyticsColumn("crew", "text", "Crew", required=True),
                AnalyticsColumn("starts_at", "time", "When the shift begins", required=True),
                AnalyticsColumn("ends_at", "time", "When it ends"),
                AnalyticsColumn("district", "text", "Where it stands by"),
                AnalyticsColumn("skill", "text", "What it does, such as line or tree"),
                AnalyticsColumn("people", "whole", "How many they are"),
                SOURCE_COLUMN,
            ),
        ),
        AnalyticsTable(
            "element_forecasts",
            3,
            (
                KIND_COLUMN,
                AnalyticsColumn(
                    "mrid", "text", "Element, usage point or feeder; empty = all", required=True
                ),
                AnalyticsColumn("at", "time", "The time it is for", required=True),
                AnalyticsColumn("value", "number", "What is expected"),
                AnalyticsColumn("low", "number", "What it exceeds in nine cases of ten"),
                AnalyticsColumn("high", "number", "What it stays below in nine cases of ten"),
                MADE_COLUMN,
                SOURCE_COLUMN,
            ),
        ),
    )
}


def read_value(column: AnalyticsColumn, value: object) -> AnalyticsValue:
    """
    Return a value of a database as the column has it.

    Raises
    ------
    ValueError
        If it is not of its kind, or missing where it may not be; says so.
    """
    if isinstance(value, float) and math.isnan(value):
        value = None
    if value is None:
        if column.required:
            msg = f"{column.name} is missing"
            raise ValueError(msg)
        return None
    return _CONVERSIONS[column.kind](column.name, value)


def _read_text(name: str, value: object) -> str:
    text = str(value)
    if "\0" in text:
        msg = f"{name} holds a character that no text may hold"
        raise ValueError(msg)
    return text


def _read_number(name: str, value: object) -> float:
    number = float(value)  # type: ignore[arg-type]
    if not math.isfinite(number):
        msg = f"{name} is {value}, which is no number"
        raise ValueError(msg)
    return number + 0.0  # one zero


def _read_whole(name: str, value: object) -> int:
    number = int(value)  # type: ignore[call-overload]
    if not -WHOLE_LIMIT <= number < WHOLE_LIMIT:
        msg = f"{name} is {value}, which is too large"
        raise ValueError(msg)
    return int(number)


def _read_time(name: str, value: object) -> str:
    if isinstance(value, str):
        value = datetime.fromisoformat(value)
    if not isinstance(value, datetime) or value.tzinfo is None:
        msg = f"{name} is {value}, which is no time with a zone"
        raise ValueError(msg)
    return value.astimezone(UTC).isoformat(timespec="microseconds")


_CONVERSIONS: dict[Kind, Callable[[str, object], AnalyticsValue]] = {
    "text": _read_text,
    "number": _read_number,
    "whole": _read_whole,
    "time": _read_time,
}
