"""Bring the index of one state to another by the operations between them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from gridtwin.topology.conduction import Conduction
from gridtwin.topology.switching import Switching
from gridtwin.topology.topology_index import build_index

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gridtwin.model.tables import NetworkData
    from gridtwin.topology.topology_index import TopologyIndex

MOST_FOLLOWED = 500  # operations after which building anew is as fast


def update_index(
    index: TopologyIndex,
    data: NetworkData,
    open_mask: NDArray[np.uint8],
    rows: NDArray[np.integer[Any]],
) -> TopologyIndex:
    """
    Return the index of another state of the same network.

    Parameters
    ----------
    index
        The index of one state, reckoned by the default rules; it is not changed.
    data
        The network's tables.
    open_mask
        Phases that stand open in the state wanted.
    rows
        Equipment whose open phases differ between the two.

    Notes
    -----
    Operations are followed one by one, those that open first; what they cannot follow is built.
    """
    if len(rows) > MOST_FOLLOWED or index.core is not None:
        return build_index(data, open_mask, designed=index.designed)
    after = Conduction.from_state(data, open_mask).passes[rows]
    switching = Switching(index, data)
    for place in np.argsort(after != 0, kind="stable").tolist():
        if not switching.operate_equipment(int(rows[place]), int(after[place])):
            return build_index(data, open_mask, designed=index.designed)
    return switching.index
