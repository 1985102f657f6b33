"""Load areas of vegetation risk, and rank the spans they threaten for trimming."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gridtwin.cli import render
from gridtwin.cli.options import Csv, GeoJson, In, Json, Output, State, open_twin, output_of
from gridtwin.errors import InputError

if TYPE_CHECKING:
    from gridtwin.results.vegetation_result import VegetationRisk

app = typer.Typer(
    help="Vegetation risk: load its areas, rank the spans they threaten for trimming.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
Minutes = Annotated[
    float | None,
    typer.Option(
        "--restoration-min",
        metavar="MINUTES",
        help="Mean time without supply; by default that of the outages on record.",
    ),
]
SHOWN_COLUMNS = {
    "span": ("span", "feeder", "section"),
    "section": ("section", "feeder", "spans"),
    "feeder": ("feeder", "substation", "spans"),
}
RANKED_COLUMNS = {  # and what a table for people calls them
    "risk_class": "class",
    "length_in_risk_m": "m",
    "customers": "customers",
    "priority_sites": "sites",
    "customer_minutes_at_risk": "min/year",
    "customer_minutes_per_km": "min/km",
}
WHOLE_COLUMNS = ("length_in_risk_m", "customer_minutes_at_risk", "customer_minutes_per_km")


@app.command("synthesize")
def synthesize_areas(
    out: Annotated[Path, typer.Argument(metavar="FILE", help="GeoJSON or GeoPackage to write.")],
    twin: In = "",
    areas: Annotated[int, typer.Option(min=0, help="How many; 0: one for each four spans.")] = 0,
    seed: Annotated[int, typer.Option(help="The same seed makes the same areas.")] = 1,
) -> None:
    """
    Make groups of trees along the lines of a twin, to try with what has no data yet.

    Example: gridtwin vegetation synthesize trees.geojson --in houston.twin
    """
    from gridtwin.sources.synthetic.tree_groups import synthesize_vegetation

    if out.suffix.casefold() not in {".geojson", ".gpkg"}:
        msg = f"{out}: call it .geojson or .gpkg"
        raise InputError(msg)
    made = synthesize_vegetation(open_twin(twin).store.network, areas=areas, seed=seed)
    made.to_file(out)
    sys.stdout.write(f"{out}: {len(made):,} areas\n")


@app.command("load")
def load_vegetation(
    source: Annotated[
        str, typer.Argument(metavar="FILE", help="Polygons, or a raster of risk or tree heights.")
    ],
    twin: In = "",
    name: Annotated[str, typer.Option(help="Of the source; the file's by default.")] = "",
    crs: Annotated[str, typer.Option(help="Coordinate system of a file that states none.")] = "",
    layer: Annotated[str, typer.Option(help="Which layer of a file with several.")] = "",
    column: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=COLUMN", help="Which column of areas NAME is; repeatable."),
    ] = None,
    word: Annotated[
        list[str] | None,
        typer.Option(metavar="WORD=CLASS", help="Which risk class a word means; repeatable."),
    ] = None,
    risk: Annotated[
        str, typer.Option(help="Class of areas with neither class nor clearance.")
    ] = "moderate",
    mend: Annotated[bool, typer.Option("--mend", help="Mend polygons that are not valid.")] = False,
    level: Annotated[
        list[float] | None,
        typer.Option(help="Of a raster: least value of low, moderate, high, extreme; four times."),
    ] = None,
    reach: Annotated[
        str,
        typer.Option(
            metavar="METERS|height",
            help="How far beyond an area trees fall on lines: meters, or as far as they are tall.",
        ),
    ] = "0",
    json: Json = False,
) -> None:
    """
    Keep areas of vegetation risk in place of those that their source had before.

    Example: gridtwin vegetation load lidar-2026.gpkg --name lidar --in houston.twin
    """
    loaded = open_twin(twin).load_vegetation(
        source,
        name=name,
        crs=crs,
        layer=layer,
        columns={column: name for name, column in _split_pairs(column, "--column")},
        words=dict(_split_pairs(word, "--word")),
        risk=risk,
        mend=mend,
        reach=reach,
        **({"levels": tuple(level)} if level else {}),
    )
    render.print_note(*(f"note: {each}" for each in loaded.notices))
    if json:
        render.write_json(loaded.risk.document(limit=0))
        return
    layer_now = loaded.layer
    sys.stdout.write(
        f"{layer_now.source}: {layer_now.areas:,} areas, load {layer_now.load_number};"
        f" {_sum_up(loaded.risk)}\n"
    )


def _split_pairs(given: list[str] | None, option: str) -> list[tuple[str, str]]:
    """Return NAME=VALUE as pairs."""
    pairs = [each.partition("=") for each in given or ()]
    for name, sign, value in pairs:
        if not (name and sign and value):
            msg = f"{option} {name}{sign}{value} is no pair: write NAME=VALUE"
            raise InputError(msg)
    return [(name, value) for name, _, value in pairs]


def _sum_up(risk: VegetationRisk) -> str:
    """Say in one line what is at risk."""
    return (
        f"{len(risk):,} spans with {risk.length_in_risk_m / 1000.0:,.1f} km at risk,"
        f" {risk.customer_minutes:,.0f} customer-minutes a year"
    )


@app.command("rank")
def rank_trimming(
    twin: In = "",
    by: Annotated[
        str, typer.Option(help="span; section: what lies between switches; or feeder.")
    ] = "section",
    state: State = "normal",
    restoration_min: Minutes = None,
    limit: Annotated[int | None, typer.Option(min=1, help="How many rows; all by default.")] = None,
    json: Json = False,
    geojson: GeoJson = False,
    csv: Csv = False,
) -> None:
    """
    Rank where trimming a kilometer spares most customer-minutes.

    Example: gridtwin vegetation rank --by section --csv --in houston.twin
    """
    form = output_of(json=json, geojson=geojson, csv=csv)
    risk = open_twin(twin).vegetation(state=state, restoration_min=restoration_min)
    if form is Output.GEOJSON and by != "span":
        msg = "sections and feeders have no geometry of their own: add --by span"
        raise InputError(msg)
    if form is Output.JSON:
        render.write_json(risk.document(by, limit=limit))
        return
    _write_list(risk, by, form, limit)


@app.command("show")
def show_spans(
    element: Annotated[
        str, typer.Argument(metavar="ID", help="A span, the switch of a section, or a feeder.")
    ],
    twin: In = "",
    state: State = "normal",
    restoration_min: Minutes = None,
    json: Json = False,
    geojson: GeoJson = False,
    csv: Csv = False,
) -> None:
    """
    Show the spans at risk of an element, ranked. Exit code 1: it has none.

    Example: gridtwin vegetation show LINE-7 --in houston.twin
    """
    form = output_of(json=json, geojson=geojson, csv=csv)
    opened = open_twin(twin)
    found = opened.find_one(element)
    risk = opened.vegetation(state=state, restoration_min=restoration_min).select_spans(found)
    if form is Output.JSON:
        render.write_json(risk.document("span"))
    else:
        _write_list(risk, "span", form, None)
    if not len(risk):
        raise typer.Exit(1)


def _write_list(risk: VegetationRisk, by: str, form: Output, limit: int | None) -> None:
    frame = risk.make_frame(by)
    if limit is not None:
        frame = frame.head(limit)
    if form is Output.TABLE:
        whole = dict.fromkeys(WHOLE_COLUMNS, "int64")
        frame = frame.round(dict.fromkeys(WHOLE_COLUMNS, 0)).astype(whole)
        frame = frame[[*SHOWN_COLUMNS[by], *RANKED_COLUMNS]].rename(columns=RANKED_COLUMNS)
        render.print_note(
            f"restoration takes {risk.restoration.minutes:,.0f} min: {risk.restoration.known_from}"
        )
    render.write_frame(frame, form, title=_sum_up(risk))


@app.command("layers")
def show_layers(twin: In = "", json: Json = False) -> None:
    """
    Show the sources of areas, as they were last loaded.

    Example: gridtwin vegetation layers --in houston.twin
    """
    opened = open_twin(twin)
    if json:
        render.write_json(opened.vegetation().document(limit=0))
        return
    rows = [
        (each.source, each.load_number, each.loaded_at.isoformat(), each.file, each.areas)
        for each in opened.vegetation_layers()
    ]
    render.write_table("Vegetation", ["source", "load", "at", "file", "areas"], rows)


@app.command("drop")
def drop_vegetation(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The source.")], twin: In = ""
) -> None:
    """
    Keep the areas of a source no longer.

    Example: gridtwin vegetation drop lidar --in houston.twin
    """
    risk = open_twin(twin).drop_vegetation(name)
    sys.stdout.write(f"{name} is there no longer; {_sum_up(risk)}\n")
