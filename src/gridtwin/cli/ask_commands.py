"""Ask in words: one question, or one after the other."""

from __future__ import annotations

import json as json_text
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gridtwin.cli import render
from gridtwin.cli.options import In, Json, open_twin
from gridtwin.errors import GridtwinError, InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from gridtwin.ask.model_answering import AskEvent
    from gridtwin.results.ask_answer import AskAnswer
    from gridtwin.results.documents.ask_documents import AskDocument

OUTCOME_CODES = {"answered": 0, "failed": 1, "offered": 1, "unknown": 3, "refused": 2}


def ask_twin(
    question: Annotated[
        str,
        typer.Argument(
            help="A question in English; with none, questions are read line by line, each of which"
            " may lean on those before."
        ),
    ] = "",
    twin: In = "",
    timezone: Annotated[
        str,
        typer.Option(envvar="GRIDTWIN_TIMEZONE", help="Whose days are meant, as America/Chicago."),
    ] = "UTC",
    now: Annotated[
        str, typer.Option(help="What the clock says, ISO 8601; by default the time it is.")
    ] = "",
    pick: Annotated[
        int, typer.Option(min=0, max=3, help="Which of the readings offered; 0: the sure one.")
    ] = 0,
    context: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Keeps what was asked, for questions that follow: read if it is there, written.",
        ),
    ] = None,
    by: Annotated[
        str,
        typer.Option(
            help="Who answers: either (the verified questions, and where they are not sure the"
            " model that GRIDTWIN_MODEL names), questions, or model."
        ),
    ] = "either",
    json: Json = False,
) -> None:
    """
    Answer questions in words, and say what was understood. It changes nothing.

    Exit code 0: answered; 1: readings are offered, or no data; 2: refused; 3: not understood.

    Example: gridtwin ask "who is out on feeder FAI-1201 and until when" --in sample.twin
    """
    from gridtwin.ask.conversation import Conversation
    from gridtwin.ask.twin_asking import TwinAsker

    ask = partial(
        TwinAsker(open_twin(twin)).ask,
        now=now or None,
        timezone=timezone,
        by=by,
        hear=_ignore_event if json else _show_event,
    )
    show = _write_document if json else _show_answer
    before = _read_context(context)
    if not question:
        _keep_context(context, _converse(partial(ask, conversation=Conversation()), show, before))
        return
    answer = ask(question, context=before, pick=pick)
    _keep_context(context, answer.context)
    show(answer)
    if OUTCOME_CODES[answer.outcome]:
        raise typer.Exit(OUTCOME_CODES[answer.outcome])


def _converse(
    ask: Callable[..., AskAnswer],
    show: Callable[[AskAnswer], None],
    context: Mapping[str, Any] | None,
) -> Mapping[str, Any] | None:
    """
    Answer each line that is typed; a number picks one of the readings that were just offered.

    Returns
    -------
        What the next question may refer to.
    """
    offered: AskDocument | None = None
    for line in _read_lines():
        picked = 0
        if offered is not None and line.isdigit() and int(line) <= len(offered["choices"]):
            picked = int(line)
        question = offered["question"] if offered is not None and picked else line
        try:
            answer = ask(question, context=context, pick=picked)
        except GridtwinError as error:
            render.print_note(str(error))
            continue
        show(answer)
        context = answer.context or context
        offered = answer.document() if answer.document()["choices"] else None
    return context


def _read_lines() -> Iterator[str]:
    """Yield what is typed, until nothing is."""
    while True:
        if sys.stdin.isatty():
            render.write_words("\n? ")
        line = sys.stdin.readline()
        if not line.strip():
            return
        yield line.strip()


def _write_document(answer: AskAnswer) -> None:
    render.write_json(answer.document())


def _keep_context(path: Path | None, context: Mapping[str, Any] | None) -> None:
    if path is not None and context is not None:
        path.write_text(json_text.dumps(context) + "\n", encoding="utf-8")


def _read_context(path: Path | None) -> dict[str, Any] | None:
    if path is None or not path.is_file():
        return None
    try:
        context = json_text.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        msg = f"{path} holds no context: remove it, or give another file"
        raise InputError(msg) from error
    if not isinstance(context, dict):
        msg = f"{path} holds no context: remove it, or give another file"
        raise InputError(msg)
    return context


def _ignore_event(_: AskEvent) -> None:
    """Hear nothing: the document says all."""


def _show_event(event: AskEvent) -> None:
    """Show what a model writes and calls, as it does."""
    if event.kind == "text":
        render.write_words(event.body["text"])
    elif event.kind == "call":
        said = " ".join(f"{name}={value}" for name, value in event.body["arguments"].items())
        render.print_note("", f"asks {event.body['tool']} {said}".rstrip())


def _show_answer(answer: AskAnswer) -> None:
    model = answer.document()["model"]
    written = model is not None and not model["stopped"]  # and so it stands there already
    render.print_note("" if written else answer.sentence, *answer.list_notes())
    table = answer.document()["table"]
    if table is not None:
        shown = [at for at, _ in enumerate(table["columns"]) if _holds_any(table["rows"], at)]
        rows = [tuple(row[at] for at in shown) for row in table["rows"]]
        render.write_table("", tuple(table["columns"][at] for at in shown), rows)


def _holds_any(rows: list[list[Any]], column: int) -> bool:
    return any(row[column] not in {None, ""} for row in rows)
