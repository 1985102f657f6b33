"""Hold two states of the network side by side: ``/api/compare``."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response
from pydantic import Field

from gridtwin.analysis.state.supply_state import SupplyState
from gridtwin.api.answers import answer_request
from gridtwin.api.grid import Grid, GridNow
from gridtwin.api.models import Bounds, Document, Features
from gridtwin.api.operation_routes import MOST_SWITCHES, Name, Phases
from gridtwin.api.permission_gate import DeclaredRoute, require
from gridtwin.api.problems import RESPONSES
from gridtwin.api.state_routes import StateAnswer, make_state_answer
from gridtwin.api.views.comparison_view import compare_supplies
from gridtwin.model.permissions import Permission
from gridtwin.model.state import CURRENT

router = APIRouter(
    prefix="/api",
    responses=RESPONSES,
    tags=["state"],
    route_class=DeclaredRoute,
    dependencies=[require(Permission.LOOK)],
)


class SideAsked(Document):
    """One of two states."""

    state: str = Field(
        default=CURRENT,
        max_length=200,
        description="`current`, `normal`, or the name of a what-if.",
    )
    at: str = Field(
        default="",
        max_length=40,
        description="As it was at a past moment, ISO 8601 with a time zone; now by default.",
        examples=["2026-07-01T12:00:00Z"],
    )
    switches: dict[Name, bool | Phases] = Field(
        default={},
        max_length=MOST_SWITCHES,
        description="What stands otherwise there: mRID to true (open), false (closed), or phases.",
        examples=[{"TIE-3": False}],
    )


class ComparisonAsked(Document):
    """The two states to compare."""

    left: SideAsked = SideAsked()
    right: SideAsked = SideAsked()


class ComparisonAnswer(Document):
    """Two states, and what differs between them."""

    left: StateAnswer
    right: StateAnswer
    only_left: int = Field(description="Customers without supply left, and with it right.")
    only_right: int = Field(description="Customers without supply right, and with it left.")
    both: int = Field(description="Customers without supply on both sides.")
    differs: Features = Field(
        description="What has another supply, and switches that stand otherwise."
    )
    bounds: Bounds | None = Field(description="Of what differs; null where nothing does.")


@router.post("/compare", name="compare", response_model=ComparisonAnswer)
def compare_states(request: Request, grid: GridNow, asked: ComparisonAsked) -> Response:
    """Return two states of the network, and what differs between them; nothing is kept."""
    left, left_answer = _resolve_side(grid, asked.left)
    right, right_answer = _resolve_side(grid, asked.right)
    differences = compare_supplies(grid.features, grid.network.data, left, right)
    return answer_request(
        request, ComparisonAnswer(left=left_answer, right=right_answer, **differences)
    )


def _resolve_side(grid: Grid, asked: SideAsked) -> tuple[SupplyState, StateAnswer]:
    supply, changes = _find_supply(grid, asked)
    answer = make_state_answer(grid, supply, state=asked.state, changes=changes, at=asked.at)
    return supply, answer


def _find_supply(grid: Grid, asked: SideAsked) -> tuple[SupplyState, int]:
    """Return what has supply on a side, and what the present counts if it is of the present."""
    if asked.at or asked.switches:
        twin = grid.open_past(asked.at) if asked.at else grid.twin
        if asked.switches:
            return twin.what_if(asked.switches, state=asked.state).supply_after, 0
        return twin.supply(twin.situation(asked.state)), 0
    return grid.compute_supply(grid.read_situation(asked.state))
