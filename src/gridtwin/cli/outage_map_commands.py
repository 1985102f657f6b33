"""Publish the outage map for the public."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gridtwin.cli import render
from gridtwin.cli.logs import log_to_stderr
from gridtwin.cli.options import In, Json, read_text, twin_named
from gridtwin.cli.outage_lifecycle_commands import read_time
from gridtwin.errors import InputError

if TYPE_CHECKING:
    from gridtwin.results.documents.outage_map_documents import OutageMapDocument

FEWEST_ALLOWED = 10  # usage points of an area: among fewer, a neighbor knows who is meant


def publish_outage_map(
    folder: Annotated[Path, typer.Argument(help="Folder to write; a web server hands it out.")],
    twin: In = "",
    utility: Annotated[str, typer.Option(help="Name of the utility, in the title.")] = "",
    disclaimer: Annotated[str, typer.Option(help="Text at the end of the page.")] = "",
    areas: Annotated[
        str, typer.Option(metavar="GEOJSON", help="Polygons to tell by; squares by default.")
    ] = "",
    area_key: Annotated[str, typer.Option(help="Property that names each.")] = "name",
    fewest: Annotated[
        int,
        typer.Option(help="Meters and customers that an area has at least; smaller are left out."),
    ] = 50,
    watch: Annotated[
        float, typer.Option(metavar="SECONDS", help="Write figures again so often; 0 = once.")
    ] = 0.0,
    at: Annotated[str, typer.Option(help="The moment to publish for; now by default.")] = "",
    json: Json = False,
    log_json: Annotated[bool, typer.Option(help="Log one JSON object a line.")] = False,
) -> None:
    """
    Write the open outages as a small static site: page, areas as PMTiles, figures as one JSON.

    Example: gridtwin publish outage-map public --utility "Bayou Electric" --in houston.twin
    """
    from gridtwin.live.outage_map_following import OutageMapPublication

    if fewest < FEWEST_ALLOWED:
        msg = f"--fewest {fewest} tells of single homes: give {FEWEST_ALLOWED} or more"
        raise InputError(msg)
    if watch and watch < 1:
        msg = f"--watch {watch:g} is too often: give a second or more"
        raise InputError(msg)
    if watch and at:
        msg = "--watch writes what is now: leave --at out"
        raise InputError(msg)
    log_to_stderr(json_lines=log_json)
    publication = OutageMapPublication(
        target=twin_named(twin),
        folder=folder,
        utility=utility,
        disclaimer=disclaimer,
        polygons=read_text(areas) if areas else "",
        area_key=area_key,
        fewest=fewest,
    )

    def report(document: OutageMapDocument) -> None:
        if json:
            render.write_json(document)
            return
        out = document["customers_out"]
        count = f"{out['about']:,}" if "about" in out else f"fewer than {out['fewer_than']}"
        sys.stdout.write(f"{folder}: {len(document['areas']):,} areas, {count} customers out\n")
        sys.stdout.flush()

    if watch:
        from gridtwin.cli.live_commands import stop_signals

        publication.follow(stop_signals(), watch, report)
    else:
        report(publication.publish_once(read_time(at)))
