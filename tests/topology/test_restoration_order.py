"""Blocks come back when flooding the network again after every single repair says so."""

from __future__ import annotations

import random
from typing import get_args

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from brute import usage_points_out
from examples import scale_examples
from gridtwin.topology.conduction import PhasePolicy, SupplyRules
from gridtwin.topology.restoration_order import find_restoration_order
from gridtwin.topology.topology_index import build_index
from networks import network, random_network

DRAWS = 3


def returned(
    grid: object, rules: SupplyRules, held: list[set[int]], done: np.ndarray
) -> dict[int, float]:
    """Return when each usage point that was out has supply again, by flooding after each repair."""
    data = grid.data
    times: dict[int, float] = {}
    for moment in [0.0, *sorted(set(done.tolist()))]:
        nodes = frozenset(
            node for job, part in enumerate(held) if done[job] > moment for node in part
        )
        out, _ = usage_points_out(grid, data.equipment.normal_open, rules, nodes=nodes)
        for row in out:
            times[row] = np.inf
        for row, at in times.items():
            if row not in out and at == np.inf:
                times[row] = moment
    return times


@pytest.mark.parametrize("policy", get_args(PhasePolicy))
@settings(max_examples=scale_examples(120), derandomize=True)
@given(seed=st.integers(0, 2**32 - 1))
def test_returns_equal_flooding_again_after_every_repair(policy: PhasePolicy, seed: int) -> None:
    grid, rng = random_network(seed), random.Random(seed)
    data, rules = grid.data, SupplyRules(phase_policy=policy)
    index = build_index(data, data.equipment.normal_open, rules)
    count = len(data.nodes.mrid)
    jobs = rng.randint(1, 6)
    held = [set(rng.sample(range(count), rng.randint(0, min(4, count)))) for _ in range(jobs)]
    done = np.array([[rng.choice((1.0, 2.0, 3.0, 4.0)) for _ in range(DRAWS)] for _ in range(jobs)])
    nodes = [np.array(sorted(part), dtype=np.int32) for part in held]
    found = find_restoration_order(index, data.usage_points, nodes, strict=policy == "strict")
    times = found.compute_times(done)
    for draw in range(DRAWS):
        expected = returned(grid, rules, held, done[:, draw])
        lost = np.flatnonzero(found.block >= 0)
        assert {row: times[found.block[row], draw] for row in lost.tolist()} == expected


def test_on_a_ring_the_first_way_that_is_whole_brings_supply() -> None:
    ring = network(
        """
        W1 ac_line_segment S a ABC
        W2 ac_line_segment a m ABC
        E1 ac_line_segment S b ABC
        E2 ac_line_segment b m ABC
        """,
        meters="MA@a MB@b MM@m",
        sources="S",
    )
    index = build_index(ring.data, ring.data.equipment.normal_open)
    a, b = (np.flatnonzero(ring.data.nodes.mrid == name).astype(np.int32) for name in (b"a", b"b"))
    returns = find_restoration_order(index, ring.data.usage_points, [a, b])
    times = returns.compute_times(np.array([[5.0, 1.0], [3.0, 2.0]]))[returns.block]
    assert times.tolist() == [[5.0, 1.0], [3.0, 2.0], [3.0, 1.0]]


def test_the_way_of_the_least_work_feeds_a_block() -> None:
    line = network(
        """
        L1 ac_line_segment S a ABC
        L2 ac_line_segment a b ABC
        """,
        meters="MA@a MB@b",
        sources="S",
    )
    index = build_index(line.data, line.data.equipment.normal_open)
    nodes = [np.flatnonzero(line.data.nodes.mrid == name).astype(np.int32) for name in (b"a", b"b")]
    returns = find_restoration_order(index, line.data.usage_points, nodes)
    first, second = returns.block.tolist()
    assert returns.find_feeding_blocks(np.ones(2))[[first, second]].tolist() == [-1, first]
