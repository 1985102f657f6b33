"""Ask weeks of readings: overloads at a price, voltages, peaks, load at risk, and more."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from gridtwin.cli import render
from gridtwin.cli.options import Csv, In, Json, Output, open_twin, output_of, read_area

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gridtwin.results.ami_history_answer import AmiHistoryAnswer
    from gridtwin.twin.ami_periods import AmiHistory

app = typer.Typer(
    help="Ask weeks of readings; Ctrl-C ends a question.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

Readings = Annotated[
    str, typer.Option(metavar="FOLDER", help="Readings as Parquet; by default those of the twin.")
]
From = Annotated[
    str, typer.Option("--from", help="Begin, ISO 8601; by default 30 days before the end.")
]
To = Annotated[
    str, typer.Option("--to", help="End, ISO 8601; by default the last interval there is.")
]
Top = Annotated[int, typer.Option(min=0, help="Only the K first; 0 for all.")]


@app.command("overloaded")
def show_overloaded(
    twin: In = "",
    price: Annotated[
        float | None, typer.Option(help="Only while the price exceeds so many dollars a MWh.")
    ] = None,
    pct: Annotated[float, typer.Option(help="Percent of the nameplate to exceed.")] = 100.0,
    power_factor: Annotated[float, typer.Option(help="Power factor of all loads.")] = 0.95,
    start: From = "",
    end: To = "",
    readings: Readings = "",
    top: Top = 0,
    json: Json = False,
    csv: Csv = False,
) -> None:
    """
    Say which transformers are overloaded, how long and how much; with --price while it is dear.

    Example: gridtwin ami ask overloaded --price 100 --in houston.twin
    """
    form = output_of(json=json, csv=csv)
    with _open_history(twin, readings) as history:
        found = history.overloaded(
            start or None, end or None, price=price, pct=pct, power_factor=power_factor
        )
    _show_answer(found, form, top, "Overloaded transformers")


@app.command("voltages")
def show_voltages(
    twin: In = "",
    start: From = "",
    end: To = "",
    readings: Readings = "",
    top: Top = 0,
    json: Json = False,
    csv: Csv = False,
) -> None:
    """
    Say how low and how high voltages were by feeder, and how long outside ANSI C84.1.

    Example: gridtwin ami ask voltages --top 20 --in houston.twin
    """
    form = output_of(json=json, csv=csv)
    with _open_history(twin, readings) as history:
        found = history.voltages(start or None, end or None)
    _show_answer(found, form, top, "Voltages by feeder")


@app.command("peaks")
def show_peaks(
    twin: In = "",
    start: From = "",
    end: To = "",
    readings: Readings = "",
    top: Top = 0,
    json: Json = False,
    csv: Csv = False,
) -> None:
    """
    Say when each feeder had its peak, and what it carried at the peak of all together.

    Example: gridtwin ami ask peaks --top 20 --in houston.twin
    """
    form = output_of(json=json, csv=csv)
    with _open_history(twin, readings) as history:
        found = history.peaks(start or None, end or None)
    _show_answer(found, form, top, "Peaks of feeders")


@app.command("weather")
def show_weather(
    twin: In = "",
    start: From = "",
    end: To = "",
    readings: Readings = "",
    json: Json = False,
    csv: Csv = False,
) -> None:
    """
    Say how the load of all feeders together follows the temperature, in bands of two degrees C.

    Example: gridtwin ami ask weather --in houston.twin
    """
    form = output_of(json=json, csv=csv)
    with _open_history(twin, readings) as history:
        found = history.weather(start or None, end or None)
    _show_answer(found, form, 0, "Load by temperature")


@app.command("at-risk")
def at_risk(
    polygon: Annotated[
        str, typer.Argument(help="File of polygons, - for standard input, or text.")
    ],
    twin: In = "",
    start: From = "",
    end: To = "",
    readings: Readings = "",
    json: Json = False,
    csv: Csv = False,
) -> None:
    """
    Say what the transformers inside a polygon carry together, by hour of the day (UTC).

    Example: gridtwin ami ask at-risk flood.geojson --in houston.twin
    """
    form = output_of(json=json, csv=csv)
    area = read_area(polygon)
    with _open_history(twin, readings) as history:
        found = history.at_risk(area, start or None, end or None)
    _show_answer(found, form, 0, f"Load at risk: {found.values['transformers']:,} transformers")


@app.command("hours-out")
def hours_out(
    twin: In = "",
    start: From = "",
    end: To = "",
    readings: Readings = "",
    json: Json = False,
    csv: Csv = False,
) -> None:
    """
    Say how many customers were out for how many hours, all their interruptions added up.

    Example: gridtwin ami ask hours-out --from 2026-07-01T00:00:00Z --in houston.twin
    """
    form = output_of(json=json, csv=csv)
    with _open_history(twin, readings) as history:
        found = history.hours_out(start or None, end or None)
    _show_answer(found, form, 0, "Customers by hours out")


@app.command("vegetation")
def show_vegetation(
    twin: In = "",
    start: From = "",
    end: To = "",
    readings: Readings = "",
    top: Top = 0,
    json: Json = False,
    csv: Csv = False,
) -> None:
    """
    Say which spans are at risk of vegetation, and what the feeder of each carries at its peak.

    Example: gridtwin ami ask vegetation --top 20 --in houston.twin
    """
    form = output_of(json=json, csv=csv)
    with _open_history(twin, readings) as history:
        found = history.vegetation(start or None, end or None)
    _show_answer(found, form, top, "Spans at risk of vegetation")


@contextmanager
def _open_history(twin: str, folder: str) -> Iterator[AmiHistory]:
    """Give the questions of a twin, with a bar that shows how far each is."""
    ami = open_twin(twin).ami
    with render.show_progress("question") as progress:
        yield (ami.of_folder(folder) if folder else ami).history.telling(progress)


def _show_answer(found: AmiHistoryAnswer, form: Output, top: int, title: str) -> None:
    if form is Output.JSON:
        render.write_json(found.document(top=top))
        return
    render.print_note(f"from {found.start:%Y-%m-%d %H:%M}Z to {found.end:%Y-%m-%d %H:%M}Z")
    frame = found.frame.head(top) if top else found.frame
    times = [name for name in frame.columns if name.endswith("_at")]
    shown = frame.assign(**{name: frame[name].map(lambda at: at.isoformat()) for name in times})
    render.write_frame(shown, form, title=title)
