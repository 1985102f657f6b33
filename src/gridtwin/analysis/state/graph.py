"""Show a network as networkx graphs, on which any algorithm of networkx runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import networkx as nx
import numpy as np

from gridtwin.model import cim, phases
from gridtwin.model.tables import decode_texts

if TYPE_CHECKING:
    from gridtwin.analysis.state.situation import Situation
    from gridtwin.model.tables import NetworkData


def _add_nodes(graph: nx.Graph, data: NetworkData) -> None:
    nodes, points = data.nodes, data.usage_points
    volts = nodes.nominal_v.tolist()
    graph.add_nodes_from(
        (mrid, {"kind": "connectivity_node", "x": x, "y": y, "nominal_v": volt})
        for mrid, (x, y), volt in zip(
            decode_texts(nodes.mrid).tolist(), nodes.xy.tolist(), volts, strict=True
        )
    )
    graph.add_nodes_from(
        (mrid, {"kind": "usage_point", "customers": customers, "phases": text, "priority": label})
        for mrid, customers, text, label in zip(
            decode_texts(points.mrid).tolist(),
            points.customers.tolist(),
            phases.PHASE_CODES[points.phases & 63].tolist(),
            decode_texts(points.priority).tolist(),
            strict=True,
        )
    )


def build_full_graph(situation: Situation) -> nx.MultiGraph:
    """
    Return the whole network as an undirected multigraph.

    Nodes are ConnectivityNodes and UsagePoints. Edges are equipment, keyed by mRID, with kind,
    phases, whether it stands ``open``, ``in_service`` and ``length_m``; and one edge with key
    ``"service"`` from each usage point to its node.
    """
    data = situation.data
    equipment, nodes = data.equipment, decode_texts(data.nodes.mrid)
    graph = nx.MultiGraph(state=situation.state, version=situation.version)
    _add_nodes(graph, data)
    graph.add_edges_from(
        (
            a,
            b,
            mrid,
            {"kind": kind, "phases": text, "open": is_open, "in_service": on, "length_m": m},
        )
        for a, b, mrid, kind, text, is_open, on, m in zip(
            nodes[equipment.node_a].tolist(),
            nodes[equipment.node_b].tolist(),
            decode_texts(equipment.mrid).tolist(),
            np.array(cim.KIND_NAMES)[equipment.kind].tolist(),
            phases.PHASE_CODES[equipment.phases & 63].tolist(),
            situation.is_open.tolist(),
            equipment.in_service.tolist(),
            equipment.length_m.tolist(),
            strict=True,
        )
    )
    points = data.usage_points
    graph.add_edges_from(
        (node, mrid, "service", {"kind": "service"})
        for node, mrid in zip(
            nodes[points.node].tolist(), decode_texts(points.mrid).tolist(), strict=True
        )
    )
    return graph


def build_energized_graph(situation: Situation) -> nx.MultiDiGraph:
    """
    Return what has supply as a directed multigraph, from the sources to the loads.

    Equipment on a loop that is no feed of the forest stands in both directions, as none is sure.
    """
    data, index = situation.data, situation.index
    nodes = decode_texts(data.nodes.mrid)
    equipment_mrid = decode_texts(data.equipment.mrid)
    graph = nx.MultiDiGraph(state=situation.state, version=situation.version)
    _add_nodes(graph, data)
    dead = nodes[~situation.is_supplied].tolist()
    fed = np.flatnonzero(index.feed >= 0)
    graph.add_edges_from(
        zip(
            nodes[index.parent[fed]].tolist(),
            nodes[fed].tolist(),
            equipment_mrid[index.feed[fed]].tolist(),
            strict=True,
        )
    )
    for row in index.extra.tolist():
        a, b = (str(nodes[end]) for end in situation.find_ends(row))
        way = int(index.conduction.one_way[row])
        for tail, head, allowed in ((a, b, way >= 0), (b, a, way <= 0)):
            if allowed:
                graph.add_edge(tail, head, key=str(equipment_mrid[row]), indeterminate=True)
    points = data.usage_points
    served = situation.is_served
    mrids = decode_texts(points.mrid)
    graph.add_edges_from(
        (node, mrid, "service")
        for node, mrid in zip(
            nodes[points.node[served]].tolist(), mrids[served].tolist(), strict=True
        )
    )
    graph.remove_nodes_from(dead)
    graph.remove_nodes_from(mrids[~served].tolist())
    return graph
