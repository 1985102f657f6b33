"""Tell which documents a question means, before any page is looked at."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from gridtwin.manuals.manual_facts import BULLETIN, fits_model
from gridtwin.manuals.manual_words import split_manual_words

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from gridtwin.manuals.library_reading import LibraryReader, ManualDocument
    from gridtwin.manuals.manual_words import QuestionWord

TITLE_WEIGHT = 0.3  # of a word that the title of all documents asked holds


@dataclass(frozen=True, slots=True)
class RoutedQuestion:
    """
    A question, and where it is asked.

    Attributes
    ----------
    words
        That ask for a page.
    within
        The documents that are asked; None = all.
    """

    words: list[QuestionWord]
    within: set[str] | None


@dataclass(frozen=True, slots=True)
class LibraryCatalog:
    """
    What the documents of a library are about, as it was at a moment.

    Attributes
    ----------
    documents
        By id.
    models
        The patterns of models and catalog numbers that a document concerns.
    permissions
        That a folder needs.
    """

    documents: Mapping[str, ManualDocument]
    models: Mapping[str, list[tuple[str, str]]]
    permissions: Mapping[str, str]
    _exact: Mapping[str, set[str]] = field(default_factory=dict)
    _open: Sequence[tuple[str, str]] = ()  # patterns with any end, and their documents

    @classmethod
    def from_library(cls, library: LibraryReader) -> LibraryCatalog:
        """Read what a library holds now."""
        documents = {each.document: each for each in library.list_documents()}
        models = library.read_models()
        exact: dict[str, set[str]] = {}
        opened: list[tuple[str, str]] = []
        for document, patterns in models.items():
            for _, pattern in patterns:
                if pattern.endswith("*"):
                    opened.append((pattern, document))
                else:
                    exact.setdefault(pattern, set()).add(document)
        return cls(documents, models, library.read_permissions(), exact, opened)

    def find_by_model(self, model: str) -> set[str]:
        """Return the documents that concern a folded model or catalog number."""
        fitting = {document for pattern, document in self._open if fits_model(model, pattern)}
        return fitting | self._exact.get(model, set())

    def find_hidden(self, permissions: frozenset[str] | None) -> set[str]:
        """Return the documents that need a permission which is not given; None sees all."""
        if permissions is None:
            return set()
        closed = [folder for folder, word in self.permissions.items() if word not in permissions]
        return {
            each.document
            for each in self.documents.values()
            if any(each.folder.startswith(folder) for folder in closed)
        }

    def list_superseded(self) -> set[str]:
        """Return the documents that have a newer revision."""
        return {each.document for each in self.documents.values() if each.superseded_by}

    def route_question(
        self, words: list[QuestionWord], without: Collection[str], within: Collection[str] | None
    ) -> RoutedQuestion:
        """
        Return the words that ask for a page, and the documents which the others name.

        Parameters
        ----------
        words
            Of a question. A number of a model names its documents.
        without, within
            Documents that are not asked, and the only ones that are.
        """
        chosen = None if within is None else set(within) - set(without)
        numbers: dict[str, set[str]] = {}
        for word in words:
            if any(letter.isdigit() for letter in word.word):
                documents = self.find_by_model(word.word) - set(without)
                documents = documents if chosen is None else documents & chosen
                if documents:
                    numbers[word.word] = documents
        narrowed = set.union(*numbers.values()) if numbers else chosen
        asked = [self.documents[each] for each in narrowed or () if each in self.documents]
        if not asked:
            return RoutedQuestion(words, narrowed)
        parts = {part for number in numbers for part in _list_parts(number)}
        makers = set.union(*(set(split_manual_words(each.manufacturer)) for each in asked))
        kinds = Counter(each.kind for each in asked)
        most = max(kinds, key=lambda kind: (kind != BULLETIN, kinds[kind]))  # that names a part
        alike = (each.title for each in asked if each.kind == most)
        titles = set.intersection(*(set(split_manual_words(title)) for title in alike))
        left = [
            replace(word, weight=TITLE_WEIGHT) if word.word in titles else word
            for word in words
            if word.word not in parts | makers | numbers.keys()
        ]
        return RoutedQuestion(left or words, narrowed)


def _list_parts(number: str) -> set[str]:
    """Return the pieces of a number of a model as they stand apart in a question."""
    pieces = re.findall(r"\d+|[^\W\d_]+", number)
    return {*pieces, "".join(pieces[1:]), *split_manual_words(" ".join(pieces))}  # LBS is no pound
