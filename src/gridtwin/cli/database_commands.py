"""Mirror a twin in PostgreSQL, and bring its schema up to date."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from gridtwin.cli import render
from gridtwin.cli.options import Json, open_twin
from gridtwin.errors import InputError

app = typer.Typer(
    help="The schema of a PostgreSQL mirror.", no_args_is_help=True, rich_markup_mode=None
)
Url = Annotated[str, typer.Argument(metavar="URL", help="postgresql://user@host/database")]
SYNC_COLUMNS = ["table", "rows", "inserted", "updated", "deleted"]


def sync_twin(
    twin: Annotated[str, typer.Argument(metavar="TWIN", help="NAME.twin, or another database.")],
    url: Url,
    verify: Annotated[bool, typer.Option("--verify", help="Only compare; write nothing.")] = False,
    keep_state: Annotated[
        bool, typer.Option("--keep-state", help="Keep the switches as the database has them.")
    ] = False,
    full: Annotated[
        bool, typer.Option("--full", help="Compare every row, not only what the twin changed.")
    ] = False,
    json: Json = False,
) -> None:
    """
    Mirror a twin in PostgreSQL, moving what differs. With --verify exit code 1: they differ.

    Example: gridtwin sync houston.twin postgresql://localhost/grid
    """
    from gridtwin.store.acting_role import OWNER
    from gridtwin.store.postgis import mirror
    from gridtwin.store.postgis.connect import connect
    from gridtwin.store.postgis.migrate import check_schema, migrate
    from gridtwin.store.postgis.postgis_states import read_state
    from gridtwin.store.postgis.postgis_store import PostgisStore
    from gridtwin.store.postgis.refusals import translate_refusals
    from gridtwin.twin.parity import verify_mirror
    from gridtwin.twin.vegetation_questions import carry_vegetation

    opened = open_twin(twin)
    with (
        translate_refusals(_check_url(url), role=OWNER),
        connect(url, autocommit=True) as connection,
    ):
        if verify:
            check_schema(connection)
        else:
            migrate(connection)
        kept = read_state(connection, "current")[1] if keep_state else None
        if verify:
            changes = verify_mirror(connection, opened, kept)
        else:
            changes = mirror.sync(connection, opened.gather_mirror_rows(kept), trust=not full)
            carry_vegetation(opened.store, PostgisStore.open(url))
    if json:
        from gridtwin.results.network_answers import sync_document

        render.write_json(sync_document(changes, verified_only=verify))
    else:
        rows = [
            (change.table, change.rows, change.inserted, change.updated, change.deleted)
            for change in changes
        ]
        render.write_table("", SYNC_COLUMNS, rows)
    if verify and any(change.differing_rows for change in changes):
        raise typer.Exit(1)


@app.command("migrate")
def migrate_schema(url: Url) -> None:
    """
    Apply the files of the schema that a database lacks or has otherwise.

    Example: gridtwin db migrate postgresql://localhost/grid
    """
    from gridtwin.store.postgis.connect import connect
    from gridtwin.store.postgis.migrate import migrate

    with connect(_check_url(url)) as connection:
        for name in migrate(connection) or ["nothing to apply"]:
            sys.stdout.write(f"{name}\n")


@app.command("status")
def status_of_schema(url: Url) -> None:
    """
    Say how each file of the schema stands in a database. Exit code 1: not all, or others.

    Example: gridtwin db status postgresql://localhost/grid
    """
    from gridtwin.store.postgis.connect import connect
    from gridtwin.store.postgis.migrate import list_file_status

    with connect(_check_url(url)) as connection:
        found = list_file_status(connection)
    rows = [(each.file, each.state, str(each.applied_at or "")) for each in found]
    render.write_table("", ["file", "state", "applied at"], rows)
    if any(each.state != "applied" for each in found):
        raise typer.Exit(1)


def _check_url(url: str) -> str:
    from gridtwin.store.postgis.connect import is_address

    if not is_address(url):
        msg = "a mirror is kept at an address such as postgresql://user@host/database"
        raise InputError(msg)
    return url
