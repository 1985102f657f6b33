"""Look at pairs that the model is not sure of, undo merges, erase, and see who looked."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from gridtwin.cli import render
from gridtwin.cli.customer_options import Personal, make_viewer, read_day
from gridtwin.cli.options import In, Json, open_twin
from gridtwin.errors import InputError
from gridtwin.settings import Settings

if TYPE_CHECKING:
    from gridtwin.results.customer_answers import ReviewPair
    from gridtwin.twin.customer_questions import Customers

COMPARED_FIELDS = (
    ("given_name", "given"),
    ("surname", "name"),
    ("organization", "name"),
    ("birth_date", "birth"),
    ("identity_number", "identity"),
    ("phone", "phone"),
    ("email", "email"),
    ("address", "place"),
    ("zip", ""),
    ("esi_id", "esi_id"),
)


def register_commands(app: typer.Typer) -> None:
    """Add the commands to those of customers."""
    app.command("review")(review_pairs)
    app.command("explain")(explain_record)
    app.command("decide")(decide_pair)
    app.command("changes")(list_changes)
    app.command("undo")(undo_change)
    app.command("erase")(erase_party)
    app.command("lookups")(list_lookups)


def review_pairs(
    twin: In = "",
    limit: Annotated[int, typer.Option(min=1, max=200, help="Pairs at most.")] = 10,
    personal: Personal = False,
    json: Json = False,
) -> None:
    """
    Show pairs of records that somebody has to look at, side by side, the least sure first.

    Example: gridtwin customers review --personal --in houston.twin
    """
    customers = open_twin(twin).customers
    pairs = customers.list_review(make_viewer(personal=personal), limit=limit)
    _write_pairs(customers, pairs, json=json)


def explain_record(
    record: Annotated[str, typer.Argument(help="SOURCE:KEY.")],
    twin: In = "",
    personal: Personal = False,
    json: Json = False,
) -> None:
    """
    Show with what a record was compared, and what each field weighs.

    Example: gridtwin customers explain crm:17 --in houston.twin
    """
    customers = open_twin(twin).customers
    pairs = customers.explain_record(record, make_viewer(personal=personal))
    _write_pairs(customers, pairs, json=json)


def decide_pair(
    left: Annotated[str, typer.Argument(metavar="RECORD")],
    right: Annotated[str, typer.Argument(metavar="RECORD")],
    twin: In = "",
    same: Annotated[
        bool | None, typer.Option("--same/--two", help="They are of one party, or of two.")
    ] = None,
) -> None:
    """
    Decide on two records; it overrules the model from now on.

    Example: gridtwin customers decide cis:12 crm:17 --same --in houston.twin
    """
    if same is None:
        msg = "say --same or --two"
        raise InputError(msg)
    matching = open_twin(twin).customers.matching
    matching.decide(left, right, same=same, actor=Settings.from_environment().actor)
    sys.stdout.write(f"{left} and {right}: {'one party' if same else 'two parties'}\n")


def list_changes(
    twin: In = "",
    limit: Annotated[int, typer.Option(min=1, help="How many at most.")] = 25,
) -> None:
    """
    List merges and splits of parties, the last first.

    Example: gridtwin customers changes --in houston.twin
    """
    names = ("id", "at", "change", "from_party", "into_party", "records", "reason")
    changes = open_twin(twin).customers.list_changes(limit=limit)
    rows = [[str(each.id), each.at, *each[2:5], len(each.records), each.reason] for each in changes]
    render.write_table("", names, rows)


def undo_change(
    change: Annotated[int, typer.Argument(help="Id of a merge or a split.")], twin: In = ""
) -> None:
    """
    Undo a merge or a split; it stays undone when records are matched again.

    Example: gridtwin customers undo 3 --in houston.twin
    """
    matching = open_twin(twin).customers.matching
    back = matching.undo_change(change, actor=Settings.from_environment().actor)
    sys.stdout.write(f"{len(back.records)} records back in {back.into_party}\n")


def erase_party(
    party: Annotated[str, typer.Argument(help="Id of a party; empty with --expired-before.")] = "",
    twin: In = "",
    reason: Annotated[str, typer.Option(help="Why; it is noted.")] = "request",
    expired_before: Annotated[
        str,
        typer.Option(metavar="DATE", help="Erase all whose records ended before a day."),
    ] = "",
) -> None:
    """
    Erase a party and all that names it, then look whether anything of it is left.

    Example: gridtwin customers erase PTY-0a1b2c3d4e5f6071 --reason request --in houston.twin
    """
    privacy = open_twin(twin).customers.privacy
    actor = Settings.from_environment().actor
    if bool(party) == bool(expired_before):
        msg = "name one party, or give --expired-before"
        raise InputError(msg)
    if expired_before:
        day = read_day("--expired-before", expired_before)
        proofs = privacy.erase_expired(day, actor=actor)
    else:
        proofs = [privacy.erase_party(party, reason=reason, actor=actor)]
    for each in proofs:
        sys.stdout.write(
            f"{each.party}: {each.records} records erased; {each.looked_for} words looked for,"
            f" {each.still_found} found\n"
        )
    if any(each.still_found for each in proofs):
        sys.exit(1)


def list_lookups(
    twin: In = "",
    limit: Annotated[int, typer.Option(min=1, help="How many at most.")] = 25,
) -> None:
    """
    List who saw personal data of whom, the last first.

    Example: gridtwin customers lookups --in houston.twin
    """
    lookups = open_twin(twin).customers.privacy.list_lookups(limit=limit)
    names = ("at", "actor", "question", "parties")
    render.write_table("", names, [[str(row[0]), row[1], row[2], row[4]] for row in lookups])


def _write_pairs(customers: Customers, pairs: list[ReviewPair], *, json: bool) -> None:
    if json:
        render.write_json(customers.describe_review(pairs))
        return
    for pair in pairs:
        said = f"{pair.weight:+.1f} bits, {pair.decision}{pair.reason and ': ' + pair.reason}"
        head = ("field", pair.record_l["record"], pair.record_r["record"], "bits")
        rows = [
            [name, pair.record_l[name], pair.record_r[name], pair.weights.get(weight, "")]
            for name, weight in COMPARED_FIELDS
            if pair.record_l[name] or pair.record_r[name]
        ]
        render.write_table(said, head, rows)
