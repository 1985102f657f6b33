"""Pull what analytics hand back, settle where both sides changed a row, and read it."""

from __future__ import annotations

import json as json_text
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, cast

import typer

from gridtwin.cli import render
from gridtwin.cli.options import Csv, In, Json, Output, open_twin, output_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gridtwin.model.pulls import PullOutcome
    from gridtwin.twin.analytics_questions import Side

PULLED_COLUMNS = (
    *("declared as", "into", "inserted", "updated", "deleted", "conflicts", "differences"),
)
CONFLICT_TABLE_COLUMNS = ("declared as", "key", "operations", "analytics", "found at")

pull_app = typer.Typer(
    help="Bring back what analytics made.", no_args_is_help=True, rich_markup_mode=None
)


@pull_app.command("iceberg")
def pull_iceberg(
    catalog: Annotated[str, typer.Option(metavar="URI", help="Address of the REST catalog.")],
    owners: Annotated[
        Path, typer.Option(metavar="FILE", help="What comes back, and who owns what of it.")
    ],
    twin: In = "",
    warehouse: Annotated[str, typer.Option(help="Warehouse, as the catalog calls it.")] = "",
    json: Json = False,
) -> None:
    """
    Bring the tables of an owner file from an Iceberg catalog, as far as they changed.

    Exit code 1: a table was stopped, or rows are in conflict.

    Example: gridtwin pull iceberg --catalog https://catalog/iceberg --owners owners.toml
    """
    report = open_twin(twin).analytics.pull(owners, catalog, warehouse=warehouse)
    if json:
        from gridtwin.results.analytics_answers import pull_document

        render.write_json(pull_document(report.outcomes))
    else:
        _show_outcomes(report.outcomes)
    if report.needs_person:
        raise typer.Exit(1)


def _show_outcomes(outcomes: Sequence[PullOutcome]) -> None:
    rows = [
        (
            *(each.name, each.target, each.inserted, each.updated, each.deleted),
            *(each.conflicts, each.different),
        )
        for each in outcomes
        if not each.stopped
    ]
    if rows:
        render.write_table("", PULLED_COLUMNS, rows)
    for outcome in outcomes:
        if outcome.stopped:
            render.print_note(f"{outcome.name} ({outcome.source}) was stopped: {outcome.stopped}")
        for each in outcome.differences:
            render.print_note(
                f"{outcome.name}: {each.column} of {', '.join(map(str, each.key))} is"
                f" {each.operations!r} and stays so; analytics have {each.analytics!r}"
            )


@pull_app.command("conflicts")
def list_conflicts(twin: In = "", json: Json = False) -> None:
    """
    List the rows that changed on both sides since they were last pulled; 1 if there are any.

    Example: gridtwin pull conflicts --in houston.twin
    """
    conflicts = open_twin(twin).analytics.list_conflicts()
    if json:
        from gridtwin.results.analytics_answers import conflicts_document

        render.write_json(conflicts_document(conflicts))
    else:
        rows = [
            (
                *(each.name, each.key),
                *(
                    json_text.dumps(row) if row else "-"
                    for row in (each.operations, each.analytics)
                ),
                each.found_at.isoformat(timespec="seconds"),
            )
            for each in conflicts
        ]
        render.write_table("Conflicts", CONFLICT_TABLE_COLUMNS, rows)
    if conflicts:
        raise typer.Exit(1)


@pull_app.command("settle")
def settle_conflict(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Declaration of the owner file.")],
    key: Annotated[str, typer.Argument(metavar="KEY", help="Key of the row: a JSON array.")],
    take: Annotated[
        str, typer.Option(metavar="analytics|operations", help="Whose row is the right one.")
    ],
    twin: In = "",
) -> None:
    """
    End a conflict: write what analytics say, or let stand what is here.

    Example: gridtwin pull settle failure_risk '["failure_risk", "XFMR-7"]' --take analytics
    """
    settled = open_twin(twin).analytics.settle(name, key, take=cast("Side", take))
    sys.stdout.write(f"{settled.target} {settled.key}: settled for {take}\n")


def show_scores(
    mrid: Annotated[str, typer.Argument(metavar="[ID]", help="Of this element alone.")] = "",
    twin: In = "",
    kind: Annotated[str, typer.Option(help="Of this kind alone, such as failure_risk.")] = "",
    table: Annotated[
        str,
        typer.Option(help="element_scores, element_priorities, crew_shifts or element_forecasts."),
    ] = "element_scores",
    json: Json = False,
    csv: Csv = False,
) -> None:
    """
    Show what analytics handed back: scores, or priorities, shifts of crews and forecasts.

    Example: gridtwin scores --kind failure_risk --in houston.twin
    """
    form = output_of(json=json, csv=csv)
    asked = {"mrid": mrid, "kind": kind}
    given = {name: value for name, value in asked.items() if value}
    rows = open_twin(twin).analytics.read(table, **given)
    if "value" in rows and not mrid:
        rows = rows.sort_values("value", ascending=False, kind="stable")
    if form is Output.JSON:
        from gridtwin.results.analytics_answers import scores_document

        render.write_json(scores_document(table, rows))
        return
    render.write_frame(rows, form, title=table)
