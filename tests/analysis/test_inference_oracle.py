"""On random multigraphs, the search finds what trying every explanation finds."""

from __future__ import annotations

import itertools
import math
import random
from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

import gridtwin
from brute import usage_points_out
from examples import scale_examples
from gridtwin.analysis.inference.candidates import pick_candidates, weigh_trees
from gridtwin.analysis.inference.device_tree import (
    ALL_POLES,
    ONE_POLE,
    TWO_POLES,
    build_device_tree,
)
from gridtwin.analysis.inference.evidence import EventRows, MeterEvidence, summarize_events
from gridtwin.analysis.inference.inferred_outages import InferenceAnswer
from gridtwin.analysis.inference.likelihood import Assumptions, EvidenceWeights
from gridtwin.analysis.inference.streaming import Inference
from gridtwin.analysis.inference.tree_search import SearchForest, compute_marginals, search_forest
from gridtwin.analysis.state.situation import Situation
from gridtwin.model.events import CALL, LAST_GASP
from gridtwin.model.network import Network
from gridtwin.topology.conduction import SupplyRules
from gridtwin.topology.topology_index import build_index
from networks import random_network, two_feeders_with_a_tie

ASSUMED = Assumptions(loss=0.2)
MOST = 60_000  # explanations that are tried


def situation_of(network: Network) -> Situation:
    data, rules = network.data, SupplyRules()
    mask = data.equipment.normal_open
    return Situation(network, mask, build_index(data, mask, rules), rules)


def random_events(rng: random.Random, count: int, bursts: int) -> EventRows:
    """Return events of some usage points around a few moments."""
    events = EventRows.make_empty()
    for _ in range(rng.randint(2, 3 * count)):
        kind = rng.choice((0, 0, 0, 0, 1, 2, 3, 4))
        at_s = 10_000.0 + 2_000.0 * rng.randrange(bursts) + rng.choice((0.0, 3.0, 20.0, 200.0))
        point = np.array([rng.randrange(count)], dtype=np.int32)
        one = np.array([kind], dtype=np.uint8), np.array([at_s]), np.zeros(1, dtype=np.uint8)
        events = events.merge_with(EventRows(point, *one))
    return events


@settings(max_examples=scale_examples(60), derandomize=True)
@given(seed=st.integers(0, 2**32 - 1))
@example(seed=749_816)  # a mesh whose ways carry different phases
def test_loss_sets_of_classes_are_those_of_deleting_and_flooding(seed: int) -> None:
    network = random_network(seed)
    situation = situation_of(network)
    devices = build_device_tree(situation, ASSUMED)
    points, core = network.data.usage_points, situation.index.core
    # Ways of a mesh may carry different phases: a meter then needs one of them, with others whole.
    mixed = set() if core is None or core.uniform else set(core.equipment.tolist())
    for row in range(len(devices.node)):
        behind = situation.points_at(situation.index.find_dependents(int(devices.node[row])))
        ours = set(behind[devices.need[behind] != 0].tolist())
        assert ours
        assert devices.total[row].sum() == len(ours)
        for member in devices.list_members(row).tolist():
            out, _ = usage_points_out(
                network, situation.open_mask, SupplyRules(), equipment=frozenset((member,))
            )
            assert out == ours or (member in mixed and out > ours)
        above = int(devices.parent[row])
        if above >= 0:
            outer = situation.points_at(situation.index.find_dependents(int(devices.node[above])))
            assert ours < set(outer[devices.need[outer] != 0].tolist())
    inner = {
        row: set(situation.points_at(situation.index.find_dependents(int(node))).tolist())
        for row, node in enumerate(devices.node)
    }
    for point in range(len(points.mrid)):
        holding = [row for row, behind in inner.items() if point in behind]
        if devices.need[point]:
            nearest = min(holding, key=lambda row: len(inner[row]), default=-1)
            assert devices.of_point[point] == nearest


