"""Make, take in and replay live data."""

from __future__ import annotations

import typer

from gridtwin.cli import ingest_commands, live_commands
from gridtwin.cli.simulation_commands import simulate_meters

app = typer.Typer(
    help="Live data: readings of meters, events, alerts.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
app.command("simulate")(simulate_meters)
app.command("run")(ingest_commands.ingest_readings)
app.command("operate")(live_commands.operate_twin)
app.command("replay")(live_commands.replay_events)
app.command("demo")(live_commands.run_chain)
app.add_typer(ingest_commands.dead_letters, name="dead-letters")
