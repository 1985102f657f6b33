"""Read a table of customers from a file, in the columns and words of its map."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NoReturn
from zoneinfo import ZoneInfo

import pandas as pd

from gridtwin.customers.customer_map import (
    COLUMN_WORDS,
    CUSTOMER_FILE_COLUMNS,
    MUST_HAVE,
    fold_word,
)
from gridtwin.errors import InputError, SourceError
from gridtwin.model.customers import LONGEST_CUSTOMER_TEXT
from gridtwin.model.moments import read_moment

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from gridtwin.customers.customer_map import CustomerMap

LARGEST_CUSTOMER_ROWS = 20_000_000
DATE_COLUMNS = frozenset(
    {"valid_from", "valid_to", "valid_until", "effective_date", "period_start", "period_end"}
)
EDI_DATE = re.compile(r"^(\d{4})(\d\d)(\d\d)$")  # CCYYMMDD
UNKEPT = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")  # no database keeps the first of them


def read_customer_table(path: Path, layout: CustomerMap) -> pd.DataFrame:
    """
    Read a table of customers from CSV or Parquet, all of it as text.

    Parameters
    ----------
    path
        The file.
    layout
        What its columns and words mean.

    Raises
    ------
    SourceError
        If it cannot be read, a column is missing, or a row says what cannot be: with the file, the
        row, counted from 0, and the reason.
    """
    given = _read_file(path, layout.delimiter)
    found = layout.find_columns(list(map(str, given.columns)))
    for name in (*MUST_HAVE[layout.table], *sorted(layout.asked)):
        if name not in found and (name in layout.asked or name not in layout.defaults):
            called = ", ".join(layout.columns.get(name, (name,)))
            msg = f"{path}: no column {name} ({called}): name it, --column {name}=COLUMN"
            raise SourceError(msg)
    frame = pd.DataFrame(
        {
            name: given[found[name]].astype(str).str.strip() if name in found else ""
            for name in CUSTOMER_FILE_COLUMNS[layout.table]
        },
        index=range(len(given)),
        dtype=str,
    )
    try:
        _check_texts(frame)
        return _read_meanings(frame, layout)
    except InputError as error:
        msg = f"{path}: {error}"
        raise SourceError(msg) from error


def _read_file(path: Path, delimiter: str) -> pd.DataFrame:
    try:
        if path.suffix.casefold() == ".parquet":
            import pyarrow.parquet as pq

            rows = pq.read_metadata(path).num_rows
            frame = pd.DataFrame() if rows > LARGEST_CUSTOMER_ROWS else pd.read_parquet(path)
        else:
            frame = pd.read_csv(
                path,
                sep=delimiter,
                dtype=str,
                keep_default_na=False,
                nrows=LARGEST_CUSTOMER_ROWS + 1,
                encoding="utf-8-sig",
            )
            rows = len(frame)
    except (OSError, ValueError) as error:
        msg = f"{path}: cannot be read as a table ({type(error).__name__}): give CSV or Parquet"
        raise SourceError(msg) from error
    if rows > LARGEST_CUSTOMER_ROWS:
        msg = f"{path}: at most {LARGEST_CUSTOMER_ROWS:,} rows are read at once: split the file"
        raise SourceError(msg)
    return frame.astype(object).where(frame.notna(), "")


def _check_texts(frame: pd.DataFrame) -> None:
    """Refuse fields that no name, address or number is."""
    for name in frame:
        lengths = frame[name].str.len()
        if len(frame) and lengths.max() > LONGEST_CUSTOMER_TEXT:
            row = int(lengths.to_numpy().argmax())
            msg = (
                f"row {row}: {name} has {int(lengths.iloc[row]):,} characters, of at most"
                f" {LONGEST_CUSTOMER_TEXT}: is the delimiter right?"
            )
            raise InputError(msg)
        odd = frame[name].str.contains(UNKEPT)
        if odd.any():
            msg = (
                f"row {int(odd.to_numpy().argmax())}: {name} has control characters: take them out"
            )
            raise InputError(msg)


def _read_meanings(frame: pd.DataFrame, layout: CustomerMap) -> pd.DataFrame:
    """Return a table with what its words, dates and moments mean."""
    for name, default in layout.defaults.items():
        frame[name] = frame[name].where(frame[name] != "", default)
    for name in CUSTOMER_FILE_COLUMNS[layout.table]:
        if name in layout.words or (layout.table, name) in COLUMN_WORDS:
            frame[name] = _translate_words(frame[name], layout, name)
    for name in DATE_COLUMNS & set(frame):
        frame[name] = frame[name].str.replace(EDI_DATE, r"\1-\2-\3", regex=True)
    if layout.table == "complaints":
        zone = ZoneInfo(layout.timezone) if layout.timezone else None
        frame["received_at"] = _read_each(
            frame["received_at"],
            "received_at",
            lambda text: read_moment(text, zone=zone).isoformat(timespec="seconds"),
        )
    return frame


def _translate_words(given: pd.Series, layout: CustomerMap, name: str) -> pd.Series:
    words = layout.words.get(name, {})
    allowed = COLUMN_WORDS.get((layout.table, name))

    def translate(text: str) -> str:
        meaning = words.get(fold_word(text), text)
        if allowed is not None and meaning not in allowed:
            named = ", ".join(sorted(filter(None, allowed)))
            msg = f"{text!r} is none of {named}: say in a map what it means, under [values.{name}]"
            raise InputError(msg)
        return meaning

    return _read_each(given, name, translate)


def _read_each(given: pd.Series, name: str, read: Callable[[str], str]) -> pd.Series:
    """Return what each text of a column means, each different one read once."""
    meanings: dict[str, str] = {}
    for text in given.unique():
        try:
            meanings[text] = read(text)
        except InputError as error:
            _refuse(given, name, text, error)
    return given.map(meanings)


def _refuse(given: pd.Series, name: str, text: str, error: InputError) -> NoReturn:
    row = int((given == text).to_numpy().argmax())
    msg = f"row {row}: {name}: {error}"
    raise InputError(msg) from error
