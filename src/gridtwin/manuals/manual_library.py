"""Keep what was read of manuals: one SQLite file in the directory of a library."""

from __future__ import annotations

import sqlite3
from contextlib import closing, contextmanager
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from gridtwin.errors import NotFoundError, StoreError
from gridtwin.manuals.document_pages import READER_EDITION, pack_lines
from gridtwin.manuals.library_places import LIBRARY_FILE, USE_FILE
from gridtwin.manuals.library_reading import LibraryReader
from gridtwin.manuals.library_upgrade import LIBRARY_VERSION, read_version, upgrade_database
from gridtwin.manuals.manual_facts import rank_revision

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from gridtwin.manuals.document_pages import DocumentReading
    from gridtwin.manuals.manual_facts import DocumentFacts
    from gridtwin.manuals.page_index import PageIndex

PICTURE_FOLDER = "pictures"
BUSY_S = 30  # how long one waits for another who writes


@dataclass(frozen=True, slots=True)
class KnownFile:
    """What a file was when it was read."""

    size: int
    modified_ns: int
    document: str
    fault: str


class ManualLibrary(LibraryReader):
    """
    A library of manuals in a directory.

    Parameters
    ----------
    path
        Its directory.
    create
        Whether it is made if it is not there.

    Raises
    ------
    NotFoundError
        If there is none.
    StoreError
        If it was written by a newer gridtwin, or is damaged.
    """

    def __init__(self, path: Path, *, create: bool = False) -> None:
        self.path = path
        file = path / LIBRARY_FILE
        if create:
            path.mkdir(parents=True, exist_ok=True)
        elif not file.is_file():
            what = "library of manuals"
            raise NotFoundError(what, str(path))
        with closing(self._connect(LIBRARY_FILE)) as connection:
            try:
                if read_version(connection) > LIBRARY_VERSION:
                    msg = f"{path} was written by a newer gridtwin: update this one"
                    raise StoreError(msg)
                upgrade_database(connection, LIBRARY_FILE)
            except sqlite3.DatabaseError as error:
                msg = f"{file}: {error}: it is damaged, or no library of manuals"
                raise StoreError(msg) from error

    def _connect(self, file: str) -> sqlite3.Connection:
        connection = sqlite3.connect(self.path / file, timeout=BUSY_S)
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA synchronous = NORMAL")
        return connection

    @contextmanager
    def open_database(self) -> Iterator[sqlite3.Connection]:
        """Give a connection; what is written is kept if all of it succeeds."""
        with closing(self._connect(LIBRARY_FILE)) as connection, connection:
            yield connection

    @contextmanager
    def open_use_database(self) -> Iterator[sqlite3.Connection]:
        """Give a connection to what is kept of questions and votes, apart from the documents."""
        with closing(self._connect(USE_FILE)) as connection, connection:
            upgrade_database(connection, USE_FILE)
            yield connection

    def locate_pictures(self) -> Path:
        """Return the folder in which pictures of its figures are kept."""
        return self.path / PICTURE_FOLDER

    def open_index(self) -> PageIndex:
        """Return what finds its pages by their words."""
        from gridtwin.manuals.page_index import PageIndex

        return PageIndex(self.path)

    def read_mark(self) -> tuple[int, ...]:
        """Return what is another whenever something was written."""
        marks: list[int] = []
        for file in (self.path / LIBRARY_FILE, self.path / f"{LIBRARY_FILE}-wal"):
            if file.exists():
                status = file.stat()
                marks += (status.st_mtime_ns, status.st_size)
        return tuple(marks)

    def read_files(self, root: str) -> dict[str, KnownFile]:
        """Return what is known of the files below a folder that was added, by path."""
        with self.open_database() as connection:
            rows = connection.execute(
                "SELECT path, bytes, modified_ns, document, fault FROM manual_files WHERE root = ?",
                (root,),
            )
            return {path: KnownFile(*rest) for path, *rest in rows}

    def list_faults(self, root: str) -> list[tuple[str, str]]:
        """Return the files below a folder that was added which cannot be read, and why."""
        with self.open_database() as connection:
            return connection.execute(
                "SELECT path, fault FROM manual_files WHERE root = ? AND fault <> '' ORDER BY path",
                (root,),
            ).fetchall()

    def restrict_folder(self, folder: str, permission: str) -> None:
        """Say which permission documents of a folder, and below, need; empty: none any more."""
        folder = folder.strip("/") + "/" if folder.strip("/") else ""
        with self.open_database() as connection:
            connection.execute("DELETE FROM folder_permissions WHERE folder = ?", (folder,))
            if permission:
                connection.execute(
                    "INSERT INTO folder_permissions VALUES (?, ?)", (folder, permission)
                )


