"""Bring the mirror of a library of manuals in PostgreSQL up to date: what changed, and no more."""

from __future__ import annotations

import struct
from collections import Counter
from dataclasses import astuple, dataclass
from typing import TYPE_CHECKING, Any

from gridtwin.errors import StoreError
from gridtwin.manuals.library_mirror import drop_nulls
from gridtwin.manuals.library_reading import FIGURE_COLUMNS
from gridtwin.manuals.page_index import read_about_words, read_page_words
from gridtwin.store.acting_role import OWNER
from gridtwin.store.postgis.connect import connect
from gridtwin.store.postgis.migrate import check_schema
from gridtwin.store.postgis.refusals import translate_refusals

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    import psycopg

    from gridtwin.manuals.library_reading import ManualDocument
    from gridtwin.manuals.manual_library import ManualLibrary

    Progress = Callable[[int, int], None]
    Connection = psycopg.Connection[Any]

DOCUMENTS_A_TRANSACTION = 50
SYNC_LOCK = 0x6D616E75_616C7301  # one sync of manuals at a time in a database
LENGTHS, PLACES = struct.Struct("<3i"), struct.Struct("<4i")
DOCUMENT_COLUMNS = (
    *("document", "path", "folder", "title", "kind", "manufacturer", "number", "revision"),
    *("dated", "language", "pages", "unreadable", "superseded_by", "reader"),
)
# Tables that are small, and written anew; those of permissions come first.
COPIED_TABLES = {
    "folder_permissions": "SELECT folder, permission FROM folder_permissions",
    "link_reviews": "SELECT manufacturer, model, document, verdict, actor FROM link_reviews",
    "manual_files": (
        "SELECT path, bytes, modified_ns, document FROM manual_files WHERE document <> ''"
    ),
}
UPDATE_DOCUMENT = """
UPDATE documents SET path = %s, folder = %s, superseded_by = %s WHERE document = %s
"""


@dataclass(slots=True)
class MirrorReport:
    """What became of the documents of a mirror."""

    added: int = 0  # documents, or what is known of them changed
    removed: int = 0  # documents
    unchanged: int = 0  # documents
    pages: int = 0  # of those added


def sync_manuals(library: ManualLibrary, url: str, progress: Progress) -> MirrorReport:
    """
    Bring a database up to date with a library; what was written stays if the program is ended.

    Parameters
    ----------
    library
        Whose documents, links and permissions are copied.
    url
        The address of a database that `gridtwin db migrate` has brought up to date.
    progress
        Told the documents that are written, and of how many.

    Raises
    ------
    StoreError
        If the database is not reached, lacks the schema, or another sync writes it.
    """
    report = MirrorReport()
    with translate_refusals(url, role=OWNER), connect(url, autocommit=True) as connection:
        check_schema(connection)
        connection.execute("SET search_path = gridtwin_manuals, pg_catalog, pg_temp")
        locked = connection.execute("SELECT pg_try_advisory_lock(%s)", (SYNC_LOCK,)).fetchone()
        if locked != (True,):
            msg = "another sync writes the manuals of this database: try again when it has ended"
            raise StoreError(msg)
        wanted = {each.document: each for each in library.list_documents()}
        models = library.read_models()
        held = _read_held(connection)
        same = {
            name
            for name, each in wanted.items()
            if held.get(name) == (_list_read(each), sorted(models.get(name, ())))
        }
        report.unchanged, report.removed = len(same), len(held.keys() - wanted.keys())
        with connection.transaction():
            _copy_tables(connection, library)
            gone = [(name,) for name in held.keys() - same]
            with connection.cursor() as cursor:
                cursor.executemany("DELETE FROM documents WHERE document = %s", gone)
                moved = [
                    (drop_nulls(each.path), drop_nulls(each.folder), each.superseded_by, name)
                    for name, each in wanted.items()
                    if name in same
                ]
                cursor.executemany(UPDATE_DOCUMENT, moved)
            _raise_mark(connection)
        waiting = [each for name, each in wanted.items() if name not in same]
        for start in range(0, len(waiting), DOCUMENTS_A_TRANSACTION):
            some = waiting[start : start + DOCUMENTS_A_TRANSACTION]
            with connection.transaction():
                report.pages += _write_documents(connection, library, some)
                _raise_mark(connection)
            report.added += len(some)
            progress(report.added, len(waiting))
    return report


def _list_read(document: ManualDocument) -> tuple[Any, ...]:
    """Return what was read of a document's pages, which its words are made of."""
    return tuple(
        drop_nulls(value) if isinstance(value, str) else value
        for name, value in zip(DOCUMENT_COLUMNS, astuple(document), strict=True)
        if name not in {"document", "path", "folder", "superseded_by"}
    )


