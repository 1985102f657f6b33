"""Load customers, match them, and ask what they went through."""

from __future__ import annotations

import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gridtwin.cli import customer_review_commands, customer_service_commands, render
from gridtwin.cli.customer_options import Personal, make_viewer
from gridtwin.cli.options import In, Json, open_twin
from gridtwin.errors import InputError
from gridtwin.results.documents.document_tags import DocumentTag
from gridtwin.settings import Settings

if TYPE_CHECKING:
    import pandas as pd

    from gridtwin.twin.customer_loading import LoadedCustomers
    from gridtwin.twin.customer_questions import Customers

app = typer.Typer(
    help="Who the customers are: load and match their records, see their outages.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
FOUND_FIELDS = (
    "party",
    "source",
    "given_name",
    "surname",
    "organization",
    "phone",
    "address",
    "zip",
)
LARGEST_SIMULATION = 5_000_000


@app.command("simulate")
def simulate_customers(
    out: Annotated[Path, typer.Argument(metavar="FOLDER", help="Where the files are written.")],
    twin: In = "",
    premises: Annotated[
        int, typer.Option(min=0, help="How many; 0: one for each usage point of the twin.")
    ] = 0,
    portal: Annotated[int, typer.Option(min=0, help="Portal records; 0: 1.1 a premise.")] = 0,
    seed: Annotated[int, typer.Option(help="The same seed makes the same customers.")] = 1,
) -> None:
    """
    Invent customers: accounts of a CIS, records of a portal, and the truth beside them.

    Example: gridtwin customers simulate invented/ --in houston.twin
    """
    from gridtwin.customers.simulation.customer_files import write_simulated

    points = None
    if not premises:
        points = [str(each) for each in open_twin(twin).network.usage_points["mrid"]]
        premises = len(points)
    if max(premises, portal) > LARGEST_SIMULATION:
        msg = f"at most {LARGEST_SIMULATION:,} premises and portal records are made at once"
        raise InputError(msg)
    counts = write_simulated(
        out, premises, portal or premises * 11 // 10, seed=seed, usage_points=points
    )
    for name, count in counts.items():
        sys.stdout.write(f"{out / name}: {count:,} rows\n")


@app.command("load")
def load_customers(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="CSV or Parquet.")],
    twin: In = "",
    table: Annotated[
        str,
        typer.Option(
            help="records, service-points, designations, enrollments, complaints or usage."
        ),
    ] = "records",
    layout: Annotated[
        str,
        typer.Option(
            "--map",
            metavar="FILE",
            help="What its columns mean: a TOML file, or edi-814, edi-867 or call-center.",
        ),
    ] = "",
    source: Annotated[str, typer.Option(help="System that keeps the records, such as cis.")] = "",
    column: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=COLUMN", help="Which column of the file NAME is; repeatable."),
    ] = None,
    new: Annotated[
        bool, typer.Option("--new", help="Match them at once with those there are, and only them.")
    ] = False,
) -> None:
    """
    Keep records of customers, retailers' transactions, service points, complaints and more.

    Service points and designations take the place of all of before, the rest that of the same ids.

    Example: gridtwin customers load transactions.csv --map edi-814 --in houston.twin
    """
    from gridtwin.customers.customer_map import CustomerMap, read_customer_map
    from gridtwin.customers.customer_table import read_customer_table

    read = read_customer_map(layout) if layout else CustomerMap(table)
    pairs = [each.partition("=") for each in column or ()]
    columns = {name: (given,) for name, _, given in pairs}
    read = replace(read, columns={**read.columns, **columns}, asked=frozenset(columns))
    frame = read_customer_table(file, read)
    if source and "source" in frame:
        frame["source"] = source
    if source and read.table == "records":
        plain = ~frame["record"].str.startswith(f"{source}:")
        frame.loc[plain, "record"] = f"{source}:" + frame.loc[plain, "record"]
    customers = open_twin(twin).customers
    try:
        if new:
            _load_new(customers, read.table, frame)
        else:
            _tell_loaded(customers.loading.load_table(read.table, frame))
    except InputError as error:
        msg = f"{file}: {error}"
        raise InputError(msg) from error


def _load_new(customers: Customers, table: str, frame: pd.DataFrame) -> None:
    """Keep records and match them with those there are; say how many."""
    lost: tuple[str, ...] = ()
    if table == "enrollments":
        frame, lost = customers.loading.fold_enrollments(frame)
    elif table != "records":
        msg = f"--new: {table} are not matched: leave it out"
        raise InputError(msg)
    summary = customers.matching.match_new(frame, actor=Settings.from_environment().actor)
    sys.stdout.write(f"{len(frame):,} records, matched with {summary.records:,}\n")
    _tell_lost("records", lost)


