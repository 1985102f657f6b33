"""Answer a question in words: a sure reading is asked of its tool; else some are offered."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from gridtwin.ask.own_answers import OWN_TOOLS
from gridtwin.ask.question_context import make_context, recall_question
from gridtwin.ask.reading_choice import (
    CLEAR_MARGIN,
    KNOWN_SHARE,
    MOST_OFFERED,
    OFFER_SCORE,
    SURE_SCORE,
    fill_arguments,
    measure_known,
    rank_nearest,
    rank_readings,
)
from gridtwin.ask.reading_words import read_sql, write_command, write_reading
from gridtwin.ask.time_words import SaidTime
from gridtwin.ask.understanding import read_now, understand_question
from gridtwin.errors import GridtwinError
from gridtwin.results.documents import ask_documents as outcomes
from gridtwin.results.documents.document_tags import DocumentTag
from gridtwin.tools.interrupted_points import find_storm
from gridtwin.tools.tool_answer import BRIEF
from gridtwin.tools.tool_registry import list_tools
from gridtwin.tools.tool_texts import clean_text, list_ids, quote_id

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import tzinfo

    from gridtwin.ask.element_words import NamedElement
    from gridtwin.ask.understanding import Understood
    from gridtwin.results.documents.ask_documents import AskDocument, AskReading
    from gridtwin.semantic.verified_questions import VerifiedQuestion
    from gridtwin.tools.shared_twin import SharedTwin

LOOKED_BACK = timedelta(days=30)  # for a storm whose time was not said
FAINT_SCORE, WIDE_MARGIN = 0.42, 0.15  # a fainter reading is sure where no other comes near
TABLE_ROWS = 50
COVERED_SHARE = 0.5  # of the words of a question that a sure reading has to take up


@dataclass(frozen=True, slots=True)
class Reading:
    """A question as it was understood."""

    question: VerifiedQuestion
    understood: Understood
    arguments: dict[str, Any]
    score: float
    covered: float = 1.0  # share of the words that some wording of the question has


def ask_question(
    shared: SharedTwin,
    question: str,
    *,
    now: datetime | None = None,
    zone: tzinfo = UTC,
    context: Mapping[str, Any] | None = None,
    pick: int = 0,
    detail: str = BRIEF,
) -> AskDocument:
    """
    Answer a question in words.

    Parameters
    ----------
    shared
        The twin.
    question
        In English, at most `gridtwin.ask.understanding.LONGEST_QUESTION` characters.
    now
        What the clock says, for words such as "yesterday"; by default the time it is.
    zone
        Whose days are meant.
    context
        That of the last answer, where the question refers to it.
    pick
        Which of the readings offered is meant, from 1 on; 0: the sure one.
    detail
        How much of the tool's document is given: ``brief`` or ``full``.

    Raises
    ------
    InputError
        If the question is empty or too long, or the context is none.
    """
    now = now or read_now()
    understood = understand_question(question, shared, now=now, zone=zone)
    draft = _start_document(question)
    if understood.order is not None:
        return _refuse_order(draft, understood)
    if understood.not_held:
        return _refuse_not_held(draft, understood)
    recalled = None if context is None else recall_question(understood, context, shared)
    if recalled is not None:
        readings = [_make_reading(*recalled, 1.0)]
    else:
        understood, storm = _place_storm(understood, shared, now)
        draft["assumed"] += storm
        readings = _list_readings(understood)
    if not readings or understood.unknown or not _is_known(understood, readings):
        return _tell_unknown(draft, understood, shared)
    sure = _is_sure(readings) and all(each.sure for each in understood.elements)
    if not pick and not sure:
        return _offer(draft, readings[:MOST_OFFERED])
    # what was offered is asked again with the choice; the sure one is the first
    chosen = readings[min(pick or 1, len(readings)) - 1]
    return _answer(draft, chosen, shared, (now, zone), detail)


def _is_known(understood: Understood, readings: list[Reading]) -> bool:
    """Return whether enough of a question means something here to answer or to offer."""
    return readings[0].score >= OFFER_SCORE and (
        readings[0].score == 1.0 or measure_known(understood) >= KNOWN_SHARE
    )


def _start_document(question: str) -> AskDocument:
    return {
        "schema": DocumentTag.ASK,
        "question": clean_text(question),
        "outcome": outcomes.UNKNOWN,
        "sentence": "",
        "reading": None,
        "choices": [],
        "nearest": [],
        "assumed": [],
        "table": None,
        "document": None,
        "totals": {},
        "truncated": [],
        "map": None,
        "context": None,
    }


def _make_reading(
    question: VerifiedQuestion, understood: Understood, score: float, covered: float = 1.0
) -> Reading:
    return Reading(question, understood, fill_arguments(question, understood), score, covered)


def _list_readings(understood: Understood) -> list[Reading]:
    """Return what a question may mean, the likeliest first; what is asked alike counts once."""
    readings: list[Reading] = []
    for each in rank_readings(understood):
        reading = _make_reading(each.question, understood, each.score, each.covered)
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
        _make_reading(best.question, _mean_element(understood, doubtful, *other), best.score)
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


def _is_sure(readings: list[Reading]) -> bool:
    best = readings[0].score
    margin = best - readings[1].score if len(readings) > 1 else best
    if readings[0].covered < COVERED_SHARE:  # too much of the question would be passed over
        return False
    return (best >= SURE_SCORE and margin >= CLEAR_MARGIN) or (
        best >= FAINT_SCORE and margin >= WIDE_MARGIN
    )


def _place_storm(
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
    told = (
        f"the storm is the row of outages from {_write_time(storm[0])} to {_write_time(storm[1])}"
    )
    return placed, [told]


def _write_time(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _answer(
    draft: AskDocument,
    reading: Reading,
    shared: SharedTwin,
    clock: tuple[datetime, tzinfo],
    detail: str,
) -> AskDocument:
    draft["reading"] = _describe_reading(reading)
    draft["assumed"] += _list_assumed(reading, *clock)
    draft["context"] = make_context(reading.question.name, reading.understood)
    own = OWN_TOOLS.get(reading.question.tool)
    if own is not None:
        draft["outcome"], draft["sentence"] = outcomes.ANSWERED, own(**reading.arguments)
        return draft
    tool = next(each for each in list_tools() if each.name == reading.question.tool)
    try:
        answer = tool.call(shared, **reading.arguments, detail=detail)
    except GridtwinError as error:
        draft["outcome"] = outcomes.FAILED
        draft["sentence"] = clean_text(" ".join(str(error).split()))
        return draft
    draft["outcome"], draft["sentence"] = outcomes.ANSWERED, answer["sentence"]
    draft["document"], draft["totals"] = answer["document"], answer["totals"]
    draft["truncated"], draft["map"] = answer["truncated"], answer["map"]
    draft["table"] = _make_table(answer["document"], answer["totals"])
    return draft


def _describe_reading(reading: Reading) -> AskReading:
    question, arguments = reading.question, reading.arguments
    return {
        "question": question.name,
        "text": write_reading(question, reading.understood, arguments),
        "tool": question.tool,
        "arguments": arguments,
        "command": write_command(question, reading.understood, arguments),
        "sql": read_sql(question),
        "score": round(min(max(reading.score, 0.0), 1.0), 3),
    }


def _list_assumed(reading: Reading, now: datetime, zone: tzinfo) -> list[str]:
    """Return what was taken for granted."""
    told = []
    time = reading.understood.time
    if time is None:
        if reading.question.tool in {"analytics", "readings"}:
            told.append("no time was said: the latest there is")
        elif reading.question.tool not in OWN_TOOLS:
            told.append("the current state")
    elif time.words != "the storm":
        local = [each.astimezone(zone).isoformat(sep=" ") for each in (time.start, time.end)]
        span = local[0] if time.is_moment else f"{local[0]} to {local[1]}"
        told.append(
            f"{time.words.strip()!r} is {span}, zone {zone}, the clock at {_write_time(now)}"
        )
    renamed = (
        each for each in reading.understood.elements if each.words.upper() != each.mrid.upper()
    )
    return told + [f"{each.words!r} is {quote_id(each.mrid)}" for each in renamed]


def _make_table(document: Any, totals: dict[str, int]) -> Any:
    """Return the main list of a document as a table; None where it has none."""
    for path, total in totals.items():
        entries: Any = document
        for name in path.split("."):
            entries = entries[name]
        if not entries:
            continue
        rows = entries[:TABLE_ROWS]
        if not isinstance(rows[0], dict):
            return {"columns": [path], "rows": [[each] for each in rows], "total": total}
        columns = [name for name, value in rows[0].items() if not isinstance(value, list | dict)]
        return {
            "columns": columns,
            "rows": [[each.get(name) for name in columns] for each in rows],
            "total": total,
        }
    return None


def _offer(draft: AskDocument, readings: list[Reading]) -> AskDocument:
    draft["outcome"] = outcomes.OFFERED
    draft["choices"] = [_describe_reading(each) for each in readings]
    told = "; or ".join(each["text"] for each in draft["choices"])
    draft["sentence"] = f"That may mean: {told}."
    return draft


def _refuse_order(draft: AskDocument, understood: Understood) -> AskDocument:
    draft["outcome"] = outcomes.REFUSED
    named = understood.elements[0].mrid if understood.elements else ""
    draft["sentence"] = f"{understood.order!r} is an order, and questions change nothing."
    if understood.command:
        command = understood.command.replace("ID", quote_id(named) if named else "ID")
        draft["sentence"] += f" A person who may can run: {command}"
    return draft


def _refuse_not_held(draft: AskDocument, understood: Understood) -> AskDocument:
    draft["outcome"] = outcomes.REFUSED
    draft["sentence"] = f"The twin knows nothing {understood.not_held}."
    draft["nearest"] = rank_nearest(understood)
    return draft


def _tell_unknown(draft: AskDocument, understood: Understood, shared: SharedTwin) -> AskDocument:
    draft["outcome"] = outcomes.UNKNOWN
    draft["nearest"] = rank_nearest(understood)
    if understood.unknown:
        near = [
            shared.network.ids.write_id(hit.element.table, _name_of(shared, hit))
            for hit in shared.names.find_names(understood.unknown[0], MOST_OFFERED)
        ]
        meant = f"; is it {list_ids(near)}?" if near else ""
        draft["sentence"] = f"The twin has no element {quote_id(understood.unknown[0])}{meant}"
    else:
        draft["sentence"] = "That cannot be answered here."
    return draft


def _name_of(shared: SharedTwin, hit: Any) -> str:
    from gridtwin.model.element_names import mrid_of

    return mrid_of(shared.network.data, hit.element)
