"""What was known at a moment, held against plain loops."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from gridtwin.analysis.erm.asof import GroupedEvents, RevisionIndex
from gridtwin.analysis.erm.pace import EDGES_H, RestorationPace, compute_hours_left
from gridtwin.model.outage_history import Revisions, Words

SEEDS = st.integers(0, 10_000)


def _revisions(rng: np.random.Generator, outages: int, count: int) -> Revisions:
    row = np.sort(rng.integers(0, outages, count))
    t = rng.integers(0, 50, count).astype(float)
    order = np.lexsort((t, row))
    etr = np.where(rng.random(count) < 0.5, rng.integers(60, 64, count), np.nan)
    blank, none = np.full(count, np.nan), Words(np.full(count, -1, np.int32), ())
    return Revisions(row[order], t[order], blank, etr, blank, blank, none, none)


@given(SEEDS)
def test_the_revision_in_force_is_the_last_not_after_the_moment(seed: int) -> None:
    rng = np.random.default_rng(seed)
    revisions = _revisions(rng, 6, 30)
    index = RevisionIndex.from_revisions(revisions, 6)
    row, t = rng.integers(0, 6, 40), rng.integers(-5, 60, 40).astype(float)
    for asked, moment, found in zip(row, t, index.find_in_force(row, t), strict=True):
        fits = np.flatnonzero((revisions.row == asked) & (revisions.t_s <= moment))
        assert found == (fits[-1] if fits.size else -1)


@given(SEEDS)
def test_estimates_are_counted_and_dated_as_they_change(seed: int) -> None:
    revisions = _revisions(np.random.default_rng(seed), 4, 25)
    index = RevisionIndex.from_revisions(revisions, 4)
    for outage in range(4):
        shown, count, since = np.nan, 0, np.nan
        for place in np.flatnonzero(revisions.row == outage):
            new = revisions.etr_s[place]
            if np.isfinite(new) and new != shown:
                shown, count, since = new, count + 1, revisions.t_s[place]
            assert index.etr_count[place] == count
            np.testing.assert_equal(index.etr_carried_s[place], shown)
            np.testing.assert_equal(index.etr_since_s[place], since)


@given(SEEDS)
def test_windows_count_and_sum_what_fell_into_them(seed: int) -> None:
    rng = np.random.default_rng(seed)
    group, t = rng.integers(-1, 3, 40), rng.integers(0, 30, 40).astype(float)
    t[rng.random(40) < 0.1] = np.nan
    value = rng.integers(-5, 5, 40) / 4
    grouped = GroupedEvents.from_events(group, t, value)
    asked, now = rng.integers(0, 4, 20), rng.integers(-3, 35, 20).astype(float)
    count, total = grouped.sum_window(asked, now, 7.0)
    for k in range(20):
        inside = (group == asked[k]) & (t > now[k] - 7) & (t <= now[k])
        assert count[k] == inside.sum()
        assert total[k] == value[inside].sum()


@given(SEEDS)
def test_the_pace_counts_ends_and_hours_at_risk(seed: int) -> None:
    rng = np.random.default_rng(seed)
    first = rng.integers(0, 40, 15) * 900.0
    gone = first + rng.integers(1, 60, 15) * 900.0
    gone[rng.random(15) < 0.2] = np.nan
    pace = RestorationPace.from_outages(first, gone, 20 * 3600.0)
    for hour in range(len(pace.ends)):
        now = pace.origin_s + hour * 3600
        for band, low in enumerate(EDGES_H):
            high = EDGES_H[band + 1] if band + 1 < EDGES_H.size else np.inf
            stop = np.fmin(gone, now)
            at_risk = np.clip((stop - first) / 3600, low, high) - low
            assert np.isclose(pace.exposure_h[hour, band], at_risk.sum())
            length = (gone - first) / 3600
            ended = (gone <= now) & (length >= low) & (length < high)
            assert pace.ends[hour, band] == ended.sum()


@given(SEEDS)
def test_hours_left_invert_the_survival_of_the_pace(seed: int) -> None:
    rng = np.random.default_rng(seed)
    rate = rng.uniform(0.05, 2.0, (30, EDGES_H.size))
    elapsed, share = rng.uniform(0, 300, 30), float(rng.uniform(0.05, 0.95))
    left = compute_hours_left(rate, elapsed, share)
    fine = np.linspace(0, 1, 2001)
    for k in range(30):
        path = elapsed[k] + fine * left[k]
        middle = (path[1:] + path[:-1]) / 2
        hazard = rate[k, np.searchsorted(EDGES_H, middle, side="right") - 1]
        assert np.isclose(np.sum(hazard * np.diff(path)), -np.log1p(-share), rtol=0.02)