def _tell_loaded(loaded: LoadedCustomers) -> None:
    sys.stdout.write(f"{loaded.rows:,} {loaded.table.replace('-', ' ')}\n")
    _tell_lost(loaded.table, loaded.lost)


def _tell_lost(table: str, lost: tuple[str, ...]) -> None:
    """Say which rows hang nowhere."""
    why = {
        "service-points": "has no usage point in the network",
        "complaints": "is of no service point that the network has",
        "usage": "is no ESI ID of a service point",
    }.get(table, "changes nothing: nobody holds that account then")
    for each in lost[: render.SHOWN_ROWS]:
        render.print_note(f"note: {each} {why}")
    if len(lost) > render.SHOWN_ROWS:
        render.print_note(f"note: {len(lost):,} in all")


@app.command("match")
def match_customers(
    twin: In = "",
    keep_model: Annotated[
        bool, typer.Option("--keep-model", help="Score with the model that is kept.")
    ] = False,
    json: Json = False,
) -> None:
    """
    Find which records are of one party; parties keep their ids.

    Example: gridtwin customers match --in houston.twin
    """
    actor = Settings.from_environment().actor
    matching = open_twin(twin).customers.matching
    summary = matching.match(actor=actor, retrain=not keep_model)
    document: dict[str, Any] = {"schema": DocumentTag.CUSTOMER_MATCH, **summary._asdict()}
    if json:
        render.write_json(document)
        return
    facts = {"records": summary.records, "parties": summary.parties, **summary.links}
    render.write_facts("", facts | {"merges": summary.merges, "splits": summary.splits})


@app.command("search")
def search_customers(
    text: Annotated[str, typer.Argument(help="Of a name or an address the beginning.")],
    twin: In = "",
    by: Annotated[
        str,
        typer.Option(help="name, phone, email, address, account, esi_id, party or record."),
    ] = "account",
    personal: Personal = False,
    limit: Annotated[int, typer.Option(min=1, max=200, help="Parties at most.")] = 20,
    json: Json = False,
) -> None:
    """
    Find customers by name, phone, address or id.

    Example: gridtwin customers search Garcia --by name --personal --in houston.twin
    """
    viewer = make_viewer(personal=personal)
    rows = open_twin(twin).customers.search(by, text, viewer, limit=limit)
    if json:
        parties = len({row["party"] for row in rows})
        head = {"schema": DocumentTag.CUSTOMERS, "by": by, "parties": parties}
        render.write_json(head | {"records": rows})
        return
    render.write_table("", FOUND_FIELDS, [[row[name] for name in FOUND_FIELDS] for row in rows])


@app.command("address")
def find_address(
    text: Annotated[str, typer.Argument(help="Number and street; unit, city, ZIP may follow.")],
    twin: In = "",
    personal: Personal = False,
    limit: Annotated[int, typer.Option(min=1, max=50, help="How many at most.")] = 8,
    json: Json = False,
) -> None:
    """
    Find an address at which power is delivered, misspelt or not; the best first.

    Example: gridtwin customers address "1204 oak forst" --personal --in houston.twin
    """
    viewer = make_viewer(personal=personal)
    found = open_twin(twin).customers.addresses.search(text, viewer, limit=limit)
    if json:
        from gridtwin.twin.customer_addresses import make_addresses_document

        render.write_json(make_addresses_document(found))
        return
    names = ("kind", "address", "city", "zip", "service_points", "usage_point")
    render.write_table("", names, found)


@app.command("card")
def show_card(
    customer: Annotated[str, typer.Argument(help="A party, an account, an ESI ID or a record.")],
    twin: In = "",
    days: Annotated[int, typer.Option(min=1, help="How far back; five years by default.")] = 1827,
    personal: Personal = False,
    json: Json = False,
) -> None:
    """
    Show what a customer went through: out, how long, why, and when they are back.

    Example: gridtwin customers card A4711 --in houston.twin
    """
    customers = open_twin(twin).customers
    viewer = make_viewer(personal=personal)
    since = datetime.now(UTC) - timedelta(days=days)
    card = customers.read_card(customer, viewer, since=since)
    document = card.document(customers.privacy.make_mask(viewer))
    if json:
        render.write_json(document)
        return
    facts = {
        "party": card.party,
        "records": len(card.records),
        "places": len(card.places),
        "out now": card.out_now,
        "interruptions": len(card.outages),
        "minutes out": card.minutes_out,
        "complaints of voltage": [each.finding for each in card.complaints],
        "ESI IDs without a place": document["lost_esi_ids"],
    }
    render.write_facts("", facts)
    shown = ("outage", "esi_id", "began_at", "restored_at", "minutes", "etr", "cause")
    rows = [[each[name] for name in shown] for each in document["outages"]]
    render.write_table("", shown, rows)


customer_review_commands.register_commands(app)
customer_service_commands.register_commands(app)
