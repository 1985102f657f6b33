"""What is read of a document: its pages, their lines and figures, and where these stand."""

from __future__ import annotations

import json
import zlib
from dataclasses import astuple, dataclass, field
from typing import Any

Box = tuple[float, float, float, float]  # left, bottom, right, top in points, from below left
NO_BOX: Box = (0.0, 0.0, 0.0, 0.0)
READER_EDITION = 2  # of what reads documents; what an older one read is read again by `add`


@dataclass(frozen=True, slots=True)
class PageLine:
    """
    One line of a page.

    Attributes
    ----------
    text
        What it says.
    box
        Where it stands, in the space of the page; `NO_BOX` where a format has no pages.
    is_heading
        Whether it stands above others.
    """

    text: str
    box: Box = NO_BOX
    is_heading: bool = False


@dataclass(frozen=True, slots=True)
class PageFigure:
    """
    A picture, a drawing or a ruled table on a page.

    Attributes
    ----------
    number
        On its page, from 1, from above.
    kind
        ``figure`` or ``table``.
    box
        Where it stands.
    caption
        What stands next to it, such as ``Figure 3: Bushing terminal``; empty: nothing does.
    """

    number: int
    kind: str
    box: Box
    caption: str = ""


@dataclass(frozen=True, slots=True)
class DocumentPage:
    """
    One page, or one section of a format that has none.

    Attributes
    ----------
    number
        From 1.
    lines
        In the order in which they are read, without what stands on every page.
    heading
        The headings it stands under and has, the outer first, with `` > `` between them.
    read_by
        ``text``, ``ocr``, or ``none``: an image that nothing here could read.
    figures
        That were found on it.
    """

    number: int
    lines: tuple[PageLine, ...]
    heading: str = ""
    read_by: str = "text"
    figures: tuple[PageFigure, ...] = ()

    @property
    def text(self) -> str:
        """What it says, line by line."""
        return "\n".join(line.text for line in self.lines)


@dataclass(frozen=True, slots=True)
class DocumentReading:
    """All that was read of one file."""

    pages: tuple[DocumentPage, ...]
    properties: dict[str, str] = field(default_factory=dict)  # title, author ... as the file says


def pack_lines(lines: tuple[PageLine, ...]) -> bytes:
    """Return lines as they are kept: JSON, compressed; boxes in whole points."""
    plain = [
        [line.text, int(line.is_heading), *(round(side) for side in line.box)] for line in lines
    ]
    return zlib.compress(json.dumps(plain, ensure_ascii=False).encode(), 6)


def unpack_lines(packed: bytes) -> tuple[PageLine, ...]:
    """Return the lines of `pack_lines`."""
    plain: list[list[Any]] = json.loads(zlib.decompress(packed))
    return tuple(
        PageLine(text, (left, bottom, right, top), bool(heading))
        for text, heading, left, bottom, right, top in plain
    )


def write_reading(reading: DocumentReading) -> dict[str, Any]:
    """Return a reading as plain values, to be handed from the process that reads."""
    return {
        "properties": reading.properties,
        "pages": [
            [
                page.number,
                page.heading,
                page.read_by,
                [[line.text, line.is_heading, *line.box] for line in page.lines],
                [astuple(figure) for figure in page.figures],
            ]
            for page in reading.pages
        ],
    }


def take_reading(plain: dict[str, Any]) -> DocumentReading:
    """Return the reading of `write_reading`."""
    pages = tuple(
        DocumentPage(
            number,
            tuple(
                PageLine(text, (left, bottom, right, top), heads)
                for text, heads, left, bottom, right, top in lines
            ),
            heading,
            read_by,
            tuple(
                PageFigure(at, kind, (left, bottom, right, top), caption)
                for at, kind, (left, bottom, right, top), caption in figures
            ),
        )
        for number, heading, read_by, lines, figures in plain["pages"]
    )
    return DocumentReading(pages, plain["properties"])
