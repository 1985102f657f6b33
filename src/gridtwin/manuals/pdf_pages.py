"""Read lines and figures of a PDF with pypdfium2, which runs no script that a PDF holds."""

from __future__ import annotations

import ctypes
import time
from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from gridtwin.errors import SourceError
from gridtwin.manuals.document_pages import NO_BOX, Box, DocumentPage, DocumentReading, PageLine
from gridtwin.manuals.figure_captions import FIGURE_KIND
from gridtwin.manuals.page_figures import drop_repeated_figures, find_figures, holds_middle
from gridtwin.manuals.page_headings import add_headings, drop_repeated
from gridtwin.manuals.page_marks import list_marks
from gridtwin.manuals.page_ocr import OcrBudget, has_ocr, recognize_page

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from gridtwin.manuals.document_pages import PageFigure
    from gridtwin.manuals.reading_limits import ReadingLimits

MOST_CHARACTERS = 200_000  # of one page; more is a bomb, or a plot of text
HEADING_RATIO = 1.15  # size of a heading, to that of the text
BOLD_WEIGHT = 600
PLAIN = (0.0, False)  # of a line whose size is not known
LONGEST_HEADING = 120
PROPERTY_NAMES = ("Title", "Author", "Subject", "Keywords", "CreationDate")
PASSWORD_ERROR = 4  # FPDF_ERR_PASSWORD
FIGURE_CPU_SHARE = 0.2  # of the processor time that a file may take, for its figures


# The size of the letters of a line, in points, and whether they are bold; by page and line.
LineSizes = dict[tuple[int, PageLine], tuple[float, bool]]


@dataclass(slots=True)
class _Budgets:
    """What a file has left of its time: for scanned pages, and for figures, processor seconds."""

    scans: OcrBudget
    figures_s: float


def read_pdf(path: Path, limits: ReadingLimits) -> DocumentReading:
    """
    Return what stands on the pages of a PDF.

    Raises
    ------
    SourceError
        If it is damaged, encrypted or has too many pages.
    """
    import pypdfium2

    try:
        document = pypdfium2.PdfDocument(path)
    except pypdfium2.PdfiumError as error:
        if getattr(error, "err_code", None) == PASSWORD_ERROR or "assword" in str(error):
            msg = "it is encrypted: save it without a password"
        else:
            msg = "it is damaged, or no PDF: save it again from what made it"
        raise SourceError(msg) from error
    try:
        count = len(document)
        if count == 0:
            msg = "it has no pages"
            raise SourceError(msg)
        if count > limits.most_pages:
            msg = f"it has {count:,} pages, more than {limits.most_pages:,}: split it"
            raise SourceError(msg)
        sizes: LineSizes = {}
        budgets = _Budgets(OcrBudget.from_limits(limits), FIGURE_CPU_SHARE * limits.most_cpu_s)
        read = [_read_page(document, at, sizes, budgets) for at in range(count)]
        pages = drop_repeated_figures(drop_repeated(read))
        properties = {
            name.lower(): text for name in PROPERTY_NAMES if (text := _get_property(document, name))
        }
    finally:
        document.close()
    return DocumentReading(add_headings(_mark_headings(pages, sizes)), properties)


def _get_property(document: Any, name: str) -> str:
    return " ".join(document.get_metadata_value(name).split())[:300]


def _read_page(document: Any, at: int, sizes: LineSizes, budgets: _Budgets) -> DocumentPage:
    import pypdfium2

    try:
        page = document[at]
    except pypdfium2.PdfiumError:  # one broken page does not cost the others
        return DocumentPage(at + 1, (), read_by="none")
    try:
        text_page = page.get_textpage()
        try:
            sized = _read_lines(text_page.raw)
        finally:
            text_page.close()
        sizes.update({(at + 1, line): size for line, size in sized})
        lines, read_by = tuple(line for line, _ in sized), "text"
        if not sized and any(page.get_objects(max_depth=2)):
            lines = recognize_page(page) if has_ocr() and not budgets.scans.is_spent() else ()
            read_by = "ocr" if lines else "none"
        figures = _find_figures(page, lines, budgets)
        return DocumentPage(at + 1, lines, read_by=read_by, figures=figures)
    except pypdfium2.PdfiumError:
        return DocumentPage(at + 1, (), read_by="none")
    finally:
        page.close()


