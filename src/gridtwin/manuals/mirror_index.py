"""
Find pages by their words in the mirror in PostgreSQL, scored as `page_index` scores them.

The server keeps on which pages each word stands; what it sends is scored here by BM25 with the
lengths of pages in the steps of tantivy, so that both give the same pages the same scores. (The
server's own ranking knows neither how rare a word is nor how long a page.) What a word counts on
each page is kept until the mirror changes, for most words of a question are those of others: what
is done to parts, and what parts are called.
"""

from __future__ import annotations

from threading import Lock
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from cachetools import LRUCache

from gridtwin.manuals.library_reading import PageHit
from gridtwin.manuals.mirror_pages import read_mirror_pages
from gridtwin.manuals.page_index import OTHERS_SHARE

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from numpy.typing import NDArray

    from gridtwin.manuals.library_reading import LibraryReader
    from gridtwin.manuals.manual_words import QuestionWord
    from gridtwin.manuals.mirror_pages import MirrorPages

    Scores = NDArray[np.float64]

PLACE = np.dtype([("id", "<i4"), ("page", "<i4"), ("body", "<i4"), ("heading", "<i4")])
FIND_POSTINGS = """
SELECT word, sum(pages)::int, sum(headings)::int,
    coalesce(string_agg(places, ''::bytea) FILTER (WHERE ?::bool OR id = ANY(?::int[])), '')
FROM postings WHERE word = ANY(?::text[]) GROUP BY word
"""
MOST_KEPT_PLACES = 4_000_000  # of words on pages, 16 bytes each
WORD_COST = 50  # places that a word takes for itself
MOST_KNOWN_WORDS = 100_000  # whose uses are remembered


class WordScores(NamedTuple):
    """What a word counts in the text and headings of some pages: `at` their places."""

    at: NDArray[np.int64]
    scores: Scores


NO_SCORES = WordScores(np.empty(0, np.int64), np.empty(0))


class KnownWords:
    """What was asked of the words of a mirror since it changed; threads may share it."""

    def __init__(self) -> None:
        self._scores: LRUCache[str, WordScores] = LRUCache(
            MOST_KEPT_PLACES, getsizeof=lambda word: len(word.at) + WORD_COST
        )
        self._uses: LRUCache[str, int] = LRUCache(MOST_KNOWN_WORDS)
        self._lock = Lock()

    def find_scores(self, words: Iterable[str]) -> dict[str, WordScores]:
        """Return what is known of words: what each counts on all pages."""
        with self._lock:
            return {word: self._scores[word] for word in words if word in self._scores}

    def find_uses(self, word: str) -> int | None:
        """Return on how many pages a word stands; None if that is not known."""
        with self._lock:
            return self._uses.get(word)

    def keep_uses(self, word: str, uses: int) -> None:
        """Remember on how many pages a word stands."""
        with self._lock:
            self._uses[word] = uses

    def keep_scores(self, word: str, scores: WordScores) -> None:
        """Remember what a word counts on all pages, unless it takes all the room."""
        with self._lock:
            if len(scores.at) + WORD_COST <= MOST_KEPT_PLACES:
                self._scores[word] = scores


