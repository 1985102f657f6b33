"""Read the map of feeds, a file of TOML, and refuse what cannot be with what to write instead."""

from __future__ import annotations

import difflib
import re
import tomllib
from typing import TYPE_CHECKING, Any, NoReturn, cast
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from gridtwin.errors import SourceError
from gridtwin.model.feed_tables import FEED_TABLES
from gridtwin.stream.feeds.feed_map import (
    FEED_FORMATS,
    FILE_ORDER,
    ROW_ORDER,
    UNKNOWN_WORDS,
    Feed,
    FeedField,
)
from gridtwin.stream.feeds.field_values import TIME_UNITS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from gridtwin.model.feed_tables import FeedColumn, FeedTable

MAP_KEYS = (
    *("topic", "files", "format", "target", "key", "order", "operation", "operations"),
    *("unknown", "ignore", "zone", "columns", "fixed"),
)
FIELD_KEYS = ("field", "join", "values", "other", "unit", "factor")
CHANGE_WORDS = ("upsert", "delete", "truncate", "pass")
FEED_NAME = re.compile(r"[a-z][a-z0-9_]{0,62}")
GIVEN_VALIDITY = "valid_from"  # of a source without validity: ever since


def read_feed_map(path: Path) -> list[Feed]:
    """
    Read a map of feeds.

    Raises
    ------
    SourceError
        If it cannot be read, or a feed cannot be; says file, feed, key and what to do.
    """
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        msg = f"{path}: this is no map of feeds ({error})"
        raise SourceError(msg) from error
    if not document:
        msg = f"{path}: it names no feed: write [NAME], then topic or files, target and columns"
        raise SourceError(msg)
    return [_FeedTableText(path, name, values).read() for name, values in document.items()]


