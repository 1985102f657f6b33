"""
Draw one figure of a PDF in a process that may use little memory and time, and write nothing.

``python -m gridtwin.manuals.figure_worker LIMITS`` takes what to draw in JSON on standard input,
and answers with the picture; or with nothing and exit code 1, where it cannot be drawn.
"""

from __future__ import annotations

import io
import json
import os
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gridtwin.manuals.reading_limits import ReadingLimits
from gridtwin.manuals.reading_worker import allow_time, limit_process

if TYPE_CHECKING:
    from gridtwin.manuals.document_pages import Box

PICTURE_DOTS_PER_POINT = 150 / 72
PICTURE_MARGIN = 4.0  # points around what is drawn
WEBP_QUALITY = 82


@dataclass(frozen=True, slots=True)
class DrawingOrder:
    """
    What is to be drawn.

    Attributes
    ----------
    path
        Of the file, a PDF.
    page
        From 1.
    box
        The part of it, points.
    longest
        Side of the picture at most, dots.
    ending
        Of a file of its format: ``webp`` or ``png``.
    """

    path: str
    page: int
    box: Box
    longest: int
    ending: str


def main() -> None:
    """Draw what standard input asks for; what libraries print goes to standard error."""
    import pypdfium2

    limits = ReadingLimits(**json.loads(sys.argv[1]))
    answer = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    limit_process(limits)
    allow_time(limits)
    try:
        picture = draw_figure(DrawingOrder(**json.load(sys.stdin)))
    except (pypdfium2.PdfiumError, MemoryError, OSError, ValueError):
        sys.exit(1)
    with answer:
        answer.write(picture)


def draw_figure(order: DrawingOrder) -> bytes:
    """
    Return the picture of a part of a page, as a file.

    Raises
    ------
    pypdfium2.PdfiumError
        If the file cannot be read.
    """
    import pypdfium2

    document = pypdfium2.PdfDocument(order.path)
    page = document[order.page - 1]
    sheet, box = page.get_bbox(), order.box
    page.set_cropbox(  # turns and scales with the page
        max(box[0] - PICTURE_MARGIN, sheet[0]),
        max(box[1] - PICTURE_MARGIN, sheet[1]),
        min(box[2] + PICTURE_MARGIN, sheet[2]),
        min(box[3] + PICTURE_MARGIN, sheet[3]),
    )
    scale = min(PICTURE_DOTS_PER_POINT, order.longest / max(*page.get_size(), 1.0))
    picture = page.render(scale=scale, may_draw_forms=False).to_pil().convert("RGB")
    held = io.BytesIO()
    picture.save(held, order.ending, quality=WEBP_QUALITY)
    return held.getvalue()


if __name__ == "__main__":
    main()
