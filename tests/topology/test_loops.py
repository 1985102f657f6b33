"""Loops and ways on random multigraphs, against networkx and every simple path there is."""

from __future__ import annotations

import random
import subprocess
import sys
from typing import get_args

import networkx as nx
import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import gridtwin
from examples import scale_examples
from gridtwin.topology.conduction import Conduction, PhasePolicy, SupplyRules
from gridtwin.topology.loops import find_block_of, find_loops, find_single_ways, find_ways_between
from gridtwin.topology.renumber import preorder_rows
from gridtwin.topology.topology_index import TopologyIndex, build_index
from networks import network, random_network, square_mesh, two_feeders_with_a_tie

ROOT = ("node", -1)
Vertex = tuple[str, int]

seeds = given(seed=st.integers(0, 2**32 - 1))
UNFED_PART = 17  # a seed: a loop passes phases that no source there has
often = settings(max_examples=scale_examples(60), derandomize=True)


def subdivided(conduction: Conduction, supplied: np.ndarray, phase: int = 7) -> nx.Graph:
    """Return all that is supplied and passes a phase; each piece of equipment is a vertex."""
    graph = nx.Graph()
    ends = zip(conduction.node_a.tolist(), conduction.node_b.tolist(), strict=True)
    for row, (a, b) in enumerate(ends):
        if conduction.passes[row] & phase and supplied[a] and supplied[b]:
            graph.add_edges_from((("node", node), ("equipment", row)) for node in (a, b))
    fed = zip(
        conduction.source_row.tolist(),
        conduction.source_node.tolist(),
        conduction.source_mask.tolist(),
        strict=True,
    )
    for row, node, mask in fed:
        if mask & phase:
            graph.add_edges_from((end, ("source", row)) for end in (ROOT, ("node", node)))
    return graph


def equipment_of(vertices: set[Vertex]) -> list[int]:
    return sorted(row for kind, row in vertices if kind == "equipment")


def loops_of_networkx(graph: nx.Graph) -> list[list[int]]:
    blocks = [block for block in nx.biconnected_components(graph) if len(block) > 2]
    return [rows for block in blocks if (rows := equipment_of(block))]


def on_simple_paths(graph: nx.Graph, end: Vertex) -> set[Vertex]:
    """Return all that lies on a path from the sources that passes nothing twice."""
    if ROOT not in graph or end not in graph:
        return set()
    return {vertex for path in nx.all_simple_paths(graph, ROOT, end) for vertex in path}


def indexed(seed: int, policy: PhasePolicy) -> TopologyIndex:
    data, rng = random_network(seed).data, random.Random(seed)
    looked_at = rng.choice((7, 7, 7, 1, 3))
    low_feeds = rng.random() < 0.3
    rules = SupplyRules(looked_at, phase_policy=policy, allow_lv_backfeed=low_feeds)
    closed = np.zeros_like(data.equipment.normal_open)
    return build_index(data, rng.choice((data.equipment.normal_open, closed)), rules)


@pytest.mark.parametrize("policy", get_args(PhasePolicy))
@often
@seeds
@example(seed=UNFED_PART)
def test_loops_are_the_biconnected_components_of_each_phase(policy: PhasePolicy, seed: int) -> None:
    index = indexed(seed, policy)
    supplied = index.tin >= 0
    expected = {
        tuple(rows)
        for phase in (1, 2, 4)
        for rows in loops_of_networkx(subdivided(index.conduction, supplied, phase))
    }
    assert [rows.tolist() for rows in find_loops(index)] == sorted(map(list, expected))
    whole = loops_of_networkx(subdivided(index.conduction, supplied))
    for row in range(len(index.child)):
        assert find_block_of(index, row).tolist() == next(
            (rows for rows in whole if row in rows), []
        )


@often
@seeds
@example(seed=UNFED_PART)
def test_ways_are_all_that_lies_on_a_simple_path_to_the_sources(seed: int) -> None:
    index = indexed(seed, "advisory")
    core = index.core
    graph = subdivided(index.conduction, index.tin >= 0)
    if core is None:
        assert (
            find_ways_between(index, range(len(index.tin)), range(len(index.child))).tolist() == []
        )
        return
    inside = set(core.equipment.tolist())
    expected: dict[Vertex, set[int]] = {}
    for node in core.nodes[core.nodes < len(index.tin)].tolist():
        found = on_simple_paths(graph, ("node", node))
        expected["node", node] = set(equipment_of(found))
        assert find_ways_between(index, [node], []).tolist() == equipment_of(found)
    for row in sorted(row for row in inside if row >= 0):
        # Joined to no source, equipment that another has energized is a way by itself.
        found = on_simple_paths(graph, ("equipment", row)) | {("equipment", row)}
        expected["equipment", row] = set(equipment_of(found))
        assert find_ways_between(index, [], [row]).tolist() == equipment_of(found)
    ends = random.Random(seed).sample(sorted(expected), min(3, len(expected)))
    nodes, rows = ([at for kind, at in ends if kind == of] for of in ("node", "equipment"))
    union = set().union(*(expected[end] for end in ends))
    assert find_ways_between(index, nodes, rows).tolist() == sorted(union)


