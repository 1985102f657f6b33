"""Choose the lines of a page that answer a question best, and what to mark in them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gridtwin.manuals.document_pages import NO_BOX, Box

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from gridtwin.manuals.document_pages import PageLine

PASSAGE_LINES = 5
LONGEST_PASSAGE = 700  # characters
LINE_COST = 0.04  # of what a passage holds, for each line more


@dataclass(frozen=True, slots=True)
class ManualPassage:
    """
    Lines of a page that follow each other.

    Attributes
    ----------
    text
        As it stands on the page, line by line.
    boxes
        Of its lines, in points from below left; empty where the format has no pages.
    weight
        Of the words of the question that stand in it, each once; less for each line.
    """

    text: str
    boxes: tuple[Box, ...]
    weight: float


def choose_passage(
    lines: Sequence[PageLine], held: Sequence[Mapping[int, float]], weights: Sequence[float]
) -> ManualPassage:
    """
    Return the lines that hold most of a question, few rather than many, under one heading.

    Parameters
    ----------
    lines
        Of a page, at least one.
    held
        What each line holds: by word of the question how much of it, 0 to 1.
    weights
        Of the words of the question.
    """
    best = (-math.inf, 0, 1)
    below = [at for at, line in enumerate(lines) if not line.is_heading]
    for start in below or range(len(lines)):
        together: dict[int, float] = {}
        letters = 0
        for end in range(start, min(start + PASSAGE_LINES, len(lines))):
            letters += len(lines[end].text)
            crosses = lines[end].is_heading and bool(below)
            if end > start and (crosses or letters > LONGEST_PASSAGE):
                break
            for at, share in held[end].items():
                together[at] = max(share, together.get(at, 0.0))
            weight = sum(weights[at] * share for at, share in together.items())
            score = weight * (1 - LINE_COST * (end - start))
            if score > best[0] + 1e-9:
                best = (score, start, end + 1)
    weight, start, end = best
    start, end = _round_out(lines, start, end)
    chosen = lines[start:end]
    return ManualPassage(
        text="\n".join(line.text for line in chosen)[:LONGEST_PASSAGE],
        boxes=tuple(line.box for line in chosen if line.box != NO_BOX),
        weight=weight,
    )


def _round_out(lines: Sequence[PageLine], start: int, end: int) -> tuple[int, int]:
    """Return the begin and end of lines with what the sentences they cut lack."""
    while (
        start > 0
        and end - start < PASSAGE_LINES
        and not lines[start - 1].is_heading
        and not _ends_sentence(lines[start - 1].text)
    ):
        start -= 1
    while (
        end < len(lines)
        and end - start < PASSAGE_LINES
        and not lines[end].is_heading
        and not _ends_sentence(lines[end - 1].text)
    ):
        end += 1
    return start, end


def _ends_sentence(text: str) -> bool:
    return text.endswith((".", "!", "?", ":", ";"))
