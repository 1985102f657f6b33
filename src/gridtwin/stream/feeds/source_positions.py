"""
Write where a change stands in its source as a text that sorts as the changes follow one another.

A position is one value or several, such as the LSN of PostgreSQL or the SCN of Oracle with what
tells changes of one SCN apart. Numbers may have any length; times are brought to UTC.
"""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from gridtwin.stream.message_checks import Reason

if TYPE_CHECKING:
    from collections.abc import Sequence

PART_END = "\x1f"  # sorts before every letter, so that a text sorts before those it begins
SOURCE_TIME = re.compile(r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}")
LONGEST_PART = 99  # digits or letters


def encode_position(names: Sequence[str], values: Sequence[Any]) -> str | Reason:
    """
    Return a position as text, or why there is none.

    Parameters
    ----------
    names
        What the values are called, for the reason.
    values
        Numbers, texts of digits, times in ISO 8601 with a zone, or other texts; the first counts
        most. Each must be of one kind throughout a source.
    """
    parts = []
    for name, value in zip(names, values, strict=True):
        part = _encode_part(value)
        if part is None:
            return Reason(f"{name} is {value!r}, by which no order can be told")
        parts.append(part)
    return PART_END.join(parts)


def _encode_part(value: Any) -> str | None:
    if isinstance(value, str):
        return _encode_text(value)
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, int) and value >= 0:
        return _encode_digits(str(value))
    if isinstance(value, float) and math.isfinite(value) and value >= 0:
        whole, _, rest = f"{value:.6f}".partition(".")
        return f"{_encode_digits(whole)}.{rest}"
    return None


def _encode_text(text: str) -> str | None:
    if text.isascii() and text.isdigit() and len(text) <= LONGEST_PART:
        return _encode_digits(text.lstrip("0") or "0")
    if not text or len(text) > 2 * LONGEST_PART or not text.isprintable():
        return None
    if SOURCE_TIME.match(text):
        try:
            at = datetime.fromisoformat(text)
            at = at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
        except (ValueError, OverflowError):
            return None
        return at.isoformat(timespec="microseconds")
    return text


def _encode_digits(digits: str) -> str:
    """Return digits behind their count, so that longer numbers sort later."""
    return f"{len(digits):02d}{digits}"
