"""Read the cells of a net's tables, and note the odd ones instead of stopping at them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from gridtwin.errors import SourceError
from gridtwin.model.columns import FALSE_WORDS, TRUE_WORDS
from gridtwin.model.notices import Notice

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

Row = dict[str, Any]
Key = int | str  # index of a row: pandapower counts, but takes names as well
LARGEST_NUMBER = 1e30  # beyond is no quantity of a grid


def find_table(net: Any, name: str) -> Any:
    """Return a table that has rows; None if there is none."""
    table = net.get(name)
    return table if hasattr(table, "columns") and len(table) else None


def list_records(net: Any, name: str) -> Iterator[tuple[Key, Row]]:
    """Return the key and the columns of each row of a table; nothing if there is none."""
    table = find_table(net, name)
    if table is None:
        return iter(())
    rows = zip(table.index, table.to_dict("records"), strict=True)
    return ((read_key(index), row) for index, row in rows)


def read_key(value: Any) -> Key:
    """Return what names a row, the same whether written as 7, 7.0 or "7"."""
    number = read_number(value)
    if number.is_integer() and abs(number) < 2**53:
        return int(number)
    return str(value).strip()


def read_number(value: Any) -> float:
    """Return a cell as a number; NaN where it holds none."""
    try:
        return float(value)
    except (TypeError, ValueError, OverflowError):
        return math.nan


def read_text(value: Any) -> str:
    """Return a cell as a text; empty where it holds none, and a number as it is counted."""
    if isinstance(value, str):
        return " ".join(value.replace("\0", " ").split())
    number = read_number(value)
    return "" if math.isnan(number) or isinstance(value, bool) else f"{number:.15g}"


class NetCells:
    """
    The cells of one net, and what is odd about them.

    Parameters
    ----------
    where
        Where the net comes from, for errors.
    """

    def __init__(self, where: str) -> None:
        self.where = where
        self.notices: list[Notice] = []

    def note_once(self, rule: str, evidence: str, mend: str) -> None:
        """Note one thing passed over, mended or taken for granted."""
        self.notices.append(Notice(rule, evidence, mend))

    def read_flag(self, mrid: str, row: Row, column: str, *, default: bool = True) -> bool:
        """Return a cell of yes or no; what says neither is noted, and taken as pandapower does."""
        if column not in row:
            return default
        value = row[column]
        word = str(value).strip().casefold()
        if word in TRUE_WORDS or word in FALSE_WORDS:
            return word in TRUE_WORDS
        taken = value is not None
        self.note_once(
            "odd_value",
            f"{mrid}: {column} {value!r} is neither true nor false, taken as {taken}",
            "state it in the net",
        )
        return taken

    def read_amount(self, mrid: str, row: Row, column: str, factor: float = 1.0) -> float:
        """Return a quantity that is never below zero; NaN, and noted, where it is no such."""
        number = read_number(row.get(column)) * factor
        if math.isnan(number) or 0 <= number <= LARGEST_NUMBER:
            return number
        self.note_once(
            "odd_value",
            f"{mrid}: {column} {row[column]!r} is no quantity of at least 0, taken as not known",
            "mend it in the net",
        )
        return math.nan

    def read_bus(self, mrid: str, row: Row, column: str, buses: Mapping[Key, Any]) -> Key:
        """
        Return the bus that a cell names.

        Raises
        ------
        SourceError
            If the net has no such bus.
        """
        key = read_key(row.get(column))
        if key not in buses:
            msg = f"{self.where}: {mrid} stands at bus {key!r}, which the net does not have"
            raise SourceError(msg)
        return key
