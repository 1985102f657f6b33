"""On random multigraphs, what the engine says is lost is what deleting and flooding says."""

from __future__ import annotations

import random
from typing import get_args

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from brute import usage_points_out
from gridtwin.analysis.situation import Situation
from gridtwin.analysis.sweep import sweep
from gridtwin.model.network import Network
from gridtwin.topology.conduction import PhasePolicy, Rules
from gridtwin.topology.index import build
from gridtwin.topology.loss import Faults, affected, count_customers, find_loss

PHASES = ("ABC", "ABC", "ABC", "ABC", "A", "B", "AB", "", "C")


def random_network(seed: int) -> Network:
    """Return a small network: parallel and looped edges, several sources, islands, open poles."""
    rng = random.Random(seed)
    codes = PHASES if rng.random() < 0.6 else ("ABC",)
    low_voltage = rng.random() < 0.5
    nodes = [f"n{at}" for at in range(rng.randint(3, 14))]
    volts = [rng.choice((12470.0, 12470.0, 240.0)) if low_voltage else 1e4 for _ in nodes]
    rows = []
    for at in range(rng.randint(2, 24)):
        a, b = rng.randrange(len(nodes)), rng.randrange(len(nodes))
        kind = rng.choice(("ac_line_segment", "recloser", "power_transformer"))
        if low_voltage:
            same = volts[a] == volts[b]
            kind = rng.choice(("ac_line_segment", "fuse")) if same else "power_transformer"
        phases = rng.choice(codes)
        opened: bool | str = rng.random() < 1 / 6
        if phases == "ABC":
            opened = rng.choice(("", "", "", "A", "BC", "ABC", ""))
        group = rng.choice(("", "", "Dyn")) if kind == "power_transformer" else ""
        rows.append((f"e{at}", kind, nodes[a], nodes[b], phases, opened, group))
    names = ("mrid", "kind", "node_a", "node_b", "phases", "normal_open", "vector_group")
    sources = [rng.choice(nodes) for _ in range(rng.randint(1, 3))]
    points = [*nodes, *(rng.choice(nodes) for _ in range(4))]
    heads = [row[0] for row in rows if rng.random() < 0.2]
    return Network.from_frames(
        nodes={
            "mrid": nodes,
            "geometry": [shapely.Point(at, 0) for at in range(len(nodes))],
            "nominal_v": volts,
        },
        equipment=dict(zip(names, map(list, zip(*rows, strict=True)), strict=True)),
        usage_points={
            "mrid": [f"u{at}" for at in range(len(points))],
            "node": points,
            "phases": [rng.choice(codes) for _ in points],
            "customers": [at % 5 + 1 for at in range(len(points))],
        },
        sources={
            "mrid": [f"s{at}" for at in range(len(sources))],
            "node": sources,
            "phases": [rng.choice(codes) for _ in sources],
        },
        feeders={"mrid": [f"f-{head}" for head in heads], "head": heads},
    )


def rows_of(*rows: int) -> np.ndarray:
    return np.array(rows, dtype=np.int32)


@pytest.mark.parametrize("policy", get_args(PhasePolicy))
@settings(max_examples=40, deadline=None, derandomize=True)
@given(seed=st.integers(0, 2**32 - 1))
def test_loss_equals_brute_force(policy: PhasePolicy, seed: int) -> None:
    network, rng = random_network(seed), random.Random(seed)
    data, rules = network.data, Rules(phase_policy=policy)
    open_mask = data.equipment.normal_open
    index = build(data, open_mask, rules)
    counts = len(data.nodes.mrid), len(data.equipment.mrid), len(data.sources.mrid)
    cases = [((node,), (), ()) for node in range(counts[0])]
    cases += [((), (row,), ()) for row in range(counts[1])]
    cases += [((), (), (row,)) for row in range(counts[2])]
    for _ in range(10):
        drawn = (rng.sample(range(count), rng.randint(0, min(3, count))) for count in counts)
        cases.append(tuple(map(tuple, drawn)))
    for nodes, equipment, sources in cases:
        faults = Faults(rows_of(*nodes), rows_of(*equipment), rows_of(*sources))
        loss = find_loss(index, faults)
        strict = policy == "strict"
        found = affected(index, data.usage_points, loss, strict=strict)
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


@settings(max_examples=40, deadline=None, derandomize=True)
@given(seed=st.integers(0, 2**32 - 1))
def test_sweep_equals_each_element_failed_in_turn(seed: int) -> None:
    network = random_network(seed)
    data, rules = network.data, Rules()
    open_mask = data.equipment.normal_open
    situation = Situation(network, open_mask, build(data, open_mask, rules), rules)
    customers, usage_points = sweep(situation)
    for row in range(len(data.equipment.mrid)):
        out, _ = usage_points_out(network, open_mask, rules, equipment=frozenset((row,)))
        assert usage_points[row] == len(out)
        assert customers[row] == sum(int(data.usage_points.customers[at]) for at in out)
