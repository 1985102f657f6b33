"""Operations followed one by one leave the index a full build would make."""

from __future__ import annotations

import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from examples import scale_examples
from gridtwin.model import cim
from gridtwin.model.phases import to_supply_phases
from gridtwin.sources.synthetic import synthesize
from gridtwin.topology.index_updates import update_index
from gridtwin.topology.switching import Switching
from gridtwin.topology.topology_index import build_index
from networks import network


def test_random_operations_equal_a_full_build() -> None:
    data = synthesize("houston", meters=2_000, seed=4).data
    open_mask = data.equipment.normal_open.copy()
    switching = Switching(build_index(data, open_mask), data)
    switches = np.flatnonzero(cim.IS_SWITCH[data.equipment.kind]).tolist()
    carried = to_supply_phases(data.equipment.phases)
    rng = random.Random(7)
    followed = 0
    for step in range(250):
        row = rng.choice(switches)
        every = int(data.equipment.phases[row]) or 7
        part = every & rng.choice((1, 2, 4, 3, 5, 6))
        after = 0 if open_mask[row] else rng.choice((every, every, part))
        if not switching.operate_equipment(row, int(carried[row]) & ~after & 7):
            continue  # it would close a loop: a build is needed, and the index is as it was
        followed += 1
        open_mask[row] = after
        if step % 10:
            continue
        full, index = build_index(data, open_mask), switching.index
        for name in ("parent", "feed", "mask", "child", "weight"):
            np.testing.assert_array_equal(getattr(index, name), getattr(full, name), err_msg=name)
        np.testing.assert_array_equal(index.sum_dependents(), full.sum_dependents())
        for node in rng.sample(range(len(index.tin)), 50):
            assert set(index.find_dependents(node).tolist()) == set(
                full.find_dependents(node).tolist()
            )
            assert index.count_customers(node) == full.count_customers(node)
    assert followed > 100


@given(seed=st.integers(0, 100_000))
@settings(max_examples=scale_examples(150))
def test_parts_that_are_dead_part_and_join_without_a_build(seed: int) -> None:
    rng = random.Random(seed)
    count = rng.randint(4, 14)
    rows = [f"E{at} load_break_switch n{rng.randrange(at)} n{at} ABC" for at in range(1, count)]
    pairs = [rng.sample(range(count), 2) for _ in range(3)]
    rows += [f"T{at} load_break_switch n{a} n{b} ABC ABC" for at, (a, b) in enumerate(pairs)]
    uses = [rng.choice(("A", "B", "C", "AB", "ABC")) for _ in range(count)]
    meters = " ".join(f"M{at}@n{at}:{used}*{at + 1}" for at, used in enumerate(uses))
    data = network("\n".join(rows), meters=meters, sources="n0").data
    mask = data.equipment.normal_open.copy()
    switching = Switching(build_index(data, mask), data)
    for _ in range(40):
        row = rng.randrange(len(rows))
        after = 0 if mask[row] else rng.choice((7, 7, 1, 2, 6))
        if not switching.operate_equipment(row, 7 & ~after):
            continue  # it would close a loop, or what it joins hung together on one
        mask[row] = after
        full, index = build_index(data, mask), switching.index
        for name in ("parent", "feed", "mask", "child", "weight"):
            np.testing.assert_array_equal(getattr(index, name), getattr(full, name), err_msg=name)
        for node in range(count):
            assert set(index.find_dependents(node).tolist()) == set(
                full.find_dependents(node).tolist()
            )
            assert index.count_customers(node) == full.count_customers(node)


def test_a_switch_that_moves_inside_a_dead_part_needs_no_build() -> None:
    """S ─B─ a ─X─ b ─Y─ c: B opens, X opens and closes, B closes."""
    data = network(
        "B breaker S a ABC\nX recloser a b ABC\nY fuse b c ABC", meters="Mb@b Mc@c", heads="B"
    ).data
    switching = Switching(build_index(data, data.equipment.normal_open), data)
    moves = [(0, 0), (1, 0), (2, 0), (1, 7), (0, 7), (2, 7)]
    assert all(switching.operate_equipment(row, passes) for row, passes in moves)
    np.testing.assert_array_equal(
        switching.index.weight, build_index(data, data.equipment.normal_open).weight
    )


def test_a_feeder_keeps_its_place_when_a_feeder_that_hangs_on_it_opens() -> None:
    """S ─B1─ a ─B2─ b: both breakers are heads, and b is a part of the segment of B1."""
    data = network(
        "B1 breaker S a ABC\nB2 breaker a b ABC", meters="Ma@a:ABC*2 Mb@b:ABC*3", heads="B1 B2"
    ).data
    normal = data.equipment.normal_open
    opened = np.array([0, 7], dtype=np.uint8)
    index = update_index(build_index(data, normal), data, opened, np.array([1]))
    source = int(data.sources.node[0])
    assert index.count_customers(source) == build_index(data, opened).count_customers(source) == 2
    assert len(index.find_dependents(source)) == 2
    closed = update_index(index, data, normal, np.array([1]))
    assert closed.count_customers(source) == 5


@pytest.mark.parametrize("loop", [False, True])
def test_follow_reaches_the_state_wanted(loop: bool) -> None:
    data = synthesize("houston", meters=2_000, seed=4).data
    normal = data.equipment.normal_open
    breakers = np.flatnonzero(data.equipment.kind == cim.KIND_CODE["breaker"])
    ties = np.flatnonzero(normal != 0)
    wanted = normal.copy()
    if loop:
        wanted[ties[0]] = 0
    else:
        wanted[breakers[1]] = 7
    changed = np.flatnonzero(wanted != normal)
    index = update_index(build_index(data, normal), data, wanted, changed)
    np.testing.assert_array_equal(
        index.sum_dependents(), build_index(data, wanted).sum_dependents()
    )
    assert (index.core is not None) is loop
