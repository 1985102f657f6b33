"""Print reliability indices: SAIFI, SAIDI, CAIDI, MAIFI, CEMI and major event days."""

from __future__ import annotations

import math
from datetime import UTC, tzinfo
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gridtwin.cli import render
from gridtwin.cli.options import Csv, In, Json, Output, open_twin, output_of
from gridtwin.errors import InputError
from gridtwin.model.moments import read_moment
from gridtwin.settings import Settings

if TYPE_CHECKING:
    from gridtwin.analysis.reliability.interruption_counts import Counting
    from gridtwin.results.reliability_report import CustomersServed, ReliabilityReport

SHOWN_INDICES = {
    "saifi": "SAIFI",
    "saidi_minutes": "SAIDI\nminutes",
    "caidi_minutes": "CAIDI\nminutes",
    "maifi": "MAIFI",
    "saifi_without_med": "SAIFI\nwithout MED",
    "saidi_minutes_without_med": "SAIDI\nwithout MED",
}


def show_indices(
    twin: In = "",
    interruptions: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Interruptions, .csv or .parquet, not the twin's own."),
    ] = None,
    served: Annotated[
        str, typer.Option(metavar="N|FILE", help="Customers served, where no twin tells them.")
    ] = "",
    begin: Annotated[str, typer.Option("--from", help="First day, or time with a zone.")] = "",
    end: Annotated[str, typer.Option("--to", help="Day or time at which the period ends.")] = "",
    by: Annotated[str, typer.Option(help="system, feeder or substation.")] = "system",
    timezone: Annotated[str, typer.Option(help="Whose midnight begins a day.")] = "UTC",
    exclude_planned: Annotated[
        bool, typer.Option("--exclude-planned", help="Leave planned interruptions out.")
    ] = False,
    cemi: Annotated[
        list[int] | None, typer.Option(min=0, help="More than N interruptions; repeatable.")
    ] = None,
    t_med: Annotated[
        float | None, typer.Option(min=0, help="Threshold of major event days, minutes.")
    ] = None,
    sustained_after: Annotated[
        float, typer.Option(min=0, help="Minutes up to which an interruption is momentary.")
    ] = 5.0,
    daily: Annotated[bool, typer.Option("--daily", help="Print days in place of groups.")] = False,
    json: Json = False,
    csv: Csv = False,
) -> None:
    """
    Print the reliability indices of IEEE 1366.

    Example: gridtwin outage indices --in houston.twin --by feeder --timezone America/Chicago
    """
    from gridtwin.analysis.reliability.interruption_counts import Counting

    form = output_of(json=json, csv=csv)
    zone = _read_zone(timezone)
    counting = Counting(
        sustained_after_s=sustained_after * 60,
        cemi=tuple(cemi or (3,)),
        exclude_planned=exclude_planned,
        zone=zone,
        t_med=t_med,
    )
    period = (_read_begin(begin, zone), _read_begin(end, zone))
    if served and (interruptions is None or twin):
        msg = "--served goes with --interruptions and no --in: a twin tells its own customers"
        raise InputError(msg)
    if interruptions is not None and served:
        found = _read_from_file(interruptions, served, period, by, counting)
    else:
        found = _read_from_twin(twin, interruptions, period, by, counting)
    _show_report(found, form, daily=daily)


def _read_from_file(
    path: Path, served: str, period: tuple[float | None, float | None], by: str, counting: Counting
) -> ReliabilityReport:
    from gridtwin.results.reliability_report import make_report
    from gridtwin.sources.interruptions import read_interruptions

    return make_report(
        read_interruptions(path), _read_served(served, by), period, by=by, counting=counting
    )


def _read_from_twin(
    twin: str,
    path: Path | None,
    period: tuple[float | None, float | None],
    by: str,
    counting: Counting,
) -> ReliabilityReport:
    if path is not None and not (twin or Settings.from_environment().twin):
        msg = "say how many customers are served: give --in TWIN, or --served with a number or file"
        raise InputError(msg)
    from gridtwin.sources.interruptions import read_interruptions

    table = None if path is None else read_interruptions(path)
    return open_twin(twin).reliability(table, period=period, by=by, counting=counting)


def _read_served(text: str, by: str) -> CustomersServed:
    """Return the customers served from a number or a file."""
    from gridtwin.results.reliability_report import CustomersServed
    from gridtwin.sources.interruptions import read_served

    if not text.isdigit():
        return CustomersServed.from_frame(read_served(Path(text)), by)
    if by != "system":
        msg = f"one number of customers is the system's: to go by {by}, give --served a file"
        raise InputError(msg)
    return CustomersServed.from_system(int(text))


def _read_zone(name: str) -> tzinfo:
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

    try:
        return UTC if name == "UTC" else ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        msg = f"{name!r} is no time zone: write one such as America/Chicago"
        raise InputError(msg) from error


def _read_begin(text: str, zone: tzinfo) -> float | None:
    """Return unix seconds of a day or a time; a day begins at midnight of the zone."""
    return read_moment(text, zone=zone).timestamp() if text else None


def _show_report(found: ReliabilityReport, form: Output, *, daily: bool) -> None:
    render.print_note(*(f"warning: {warning}" for warning in found.warnings))
    if form is Output.JSON:
        render.write_json(found.document())
        return
    frame = found.daily_frame() if daily else found.to_frame()
    if form is Output.CSV:
        render.write_frame(frame, form)
    elif daily:
        render.write_frame(frame, form, title="Days")
    else:
        _write_table(found)


def _write_table(found: ReliabilityReport) -> None:
    frame = found.to_frame()
    groups = frame[1:].sort_values("saidi_minutes", ascending=False, kind="stable")
    frame = frame.loc[[0, *groups.index]]  # the system, then the worst
    rows = [
        (
            str(row.iloc[0]) or "(none)",
            f"{row['customers_served']:,}",
            *(_format_figure(row[name], 1 if "minutes" in name else 3) for name in SHOWN_INDICES),
        )
        for _, row in frame.iterrows()
    ]
    columns = [frame.columns[0], "served", *SHOWN_INDICES.values()]
    render.write_table("Reliability indices", columns, rows)
    threshold, major = found.result.threshold, found.daily_frame().query("major_event_day")
    facts = {
        "period": f"{found.format_period()}",
        "T_MED, minutes a day": _format_figure(threshold.t_med),
        "from": f"{found.result.threshold_from}, {threshold.days:,} days",
        "major event days": major["day"].tolist()[:10],
    }
    render.write_facts("Major event days", facts)


def _format_figure(value: float, digits: int = 3) -> str:
    return "" if math.isnan(value) else f"{value:,.{digits}f}"
