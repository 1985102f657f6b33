"""Check the data of a twin, and accept what was found as it is."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from gridtwin.cli import render
from gridtwin.cli.finding_tables import write_findings_csv, write_findings_table
from gridtwin.cli.options import Csv, In, Json, Output, open_twin, output_of

app = typer.Typer(
    help="Check the data of a twin; accept what was found as it is.",
    invoke_without_command=True,
    rich_markup_mode=None,
)
Key = Annotated[
    str,
    typer.Argument(
        metavar="KEY", help="mRID of what the finding is of, or LAYER:KEY, or '*' for all of it."
    ),
]


@app.callback()
def check_network(
    context: typer.Context,
    twin: In = "",
    rule: Annotated[list[str] | None, typer.Option(help="Only this rule; repeatable.")] = None,
    gpkg: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write the findings for QGIS, too.")
    ] = None,
    json: Json = False,
    csv: Csv = False,
) -> None:
    """
    Run the data-quality rules, and list what was found when the source was read.

    Exit code 1: there are errors that nobody accepted.

    Example: gridtwin check --in houston.twin
    """
    if context.invoked_subcommand is not None:
        if twin or rule or gpkg or json or csv:
            msg = f"options stand behind {context.invoked_subcommand}"
            raise typer.BadParameter(msg)
        return
    form = output_of(json=json, csv=csv)
    opened = open_twin(twin)
    report = opened.check(rules=rule)
    if gpkg is not None:
        from gridtwin.publish.findings_gpkg import write_findings

        write_findings(report.findings, opened.store.network, gpkg)
        render.print_note(f"{gpkg}: written")
    if form is Output.JSON:
        from gridtwin.results.network_answers import check_document

        render.write_json(check_document(report))
    elif form is Output.CSV:
        write_findings_csv(report.findings)
    else:
        write_findings_table(report.findings)
        render.write_facts("Count by rule", report.counts)
    if report.worst == "error":
        raise typer.Exit(1)


@app.command("accept")
def accept_finding(
    rule: Annotated[str, typer.Argument(metavar="RULE", help="The rule that is broken.")],
    key: Key,
    reason: Annotated[str, typer.Option(help="Why it is accepted.")],
    twin: In = "",
) -> None:
    """
    Accept a finding as it is: it no longer counts as an error.

    Example: gridtwin check accept island LINES:7 --reason "fed by the neighbor" --in houston.twin
    """
    accepted = open_twin(twin).accept_finding(rule, key, reason)
    sys.stdout.write(f"{accepted.rule} of {accepted.key} is accepted: {accepted.reason}\n")


@app.command("undo")
def undo_acceptance(
    rule: Annotated[str, typer.Argument(metavar="RULE", help="The rule that is broken.")],
    key: Key,
    twin: In = "",
) -> None:
    """
    Accept a finding no longer.

    Example: gridtwin check undo island LINES:7 --in houston.twin
    """
    open_twin(twin).undo_acceptance(rule, key)
    sys.stdout.write(f"{rule} of {key} is accepted no longer\n")
