"""Major event days are those of the standard, day by day of a time zone."""

from __future__ import annotations

import math
from datetime import UTC, date, datetime
from statistics import NormalDist
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from gridtwin.analysis.reliability.interruption_counts import Counting
from gridtwin.analysis.reliability.interruption_records import Interruptions
from gridtwin.analysis.reliability.major_events import (
    BETAS,
    Calendar,
    compute_major_event_threshold,
    find_years_before,
)
from gridtwin.analysis.reliability.reliability_indices import EARLIER, WITHIN, compute_reliability

DAY = 86_400.0
MIDNIGHT = datetime(2026, 3, 1, tzinfo=UTC).timestamp()


def minutes(*rows: tuple[float, float, int]) -> Interruptions:
    """Return interruptions from (begins after, lasts, customers), in minutes."""
    begin = np.array([MIDNIGHT + 60 * row[0] for row in rows])
    end = begin + 60 * np.array([row[1] for row in rows])
    return Interruptions.from_columns(begin, end, [row[2] for row in rows])


def test_a_long_interruption_belongs_to_the_day_in_which_it_began() -> None:
    """Forty-eight hours of 10 customers, from 23:00: 28,800 customer-minutes on the first day."""
    rows = minutes((23 * 60, 48 * 60, 10), (25 * 60, 60, 10))
    daily = compute_reliability(rows, np.array([100]), MIDNIGHT, MIDNIGHT + 3 * DAY).daily
    assert daily.customer_minutes.tolist() == [28_800.0, 600.0, 0.0]
    assert daily.saidi.tolist() == [288.0, 6.0, 0.0]


def test_a_day_is_that_of_the_time_zone() -> None:
    """03:00 UTC is the evening before in Houston."""
    houston = ZoneInfo("America/Chicago")
    begin = datetime(2026, 3, 1, tzinfo=houston).timestamp()
    at = datetime(2026, 3, 2, 3, tzinfo=UTC).timestamp()
    rows = Interruptions.from_columns([at], [at + 3600], [1])
    days = compute_reliability(
        rows, np.array([1]), begin, begin + 2 * DAY, Counting(zone=houston)
    ).daily
    assert days.calendar.get_date(0) == date(2026, 3, 1)
    assert days.interruptions.tolist() == [1, 0]


def test_the_days_of_a_calendar_heed_summer_time() -> None:
    zone = ZoneInfo("America/Chicago")
    begin = datetime(2026, 3, 7, tzinfo=zone).timestamp()
    days = Calendar.from_period(begin, begin + 3 * DAY, zone)
    assert np.diff(days.starts_s).tolist() == [24 * 3600, 23 * 3600, 24 * 3600, 24 * 3600]


@pytest.mark.parametrize(
    "name", ["America/Havana", "Asia/Beirut", "Atlantic/Azores", "Asia/Tehran", "America/Chicago"]
)
def test_days_begin_at_midnight_also_where_the_clock_changes_at_midnight(name: str) -> None:
    zone = ZoneInfo(name)
    begin = datetime(2021, 1, 1, tzinfo=zone).timestamp()
    days = Calendar.from_period(begin, begin + 400 * DAY, zone)
    for number in range(len(days)):
        start = float(days.starts_s[number])
        assert datetime.fromtimestamp(start, zone).date() == days.get_date(number)
        assert datetime.fromtimestamp(start - 1, zone).date() < days.get_date(number)
    at = np.r_[
        begin - 1,
        np.sort(days.starts_s),
        np.random.default_rng(1).uniform(begin, begin + 400 * DAY, 500),
    ]
    assert days.find_day(at).tolist() == (np.searchsorted(days.starts_s, at, "right") - 1).tolist()


def test_five_years_before_a_leap_day_begin_on_the_28th() -> None:
    begin = datetime(2024, 2, 29, tzinfo=UTC).timestamp()
    assert find_years_before(begin, UTC) == datetime(2019, 2, 28, tzinfo=UTC).timestamp()


def test_major_event_days_are_found_by_the_days_before_and_taken_out() -> None:
    """
    Two days before have a daily SAIDI of 1 and e**2 minutes.

    alpha = (0 + 2) / 2 = 1; beta = sqrt(2); T_MED = exp(1 + 2.5 * 1.41421) = 93.27 minutes.

    1,000 customers. Day 0: 500 customers for 200 min, SAIDI 100 > 93.27: major.
    Day 1: 500 for 180 min, SAIDI 90: not. SAIDI 190 with all days, 90 without; SAIFI 1.0 and 0.5.
    """
    before = Interruptions.from_columns(
        MIDNIGHT - np.array([10, 5]) * DAY,
        MIDNIGHT - np.array([10, 5]) * DAY + 60 * np.array([100, 100 * math.exp(2)]),
        [10, 10],
    )
    rows = minutes((0, 200, 500), (1440, 180, 500))
    both = Interruptions.from_columns(
        np.r_[before.began_s, rows.began_s],
        np.r_[before.restored_s, rows.restored_s],
        np.r_[before.customers, rows.customers],
    )
    found = compute_reliability(both, np.array([1_000]), MIDNIGHT, MIDNIGHT + 2 * DAY)
    assert found.threshold_from == EARLIER
    assert found.threshold.t_med == pytest.approx(math.exp(1 + 2.5 * math.sqrt(2)), rel=1e-6)
    assert found.daily.major.tolist() == [True, False]
    assert (found.system.saidi[0], found.system_without.saidi[0]) == (190.0, 90.0)
    assert (found.system.saifi[0], found.system_without.saifi[0]) == (1.0, 0.5)


def test_only_five_years_before_the_period_count() -> None:
    old = MIDNIGHT - np.arange(1, 8) * 366 * DAY
    rows = Interruptions.from_columns(old, old + 3600, np.arange(1, 8))
    found = compute_reliability(rows, np.array([100]), MIDNIGHT, MIDNIGHT + DAY)
    assert found.threshold.days == 4  # the fifth lies 1,830 days back, five years are 1,826


def test_without_days_before_the_period_gives_its_own_threshold() -> None:
    found = compute_reliability(
        minutes((0, 60, 1), (1440, 30, 1)), np.array([9]), MIDNIGHT, MIDNIGHT + DAY
    )
    assert found.threshold_from == WITHIN
    assert math.isnan(found.threshold.t_med)
    assert not found.daily.major.any()


@pytest.mark.parametrize(
    ("betas", "probability", "days_a_year"),
    [
        (1, 0.15866, 57.9),
        (2, 0.02275, 8.3),
        (2.4, 0.00822, 3.0),
        (2.5, 0.00621, 2.3),
        (3, 0.00135, 0.5),
    ],
)
def test_lognormal_days_are_major_as_often_as_the_standard_says(
    betas: float, probability: float, days_a_year: float
) -> None:
    """IEEE Std 1366-2012, table B.2: how often a day lies beyond alpha + k beta."""
    rng = np.random.default_rng(1366)
    daily = np.exp(rng.normal(-2.0, 1.5, 2_000_000))
    found = compute_major_event_threshold(daily)
    beyond = float((daily > math.exp(found.alpha + betas * found.beta)).mean())
    assert beyond == pytest.approx(probability, rel=0.03)
    assert 365 * probability == pytest.approx(days_a_year, abs=0.05)
    assert 1 - NormalDist().cdf(betas) == pytest.approx(probability, rel=4e-3)
    assert BETAS == 2.5
    assert found.t_med == pytest.approx(math.exp(found.alpha + 2.5 * found.beta))
