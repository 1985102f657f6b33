"""Say what the meters measured: load, voltage, and series over time."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gridtwin.cli import ami_history_commands, render
from gridtwin.cli.options import Csv, In, Json, Output, open_twin, output_of

if TYPE_CHECKING:
    import pandas as pd

    from gridtwin.results.documents.reading_documents import LoadFacts
    from gridtwin.twin.ami_questions import Ami

app = typer.Typer(help="Say what the meters measured.", no_args_is_help=True, rich_markup_mode=None)

At = Annotated[str, typer.Option(help="Moment, ISO 8601; by default the last interval there is.")]
Readings = Annotated[
    str, typer.Option(metavar="FOLDER", help="Readings as Parquet; by default those of the twin.")
]
Stood = Annotated[
    str,
    typer.Option("--state", help="A state of the switches; by default as they stood then."),
]
Top = Annotated[int, typer.Option(min=0, help="Only the K first; 0 for all.")]
From = Annotated[
    str, typer.Option("--from", help="Begin, ISO 8601; by default a day before the end.")
]
To = Annotated[
    str, typer.Option("--to", help="End, ISO 8601; by default the last interval there is.")
]


@app.command("load")
def show_load(
    twin: In = "",
    at: At = "",
    level: Annotated[
        str, typer.Option("--by", help="transformer, section, switch or feeder.")
    ] = "transformer",
    readings: Readings = "",
    power_factor: Annotated[float, typer.Option(help="Power factor of all loads.")] = 0.95,
    state: Stood = "",
    top: Top = 0,
    json: Json = False,
    csv: Csv = False,
) -> None:
    """
    Say what every element of a level carried in one interval, against its rating.

    Example: gridtwin ami load --by feeder --at 2026-07-01T18:00:00Z --in houston.twin
    """
    form = output_of(json=json, csv=csv)
    found = _open_ami(twin, readings).load(
        at or None, level=level, state=state, power_factor=power_factor
    )
    if form is Output.JSON:
        render.write_json(found.document(top=top))
        return
    facts = found.list_facts()
    render.print_note(
        f"{found.at:%Y-%m-%d %H:%M}Z, state {found.situation.state}: {facts['read']:,} of"
        f" {facts['usage_points']:,} usage points read, power factor {power_factor:g};"
        f" {facts['over_100_pct']:,} of {facts['elements']:,} above their rating,"
        f" {facts['unrated']:,} without one, {facts['looped']:,} on loops",
        *(_list_warnings(facts)),
    )
    _show_frame(found.frame(), form, top, f"Load by {level}")


@app.command("voltage")
def show_voltage(
    twin: In = "",
    at: At = "",
    by: Annotated[str, typer.Option(help="usage_point or feeder.")] = "usage_point",
    readings: Readings = "",
    state: Stood = "",
    top: Top = 0,
    json: Json = False,
    csv: Csv = False,
) -> None:
    """
    Say which service voltages lie outside Range A of ANSI C84.1 in one interval.

    Example: gridtwin ami voltage --by feeder --in houston.twin
    """
    form = output_of(json=json, csv=csv)
    if by not in {"usage_point", "feeder"}:
        from gridtwin.errors import InputError

        msg = f"cannot show voltages by {by!r}: use usage_point or feeder"
        raise InputError(msg)
    found = _open_ami(twin, readings).voltage(at or None, state=state)
    if form is Output.JSON:
        render.write_json(found.document(top=top))
        return
    counts = found.counts()
    render.print_note(
        f"{found.at:%Y-%m-%d %H:%M}Z: {counts['within_a']:,} within Range A,"
        f" {counts['below_a'] + counts['above_a']:,} within Range B only,"
        f" {counts['below_b']:,} below and {counts['above_b']:,} above it,"
        f" {counts['not_given']:,} not read"
    )
    frame = found.frame() if by == "usage_point" else found.by_feeder()
    _show_frame(frame, form, top, "Voltages outside Range A")


@app.command("meter")
def show_meter(
    mrid: Annotated[str, typer.Argument(metavar="ID", help="A usage point.")],
    twin: In = "",
    start: From = "",
    end: To = "",
    readings: Readings = "",
    json: Json = False,
    csv: Csv = False,
) -> None:
    """
    Show what one usage point measured over time.

    Example: gridtwin ami meter UP-1 --from 2026-07-01T00:00:00Z --in houston.twin
    """
    form = output_of(json=json, csv=csv)
    frame = _open_ami(twin, readings).meter(mrid, start or None, end or None)
    _show_series(mrid, "readings", frame, form)


@app.command("device")
def show_device(
    mrid: Annotated[str, typer.Argument(metavar="ID", help="A transformer or a feeder.")],
    twin: In = "",
    start: From = "",
    end: To = "",
    readings: Readings = "",
    json: Json = False,
    csv: Csv = False,
) -> None:
    """
    Show what a transformer or a feeder carried over time, as it was rolled up.

    Example: gridtwin ami device XFMR-1 --in houston.twin --csv
    """
    form = output_of(json=json, csv=csv)
    frame = _open_ami(twin, readings).device(mrid, start or None, end or None)
    table = "feeder_load" if "below_a" in frame else "load"
    _show_series(mrid, table, frame, form)


@app.command("roll-up")
def roll_up(
    twin: In = "",
    readings: Readings = "",
    everything: Annotated[
        bool, typer.Option("--all", help="Sum up again what is kept already.")
    ] = False,
    json: Json = False,
) -> None:
    """
    Sum up readings by transformer and feeder, and keep it: what is new, and what came late.

    Example: gridtwin ami roll-up --in houston.twin
    """
    with render.show_progress("hours") as advance:
        hours = _open_ami(twin, readings).roll_up(everything=everything, progress=advance)
    if json:
        from gridtwin.results.ami_result import make_roll_up_document

        render.write_json(make_roll_up_document(len(hours)))
    else:
        render.print_note(f"{len(hours):,} hours of readings summed up")


@app.command("zone-prices")
def take_zone_prices(
    file: Annotated[Path, typer.Argument(help="CSV: load_zone,interval_end,price_usd_mwh.")],
    twin: In = "",
    readings: Readings = "",
) -> None:
    """
    Keep prices of load zones, by which questions of dear power go where a zone is known.

    Example: gridtwin ami zone-prices prices-2026-07.csv --in houston.twin
    """
    count = _open_ami(twin, readings).take_zone_prices(file)
    render.print_note(f"{count:,} prices of load zones kept")


def _open_ami(twin: str, folder: str) -> Ami:
    found = open_twin(twin).ami
    return found.of_folder(folder) if folder else found


def _list_warnings(facts: LoadFacts) -> list[str]:
    words = []
    if facts["unfed"]:
        words.append(
            f"warning: {facts['unfed']:,} usage points took energy that have no supply in this"
            " state: check the positions of switches"
        )
    if facts["strangers"]:
        words.append(f"warning: {facts['strangers']:,} readings are of meters the twin has not")
    return words


def _show_series(mrid: str, table: str, frame: pd.DataFrame, form: Output) -> None:
    if form is Output.JSON:
        from gridtwin.results.ami_result import make_series_document

        render.write_json(make_series_document(mrid, table, frame))
    else:
        _show_frame(frame.assign(at=frame["at"].map(lambda at: at.isoformat())), form, 0, mrid)


def _show_frame(frame: pd.DataFrame, form: Output, top: int, title: str) -> None:
    render.write_frame(frame.head(top) if top else frame, form, title=title)


app.add_typer(ami_history_commands.app, name="ask")
