"""Write invented manuals as files: PDF of several layouts, scans, DOCX, HTML and Markdown."""

from __future__ import annotations

import html
import io
from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING, Any

from gridtwin.errors import MissingExtraError
from gridtwin.manuals.simulate.corpus_drawings import LEADING, draw_photo, draw_rules, draw_sketch

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from gridtwin.manuals.simulate.corpus_pages import InventedPage

WIDTH, HEIGHT = 612.0, 792.0  # letter, in points
MARGIN = 54.0
TEXT_SIZE, HEADING_SIZE = 10, 15
SCAN_DOTS = (1_275, 1_650)
NOTICE = "Invented for trials. Not for use on real equipment."


@dataclass(frozen=True, slots=True)
class InventedManual:
    """
    A document before it is written.

    Attributes
    ----------
    name
        Of its file, without folder; its end says the format.
    title, maker, number, revision, dated
        What its first page says.
    models, catalog
        What it concerns.
    pages
        Behind the first.
    layout
        ``one``, ``two`` columns, or ``turned``: tables on pages that are rotated.
    scanned
        How many of the last pages are images.
    """

    name: str
    title: str
    maker: str
    number: str
    revision: str
    dated: str
    models: tuple[str, ...]
    catalog: str
    pages: tuple[InventedPage, ...]
    layout: str = "one"
    scanned: int = 0

    @property
    def cover(self) -> list[str]:
        """The lines of its first page, below the title."""
        return [
            f"Manufacturer: {self.maker}",
            f"Models: {', '.join(self.models)}",
            f"Catalog numbers: {self.catalog}",
            f"Document: {self.number}",
            f"Revision {self.revision}, {self.dated}",
            NOTICE,
        ]


