"""What hangs on what, why, and who goes dark with it: ``/api/trace``, ``explain``, ``blast``."""

from __future__ import annotations

from inspect import Parameter, Signature
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Path, Query, Request, Response
from pydantic import Field

from gridtwin.analysis.trace.spec import TRACE_OPTIONS, TraceOption
from gridtwin.api.answers import answer_request
from gridtwin.api.element_routes import Mrid
from gridtwin.api.grid import GridNow
from gridtwin.api.jobs import ACCEPTED, Job, answer_soon
from gridtwin.api.models import Bounds, Document, Features
from gridtwin.api.permission_gate import DeclaredRoute, require
from gridtwin.api.problems import RESPONSES
from gridtwin.api.state_routes import StateName
from gridtwin.api.views.trace_view import draw_blast, draw_trace
from gridtwin.model.permissions import Permission
from gridtwin.model.state import CURRENT
from gridtwin.results.documents.document_fields import GeoJsonGeometry
from gridtwin.results.documents.loss_documents import BlastDocument
from gridtwin.results.documents.trace_documents import ExplainDocument, TraceDocument
from gridtwin.results.network_answers import explain_document

router = APIRouter(
    prefix="/api",
    responses=RESPONSES,
    tags=["traces"],
    route_class=DeclaredRoute,
    dependencies=[require(Permission.LOOK)],
)

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
    geometry: GeoJsonGeometry | None = Field(description="Its lines, nearest first; 5,000 at most.")
    bounds: Bounds | None
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
    area: GeoJsonGeometry | None
    bounds: Bounds | None
    warnings: list[str]


def collect_options(**said: Any) -> dict[str, Any]:
    """Return what a query says of the options of a trace; None of those it does not name."""
    return said


def _make_parameter(name: str, option: TraceOption) -> Parameter:
    """Return an option of a trace as a parameter of a query; None where it is not said."""
    default = option.default
    kind: Any = Literal[option.words] if option.words else type(default)
    limits: dict[str, Any] = {"max_length": option.longest} if option.longest else {}
    if isinstance(default, tuple):
        kind = list[str]
    elif type(default) is int:
        limits = {"ge": 0}
    if option.example:
        limits["examples"] = [[option.example] if option.each else option.example]
    query = Query(alias=option.each or None, description=option.meaning, **limits)
    annotation = Annotated[kind | None, query]
    return Parameter(name, Parameter.KEYWORD_ONLY, default=None, annotation=annotation)


# FastAPI reads the parameters of a query from a signature: this one has a parameter an option.
collect_options.__signature__ = Signature(  # type: ignore[attr-defined]
    [_make_parameter(name, option) for name, option in TRACE_OPTIONS.items()]
)


@router.get("/trace/{kind}", name="trace", response_model=TraceAnswer | TraceDocument)
def trace_elements(
    request: Request,
    grid: GridNow,
    kind: Annotated[str, Path(examples=["downstream"], max_length=200)],
    of: Of,
    options: Annotated[dict[str, Any], Depends(collect_options)],
    state: StateName = CURRENT,
    detail: Detail = "ids",
) -> Response:
    """
    Trace from elements.

    Kinds: downstream, upstream, connected, feeder, isolation, protective, path (between two),
    loops, ties, or the name of a saved spec, of which what is said here wins, also where it is 0 or
    empty.
    """
    if options["polygon"]:
        grid.read_area(options["polygon"])
    result = grid.twin.trace(kind, *of, state=state, **options)
    if detail == "full":
        grid.check_size(len(result) + len(result.rows.points))
        return answer_request(request, result.document())
    return answer_request(request, TraceAnswer(**draw_trace(result, grid.features)))


@router.get("/explain/{mrid:path}", name="explain", response_model=ExplainDocument)
def explain_element(
    request: Request, grid: GridNow, mrid: Mrid, state: StateName = CURRENT
) -> Response:
    """Say why an element has supply or has none, as the document `gridtwin.explain/1`."""
    found = grid.twin.explain(mrid, state=state)
    return answer_request(request, explain_document(found, state))


@router.get("/blast", name="blast", response_model=BlastAnswer | BlastDocument, responses=ACCEPTED)
async def blast_elements(
    request: Request,
    grid: GridNow,
    of: Of,
    scope: Annotated[str, Query(examples=["element", "trip", "isolated", "backfed"])] = "element",
    state: StateName = CURRENT,
    detail: Detail = "ids",
) -> Response:
    """Say who goes dark when elements fail, all at once."""

    def run_work(_: Job) -> BlastAnswer | BlastDocument:
        result = grid.twin.blast_radius(of, scope=scope, state=state)
        if detail == "full":
            grid.check_size(len(result))
            return result.document()
        return BlastAnswer(**draw_blast(result, grid.features))

    return await answer_soon(request, "blast", run_work)