def weight_of(
    point: int, label: tuple[int, int], told: tuple[MeterEvidence, np.ndarray, list[float], float]
) -> float:
    """Return what one usage point weighs if some phases are dark since one of the times."""
    evidence, need, times, clock = told
    dark, time = label
    needed = int(need[point])
    if not needed & dark:
        return 0.0
    weights, t0_s = EvidenceWeights(ASSUMED, 0.2), np.array([times[time]])
    now = np.array([clock])
    at = np.flatnonzero(evidence.point == point)
    both = (
        weights.weigh_reports(evidence.select_rows(at), t0_s, now)
        if len(at)
        else weights.weigh_silence(now - t0_s)
    )
    return float(both[0 if needed & ~dark == 0 else 1][0])


def explanations(
    forest: SearchForest, own: list[dict[tuple[int, int], float]]
) -> Iterator[tuple[float, frozenset[int]]]:
    """Yield the score of every explanation of a forest, and the rows that operated in it."""
    rows = len(forest.parent)
    choices = []
    for row in range(rows):
        mask = int(forest.mask[row])
        poles = [bits for bits in range(1, 8) if not bits & ~mask]
        choices.append([None, *itertools.product(poles, range(forest.times))])
    for combination in itertools.product(*choices):
        labels: list[tuple[int, int]] = []
        score, operated = 0.0, set()
        for row, opened in enumerate(combination):
            mask, above = int(forest.mask[row]), int(forest.parent[row])
            dark, since = labels[above] if above >= 0 else (0, forest.times)
            if opened is not None:
                poles, time = opened
                later = dark and time > since
                again = dark and time == since and poles & dark
                not_all = time < since and dark & mask & ~poles
                if later or again or not_all:
                    break
                does = ALL_POLES if poles == mask else ONE_POLE
                does = TWO_POLES if poles != mask and poles.bit_count() == 2 else does
                score += float(forest.log_prior[row, does])
                operated.add(row)
                dark, since = dark | poles, time
            labels.append((dark, since))
            score += own[row].get((dark, since), 0.0)
        else:
            yield score, frozenset(operated)


def own_of(
    rows: np.ndarray, behind: list[set[int]], told: tuple
) -> list[dict[tuple[int, int], float]]:
    """Return what the usage points nearest to each row weigh under each label."""
    _, need, times, _ = told
    nearest: dict[int, int] = {}
    for point in range(len(need)):
        holding = [at for at in range(len(rows)) if point in behind[at]]
        if holding and need[point]:
            smallest = min(len(behind[at]) for at in holding)
            nearest[point] = max(at for at in holding if len(behind[at]) == smallest)
    own: list[dict[tuple[int, int], float]] = [{} for _ in rows]
    for point, at in nearest.items():
        for label in itertools.product(range(1, 8), range(len(times))):
            weight = weight_of(point, label, told)
            own[at][label] = own[at].get(label, 0.0) + weight
    return own


@pytest.mark.parametrize("bursts", [1, 2])
@settings(max_examples=scale_examples(60), derandomize=True)
@given(seed=st.integers(0, 2**32 - 1))
def test_search_equals_trying_every_explanation(bursts: int, seed: int) -> None:
    network, rng = random_network(seed), random.Random(seed)
    situation = situation_of(network)
    count = len(network.data.usage_points.mrid)
    devices = build_device_tree(situation, ASSUMED)
    evidence, _ = summarize_events(random_events(rng, count, bursts), ASSUMED.momentary_s)
    known = np.array([rng.random() < 0.1 for _ in range(count)])
    node_of = network.data.usage_points.node
    found = pick_candidates(devices, evidence, known, node_of, ASSUMED)
    need = np.where(known, 0, devices.need)
    clock = np.full(len(found.tree_id), 12_500.0)
    everything = np.ones(len(found.tree_id), dtype=bool)
    tried = 0
    for group in weigh_trees(found, EvidenceWeights(ASSUMED, 0.2), clock, everything):
        for tree in np.unique(found.tree[group.rows]).tolist():
            rows = np.flatnonzero(found.tree[group.rows] == tree)
            forest = SearchForest(
                np.where(
                    group.forest.parent[rows] < 0,
                    -1,
                    np.searchsorted(rows, group.forest.parent[rows]),
                ),
                group.forest.mask[rows],
                group.forest.log_prior[rows],
                group.forest.own[rows],
                group.forest.times,
            )
            poles = [2 ** int(mask).bit_count() - 1 for mask in forest.mask]
            size = math.prod(1 + forest.times * each for each in poles)
            if size > MOST:
                continue
            tried += 1
            behind = [
                {int(found.point[at])}
                if found.class_row[at] < 0
                else set(
                    situation.points_at(
                        situation.index.find_dependents(int(devices.node[found.class_row[at]]))
                    ).tolist()
                )
                for at in group.rows[rows]
            ]
            times = group.t0_s[rows[0]].tolist()
            own = own_of(group.rows[rows], behind, (evidence, need, times, 12_500.0))
            every = list(explanations(forest, own))
            best = max(score for score, _ in every)
            searched = search_forest(forest)
            probability, total = compute_marginals(forest)
            assert searched.score == pytest.approx(best, abs=1e-6)
            expected = np.logaddexp.reduce([score for score, _ in every])
            assert total == pytest.approx(expected, abs=1e-6)
            chosen = frozenset(np.flatnonzero(searched.operated).tolist())
            assert max(score for score, rows_ in every if rows_ == chosen) == pytest.approx(best)
            for row in range(len(rows)):
                ways = [score for score, operated in every if row in operated]
                share = math.exp(np.logaddexp.reduce(ways) - expected) if ways else 0.0
                assert probability[row] == pytest.approx(share, abs=1e-9)
    assume(tried)


