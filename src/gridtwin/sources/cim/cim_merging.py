"""Merge what several files say of one object, in columns, whatever the order of the files."""

from __future__ import annotations

import math
from array import array
from pathlib import PurePath
from typing import IO, TYPE_CHECKING

from gridtwin.errors import SourceError
from gridtwin.model.notices import Notice
from gridtwin.sources.cim.cim_classes import CIM_COLUMNS, KNOWN_NAMESPACES, TABLE_OF_CLASS
from gridtwin.sources.cim.cim_parsing import CimObject, parse_cim

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

LARGEST_QUANTITY = 1e30  # beyond is no quantity of a grid
STATE_COLUMNS = frozenset({"open", "closed", "connected", "inService", "p", "activePower"})


class CimTable:
    """
    The objects of one kind, as columns of texts; an empty text where nothing is said.

    A column holds nothing beyond the last object of which it says something: most columns of a
    table are empty, and an empty column costs nothing.

    Parameters
    ----------
    columns
        Names of the columns.
    """

    def __init__(self, columns: Iterable[str]) -> None:
        self.rows: dict[str, int] = {}  # by id
        self.kinds: list[str] = []  # the class of each
        self.files: list[int] = []  # number of the file that last said something of each
        self.first_files: list[int] = []  # and of the one that first did
        self._columns: dict[str, list[str]] = {column: [] for column in columns}

    def __len__(self) -> int:
        """Return how many objects there are."""
        return len(self.kinds)

    def __contains__(self, mrid: str) -> bool:
        """Return whether there is an object of this id."""
        return mrid in self.rows

    def read_cell(self, row: int, column: str) -> str:
        """Return what is said of the object in a row."""
        values = self._columns[column]
        return values[row] if row < len(values) else ""

    def write_cell(self, row: int, column: str, text: str) -> None:
        """State something of the object in a row."""
        values = self._columns[column]
        missing = row - len(values)
        if missing < 0:
            values[row] = text
            return
        if missing:
            values.extend([""] * missing)
        values.append(text)

    def read_text(self, mrid: str, column: str) -> str:
        """Return what is said of an object; empty where it is not there."""
        row = self.rows.get(mrid)
        return "" if row is None else self.read_cell(row, column)

    def read_class(self, mrid: str) -> str:
        """Return the class of an object; empty where it is not there."""
        row = self.rows.get(mrid)
        return "" if row is None else self.kinds[row]

    def add_row(self, mrid: str, kind: str) -> int:
        """Return the row of an object; a new one where it is not there."""
        row = self.rows.get(mrid)
        if row is None:
            row = self.rows[mrid] = len(self.kinds)
            self.kinds.append(kind)
            self.files.append(0)
            self.first_files.append(0)
        return row

    def append_table(self, other: CimTable, file: int) -> None:
        """Add the objects of a table none of whose ids is here; `file` is the number of theirs."""
        start = len(self.kinds)
        self.rows.update((mrid, start + row) for mrid, row in other.rows.items())
        self.kinds += other.kinds
        self.files += [file] * len(other.kinds)
        self.first_files += [file] * len(other.kinds)
        for column, values in other._columns.items():
            if values:
                own = self._columns[column]
                own.extend([""] * (start - len(own)))
                own += values

    def iterate_pairs(self, column: str) -> Iterator[tuple[str, str]]:
        """Return id and value of every object of which something is said."""
        values = self._columns[column]
        said = len(values)
        return (
            (mrid, values[row]) for mrid, row in self.rows.items() if row < said and values[row]
        )

    def iterate_values(self, row: int) -> Iterator[tuple[str, str]]:
        """Return column and value of all that is said of the object in a row."""
        return (
            (column, values[row])
            for column, values in self._columns.items()
            if row < len(values) and values[row]
        )


