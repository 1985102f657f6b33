"""Sections and their sides on random networks, against networkx and against every switch closed."""

from __future__ import annotations

import random
from dataclasses import replace

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from brute import flood, usage_points_out
from examples import scale_examples
from exhaustive import feeders_with_ties, situation_of
from gridtwin.analysis.outage.blast import compute_blast
from gridtwin.analysis.plan.plan_options import PlanOptions
from gridtwin.analysis.plan.switching_plan import Plan, make_plans
from gridtwin.analysis.plan.timetable import SwitchingAction
from gridtwin.analysis.state.situation import Situation
from gridtwin.analysis.trace.isolation import Section, find_section
from gridtwin.model.ids import Element
from gridtwin.model.network import Network
from gridtwin.topology.conduction import Conduction, SupplyRules
from networks import random_network

SEEDS = st.integers(0, 2**32 - 1)
NETWORKS = {"any": random_network, "feeders": feeders_with_ties}
EVERYTHING = SupplyRules(phase_policy="ignore", allow_lv_backfeed=True, islands=True)


def situation_of_seed(kind: str, seed: int) -> Situation:
    """Return a random network with resources, things out of service, and any control."""
    rng, drawn = random.Random(seed), NETWORKS[kind](seed)
    equipment, sources = drawn.data.equipment, drawn.data.sources
    count, some = len(equipment.mrid), len(sources.mrid)
    data = replace(
        drawn.data,
        equipment=replace(
            equipment,
            in_service=np.array([rng.random() < 0.93 for _ in range(count)]),
            control=np.array([rng.choice((0, 1, 1, 2, 2)) for _ in range(count)], dtype=np.uint8),
        ),
        sources=replace(
            sources,
            in_service=np.array([rng.random() < 0.9 for _ in range(some)]),
            kind=np.array([rng.choice((0, 0, 2)) for _ in range(some)], dtype=sources.kind.dtype),
        ),
    )
    return situation_of(Network(data, crs=drawn.crs))


def places(situation: Situation) -> list[Element]:
    data = situation.data
    found = [Element("equipment", row) for row in range(len(data.equipment.mrid))]
    return found + [Element("nodes", row) for row in range(len(data.nodes.mrid))]


def graph_of(situation: Situation, rows: set[int]) -> nx.MultiGraph:
    """Return the network of some equipment, switches as they may stand."""
    table = situation.data.equipment
    graph = nx.MultiGraph()
    graph.add_nodes_from(range(len(situation.data.nodes.mrid)))
    graph.add_edges_from((int(table.node_a[row]), int(table.node_b[row]), row) for row in rows)
    return graph


def sides_by_hand(situation: Situation, place: Element) -> tuple[set[int], dict[str, set[int]]]:
    """Return the nodes of a section and what bounds it, by deleting it from the graph."""
    table, sources = situation.data.equipment, situation.data.sources
    serving = set(np.flatnonzero(table.in_service).tolist())
    own = {place.row} if place.table == "equipment" else set()
    start = set(situation.find_ends(place.row)) if own else {place.row}
    bounds = {
        row
        for row in serving
        if situation.is_open[row] or situation.is_operable[row]
        if row not in own or situation.is_switch[row]
    }
    inner = graph_of(situation, serving - bounds)
    section = set().union(*(nx.node_connected_component(inner, node) for node in start))
    outside = graph_of(situation, serving)
    outside.remove_nodes_from(section)
    fed_from = {int(node) for node in sources.node[sources.in_service]} - section
    found: dict[str, set[int]] = {"operate": set(), "verify": set(), "dead_beyond": set()}
    for row in bounds:
        beyond = set(situation.find_ends(row)) - section
        if len(beyond) != 1 or set(situation.find_ends(row)) <= beyond:
            continue
        reach = nx.node_connected_component(outside, beyond.pop())
        if not reach & fed_from:
            found["dead_beyond"].add(row)
        else:
            found["verify" if situation.is_open[row] else "operate"].add(row)
    return section, found


def sides_of(section: Section) -> dict[str, set[int]]:
    names = ("operate", "verify", "dead_beyond")
    return {name: set(getattr(section, name).tolist()) for name in names}


@pytest.mark.parametrize("kind", NETWORKS)
@settings(max_examples=scale_examples(30), derandomize=True)
@given(seed=SEEDS)
def test_sides_are_those_over_which_a_source_could_reach_the_section(kind: str, seed: int) -> None:
    situation = situation_of_seed(kind, seed)
    for place in places(situation):
        nodes, expected = sides_by_hand(situation, place)
        found = find_section(situation, [place])
        assert set(found.nodes.tolist()) == nodes
        assert sides_of(found) == expected
        every = sides_of(find_section(situation, [place], all_sides=True))
        stands_open = {row for row in expected["dead_beyond"] if situation.is_open[row]}
        assert every["verify"] == expected["verify"] | stands_open
        assert every["operate"] == expected["operate"] | expected["dead_beyond"] - stands_open
        assert not every["dead_beyond"]


