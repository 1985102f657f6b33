"""Scores, held against plain arithmetic."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from document_schemas import hold_to_schema
from gridtwin.analysis.erm.accuracy import bootstrap_ratio, compute_pinball, interpolate_level
from gridtwin.analysis.erm.backtest import BacktestScore, judge_prediction
from gridtwin.analysis.erm.landmarks import STANDARD_LANDMARKS
from gridtwin.analysis.erm.model_parts import ErmModel
from gridtwin.analysis.erm.outage_features import HistoryIndex
from gridtwin.analysis.erm.prediction import predict_landmarks
from gridtwin.cli.root_commands import app
from gridtwin.erm import model_files
from gridtwin.errors import InputError
from gridtwin.sources.histories import read_history
from outage_histories import write_made


def test_pinball_is_least_at_the_true_quantile() -> None:
    actual = np.random.default_rng(1).exponential(2, 20_000)
    tried = np.linspace(0.5, 8, 60)
    losses = [compute_pinball(actual, np.full(actual.size, guess), 0.8).mean() for guess in tried]
    assert abs(tried[np.argmin(losses)] - np.quantile(actual, 0.8)) < 0.2


def test_pinball_at_half_is_half_the_error() -> None:
    assert compute_pinball(np.array([3.0]), np.array([5.0]), 0.5)[0] == 1.0


def test_levels_between_are_read_between() -> None:
    quantiles = np.array([[1.0, 2.0, 4.0, 8.0, 16.0]])
    assert interpolate_level(quantiles, 0.8)[0] == pytest.approx(4)
    assert interpolate_level(quantiles, 0.65)[0] == pytest.approx(np.sqrt(8))
    assert interpolate_level(quantiles, 0.95)[0] == pytest.approx(16)


def test_the_interval_of_a_ratio_widens_when_days_differ() -> None:
    rng = np.random.default_rng(2)
    day = np.repeat(np.arange(40), 50)
    other = rng.exponential(1, day.size)
    even = bootstrap_ratio(0.9 * other, other, day)
    swing = bootstrap_ratio(other * np.repeat(rng.uniform(0.5, 1.3, 40), 50), other, day)
    assert even == pytest.approx((-0.1, -0.1))
    assert swing[1] - swing[0] > 0.05


@pytest.fixture(scope="module")
def scores(folder: Path, model: ErmModel) -> list[BacktestScore]:
    history = read_history(folder, "made")
    first = history.outages.first_seen_s
    cuts = np.quantile(first, [0.5, 0.7])
    return judge_prediction(
        HistoryIndex.from_history(history),
        predict_landmarks(history, model, STANDARD_LANDMARKS),
        *map(float, cuts),
    )


def test_scores_are_those_of_plain_arithmetic(
    folder: Path, model: ErmModel, scores: list[BacktestScore]
) -> None:
    history = read_history(folder, "made")
    outages, prediction = history.outages, predict_landmarks(history, model, ("first_seen",))
    row = prediction.marks.row
    cut = np.quantile(outages.first_seen_s, 0.7)
    length = outages.restoration_s[row] - outages.start_s[row]
    judged = (
        ~outages.planned[row]
        & (length > 300)
        & (outages.restoration_s[row] > prediction.marks.issued_s)
    )
    test = judged & (prediction.marks.issued_s >= cut)
    actual = (outages.restoration_s[row] - prediction.marks.issued_s)[test] / 3600
    hours = (prediction.at_s - prediction.marks.issued_s[:, None])[test] / 3600
    before = judged & (prediction.marks.issued_s < cut) & (outages.gone_s[row] < cut)
    usual = np.median((outages.restoration_s[row] - prediction.marks.issued_s)[before]) / 3600
    score = scores[0]
    assert score.outages == test.sum()
    assert score.mae == pytest.approx(np.abs(actual - hours[:, 1]).mean())
    assert score.bias == pytest.approx((hours[:, 1] - actual).mean())
    assert score.coverage == pytest.approx(
        ((actual >= hours[:, 0]) & (actual <= hours[:, 3])).mean()
    )
    assert score.global_mae == pytest.approx(np.abs(actual - usual).mean())
    assert score.expired == 0


def test_every_landmark_is_scored(scores: list[BacktestScore]) -> None:
    assert [score.landmark for score in scores] == list(STANDARD_LANDMARKS)
    assert all(
        score.mae_vs_global_low <= score.mae_vs_global <= score.mae_vs_global_high
        for score in scores
    )


def test_a_model_that_sees_estimates_beats_their_padding(scores: list[BacktestScore]) -> None:
    told = scores[1]
    assert told.etr_outages > 50
    assert told.model_pinball < told.utility_pinball


def test_the_command_prints_scores_that_fit_their_schema(folder: Path) -> None:
    words = ["erm", "backtest", "--history", str(folder)]
    done = CliRunner().invoke(app, [*words, "--json"])
    assert done.exit_code == 0, done.output
    document = json.loads(done.stdout)
    hold_to_schema(document)
    assert len(document["scores"]) == len(STANDARD_LANDMARKS)


def test_a_model_is_tested_only_on_what_came_after_its_training(
    folder: Path, model: ErmModel
) -> None:
    with pytest.raises(InputError, match="nothing to test"):
        model_files.backtest_model(folder, model)


def test_a_model_that_never_saw_a_source_is_tested_on_most_of_it(
    tmp_path: Path, model: ErmModel
) -> None:
    folder = write_made(tmp_path, source="other", seed=8, outages=500)
    version, scores = model_files.backtest_model(folder, model)
    assert version == model.version
    assert scores[0].outages > 250
