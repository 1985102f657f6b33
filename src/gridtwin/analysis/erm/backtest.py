"""
Hold estimates against the truth, beside what a utility's own estimate and plain medians do.

The split is by time: baselines are fitted, and the share of promises the utility keeps is measured,
before the test begins. At matched coverage the model answers with the quantile whose level is that
share, so that both are equally cautious and only skill differs.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from gridtwin.analysis.erm.accuracy import bootstrap_ratio, compute_pinball, interpolate_level
from gridtwin.analysis.erm.quantile_forest import QUANTILE_LEVELS
from gridtwin.analysis.erm.system_load import STORM_SHARE
from gridtwin.analysis.erm.training import mark_usable
from gridtwin.model.moments import DAY_S, HOUR_S

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gridtwin.analysis.erm.outage_features import HistoryIndex
    from gridtwin.analysis.erm.prediction import Prediction

    Float = NDArray[np.float64]
    Flags = NDArray[np.bool_]

P10, P50, P80, P90, P95 = range(len(QUANTILE_LEVELS))
GROUP_LEAST = 30


@dataclass(frozen=True)
class BacktestScore:
    """One source at one landmark; hours, shares, and changes against a baseline as shares."""

    source: str
    landmark: str
    outages: int
    storm_share: float
    # beside the utility's own estimate, where one is in force and not yet past
    etr_outages: int
    utility_kept: float  # measured before the test: the level of matched coverage
    model_kept: float
    utility_pinball: float
    model_pinball: float
    pinball_change: float
    pinball_change_low: float
    pinball_change_high: float
    storm_pinball_change: float
    # p50
    mae: float
    median_error: float
    bias: float
    global_mae: float
    group_mae: float
    mae_vs_global: float
    mae_vs_global_low: float
    mae_vs_global_high: float
    mae_vs_group: float
    mae_vs_group_low: float
    mae_vs_group_high: float
    # the quantiles
    pinball_50: float
    pinball_80: float
    pinball_95: float
    coverage: float
    storm_coverage: float
    calm_coverage: float
    width: float
    restored_by_p80: float
    storm_restored_by_p80: float
    expired: int


@dataclass(frozen=True)
class BacktestCase:
    """The judged outages of one landmark, in parallel arrays."""

    actual_h: Float
    quantile_h: Float
    lead_h: Float  # of the utility's estimate in force; NaN without one
    group: NDArray[np.int64]
    storm: Flags
    day: NDArray[np.int64]
    test: Flags
    calibration: Flags
    before: Flags


def judge_prediction(
    board: HistoryIndex, prediction: Prediction, fit_until_s: float, test_from_s: float
) -> list[BacktestScore]:
    """
    Score every landmark of a prediction.

    Parameters
    ----------
    board
        The history predicted.
    prediction
        As `prediction.predict` made it, by a model that saw nothing after ``test_from_s``.
    fit_until_s
        Where the slice begins on which the utility's kept promises are counted.
    test_from_s
        Where it ends and the test begins. Outages belong where they were first seen.
    """
    scores = []
    for kind, name in enumerate(prediction.marks.names):
        case = _select_case(board, prediction, kind, fit_until_s, test_from_s)
        if case.test.any() and case.before.any():
            scores.append(_score_case(board.history.source, name, case, prediction, kind))
    return scores


def _select_case(
    board: HistoryIndex, prediction: Prediction, kind: int, fit_until_s: float, test_from_s: float
) -> BacktestCase:
    marks, outages = prediction.marks, board.history.outages
    mine = np.flatnonzero(marks.kind == kind)
    row, issued = marks.row[mine], marks.issued_s[mine]
    actual = (outages.restoration_s[row] - issued) / HOUR_S
    with np.errstate(invalid="ignore"):
        judged = mark_usable(board.history)[row] & ~outages.planned[row] & (actual > 0)
    mine, row, issued, actual = mine[judged], row[judged], issued[judged], actual[judged]
    first = outages.first_seen_s[row]
    place = board.index.find_in_force(row, issued)
    etr = board.index.revisions.etr_s[place] if place.size else np.empty(0)
    lead = np.where(etr > issued, (etr - issued) / HOUR_S, np.nan)
    snapshots = board.history.snapshots.outages
    storm_above = np.quantile(snapshots, STORM_SHARE) if snapshots.size else np.inf
    return BacktestCase(
        actual_h=actual,
        quantile_h=(prediction.at_s[mine] - issued[:, None]) / HOUR_S,
        lead_h=lead,
        group=_group_outages(board, row, issued),
        storm=board.load.count_open(first) > storm_above,
        day=np.floor(first / DAY_S).astype(np.int64),
        test=first >= test_from_s,
        calibration=(first >= fit_until_s) & (first < test_from_s),
        before=(first < test_from_s) & (outages.gone_s[row] < test_from_s),
    )


def _group_outages(
    board: HistoryIndex, row: NDArray[np.int64], issued_s: Float
) -> NDArray[np.int64]:
    """Return cause by size by time of day, as known at the landmark: the group median's groups."""
    place = board.index.find_in_force(row, issued_s)
    cause = np.where(place >= 0, board.cause[place], 0) if board.cause.size else np.zeros(row.size)
    size = board.lengths.group["size"][row]
    hour = board.lengths.group.get("hour", np.zeros(len(board.history), np.int64))[row]
    return (cause.astype(np.int64) * 16 + size) * 16 + hour // 3


