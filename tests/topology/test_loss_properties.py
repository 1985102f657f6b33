"""On random multigraphs, what the engine says is lost is what deleting and flooding says."""

from __future__ import annotations

import random
from typing import get_args

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from brute import usage_points_out
from examples import scale_examples
from gridtwin.analysis.outage.sweep import sweep_elements
from gridtwin.analysis.state.situation import Situation
from gridtwin.topology.conduction import PhasePolicy, SupplyRules
from gridtwin.topology.loss import FaultSet, count_customers, find_affected, find_loss
from gridtwin.topology.topology_index import build_index
from networks import random_network


def rows_of(*rows: int) -> np.ndarray:
    return np.array(rows, dtype=np.int32)


@pytest.mark.parametrize("policy", get_args(PhasePolicy))
@settings(max_examples=scale_examples(40), derandomize=True)
@given(seed=st.integers(0, 2**32 - 1))
def test_loss_equals_brute_force(policy: PhasePolicy, seed: int) -> None:
    network, rng = random_network(seed), random.Random(seed)
    data, rules = network.data, SupplyRules(phase_policy=policy)
    open_mask = data.equipment.normal_open
    index = build_index(data, open_mask, rules)
    counts = len(data.nodes.mrid), len(data.equipment.mrid), len(data.sources.mrid)
    cases = [((node,), (), ()) for node in range(counts[0])]
    cases += [((), (row,), ()) for row in range(counts[1])]
    cases += [((), (), (row,)) for row in range(counts[2])]
    for _ in range(10):
        drawn = (rng.sample(range(count), rng.randint(0, min(3, count))) for count in counts)
        cases.append(tuple(map(tuple, drawn)))
    for nodes, equipment, sources in cases:
        faults = FaultSet(rows_of(*nodes), rows_of(*equipment), rows_of(*sources))
        loss = find_loss(index, faults)
        strict = policy == "strict"
        found = find_affected(index, data.usage_points, loss, strict=strict)
        out, partial = usage_points_out(
            network,
            open_mask,
            rules,
            nodes=frozenset(nodes),
            equipment=frozenset(equipment),
            sources=frozenset(sources),
        )
        assert set(found.out.tolist()) == out
        assert set(found.partial.tolist()) == partial
        customers = sum(int(data.usage_points.customers[row]) for row in out)
        assert count_customers(index, data.usage_points, loss, strict=strict) == customers


@settings(max_examples=scale_examples(40), derandomize=True)
@given(seed=st.integers(0, 2**32 - 1))
def test_sweep_equals_each_element_failed_in_turn(seed: int) -> None:
    network = random_network(seed)
    data, rules = network.data, SupplyRules()
    open_mask = data.equipment.normal_open
    situation = Situation(network, open_mask, build_index(data, open_mask, rules), rules)
    customers, usage_points = sweep_elements(situation)
    for row in range(len(data.equipment.mrid)):
        out, _ = usage_points_out(network, open_mask, rules, equipment=frozenset((row,)))
        assert usage_points[row] == len(out)
        assert customers[row] == sum(int(data.usage_points.customers[at]) for at in out)
