"""Write the table of docs/erm.md: `python -m benchmarks.erm FOLDER [left-out source ...]`."""

from __future__ import annotations

import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from gridtwin.erm import model_files

if TYPE_CHECKING:
    from gridtwin.analysis.erm.backtest import BacktestScore

PAGE = Path(__file__).parents[1] / "docs/erm.md"
BEGIN, END = "<!-- table: begin -->", "<!-- table: end -->"


def main() -> None:
    """Backtest every source of a folder, then those named as if nobody had seen them."""
    folder, left_out = Path(sys.argv[1]), sys.argv[2:]
    begin = time.process_time()
    _, scores = model_files.backtest_model(folder, say=print)
    spent = time.process_time() - begin
    text = [
        f"Measured {datetime.now(UTC):%Y-%m-%d}; {spent:,.0f} s of processor time in all.",
        "",
        *beside_utility(scores),
        "",
        *of_the_model(scores),
        "",
        *strangers(folder, left_out),
    ]
    page = PAGE.read_text(encoding="utf-8")
    head, _, rest = page.partition(BEGIN)
    _, _, tail = rest.partition(END)
    PAGE.write_text("\n".join([head + BEGIN, *text, END + tail]), encoding="utf-8")
    print("\n".join(text))


def strangers(folder: Path, left_out: list[str]) -> list[str]:
    """Return the table of sources answered by a model of the others, cold."""
    scores: list[BacktestScore] = []
    for source in left_out:
        with tempfile.TemporaryDirectory() as place:
            others, alone = Path(place, "others"), Path(place, "alone")
            for target in (others, alone):
                target.mkdir()
            for file in folder.glob("*.parquet"):
                target = alone if file.name.startswith(f"{source}_") else others
                (target / file.name).symlink_to(file.resolve())
            model = model_files.train_model(
                others, Path(place, "others.erm"), parameters_only=True, say=print
            )
            scores += model_files.backtest_model(alone, model, say=print)[1]
    if not scores:
        return []
    head = (
        "A source nobody has seen: the model of the others, recalibrated as time passes, tested on"
    )
    return [f"{head} the last 70 %.", "", *beside_utility(scores), "", *of_the_model(scores), ""]


def _table(head: str, rows: list[str]) -> list[str]:
    line = "| --- " * (head.count("|") - 1) + "|"
    return [head, line, *rows]


def beside_utility(scores: list[BacktestScore]) -> list[str]:
    """Return the table beside the utility's own estimate."""
    head = "| source, landmark | n with ETR | kept: ETR / model | pinball h: ETR / model "
    head += "| change | in storms |"
    return _table(head, [_beside(one) for one in scores if one.landmark != "first_seen"])


def _beside(one: BacktestScore) -> str:
    return (
        f"| {one.source}, {one.landmark} | {one.etr_outages:,} | "
        f"{one.utility_kept:.2f} / {one.model_kept:.2f} | "
        f"{one.utility_pinball:.3f} / {one.model_pinball:.3f} | "
        f"{_change(one, 'pinball_change')} | {one.storm_pinball_change:+.1%} |"
    )


def of_the_model(scores: list[BacktestScore]) -> list[str]:
    """Return the table of the model's own scores."""
    head = "| source, landmark | n (storm) | MAE h | vs global median | vs group median | MedAE "
    head += "| bias | p10-p90: all / storm | by p80: all / storm | pinball .5 / .8 / .95 | width h "
    head += "| expired |"
    return _table(head, [_alone(one) for one in scores])


def _alone(one: BacktestScore) -> str:
    return (
        f"| {one.source}, {one.landmark} | {one.outages:,} ({one.storm_share:.0%}) | "
        f"{one.mae:.2f} | {_change(one, 'mae_vs_global')} | {_change(one, 'mae_vs_group')} | "
        f"{one.median_error:.2f} | {one.bias:+.2f} | "
        f"{one.coverage:.1%} / {one.storm_coverage:.1%} | "
        f"{one.restored_by_p80:.1%} / {one.storm_restored_by_p80:.1%} | "
        f"{one.pinball_50:.2f} / {one.pinball_80:.2f} / {one.pinball_95:.2f} | "
        f"{one.width:.1f} | {one.expired} |"
    )


def _change(score: BacktestScore, name: str) -> str:
    middle, low, high = (getattr(score, name + end) for end in ("", "_low", "_high"))
    return f"{middle:+.1%} ({low:+.1%} to {high:+.1%})"


if __name__ == "__main__":
    main()
