"""Score how well names fit what a person wrote, slips of the finger and of the ear among it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np

from gridtwin.model.street_words import cut_street, fold_street

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

BARE_COST = 0.04  # the type of the street, or a direction, is left out or another
HEARD_COST = 0.08  # written as it sounds
BEGUN_COST = 0.06  # only the beginning is written
LEAST_BEGUN = 3  # letters of a beginning that says anything
LONGEST_SPELLING = 80  # characters

# What is written in several ways and sounds alike in English, in the order in which it is folded.
_SOUNDS = tuple(
    (re.compile(old), new)
    for old, new in (
        (r"\bKN|\bGN", "N"), (r"\bWR", "R"), (r"\bPS", "S"), (r"PH", "F"), (r"IGHT|ITE\b", "IT"),
        (r"\bGH", "G"), (r"GH", ""), (r"TCH", "CH"), (r"CK|Q", "K"), (r"X", "KS"),
        (r"SCH|SH", "S"), (r"C(?=[EIY])", "S"), (r"CH", "S"), (r"C", "K"), (r"Z", "S"),
        (r"TH", "T"), (r"DG", "G"), (r"G(?=[EIY])", "J"), (r"MB\b", "M"), (r"W(?=[^AEIOUY]|$)", ""),
        (r"H(?=[^AEIOUY]|$)", ""), (r"E\b", ""), (r"([A-Z])\1+", r"\1"), (r"[AEIOUY]+", "A"),
    )
)  # fmt: skip


def fold_sound(folded: str) -> str:
    """
    Return how a name in capitals sounds, roughly; all vowels are one.

    >>> fold_sound("KNIGHT") == fold_sound("NITE")
    True
    """
    for old, new in _SOUNDS:
        folded = old.sub(new, folded)
    return folded


class SpellingIndex:
    """
    Names that are compared with what is written; threads may share it.

    Parameters
    ----------
    names
        As `gridtwin.model.street_words.fold_street` writes them, each once.
    """

    def __init__(self, names: Sequence[str]) -> None:
        self.names = list(names)
        self._bare = [cut_street(each) for each in self.names]
        self._heard = [fold_sound(each) for each in self._bare]

    def score_names(self, wanted: str) -> NDArray[np.float32]:
        """
        Return how well each name fits a text, 0 to 1.

        That is one less the share of letters that are wrong, left out, too many or swapped
        (optimal string alignment); a little less where its type is not said or only its
        beginning is, and where it fits by its sound alone.
        """
        whole = fold_street(wanted)[:LONGEST_SPELLING]
        if not whole or not self.names:
            return np.zeros(len(self.names), dtype=np.float32)
        bare = cut_street(whole)
        best = _compare(whole, self.names)
        for text, names, cost in (
            (bare, self._bare, BARE_COST),
            (fold_sound(bare), self._heard, HEARD_COST),
        ):
            np.maximum(best, _compare(text, names) - np.float32(cost), out=best)
        if len(whole) >= LEAST_BEGUN:
            begun = [name[: len(whole)] for name in self.names]
            np.maximum(best, _compare(whole, begun) - np.float32(BEGUN_COST), out=best)
        return best


def _compare(text: str, names: Sequence[str]) -> NDArray[np.float32]:
    from rapidfuzz.distance import OSA
    from rapidfuzz.process import cdist

    table = cdist([text], names, scorer=OSA.normalized_similarity, dtype=np.float32)
    return np.asarray(table[0], dtype=np.float32)
