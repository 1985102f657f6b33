"""Write the network as files for other programs."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from gridtwin.cli import render
from gridtwin.cli.iceberg_commands import publish_iceberg
from gridtwin.cli.odin_commands import publish_odin
from gridtwin.cli.options import In, State, open_twin, twin_named
from gridtwin.cli.outage_map_commands import publish_outage_map
from gridtwin.cli.snowflake_commands import publish_snowflake
from gridtwin.errors import InputError

publish_app = typer.Typer(
    help="Write files for other programs.", no_args_is_help=True, rich_markup_mode=None
)


@publish_app.command("gpkg")
def write_gpkg(
    out: Annotated[Path, typer.Argument(help="GeoPackage to write.")],
    twin: In = "",
) -> None:
    """
    Write the network as a GeoPackage, to be read again by any GIS and by gridtwin.

    Example: gridtwin publish gpkg houston.gpkg --in houston.twin
    """
    from gridtwin.publish.gpkg import write_gpkg

    write_gpkg(open_twin(twin).network, out)
    sys.stdout.write(f"{out}: written\n")


@publish_app.command("cim")
def publish_cim(
    out: Annotated[
        Path, typer.Argument(help="CIM100 file to write, NAME.xml; with --split a folder.")
    ],
    twin: In = "",
    split: Annotated[
        str, typer.Option(metavar="substation", help="Write one file for each substation.")
    ] = "",
) -> None:
    """
    Write the network as a CIM100 model, under its own ids.

    Example: gridtwin publish cim houston.xml --in houston.twin
    """
    from gridtwin.publish.cim_split import write_cim_folder
    from gridtwin.publish.cim_writer import write_cim

    if split not in {"", "substation"}:
        msg = f"{split!r} is nothing a model is split by: use --split substation"
        raise InputError(msg)
    network = open_twin(twin).network
    if split:
        files = write_cim_folder(network, out)
        sys.stdout.write(f"{out}: {len(files)} files written\n")
        return
    write_cim(network, out)
    sys.stdout.write(f"{out}: written\n")


@publish_app.command("qgis")
def publish_qgis(
    folder: Annotated[Path, typer.Argument(help="Folder to make.")],
    twin: In = "",
    state: State = "current",
    title: Annotated[
        str, typer.Option(help="What the project is called; by default as the twin.")
    ] = "",
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace a project that is there.")
    ] = False,
) -> None:
    """
    Write a QGIS project of the network, with symbols, labels, forms and relations.

    Beside it stands the GeoPackage that it shows; of a database, it shows the tables there.

    Example: gridtwin publish qgis houston-map --in houston.twin
    """
    from gridtwin.model.state import CURRENT
    from gridtwin.publish.qgis.qgis_folder import write_qgis
    from gridtwin.store.postgis.connect import is_address

    named = twin_named(twin)
    opened = open_twin(named)
    normal = opened.situation("normal")
    mirror = named if is_address(named) else ""
    if mirror and state != CURRENT:
        msg = "a project of a database shows the current state: leave --state out"
        raise InputError(msg)
    supply = opened.supply(opened.situation(state))
    called = title or ("Network" if mirror else Path(named).stem)
    written = write_qgis(folder, normal, supply, title=called, mirror=mirror, overwrite=overwrite)
    sys.stdout.writelines(f"{path}: written\n" for path in written)


@publish_app.command("esri")
def publish_esri(
    out: Annotated[
        Path, typer.Argument(help="NAME.gdb to make, or a folder of CSV files by another name.")
    ],
    twin: In = "",
    state: State = "current",
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace one that is there.")
    ] = False,
) -> None:
    """
    Write the network in the layers and codes of an Esri Utility Network.

    Example: gridtwin publish esri houston.gdb --in houston.twin
    """
    from gridtwin.publish.esri.esri_writer import choose_all, write_esri

    opened = open_twin(twin)
    normal = opened.situation("normal")
    told = write_esri(out, normal, opened.situation(state), choose_all(normal), overwrite=overwrite)
    render.print_note(*(f"notice: {notice}" for notice in told))
    sys.stdout.write(f"{out}: written\n")


@publish_app.command("osi")
def publish_osi(
    out: Annotated[Path, typer.Argument(help="YAML file to write.")],
    database: Annotated[
        str, typer.Option(metavar="NAME", help="Database of PostgreSQL that holds the tables.")
    ] = "",
) -> None:
    """
    Write what the tables of the questions mean as a model of Open Semantic Interchange.

    Example: gridtwin publish osi grid.osi.yaml --database grid
    """
    from gridtwin.publish.atomic_file import write_whole
    from gridtwin.publish.osi_model import MODEL_NAME, place_in_postgres, write_osi
    from gridtwin.semantic.semantic_model import read_semantic_model

    model = write_osi(read_semantic_model(), MODEL_NAME, place_in_postgres(database))
    write_whole(out, model.encode())
    sys.stdout.write(f"{out}: written\n")


publish_app.command("odin")(publish_odin)
publish_app.command("outage-map")(publish_outage_map)
publish_app.command("snowflake")(publish_snowflake)
publish_app.command("iceberg")(publish_iceberg)
