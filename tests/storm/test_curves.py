"""Quantiles are times that were drawn, and the curve counts who is back."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from examples import scale_examples
from gridtwin.analysis.storm.restoration_curves import (
    compute_quantiles,
    count_customers_back,
    find_share_times,
    find_share_times_by_place,
    make_time_grid,
)

BACK = np.array([[1.0, 4.0], [2.0, 1.0], [3.0, 3.0]])
CUSTOMERS = np.array([1, 2, 7])


def test_the_curve_counts_customers_back_at_each_time() -> None:
    at = np.array([0.0, 1.0, 2.5, 4.0])
    assert count_customers_back(BACK, CUSTOMERS, at).tolist() == [[0, 0], [1, 2], [3, 2], [10, 10]]


def test_half_of_the_customers_are_back_when_the_group_that_reaches_half_is() -> None:
    assert find_share_times(BACK, CUSTOMERS, (0.2, 0.5, 1.0)).tolist() == [[2, 1], [3, 3], [3, 4]]


def test_a_promise_is_a_time_that_was_drawn() -> None:
    times = np.arange(1.0, 11.0)[None, ::-1]
    assert compute_quantiles(times, (0.1, 0.5, 0.8, 0.95)).tolist() == [[1, 5, 8, 10]]


def test_a_place_is_back_with_its_last_group() -> None:
    times = find_share_times_by_place(BACK, CUSTOMERS, np.array([1, 0, 1]), 2)
    assert times.tolist() == [[2, 1], [3, 4]]


@settings(max_examples=scale_examples(50), derandomize=True)
@given(seed=st.integers(0, 2**32 - 1))
def test_curves_equal_counting_one_by_one(seed: int) -> None:
    rng = np.random.default_rng(seed)
    back = rng.integers(0, 9, (6, 5)).astype(float)
    customers = rng.integers(0, 9, 6)
    customers[0] += 1
    at = np.unique(rng.integers(0, 10, 4)).astype(float)
    counts = count_customers_back(back, customers, at)
    for draw in range(5):
        for step, time in enumerate(at.tolist()):
            assert counts[step, draw] == customers[back[:, draw] <= time].sum()
        for share in (0.3, 0.9, 1.0):
            found = find_share_times(back, customers, (share,))[0, draw]
            enough = [
                time
                for time in sorted(set(back[:, draw].tolist()))
                if customers[back[:, draw] <= time].sum() >= share * customers.sum()
            ]
            assert found == enough[0]


def test_the_grid_of_a_curve_reaches_the_end() -> None:
    assert make_time_grid(BACK * 3600)[-1] >= 4 * 3600
