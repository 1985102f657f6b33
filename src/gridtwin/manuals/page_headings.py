"""Tell what stands on every page, and under which headings a page stands."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

from gridtwin.manuals.document_pages import NO_BOX

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gridtwin.manuals.document_pages import DocumentPage, PageLine

EDGE_SHARE = 0.1  # of the height of a page at either end, where headers and footers stand
FEWEST_PAGES = 4  # from which on what repeats is told
REPEATED_SHARE = 0.4
MOST_HEADINGS = 4  # of a page
_DIGITS_OF_LINE = re.compile(r"\d+")
_PAGE_NUMBER = re.compile(r"(page\s+)?\d{1,4}(\s*(/|of)\s*\d{1,4})?", re.IGNORECASE)


def drop_repeated(pages: Sequence[DocumentPage]) -> list[DocumentPage]:
    """
    Return the pages without headers and footers: what repeats at their edges, and numbers.

    Pages that would all be left empty hold nothing else, and stay as they are.
    """
    tops = [line.box[3] for page in pages for line in page.lines]
    if len(pages) < FEWEST_PAGES or not tops:
        return list(pages)
    low, high = EDGE_SHARE * max(tops), (1 - EDGE_SHARE) * max(tops)

    def is_edge(line: PageLine) -> bool:
        return line.box != NO_BOX and (line.box[3] <= low or line.box[1] >= high)

    counted: Counter[str] = Counter()
    for page in pages:
        counted.update({_fold_line(line) for line in page.lines if is_edge(line)})
    least = max(FEWEST_PAGES - 1, REPEATED_SHARE * len(pages))
    repeated = {text for text, count in counted.items() if count >= least}

    def keep(line: PageLine) -> bool:
        told = _fold_line(line) in repeated or _PAGE_NUMBER.fullmatch(line.text)
        return not (is_edge(line) and told)

    kept = [replace(page, lines=tuple(filter(keep, page.lines))) for page in pages]
    return kept if any(page.lines for page in kept) else list(pages)


def _fold_line(line: PageLine) -> str:
    return _DIGITS_OF_LINE.sub("#", line.text.casefold())


def add_headings(pages: Sequence[DocumentPage]) -> tuple[DocumentPage, ...]:
    """Return the pages with their headings; one without any stands under that of the last."""
    made, before = [], ""
    for page in pages:
        own = [line.text for line in page.lines if line.is_heading][:MOST_HEADINGS]
        if own:
            before = own[-1]
        heading = " > ".join(own) if own else before
        made.append(replace(page, heading=heading[:300]))
    return tuple(made)
