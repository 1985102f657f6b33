"""The list of jobs is the best one, and every way of forming it obeys what waits for what."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from examples import scale_examples
from gridtwin.analysis.storm.priority import find_precedence, order_by_horn
from gridtwin.topology.restoration_order import RestorationOrder


def cost(order: list[int], above: list[int], work: np.ndarray, weight: np.ndarray) -> float:
    """Return the weighted hours until all that each job brings back is back: soft precedence."""
    done, clock = np.zeros(len(work)), 0.0
    for job in order:
        clock += work[job]
        done[job] = clock
    total = 0.0
    for job in range(len(work)):
        back, over = done[job], above[job]
        while over >= 0:
            back, over = max(back, done[over]), above[over]
        total += weight[job] * back
    return total


@settings(max_examples=scale_examples(80), derandomize=True)
@given(seed=st.integers(0, 2**32 - 1))
def test_for_one_crew_no_order_is_better(seed: int) -> None:
    rng = np.random.default_rng(seed)
    jobs = int(rng.integers(1, 7))
    above = np.array([rng.integers(-1, job) if job else -1 for job in range(jobs)], dtype=np.int32)
    work, weight = rng.uniform(1, 5, jobs), rng.integers(0, 9, jobs).astype(float)
    order = order_by_horn(above, work, weight).tolist()
    assert sorted(order) == list(range(jobs))
    assert all(order.index(over) < order.index(job) for job, over in enumerate(above) if over >= 0)
    best = min(
        cost(list(other), above.tolist(), work, weight) for other in permutations(range(jobs))
    )
    assert cost(order, above.tolist(), work, weight) == pytest.approx(best)


def rows(*numbers: int) -> np.ndarray:
    return np.array(numbers, dtype=np.int32)


def test_two_jobs_that_hold_one_block_bring_its_customers_back_together() -> None:
    returns = RestorationOrder(rows(), (rows(0, 1), rows(2)), (rows(-1), rows(0)), 0)
    above, weight = find_precedence(returns, np.array([10.0, 5.0]), np.array([3.0, 1.0, 2.0]))
    assert above.tolist() == [1, -1, 0]  # the shorter first, what hangs below last
    assert weight.tolist() == [10.0, 0.0, 5.0]
