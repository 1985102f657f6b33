"""
Find elements whose id or name is nearly what a person wrote.

Ids that are a stem and a number, as most are, are not compared: what the text may have been meant
for is written down, and looked up. Names, and ids of other forms, are compared one by one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from gridtwin.model import cim
from gridtwin.model.ids import TABLE_PREFIX, Element
from gridtwin.model.tables import decode_texts

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from gridtwin.model.ids import SortedIds
    from gridtwin.model.tables import NetworkData, Strings

MOST_STEMS = 2_000  # of a column whose ids count as numbered
MOST_COMPARED = 300_000  # texts of a column that are compared one by one
NEIGHBORS = 10_000  # of a longer column: those that sort next to the text
SHORTLIST = 40  # texts of a column that are looked at closely
LONGEST_WANTED = 80  # characters
MOST_COST = 2.5  # of slips, each about 1, in a numbered id
LEAST_LIKENESS = 55  # percent
DIGITS = b"0123456789"

# What people call the kinds beside their names.
SPOKEN_KINDS = {
    "xfmr": "power_transformer",
    "xfr": "power_transformer",
    "tx": "power_transformer",
    "transformer": "power_transformer",
    "regulator": "voltage_regulator",
    "sectionalizer": "sectionaliser",
    "line": "ac_line_segment",
    "section": "ac_line_segment",
    "drop": "service_drop",
    "meter": "usage_point",
    "customer": "usage_point",
    "circuit": "feeder",
    "station": "substation",
}

_APART = re.compile(r"[\W_]+")
_STEM_AND_NUMBER = re.compile(r"(.*?)(\d{1,18})")
_MISREAD = re.compile(r"(?<=\d)[oOlI|]+|[oOlI|]+(?=\d)")
_MEANT = str.maketrans("oOlI|", "00111")


@dataclass(frozen=True, slots=True)
class TextsOfColumn:
    """The ids or names of one table, sorted."""

    table: str
    sorted: SortedIds


class SimilarNames:
    """The ids and names of a network, to be found in spite of slips; threads may share it."""

    def __init__(self, data: NetworkData, columns: Iterable[TextsOfColumn]) -> None:
        self._columns = [_SimilarColumn(data, each) for each in columns]

    def find_similar(self, text: str) -> dict[Element, float]:
        """Return elements that a text may have been meant for, with what the slips cost."""
        wanted = " ".join(text.split())[:LONGEST_WANTED]
        costs: dict[Element, float] = {}
        for column in self._columns if wanted else ():
            for row, cost in column.find_rows(wanted):
                element = Element(column.table, row)
                costs[element] = min(cost, costs.get(element, cost))
        return costs


class _SimilarColumn:
    def __init__(self, data: NetworkData, column: TextsOfColumn) -> None:
        self._data = data
        self._sorted = column.sorted
        self.table = column.table

    def find_rows(self, wanted: str) -> Iterator[tuple[int, float]]:
        if self._stems:
            yield from self._find_numbered(wanted)
        if not self._is_numbered:
            yield from self._find_compared(wanted)

    @cached_property
    def _stems(self) -> list[tuple[str, int, str]]:
        """Stems of ids that end in a number, digits of it, and the kind of the first of them."""
        values = self._sorted.mrid
        stems = np.char.rstrip(values, DIGITS)
        digits = np.char.str_len(values) - np.char.str_len(stems)
        texts, first, member = np.unique(stems, return_index=True, return_inverse=True)
        if len(texts) > MOST_STEMS:
            return []
        pairs = np.unique(np.stack([member, digits], axis=1)[digits > 0], axis=0)
        kinds = [self._find_kind(int(self._sorted.row[at])) for at in first.tolist()]
        return [(bytes(texts[stem]).decode(), width, kinds[stem]) for stem, width in pairs.tolist()]

    @cached_property
    def _is_numbered(self) -> bool:
        """Whether nearly all ids are a stem and a number, and there are few stems."""
        count = len(self._sorted.mrid)
        stems = len({stem for stem, _, _ in self._stems})
        return 0 < stems <= max(count // 20, 1)

    def _find_kind(self, row: int) -> str:
        if self.table == "equipment":
            return cim.KIND_NAMES[self._data.equipment.kind[row]]
        return TABLE_PREFIX[self.table]

    def _find_numbered(self, wanted: str) -> Iterator[tuple[int, float]]:
        said = _STEM_AND_NUMBER.fullmatch(_mend_digits(wanted))
        if said is None:
            return
        stem, digits = _fold(said[1]), said[2]
        slips = list(_list_slips(digits))
        for own, width, kind in self._stems:
            off = _compare_stems(stem, _fold(own), kind)
            if off > MOST_COST - 1:
                continue
            for number, cost in slips:
                row = self._find_number(own, number, width)
                if row >= 0 and off + cost <= MOST_COST:
                    padded = number == digits and len(digits) != width
                    yield row, off + cost + (0.3 if padded else 0.0)

    def _find_number(self, stem: str, number: str, width: int) -> int:
        bare = number.lstrip("0")
        if len(bare) > width:
            return -1
        return self._sorted.find_row(f"{stem}{bare.zfill(width)}".encode())

    def _find_compared(self, wanted: str) -> Iterator[tuple[int, float]]:
        from rapidfuzz import fuzz, process, utils

        texts, places = self._list_texts(wanted)
        for scorer in (fuzz.ratio, fuzz.partial_ratio):
            near = process.extract(
                wanted,
                texts,
                scorer=scorer,
                processor=utils.default_process,
                limit=SHORTLIST,
                score_cutoff=LEAST_LIKENESS,
            )
            for text, _, at in near:
                cost = _compare_texts(wanted, text)
                if cost <= max(1.0, 0.34 * len(_fold(wanted))):
                    yield int(self._sorted.row[places[at]]), cost

    def _list_texts(self, wanted: str) -> tuple[list[str], range | list[int]]:
        if len(self._sorted.mrid) <= MOST_COMPARED:
            return self._every_text, range(len(self._sorted.mrid))
        places = sorted(
            {
                place
                for text in (wanted, wanted.upper(), wanted.lower())
                for place in _find_neighbors(self._sorted.mrid, text)
            }
        )
        return decode_texts(self._sorted.mrid[places]).tolist(), places

    @cached_property
    def _every_text(self) -> list[str]:
        return decode_texts(self._sorted.mrid).tolist()


def _find_neighbors(values: Strings, text: str) -> range:
    at = int(np.searchsorted(values, np.bytes_(text.encode())))
    return range(max(0, at - NEIGHBORS // 2), min(len(values), at + NEIGHBORS // 2))


def _mend_digits(text: str) -> str:
    """Return a text with letters that were meant for digits as those."""
    return _MISREAD.sub(lambda found: found[0].translate(_MEANT), text)


def _fold(text: str) -> str:
    return _APART.sub("", text).casefold()


def _compare_stems(said: str, own: str, kind: str) -> float:
    """Return how far a stem is from the one of an id, or from what its kind is called."""
    from rapidfuzz.distance import OSA

    if said == own:
        return 0.0
    called = SPOKEN_KINDS.get(said, said)
    if called in {_fold(kind), kind}:
        return 0.1
    slips = min(OSA.distance(said, own), OSA.distance(said, _fold(kind)) + 0.2)
    return float(slips) if slips <= max(len(own) // 2, 1) else MOST_COST + 1


def _list_slips(digits: str) -> Iterator[tuple[str, float]]:
    """Yield the numbers that may have been meant, and what each slip costs."""
    yield digits, 0.0
    for at in range(len(digits) - 1):
        if digits[at] != digits[at + 1]:
            yield f"{digits[:at]}{digits[at + 1]}{digits[at]}{digits[at + 2 :]}", 0.8
    for at in range(len(digits)):
        before, own, behind = digits[:at], digits[at], digits[at + 1 :]
        doubled = at > 0 and digits[at - 1] == own
        if len(digits) > 1:
            yield before + behind, 0.7 if doubled else 1.0
        for other in "0123456789":
            if other != own:
                near = abs(int(other) - int(own)) in {1, 9}
                yield f"{before}{other}{behind}", 0.9 if near else 1.1
    for at in range(len(digits) + 1):
        for other in "0123456789":
            doubled = other in digits[max(at - 1, 0) : at + 1]
            yield f"{digits[:at]}{other}{digits[at:]}", 0.95 if doubled else 1.15


def _compare_texts(said: str, own: str) -> float:
    """Return how many slips lie between two texts; a text that goes on costs a little."""
    from rapidfuzz.distance import OSA

    folded, whole = _fold(_mend_digits(said)), _fold(own)
    words = "".join(sorted(_APART.split(own.casefold())))
    turned = "".join(sorted(_APART.split(_mend_digits(said).casefold())))
    return min(
        float(OSA.distance(folded, whole)),
        OSA.distance(folded, whole[: len(folded)]) + 0.5,
        OSA.distance(turned, words) + 0.3,
    )
