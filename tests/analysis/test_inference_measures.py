"""What inference is measured with: the roll-up, the simulated world, the score, proposed times."""

from __future__ import annotations

import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import gridtwin
from examples import scale_examples
from gridtwin.analysis.inference.device_tree import DeviceTree, build_device_tree
from gridtwin.analysis.inference.evidence import EventRows, MeterEvidence, summarize_events
from gridtwin.analysis.inference.likelihood import Assumptions, EvidenceWeights
from gridtwin.analysis.inference.outage_times import propose_times
from gridtwin.analysis.state.situation import Situation
from gridtwin.model.events import CALL, LAST_GASP, POWER_RESTORED, READING
from gridtwin.topology.conduction import SupplyRules
from gridtwin.topology.topology_index import build_index
from inference_score import score
from networks import random_network
from percentage_rule import RolledUp, roll_up
from reported_outages import TrueOutage, World, simulate, world_of


@pytest.fixture(scope="module")
def town() -> tuple[Situation, DeviceTree]:
    situation = gridtwin.open(gridtwin.synthesize("houston", meters=3_000, seed=2)).situation()
    return situation, build_device_tree(situation, Assumptions())


def heard(*said: tuple[int, int, float]) -> EventRows:
    point, kind, at_s = zip(*said, strict=True)
    return EventRows.make_empty().merge_with(
        EventRows(
            np.array(point, dtype=np.int32),
            np.array(kind, dtype=np.uint8),
            np.array(at_s, dtype=np.float64),
            np.zeros(len(said), dtype=np.uint8),
        )
    )


def rolled_up_by_sets(
    situation: Situation, devices: DeviceTree, evidence: MeterEvidence, share: float
) -> set[tuple[int, ...]]:
    """Return the loss sets that the percentage rule calls, by climbing one report at a time."""
    behind = {}
    for row, node in enumerate(devices.node.tolist()):
        points = situation.points_at(situation.index.find_dependents(node)).tolist()
        behind[row] = {point for point in points if devices.need[point]}
    told = {int(point) for point in evidence.point[evidence.speaks] if devices.need[point]}
    called: set[tuple[int, ...]] = set()
    for point in told:
        best, row = (point,), int(devices.of_point[point])
        while row >= 0 and 100 * len(told & behind[row]) >= share * len(behind[row]):
            best, row = tuple(sorted(behind[row])), int(devices.parent[row])
        called.add(best)
    return {one for one in called if not any(set(one) < set(other) for other in called)}


@pytest.mark.parametrize("share", [40.0, 60.0, 100.0])
@settings(max_examples=scale_examples(40), derandomize=True)
@given(seed=st.integers(0, 2**32 - 1))
def test_roll_up_is_climbing_while_the_share_holds(share: float, seed: int) -> None:
    network, rng = random_network(seed), random.Random(seed)
    data, rules = network.data, SupplyRules()
    mask = data.equipment.normal_open
    situation = Situation(network, mask, build_index(data, mask, rules), rules)
    devices = build_device_tree(situation, Assumptions())
    count = len(data.usage_points.mrid)
    told = [(point, LAST_GASP, 10.0) for point in range(count) if rng.random() < 0.6]
    evidence, _ = summarize_events(heard((0, READING, 0.0), *told), 300.0)
    called = roll_up(situation, devices, evidence, share)
    ours = {tuple(one.out.tolist()) for one in called}
    assert len(ours) == len(called)
    assert ours == rolled_up_by_sets(situation, devices, evidence, share)


def test_folding_keeps_what_still_speaks() -> None:
    evidence, ended = summarize_events(
        heard(
            (0, LAST_GASP, 100.0),
            (0, LAST_GASP, 130.0),  # the same, sent again
            (1, LAST_GASP, 100.0),
            (1, POWER_RESTORED, 160.0),
            (2, POWER_RESTORED, 160.0),
            (2, LAST_GASP, 190.0),  # came behind
            (3, CALL, 50.0),
            (3, READING, 90.0),
            (3, CALL, 400.0),
            (3, CALL, 300.0),
            (4, LAST_GASP, 100.0),
            (4, READING, 5_000.0),
            (4, LAST_GASP, 9_000.0),
        ),
        momentary_s=300.0,
    )
    nan = float("nan")
    np.testing.assert_equal(evidence.gasp_s, [100.0, nan, nan, nan, 9_000.0])
    np.testing.assert_equal(evidence.call_s, [nan, nan, nan, 300.0, nan])
    np.testing.assert_equal(evidence.on_s, [-np.inf, 160.0, 160.0, 90.0, 5_000.0])
    assert ended.point.tolist() == [1, 2]


def test_the_share_that_has_come_is_the_sum_of_the_density() -> None:
    assumed = Assumptions()
    at_s = np.linspace(0.0, 6_000.0, 600_001)
    density = assumed.compute_delay_density(at_s)
    came = np.concatenate([[0.0], np.cumsum((density[1:] + density[:-1]) / 2 * np.diff(at_s))])
    np.testing.assert_allclose(assumed.compute_arrived_share(at_s), came, atol=1e-6)
    assert assumed.compute_arrived_share(np.array([assumed.settling_s]))[0] > 0.999


