"""Who and what has no supply: ``/api/state``."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from pydantic import Field

from gridtwin.api.answers import answer, tag
from gridtwin.api.errors import RESPONSES
from gridtwin.api.grid import GridNow
from gridtwin.api.models import Document, Features, Positions
from gridtwin.model.state import CURRENT
from gridtwin.publish.supply import supply_document

router = APIRouter(prefix="/api", responses=RESPONSES, tags=["state"])

StateName = Annotated[
    str, Query(description="`current`, `normal`, or the name of a what-if.", max_length=200)
]


class StateAnswer(Document):
    """Everything without supply, or with less of it than designed."""

    state: str
    version: int
    network: str = Field(description="The network it is of; see `/api`.")
    customers_out: int
    out: Features = Field(description="No supply; of equipment: at neither side.")
    partial: Features = Field(description="Some of the phases that it has by design.")
    open: Positions = Field(description="Switches that stand open otherwise than designed.")
    closed: Positions = Field(description="Switches that are open by design and stand closed.")


@router.get("/state", response_model=StateAnswer)
def read_state(request: Request, grid: GridNow, state: StateName = CURRENT) -> Response:
    """Return everything without supply in a state."""
    situation = grid.situation(state)
    supply = grid.supply(situation)
    found = supply_document(grid.features, grid.network.data, supply)
    document = StateAnswer(state=state, network=grid.network_hash, **found)
    # A what-if can be kept anew under its name and version: what is open tells them apart.
    return answer(request, document, etag=tag(grid.network_hash, state, found["version"],
                                              found["open"], found["closed"]))  # fmt: skip
