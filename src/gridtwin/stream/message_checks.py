"""
Hold many messages to the contract of their topic at once, field by field.

Each rule looks at a whole column first, and at single messages only where the column breaks it. A
message that breaks a rule is set apart with the reason; the others are not held up.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from gridtwin.model.moments import NO_TIME

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from gridtwin.stream.contracts import Contract, Field, Window

Column = list[Any]
SHOWN_CHARACTERS = 60  # characters of a value that a reason repeats


class Reason(str):
    """Why a message is none; a class of its own, since a message itself may be a text."""

    __slots__ = ()


class Rejected(NamedTuple):
    """A message that breaks its contract."""

    row: int  # of the message in its batch
    reason: str


@dataclass(slots=True)
class Parsed:
    """Messages that are objects, the row each had in its batch, and those that are none."""

    messages: list[dict[str, Any]]
    rows: list[int]
    rejected: list[Rejected]


@dataclass(slots=True)
class Checked:
    """The columns of the messages that keep their contract, and those that do not."""

    columns: dict[str, Any]  # texts and times-as-seconds by name of the field
    rows: NDArray[np.int64]  # row of each in its batch
    rejected: list[Rejected]


def check_messages(parsed: Parsed, contract: Contract, window: Window) -> Checked:
    """
    Return the messages that keep a contract as columns, and the others with their reasons.

    Texts come as lists, ``None`` where not given; numbers and times (seconds since 1970) as arrays
    of float64, NaN where not given.
    """
    messages = parsed.messages
    broken: dict[int, str] = {}
    columns: dict[str, Any] = {}
    for field in contract.fields:
        column: Column = [message.get(field.name) for message in messages]
        columns[field.name] = FIELD_CHECKS[field.kind](column, field, window, broken)
    _check_needs(columns, contract, broken)
    _check_either(columns, contract, broken)
    rows = np.array(parsed.rows, dtype=np.int64)
    rejected = parsed.rejected
    if broken:
        rejected = rejected + [Rejected(int(rows[at]), reason) for at, reason in broken.items()]
        kept = np.ones(len(rows), dtype=np.bool_)
        kept[list(broken)] = False
        rows = rows[kept]
        columns = {name: _select_kept(column, kept) for name, column in columns.items()}
    return Checked(columns, rows, sorted(rejected))


def _select_kept(column: Any, kept: NDArray[np.bool_]) -> Any:
    if isinstance(column, list):
        return [value for value, keep in zip(column, kept.tolist(), strict=True) if keep]
    return column[kept]


def _blame_rows(
    column: Column,
    field: Field,
    broken: dict[int, str],
    bad: Callable[[Any], bool],
    why: str,
) -> None:
    """Blame every message whose value is bad, and take the value away."""
    for at, value in enumerate(column):
        if bad(value):
            broken.setdefault(at, f"{field.name} {_shorten_value(value)} {why}")
            column[at] = None


def _shorten_value(value: object) -> str:
    text = repr(value)
    return text if len(text) <= SHOWN_CHARACTERS else f"{text[:SHOWN_CHARACTERS]}..."


def _check_types(
    column: Column, field: Field, broken: dict[int, str], types: set[type], what: str
) -> None:
    """Blame values of other types, and what is missing though required."""
    present = set(map(type, column))
    if present - types - {type(None)}:
        known = {*types, type(None)}
        _blame_rows(column, field, broken, lambda value: type(value) not in known, f"is no {what}")
    if field.required and None in column:
        for at, value in enumerate(column):
            if value is None:
                broken.setdefault(at, f"{field.name} is missing")


def _check_text(column: Column, field: Field, _: Window, broken: dict[int, str]) -> Column:
    _check_types(column, field, broken, {str}, "text")
    if field.choices:
        unknown = {value for value in set(column) if value is not None} - field.choices
        if unknown:
            why = f"is none of {', '.join(sorted(field.choices))}"
            _blame_rows(column, field, broken, lambda value: value in unknown, why)
        return column
    given = [value for value in column if value is not None]
    lengths = set(map(len, given))
    if lengths and (max(lengths) > field.longest or min(lengths) < field.shortest):
        why = f"has not {field.shortest} to {field.longest} letters"
        _blame_rows(
            column,
            field,
            broken,
            lambda value: value is not None and not field.shortest <= len(value) <= field.longest,
            why,
        )
    if field.pattern is not None:
        matches = field.pattern.fullmatch
        odd = {value for value in set(given) if not matches(value)}
        if odd:
            why = "has letters that are not allowed"
            _blame_rows(column, field, broken, lambda value: value in odd, why)
    return column


def _check_number(
    column: Column, field: Field, _: Window, broken: dict[int, str]
) -> NDArray[np.float64]:
    _check_types(column, field, broken, {float, int}, "number")
    return _check_range(column, field, broken)


def _check_integer(
    column: Column, field: Field, _: Window, broken: dict[int, str]
) -> NDArray[np.float64]:
    _check_types(column, field, broken, {int}, "whole number")
    return _check_range(column, field, broken)


def _check_range(column: Column, field: Field, broken: dict[int, str]) -> NDArray[np.float64]:
    values = np.array(column, dtype=np.float64)  # None becomes NaN
    outside = ~((values >= field.least) & (values <= field.most))
    for at in np.flatnonzero(outside).tolist():
        if column[at] is not None:
            why = f"is not between {field.least:g} and {field.most:g}"
            broken.setdefault(at, f"{field.name} {_shorten_value(column[at])} {why}")
    values[outside] = np.nan
    return values


def _check_time(
    column: Column, field: Field, window: Window, broken: dict[int, str]
) -> NDArray[np.float64]:
    _check_types(column, field, broken, {str, datetime}, "time")
    known: dict[Any, float] = {None: np.nan}
    for value in set(column) - {None}:
        known[value] = _parse_seconds(value, field)
    seconds = np.array([known[value] for value in column], dtype=np.float64)
    unread = {value for value, at_s in known.items() if value is not None and np.isnan(at_s)}
    if unread:
        why = NO_TIME
        if field.pattern is not None and ":(00|15|30|45):" in field.pattern.pattern:
            why += ", on a quarter of an hour"
        _blame_rows(column, field, broken, lambda value: value in unread, why)
    outside = (seconds < window.earliest_s) | (seconds > window.latest_s)
    for at in np.flatnonzero(outside).tolist():
        broken.setdefault(
            at, f"{field.name} {_shorten_value(column[at])} is too long ago or to come"
        )
    return seconds


def _parse_seconds(value: str | datetime, field: Field) -> float:
    """Return a time as seconds since 1970; NaN if it is none."""
    if isinstance(value, datetime):
        value = value.isoformat()
    if field.pattern is not None and not field.pattern.fullmatch(value):
        return np.nan
    try:
        return datetime.fromisoformat(value).timestamp()
    except (ValueError, OverflowError):
        return np.nan


def _check_needs(columns: dict[str, Any], contract: Contract, broken: dict[int, str]) -> None:
    """Blame messages that do not give what messages of their kind must."""
    for kinds, needs in contract.needs:
        for name in needs:
            for at, (kind, value) in enumerate(zip(columns["kind"], columns[name], strict=True)):
                if value is None and kind in kinds:
                    broken.setdefault(at, f"{name} is missing: a {kind} needs it")


def _check_either(columns: dict[str, Any], contract: Contract, broken: dict[int, str]) -> None:
    """Blame messages that give none of the fields of which they must give one."""
    if contract.either:
        none = np.all([np.isnan(columns[name]) for name in contract.either], axis=0)
        for at in np.flatnonzero(none).tolist():
            broken.setdefault(at, f"neither {' nor '.join(contract.either)} is given")


FIELD_CHECKS: dict[str, Callable[[Column, Field, Window, dict[int, str]], Any]] = {
    "text": _check_text,
    "time": _check_time,
    "number": _check_number,
    "integer": _check_integer,
}
