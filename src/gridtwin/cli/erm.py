"""Say when they are back: train, predict and backtest estimated restoration."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from gridtwin.cli import render

app = typer.Typer(help="Say when they are back.", no_args_is_help=True, rich_markup_mode=None)

History = Annotated[
    Path,
    typer.Option("--history", metavar="FOLDER", help="Folder of NAME_outages.parquet and so on."),
]
Model = Annotated[
    Path | None, typer.Option("--model", metavar="FILE", help="By default the one shipped.")
]
Marks = Annotated[
    str, typer.Option("--landmarks", help="Comma-separated: first_seen, first_etr, 1h, 4h ...")
]
STANDARD = "first_seen,first_etr,1h,4h"


@app.command()
def train(
    history: History,
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="Where the model goes.")],
) -> None:
    """
    Learn a model from a folder of outage histories.

    Example: gridtwin erm train --history outages/ --out ours.erm
    """
    from gridtwin import erm

    model = erm.train(history, out, say=render.say)
    render.say(f"{out}: {model.version}, trained on {', '.join(model.sources)}")


@app.command()
def predict(
    history: History,
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="A Parquet file.")],
    landmarks: Marks = STANDARD,
    model: Model = None,
) -> None:
    """
    Say for every outage of a history when it will be over, from what was known at each landmark.

    Example: gridtwin erm predict --history outages/ --landmarks first_seen,1h --out p.parquet
    """
    from gridtwin import erm

    used = erm.read_model(model) if model else erm.default_model()
    names = [name.strip() for name in landmarks.split(",") if name.strip()]
    rows = erm.predict(history, used, names, out, say=render.say)
    render.say(f"{out}: {rows:,} estimates by {used.version}")
