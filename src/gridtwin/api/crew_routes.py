"""Show where crews are, and assign them to outages: ``/api/crews``."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query
from pydantic import AwareDatetime, Field

from gridtwin.api.command_routes import Actor
from gridtwin.api.grid import GridNow
from gridtwin.api.models import Document, ErrorAnswer
from gridtwin.api.operation_routes import Name
from gridtwin.api.outage_change_routes import Manager
from gridtwin.api.permission_gate import DeclaredRoute, require
from gridtwin.api.problems import RESPONSES
from gridtwin.errors import InputError
from gridtwin.model.permissions import Permission
from gridtwin.results.crew_answers import make_assignment_record, make_crews_document
from gridtwin.results.documents.operating_documents import AssignmentRecord, CrewsDocument
from gridtwin.tools.responsibility import check_outage_area
from gridtwin.twin.crew_operations import DETOUR_FACTOR, SPEED_KMH

router = APIRouter(
    prefix="/api/crews",
    responses={
        **RESPONSES,
        409: {"model": ErrorAnswer, "description": "Somebody else changed the outage meanwhile."},
    },
    tags=["crews"],
    route_class=DeclaredRoute,
)

MOST_NEAREST = 100
CrewId = Annotated[str, Path(max_length=200, examples=["C-1"])]


class PositionAsked(Document):
    """Where a crew is."""

    lon: float = Field(ge=-180, le=180)
    lat: float = Field(ge=-90, le=90)
    at: AwareDatetime | None = Field(default=None, description="When; now by default.")


class PositionAnswer(Document):
    """The crew that was placed."""

    crew: str


class AssignAsked(Document):
    """A crew for an outage."""

    crew: Name
    outage: str = Field(min_length=1, max_length=100)
    actor: Actor = ""


class AdvanceAsked(Document):
    """How far a crew is."""

    status: Literal["en_route", "on_site", "done", "withdrawn"]
    etr: AwareDatetime | None = Field(
        default=None, description="When the crew expects supply to be back, if it says so."
    )
    actor: Actor = ""


@router.get("", dependencies=[require(Permission.LOOK)])
def read_crews(
    grid: GridNow,
    outage: Annotated[str, Query(max_length=100, description="The nearest to this.")] = "",
    lon: Annotated[float | None, Query(ge=-180, le=180)] = None,
    lat: Annotated[float | None, Query(ge=-90, le=90)] = None,
    skill: Annotated[str, Query(max_length=100, examples=["line"])] = "",
    limit: Annotated[int, Query(ge=1, le=MOST_NEAREST)] = 5,
) -> CrewsDocument:
    """
    Return all crews, or those at work that are nearest to an outage or a place.

    Travel is estimated: the straight line times `detour_factor`, at `speed_kmh`.
    """
    crews = grid.twin.crews
    if (lon is None) != (lat is None):
        msg = "a place needs both: give lon and lat"
        raise InputError(msg)
    place = outage if lon is None or lat is None else (lon, lat)
    views = crews.nearest(place, count=limit, skill=skill) if place else crews.all()
    return make_crews_document(views, detour_factor=DETOUR_FACTOR, speed_kmh=SPEED_KMH)


@router.post("/{crew}/position", dependencies=[require(Permission.OPERATE)])
def place_crew(grid: GridNow, crew: CrewId, asked: PositionAsked) -> PositionAnswer:
    """Say where a crew is; what is older than what is known changes nothing."""
    grid.twin.crews.place(crew, asked.lon, asked.lat, at=asked.at)
    return PositionAnswer(crew=crew)


@router.get("/assignments", dependencies=[require(Permission.LOOK)])
def read_assignments(
    grid: GridNow,
    outage: Annotated[str, Query(max_length=100)] = "",
    crew: Annotated[str, Query(max_length=200)] = "",
    past: Annotated[bool, Query(description="The ended too.")] = False,
) -> list[AssignmentRecord]:
    """Return which crew works on which outage."""
    found = grid.twin.crews.assignments(outage=outage, crew=crew, past=past)
    return [make_assignment_record(each) for each in found]


@router.post("/assignments")
def assign_crew(grid: GridNow, asked: AssignAsked, person: Manager) -> AssignmentRecord:
    """Assign a crew to an open outage."""
    check_outage_area(grid, person, asked.outage)
    made = grid.twin.crews.assign(asked.crew, asked.outage, actor=person.name_actor(asked.actor))
    return make_assignment_record(made)


@router.post("/assignments/{number}")
def advance_crew(
    grid: GridNow,
    number: Annotated[int, Path(ge=1, le=2**62)],
    asked: AdvanceAsked,
    person: Manager,
) -> AssignmentRecord:
    """Say how far a crew is; its outage, and so the estimate, is told."""
    for each in grid.twin.crews.assignments():
        if each.number == number:
            check_outage_area(grid, person, each.outage)
    made = grid.twin.crews.advance(
        number, asked.status, actor=person.name_actor(asked.actor), etr=asked.etr
    )
    return make_assignment_record(made)
