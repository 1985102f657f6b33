"""Write files that a library of manuals must survive: damaged, encrypted, huge, bombs."""

from __future__ import annotations

import random
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path

PDF_HEAD = b"%PDF-1.7\n"
LARGE_BYTES = 500 * 1024 * 1024
WORD = "of-a-test"


def draw_pdf(path: Path, lines: list[str], pages: int = 1, password: str = "") -> Path:
    """Write a PDF of a few lines on each page."""
    from reportlab.lib.pdfencrypt import StandardEncryption
    from reportlab.pdfgen.canvas import Canvas

    encrypt = StandardEncryption(password, ownerPassword="owner") if password else None
    canvas = Canvas(str(path), encrypt=encrypt, invariant=1)
    for number in range(pages):
        for at, line in enumerate(lines):
            canvas.drawString(72, 720 - 14 * at, f"{line} {number + 1}" if pages > 1 else line)
        canvas.showPage()
    canvas.save()
    return path


def write_hostile(folder: Path, count: int = 200, *, large: bool = False) -> dict[str, str]:
    """
    Write hostile files.

    Parameters
    ----------
    folder
        Gets the files.
    count
        How many.
    large
        Whether one of them has 500 MB (it is sparse), and one 5,000 pages.

    Returns
    -------
        What is told of each, by its name: a part of the line.
    """
    folder.mkdir(parents=True, exist_ok=True)
    told: dict[str, str] = {}
    sound = draw_pdf(folder / "sound.tmp", ["Torque of the bolt 55 Nm"]).read_bytes()
    (folder / "sound.tmp").unlink()
    for name, content, line in _list_small(sound):
        (folder / name).write_bytes(content)
        told[name] = line
    draw_pdf(folder / "locked.pdf", ["secret"], password=WORD)
    told["locked.pdf"] = "encrypted"
    _write_bomb(folder / "bomb.docx")
    told["bomb.docx"] = "bomb"
    if large:
        draw_pdf(folder / "long.pdf", ["page"], pages=5_000)
        told["long.pdf"] = "5,000 pages"
        with (folder / "large.pdf").open("wb") as file:
            file.write(PDF_HEAD)
            file.truncate(LARGE_BYTES)
        told["large.pdf"] = "500 MiB"
    rng = random.Random(1)
    for number in range(count - len(told)):
        name = f"spoiled-{number:03d}.pdf"
        (folder / name).write_bytes(_spoil(sound, number, rng))
        told[name] = ""
    return told


def _list_small(sound: bytes) -> Iterator[tuple[str, bytes, str]]:
    yield "empty.pdf", b"", "it is empty"
    yield "empty.txt", b"", "it is empty"
    yield "text.pdf", b"I am no PDF, I am a letter.", "holds something else"
    yield "cut.docx", b"PK\x03\x04" + b"\0" * 200, "damaged"
    yield "letter.docx", b"Dear Sir", "holds something else"
    yield "half.pdf", sound[: len(sound) // 3], "damaged"
    yield "zeros.pdf", PDF_HEAD + b"\0" * 4_000, "damaged"
    yield "binary.txt", bytes(range(256)) * 20, "no text"
    yield "blank.html", b"<html><body></body></html>", "no text"
    yield "blank.md", b"\n\n\n", "no text"
    yield "deep.pdf", PDF_HEAD + b"1 0 obj " + b"[" * 200_000, "damaged"
    yield "entities.html", b"<div>" * 50_000, "no text"
    yield "image.pdf", _image_only(), "images only"


def _image_only() -> bytes:
    from io import BytesIO

    from PIL import Image
    from reportlab.lib.utils import ImageReader
    from reportlab.pdfgen.canvas import Canvas

    out = BytesIO()
    canvas = Canvas(out, invariant=1)
    canvas.drawImage(ImageReader(Image.new("L", (100, 100), 128)), 0, 0, 600, 800)
    canvas.showPage()
    canvas.save()
    return out.getvalue()


def _write_bomb(path: Path) -> None:
    """Write a DOCX whose text unpacks to 200 MB."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("word/document.xml", b"a" * 200_000_000)


def _spoil(sound: bytes, number: int, rng: random.Random) -> bytes:
    """Return a sound PDF with something wrong that no reader can mend."""
    way = number % 4
    if way == 0:  # a stream that unpacks to far more than a page
        packed = zlib.compress(b"BT /F1 9 Tf (x) Tj ET " * 200_000, 9)
        body = b"<< /Length %d /Filter /FlateDecode >> stream\n%s\nendstream" % (
            len(packed),
            packed,
        )
        return PDF_HEAD + b"1 0 obj " + body + b" endobj\ntrailer << /Root 9 0 R >>\n%%EOF"
    if way == 1:  # cut where it hurts
        return sound[: rng.randrange(20, 120)]
    if way == 2:  # noise behind a true begin
        return PDF_HEAD + rng.randbytes(2_000)
    return PDF_HEAD + b"trailer << /Root 1 0 R >>\n1 0 obj << /Pages 1 0 R >> endobj\n%%EOF"
