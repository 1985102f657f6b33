"""Find things by a part of their id or name: ``/api/search``."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from pydantic import Field

from gridtwin.api.answers import answer_request
from gridtwin.api.grid import GridNow
from gridtwin.api.models import Document, Feature, Place
from gridtwin.api.problems import RESPONSES
from gridtwin.api.views.search_view import list_hits

router = APIRouter(prefix="/api", responses=RESPONSES, tags=["search"])


class Found(Document):
    """One thing found."""

    mrid: str = Field(description="Its id; behind its table where several share it: equipment:11.")
    name: str
    kind: str = Field(examples=["fuse", "usage_point", "feeder"])
    feeder: str | None
    substation: str | None
    at: Place | None
    feature: Feature | None = Field(description="Of a feeder, its head switch.")


class SearchAnswer(Document):
    """What was found, the best first."""

    results: list[Found]


@router.get("/search", name="search", response_model=SearchAnswer)
def search_elements(
    request: Request,
    grid: GridNow,
    q: Annotated[str, Query(max_length=200, examples=["FUSE-12"])],
    limit: Annotated[int, Query(ge=1, le=50)] = 8,
) -> Response:
    """Find what an id or a name names: whole first, then by its beginning, then by a part."""
    hits = grid.names.search_names(q, limit)
    records = list_hits(grid.read_situation(), grid.features, [hit.element for hit in hits])
    return answer_request(request, SearchAnswer(results=[Found(**each) for each in records]))
