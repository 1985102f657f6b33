"""Rehearse a storm on a twin."""

from __future__ import annotations

import signal
import sys
import threading
from typing import Annotated

import typer

from gridtwin.cli import render
from gridtwin.cli.options import In, open_twin, read_area

Speed = Annotated[float, typer.Option(min=0.001, help="Minutes of the story in a minute.")]


def rehearse_storm(
    twin: In = "",
    area: Annotated[
        str,
        typer.Option(metavar="POLYGON", help="File of polygons, or text; the middle by default."),
    ] = "",
    seed: Annotated[int, typer.Option(min=0, help="Another seed, another storm.")] = 0,
    damages: Annotated[int, typer.Option(min=1, max=500, help="How many at most.")] = 24,
    speed: Speed = 30.0,
) -> None:
    """
    Play a storm that restores itself: outages open, crews switch and repair, customers come back.

    It operates the twin's current state, and goes on where it was stopped. For demonstrations and
    training: never on a twin that mirrors a real network.

    Example: gridtwin rehearse --in houston.twin --speed 60
    """
    from gridtwin.live.rehearsal import Rehearsal, write_script

    opened = open_twin(twin)
    script = write_script(opened, read_area(area) if area else None, seed=seed, most=damages)
    rehearsal = Rehearsal(opened, script, speed=speed)
    render.print_note(
        f"{rehearsal.name}: {len(script.damages)} damages, {script.customers:,} customers,"
        f" {script.minutes / speed:,.1f} minutes"
    )
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    for act in rehearsal.run(stop):
        outage = rehearsal.outage_id(act.damage)
        sys.stdout.write(f"{act.at_min:7.1f} min  {outage}  {act.words}\n")
        sys.stdout.flush()
