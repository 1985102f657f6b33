"""Find pages by their words: an index of tantivy beside the library, which it follows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gridtwin.errors import MissingExtraError, StoreError
from gridtwin.manuals.document_pages import unpack_lines
from gridtwin.manuals.library_reading import PageHit
from gridtwin.manuals.manual_words import split_manual_words

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Sequence
    from pathlib import Path

    from gridtwin.manuals.library_reading import LibraryConnection, LibraryReader
    from gridtwin.manuals.manual_words import QuestionWord

    Progress = Callable[[int, int], None]

INDEX_FOLDER = "pages.index"
WRITER_BYTES = 128 * 1024 * 1024
DOCUMENTS_A_COMMIT = 200
OTHERS_SHARE = 0.3  # of what counts beside the best, where several may stand for a word
# What a word counts in the text of a page, in its headings, and in what its document is about:
# title, maker and models.
FIELD_BOOSTS = {"body": 1.0, "heading": 1.2, "about": 2.5}


class PageIndex:
    """
    The index of the pages of a library.

    Raises
    ------
    MissingExtraError
        If tantivy is not installed.
    StoreError
        If the index is damaged.
    """

    def __init__(self, folder: Path) -> None:
        try:
            import tantivy
        except ImportError as error:
            need = "a search over manuals"
            raise MissingExtraError(need, "manuals") from error
        self._tantivy = tantivy
        self._folder = folder / INDEX_FOLDER
        self._schema = _build_schema(tantivy)
        self._folder.mkdir(parents=True, exist_ok=True)
        try:
            self._index = tantivy.Index(self._schema, path=str(self._folder))
        except ValueError as error:
            msg = f"{self._folder} is damaged: remove it, and run gridtwin manuals add again"
            raise StoreError(msg) from error

    def follow_library(self, library: LibraryReader, progress: Progress) -> int:
        """
        Bring in the documents of a library that are not in the index yet; return how many.

        A document that came in only partly, because the program was ended, comes in again; all do
        where the index was removed.
        """
        with library.open_database() as connection:
            if not self.count_pages():
                connection.execute("UPDATE documents SET indexed = 0")
            waiting = [
                row[0]
                for row in connection.execute(
                    "SELECT document FROM documents WHERE NOT indexed ORDER BY document"
                )
            ]
        if not waiting:
            return 0
        writer = self._index.writer(heap_size=WRITER_BYTES, num_threads=1)
        for start in range(0, len(waiting), DOCUMENTS_A_COMMIT):
            some = waiting[start : start + DOCUMENTS_A_COMMIT]
            with library.open_database() as connection:
                for at, document in enumerate(some):
                    self._add_document(writer, connection, document)
                    progress(start + at + 1, len(waiting))
                writer.commit()
                for document in some:
                    connection.execute(
                        "UPDATE documents SET indexed = 1 WHERE document = ?", (document,)
                    )
        writer.wait_merging_threads()
        self._index.reload()
        return len(waiting)

    def drop_documents(self, documents: Collection[str]) -> None:
        """Take documents out."""
        if not documents:
            return
        writer = self._index.writer(heap_size=WRITER_BYTES, num_threads=1)
        for document in documents:
            writer.delete_documents_by_term("document", document)
        writer.commit()
        writer.wait_merging_threads()
        self._index.reload()

    def reload(self) -> None:
        """See what others have written since."""
        self._index.reload()

    def _add_document(self, writer: Any, connection: Any, document: str) -> None:
        about = " ".join(read_about_words(connection, document))
        writer.delete_documents_by_term("document", document)
        for page, body, heading in read_page_words(connection, document):
            writer.add_document(
                self._tantivy.Document(
                    document=document,
                    page=page,
                    body=" ".join(body),
                    heading=" ".join(heading),
                    about=about,
                )
            )

    def count_pages(self) -> int:
        """Return how many pages are in the index."""
        return int(self._index.searcher().num_docs)

    def count_page_uses(self, word: str) -> int:
        """Return on how many pages a word stands, or in how many titles of their documents."""
        searcher = self._index.searcher()
        return int(max(searcher.doc_freq(field, word) for field in ("body", "about")))

    def find_pages(
        self,
        words: Sequence[QuestionWord],
        limit: int,
        *,
        within: Collection[str] | None = None,
        without: Collection[str] = (),
    ) -> list[PageHit]:
        """Return the pages that fit words best; see `PageFinder`."""
        tantivy, schema = self._tantivy, self._schema
        query, occur = tantivy.Query, tantivy.Occur
        parts = [(occur.Should, self._ask_word(word, alone=within is None)) for word in words]
        if not parts or (within is not None and not within):
            return []
        clauses = [(occur.Must, query.boolean_query(parts))]
        if within is not None:
            chosen = query.term_set_query(schema, "document", list(within))
            clauses.append((occur.Must, query.const_score_query(chosen, 0.0)))
        if without:
            clauses.append((occur.MustNot, query.term_set_query(schema, "document", list(without))))
        searcher = self._index.searcher()
        found = searcher.search(query.boolean_query(clauses), limit, count=False).hits
        hits = []
        for score, address in found:
            kept = searcher.doc(address)
            hits.append(PageHit(kept["document"][0], kept["page"][0], float(score)))
        return sorted(hits, key=lambda hit: (-round(hit.score, 4), hit.document, hit.page))

    def _ask_word(self, word: QuestionWord, *, alone: bool) -> Any:
        """Return the query of one word, and of what may stand in its place."""
        ways = [
            way
            for each, weight in ((word.word, 1.0), *word.others.items())
            for way in self._ask_fields(each, weight * word.weight, alone=alone)
        ]
        return self._tantivy.Query.disjunction_max_query(
            ways, tie_breaker=OTHERS_SHARE if word.others else 0.0
        )

    def _ask_fields(self, word: str, weight: float, *, alone: bool) -> list[Any]:
        """
        Return queries of a word: on the page, and alone also in what its document is about.

        The better counts: who names the equipment means all pages of its manual, not its cover.
        """
        query, occur = self._tantivy.Query, self._tantivy.Occur
        asked = {
            field: query.boost_query(
                query.term_query(self._schema, field, word, "freq"), boost * weight
            )
            for field, boost in FIELD_BOOSTS.items()
        }
        page = [(occur.Should, asked["body"]), (occur.Should, asked["heading"])]
        return [query.boolean_query(page), *([asked["about"]] if alone else ())]


def read_about_words(connection: LibraryConnection, document: str) -> list[str]:
    """Return the words of what a document is about: its title, maker, number and models."""
    title, maker, number = connection.execute(
        "SELECT title, manufacturer, number FROM documents WHERE document = ?", (document,)
    ).fetchone()
    models = connection.execute(
        "SELECT pattern FROM document_models WHERE document = ? ORDER BY role, pattern", (document,)
    )
    words = split_manual_words(f"{title} {maker} {number}")
    return [*words, *(row[0].rstrip("*") for row in models)]


def read_page_words(
    connection: LibraryConnection, document: str
) -> Iterator[tuple[int, list[str], list[str]]]:
    """Yield the pages of a document that hold words: number, words, and words of the headings."""
    for page, heading, lines in connection.execute(
        "SELECT page, heading, lines FROM document_pages WHERE document = ? ORDER BY page",
        (document,),
    ):
        words = split_manual_words("\n".join(line.text for line in unpack_lines(lines)))
        if words:
            yield page, words, split_manual_words(heading)


def _build_schema(tantivy: Any) -> Any:
    builder = tantivy.SchemaBuilder()
    builder.add_text_field("document", stored=True, tokenizer_name="raw", index_option="basic")
    builder.add_unsigned_field("page", stored=True)
    for field in FIELD_BOOSTS:
        builder.add_text_field(field, tokenizer_name="whitespace", index_option="freq")
    return builder.build()
