"""Tell without reading it whether a file of SQLite was written to since it was read."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from pathlib import Path

# Two writings within one tick of the file system's clock bear the same time. Linux ticks every
# 10 ms at most; a time in whole seconds may be of a file system that ticks every two.
TICK_NS = 100_000_000
COARSE_TICK_NS = 3_000_000_000
SECOND_NS = 1_000_000_000


class FileStamp(NamedTuple):
    """What every later writing changes in a file."""

    inode: int
    size: int
    written_ns: int


def read_stamp(file: Path) -> FileStamp | None:
    """
    Return what tells the content of a file of SQLite in WAL mode from all that comes later.

    A write to it goes to the log beside it first, and from there into the file before the log is
    removed. So as long as there is no log, the file alone says all.

    Parameters
    ----------
    file
        The file, which may not be there.

    Returns
    -------
    FileStamp or None
        None if no stamp can tell: the file is missing, has a log, or was written just now.
    """
    try:
        found = file.stat()
    except OSError:
        return None
    tick_ns = COARSE_TICK_NS if found.st_mtime_ns % SECOND_NS == 0 else TICK_NS
    is_fresh = time.time_ns() - found.st_mtime_ns < tick_ns
    if is_fresh or _has_content(file.with_name(f"{file.name}-wal")):
        return None
    return FileStamp(found.st_ino, found.st_size, found.st_mtime_ns)


def _has_content(file: Path) -> bool:
    try:
        return file.stat().st_size > 0
    except FileNotFoundError:
        return False
