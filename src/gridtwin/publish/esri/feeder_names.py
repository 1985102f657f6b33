"""Name the subnetwork that each row of a network is recorded in: its feeder as designed."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from gridtwin.model.tables import decode_texts
from gridtwin.results.layer_frames import find_feeders_of_equipment

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gridtwin.analysis.state.situation import Situation


class SubnetworkNames(NamedTuple):
    """The name of the feeder of each node and piece of equipment, None for none, and of heads."""

    of_nodes: NDArray[np.object_]
    of_equipment: NDArray[np.object_]
    of_heads: dict[int, str]


def name_subnetworks(normal: Situation) -> SubnetworkNames:
    """Return the names of feeders, which are their mRIDs, so that no two are alike."""
    data = normal.data
    names = np.append(decode_texts(data.feeders.mrid).astype(object), [""])
    names[-1] = None
    nodes, _ = normal.feeder_of_nodes
    of_heads: dict[int, str] = {}
    for row, head in enumerate(data.feeders.head.tolist()):
        of_heads.setdefault(head, str(names[row]))
    return SubnetworkNames(names[nodes], names[find_feeders_of_equipment(normal)], of_heads)
