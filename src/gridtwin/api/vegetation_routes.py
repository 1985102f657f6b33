"""Where vegetation threatens lines, ranked for trimming: ``/api/vegetation``."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request, Response
from pydantic import Field

from gridtwin.api.grid import GridNow
from gridtwin.api.jobs import ACCEPTED, answer_soon
from gridtwin.api.models import Bounds, Document, Feature, Features
from gridtwin.api.permission_gate import DeclaredRoute, require
from gridtwin.api.problems import RESPONSES
from gridtwin.api.views.vegetation_view import collect_by_class, list_ranked
from gridtwin.model.permissions import Permission
from gridtwin.results.documents.vegetation_documents import VegetationLayerRecord
from gridtwin.results.vegetation_result import make_layer_record

router = APIRouter(
    prefix="/api/vegetation",
    responses=RESPONSES,
    tags=["vegetation"],
    route_class=DeclaredRoute,
    dependencies=[require(Permission.LOOK)],
)

MOST_RANKED = 1_000
Grouping = Literal["span", "section", "feeder"]


class RankedRow(Document):
    """A span, a section or a feeder at risk."""

    mrid: str = Field(description="Of a section the switch that feeds it; empty: none does.")
    section: str = Field(description="Of a span and a section; else empty.")
    feeder: str
    spans: int
    risk_class: str = Field(description="The worst.", examples=["high"])
    score: float = Field(description="Chance of a failure within a year, percent.")
    length_in_risk_m: float
    customers: int = Field(description="Interrupted by one fault; of several spans, the worst.")
    priority_sites: int
    customer_minutes_at_risk: float = Field(description="In a year.")
    customer_minutes_per_km: float = Field(description="The list is ranked by it.")
    bounds: Bounds | None
    feature: Feature | None


class VegetationAnswer(Document):
    """The ranked list, as far as it was asked for, and what all of it comes to."""

    by: Grouping
    layers: list[VegetationLayerRecord]
    restoration_min: float = Field(description="Mean minutes without supply.")
    restoration_from: str = Field(description="How that is known.")
    spans: int = Field(description="At risk.")
    length_in_risk_m: float
    customer_minutes_at_risk: float = Field(description="In a year.")
    total: int = Field(description="Rows there are.")
    rows: list[RankedRow]


class RiskClasses(Document):
    """Spans at risk by class, the mildest first."""

    low: Features = Features()
    moderate: Features = Features()
    high: Features = Features()
    extreme: Features = Features()


@router.get("", response_model=VegetationAnswer, responses=ACCEPTED)
async def rank_trimming(
    request: Request,
    grid: GridNow,
    by: Grouping = "section",
    limit: Annotated[int, Query(ge=1, le=MOST_RANKED)] = 200,
) -> Response:
    """Return where trimming a kilometer spares most customer-minutes, as designed."""

    def list_rows(_: object) -> VegetationAnswer:
        risk = grid.read_vegetation()
        groups = {"span": len(risk), "section": len(risk.sections.group)}
        return VegetationAnswer.model_validate(
            {
                "by": by,
                "layers": [make_layer_record(layer) for layer in risk.layers],
                "restoration_min": risk.restoration.minutes,
                "restoration_from": risk.restoration.known_from,
                "spans": len(risk),
                "length_in_risk_m": risk.length_in_risk_m,
                "customer_minutes_at_risk": risk.customer_minutes,
                "total": groups.get(by, len(risk.feeders.group)),
                "rows": list_ranked(risk, grid.features, by, limit),
            }
        )

    return await answer_soon(request, "vegetation", list_rows)


@router.get("/spans", response_model=RiskClasses, responses=ACCEPTED)
async def read_spans(request: Request, grid: GridNow) -> Response:
    """Return the spans at risk as features, by class: what the map is colored by."""

    def collect_spans(_: object) -> RiskClasses:
        return RiskClasses.model_validate(collect_by_class(grid.read_vegetation(), grid.features))

    return await answer_soon(request, "vegetation", collect_spans)
