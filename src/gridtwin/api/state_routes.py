"""Who and what has no supply: ``/api/state``."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from pydantic import Field

from gridtwin.analysis.state.supply_state import SupplyState
from gridtwin.api.answers import answer_request, digest_array, make_tag
from gridtwin.api.grid import Grid, GridNow
from gridtwin.api.models import Document, Features, Positions, StationsOut
from gridtwin.api.permission_gate import DeclaredRoute, require
from gridtwin.api.problems import RESPONSES
from gridtwin.api.views.supply_view import build_supply_document
from gridtwin.model.permissions import Permission
from gridtwin.model.state import CURRENT, NORMAL

router = APIRouter(
    prefix="/api",
    responses=RESPONSES,
    tags=["state"],
    route_class=DeclaredRoute,
    dependencies=[require(Permission.LOOK)],
)

StateName = Annotated[
    str, Query(description="`current`, `normal`, or the name of a what-if.", max_length=200)
]


At = Annotated[
    str,
    Query(
        description="A past moment, ISO 8601 with a time zone.",
        max_length=40,
        examples=["2026-07-01T12:00:00Z"],
    ),
]


class StateAnswer(Document):
    """Everything without supply, or with less of it than designed."""

    state: str
    version: int
    changes: int = Field(description="Grows with all that changes; events have it too.")
    network: str = Field(description="The network it is of; see `/api`.")
    at: str | None = Field(description="The past moment that was asked for.")
    customers_out: int
    out: Features = Field(description="No supply; of equipment: at neither side.")
    partial: Features = Field(description="Some of the phases that it has by design.")
    substations: StationsOut = Field(description="Those in whose service area somebody is out.")
    open: Positions = Field(description="Switches that stand open otherwise than designed.")
    closed: Positions = Field(description="Switches that are open by design and stand closed.")


@router.get("/state", response_model=StateAnswer)
def read_state(
    request: Request, grid: GridNow, state: StateName = CURRENT, at: At = ""
) -> Response:
    """
    Return everything without supply in a state, now or at a past moment.

    In the current state, who is in an open outage and not back has none.
    """
    if at:
        return answer_request(
            request, make_state_answer(grid, grid.open_past(at).supply(), state=CURRENT, at=at)
        )
    situation = grid.read_situation(state)
    supply, changes = grid.compute_supply(situation)
    # A what-if can be kept anew under its name and version: its switches tell them apart.
    etag = make_tag(
        grid.network_hash, state, changes, situation.version, digest_array(situation.open_mask)
    )
    return answer_request(
        request, lambda: make_state_answer(grid, supply, state=state, changes=changes), etag=etag
    )


def make_state_answer(
    grid: Grid, supply: SupplyState, *, state: str, changes: int = 0, at: str = ""
) -> StateAnswer:
    """Return everything without supply in a state, as it is sent."""
    found = build_supply_document(grid.features, grid.read_situation(NORMAL), supply)
    return StateAnswer(
        state=state, changes=changes, network=grid.network_hash, at=at or None, **found
    )
