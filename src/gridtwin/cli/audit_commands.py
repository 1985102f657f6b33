"""Hand out who did what from where."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from gridtwin.cli import render
from gridtwin.cli.options import Csv, In, Json, Output, open_twin, output_of
from gridtwin.model.access import ActionFilter
from gridtwin.model.moments import read_moment
from gridtwin.results.csv_cells import write_tamed_csv

app = typer.Typer(
    help="Show who did what from where, through a server of the twin.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
COLUMNS = (
    *("number", "at", "person", "role", "way", "address", "request", "permission", "what"),
    *("outcome", "element", "outage", "before", "after"),
)
TABLE_COLUMNS = ("at", "person", "role", "address", "what", "outcome", "element", "outage")
Moment = Annotated[str, typer.Option(metavar="TIME", help="ISO 8601 with a time zone.")]


@app.command("export")
def export_audit(
    twin: In = "",
    since: Moment = "",
    until: Moment = "",
    person: Annotated[str, typer.Option(help="Of this person or program.")] = "",
    element: Annotated[str, typer.Option(metavar="MRID", help="About this element.")] = "",
    outage: Annotated[str, typer.Option(metavar="ID", help="About this outage.")] = "",
    json: Json = False,
    csv: Csv = False,
) -> None:
    """
    Print who did what from where, the newest first.

    Example: gridtwin audit export --since 2026-12-01T00:00:00Z --csv --in houston.twin
    """
    from gridtwin.results.access_answers import audit_document

    form = output_of(json=json, csv=csv)
    wanted = ActionFilter(
        since=read_moment(since) if since else None,
        until=read_moment(until) if until else None,
        person=person,
        element=element,
        outage=outage,
    )
    actions = open_twin(twin).store.access.list_actions(wanted)
    if form is Output.JSON:
        render.write_json(audit_document(actions))
    elif form is Output.CSV:
        rows = [[getattr(each, name) for name in COLUMNS] for each in actions]
        sys.stdout.write(write_tamed_csv(COLUMNS, rows))
    else:
        shown = [[str(getattr(each, name)) for name in TABLE_COLUMNS] for each in actions]
        render.write_table("Who did what", [*TABLE_COLUMNS], shown)
