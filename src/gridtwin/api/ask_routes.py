"""Ask in words: ``/api/ask``."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from gridtwin.api.answers import answer_request
from gridtwin.api.grid import GridNow
from gridtwin.api.problems import RESPONSES
from gridtwin.ask.answering import ask_question
from gridtwin.ask.twin_asking import read_zone
from gridtwin.ask.understanding import LONGEST_QUESTION
from gridtwin.model.moments import read_moment
from gridtwin.results.documents.ask_documents import AskDocument

router = APIRouter(prefix="/api", responses=RESPONSES, tags=["ask"])


class AskRequest(BaseModel):
    """A question in words."""

    model_config = ConfigDict(extra="forbid")

    question: Annotated[str, Field(min_length=1, max_length=LONGEST_QUESTION)] = Field(
        examples=["which hospitals lost power in yesterday's storm?"]
    )
    timezone: Annotated[str, Field(max_length=60, description="Whose days are meant.")] = "UTC"
    now: Annotated[
        str, Field(max_length=40, description="What the clock says; empty: the time it is.")
    ] = ""
    context: Annotated[
        dict[str, Any] | None,
        Field(description="That of the last answer, for a question that follows."),
    ] = None
    pick: Annotated[
        int, Field(ge=0, le=3, description="Which of the readings offered; 0: the sure one.")
    ] = 0


@router.post("/ask", name="ask", response_model=AskDocument)
def ask_in_words(request: Request, grid: GridNow, asked: AskRequest) -> Response:
    """Answer a question in words by one of the tools; nothing is changed."""
    document = ask_question(
        grid,
        asked.question,
        now=read_moment(asked.now) if asked.now else None,
        zone=read_zone(asked.timezone),
        context=asked.context,
        pick=asked.pick,
    )
    return answer_request(request, document)
