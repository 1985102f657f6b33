"""Ask both ways: first the verified questions, then the language model, where there is one."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from anyio import from_thread, to_thread

from gridtwin.ask.answering import ask_question, make_table
from gridtwin.ask.conversation import make_turn, note_understood
from gridtwin.ask.model_answering import AskEvent, ModelQuestion, run_model
from gridtwin.ask.question_record import record_question
from gridtwin.ask.understanding import read_now
from gridtwin.errors import InputError
from gridtwin.results.documents import ask_documents as outcomes
from gridtwin.tools.tool_answer import BRIEF

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime, tzinfo
    from pathlib import Path

    from gridtwin.ask.conversation import Conversation, KeptTurn
    from gridtwin.ask.model_answering import ModelRun, Tell
    from gridtwin.model.permissions import Permission
    from gridtwin.results.documents.ask_documents import AskDocument, ModelAnswer
    from gridtwin.settings import LanguageModelSettings
    from gridtwin.tools.shared_twin import SharedTwin

BY_EITHER: Final = "either"
BY_QUESTIONS: Final = "questions"
BY_MODEL: Final = "model"
WAYS = (BY_EITHER, BY_QUESTIONS, BY_MODEL)


@dataclass(frozen=True, slots=True)
class Asked:
    """A question in words, and all that goes with it; see `gridtwin.ask.answering.ask_question`."""

    question: str
    now: datetime | None = None
    zone: tzinfo = UTC
    context: Mapping[str, Any] | None = None
    pick: int = 0
    detail: str = BRIEF
    by: str = BY_EITHER  # one of `WAYS`
    who: str = "asker"  # for the log
    permissions: frozenset[Permission] | None = None  # of who asks; None: nobody is held
    record: Path | None = None  # file to which the question and its answer are added
    conversation: Conversation | None = None  # in which it is asked, for a model to lean on


async def answer_asked(
    shared: SharedTwin,
    asked: Asked,
    settings: LanguageModelSettings | None,
    tell: Tell,
) -> AskDocument:
    """
    Answer a question by the verified questions, and where they are not sure by the model.

    An order is refused whoever is asked; a model that fails leaves the answer of the verified
    questions, and `model` says why it failed.

    Parameters
    ----------
    shared
        The twin.
    asked
        The question.
    settings
        Of the model; None where there is none.
    tell
        Hears what the model writes and calls.

    Raises
    ------
    InputError
        If the question cannot be read, or a model is asked for and none is named.
    MissingExtraError
        If a model is named and the extra ``model`` is not installed.
    StoreError
        If the question cannot be recorded.
    """
    if asked.by not in WAYS:
        msg = f"a question is not asked by {asked.by!r}: choose {', '.join(WAYS)}"
        raise InputError(msg)
    if asked.by == BY_MODEL and settings is None:
        msg = "no language model is named: set GRIDTWIN_MODEL, such as openai:NAME"
        raise InputError(msg)
    asked = replace(asked, now=asked.now or read_now())
    ask = partial(
        ask_question,
        now=asked.now,
        zone=asked.zone,
        context=asked.context,
        pick=asked.pick,
        detail=asked.detail,
        permissions=asked.permissions,
    )
    document = await to_thread.run_sync(ask, shared, asked.question)
    if settings is not None:
        document = await _ask_model(shared, asked, document, settings, tell)
    if asked.record is not None:
        await to_thread.run_sync(record_question, asked.record, asked.who, document)
    return document


async def _ask_model(
    shared: SharedTwin,
    asked: Asked,
    document: AskDocument,
    settings: LanguageModelSettings,
    tell: Tell,
) -> AskDocument:
    """Return the model's answer where it is wanted; keep the turn in its conversation."""
    talk = asked.conversation
    before = talk.recall_turns(asked.permissions) if talk is not None else ()
    turn: KeptTurn | None = None
    if _wants_model(asked, document):
        question = _make_model_question(asked, document, before)
        run, told = await run_model(question, settings, shared, tell)
        if run.text:
            turn = make_turn(question.text, run.text, run.tools.calls, run.tools.shown)
        document = _answer_by_model(document, run, told)
    elif document["reading"] is not None:
        turn = note_understood(document["question"], document["reading"]["text"])
    if talk is not None and turn is not None:
        talk.keep_turn(before, turn)
    return document


def ask_both_ways(
    shared: SharedTwin,
    asked: Asked,
    settings: LanguageModelSettings | None,
    hear: Callable[[AskEvent], None] = lambda _: None,
) -> AskDocument:
    """Answer a question as `answer_asked` does, for who waits for the answer."""

    async def tell(event: AskEvent) -> None:
        hear(event)

    with from_thread.start_blocking_portal() as portal:  # a loop may run here already
        return portal.call(answer_asked, shared, asked, settings, tell)


def _wants_model(asked: Asked, document: AskDocument) -> bool:
    refused = document["outcome"] == outcomes.REFUSED
    if asked.by == BY_MODEL:
        return not refused
    unsure = document["outcome"] in {outcomes.OFFERED, outcomes.UNKNOWN}
    return asked.by == BY_EITHER and unsure and not asked.pick


def _make_model_question(
    asked: Asked, document: AskDocument, before: tuple[KeptTurn, ...]
) -> ModelQuestion:
    assert asked.now is not None  # noqa: S101 - set when it was asked
    readings = [*([document["reading"]] if document["reading"] else []), *document["choices"]]
    hint = "It may mean: " + "; or ".join(each["text"] for each in readings) if readings else ""
    return ModelQuestion(
        document["question"],
        asked.now,
        asked.zone,
        asked.who,
        asked.permissions,
        hint,
        before,
    )


def _answer_by_model(document: AskDocument, run: ModelRun, told: ModelAnswer) -> AskDocument:
    """Return the model's answer as the document; what was there before, where it gave none."""
    if not run.text:
        return document | {"model": told}
    shown = next((each for each in reversed(run.tools.answers) if each is not None), None)
    own: dict[str, Any] = {
        "outcome": outcomes.ANSWERED,
        "sentence": run.text,
        "reading": None,
        "choices": [],
        "nearest": [],
        "table": make_table(shown["document"], shown["totals"]) if shown else None,
        "document": None,
        "map": shown["map"] if shown else None,
        "model": told,
    }
    return document | own  # type: ignore[return-value]
