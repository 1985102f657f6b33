"""Measure, print, and write docs/benchmarks.md: `python -m benchmarks [meters]`."""

from __future__ import annotations

import sys
import time

import igraph
import networkx as nx
import numpy as np
import rustworkx as rx
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import connected_components

from benchmarks.places import place_rows
from benchmarks.plan import plan_rows
from benchmarks.processes import process_limits, process_rows
from benchmarks.reliability import reliability_rows
from benchmarks.report import ROUNDS, Row, machine, publish, seconds, tables
from benchmarks.storm import storm_lines
from gridtwin.analysis.outage.sweep import sweep_elements
from gridtwin.analysis.state.situation import Situation
from gridtwin.model import cim
from gridtwin.sources.synthetic import synthesize
from gridtwin.topology.conduction import SupplyRules
from gridtwin.topology.loss import FaultSet, count_customers, find_loss
from gridtwin.topology.renumber import preorder_rows
from gridtwin.topology.switching import Switching
from gridtwin.topology.topology_index import build_index


def main() -> None:
    """Measure everything."""
    meters = int(sys.argv[1]) if len(sys.argv) > 1 else 596_906
    network = synthesize("houston", meters=meters, seed=1)
    data = network.data
    index = build_index(data, data.equipment.normal_open)
    network = network.reorder_rows(*preorder_rows(index, data))
    data = network.data
    rows = [*_radial(data), *_meshed(data), *_switching(data), *place_rows(data)]
    plans, plan_limits = plan_rows(data)
    storms, storm_limits = storm_lines(network)
    rows += [*plans, *process_rows(network), *reliability_rows(), *storms]
    head = f"{meters:,} meters, {len(data.equipment.mrid):,} equipment; {machine()}; "
    head += f"medians of {ROUNDS} interleaved rounds"
    head += ", processor time. Every row checks that both sides give the same answer."
    limits = [*plan_limits, *process_limits(), *storm_limits]
    publish("Topology and places", [head, "", *tables(rows, limits)])


def _radial(data) -> list[Row]:  # noqa: ANN001, PLR0915
    mask = data.equipment.normal_open
    index = build_index(data, mask)
    fed = np.flatnonzero(index.feed >= 0)
    tails, heads = index.parent[fed].tolist(), fed.tolist()
    pairs = list(zip(tails, heads, strict=True))
    count = len(index.parent)

    def networkx_graph() -> nx.DiGraph:
        graph = nx.DiGraph()
        graph.add_edges_from(zip(tails, heads, strict=True))
        return graph

    def rustworkx_graph() -> rx.PyDiGraph:
        graph = rx.PyDiGraph()
        graph.add_nodes_from(range(count))
        graph.add_edges_from_no_data(list(zip(tails, heads, strict=True)))
        return graph

    ours, other_nx, other_rx = seconds(
        lambda: build_index(data, mask), networkx_graph, rustworkx_graph
    )
    rows = [
        Row("index build / networkx graph", ours, other_nx, 30),
        Row("index build / rustworkx graph", ours, other_rx, 2),
    ]
    graph, rust = networkx_graph(), rustworkx_graph()
    ig = igraph.Graph(n=count, edges=pairs, directed=True)
    rng = np.random.default_rng(3)
    some = index.child[rng.choice(data.feeders.head, 200)].tolist()
    transformers = np.flatnonzero(
        (data.equipment.kind == cim.TRANSFORMER) & (index.segment[index.child] > 0)
    )
    small = index.child[rng.choice(transformers, 200)].tolist()
    weight = index.weight.tolist()
    for node in some[:20]:
        ids = set(index.find_dependents(node).tolist())
        assert ids == nx.descendants(graph, node) | {node} == rx.descendants(rust, node) | {node}
        assert index.count_customers(node) == sum(weight[at] for at in ids)
    trace = seconds(
        lambda: [index.find_dependents(node).copy() for node in some],
        lambda: [nx.descendants(graph, node) for node in some],
        lambda: [rx.descendants(rust, node) for node in some],
        lambda: [ig.subcomponent(node, mode="out") for node in some],
    )
    rows += [
        Row("200 feeder-head traces / networkx", trace[0], trace[1], 150),
        Row("200 feeder-head traces / best compiled", trace[0], min(trace[2:]), 25),
    ]
    counts = seconds(
        lambda: [index.count_customers(node) for node in some],
        lambda: [index.count_customers(node) for node in small],
        lambda: [sum(weight[at] for at in rx.descendants(rust, node)) for node in some],
        lambda: [sum(weight[at] for at in ig.subcomponent(node, mode="out")) for node in some],
    )
    rows += [
        Row("feeder-head count / best compiled", counts[0], min(counts[2:]), 50),
        Row("one transformer / feeder head count", counts[0], counts[1], 1 / 1.5),
    ]

    def ours_n1() -> np.ndarray:
        rules = SupplyRules()
        situation = Situation(None, mask, build_index(data, mask, rules), rules)
        situation.__class__ = type("S", (Situation,), {"data": property(lambda _: data)})
        return sweep_elements(situation)[0]

    def expert() -> list[int]:
        fresh = networkx_graph()
        lost = list(weight)
        for node in reversed(list(nx.topological_sort(fresh))):
            for above in fresh.pred[node]:
                lost[above] += lost[node]
        return lost

    lost, totals = expert(), ours_n1()
    assert all(totals[index.feed[node]] == lost[node] for node in heads[::997])
    ours, other = seconds(ours_n1, expert)
    rows.append(Row("N-1 of all, build included / expert networkx", ours, other, 40))
    rows.append(_storm(data, index, "radial", 1000))
    return rows


