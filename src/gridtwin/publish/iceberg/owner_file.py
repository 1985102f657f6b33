"""
Read the file that says which tables of a catalog come back, and who owns what of them.

::

    [failure_risk]                          # the declaration; what is kept goes by its name
    table = "analytics.failure_risk"        # NAMESPACE.TABLE in the catalog
    target = "element_scores"
    key = ["asset"]                         # its key, in the words of the catalog
    owner = "analytics"                     # or "operations"; or by column, below
    columns = { asset = "mrid", score = "value" }   # what is called otherwise here
    fixed = { kind = "failure_risk" }       # what is the same in every row
    ignore = ["features"]                   # columns that are not taken
    owners = { source = "operations" }      # columns whose owner is another
"""

from __future__ import annotations

import difflib
import hashlib
import tomllib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NoReturn

from gridtwin.errors import SourceError
from gridtwin.model.analytics_tables import ANALYTICS_TABLES, read_value
from gridtwin.model.pulls import PulledTable

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from gridtwin.model.analytics_tables import AnalyticsTable, AnalyticsValue

OWNERS = ("analytics", "operations")
OWNER_KEYS = ("table", "target", "key", "owner", "columns", "fixed", "ignore", "owners")


@dataclass(frozen=True, slots=True)
class OwnerDeclaration:
    """One table of the file."""

    table: PulledTable
    namespace: str
    source_table: str
    columns: Mapping[str, str]  # of the target, by those of the catalog that are called otherwise
    fixed: Mapping[str, AnalyticsValue]  # columns of the target with one value
    ignored: frozenset[str]  # columns of the catalog

    @property
    def digest(self) -> str:
        """What tells this declaration from another of its name: 12 hexadecimal digits."""
        said = (
            *(self.table.source, self.table.target.names, sorted(self.table.operations)),
            *(sorted(self.columns.items()), sorted(self.fixed.items()), sorted(self.ignored)),
        )
        return hashlib.sha256(repr(said).encode()).hexdigest()[:12]

    def name_column(self, column: str) -> str:
        """Return what a column of the catalog is called here."""
        return self.columns.get(column, column)


def read_owner_file(path: Path) -> list[OwnerDeclaration]:
    """
    Read an owner file.

    Raises
    ------
    SourceError
        If it cannot be read, or a declaration cannot be; says file, table, key and what to do.
    """
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        msg = f"{path}: this is no owner file ({error})"
        raise SourceError(msg) from error
    if not document:
        msg = f"{path}: it declares no table: write [NAME], then table, target, key and owner"
        raise SourceError(msg)
    declared = [_OwnerTable(path, name, values).read() for name, values in document.items()]
    _refuse_double(path, declared)
    return declared


def _refuse_double(path: Path, declared: Iterable[OwnerDeclaration]) -> None:
    """Refuse two tables that could write the same rows."""
    filled: dict[str, dict[AnalyticsValue, str]] = {}
    for each in declared:
        name, target = each.table.name, each.table.target.name
        kind = each.fixed.get("kind")  # None = it may be any
        others = filled.setdefault(target, {})
        clashing = others.get(kind) or others.get(None) or (None if kind else _take_any(others))
        if clashing:
            msg = (
                f"{path}: [{name}] and [{clashing}] both fill {target}: let one do it, or tell"
                ' them apart with fixed = { kind = "..." }'
            )
            raise SourceError(msg)
        others[kind] = name


def _take_any(names: Mapping[AnalyticsValue, str]) -> str:
    return next(iter(names.values()), "")


class _OwnerTable:
    """One table of the file, which says where it stands when something in it is wrong."""

    def __init__(self, path: Path, name: str, values: Any) -> None:
        self._path, self._name = path, name
        if not isinstance(values, dict):
            self._refuse("write it as a table, [NAME]")
        self._values: dict[str, Any] = values

    def read(self) -> OwnerDeclaration:
        """Return what it declares."""
        self._check_word("key", self._values, OWNER_KEYS)
        target = self._read_target()
        columns = self._read_texts("columns")
        for column, named in columns.items():
            self._check_word(f"columns.{column}", [named], target.names)
        fixed = self._read_fixed(target)
        self._check_key(target, columns, fixed)
        namespace, _, table = self._read_text("table").rpartition(".")
        if not namespace or not table:
            self._refuse("table is written NAMESPACE.TABLE")
        pulled = PulledTable(
            self._name, f"{namespace}.{table}", target, self._list_operations(target)
        )
        ignored = frozenset(self._list_texts("ignore"))
        return OwnerDeclaration(pulled, namespace, table, columns, fixed, ignored)

    def _read_target(self) -> AnalyticsTable:
        name = self._read_text("target")
        self._check_word("target", [name], tuple(ANALYTICS_TABLES))
        return ANALYTICS_TABLES[name]

    def _read_fixed(self, target: AnalyticsTable) -> dict[str, AnalyticsValue]:
        given = self._values.get("fixed", {})
        if not isinstance(given, dict):
            self._refuse('fixed is written { kind = "..." }')
        columns = {column.name: column for column in target.columns}
        fixed = {}
        for name, value in given.items():
            self._check_word(f"fixed.{name}", [name], target.names)
            try:
                fixed[name] = read_value(columns[name], value)
            except (TypeError, ValueError) as error:
                self._refuse(f"fixed: {error}")
        return fixed

    def _check_key(
        self, target: AnalyticsTable, columns: Mapping[str, str], fixed: Mapping[str, Any]
    ) -> None:
        named = {columns.get(each, each) for each in self._list_texts("key")}
        wanted = set(target.key) - set(fixed)
        if named != wanted:
            words = ", ".join(sorted(wanted))
            self._refuse(
                f"key must be the columns that are {words} of {target.name}, and those alone"
            )

    def _list_operations(self, target: AnalyticsTable) -> frozenset[str]:
        """Return the columns that operations own."""
        owner = self._read_text("owner")
        self._check_word("owner", [owner], OWNERS)
        owners = self._read_texts("owners")
        beside = target.names[target.key_size :]
        self._check_word("owners", owners, beside)
        for column, named in owners.items():
            self._check_word(f"owners.{column}", [named], OWNERS)
        return frozenset(each for each in beside if owners.get(each, owner) == "operations")

    def _read_text(self, key: str) -> str:
        value = self._values.get(key)
        if not isinstance(value, str) or not value.strip():
            self._refuse(f'{key} is missing: write {key} = "..."')
        return value.strip()

    def _read_texts(self, key: str) -> dict[str, str]:
        value = self._values.get(key, {})
        if not isinstance(value, dict) or not all(isinstance(each, str) for each in value.values()):
            self._refuse(f'{key} is written {{ column = "..." }}')
        return value

    def _list_texts(self, key: str) -> list[str]:
        value = self._values.get(key, [])
        if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
            self._refuse(f'{key} is written ["column", ...]')
        return value

    def _check_word(self, key: str, words: Iterable[str], known: tuple[str, ...]) -> None:
        for word in words:
            if word not in known:
                close = difflib.get_close_matches(word, known, n=1)
                hint = f"did you mean {close[0]}?" if close else f"use one of {', '.join(known)}"
                self._refuse(f"{key}: {word!r} is none of its words; {hint}")

    def _refuse(self, reason: str) -> NoReturn:
        msg = f"{self._path}: [{self._name}]: {reason}"
        raise SourceError(msg)
