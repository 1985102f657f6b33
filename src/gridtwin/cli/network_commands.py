"""Make, check and search networks."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gridtwin.cli import render
from gridtwin.cli.options import (
    Csv,
    GeoJson,
    In,
    Json,
    Output,
    Overwrite,
    With,
    open_twin,
    output_of,
    read_area,
    split_names,
)
from gridtwin.cli.territory_ground import keep_ground

if TYPE_CHECKING:
    import pandas as pd


def make_network(
    twin: Annotated[
        str, typer.Argument(metavar="TWIN", help="NAME.twin to make, or postgresql://...")
    ],
    like: Annotated[str, typer.Option(help="Territory to resemble.")] = "houston",
    meters: Annotated[int, typer.Option(min=1, help="How many meters.")] = 60_000,
    seed: Annotated[int, typer.Option(help="The same seed makes the same territory.")] = 1,
    roads: Annotated[
        Path | None, typer.Option(help="File of lines: real streets that the lines follow.")
    ] = None,
    roads_layer: Annotated[
        str, typer.Option("--roads-layer", help="Its layer, if it has several of lines.")
    ] = "",
    basemap: Annotated[
        bool, typer.Option(help="Keep streets and water in the twin, for its map.")
    ] = True,
    overwrite: Overwrite = False,
) -> None:
    """
    Make a synthetic territory.

    Example: gridtwin new houston.twin --like houston --meters 60000 --seed 1
    """
    import gridtwin
    from gridtwin.sources.synthetic import lay_territory

    laid = lay_territory(like, meters=meters, seed=seed, roads=roads, roads_layer=roads_layer)
    saved = gridtwin.open(laid.network).save(twin, overwrite=overwrite)
    sys.stdout.write(f"{twin}: {saved.store.network!r}\n")
    if basemap:
        keep_ground(saved.store, laid)


def intersect_polygon(
    polygon: Annotated[
        str, typer.Argument(help="File of polygons, - for standard input, or text.")
    ],
    twin: In = "",
    layer: Annotated[
        str, typer.Option(help="usage_points, nodes, substations, equipment.")
    ] = "usage_points",
    predicate: Annotated[str, typer.Option(help="intersects, within, ...")] = "intersects",
    by: Annotated[str, typer.Option(help="Count by feeder or substation.")] = "",
    shown: With = None,
    json: Json = False,
    geojson: GeoJson = False,
    csv: Csv = False,
) -> None:
    """
    Say what lies inside a polygon.

    Example: gridtwin intersect area.geojson --by feeder --in houston.twin
    """
    form = output_of(json=json, geojson=geojson, csv=csv)
    opened = open_twin(twin)
    own = split_names(shown)
    frame = opened.intersect(read_area(polygon), layer=layer, predicate=predicate, by=by, own=own)
    render.print_note(*(f"warning: {warning}" for warning in frame.attrs.get("warnings", ())))
    if form is Output.JSON:
        from gridtwin.results.network_answers import intersect_document

        render.write_json(
            intersect_document(
                frame, layer=layer, predicate=predicate, by=by, version=opened.version
            )
        )
        return
    render.write_frame(frame, form, title=_make_heading(frame, layer, by))


def _make_heading(frame: pd.DataFrame, layer: str, by: str) -> str:
    """Say how much of a layer lies inside, and in how many groups it has been counted."""
    if not by:
        return f"{layer} inside: {len(frame):,}"
    named = int((frame[by] != "").sum())  # what belongs to none has a row without a name
    return f"{layer} inside: {frame['count'].sum():,}, {by}s: {named:,}"
