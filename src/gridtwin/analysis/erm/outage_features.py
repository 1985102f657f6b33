"""Join everything known at a moment to one row of numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from gridtwin.analysis.erm.asof import RevisionIndex, take_or_nan
from gridtwin.analysis.erm.cohorts import count_same_etr, count_same_start
from gridtwin.analysis.erm.etr_features import compute_etr_features
from gridtwin.analysis.erm.outage_lengths import OutageLengths
from gridtwin.analysis.erm.pace import RestorationPace, compute_hours_left
from gridtwin.analysis.erm.system_load import SystemLoad, count_nearby
from gridtwin.analysis.erm.text_classes import PLANNED, classify_causes, classify_crews
from gridtwin.model.moments import HOUR_S

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gridtwin.analysis.erm.landmarks import Landmarks
    from gridtwin.model.outage_history import OutageHistory

    Float = NDArray[np.float64]
    Rows = NDArray[np.int64]

SIZE_EDGES = np.array([1.5, 5.5, 20.5, 100.5, 500.5])


@dataclass(frozen=True)
class OutageFeatures:
    """
    What was known at each landmark, shape (n, columns), and what it is measured against.

    ``scale_h`` is the median time left by the pace of the source's last 60 days: a model learns
    the time left relative to it, so that it holds for a source it has never seen.
    """

    names: tuple[str, ...]
    values: NDArray[np.float32]
    scale_h: Float
    storm: NDArray[np.bool_]
    planned: NDArray[np.bool_]

    def get_column(self, name: str) -> NDArray[np.float32]:
        """Return one feature."""
        return self.values[:, self.names.index(name)]


@dataclass(frozen=True)
class HistoryIndex:
    """A history, indexed once, ready to be asked what was known at any landmark."""

    history: OutageHistory
    index: RevisionIndex
    load: SystemLoad
    pace: RestorationPace
    lengths: OutageLengths
    cause: NDArray[np.int32]  # class of every revision
    crew: NDArray[np.int32]
    start_work: NDArray[np.bool_]  # planned work, as known at first sight
    start_s: Float  # stated start, as known at first sight

    @classmethod
    def from_history(cls, history: OutageHistory) -> HistoryIndex:
        """Index a history."""
        outages, revisions = history.outages, history.revisions
        index = RevisionIndex.from_revisions(revisions, len(history))
        cause, crew = classify_causes(revisions.cause), classify_crews(revisions.crew)
        rows = np.arange(len(history))
        first = index.find_in_force(rows, outages.first_seen_s)
        kind_planned = np.array(
            [*("planned" in text.lower() for text in outages.kind.texts), False]
        )
        work = (_read_code(cause, first) == PLANNED) | kind_planned[outages.kind.codes]
        start = take_or_nan(revisions.start_s, first)
        groups = _find_first_groups(history, first, cause)
        pace = RestorationPace.from_outages(
            outages.first_seen_s[~work], outages.gone_s[~work], history.span_s[1]
        )
        lengths = OutageLengths.from_history(history, groups, work.astype(np.int64))
        return cls(
            history,
            index,
            SystemLoad.from_history(history),
            pace,
            lengths,
            cause,
            crew,
            work,
            start,
        )

    def compute_features(self, marks: Landmarks, *, etr: bool) -> OutageFeatures:
        """Return what was known at each landmark, with or without the utility's estimate."""
        row, t_s = marks.row, marks.issued_s
        place = self.index.find_in_force(row, t_s)
        elapsed = np.maximum(t_s - self.history.outages.first_seen_s[row], 0) / HOUR_S
        scale, columns = self._compute_pace(t_s, elapsed)
        columns |= self._compute_outage(row, t_s, place)
        columns |= self.load.compute_columns(t_s)
        columns |= count_nearby(self.history, row, t_s)
        columns |= self.lengths.compute_columns(row, t_s)
        columns |= count_same_start(self.history, self.start_s, row, t_s)
        if etr:
            columns |= count_same_etr(self.history, row, t_s)
            hour = columns["hour"]
            work = self.start_work
            columns |= compute_etr_features(self.history, self.index, work, marks, hour)
        planned = self.start_work[row] | (columns["cause"] == PLANNED)
        columns["planned"] = planned.astype(float)
        values = np.stack([value.astype(np.float32) for value in columns.values()], axis=1)
        return OutageFeatures(tuple(columns), values, scale, self.load.is_storm(t_s), planned)

    def _compute_pace(self, t_s: Float, elapsed_h: Float) -> tuple[Float, dict[str, Float]]:
        long, week, day, hours = self.pace.compute_rates(t_s)
        scale = compute_hours_left(long, elapsed_h, 0.5)
        columns = {"elapsed": np.log1p(elapsed_h), "scale": np.log(scale)}
        for name, rate in (("week", week), ("day", day), ("hours", hours)):
            columns[f"pace_{name}"] = np.log(compute_hours_left(rate, elapsed_h, 0.5) / scale)
        for share in (0.2, 0.8, 0.95):
            columns[f"pace_day_{share}"] = np.log(compute_hours_left(day, elapsed_h, share) / scale)
        return scale, columns

    def _compute_outage(self, row: Rows, t_s: Float, place: Rows) -> dict[str, Float]:
        outages, revisions = self.history.outages, self.index.revisions
        first = np.where(place >= 0, self.index.first[row], -1)
        start = take_or_nan(revisions.start_s, place)
        start = np.where(np.isnan(start), take_or_nan(revisions.start_s, first), start)
        now, then = take_or_nan(revisions.customers, place), take_or_nan(revisions.customers, first)
        local_h = t_s / HOUR_S + np.nan_to_num(outages.lon[row]) / 15
        since_start = np.clip((t_s - start) / HOUR_S, -24, 24 * 60)
        return {
            "since_start": np.sign(since_start) * np.log1p(np.abs(since_start)),
            "seen_after": np.clip((outages.first_seen_s[row] - start) / HOUR_S, -2, 48),
            "hour": np.mod(local_h, 24),
            "weekday": np.mod(np.floor(local_h / 24) + 3, 7),
            "customers": np.log1p(np.maximum(now, 0)),
            "customers_change": np.log((np.maximum(now, 0) + 1) / (np.maximum(then, 0) + 1)),
            "cause": _read_code(self.cause, place).astype(float),
            "crew": _read_code(self.crew, place).astype(float),
            "cause_changed": (
                _read_code(self.cause, place) != _read_code(self.cause, first)
            ).astype(float),
            "revisions": place - first + 1.0,
            "revision_age": np.log1p(
                np.maximum(t_s - take_or_nan(revisions.t_s, place), 0) / HOUR_S
            ),
            "lat": outages.lat[row],
            "lon": outages.lon[row],
        }


def _read_code(codes: NDArray[np.int32], place: Rows) -> NDArray[np.int32]:
    if not codes.size:
        return np.zeros(place.shape, np.int32)
    return np.where(place >= 0, codes[place], 0).astype(np.int32)


def _find_first_groups(
    history: OutageHistory, first: Rows, cause: NDArray[np.int32]
) -> dict[str, Rows]:
    """Return the groups of every outage that are known at first sight."""
    revisions = history.revisions
    customers = np.nan_to_num(take_or_nan(revisions.customers, first), nan=-1)
    size = np.searchsorted(SIZE_EDGES, customers).astype(np.int64)
    text, crew = (
        _read_code(words.codes + 1, first).astype(np.int64)
        for words in (revisions.cause, revisions.crew)
    )
    crews = len(revisions.crew.texts) + 1
    hour = history.outages.first_seen_s / HOUR_S + np.nan_to_num(history.outages.lon) / 15
    return {
        "size": size,
        "words": text * crews + crew,
        "cause_size": _read_code(cause, first).astype(np.int64) * 8 + size,
        "hour": np.floor(np.mod(hour, 24) / 2).astype(np.int64),
    }
