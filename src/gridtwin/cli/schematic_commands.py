"""Show a feeder as a one-line diagram."""

from __future__ import annotations

from gridtwin.cli import render
from gridtwin.cli.options import In, Json, State, open_twin

DIAGRAM_COLUMNS = (
    "column",
    "row",
    "switch",
    "kind",
    "open",
    "customers",
    "out",
    "fed by",
    "tie to",
)


def show_schematic(
    feeder: str, twin: In = "", state: State = "current", json: Json = False
) -> None:
    """
    Show a feeder as a one-line diagram: its switches in columns and rows, and what they feed.

    Example: gridtwin schematic FDR-0001 --in houston.twin --json
    """
    document = open_twin(twin).schematic(feeder, state=state).document()
    if json:
        render.write_json(document)
        return
    sections = document["sections"]
    rows = []
    for at, switch in enumerate(document["switches"]):
        section = sections[at] if at < len(sections) else None
        fed = (
            (section["customers"], section["customers_out"], section["fed_by"])
            if section
            else ("", "", "")
        )
        rows.append(
            (switch["column"], switch["row"], switch["mrid"], switch["kind"], switch["open"],
             *fed, switch["tie_to"])
        )  # fmt: skip
    render.write_table(f"{document['feeder']}, state {document['state']}", DIAGRAM_COLUMNS, rows)
