"""Plan how to bring customers back by switching: ``/api/restore``."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request, Response
from pydantic import Field

from gridtwin.api.grid import GridNow
from gridtwin.api.jobs import ACCEPTED, Job, answer_soon
from gridtwin.api.models import Bounds, Document, Features
from gridtwin.api.operation_routes import Name
from gridtwin.api.permission_gate import DeclaredRoute, require
from gridtwin.api.problems import RESPONSES
from gridtwin.api.trace_routes import MOST_STARTS
from gridtwin.api.views.trace_view import draw_plan, find_plan_extent
from gridtwin.model.permissions import Permission
from gridtwin.model.state import CURRENT
from gridtwin.results.documents.switching_documents import PlanDocument

EXPANSIONS = 20_000  # steps of the search, at most: more take minutes
router = APIRouter(
    prefix="/api",
    responses=RESPONSES,
    tags=["restore"],
    route_class=DeclaredRoute,
    dependencies=[require(Permission.LOOK)],
)


class RestoreAsked(Document):
    """What has faulted, and what a plan has to respect."""

    of: list[Name] = Field(min_length=1, max_length=MOST_STARTS, examples=[["LINE-7"]])
    state: str = Field(default=CURRENT, max_length=200, description="The state before the fault.")
    options: dict[Name, bool | int | float] = Field(
        default={},
        max_length=20,
        description="As of `gridtwin restore plan`: margin_pct, crews, remote_only, all_sides ...",
        examples=[{"crews": 2, "remote_only": False}],
    )


class PlanFeatures(Document):
    """What a plan draws."""

    out: Features = Field(description="Who stays out until repair.")
    restored: Features = Field(description="Whom the steps bring back.")
    dead_beyond: Features = Field(
        description="Around the section, left as they stand: nothing but dead ends beyond."
    )
    steps: list[Features] = Field(description="What each step operates, in order.")


class PlanAnswer(PlanDocument):
    """The document `gridtwin.plan/1`, with the features it names and the extent of it all."""

    features: PlanFeatures
    bounds: Bounds | None


@router.post("/restore", name="restore", response_model=PlanAnswer, responses=ACCEPTED)
async def plan_restoration(request: Request, grid: GridNow, asked: RestoreAsked) -> Response:
    """Plan how to isolate a fault and bring customers back; nothing is operated."""

    def run_work(job: Job) -> PlanAnswer:
        options: dict[str, Any] = dict(asked.options)
        options["expansions"] = min(options.get("expansions", EXPANSIONS), EXPANSIONS)
        found = grid.twin.restore(asked.of, state=asked.state, **options)
        job.report_progress(1, 2)
        drawn = PlanFeatures(**draw_plan(found, grid.features))
        return {**found.document(), "features": drawn, "bounds": find_plan_extent(found)}

    return await answer_soon(request, "restore", run_work)
