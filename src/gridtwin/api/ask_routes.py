"""Ask in words: ``/api/ask``."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any, Literal

from anyio import to_thread
from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from gridtwin.api.answer_stream import AnswerStream
from gridtwin.api.answers import answer_request
from gridtwin.api.grid import GridNow
from gridtwin.api.models import Bounds, Features
from gridtwin.api.permission_gate import DeclaredRoute, find_person, require
from gridtwin.api.problems import RESPONSES
from gridtwin.api.views.asked_view import draw_asked
from gridtwin.ask.asking import BY_MODEL, Asked, answer_asked
from gridtwin.ask.conversation import Conversation
from gridtwin.ask.conversation_memory import ConversationMemory
from gridtwin.ask.model_answering import AskEvent, Tell
from gridtwin.ask.model_endpoint import require_model_library
from gridtwin.ask.time_words import read_zone
from gridtwin.ask.understanding import LONGEST_QUESTION
from gridtwin.errors import BusyError
from gridtwin.model.moments import read_moment
from gridtwin.model.permissions import Permission
from gridtwin.model.person import Person
from gridtwin.results.documents.ask_documents import AskDocument
from gridtwin.settings import LanguageModelSettings
from gridtwin.tools.tool_answer import BRIEF
from gridtwin.tools.tool_arguments import Detail

MOST_MODEL_RUNS = 4  # of a server at a time
ASK_STREAM_WORDS = """\
With `Accept: text/event-stream` a stream: `call`, a tool that the model calls; `result`, what it \
answered; `text`, what the model writes; and at last `answer`, the document."""

router = APIRouter(
    prefix="/api",
    responses=RESPONSES,
    tags=["ask"],
    route_class=DeclaredRoute,
    dependencies=[require(Permission.LOOK)],
)


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
    detail: Annotated[Detail, Field(description="How many rows are given: 10, or 50.")] = BRIEF
    conversation: Annotated[
        str,
        Field(
            pattern=r"^([A-Za-z0-9_-]{8,64})?$",
            description="Name the client gives to questions that belong together, for a model to"
            " lean on those before: nobody else's is found by it. Empty: it stands alone.",
        ),
    ] = ""
    by: Annotated[
        Literal["either", "questions", "model"],
        Field(description="Who answers; either: the model where the questions are not sure."),
    ] = "either"


class AskedAnswer(AskDocument):
    """The document `gridtwin.ask/1`, with the features it is about."""

    features: Features
    """of the question, and of each row of the table"""
    bounds: Bounds | None


class ModelDesk:
    """The language model of a server, how many questions it is answering, and what was said."""

    def __init__(self, settings: LanguageModelSettings | None) -> None:
        self._settings = settings
        self._memory = ConversationMemory()
        self.running = 0
        if settings is not None:
            require_model_library()

    def find_conversation(self, person: Person, name: str) -> Conversation | None:
        """Return what a person said before under a name; None without a name or a model."""
        if self._settings is None or not name:
            return None
        who = person.name or person.session or person.address
        return self._memory.find_conversation(f"{person.way} {who}", name)

    @contextmanager
    def admit_asker(self, asked: Asked) -> Iterator[LanguageModelSettings | None]:
        """
        Give the model to a question; none where it answers as many as it may.

        Raises
        ------
        BusyError
            If that is so, and the question is to be answered by the model alone.
        """
        full = self.running >= MOST_MODEL_RUNS
        if full and asked.by == BY_MODEL:
            msg = f"the model answers {MOST_MODEL_RUNS} questions already: ask again later"
            raise BusyError(msg)
        self.running += 1
        try:
            yield None if full else self._settings
        finally:
            self.running -= 1


@router.post(
    "/ask",
    name="ask",
    response_model=AskedAnswer,
    responses={200: {"content": {"text/event-stream": {}}, "description": ASK_STREAM_WORDS}},
)
async def ask_in_words(request: Request, grid: GridNow, asked: AskRequest) -> Response:
    """Answer a question in words by one of the tools; nothing is changed."""
    person = find_person(request)
    desk: ModelDesk = request.app.state.model_desk
    wanted = Asked(
        asked.question,
        now=read_moment(asked.now) if asked.now else None,
        zone=read_zone(asked.timezone),
        context=asked.context,
        pick=asked.pick,
        detail=asked.detail,
        by=asked.by,
        who=person.name or person.address or "asker",
        permissions=person.permissions,
        record=grid.settings.ask_record,
        conversation=desk.find_conversation(person, asked.conversation),
    )

    async def answer(tell: Tell) -> dict[str, Any]:
        with desk.admit_asker(wanted) as settings:
            document = await answer_asked(grid, wanted, settings, tell)
        drawn = await to_thread.run_sync(draw_asked, document, grid.network, grid.features)
        return {**document, **drawn}

    if "text/event-stream" in request.headers.get("accept", ""):
        return AnswerStream(answer)
    told = await answer(_hear_nothing)
    return await to_thread.run_sync(answer_request, request, told)


async def _hear_nothing(_: AskEvent) -> None:
    """Hear nothing: who asked takes the document alone."""
