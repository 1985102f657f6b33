"""Understand moments and periods, as people and programs give them."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from gridtwin.errors import InputError

if TYPE_CHECKING:
    from datetime import tzinfo

    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

NO_TIME = "is no time: write it as 2026-07-01T18:00:00Z"
NO_ZONE = "names no time zone: end it with Z, or an offset such as -05:00"
FIRST_YEAR, LAST_YEAR = 1900, 2200
NO_UNIX_TIME = "is no unix time in seconds"
ZONED = re.compile(r"(?:[Zz]|[+-]\d\d(?::?\d\d)?)\s*$")
HOUR_S = 3_600
DAY_S = 24 * HOUR_S
YEAR_S = 365.25 * DAY_S
LATEST_S = 4_102_444_800.0  # the year 2100: what is later is no time in seconds
LONGEST_S = 400 * DAY_S  # of a period


def read_period(
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
    last = latest_s if end is None else int(read_moment(end).timestamp())
    last = int(datetime.now(UTC).timestamp()) if last is None else last
    first = last - length_s if start is None else int(read_moment(start).timestamp())
    if first >= last:
        msg = "the period ends before it begins: give a later end"
        raise InputError(msg)
    if last - first > LONGEST_S:
        msg = f"the period is longer than {LONGEST_S // DAY_S} days: ask for parts of it"
        raise InputError(msg)
    return first, last


def read_moment(at: datetime | str, *, zone: tzinfo | None = None) -> datetime:
    """
    Return a moment in UTC.

    Parameters
    ----------
    at
        The moment; a text in ISO 8601.
    zone
        The time zone of one that names none; by default there is none, and it is refused.

    Raises
    ------
    InputError
        If it is no time, names no time zone, or lies before 1900 or after 2200.
    """
    try:
        moment = datetime.fromisoformat(at) if isinstance(at, str) else at
    except ValueError as error:
        msg = f"{at!r} {NO_TIME}"
        raise InputError(msg) from error
    if not FIRST_YEAR <= moment.year <= LAST_YEAR:
        msg = f"{str(at)!r} is too far away: give a year from {FIRST_YEAR} to {LAST_YEAR}"
        raise InputError(msg)
    if moment.tzinfo is None:
        if zone is None:
            msg = f"{at if isinstance(at, str) else at.isoformat()!r} {NO_ZONE}"
            raise InputError(msg)
        moment = moment.replace(tzinfo=zone)
    return moment.astimezone(UTC)


def read_unix_seconds(at: float | str) -> float:
    """
    Return a moment as unix seconds, from those or from ISO 8601 with a time zone.

    Raises
    ------
    InputError
        If it is neither.
    """
    try:
        seconds = float(at)
    except ValueError:
        return read_moment(str(at)).timestamp()
    if not 0 <= seconds <= LATEST_S:
        msg = f"{at!r} {NO_UNIX_TIME}"
        raise InputError(msg)
    return seconds


def read_seconds(texts: pd.Series[str]) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """
    Return the moments of a column in ISO 8601 as unix seconds, and which texts name a time zone.

    What is no time is NaN; one of no zone counts as UTC.
    """
    import numpy as np
    import pandas as pd

    moments = pd.to_datetime(texts, format="ISO8601", utc=True, errors="coerce")
    zoned = texts.str.contains(ZONED, regex=True).to_numpy(dtype=np.bool_)
    return to_seconds(moments), zoned


def to_seconds(moments: pd.Series[pd.Timestamp]) -> NDArray[np.float64]:
    """Return timestamps that name their zone as unix seconds; NaN for none."""
    import numpy as np

    stamps = np.asarray(moments.dt.tz_convert("UTC").dt.tz_localize(None), dtype="datetime64[us]")
    return np.where(np.isnat(stamps), np.nan, stamps.astype(np.int64) / 1e6)
