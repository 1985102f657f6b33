"""Open outages, follow them, bring their customers back, and close them."""

from __future__ import annotations

import sys
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gridtwin.cli import render
from gridtwin.cli.options import Csv, In, Json, Output, State, open_twin, output_of
from gridtwin.errors import InputError
from gridtwin.model.moments import read_moment

if TYPE_CHECKING:
    from gridtwin.model.outage import Outage

Id = Annotated[str, typer.Argument(metavar="OUTAGE", help="Id of the outage.")]
At = Annotated[str, typer.Option(help="When, as 2026-03-01T12:00Z; now by default.")]
Points = Annotated[list[str] | None, typer.Option("--usage-point", help="Who; repeatable.")]
Cause = Annotated[str, typer.Option(help="What caused it.")]
Device = Annotated[str, typer.Option(help="What opened or failed.")]


def open_outage(
    device: Annotated[str, typer.Argument(metavar="[DEVICE]")] = "",
    twin: In = "",
    usage_points: Points = None,
    at: At = "",
    cause: Cause = "",
    predicted: Annotated[bool, typer.Option(help="It is only inferred.")] = False,
    planned: Annotated[bool, typer.Option(help="It was planned.")] = False,
    state: State = "current",
    json: Json = False,
) -> None:
    """
    Open an outage: of all who go dark without a device, or of usage points by name.

    Example: gridtwin outage open FUSE-7 --cause vegetation --in houston.twin
    """
    opened = open_twin(twin).outages.open(
        device, usage_points=usage_points, at=read_time(at), predicted=predicted,
        planned=planned, cause=cause, state=state,
    )  # fmt: skip
    _print_outage(opened, json=json)


def list_outages(
    twin: In = "",
    since: Annotated[str, typer.Option(help="Also those over since then.")] = "",
    json: Json = False,
    csv: Csv = False,
) -> None:
    """
    List the open outages, the largest first.

    Example: gridtwin outage list --since 2026-03-01T00:00Z --in houston.twin
    """
    form = output_of(json=json, csv=csv)
    found = open_twin(twin).outages.all(since=read_time(since))
    if form is Output.JSON:
        from gridtwin.results.outage_answers import make_outages_document

        render.write_json(make_outages_document(found))
        return
    names = ["id", "status", "began", "device", "customers", "out", "cause", "part of"]
    rows = [
        [each.id, each.status.value, f"{each.began_at:%Y-%m-%d %H:%M}Z", each.device,
         each.customers, each.customers_out, each.cause, each.parent]
        for each in sorted(found, key=lambda each: (-each.customers_out, each.began_at, each.id))
    ]  # fmt: skip
    if form is Output.CSV:
        render.write_csv(names, rows)
    else:
        render.write_table("Outages", names, rows)


def show_outage(outage: Id, twin: In = "", json: Json = False) -> None:
    """
    Show one outage: how it stands, who came back when, and what it is known from.

    Example: gridtwin outage show O-20260301-3f9a2c --in houston.twin
    """
    outages = open_twin(twin).outages
    found, steps, evidence = outages.get(outage), outages.steps(outage), outages.evidence(outage)
    if json:
        from gridtwin.results.outage_answers import make_outage_document

        render.write_json(make_outage_document(found, steps, evidence))
        return
    _print_facts(found)
    rows: list[list[Any]] = [
        [_format_clock(step.restored_at) or "still out", step.customers, step.customer_minutes]
        for step in steps
    ]
    render.write_table("Steps", ["back", "customers", "customer-minutes"], rows)
    said = [
        [_format_clock(each.at), each.kind, each.mrid, each.actor,
         ", ".join(f"{name} {value}" for name, value in each.detail.items())]
        for each in evidence
    ]  # fmt: skip
    render.write_table("Log", ["at", "what", "of", "who", ""], said)


def confirm_outage(
    outage: Id,
    twin: In = "",
    at: At = "",
    device: Device = "",
    cause: Cause = "",
    json: Json = False,
) -> None:
    """
    Confirm a predicted outage.

    Example: gridtwin outage confirm O-20260301-3f9a2c --cause vegetation --in houston.twin
    """
    outages = open_twin(twin).outages
    if device and device != outages.get(outage).device:
        outages.revise(outage, device)
    fields = {"cause": cause} if cause else {}
    _print_outage(outages.confirm(outage, at=read_time(at), **fields), json=json)


