"""Answer a question with passages of manuals: which document, which page, and where on it."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from itertools import pairwise
from threading import Lock
from typing import TYPE_CHECKING

from gridtwin.errors import InputError
from gridtwin.manuals.document_routing import LibraryCatalog
from gridtwin.manuals.manual_passages import ManualPassage, choose_passage
from gridtwin.manuals.manual_words import read_question_words, split_manual_words

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from gridtwin.manuals.document_pages import PageFigure, PageLine
    from gridtwin.manuals.library_reading import LibraryReader, ManualDocument, PageHit
    from gridtwin.manuals.manual_words import QuestionWord

LONGEST_MANUAL_QUESTION = 500  # characters
PAGES_LOOKED_AT = 20  # pages that are looked at line by line
MOST_PASSAGES = 20
LEAST_COVERAGE = 0.3  # of the weight of a question's words that a page must hold
UNSEEN_WORD_WEIGHT = 0.5  # of a word that no page holds, to the rarest that one does
TOLD_SHARE = 0.3  # of a word in a passage that the heading of the page says already
PASSAGE_SHARE = 0.5  # of what a passage that holds the words together adds
HEADING_SHARE = 1.0  # of what words add that the heading holds
TERM_SHARE = 0.5  # of what words add that stand side by side on the page as in the question


@dataclass(frozen=True, slots=True)
class FoundPassage:
    """
    A passage that answers.

    Attributes
    ----------
    document
        That holds it.
    page, heading
        On which page, and under which headings.
    passage
        The lines.
    score
        How well it fits, for this question alone.
    figures
        Of the page, those first whose caption holds most of the question.
    """

    document: ManualDocument
    page: int
    heading: str
    passage: ManualPassage
    score: float
    figures: tuple[PageFigure, ...] = ()


class ManualSearch:
    """
    Search the manuals of a library; threads may share it.

    Parameters
    ----------
    library
        What was taken in with `gridtwin manuals add`, or its mirror in PostgreSQL.
    """

    def __init__(self, library: LibraryReader) -> None:
        self.library = library
        self._index = library.open_index()
        self._catalog: tuple[object, LibraryCatalog] | None = None
        self._reading = Lock()

    def read_catalog(self) -> LibraryCatalog:
        """Return what the documents are about; what was read is kept until the library changes."""
        with self._reading:
            mark = self.library.read_mark()
            if self._catalog is None or self._catalog[0] != mark:
                self._index.reload()
                self._catalog = mark, LibraryCatalog.from_library(self.library)
            return self._catalog[1]

    def find_passages(
        self,
        question: str,
        *,
        limit: int = 5,
        within: Collection[str] | None = None,
        permissions: frozenset[str] | None = None,
        superseded: bool = False,
    ) -> list[FoundPassage]:
        """
        Return the passages that answer a question best, at most one of a page; none if none does.

        Parameters
        ----------
        question
            In words.
        limit
            How many at most.
        within
            The only documents that are asked, such as those of an element; None = all.
        permissions
            Those of who asks; documents of folders that need another are not there for them.
            None = who owns the library, and sees all.
        superseded
            Whether documents count that have a newer revision.

        Raises
        ------
        InputError
            If the question is empty or too long.
        """
        catalog = self.read_catalog()
        without = catalog.find_hidden(permissions)
        if not superseded:
            without |= catalog.list_superseded()
        routed = catalog.route_question(_read_question(question), without, within)
        words, documents = routed.words, catalog.documents
        hits = self._index.find_pages(
            words,
            max(PAGES_LOOKED_AT, limit),
            within=routed.within,
            without=without if routed.within is None else (),
        )
        weights = [self._weigh_word(word) for word in words]
        pages = self.library.read_pages([(hit.document, hit.page) for hit in hits])
        found = [
            self._look_at(hit, documents[hit.document], page, words, weights)
            for hit, page in zip(hits, pages, strict=True)
            if page is not None and hit.document in documents
        ]
        kept = [each for each in found if each is not None]
        kept.sort(key=lambda each: (-each.score, each.document.document, each.page))
        return self._add_figures(kept[: min(limit, MOST_PASSAGES)], words, weights)

    def _add_figures(
        self,
        passages: Sequence[FoundPassage],
        words: Sequence[QuestionWord],
        weights: Sequence[float],
    ) -> list[FoundPassage]:
        """Return passages with the figures of their pages."""

        def weigh_caption(figure: PageFigure) -> float:
            said = set(split_manual_words(figure.caption))
            return sum(
                weight * word.hold_most(said) for word, weight in zip(words, weights, strict=True)
            )

        held = self.library.read_figures([(each.document.document, each.page) for each in passages])
        return [
            replace(
                each,
                figures=tuple(sorted(figures, key=lambda one: (-weigh_caption(one), one.number))),
            )
            for each, figures in zip(passages, held, strict=True)
        ]

    def _weigh_word(self, word: QuestionWord) -> float:
        """Return how much a word tells: how rare it is; one that nothing holds tells little."""
        pages = max(self._index.count_pages(), 1)
        uses = [self._index.count_page_uses(each) for each in (word.word, *word.others)]
        known = [min(use, pages) for use in uses if use]
        if not known:
            return word.weight * UNSEEN_WORD_WEIGHT * math.log(1 + pages)
        return word.weight * math.log(1 + (pages - known[0] + 0.5) / (known[0] + 0.5))

    def mark_page(self, document: str, page: int, question: str) -> ManualPassage | None:
        """
        Return the lines of a page that answer a question best; None if it holds no word of it.

        Raises
        ------
        NotFoundError
            If there is no such page.
        InputError
            If the question is empty or too long.
        """
        heading, lines = self.library.read_page(document, page)
        routed = self.read_catalog().route_question(_read_question(question), (), {document})
        weights = [self._weigh_word(word) for word in routed.words]
        spoken = [set(split_manual_words(line.text)) for line in lines]
        passage = _choose_lines(heading, lines, spoken, routed.words, weights)
        return passage if passage.weight else None

    def _look_at(
        self,
        hit: PageHit,
        document: ManualDocument,
        page: tuple[str, tuple[PageLine, ...]],
        words: Sequence[QuestionWord],
        weights: Sequence[float],
    ) -> FoundPassage | None:
        """Return the best passage of a page; None if it holds too little of a question."""
        heading, lines = page
        around = set(split_manual_words(f"{heading} {document.title} {document.manufacturer}"))
        said = [split_manual_words(line.text) for line in lines]
        spoken = [set(each) for each in said]
        around.update(*spoken)
        shares = [word.hold_most(around) for word in words]
        above = split_manual_words(heading)
        if not _holds_enough(words, weights, shares, above):
            return None
        asked = [at for at, word in enumerate(words) if shares[at] or not word.is_extra]
        whole = max(sum(weights[at] for at in asked), 1e-9)
        covered = sum(weights[at] * shares[at] for at in asked)
        passage = _choose_lines(heading, lines, spoken, words, weights)
        headed = sum(
            weight * word.hold_most(above) for word, weight in zip(words, weights, strict=True)
        )
        terms = _weigh_terms(above, said, words, weights)
        more = PASSAGE_SHARE * passage.weight + HEADING_SHARE * headed + TERM_SHARE * terms
        score = hit.score * covered / whole * (1 + more / whole)
        return FoundPassage(document, hit.page, heading, passage, round(score, 4))


def _holds_enough(
    words: Sequence[QuestionWord],
    weights: Sequence[float],
    shares: Sequence[float],
    above: Sequence[str],
) -> bool:
    """
    Return whether a page holds enough of what is asked; its title alone answers nothing.

    One whose heading, `above`, holds words that stand side by side in the question is about their
    part, whatever else is told in the question.
    """
    asking = [
        at
        for at, word in enumerate(words)
        if word.weight == 1.0 and (shares[at] or not word.is_extra)
    ] or range(len(words))
    covered = sum(weights[at] * shares[at] for at in asking)
    if covered >= LEAST_COVERAGE * sum(weights[at] for at in asking):
        return True
    beside = pairwise(word for word in words if not word.is_extra)
    asked = {(one.word, two.word) for one, two in beside if 1.0 in (one.weight, two.weight)}
    return not asked.isdisjoint(pairwise(above))


def _weigh_terms(
    heading: Sequence[str],
    said: Sequence[Sequence[str]],
    words: Sequence[QuestionWord],
    weights: Sequence[float],
) -> float:
    """
    Return what pairs of words weigh that follow each other in a question and on a page.

    Such pairs are mostly names of parts: who asks for the limit switch means no limit of another.
    One in the heading says what the page is about, and counts twice.
    """
    above = set(pairwise(heading))
    below = {pair for line in said for pair in pairwise(line)}
    weight = 0.0
    for at, (first, second) in enumerate(pairwise(words)):
        pair = (first.word, second.word)
        weight += min(weights[at], weights[at + 1]) * ((pair in above) + (pair in above | below))
    return weight


def _choose_lines(
    heading: str,
    lines: Sequence[PageLine],
    spoken: Sequence[set[str]],
    words: Sequence[QuestionWord],
    weights: Sequence[float],
) -> ManualPassage:
    """Return the best lines of a page, `spoken` their words; what its heading says tells less."""
    held = [
        {at: share for at, word in enumerate(words) if (share := word.hold_most(said))}
        for said in spoken
    ]
    above = set(split_manual_words(heading))
    told = [
        weight * (TOLD_SHARE if word.word in above else 1.0)
        for word, weight in zip(words, weights, strict=True)
    ]
    return choose_passage(lines, held, told)


def _read_question(question: str) -> list[QuestionWord]:
    if len(question) > LONGEST_MANUAL_QUESTION:
        msg = f"a question may have {LONGEST_MANUAL_QUESTION} characters: shorten it"
        raise InputError(msg)
    words = read_question_words(question)
    if not words:
        msg = "the question has no word that can be looked for"
        raise InputError(msg)
    return words
