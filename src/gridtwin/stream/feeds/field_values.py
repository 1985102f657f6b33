"""Make values of columns out of those of a source: texts, numbers, times in any of their ways."""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from gridtwin.stream.message_checks import Reason

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import tzinfo

    from gridtwin.model.feed_tables import FeedColumn, FeedValue
    from gridtwin.stream.feeds.feed_map import Feed, FeedField

UNAVAILABLE = "__debezium_unavailable_value"  # stands for a large value that did not change
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
EPOCH_UNITS = {"s": 1e6, "ms": 1e3, "us": 1.0, "ns": 1e-3, "days": 86_400e6}  # microseconds each
WRITTEN_UNITS = {"yyyymmdd": "%Y%m%d", "yyyymmddhhmmss": "%Y%m%d%H%M%S"}
TIME_UNITS = ("", *EPOCH_UNITS, *WRITTEN_UNITS)
ODATA_DATE = re.compile(r"/Date\((-?\d+)(?:[+-]\d{4})?\)/")
FIRST_DAY = datetime(1900, 1, 1, tzinfo=UTC)  # what is older stands for: ever since
LAST_DAY = datetime(2100, 1, 1, tzinfo=UTC)  # what is later stands for: until further notice
LONGEST_SHOWN_VALUE = 60  # letters of a value that a reason repeats


def make_value(each: FeedField, feed: Feed, row: Mapping[str, Any]) -> FeedValue | Reason:
    """Return the value of a column, or the reason why there is none."""
    given = [feed.find_value(name, row) for name in each.fields]
    value = given[0] if len(given) == 1 else _join_values(given, each.join)
    if each.values is not None:
        word = "" if value is None else _write_text(value)
        value = each.values.get(word, each.other)
        if value is None and word:
            return Reason(
                f"{' '.join(each.fields)} {word[:LONGEST_SHOWN_VALUE]!r} is none of its values"
            )
    if value is None:
        return None
    try:
        return _make_kind(each, value, feed.zone or None)
    except (ValueError, OverflowError) as error:
        shown = repr(value)[:LONGEST_SHOWN_VALUE]
        return Reason(f"{each.column.name}: {' '.join(each.fields)} {shown} {error}")


def _make_kind(each: FeedField, value: Any, zone: tzinfo | None) -> FeedValue:
    kind = each.column.kind
    if kind == "time":
        return write_time(read_time(value, each.unit, zone), each.column)
    if kind == "text":
        return _write_text(value)
    number = _read_number(value) * each.factor
    if kind == "number":
        return number
    if not number.is_integer():
        msg = "is no whole number"
        raise ValueError(msg)
    return int(number)


def _join_values(values: list[Any], join: str) -> str | None:
    texts = [_write_text(value) for value in values if value is not None]
    return join.join(texts) if texts else None


def _write_text(value: Any) -> str:
    """Return a value as text; the blanks that fill a column of fixed width are taken off."""
    if isinstance(value, str):
        return value.rstrip()
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, int | float):
        return str(value)
    msg = "is no text"
    raise ValueError(msg)


def _read_number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        msg = "is no number"
        raise ValueError(msg)  # noqa: TRY004 - one kind of refusal
    try:
        number = float(value)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        msg = "is no number"
        raise ValueError(msg)
    return number + 0.0


def read_time(value: Any, unit: str, zone: tzinfo | None) -> datetime:
    """
    Return a moment in UTC.

    Parameters
    ----------
    value
        ISO 8601, ``/Date(ms)/`` of OData, or what its unit says.
    unit
        One of `TIME_UNITS`.
    zone
        Of a text that names none.

    Raises
    ------
    ValueError
        If it is none.
    """
    if unit in EPOCH_UNITS:
        return EPOCH + timedelta(microseconds=round(_read_number(value) * EPOCH_UNITS[unit]))
    if not isinstance(value, str):
        msg = f"is no time; where it is a number, say its unit: {', '.join(EPOCH_UNITS)}"
        raise ValueError(msg)  # noqa: TRY004 - one kind of refusal
    text = value.strip()
    if match := ODATA_DATE.fullmatch(text):
        return EPOCH + timedelta(milliseconds=int(match[1]))
    written = WRITTEN_UNITS.get(unit)  # its zone comes below
    at = datetime.strptime(text, written) if written else datetime.fromisoformat(text)  # noqa: DTZ007
    if at.tzinfo is None:
        if zone is None:
            msg = "names no time zone: say zone in the map"
            raise ValueError(msg)
        at = at.replace(tzinfo=zone)
    return at.astimezone(UTC)


def write_time(at: datetime, column: FeedColumn) -> str | None:
    """Return a moment as text; ends of a validity that no calendar needs are opened."""
    if column.name == "valid_from":
        at = max(at, FIRST_DAY)
    elif column.name == "valid_to" and at >= LAST_DAY:
        return None
    return at.isoformat(timespec="microseconds")
