"""Ask in words."""

from __future__ import annotations

import json as json_text
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gridtwin.cli import render
from gridtwin.cli.options import In, Json, open_twin
from gridtwin.errors import InputError

if TYPE_CHECKING:
    from gridtwin.results.ask_answer import AskAnswer

OUTCOME_CODES = {"answered": 0, "failed": 1, "offered": 1, "unknown": 3, "refused": 2}


def ask_twin(
    question: Annotated[str, typer.Argument(help="A question in English.")],
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
    json: Json = False,
) -> None:
    """
    Answer a question in words, and say what was understood. It changes nothing.

    Exit code 0: answered; 1: readings are offered, or no data; 2: refused; 3: not understood.

    Example: gridtwin ask "who is out on feeder FAI-1201 and until when" --in sample.twin
    """
    from gridtwin.ask.twin_asking import TwinAsker

    answer = TwinAsker(open_twin(twin)).ask(
        question,
        now=now or None,
        timezone=timezone,
        context=_read_context(context),
        pick=pick,
    )
    if context is not None and answer.context is not None:
        context.write_text(json_text.dumps(answer.context) + "\n", encoding="utf-8")
    if json:
        render.write_json(answer.document())
    else:
        _show_answer(answer)
    if OUTCOME_CODES[answer.outcome]:
        raise typer.Exit(OUTCOME_CODES[answer.outcome])


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


def _show_answer(answer: AskAnswer) -> None:
    render.print_note(answer.sentence, *answer.list_notes())
    table = answer.document()["table"]
    if table is not None:
        shown = [at for at, _ in enumerate(table["columns"]) if _holds_any(table["rows"], at)]
        rows = [tuple(row[at] for at in shown) for row in table["rows"]]
        render.write_table("", tuple(table["columns"][at] for at in shown), rows)


def _holds_any(rows: list[list[Any]], column: int) -> bool:
    return any(row[column] not in {None, ""} for row in rows)
