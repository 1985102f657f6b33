"""Forecast storms: who is back when, with how many crews."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gridtwin.cli import render
from gridtwin.cli.options import (
    Csv,
    In,
    Json,
    Output,
    State,
    open_twin,
    output_of,
    read_area,
    read_text,
)
from gridtwin.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gridtwin.analysis.storm.response import Aid
    from gridtwin.erm.storms import StormForecast, StormScenario
    from gridtwin.twin import Twin

SHOWN_WARNINGS = 5


def forecast_storm(
    polygon: Annotated[
        str,
        typer.Argument(help="Where it struck: file of polygons, - for standard input, or text."),
    ] = "",
    twin: In = "",
    damaged: Annotated[
        list[str] | None, typer.Option(help="mRID that is damaged, or a file of them; repeatable.")
    ] = None,
    rate: Annotated[
        list[str] | None,
        typer.Option(metavar="KIND=RATE", help="Damages per km of line, or chance per piece."),
    ] = None,
    crews: Annotated[int, typer.Option(help="Crews at hand.")] = 20,
    mutual_aid: Annotated[
        list[str] | None,
        typer.Option(metavar="COUNT@HOURS", help="Crews that come later; repeatable."),
    ] = None,
    shift: Annotated[
        str, typer.Option(metavar="WORK/REST", help="Hours of a shift, and between.")
    ] = "16/8",
    share: Annotated[str, typer.Option(help="Crews serve a substation or the system.")] = (
        "substation"
    ),
    repair_factor: Annotated[float, typer.Option(help="Over all repair times.")] = 1.0,
    priority: Annotated[
        list[str] | None, typer.Option(help="mRID of a priority customer, or a file; repeatable.")
    ] = None,
    draws: Annotated[int, typer.Option(help="How often the storm is drawn.")] = 1000,
    seed: Annotated[int, typer.Option(min=0, help="Of the random numbers.")] = 0,
    zone: Annotated[str, typer.Option(help="substation or feeder.")] = "substation",
    until: Annotated[float, typer.Option(min=0, help="Hours the curve covers; 0: all.")] = 0.0,
    scenarios: Annotated[
        int, typer.Option(min=1, help="Storms with damage drawn anew; a JSON line for each.")
    ] = 1,
    scheduler: Annotated[
        str, typer.Option(help="For scenarios: single, processes, distributed, or an address.")
    ] = "processes",
    promise: Annotated[
        bool, typer.Option("--promise", help="Promise each zone its P80 until it has passed.")
    ] = False,
    state: State = "current",
    json: Json = False,
    csv: Csv = False,
) -> None:
    """
    Forecast who is back when after a storm. With --csv the curve of customers back.

    Example: gridtwin erm storm storm.geojson --rate ac_line_segment=0.2 --crews 30 --in t.twin
    """
    from gridtwin.erm.storms import DAMAGE_RATES, Response, StormScenario
    from gridtwin.results.storm_forecast import check_zone

    form = output_of(json=json, csv=csv)
    check_zone(zone)
    work_h, rest_h = _read_shift(shift)
    scenario = StormScenario(
        damaged=_read_names(damaged or []),
        polygon=read_area(polygon) if polygon else None,
        rates=_read_rates(rate or []) or DAMAGE_RATES,
        priority=_read_names(priority or []),
        response=Response(
            crews=crews,
            aid=tuple(map(_read_aid, mutual_aid or [])),
            share=share,
            work_h=work_h,
            rest_h=rest_h,
            repair_factor=repair_factor,
        ),
        draws=draws,
        seed=seed,
    )
    opened = open_twin(twin)
    if promise and scenarios > 1:
        msg = "--promise takes one storm: leave --scenarios out"
        raise InputError(msg)
    if scenarios > 1:
        _forecast_many(opened, scenario.with_seeds(scenarios), state, scheduler, zone)
        return
    found = _forecast_one(opened, scenario, state)
    if promise:
        _show_promise(opened, found, zone)
    _show_forecast(found, form, zone, until or None)


def _show_promise(twin: Twin, found: StormForecast, zone: str) -> None:
    from datetime import UTC, datetime

    from gridtwin.erm.zones import promise_zones
    from gridtwin.settings import Settings

    zones = promise_zones(
        twin, found, zone, datetime.now(UTC), actor=Settings.from_environment().actor
    )
    render.print_note(*(f"{each.zone}: promised by {each.p80:%Y-%m-%d %H:%M}Z" for each in zones))


def _forecast_one(twin: Twin, scenario: StormScenario, state: str) -> StormForecast:
    from gridtwin.erm.storms import forecast_storm

    with render.show_progress("storm") as tell:
        return forecast_storm(twin, scenario, state=state, progress=tell)


def _forecast_many(
    twin: Twin, scenarios: list[StormScenario], state: str, scheduler: str, zone: str
) -> None:
    from gridtwin.erm.storms import simulate_storms

    with render.show_progress("storms") as tell, _open_scheduler(scheduler) as chosen:
        tell(0, len(scenarios))
        found = simulate_storms(twin, scenarios, state=state, scheduler=chosen, zone=zone)
        for done, document in enumerate(found, start=1):
            render.write_json(document)
            tell(done, len(scenarios))


@contextmanager
def _open_scheduler(name: str) -> Iterator[object]:
    """Give a scheduler by name, or the client of a running one by its address."""
    if "://" not in name:
        yield name
        return
    from distributed import Client

    try:
        client = Client(name, timeout="10s")  # type: ignore[no-untyped-call]
    except OSError as error:
        msg = f"--scheduler {name}: nobody answers there"
        raise InputError(msg) from error
    with client:
        yield client


def _show_forecast(found: StormForecast, form: Output, zone: str, until_h: float | None) -> None:
    _print_warnings(found.warnings)
    if form is Output.JSON:
        render.write_json(found.document(zone=zone, until_h=until_h))
        return
    if form is Output.CSV:
        render.write_frame(found.curve(until_h=until_h), form)
        return
    facts: dict[str, Any] = dict(found.summary())
    stages = facts.pop("customers_by_stage")
    facts |= {f"back by {name}": count for name, count in stages.items()}
    for name in ("t50", "t90", "t95", "last", "last_priority"):
        hours = facts.pop(name)
        facts[f"{name} hours"] = " / ".join(f"{hours[key]:,.1f}" for key in hours)
    render.write_facts(f"Storm, {found.draws:,} draws; hours at P10 / P50 / P80 / P95", facts)
    frame = found.zones(zone).sort_values("customers", ascending=False, kind="stable")
    render.write_frame(frame, form, title=f"All customers back, by {zone}")


def _print_warnings(warnings: tuple[str, ...]) -> None:
    render.print_note(*(f"warning: {warning}" for warning in warnings[:SHOWN_WARNINGS]))
    if len(warnings) > SHOWN_WARNINGS:
        render.print_note(f"and {len(warnings) - SHOWN_WARNINGS:,} more warnings: see --json")


def _read_names(words: list[str]) -> tuple[str, ...]:
    """Return mRIDs given as words, or as files with one in each line."""
    names: list[str] = []
    for word in words:
        path = Path(word)
        names += read_text(word).split() if path.is_file() else [word]
    return tuple(dict.fromkeys(names))


def _read_rates(words: list[str]) -> dict[str, float]:
    rates = {}
    for word in words:
        kind, _, figure = word.partition("=")
        rates[kind] = _read_number(figure, f"--rate {word}", "KIND=RATE, as in ac_line_segment=0.2")
    return rates


def _read_aid(word: str) -> Aid:
    from gridtwin.analysis.storm.response import Aid

    count, _, hours = word.partition("@")
    form = "COUNT@HOURS, as in 40@24"
    crews = _read_number(count, f"--mutual-aid {word}", form)
    return Aid(int(crews), _read_number(hours, f"--mutual-aid {word}", form))


def _read_shift(word: str) -> tuple[float, float]:
    work, _, rest = word.partition("/")
    form = "WORK/REST in hours, as in 16/8"
    return _read_number(work, f"--shift {word}", form), _read_number(rest, f"--shift {word}", form)


def _read_number(text: str, where: str, form: str) -> float:
    try:
        return float(text)
    except ValueError:
        msg = f"{where}: give {form}"
        raise InputError(msg) from None
