"""Operate as a control room does: previews, commands, second persons, tags: ``/api/operations``."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query, Request, Response
from pydantic import AwareDatetime, Field

from gridtwin.api.answers import answer_request
from gridtwin.api.grid import Grid, GridNow
from gridtwin.api.models import Document, ErrorAnswer, Feature, Features
from gridtwin.api.operation_routes import Name, Operator
from gridtwin.api.permission_gate import DeclaredRoute, require
from gridtwin.api.problems import RESPONSES
from gridtwin.api.views.operation_view import draw_preview, locate_equipment
from gridtwin.model.operational_tag import MOST_REASON_CHARACTERS, OperationalTag
from gridtwin.model.permissions import Permission
from gridtwin.results.documents.operating_documents import (
    OperationPreviewDocument,
    OperationRequestRecord,
    TagRecord,
)
from gridtwin.results.operating_answers import make_request_record, make_tag_record
from gridtwin.tools.responsibility import check_area

router = APIRouter(prefix="/api", responses=RESPONSES, tags=["operate"], route_class=DeclaredRoute)

CONFLICT: dict[int | str, dict[str, object]] = {
    409: {
        "model": ErrorAnswer,
        "description": "A tag forbids it (`OperationRefusedError`), or it would no longer do what"
        " was confirmed (`OperationConflictError`): look at it anew.",
    }
}
Actor = Annotated[str, Field(max_length=100, description="Who acts, by their own word.")]
Digest = Annotated[
    str, Field(max_length=32, description="`digest` of the preview that was confirmed.")
]
RequestId = Annotated[str, Path(max_length=100, examples=["R-20260701-3fa2c1"])]


class PreviewAsked(Document):
    """An operation to look at."""

    mrid: Name
    open: bool
    phases: str = Field(default="", max_length=20, description="All of the switch's by default.")


class PreviewFeatures(Document):
    """What an operation would change on the map."""

    gained: Features
    lost: Features
    partial: Features


class PreviewAnswer(OperationPreviewDocument):
    """The document `gridtwin.operation_preview/1`, with the features it changes."""

    features: PreviewFeatures
    second_person_min: float
    """minutes that it would wait for a second person; 0: one is enough"""


class OperationAsked(PreviewAsked):
    """An operation that somebody has looked at."""

    confirmed: Digest = ""
    actor: Actor = ""


class OperationAnswer(Document):
    """What became of an operation."""

    status: Literal["done", "waiting"] = Field(
        description="Waiting: another person has to confirm it."
    )
    version: int | None = Field(description="Of the current state afterwards; null: waiting.")
    request: OperationRequestRecord | None = Field(description="What waits, or was confirmed.")


class ConfirmAsked(Document):
    """Who decides on a request."""

    actor: Actor = ""


class RequestsAnswer(Document):
    """Operations that wait for a second person, or waited."""

    requests: list[OperationRequestRecord]


class TagAsked(Document):
    """A tag to be placed."""

    mrid: Name
    kind: Literal["hold", "caution"] = "hold"
    reason: str = Field(min_length=1, max_length=MOST_REASON_CHARACTERS)
    actor: Actor = ""


class TagAnswer(TagRecord):
    """A tag, and where it hangs; null where that is not known."""

    at: list[float] | None
    feature: Feature | None


class TagsAnswer(Document):
    """Tags that forbid to operate."""

    tags: list[TagAnswer]


class RemovalAsked(Document):
    """Who removes a tag, and why."""

    actor: Actor = ""
    because: str = Field(
        default="",
        max_length=MOST_REASON_CHARACTERS,
        description="Needed where another person placed a hold.",
    )


@router.post(
    "/operations/preview",
    dependencies=[require(Permission.LOOK)],
    response_model=PreviewAnswer,
)
def preview_operation(request: Request, grid: GridNow, asked: PreviewAsked) -> Response:
    """Say who gains and loses supply by an operation, and what is dangerous; nothing is done."""
    seen = grid.twin.operations.preview(asked.mrid, open=asked.open, phases=asked.phases)
    answer: PreviewAnswer = {
        **seen.document(),
        "features": PreviewFeatures(**draw_preview(seen, grid.features)),
        "second_person_min": grid.settings.two_person_min,
    }
    return answer_request(request, answer)


@router.post("/operations", responses=CONFLICT)
def operate_confirmed(grid: GridNow, asked: OperationAsked, person: Operator) -> OperationAnswer:
    """Operate a switch if that still does what was confirmed, or have it wait for a second."""
    check_area(grid, person, asked.mrid)
    operations, actor = grid.twin.operations, person.name_actor(asked.actor)
    minutes = grid.settings.two_person_min
    if minutes:
        waiting = operations.request(
            asked.mrid, open=asked.open, phases=asked.phases, actor=actor,
            confirmed=asked.confirmed, minutes=minutes,
        )  # fmt: skip
        record = make_request_record(waiting)
        return OperationAnswer(status="waiting", version=None, request=record)
    state = operations.operate(
        asked.mrid, open=asked.open, phases=asked.phases, actor=actor, confirmed=asked.confirmed
    )
    return OperationAnswer(status="done", version=state.version, request=None)


@router.get("/operations/requests", dependencies=[require(Permission.LOOK)])
def read_requests(
    grid: GridNow, since: Annotated[AwareDatetime | None, Query()] = None
) -> RequestsAnswer:
    """Return the operations that wait for a second person; `since`: all made since then."""
    return _list_requests(grid, since)


def _list_requests(grid: Grid, since: datetime | None) -> RequestsAnswer:
    found = grid.twin.operations.requests(since=since)
    return RequestsAnswer(requests=[make_request_record(each) for each in found])


@router.post("/operations/requests/{id}/confirm", responses=CONFLICT)
def confirm_request(
    grid: GridNow, id: RequestId, asked: ConfirmAsked, person: Operator
) -> OperationAnswer:
    """Confirm the operation of another person, which operates the switch."""
    check_area(grid, person, grid.twin.store.operating.read_request(id).mrid)
    state = grid.twin.operations.confirm(id, actor=person.name_actor(asked.actor))
    record = make_request_record(grid.twin.store.operating.read_request(id))
    return OperationAnswer(status="done", version=state.version, request=record)


@router.post("/operations/requests/{id}/withdraw")
def withdraw_request(
    grid: GridNow, id: RequestId, asked: ConfirmAsked, person: Operator
) -> OperationRequestRecord:
    """Withdraw a request: nobody can confirm it any more."""
    check_area(grid, person, grid.twin.store.operating.read_request(id).mrid)
    gone = grid.twin.operations.withdraw(id, actor=person.name_actor(asked.actor))
    return make_request_record(gone)


@router.get("/tags", dependencies=[require(Permission.LOOK)])
def read_tags(
    grid: GridNow,
    mrid: Annotated[str, Query(max_length=200)] = "",
    past: Annotated[bool, Query(description="Those too that were removed.")] = False,
) -> TagsAnswer:
    """Return the tags that forbid to operate."""
    found = grid.twin.operations.tags(mrid, past=past)
    return TagsAnswer(tags=[_locate_tag(grid, tag) for tag in found])


def _locate_tag(grid: Grid, tag: OperationalTag) -> TagAnswer:
    at, feature = locate_equipment(grid.network, grid.features, tag.mrid)
    return {
        **make_tag_record(tag),
        "at": at,
        "feature": None if feature is None else Feature(**feature),
    }


@router.post("/tags")
def place_tag(grid: GridNow, asked: TagAsked, person: Operator) -> TagRecord:
    """Hang a tag on equipment: until it is removed nobody operates it."""
    check_area(grid, person, asked.mrid)
    hung = grid.twin.operations.place_tag(
        asked.mrid, asked.reason, kind=asked.kind, actor=person.name_actor(asked.actor)
    )
    return make_tag_record(hung)


@router.post("/tags/{number}/remove")
def remove_tag(
    grid: GridNow,
    number: Annotated[int, Path(ge=1, le=2**62)],
    asked: RemovalAsked,
    person: Operator,
) -> TagRecord:
    """Remove a tag."""
    for tag in grid.twin.operations.tags():
        if tag.number == number:
            check_area(grid, person, tag.mrid)
    gone = grid.twin.operations.remove_tag(
        number, actor=person.name_actor(asked.actor), because=asked.because
    )
    return make_tag_record(gone)