def test_a_gasp_weighs_less_after_an_interruption_that_ended() -> None:
    weights, nan, never = (
        EvidenceWeights(Assumptions(), loss=0.2),
        np.array([np.nan]),
        np.array([-np.inf]),
    )

    def weight(*, shaken_s: float = -np.inf, owed_s: float = -np.inf) -> float:
        told = MeterEvidence(
            np.zeros(1, np.int32),
            np.array([110.0]),
            nan,
            never,
            np.array([shaken_s]),
            np.array([owed_s]),
        )
        return float(weights.weigh_reports(told, np.array([100.0]), np.array([500.0]))[0][0])

    assert weight() > 10
    assert weight(shaken_s=100.0) == pytest.approx(-np.log(0.05), abs=0.1)
    assert weight(owed_s=105.0) == pytest.approx(-5 / 20, abs=0.1)


def test_bursts_propose_times_and_late_reports_do_not() -> None:
    tree = np.array([0] * 7 + [1, 1])
    at_s = np.array([100.0, 101, 103, 104, 110, 400, 9_000, 50, 500])
    times = propose_times(tree, at_s, trees=2, apart_s=30.0, late_s=1_200.0)
    assert times.count.tolist() == [2, 2]
    assert times.t0_s.tolist() == [100.0, 9_000.0, 50.0, 500.0]
    again = propose_times(tree, at_s, trees=2, apart_s=30.0, late_s=1_200.0, alone=True)
    assert again.t0_s.tolist() == [100.0, 400.0, 9_000.0, 50.0, 500.0]


def test_a_surge_inside_a_burst_proposes_a_time_of_its_own() -> None:
    first = np.array([0.0, 1, 2, 3, 5, 8, 12, 20, 32, 50, 75])
    second = 100.0 + np.array([0.0, 1, 2, 3, 5, 8])
    at_s = np.concatenate([first, second])
    times = propose_times(np.zeros(len(at_s), np.intp), at_s, trees=1, apart_s=30.0, late_s=1_200.0)
    assert times.t0_s.tolist() == [0.0, 100.0]


def test_the_same_seed_gives_the_same_world(town: tuple[Situation, DeviceTree]) -> None:
    situation, devices = town
    world = world_of(situation, outages=6)
    one, same = (simulate(situation, devices, world, seed=3) for _ in range(2))
    other = simulate(situation, devices, world, seed=4)
    for name in ("point", "kind", "at_s"):
        assert np.array_equal(getattr(one.heard, name), getattr(same.heard, name))
    assert not np.array_equal(one.heard.at_s, other.heard.at_s)
    everyone = np.concatenate([outage.out for outage in one.truth])
    assert len(everyone) == len(np.unique(everyone))


def test_the_world_loses_the_share_of_gasps_it_says(town: tuple[Situation, DeviceTree]) -> None:
    situation, devices = town
    quiet = {"spurious": 0.0, "momentary": 0, "wrong_readings": 0.0}
    for loss in (0.05, 0.4):
        sent = arrived = 0
        for seed in range(12):
            world = world_of(situation, outages=8, loss=loss, **quiet)
            run = simulate(situation, devices, world, seed=seed)
            sent += sum(len(outage.out) for outage in run.truth)
            arrived += int((run.heard.kind == LAST_GASP).sum())
        assert 1 - arrived / sent == pytest.approx(loss, abs=0.06)


def test_a_world_asks_for_kinds_that_are_there(town: tuple[Situation, DeviceTree]) -> None:
    situation, _ = town
    assert set(world_of(situation).mix) <= set(World().mix)


def test_the_score_knows_exact_adjacent_and_wrong(town: tuple[Situation, DeviceTree]) -> None:
    situation, devices = town
    row = int(np.flatnonzero((devices.parent >= 0) & (np.diff(devices.member_start) > 0))[-1])
    above = int(devices.parent[row])

    def called(at: int) -> RolledUp:
        out = situation.points_at(situation.index.find_dependents(int(devices.node[at])))
        return RolledUp(devices.list_members(at), -1, out)

    true = TrueOutage(int(devices.list_members(row)[0]), 7, 0.0, called(row).out)
    exact = score(situation, devices, [true], [called(row)])
    assert (exact.exact.tolist(), exact.f1, exact.matched) == ([True], 1.0, 1.0)
    adjacent = score(situation, devices, [true], [called(above)])
    assert (adjacent.exact.tolist(), adjacent.near.tolist()) == ([False], [True])
    assert adjacent.recall == 1.0
    assert adjacent.precision == pytest.approx(len(true.out) / len(called(above).out))
    far = next(at for at in range(100, row) if not np.isin(called(at).out, true.out).any())
    wrong = score(situation, devices, [true], [called(far)])
    assert (wrong.near.tolist(), wrong.f1, wrong.matched) == ([False], 0.0, 0.0)
    twice = score(situation, devices, [true, true], [called(row)])
    assert twice.near.sum() == 1
    assert score(situation, devices, [true], []).f1 == 0.0
