"""Check the mapping of a utility's own GIS, and show those that come with gridtwin."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from gridtwin.cli import render
from gridtwin.cli.options import Json, open_twin
from gridtwin.errors import InputError

app = typer.Typer(help="Map a utility's own GIS.", no_args_is_help=True, rich_markup_mode=None)


@app.command("check")
def check_map(
    source: Annotated[str, typer.Argument(metavar="SOURCE", help="A file or folder with layers.")],
    map: Annotated[str, typer.Option(metavar="FILE", help="The mapping: a TOML file, or bdgd.")],
    crs: Annotated[str, typer.Option(help="Coordinate system, or none for planar.")] = "",
    json: Json = False,
) -> None:
    """
    Say how a mapping fits a source. Nothing is written. Exit code 1: there are errors.

    Example: gridtwin map check utility.gdb --map utility.toml
    """
    from gridtwin.sources.mapping.mapping_reader import check_mapping
    from gridtwin.sources.mapping.mapping_report import LayerTally

    report = check_mapping(source, map, crs=crs or None)
    if json:
        from gridtwin.results.network_answers import map_check_document

        render.write_json(map_check_document(report))
    else:
        rows = [tuple(str(value) for value in tally) for tally in report.tallies]
        render.write_table("Layers", list(LayerTally._fields), rows)
        told = [
            (report.judge_notice(notice), notice.rule, notice.evidence, notice.mend)
            for notice in report.network.notices
        ]
        render.write_table("Notices", ["severity", "rule", "evidence", "mend"], told)
        equal, compared = report.feeders
        sys.stdout.write(f"{equal:,} of {compared:,} customers hang on the feeder they record\n")
    if report.has_errors:
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
