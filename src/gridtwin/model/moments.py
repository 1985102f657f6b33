"""Understand moments and periods, as people and programs give them."""

from __future__ import annotations

from datetime import UTC, datetime

from gridtwin.errors import InputError
from gridtwin.model.outage import aware

DAY_S = 86_400
LONGEST_S = 400 * DAY_S  # of a period


def period(
    start: datetime | str | None,
    end: datetime | str | None,
    *,
    latest_s: int | None,
    length_s: int = DAY_S,
) -> tuple[int, int]:
    """
    Return a period as unix seconds.

    Parameters
    ----------
    start, end
        By default `length_s` before the end; and the latest there is, or now.
    latest_s
        The latest there is; None without any.
    length_s
        Length of a period without a start.

    Raises
    ------
    InputError
        If it ends before it begins, or is longer than `LONGEST_S`.
    """
    last = seconds(end) if end is not None else latest_s
    last = int(datetime.now(UTC).timestamp()) if last is None else last
    first = last - length_s if start is None else seconds(start)
    if first >= last:
        msg = "the period ends before it begins: give a later end"
        raise InputError(msg)
    if last - first > LONGEST_S:
        msg = f"the period is longer than {LONGEST_S // DAY_S} days: ask for parts of it"
        raise InputError(msg)
    return first, last


def seconds(at: datetime | str) -> int:
    """
    Return a moment as whole unix seconds.

    Raises
    ------
    InputError
        If it is no ISO 8601 time, or names no time zone.
    """
    try:
        moment = datetime.fromisoformat(at) if isinstance(at, str) else at
    except ValueError as error:
        msg = f"{at!r} is no time: write it as 2026-07-01T18:00:00Z"
        raise InputError(msg) from error
    return int(aware(moment).timestamp())