class MirrorIndex:
    """
    The words of the pages of a mirror.

    Parameters
    ----------
    library
        The mirror.
    """

    def __init__(self, library: LibraryReader) -> None:
        self._library = library
        self.reload()

    def reload(self) -> None:
        """See what others have written since."""
        self._now = read_mirror_pages(self._library), KnownWords()

    def count_pages(self) -> int:
        """Return how many pages can be found."""
        return len(self._now[0])

    def count_page_uses(self, word: str) -> int:
        """Return on how many pages a word stands, or in how many titles of their documents."""
        pages, known = self._now
        uses = known.find_uses(word)
        if uses is None:
            self._read_scores(pages, known, [word], [])
            uses = known.find_uses(word) or 0
        return max(uses, pages.count_about(word))

    def find_pages(
        self,
        words: Sequence[QuestionWord],
        limit: int,
        *,
        within: Collection[str] | None = None,
        without: Collection[str] = (),
    ) -> list[PageHit]:
        """Return the pages that fit words best; see `PageFinder`."""
        pages, known = self._now
        chosen = None if within is None else [each for each in within if each in pages.ranges]
        if not words or not len(pages) or chosen == []:
            return []
        spoken = sorted({each for word in words for each in (word.word, *word.others)})
        scores = self._read_scores(pages, known, spoken, chosen)
        total = np.zeros(len(pages))
        for word in words:
            total += _score_question_word(pages, word, scores, alone=within is None)
        if chosen is not None:
            asked = np.zeros(len(pages), dtype=bool)
            for document in chosen:
                asked[pages.ranges[document]] = True
            total[~asked] = 0.0
        for document in without:
            if document in pages.ranges:
                total[pages.ranges[document]] = 0.0
        return _list_best(pages, total, limit)

    def _read_scores(
        self,
        pages: MirrorPages,
        known: KnownWords,
        words: Sequence[str],
        chosen: Sequence[str] | None,
    ) -> dict[str, WordScores]:
        """Return what words count, on the pages of some documents or, if known, on all."""
        scores = known.find_scores(words)
        wanted = [word for word in words if word not in scores]
        if not wanted:
            return scores
        ids = [int(pages.keys[pages.ranges[each]][0]) >> 32 for each in chosen or ()]
        with self._library.open_database() as connection:
            rows = connection.execute(FIND_POSTINGS, (chosen is None, ids, wanted)).fetchall()
        found = {word: (uses, headings, packed) for word, uses, headings, packed in rows}
        for word in wanted:
            uses, headings, packed = found.get(word, (0, 0, b""))
            known.keep_uses(word, uses)
            places = np.frombuffer(packed, PLACE)
            scores[word] = _score_places(pages, places, uses, headings) if packed else NO_SCORES
            if chosen is None:
                known.keep_scores(word, scores[word])
        return scores


def _score_places(
    pages: MirrorPages, places: NDArray[np.void], uses: int, headings: int
) -> WordScores:
    """Return what a word counts where it stands; `headings`: in those of how many pages."""
    at, here = pages.locate_pages(places["id"].astype(np.int64), places["page"].astype(np.int64))
    at, places = at[here], places[here]  # another may have written since
    scores = np.zeros(len(at))
    for name, held in (("body", uses), ("heading", headings)):
        scores += pages.score_word(name, at, places[name].astype(np.float64), held)
    return WordScores(at, scores)


def _score_question_word(
    pages: MirrorPages, word: QuestionWord, scores: dict[str, WordScores], *, alone: bool
) -> Scores:
    """Return what a word and those in its place count on each page: the best, and a share more."""
    best, every = np.zeros(len(pages)), np.zeros(len(pages))
    for each, weight in ((word.word, 1.0), *word.others.items()):
        at, counts = scores[each]
        part = weight * word.weight * counts
        best[at] = np.maximum(best[at], part)
        every[at] += part
        about = pages.score_about(each) if alone else None
        if about is not None:
            about *= weight * word.weight
            np.maximum(best, about, out=best)
            every += about
    return best + OTHERS_SHARE * (every - best) if word.others else best


def _list_best(pages: MirrorPages, total: Scores, limit: int) -> list[PageHit]:
    """Return the pages that count most, the best first."""
    fitting = np.flatnonzero(total)
    if len(fitting) > limit:
        least = np.partition(total[fitting], -limit)[-limit]
        fitting = fitting[total[fitting] >= least]
    best_first = fitting[np.argsort(-total[fitting], kind="stable")[:limit]]
    hits = [PageHit(*pages.name_page(at), float(total[at])) for at in best_first.tolist()]
    return sorted(hits, key=lambda hit: (-round(hit.score, 4), hit.document, hit.page))
