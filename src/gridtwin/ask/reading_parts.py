"""Find what a question may mean: as a whole, by the part of a story that asks, or part by part."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, timedelta
from typing import TYPE_CHECKING

from gridtwin.ask.reading_choice import MOST_OFFERED, rank_readings, uses_time
from gridtwin.ask.reading_trust import (
    EXACT_SCORE,
    Reading,
    is_clear,
    is_worth_offering,
    make_reading,
)
from gridtwin.ask.time_words import SaidTime
from gridtwin.tools.interrupted_points import find_storm

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from gridtwin.ask.element_words import NamedElement
    from gridtwin.ask.understanding import Understood
    from gridtwin.tools.shared_twin import SharedTwin

LOOKED_BACK = timedelta(days=30)  # for a storm whose time was not said
ASKING = r"(?:what|which|whom?|when|how|why|where|is|are|does|do|can|any|show|list|tell)(?:'?s)?\b"
BETWEEN_ASKS = re.compile(
    rf"\s*[?;]+\s*(?:and |plus |also )*|,?\s+(?:and|plus)\s+(?:also )?(?={ASKING})", re.IGNORECASE
)
ASKING_WORD = re.compile(rf"\b{ASKING}", re.IGNORECASE)
LEAST_ASK = 2  # words of a part that asks for something
LEANS = re.compile(r"\b(?:its?|there|they|them|their|that|those|he|she|her|his)\b", re.IGNORECASE)


def split_asks(question: str) -> list[str]:
    """
    Return the parts of a question that may ask for something each; none where it is one.

    Examples
    --------
    >>> split_asks("what feeds RCL-3 and what is its load?")
    ['what feeds RCL-3', 'what is its load']
    """
    parts = [each.strip(" .!") for each in BETWEEN_ASKS.split(question)]
    parts = [each for each in parts if each]
    asking = all(len(each.split()) >= LEAST_ASK and ASKING_WORD.search(each) for each in parts)
    return parts if asking and 1 < len(parts) <= MOST_OFFERED else []


def read_parts(
    understood: Understood, asked: Sequence[Understood] = ()
) -> tuple[Understood, list[Reading]]:
    """
    Return a question, or the part of a long one that asks, with what it may mean.

    Where the whole is not clear, a part is that is: the last such. What a part asks for that the
    twin does not hold refuses all; what is only told of such counts for nothing. Where the whole
    would rather mean another, both are offered; and where each part asks for something else, all.

    Parameters
    ----------
    understood
        The question.
    asked
        Each of the parts of `split_asks`, as it is understood alone.
    """
    understood = _leave_told(understood)
    readings = _list_readings(understood)
    clear = not understood.not_held and is_clear(understood, readings)
    if not (clear and readings[0].score >= EXACT_SCORE):
        several = _read_several(understood, asked)
        if several:
            return understood, several
    if clear:
        return understood, readings
    best = understood, readings
    for clause in understood.clauses:
        part = replace(understood, words=clause.words, turns=clause.turns, not_held=clause.not_held)
        found = [] if clause.not_held else _list_readings(part)
        if (
            clause.not_held
            or is_clear(part, found)
            or (
                is_worth_offering(part, found)
                and not (best[0].not_held or is_worth_offering(*best))
            )
        ):
            best = part, found
        if clause.asks and clause.not_held:
            break
    part, found = best
    if not (part.not_held or part is understood) and readings and found:
        found = _join_disputed(found, readings)
    return part, found


def _read_several(whole: Understood, asked: Sequence[Understood]) -> list[Reading]:
    """Return what each part of a question asks for, where each is clear and asks for another."""
    found: list[Reading] = []
    for part in asked:
        reading = None if whole.not_held or whole.unknown else _read_part(whole, part)
        if reading is None:
            return []
        found.append(replace(reading, fit=replace(reading.fit, disputed=True)))
    asks = {(each.question.name, repr(sorted(each.arguments.items()))) for each in found}
    return found if len(asks) == len(found) else []


def _read_part(whole: Understood, part: Understood) -> Reading | None:
    """Return what a part asks for, alone or of what the whole is about; None for nothing clear."""
    leaning = _lean_on(whole, part)
    alone = [] if LEANS.search(part.question) and leaning is not part else [part]
    for each in (*alone, leaning):
        readings = [] if each.not_held or each.order else _list_readings(each)
        if is_clear(each, readings):
            timed = _take_time(whole, each, readings[0])
            return timed or readings[0]
    return None


def _lean_on(whole: Understood, part: Understood) -> Understood:
    """Return a part with the elements of the whole, where it names none."""
    if part.elements or not whole.elements or "site" in part.values:
        return part
    slots = [f"<{each.sort}>" for each in whole.elements]
    return replace(part, elements=whole.elements, words=(*part.words, *slots))


def _take_time(whole: Understood, part: Understood, reading: Reading) -> Reading | None:
    """Return the reading of a part with the time of the whole, where it names none."""
    own = part.time is not None and "=storm" not in part.words
    timed = replace(part, time=whole.time)
    if own or whole.time is None or not uses_time(reading.question, timed):
        return None
    return make_reading(reading.question, timed, reading.score, reading.fit)


def _leave_told(understood: Understood) -> Understood:
    """Return a story without what the twin does not hold where that is only told, not asked."""
    asking = [each for each in understood.clauses if each.asks]
    told_of = {each.not_held for each in understood.clauses if not each.asks}
    if not asking or any(each.not_held for each in asking) or understood.not_held not in told_of:
        return understood
    told = tuple(replace(each, not_held="") for each in understood.clauses)
    return replace(understood, clauses=told, not_held="")


def _join_disputed(found: list[Reading], whole: list[Reading]) -> list[Reading]:
    """Return the readings of a part of a story, that of the whole second where it is another."""
    first, other = found[0], whole[0]
    if (first.question, first.arguments) == (other.question, other.arguments):
        return found
    doubtful = replace(first, fit=replace(first.fit, disputed=True))
    rest = [each for each in found[1:] if each.arguments != other.arguments]
    return [doubtful, other, *rest]


def _list_readings(understood: Understood) -> list[Reading]:
    """Return what a question may mean, the likeliest first; what is asked alike counts once."""
    readings: list[Reading] = []
    for each in rank_readings(understood):
        reading = make_reading(each.question, understood, each.score, each.fit)
        known = any(
            other.question.tool == reading.question.tool and other.arguments == reading.arguments
            for other in readings
        )
        if each.score > 0 and not known:
            readings.append(reading)
    doubtful = next((each for each in understood.elements if not each.sure), None)
    if doubtful is None or not readings:
        return readings
    best = readings[0]  # the same question of each element that may be meant
    return [
        make_reading(best.question, _mean_element(understood, doubtful, *other), best.score)
        for other in ((doubtful.mrid, doubtful.sort), *doubtful.others)
    ]


def _mean_element(
    understood: Understood, doubtful: NamedElement, mrid: str, sort: str
) -> Understood:
    """Return a question with another element in the place of one that is not sure."""

    def rename(mrids: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(mrid if each == doubtful.mrid else each for each in mrids)

    meant = replace(doubtful, mrid=mrid, sort=sort, others=())
    return replace(
        understood,
        elements=tuple(meant if each is doubtful else each for each in understood.elements),
        opened=rename(understood.opened),
        closed=rename(understood.closed),
    )


def place_storm(
    understood: Understood, shared: SharedTwin, now: datetime
) -> tuple[Understood, list[str]]:
    """Return a question about a storm with the time of the storm, and what was assumed."""
    time = understood.time
    if "=storm" not in understood.words or "polygon" in understood.values:
        return understood, []
    if time is not None and time.is_moment:
        return understood, []
    start, end = (time.start, time.end) if time else (now - LOOKED_BACK, now)
    storm = find_storm(shared, start, end, now)
    if storm is None:
        told = "no outage began then, so the whole time is looked at"
        whole = time or SaidTime(start, end, "the last 30 days")
        return replace(understood, time=whole), [told]
    placed = replace(understood, time=SaidTime(*storm, "the storm"))
    told = f"the storm is the row of outages from {write_time(storm[0])} to {write_time(storm[1])}"
    return placed, [told]


def write_time(at: datetime) -> str:
    """Return a moment as tools take it."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