def _compute_medians(case: BacktestCase) -> tuple[Float, Float]:
    """Return the global and the group median of what was before the test, for test outages."""
    actual, group = case.actual_h[case.before], case.group[case.before]
    overall = float(np.median(actual))
    answer = np.full(int(case.test.sum()), overall)
    asked = case.group[case.test]
    for code in np.unique(asked):
        seen = actual[group == code]
        if seen.size >= GROUP_LEAST:
            answer[asked == code] = np.median(seen)
    return np.full(answer.size, overall), answer


def _score_case(
    source: str, name: str, case: BacktestCase, prediction: Prediction, kind: int
) -> BacktestScore:
    t = case.test
    actual, quantile, storm, day = case.actual_h[t], case.quantile_h[t], case.storm[t], case.day[t]
    overall, group = (np.abs(actual - answer) for answer in _compute_medians(case))
    error = quantile[:, P50] - actual
    inside = (actual >= quantile[:, P10]) & (actual <= quantile[:, P90])
    by_p80 = actual <= quantile[:, P80]
    at_s, marks = prediction.at_s, prediction.marks
    expired = at_s.min(axis=1) <= marks.issued_s
    return BacktestScore(
        source=source,
        landmark=name,
        outages=int(t.sum()),
        storm_share=_mean_or_nan(storm),
        **_compare_with_utility(case),
        mae=_mean_or_nan(np.abs(error)),
        median_error=float(np.median(np.abs(error))),
        bias=_mean_or_nan(error),
        global_mae=_mean_or_nan(overall),
        group_mae=_mean_or_nan(group),
        **_compare_losses("mae_vs_global", np.abs(error), overall, day),
        **_compare_losses("mae_vs_group", np.abs(error), group, day),
        pinball_50=_mean_or_nan(compute_pinball(actual, quantile[:, P50], 0.5)),
        pinball_80=_mean_or_nan(compute_pinball(actual, quantile[:, P80], 0.8)),
        pinball_95=_mean_or_nan(compute_pinball(actual, quantile[:, P95], 0.95)),
        coverage=_mean_or_nan(inside),
        storm_coverage=_mean_or_nan(inside[storm]),
        calm_coverage=_mean_or_nan(inside[~storm]),
        width=_mean_or_nan(quantile[:, P90] - quantile[:, P10]),
        restored_by_p80=_mean_or_nan(by_p80),
        storm_restored_by_p80=_mean_or_nan(by_p80[storm]),
        expired=int(np.sum(expired & (marks.kind == kind))),
    )


def _compare_with_utility(case: BacktestCase) -> dict[str, Any]:
    """Return the scores of the outages whose utility promises a time still to come."""
    told = np.isfinite(case.lead_h)
    slice_ = told & case.calibration
    t = told & case.test
    kept = _mean_or_nan(case.actual_h[slice_] <= case.lead_h[slice_])
    if not t.any() or np.isnan(kept):
        names: tuple[str, ...] = ("utility_kept", "model_kept", "utility_pinball", "model_pinball")
        changes = ("pinball_change", "pinball_change_low", "pinball_change_high")
        nothing = dict.fromkeys((*names, *changes, "storm_pinball_change"), float("nan"))
        return {"etr_outages": int(t.sum()), **nothing}
    level = float(np.clip(kept, QUANTILE_LEVELS[0], QUANTILE_LEVELS[-1]))
    matched = interpolate_level(case.quantile_h[t], level)
    utility = compute_pinball(case.actual_h[t], case.lead_h[t], level)
    model = compute_pinball(case.actual_h[t], matched, level)
    storm = case.storm[t]
    return {
        "etr_outages": int(t.sum()),
        "utility_kept": kept,
        "model_kept": _mean_or_nan(case.actual_h[t] <= matched),
        "utility_pinball": _mean_or_nan(utility),
        "model_pinball": _mean_or_nan(model),
        **_compare_losses("pinball_change", model, utility, case.day[t]),
        "storm_pinball_change": _mean_or_nan(model[storm]) / _mean_or_nan(utility[storm]) - 1,
    }


def _compare_losses(name: str, loss: Float, other: Float, day: NDArray[np.int64]) -> dict[str, Any]:
    low, high = bootstrap_ratio(loss, other, day)
    return {
        name: _mean_or_nan(loss) / _mean_or_nan(other) - 1,
        f"{name}_low": low,
        f"{name}_high": high,
    }


def _mean_or_nan(values: NDArray[Any]) -> float:
    return float(np.mean(values)) if values.size else float("nan")
