"""Answer a question in words: a sure reading is asked of its tool; else some are offered."""

from __future__ import annotations

import shlex
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from gridtwin.ask.own_answers import OWN_TOOLS
from gridtwin.ask.question_context import make_context, recall_question
from gridtwin.ask.reading_choice import MOST_OFFERED, rank_nearest, rank_readings
from gridtwin.ask.reading_trust import Reading, is_clear, is_worth_offering, make_reading
from gridtwin.ask.reading_words import read_sql, write_command, write_reading
from gridtwin.ask.time_words import SaidTime
from gridtwin.ask.understanding import read_now, understand_question
from gridtwin.errors import GridtwinError, NotAllowedError
from gridtwin.results.documents import ask_documents as outcomes
from gridtwin.results.documents.document_tags import DocumentTag
from gridtwin.tools.interrupted_points import find_storm
from gridtwin.tools.personal_data import check_personal
from gridtwin.tools.tool_answer import BRIEF
from gridtwin.tools.tool_registry import list_tools
from gridtwin.tools.tool_texts import clean_text, list_ids, quote_id

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import tzinfo

    from gridtwin.ask.element_words import NamedElement
    from gridtwin.ask.understanding import Understood
    from gridtwin.model.permissions import Permission
    from gridtwin.results.documents.ask_documents import AskDocument, AskReading
    from gridtwin.tools.shared_twin import SharedTwin

LOOKED_BACK = timedelta(days=30)  # for a storm whose time was not said
TABLE_ROWS = 50


def ask_question(
    shared: SharedTwin,
    question: str,
    *,
    now: datetime | None = None,
    zone: tzinfo = UTC,
    context: Mapping[str, Any] | None = None,
    pick: int = 0,
    detail: str = BRIEF,
    permissions: frozenset[Permission] | None = None,
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
    permissions
        Of who asks; None: nobody is held.

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
    recalled = None if context is None else recall_question(understood, context, shared)
    if recalled is not None and not understood.not_held:
        readings = [make_reading(*recalled, 1.0)]
    else:
        understood, storm = _place_storm(understood, shared, now)
        draft["assumed"] += storm
        understood, readings = _read_parts(understood)
    if understood.not_held:
        return _refuse_not_held(draft, understood)
    if not readings or understood.unknown or not is_worth_offering(understood, readings):
        return _tell_unknown(draft, understood, shared)
    if not pick and not is_clear(understood, readings):
        return _offer(draft, readings[:MOST_OFFERED])
    # what was offered is asked again with the choice; the sure one is the first
    chosen = readings[min(pick or 1, len(readings)) - 1]
    return _answer(draft, chosen, shared, (now, zone), (detail, permissions))


def _read_parts(understood: Understood) -> tuple[Understood, list[Reading]]:
    """
    Return a question, or the part of a long one that asks, with what it may mean.

    Where the whole is not clear, a part is that is: the last such. What a part asks for that the
    twin does not hold refuses all; what is only told of such counts for nothing. Where the whole
    would rather mean another, both are offered.
    """
    understood = _leave_told(understood)
    readings = _list_readings(understood)
    if not understood.not_held and is_clear(understood, readings):
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


def _start_document(question: str) -> AskDocument:
    return {
        "schema": DocumentTag.ASK,
        "question": clean_text(question),
        "outcome": outcomes.UNKNOWN,
        "sentence": "",
        "command": None,
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
        "model": None,
    }


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
    shown: tuple[str, frozenset[Permission] | None],
) -> AskDocument:
    draft["reading"] = _describe_reading(reading)
    draft["assumed"] += _list_assumed(reading, *clock)
    draft["context"] = make_context(reading.question.name, reading.understood)
    own = OWN_TOOLS.get(reading.question.tool)
    if own is not None:
        draft["outcome"], draft["sentence"] = outcomes.ANSWERED, own(**reading.arguments)
        return draft
    tool = next(each for each in list_tools() if each.name == reading.question.tool)
    detail, permissions = shown
    try:
        check_personal(shared, tool.name, reading.arguments, permissions)
        answer = tool.call(shared, **reading.arguments, detail=detail)
    except GridtwinError as error:
        refused = isinstance(error, NotAllowedError)
        draft["outcome"] = outcomes.REFUSED if refused else outcomes.FAILED
        draft["sentence"] = clean_text(" ".join(str(error).split()))
        return draft
    draft["outcome"], draft["sentence"] = outcomes.ANSWERED, answer["sentence"]
    draft["document"], draft["totals"] = answer["document"], answer["totals"]
    draft["truncated"], draft["map"] = answer["truncated"], answer["map"]
    draft["table"] = make_table(answer["document"], answer["totals"])
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
    told = [reading.question.assumes] if reading.question.assumes else []
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


def make_table(document: Any, totals: dict[str, int]) -> Any:
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
        draft["command"] = understood.command.replace("ID", shlex.quote(named) if named else "ID")
        draft["sentence"] += f" A person who may can run: {draft['command']}"
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
