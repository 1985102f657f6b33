"""
Find addresses by what a person wrote of them, in milliseconds among hundreds of thousands.

There are far fewer streets than addresses. All streets are scored once; then the addresses of the
number that was written, and of numbers that differ from it by one slip, are ranked by their street.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from gridtwin.analysis.gazetteer.address_layout import split_address
from gridtwin.analysis.gazetteer.spelling_index import SpellingIndex

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gridtwin.analysis.gazetteer.address_layout import AddressLayout, WrittenAddress

LEAST_SCORE = 0.6  # of what may be meant
SURE_MATCH = 0.93  # an address that fits so well is what is meant: no slip of its number is tried
SLIP_COST = 0.15  # of one digit that is another, too many, left out, or swapped
ZIP_GAIN, CITY_GAIN, UNIT_GAIN = 0.06, 0.04, 0.02  # what else was said, and agrees
LEAST_CITY = 0.8  # of the likeness of a city to the last words
MOST_LOOKED_AT = 20_000  # addresses that are ranked; a number that more have says little


class AddressHit(NamedTuple):
    """A building, or where no number fits a street."""

    name: str  # id of the first address of it
    addresses: int  # at it, those of other units among them
    score: float  # 0 to 1 and a little more
    is_street: bool = False


class AddressIndex:
    """
    Addresses to be found; threads may share it.

    Parameters
    ----------
    laid
        The addresses.
    """

    def __init__(self, laid: AddressLayout) -> None:
        self._ids = laid.ids
        self._number, self._street, self._city = laid.number, laid.street, laid.city
        self._zip, self._unit = laid.zip, laid.unit
        self._streets = SpellingIndex(laid.streets)
        self._cities = SpellingIndex(laid.cities[1:])
        self._zip_codes = {name: place for place, name in enumerate(laid.zips)}
        self._units = {name: place for place, name in enumerate(laid.units)}
        self._by_street = np.argsort(laid.street, kind="stable")
        self._street_in_order = laid.street[self._by_street]

    def __len__(self) -> int:
        """Return how many addresses there are."""
        return len(self._ids)

    def find_addresses(self, text: str, limit: int = 8) -> list[AddressHit]:
        """
        Return the buildings that a text may mean, the best first; else the streets.

        Returns
        -------
            At most `limit`.
        """
        said = split_address(text)
        street, city = self._part_city(said)
        if not street or limit < 1 or not len(self):
            return []
        scores = self._streets.score_names(street)
        hits = self._rank_numbered(said, city, scores, limit) if said.number >= 0 else []
        if len(hits) < limit and (not hits or hits[0].score < SURE_MATCH):
            hits += self._rank_streets(said, city, scores, limit - len(hits))
        return sorted(hits, key=lambda hit: -hit.score)

    def _part_city(self, said: WrittenAddress) -> tuple[str, int]:
        """Return the street without the city that may stand behind it, and which city that is."""
        if said.locality:
            return said.street, self._match_city(said.locality)
        words = said.street.split()
        for count in (2, 1):
            city = self._match_city(" ".join(words[-count:])) if len(words) > count + 1 else -1
            if city >= 0:
                return " ".join(words[:-count]), city
        return said.street, -1

    def _match_city(self, text: str) -> int:
        """Return the number of the city that is called so, or nearly; -1 for none."""
        scores = self._cities.score_names(text)
        best = int(scores.argmax()) if len(scores) else -1
        return best + 1 if best >= 0 and scores[best] >= LEAST_CITY else -1

    def _rank_numbered(
        self, said: WrittenAddress, city: int, scores: NDArray[np.float32], limit: int
    ) -> list[AddressHit]:
        rows = self._list_rows(said.number)
        ranks = scores[self._street[rows]]
        if not len(ranks) or float(ranks.max()) < SURE_MATCH:
            slips = [self._list_rows(each) for each in _list_number_slips(said.number)]
            others = np.concatenate(slips) if slips else rows[:0]
            rows = np.concatenate([rows, others])
            ranks = np.concatenate([ranks, scores[self._street[others]] - np.float32(SLIP_COST)])
        ranks = ranks + self._count_gains(rows, said, city)
        return self._gather_buildings(rows, ranks, limit)

    def _list_rows(self, number: int) -> NDArray[np.int64]:
        # Of another type, all numbers would be copied to be compared.
        wanted = np.array([number, number + 1], dtype=self._number.dtype)
        first, last = np.searchsorted(self._number, wanted)
        return np.arange(first, min(last, first + MOST_LOOKED_AT))

    def _count_gains(
        self, rows: NDArray[np.int64], said: WrittenAddress, city: int
    ) -> NDArray[np.float32]:
        """Return what addresses gain by the ZIP, the city and the unit that were said."""
        gain = np.zeros(len(rows), dtype=np.float32)
        if said.zip:
            gain += np.float32(ZIP_GAIN) * (self._zip[rows] == self._zip_codes.get(said.zip, -1))
        if city >= 0:
            gain += np.float32(CITY_GAIN) * (self._city[rows] == city)
        if said.unit:
            gain += np.float32(UNIT_GAIN) * (self._unit[rows] == self._units.get(said.unit, -1))
        return gain

    def _gather_buildings(
        self,
        rows: NDArray[np.int64],
        ranks: NDArray[np.float32],
        limit: int,
    ) -> list[AddressHit]:
        """Return the best buildings; of each the unit that was said, or its first."""
        fit = ranks >= LEAST_SCORE
        rows, ranks = rows[fit], ranks[fit]
        best: dict[tuple[int, int, int], AddressHit] = {}
        for at in np.lexsort((rows, -ranks)).tolist():
            row = int(rows[at])
            building = (int(self._number[row]), int(self._street[row]), int(self._zip[row]))
            if building not in best:
                if len(best) >= limit:
                    break
                count = self._count_units(row)
                best[building] = AddressHit(self._name(row), count, float(ranks[at]))
        return list(best.values())

    def _count_units(self, row: int) -> int:
        rows = self._list_rows(int(self._number[row]))
        same = (self._street[rows] == self._street[row]) & (self._zip[rows] == self._zip[row])
        return int(same.sum())

    def _rank_streets(
        self, said: WrittenAddress, city: int, scores: NDArray[np.float32], limit: int
    ) -> list[AddressHit]:
        """Return streets; where a number was said, its address is told as not found by that."""
        cost = SLIP_COST * 2 if said.number >= 0 else 0.0
        best = np.argsort(-scores, kind="stable")[:limit]
        hits = []
        for street in best[scores[best] - cost >= LEAST_SCORE].tolist():
            rows = self._list_street(street)
            gains = self._count_gains(rows, said, city)
            middle = rows[gains == gains.max()]
            row = int(middle[len(middle) // 2])
            score = float(scores[street]) - cost + float(gains.max())
            hits.append(AddressHit(self._name(row), len(rows), score, is_street=True))
        return hits

    def _name(self, row: int) -> str:
        return bytes(self._ids[row]).decode()

    def _list_street(self, street: int) -> NDArray[np.int64]:
        """Return the rows of a street, by number."""
        wanted = np.array([street, street + 1], dtype=self._street_in_order.dtype)
        first, last = np.searchsorted(self._street_in_order, wanted)
        return self._by_street[first:last]


def _list_number_slips(number: int) -> list[int]:
    """Return the numbers that one slip makes of a number, or a number of."""
    digits = str(number)
    made: set[str] = set()
    for at in range(len(digits)):
        before, behind = digits[:at], digits[at + 1 :]
        made.add(before + behind)
        made.update(f"{before}{other}{behind}" for other in "0123456789")
        made.update(f"{before}{other}{digits[at:]}" for other in "0123456789")
        if behind:
            made.add(f"{before}{behind[0]}{digits[at]}{behind[1:]}")
    made.update(digits + other for other in "0123456789")
    return sorted({int(each) for each in made if each} - {number})
