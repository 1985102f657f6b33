"""Give programs tokens by which a server knows them, and take them back."""

from __future__ import annotations

import re
import secrets
import sys
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from gridtwin.cli import render
from gridtwin.cli.options import In, Json, open_twin, split_names
from gridtwin.errors import InputError
from gridtwin.model.access import (
    TOKEN_PREFIX,
    Outcome,
    ProgramToken,
    digest_secret,
    make_secret,
)
from gridtwin.model.permissions import (
    ROLE_PERMISSIONS,
    Permission,
    read_permission,
    read_role,
)
from gridtwin.model.person import Person, Way
from gridtwin.settings import Settings
from gridtwin.tools.action_log import make_action, write_action

if TYPE_CHECKING:
    from gridtwin.twin import Twin

app = typer.Typer(
    help="Give programs tokens, by which a server of the twin knows them.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

LONGEST_DAYS = 3_660


@app.command("create")
def create_token(
    name: Annotated[str, typer.Argument(metavar="NAME", help="What program has it.")],
    role: Annotated[str, typer.Option(help="viewer, operator, outage-manager, administrator.")],
    twin: In = "",
    only: Annotated[
        list[str] | None,
        typer.Option("--only", metavar="PERMISSION", help="Of the role only this; repeatable."),
    ] = None,
    substation: Annotated[
        list[str] | None,
        typer.Option(metavar="MRID", help="Write only in the area of this one; repeatable."),
    ] = None,
    days: Annotated[int, typer.Option(min=1, max=LONGEST_DAYS, help="Until it expires.")] = 90,
) -> None:
    """
    Make a token, and print it: it is shown this once, and kept nowhere.

    Example: gridtwin token create grafana --role viewer --only look --in houston.twin
    """
    chosen = read_role(role)
    scope = frozenset(read_permission(each) for each in split_names(only)) or None
    if scope and not scope <= ROLE_PERMISSIONS[chosen]:
        more = ", ".join(sorted(scope - ROLE_PERMISSIONS[chosen]))
        msg = f"the role {chosen} has not {more}: choose another role"
        raise InputError(msg)
    if not re.fullmatch(r"\S(.{0,98}\S)?", name):
        msg = "the name of a token has 1 to 100 characters in one line"
        raise InputError(msg)
    opened = open_twin(twin)
    areas = split_names(substation) or None
    for each in areas or ():
        opened.store.network.ids.find_element(each, ("substations",))
    token, now = f"{TOKEN_PREFIX}{make_secret()}", datetime.now(UTC)
    made = ProgramToken(
        id=secrets.token_hex(4),
        name=name,
        digest=digest_secret(token),
        role=chosen,
        scope=scope,
        substations=areas,
        made_at=now,
        made_by=Settings.from_environment().actor,
        expires_at=now + timedelta(days=days),
    )
    _note_change(opened, made, "token create")
    opened.store.access.write_token(made)
    render.print_note(f"token {made.id} of {name}, {chosen}, until {made.expires_at:%Y-%m-%d}:")
    sys.stdout.write(f"{token}\n")


@app.command("list")
def list_tokens(twin: In = "", json: Json = False) -> None:
    """
    List the tokens there are, those that let nobody in any more too.

    Example: gridtwin token list --in houston.twin
    """
    from gridtwin.results.access_answers import tokens_document

    document = tokens_document(open_twin(twin).store.access.list_tokens(), datetime.now(UTC))
    if json:
        render.write_json(document)
        return
    columns = ["id", "name", "role", "scope", "substations", "made_by", "expires_at", "valid"]
    rows = [[_show_cell(each[column]) for column in columns] for each in document["tokens"]]  # type: ignore[literal-required]
    render.write_table("Tokens of programs", columns, rows)


@app.command("revoke")
def revoke_token(
    token: Annotated[str, typer.Argument(metavar="ID", help="As `gridtwin token list` names it.")],
    twin: In = "",
) -> None:
    """
    Let a token let nobody in any more; servers follow within seconds.

    Example: gridtwin token revoke 3fa2c1d0 --in houston.twin
    """
    opened = open_twin(twin)
    revoked = opened.store.access.revoke_token(token, datetime.now(UTC))
    _note_change(opened, revoked, "token revoke")
    sys.stdout.write(f"token {revoked.id} of {revoked.name}: revoked\n")


def _note_change(twin: Twin, token: ProgramToken, what: str) -> None:
    """Note who made or revoked a token on this machine."""
    who = Person(Settings.from_environment().actor, None, Way.LOCAL)
    noted = make_action(who, "", Permission.ADMINISTER, what)
    noted.tell(after={"id": token.id, "name": token.name, "role": token.role})
    write_action(twin.store.access, noted, Outcome.DONE)


def _show_cell(value: object) -> object:
    """Return what a table shows of a list."""
    if value is None:
        return "all"
    return " ".join(map(str, value)) if isinstance(value, list) else value
