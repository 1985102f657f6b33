"""Find the row of an mRID, and the closest names when there is none."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from gridtwin.errors import AmbiguousIdError, NotFoundError
from gridtwin.model.schema import SCHEMA
from gridtwin.model.tables import NetworkData, Strings, decode_texts

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

# An mRID is unique within its table. Where two tables share one, TABLE:mRID says which is meant.
MRID_TABLES = ("equipment", "usage_points", "nodes", "feeders", "substations", "sources")
TABLE_PREFIX = {table: SCHEMA[table].one.replace(" ", "_") for table in MRID_TABLES}
TABLE_OF = {word: table for table, one in TABLE_PREFIX.items() for word in (table, one)}
SUGGESTIONS = 3
COMPARED = 4_000  # names compared letter by letter when nothing is found


class Element(NamedTuple):
    """One thing of the network: its table and its row there."""

    table: str
    row: int


@dataclass(frozen=True, slots=True)
class SortedIds:
    """The mRIDs of one table in sorted order, and the row each stands in."""

    mrid: Strings
    row: NDArray[np.int32]

    @classmethod
    def from_mrids(cls, mrid: Strings) -> SortedIds:
        """Sort the mRIDs of one table."""
        order = np.argsort(mrid, kind="stable").astype(np.int32)
        return cls(mrid[order], order)

    def find_rows(self, names: Strings) -> NDArray[np.int32]:
        """Return the row of each name; -1 where there is none."""
        if not len(self.mrid):
            return np.full(len(names), -1, dtype=np.int32)
        at = np.searchsorted(self.mrid, names)
        at[at == len(self.mrid)] = 0
        return np.where(self.mrid[at] == names, self.row[at], np.int32(-1))

    def find_row(self, name: bytes) -> int:
        """Return the row of one name; -1 where there is none."""
        at = int(np.searchsorted(self.mrid, np.bytes_(name)))
        return int(self.row[at]) if at < len(self.mrid) and self.mrid[at] == name else -1


@dataclass(frozen=True, slots=True)
class Ids:
    """Where every mRID of a network stands."""

    tables: dict[str, SortedIds]

    @classmethod
    def from_network(cls, data: NetworkData) -> Ids:
        """Sort the mRIDs of every table."""
        return cls(
            {table: SortedIds.from_mrids(getattr(data, table).mrid) for table in MRID_TABLES}
        )

    def find_element(self, mrid: str, tables: Sequence[str] = MRID_TABLES) -> Element:
        """
        Return the element an mRID names, alone or behind its table, as in ``equipment:11``.

        Parameters
        ----------
        mrid
            The mRID. Where it has a colon, what is called so in whole comes first.
        tables
            The tables looked into.

        Raises
        ------
        NotFoundError
            If no table has it, with the closest names there are.
        AmbiguousIdError
            If several have it.
        """
        found = self._find_all(mrid, tables)
        if not found:
            word, _, rest = mrid.partition(":")
            if TABLE_OF.get(word) in tables:
                found = self._find_all(rest, (TABLE_OF[word],))
        if len(found) > 1:
            raise AmbiguousIdError(mrid, [f"{TABLE_PREFIX[each.table]}:{mrid}" for each in found])
        if found:
            return found[0]
        what = SCHEMA[tables[0]].one if len(tables) == 1 else "element"
        raise NotFoundError(what, mrid, self.suggest_names(mrid, tables))

    def find_first(self, mrid: str) -> Element | None:
        """Return what an mRID that was kept without its table names: of the earliest, or None."""
        found = self._find_all(mrid, MRID_TABLES)
        return found[0] if found else None

    def list_known(self, mrids: Iterable[str]) -> list[str]:
        """Return those of some mRIDs that some table has."""
        return [mrid for mrid in mrids if self.find_first(mrid) is not None]

    def write_id(self, table: str, mrid: str) -> str:
        """Return what `find` finds an element by: its mRID, behind its table where need be."""
        alone = len(self._find_all(mrid, MRID_TABLES)) == 1
        return mrid if alone else f"{TABLE_PREFIX[table]}:{mrid}"

    def _find_all(self, mrid: str, tables: Sequence[str]) -> list[Element]:
        name = mrid.encode()
        rows = ((table, self.tables[table].find_row(name)) for table in tables)
        return [Element(table, row) for table, row in rows if row >= 0]

    def find_rows(self, table: str, mrids: Iterable[str]) -> NDArray[np.int32]:
        """
        Return the rows of many mRIDs of one table.

        Raises
        ------
        NotFoundError
            For the first that is not there.
        """
        names = list(mrids)
        if not names:
            return np.empty(0, dtype=np.int32)
        rows = self.tables[table].find_rows(np.array([mrid.encode() for mrid in names]))
        for at in np.flatnonzero(rows < 0):
            rows[at] = self.find_element(names[at], (table,)).row
        return rows

    def suggest_names(self, mrid: str, tables: Sequence[str] = MRID_TABLES) -> list[str]:
        """Return the few names closest to one that was not found."""
        wanted = mrid.casefold()
        found: list[str] = []
        for table in tables:
            names = _list_neighbors(self.tables[table].mrid, mrid)
            folded = {name.casefold(): name for name in names}
            matches = difflib.get_close_matches(wanted, folded, n=SUGGESTIONS, cutoff=0.6)
            found += [folded[match] for match in matches]
        ranked = sorted(
            dict.fromkeys(found),
            key=lambda name: -difflib.SequenceMatcher(None, wanted, name.casefold()).ratio(),
        )
        return ranked[:SUGGESTIONS]


def _list_neighbors(names: Strings, mrid: str) -> list[str]:
    """Return at most `COMPARED` names: all of them, or those that sort nearest by each prefix."""
    if len(names) <= COMPARED:
        return decode_texts(names).tolist()
    picked: dict[str, None] = {}
    share = COMPARED // 4
    for text in dict.fromkeys((mrid, mrid.upper(), mrid.lower(), mrid[: max(1, len(mrid) // 2)])):
        at = int(np.searchsorted(names, np.bytes_(text.encode())))
        near = names[max(0, at - share // 2) : at + share // 2]
        picked |= dict.fromkeys(decode_texts(near).tolist())
    return list(picked)
