"""Find the captions of figures and tables among the lines of a page."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from gridtwin.manuals.document_pages import NO_BOX

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from gridtwin.manuals.document_pages import Box, PageLine

FIGURE_KIND, TABLE_KIND = "figure", "table"
FIGURE_WORDS = (
    *("figure", "fig", "diagram", "drawing", "illustration", "photo", "schematic"),
    *("chart", "abbildung", "abb", "bild", "figura"),
)
TABLE_WORDS = ("table", "tab", "tabelle", "tabla", "tableau", "tabela")
LONGEST_CAPTION = 300  # characters
CAPTION_LINES = 3
LINE_GAP = 0.8  # between two lines of a caption, of the height of one
_CAPTION = re.compile(
    rf"(?P<word>{'|'.join((*FIGURE_WORDS, *TABLE_WORDS))})\.?\s*"
    r"(?:no\.?\s*)?(?P<number>[A-Z]?[-.]?\d{1,4}(?:[-.]\d{1,4}){0,3}[a-z]?|[IVX]{1,6})"
    r"(?P<mark>\s*[.:|\u2013\u2014-]+)?(?P<rest>\s.*)?",
    re.IGNORECASE,
)
# Words behind a number with which a sentence of the text goes on: "Figure 3 shows the latch".
_SENTENCE = re.compile(
    r"\s*(?:shows?|lists?|gives?|is|are|was|were|has|have|illustrates?|describes?|depicts?|and|or"
    r"|provides?|contains?|summari[sz]es?|presents?|indicates?|can|may|must|shall|should|will|to"
    r"|below|above|on|in|of|for|through|as|when|if)\b"
)


class FigureCaption(NamedTuple):
    """A caption: what it says it is of, its text and where it stands."""

    kind: str
    text: str
    box: Box


def list_captions(lines: Sequence[PageLine]) -> Iterator[FigureCaption]:
    """Yield the captions on a page; one of several lines is one."""
    for at, line in enumerate(lines):
        kind = tell_caption(line.text)
        if not kind or line.box == NO_BOX:
            continue
        texts, box = [line.text], line.box
        for follower in lines[at + 1 : at + CAPTION_LINES]:
            if not _goes_on(texts[-1], box, follower):
                break
            texts.append(follower.text)
            box = unite_boxes(box, follower.box)
        yield FigureCaption(kind, " ".join(texts)[:LONGEST_CAPTION], box)


def tell_caption(text: str) -> str:
    """
    Return of what a line is the caption, ``figure`` or ``table``; empty if it is none.

    Examples
    --------
    >>> tell_caption("Fig. 3-2: Bushing terminal")
    'figure'
    >>> tell_caption("Table 4 shows the torque of the bolts.")
    ''
    """
    match = _CAPTION.fullmatch(text.strip())
    if match is None or (not match["mark"] and _SENTENCE.match(match["rest"] or "")):
        return ""
    return TABLE_KIND if match["word"].lower() in TABLE_WORDS else FIGURE_KIND


def _goes_on(text: str, box: Box, follower: PageLine) -> bool:
    """
    Return whether a line goes on with a caption: right below it, within its width, and no sentence.

    What begins with a capital letter goes on with a number only that stands alone.
    """
    label = _CAPTION.fullmatch(text)
    is_number = label is not None and not label["rest"]
    ended = text.endswith((".", ":")) or not follower.text[:1].islower()
    if (ended and not is_number) or follower.is_heading or tell_caption(follower.text):
        return False
    height = follower.box[3] - follower.box[1]
    gap = box[1] - follower.box[3]
    inside = is_number or follower.box[2] <= box[2] + height
    near = follower.box[0] >= box[0] - height and -height < gap < LINE_GAP * height
    return follower.box != NO_BOX and near and inside


def unite_boxes(one: Box, other: Box) -> Box:
    """Return the box that holds two."""
    return (
        min(one[0], other[0]),
        min(one[1], other[1]),
        max(one[2], other[2]),
        max(one[3], other[3]),
    )
