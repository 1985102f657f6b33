"""All that is known of one thing: ``/api/elements`` and ``/api/features``."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Request, Response
from pydantic import Field

from gridtwin.api.answers import answer_request
from gridtwin.api.grid import Grid, GridNow
from gridtwin.api.models import Document, Feature, Place
from gridtwin.api.permission_gate import DeclaredRoute, require
from gridtwin.api.problems import RESPONSES
from gridtwin.api.state_routes import StateName
from gridtwin.api.views.feature_ids import find_element
from gridtwin.api.views.search_view import find_feature
from gridtwin.errors import NotFoundError
from gridtwin.model.element_names import mrid_of
from gridtwin.model.ids import Element
from gridtwin.model.permissions import Permission
from gridtwin.model.state import CURRENT
from gridtwin.results.documents.document_fields import GeoJsonGeometry
from gridtwin.results.documents.trace_documents import ExplainDocument
from gridtwin.results.element_answer import describe_element, list_way
from gridtwin.results.network_answers import explain_document

router = APIRouter(
    prefix="/api",
    responses=RESPONSES,
    tags=["elements"],
    route_class=DeclaredRoute,
    dependencies=[require(Permission.LOOK)],
)

Mrid = Annotated[str, Path(description="An id.", examples=["FUSE-12"], max_length=200)]


class WayStep(Document):
    """One piece of equipment on a way."""

    mrid: str
    kind: str
    class_: str = Field(alias="class", serialization_alias="class")


class Brief(Document):
    """One open outage."""

    id: str
    status: str
    customers_out: int


class OriginAnswer(Document):
    """The row of the source that an element is made of."""

    layer: str = Field(description="Layer, table or file; empty: made, no row of the source.")
    key: str = Field(description="What names the row there.")
    load: int = Field(description="The load that added the element or last changed it.")


class SpanRisk(Document):
    """What vegetation threatens of a span, as designed."""

    risk_class: str = Field(examples=["high"])
    score: float = Field(description="Chance of a failure within a year, percent.")
    length_in_risk_m: float
    customers: int = Field(description="Interrupted by a fault there.")
    priority_sites: int
    customer_minutes_at_risk: float = Field(description="In a year.")
    clearance_m: float | None
    tree_height_m: float | None
    species: str


class PointEstimateAnswer(Document):
    """What is promised to one usage point; null where that is not known."""

    usage_point: str
    outage: str
    stage: str
    source: str = Field(examples=["model"])
    p50: str | None
    p80: str | None
    p95: str | None
    etr: str | None = Field(description="What is promised; null: still being assessed.")


class ElementAnswer(Document):
    """All that is known of one thing."""

    mrid: str = Field(description="Its id; behind its table where several share it: equipment:11.")
    table: str
    kind: str
    name: str
    phases: str
    feeder: str | None
    substation: str | None
    open: str | None = Field(description="Of a switch: the phases that stand open.")
    normal_open: str | None = Field(description="Of a switch: the phases open by design.")
    energized: str = Field(examples=["yes", "no", "partial"])
    attributes: dict[str, str | int | float | bool | None]
    origin: OriginAnswer | None
    customers_below: int = Field(description="Who would be out without it, and it alone.")
    usage_points_below: int
    upstream: list[WayStep] = Field(description="The way to the source of the fewest devices.")
    explain: ExplainDocument
    outages: list[Brief] = Field(description="The open outages it is in or has caused.")
    estimate: PointEstimateAnswer | None = Field(description="When it has supply again.")
    vegetation: SpanRisk | None = Field(description="Null: no span at risk.")
    geometry: GeoJsonGeometry | None
    at: Place | None
    feature: Feature | None
    state: str
    version: int


@router.get("/elements/{mrid:path}", response_model=ElementAnswer)
def read_element(
    request: Request, grid: GridNow, mrid: Mrid, state: StateName = CURRENT
) -> Response:
    """Return all that is known of an element."""
    return answer_request(request, _make_document(grid, grid.twin.find_one(mrid), state))


@router.get("/features/{layer}/{number}", response_model=ElementAnswer)
def read_feature(
    request: Request, grid: GridNow, layer: str, number: int, state: StateName = CURRENT
) -> Response:
    """Return all that is known of what a feature of the tiles draws."""
    data = grid.network.data
    element = find_element(data, layer, number)
    if element is None:
        what = f"feature of the layer {layer}"
        raise NotFoundError(what, str(number))
    return answer_request(request, _make_document(grid, element, state))


def _make_document(grid: Grid, element: Element, state: str) -> ElementAnswer:
    twin, own = grid.twin, mrid_of(grid.network.data, element)
    mrid = grid.network.ids.write_id(element.table, own)
    situation = grid.read_situation(state)
    supply, _ = grid.compute_supply(situation)
    below = twin.blast_radius(mrid, state=state)
    outages, estimate = grid.outages_of(element, own)
    way = twin.trace("upstream", mrid, state=state, mode="shortest")
    described = describe_element(situation, supply, element)
    described["attributes"] |= twin.analytics.describe(own) | twin.measurements.describe(own)
    feature = find_feature(situation, grid.features, element)
    return ElementAnswer(
        **described,
        feature=None if feature is None else Feature(**feature),
        customers_below=below.customers,
        usage_points_below=len(below),
        upstream=[WayStep(**each) for each in list_way(situation.data, way.rows)],
        explain=explain_document(twin.explain(mrid, state=state), state),
        outages=[Brief(**each) for each in outages],
        estimate=None if estimate is None else PointEstimateAnswer(**estimate),
        vegetation=_find_risk(grid, element, own),
        state=state,
        version=situation.version,
    )


def _find_risk(grid: Grid, element: Element, mrid: str) -> SpanRisk | None:
    """Return what vegetation threatens of an element, as it was last measured."""
    kept = grid.twin.store.vegetation.find_span(mrid) if element.table == "equipment" else None
    if kept is None:
        return None
    return SpanRisk(
        **{name: value for name, value in kept._asdict().items() if name in SpanRisk.model_fields}
    )
