"""Read interruptions, and customers served, from a table: CSV or Parquet."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from gridtwin.errors import SourceError
from gridtwin.model.moments import NO_TIME, NO_ZONE, read_seconds, to_seconds
from gridtwin.sources.csv_text import read_csv

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

NAME_COLUMNS = ("usage_point", "feeder", "substation", "outage")
INTERRUPTION_COLUMNS = ("began_at", "restored_at", "customers", "planned", *NAME_COLUMNS)
TRUTH_WORDS = {
    "true": True,
    "1": True,
    "yes": True,
    "false": False,
    "0": False,
    "no": False,
    "": False,
}
EARLIEST_S, LATEST_S = -2.2e9, 7.3e9  # the years 1900 to 2200
LARGEST_TABLE = 4 * 1024**3  # bytes of a file


def read_interruptions(path: str | Path) -> pd.DataFrame:
    """
    Read interruptions: one row for each usage point or customer group, and restoration step.

    Parameters
    ----------
    path
        ``.csv`` or ``.parquet`` with the columns ``began_at``, ``restored_at`` (empty = still out)
        and, where they are known, ``customers`` (1), ``planned`` (false), ``usage_point``,
        ``feeder``, ``substation`` and ``outage``. Times are ISO 8601 with a zone, or unix seconds.

    Returns
    -------
        Columns ``began_s``, ``restored_s`` (unix seconds, NaN = still out), ``customers`` (NaN
        where the file has none), ``planned``, and the names, empty where they are not known.

    Raises
    ------
    SourceError
        If the file or a column is missing, or a row cannot be understood; with the row's number,
        from 1 below the header.
    """
    import pandas as pd

    path = Path(path)
    table = _read_table(path)
    for column in ("began_at", "restored_at"):
        if column not in table:
            msg = (
                f"{path}: there is no column {column}: it has {', '.join(map(str, table.columns))}"
            )
            raise SourceError(msg)
    began = _read_times(table["began_at"], path)
    far = (began < EARLIEST_S) | (began > LATEST_S)
    _refuse_first(far, table["began_at"], path, "is no time of our age: write seconds since 1970")
    _refuse_first(np.isnan(began), table["began_at"], path, "is no time: an interruption begins")
    restored = _read_times(table["restored_at"], path)
    _refuse_first(restored < began, table["restored_at"], path, "is before the interruption began")
    count = len(table)
    columns: dict[str, Any] = {"began_s": began, "restored_s": restored}
    columns["customers"] = (
        _read_counts(table["customers"], path) if "customers" in table else np.full(count, np.nan)
    )
    columns["planned"] = (
        _read_truths(table["planned"], path) if "planned" in table else np.zeros(count, dtype=bool)
    )
    for name in NAME_COLUMNS:
        given = table[name].fillna("").astype(str) if name in table else np.full(count, "", object)
        columns[name] = np.asarray(given, dtype=object)
    return pd.DataFrame(columns)


def read_served(path: str | Path) -> pd.DataFrame:
    """
    Read how many customers are served.

    Parameters
    ----------
    path
        ``.csv`` or ``.parquet`` with the columns ``customers`` and ``feeder``, ``substation`` or
        both: one row each.

    Raises
    ------
    SourceError
        If the file or a column is missing, or a row is no number of customers.
    """
    import pandas as pd

    path = Path(path)
    table = _read_table(path)
    if "customers" not in table or not ({"feeder", "substation"} & set(table.columns)):
        msg = f"{path}: customers served need the columns customers, and feeder or substation"
        raise SourceError(msg)
    counts = _read_counts(table["customers"], path)
    _refuse_first(np.isnan(counts), table["customers"], path, "is no number of customers")
    columns: dict[str, Any] = {"customers": counts.astype(np.int64)}
    for name in ("feeder", "substation"):
        if name in table:
            columns[name] = np.asarray(table[name].fillna("").astype(str), dtype=object)
    return pd.DataFrame(columns)


def _read_table(path: Path) -> pd.DataFrame:
    """Return a table with what the file says."""
    import pandas as pd

    suffix = path.suffix.casefold()
    if suffix not in {".csv", ".parquet"}:
        msg = f"{path}: interruptions are read from .csv or .parquet"
        raise SourceError(msg)
    if not path.is_file():
        msg = f"{path}: there is no such file"
        raise SourceError(msg)
    if path.stat().st_size > LARGEST_TABLE:
        msg = f"{path}: larger than {LARGEST_TABLE // 1024**3} GB; split it by time"
        raise SourceError(msg)
    try:
        return read_csv(path) if suffix == ".csv" else pd.read_parquet(path)
    except (OSError, ValueError) as error:  # pandas' and Arrow's own errors are of these
        msg = f"{path}: cannot be read as {suffix[1:]}: {str(error)[:200]}"
        raise SourceError(msg) from error


def _read_times(column: pd.Series[Any], path: Path) -> NDArray[np.float64]:
    """Return unix seconds; NaN for what is not there."""
    import pandas as pd

    if pd.api.types.is_datetime64_any_dtype(column.dtype):
        if column.dt.tz is None:
            msg = f"{path}: {column.name} names no time zone: store it as timestamps in UTC"
            raise SourceError(msg)
        return to_seconds(column)
    numbers = np.asarray(pd.to_numeric(column, errors="coerce"), dtype=np.float64)
    numbers[np.isinf(numbers)] = np.nan
    texts = column.fillna("").astype(str).str.strip()
    written = np.asarray(np.isnan(numbers) & (texts != "") & (texts.str.casefold() != "nan"))
    if not written.any():
        return numbers
    some = texts[written]
    numbers[written], zoned = read_seconds(some)
    unread = written & np.isnan(numbers)
    _refuse_first(unread, column, path, NO_TIME)
    naive = written.copy()
    naive[written] = ~zoned
    _refuse_first(naive, column, path, NO_ZONE)
    return numbers


def _read_counts(column: pd.Series[Any], path: Path) -> NDArray[np.float64]:
    """Return whole numbers of customers; NaN where there is none."""
    import pandas as pd

    numbers = np.asarray(pd.to_numeric(column, errors="coerce"), dtype=np.float64)
    there = np.asarray(column.notna() & (column.astype(str).str.strip() != ""))
    wrong = there & ~((numbers >= 0) & (numbers == np.floor(numbers)) & np.isfinite(numbers))
    _refuse_first(wrong, column, path, "is no number of customers")
    return numbers


def _read_truths(column: pd.Series[Any], path: Path) -> NDArray[np.bool_]:
    words = column.fillna("").astype(str).str.strip().str.casefold()
    known = words.isin(TRUTH_WORDS)
    _refuse_first(np.asarray(~known), column, path, "is neither true nor false")
    return np.asarray(words.map(TRUTH_WORDS), dtype=bool)


def _refuse_first(
    wrong: NDArray[np.bool_], column: pd.Series[Any], path: Path, reason: str
) -> None:
    """Raise an error for the first wrong row, if there is one."""
    bad = np.flatnonzero(wrong)
    if len(bad):
        more = f" (and {len(bad) - 1:,} more rows)" if len(bad) > 1 else ""
        value = str(column.iloc[bad[0]])[:40]
        msg = f"{path}: row {bad[0] + 1}: {column.name} {value!r} {reason}{more}"
        raise SourceError(msg)
