"""Read what is kept of manuals, in whichever database: the same SQL for all."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from gridtwin.errors import NotFoundError
from gridtwin.manuals.document_pages import PageFigure, PageLine, unpack_lines

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from contextlib import AbstractContextManager
    from pathlib import Path

    from gridtwin.manuals.manual_words import QuestionWord


@dataclass(frozen=True, slots=True)
class ManualDocument:
    """What is known of one document; see `library_schema.sql`."""

    document: str
    path: str
    folder: str
    title: str
    kind: str
    manufacturer: str
    number: str
    revision: str
    dated: str
    language: str
    pages: int
    unreadable: int
    superseded_by: str
    reader: int


@dataclass(frozen=True, slots=True)
class PageHit:
    """A page that was found, and how well it fits: the sum of BM25 over its fields."""

    document: str
    page: int
    score: float


class PageFinder(Protocol):
    """What finds pages by their words."""

    def reload(self) -> None:
        """See what others have written since."""
        ...

    def count_pages(self) -> int:
        """Return how many pages can be found."""
        ...

    def count_page_uses(self, word: str) -> int:
        """Return on how many pages a word stands, or in how many titles of their documents."""
        ...

    def find_pages(
        self,
        words: Sequence[QuestionWord],
        limit: int,
        *,
        within: Collection[str] | None = None,
        without: Collection[str] = (),
    ) -> list[PageHit]:
        """
        Return the pages that fit words best, the best first.

        Parameters
        ----------
        words
            Of a question; of each and what may stand in its place the best counts.
        limit
            How many at most.
        within, without
            The only documents that are asked for, and those that are not.
        """
        ...


class LibraryConnection(Protocol):
    """A transaction with the tables of a library; ``?`` stands for a value."""

    def execute(self, statement: str, values: Sequence[Any] = (), /) -> Any:
        """Run a statement; return its cursor."""
        ...


FIGURE_COLUMNS = "page, number, kind, min_x, min_y, max_x, max_y, caption"
_DOCUMENT_COLUMNS = ", ".join(ManualDocument.__dataclass_fields__)


class LibraryReader(ABC):
    """A library of manuals that is read; only questions and votes are written."""

    @abstractmethod
    def open_database(self) -> AbstractContextManager[LibraryConnection]:
        """Give a connection; what is written is kept if all of it succeeds."""

    @abstractmethod
    def open_use_database(self) -> AbstractContextManager[LibraryConnection]:
        """Give a connection to what is kept of questions and votes, apart from the documents."""

    @abstractmethod
    def open_index(self) -> PageFinder:
        """Return what finds its pages by their words."""

    @abstractmethod
    def locate_pictures(self) -> Path:
        """Return the folder in which pictures of its figures are kept."""

    @abstractmethod
    def read_mark(self) -> tuple[int, ...]:
        """Return what is another whenever something was written."""

    def list_documents(self) -> list[ManualDocument]:
        """Return all documents, by title and revision."""
        with self.open_database() as connection:
            rows = connection.execute(
                f"SELECT {_DOCUMENT_COLUMNS} FROM documents ORDER BY title, dated, document"  # noqa: S608
            )
            return [ManualDocument(*row) for row in rows]

    def find_document(self, document: str) -> ManualDocument:
        """
        Return a document by its id.

        Raises
        ------
        NotFoundError
            If there is none.
        """
        with self.open_database() as connection:
            row = connection.execute(
                f"SELECT {_DOCUMENT_COLUMNS} FROM documents WHERE document = ?",  # noqa: S608
                (document,),
            ).fetchone()
        if row is None:
            what = "document"
            raise NotFoundError(what, document)
        return ManualDocument(*row)

    def read_page(self, document: str, page: int) -> tuple[str, tuple[PageLine, ...]]:
        """
        Return the heading and the lines of a page.

        Raises
        ------
        NotFoundError
            If there is no such page.
        """
        (found,) = self.read_pages([(document, page)])
        if found is None:
            what = "page"
            raise NotFoundError(what, f"{document}/{page}")
        return found

    def read_pages(
        self, wanted: Sequence[tuple[str, int]]
    ) -> list[tuple[str, tuple[PageLine, ...]] | None]:
        """Return the headings and lines of pages, given by document and number; None = no such."""
        pages = []
        with self.open_database() as connection:
            for document, page in wanted:
                row = connection.execute(
                    "SELECT heading, lines FROM document_pages WHERE document = ? AND page = ?",
                    (document, page),
                ).fetchone()
                pages.append(None if row is None else (row[0], unpack_lines(row[1])))
        return pages

    def read_figures(self, wanted: Sequence[tuple[str, int]]) -> list[tuple[PageFigure, ...]]:
        """Return the figures of pages, given by document and number, each from above."""
        found = []
        with self.open_database() as connection:
            for document, page in wanted:
                rows = connection.execute(
                    f"SELECT {FIGURE_COLUMNS} FROM document_figures"  # noqa: S608 - own names
                    " WHERE document = ? AND page = ? ORDER BY number",
                    (document, page),
                )
                found.append(tuple(make_figure(row)[1] for row in rows))
        return found

    def find_figure(self, document: str, page: int, number: int) -> PageFigure:
        """
        Return a figure by its page and its number there.

        Raises
        ------
        NotFoundError
            If there is none.
        """
        (figures,) = self.read_figures([(document, page)])
        for figure in figures:
            if figure.number == number:
                return figure
        what = "figure"
        raise NotFoundError(what, f"{document}/{page}/{number}")

    def holds_unchanged(self, path: Path, document: str) -> bool:
        """Return whether a file is there, and as it was when its document was read."""
        with self.open_database() as connection:
            row = connection.execute(
                "SELECT bytes, modified_ns FROM manual_files WHERE path = ? AND document = ?",
                (str(path), document),
            ).fetchone()
        if row is None or not path.is_file():
            return False
        now = path.stat()
        return bool((now.st_size, now.st_mtime_ns) == row)

    def read_models(self) -> dict[str, list[tuple[str, str]]]:
        """Return the models and catalog numbers of documents: (role, pattern) by document."""
        models: dict[str, list[tuple[str, str]]] = {}
        with self.open_database() as connection:
            for document, role, pattern in connection.execute(
                "SELECT document, role, pattern FROM document_models"
            ):
                models.setdefault(document, []).append((role, pattern))
        return models

    def read_permissions(self) -> dict[str, str]:
        """Return which permission a folder needs, by folder."""
        with self.open_database() as connection:
            return dict(connection.execute("SELECT folder, permission FROM folder_permissions"))


def make_figure(row: Sequence[Any]) -> tuple[int, PageFigure]:
    """Return the page and the figure of a row of `FIGURE_COLUMNS`."""
    page, number, kind, left, bottom, right, top, caption = row
    return page, PageFigure(number, kind, (left, bottom, right, top), caption)
