"""Learn a model from histories: which landmarks count, with which weight, and the fit itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from gridtwin.analysis.erm.group_table import GroupTable, fit_table
from gridtwin.analysis.erm.landmarks import FIRST_ETR, FIRST_SEEN, list_landmarks
from gridtwin.analysis.erm.outage_features import HistoryIndex
from gridtwin.analysis.erm.quantile_forest import (
    BLIND,
    PLACE_FEATURES,
    SEEING,
    QuantileForest,
    fit_forest,
    make_matrix,
)
from gridtwin.model.moments import HOUR_S

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from gridtwin.analysis.erm.landmarks import Landmarks
    from gridtwin.model.outage_history import OutageHistory

    Float = NDArray[np.float64]

# Moments to learn from, and how many outages of a source at most: those that are asked for, and
# some between.
LANDMARK_SAMPLES = {
    BLIND: {FIRST_SEEN: 50_000, "1h": 10_000, "4h": 6_000, "8h": 3_000},
    SEEING: {FIRST_ETR: 40_000, "1h": 28_000, "2h": 10_000, "4h": 18_000, "8h": 6_000},
}
SHORTEST_OUTAGE_S, LONGEST_OUTAGE_S = 300.0, 30 * 86400.0
TREES_FROM = 2_000  # rows; with fewer, tables of groups answer
OWN_FROM = 10_000
UNKNOWN_SHARE = 0.3  # rows whose source is hidden, so that the trees also serve an unknown one


@dataclass(frozen=True)
class TrainingRows:
    """Rows to learn from, of one source."""

    names: tuple[str, ...]
    matrix: NDArray[np.float32]
    left_h: Float
    weight: Float
    shown: NDArray[np.float32]  # the matrix before the source was hidden in part of its rows


@dataclass(frozen=True)
class TrainedParts:
    """
    What histories had to teach: trees, unless they were too thin, and tables of groups.

    ``own`` holds the trees of single sources with much history, by source and kind.
    """

    forests: dict[str, QuantileForest]
    own: dict[str, dict[str, QuantileForest]]
    tables: dict[str, GroupTable]


def train_parts(
    histories: Iterable[OutageHistory],
    sources: tuple[str, ...],
    seed: int = 1,
    *,
    own: bool = True,
) -> TrainedParts:
    """
    Fit both kinds of model.

    Parameters
    ----------
    histories
        One a source; they are taken one at a time.
    sources
        Their names; the position of a name is the number of the source.
    seed
        Decides which rows are taken where there are more than enough.
    own
        Whether a source with much history also gets trees of its own.
    """
    lessons: dict[str, list[TrainingRows]] = {BLIND: [], SEEING: []}
    rng = np.random.default_rng(seed)
    for history in histories:
        board = HistoryIndex.from_history(history)
        for kind, lessons_of_kind in lessons.items():
            lessons_of_kind.append(collect_rows(board, kind, sources.index(history.source), rng))
    forests, tables = {}, {}
    for kind, lessons_of_kind in lessons.items():
        joined = _join_rows(lessons_of_kind)
        tables[kind] = fit_table(joined.names, joined.matrix, joined.left_h)
        if len(joined.left_h) >= TREES_FROM:
            names, matrix = joined.names, joined.matrix
            forests[kind] = fit_forest(names, matrix, joined.left_h, joined.weight)
    both = len(forests) == len(lessons)
    single = _train_own(lessons, sources) if both and own and len(sources) > 1 else {}
    return TrainedParts(forests if both else {}, single, tables)


def _train_own(
    lessons: dict[str, list[TrainingRows]], sources: tuple[str, ...]
) -> dict[str, dict[str, QuantileForest]]:
    """Fit trees to single sources that have enough to teach."""
    forests: dict[str, dict[str, QuantileForest]] = {}
    for place, source in enumerate(sources):
        mine = {kind: parts[place] for kind, parts in lessons.items()}
        if min(len(part.left_h) for part in mine.values()) >= OWN_FROM:
            forests[source] = {
                kind: fit_forest(part.names, part.shown, part.left_h, part.weight, own=True)
                for kind, part in mine.items()
            }
    return forests


def _join_rows(lessons: list[TrainingRows]) -> TrainingRows:
    matrix, left_h, weight = (
        np.concatenate([getattr(part, name) for part in lessons])
        for name in ("matrix", "left_h", "weight")
    )
    return TrainingRows(lessons[0].names, matrix, left_h, weight, matrix)


def collect_rows(
    board: HistoryIndex, kind: str, source: int, rng: np.random.Generator
) -> TrainingRows:
    """Return the rows one source has to teach."""
    marks = list_landmarks(board.history, tuple(LANDMARK_SAMPLES[kind]))
    keep = _sample_rows(marks, board.history, tuple(LANDMARK_SAMPLES[kind].values()), rng)
    marks = select_landmarks(marks, keep)
    features = board.compute_features(marks, etr=kind == SEEING)
    shown = make_matrix(features, source)
    matrix = shown.copy()
    hidden = rng.random(len(matrix)) < UNKNOWN_SHARE
    for name in PLACE_FEATURES:
        matrix[hidden, features.names.index(name)] = np.nan
    matrix[hidden, -1] = np.nan
    left_h = (board.history.outages.restoration_s[marks.row] - marks.issued_s) / HOUR_S
    weight = weigh_censored(board.history, marks)
    return TrainingRows(features.names, matrix, left_h, weight, shown)


def select_landmarks(marks: Landmarks, rows: NDArray[np.int64]) -> Landmarks:
    """Return the landmarks at ``rows``."""
    return type(marks)(marks.row[rows], marks.issued_s[rows], marks.kind[rows], marks.names)


def mark_usable(history: OutageHistory) -> NDArray[np.bool_]:
    """Return which outages have an end one can learn from or be judged by."""
    outages = history.outages
    length = outages.restoration_s - outages.start_s
    with np.errstate(invalid="ignore"):
        fits = (length > SHORTEST_OUTAGE_S) & (length < LONGEST_OUTAGE_S)
    return outages.clean & fits


def _sample_rows(
    marks: Landmarks, history: OutageHistory, most: tuple[int, ...], rng: np.random.Generator
) -> NDArray[np.int64]:
    """Return the rows to learn from, at most so many of each landmark."""
    usable = mark_usable(history)[marks.row]
    with np.errstate(invalid="ignore"):
        usable &= history.outages.restoration_s[marks.row] > marks.issued_s
    parts = []
    for kind, limit in enumerate(most):
        rows = np.flatnonzero(usable & (marks.kind == kind))
        if rows.size > limit:
            rows = rng.choice(rows, limit, replace=False)
        parts.append(np.sort(rows))
    return np.concatenate(parts)


def weigh_censored(history: OutageHistory, marks: Landmarks) -> Float:
    """
    Return the weight of each ended outage, for those still open when the history stops.

    Inverse probability of censoring: an outage that ended after ``u`` hours stands for 1 / G(u)
    outages, G(u) being the share of landmarks that could be watched for so long (Robins and
    Rotnitzky 1992). Watching stops only because the history does, so G is exact.
    """
    stop_s = history.span_s[1]
    watched = np.sort(stop_s - marks.issued_s)
    left = history.outages.restoration_s[marks.row] - marks.issued_s
    share = 1 - np.searchsorted(watched, left, side="left") / max(watched.size, 1)
    return 1 / np.clip(share, 0.05, 1)