class CimModel:
    """
    All objects of a model, merged by id.

    Parameters
    ----------
    where
        Where the model comes from, for errors.
    """

    def __init__(self, where: str) -> None:
        self.where = where
        self.notices: list[Notice] = []
        self.tables = {name: CimTable(columns) for name, columns in CIM_COLUMNS.items()}
        self.positions: dict[str, array[float]] = {}  # number, x, y, ... by Location
        self.odd: set[tuple[str, str]] = set()
        self._texts: dict[str, str] = {}  # one object for each text that comes again
        self._namespaces: dict[str, Notice | None] = {}  # with what was told of each
        self._file_count = 0
        self._file_names = [""]

    def __getitem__(self, table: str) -> CimTable:
        """Return a table by its name."""
        return self.tables[table]

    def add_notice(self, rule: str, evidence: str, mend: str) -> None:
        """Note one thing passed over, mended or taken for granted."""
        self.notices.append(Notice(rule, evidence, mend))

    def add_file(self, name: str, stream: IO[bytes]) -> None:
        """
        Take in one file.

        Raises
        ------
        SourceError
            If it is broken, or gives an object another class than another file does.
        """
        self._file_count += 1
        self._file_names.append(PurePath(name).name)
        for found in parse_cim(name, stream):
            table = TABLE_OF_CLASS.get(found.kind, "equipment")
            if table == "position":
                self._add_position(found)
                continue
            if self._says_again(found, table):
                self.add_notice(
                    "duplicate_id",
                    f"{name}: {found.kind} {found.mrid} is there twice: taken as one",
                    "give each object an id of its own",
                )
            if found.namespace not in self._namespaces:
                self._check_namespace(name, found)
            self._merge(name, found, table)

    def add_model(self, name: str, other: CimModel) -> None:
        """
        Take in what another process made of one file, as `add_file` does.

        Raises
        ------
        SourceError
            If it gives an object another class than another file does.
        """
        self._file_count += 1
        self._file_names.append(PurePath(name).name)
        told = {notice for space, notice in other._namespaces.items() if space in self._namespaces}
        self.notices += [notice for notice in other.notices if notice not in told]
        self._namespaces = {**other._namespaces, **self._namespaces}
        self.odd |= other.odd
        for location, points in other.positions.items():
            self.positions.setdefault(location, array("d")).extend(points)
        for table, rows in other.tables.items():
            if self.tables[table].rows.keys().isdisjoint(rows.rows):
                self.tables[table].append_table(rows, self._file_count)
                continue
            for mrid, row in rows.rows.items():
                values = dict(rows.iterate_values(row))
                self._merge(name, CimObject(rows.kinds[row], mrid, "", values), table)

    def _add_position(self, found: CimObject) -> None:
        """Keep a PositionPoint as numbers: there are more of them than of anything else."""
        number, x, y = (
            self._parse_number(found.kind, found.mrid, column, found.values.get(column, ""))
            for column in ("sequenceNumber", "xPosition", "yPosition")
        )
        location = found.values.get("Location", "")
        if location and not math.isnan(x) and not math.isnan(y):
            order = math.inf if math.isnan(number) else number
            self.positions.setdefault(self._shared(location), array("d")).extend((order, x, y))

    def _check_namespace(self, name: str, found: CimObject) -> None:
        known = found.namespace.startswith(KNOWN_NAMESPACES)
        if not known:
            self.add_notice(
                "unknown_namespace",
                f"{name}: {found.kind} {found.mrid} is of namespace {found.namespace[:80]!r}:"
                " read as CIM by its names",
                "leave the file out if it is no CIM",
            )
        self._namespaces[found.namespace] = None if known else self.notices[-1]

    def _says_again(self, found: CimObject, table: str) -> bool:
        """Return whether this file has said of an object what it says now, or nothing again."""
        rows = self.tables[table]
        row = rows.rows.get(found.mrid)
        if row is None or rows.files[row] != self._file_count:
            return False
        return not found.values or any(rows.read_cell(row, each) for each in found.values)

    def _merge(self, name: str, found: CimObject, table: str) -> None:
        rows = self.tables[table]
        row = rows.add_row(self._shared(found.mrid), self._shared(found.kind))
        rows.files[row] = self._file_count
        rows.first_files[row] = rows.first_files[row] or self._file_count
        if rows.kinds[row] != found.kind:
            msg = (
                f"{name}: {found.mrid} is a {found.kind} here and a {rows.kinds[row]} elsewhere in"
                f" {self.where}: an id names one object"
            )
            raise SourceError(msg)
        for column, value in found.values.items():
            known = rows.read_cell(row, column)
            if not known or (known != value and column in STATE_COLUMNS):
                rows.write_cell(row, column, self._shared(value))
            elif known != value:
                self.add_notice(
                    "conflicting_value",
                    f"{name}: {found.kind} {found.mrid} has {column} {value!r},"
                    f" elsewhere {known!r}: the first is taken",
                    "give files of one model",
                )

    def find_file(self, mrid: str) -> str:
        """Return the name of the file that first said something of an object; empty for none."""
        for table in self.tables.values():
            row = table.rows.get(mrid)
            if row is not None:
                return self._file_names[table.first_files[row]]
        return ""

    def _shared(self, text: str) -> str:
        return self._texts.setdefault(text, text)

    def forget_texts(self) -> None:
        """Let go of what is needed only while files are taken in."""
        self._texts = {}

    def forget_tables(self, *names: str) -> None:
        """Let go of tables that nothing is read from again: of a utility they are gigabytes."""
        for name in names:
            self.tables[name] = CimTable(CIM_COLUMNS[name])

    def read_number(self, table: str, mrid: str, column: str) -> float:
        """Return what is said of an object as a number; NaN, and noted, where it is none."""
        rows = self.tables[table]
        text = rows.read_text(mrid, column)
        return self._parse_number(rows.read_class(mrid), mrid, column, text) if text else math.nan

    def _parse_number(self, kind: str, mrid: str, column: str, text: str) -> float:
        if not text:
            return math.nan
        try:
            value = float(text)
        except ValueError:
            value = math.nan
        if abs(value) <= LARGEST_QUANTITY:
            return value
        self._note_odd(kind, mrid, column, text, "no number")
        return math.nan

    def read_amount(self, table: str, mrid: str, column: str, factor: float = 1.0) -> float:
        """Return a quantity that is never below zero; NaN, and noted, where it is no such."""
        value = self.read_number(table, mrid, column)
        if not value < 0:
            return value * factor
        self._note_odd(
            self.tables[table].read_class(mrid), mrid, column, f"{value:g}", "below zero"
        )
        return math.nan

    def read_flag(self, table: str, mrid: str, column: str) -> bool | None:
        """Return what is said of an object as yes or no; None where nothing is, or noted."""
        text = self.tables[table].read_text(mrid, column)
        word = text.casefold()
        if word in {"true", "1"}:
            return True
        if word in {"false", "0"}:
            return False
        if text:
            kind = self.tables[table].read_class(mrid)
            self._note_odd(kind, mrid, column, text, "neither true nor false")
        return None

    def _note_odd(self, kind: str, mrid: str, column: str, text: str, why: str) -> None:
        if (mrid, column) in self.odd:
            return
        self.odd.add((mrid, column))
        self.add_notice(
            "odd_value",
            f"{kind} {mrid}: {column} {text[:60]!r} is {why}, taken as not known",
            "mend it in the model",
        )
