"""Announce work, begin and end it, and list whom to write: ``/api/planned-outages``."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request, Response
from pydantic import AwareDatetime, Field

from gridtwin.api.answers import answer_request
from gridtwin.api.command_routes import Actor
from gridtwin.api.customer_access import ViewerNow
from gridtwin.api.grid import Grid, GridNow
from gridtwin.api.models import Document, ErrorAnswer, Features, Place
from gridtwin.api.operation_routes import Name
from gridtwin.api.outage_change_routes import Manager
from gridtwin.api.permission_gate import DeclaredRoute, require
from gridtwin.api.problems import RESPONSES
from gridtwin.api.views.planned_view import locate_points
from gridtwin.model.permissions import Permission
from gridtwin.model.person import Person
from gridtwin.model.planned_outage import LONGEST_WORK_REASON, PlannedOutage
from gridtwin.model.state import NORMAL
from gridtwin.results.csv_cells import write_tamed_csv
from gridtwin.results.documents.planned_documents import (
    PlannedOutageRecord,
    PlannedOutagesDocument,
)
from gridtwin.results.planned_answers import (
    LETTER_COLUMNS,
    make_planned_document,
    make_planned_record,
)
from gridtwin.tools.responsibility import check_area

router = APIRouter(
    prefix="/api/planned-outages",
    responses={
        **RESPONSES,
        409: {"model": ErrorAnswer, "description": "Somebody else changed it meanwhile."},
    },
    tags=["outages"],
    route_class=DeclaredRoute,
)

MOST_SWITCHED_OFF = 200
LOOKING = [require(Permission.LOOK)]
PlannedId = Annotated[str, Path(max_length=100, examples=["P-20261210-3fa2c1"])]
Position = bool | Annotated[str, Field(max_length=8)]


class WorkAsked(Document):
    """What is worked on, and how switches stand meanwhile."""

    elements: list[Name] = Field(default=[], max_length=MOST_SWITCHED_OFF)
    switches: dict[Name, Position] | None = Field(
        default=None,
        max_length=MOST_SWITCHED_OFF,
        description="mRID to whether it stands open, or the phases that do; by default as a"
        " switching plan isolates the elements.",
    )
    state: str = Field(default=NORMAL, max_length=200, description="In which the work begins.")


class PlannedAsked(WorkAsked):
    """Work that is announced."""

    starts_at: AwareDatetime
    ends_at: AwareDatetime
    reason: str = Field(min_length=1, max_length=LONGEST_WORK_REASON, examples=["new poles"])
    actor: Actor = ""


class MovedAsked(Document):
    """Other times."""

    starts_at: AwareDatetime
    ends_at: AwareDatetime
    actor: Actor = ""


class AdvancedAsked(Document):
    """Who begins, ends or cancels it."""

    actor: Actor = ""


class AffectedPlaces(Document):
    """Who has no supply meanwhile, as features of the tiles."""

    features: Features
    at: Place | None = Field(description="In their middle.")


class AffectedReply(AffectedPlaces):
    """Who would have no supply."""

    switches: dict[str, str] = Field(description="mRID to the phases that stand open meanwhile.")
    usage_points: int
    customers: int


class PlannedReply(AffectedPlaces):
    """One planned outage, and who has no supply meanwhile."""

    planned: PlannedOutageRecord


@router.get("", dependencies=LOOKING, response_model=PlannedOutagesDocument)
def read_planned_outages(
    request: Request,
    grid: GridNow,
    past: Annotated[bool, Query(description="Those done and canceled, too.")] = False,
) -> Response:
    """Return the planned outages, by when they start."""
    return answer_request(request, make_planned_document(grid.twin.planned.all(past=past)))


@router.post("/preview", dependencies=LOOKING)
def preview_planned_outage(grid: GridNow, asked: WorkAsked) -> AffectedReply:
    """Say who would have no supply; nothing is kept."""
    found = grid.twin.planned.affected(
        asked.elements, switches=asked.switches or None, state=asked.state
    )
    return AffectedReply(
        switches=found.switches,
        usage_points=len(found.points),
        customers=found.customers,
        **locate_points(grid.network, grid.features, found.points),
    )


@router.get("/{planned}", dependencies=LOOKING)
def read_planned_outage(grid: GridNow, planned: PlannedId) -> PlannedReply:
    """Return one planned outage, and who has no supply meanwhile."""
    kept = grid.twin.planned.get(planned)
    points = grid.twin.planned.points(planned)
    return PlannedReply(
        planned=make_planned_record(kept), **locate_points(grid.network, grid.features, points)
    )


@router.get(
    "/{planned}/letters",
    dependencies=[require(Permission.SEE_CUSTOMERS)],
    response_class=Response,
    responses={200: {"content": {"text/csv": {}}}},
)
def read_letters(grid: GridNow, viewer: ViewerNow, planned: PlannedId) -> Response:
    """Return whom to write, as comma-separated values: a row for each account, else usage point."""
    letters = grid.twin.planned.letters(planned, viewer)
    headers = {"Content-Disposition": 'attachment; filename="letters.csv"'}
    text = write_tamed_csv(LETTER_COLUMNS, letters)
    return Response(text, media_type="text/csv; charset=utf-8", headers=headers)


@router.post("")
def announce_planned_outage(
    grid: GridNow, asked: PlannedAsked, person: Manager
) -> PlannedOutageRecord:
    """Announce planned work."""
    for each in (*asked.elements, *(asked.switches or ())):
        check_area(grid, person, each)
    made = grid.twin.planned.announce(
        asked.elements, asked.starts_at, asked.ends_at, reason=asked.reason,
        switches=asked.switches or None, state=asked.state, actor=person.name_actor(asked.actor),
    )  # fmt: skip
    return make_planned_record(made)


@router.post("/{planned}/move")
def move_planned_outage(
    grid: GridNow, planned: PlannedId, asked: MovedAsked, person: Manager
) -> PlannedOutageRecord:
    """Announce other times; of what goes on the end alone."""
    _check_planned(grid, person, planned)
    actor = person.name_actor(asked.actor)
    moved = grid.twin.planned.move(planned, asked.starts_at, asked.ends_at, actor=actor)
    return make_planned_record(moved)


@router.post("/{planned}/start")
def start_planned_outage(
    grid: GridNow, planned: PlannedId, asked: AdvancedAsked, person: Manager
) -> PlannedOutageRecord:
    """Begin the work: an outage is opened for who has no supply."""
    _check_planned(grid, person, planned)
    actor = person.name_actor(asked.actor)
    return make_planned_record(grid.twin.planned.start(planned, actor=actor))


@router.post("/{planned}/end")
def end_planned_outage(
    grid: GridNow, planned: PlannedId, asked: AdvancedAsked, person: Manager
) -> PlannedOutageRecord:
    """End the work: who is still out of its outage is back."""
    _check_planned(grid, person, planned)
    return make_planned_record(grid.twin.planned.end(planned, actor=person.name_actor(asked.actor)))


@router.post("/{planned}/cancel")
def cancel_planned_outage(
    grid: GridNow, planned: PlannedId, asked: AdvancedAsked, person: Manager
) -> PlannedOutageRecord:
    """Say that announced work does not take place."""
    _check_planned(grid, person, planned)
    actor = person.name_actor(asked.actor)
    return make_planned_record(grid.twin.planned.cancel(planned, actor=actor))


def _check_planned(grid: Grid, person: Person, planned: str) -> None:
    """Refuse, as NotAllowedError, who is limited to other substations."""
    kept: PlannedOutage = grid.twin.planned.get(planned)
    for each in kept.elements or kept.switches:
        check_area(grid, person, each)
