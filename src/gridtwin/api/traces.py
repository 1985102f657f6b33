"""What hangs on what, why, and who goes dark with it: ``/api/trace``, ``explain``, ``blast``."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from gridtwin.api.answers import answer
from gridtwin.api.elements import Mrid
from gridtwin.api.errors import RESPONSES
from gridtwin.api.grid import GridNow
from gridtwin.api.jobs import ACCEPTED, Job, soon
from gridtwin.api.models import Document, Features, GeoJson
from gridtwin.api.state import StateName
from gridtwin.api.views.element_view import describe_explanation
from gridtwin.api.views.trace_view import draw_blast, draw_trace
from gridtwin.model.state import CURRENT

router = APIRouter(prefix="/api", responses=RESPONSES, tags=["traces"])

MOST_STARTS = 1_000
Of = Annotated[
    list[str],
    Query(description="Ids to begin at; repeat it for several.", min_length=1,
          max_length=MOST_STARTS, examples=[["FUSE-12"]]),
]  # fmt: skip
Detail = Annotated[
    Literal["ids", "full"],
    Query(description="`ids`: features of the tiles; `full`: the document with every mRID."),
]


class TraceAnswer(Document):
    """A trace as counts and features of the tiles."""

    trace: str
    of: list[str]
    state: str
    version: int
    customers: int
    usage_points: int
    elements: int
    features: Features
    indeterminate: Features = Field(description="The rest of a loop, when asked for.")
    operate: Features = Field(description="Of an isolation: switches to open.")
    verify: Features = Field(description="Of an isolation: open already, to verify and tag.")
    dead_beyond: Features = Field(
        description="Of an isolation: nothing but dead ends beyond, no operation needed."
    )
    geometry: GeoJson | None = Field(description="Its lines, nearest first; 5,000 at most.")
    bounds: list[float] | None
    warnings: list[str]


class BlastAnswer(Document):
    """Who goes dark, as counts and features of the tiles."""

    of: list[str]
    scope: str
    state: str
    version: int
    customers: int
    priority_customers: int
    peak_w: float
    usage_points: int
    feeders: list[str]
    features: Features
    partial: Features
    devices: Features = Field(description="What trips, is opened or is closed, by scope.")
    area: GeoJson | None
    bounds: list[float] | None
    warnings: list[str]


class Full(BaseModel):
    """A document with every mRID; `schema` names its JSON Schema."""

    model_config = ConfigDict(extra="allow")


@router.get("/trace/{kind}", response_model=TraceAnswer | Full)
def trace(
    request: Request,
    grid: GridNow,
    kind: Annotated[str, Path(examples=["downstream"], max_length=200)],
    of: Of,
    state: StateName = CURRENT,
    phases: Annotated[str | None, Query(max_length=20, examples=["A"])] = None,
    barrier: Annotated[list[str] | None, Query(max_length=MOST_STARTS)] = None,
    where: Annotated[str | None, Query(max_length=1_000, examples=["kind == 'fuse'"])] = None,
    nearest: Annotated[int | None, Query(ge=0, description="Keep the k nearest; 0: all.")] = None,
    max_depth: Annotated[int | None, Query(ge=0, description="Stop there; 0: go on.")] = None,
    mode: Annotated[str | None, Query(max_length=20)] = None,
    phase_policy: Annotated[str | None, Query(max_length=20)] = None,
    include_indeterminate: bool | None = None,
    all_sides: Annotated[
        bool | None, Query(description="Of an isolation: operate also towards dead ends.")
    ] = None,
    allow_lv_backfeed: bool | None = None,
    islands: bool | None = None,
    detail: Detail = "ids",
) -> Response:
    """
    Trace from elements.

    Kinds: downstream, upstream, connected, feeder, isolation, protective, path (between two),
    loops, ties, or the name of a saved spec, of which what is said here wins, also where it is 0 or
    empty.
    """
    given: dict[str, Any] = {
        "phases": phases,
        "barriers": None if barrier is None else tuple(filter(None, barrier)),
        "where": where,
        "nearest": nearest,
        "max_depth": max_depth,
        "mode": mode,
        "phase_policy": phase_policy,
        "include_indeterminate": include_indeterminate,
        "all_sides": all_sides,
        "allow_lv_backfeed": allow_lv_backfeed,
        "islands": islands,
    }
    options = {name: value for name, value in given.items() if value is not None}
    result = grid.twin.trace(kind, *of, state=state, **options)
    if detail == "full":
        grid.check_size(len(result) + len(result.rows.points))
        return answer(request, Full(**result.document()))
    return answer(request, TraceAnswer(**draw_trace(result, grid.features)))


@router.get("/explain/{mrid:path}", response_model=Full)
def explain(request: Request, grid: GridNow, mrid: Mrid, state: StateName = CURRENT) -> Response:
    """Say why an element has supply or has none, as the document `gridtwin.explain/1`."""
    found = grid.twin.explain(mrid, state=state)
    return answer(request, Full(**describe_explanation(found, state)))


@router.get("/blast", response_model=BlastAnswer | Full, responses=ACCEPTED)
async def blast(
    request: Request,
    grid: GridNow,
    of: Of,
    scope: Annotated[str, Query(examples=["element", "trip", "isolated", "backfed"])] = "element",
    state: StateName = CURRENT,
    detail: Detail = "ids",
) -> Response:
    """Say who goes dark when elements fail, all at once."""

    def work(_: Job) -> BlastAnswer | Full:
        result = grid.twin.blast_radius(of, scope=scope, state=state)
        if detail == "full":
            grid.check_size(len(result))
            return Full(**result.document())
        return BlastAnswer(**draw_blast(result, grid.features))

    return await soon(request, "blast", work)
