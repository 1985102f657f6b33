"""Trace and explain."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from gridtwin.cli import render
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
    from gridtwin.results.traces import TraceResult


def trace(
    kind: Annotated[
        str,
        typer.Argument(
            help="downstream, upstream, connected, feeder, isolation, protective, path, loops, "
            "ties, or the name of a saved spec."
        ),
    ],
    ids: Annotated[
        list[str], typer.Argument(metavar="ID [ID2]", help="Where to begin; two for a path.")
    ],
    twin: In = "",
    state: State = "current",
    phases: Annotated[
        str | None, typer.Option(help="Follow only conductors of these phases.")
    ] = None,
    barrier: Annotated[
        list[str] | None, typer.Option(help="Equipment the trace does not pass; repeatable.")
    ] = None,
    where: Annotated[
        str | None, typer.Option(help="Keep elements for which this holds: \"kind == 'fuse'\".")
    ] = None,
    polygon: Annotated[
        str | None, typer.Option(help="Keep elements inside this file of polygons.")
    ] = None,
    nearest: Annotated[
        int | None, typer.Option(min=0, help="Keep the K nearest elements; 0 for all.")
    ] = None,
    max_depth: Annotated[
        int | None, typer.Option(min=0, help="Stop after so many elements; 0 for no limit.")
    ] = None,
    mode: Annotated[
        str | None, typer.Option(help="Upstream: all_paths, shortest or must_pass.")
    ] = None,
    phase_policy: Annotated[str | None, typer.Option(help="strict, advisory or ignore.")] = None,
    include_indeterminate: Annotated[
        bool | None,
        typer.Option(
            "--include-indeterminate/--no-include-indeterminate", help="Add the rest of a loop."
        ),
    ] = None,
    all_sides: Annotated[
        bool | None,
        typer.Option(
            "--all-sides/--no-all-sides", help="Isolation: operate towards dead ends too."
        ),
    ] = None,
    allow_lv_backfeed: Annotated[
        bool | None,
        typer.Option(
            "--allow-lv-backfeed/--no-allow-lv-backfeed",
            help="Low voltage may supply medium voltage.",
        ),
    ] = None,
    islands: Annotated[
        bool | None,
        typer.Option("--islands/--no-islands", help="Distributed energy resources supply too."),
    ] = None,
    save_spec: Annotated[
        str, typer.Option(help="Keep these options, and those of the spec traced, under a name.")
    ] = "",
    count: Annotated[
        bool, typer.Option("--count", help="Print the number of customers only.")
    ] = False,
    json: Json = False,
    geojson: GeoJson = False,
    csv: Csv = False,
) -> None:
    """
    Trace from an element.

    Example: gridtwin trace downstream FUSE-12 --in houston.twin --json
    """
    form = output_of(json=json, geojson=geojson, csv=csv)
    given = {
        "phases": phases,
        "phase_policy": phase_policy,
        "mode": mode,
        "barriers": tuple(filter(None, barrier)) if barrier else None,
        "where": where,
        "polygon": read_area(polygon) if polygon else polygon,
        "nearest": nearest,
        "max_depth": max_depth,
        "include_indeterminate": include_indeterminate,
        "all_sides": all_sides,
        "allow_lv_backfeed": allow_lv_backfeed,
        "islands": islands,
    }
    opened = open_twin(twin)
    # What is not said is as in the saved spec; what is said wins, also where it is 0 or empty.
    spec = opened.spec(kind, **{name: value for name, value in given.items() if value is not None})
    result = opened.trace(spec, *ids, state=state)
    if save_spec:
        opened.save_spec(save_spec, spec)
    if count:
        sys.stdout.write(f"{result.customers}\n")
    else:
        _show(result, form)
    if result.trace == "path" and not len(result):
        render.say("no way of closed equipment joins the two")
        raise typer.Exit(1)


def _show(result: TraceResult, form: Output) -> None:
    render.say(*(f"warning: {warning}" for warning in result.warnings))
    if form is Output.JSON:
        render.write_json(result.document())
    elif form is Output.GEOJSON:
        render.write_geojson(result.to_geodataframe())
    else:
        columns = result.columns()
        rows = list(zip(*(column.tolist() for column in columns.values()), strict=True))
        if form is Output.CSV:
            render.write_csv(list(columns), rows)
            return
        state = f"state {result.state} version {result.version}"
        title = f"{result.trace} of {', '.join(result.of)}, {state}"
        render.write_table(title, list(columns), rows)
        sys.stdout.write(
            f"{len(result):,} elements, {len(result.usage_points):,} usage points, "
            f"{result.customers:,} customers\n"
        )


def explain(
    mrid: Annotated[str, typer.Argument(metavar="ID")],
    twin: In = "",
    state: State = "current",
    json: Json = False,
) -> None:
    """
    Say why an element has supply or has none. Exit code 1: it has none.

    Example: gridtwin explain MTR-0001234 --in houston.twin
    """
    found = open_twin(twin).explain(mrid, state=state)
    if json:
        from gridtwin.results.network_answers import explain_document

        render.write_json(explain_document(found, state))
    else:
        sys.stdout.write(found.sentence + "\n")
    if not found.supplied:
        raise typer.Exit(1)
