"""Turn CYME text into tables: the ``FORMAT_`` lines of a section name the columns of its rows."""

from __future__ import annotations

import csv
import math
import re
import sys
from typing import TYPE_CHECKING, NamedTuple

from gridtwin.errors import SourceError
from gridtwin.model.notices import Notice
from gridtwin.sources.cyme.cyme_files import find_cyme_files, read_cyme_lines

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# Rows of [SECTION] that say which network the next sections are part of, by their first word.
NETWORK_WORDS = frozenset(
    {"feeder", "generalnetwork", "lvnetwork", "secondarynetwork", "substation", "transmissionline"}
)
LARGEST_CYME_QUANTITY = 1e30  # beyond is no quantity of a grid
LONGEST_CYME_LINE = 1_000_000  # characters
# Of the dozens of columns of a table: those that a network is made of.
_KEPT_COLUMNS = frozenset(
    {
        "amps", "ampsa", "ampsb", "ampsc", "closedphase", "condida", "condidb", "condidc",
        "conn", "connection", "connectionstatus", "coordx", "coordx1", "coordx2", "coordy",
        "coordy1", "coordy2", "customernumber", "customertype", "desiredvoltage", "devicenumber",
        "eqid", "fromnodeid", "headnodeid", "id", "kva", "kvllprim", "kvllsec", "length",
        "linecableid", "loadmodelid", "loadphase", "location", "networkid", "nodeid",
        "numberofcustomer", "operatingvoltagea", "overhead", "phase", "phaseon", "sectionid",
        "seqnumber", "sourceid", "tertiarynodeid", "tonodeid", "value1", "value2", "valuetype",
        "voltage",
    }
)  # fmt: skip


class CymeRow(NamedTuple):
    """One row of a table."""

    place: str  # file and line, for messages
    network: str  # that the row stands under, in [SECTION]
    values: dict[str, str]  # by column, in lower case without signs

    def read_text(self, column: str) -> str:
        """Return a cell; empty where there is none."""
        return self.values.get(column, "")


class CymeTables:
    """
    The tables of a model, by the names of their sections without blanks.

    Parameters
    ----------
    path
        A folder of CYME text files, or one of them.

    Raises
    ------
    SourceError
        If there is none, or one cannot be read.
    """

    def __init__(self, path: Path) -> None:
        self.where = str(path)
        self.notices: list[Notice] = []
        self.rows: dict[str, list[CymeRow]] = {}
        self.networks: dict[str, tuple[str, CymeRow]] = {}  # id: its word, and its row
        self.imperial = False
        found, others = find_cyme_files(path)
        for other in others:
            said = f"{other}: this is no CYME text: passed over"
            self.add_notice("other_file", said, "remove it from the folder if it is not needed")
        for file in found:
            _FileReader(self, str(file)).take(read_cyme_lines(file))

    def __getitem__(self, name: str) -> list[CymeRow]:
        """Return the rows of a table; none where the model has no such section."""
        return self.rows.get(name, [])

    def add_notice(self, rule: str, evidence: str, mend: str) -> None:
        """Note one thing passed over, mended or taken for granted."""
        self.notices.append(Notice(rule, evidence, mend))

    def read_number(self, row: CymeRow, column: str) -> float:
        """Return a cell as a number; NaN, and noted, where it is none."""
        text = row.read_text(column)
        if not text:
            return math.nan
        try:
            value = float(text)
        except ValueError:
            value = math.nan
        if abs(value) <= LARGEST_CYME_QUANTITY:
            return value
        self.note_odd(row, column, text, "no number")
        return math.nan

    def read_amount(self, row: CymeRow, column: str) -> float:
        """Return a quantity that is never below zero; NaN, and noted, where it is no such."""
        value = self.read_number(row, column)
        if value < 0:
            self.note_odd(row, column, f"{value:g}", "below zero")
            return math.nan
        return value

    def note_odd(self, row: CymeRow, column: str, text: str, why: str) -> None:
        """Note a value that cannot be."""
        said = f"{row.place}: {column} {text[:60]!r} is {why}, taken as not known"
        self.add_notice("odd_value", said, "mend it in the model")


