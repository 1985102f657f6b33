"""Reliability indices equal hand-worked cases, the standard's figures, and a brute-force clock."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from examples import scale_examples
from gridtwin.analysis.reliability.interruption_counts import Counting, Indices
from gridtwin.analysis.reliability.interruption_records import Interruptions, remove_overlaps
from gridtwin.analysis.reliability.reliability_indices import compute_reliability
from gridtwin.errors import InputError

DAY = 86_400.0
MIDNIGHT = datetime(2026, 3, 1, tzinfo=UTC).timestamp()


def minutes(*rows: tuple[float, float, int], **columns: object) -> Interruptions:
    """Return interruptions from (begins after, lasts, customers), in minutes."""
    begin = [MIDNIGHT + 60 * row[0] for row in rows]
    end = [MIDNIGHT + 60 * (row[0] + row[1]) for row in rows]
    return Interruptions.from_columns(begin, end, [row[2] for row in rows], **columns)


def of_a_day(rows: Interruptions, served: int, **counting: object) -> Indices:
    return compute_reliability(
        rows, np.array([served]), MIDNIGHT, MIDNIGHT + DAY, Counting(**counting)
    ).system


def test_step_restoration_is_counted_step_by_step() -> None:
    """
    An outage of 1,000 customers of 2,000: 600 back after 30 min, 300 after 90, 100 after 240.

    CI = 1,000. CMI = 600 * 30 + 300 * 90 + 100 * 240 = 18,000 + 27,000 + 24,000 = 69,000.
    SAIFI = 1,000 / 2,000 = 0.5. SAIDI = 69,000 / 2,000 = 34.5. CAIDI = 69,000 / 1,000 = 69.
    ASAI = 1 - 34.5 / 1,440 = 0.976041...
    Without the steps CMI would be 1,000 * 240 = 240,000: 3.5 times as much.
    """
    found = of_a_day(minutes((60, 30, 600), (60, 90, 300), (60, 240, 100), event=7), 2_000)
    assert found.events.tolist() == [1]
    assert found.interruptions.tolist() == [1_000]
    assert found.customer_minutes.tolist() == [69_000.0]
    assert (found.saifi[0], found.saidi[0], found.caidi[0]) == (0.5, 34.5, 69.0)
    assert found.asai[0] == pytest.approx(1 - 34.5 / 1_440)


def test_a_feeder_of_2000_customers_with_nine_interruptions() -> None:
    """
    Seven sustained and two momentary interruptions of a year; 2,000 customers.

    ============= ========= =====================
    minutes       customers customer-minutes
    ============= ========= =====================
    490 s = 8 1/6       200    1,633 1/3
    4,279 s             600   42,790
    1,814 s              25      755 5/6
    16,031 s             90   24,046 1/2
    120                 700   84,000
    10                1,500   15,000
    40                  100    4,000
    ============= ========= =====================

    CI = 3,215, SAIFI = 3,215 / 2,000 = 1.6075. CMI = 172,225 2/3, SAIDI = 86.1128.
    CAIDI = 172,225 2/3 / 3,215 = 53.5694. ASAI = 1 - 86.1128 / 525,600 = 0.999836.
    Momentary: 30 s of 400 and 60 s of 2,000. MAIFI = 2,400 / 2,000 = 1.2.
    """
    lasts_s = [490, 30, 4_279, 1_814, 60, 16_031, 7_200, 600, 2_400]
    customers = [200, 400, 600, 25, 2_000, 90, 700, 1_500, 100]
    begin = MIDNIGHT + 30 * DAY * np.arange(9)
    rows = Interruptions.from_columns(begin, begin + lasts_s, customers, event=np.arange(9))
    found = compute_reliability(rows, np.array([2_000]), MIDNIGHT, MIDNIGHT + 365 * DAY).system
    assert found.events[0] == 7
    assert found.saifi[0] == 1.6075
    assert found.saidi[0] == pytest.approx(86.1128, abs=1e-4)
    assert found.caidi[0] == pytest.approx(53.5694, abs=1e-4)
    assert found.asai[0] == pytest.approx(0.999836, abs=1e-6)
    assert found.maifi[0] == 1.2


@pytest.mark.parametrize(
    ("interrupted", "served", "saifi"),
    [
        (9_677_909, 1_142_486, 8.47),
        (8_896_776, 1_144_234, 7.78),
        (8_717_401, 1_147_912, 7.59),
        (27_292_086, 1_147_912, 23.78),
    ],
)
def test_saifi_is_what_a_utility_published(interrupted: int, served: int, saifi: float) -> None:
    """Paschim Gujarat Vij Company, SoP 011-A, January to March 2018 and the quarter."""
    assert of_a_day(minutes((10, 60, interrupted)), served).saifi[0] == pytest.approx(
        saifi, abs=5e-3
    )


@pytest.mark.parametrize(("lasts", "sustained"), [(4.99, False), (5.0, False), (5.01, True)])
def test_five_minutes_are_still_momentary(lasts: float, sustained: bool) -> None:
    found = of_a_day(minutes((0, lasts, 10)), 100)
    assert found.interruptions[0] == (10 if sustained else 0)
    assert found.momentary[0] == (0 if sustained else 10)
    assert math.isnan(found.caidi[0]) != sustained


def test_the_limit_of_momentary_is_a_parameter() -> None:
    rows = minutes((0, 3, 10))
    assert of_a_day(rows, 100, sustained_after_s=60).saifi[0] == 0.1
    assert of_a_day(rows, 100, sustained_after_s=60).maifi[0] == 0


def test_reclosing_counts_every_time_in_maifi_and_once_in_maifi_e() -> None:
    """
    Usage point 0 (10 customers): three blinks within 5 min, a fourth after 6 min: two events.

    Usage point 1 (5 customers): two blinks, then a lockout of an hour: no momentary event.
    MAIFI = (4 * 10 + 2 * 5) / 100 = 0.5. MAIFI_E = 2 * 10 / 100 = 0.2. SAIFI = 5 / 100 = 0.05.
    """
    rows = minutes(
        *[(at, 0.2, 10) for at in (0, 1, 5, 6)],
        *[(0, 0.2, 5), (1, 0.2, 5), (2, 60, 5)],
        usage_point=[0] * 4 + [1] * 3,
    )
    found = of_a_day(rows, 100)
    assert (found.maifi[0], found.maifi_e[0], found.saifi[0]) == (0.5, 0.2, 0.05)


def test_a_blink_five_minutes_after_the_first_is_of_its_event() -> None:
    rows = minutes((0, 0.2, 10), (5, 0.2, 10), usage_point=0)
    assert of_a_day(rows, 100).maifi_e[0] == 0.1


def test_cemi_is_the_share_of_customers_with_more_than_n_interruptions() -> None:
    """
    Usage points of 3, 2 and 1 customers with 4, 3 and 1 sustained interruptions, of 10 served.

    CEMI-0 = (3 + 2 + 1) / 10. CEMI-2 = (3 + 2) / 10. CEMI-3 = 3 / 10. CEMI-4 = 0.
    """
    point = [0] * 4 + [1] * 3 + [2]
    customers = [3] * 4 + [2] * 3 + [1]
    rows = minutes(
        *[(100 * number, 30, people) for number, people in enumerate(customers)],
        usage_point=point,
    )
    found = of_a_day(rows, 10, cemi=(0, 2, 3, 4))
    assert [found.cemi(n)[0] for n in (0, 2, 3, 4)] == [0.6, 0.5, 0.3, 0.0]


def test_without_usage_points_cemi_and_maifi_e_are_not_known() -> None:
    found = of_a_day(minutes((0, 30, 10), (0, 1, 10)), 100)
    assert math.isnan(found.cemi(3)[0])
    assert math.isnan(found.maifi_e[0])


def test_minutes_claimed_by_two_outages_count_once() -> None:
    """A nested outage holds the meter from 30 to 90, its parent from 0 to 60: 90 minutes in all."""
    rows = minutes((0, 60, 4), (30, 60, 4), (200, 10, 4), usage_point=0, event=[1, 2, 3])
    found = compute_reliability(rows, np.array([10]), MIDNIGHT, MIDNIGHT + DAY)
    assert found.system.customer_minutes[0] == 4 * (90 + 10)
    assert found.system.interruptions[0] == 8
    assert found.overlaps == 1


def test_who_is_out_since_three_minutes_is_not_counted_yet() -> None:
    rows = Interruptions.from_columns([MIDNIGHT + DAY - 180], [np.nan], [10])
    found = compute_reliability(rows, np.array([100]), MIDNIGHT, MIDNIGHT + DAY)
    assert found.still_out == 10
    assert (found.system.maifi[0], found.system.saifi[0]) == (0.0, 0.0)


def test_groups_add_up_to_the_system() -> None:
    rows = minutes(
        (0, 60, 10), (10, 30, 20), (0, 2, 5), (9, 50, 8), group=[0, 1, 1, -1], usage_point=range(4)
    )
    found = compute_reliability(rows, np.array([100, 300]), MIDNIGHT, MIDNIGHT + DAY)
    assert found.groups.saidi.tolist() == [6.0, 2.0]
    assert found.groups.momentary.tolist() == [0, 5]
    # Eight customers of no known feeder count for the system.
    assert found.system.customer_minutes[0] == found.groups.customer_minutes.sum() + 400
    assert found.system.served[0] == 400


def test_planned_interruptions_are_left_out_on_demand() -> None:
    rows = minutes((0, 60, 10), (0, 60, 30), planned=[False, True])
    assert of_a_day(rows, 100).saifi[0] == 0.4
    assert of_a_day(rows, 100, exclude_planned=True).saifi[0] == 0.1


def test_who_is_still_out_is_counted_up_to_the_end_of_the_period() -> None:
    rows = Interruptions.from_columns([MIDNIGHT + DAY - 3600], [np.nan], [10])
    found = compute_reliability(rows, np.array([100]), MIDNIGHT, MIDNIGHT + DAY)
    assert found.still_out == 10
    assert found.system.saidi[0] == 10 * 60 / 100


def test_wrong_rows_are_refused_with_their_number() -> None:
    with pytest.raises(InputError, match="row 1 is restored before it began"):
        Interruptions.from_columns([0, 10], [5, 9], [1, 1])
    with pytest.raises(InputError, match="row 0 counts less"):
        Interruptions.from_columns([0], [5], [-1])
    with pytest.raises(InputError, match="later end"):
        compute_reliability(minutes((0, 9, 1)), np.array([1]), 5, 5)
    with pytest.raises(InputError, match="there are 1 groups"):
        compute_reliability(minutes((0, 9, 1), group=3), np.array([1]), MIDNIGHT, MIDNIGHT + DAY)


def test_no_interruption_at_all_is_a_perfect_year() -> None:
    found = of_a_day(Interruptions.from_columns([], [], []), 10)
    assert (found.saifi[0], found.saidi[0], found.asai[0]) == (0.0, 0.0, 1.0)
    assert math.isnan(found.caidi[0])


POINTS, CLOCK = 4, 90  # usage points, and minutes looked at
row = st.tuples(
    st.integers(0, POINTS - 1), st.integers(0, CLOCK - 1), st.integers(0, 40), st.booleans()
)
records = st.lists(row, max_size=25)
PEOPLE = np.array([1, 2, 5, 7])
GROUP = np.array([0, 0, 1, 1])


def interruptions_of(found: list[tuple[int, int, int, bool]]) -> Interruptions:
    point = np.array([record[0] for record in found], dtype=int)
    begin = MIDNIGHT + 60.0 * np.array([record[1] for record in found])
    end = begin + 60.0 * np.array([record[2] for record in found])
    still_out = np.array([record[3] for record in found], dtype=bool)
    return Interruptions.from_columns(
        begin,
        np.where(still_out, np.nan, end),
        PEOPLE[point],
        group=GROUP[point],
        usage_point=point,
    )


def by_the_clock(found: list[tuple[int, int, int, bool]]) -> dict[str, float]:
    """Look at every usage point at every half minute of two hours, and count what is seen."""
    dark = np.zeros((POINTS, 2 * (CLOCK + 45)), dtype=bool)
    for point, begin, lasts, still_out in found:
        if still_out and CLOCK - begin <= 5:
            continue  # it may yet be momentary
        # Odd ticks are instants between minutes; an even one is the minute's own instant.
        end = CLOCK if still_out else begin + lasts
        dark[point, 2 * begin : 2 * max(end, begin) + 1] = True
    counts = {"ci": 0, "cmi": 0.0, "momentary": 0, "events": 0, "often": 0}
    for point in range(POINTS):
        runs, at = [], 0
        while at < dark.shape[1]:
            if dark[point, at]:
                stop = at
                while stop + 1 < dark.shape[1] and dark[point, stop + 1]:
                    stop += 1
                runs.append((at / 2, (stop - at) / 2))
                at = stop
            at += 1
        runs = [run for run in runs if run[0] < CLOCK]
        long = [run for run in runs if run[1] > 5]
        counts["ci"] += len(long) * PEOPLE[point]
        counts["cmi"] += sum(run[1] for run in long) * PEOPLE[point]
        counts["momentary"] += (len(runs) - len(long)) * PEOPLE[point]
        counts["often"] += PEOPLE[point] if len(long) > 1 else 0
        left = [run for run in runs if run[1] <= 5]
        while left:
            first = left[0][0]
            left = [run for run in left if run[0] > first + 5]
            if not any(first < run[0] <= first + 5 for run in long):
                counts["events"] += PEOPLE[point]
    return counts


@settings(max_examples=scale_examples(300))
@given(records)
def test_indices_equal_those_of_a_clock_at_every_meter(
    found: list[tuple[int, int, int, bool]],
) -> None:
    served = np.array([30, 40])
    counting = Counting(cemi=(1,))
    answer = compute_reliability(
        interruptions_of(found), served, MIDNIGHT, MIDNIGHT + 60.0 * CLOCK, counting
    ).system
    seen = by_the_clock(found)
    assert answer.interruptions[0] == seen["ci"]
    assert answer.customer_minutes[0] == pytest.approx(seen["cmi"])
    assert answer.momentary[0] == seen["momentary"]
    assert answer.maifi_e[0] == pytest.approx(seen["events"] / 70)
    assert answer.cemi(1)[0] == pytest.approx(seen["often"] / 70)


@settings(max_examples=scale_examples(100))
@given(records, st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_matter(
    found: list[tuple[int, int, int, bool]], rng: object
) -> None:
    rows = interruptions_of(found)
    mixed = list(range(len(found)))
    rng.shuffle(mixed)  # type: ignore[attr-defined]
    args = (np.array([30, 40]), MIDNIGHT, MIDNIGHT + 60.0 * CLOCK)
    one, other = (
        compute_reliability(rows, *args),
        compute_reliability(rows.select_rows(np.array(mixed, int)), *args),
    )
    for name in ("interruptions", "customer_minutes", "momentary", "momentary_events"):
        assert np.array_equal(getattr(one.groups, name), getattr(other.groups, name)), name


@settings(max_examples=scale_examples(100))
@given(records)
def test_saidi_is_saifi_times_caidi_and_groups_add_up(
    found: list[tuple[int, int, int, bool]],
) -> None:
    answer = compute_reliability(
        interruptions_of(found), np.array([30, 40]), MIDNIGHT, MIDNIGHT + 60.0 * CLOCK
    )
    system, groups = answer.system, answer.groups
    if system.interruptions[0]:
        assert system.saidi[0] == pytest.approx(system.saifi[0] * system.caidi[0])
    assert groups.customer_minutes.sum() == pytest.approx(system.customer_minutes[0])
    assert groups.momentary_events.sum() == system.momentary_events[0]
    assert answer.daily.customer_minutes.sum() == pytest.approx(system.customer_minutes[0])


@settings(max_examples=scale_examples(100))
@given(
    st.lists(st.tuples(st.integers(0, 80), st.integers(1, 60), st.integers(2, 9)), max_size=9),
    st.data(),
)
def test_splitting_a_row_of_customers_changes_nothing(
    found: list[tuple[int, int, int]], data: st.DataObject
) -> None:
    split = []
    for begin, lasts, customers in found:
        some = data.draw(st.integers(1, customers - 1))
        split += [(begin, lasts, some), (begin, lasts, customers - some)]
    whole, parts = of_a_day(minutes(*found), 100), of_a_day(minutes(*split), 100)
    assert whole.interruptions[0] == parts.interruptions[0]
    assert whole.momentary[0] == parts.momentary[0]
    assert whole.saidi[0] == pytest.approx(parts.saidi[0])


def test_times_finer_than_the_sort_number_are_still_told_apart() -> None:
    """A span of 10,000 years leaves no room for milliseconds; ties are sorted by exact time."""
    begin = np.array([0.0, 3e11, 3e11 - 0.25, 3e11 - 0.5])
    rows = Interruptions.from_columns(begin, begin + 0.1, 1, usage_point=[2**30, 5, 5, 5])
    apart, taken_in = remove_overlaps(rows)
    assert taken_in == 0
    assert apart.began_s.tolist() == [3e11 - 0.5, 3e11 - 0.25, 3e11, 0.0]
    assert remove_overlaps(replace(rows, restored_s=begin + 0.3))[1] == 2
