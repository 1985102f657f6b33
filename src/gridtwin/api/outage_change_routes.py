"""Open outages, confirm, note, restore and close them: ``POST /api/outages``."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path
from pydantic import AwareDatetime, Field

from gridtwin.api.command_routes import Actor
from gridtwin.api.grid import GridNow
from gridtwin.api.models import Document, ErrorAnswer
from gridtwin.api.operation_routes import Name
from gridtwin.api.permission_gate import DeclaredRoute, require
from gridtwin.api.problems import RESPONSES
from gridtwin.model.outage import Outage
from gridtwin.model.permissions import Permission
from gridtwin.model.person import Person
from gridtwin.results.documents.outage_documents import OutageRecord
from gridtwin.results.outage_answers import make_outage_record
from gridtwin.tools.responsibility import check_area, check_outage_area
from gridtwin.twin.outage_operations import OutageOperations

router = APIRouter(
    prefix="/api/outages",
    responses={
        **RESPONSES,
        409: {"model": ErrorAnswer, "description": "Somebody else changed it meanwhile."},
    },
    tags=["outages"],
    route_class=DeclaredRoute,
)

MOST_POINTS = 10_000
LONGEST_CAUSE = 500
Manager = Annotated[Person, require(Permission.MANAGE_OUTAGES)]
OutageId = Annotated[str, Path(max_length=100, examples=["O-20260701-3fa2c1"])]
Cause = Annotated[str, Field(max_length=LONGEST_CAUSE, examples=["vegetation"])]
Points = Annotated[list[Name], Field(min_length=1, max_length=MOST_POINTS)]


class Signed(Document):
    """Who changes an outage."""

    actor: Actor = ""


class OutageAsked(Signed):
    """An outage to be opened."""

    device: str = Field(default="", max_length=200, description="What opened or failed.")
    usage_points: Points | None = Field(
        default=None, description="Who is out; by default who is dark without the device."
    )
    at: AwareDatetime | None = Field(default=None, description="When it began; now by default.")
    cause: Cause = ""
    predicted: bool = Field(default=False, description="It is only inferred.")
    planned: bool = False


class ConfirmedAsked(Signed):
    """What is known of an outage that is confirmed."""

    at: AwareDatetime | None = None
    device: str = Field(
        default="", max_length=200, description="Where it is another one than was predicted."
    )
    cause: Cause = ""


class NoteAsked(Signed):
    """What is learned of an outage; what is left out stays as it is."""

    cause: Cause | None = None
    crew_status: str | None = Field(default=None, max_length=200)
    etr_manual: AwareDatetime | None = Field(
        default=None, description="End promised by the control room; null: none."
    )
    etr_crew: AwareDatetime | None = Field(
        default=None, description="End that the crew expects; null: none."
    )


class RestoredAsked(Signed):
    """Who is back."""

    usage_points: Points | None = Field(default=None, description="All who are out by default.")
    below: str = Field(default="", max_length=200, description="Or all behind this element.")
    at: AwareDatetime | None = Field(default=None, description="Now by default.")


class NestedAsked(Signed):
    """Who has a fault of their own."""

    device: str = Field(default="", max_length=200)
    usage_points: Points | None = None
    cause: Cause = ""


class ClosedAsked(Signed):
    """When an outage is closed."""

    at: AwareDatetime | None = None
    force: bool = Field(default=False, description="Though some in it have no supply.")


@router.post("")
def open_outage(grid: GridNow, asked: OutageAsked, person: Manager) -> OutageRecord:
    """Open an outage: of all who go dark without a device, or of usage points by name."""
    for each in (asked.device, *(asked.usage_points or ())):
        if each:
            check_area(grid, person, each)
    opened = _sign(grid, asked, person).open(
        asked.device, usage_points=asked.usage_points, at=asked.at, cause=asked.cause,
        predicted=asked.predicted, planned=asked.planned,
    )  # fmt: skip
    return make_outage_record(opened)


@router.post("/{outage}/confirm")
def confirm_outage(
    grid: GridNow, outage: OutageId, asked: ConfirmedAsked, person: Manager
) -> OutageRecord:
    """Confirm a predicted outage, maybe of another device."""
    outages = _sign(grid, asked, person, outage)
    if asked.device and asked.device != outages.get(outage).device:
        check_area(grid, person, asked.device)
        outages.revise(outage, asked.device)
    fields = {"cause": asked.cause} if asked.cause else {}
    return make_outage_record(outages.confirm(outage, at=asked.at, **fields))


@router.post("/{outage}/note")
def note_outage(grid: GridNow, outage: OutageId, asked: NoteAsked, person: Manager) -> OutageRecord:
    """Write down what is learned of an outage."""
    fields: dict[str, Any] = asked.model_dump(exclude_unset=True, exclude={"actor"})
    return make_outage_record(_sign(grid, asked, person, outage).note(outage, **fields))


@router.post("/{outage}/restore")
def restore_outage(
    grid: GridNow, outage: OutageId, asked: RestoredAsked, person: Manager
) -> OutageRecord:
    """Bring customers back: all who are out, or one step."""
    restored: Outage = _sign(grid, asked, person, outage).restore(
        outage, usage_points=asked.usage_points, below=asked.below, at=asked.at
    )
    return make_outage_record(restored)


@router.post("/{outage}/nest")
def nest_outage(
    grid: GridNow, outage: OutageId, asked: NestedAsked, person: Manager
) -> OutageRecord:
    """Split off who has a fault of their own; returns the new outage."""
    if asked.device:
        check_area(grid, person, asked.device)
    nested = _sign(grid, asked, person, outage).nest(
        outage, asked.device, usage_points=asked.usage_points, cause=asked.cause
    )
    return make_outage_record(nested)


@router.post("/{outage}/close")
def close_outage(
    grid: GridNow, outage: OutageId, asked: ClosedAsked, person: Manager
) -> OutageRecord:
    """Close a restored outage, once its customers have supply."""
    closed = _sign(grid, asked, person, outage).close(outage, at=asked.at, force=asked.force)
    return make_outage_record(closed)


@router.post("/{outage}/invalidate")
def invalidate_outage(
    grid: GridNow, outage: OutageId, asked: Signed, person: Manager
) -> OutageRecord:
    """Say that there was no outage."""
    return make_outage_record(_sign(grid, asked, person, outage).invalidate(outage))


def _sign(grid: GridNow, asked: Signed, person: Person, outage: str = "") -> OutageOperations:
    """Return the outages, signed by who asks; of an outage in the area of somebody else none."""
    if outage:
        check_outage_area(grid, person, outage)
    return grid.twin.outages.sign_as(person.name_actor(asked.actor))
