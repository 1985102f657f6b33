"""Find elements by a part of their id or name, fast enough for every key a person presses."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from gridtwin.analysis.state.name_similarity import SimilarNames, TextsOfColumn
from gridtwin.model import cim
from gridtwin.model.ids import Element, SortedIds

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from gridtwin.model.ids import Ids
    from gridtwin.model.tables import NetworkData, Strings

MOST_CANDIDATES = 64  # looked at in each table before the best are picked
SCAN_BYTES = (
    1 << 20
)  # bytes looked through at one go, so that other threads have their turn between
SEARCHED_TABLES = (
    "substations",
    "feeders",
    "equipment",
    "usage_points",
    "sources",
)  # not the nodes
SURE_COST = 0.5  # of slips that leave no doubt what is meant
WHOLE, BEGINNING, WITHIN, SIMILAR = MATCHES = ("whole", "beginning", "within", "similar")


class NameHit(NamedTuple):
    """One element found."""

    element: Element
    rank: int  # of MATCHES


@dataclass(frozen=True, slots=True)
class _TextColumn:
    """The texts of one column, in lower case, each between line breaks."""

    lower: bytes
    start: NDArray[np.int64]  # place of the line break before each text

    @classmethod
    def lay_out(cls, values: Strings) -> _TextColumn:
        """Lay out a column of UTF-8 texts."""
        width = values.dtype.itemsize
        table = np.full((len(values), width + 1), ord("\n"), dtype=np.uint8)
        table[:, 1:] = np.ascontiguousarray(values).view(np.uint8).reshape(len(values), width)
        table[:, 1:][table[:, 1:] == ord("\n")] = ord(" ")  # a break within a text is none
        flat = table.ravel()
        kept = flat[flat != 0]
        return cls(kept.tobytes().lower() + b"\n", np.flatnonzero(kept == ord("\n")))

    def find_containing(self, wanted: bytes, limit: int) -> Iterator[int]:
        """Yield the rows of texts that hold `wanted`, each once, `limit` at most."""
        at, last, count = 0, -1, 0
        while count < limit and at < len(self.lower):
            stop = min(len(self.lower), at + SCAN_BYTES + len(wanted))
            place = self.lower.find(wanted, at, stop)
            if place < 0:
                at = stop if stop == len(self.lower) else at + SCAN_BYTES
                continue
            row = int(np.searchsorted(self.start, place, "right")) - 1
            at = place + 1
            if row != last:
                last, count = row, count + 1
                yield row


@dataclass(frozen=True, slots=True)
class _NameColumn:
    """One column of ids or names."""

    table: str
    texts: _TextColumn
    sorted: SortedIds

    def find_beginning(self, text: str, limit: int) -> list[int]:
        """Return the rows of texts that begin so, in each way it may be written."""
        values, rows = self.sorted.mrid, list[int]()
        for written in dict.fromkeys((text, text.upper(), text.lower(), text.capitalize())):
            begin = written.encode()
            first = int(np.searchsorted(values, np.bytes_(begin)))
            last = int(np.searchsorted(values, np.bytes_(begin + b"\xff")))  # in no UTF-8 text
            rows += self.sorted.row[first : min(last, first + limit)].tolist()
        return rows

    def rank_match(self, row: int, wanted: bytes) -> int:
        """Return how well a text fits what is wanted; see `NameHit`."""
        begin = int(self.texts.start[row]) + 1
        if not self.texts.lower.startswith(wanted, begin):
            return 2
        end = begin + len(wanted)
        return 0 if self.texts.lower[end : end + 1] == b"\n" else 1


def _keep_best(found: dict[Element, int], column: _NameColumn, row: int, wanted: bytes) -> None:
    element, rank = Element(column.table, row), column.rank_match(row, wanted)
    found[element] = min(rank, found.get(element, rank))


class NameIndex:
    """
    The ids and names of a network, and what its own columns hold that are searched.

    Beginnings are looked up in sorted order, as they are written, in capitals and in small
    letters. Where that finds too few, and nothing whole, all texts are read through, some ten
    megabytes: no index has to be kept for what may stand within a text.

    Parameters
    ----------
    data
        The network's tables.
    ids
        Its mRIDs, sorted.
    """

    def __init__(self, data: NetworkData, ids: Ids) -> None:
        self._data = data
        self._columns: list[_NameColumn] = []
        for table in SEARCHED_TABLES:
            called = [getattr(getattr(data, table), "name", None)]
            called += [
                column.list_texts()
                for column in getattr(data, table).own.values()
                if column.searched
            ]
            for names in called:
                if names is not None and (names != b"").any():
                    named = np.flatnonzero(names != b"").astype(np.int32)
                    ordered = SortedIds.from_mrids(names[named])
                    column = SortedIds(ordered.mrid, named[ordered.row])
                    self._columns.append(_NameColumn(table, _TextColumn.lay_out(names), column))
            mrids = getattr(data, table).mrid
            if len(mrids):
                self._columns.append(
                    _NameColumn(table, _TextColumn.lay_out(mrids), ids.tables[table])
                )

    def search_names(self, text: str, limit: int = 8) -> list[NameHit]:
        """
        Return the elements whose id or name holds a text, whatever its case.

        Returns
        -------
            At most `limit`: those it names whole first, by their ids before by their names, then
            those that begin with it, then the others; among them substations, feeders, switches,
            other equipment, usage points; then the shorter, then by id.
        """
        wanted = text.strip().encode().lower().replace(b"\n", b" ").replace(b"\0", b"")
        if not wanted or limit < 1:
            return []
        ranks: dict[Element, int] = {}
        for column in self._columns:
            for row in column.find_beginning(text.strip(), max(limit, MOST_CANDIDATES)):
                _keep_best(ranks, column, row, wanted)
        if len(ranks) < limit and 0 not in ranks.values():
            for column in self._columns:
                for row in column.texts.find_containing(wanted, max(limit, MOST_CANDIDATES)):
                    _keep_best(ranks, column, row, wanted)
        hits = [NameHit(element, rank) for element, rank in ranks.items()]
        return sorted(hits, key=lambda hit: self._sort_key(hit, wanted))[:limit]

    def find_names(self, text: str, limit: int = 8) -> list[NameHit]:
        """
        Return the elements that a person may mean by a text, slips of the pen and all.

        Returns
        -------
            At most `limit`: as `search_names`, and then what is written nearly so, the fewest and
            likeliest slips first. Where nothing is called so in whole, what differs in zeros,
            dashes or the word for its kind alone comes before what begins so.
        """
        hits = self.search_names(text, limit)
        costs = self._similar.find_similar(text)
        known = {hit.element for hit in hits}
        similar = sorted(
            (cost, self._sort_key(NameHit(each, 3), b""), each)
            for each, cost in costs.items()
            if each not in known
        )
        sure = [each for cost, _, each in similar if cost <= SURE_COST]
        other = [each for cost, _, each in similar if cost > SURE_COST]
        whole = [hit for hit in hits if hit.rank == 0]
        rank = MATCHES.index(SIMILAR)
        found = [
            *whole,
            *(NameHit(each, rank) for each in sure),
            *hits[len(whole) :],
            *(NameHit(each, rank) for each in other),
        ]
        return found[: max(limit, 0)]

    @cached_property
    def _similar(self) -> SimilarNames:
        columns = (TextsOfColumn(each.table, each.sorted) for each in self._columns)
        return SimilarNames(self._data, columns)

    def _sort_key(self, hit: NameHit, wanted: bytes) -> tuple[int, bool, int, int, bytes]:
        table, row = hit.element
        mrid = bytes(getattr(self._data, table).mrid[row])
        place = SEARCHED_TABLES.index(table) * 2
        if table == "equipment" and not cim.IS_SWITCH[self._data.equipment.kind[row]]:
            place += 1
        return hit.rank, mrid.lower() != wanted, place, len(mrid), mrid
