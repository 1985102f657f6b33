"""Keep what a question was about, so that the next may refer to it: "and on feeder 1204?"."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

from gridtwin.ask.element_words import NAMED_DEVICE, NAMED_OUTAGE, TABLE_CLASSES, NamedElement
from gridtwin.ask.reading_choice import FRAMING, can_mean, uses_time
from gridtwin.ask.time_words import SaidTime
from gridtwin.errors import InputError
from gridtwin.model.moments import read_moment
from gridtwin.semantic.verified_questions import read_questions
from gridtwin.tools.tool_texts import quote_id

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gridtwin.ask.understanding import Understood
    from gridtwin.results.documents.ask_documents import AskContext
    from gridtwin.semantic.verified_questions import VerifiedQuestion
    from gridtwin.tools.shared_twin import SharedTwin

NUMBER_SLOTS = {"price", "pct", "top", "atleast", "crews"}
TEXT_SLOTS = {
    "polygon",
    "scope",
    "order",
    "by",
    "site",
    "kind",
    "level",
    "severity",
    "rule",
    "term",
    "text",
}
MOST_ELEMENTS = 20
LONGEST_VALUE = 20_000
POINTS_AT_ANSWER = re.compile(r"\b(?:that|those|these|this|them)\b")
POINTS_AT_ELEMENT = re.compile(
    r"\b(?:it(?:'s)?|its|there|that one|this one|the same one)\b(?! (?:an?|any|one)\b)",
    re.IGNORECASE,
)
POINTS_AT_PLACE = re.compile(  # which "it" alone does not, where a hospital is named
    r"(?:(?<=\bon )|(?<=\bin )|(?<=\bof )|(?<=\bat )|(?<=\bbelow )|(?<=\bbehind ))it\b|\bthere\b"
    r"(?=\s*[?.!]*$)",
    re.IGNORECASE,
)
NO_CONTEXT = "the context is none of an answer: hand back the `context` as it was given"


class PointedQuestion(NamedTuple):
    """A question that names what it points at."""

    question: str
    told: str  # what was taken for what


def make_context(question: str, understood: Understood) -> AskContext:
    """Return what the next question may refer to."""
    time = understood.time
    return {
        "question": question,
        "elements": [each.mrid for each in understood.elements],
        "time": [] if time is None else [time.start.isoformat(), time.end.isoformat()],
        "values": dict(understood.values),
    }


def recall_question(
    understood: Understood, context: Mapping[str, Any], shared: SharedTwin
) -> tuple[VerifiedQuestion, Understood] | None:
    """
    Return the question before with what this one says instead; None where it stands by itself.

    Raises
    ------
    InputError
        If the context is none.
    """
    question, elements, time, values = _read_context(context, shared)
    content = [word for word in understood.words if not word.startswith("<")]
    levels = {f"={each}" for each in ("feeder", "substation", "now", "meter", "transformer")}
    if POINTS_AT_ANSWER.search(understood.question.lower()):  # "how many customers is that"
        levels |= FRAMING
    if [word for word in content if word not in levels]:
        return None
    known = {name: value for name, value in understood.values.items() if name != "term"}
    merged = replace(
        understood,
        elements=understood.elements or elements,
        time=understood.time or time,
        values={**values, **known},
    )
    fits = can_mean(question, merged) and uses_time(question, merged)
    return (question, merged) if fits else None


def point_back(
    understood: Understood, context: Mapping[str, Any], shared: SharedTwin
) -> PointedQuestion | None:
    """
    Return a question with what the one before was about, in place of a word that points at it.

    None where it names something of its own, points at nothing, or there were several.

    Raises
    ------
    InputError
        If the context is none.
    """
    _, elements, _, _ = _read_context(context, shared)
    own = understood.elements or "polygon" in understood.values
    points = POINTS_AT_PLACE if "site" in understood.values else POINTS_AT_ELEMENT
    match = points.search(understood.question)
    if own or match is None or len(elements) != 1:
        return None
    mrid = elements[0].mrid
    verb = " is" if match[0].lower() == "it's" else ""
    begin, end = understood.question[: match.start()], understood.question[match.end() :]
    return PointedQuestion(
        f'{begin}"{mrid}"{verb}{end}',
        f"{match[0]!r} is {quote_id(mrid)}, as in the question before",
    )


def _read_context(
    context: Mapping[str, Any], shared: SharedTwin
) -> tuple[VerifiedQuestion, tuple[NamedElement, ...], SaidTime | None, dict[str, Any]]:
    try:
        name, ids = context["question"], list(context.get("elements", []))
        times, values = list(context.get("time", [])), dict(context.get("values", {}))
    except (KeyError, TypeError, ValueError) as error:
        raise InputError(NO_CONTEXT) from error
    question = next((each for each in read_questions() if each.name == name), None)
    fits = all(
        (isinstance(value, int | float) and key in NUMBER_SLOTS)
        or (isinstance(value, str) and key in TEXT_SLOTS and len(value) <= LONGEST_VALUE)
        for key, value in values.items()
    )
    if (
        question is None
        or not fits
        or len(ids) > MOST_ELEMENTS
        or len(times) not in {0, 2}
        or not all(isinstance(each, str) for each in [*ids, *times])
    ):
        raise InputError(NO_CONTEXT)
    elements = tuple(_name_known(each, shared) for each in ids)
    time = SaidTime(read_moment(times[0]), read_moment(times[1]), "as before") if times else None
    return question, elements, time, values


def _name_known(mrid: str, shared: SharedTwin) -> NamedElement:
    if mrid in {each.id for each in shared.twin.outages.all()}:
        return NamedElement(mrid, NAMED_OUTAGE, mrid)
    element = shared.twin.find_one(mrid)
    return NamedElement(mrid, TABLE_CLASSES.get(element.table, NAMED_DEVICE), mrid)
