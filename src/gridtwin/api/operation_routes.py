"""Try switches, and operate them: ``/api/what-if``, ``/api/switch``."""

from __future__ import annotations

import secrets
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import Field
from starlette.exceptions import HTTPException

from gridtwin.api.answers import answer_request
from gridtwin.api.grid import GridNow, grid_of
from gridtwin.api.models import Document, ErrorAnswer, Features
from gridtwin.api.problems import RESPONSES
from gridtwin.api.views.what_if_view import view_what_if
from gridtwin.model import phases
from gridtwin.model.state import CURRENT
from gridtwin.results.documents.loss_documents import StillOut

router = APIRouter(prefix="/api", responses=RESPONSES, tags=["operate"])

MOST_SWITCHES = 500
Phases = Annotated[str, Field(max_length=20, examples=["A"])]
Name = Annotated[str, Field(max_length=200, examples=["SW-1"])]


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
    warnings: list[str]


@router.post("/what-if", response_model=WhatIfAnswer)
def what_if(request: Request, grid: GridNow, asked: WhatIfAsked) -> Response:
    """Say who goes out and who comes back if switches stood otherwise."""
    found = grid.twin.what_if(asked.switches, state=asked.base)
    return answer_request(request, WhatIfAnswer(**view_what_if(found, grid.features)))


bearer = HTTPBearer(auto_error=False, description="The token of GRIDTWIN_OPERATOR_TOKEN.")


def require_operator(
    request: Request, given: Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)]
) -> None:
    """Refuse who has not the operator token."""
    token = grid_of(request).settings.operator_token
    if not token:
        raise HTTPException(403, "this server only answers: it was started without a token")
    if given is None:
        challenge = {"WWW-Authenticate": "Bearer"}
        raise HTTPException(401, "operating needs the operator token", challenge)
    if not secrets.compare_digest(given.credentials.encode(), token.encode()):
        raise HTTPException(403, "this is not the operator token")


class SwitchAsked(Document):
    """One operation."""

    mrid: Name
    open: bool
    phases: str = Field(default="", max_length=20, description="All of the switch's by default.")
    actor: str = Field(default="", max_length=100, description="Who operates, for the log.")


class SwitchAnswer(Document):
    """The current state after an operation."""

    version: int
    mrid: str
    open: str = Field(description="The phases that stand open.")
    customers_out: int


@router.post(
    "/switch",
    name="switch",
    dependencies=[Depends(require_operator)],
    responses={
        401: {"model": ErrorAnswer, "description": "No token was given."},
        403: {"model": ErrorAnswer, "description": "The token is wrong, or there is none."},
    },
)
def operate_switch(grid: GridNow, asked: SwitchAsked) -> SwitchAnswer:
    """Operate a switch: it writes the current state."""
    twin = grid.twin
    state = twin.switch(
        asked.mrid, open=asked.open, phases=asked.phases, actor=asked.actor or "server"
    )
    situation = grid.read_situation()
    row = grid.network.ids.find_element(asked.mrid, ("equipment",)).row
    return SwitchAnswer(
        version=state.version,
        mrid=asked.mrid,
        open=phases.format_phases(int(situation.open_mask[row])),
        customers_out=grid.compute_supply(situation)[0].customers_out,
    )
