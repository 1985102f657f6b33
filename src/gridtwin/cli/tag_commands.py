"""Hang tags that forbid to operate, remove them, and list them."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from gridtwin.cli import render
from gridtwin.cli.options import In, Json, open_twin
from gridtwin.results.operating_answers import make_tags_document

if TYPE_CHECKING:
    from gridtwin.model.operational_tag import OperationalTag

app = typer.Typer(
    help="Tags: while one hangs, nobody operates what it hangs on.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
Reason = Annotated[str, typer.Option("--reason", help="Why.")]


@app.command("place")
def place_tag(
    mrid: Annotated[str, typer.Argument(metavar="ID", help="A switch, or a line at work.")],
    reason: Reason,
    twin: In = "",
    kind: Annotated[str, typer.Option(help="hold or caution.")] = "hold",
    json: Json = False,
) -> None:
    """
    Hang a tag: until it is removed nobody operates the equipment.

    Example: gridtwin tag place RCL-0042 --reason "crew 7 at work" --in houston.twin
    """
    hung = open_twin(twin).operations.place_tag(mrid, reason, kind=kind)
    _print_tags([hung], json=json)


@app.command("remove")
def remove_tag(
    number: Annotated[int, typer.Argument(metavar="NUMBER", help="Of the tag.")],
    twin: In = "",
    reason: Annotated[
        str, typer.Option("--reason", help="Why, where another person placed a hold.")
    ] = "",
    json: Json = False,
) -> None:
    """
    Remove a tag.

    Example: gridtwin tag remove 1 --in houston.twin
    """
    gone = open_twin(twin).operations.remove_tag(number, because=reason)
    _print_tags([gone], json=json)


@app.command("list")
def list_tags(
    mrid: Annotated[str, typer.Argument(metavar="[ID]", help="Only on this equipment.")] = "",
    twin: In = "",
    past: Annotated[bool, typer.Option("--past", help="Those too that were removed.")] = False,
    json: Json = False,
) -> None:
    """
    List the tags that hang.

    Example: gridtwin tag list --in houston.twin
    """
    _print_tags(open_twin(twin).operations.tags(mrid, past=past), json=json)


def _print_tags(tags: list[OperationalTag], *, json: bool) -> None:
    if json:
        render.write_json(make_tags_document(tags))
        return
    names = ["tag", "on", "kind", "reason", "placed by", "at", "removed by"]
    rows = [
        [tag.number, tag.mrid, tag.kind, tag.reason, tag.placed_by,
         f"{tag.placed_at:%Y-%m-%d %H:%M}Z", tag.removed_by]
        for tag in tags
    ]  # fmt: skip
    if rows:
        render.write_table("Tags", names, rows)
    else:
        sys.stdout.write("no tag hangs\n")
