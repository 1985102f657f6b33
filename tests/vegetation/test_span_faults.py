"""Who a fault on a span interrupts, held against one blast at a time and against networkx."""

from __future__ import annotations

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import gridtwin
from examples import scale_examples
from gridtwin.analysis.vegetation.span_faults import SpanFaults, count_interrupted
from gridtwin.model.cim import KIND_CODE
from gridtwin.model.tables import decode_texts
from gridtwin.twin import Twin, open_twin
from networks import network, random_network, square_mesh, two_feeders_with_a_tie
from vegetation_networks import guarded_network


def ask_all(twin: Twin) -> tuple[list[str], SpanFaults]:
    """Return what faults on all lines that carry supply interrupt."""
    situation = twin.situation("normal")
    is_line = situation.data.equipment.kind == KIND_CODE["ac_line_segment"]
    rows = np.flatnonzero(situation.is_lit & is_line).astype(np.int32)
    names = decode_texts(twin.store.network.data.equipment.mrid[rows]).tolist()
    return names, count_interrupted(situation, rows)


def hold_to_blasts(twin: Twin) -> None:
    names, faults = ask_all(twin)
    for at, name in enumerate(names):
        trip = twin.blast_radius(name, scope="trip", state="normal")
        element = twin.blast_radius(name, state="normal")
        assert faults.customers[at] == trip.customers, name
        assert faults.customers_behind[at] == element.customers, name
        points = twin.store.network.data.usage_points
        assert faults.priority_sites[at] == (points.priority[trip.rows.out] != b"").sum(), name
        if faults.device[at] >= 0:
            devices = twin.store.network.data.equipment.mrid[trip.rows.devices]
            device = twin.store.network.data.equipment.mrid[faults.device[at]]
            assert devices.tolist() == [device], name


@settings(max_examples=scale_examples(150))
@given(st.integers(0, 10**6))
def test_faults_of_any_network_are_those_of_blasts(seed: int) -> None:
    hold_to_blasts(open_twin(random_network(seed)))


@settings(max_examples=scale_examples(100))
@given(st.integers(0, 10**6))
def test_faults_of_guarded_networks_are_those_of_blasts(seed: int) -> None:
    hold_to_blasts(open_twin(guarded_network(seed)))


@pytest.mark.parametrize("make", [two_feeders_with_a_tie, lambda: square_mesh(3)])
def test_faults_of_drawn_networks_are_those_of_blasts(make: object) -> None:
    hold_to_blasts(open_twin(make()))  # type: ignore[operator]


def test_faults_of_a_territory_are_those_of_blasts_and_of_networkx() -> None:
    twin = gridtwin.open(gridtwin.synthesize("houston", meters=600, seed=3))
    situation, names = twin.situation("normal"), ask_all(twin)
    graph = twin.graph
    nodes = decode_texts(situation.data.nodes.mrid)
    heads = {str(nodes[at]) for at in situation.index.conduction.source_node.tolist()}
    closed = nx.MultiGraph()
    closed.add_nodes_from(graph.nodes(data=True))
    closed.add_edges_from(
        (a, b, key, facts)
        for a, b, key, facts in graph.edges(keys=True, data=True)
        if key == "service" or (not facts["open"] and facts["in_service"])
    )
    before = count_reached(closed, heads)
    places = {key: (a, b) for a, b, key in closed.edges(keys=True)}
    rng = np.random.default_rng(1)
    for at in rng.choice(len(names[0]), min(60, len(names[0])), replace=False).tolist():
        name = names[0][at]
        without = closed.copy()
        without.remove_edge(*places[name], key=name)
        assert names[1].customers_behind[at] == before - count_reached(without, heads), name
        device = names[1].device[at]
        if device >= 0:
            tripped = decode_texts(situation.data.equipment.mrid[[device]])[0]
            if tripped != name:
                without.remove_edge(*places[tripped], key=tripped)
            assert names[1].customers[at] == before - count_reached(without, heads), name


def count_reached(graph: nx.MultiGraph, heads: set[str]) -> int:
    """Return the customers that are joined to a source."""
    reached: set[str] = set()
    for head in heads:
        reached |= nx.node_connected_component(graph, head) if head not in reached else set()
    return sum(graph.nodes[node].get("customers", 0) for node in reached)


def test_a_span_without_supply_interrupts_nobody() -> None:
    twin = open_twin(
        network(
            """
            B breaker S a ABC
            L1 ac_line_segment a b ABC
            SW load_break_switch b c ABC ABC
            L2 ac_line_segment c d ABC
            """,
            meters="M1@b:ABC*5 M2@d:ABC*9",
        )
    )
    situation = twin.situation("normal")
    rows = situation.network.ids.find_rows("equipment", ["L1", "L2"])
    faults = count_interrupted(situation, rows)
    assert faults.customers.tolist() == [5, 0]
    assert faults.customers_behind.tolist() == [5, 0]


def test_no_spans_are_no_faults() -> None:
    twin = open_twin(two_feeders_with_a_tie())
    faults = count_interrupted(twin.situation("normal"), np.empty(0, dtype=np.int32))
    assert all(len(column) == 0 for column in faults)


def test_networks_of_the_oracle_have_loops_and_zones() -> None:
    made = [guarded_network(seed) for seed in range(60)]
    meshed = [open_twin(each).situation("normal").index.core is not None for each in made]
    assert 10 < sum(meshed) < 60
