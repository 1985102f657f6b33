"""Say who has supply, and what is energized, in the state of an index."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gridtwin.topology.meshed_core import live_phases
from gridtwin.topology.phase_needs import compute_needs

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from gridtwin.model.schema import UsagePoints
    from gridtwin.topology.topology_index import TopologyIndex


def find_needs(
    index: TopologyIndex,
    points: UsagePoints,
    rows: NDArray[np.integer] | None = None,
    *,
    strict: bool,
) -> NDArray[np.uint8]:
    """
    Return what keeps usage points alive in the state of an index, as `compute_needs` does.

    Parameters
    ----------
    index, points
        The topology, and the network's usage points.
    rows
        The usage points wanted; all by default.
    strict
        As for `compute_needs`.
    """
    own, node = points.phases, points.node
    if rows is not None:
        own, node = own[rows], node[rows]
    return compute_needs(
        own, index.mask.take(node), index.designed.take(node), index.tin.take(node) >= 0,
        strict=strict,
    )  # fmt: skip


def find_energized(index: TopologyIndex) -> NDArray[np.bool_]:
    """Return whether each node is live on a phase, or reached where it could have none."""
    live = live_phases(index.mask) != 0
    return live | ((index.designed == 0) & (index.tin >= 0))
