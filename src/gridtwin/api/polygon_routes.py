"""Ask about an area: ``/api/intersect``, ``/api/storm``, ``/api/forecast``."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Request, Response
from pydantic import Field

from gridtwin.api.grid import GridNow
from gridtwin.api.jobs import ACCEPTED, Job, answer_soon
from gridtwin.api.models import Bounds, Document, ErrorAnswer, Features
from gridtwin.api.operation_routes import Name
from gridtwin.api.permission_gate import DeclaredRoute, require
from gridtwin.api.problems import RESPONSES
from gridtwin.api.trace_routes import MOST_STARTS, BlastAnswer
from gridtwin.api.views.area_view import view_area
from gridtwin.api.views.trace_view import draw_blast
from gridtwin.model.permissions import Permission
from gridtwin.model.state import CURRENT
from gridtwin.results.documents.storm_documents import StormDocument

TOO_LARGE: dict[int | str, dict[str, Any]] = {
    413: {"model": ErrorAnswer, "description": "The polygon has too many vertices."}
}
router = APIRouter(
    prefix="/api",
    responses={**RESPONSES, **ACCEPTED, **TOO_LARGE},
    tags=["polygons"],
    route_class=DeclaredRoute,
    dependencies=[require(Permission.LOOK)],
)

MOST_NAMED = 1_000
MOST_DRAWS = 2_000
SQUARE = {
    "type": "Polygon",
    "coordinates": [[[-95.4, 29.7], [-95.3, 29.7], [-95.3, 29.8], [-95.4, 29.8], [-95.4, 29.7]]],
}
Polygon = Annotated[
    dict[str, Any],
    Field(
        description="GeoJSON, EPSG:4326: a geometry, a feature or a collection of polygons.",
        examples=[SQUARE],
    ),
]
State = Annotated[str, Field(max_length=200)]


class IntersectAsked(Document):
    """An area."""

    polygon: Polygon
    by: Literal["feeder", "substation"] = "feeder"
    state: State = CURRENT
    limit: int = Field(default=MOST_NAMED, ge=0, le=10 * MOST_NAMED)


class Served(Document):
    """Who serves a part of the usage points; null for none."""

    mrid: str | None
    usage_points: int
    customers: int


class Site(Document):
    """A priority customer."""

    mrid: str
    priority: str


class IntersectAnswer(Document):
    """What lies inside an area."""

    state: str
    version: int
    counts: dict[str, int]
    customers: int
    customers_out: int = Field(description="Without supply already.")
    priority: list[Site]
    by: str
    groups: list[Served]
    usage_points: list[str] = Field(description="mRIDs, `limit` at most.")
    left_out: int = Field(description="Usage points beyond the limit.")
    substations: list[str]
    features: Features
    bounds: Bounds | None
    warnings: list[str]


@router.post("/intersect", name="intersect", response_model=IntersectAnswer)
async def intersect_polygon(request: Request, grid: GridNow, asked: IntersectAsked) -> Response:
    """Say what lies inside a polygon, and who serves it."""

    def run_work(_: Job) -> IntersectAnswer:
        given = grid.read_area(asked.polygon)
        found = grid.twin.inside(given, state=asked.state)
        document = view_area(found, grid.features, by=asked.by, limit=asked.limit)
        return IntersectAnswer(**document)

    return await answer_soon(request, "intersect", run_work)


class StormAsked(Document):
    """An area in which everything is damaged at once."""

    polygon: Polygon
    kinds: list[Name] = Field(default=[], max_length=20, description="All kinds by default.")
    scope: str = Field(default="element", max_length=20)
    state: State = CURRENT


@router.post("/storm", name="storm", response_model=BlastAnswer)
async def blast_storm(request: Request, grid: GridNow, asked: StormAsked) -> Response:
    """Say who goes dark when everything inside a polygon is damaged at once."""

    def run_work(_: Job) -> BlastAnswer:
        given = grid.read_area(asked.polygon)
        found = grid.twin.storm(
            given.geometry, kinds=asked.kinds, scope=asked.scope, state=asked.state
        )
        document = draw_blast(found, grid.features)
        document["of"] = document["of"][:MOST_STARTS]
        document["warnings"] += given.warnings
        return BlastAnswer(**document)

    return await answer_soon(request, "storm", run_work)


class ForecastAsked(Document):
    """A storm that is to be played through."""

    polygon: Polygon | None = None
    damaged: list[Name] = Field(default=[], max_length=10_000)
    rates: dict[Name, float] | None = Field(default=None, max_length=20)
    crews: int = Field(default=20, ge=1, le=10_000)
    draws: int = Field(default=500, ge=1, le=MOST_DRAWS)
    seed: int = Field(default=0, ge=0, le=2**31)
    zone: Literal["substation", "feeder"] = "substation"
    state: State = CURRENT


@router.post("/forecast", name="forecast", status_code=202, response_model=StormDocument)
async def forecast_storm(request: Request, grid: GridNow, asked: ForecastAsked) -> Response:
    """Forecast who is back when after a storm: always a job, with `gridtwin.storm/1` at its end."""

    def run_work(job: Job) -> StormDocument:
        from gridtwin.erm.storms import DAMAGE_RATES, StormScenario
        from gridtwin.erm.storms import Response as Answered
        from gridtwin.erm.storms import forecast_storm as played

        given = None if asked.polygon is None else grid.read_area(asked.polygon).geometry
        scenario = StormScenario(
            damaged=tuple(asked.damaged),
            polygon=given,
            response=Answered(crews=asked.crews),
            draws=asked.draws,
            seed=asked.seed,
            rates=DAMAGE_RATES if asked.rates is None else asked.rates,
        )
        found = played(grid.twin, scenario, state=asked.state, progress=job.report_progress)
        return found.document(zone=asked.zone)

    return await answer_soon(request, "forecast", run_work, wait_s=0)
