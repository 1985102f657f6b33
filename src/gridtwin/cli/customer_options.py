"""Name what several commands about customers share."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Annotated

import typer

from gridtwin.errors import InputError
from gridtwin.settings import Settings

if TYPE_CHECKING:
    from gridtwin.results.customer_masking import Viewer

Personal = Annotated[
    bool,
    typer.Option(
        "--personal", help="Show names, contacts and addresses; who asks for whom is noted."
    ),
]


def make_viewer(*, personal: bool) -> Viewer:
    """Return who asks on the command line: what names are only shown when they are asked for."""
    from gridtwin.results.customer_masking import Viewer

    return Viewer(Settings.from_environment().actor, personal)


def read_day(option: str, text: str) -> date:
    """Return the day that an option names; InputError if it is none."""
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        msg = f"{option} {text}: write YYYY-MM-DD"
        raise InputError(msg) from error
