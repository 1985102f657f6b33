"""Trace and explain."""

from __future__ import annotations

import sys
from dataclasses import asdict
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
    from gridtwin.publish.results import TraceResult


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
    phases: Annotated[str, typer.Option(help="Follow only conductors of these phases.")] = "",
    barrier: Annotated[
        list[str] | None, typer.Option(help="Equipment the trace does not pass; repeatable.")
    ] = None,
    where: Annotated[
        str, typer.Option(help="Keep elements for which this holds: \"kind == 'fuse'\".")
    ] = "",
    polygon: Annotated[str, typer.Option(help="Keep elements inside this file of polygons.")] = "",
    nearest: Annotated[int, typer.Option(min=0, help="Keep the K nearest elements.")] = 0,
    max_depth: Annotated[int, typer.Option(min=0, help="Stop after so many elements.")] = 0,
    mode: Annotated[
        str, typer.Option(help="Upstream: all_paths, shortest or must_pass.")
    ] = "all_paths",
    phase_policy: Annotated[str, typer.Option(help="strict, advisory or ignore.")] = "advisory",
    include_indeterminate: Annotated[
        bool, typer.Option("--include-indeterminate", help="Add the rest of a loop.")
    ] = False,
    allow_lv_backfeed: Annotated[
        bool, typer.Option("--allow-lv-backfeed", help="Low voltage may supply medium voltage.")
    ] = False,
    islands: Annotated[
        bool, typer.Option("--islands", help="Distributed energy resources supply too.")
    ] = False,
    save_spec: Annotated[str, typer.Option(help="Keep these options under a name.")] = "",
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
    options = {
        "phases": phases,
        "phase_policy": phase_policy,
        "mode": mode,
        "barriers": tuple(barrier or ()),
        "where": where,
        "polygon": read_area(polygon) if polygon else "",
        "nearest": nearest,
        "max_depth": max_depth,
        "include_indeterminate": include_indeterminate,
        "allow_lv_backfeed": allow_lv_backfeed,
        "islands": islands,
    }
    opened = open_twin(twin)
    if kind in opened.store.spec_names():  # what the saved spec says stands, unless said otherwise
        options = {
            key: value
            for key, value in options.items()
            if value and value not in {"all_paths", "advisory"}
        }
    result = opened.trace(kind, *ids, state=state, **options)
    if save_spec:
        from gridtwin.analysis.spec import TraceSpec

        opened.save_spec(save_spec, TraceSpec(kind, **options))  # type: ignore[arg-type]
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
        render.write_json({"schema": "gridtwin.explain/1", "state": state, **asdict(found)})
    else:
        sys.stdout.write(found.sentence + "\n")
    if not found.supplied:
        raise typer.Exit(1)
