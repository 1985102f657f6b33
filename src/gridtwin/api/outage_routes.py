"""Outages, when they end, and what happened: ``/api/outages``, ``estimates``, ``history``."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request, Response
from pydantic import Field, TypeAdapter

from gridtwin.api.answers import answer_request, make_tag
from gridtwin.api.element_routes import Mrid, PointEstimateAnswer
from gridtwin.api.grid import Grid, GridNow
from gridtwin.api.models import Document, Feature, Features, Place
from gridtwin.api.permission_gate import DeclaredRoute, require
from gridtwin.api.polygon_routes import Site
from gridtwin.api.problems import RESPONSES
from gridtwin.api.state_routes import At
from gridtwin.api.views import outage_cards as cards
from gridtwin.model.estimate import Estimate
from gridtwin.model.moments import read_moment
from gridtwin.model.outage import Outage, Status
from gridtwin.model.permissions import Permission
from gridtwin.results.documents.document_fields import GeoJsonGeometry
from gridtwin.results.documents.outage_documents import (
    EvidenceRecord,
    OutageRecord,
    RestorationStep,
)
from gridtwin.results.outage_answers import make_outage_document
from gridtwin.results.outage_board import count_priority_out, describe_estimate
from gridtwin.twin.history import Moments

router = APIRouter(
    prefix="/api",
    responses=RESPONSES,
    tags=["outages"],
    route_class=DeclaredRoute,
    dependencies=[require(Permission.LOOK)],
)

MOST_MOMENTS = 20_000
Time = Annotated[str, Query(max_length=40, description="ISO 8601 with a time zone.")]


class EstimateAnswer(Document):
    """When an outage, or a stage of it, ends; null where that is not known."""

    outage: str
    issued_at: str
    inputs_at: str
    p10: str | None
    p50: str | None
    p80: str | None
    p90: str | None
    p95: str | None
    etr: str | None = Field(description="What is promised; null: still being assessed.")
    source: str = Field(examples=["model"])
    model: str
    reason: str
    stage: str
    usage_points: int


class Card(OutageRecord):
    """One outage: the fields of `gridtwin.outages/1`, what is promised, and where."""

    feeder: str | None
    """That its device is on as designed."""
    estimate: EstimateAnswer | None
    priority_customers: int
    feature: Feature | None
    """Its device."""
    at: Place | None


class CardsAnswer(Document):
    """Outages by when they began."""

    outages: list[Card]


class CurvePoint(Document):
    """How many customers are back by then."""

    at: str
    customers_back_p50: int
    customers_back_p80: int


class OutageAnswer(Card):
    """One outage with all that is known of it."""

    members: int
    """Usage points in it, back or not."""
    features: Features
    """Who is out."""
    area: GeoJsonGeometry | None
    steps: list[RestorationStep]
    evidence: list[EvidenceRecord]
    curve: list[CurvePoint]
    priority: list[Site]


OUTAGE_ANSWER = TypeAdapter(OutageAnswer)


@router.get("/outages", response_model=CardsAnswer)
def read_outages(
    request: Request,
    grid: GridNow,
    since: Time = "",
    status: Annotated[list[Status] | None, Query()] = None,
    feeder: Annotated[str, Query(max_length=200)] = "",
    at: At = "",
) -> Response:
    """Return the open outages, and with `since` those over since then; `at`: as they stood then."""

    def list_cards() -> CardsAnswer:
        twin = grid.open_past(at) if at else grid.twin
        found = twin.outages.all(since=read_moment(since) if since else None)
        if status:
            found = [each for each in found if each.status in status]
        estimates = {each.outage: each for each in twin.store.estimates.list_current()}
        priority = grid.priority_out()
        if at:
            priority = count_priority_out(twin.outages.members(), grid.network)
        records = _make_cards(grid, found, estimates, priority)
        if feeder:
            records = [each for each in records if each["feeder"] == feeder]
        return CardsAnswer.model_validate({"outages": records})

    versions = grid.twin.store.read_versions()
    asked = (grid.network_hash, versions.outages, versions.estimates, since, status, feeder)
    return answer_request(request, list_cards, etag="" if at else make_tag(*asked))


@router.get("/outages/{outage}", response_model=OutageAnswer)
def read_outage(
    request: Request,
    grid: GridNow,
    outage: Annotated[str, Path(max_length=100, examples=["O-20260701-3fa2c1"])],
    at: At = "",
) -> Response:
    """Return one outage with its steps, its evidence, who is out, and the curve of returns."""
    return answer_request(request, _make_document(grid, outage, at))


def _make_cards(
    grid: Grid,
    outages: list[Outage],
    estimates: dict[str, Estimate],
    priority: dict[str, int],
) -> list[dict[str, Any]]:
    """Return outages as cards, each with the feeder of its device."""
    made = cards.build_cards(outages, estimates, priority, grid.network, grid.features)
    return [card | {"feeder": grid.feeder_of(card["device"])} for card in made]


def _make_document(grid: Grid, outage: str, at: str) -> OutageAnswer:
    twin = grid.open_past(at) if at else grid.twin
    found, book = twin.outages.get(outage), twin.store.estimates
    members = twin.outages.members(outage)
    estimates = {each.outage: each for each in book.list_current() if each.outage == outage}
    priority = count_priority_out(members, grid.network)
    (card,) = _make_cards(grid, [found], estimates, priority)
    whole = make_outage_document(found, twin.outages.steps(outage), twin.outages.evidence(outage))
    return OUTAGE_ANSWER.validate_python(
        {
            **card,
            **cards.locate_outage(members, grid.network, grid.features),
            "steps": whole["steps"],
            "evidence": whole["evidence"],
            "curve": cards.build_restoration_curve(members, book.read_points(outage)),
        }
    )


class EstimatesAnswer(Document):
    """The estimates in force, of open outages."""

    estimates: list[EstimateAnswer]


class PointAnswer(Document):
    """When one usage point has supply again."""

    usage_point: str
    outage: str | None = Field(description="The open outage it is out in; null: in none.")
    estimate: PointEstimateAnswer | None


@router.get("/estimates", response_model=EstimatesAnswer)
def read_estimates(request: Request, grid: GridNow) -> Response:
    """Return the estimates in force."""
    found = [describe_estimate(each) for each in grid.twin.store.estimates.list_current()]
    return answer_request(
        request, EstimatesAnswer(estimates=[EstimateAnswer(**each) for each in found])
    )


@router.get("/estimates/{mrid:path}", response_model=PointAnswer)
def read_estimate(request: Request, grid: GridNow, mrid: Mrid) -> Response:
    """Return when a usage point has supply again."""
    row = grid.network.ids.find_element(mrid, ("usage_points",)).row
    own = bytes(grid.network.data.usage_points.mrid[row]).decode()
    outage, estimate = grid.find_promise(own)
    promised = None if estimate is None else PointEstimateAnswer(**estimate)
    return answer_request(
        request, PointAnswer(usage_point=own, outage=outage or None, estimate=promised)
    )


class MomentAnswer(Document):
    """Something that happened, and who was out after it."""

    at: str
    what: str = Field(examples=["switch", "outage", "restored"])
    mrid: str
    outage: str | None
    version: int
    customers: int = Field(description="Who went out by it; below zero: came back.")
    customers_out: int


class Level(Document):
    """From this moment on, so many customers were out."""

    at: str
    customers_out: int


class HistoryAnswer(Document):
    """What happened between two moments."""

    from_: str = Field(alias="from", serialization_alias="from")
    to: str
    out_at_start: int
    moments: list[MomentAnswer]
    left_out: int = Field(description="Of the earliest moments, where there are too many.")
    curve: list[Level]


@router.get("/history", response_model=HistoryAnswer)
def read_history(
    request: Request,
    grid: GridNow,
    start: Annotated[str, Query(alias="from", max_length=40)],
    end: Annotated[str, Query(alias="to", max_length=40)],
) -> Response:
    """Return what happened between two moments, for a slider over time."""
    return answer_request(request, _show_history(grid.list_moments(start, end)))


def _show_history(found: Moments) -> HistoryAnswer:
    kept = found.moments[-MOST_MOMENTS:]
    return HistoryAnswer(
        **{"from": found.start.isoformat()},
        to=found.end.isoformat(),
        out_at_start=found.out_at_start,
        moments=[
            MomentAnswer(
                at=each.at.isoformat(),
                what=each.what,
                mrid=each.mrid,
                outage=each.outage or None,
                version=each.version,
                customers=each.customers,
                customers_out=each.customers_out,
            )
            for each in kept
        ],
        left_out=len(found.moments) - len(kept),
        curve=[Level(at=at.isoformat(), customers_out=out) for at, out in found.curve()],
    )
