"""Find elements by a part of their id or name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from gridtwin.cli import render
from gridtwin.cli.options import In, Json, With, open_twin, split_names

if TYPE_CHECKING:
    from gridtwin.results.documents.network_documents import FoundElement


SUGGESTED_IDS = 3


def find_elements(
    text: Annotated[str, typer.Argument(help="An id or a name, or a part of one.")],
    twin: In = "",
    limit: Annotated[int, typer.Option(min=1, help="How many at most.")] = 50,
    shown: With = None,
    json: Json = False,
) -> None:
    """
    Find elements by their id or name, or a part of it. Exit code 1: there is none.

    So are they by what an own column holds that was loaded with --search. Where there is none,
    what is written nearly so is told.

    Example: gridtwin find "Main St" --in houston.twin
    """
    own, opened = split_names(shown), open_twin(twin)
    found = opened.search(text, limit=limit, own=own)
    if json:
        from gridtwin.results.network_answers import find_document

        render.write_json(find_document(found))
    else:
        known = ("origin",) if any("origin" in each for each in found) else ()
        rows = [
            (
                *(each["mrid"], each["kind"], each["name"]),
                *map(each.get("own", {}).get, own),
                *(_tell_origin(each) for _ in known),
            )
            for each in found
        ]
        render.write_table("", ("mrid", "kind", "name", *own, *known), rows, shown=limit)
    if not found:
        near = [each["mrid"] for each in opened.search(text, limit=SUGGESTED_IDS, similar=True)]
        if near:
            render.print_note(f"did you mean {', '.join(near)}?")
        raise typer.Exit(1)


def _tell_origin(element: FoundElement) -> str:
    """Return the layer and the key of the row that an element is made of, and its load."""
    origin = element.get("origin")
    if origin is None:
        return ""
    row = f"{origin['layer']} {origin['key']}" if origin["layer"] else "made"
    return f"{row}, load {origin['load']}" if origin["load"] else row
