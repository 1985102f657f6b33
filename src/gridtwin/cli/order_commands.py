"""Carry out switching plans step by step."""

from __future__ import annotations

import json as json_format
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gridtwin.cli import render
from gridtwin.cli.options import In, Json, open_twin
from gridtwin.errors import InputError
from gridtwin.model.switching_order import OrderStep
from gridtwin.results.operating_answers import make_orders_document

if TYPE_CHECKING:
    from gridtwin.model.switching_order import SwitchingOrder

app = typer.Typer(
    help="Switching orders: plans that are carried out step by step.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
OrderId = Annotated[str, typer.Argument(metavar="ORDER", help="Id of the order.")]
StepNumber = Annotated[int, typer.Option("--step", min=0, help="The step; the next by default.")]


@app.command("start")
def start_order(
    of: Annotated[list[str], typer.Argument(metavar="ID...", help="What has failed.")],
    twin: In = "",
    plan: Annotated[
        Path | None,
        typer.Option(help="A plan of gridtwin restore plan --json; by default the best one now."),
    ] = None,
    json: Json = False,
) -> None:
    """
    Start to carry out a plan; nothing is operated yet.

    Example: gridtwin order start LINE-0042 --in houston.twin
    """
    opened = open_twin(twin)
    steps = opened.restore(of) if plan is None else read_plan_steps(plan)
    _print_orders([opened.orders.start(steps, of=of)], json=json)


@app.command("list")
def list_orders(
    twin: In = "",
    past: Annotated[bool, typer.Option("--past", help="The ended too.")] = False,
    json: Json = False,
) -> None:
    """
    List the orders that are carried out now.

    Example: gridtwin order list --in houston.twin
    """
    orders = open_twin(twin).orders.all(past=past)
    if json:
        render.write_json(make_orders_document(orders))
        return
    names = ["order", "for", "status", "done", "steps", "by"]
    rows = [
        [order.id, order.plan, order.status, sum(step.status == "done" for step in order.steps),
         len(order.steps), order.started_by]
        for order in orders
    ]  # fmt: skip
    render.write_table("Switching orders", names, rows)


@app.command("show")
def show_order(order: OrderId, twin: In = "", json: Json = False) -> None:
    """
    Show one order with its steps.

    Example: gridtwin order show S-20260301-3f9a2c --in houston.twin
    """
    _print_orders([open_twin(twin).orders.get(order)], json=json)


@app.command("do")
def do_step(order: OrderId, twin: In = "", step: StepNumber = 0, json: Json = False) -> None:
    """
    Do the next step, if nothing forbids it; else it is failed, with why.

    Example: gridtwin order do S-20260301-3f9a2c --in houston.twin
    """
    _print_orders([open_twin(twin).orders.do(order, step)], json=json)


@app.command("skip")
def skip_step(
    order: OrderId,
    reason: Annotated[str, typer.Option("--reason", help="Why.")],
    twin: In = "",
    step: StepNumber = 0,
    json: Json = False,
) -> None:
    """
    Skip the next step, with a reason.

    Example: gridtwin order skip S-20260301-3f9a2c --reason "stuck" --in houston.twin
    """
    _print_orders([open_twin(twin).orders.skip(order, step, because=reason)], json=json)


@app.command("undo")
def undo_steps(
    order: OrderId,
    twin: In = "",
    steps: Annotated[int, typer.Option(min=1, help="How many, the last first.")] = 1,
    json: Json = False,
) -> None:
    """
    Undo the steps that were done last: each switch stands again as before.

    Example: gridtwin order undo S-20260301-3f9a2c --in houston.twin
    """
    _print_orders([open_twin(twin).orders.undo(order, steps=steps)], json=json)


@app.command("end")
def end_order(order: OrderId, twin: In = "", json: Json = False) -> None:
    """
    End an order, whether its steps are done or not.

    Example: gridtwin order end S-20260301-3f9a2c --in houston.twin
    """
    _print_orders([open_twin(twin).orders.end(order)], json=json)


def read_plan_steps(file: Path) -> list[OrderStep]:
    """
    Return the steps of a plan in a file, as ``gridtwin restore plan --json`` prints it.

    Raises
    ------
    InputError
        If it cannot be read, or is no plan.
    """
    try:
        steps: list[dict[str, Any]] = json_format.loads(file.read_text())["steps"]
        return [
            OrderStep(
                number,
                # A source is opened where it stands: here that is looked at alone.
                "verify" if step["kind"] == "energy_source" else step["action"],
                step["mrid"],
                remote=step["control"] == "remote",
            )
            for number, step in enumerate(steps, 1)
        ]
    except (OSError, ValueError, KeyError, TypeError) as error:
        msg = f"{file} is no plan ({error}): give what gridtwin restore plan --json prints"
        raise InputError(msg) from error


def _print_orders(orders: list[SwitchingOrder], *, json: bool) -> None:
    if json:
        render.write_json(make_orders_document(orders))
        return
    names = ["step", "action", "of", "control", "status", "who", "at", "note"]
    for order in orders:
        rows = [
            [step.number, step.action, step.mrid, "remote" if step.remote else "manual",
             step.status.value, step.actor, "" if step.at is None else f"{step.at:%H:%M:%S}Z",
             step.note]
            for step in order.steps
        ]  # fmt: skip
        render.write_table(f"Order {order.id} for {order.plan}: {order.status}", names, rows)
        following = order.next_step
        told = "all done" if following is None else f"next is step {following.number}"
        sys.stdout.write(f"{order.id}: {order.status}, {told}\n")
