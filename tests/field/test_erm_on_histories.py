"""Estimate real outages of public maps: no leak, no expired promise, better than the utility."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest

from gridtwin.analysis.erm.backtest import BacktestScore, judge_prediction
from gridtwin.analysis.erm.landmarks import STANDARD_LANDMARKS
from gridtwin.analysis.erm.model_parts import ErmModel
from gridtwin.analysis.erm.outage_features import HistoryIndex
from gridtwin.analysis.erm.prediction import predict_landmarks
from gridtwin.analysis.erm.training import train_parts
from gridtwin.erm import model_files
from gridtwin.model.outage_history import OutageHistory, Snapshots, select_outages
from gridtwin.sources.histories import read_history

pytestmark = pytest.mark.field

SOURCE = "bchydro"
OUTAGES = 45_000  # the last so many, so that the tests end in minutes


@dataclass(frozen=True)
class Held:
    """A history, a model of its first 70 %, and how that does on the rest."""

    history: OutageHistory
    model: ErmModel
    scores: dict[str, BacktestScore]


@pytest.fixture(scope="module")
def tested() -> Held:
    root = Path(os.environ.get("GRIDTWIN_FIELD_DATA", Path(__file__).parents[2] / "../shared/data"))
    folder = root / "outages"
    assert folder.is_dir(), f"the real histories are not at {folder}: set GRIDTWIN_FIELD_DATA"
    whole = read_history(folder, SOURCE)
    history = select_outages(whole, np.arange(len(whole)) >= len(whole) - OUTAGES)
    calibrate_s, test_s = map(float, np.quantile(history.outages.first_seen_s, [0.55, 0.7]))
    learnt = train_parts([select_outages(history, history.outages.gone_s < test_s)], (SOURCE,))
    made = "2026-01-01T00:00:00+00:00"
    model = ErmModel((SOURCE,), learnt.forests, learnt.tables, made)
    scores = judge_prediction(
        HistoryIndex.from_history(history),
        predict_landmarks(history, model, STANDARD_LANDMARKS),
        calibrate_s,
        test_s,
    )
    return Held(history, model, {score.landmark: score for score in scores})


def test_fused_estimates_beat_the_utility_at_matched_coverage(tested: Held) -> None:
    assert tested.scores["first_etr"].pinball_change < 0


def test_at_first_sight_the_model_beats_plain_medians(tested: Held) -> None:
    score = tested.scores["first_seen"]
    assert score.mae_vs_global < 0
    assert score.mae_vs_group < 0


@pytest.mark.parametrize("landmark", STANDARD_LANDMARKS)
def test_four_of_five_outages_end_within_their_interval(tested: Held, landmark: str) -> None:
    assert 0.76 < tested.scores[landmark].coverage < 0.84


def test_no_promise_is_expired(tested: Held) -> None:
    assert sum(score.expired for score in tested.scores.values()) == 0


def test_what_happens_later_changes_nothing(tested: Held) -> None:
    history = tested.history
    cut = float(np.quantile(history.outages.first_seen_s, 0.6))
    recent = select_outages(history, history.outages.first_seen_s > cut - 60 * 86400)
    other = _otherwise_after(recent, cut)
    before, after = (
        predict_landmarks(one, tested.model, STANDARD_LANDMARKS) for one in (recent, other)
    )
    found = []
    for prediction in (before, after):
        asked = prediction.marks.issued_s <= cut
        found.append((prediction.marks.row[asked], prediction.at_s[asked]))
    assert found[0][0].size > 3_000
    for left, right in zip(*found, strict=True):
        np.testing.assert_array_equal(left, right)


def _otherwise_after(history: OutageHistory, cut: float) -> OutageHistory:
    """Return the same history until ``cut``, with other ends, estimates, causes and loads later."""
    outages, revisions, snaps = history.outages, history.revisions, history.snapshots
    rng = np.random.default_rng(1)
    later = outages.gone_s > cut
    ends = np.maximum(outages.first_seen_s, cut) + 9e4 * rng.random(len(history)) + 60
    gone = np.where(later, ends, outages.gone_s)
    told = outages.etr_first_seen_s > cut
    late = revisions.t_s > cut
    return replace(
        history,
        outages=replace(
            outages,
            gone_s=gone,
            last_seen_s=np.where(later, gone - 30, outages.last_seen_s),
            etr_first_s=np.where(told, outages.etr_first_s + 5e4, outages.etr_first_s),
            clean=np.where(later, ~outages.clean, outages.clean),
            planned=np.where(later, ~outages.planned, outages.planned),
        ),
        revisions=replace(
            revisions,
            etr_s=np.where(late, revisions.t_s + 1e5, revisions.etr_s),
            customers=np.where(late, 1.0, revisions.customers),
            cause=replace(
                revisions.cause, codes=np.where(late, 0, revisions.cause.codes).astype(np.int32)
            ),
        ),
        snapshots=Snapshots(
            snaps.t_s,
            np.where(snaps.t_s > cut, 1.0, snaps.outages),
            np.where(snaps.t_s > cut, 1.0, snaps.customers),
        ),
    )


def test_the_shipped_model_answers_a_real_source_it_need_not_know(tested: Held) -> None:
    history = replace(tested.history, source="a utility nobody has seen")
    recent = select_outages(history, np.arange(len(history)) >= len(history) - 6_000)
    prediction = predict_landmarks(recent, model_files.read_default_model(), STANDARD_LANDMARKS)
    calibrate_s, test_s = map(float, np.quantile(recent.outages.first_seen_s, [0.2, 0.3]))
    scores = judge_prediction(HistoryIndex.from_history(recent), prediction, calibrate_s, test_s)
    for score in scores:
        assert score.expired == 0
        assert 0.72 < score.coverage < 0.88
