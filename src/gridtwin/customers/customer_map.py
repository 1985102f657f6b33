"""Say what the columns and the words of a source's table mean: a map, of its own or shipped."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, field
from functools import cached_property
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from gridtwin.errors import InputError, SourceError
from gridtwin.model.customers import (
    COMPLAINT_COLUMNS,
    DESIGNATION_COLUMNS,
    ENROLLMENT_COLUMNS,
    READING_KINDS,
    RECORD_COLUMNS,
    SERVICE_POINT_COLUMNS,
    USAGE_COLUMNS,
    ComplaintKind,
    EnrollmentAction,
    PartyKind,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

SOURCE_OF_ROW = {"source": RECORD_COLUMNS["source"]}
CUSTOMER_FILE_COLUMNS: dict[str, Mapping[str, str]] = {
    "records": RECORD_COLUMNS,
    "service-points": SERVICE_POINT_COLUMNS,
    "designations": DESIGNATION_COLUMNS,
    "enrollments": ENROLLMENT_COLUMNS | SOURCE_OF_ROW,
    "complaints": COMPLAINT_COLUMNS,
    "usage": USAGE_COLUMNS,
}
MUST_HAVE = {
    "records": ("record",),
    "service-points": ("esi_id",),
    "designations": ("designation",),
    "enrollments": ("action", "esi_id", "effective_date"),
    "complaints": ("complaint", "received_at"),
    "usage": ("esi_id", "period_start", "period_end", "kwh"),
}
# The words that a column has no others than.
COLUMN_WORDS: dict[tuple[str, str], frozenset[str]] = {
    ("enrollments", "action"): frozenset(EnrollmentAction),
    ("enrollments", "kind"): frozenset({"", *PartyKind}),
    ("complaints", "kind"): frozenset(ComplaintKind),
    ("usage", "reading"): frozenset(READING_KINDS),
}
CUSTOMER_MAP_KEYS = frozenset({"table", "delimiter", "timezone", "defaults", "columns", "values"})
LARGEST_MAP = 1_000_000  # bytes
NOT_WORD = re.compile(r"[\W_]+")


def fold_word(text: str) -> str:
    """Return a name or a word as it is compared: without case, blanks and marks."""
    return NOT_WORD.sub("", text.casefold())


@dataclass(frozen=True)
class CustomerMap:
    """
    What a table of a source means.

    Attributes
    ----------
    table
        One of `CUSTOMER_FILE_COLUMNS`.
    columns
        What each column of it may be called in the file; by default as here.
    values
        What words of a column mean.
    defaults
        What a column says where the file has it not, or a row does not say it.
    delimiter
        What stands between two fields of a text file.
    timezone
        Of moments that name none; empty = they have to.
    asked
        Columns that the file has to have, whatever the table could do without.
    """

    table: str
    columns: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    values: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    defaults: Mapping[str, str] = field(default_factory=dict)
    delimiter: str = ","
    timezone: str = ""
    asked: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        """Refuse what no table has."""
        if self.table not in CUSTOMER_FILE_COLUMNS:
            msg = f"there is no table {self.table!r}: there are {', '.join(CUSTOMER_FILE_COLUMNS)}"
            raise InputError(msg)
        known = CUSTOMER_FILE_COLUMNS[self.table]
        for name in (*self.columns, *self.values, *self.defaults):
            if name not in known:
                msg = f"{self.table} have no column {name!r}; they have {', '.join(known)}"
                raise InputError(msg)
        if len(self.delimiter) != 1:
            msg = f"delimiter {self.delimiter!r}: give one character"
            raise InputError(msg)
        if self.timezone:
            try:
                ZoneInfo(self.timezone)
            except (KeyError, ValueError, OSError) as error:
                msg = f"timezone {self.timezone!r} is none: write it as America/Chicago"
                raise InputError(msg) from error

    @cached_property
    def words(self) -> dict[str, dict[str, str]]:
        """What words mean, by column and by the word as it is compared."""
        return {
            name: {fold_word(word): meaning for word, meaning in words.items()}
            for name, words in self.values.items()
        }

    def find_columns(self, given: list[str]) -> dict[str, str]:
        """Return which column of a file each column is, of those that it has."""
        folded = {fold_word(each): each for each in reversed(given)}
        found: dict[str, str] = {}
        for name in CUSTOMER_FILE_COLUMNS[self.table]:
            for called in self.columns.get(name, (name,)):
                if (column := folded.get(fold_word(called))) is not None:
                    found[name] = column
                    break
        return found


def list_shipped_maps() -> list[str]:
    """Return the names of the maps that come with gridtwin."""
    folder = files("gridtwin.customers.shipped_maps")
    return sorted(
        entry.name.removesuffix(".toml")
        for entry in folder.iterdir()
        if entry.name.endswith(".toml")
    )


def read_customer_map(name: str | Path) -> CustomerMap:
    """
    Return a map that comes with gridtwin, or that a TOML file says.

    Raises
    ------
    SourceError
        If there is none, or it says what cannot be; with the file and the key.
    """
    shipped = list_shipped_maps()
    if str(name) in shipped:
        text = (files("gridtwin.customers.shipped_maps") / f"{name}.toml").read_text("utf-8")
    else:
        text = _read_map_text(Path(name).expanduser(), shipped)
    try:
        document = tomllib.loads(text)
        return _build_map(document)
    except (ValueError, RecursionError, InputError) as error:
        msg = f"{name}: {error}"
        raise SourceError(msg) from error


def _read_map_text(path: Path, shipped: list[str]) -> str:
    try:
        if path.stat().st_size > LARGEST_MAP:
            msg = f"{path}: a map has at most {LARGEST_MAP:,} bytes"
            raise SourceError(msg)
        return path.read_text("utf-8-sig")
    except OSError as error:
        msg = f"{path}: there is no such map; those that come with gridtwin: {', '.join(shipped)}"
        raise SourceError(msg) from error
    except UnicodeDecodeError as error:
        msg = f"{path}: a map is UTF-8 text, and this is not; save it so"
        raise SourceError(msg) from error


def _build_map(document: dict[str, Any]) -> CustomerMap:
    unknown = sorted(set(document) - CUSTOMER_MAP_KEYS)
    if unknown:
        msg = f"a map has no key {unknown[0]!r}; it has {', '.join(sorted(CUSTOMER_MAP_KEYS))}"
        raise InputError(msg)
    columns = {
        name: tuple(
            _take_texts(f"columns.{name}", called if isinstance(called, list) else [called])
        )
        for name, called in _take_table(document, "columns").items()
    }
    values = {
        name: dict(zip(words, _take_texts(f"values.{name}", list(words.values())), strict=True))
        for name in _take_table(document, "values")
        for words in [_take_table(document["values"], name)]
    }
    defaults = _take_table(document, "defaults")
    _take_texts("defaults", list(defaults.values()))
    texts = {
        name: document[name] for name in ("table", "delimiter", "timezone") if name in document
    }
    _take_texts("table, delimiter and timezone", list(texts.values()))
    if "table" not in texts:
        msg = f"it names no table: write table = one of {', '.join(CUSTOMER_FILE_COLUMNS)}"
        raise InputError(msg)
    return CustomerMap(**texts, columns=columns, values=values, defaults=defaults)


def _take_table(document: dict[str, Any], name: str) -> dict[str, Any]:
    found = document.get(name, {})
    if not isinstance(found, dict):
        msg = f"{name} is no table: write [{name}]"
        raise InputError(msg)
    return found


def _take_texts(where: str, found: list[Any]) -> list[str]:
    for each in found:
        if not isinstance(each, str):
            msg = f"{where}: {each!r} is no text: put it into quotation marks"
            raise InputError(msg)
    return found
