"""What SCADA measured last, and how far it may be trusted: ``/api/measurements``."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from pydantic import Field

from gridtwin.api.answers import answer_request
from gridtwin.api.grid import GridNow
from gridtwin.api.models import Document
from gridtwin.api.permission_gate import DeclaredRoute, require
from gridtwin.api.problems import RESPONSES
from gridtwin.model.permissions import Permission
from gridtwin.results.documents.feed_documents import MeasurementRecord
from gridtwin.results.feed_answers import measurements_document

router = APIRouter(
    prefix="/api/measurements",
    responses=RESPONSES,
    tags=["measurements"],
    route_class=DeclaredRoute,
)

MOST_MEASUREMENTS = 10_000


class MeasurementsAnswer(Document):
    """The latest values of SCADA, with their quality now."""

    total: int = Field(description="Values there are.")
    measurements: list[MeasurementRecord]


@router.get("", dependencies=[require(Permission.LOOK)], response_model=MeasurementsAnswer)
def list_measurements(
    request: Request,
    grid: GridNow,
    mrid: Annotated[str, Query(max_length=200, description="Of this element alone.")] = "",
    untrusted: Annotated[
        bool, Query(description="Those alone whose quality is not good, or that are stale.")
    ] = False,
    limit: Annotated[int, Query(ge=1, le=MOST_MEASUREMENTS)] = 1_000,
) -> Response:
    """Return the latest values of SCADA, each with its quality and its time."""
    values = grid.twin.measurements.list_values(mrid, untrusted=untrusted)
    shown = measurements_document(values[:limit])["measurements"]
    return answer_request(request, MeasurementsAnswer(total=len(values), measurements=shown))
