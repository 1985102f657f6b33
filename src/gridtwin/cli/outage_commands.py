"""Say who goes dark: blast, sweep and storm."""

from __future__ import annotations

import json as jsonlib
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from gridtwin.cli import outage_lifecycle_commands, planned_commands, render
from gridtwin.cli.indices_commands import show_indices
from gridtwin.cli.inference_commands import infer_outages
from gridtwin.cli.options import (
    Csv,
    GeoJson,
    In,
    Json,
    Output,
    State,
    open_twin,
    output_of,
    read_area,
)

if TYPE_CHECKING:
    from gridtwin.results.trace_result import BlastRadius

app = typer.Typer(help="Say who goes dark.", no_args_is_help=True, rich_markup_mode=None)

Scope = Annotated[str, typer.Option(help="element, trip, isolated or backfed.")]


@app.command("blast")
def blast_elements(
    ids: Annotated[list[str], typer.Argument(metavar="ID...", help="What fails, all at once.")],
    twin: In = "",
    scope: Scope = "element",
    state: State = "current",
    json: Json = False,
    geojson: GeoJson = False,
    csv: Csv = False,
) -> None:
    """
    Say who goes dark when elements fail.

    Example: gridtwin outage blast LINE-7 XFMR-9 --scope trip --in houston.twin --json
    """
    form = output_of(json=json, geojson=geojson, csv=csv)
    _show_blast(open_twin(twin).blast_radius(ids, scope=scope, state=state), form)


@app.command("sweep")
def sweep_network(
    twin: In = "",
    state: State = "current",
    top: Annotated[int, typer.Option(min=0, help="Only the K worst; 0 for all.")] = 0,
    json: Json = False,
    csv: Csv = False,
) -> None:
    """
    Fail every piece of equipment once. With --json one line each.

    Example: gridtwin outage sweep --in houston.twin --top 10
    """
    form = output_of(json=json, csv=csv)
    frame = open_twin(twin).sweep(state=state)
    if top or form is Output.TABLE:
        frame = frame.sort_values(["customers", "mrid"], ascending=[False, True], kind="stable")
    frame = frame.head(top) if top else frame
    if form is Output.JSON:
        from gridtwin.results.network_answers import sweep_line

        for mrid, _, customers, points in frame.itertuples(index=False, name=None):
            line = sweep_line(mrid, int(customers), int(points))
            sys.stdout.write(jsonlib.dumps(line, ensure_ascii=False) + "\n")
    else:
        render.write_frame(frame, form, title="Customers out if one element fails")


@app.command("storm")
def blast_storm(
    polygon: Annotated[
        str, typer.Argument(help="File of polygons, - for standard input, or text.")
    ],
    twin: In = "",
    kind: Annotated[
        list[str] | None, typer.Option(help="Kind of equipment damaged; repeatable.")
    ] = None,
    scope: Scope = "element",
    state: State = "current",
    json: Json = False,
    geojson: GeoJson = False,
    csv: Csv = False,
) -> None:
    """
    Say who goes dark when everything inside a polygon is damaged.

    Example: gridtwin outage storm damage.geojson --kind ac_line_segment --in houston.twin
    """
    form = output_of(json=json, geojson=geojson, csv=csv)
    opened = open_twin(twin)
    _show_blast(opened.storm(read_area(polygon), kinds=kind or (), scope=scope, state=state), form)


def _show_blast(result: BlastRadius, form: Output) -> None:
    render.print_note(*(f"warning: {warning}" for warning in result.warnings))
    if form is Output.JSON:
        render.write_json(result.document())
    elif form is Output.TABLE:
        facts = {
            "scope": result.scope,
            "state": f"{result.state} version {result.version}",
            "customers": result.customers,
            "usage points": len(result),
            "in part": len(result.partial),
            "priority customers": result.priority_customers,
            "peak kW": round(result.peak_w / 1000, 1),
            "feeders": result.feeders[:20],
            "devices": result.devices[:20].tolist(),
        }
        more = f" and {len(result.of) - 3:,} more" if len(result.of) > 3 else ""
        render.write_facts(f"Out without {', '.join(result.of[:3])}{more}", facts)
    else:
        render.write_frame(result.to_geodataframe(), form)


outage_lifecycle_commands.register_commands(app)
app.command("indices")(show_indices)
app.command("infer")(infer_outages)
app.add_typer(planned_commands.app, name="planned")
