"""Show crews, find those nearest to an outage, and assign them."""

from __future__ import annotations

import math
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from gridtwin.cli import render
from gridtwin.cli.options import In, Json, open_twin
from gridtwin.cli.outage_lifecycle_commands import read_time
from gridtwin.results.crew_answers import make_crews_document

if TYPE_CHECKING:
    from gridtwin.model.crew_assignments import CrewAssignment
    from gridtwin.results.crew_answers import CrewView

app = typer.Typer(
    help="Crews: where they are, and what they work on.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


@app.command("list")
def list_crews(twin: In = "", json: Json = False) -> None:
    """
    List the crews, where each was last, and what it is assigned to.

    Example: gridtwin crew list --in houston.twin
    """
    _print_crews(open_twin(twin).crews.all(), json=json)


@app.command("nearest")
def list_nearest(
    outage: Annotated[str, typer.Argument(metavar="OUTAGE", help="Id of the outage.")],
    twin: In = "",
    count: Annotated[int, typer.Option(min=1, max=100, help="How many.")] = 5,
    skill: Annotated[str, typer.Option(help="Only crews that have it, such as line.")] = "",
    json: Json = False,
) -> None:
    """
    List the crews nearest to an outage; the way is the straight line times 1.3, at 40 km/h.

    Example: gridtwin crew nearest O-20260301-3f9a2c --in houston.twin
    """
    _print_crews(open_twin(twin).crews.nearest(outage, count=count, skill=skill), json=json)


@app.command("place")
def place_crew(
    crew: Annotated[str, typer.Argument(metavar="CREW", help="Id of the crew.")],
    lon: Annotated[float, typer.Option(help="Longitude.")],
    lat: Annotated[float, typer.Option(help="Latitude.")],
    twin: In = "",
    at: Annotated[str, typer.Option(help="When, as 2026-03-01T12:00Z; now by default.")] = "",
) -> None:
    """
    Say where a crew is.

    Example: gridtwin crew place C-7 --lon -95.36 --lat 29.76 --in houston.twin
    """
    open_twin(twin).crews.place(crew, lon, lat, at=read_time(at))
    sys.stdout.write(f"{crew}: at {lon:g}, {lat:g}\n")


@app.command("assign")
def assign_crew(
    crew: Annotated[str, typer.Argument(metavar="CREW", help="Id of the crew.")],
    outage: Annotated[str, typer.Argument(metavar="OUTAGE", help="Id of the outage.")],
    twin: In = "",
) -> None:
    """
    Assign a crew to an open outage.

    Example: gridtwin crew assign C-7 O-20260301-3f9a2c --in houston.twin
    """
    _print_assignment(open_twin(twin).crews.assign(crew, outage))


@app.command("advance")
def advance_crew(
    number: Annotated[int, typer.Argument(metavar="NUMBER", help="Of the assignment.")],
    status: Annotated[str, typer.Argument(metavar="en_route|on_site|done|withdrawn")],
    twin: In = "",
    etr: Annotated[str, typer.Option(help="When the crew expects supply to be back.")] = "",
) -> None:
    """
    Say how far a crew is; its outage, and so the estimate, is told.

    Example: gridtwin crew advance 1 on_site --in houston.twin
    """
    _print_assignment(open_twin(twin).crews.advance(number, status, etr=read_time(etr)))


def _print_assignment(assignment: CrewAssignment) -> None:
    sys.stdout.write(
        f"assignment {assignment.number}: crew {assignment.crew} {assignment.status} for"
        f" {assignment.outage}\n"
    )


def _print_crews(views: list[CrewView], *, json: bool) -> None:
    if json:
        from gridtwin.twin.crew_operations import DETOUR_FACTOR, SPEED_KMH

        render.write_json(
            make_crews_document(views, detour_factor=DETOUR_FACTOR, speed_kmh=SPEED_KMH)
        )
        return
    names = ["crew", "name", "skills", "status", "km", "minutes", "assigned to"]
    rows = [
        [view.crew.mrid, view.crew.name, ", ".join(view.crew.skills), view.crew.status,
         "" if math.isnan(view.distance_m) else f"{view.distance_m / 1000:,.1f}",
         "" if math.isnan(view.travel_min) else f"{view.travel_min:,.0f}",
         ", ".join(f"{each.outage} ({each.number})" for each in view.assignments)]
        for view in views
    ]  # fmt: skip
    render.write_table("Crews", names, rows)
