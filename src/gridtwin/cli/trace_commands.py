"""Trace and explain."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gridtwin.analysis.trace.spec import TRACE_KINDS
from gridtwin.cli import render
from gridtwin.cli.options import (
    Csv,
    GeoJson,
    In,
    Json,
    Output,
    State,
    With,
    open_twin,
    output_of,
    split_names,
)
from gridtwin.cli.trace_options import with_trace_options

if TYPE_CHECKING:
    from gridtwin.results.trace_result import TraceResult
    from gridtwin.twin import Twin


@with_trace_options
def trace_elements(
    kind: Annotated[
        str, typer.Argument(help=f"{', '.join(TRACE_KINDS)}, or the name of a saved spec.")
    ],
    ids: Annotated[
        list[str], typer.Argument(metavar="ID [ID2]", help="Where to begin; two for a path.")
    ],
    twin: In = "",
    state: State = "current",
    *,
    save_spec: Annotated[
        str, typer.Option(help="Keep these options, and those of the spec traced, under a name.")
    ] = "",
    count: Annotated[
        bool, typer.Option("--count", help="Print the number of customers only.")
    ] = False,
    shown: With = None,
    json: Json = False,
    geojson: GeoJson = False,
    csv: Csv = False,
    esri: Annotated[
        Path | None,
        typer.Option(
            metavar="OUT", help="Write it as an Esri Utility Network: NAME.gdb, or a folder of CSV."
        ),
    ] = None,
    **said: Any,
) -> None:
    """
    Trace from an element.

    Example: gridtwin trace downstream FUSE-12 --in houston.twin --json
    """
    form = output_of(json=json, geojson=geojson, csv=csv)
    opened = open_twin(twin)
    # What is not said is as in the saved spec; what is said wins, also where it is 0 or empty.
    spec = opened.spec(kind, **said)
    result = opened.trace(spec, *ids, state=state)
    if save_spec:
        opened.save_spec(save_spec, spec)
    if esri:
        _write_esri(esri, opened, result)
    elif count:
        sys.stdout.write(f"{result.customers}\n")
    else:
        _show_trace(result, form, split_names(shown))
    if result.trace == "path" and not len(result):
        render.print_note("no way of closed equipment joins the two")
        raise typer.Exit(1)


def _write_esri(out: Path, twin: Twin, result: TraceResult) -> None:
    """Write what a trace found in the layers of a Utility Network."""
    from gridtwin.publish.esri.esri_writer import choose_rows, write_esri

    normal = twin.situation("normal")
    part = choose_rows(normal, result.rows.equipment, result.rows.points)
    told = write_esri(out, normal, result.situation, part)
    render.print_note(*(f"notice: {notice}" for notice in told))
    sys.stdout.write(f"{out}: written\n")


def _show_trace(result: TraceResult, form: Output, own: tuple[str, ...]) -> None:
    render.print_note(*(f"warning: {warning}" for warning in result.warnings))
    if form is Output.JSON:
        render.write_json(result.document(own))
    elif form is Output.GEOJSON:
        render.write_geojson(result.to_geodataframe(own))
    else:
        columns = result.make_columns(own)
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


def explain_element(
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