def with_all_closed_but(situation: Situation, opened: set[int]) -> Conduction:
    """Return the network with all closed but some, resources on, low voltage feeding upwards."""
    mask = np.zeros_like(situation.open_mask)
    mask[list(opened)] = 63
    return Conduction.from_state(situation.data, mask, EVERYTHING)


def sources_in(situation: Situation, nodes: set[int]) -> frozenset[int]:
    at = situation.data.sources.node.tolist()
    return frozenset(row for row, node in enumerate(at) if node in nodes)


@pytest.mark.parametrize("kind", NETWORKS)
@settings(max_examples=scale_examples(30), derandomize=True)
@given(seed=SEEDS)
def test_no_position_of_other_switches_energizes_an_isolated_section(kind: str, seed: int) -> None:
    """All else closed is the position that reaches furthest."""
    situation = situation_of_seed(kind, seed)
    for place in places(situation):
        section = find_section(situation, [place])
        opened = {*section.operate.tolist(), *section.verify.tolist()}
        nodes = set(section.nodes.tolist())
        conduction = with_all_closed_but(situation, opened)
        reached, _ = flood(conduction, sources=sources_in(situation, nodes))
        assert not reached & nodes


@pytest.mark.parametrize("kind", NETWORKS)
@settings(max_examples=scale_examples(20), derandomize=True)
@given(seed=SEEDS)
def test_each_side_that_is_operated_would_let_a_source_in(kind: str, seed: int) -> None:
    """With one of them closed, and all else that is no side, the section is reached."""
    situation = situation_of_seed(kind, seed)
    for place in places(situation):
        section = find_section(situation, [place])
        sides = {*section.operate.tolist(), *section.verify.tolist()}
        nodes = set(section.nodes.tolist())
        for row in sides:
            conduction = with_all_closed_but(situation, sides - {row})
            reached, _ = flood(conduction, sources=sources_in(situation, nodes))
            assert reached & nodes


@pytest.mark.parametrize("kind", NETWORKS)
@settings(max_examples=scale_examples(20), derandomize=True)
@given(seed=SEEDS)
def test_who_is_out_while_isolated_is_so_with_every_side_open(kind: str, seed: int) -> None:
    situation = situation_of_seed(kind, seed)
    for place in places(situation):
        every = find_section(situation, [place], all_sides=True)
        own = {place.row} if place.table == "equipment" else set()
        out, _ = usage_points_out(
            situation.network,
            situation.open_mask,
            situation.rules,
            nodes=frozenset(every.nodes.tolist()),
            equipment=frozenset({*every.operate.tolist(), *own}),
        )
        assert set(compute_blast(situation, [place], "isolated").out.tolist()) == out


def left_open(plan: Plan) -> set[int]:
    """Return the equipment that a plan opened and left so, or found open and tagged."""
    steps = [step for step in plan.steps if step.table == "equipment"]
    stands = {step.row: step.action is not SwitchingAction.CLOSE for step in steps}
    return {row for row, is_open in stands.items() if is_open}


@pytest.mark.parametrize("kind", NETWORKS)
@settings(max_examples=scale_examples(12), derandomize=True)
@given(seed=SEEDS)
def test_after_a_plan_no_switch_it_left_alone_can_energize_the_fault(kind: str, seed: int) -> None:
    """Close all that was neither opened nor tagged, feed every resource: the section stays dead."""
    situation = situation_of_seed(kind, seed)
    rng, all_places = random.Random(seed), places(situation)
    for faults in [[place] for place in all_places] + [rng.sample(all_places, 2)]:
        nodes = {
            node for place in faults for node in find_section(situation, [place]).nodes.tolist()
        }
        (plan,) = make_plans(situation, faults, PlanOptions(alternatives=0))
        conduction = with_all_closed_but(situation, left_open(plan))
        reached, _ = flood(conduction, sources=sources_in(situation, nodes))
        assert not reached & nodes


@pytest.mark.parametrize("kind", NETWORKS)
@settings(max_examples=scale_examples(12), derandomize=True)
@given(seed=SEEDS)
def test_dead_ends_change_no_plan_but_by_their_own_operations(kind: str, seed: int) -> None:
    """As many come back, and no later."""
    situation = situation_of_seed(kind, seed)
    for place in places(situation):
        (lean,) = make_plans(situation, [place], PlanOptions(alternatives=0))
        (full,) = make_plans(situation, [place], PlanOptions(alternatives=0, all_sides=True))
        assert lean.out.tolist() == full.out.tolist()
        assert lean.restored_weight == full.restored_weight
        assert lean.customer_minutes <= full.customer_minutes + 1e-9
        assert not full.dead_beyond.size
        operated = {step.row for step in lean.steps if step.table == "equipment"}
        assert not operated & set(lean.dead_beyond.tolist())
