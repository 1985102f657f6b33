"""Draw pages with figures and tables, and with what is none, for tests of the library."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from gridtwin.manuals.simulate.corpus_drawings import draw_photo, draw_rules, draw_sketch

TEXT_LEFT = 60.0
ROWS = (("Item", "Torque"), ("Cover bolt", "5 Nm"), ("Terminal", "55 Nm"))


def draw_page(
    path: Path, *drawings: Callable[[Any], None], pages: int = 1, turned: int = 0
) -> Path:
    """Write a PDF whose pages hold drawings, under a line of text."""
    from reportlab.pdfgen.canvas import Canvas

    canvas = Canvas(str(path), pagesize=(612, 792), invariant=1)
    for _ in range(pages):
        canvas.setPageRotation(turned)
        canvas.drawString(TEXT_LEFT, 740, "Mounting of the bushing terminal")
        for draw in drawings:
            draw(canvas)
        canvas.showPage()
    canvas.save()
    return path


def sketch(canvas: Any) -> None:
    """Draw a part at the foot of a page, captioned."""
    draw_sketch(canvas, 1, "Figure 1: Outline of the latch")


def photo(canvas: Any) -> None:
    """Draw an image at the foot of a page, captioned."""
    draw_photo(canvas, 2, "Fig. 2 Nameplate")


def ruled_table(canvas: Any) -> None:
    """Draw a table of three rows with its caption above."""
    canvas.drawString(TEXT_LEFT, 640, "Table 4-1: Torques of fasteners")
    for at, cells in enumerate(ROWS):
        for column, cell in enumerate(cells):
            canvas.drawString(TEXT_LEFT + 150 * column, 610 - 13 * at, cell)
    draw_rules(canvas, (TEXT_LEFT, 610), 300, len(ROWS))


def grid_table(canvas: Any) -> None:
    """Draw a table whose rules are one path, without a caption."""
    canvas.grid([60, 200, 340], [500, 520, 540, 560])
    for at, cells in enumerate(ROWS):
        for column, cell in enumerate(cells):
            canvas.drawString(64 + 140 * column, 546 - 20 * at, cell)


def open_table(canvas: Any) -> None:
    """Draw a table with three rules, far apart."""
    for height in (630, 610, 520):
        canvas.line(60, height, 400, height)
    for at, cells in enumerate(ROWS):
        canvas.drawString(64, 615 - 40 * at, "   ".join(cells))


def decoration(canvas: Any) -> None:
    """Draw what is no figure: a frame, a logo, a rule below the header, and a note in a box."""
    canvas.rect(20, 20, 572, 752)
    canvas.drawImage(_make_image(), 520, 750, 40, 20)
    canvas.line(50, 730, 560, 730)
    canvas.rect(60, 400, 300, 40)
    canvas.drawString(70, 425, "Warning: de-energize and ground the equipment, and")
    canvas.drawString(70, 410, "keep away from it until it has discharged itself.")


def formed_sketch(canvas: Any) -> None:
    """Draw a part of the half size by a form, at the upper right."""
    canvas.beginForm("part")
    draw_sketch(canvas, 3, "")
    canvas.endForm()
    canvas.saveState()
    canvas.translate(250, 500)
    canvas.scale(0.5, 0.5)
    canvas.doForm("part")
    canvas.restoreState()


def _make_image() -> Any:
    from PIL import Image
    from reportlab.lib.utils import ImageReader

    return ImageReader(Image.linear_gradient("L"))


def write_path_bomb(path: Path, paths: int) -> Path:
    """Write a PDF with a line of text and very many bent lines on one page."""
    draw = b"".join(
        b"%d %d m %d %d %d %d 300 500 c S\n" % (x, x % 97, 100 + x % 31, 300, x % 89, 400)
        for x in range(1_000)
    )
    text = b"BT /F1 12 Tf 60 740 Td (Torque of the latch 5 Nm) Tj ET\n"
    return _write_raw(path, zlib.compress(text + draw * (paths // 1_000), 6), b"")


def write_image_bomb(path: Path, side: int, times: int) -> Path:
    """Write a PDF with a line of text, and `times` an image of `side` times `side` dots."""
    packer = zlib.compressobj(9)
    row = b"\0" * side
    packed = b"".join(packer.compress(row) for _ in range(side)) + packer.flush()
    image = (
        b"5 0 obj << /Type /XObject /Subtype /Image /Width %d /Height %d /BitsPerComponent 8"
        b" /ColorSpace /DeviceGray /Filter /FlateDecode /Length %d >> stream\n%s\nendstream"
        b" endobj\n"
    ) % (side, side, len(packed), packed)
    content = (
        b"BT /F1 12 Tf 60 740 Td (Torque of the latch 5 Nm) Tj ET\n"
        b"q 300 0 0 300 100 300 cm " + b"/I Do " * times + b"Q\n"
    )
    return _write_raw(path, zlib.compress(content), image)


def _write_raw(path: Path, content: bytes, more: bytes) -> Path:
    """Write a PDF of one page; PDFium finds its objects without a table of them."""
    page = (
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R /Resources"
        b" << /Font << /F1 << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> >>"
        b" /XObject << /I 5 0 R >> >> >>"
    )
    path.write_bytes(
        b"%PDF-1.7\n1 0 obj << /Type /Catalog /Pages 2 0 R >> endobj\n"
        b"2 0 obj << /Type /Pages /Kids [3 0 R] /Count 1 >> endobj\n"
        b"3 0 obj " + page + b" endobj\n"
        b"4 0 obj << /Filter /FlateDecode /Length %d >> stream\n"
        % len(content)
        + content
        + b"\nendstream endobj\n"
        + more
        + b"trailer << /Root 1 0 R >>\n%%EOF"
    )
    return path
