"""Read CSV as it comes out of spreadsheets: any usual encoding, delimiter and way of numbers."""

from __future__ import annotations

import codecs
import re
from typing import TYPE_CHECKING

import numpy as np

from gridtwin.errors import SourceError
from gridtwin.model.notices import Notice
from gridtwin.model.schema import list_columns
from gridtwin.sources.meanings import KNOWN_NAMES

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    import pandas as pd

BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
WINDOWS = "cp1252"
HEAD = 65_536  # bytes that tell the encoding and the delimiter
DELIMITERS = (",", ";", "\t", "|")
KEYS = frozenset(column.name for _, column in list_columns("id", "row"))
OF_NUMBERS = frozenset(column.name for _, column in list_columns("number", "count")) | frozenset(
    {"lon", "lat", "longitude", "latitude", "x", "y"}
)
EMPTY_WORDS = frozenset(
    {"NULL", "Null", "null", "<NULL>", "<Null>", "<null>", "(null)", "\\N", "#N/A", "N/A", "n/a",
     "NaN", "nan", "NAN", "None", "none"}
)  # fmt: skip
# Columns whose words could be such a word and mean it.
SPOKEN = frozenset(
    column.name
    for _, column in list_columns("id", "text", "word")
    if column.kind != "word" or EMPTY_WORDS & set(column.words)
)
_GAPS = re.compile(r"^-?\d{1,3}(?:[ '\u2019\u00a0\u202f]\d{3})+(?=[.,]|$)")
_NUMBER = (
    r"-?\d*{0}\d+(?:[eE][-+]?\d+)?|-?\d{{1,3}}(?:{1}\d{{3}})+{0}\d+|-?\d{{1,3}}(?:{1}\d{{3}}){{2,}}"
)
_COMMA = re.compile(_NUMBER.format(",", r"\."))
_POINT = re.compile(_NUMBER.format(r"\.", ","))
_REAL_KEY = re.compile(r"-?\d+\.0+")
_ROUNDED = re.compile(r"\d[.,]\d+E\+\d\d+")
_GROUPED = re.compile(r"-?[1-9]\d{0,2}[.,]\d{3}")  # 12,470: twelve thousand, or twelve and a half


def read_csv(path: Path) -> pd.DataFrame:
    """
    Return a CSV file as texts; what is not there is an empty text.

    ``attrs["encoding"]`` says an encoding that was guessed.

    Raises
    ------
    SourceError
        If its encoding cannot be told.
    """
    with path.open("rb") as file:
        head = file.read(HEAD)
    told = find_encoding(head)
    delimiter, lines = find_delimiter(head.decode(told or "utf-8", errors="replace"))
    for encoding in (told,) if told else ("utf-8", WINDOWS):
        try:
            frame = _read_text(path, encoding, delimiter, lines)
        except UnicodeError:
            continue
        if encoding == WINDOWS:
            frame.attrs["encoding"] = WINDOWS
        return frame
    msg = f"{path}: the file is no text in {told or 'UTF-8 or Windows-1252'}: save it in UTF-8"
    raise SourceError(msg)


def _read_text(path: Path, encoding: str, delimiter: str, lines: int) -> pd.DataFrame:
    import pandas as pd

    return pd.read_csv(
        path,
        sep=delimiter,
        skiprows=lines,
        encoding=encoding,
        dtype=str,
        keep_default_na=False,
        skipinitialspace=True,
    )


def find_encoding(head: bytes) -> str:
    """Return the encoding that the first bytes of a text tell; empty if they do not."""
    for mark, encoding in BYTE_ORDER_MARKS:
        if head.startswith(mark):
            return encoding
    if b"\x00" not in head:
        return ""
    even, odd = head[::2].count(0), head[1::2].count(0)
    return "utf-16-le" if odd > even else "utf-16-be"


def tell_encoding(path: Path) -> Notice:
    """Return the notice of a file whose encoding had to be guessed."""
    return Notice(
        "guessed_encoding",
        f"{path}: letters beyond ASCII are read as Windows-1252",
        "save it as UTF-8, or put a .cpg file beside a Shapefile",
    )


def find_delimiter(text: str) -> tuple[str, int]:
    r"""
    Return what divides the columns of a text, and how many lines stand above its header.

    The delimiter is the one that divides the header into most names of the model, else into most
    columns. A first line ``sep=;``, as spreadsheets write, says it.

    Examples
    --------
    >>> find_delimiter("mrid;lon;lat\n1;2,5;3"), find_delimiter("sep=|\nmrid|lon")
    ((';', 0), ('|', 1))
    """
    lines = text.lstrip("\ufeff").splitlines()
    said = re.fullmatch(r"\"?sep=(.)\"?\s*", lines[0], re.IGNORECASE) if lines else None
    if said:
        return said[1], 1
    header = next((line for line in lines if line.strip()), "")

    def divide_lines(delimiter: str) -> tuple[int, int]:
        cells = [cell.strip().strip('"').casefold() for cell in header.split(delimiter)]
        return sum(cell in KNOWN_NAMES for cell in cells), len(cells)

    return max(DELIMITERS, key=divide_lines), 0


