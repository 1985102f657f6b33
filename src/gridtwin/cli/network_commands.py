"""Make, load, check, search and publish networks."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, cast

import typer

from gridtwin.cli import render
from gridtwin.cli.options import (
    Csv,
    GeoJson,
    In,
    Json,
    Output,
    With,
    open_twin,
    output_of,
    read_area,
    split_names,
)

if TYPE_CHECKING:
    import pandas as pd

    from gridtwin.sources.opendss_equipment import Disabled

publish_app = typer.Typer(
    help="Write files for other programs.", no_args_is_help=True, rich_markup_mode=None
)
Overwrite = Annotated[bool, typer.Option("--overwrite", help="Replace a twin that is there.")]


def make_network(
    twin: Annotated[
        str, typer.Argument(metavar="TWIN", help="NAME.twin to make, or postgresql://...")
    ],
    like: Annotated[str, typer.Option(help="Territory to resemble.")] = "houston",
    meters: Annotated[int, typer.Option(min=1, help="How many meters.")] = 60_000,
    seed: Annotated[int, typer.Option(help="The same seed makes the same territory.")] = 1,
    overwrite: Overwrite = False,
) -> None:
    """
    Make a synthetic territory.

    Example: gridtwin new houston.twin --like houston --meters 60000 --seed 1
    """
    import gridtwin

    network = gridtwin.synthesize(like, meters=meters, seed=seed)
    saved = gridtwin.open(network).save(twin, overwrite=overwrite)
    sys.stdout.write(f"{twin}: {saved.store.network!r}\n")


def load_network(
    source: Annotated[
        str,
        typer.Argument(
            metavar="SOURCE", help="A file, a folder, simbench:CODE or postgresql://..."
        ),
    ],
    into: Annotated[
        str, typer.Option(metavar="TWIN", help="NAME.twin to make, or postgresql://...")
    ],
    map: Annotated[
        str,
        typer.Option(
            metavar="FILE", help="What a utility's own layers mean: a TOML file, or bdgd."
        ),
    ] = "",
    format: Annotated[str, typer.Option(help="Format, if the name does not tell.")] = "",
    crs: Annotated[str, typer.Option(help="Coordinate system, or none for planar.")] = "",
    strict: Annotated[
        bool, typer.Option("--strict", help="Refuse what would be passed over or mended.")
    ] = False,
    disabled: Annotated[
        str, typer.Option(help="Disabled elements of OpenDSS are: open ties, out or skip.")
    ] = "",
    supplying: Annotated[
        list[str] | None,
        typer.Option(
            metavar="CLASS",
            help="A class of CIM that supplies too, such as EquivalentInjection; repeatable.",
        ),
    ] = None,
    overwrite: Overwrite = False,
    column: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=COLUMN",
            help="Which column of the model one by another name is, or NAME= to leave it out;"
            " repeatable.",
        ),
    ] = None,
    word: Annotated[
        list[str] | None,
        typer.Option(
            metavar="COLUMN:WORD=MEANING",
            help="What a word means, as in normal_open:A=open,F=closed; repeatable.",
        ),
    ] = None,
    search: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME", help="Find elements by what this own column holds, too; repeatable."
        ),
    ] = None,
) -> None:
    """
    Load a network into a twin. Nothing is written unless every row is valid.

    Example: gridtwin load ieee8500/Master.dss --into ieee8500.twin --crs none
    """
    import gridtwin
    from gridtwin.model.notices import summarize_notices
    from gridtwin.model.own_columns import tell_own
    from gridtwin.sources.meanings import read_options
    from gridtwin.store.postgis.connect import is_address

    if is_address(source):
        store = gridtwin.open(source).store
        network = store.network.with_loaded(store.findings.read_findings())
    else:
        meant = read_options(column or (), word or ())
        network = gridtwin.read(
            source,
            format=format or None,
            crs=crs or None,
            strict=strict,
            disabled=cast("Disabled | None", disabled or None),
            supplying=supplying or (),
            mapping=map or None,
            **meant._asdict(),
        )
        render.print_note(*(f"notice: {line}" for line in summarize_notices(network.notices)))
        render.print_note(*(f"kept: {line}" for line in tell_own(network.data)))
    network = network.with_searched(*search or ())
    saved = gridtwin.open(network).save(into, overwrite=overwrite)
    sys.stdout.write(f"{into}: {saved.store.network!r}\n")


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


@publish_app.command("gpkg")
def write_gpkg(
    out: Annotated[Path, typer.Argument(help="GeoPackage to write.")],
    twin: In = "",
) -> None:
    """
    Write the network as a GeoPackage for QGIS.

    Example: gridtwin publish gpkg houston.gpkg --in houston.twin
    """
    from gridtwin.publish.gpkg import write_gpkg

    write_gpkg(open_twin(twin).network, out)
    sys.stdout.write(f"{out}: written\n")


@publish_app.command("cim")
def publish_cim(
    out: Annotated[Path, typer.Argument(help="CIM100 file to write, NAME.xml.")],
    twin: In = "",
) -> None:
    """
    Write the network as a CIM100 model, under its own ids.

    Example: gridtwin publish cim houston.xml --in houston.twin
    """
    from gridtwin.publish.cim_writer import write_cim

    write_cim(open_twin(twin).network, out)
    sys.stdout.write(f"{out}: written\n")
