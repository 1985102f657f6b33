"""Take documents of a folder into a library: what is new or changed, and what is gone goes."""

from __future__ import annotations

import hashlib
import os
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from gridtwin.errors import SourceError
from gridtwin.manuals.document_pages import READER_EDITION
from gridtwin.manuals.figure_pictures import FigurePictures
from gridtwin.manuals.manual_facts import find_facts
from gridtwin.manuals.manual_library import (
    KnownFile,
    ManualLibrary,
    drop_documents,
    forget_files,
    mark_superseded,
    move_documents,
    name_folder,
    write_document,
    write_file,
)
from gridtwin.manuals.page_index import PageIndex
from gridtwin.manuals.reading_limits import ReadingLimits
from gridtwin.manuals.reading_pool import ReadingPool

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from gridtwin.manuals.reading_pool import FileReading

    Progress = Callable[[int, int], None]

READ_SUFFIXES = frozenset({".pdf", ".docx", ".html", ".htm", ".md", ".txt"})
HASHED_BYTES = 1 << 20  # at a time
ID_LETTERS = 16  # of the SHA-256 of a file


@dataclass(slots=True)
class IngestReport:
    """What became of the files of a folder."""

    added: int = 0  # documents that were not known
    unchanged: int = 0  # files
    duplicates: int = 0  # files that hold what another holds
    gone: int = 0  # files
    pages: int = 0  # of the documents added
    unreadable: int = 0  # pages of them that are images which nothing could read
    figures: int = 0  # and ruled tables that were found on them
    passed_over: int = 0  # files of other formats
    faults: list[tuple[str, str]] = field(default_factory=list)  # all files that are bad, and why


@dataclass(frozen=True, slots=True)
class _SeenFile:
    """A file as it was before it was opened: what is written later than that is read next time."""

    path: Path
    size: int
    modified_ns: int

    def describe(self, document: str = "", fault: str = "") -> KnownFile:
        return KnownFile(self.size, self.modified_ns, document, fault)


@dataclass(frozen=True, slots=True)
class _Ingest:
    """One run over a folder: where to, what of, within which limits, and what comes of it."""

    library: ManualLibrary
    root: Path
    limits: ReadingLimits
    report: IngestReport


def add_manuals(
    library: ManualLibrary,
    root: Path,
    progress: Progress,
    *,
    limits: ReadingLimits | None = None,
    processes: int | None = None,
    retry: bool = False,
) -> IngestReport:
    """
    Take the documents of a folder, or one file, into a library.

    What is written stays if the program is ended; the next call goes on from there.

    Parameters
    ----------
    library
        It is written, and its index follows.
    root
        A folder or a file.
    progress
        Told the files that are done, and of how many.
    limits
        What one file may take.
    processes
        That read files; by default one for each core.
    retry
        Whether to read again what could not be read, whole or in parts, and has not changed.

    Raises
    ------
    SourceError
        If there is no such folder.
    """
    if not root.exists():
        msg = f"{root}: there is no such folder or file"
        raise SourceError(msg)
    run = _Ingest(library, root.resolve(), limits or ReadingLimits(), IngestReport())
    index = PageIndex(library.path)
    files = _list_files(run)
    known = library.read_files(str(run.root))
    again = _list_read_again(library, retry=retry)
    changed = [file for file in files if not _is_unchanged(file, known, again, retry=retry)]
    run.report.unchanged = len(files) - len(changed)
    _read_changed(run, changed, again, progress, processes or os.cpu_count() or 1)
    absent = known.keys() - {str(file.path) for file in files}
    run.report.gone = len(absent)
    with library.open_database() as connection:
        lost = forget_files(connection, absent)
    index.drop_documents(lost)
    FigurePictures(library).drop_pictures(lost)
    with library.open_database() as connection:
        drop_documents(connection, lost)
        move_documents(connection)
        mark_superseded(connection)
    run.report.faults = library.list_faults(str(run.root))
    index.follow_library(library, progress)
    return run.report


