"""Read the mirror of a library of manuals in PostgreSQL."""

from __future__ import annotations

from contextlib import contextmanager
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

from gridtwin.errors import NotFoundError
from gridtwin.manuals.document_pages import unpack_lines
from gridtwin.manuals.library_reading import FIGURE_COLUMNS, LibraryReader, make_figure
from gridtwin.settings import find_cache_folder
from gridtwin.store.postgis.connect import hide_password
from gridtwin.store.postgis.pool import TIMEOUT_SETTING, Pool
from gridtwin.store.postgis.refusals import translate_refusals

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    import psycopg

    from gridtwin.manuals.document_pages import PageFigure, PageLine
    from gridtwin.manuals.mirror_index import MirrorIndex

MANUALS_PATH = "-c search_path=gridtwin_manuals,pg_catalog,pg_temp"
MAY_READ = "SELECT has_schema_privilege('gridtwin_manuals', 'USAGE')"
READ_PAGES = """
SELECT p.document, p.page, p.heading, p.lines FROM document_pages AS p
JOIN unnest(%s::text[], %s::int[]) AS w (document, page)
    ON w.document = p.document AND w.page = p.page
"""
READ_FIGURES = f"""
SELECT f.document, {FIGURE_COLUMNS} FROM document_figures AS f
WHERE (f.document, f.page) IN (SELECT * FROM unnest(%s::text[], %s::int[]))
ORDER BY f.document, f.page, f.number
"""  # noqa: S608 - own names
MIRROR_DIGEST_BYTES = 8


class MirrorConnection:
    """A transaction with the tables of the mirror."""

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self._connection = connection

    def execute(self, statement: str, values: Sequence[Any] = (), /) -> psycopg.Cursor[Any]:
        """Run a statement, ``?`` for each value; return its cursor."""
        clean = [drop_nulls(value) if isinstance(value, str) else value for value in values]
        query: Any = statement.replace("?", "%s")
        return self._connection.execute(query, clean)


class MirroredLibrary(LibraryReader):
    """
    A library of manuals as `gridtwin manuals sync` keeps it in PostgreSQL; threads may share it.

    Parameters
    ----------
    url
        The address of the database.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self._pool = Pool(url, settings=f"{TIMEOUT_SETTING} {MANUALS_PATH}")

    def check_documents(self) -> None:
        """
        See that there are manuals, and that the login may read them.

        Raises
        ------
        NotFoundError
            If not.
        StoreError
            If there is no connection.
        """
        with self.open_database() as connection:
            holds = connection.execute(MAY_READ).fetchone() == (True,)
            if not (holds and connection.execute("SELECT 1 FROM documents LIMIT 1").fetchone()):
                what = "library of manuals"
                raise NotFoundError(what, hide_password(self.url))

    @contextmanager
    def open_database(self) -> Iterator[MirrorConnection]:
        """Give a connection; what is written is kept if all of it succeeds."""
        with (
            translate_refusals(self.url, role="gridtwin_access"),
            self._pool.lend_connection() as connection,
            connection.transaction(),
        ):
            yield MirrorConnection(connection)

    open_use_database = open_database

    def open_index(self) -> MirrorIndex:
        """Return what finds its pages by their words."""
        from gridtwin.manuals.mirror_index import MirrorIndex

        return MirrorIndex(self)

    def locate_pictures(self) -> Path:
        """Return the folder in which pictures of its figures are kept: one of this user."""
        place = blake2b(hide_password(self.url).encode(), digest_size=MIRROR_DIGEST_BYTES)
        return find_cache_folder() / "manuals" / place.hexdigest()

    def read_mark(self) -> tuple[int, ...]:
        """Return what is another whenever documents were written."""
        with self.open_database() as connection:
            return tuple(connection.execute("SELECT mark FROM mirror").fetchone() or ())

    def read_pages(
        self, wanted: Sequence[tuple[str, int]]
    ) -> list[tuple[str, tuple[PageLine, ...]] | None]:
        """Return the headings and lines of pages, given by document and number; None = no such."""
        documents, pages = [each[0] for each in wanted], [each[1] for each in wanted]
        with self.open_database() as connection:
            rows = connection.execute(READ_PAGES, (documents, pages)).fetchall()
        kept = {(document, page): (heading, unpack_lines(lines))
                for document, page, heading, lines in rows}  # fmt: skip
        return [kept.get(each) for each in wanted]

    def read_figures(self, wanted: Sequence[tuple[str, int]]) -> list[tuple[PageFigure, ...]]:
        """Return the figures of pages, given by document and number, each from above."""
        documents, pages = [each[0] for each in wanted], [each[1] for each in wanted]
        found: dict[tuple[str, int], list[PageFigure]] = {}
        with self.open_database() as connection:
            for document, *row in connection.execute(READ_FIGURES, (documents, pages)):
                page, figure = make_figure(row)
                found.setdefault((document, page), []).append(figure)
        return [tuple(found.get(each, ())) for each in wanted]


def drop_nulls(text: str) -> str:
    """Return a text without the one sign that PostgreSQL does not keep."""
    return text.replace("\0", "")