def normalize_numbers(frames: Mapping[str, pd.DataFrame], paths: Mapping[str, Path]) -> None:
    """
    Write the numbers of CSV files as computers do, and empty what says there is nothing.

    Whether a comma begins the decimals is told from all numbers of all files.

    Parameters
    ----------
    frames
        Tables of texts by name, changed in place.
    paths
        Their files, for errors.

    Raises
    ------
    SourceError
        If a number can be read in two ways.
    """
    for frame in frames.values():
        for column in frame.columns.difference(list(SPOKEN)):
            nothing = frame[column].isin(EMPTY_WORDS)
            if nothing.any():
                frame.loc[nothing, column] = ""
    numbers = {
        (name, column): frame[column].str.strip()
        for name, frame in frames.items()
        for column in frame.columns.intersection(list(OF_NUMBERS))
    }
    if not any(texts.str.contains(r"[, '\u2019\u00a0\u202f]").any() for texts in numbers.values()):
        return
    different = {place: texts.unique() for place, texts in numbers.items()}
    comma = _has_decimal_comma(text for texts in different.values() for text in texts)
    for (name, column), texts in numbers.items():
        new = {text: _normalize_number(text, comma) for text in different[name, column]}
        unclear = next((text for text, number in new.items() if number is None), None)
        if unclear is not None:
            row = int(np.flatnonzero(texts == unclear)[0])
            msg = (
                f"{paths[name]}: row {row}: {column} {unclear!r} can be read in two ways: write"
                " numbers with a point before decimals and nothing between thousands"
            )
            raise SourceError(msg)
        frames[name][column] = texts.map(new)


def _has_decimal_comma(texts: Iterable[str]) -> bool | None:
    """Return whether a comma begins the decimals; None if the numbers do not tell."""
    bare = [_GAPS.sub(lambda found: re.sub(r"[^\d-]", "", found[0]), text) for text in texts]
    clear = [text for text in bare if not _GROUPED.fullmatch(text)]
    comma = any(_COMMA.fullmatch(text) for text in clear)
    point = any(_POINT.fullmatch(text) for text in clear)
    return None if comma == point else comma


def _normalize_number(text: str, comma: bool | None) -> str | None:  # noqa: FBT001 - unknown is a third value
    """Return a number as computers write it; None if it can be read in two ways."""
    bare = _GAPS.sub(lambda found: re.sub(r"[^\d-]", "", found[0]), text)
    if "," not in bare and (not comma or "." not in bare):
        return bare
    if comma is None:
        return None if re.search(r"\d[.,]\d", bare) else text
    decimal, group = (",", ".") if comma else (".", ",")
    whole = rf"-?\d{{1,3}}(?:{re.escape(group)}\d{{3}})+|-?\d+"
    if re.fullmatch(rf"(?:{whole})(?:{re.escape(decimal)}\d+(?:[eE][-+]?\d+)?)?", bare):
        return bare.replace(group, "").replace(decimal, ".")
    return text


def normalize_keys(frames: Mapping[str, pd.DataFrame], where: str) -> list[Notice]:
    """
    Write identifiers without the ``.0`` of a program that took them for real numbers.

    Only where every identifier that has a point ends in ``.0``: 12.0 beside 12.1 is no number.

    Parameters
    ----------
    frames
        The tables by name, changed in place.
    where
        The source, for errors.

    Raises
    ------
    SourceError
        If a spreadsheet has rounded an identifier, as in 1.23457E+11.
    """
    odd: dict[tuple[str, str], set[str]] = {}
    for name, frame in frames.items():
        for column in frame.columns.intersection(list(KEYS)):
            odd[name, column] = {
                value
                for value in frame[column].tolist()
                if isinstance(value, str) and ("." in value or "E+" in value)
            }
    every = {value.strip() for values in odd.values() for value in values}
    rounded = [value for value in every if "E+" in value and _ROUNDED.fullmatch(value)]
    if rounded:
        msg = (
            f"{where}: a spreadsheet has rounded an identifier to {min(rounded)}: export the"
            " tables again, with identifiers as text"
        )
        raise SourceError(msg)
    if not every or not all(_REAL_KEY.fullmatch(value) for value in every):
        return []
    for (name, column), values in odd.items():
        new = {value: value.strip().partition(".")[0] for value in values}
        frames[name][column] = frames[name][column].replace(new)
    shown = min(every)
    return [
        Notice(
            "number_keys",
            f"{where}: identifiers such as {shown} are read as {shown.partition('.')[0]}",
            "export identifiers as text or as integers",
        )
    ]