def write_document(
    connection: sqlite3.Connection,
    document: str,
    place: tuple[str, str],
    facts: DocumentFacts,
    reading: DocumentReading,
) -> None:
    """Write a document that was read, in the place of what was known of it."""
    path, folder = place
    connection.execute("DELETE FROM documents WHERE document = ?", (document,))
    connection.execute(
        "INSERT INTO documents (document, path, folder, title, kind, manufacturer, number,"
        " revision, dated, language, pages, unreadable, reader)"
        " VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?)",
        (
            *(document, path, folder, facts.title, facts.kind, facts.manufacturer, facts.number),
            *(facts.revision, facts.dated, facts.language, len(reading.pages)),
            *(sum(page.read_by == "none" for page in reading.pages), READER_EDITION),
        ),
    )
    named = (("model", facts.models), ("catalog", facts.catalog))
    connection.executemany(
        "INSERT INTO document_models VALUES (?, ?, ?)",
        [(document, role, pattern) for role, listed in named for pattern in listed],
    )
    connection.executemany(
        "INSERT INTO document_pages VALUES (?, ?, ?, ?, ?)",
        [
            (document, page.number, page.heading, page.read_by, pack_lines(page.lines))
            for page in reading.pages
        ],
    )
    connection.executemany(
        "INSERT INTO document_figures VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            (document, page.number, figure.number, figure.kind, *figure.box, figure.caption)
            for page in reading.pages
            for figure in page.figures
        ],
    )


def write_file(connection: sqlite3.Connection, path: Path, root: Path, known: KnownFile) -> None:
    """Write what became of a file below a folder that was added."""
    connection.execute(
        "INSERT OR REPLACE INTO manual_files VALUES (?, ?, ?, ?, ?, ?)",
        (str(path), str(root), *astuple(known)),
    )


def name_folder(path: Path, root: Path) -> str:
    """Return in which folder a file lies below what was added, / at its end; empty = none."""
    below = "." if path == root else path.parent.relative_to(root).as_posix()
    return "" if below == "." else f"{below}/"


def move_documents(connection: sqlite3.Connection) -> None:
    """Give documents whose file is gone the place of another file that holds the same."""
    moved = connection.execute(
        "SELECT d.document, min(f.path), f.root FROM documents AS d"
        " JOIN manual_files AS f ON f.document = d.document"
        " WHERE d.path NOT IN (SELECT path FROM manual_files) GROUP BY d.document"
    ).fetchall()
    connection.executemany(
        "UPDATE documents SET path = ?, folder = ? WHERE document = ?",
        [(path, name_folder(Path(path), Path(root)), document) for document, path, root in moved],
    )


def mark_superseded(connection: sqlite3.Connection) -> None:
    """Say anew which documents have a newer revision: of one number, else title and maker."""
    rows = connection.execute(
        "SELECT document, number, title, manufacturer, kind, language, revision, dated,"
        " superseded_by FROM documents"
    ).fetchall()
    families: dict[tuple[str, ...], list[_Revision]] = {}
    for document, number, title, maker, kind, language, *told in rows:
        family = (number.casefold() or title.casefold(), maker.casefold(), kind, language)
        families.setdefault(family, []).append(_Revision(document, *told))
    changed: list[tuple[str, str]] = []
    for members in families.values():
        *older, newest = _sort_revisions(members)
        changed += [
            (newest.document, each.document)
            for each in older
            if each.superseded_by != newest.document
        ]
        if newest.superseded_by:
            changed.append(("", newest.document))
    connection.executemany("UPDATE documents SET superseded_by = ? WHERE document = ?", changed)


class _Revision(NamedTuple):
    document: str
    revision: str
    dated: str
    superseded_by: str = ""


def _sort_revisions(revisions: Iterable[_Revision]) -> list[_Revision]:
    """Return the revisions of a document, the newest last: by month, where all are dated."""
    listed = list(revisions)
    by_month = all(each.dated for each in listed)

    def tell_age(each: _Revision) -> tuple[str, tuple[int, tuple[int, ...], str], str, str]:
        month = each.dated[:7] if by_month else ""
        return month, rank_revision(each.revision), each.dated, each.document

    return sorted(listed, key=tell_age)


def forget_files(connection: sqlite3.Connection, paths: Iterable[str]) -> list[str]:
    """
    Forget files; return the documents that no file holds any more.

    These count as not indexed from now on: should the program be ended before the index and then
    the library are rid of them, and their file come back, the next run brings them in again.
    """
    connection.executemany("DELETE FROM manual_files WHERE path = ?", [(path,) for path in paths])
    lost = connection.execute(
        "UPDATE documents SET indexed = 0 WHERE document NOT IN"
        " (SELECT document FROM manual_files) RETURNING document"
    )
    return [row[0] for row in lost.fetchall()]


def drop_documents(connection: sqlite3.Connection, documents: Iterable[str]) -> None:
    """Drop documents, and all that was read of them."""
    rows = [(document,) for document in documents]
    connection.executemany("DELETE FROM documents WHERE document = ?", rows)