def _storm(data, index, name: str, bar: float) -> Row:  # noqa: ANN001
    rng = np.random.default_rng(5)
    lines = np.flatnonzero(
        (data.equipment.kind == 0)
        & (index.conduction.passes != 0)
        & (index.feed[data.equipment.node_b] >= 0)
    )
    rows = np.unique(rng.choice(lines, 500)).astype(np.int32)
    points, count = data.usage_points, len(index.parent)

    def ours() -> int:
        loss = find_loss(index, FaultSet(equipment=rows))
        return count_customers(index, points, loss, strict=False)

    conduction = index.conduction

    def reach() -> int:
        kept = conduction.passes != 0
        kept[rows] = False
        a = np.concatenate([conduction.node_a[kept], conduction.source_node])
        b = np.concatenate([conduction.node_b[kept], np.full(len(conduction.source_node), count)])
        links = csr_matrix((np.ones(len(a)), (a, b)), shape=(count + 1, count + 1))
        label = connected_components(links, directed=False)[1]
        return int(index.weight[label[:-1] != label[-1]].sum())

    assert ours() == reach()
    mine, other = seconds(ours, reach)
    return Row(f"500 faults at once, {name} / full reachability", mine, other, bar)


def _meshed(data) -> list[Row]:  # noqa: ANN001
    mask = data.equipment.normal_open.copy()
    ties = np.flatnonzero(mask)
    mask[np.random.default_rng(2).choice(ties, max(1, len(ties) // 20), replace=False)] = 0
    index = build_index(data, mask)
    conduction = index.conduction
    kept = np.flatnonzero(conduction.passes)
    a, b = conduction.node_a[kept], conduction.node_b[kept]
    root = len(index.parent)
    tail = np.concatenate([a, b, np.full(len(conduction.source_node), root)]).tolist()
    head = np.concatenate([b, a, conduction.source_node]).tolist()

    def ours() -> np.ndarray:
        return build_index(data, mask).sum_dependents()

    def theirs() -> list[int]:
        graph = rx.PyDiGraph()
        graph.add_nodes_from(range(root + 1))
        graph.add_edges_from_no_data(list(zip(tail, head, strict=True)))
        above = rx.immediate_dominators(graph, root)
        lost = [*index.weight.tolist(), 0]
        order = rx.bfs_successors(graph, root)
        for node in reversed([root] + [child for _, children in order for child in children]):
            if node != root:
                lost[above[node]] += lost[node]
        return lost

    lost, totals = theirs(), ours()
    assert all(totals[node] == lost[node] for node in range(0, root, 997))
    mine, other = seconds(ours, theirs, rounds=2)
    return [
        Row("N-1 on a mesh, build included / rustworkx dominators", mine, other, 10),
        _storm(data, index, "meshed", 50),
    ]


def _switching(data) -> list[Row]:  # noqa: ANN001
    mask = data.equipment.normal_open
    index = build_index(data, mask)
    switching = Switching(index, data)
    reclosers = np.flatnonzero(data.equipment.kind == cim.KIND_CODE["recloser"])[:400].tolist()
    start = time.perf_counter()
    for row in reclosers:
        assert switching.operate_equipment(row, 0)
        assert switching.operate_equipment(row, 7)
    each = (time.perf_counter() - start) / (2 * len(reclosers))
    assert np.array_equal(switching.index.sum_dependents(), index.sum_dependents())
    (full,) = seconds(lambda: build_index(data, mask))
    return [Row("one switch operation / own full build", each, full, 500)]


if __name__ == "__main__":
    main()