def told(answer: InferenceAnswer) -> list[tuple]:
    return [
        (
            outage.suspect.equipment.tolist(),
            outage.suspect.point,
            round(outage.suspect.probability, 9),
            outage.phases,
            outage.began_s,
            outage.out.tolist(),
            outage.gasps,
            outage.runner_up and outage.runner_up.equipment.tolist(),
        )
        for outage in answer.outages
    ]


@settings(max_examples=scale_examples(40), derandomize=True)
@given(seed=st.integers(0, 2**32 - 1))
def test_streaming_answers_as_all_events_at_once(seed: int) -> None:
    network, rng = random_network(seed), random.Random(seed)
    situation = situation_of(network)
    events = random_events(rng, len(network.data.usage_points.mrid), 2)
    order = list(range(len(events.kind)))
    rng.shuffle(order)
    streaming = Inference(situation)
    while order:
        part = np.zeros(len(events.kind), dtype=bool)
        for _ in range(min(len(order), rng.randint(1, 5))):
            part[order.pop()] = True
        if rng.random() < 0.3:
            streaming.add_events(events.select_rows(part))  # what comes twice counts once
        streaming.add_events(events.select_rows(part))
        streaming.infer_outages(rng.choice((None, 10_100.0, 12_100.0, 13_000.0)))
    at_once = Inference(situation)
    at_once.add_events(events)
    for now_s in (10_050.0, 12_300.0, 20_000.0):
        one, other = streaming.infer_outages(now_s), at_once.infer_outages(now_s)
        assert told(one) == told(other)
        assert one.unexplained.tolist() == other.unexplained.tolist()


def test_only_trees_that_heard_something_are_searched_again() -> None:
    twin = gridtwin.open(two_feeders_with_a_tie())
    streaming = Inference(twin.situation(), assumptions=Assumptions(loss=0.2, activity=64.0))
    points = {mrid: row for row, mrid in enumerate(twin.network.usage_points.mrid)}

    def said(mrid: str, kind: int, at_s: float) -> EventRows:
        return EventRows(
            np.array([points[mrid]], dtype=np.int32),
            np.array([kind], dtype=np.uint8),
            np.array([at_s]),
            np.zeros(1, dtype=np.uint8),
        )

    for mrid in ("M4", "M5"):
        streaming.add_events(said(mrid, LAST_GASP, 1_000.0).merge_with(said(mrid, CALL, 1_100.0)))
    before = {int(one.out[-1]): one for one in streaming.infer_outages().outages}
    assert set(before) == {points["M4"], points["M5"]}
    streaming.add_events(said("M5", CALL, 1_050.0))
    after = {int(one.out[-1]): one for one in streaming.infer_outages().outages}
    assert after[points["M4"]] is before[points["M4"]]
    assert after[points["M5"]] is not before[points["M5"]]
    streaming.forget_before(2_000.0)
    assert not streaming.infer_outages().outages
