"""Outages that belong together: begun in the same minutes, or promised for the same moment."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gridtwin.analysis.erm.asof import GroupedEvents
from gridtwin.analysis.erm.system_load import find_squares
from gridtwin.model.moments import DAY_S

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gridtwin.model.outage_history import OutageHistory

    Float = NDArray[np.float64]
    Rows = NDArray[np.int64]

TOGETHER_S = 300.0  # begun within the same five minutes
COHORT_WINDOW_S = 7 * DAY_S


def count_same_start(
    history: OutageHistory, start_s: Float, row: Rows, t_s: Float
) -> dict[str, Float]:
    """Return how many outages began with each, anywhere and in its square, and how many ended."""
    begun = np.floor(np.nan_to_num(start_s, nan=-1.0) / TOGETHER_S)
    cell, cells = find_squares(history, degrees=0.2)
    codes = {
        "event": _number_values(np.where(begun >= 0, begun, np.nan)),
        "event_near": _number_values(
            np.where((begun >= 0) & (cell >= 0), begun * (cells + 1) + cell, np.nan)
        ),
    }
    first = history.outages.first_seen_s
    return _count_cohorts(history, codes, first, row, t_s)


def count_same_etr(history: OutageHistory, row: Rows, t_s: Float) -> dict[str, Float]:
    """Return how many outages were first promised for the same moment, and how many ended."""
    outages = history.outages
    code = {"promise": _number_values(outages.etr_first_s)}
    columns = _count_cohorts(history, code, outages.etr_first_seen_s, row, t_s)
    told = outages.etr_first_seen_s[row] <= t_s
    return {name: np.where(told, value, np.nan) for name, value in columns.items()}


def _count_cohorts(
    history: OutageHistory, codes: dict[str, Rows], known_s: Float, row: Rows, t_s: Float
) -> dict[str, Float]:
    gone_s = history.outages.gone_s
    one = np.ones(len(history))
    columns = {}
    for name, code in codes.items():
        came = GroupedEvents.from_events(code, known_s, one)
        went = GroupedEvents.from_events(code, np.where(np.isfinite(known_s), gone_s, np.nan), one)
        mine = code[row]
        count = came.sum_window(mine, t_s, COHORT_WINDOW_S)[0]
        ended = went.sum_window(mine, t_s, COHORT_WINDOW_S)[0]
        alone = mine < 0
        columns[f"{name}_size"] = np.where(alone, np.nan, np.log1p(count))
        columns[f"{name}_ended"] = np.where(alone, np.nan, ended / (count + 1))
    return columns


def _number_values(values: Float) -> Rows:
    """Return a number for every distinct value, -1 where there is none."""
    codes = np.full(values.size, -1, np.int64)
    known = np.isfinite(values)
    if known.any():
        codes[known] = np.unique(values[known], return_inverse=True)[1]
    return codes
