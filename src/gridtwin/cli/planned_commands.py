"""Announce work, begin and end it, and list whom to write."""

from __future__ import annotations

import sys
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from gridtwin.cli import render
from gridtwin.cli.customer_options import Personal, make_viewer
from gridtwin.cli.options import Csv, In, Json, Output, open_twin, output_of
from gridtwin.errors import InputError
from gridtwin.model.moments import read_moment

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gridtwin.model.planned_outage import PlannedOutage

app = typer.Typer(
    help="Planned outages: announced, begun, ended; whom to write.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
Id = Annotated[str, typer.Argument(metavar="PLANNED", help="Id of the planned outage.")]
Starts = Annotated[str, typer.Option("--from", help="When supply goes off: 2026-12-10T14:00Z.")]
Ends = Annotated[str, typer.Option("--to", help="When it is to be back.")]
PLANNED_HEADS = ("id", "status", "from", "to", "customers", "on", "reason", "outage")


@app.command("announce")
def announce_planned(
    elements: Annotated[
        list[str] | None, typer.Argument(metavar="[ELEMENT]...", help="What is worked on.")
    ] = None,
    twin: In = "",
    starts: Starts = "",
    ends: Ends = "",
    reason: Annotated[str, typer.Option(help="Why, in words that customers may read.")] = "",
    switch: Annotated[
        list[str] | None,
        typer.Option(
            metavar="MRID:POSITION",
            help="How a switch stands meanwhile: open, closed or open phases; repeatable. By"
            " default as a switching plan isolates the elements.",
        ),
    ] = None,
    state: Annotated[str, typer.Option(help="In which the work begins.")] = "normal",
    json: Json = False,
) -> None:
    """
    Announce planned work, and say how many customers have no supply meanwhile.

    Example: gridtwin outage planned announce LINE-7 --from 2026-12-10T14:00Z --to
    2026-12-10T18:00Z --reason "new poles" --in houston.twin
    """
    if not starts or not ends:
        msg = "planned work has a beginning and an end: give --from and --to"
        raise InputError(msg)
    made = open_twin(twin).planned.announce(
        elements or [], read_moment(starts), read_moment(ends), reason=reason,
        switches=_read_switches(switch or []), state=state,
    )  # fmt: skip
    _print_planned([made], json=json)


@app.command("list")
def list_planned(
    twin: In = "",
    past: Annotated[bool, typer.Option("--past", help="Those done and canceled, too.")] = False,
    json: Json = False,
    csv: Csv = False,
) -> None:
    """
    List planned outages by when they start.

    Example: gridtwin outage planned list --in houston.twin
    """
    form = output_of(json=json, csv=csv)
    found = open_twin(twin).planned.all(past=past)
    if form is Output.CSV:
        render.write_csv(PLANNED_HEADS, _list_rows(found))
    else:
        _print_planned(found, json=form is Output.JSON)


@app.command("move")
def move_planned(
    planned: Id, twin: In = "", starts: Starts = "", ends: Ends = "", json: Json = False
) -> None:
    """
    Announce other times; of what goes on the end alone.

    Example: gridtwin outage planned move P-20261210-3f9a2c --to 2026-12-10T20:00Z --in houston.twin
    """
    operations = open_twin(twin).planned
    kept = operations.get(planned)
    moved = operations.move(
        planned,
        _read_or(starts, kept.starts_at),
        _read_or(ends, kept.ends_at),
    )
    _print_planned([moved], json=json)


@app.command("start")
def start_planned(planned: Id, twin: In = "", json: Json = False) -> None:
    """
    Begin the work: an outage is opened for who has no supply.

    Example: gridtwin outage planned start P-20261210-3f9a2c --in houston.twin
    """
    _print_planned([open_twin(twin).planned.start(planned)], json=json)


@app.command("end")
def end_planned(planned: Id, twin: In = "", json: Json = False) -> None:
    """
    End the work: who is still out of its outage is back.

    Example: gridtwin outage planned end P-20261210-3f9a2c --in houston.twin
    """
    _print_planned([open_twin(twin).planned.end(planned)], json=json)


@app.command("cancel")
def cancel_planned(planned: Id, twin: In = "", json: Json = False) -> None:
    """
    Say that announced work does not take place.

    Example: gridtwin outage planned cancel P-20261210-3f9a2c --in houston.twin
    """
    _print_planned([open_twin(twin).planned.cancel(planned)], json=json)


@app.command("letters")
def list_planned_letters(planned: Id, twin: In = "", personal: Personal = False) -> None:
    """
    List whom to write about planned work, as comma-separated values.

    One row for each account where customers are loaded, else for each premise or usage point.

    Example: gridtwin outage planned letters P-20261210-3f9a2c --personal --in houston.twin
    """
    from gridtwin.results.csv_cells import write_tamed_csv
    from gridtwin.results.planned_answers import LETTER_COLUMNS

    letters = open_twin(twin).planned.letters(planned, make_viewer(personal=personal))
    sys.stdout.write(write_tamed_csv(LETTER_COLUMNS, letters))


def _read_or(text: str, otherwise: datetime) -> datetime:
    return read_moment(text) if text else otherwise


def _read_switches(given: list[str]) -> dict[str, bool | str] | None:
    """Return positions of switches; InputError for one that is written otherwise."""
    positions: dict[str, bool | str] = {}
    for each in given:
        mrid, _, position = each.rpartition(":")
        if not mrid or not position:
            msg = f"--switch {each}: write MRID:open, MRID:closed or MRID:PHASES"
            raise InputError(msg)
        named = {"open": True, "closed": False}
        positions[mrid] = named.get(position, position)
    return positions or None


def _list_rows(found: Iterable[PlannedOutage]) -> list[list[object]]:
    return [
        [each.id, each.status.value, f"{each.starts_at:%Y-%m-%d %H:%M}Z",
         f"{each.ends_at:%Y-%m-%d %H:%M}Z", each.customers,
         " ".join(each.elements[:3]) or " ".join(list(each.switches)[:3]), each.reason, each.outage]
        for each in found
    ]  # fmt: skip


def _print_planned(found: list[PlannedOutage], *, json: bool) -> None:
    if json:
        from gridtwin.results.planned_answers import make_planned_document

        render.write_json(make_planned_document(found))
    else:
        render.write_table("Planned outages", PLANNED_HEADS, _list_rows(found))