def note_outage(
    outage: Id,
    twin: In = "",
    cause: Cause = "",
    crew_status: Annotated[str, typer.Option(help="What the crew is doing.")] = "",
    etr: Annotated[str, typer.Option(help="End promised by the control room; - for none.")] = "",
    crew_etr: Annotated[str, typer.Option(help="End estimated by the crew; - for none.")] = "",
    json: Json = False,
) -> None:
    """
    Write down what is learned of an outage.

    Example: gridtwin outage note O-20260301-3f9a2c --crew-status "on site" --in houston.twin
    """
    fields: dict[str, Any] = {}
    if cause:
        fields["cause"] = cause
    if crew_status:
        fields["crew_status"] = crew_status
    for name, text in (("etr_manual", etr), ("etr_crew", crew_etr)):
        if text:
            fields[name] = None if text == "-" else read_time(text)
    if not fields:
        msg = "there is nothing to note: give --cause, --crew-status, --etr or --crew-etr"
        raise InputError(msg)
    _print_outage(open_twin(twin).outages.note(outage, **fields), json=json)


def restore_outage(
    outage: Id,
    twin: In = "",
    usage_points: Points = None,
    below: Annotated[str, typer.Option(help="Only who hangs on this element.")] = "",
    at: At = "",
    json: Json = False,
) -> None:
    """
    Bring customers back: all who are out, or one step.

    Example: gridtwin outage restore O-20260301-3f9a2c --below SW-3 --in houston.twin
    """
    outages = open_twin(twin).outages
    found = outages.restore(outage, usage_points=usage_points, below=below, at=read_time(at))
    _print_outage(found, json=json)


def nest_outage(
    outage: Id,
    device: Annotated[str, typer.Argument(metavar="[DEVICE]")] = "",
    twin: In = "",
    usage_points: Points = None,
    cause: Cause = "",
    json: Json = False,
) -> None:
    """
    Split off who has a fault of their own; they are out since the outage began.

    Example: gridtwin outage nest O-20260301-3f9a2c FUSE-9 --in houston.twin
    """
    outages = open_twin(twin).outages
    _print_outage(outages.nest(outage, device, usage_points=usage_points, cause=cause), json=json)


def close_outage(
    outage: Id,
    twin: In = "",
    force: Annotated[bool, typer.Option(help="Though some are in the dark.")] = False,
    json: Json = False,
) -> None:
    """
    Close a restored outage, once its customers have supply.

    Example: gridtwin outage close O-20260301-3f9a2c --in houston.twin
    """
    _print_outage(open_twin(twin).outages.close(outage, force=force), json=json)


def invalidate_outage(outage: Id, twin: In = "", json: Json = False) -> None:
    """
    Say that there was no outage.

    Example: gridtwin outage invalid O-20260301-3f9a2c --in houston.twin
    """
    _print_outage(open_twin(twin).outages.invalidate(outage), json=json)


def register_commands(app: typer.Typer) -> None:
    """Add the commands to those of ``gridtwin outage``."""
    app.command("open")(open_outage)
    app.command("list")(list_outages)
    app.command("show")(show_outage)
    app.command("confirm")(confirm_outage)
    app.command("note")(note_outage)
    app.command("restore")(restore_outage)
    app.command("nest")(nest_outage)
    app.command("close")(close_outage)
    app.command("invalid")(invalidate_outage)


def read_time(text: str) -> datetime | None:
    """
    Return the time that a word names; None for an empty one.

    Raises
    ------
    InputError
        If it is no time, or names no time zone.
    """
    if not text:
        return None
    return read_moment(text)


def _print_outage(outage: Outage, *, json: bool) -> None:
    if json:
        from gridtwin.results.outage_answers import make_outages_document

        render.write_json(make_outages_document([outage]))
    else:
        sys.stdout.write(
            f"{outage.id}: {outage.status}, {outage.customers_out:,} of {outage.customers:,}"
            f" customers out since {_format_clock(outage.began_at)}\n"
        )


def _print_facts(outage: Outage) -> None:
    facts = {
        "status": outage.status.value + (", momentary" if outage.momentary else ""),
        "began": _format_clock(outage.began_at),
        "device": outage.device,
        "phases": outage.phases,
        "customers": outage.customers,
        "out": outage.customers_out,
        "cause": outage.cause,
        "crew": outage.crew_status,
        "planned": outage.planned or None,
        "part of": outage.parent,
        "promised": _format_clock(outage.etr_manual),
        "crew says": _format_clock(outage.etr_crew),
        "restored": _format_clock(outage.restored_at),
        "closed": _format_clock(outage.closed_at),
    }
    render.write_facts(outage.id, facts)


def _format_clock(at: datetime | None) -> str:
    return "" if at is None else f"{at:%Y-%m-%d %H:%M}Z"
