"""Carry out switching plans step by step: ``/api/orders``."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query, Request, Response
from pydantic import Field

from gridtwin.api.answers import answer_request
from gridtwin.api.command_routes import (
    CONFLICT,
    Actor,
    Digest,
    PreviewAnswer,
    PreviewFeatures,
)
from gridtwin.api.grid import Grid, GridNow
from gridtwin.api.models import Document
from gridtwin.api.operation_routes import Name, Operator
from gridtwin.api.permission_gate import DeclaredRoute, require
from gridtwin.api.problems import RESPONSES
from gridtwin.api.restoration_routes import EXPANSIONS
from gridtwin.api.trace_routes import MOST_STARTS
from gridtwin.api.views.operation_view import draw_preview
from gridtwin.errors import InputError, OperationRefusedError
from gridtwin.model.permissions import Permission
from gridtwin.model.person import Person
from gridtwin.model.switching_order import MOST_ORDER_STEPS, OrderStep
from gridtwin.results.documents.operating_documents import OrderRecord, OrdersDocument
from gridtwin.results.operating_answers import make_order_record, make_orders_document
from gridtwin.tools.responsibility import check_area

router = APIRouter(
    prefix="/api/orders", responses=RESPONSES, tags=["operate"], route_class=DeclaredRoute
)

OrderId = Annotated[str, Path(max_length=100, examples=["S-20260701-3fa2c1"])]
StepNumber = Annotated[int, Path(ge=1, le=MOST_ORDER_STEPS)]


class StepAsked(Document):
    """One step of an order."""

    action: Literal["open", "close", "verify", "verify_and_tag"]
    mrid: Name
    phases: str = Field(default="", max_length=20, description="All of the switch's by default.")
    control: Literal["remote", "manual"] = "remote"


class OrderAsked(Document):
    """What an order is for, and its steps."""

    of: list[Name] = Field(min_length=1, max_length=MOST_STARTS, examples=[["LINE-7"]])
    steps: list[StepAsked] = Field(
        default=[],
        max_length=MOST_ORDER_STEPS,
        description="By default those of the best plan for what failed, as things stand now.",
    )
    options: dict[Name, bool | int | float] = Field(
        default={}, max_length=20, description="Of that plan; see `/api/restore`."
    )
    actor: Actor = ""


class StepDone(Document):
    """Who does a step."""

    confirmed: Digest = ""
    actor: Actor = ""


class StepSkipped(Document):
    """Who skips a step, and why."""

    because: str = Field(min_length=1, max_length=500)
    actor: Actor = ""


class StepsUndone(Document):
    """Who undoes the last steps."""

    steps: int = Field(default=1, ge=1, le=MOST_ORDER_STEPS)
    actor: Actor = ""


class EndAsked(Document):
    """Who ends an order."""

    actor: Actor = ""


@router.get("", dependencies=[require(Permission.LOOK)])
def read_orders(
    grid: GridNow, past: Annotated[bool, Query(description="The ended too.")] = False
) -> OrdersDocument:
    """Return the switching orders that are carried out now."""
    return make_orders_document(grid.twin.orders.all(past=past))


@router.get("/{order}", dependencies=[require(Permission.LOOK)])
def read_order(grid: GridNow, order: OrderId) -> OrderRecord:
    """Return one order with its steps."""
    return make_order_record(grid.twin.orders.get(order))


@router.post("", responses=CONFLICT)
def start_order(grid: GridNow, asked: OrderAsked, person: Operator) -> OrderRecord:
    """Start to carry out a plan; nothing is operated yet. One order of a plan is active."""
    actor = person.name_actor(asked.actor)
    for mrid in (*asked.of, *(step.mrid for step in asked.steps)):
        check_area(grid, person, mrid)
    if asked.steps:
        steps = [
            OrderStep(number, step.action, step.mrid, step.phases, step.control == "remote")
            for number, step in enumerate(asked.steps, 1)
        ]
        return make_order_record(grid.twin.orders.start(steps, of=asked.of, actor=actor))
    options: dict[str, Any] = dict(asked.options)
    options["expansions"] = min(options.get("expansions", EXPANSIONS), EXPANSIONS)
    plan = grid.twin.restore(asked.of, **options)
    for step in plan.steps():
        check_area(grid, person, step["mrid"])
    return make_order_record(grid.twin.orders.start(plan, of=asked.of, actor=actor))


@router.get(
    "/{order}/steps/{step}/preview",
    dependencies=[require(Permission.LOOK)],
    response_model=PreviewAnswer,
)
def preview_step(request: Request, grid: GridNow, order: OrderId, step: StepNumber) -> Response:
    """Say what a step would do now, as `/api/operations/preview`; 422 where it only looks."""
    seen = grid.twin.orders.preview(order, step)
    if seen is None:
        msg = f"step {step} of order {order} operates nothing: it only looks"
        raise InputError(msg)
    answer: PreviewAnswer = {
        **seen.document(),
        "features": PreviewFeatures(**draw_preview(seen, grid.features)),
        "second_person_min": grid.settings.two_person_min,
    }
    return answer_request(request, answer)


@router.post("/{order}/steps/{step}/do", responses=CONFLICT)
def do_step(
    grid: GridNow, order: OrderId, step: StepNumber, asked: StepDone, person: Operator
) -> OrderRecord:
    """Do a step, if its turn has come and nothing forbids it; else it is failed, with why."""
    actor = person.name_actor(asked.actor)
    _check_order(grid, order, person)
    _check_second_person(grid, order, actor)
    done = grid.twin.orders.do(order, step, actor=actor, confirmed=asked.confirmed)
    return make_order_record(done)


@router.post("/{order}/steps/{step}/skip", responses=CONFLICT)
def skip_step(
    grid: GridNow, order: OrderId, step: StepNumber, asked: StepSkipped, person: Operator
) -> OrderRecord:
    """Skip a step, with a reason."""
    actor = person.name_actor(asked.actor)
    _check_order(grid, order, person)
    return make_order_record(grid.twin.orders.skip(order, step, because=asked.because, actor=actor))


@router.post("/{order}/undo", responses=CONFLICT)
def undo_steps(grid: GridNow, order: OrderId, asked: StepsUndone, person: Operator) -> OrderRecord:
    """Undo the steps that were done last: each switch stands again as it stood before."""
    actor = person.name_actor(asked.actor)
    _check_order(grid, order, person)
    _check_second_person(grid, order, actor)
    return make_order_record(grid.twin.orders.undo(order, steps=asked.steps, actor=actor))


@router.post("/{order}/end")
def end_order(grid: GridNow, order: OrderId, asked: EndAsked, person: Operator) -> OrderRecord:
    """End an order, whether its steps are done or not."""
    _check_order(grid, order, person)
    return make_order_record(grid.twin.orders.end(order, actor=person.name_actor(asked.actor)))


def _check_order(grid: Grid, order: str, person: Person) -> None:
    """Refuse to change an order whose steps lie in the area of somebody else."""
    for step in grid.twin.orders.get(order).steps:
        check_area(grid, person, step.mrid)


def _check_second_person(grid: Grid, order: str, actor: str) -> None:
    """Refuse, where two persons operate, that who started an order also carries it out."""
    if grid.settings.two_person_min and actor == grid.twin.orders.get(order).started_by:
        msg = f"order {order} was started by {actor}: this server has another person carry it out"
        raise OperationRefusedError(msg)
