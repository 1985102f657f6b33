"""Make the tiles of the map."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Annotated

import typer

from gridtwin.cli import render
from gridtwin.cli.options import In, Json, With, open_twin, split_names

app = typer.Typer(help="Make the map's vector tiles.", no_args_is_help=True, rich_markup_mode=None)


@app.command("build")
def build_archive(
    twin: In = "",
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="PMTiles archive to write, whole or not at all; by default inside the twin.",
        ),
    ] = None,
    cap_kb: Annotated[
        int, typer.Option(min=10, help="Largest compressed tile; a layer begins later instead.")
    ] = 500,
    shown: With = None,
    json: Json = False,
) -> None:
    """
    Build all tiles of a twin as one PMTiles archive; every feature is found again, or it fails.

    Example: gridtwin tiles build --in houston.twin --out grid.pmtiles
    """
    from gridtwin.publish.tiles.build_tiles import keep_tiles

    store = open_twin(twin).store
    began = time.perf_counter()
    built, path = keep_tiles(store, out=out, cap_bytes=cap_kb * 1000, own=split_names(shown))
    render.print_note(*(f"without a place: {n:,} {name}" for name, n in built.unplaced.items()))
    if json:
        render.write_json(built.document(path, time.perf_counter() - began))
        return
    sys.stdout.write(
        f"{path}: {built.tiles:,} tiles, {sum(built.features.values()):,} features, all found again"
        f" at zoom {built.plan.max_zoom}; {len(built.content) / 1e6:.1f} MB, the largest tile"
        f" {built.largest_bytes / 1e3:.0f} KB\n"
    )