def _read_held(connection: Connection) -> dict[str, tuple[tuple[Any, ...], list[Any]]]:
    """Return what the mirror knows of documents, and the models they concern."""
    models: dict[str, list[Any]] = {}
    for name, role, pattern in connection.execute(
        "SELECT document, role, pattern FROM document_models"
    ):
        models.setdefault(name, []).append((role, pattern))
    rows = connection.execute(
        "SELECT document, title, kind, manufacturer, number, revision, dated, language, pages,"
        " unreadable, reader FROM documents"
    )
    return {name: (tuple(read), sorted(models.get(name, ()))) for name, *read in rows}


def _raise_mark(connection: Connection) -> None:
    """Tell those who read that something was written."""
    connection.execute("UPDATE mirror SET mark = mark + 1")


def _copy_tables(connection: Connection, library: ManualLibrary) -> None:
    for table, question in COPIED_TABLES.items():
        with library.open_database() as kept:
            rows = kept.execute(question).fetchall()
        _delete_rows(connection, table)
        _copy_rows(connection, table, rows)


def _delete_rows(connection: Connection, table: str) -> None:
    from psycopg import sql

    connection.execute(sql.SQL("DELETE FROM {}").format(sql.Identifier(table)))


def _copy_rows(
    connection: Connection,
    table: str,
    rows: Iterable[Sequence[Any]],
    columns: Sequence[str] = (),
) -> None:
    from psycopg import sql

    names = sql.SQL(", ").join(map(sql.Identifier, columns))
    listed = sql.SQL(" ({})").format(names) if columns else sql.SQL("")
    statement = sql.SQL("COPY {}{} FROM STDIN").format(sql.Identifier(table), listed)
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        for row in rows:
            copy.write_row([drop_nulls(each) if isinstance(each, str) else each for each in row])


def _write_documents(
    connection: Connection, library: ManualLibrary, documents: Sequence[ManualDocument]
) -> int:
    """Write documents with their pages and words; return how many pages they have."""
    count = 0
    postings: list[tuple[str, int, int, int, bytes]] = []
    ask = (
        f"INSERT INTO documents ({', '.join(DOCUMENT_COLUMNS)}, about, lengths)"  # noqa: S608 - own names
        f" VALUES ({', '.join(['%s'] * (len(DOCUMENT_COLUMNS) + 2))}) RETURNING id"
    )
    for each in documents:
        name = each.document
        with library.open_database() as kept:
            about = read_about_words(kept, name)
            words = list(read_page_words(kept, name))
            models = kept.execute(
                "SELECT document, role, pattern FROM document_models WHERE document = ?", (name,)
            ).fetchall()
            pages = kept.execute(
                "SELECT document, page, heading, read_by, lines FROM document_pages"
                " WHERE document = ?",
                (name,),
            ).fetchall()
            figures = kept.execute(
                f"SELECT document, {FIGURE_COLUMNS} FROM document_figures WHERE document = ?",  # noqa: S608 - own names
                (name,),
            ).fetchall()
        lengths = b"".join(LENGTHS.pack(page, len(body), len(above)) for page, body, above in words)
        values = [drop_nulls(v) if isinstance(v, str) else v for v in astuple(each)]
        (number,) = connection.execute(ask, (*values, about, lengths)).fetchone() or (0,)
        _copy_rows(connection, "document_models", models)
        _copy_rows(connection, "document_pages", pages)
        _copy_rows(connection, "document_figures", figures)
        postings += make_postings(number, words)
        count += len(pages)
    _copy_rows(connection, "postings", sorted(postings))
    return count


def make_postings(
    number: int, words: Iterable[tuple[int, list[str], list[str]]]
) -> list[tuple[str, int, int, int, bytes]]:
    """
    Return where each word of a document stands, as rows of the table of postings.

    Parameters
    ----------
    number
        Of the document in the mirror.
    words
        Of its pages: number, words, and words of the headings.
    """
    places: dict[str, list[tuple[int, int, int, int]]] = {}
    for page, body, above in words:
        counts, headings = Counter(body), Counter(above)
        for word in counts.keys() | headings.keys():
            places.setdefault(word, []).append((number, page, counts[word], headings[word]))
    return [
        (
            word,
            number,
            sum(body > 0 for _, _, body, _ in listed),
            sum(heading > 0 for *_, heading in listed),
            b"".join(PLACES.pack(*each) for each in listed),
        )
        for word, listed in places.items()
    ]