class _FeedTableText:
    """One table of the file, which says where it stands when something in it is wrong."""

    def __init__(self, path: Path, name: str, values: Any) -> None:
        self._path, self._name = path, name
        if not isinstance(values, dict):
            self._refuse("write it as a table, [NAME]")
        if not FEED_NAME.fullmatch(name):
            self._refuse("a feed is named in small letters, digits and _, as in work_orders")
        self._values: dict[str, Any] = values

    def read(self) -> Feed:
        """Return the feed."""
        self._check_words("key", self._values, MAP_KEYS)
        table, form = self._read_target(), self._read_choice("format", FEED_FORMATS, "debezium")
        topic, files = self._read_text("topic"), self._read_text("files")
        if bool(topic) == bool(files):
            self._refuse('it comes from one place: write topic = "..." or files = "*.jsonl"')
        fields, fixed = self._read_fields(table), self._read_fixed(table)
        self._check_columns(table, fields, fixed)
        key, order = self._list_texts("key"), self._list_texts("order")
        if form == "odata":
            order = order or (FILE_ORDER, ROW_ORDER)
            if not key:
                self._refuse('an entity is named by its columns: write key = ["..."]')
        if form == "flat" and not order:
            self._refuse(
                "order is missing: name the columns that rise with each change of a row, as in"
                ' order = ["sequence"], or write ["@offset"] where only the topic orders them'
            )
        operation = self._read_text("operation")
        ignored = self._list_texts("ignore")
        used = {name for each in fields for name in each.fields}
        known = {*used, *ignored, *key, *order, operation}
        return Feed(
            self._name, table, topic, files, form, fields, fixed, key, order, operation,
            self._read_operations(),
            self._read_choice("unknown", UNKNOWN_WORDS, "ignore"),
            frozenset({*known, *(name.partition(".")[0] for name in known)} - {""}),
            self._read_zone(),
        )  # fmt: skip

    def _read_target(self) -> FeedTable:
        name = self._read_text("target")
        if not name:
            self._refuse(f'target is missing: write target = "{next(iter(FEED_TABLES))}"')
        self._check_words("target", [name], tuple(FEED_TABLES))
        return FEED_TABLES[name]

    def _read_fields(self, table: FeedTable) -> tuple[FeedField, ...]:
        given = self._values.get("columns", {})
        if not isinstance(given, dict):
            self._refuse("columns is a table, [NAME.columns]")
        self._check_words("columns", given, table.names)
        columns = {column.name: column for column in table.columns}
        return tuple(self._read_field(columns[name], value) for name, value in given.items())

    def _read_field(self, column: FeedColumn, value: Any) -> FeedField:
        where = f"columns.{column.name}"
        if isinstance(value, str) and value:
            return FeedField(column, (value,))
        if not isinstance(value, dict) or "field" not in value:
            self._refuse(f'{where} is written "FIELD" or {{ field = "FIELD", ... }}')
        self._check_words(where, value, FIELD_KEYS)
        named = value["field"]
        fields = tuple(named) if isinstance(named, list) else (named,)
        if not fields or not all(isinstance(each, str) and each for each in fields):
            self._refuse(f"{where}.field names a column of the source, or several")
        unit, factor = value.get("unit", ""), value.get("factor", 1.0)
        if column.kind == "time":
            self._check_words(f"{where}.unit", [unit], TIME_UNITS)
        elif unit:
            self._refuse(f"{where}.unit is of a time: multiply a number with factor")
        if isinstance(factor, bool) or not isinstance(factor, int | float):
            self._refuse(f"{where}.factor is a number")
        other, join = value.get("other"), value.get("join", "-")
        if not isinstance(join, str) or not (other is None or isinstance(other, str)):
            self._refuse(f"{where}: join and other are texts")
        words = value.get("values")
        if words is not None and not _is_text_table(words):
            self._refuse(f'{where}.values is written {{ "WORD" = "what it means" }}')
        if column.choices:
            means = [*(words or {}).values(), *([] if other is None else [other])]
            self._check_words(f"{where}.values", means, column.choices)
        return FeedField(column, fields, join, words, other, unit, float(factor))

    def _read_fixed(self, table: FeedTable) -> dict[str, str | float]:
        given = self._values.get("fixed", {})
        if not isinstance(given, dict):
            self._refuse('fixed is written { kind = "..." }')
        self._check_words("fixed", given, table.names)
        for name, value in given.items():
            if isinstance(value, bool) or not isinstance(value, str | int | float):
                self._refuse(f"fixed.{name} is a text or a number")
        return given

    def _check_columns(
        self, table: FeedTable, fields: Iterable[FeedField], fixed: Mapping[str, Any]
    ) -> None:
        named = {each.column.name for each in fields} | set(fixed) | {GIVEN_VALIDITY}
        missing = [each.name for each in table.columns if each.required and each.name not in named]
        if missing:
            self._refuse(f"{table.name} needs {', '.join(missing)}: name it in columns or fixed")

    def _read_operations(self) -> dict[str, str]:
        given = self._values.get("operations", {})
        if not _is_text_table(given):
            self._refuse('operations is written { "WORD" = "upsert" }')
        self._check_words("operations", given.values(), CHANGE_WORDS)
        return {word.lower(): means for word, means in given.items()}

    def _read_zone(self) -> ZoneInfo | None:
        name = self._read_text("zone")
        try:
            return ZoneInfo(name) if name else None
        except (ZoneInfoNotFoundError, ValueError):
            self._refuse(f"zone {name!r} is no time zone: write it as America/Chicago")

    def _read_choice(self, key: str, choices: tuple[Any, ...], default: str) -> Any:
        word = self._read_text(key) or default
        self._check_words(key, [word], choices)
        return word

    def _read_text(self, key: str) -> str:
        value = self._values.get(key, "")
        if not isinstance(value, str):
            self._refuse(f'{key} is a text: write {key} = "..."')
        return value.strip()

    def _list_texts(self, key: str) -> tuple[str, ...]:
        value = self._values.get(key, [])
        if not isinstance(value, list) or not all(isinstance(each, str) and each for each in value):
            self._refuse(f'{key} is written ["COLUMN", ...]')
        return tuple(cast("list[str]", value))

    def _check_words(self, key: str, words: Iterable[str], known: tuple[str, ...]) -> None:
        for word in words:
            if word not in known:
                close = difflib.get_close_matches(str(word), known, n=1)
                hint = f"did you mean {close[0]}?" if close else f"use one of {', '.join(known)}"
                self._refuse(f"{key}: {word!r} is none of its words; {hint}")

    def _refuse(self, reason: str) -> NoReturn:
        msg = f"{self._path}: [{self._name}]: {reason}"
        raise SourceError(msg)


def _is_text_table(value: Any) -> bool:
    return isinstance(value, dict) and all(isinstance(each, str) for each in value.values())
