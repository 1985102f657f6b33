"""Say when they are back: train, predict and backtest estimated restoration."""

from __future__ import annotations

from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gridtwin.cli import render
from gridtwin.cli.erm_run_commands import estimate_outages
from gridtwin.cli.options import Csv, Json, Output, output_of
from gridtwin.cli.storm_commands import forecast_storm

if TYPE_CHECKING:
    from gridtwin.analysis.erm.backtest import BacktestScore

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


@app.command("train")
def train_model(
    history: History,
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="Where the model goes.")],
    parameters_only: Annotated[
        bool, typer.Option("--parameters-only", help="Keep no row of the histories in the file.")
    ] = False,
) -> None:
    """
    Learn a model from a folder of outage histories.

    Example: gridtwin erm train --history outages/ --out ours.erm
    """
    from gridtwin.erm import model_files

    model = model_files.train_model(
        history, out, parameters_only=parameters_only, say=render.print_note
    )
    render.print_note(f"{out}: {model.version}, trained on {', '.join(model.sources)}")


@app.command("predict")
def predict_ends(
    history: History,
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="A Parquet file.")],
    landmarks: Marks = STANDARD,
    model: Model = None,
) -> None:
    """
    Say for every outage of a history when it will be over, from what was known at each landmark.

    Example: gridtwin erm predict --history outages/ --landmarks first_seen,1h --out p.parquet
    """
    from gridtwin.erm import model_files

    used = model_files.read_model(model) if model else model_files.read_default_model()
    if not used.uses_trees:
        render.print_note(
            "warning: tables of like outages answer, not trees (thin history, or no LightGBM)"
        )
    names = list(dict.fromkeys(name.strip() for name in landmarks.split(",") if name.strip()))
    rows = model_files.predict_folder(history, used, names, out, say=render.print_note)
    render.print_note(f"{out}: {rows:,} estimates by {used.version}")


@app.command("backtest")
def run_backtest(
    history: History,
    model: Annotated[
        Path | None,
        typer.Option("--model", metavar="FILE", help="By default one trained on the first 70 %."),
    ] = None,
    json: Json = False,
    csv: Csv = False,
) -> None:
    """
    Hold estimates against the truth, beside the utility's own and plain medians.

    Example: gridtwin erm backtest --history outages/ --json
    """
    import pandas as pd

    from gridtwin.erm import model_files
    from gridtwin.results.backtests import backtest_document

    form = output_of(json=json, csv=csv)
    used = model_files.read_model(model) if model else None
    version, scores = model_files.backtest_model(history, used, say=render.print_note)
    document = backtest_document(version, scores)
    if form is Output.JSON:
        render.write_json(document)
    elif form is Output.CSV:
        render.write_frame(pd.DataFrame(document["scores"]), form)
    else:
        render.print_note(
            f"model {version}; change: less is better; intervals are 95 %, days drawn anew"
        )
        render.write_frame(pd.DataFrame([_make_row(score) for score in scores]), form, title=TITLE)


TITLE = "Estimates against the truth: hours and shares"


def _make_row(score: BacktestScore) -> dict[str, object]:
    """Return what fits on a screen."""

    def compute_change(name: str) -> str:
        middle, low, high = (getattr(score, f"{name}{end}") for end in ("", "_low", "_high"))
        return f"{middle:+.1%} ({low:+.1%} {high:+.1%})" if isfinite(middle) else "-"

    return {
        "source": score.source,
        "landmark": score.landmark,
        "n": score.outages,
        "kept ETR/model": f"{score.utility_kept:.2f}/{score.model_kept:.2f}",
        "pinball vs ETR": compute_change("pinball_change"),
        "storm": f"{score.storm_pinball_change:+.1%}",
        "MAE": round(score.mae, 2),
        "vs global": compute_change("mae_vs_global"),
        "vs group": compute_change("mae_vs_group"),
        "MedAE": round(score.median_error, 2),
        "bias": round(score.bias, 2),
        "p10-p90": f"{score.coverage:.1%}",
        "storm p10-p90": f"{score.storm_coverage:.1%}",
        "by p80": f"{score.restored_by_p80:.1%}",
        "width": round(score.width, 1),
        "expired": score.expired,
    }


app.command("run")(estimate_outages)
app.command("storm")(forecast_storm)
