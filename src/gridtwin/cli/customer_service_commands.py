"""Say whom to call and to tell, who is out, and what complaints of voltage are borne out."""

from __future__ import annotations

import sys
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

import typer

from gridtwin.cli import render
from gridtwin.cli.customer_options import Personal, make_viewer, read_day
from gridtwin.cli.options import Csv, In, Json, open_twin
from gridtwin.errors import InputError
from gridtwin.results.csv_cells import write_tamed_csv
from gridtwin.results.documents.customer_documents import TransformerComplaintsRecord
from gridtwin.results.documents.document_tags import DocumentTag


def register_commands(app: typer.Typer) -> None:
    """Add the commands to those of customers."""
    app.command("calls")(list_calls)
    app.command("letters")(list_letters)
    app.command("complaints")(compare_complaints)
    app.command("out")(count_out)
    app.command("indices")(show_party_indices)


def list_calls(
    twin: In = "", personal: Personal = False, json: Json = False, csv: Csv = False
) -> None:
    """
    List designated customers who are out, in the order in which they are to be called.

    Example: gridtwin customers calls --personal --in houston.twin
    """
    customers = open_twin(twin).customers
    viewer = make_viewer(personal=personal)
    mask = customers.privacy.make_mask(viewer)
    rows = [each.describe(mask) for each in customers.service.list_care_calls(viewer)]
    if json:
        render.write_json({"schema": DocumentTag.CARE_CALLS, "calls": rows})
        return
    names = ("order", "kind", "esi_id", "usage_point", "outage", "began_at", "contact")
    cells = [[row[name] for name in names] for row in rows]
    if csv:
        sys.stdout.write(write_tamed_csv(names, cells))
    else:
        render.write_table("", names, cells)


def list_letters(
    equipment: Annotated[str, typer.Argument(help="mRID of what is to be switched off.")],
    twin: In = "",
    on: Annotated[str, typer.Option(metavar="DATE", help="Day of the work; today.")] = "",
    personal: Personal = False,
) -> None:
    """
    List whom to tell of planned work, in the order in which to, as comma-separated values.

    Example: gridtwin customers letters FUSE-12 --on 2026-07-01 --personal --in houston.twin
    """
    opened = open_twin(twin)
    points = [str(each) for each in opened.blast_radius([equipment]).usage_points]
    viewer = make_viewer(personal=personal)
    mask = opened.customers.privacy.make_mask(viewer)
    day = read_day("--on", on) if on else None
    found = opened.customers.service.list_affected(points, viewer, day=day)
    rows = [each.describe(mask) for each in found.accounts]
    names = list(rows[0]) if rows else ["order"]
    sys.stdout.write(write_tamed_csv(names, [[row[name] for name in names] for row in rows]))
    if found.lost:
        render.print_note(
            f"note: {len(found.lost):,} usage points have no service point: no letter reaches them"
        )


def compare_complaints(
    twin: In = "",
    start: Annotated[
        str, typer.Option("--from", help="Received since, ISO 8601; 30 days before the end.")
    ] = "",
    end: Annotated[str, typer.Option("--to", help="Received before, ISO 8601; now.")] = "",
    days: Annotated[float, typer.Option(help="Readings before and after each, in days.")] = 7.0,
    often: Annotated[
        float, typer.Option(help="Share of intervals outside Range A that is out of range.")
    ] = 0.05,
    by: Annotated[str, typer.Option(help="complaint or transformer.")] = "complaint",
    limit: Annotated[int, typer.Option(min=1, max=1_000, help="Complaints at most.")] = 200,
    personal: Personal = False,
    json: Json = False,
    csv: Csv = False,
) -> None:
    """
    Hold complaints of voltage against what meters measured before and after, by ANSI C84.1.

    Example: gridtwin customers complaints --by transformer --in houston.twin
    """
    if by not in {"complaint", "transformer"}:
        msg = f"--by {by}: complaint or transformer"
        raise InputError(msg)
    customers = open_twin(twin).customers
    viewer = make_viewer(personal=personal)
    found = customers.complaints.compare_voltages(
        viewer, start=start or None, end=end or None, days=days, often=often, limit=limit
    )
    document = found.document(customers.privacy.make_mask(viewer))
    if json:
        render.write_json(document)
        return
    if found.more:
        render.print_note(f"note: there are more than {limit:,}: give --limit, or a shorter period")
    names, rows = _tabulate_complaints(document, by)
    if csv:
        sys.stdout.write(write_tamed_csv(names, rows))
    else:
        render.write_table("", names, rows)


def _tabulate_complaints(
    document: dict[str, Any], by: str
) -> tuple[tuple[str, ...], list[list[Any]]]:
    if by == "transformer":
        names = tuple(TransformerComplaintsRecord.__annotations__)
        return names, [[row[name] for name in names] for row in document["transformers"]]
    heads = ("complaint", "kind", "received_at", "usage_point", "transformer", "finding")
    volts = ("v_min", "v_max", "outside_a", "outside_b", "intervals")
    names = heads + tuple(f"{when}_{name}" for when in ("before", "after") for name in volts)
    rows = [
        [row[name] for name in heads]
        + [row[when][name] for when in ("before", "after") for name in volts]
        for row in document["complaints"]
    ]
    return names, rows


def count_out(
    twin: In = "",
    by: Annotated[str, typer.Option(help="party, account or retailer.")] = "retailer",
    csv: Csv = False,
) -> None:
    """
    Count who is out by party or retailer: a chain, a landlord, a hospital group; no names.

    Example: gridtwin customers out --by party --in houston.twin
    """
    customers = open_twin(twin).customers
    mask = customers.privacy.make_mask(make_viewer(personal=False))
    frame = customers.service.count_outages_by(by)
    named = [mask.mask_id(each) if by == "account" else each for each in frame[by]]
    rows = list(zip(named, frame["out"].tolist(), strict=True))
    if csv:
        sys.stdout.write(write_tamed_csv((by, "out"), rows))
    else:
        render.write_table("", (by, "out"), rows)


def show_party_indices(
    twin: In = "",
    days: Annotated[int, typer.Option(min=1, help="How far back.")] = 365,
    more_than: Annotated[int, typer.Option(min=0, help="Of CEMI: interruptions.")] = 3,
    hours: Annotated[float, typer.Option(min=0, help="Of CELID: hours.")] = 8.0,
    json: Json = False,
) -> None:
    """
    Say how many customers were out often (CEMI) and long (CELID), by party.

    Example: gridtwin customers indices --more-than 3 --hours 8 --in houston.twin
    """
    end = datetime.now(UTC)
    service = open_twin(twin).customers.service
    found = service.compute_party_indices(
        end - timedelta(days=days), end, more_than=more_than, hours=hours
    )
    if json:
        render.write_json({"schema": DocumentTag.PARTY_INDICES, **found})
    else:
        render.write_facts("", found)
