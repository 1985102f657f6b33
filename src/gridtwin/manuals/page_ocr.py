"""Recognize the letters of a scanned page with Tesseract, where it is installed."""

from __future__ import annotations

import csv
import io
import os
import shutil
import subprocess
import time
from dataclasses import dataclass
from functools import cache
from itertools import groupby
from typing import TYPE_CHECKING, Any

from gridtwin.manuals.document_pages import PageLine

if TYPE_CHECKING:
    from gridtwin.manuals.reading_limits import ReadingLimits

DOTS_PER_INCH = 200
DOTS_PER_POINT = DOTS_PER_INCH / 72
MOST_DOTS = 20_000_000  # of one page
LEAST_CONFIDENCE = 30.0  # of a word, of 100
LONGEST_OCR_S = 300  # of one page, should it wait; processor time has a limit of its own
CPU_SHARE = 0.7  # of the processor time that a file may take, for drawing its scanned pages


@dataclass(frozen=True, slots=True)
class OcrBudget:
    """Until when pages of a file are recognized: in time, and processor time of this process."""

    wall_until: float
    cpu_until: float

    @classmethod
    def from_limits(cls, limits: ReadingLimits) -> OcrBudget:
        """Return what a file has that is opened now."""
        cpu_until = time.process_time() + CPU_SHARE * limits.most_cpu_s
        return cls(time.monotonic() + limits.most_ocr_s, cpu_until)

    def is_spent(self) -> bool:
        """Return whether no page more is recognized."""
        return time.monotonic() >= self.wall_until or time.process_time() >= self.cpu_until


@cache
def has_ocr() -> bool:
    """Return whether Tesseract is installed."""
    return shutil.which("tesseract") is not None


def recognize_page(page: Any) -> tuple[PageLine, ...]:
    """Return the lines of a page of pypdfium2 that is an image; none if nothing is read."""
    width, height = page.get_size()
    scale = min(DOTS_PER_POINT, (MOST_DOTS / max(width * height, 1.0)) ** 0.5)
    picture = io.BytesIO()
    page.render(scale=scale, grayscale=True).to_pil().save(picture, "ppm")
    try:
        done = subprocess.run(  # noqa: S603 - words of our own
            ["tesseract", "-", "-", "--dpi", str(DOTS_PER_INCH), "tsv"],  # noqa: S607 - in PATH
            input=picture.getvalue(),
            capture_output=True,
            check=False,
            timeout=LONGEST_OCR_S,
            env={**os.environ, "OMP_THREAD_LIMIT": "1"},  # other files are read meanwhile
        )
    except (OSError, subprocess.TimeoutExpired):
        return ()
    rows = csv.DictReader(
        io.StringIO(done.stdout.decode("utf-8", "replace")), delimiter="\t", quoting=csv.QUOTE_NONE
    )
    words = [
        row
        for row in rows
        if (row.get("text") or "").strip() and float(row["conf"]) >= LEAST_CONFIDENCE
    ]
    keyed = groupby(words, key=lambda row: (row["block_num"], row["par_num"], row["line_num"]))
    return tuple(_make_line(list(group), scale, height) for _, group in keyed)


def _make_line(words: list[dict[str, str]], scale: float, height: float) -> PageLine:
    left = min(int(word["left"]) for word in words) / scale
    right = max(int(word["left"]) + int(word["width"]) for word in words) / scale
    top = min(int(word["top"]) for word in words) / scale
    bottom = max(int(word["top"]) + int(word["height"]) for word in words) / scale
    text = " ".join(word["text"].strip() for word in words)
    return PageLine(text, (left, height - bottom, right, height - top))