def _find_figures(
    page: Any, lines: Sequence[PageLine], budgets: _Budgets
) -> tuple[PageFigure, ...]:
    """Return the figures of a page; none once those before took the time there is."""
    if budgets.figures_s <= 0:
        return ()
    begun = time.process_time()
    marks = list_marks(page)
    figures = find_figures(marks, lines, page.get_bbox()) if marks else ()
    budgets.figures_s -= time.process_time() - begun
    return figures


def _read_lines(text_page: Any) -> list[tuple[PageLine, tuple[float, bool]]]:
    """Return the lines as PDFium parts them, each with the size of its first letters."""
    from pypdfium2 import raw

    count = raw.FPDFText_CountChars(text_page)
    if count <= 0:
        return []
    count = min(count, MOST_CHARACTERS)
    buffer = (ctypes.c_ushort * (count + 1))()
    raw.FPDFText_GetText(text_page, 0, count, buffer)
    text = bytes(buffer).decode("utf-16-le", errors="replace")
    lines, start = [], 0
    for part in text.split("\n"):
        words = " ".join(part.replace("\x00", " ").replace("\ufffe", "-").split())
        if words:
            begin = start + len(part) - len(part.lstrip())
            size = raw.FPDFText_GetFontSize(text_page, begin)
            weight = raw.FPDFText_GetFontWeight(text_page, begin)
            box = _find_box(text_page, begin, len(part.strip()))
            lines.append((PageLine(words, box), (round(size, 1), weight >= BOLD_WEIGHT)))
        start += len(part) + 1
    return lines


def _find_box(text_page: Any, start: int, count: int) -> Box:
    """Return what holds some letters; `NO_BOX` where PDFium knows no place."""
    from pypdfium2 import raw

    sides = [ctypes.c_double() for _ in range(4)]  # left, top, right, bottom
    boxes = []
    for number in range(min(raw.FPDFText_CountRects(text_page, start, count), 50)):
        if raw.FPDFText_GetRect(text_page, number, *sides):
            left, top, right, bottom = (side.value for side in sides)
            boxes.append((left, bottom, right, top))
    if not boxes:
        return NO_BOX
    lefts, bottoms, rights, tops = zip(*boxes, strict=True)
    return (
        round(min(lefts), 1),
        round(min(bottoms), 1),
        round(max(rights), 1),
        round(max(tops), 1),
    )


def _mark_headings(pages: list[DocumentPage], sizes: LineSizes) -> list[DocumentPage]:
    """
    Return the pages; lines larger than most text, or bold among plain ones, are headings.

    None within a drawing is: its letters name parts.
    """
    weights: Counter[tuple[float, bool]] = Counter()
    for page in pages:
        for line in page.lines:
            weights[sizes.get((page.number, line), PLAIN)] += len(line.text)
    (body, bold_body), _ = weights.most_common(1)[0] if weights else (PLAIN, 0)

    def is_heading(page: DocumentPage, line: PageLine) -> bool:
        size, bold = sizes.get((page.number, line), PLAIN)
        return (
            len(line.text) <= LONGEST_HEADING
            and (size > body * HEADING_RATIO or (bold and not bold_body))
            and any(letter.isalpha() for letter in line.text)
            and not any(
                each.kind == FIGURE_KIND and holds_middle(each.box, line.box)
                for each in page.figures
            )
        )

    return [
        replace(
            page,
            lines=tuple(
                replace(line, is_heading=True) if is_heading(page, line) else line
                for line in page.lines
            ),
        )
        for page in pages
    ]
