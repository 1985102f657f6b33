"""How much one file may take of the machine while it is read."""

from __future__ import annotations

from dataclasses import dataclass

MEBIBYTE = 1024 * 1024


@dataclass(frozen=True, slots=True)
class ReadingLimits:
    """What is read at most; more is refused with a line that says so."""

    most_bytes: int = 256 * MEBIBYTE  # of one file
    most_pages: int = 3_000  # of one document
    most_memory: int = 2_048 * MEBIBYTE  # of the process that reads
    most_cpu_s: int = 120  # of one file
    most_ocr_s: int = 1_800  # of recognizing the scanned pages of one file; others stay unread
    most_wall_s: int = 2_400  # of one file, in case it waits for something
