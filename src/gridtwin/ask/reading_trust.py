"""Decide how far a reading is to be trusted: answered at once, offered, or none of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gridtwin.ask.reading_choice import Fit, fill_arguments, measure_known, says_what

if TYPE_CHECKING:
    from gridtwin.ask.understanding import Understood
    from gridtwin.semantic.verified_questions import VerifiedQuestion

SURE_SCORE = 0.56  # from which on a reading may be taken at once
CLEAR_MARGIN = 0.04  # by which one that is worded so has to be better than the next, and
MARGIN_GROWTH = 0.15  # how much more the further the wordings are
EXACT_SCORE = 0.95  # of a reading that is worded so, or nearly
FAINT_SCORE, WIDE_MARGIN = 0.42, 0.15  # a fainter reading is sure where no other comes near
LEFT_MARGIN = 0.2  # the same of a reading that leaves a topic aside
OFFER_SCORE = 0.20  # from which on a reading is worth offering
KNOWN_SHARE = 0.5  # of the words of a question that have to mean something here
OFFERED_SHARE = 0.4  # of the words of a question that have to be known for it to be offered
HINTED_SHARE = 0.1  # of the words that have to be known where an element or a site is named
COVERED_SHARE = 0.48  # of the words of a question that a sure reading has to take up
SHORT_QUESTION, SHORT_SHARE = 5, 0.5  # of so few words, more of them


@dataclass(frozen=True, slots=True)
class Reading:
    """A question as it was understood."""

    question: VerifiedQuestion
    understood: Understood
    arguments: dict[str, Any]
    score: float
    fit: Fit


def make_reading(
    question: VerifiedQuestion, understood: Understood, score: float, fit: Fit | None = None
) -> Reading:
    """Return what a question means with the arguments of its tool; no fit: it takes up all."""
    arguments = fill_arguments(question, understood)
    return Reading(question, understood, arguments, score, fit or Fit())


def is_clear(understood: Understood, readings: list[Reading]) -> bool:
    """Return whether a question means one thing, and enough of it means something here."""
    return (
        bool(readings)
        and (readings[0].score == 1.0 or measure_known(understood) >= KNOWN_SHARE)
        and _is_sure(readings)
        and all(each.sure for each in understood.elements)
    )


def is_worth_offering(understood: Understood, readings: list[Reading]) -> bool:
    """Return whether enough of a question means something here for its readings to be offered."""
    if not readings or readings[0].score < OFFER_SCORE:
        return False
    about_twin = bool(understood.elements) or "site" in understood.values
    least = HINTED_SHARE if about_twin else OFFERED_SHARE
    return readings[0].score == 1.0 or measure_known(understood) >= least


def _is_sure(readings: list[Reading]) -> bool:
    first = readings[0]
    margin = first.score - readings[1].score if len(readings) > 1 else first.score
    if _passes_over(first, margin):
        return False
    clear = CLEAR_MARGIN + MARGIN_GROWTH * (1 - first.score)
    return (first.score >= SURE_SCORE and margin >= clear) or (
        first.score >= FAINT_SCORE and margin >= WIDE_MARGIN
    )


def _passes_over(reading: Reading, margin: float) -> bool:
    """Return whether a reading passes over too much of a question to be sure."""
    short = len(reading.understood.words) <= SHORT_QUESTION
    return (
        reading.fit.leaves_turn
        or reading.fit.leaves_value
        or reading.fit.misses_topic
        or reading.fit.disputed
        or (reading.score < EXACT_SCORE and not says_what(reading.understood))
        or reading.fit.covered < (SHORT_SHARE if short else COVERED_SHARE)
        or (reading.fit.leaves_topic and margin < LEFT_MARGIN)
    )