@often
@seeds
def test_single_ways_are_what_leaves_nothing_needed_when_taken_out(seed: int) -> None:
    core = indexed(seed, "advisory").core
    if core is None:
        return
    rows = [row for row in np.unique(core.equipment).tolist() if row >= 0]
    without = {row: core.flood_remaining(equipment=np.array([row], dtype=np.int32)) for row in rows}
    for slot in range(1, len(core.nodes)):
        for need in range(1, 16):
            if need & core.supplied[slot]:
                alone = [row for row in rows if not without[row][slot] & need]
                assert find_single_ways(core, slot, need).tolist() == alone


def names(data, rows: np.ndarray) -> str:  # noqa: ANN001
    return " ".join(mrid.decode() for mrid in data.equipment.mrid[rows])


@pytest.mark.parametrize(
    ("rows", "sources", "loops"),
    [
        ("L1 jumper S a ABC\nL2 jumper a b ABC", "S", []),
        ("L1 jumper S a ABC\nL2 jumper a b ABC\nL3 jumper a b ABC", "S", ["L2 L3"]),
        # Parallel lines of phases that do not meet are no loop.
        ("L1 jumper S a ABC\nL2 jumper a b A\nL3 jumper a b BC", "S", []),
        # Two loops that meet in one node are two, in two nodes they are one.
        (
            "L1 jumper S a ABC\nL2 jumper S a ABC\nL3 jumper a b ABC\nL4 jumper a b ABC",
            "S",
            ["L1 L2", "L3 L4"],
        ),
        ("L1 jumper S a ABC\nL2 jumper a b ABC\nL3 jumper a b ABC\nL4 jumper S b ABC", "S",
         ["L1 L2 L3 L4"]),
        # The grid above closes the loop between two sources.
        ("L1 jumper S a ABC\nL2 jumper a T ABC", "S T", ["L1 L2"]),
        ("L1 jumper S a ABC\nL2 jumper a T ABC\nL3 jumper U b ABC", "S T U", ["L1 L2"]),
        # Phase A comes around by more ways than phase B does.
        (
            "L1 jumper S a ABC\nL2 jumper S a ABC\nL3 jumper S b A\nL4 jumper b a A",
            "S",
            ["L1 L2", "L1 L2 L3 L4"],
        ),
        # What no source reaches is none's loop.
        ("L1 jumper S a ABC\nL2 jumper x y ABC\nL3 jumper x y ABC", "S", []),
    ],
)  # fmt: skip
def test_what_is_a_loop(rows: str, sources: str, loops: list[str]) -> None:
    data = network(rows, sources=sources).data
    index = build_index(data, data.equipment.normal_open)
    assert [names(data, loop) for loop in find_loops(index)] == loops


@pytest.mark.parametrize("side", [2, 30])
def test_a_square_mesh_is_one_loop_and_every_way_leads_through_it(side: int) -> None:
    twin = gridtwin.open(square_mesh(side))
    count = 2 * side * (side - 1)
    loops = twin.trace("loops", "L-0-0-E").document()["elements"]
    assert [loop["depth"] for loop in loops] == [1] * count
    far = f"M-{side - 1}-{side - 1}"
    ways = twin.trace("upstream", far).document()["elements"]
    assert len(ways) == count
    assert [way["depth"] for way in ways] == sorted(way["depth"] for way in ways)
    assert ways[-1]["depth"] == 2 * (side - 1)
    assert (
        twin.trace("upstream", f"M-{side - 1}-{side - 1}", mode="must_pass").elements.tolist() == []
    )


def test_phases_that_the_same_equipment_passes_share_their_blocks() -> None:
    data = square_mesh(3).data
    core = build_index(data, data.equipment.normal_open).core
    assert core is not None
    assert (
        core.build_cut_tree(1)
        is core.build_cut_tree(2)
        is core.build_cut_tree(4)
        is core.build_cut_tree()
    )


def test_rows_in_another_order_have_the_same_loops() -> None:
    network = random_network(5)
    data = network.data
    closed = np.zeros_like(data.equipment.normal_open)
    index = build_index(data, closed)
    other = network.reorder_rows(*preorder_rows(index, data)).data
    ours = {frozenset(names(data, loop).split()) for loop in find_loops(index)}
    assert ours
    assert ours == {
        frozenset(names(other, loop).split()) for loop in find_loops(build_index(other, closed))
    }


def test_traces_do_without_networkx_until_a_graph_is_asked_for(tmp_path) -> None:  # noqa: ANN001
    path = tmp_path / "tied.twin"
    gridtwin.open(two_feeders_with_a_tie()).save(path)
    code = (
        "import sys, gridtwin\n"
        f"twin = gridtwin.open({str(path)!r})\n"
        "twin.switch('TIE', open=False)\n"
        "assert len(twin.trace('loops', 'M4')) == 5\n"
        "assert twin.trace('upstream', 'M3').elements.tolist()\n"
        "twin.trace('downstream', 'L1', include_indeterminate=True)\n"
        "assert 'networkx' not in sys.modules\n"
        "assert type(twin.graph) is sys.modules['networkx'].MultiGraph\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
