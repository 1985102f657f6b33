"""What the meters measured: ``/api/ami``."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated
from zlib import crc32

import numpy as np
from fastapi import APIRouter, Query, Request, Response
from pydantic import AwareDatetime, Field

from gridtwin.api.answers import answer_request, make_tag
from gridtwin.api.grid import GridNow
from gridtwin.api.models import Document, Ids
from gridtwin.api.permission_gate import DeclaredRoute, require
from gridtwin.api.problems import RESPONSES
from gridtwin.model.permissions import Permission
from gridtwin.results.ami_result import list_values
from gridtwin.results.documents.reading_documents import (
    FeederVoltages,
    SeriesValues,
    VoltageCounts,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

router = APIRouter(
    prefix="/api/ami", responses=RESPONSES, tags=["meters"], route_class=DeclaredRoute
)

At = Annotated[
    AwareDatetime | None,
    Query(description="A moment: the last interval that ended by then; by default the last."),
]
From = Annotated[
    AwareDatetime | None,
    Query(alias="from", description="Intervals that end after it; by default a day before."),
]
To = Annotated[
    AwareDatetime | None,
    Query(description="Intervals that end up to it; by default the last with readings."),
]
Numbers = list[float | None]


class TransformerLoading(Document):
    """Features of the layer `transformers`, and their loading; lists of one length."""

    ids: Ids
    pct: Numbers = Field(description="Of the nameplate; null without one.")


class FeederLoading(Document):
    """Feeders by the ids of `/api`, and their loading; lists of one length."""

    ids: Ids
    pct: Numbers = Field(description="Of the rating of the head; null without one, or on a loop.")
    kw: Numbers = Field(description="Mean power of the interval; null on a loop.")


class LoadingAnswer(Document):
    """The loading of one interval."""

    at: datetime = Field(description="End of the interval.")
    transformers: TransformerLoading
    feeders: FeederLoading


class Voltages(Document):
    """Usage points outside Range A of ANSI C84.1; lists of one length."""

    ids: Ids
    volts: Numbers = Field(description="On a base of 120 V.")
    range: list[str] = Field(examples=[["B low", "above B"]])


class VoltageAnswer(Document):
    """The service voltages of one interval."""

    at: datetime = Field(description="End of the interval.")
    counts: VoltageCounts
    feeders: list[FeederVoltages] = Field(description="Those with a voltage outside Range A.")
    usage_points: Voltages


class SeriesAnswer(Document):
    """What was measured over time, oldest first."""

    mrid: str
    table: str = Field(description="`readings`, `load` or `feeder_load`.")
    values: SeriesValues


@router.get("/loading", dependencies=[require(Permission.LOOK)], response_model=LoadingAnswer)
def read_loading(request: Request, grid: GridNow, at: At = None) -> Response:
    """Return how loaded transformers and feeders were in an interval."""
    found = grid.twin.ami.loading(at)
    document = LoadingAnswer(
        at=found.at,
        transformers=TransformerLoading(
            ids=(found.transformers + 1).tolist(), pct=_round_numbers(found.transformer_pct)
        ),
        feeders=FeederLoading(
            ids=(found.feeders + 1).tolist(),
            pct=_round_numbers(found.feeder_pct),
            kw=_round_numbers(found.feeder_kw),
        ),
    )
    held = crc32(found.transformer_pct.tobytes()), crc32(found.feeder_kw.tobytes())
    return answer_request(
        request, document, etag=make_tag(grid.network_hash, found.at.isoformat(), held)
    )


@router.get("/voltage", dependencies=[require(Permission.LOOK)], response_model=VoltageAnswer)
def read_voltage(request: Request, grid: GridNow, at: At = None) -> Response:
    """Return which service voltages lay outside Range A of ANSI C84.1 in an interval."""
    found = grid.twin.ami.voltage(at)
    rows, names = found.find_outside()
    document = VoltageAnswer(
        at=found.at,
        counts=found.counts(),
        feeders=found.feeder_records(),
        usage_points=Voltages(
            ids=(rows + 1).tolist(),
            volts=_round_numbers(found.voltage_v[rows], 2),
            range=names.tolist(),
        ),
    )
    return answer_request(request, document)


@router.get(
    "/meters/{mrid}", dependencies=[require(Permission.SEE_READINGS)], response_model=SeriesAnswer
)
def read_meter(
    request: Request, grid: GridNow, mrid: str, start: From = None, to: To = None
) -> Response:
    """Return what a usage point measured over time."""
    frame = grid.twin.ami.meter(mrid, start, to)
    return answer_request(
        request, SeriesAnswer(mrid=mrid, table="readings", values=list_values(frame))
    )


@router.get("/devices/{mrid}", dependencies=[require(Permission.LOOK)], response_model=SeriesAnswer)
def read_device(
    request: Request, grid: GridNow, mrid: str, start: From = None, to: To = None
) -> Response:
    """Return what a transformer or a feeder carried over time."""
    frame = grid.twin.ami.device(mrid, start, to)
    table = "feeder_load" if "below_a" in frame else "load"
    return answer_request(request, SeriesAnswer(mrid=mrid, table=table, values=list_values(frame)))


def _round_numbers(values: NDArray[np.floating], digits: int = 1) -> Numbers:
    """Return numbers rounded; NaN becomes null in the answer."""
    return np.round(values, digits).tolist()