def _list_files(run: _Ingest) -> list[_SeenFile]:
    """Return the files that can be read, in order; links are not followed out of the folder."""
    if run.root.is_file():
        return _see_files([run.root])
    library, found = run.library.path.resolve(), []
    for folder, folders, names in os.walk(run.root):
        folders[:] = sorted(
            name for name in folders if not name.startswith(".") and Path(folder, name) != library
        )
        for name in sorted(names):
            path = Path(folder, name)
            if path.suffix.lower() not in READ_SUFFIXES or name.startswith("."):
                run.report.passed_over += 1
            elif path.is_file() and path.resolve().is_relative_to(run.root):
                found.append(path)
    return _see_files(found)


def _see_files(paths: Sequence[Path]) -> list[_SeenFile]:
    seen = []
    for path in paths:
        with suppress(FileNotFoundError):  # it has gone just now
            state = path.stat()
            seen.append(_SeenFile(path, state.st_size, state.st_mtime_ns))
    return seen


def _list_read_again(library: ManualLibrary, *, retry: bool) -> set[str]:
    """Return the documents that an older gridtwin read, or with pages that nothing could read."""
    return {
        each.document
        for each in library.list_documents()
        if each.reader < READER_EDITION or (retry and each.unreadable)
    }


def _is_unchanged(
    file: _SeenFile, known: dict[str, KnownFile], again: set[str], *, retry: bool
) -> bool:
    before = known.get(str(file.path))
    if before is None or (retry and before.fault) or before.document in again:
        return False
    return (before.size, before.modified_ns) == (file.size, file.modified_ns)


def _hash_file(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(HASHED_BYTES):
            digest.update(chunk)
    return digest.hexdigest()[:ID_LETTERS]


def _group_equal(run: _Ingest, files: Sequence[_SeenFile]) -> dict[str, list[_SeenFile]]:
    """Return files that hold the same together, by the id of their document."""
    equal: dict[str, list[_SeenFile]] = {}
    for file in files:
        too_large = file.size > run.limits.most_bytes  # it is refused, whatever it holds
        try:
            document = str(file.path) if too_large else _hash_file(file.path)
        except OSError as error:
            _write_files(run, [file], fault=f"it cannot be opened ({error.strerror})")
        else:
            equal.setdefault(document, []).append(file)
    return equal


def _read_changed(
    run: _Ingest,
    changed: Sequence[_SeenFile],
    again: set[str],
    progress: Progress,
    processes: int,
) -> None:
    """Read files, each written in a transaction of its own; those that hold the same once."""
    equal = _group_equal(run, changed)
    held = {each.document for each in run.library.list_documents()} - again
    for document in held & equal.keys():
        copies = equal.pop(document)
        run.report.duplicates += len(copies)
        _write_files(run, copies, document)
    documents = {copies[0].path: document for document, copies in equal.items()}
    done = len(changed) - sum(map(len, equal.values()))
    progress(done, len(changed))
    if not documents:
        return
    with ReadingPool(run.limits, min(processes, len(documents))) as pool:
        for read in pool.read_files(documents):
            document = documents[read.path]
            _write_reading(run, read, document, equal[document])
            done += len(equal[document])
            progress(done, len(changed))


def _write_files(
    run: _Ingest, files: Sequence[_SeenFile], document: str = "", fault: str = ""
) -> None:
    """Write which document files hold, or why they cannot be read."""
    with run.library.open_database() as connection:
        for file in files:
            write_file(connection, file.path, run.root, file.describe(document, fault))


def _write_reading(
    run: _Ingest, read: FileReading, document: str, copies: Sequence[_SeenFile]
) -> None:
    """Write what came of a file, and of those that hold the same."""
    fault, reading = read.fault, read.reading
    if reading is not None and not any(page.lines for page in reading.pages):
        fault = "it holds images only: install tesseract, and add it with --retry"
    if fault or reading is None:
        _write_files(run, copies, fault=fault)
        return
    place = (str(read.path), name_folder(read.path, run.root))
    facts = find_facts(read.path, reading)
    with run.library.open_database() as connection:
        write_document(connection, document, place, facts, reading)
        for file in copies:
            write_file(connection, file.path, run.root, file.describe(document))
    run.report.added += 1
    run.report.duplicates += len(copies) - 1
    run.report.pages += len(reading.pages)
    run.report.figures += sum(len(page.figures) for page in reading.pages)
    run.report.unreadable += sum(page.read_by == "none" for page in reading.pages)
