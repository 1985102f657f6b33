"""Check the mapping of a utility's own GIS, and show those that come with gridtwin."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from gridtwin.cli import render
from gridtwin.cli.finding_tables import write_source_check
from gridtwin.cli.options import Json, open_twin
from gridtwin.errors import InputError

app = typer.Typer(help="Map a utility's own GIS.", no_args_is_help=True, rich_markup_mode=None)


@app.command("check")
def check_map(
    source: Annotated[str, typer.Argument(metavar="SOURCE", help="A file or folder with layers.")],
    map: Annotated[str, typer.Option(metavar="FILE", help="The mapping: a TOML file, or bdgd.")],
    crs: Annotated[str, typer.Option(help="Coordinate system, or none for planar.")] = "",
    rule: Annotated[
        list[str] | None, typer.Option(help="List all findings of this rule; repeatable.")
    ] = None,
    gpkg: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write the findings for QGIS, too.")
    ] = None,
    json: Json = False,
) -> None:
    """
    Say how a mapping fits a source. Exit code 1: there are errors that nobody accepted.

    Example: gridtwin map check utility.gdb --map utility.toml --gpkg findings.gpkg
    """
    from gridtwin.model.findings import find_worst
    from gridtwin.twin.data_findings import check_source, require_rules

    require_rules(rule or ())
    mapped, found = check_source(source, map, crs=crs or None)
    if gpkg is not None:
        from gridtwin.publish.findings_gpkg import write_findings

        write_findings(found.findings, mapped.network, gpkg)
        render.print_note(f"{gpkg}: written")
    if json:
        from gridtwin.results.network_answers import map_check_document

        render.write_json(map_check_document(mapped, found))
    else:
        write_source_check(mapped, found, rule or ())
    if find_worst(found.findings) == "error":
        raise typer.Exit(1)


@app.command("show")
def show_map(
    name: Annotated[
        str, typer.Argument(help="One that comes with gridtwin; none lists them.")
    ] = "",
    twin: Annotated[
        str, typer.Option("--in", metavar="TWIN", help="That by which this twin was loaded last.")
    ] = "",
) -> None:
    """
    Print a mapping that comes with gridtwin, to begin one's own with, or that of a twin.

    Example: gridtwin map show bdgd
    """
    from gridtwin.sources.mapping.mapping_file import list_shipped_mappings, read_mapping_text

    if twin:
        if name:
            msg = "give the name of a mapping, or --in TWIN, not both"
            raise InputError(msg)
        text = _read_text_in(twin)
    else:
        text = read_mapping_text(name).text if name else "\n".join(list_shipped_mappings()) + "\n"
    sys.stdout.write(text)


def _read_text_in(twin: str) -> str:
    """Return the text of the mapping that a twin was loaded by last."""
    loads = open_twin(twin).loads()
    if not loads or not loads[-1].reading.mapping.text:
        msg = f"{twin} was loaded without a mapping"
        raise InputError(msg)
    return loads[-1].reading.mapping.text
