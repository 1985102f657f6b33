"""Draw a feeder as a one-line diagram: ``/api/feeders``."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Request, Response

from gridtwin.api.answers import answer_request, make_tag
from gridtwin.api.grid import GridNow
from gridtwin.api.permission_gate import DeclaredRoute, require
from gridtwin.api.problems import RESPONSES
from gridtwin.api.state_routes import StateName
from gridtwin.model.permissions import Permission
from gridtwin.model.state import CURRENT
from gridtwin.results.documents.schematic_documents import SchematicDocument
from gridtwin.results.schematic_answer import FeederSchematic

router = APIRouter(
    prefix="/api/feeders",
    responses=RESPONSES,
    tags=["feeders"],
    route_class=DeclaredRoute,
    dependencies=[require(Permission.LOOK)],
)
FeederId = Annotated[str, Path(description="mRID of a feeder.", max_length=200)]


@router.get("/{feeder:path}/schematic", response_model=SchematicDocument)
def read_schematic(
    request: Request, grid: GridNow, feeder: FeederId, state: StateName = CURRENT
) -> Response:
    """Return a feeder as a one-line diagram: laid out as designed, switches as they stand."""
    situation = grid.read_situation(state)
    supply, changes = grid.compute_supply(situation)
    layout = grid.twin.diagrams.lay_out(feeder)
    drawn = FeederSchematic(layout, situation, supply)
    etag = make_tag(grid.network_hash, feeder, state, situation.version, changes)
    return answer_request(request, drawn.document, etag=etag)
