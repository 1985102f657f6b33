"""Describe the utility's own estimate, and how its estimates have been kept lately."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gridtwin.analysis.erm.asof import GroupedEvents, RevisionIndex, take_or_nan
from gridtwin.model.moments import DAY_S, HOUR_S

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gridtwin.analysis.erm.landmarks import Landmarks
    from gridtwin.model.outage_history import OutageHistory

    Float = NDArray[np.float64]
    Rows = NDArray[np.int64]

LEAD_EDGES_H = np.array([0.5, 1.0, 2.0, 3.0, 4.0, 6.0, 12.0, 24.0])
LONGEST_LEAD_H = 24.0 * 30


def compute_lead_h(etr_s: Float, t_s: Float) -> Float:
    """Return the hours from now to the estimate, negative if it has passed; NaN without one."""
    return np.clip((etr_s - t_s) / HOUR_S, -LONGEST_LEAD_H, LONGEST_LEAD_H)


def compute_etr_features(
    history: OutageHistory,
    index: RevisionIndex,
    work: NDArray[np.bool_],
    marks: Landmarks,
    hour: Float,
) -> dict[str, Float]:
    """Return the features of the estimate in force at each moment; ``hour`` is local, 0 to 24."""
    outages, row, t_s = history.outages, marks.row, marks.issued_s
    place = index.find_in_force(row, t_s)
    etr = take_or_nan(index.revisions.etr_s, place)
    # An estimate withdrawn is still the last word on the matter.
    last = take_or_nan(index.etr_carried_s, place)
    early = np.where(outages.etr_first_seen_s[row] <= t_s, outages.etr_first_s[row], np.nan)
    last = np.where(np.isnan(last), early, last)
    lead = compute_lead_h(last, t_s)
    return {
        "etr_lead": lead,
        "etr_lead_log": np.log(np.maximum(lead, 0.05)),
        "etr_overdue": np.log1p(np.maximum(-lead, 0)),
        "etr_shown": np.where(np.isfinite(last), np.isfinite(etr), np.nan),
        "etr_age": np.log1p((t_s - take_or_nan(index.etr_since_s, place)) / HOUR_S),
        "etr_count": take_or_nan(index.etr_count, place),
        "etr_from_start": compute_lead_h(last, take_or_nan(index.revisions.start_s, place)),
        "etr_vs_first": compute_lead_h(last, early),
        "etr_minute": np.mod(last / 60, 60),
        "etr_hour": np.mod(hour + lead, 24),
        "auto_etr_lead": compute_lead_h(take_or_nan(index.revisions.auto_etr_s, place), t_s),
        **_measure_kept_etrs(history, work, last, t_s),
    }


def _measure_kept_etrs(
    history: OutageHistory, work: NDArray[np.bool_], etr_s: Float, t_s: Float
) -> dict[str, Float]:
    """Return how first estimates of outages now over compare with the truth, lately."""
    outages = history.outages
    given_s, promised_s = outages.etr_first_seen_s, outages.etr_first_s
    with np.errstate(invalid="ignore", divide="ignore"):
        lead = (promised_s - given_s) / HOUR_S
        actual = (outages.restoration_s - given_s) / HOUR_S
        ratio = np.clip(np.log(np.maximum(actual, 0.05) / lead), -4, 4)
    counted = outages.clean & ~work & (lead > 0.1) & (actual > 0)
    ratio = np.where(counted, ratio, np.nan)
    size = np.searchsorted(LEAD_EDGES_H, np.nan_to_num(lead, nan=1.0)).astype(np.int64)
    now = np.searchsorted(LEAD_EDGES_H, np.nan_to_num(compute_lead_h(etr_s, t_s), nan=1.0))
    zero = np.zeros(len(outages), np.int64)
    overall, by_size = (
        GroupedEvents.from_events(zero, outages.gone_s, ratio),
        GroupedEvents.from_events(size, outages.gone_s, ratio),
    )
    kept = GroupedEvents.from_events(
        zero, outages.gone_s, np.where(np.isnan(ratio), np.nan, ratio <= 0)
    )
    none = np.zeros(t_s.size, np.int64)
    year, total = overall.sum_window(none, t_s, 365 * DAY_S)
    usual = total / np.maximum(year, 1)
    month, sums = overall.sum_window(none, t_s, 30 * DAY_S)
    day, today = overall.sum_window(none, t_s, DAY_S)
    count, mine = by_size.sum_window(now.astype(np.int64), t_s, 180 * DAY_S)
    share_n, share = kept.sum_window(none, t_s, 30 * DAY_S)
    return {
        "kept_usual": usual,
        "kept_month": (sums + 20 * usual) / (month + 20),
        "kept_day": (today + 20 * usual) / (day + 20),
        "kept_by_lead": (mine + 20 * usual) / (count + 20),
        "kept_share": (share + 10 * 0.7) / (share_n + 10),
    }
