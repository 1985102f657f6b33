"""Fit a document into what a model can read: totals exact, lists cut, and how to see the rest."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar

from gridtwin.errors import InputError
from gridtwin.results.documents.document_fields import Count, Shape
from gridtwin.tools.tool_texts import clean_text, clean_value

if TYPE_CHECKING:
    from collections.abc import Mapping

BRIEF: Final = "brief"
FULL: Final = "full"
MOST_BYTES = {BRIEF: 8_000, FULL: 25_000}  # of an answer as JSON
ENTRIES = {BRIEF: 10, FULL: 200}  # of each list, unless told otherwise
LONGEST_SENTENCE = 800
NO_MARK = "-"  # of a question whose answer does not change
NESTED_ENTRIES = {BRIEF: 3, FULL: 100}  # of a list within the entries of a list

D = TypeVar("D")


class ToolAnswer(Shape, Generic[D]):
    """What a tool answers: one of the documents, shortened, and how to go on."""

    sentence: str
    """the answer in words"""
    document: D
    totals: dict[str, Count]
    """exact lengths of the document's lists, before they were cut"""
    truncated: list[str]
    """lists and fields of the document that were cut or left out"""
    narrow: str | None
    """how to ask for less, or for the rest; null: all is here"""
    cursor: str | None
    """gives the entries that follow; null: there are none"""
    map: str | None
    """link to the map that shows it; null: it has no place there"""


@dataclass(frozen=True, slots=True)
class Page:
    """How much of a document is wanted, and from where on."""

    detail: str = BRIEF
    limit: int = 0  # 0: as many as is usual
    cursor: str = ""
    pages: bool = True  # whether the tool takes a cursor

    def find_window(self, mark: object) -> slice[int, int, None]:
        """Return the entries that may be shown, where a list is long to make; see `find_start`."""
        start = self.find_start(f"{mark}" or NO_MARK)
        return slice(start, start + (self.limit or ENTRIES[self.detail]))

    def find_start(self, mark: str) -> int:
        """
        Return the first entry that is wanted.

        Parameters
        ----------
        mark
            What tells the answer from one to the same question at another time.

        Raises
        ------
        InputError
            If the cursor is none of this question, or the twin has changed since.
        """
        if not self.cursor:
            return 0
        start, _, seen = self.cursor.partition("@")
        if not start.isdecimal() or len(start) > 9 or not seen:
            msg = f"{self.cursor!r} is no cursor: give that of the last answer, or none"
            raise InputError(msg)
        if seen != mark:
            msg = "the twin has changed since that cursor was given: ask again without it"
            raise InputError(msg)
        return int(start)


@dataclass(frozen=True, slots=True)
class Cuts:
    """Which parts of a document may be cut; paths such as ``steps.usage_points``."""

    lists: tuple[str, ...] = ()  # paged by limit and cursor, side by side
    nested: tuple[str, ...] = ()  # lists within the entries of a list
    spare: tuple[str, ...] = ()  # fields left out of a brief answer: null, or empty
    windowed: Mapping[str, int] | None = None  # totals of lists given from the first shown on


def fit_document(
    document: Any,
    sentence: str,
    page: Page,
    cuts: Cuts | None = None,
    *,
    mark: object = "",
    narrow: str = "",
    view: str | None = None,
) -> ToolAnswer[Any]:
    """
    Return a document as the answer of a tool.

    Parameters
    ----------
    document
        One of `gridtwin.results.documents`.
    sentence
        The answer in words.
    page
        How much of it is wanted.
    cuts
        What may be cut.
    mark
        What changes when the twin does: a cursor holds as long as it is the same.
    narrow
        How to ask for less; where nothing is said, by limit and cursor alone.
    view
        The view of the map that shows it: what stands behind ``#`` in its address.

    Raises
    ------
    InputError
        If the cursor is none of this question.
    """
    cuts, mark = cuts or Cuts(), f"{mark}" or NO_MARK
    start = page.find_start(mark)
    most, limit = MOST_BYTES[page.detail], page.limit or ENTRIES[page.detail]
    nested = NESTED_ENTRIES[page.detail]
    totals = {path: len(_get_part(document, path)) for path in cuts.lists} | dict(
        cuts.windowed or {}
    )
    spare = () if page.detail == FULL else cuts.spare
    while True:
        cut, truncated = _cut_parts(document, cuts, (start, limit, nested), spare)
        more = page.pages and start + limit < max(totals.values(), default=0)
        answer: ToolAnswer[Any] = {
            "sentence": clean_text(sentence, LONGEST_SENTENCE),
            "document": clean_value(cut),
            "totals": totals,
            "truncated": truncated,
            "narrow": _tell_narrowing(narrow, page, more=more) if truncated else None,
            "cursor": f"{start + limit}@{mark}" if more else None,
            "map": f"#{view}" if view else view,
        }
        if measure_bytes(answer) <= most:
            return answer
        if nested > 1:
            nested //= 4
        elif limit > 1:
            limit = limit * 2 // 3
        elif spare != cuts.spare:
            spare = cuts.spare
        else:
            return answer


def measure_bytes(answer: object) -> int:
    """Return the length of an answer as JSON."""
    return len(json.dumps(answer, ensure_ascii=False, separators=(",", ":")).encode())


def _tell_narrowing(narrow: str, page: Page, *, more: bool) -> str:
    """Return how to ask for less, or for the rest."""
    ways = [narrow] if narrow else []
    if more:
        ways.append("give `cursor` for what follows")
    if page.detail == BRIEF:
        ways.append('give detail="full" for more of it')
    return "; or ".join(ways) or "the rest is too long: ask for parts of it"


def _get_part(document: Any, path: str) -> Any:
    for name in path.split("."):
        document = document[name]
    return document


def _cut_parts(
    whole: Any, cuts: Cuts, sizes: tuple[int, int, int], spare: tuple[str, ...]
) -> tuple[Any, list[str]]:
    """Return a document with its lists cut and its spare fields emptied, and which those are."""
    start, limit, nested = sizes
    cut, truncated = whole, []
    for path in spare:
        value = _get_part(cut, path)
        if value:
            cut = _put_part(cut, path, [] if isinstance(value, list) else None)
            truncated.append(path)
    for path in (each for each in cuts.lists if each not in spare):
        entries, windowed = _get_part(cut, path), cuts.windowed or {}
        first = 0 if path in windowed else start
        cut = _put_part(cut, path, entries[first : first + limit])
        if start or windowed.get(path, len(entries)) > limit:
            truncated.append(path)
    for path in cuts.nested:
        outer, _, inner = path.rpartition(".")
        entries = _get_part(cut, outer)
        if any(len(each[inner]) > nested for each in entries):
            shorter = [each | {inner: each[inner][:nested]} for each in entries]
            cut = _put_part(cut, outer, shorter)
            truncated.append(path)
    return cut, truncated


def _put_part(document: Any, path: str, value: Any) -> Any:
    """Return a document with another value at a path; the one given stays as it is."""
    name, _, rest = path.partition(".")
    return document | {name: _put_part(document[name], rest, value) if rest else value}
