"""Put the rows of a network in the order of its topology, so that neighbors lie side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gridtwin.model.tables import NetworkData
    from gridtwin.topology.topology_index import TopologyIndex


def preorder_rows(
    index: TopologyIndex, data: NetworkData
) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.int32]]:
    """
    Return the old row at each new row, for nodes, equipment and usage points.

    Nodes stand in the order of the pool, what is dead last; equipment stands with the node it
    feeds, and usage points with theirs. Rows that tie keep their order.
    """
    count = len(data.nodes.mrid)
    rank = np.where(index.tin >= 0, index.tin, len(index.pool)).astype(np.int64)
    nodes = np.argsort(rank, kind="stable").astype(np.int32)
    place = np.empty(count, dtype=np.int64)
    place[nodes] = np.arange(count)
    equipment = data.equipment
    fed = np.maximum(place[equipment.node_a], place[equipment.node_b])
    own_a = index.feed[equipment.node_a] == np.arange(len(equipment.mrid))
    own_b = index.feed[equipment.node_b] == np.arange(len(equipment.mrid))
    fed = np.where(own_a, place[equipment.node_a], fed)
    fed = np.where(own_b, place[equipment.node_b], fed)
    return (
        nodes,
        np.argsort(fed, kind="stable").astype(np.int32),
        np.argsort(place[data.usage_points.node], kind="stable").astype(np.int32),
    )
