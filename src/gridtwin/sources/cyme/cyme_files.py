"""Find the CYME text files of a model, told by what they hold, and read their lines."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from gridtwin.errors import SourceError
from gridtwin.sources.opendss_text import decode_text

if TYPE_CHECKING:
    from pathlib import Path

CYME_SUFFIXES = (".txt", ".sxst", ".dat")
LOOKED_AT = 65_536  # bytes at the beginning of a file
LARGEST_CYME = 2 << 30  # bytes of one file; no utility comes near
_SECTION_LINE = re.compile(r"^[ \t]*\[[A-Z][A-Z0-9 _/-]*\][ \t]*$", re.MULTILINE)
_SIGN = re.compile(r"^[ \t]*(?:FORMAT_[A-Z0-9 _]+=|CYME_VERSION=|CYMDIST_REVISION=)", re.MULTILINE)


def is_cyme_file(path: Path) -> bool:
    """Return whether a file is CYME text: it has sections, and says their columns."""
    if path.suffix.casefold() not in CYME_SUFFIXES or not path.is_file():
        return False
    try:
        with path.open("rb") as stream:
            text = decode_text(stream.read(LOOKED_AT))
    except OSError:
        return False
    text = text.replace("\r", "\n").upper()
    return bool(_SECTION_LINE.search(text) and _SIGN.search(text))


def find_cyme_files(path: Path) -> tuple[list[Path], list[Path]]:
    """
    Return the CYME files of a folder, or the one that is given; and the texts that are none.

    Raises
    ------
    SourceError
        If there is none.
    """
    if path.is_file():
        if is_cyme_file(path):
            return [path], []
        msg = (
            f"{path}: this is no CYME text: no section of it says its columns in a FORMAT_ line;"
            " export the model as text"
        )
        raise SourceError(msg)
    texts = sorted(entry for entry in path.iterdir() if entry.suffix.casefold() in CYME_SUFFIXES)
    found = [entry for entry in texts if is_cyme_file(entry)]
    if not found:
        msg = f"{path}: it holds no CYME text, such as network.txt with [SECTION] and FORMAT_ lines"
        raise SourceError(msg)
    return found, [entry for entry in texts if entry not in found]


def read_cyme_lines(path: Path) -> list[str]:
    """
    Return the lines of a file.

    Raises
    ------
    SourceError
        If it cannot be read, or is too large.
    """
    try:
        if path.stat().st_size > LARGEST_CYME:
            msg = f"{path}: the file is larger than {LARGEST_CYME >> 30} GB: export it in parts"
            raise SourceError(msg)
        content = path.read_bytes()
    except OSError as error:
        msg = f"{path}: the file cannot be read: {error.strerror}"
        raise SourceError(msg) from error
    return re.split(r"\r\n|\r|\n", decode_text(content))
