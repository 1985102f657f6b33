"""Hold the pages of the mirror in PostgreSQL, and score words on them as tantivy does."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from gridtwin.manuals.page_index import FIELD_BOOSTS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from gridtwin.manuals.library_reading import LibraryReader

    Rows = NDArray[np.int64]
    Scores = NDArray[np.float64]

TERM_SATURATION, LENGTH_SHARE = 1.2, 0.75  # k1 and b of BM25
EXACT_LENGTHS = 24  # words; longer pages count as the next shorter step
LENGTH = np.dtype([("page", "<i4"), ("body", "<i4"), ("heading", "<i4")])


@dataclass(frozen=True, slots=True)
class MirrorPages:
    """
    The pages of a mirror at a moment; a page is its place in `keys`.

    Attributes
    ----------
    keys
        Number of the document and page as one number, ascending.
    names
        Documents by their number.
    ranges
        The places of the pages of a document.
    rows
        Of each page the place of its document in `starts`.
    starts
        The place of the first page of each document that has pages.
    norms
        By field what BM25 adds to how often a word stands on a page.
    about
        By word the documents whose title, maker or models say it, and how often.
    """

    keys: Rows
    names: Mapping[int, str]
    ranges: Mapping[str, slice]
    rows: Rows
    starts: Rows
    norms: Mapping[str, Scores]
    about: Mapping[str, tuple[Rows, Scores]]

    def __len__(self) -> int:
        """Return how many pages there are."""
        return len(self.keys)

    def locate_pages(self, ids: Rows, pages: Rows) -> tuple[Rows, NDArray[np.bool_]]:
        """Return the places of pages of documents, and which of them there are."""
        keys = ids << 32 | pages
        at = np.minimum(np.searchsorted(self.keys, keys), len(self.keys) - 1)
        return at, self.keys[at] == keys

    def name_page(self, at: int) -> tuple[str, int]:
        """Return the document and number of a page."""
        key = int(self.keys[at])
        return self.names[key >> 32], key & 0xFFFFFFFF

    def score_word(self, name: str, at: Rows, times: Scores, uses: int) -> Scores:
        """Return the BM25 of a word in a field of pages where it stands so often."""
        rarity = float(np.log1p((len(self.keys) - uses + 0.5) / (uses + 0.5)))
        share = times / (times + self.norms[name][at])
        return FIELD_BOOSTS[name] * rarity * (1 + TERM_SATURATION) * share

    def count_about(self, word: str) -> int:
        """Return how many pages the documents have that are about a word."""
        rows, _ = self.about.get(word, ((), ()))
        ends = np.append(self.starts[1:], len(self.keys))
        return int((ends[rows] - self.starts[rows]).sum()) if len(rows) else 0

    def score_about(self, word: str) -> Scores | None:
        """Return what a word counts on each page of the documents about it; None if none is."""
        if word not in self.about:
            return None
        rows, times = self.about[word]
        scores = np.zeros(len(self.starts))
        scores[rows] = self.score_word("about", self.starts[rows], times, self.count_about(word))
        return scores[self.rows]


def read_mirror_pages(library: LibraryReader) -> MirrorPages:
    """Return the pages that a mirror holds now."""
    with library.open_database() as connection:
        read = connection.execute(
            "SELECT document, id, about, lengths FROM documents WHERE length(lengths) > 0"
            " ORDER BY id"
        ).fetchall()
    lengths = [np.frombuffer(packed, LENGTH) for *_, packed in read]
    every = np.concatenate(lengths or [np.empty(0, LENGTH)])
    counts = np.array([len(each) for each in lengths], dtype=np.int64)
    ends = np.cumsum(counts)
    rows = np.repeat(np.arange(len(read)), counts)
    ids = np.array([number for _, number, *_ in read], dtype=np.int64)
    spoken = np.array([len(about) for _, _, about, _ in read], dtype=np.int64)
    return MirrorPages(
        keys=ids[rows] << 32 | every["page"].astype(np.int64),
        names={number: document for document, number, *_ in read},
        ranges={
            document: slice(end - count, end)
            for (document, *_), count, end in zip(read, counts.tolist(), ends.tolist(), strict=True)
        },
        rows=rows,
        starts=ends - counts,
        norms={
            "body": _make_norms(every["body"].astype(np.int64)),
            "heading": _make_norms(every["heading"].astype(np.int64)),
            "about": _make_norms(spoken[rows]),
        },
        about=_count_about_words([about for _, _, about, _ in read]),
    )


def _count_about_words(spoken: Sequence[Sequence[str]]) -> dict[str, tuple[Rows, Scores]]:
    """Return by word which documents are about it, and how often they say so."""
    counted: dict[str, list[tuple[int, int]]] = {}
    for row, words in enumerate(spoken):
        for word, times in Counter(words).items():
            counted.setdefault(word, []).append((row, times))
    about = {word: np.array(listed, dtype=np.int64) for word, listed in counted.items()}
    return {word: (pairs[:, 0], pairs[:, 1].astype(np.float64)) for word, pairs in about.items()}


def _make_norms(lengths: Rows) -> Scores:
    """Return what BM25 adds to how often a word stands, for texts of so many words."""
    mean = max(float(lengths.mean()), 1e-9) if len(lengths) else 1.0
    shares = round_lengths(lengths).astype(np.float64) / mean
    return TERM_SATURATION * (1 - LENGTH_SHARE + LENGTH_SHARE * shares)


def round_lengths(lengths: Rows) -> Rows:
    """
    Return lengths in the steps in which tantivy keeps them, three bits behind the first.

    Examples
    --------
    >>> round_lengths(np.array([7, 40, 41, 42, 57, 60, 1_000])).tolist()
    [7, 40, 40, 42, 56, 60, 984]
    """
    over = np.maximum(lengths - EXACT_LENGTHS, 0)
    shift = np.maximum(np.floor(np.log2(np.maximum(over, 1))).astype(np.int64) - 3, 0)
    return np.minimum(lengths, EXACT_LENGTHS) + ((over >> shift) << shift)