class _FileReader:
    """What reads the lines of one file into tables."""

    def __init__(self, tables: CymeTables, name: str) -> None:
        self._tables, self._name = tables, name
        self._section = ""
        self._formats: dict[str, list[str]] = {}  # by the word after FORMAT_
        self._columns: list[str] = []  # of the rows of this section
        self._delimiter = ","
        self._network = ""

    def take(self, lines: list[str]) -> None:
        """Take in all lines."""
        for number, line in enumerate(lines, 1):
            text = line.strip()
            place = f"{self._name}:{number}"
            if len(text) > LONGEST_CYME_LINE:
                msg = f"{place}: the line is longer than {LONGEST_CYME_LINE:,} characters: part it"
                raise SourceError(msg)
            if text.startswith("[") and text.endswith("]"):
                self._section = squash(text)
                self._columns, self._network = [], ""
                if self._section == "imperial":
                    self._tables.imperial = True
            elif text[:7].upper() == "FORMAT_" and "=" in text:
                self._take_format(text)
            elif text:
                self._take_row(text, place)

    def _take_format(self, text: str) -> None:
        word, _, columns = text[7:].partition("=")
        if "," not in columns:
            self._delimiter = next((sign for sign in (";", "\t") if sign in columns), ",")
        else:
            self._delimiter = ","
        named = [squash(column) for column in columns.split(self._delimiter)]
        self._formats[squash(word)] = named
        if squash(word) not in NETWORK_WORDS:
            self._columns = named

    def _take_row(self, text: str, place: str) -> None:
        if self._section == "section" and self._take_network(text, place):
            return
        if not self._columns:
            if self._section == "section":
                msg = (
                    f"{place}: no FORMAT_SECTION line names the columns of [SECTION]: export the"
                    " model with its format lines"
                )
                raise SourceError(msg)
            return
        cells = self._split(text, place)
        if any(cell.strip() for cell in cells[len(self._columns) :]):
            said = f"{place}: the row has {len(cells)} cells for {len(self._columns)} columns"
            self._tables.add_notice("odd_row", f"{said}: the others are passed over", "mend it")
        row = CymeRow(place, self._network, dict(self._pair_cells(self._columns, cells)))
        self._tables.rows.setdefault(self._section, []).append(row)

    def _take_network(self, text: str, place: str) -> bool:
        """Return whether a row names the network of the next sections, and take it in."""
        head, sign, rest = text.partition("=")
        word = squash(head) if sign else ""
        if word not in NETWORK_WORDS:
            return False
        columns = self._formats.get(word, ["networkid", "headnodeid"])
        values = dict(self._pair_cells(columns, self._split(rest, place)))
        self._network = values.get("networkid", "")
        row = CymeRow(place, self._network, values)
        self._tables.networks.setdefault(self._network, (word, row))
        return True

    def _pair_cells(self, columns: list[str], cells: list[str]) -> Iterator[tuple[str, str]]:
        for column, cell in zip(columns, cells, strict=False):
            value = cell.strip().strip("\0")
            if value and column in _KEPT_COLUMNS:
                yield column, sys.intern(value)

    def _split(self, text: str, place: str) -> list[str]:
        if '"' not in text:
            return text.split(self._delimiter)
        try:
            return next(csv.reader([text], delimiter=self._delimiter), [])
        except csv.Error as error:
            msg = f"{place}: the row cannot be parted into cells ({error}): mend its quotes"
            raise SourceError(msg) from error


def squash(name: str) -> str:
    """
    Return a name of a section or column in lower case, without blanks and signs.

    Examples
    --------
    >>> squash("[OVERHEAD BYPHASE SETTING]"), squash("CondID_A")
    ('overheadbyphasesetting', 'condida')
    """
    return re.sub(r"[^a-z0-9]", "", name.casefold())
