"""Find elements by a part of their id or name, fast enough for every key a person presses."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from gridtwin.model import cim
from gridtwin.model.ids import Element

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from gridtwin.model.tables import NetworkData, Strings

CANDIDATES = 64  # looked at in each table before the best are picked
STRETCH = 1 << 20  # bytes looked through at one go, so that other threads have their turn between
TABLES = ("substations", "feeders", "equipment", "usage_points", "sources")  # not the nodes


class Hit(NamedTuple):
    """One element found."""

    element: Element
    rank: int  # 0 the whole text, 1 its beginning, 2 within it


@dataclass(frozen=True, slots=True)
class _Texts:
    """The texts of one column, in lower case, each between line breaks."""

    lower: bytes
    start: NDArray[np.int64]  # place of the line break before each text

    @classmethod
    def of(cls, values: Strings) -> _Texts:
        """Lay out a column of UTF-8 texts."""
        width = values.dtype.itemsize
        table = np.full((len(values), width + 1), ord("\n"), dtype=np.uint8)
        table[:, 1:] = np.ascontiguousarray(values).view(np.uint8).reshape(len(values), width)
        flat = table.ravel()
        kept = flat[flat != 0]
        return cls(kept.tobytes().lower() + b"\n", np.flatnonzero(kept == ord("\n")))

    def rows(self, wanted: bytes, limit: int) -> Iterator[int]:
        """Yield the rows of texts that hold `wanted`, each once, `limit` at most."""
        at, last, found = 0, -1, 0
        while found < limit and at < len(self.lower):
            stop = min(len(self.lower), at + STRETCH + len(wanted))
            place = self.lower.find(wanted, at, stop)
            if place < 0:
                at = stop if stop == len(self.lower) else at + STRETCH
                continue
            row = int(np.searchsorted(self.start, place, "right")) - 1
            at = place + 1
            if row != last:
                last, found = row, found + 1
                yield row


class Names:
    """
    The ids and names of a network.

    A look-up reads through all texts, some tens of megabytes at most: no sorting when it is made,
    no index to keep, and a part within a text is found as a beginning is.
    """

    def __init__(self, data: NetworkData) -> None:
        self._data = data
        self._columns: list[tuple[str, _Texts]] = []
        for table in TABLES:
            rows = getattr(data, table)
            for column in ("name", "mrid"):
                values = getattr(rows, column, None)
                if values is not None and len(values):
                    self._columns.append((table, _Texts.of(values)))

    def search(self, text: str, limit: int = 8) -> list[Hit]:
        """
        Return the elements whose id or name holds a text, whatever its case.

        Returns
        -------
            At most `limit`: those it names whole first, then those that begin with it, then the
            others; among them substations, feeders, switches, other equipment, usage points; then
            the shorter, then by id.
        """
        wanted = text.strip().encode().lower().replace(b"\n", b" ").replace(b"\0", b"")
        if not wanted or limit < 1:
            return []
        found: dict[Element, int] = {}
        for mark in (b"\n" + wanted + b"\n", b"\n" + wanted, wanted):
            if len(found) < limit:
                self._look(mark, wanted, found, limit)
        hits = [Hit(element, rank) for element, rank in found.items()]
        return sorted(hits, key=self._order)[:limit]

    def _look(self, mark: bytes, wanted: bytes, found: dict[Element, int], limit: int) -> None:
        for table, texts in self._columns:
            for row in texts.rows(mark, max(limit, CANDIDATES)):
                rank = self._rank(texts, row, wanted)
                element = Element(table, row)
                found[element] = min(rank, found.get(element, rank))

    @staticmethod
    def _rank(texts: _Texts, row: int, wanted: bytes) -> int:
        begin = int(texts.start[row]) + 1
        if not texts.lower.startswith(wanted, begin):
            return 2
        end = begin + len(wanted)
        return 0 if texts.lower[end : end + 1] == b"\n" else 1

    def _order(self, hit: Hit) -> tuple[int, int, int, bytes]:
        table, row = hit.element
        mrid = bytes(getattr(self._data, table).mrid[row])
        place = TABLES.index(table) * 2
        if table == "equipment" and not cim.IS_SWITCH[self._data.equipment.kind[row]]:
            place += 1
        return hit.rank, place, len(mrid), mrid
