"""Make, take in and replay live data."""

from __future__ import annotations

import typer

from gridtwin.cli import ingest, operate
from gridtwin.cli.simulate import simulate

app = typer.Typer(
    help="Live data: readings of meters, events, alerts.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
app.command()(simulate)
app.command()(ingest.run)
app.command()(operate.operate)
app.command()(operate.replay)
app.command()(operate.demo)
app.add_typer(ingest.dead_letters, name="dead-letters")
