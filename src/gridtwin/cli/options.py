"""Name the options that several commands share."""

from __future__ import annotations

import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gridtwin.errors import InputError
from gridtwin.settings import Settings

if TYPE_CHECKING:
    from gridtwin.twin import Twin

In = Annotated[
    str, typer.Option("--in", metavar="TWIN", help="The twin; by default that of GRIDTWIN_TWIN.")
]
State = Annotated[str, typer.Option(help="current, normal, or the name of an overlay.")]
Overwrite = Annotated[bool, typer.Option("--overwrite", help="Replace a twin that is there.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]
GeoJson = Annotated[bool, typer.Option("--geojson", help="Print a GeoJSON FeatureCollection.")]
With = Annotated[
    list[str] | None,
    typer.Option(
        "--with",
        metavar="COLUMN[,COLUMN]",
        help="Show these own columns of the utility, too; repeatable.",
    ),
]
Csv = Annotated[bool, typer.Option("--csv", help="Print comma-separated values.")]


class Output(StrEnum):
    """How an answer is printed."""

    TABLE = "table"
    JSON = "json"
    GEOJSON = "geojson"
    CSV = "csv"


def split_names(given: list[str] | None) -> tuple[str, ...]:
    """Return the names of columns that are given one by one, or between commas."""
    names = (name.strip() for each in given or () for name in each.split(","))
    return tuple(dict.fromkeys(filter(None, names)))


def output_of(*, json: bool, geojson: bool = False, csv: bool = False) -> Output:
    """
    Return the one form asked for.

    Raises
    ------
    InputError
        If two are.
    """
    if json + geojson + csv > 1:
        msg = "--json, --geojson and --csv exclude each other"
        raise InputError(msg)
    if json:
        return Output.JSON
    if geojson:
        return Output.GEOJSON
    return Output.CSV if csv else Output.TABLE


def twin_named(target: str) -> str:
    """
    Return the twin of ``--in``, or of the environment.

    Raises
    ------
    InputError
        If neither names one.
    """
    target = target or Settings.from_environment().twin
    if not target:
        msg = "no twin is named: give --in TWIN, or set GRIDTWIN_TWIN"
        raise InputError(msg)
    return target


def open_twin(target: str) -> Twin:
    """Open the twin of ``--in``, or of the environment; see `twin_named`."""
    from gridtwin.twin import open_twin as opened

    return opened(twin_named(target))


def read_area(argument: str) -> str:
    """
    Return a polygon given inline, as a file, or as ``-`` for standard input, as text.

    Raises
    ------
    SourceError
        If the file is not there, too large, or cannot be read.
    """
    from gridtwin.analysis.place.polygon_forms import is_inline
    from gridtwin.sources import area_file

    if argument == "-":
        return sys.stdin.read(area_file.LARGEST_AREA_FILE)
    return argument if is_inline(argument) else area_file.read_area(Path(argument))


def read_text(argument: str) -> str:
    """
    Return JSON given inline, or the text of a file, or of standard input for ``-``.

    Raises
    ------
    InputError
        If the file is not there.
    """
    if argument == "-":
        return sys.stdin.read()
    if argument.lstrip()[:1] in {"{", "["}:
        return argument
    path = Path(argument)
    if not path.is_file():
        msg = f"{argument}: there is no such file"
        raise InputError(msg)
    return path.read_text(encoding="utf-8", errors="replace")
