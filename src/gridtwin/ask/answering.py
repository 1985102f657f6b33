"""Answer a question in words: a sure reading is asked of its tool; else some are offered."""

from __future__ import annotations

import shlex
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from gridtwin.ask.own_answers import OWN_TOOLS
from gridtwin.ask.question_context import make_context, point_back, recall_question
from gridtwin.ask.reading_choice import MOST_OFFERED, rank_nearest
from gridtwin.ask.reading_parts import place_storm, read_parts, split_asks, write_time
from gridtwin.ask.reading_trust import is_clear, is_worth_offering, make_reading
from gridtwin.ask.reading_words import read_sql, write_command, write_reading
from gridtwin.ask.understanding import LONGEST_QUESTION, read_now, understand_question
from gridtwin.errors import GridtwinError, NotAllowedError
from gridtwin.results.documents import ask_documents as outcomes
from gridtwin.results.documents.document_tags import DocumentTag
from gridtwin.tools.personal_data import check_personal
from gridtwin.tools.tool_answer import BRIEF
from gridtwin.tools.tool_registry import list_tools
from gridtwin.tools.tool_texts import clean_text, list_ids, quote_id

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import tzinfo

    from gridtwin.ask.reading_trust import Reading
    from gridtwin.ask.understanding import Understood
    from gridtwin.model.permissions import Permission
    from gridtwin.results.documents.ask_documents import AskDocument, AskReading
    from gridtwin.tools.shared_twin import SharedTwin

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
        pointed = None if context is None else point_back(understood, context, shared)
        if pointed is not None:
            understood = understand_question(pointed.question, shared, now=now, zone=zone)
            draft["assumed"].append(pointed.told)
            if understood.order is not None:
                return _refuse_order(draft, understood)
        understood, storm = place_storm(understood, shared, now)
        draft["assumed"] += storm
        asked = [
            understand_question(each, shared, now=now, zone=zone)
            for each in split_asks(understood.question)
        ]
        understood, readings = read_parts(understood, asked)
    if understood.not_held:
        return _refuse_not_held(draft, understood)
    if not readings or understood.unknown or not is_worth_offering(understood, readings):
        return _tell_unknown(draft, understood, shared)
    if not pick and not is_clear(understood, readings):
        return _offer(draft, readings[:MOST_OFFERED])
    # what was offered is asked again with the choice; the sure one is the first
    chosen = readings[min(pick or 1, len(readings)) - 1]
    return _answer(draft, chosen, shared, (now, zone), (detail, permissions))


def _start_document(question: str) -> AskDocument:
    return {
        "schema": DocumentTag.ASK,
        "question": clean_text(question, LONGEST_QUESTION),
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
            f"{time.words.strip()!r} is {span}, zone {zone}, the clock at {write_time(now)}"
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
