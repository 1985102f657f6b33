"""The tool by which an agent asks in words."""

from __future__ import annotations

from typing import Annotated, Any

from annotated_types import Ge, Le, MaxLen

from gridtwin.ask.answering import ask_question
from gridtwin.ask.time_words import read_zone
from gridtwin.ask.understanding import LONGEST_QUESTION
from gridtwin.model.moments import read_moment
from gridtwin.results.documents.ask_documents import AskDocument
from gridtwin.tools.shared_twin import SharedTwin
from gridtwin.tools.tool_answer import BRIEF, Cuts, Page, ToolAnswer, fit_document
from gridtwin.tools.tool_arguments import Detail, Moment, tell


def ask_in_words(
    shared: SharedTwin,
    question: Annotated[
        str,
        MaxLen(LONGEST_QUESTION),
        tell("In English.", examples=["which hospitals lost power in yesterday's storm?"]),
    ],
    timezone: Annotated[str, MaxLen(60), tell("Whose days are meant.")] = "UTC",
    now: Annotated[Moment, tell("What the clock says; empty: the time it is.")] = "",
    context: Annotated[
        dict[str, Any] | None, tell("`context` of the last answer, for a question that follows.")
    ] = None,
    pick: Annotated[
        int, Ge(0), Le(3), tell("Which of the `choices` offered; 0: the sure one.")
    ] = 0,
    detail: Detail = BRIEF,
) -> ToolAnswer[AskDocument]:
    """
    Answer a question in words: `reading` says which tool and arguments were understood.

    Where none is sure, `choices` are offered, or `nearest` questions that can be answered.
    """
    document = ask_question(
        shared,
        question,
        now=read_moment(now) if now else None,
        zone=read_zone(timezone),
        context=context,
        pick=pick,
        detail=detail,
    )
    answer = fit_document(
        document,
        document["sentence"],
        Page(detail, pages=False),
        Cuts(("choices", "nearest", "assumed"), spare=("table",)),
    )
    answer["map"] = document["map"]
    return answer
