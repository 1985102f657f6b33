"""Say which devices most likely operated, from what meters and customers report."""

from __future__ import annotations

from typing import Annotated

import typer

from gridtwin.cli import render
from gridtwin.cli.options import Csv, GeoJson, In, Json, Output, State, open_twin, output_of

# Columns that a terminal holds; --json and --csv have all of them.
SHOWN_OUTAGE_COLUMNS = (
    "mrid",
    "phases",
    "probability_pct",
    "customers",
    "last_gasps",
    "runner_up",
    "runner_up_pct",
)


def infer_outages(
    events: Annotated[str, typer.Argument(help="CSV or JSON lines; - for standard input.")],
    twin: In = "",
    now: Annotated[
        str, typer.Option(help="The moment, while messages still come in; by default all have.")
    ] = "",
    known_out: Annotated[
        list[str] | None,
        typer.Option(metavar="ID", help="What is out already, and no news; repeatable."),
    ] = None,
    bellwethers: Annotated[
        int, typer.Option(min=0, help="Weigh only K meters per transformer; 0 for all.")
    ] = 0,
    loss: Annotated[
        float | None, typer.Option(help="Share of last gasps that never arrive; else estimated.")
    ] = None,
    state: State = "current",
    write: Annotated[
        bool, typer.Option("--write", help="Keep them as predicted outages, or retell those.")
    ] = False,
    json: Json = False,
    geojson: GeoJson = False,
    csv: Csv = False,
) -> None:
    """
    Say which devices most likely operated, who is out, and how sure that is.

    Example: gridtwin outage infer events.csv --in houston.twin --json
    """
    form = output_of(json=json, geojson=geojson, csv=csv)
    opened = open_twin(twin)
    result = opened.infer(
        events,
        now=now or None,
        known_out=known_out or (),
        bellwethers=bellwethers or None,
        loss=loss,
        state=state,
    )
    render.print_note(*(f"warning: {warning}" for warning in result.warnings))
    if write:
        changed = opened.outages.track(result)
        render.print_note(
            *(f"{each.id}: {each.status}, {each.customers_out:,} out" for each in changed)
        )
    if form is Output.JSON:
        render.write_json(result.document())
    elif form is Output.GEOJSON:
        render.write_geojson(result.to_geodataframe())
    else:
        frame = result.to_frame()
        if form is Output.TABLE:
            frame = frame[[*SHOWN_OUTAGE_COLUMNS]].rename(
                columns={"probability_pct": "%", "runner_up_pct": "2nd %"}
            )
        render.write_frame(frame, form, title="Outages inferred")
        if form is Output.TABLE:
            render.print_note(
                f"{result.customers:,} customers out in {len(result):,} outages; "
                f"{len(result.unexplained):,} usage points report unexplained: ping them; "
                f"{len(result.answer.momentaries.point):,} momentary; "
                f"{result.answer.suppressed:,} in known outages"
            )
