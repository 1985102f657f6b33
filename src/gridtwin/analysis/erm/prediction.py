"""Answer landmarks of a history with a trained model, recalibrated as it moves through time."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from gridtwin.analysis.erm.calibration import LEARNT, STRANGER, Outcomes, calibrate
from gridtwin.analysis.erm.history_tail import join
from gridtwin.analysis.erm.landmarks import FIRST_SEEN, HOUR_S, Landmarks, landmarks_of
from gridtwin.analysis.erm.outage_features import Board
from gridtwin.analysis.erm.quantile_forest import BLIND, LEVELS, SEEING
from gridtwin.analysis.erm.training import counts, take

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from gridtwin.analysis.erm.model_parts import ErmModel
    from gridtwin.analysis.erm.outage_features import Features
    from gridtwin.model.outage_history import OutageHistory

    Float = NDArray[np.float64]

LEAST_LEFT_S = 60.0


@dataclass(frozen=True)
class Prediction:
    """
    Quantiles of the end of outages, at the landmarks asked for.

    ``at_s`` holds unix seconds at `LEVELS`, shape (n, 5): increasing, all after ``issued_s``.
    """

    marks: Landmarks
    at_s: Float
    storm: NDArray[np.bool_]


def predict(history: OutageHistory, model: ErmModel, names: Sequence[str]) -> Prediction:
    """
    Answer every landmark of a history, each from what was known when it was issued.

    ``first_seen`` is answered by the model that never sees an estimate of the utility, the others
    by the one that sees the estimate shown by then, if any. The end of the history the model was
    trained on goes before, where there is one.
    """
    before = 0
    if history.source in model.tails:
        history, before = join(model.tails[history.source], history)
    board = Board.of(history)
    parts = [_one(board, model, name, before) for name in names]
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


def _one(board: Board, model: ErmModel, name: str, before: int) -> Prediction:
    """
    Answer one landmark; past answers to the same question calibrate later ones.

    The first ``before`` outages are those kept with the model: they are not answered.
    """
    marks = landmarks_of(board.history, (name,))
    order = np.argsort(marks.issued_s, kind="stable")
    marks = take(marks, order)
    kind = BLIND if name == FIRST_SEEN else SEEING
    features = board.features(marks, etr=kind == SEEING)
    raw_h = model.hours_left(kind, features, board.history.source)
    hours = recalibrated(board.history, marks, features, raw_h, model)
    left_s = np.maximum(hours * HOUR_S, LEAST_LEFT_S + np.arange(len(LEVELS)))
    asked = np.flatnonzero(marks.row >= before)
    marks = take(marks, asked)
    marks = replace(marks, row=marks.row - before)
    return Prediction(marks, marks.issued_s[:, None] + left_s[asked], features.storm[asked])


def recalibrated(
    history: OutageHistory, marks: Landmarks, features: Features, raw_h: Float, model: ErmModel
) -> Float:
    """Return the corrected hours; planned work and faults are corrected each by their own past."""
    trust = LEARNT if history.source in model.sources and model.uses_trees else STRANGER
    hours = raw_h.copy()
    for planned in (False, True):
        mine = np.flatnonzero(features.planned == planned)
        hours[mine] = calibrate(raw_h[mine], _outcomes(history, marks, features, mine), trust)
    return hours


def _outcomes(
    history: OutageHistory, marks: Landmarks, features: Features, mine: NDArray[np.int64]
) -> Outcomes:
    """Return what became of the landmarks at ``mine``, which are in order of time."""
    outages, row = history.outages, marks.row[mine]
    return Outcomes(
        issued_s=marks.issued_s[mine],
        known_s=outages.gone_s[row],
        left_h=(outages.restored_s[row] - marks.issued_s[mine]) / HOUR_S,
        exact=counts(history)[row],
        storm=features.storm[mine],
    )
