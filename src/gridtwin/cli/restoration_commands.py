"""Plan how to bring customers back."""

from __future__ import annotations

import math
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from gridtwin.cli import render
from gridtwin.cli.options import Csv, GeoJson, In, Json, Output, State, open_twin, output_of

if TYPE_CHECKING:
    from gridtwin.results.documents.switching_documents import PlanStep
    from gridtwin.results.plan_result import SwitchingPlan

NAMES_IN_A_LINE = 10  # names in one line
app = typer.Typer(help="Bring customers back.", no_args_is_help=True, rich_markup_mode=None)


@app.command("plan")
def plan_restoration(
    ids: Annotated[list[str], typer.Argument(metavar="ID...", help="What has faulted.")],
    twin: In = "",
    state: State = "current",
    margin_pct: Annotated[
        float, typer.Option(min=0, max=99, help="Percent of every rating to keep free.")
    ] = 10.0,
    allow_loops: Annotated[
        bool, typer.Option("--allow-loops", help="Rings may come back closed.")
    ] = False,
    alternatives: Annotated[
        int, typer.Option(min=0, max=50, help="How many other plans to rank.")
    ] = 3,
    remote_only: Annotated[
        bool, typer.Option("--remote-only", help="Operate from the control room alone.")
    ] = False,
    isolate_first: Annotated[
        bool,
        typer.Option("--isolate-first", help="Close nothing before all sides are isolated."),
    ] = False,
    all_sides: Annotated[
        bool,
        typer.Option("--all-sides", help="Operate switches with only dead ends beyond too."),
    ] = False,
    remote_minutes: Annotated[
        float, typer.Option(min=0, help="For one operation from the control room.")
    ] = 1.0,
    manual_minutes: Annotated[float, typer.Option(min=0, help="For one operation on site.")] = 15.0,
    crews: Annotated[int, typer.Option(min=1, help="That operate on site.")] = 1,
    speed_kmh: Annotated[float, typer.Option(min=1, help="Of a crew on its way.")] = 30.0,
    default_peak_w: Annotated[
        float | None,
        typer.Option(min=0, help="Of a customer without a record; else the mean of the others."),
    ] = None,
    coincidence: Annotated[
        float, typer.Option(min=0.01, max=1, help="Share of the sum of peaks at one time.")
    ] = 1.0,
    priority_weight: Annotated[
        float, typer.Option(min=1, help="What a customer at a priority site counts.")
    ] = 10.0,
    save_overlay: Annotated[
        str, typer.Option(metavar="NAME", help="Keep the end of the plan as a what-if.")
    ] = "",
    json: Json = False,
    geojson: GeoJson = False,
    csv: Csv = False,
) -> None:
    """
    Plan how to isolate a fault and bring customers back by switching; nothing is operated.

    Example: gridtwin restore plan LINE-0000300 --crews 2 --in houston.twin
    """
    form = output_of(json=json, geojson=geojson, csv=csv)
    opened = open_twin(twin)
    found = opened.restore(
        ids,
        state=state,
        margin_pct=margin_pct,
        allow_loops=allow_loops,
        alternatives=alternatives,
        remote_only=remote_only,
        isolate_first=isolate_first,
        all_sides=all_sides,
        remote_min=remote_minutes,
        manual_min=manual_minutes,
        crews=crews,
        speed_kmh=speed_kmh,
        coincidence=coincidence,
        priority_weight=priority_weight,
        default_peak_w=math.nan if default_peak_w is None else default_peak_w,
    )
    if save_overlay:
        opened.overlay(save_overlay, found.switches)
    if form is Output.JSON:
        render.write_json(found.document())
    elif form is Output.TABLE:
        _print_plan(found)
    else:
        render.write_frame(found.to_geodataframe(), form)
    if found.customers and not found.customers_restored:
        raise typer.Exit(1)


def _print_plan(found: SwitchingPlan) -> None:
    """Print a plan for a person."""
    write, totals = sys.stdout.write, found.totals()
    write(f"fault at {', '.join(found.of)}: {', '.join(found.tripped) or 'nothing'} trips, ")
    write(f"{totals['customers_at_start']:,} customers out\n")
    names = ("", "action", "device", "by", "min", "back", "out", "least margin")
    rows = [_make_row(step) for step in found.steps()]
    render.write_table("", names, rows, shown=len(rows))
    if found.dead_beyond:
        write(f"left as they stand, nothing but dead ends beyond: {_name_few(found.dead_beyond)}\n")
    write(
        f"{totals['customers_restored']:,} customers back, {totals['customers_out']:,} until "
        f"repair; from the control room within {totals['remote_minutes']:g} min, on site within "
        f"{totals['manual_minutes']:g} min\n"
    )
    if found.customers and not totals["customers_restored"] and found.optimal:
        write("switching brings nobody back\n")
    elif found.optimal:
        write(f"no plan is better (searched {found.rows.blocks} blocks to the end)\n")
    elif found.gap_pct:
        write(f"not proven best: another may restore up to {found.gap_pct:.1f} % more\n")
    else:
        write("no plan restores more; another may do so sooner\n")
    if found.alternatives:
        columns = ("", "closes", "back", "out", "customer-min", "operations", "on site")
        render.write_table(
            "alternatives",
            columns,
            [
                _make_alternative_row(number, plan)
                for number, plan in enumerate(found.alternatives, 2)
            ],
        )
    render.print_note(*(f"note: {warning}" for warning in found.warnings))


def _name_few(names: list[str]) -> str:
    """Return names, the first of many."""
    more = f" and {len(names) - NAMES_IN_A_LINE:,} more" if len(names) > NAMES_IN_A_LINE else ""
    return ", ".join(names[:NAMES_IN_A_LINE]) + more


def _make_row(step: PlanStep) -> tuple[object, ...]:
    """Return one step as a row of the table."""
    check = step["check"]
    margin = ""
    if check is not None:
        margin = "no rating known" if check["unrated"] else "as before"
        if check["most_loaded"]:
            margin = f"{check['margin_pct']:.0f} % at {check['most_loaded']}"
    by = "remote" if step["control"] == "remote" else f"crew {step['crew']}"
    words = (step["step"], step["action"].replace("_", " "), step["mrid"], by)
    return (*words, step["done_min"], step["customers_restored"], step["customers_out"], margin)


def _make_alternative_row(number: int, plan: SwitchingPlan) -> tuple[object, ...]:
    """Return one alternative as a row of the table."""
    totals = plan.totals()
    closes = ", ".join(step["mrid"] for step in plan.steps() if step["action"] == "close")
    back, out = totals["customers_restored"], totals["customers_out"]
    work = totals["operations"], totals["manual_operations"]
    return (number, closes, back, out, totals["customer_minutes"], *work)
