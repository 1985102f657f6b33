"""Try switches, and operate them: ``/api/what-if``, ``/api/switch``."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Request, Response
from pydantic import Field

from gridtwin.api.answers import answer_request
from gridtwin.api.grid import Grid, GridNow
from gridtwin.api.models import Bounds, Document, Features
from gridtwin.api.noted_requests import ActionNow
from gridtwin.api.permission_gate import DeclaredRoute, require
from gridtwin.api.problems import RESPONSES
from gridtwin.api.views.what_if_view import view_what_if
from gridtwin.errors import OperationRefusedError
from gridtwin.model import phases
from gridtwin.model.permissions import Permission
from gridtwin.model.person import Person
from gridtwin.model.state import CURRENT
from gridtwin.results.documents.loss_documents import StillOut
from gridtwin.tools.responsibility import check_area

router = APIRouter(prefix="/api", responses=RESPONSES, tags=["operate"], route_class=DeclaredRoute)

MOST_SWITCHES = 500
Phases = Annotated[str, Field(max_length=20, examples=["A"])]
Name = Annotated[str, Field(max_length=200, examples=["SW-1"])]
Operator = Annotated[Person, require(Permission.OPERATE)]


class WhatIfAsked(Document):
    """Some switches in another position."""

    base: str = Field(default=CURRENT, max_length=200, description="The state they differ from.")
    switches: dict[Name, bool | Phases] = Field(
        min_length=1,
        max_length=MOST_SWITCHES,
        description="mRID to true (open), false (closed), or the phases that stand open.",
        examples=[{"TIE-3": False, "SW-1": True}],
    )


class Group(Document):
    """Some customers, and what is drawn of them and their equipment."""

    customers: int
    usage_points: int
    features: Features


class WhatIfAnswer(Document):
    """Who would go out and who would come back; nothing is kept."""

    base: str
    version: int
    out: Group
    back: Group
    partial: Group
    still_out: StillOut
    bounds: Bounds | None = Field(description="Of the switches tried and of what they change.")
    warnings: list[str]


@router.post("/what-if", dependencies=[require(Permission.LOOK)], response_model=WhatIfAnswer)
def what_if(request: Request, grid: GridNow, asked: WhatIfAsked) -> Response:
    """Say who goes out and who comes back if switches stood otherwise."""
    found = grid.twin.what_if(asked.switches, state=asked.base)
    return answer_request(request, WhatIfAnswer(**view_what_if(found, grid.features)))


class SwitchAsked(Document):
    """One operation."""

    mrid: Name
    open: bool
    phases: str = Field(default="", max_length=20, description="All of the switch's by default.")
    actor: str = Field(default="", max_length=100, description="Who operates, by their own word.")


class SwitchAnswer(Document):
    """The current state after an operation."""

    version: int
    mrid: str
    open: str = Field(description="The phases that stand open.")
    customers_out: int


@router.post("/switch", name="switch")
def operate_switch(
    grid: GridNow, asked: SwitchAsked, person: Operator, noted: ActionNow
) -> SwitchAnswer:
    """Operate a switch, whatever that does; see `/api/operations` for looking first."""
    if grid.settings.two_person_min:
        msg = "this server has two persons operate: ask at /api/operations, another one confirms"
        raise OperationRefusedError(msg)
    check_area(grid, person, asked.mrid)
    twin = grid.twin
    noted.tell(before={"open": _format_open(grid, asked.mrid)})
    state = twin.switch(
        asked.mrid, open=asked.open, phases=asked.phases, actor=person.name_actor(asked.actor)
    )
    answer = SwitchAnswer(
        version=state.version,
        mrid=asked.mrid,
        open=_format_open(grid, asked.mrid),
        customers_out=grid.compute_supply(grid.read_situation())[0].customers_out,
    )
    noted.tell(after={"open": answer.open, "version": answer.version})
    return answer


def _format_open(grid: Grid, mrid: str) -> str:
    """Return the phases of a switch that stand open now."""
    row = grid.network.ids.find_element(mrid, ("equipment",)).row
    return phases.format_phases(int(grid.read_situation().open_mask[row]))
