"""Answer landmarks of a history with a trained model, recalibrated as it moves through time."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from gridtwin.analysis.erm.calibration import (
    LEARNED_TRUST,
    STRANGER_TRUST,
    EstimateOutcomes,
    calibrate_quantiles,
)
from gridtwin.analysis.erm.history_tail import join_histories
from gridtwin.analysis.erm.landmarks import FIRST_SEEN, Landmarks, list_landmarks
from gridtwin.analysis.erm.outage_features import HistoryIndex
from gridtwin.analysis.erm.quantile_forest import BLIND, QUANTILE_LEVELS, SEEING
from gridtwin.analysis.erm.training import mark_usable, select_landmarks
from gridtwin.model.moments import HOUR_S

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from gridtwin.analysis.erm.model_parts import ErmModel
    from gridtwin.analysis.erm.outage_features import OutageFeatures
    from gridtwin.model.outage_history import OutageHistory

    Float = NDArray[np.float64]

LEAST_LEFT_S = 60.0


@dataclass(frozen=True)
class Prediction:
    """
    Quantiles of the end of outages, at the landmarks asked for.

    ``at_s`` holds unix seconds at `QUANTILE_LEVELS`, shape (n, 5): increasing, after ``issued_s``.
    """

    marks: Landmarks
    at_s: Float
    storm: NDArray[np.bool_]


def predict_landmarks(history: OutageHistory, model: ErmModel, names: Sequence[str]) -> Prediction:
    """
    Answer every landmark of a history, each from what was known when it was issued.

    ``first_seen`` is answered by the model that never sees an estimate of the utility, the others
    by the one that sees the estimate shown by then, if any. The end of the history the model was
    trained on goes before, where there is one.
    """
    before = 0
    if history.source in model.tails:
        history, before = join_histories(model.tails[history.source], history)
    board = HistoryIndex.from_history(history)
    parts = [_predict_landmark(board, model, name, before) for name in names]
    kinds = [np.full(len(part.marks), kind, np.int32) for kind, part in enumerate(parts)]
    marks = Landmarks(
        row=np.concatenate([part.marks.row for part in parts]),
        issued_s=np.concatenate([part.marks.issued_s for part in parts]),
        kind=np.concatenate(kinds),
        names=tuple(names),
    )
    return Prediction(
        marks=marks,
        at_s=np.concatenate([part.at_s for part in parts]),
        storm=np.concatenate([part.storm for part in parts]),
    )


def _predict_landmark(board: HistoryIndex, model: ErmModel, name: str, before: int) -> Prediction:
    """
    Answer one landmark; past answers to the same question calibrate later ones.

    The first ``before`` outages are those kept with the model: they are not answered.
    """
    marks = list_landmarks(board.history, (name,))
    order = np.argsort(marks.issued_s, kind="stable")
    marks = select_landmarks(marks, order)
    kind = BLIND if name == FIRST_SEEN else SEEING
    features = board.compute_features(marks, etr=kind == SEEING)
    raw_h = model.predict_hours_left(kind, features, board.history.source)
    hours = recalibrate_hours(board.history, marks, features, raw_h, model)
    left_s = np.maximum(hours * HOUR_S, LEAST_LEFT_S + np.arange(len(QUANTILE_LEVELS)))
    asked = np.flatnonzero(marks.row >= before)
    marks = select_landmarks(marks, asked)
    marks = replace(marks, row=marks.row - before)
    return Prediction(marks, marks.issued_s[:, None] + left_s[asked], features.storm[asked])


def recalibrate_hours(
    history: OutageHistory,
    marks: Landmarks,
    features: OutageFeatures,
    raw_h: Float,
    model: ErmModel,
) -> Float:
    """Return the corrected hours; planned work and faults are corrected each by their own past."""
    trust = (
        LEARNED_TRUST if history.source in model.sources and model.uses_trees else STRANGER_TRUST
    )
    hours = raw_h.copy()
    for planned in (False, True):
        mine = np.flatnonzero(features.planned == planned)
        hours[mine] = calibrate_quantiles(
            raw_h[mine], _collect_outcomes(history, marks, features, mine), trust
        )
    return hours


def _collect_outcomes(
    history: OutageHistory, marks: Landmarks, features: OutageFeatures, mine: NDArray[np.int64]
) -> EstimateOutcomes:
    """Return what became of the landmarks at ``mine``, which are in order of time."""
    outages, row = history.outages, marks.row[mine]
    return EstimateOutcomes(
        issued_s=marks.issued_s[mine],
        known_s=outages.gone_s[row],
        left_h=(outages.restoration_s[row] - marks.issued_s[mine]) / HOUR_S,
        exact=mark_usable(history)[row],
        storm=features.storm[mine],
    )