def write_manual(manual: InventedManual, folder: Path) -> Path:
    """
    Write a manual into a folder; return its file.

    Raises
    ------
    MissingExtraError
        If what writes its format is not installed.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / manual.name
    writers = {
        ".pdf": _write_pdf,
        ".docx": _write_docx,
        ".html": _write_html,
        ".md": _write_markdown,
    }
    try:
        writers[path.suffix](manual, path)
    except ImportError as error:
        need = "an invented corpus of manuals"
        raise MissingExtraError(need, "manuals") from error
    return path


def _write_pdf(manual: InventedManual, path: Path) -> None:
    from reportlab.pdfgen.canvas import Canvas

    canvas = Canvas(str(path), pagesize=(WIDTH, HEIGHT), pageCompression=1, invariant=1)
    canvas.setTitle(manual.title)
    canvas.setAuthor(manual.maker)
    _draw_lines(canvas, manual.title, manual.cover, 1)
    canvas.showPage()
    last = len(manual.pages) + 1
    figures, tables = count(1), count(1)
    for at, page in enumerate(manual.pages, 2):
        if at > last - manual.scanned:
            _draw_scan(canvas, page)
        else:
            turned = manual.layout == "turned" and page.heading.startswith("Appendix")
            canvas.setPageRotation(90 if turned else 0)
            _draw_edges(canvas, manual, at, last)
            table = f"Table {next(tables)}: {page.table}" if page.table else ""
            columns = 2 if manual.layout == "two" else 1
            _draw_lines(canvas, page.heading, page.lines, columns, table)
            if page.figure or page.photo:
                number = next(figures)
                draw = draw_sketch if page.figure else draw_photo
                draw(canvas, number, f"Figure {number}: {page.figure or page.photo}")
        canvas.showPage()
    canvas.save()


def _draw_edges(canvas: Any, manual: InventedManual, page: int, count: int) -> None:
    canvas.setFont("Helvetica", 8)
    canvas.drawString(MARGIN, HEIGHT - 30, f"{manual.maker}   {manual.title}")
    canvas.drawString(
        MARGIN, 26, f"{manual.number} Rev. {manual.revision}   page {page} of {count}"
    )


def _draw_lines(
    canvas: Any, heading: str, lines: Sequence[str], columns: int, table: str = ""
) -> None:
    """
    Draw a heading, and lines that are broken to the width of a column.

    Rows that follow each other are ruled where there is a caption of a `table`, which stands below.
    """
    canvas.setFont("Helvetica-Bold", HEADING_SIZE)
    canvas.drawString(MARGIN, HEIGHT - 70, heading)
    canvas.setFont("Helvetica", TEXT_SIZE)
    width = (WIDTH - 2 * MARGIN - (columns - 1) * 24) / columns
    letters = int(width / (TEXT_SIZE * 0.5))
    pieces = [piece for line in lines for piece in _break_line(line, letters)]
    rows = _find_rows(pieces) if table else range(0)
    if rows:
        pieces.insert(rows.stop, table)
    deep = -(-len(pieces) // columns)
    for column in range(columns):
        left, top = MARGIN + column * (width + 24), HEIGHT - 100
        shown = range(column * deep, min((column + 1) * deep, len(pieces)))
        ruled = range(max(rows.start, shown.start), min(rows.stop, shown.stop))
        if ruled:
            first = top - (ruled.start - shown.start) * LEADING
            draw_rules(canvas, (left, first), width, len(ruled))
        for piece in pieces[shown.start : shown.stop]:
            cells = piece.split("  ")
            for at, cell in enumerate(cells):
                canvas.drawString(left + at * width / max(len(cells), 1), top, cell.strip())
            top -= LEADING


def _find_rows(pieces: Sequence[str]) -> range:
    """Return the first rows of a table that follow each other, two or more."""
    begun = 0
    for at, piece in enumerate([*pieces, ""]):
        if "  " not in piece:
            if at - begun > 1:
                return range(begun, at)
            begun = at + 1
    return range(0)


def _break_line(line: str, letters: int) -> list[str]:
    import textwrap

    return [line] if "  " in line else textwrap.wrap(line, letters)


def _draw_scan(canvas: Any, page: InventedPage) -> None:
    """Draw a page as an image, as a scanner makes it."""
    from PIL import Image, ImageDraw, ImageFont
    from reportlab.lib.utils import ImageReader

    picture = Image.new("L", SCAN_DOTS, 250)
    draw = ImageDraw.Draw(picture)
    font = ImageFont.load_default(26)
    for at, line in enumerate([page.heading, *page.lines][:40]):
        draw.text((110, 110 + at * 38), line.replace("  ", "      "), fill=20, font=font)
    held = io.BytesIO()
    picture.save(held, "jpeg", quality=60)
    held.seek(0)
    canvas.drawImage(ImageReader(held), 0, 0, WIDTH, HEIGHT)


def _write_docx(manual: InventedManual, path: Path) -> None:
    import docx

    document = docx.Document()
    document.core_properties.title = manual.title
    for heading, lines in _list_sections(manual):
        document.add_heading(heading, 1)
        for line in lines:
            if "  " in line:
                cells = line.split("  ")
                table = document.add_table(rows=1, cols=len(cells))
                for cell, text in zip(table.rows[0].cells, cells, strict=True):
                    cell.text = text
            else:
                document.add_paragraph(line)
    document.save(str(path))


def _write_html(manual: InventedManual, path: Path) -> None:
    parts = [f"<title>{html.escape(manual.title)}</title>"]
    for heading, lines in _list_sections(manual):
        parts.append(f"<h2>{html.escape(heading)}</h2>")
        for line in lines:
            if "  " in line:
                cells = "".join(f"<td>{html.escape(cell)}</td>" for cell in line.split("  "))
                parts.append(f"<table><tr>{cells}</tr></table>")
            else:
                parts.append(f"<p>{html.escape(line)}</p>")
    body = "\n".join(parts)
    path.write_text(f'<!doctype html>\n<meta charset="utf-8">\n{body}\n', encoding="utf-8")


def _write_markdown(manual: InventedManual, path: Path) -> None:
    parts = []
    for heading, lines in _list_sections(manual):
        parts.append(f"# {heading}")
        parts += [line.replace("1. ", "1\\. ").replace("  ", " | ") for line in lines]
    path.write_text("\n\n".join(parts) + "\n", encoding="utf-8")


def _list_sections(manual: InventedManual) -> list[tuple[str, Sequence[str]]]:
    return [(manual.title, manual.cover), *((page.heading, page.lines) for page in manual.pages)]
