"""Keep pictures of figures: drawn when they are first asked for, in a folder that stays small."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from contextlib import suppress
from dataclasses import asdict
from hashlib import blake2b
from pathlib import Path
from threading import BoundedSemaphore
from typing import TYPE_CHECKING

from gridtwin.errors import BusyError, InputError, NotFoundError, SourceError
from gridtwin.manuals.figure_worker import DrawingOrder
from gridtwin.manuals.reading_limits import MEBIBYTE, ReadingLimits

if TYPE_CHECKING:
    from collections.abc import Container, Iterable

    from gridtwin.manuals.document_pages import PageFigure
    from gridtwin.manuals.library_reading import LibraryReader, ManualDocument

# The longest sides of pictures, dots: of one among others, and of one alone.
SMALL_PICTURE, LARGE_PICTURE = 360, 2_000
PICTURE_BEGINS = {"webp": b"RIFF", "png": b"\x89PNG"}  # of the file, by its ending
MOST_KEPT_PICTURES = 256 * MEBIBYTE  # bytes of a folder; who was asked for longest ago goes
MOST_PICTURE = 16 * MEBIBYTE  # bytes
DRAWING_LIMITS = ReadingLimits(most_memory=1_024 * MEBIBYTE, most_cpu_s=20, most_wall_s=40)
DRAWN_AT_ONCE = 2  # by one process
LONGEST_DRAWING_WAIT_S = 20.0  # for others to be drawn
PICTURE_DIGEST_BYTES = 10
_drawing = BoundedSemaphore(DRAWN_AT_ONCE)


class FigurePictures:
    """
    The pictures of the figures of a library; threads and processes may share them.

    What is kept is of a document as it was read: the id says what its file held.

    Parameters
    ----------
    library
        Whose they are.
    most_bytes
        Of the folder that keeps them.
    """

    def __init__(self, library: LibraryReader, *, most_bytes: int = MOST_KEPT_PICTURES) -> None:
        self.folder = library.locate_pictures()
        self._library = library
        self._most_bytes = most_bytes

    def read_picture(
        self,
        known: ManualDocument,
        page: int,
        figure: PageFigure,
        *,
        longest: int = LARGE_PICTURE,
        ending: str = "webp",
    ) -> bytes:
        """
        Return the picture of a figure, as a file.

        Parameters
        ----------
        known
            Its document, which who asks may see.
        page
            Where it stands.
        figure
            Which one.
        longest
            Side of the picture at most, dots.
        ending
            Of a file of its format: ``webp`` or ``png``.

        Raises
        ------
        InputError
            If there is no such format.
        NotFoundError
            If it is not kept, and the file is gone, or is another by now.
        SourceError
            If it cannot be drawn within limits.
        BusyError
            If too many are drawn at this moment.
        """
        if ending not in PICTURE_BEGINS:
            msg = f"a picture ends in {' or '.join(PICTURE_BEGINS)}, not {ending!r}"
            raise InputError(msg)
        order = DrawingOrder(known.path, page, figure.box, longest, ending)
        place = self.folder / known.document / f"{_tell_order(order)}.{ending}"
        kept = _read_kept(place)
        if kept is not None:
            return kept
        if not self._library.holds_unchanged(Path(known.path), known.document):
            what = "unchanged file of the document"
            raise NotFoundError(what, known.title)
        if not _drawing.acquire(timeout=LONGEST_DRAWING_WAIT_S):
            msg = "too many pictures of figures are drawn now: ask again"
            raise BusyError(msg)
        try:
            picture = _read_kept(place) or draw_apart(order, DRAWING_LIMITS)
        finally:
            _drawing.release()
        with suppress(OSError):  # who may only read the library has the picture all the same
            self._keep_picture(place, picture)
        return picture

    def drop_pictures(self, documents: Iterable[str]) -> None:
        """Remove what is kept of documents."""
        for document in documents:
            shutil.rmtree(self.folder / document, ignore_errors=True)

    def keep_only(self, documents: Container[str]) -> None:
        """Remove what is kept of documents that are no more there."""
        with suppress(OSError):
            gone = [each.name for each in self.folder.iterdir() if each.name not in documents]
            self.drop_pictures(gone)

    def _keep_picture(self, place: Path, picture: bytes) -> None:
        place.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=place.parent, delete=False) as file:
            file.write(picture)
        Path(file.name).replace(place)
        held = sorted(_list_kept(self.folder))
        over = sum(size for _, size, _ in held) - self._most_bytes
        for _, size, path in held:
            if over <= 0:
                break
            path.unlink(missing_ok=True)
            over -= size


def _list_kept(folder: Path) -> Iterable[tuple[int, int, Path]]:
    """Yield when each picture was asked for last, its size and its file."""
    for path in folder.glob("*/*"):
        with suppress(FileNotFoundError):  # another process may remove it
            state = path.stat()
            yield state.st_mtime_ns, state.st_size, path


def _read_kept(place: Path) -> bytes | None:
    try:
        picture = place.read_bytes()
    except OSError:
        return None
    with suppress(OSError):
        os.utime(place)  # it was asked for now
    return picture


def _tell_order(order: DrawingOrder) -> str:
    """Return what tells a picture from the others of its document."""
    told = f"{order.page} {order.box} {order.longest}"
    return blake2b(told.encode(), digest_size=PICTURE_DIGEST_BYTES).hexdigest()


def draw_apart(order: DrawingOrder, limits: ReadingLimits) -> bytes:
    """
    Return a picture that a process of its own draws.

    Raises
    ------
    SourceError
        If it cannot be drawn within limits.
    """
    words = [sys.executable, "-m", "gridtwin.manuals.figure_worker", json.dumps(asdict(limits))]
    try:
        done = subprocess.run(  # noqa: S603 - our own module
            words,
            input=json.dumps(asdict(order)).encode(),
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            check=False,
            timeout=limits.most_wall_s,
        )
        picture = done.stdout if done.returncode == 0 else b""
    except subprocess.TimeoutExpired:
        picture = b""
    if not picture.startswith(PICTURE_BEGINS[order.ending]) or len(picture) > MOST_PICTURE:
        msg = (
            f"{Path(order.path).name}, page {order.page}: the figure cannot be drawn with"
            f" {limits.most_memory >> 20:,} MiB of memory and {limits.most_cpu_s} s of processor"
            " time: look at the page in the file"
        )
        raise SourceError(msg)
    return picture
