"""
Ask a square mesh of streets for its loops, and for all ways from a corner to the source.

    python -m benchmarks.loops [streets along a side]

Compares with the biconnected components of networkx on a graph kept from before; every answer is
checked to be the same.
"""

from __future__ import annotations

import sys
import time

import networkx as nx
import numpy as np
import shapely

import gridtwin
from benchmarks.report import Limit, Row, machine, publish, seconds, tables
from gridtwin.model.network import Network
from gridtwin.topology.topology_index import build_index

SIDE = 200
ROOT = "super-source"


def mesh(side: int) -> Network:
    """Return a square of streets, every one closed, with a source in each of two corners."""
    at = np.arange(side * side).reshape(side, side)
    ends = [(at[:, :-1], at[:, 1:]), (at[:-1], at[1:])]
    tail, head = (
        np.concatenate([part.ravel() for part in parts]) for parts in zip(*ends, strict=True)
    )
    names = np.char.add("n", at.ravel().astype(str))
    xy = np.stack(np.divmod(at.ravel(), side), axis=1) / 1e4
    count = len(tail)
    return Network.from_frames(
        nodes={"mrid": names.tolist(), "geometry": list(shapely.points(xy))},
        equipment={
            "mrid": [f"street-{row}" for row in range(count)],
            "kind": ["ac_line_segment"] * count,
            "node_a": names[tail].tolist(),
            "node_b": names[head].tolist(),
            "phases": ["ABC"] * count,
            "normal_open": [""] * count,
        },
        usage_points={"mrid": [f"meter-{name}" for name in names], "node": names.tolist()},
        sources={"mrid": ["S", "T"], "node": [names[0], names[side - 1]]},
    )


def graph_of(network: Network) -> nx.Graph:
    """Return the mesh with every street as a vertex of its own."""
    graph, equipment = nx.Graph(), network.data.equipment
    ends = zip(equipment.node_a.tolist(), equipment.node_b.tolist(), strict=True)
    for row, (a, b) in enumerate(ends):
        graph.add_edges_from(((f"n{a}", row), (row, f"n{b}")))
    for node in network.data.sources.node.tolist():
        graph.add_edge(ROOT, f"n{node}")
    return graph


def streets(vertices: set[int | str]) -> list[int]:
    """Return the rows among the vertices of a block."""
    return sorted(vertex for vertex in vertices if isinstance(vertex, int))


def loops_of(graph: nx.Graph) -> list[list[int]]:
    """Return the loops of a graph as networkx finds them."""
    return [streets(block) for block in nx.biconnected_components(graph) if len(block) > 2]


def ways_of(graph: nx.Graph, node: str) -> list[int]:
    """Return what lies on a way from the sources: the block of an edge from them to the node."""
    graph.add_edge(ROOT, node)
    blocks = list(nx.biconnected_components(graph))
    graph.remove_edge(ROOT, node)
    return next(streets(block) for block in blocks if ROOT in block and node in block)


def main() -> None:
    """Measure, and write the section."""
    side = int(sys.argv[1]) if len(sys.argv) > 1 else SIDE
    network = mesh(side)
    twin, graph = gridtwin.open(network), graph_of(network)
    data = network.data
    corner = len(data.nodes.mrid) - 1
    meter = f"meter-n{corner}"
    build_s = seconds(lambda: build_index(data, data.equipment.normal_open))[0]
    twin.trace("connected", meter)  # what every trace needs is there
    start = time.process_time()
    rows = twin.trace("loops", meter).rows
    first_s = time.process_time() - start
    (expected,) = loops_of(graph)
    assert np.sort(rows.equipment).tolist() == expected
    assert np.sort(twin.trace("upstream", meter).rows.equipment).tolist() == ways_of(
        graph, f"n{corner}"
    )
    loops = seconds(lambda: twin.trace("loops", meter), lambda: loops_of(graph), rounds=3)
    ways = seconds(
        lambda: twin.trace("upstream", meter), lambda: ways_of(graph, f"n{corner}"), rounds=3
    )
    head = f"{len(data.equipment.mrid):,} streets in a square, all closed, two sources; "
    head += f"{machine()}; processor time. Every row checks that both sides give the same answer."
    compared = [
        Row("loops of a square mesh / networkx biconnected components", *loops, 20),
        Row("all ways from a corner / networkx biconnected components", *ways, 20),
    ]
    limits = [
        Limit("index build", 1e3 * build_s, 300, "ms"),
        Limit("loops, the first time they are asked for", 1e3 * first_s, 300, "ms"),
        Limit("loops, again", 1e3 * loops[0], 300, "ms"),
        Limit("all ways from a corner", 1e3 * ways[0], 30, "ms"),
    ]
    publish("Loops and ways on a mesh", [head, "", *tables(compared, limits)])


if __name__ == "__main__":
    main()
