"""Make live data."""

from __future__ import annotations

from datetime import UTC
from typing import Annotated

import typer

from gridtwin.cli import render
from gridtwin.cli.options import In, Json, State, open_twin
from gridtwin.model.moments import read_moment


def simulate_meters(
    sink: Annotated[
        str,
        typer.Option(
            metavar="SINK", help="kafka://BROKERS, jsonl:FOLDER, parquet:FOLDER or postgresql://..."
        ),
    ],
    from_: Annotated[str, typer.Option("--from", metavar="TIME", help="ISO 8601, UTC or zoned.")],
    to: Annotated[str, typer.Option(metavar="TIME", help="The last interval ends by then.")],
    twin: In = "",
    seed: Annotated[int, typer.Option(min=0, help="The same seed gives the same data.")] = 0,
    rate: Annotated[float, typer.Option(min=0, help="Messages a second at most.")] = 0.0,
    paced: Annotated[
        float, typer.Option(min=0, metavar="X", help="X times as fast as real time.")
    ] = 0.0,
    storm: Annotated[
        int, typer.Option(min=0, metavar="N", help="N devices open, and are closed by crews.")
    ] = 0,
    script: Annotated[
        str, typer.Option(metavar="FILE", help="Operations: JSON lines of grid_events.")
    ] = "",
    missing: Annotated[float, typer.Option(help="Share of readings that never come.")] = 0.001,
    duplicates: Annotated[float, typer.Option(help="Share that comes twice.")] = 0.002,
    late: Annotated[float, typer.Option(help="Share that comes up to 2 hours late.")] = 0.005,
    malformed: Annotated[
        float, typer.Option(help="Spoiled copies for each reading, beside it.")
    ] = 0.0005,
    registry: Annotated[
        str, typer.Option(metavar="URL", help="Send Avro under schemas of this registry.")
    ] = "",
    timezone: Annotated[str, typer.Option(help="Clocks people live by.")] = "America/Chicago",
    state: State = "current",
    json: Json = False,
) -> None:
    """
    Make what all meters of a twin would measure and tell, and send it.

    Example: gridtwin stream simulate --in h.twin --from 2026-07-01 --to 2026-07-02 --sink jsonl:ami
    """
    from gridtwin.model.readings import INTERVAL_S
    from gridtwin.stream.simulate.message_sending import Pace
    from gridtwin.stream.simulate.messages import Flaws
    from gridtwin.stream.simulate.meter_intervals import list_interval_ends
    from gridtwin.stream.simulate.simulation_run import Order
    from gridtwin.stream.simulate.simulation_run import simulate_network as simulated

    order = Order(
        sink=sink,
        from_s=read_moment(from_, zone=UTC).timestamp(),
        to_s=read_moment(to, zone=UTC).timestamp(),
        seed=seed,
        faults=storm,
        script=script,
        missing=missing,
        flaws=Flaws(duplicates, late, malformed),
        pace=Pace(rate, paced),
        timezone=timezone,
        registry=registry,
    )
    situation = open_twin(twin).situation(state)
    spans = len(list_interval_ends(order.from_s, order.to_s))
    with render.show_progress("intervals") as tell:
        made = simulated(
            situation,
            order,
            lambda at_s, _: tell(int((at_s - order.from_s) // INTERVAL_S), spans),
        )
    document = made.document()
    if json:
        render.write_json(document)
    else:
        render.print_note(
            f"{document['readings']:,} readings in {document['messages']:,} messages to "
            f"{document['sink']} in {document['seconds']:.1f} s: "
            f"{document['readings_per_s']:,} readings a second"
        )
