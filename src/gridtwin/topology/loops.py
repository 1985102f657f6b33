"""Find the loops of a meshed network, and everything on the ways between two of its points."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gridtwin.topology.meshed_core import REACHED

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from gridtwin.topology.meshed_core import Core
    from gridtwin.topology.topology_index import TopologyIndex


def find_loops(index: TopologyIndex) -> list[NDArray[np.int32]]:
    """
    Return the equipment of every loop that the same phase closes, in order of the lowest row.

    Loops that share more than one point are one block, as they cannot be told apart.
    """
    core = index.core
    if core is None:
        return []
    trees = dict.fromkeys(core.build_cut_tree(phase) for phase in (1, 2, 4))
    found = {rows.tobytes(): rows for tree in trees for rows in tree.find_loops()}
    return sorted(found.values(), key=lambda rows: rows.tolist())


def find_block_of(index: TopologyIndex, row: int) -> NDArray[np.int32]:
    """Return the equipment on loops with a piece of equipment, itself among it; none if on none."""
    if index.core is None:
        return np.empty(0, dtype=np.int32)
    return index.core.build_cut_tree().find_loops_with(row)


def find_ways_between(
    index: TopologyIndex, nodes: Iterable[int], goal: Iterable[int]
) -> NDArray[np.int32]:
    """
    Return the equipment of the core on any simple path from the sources to a node or equipment.

    Parameters
    ----------
    index
        The topology.
    nodes
        Nodes of the core to end at.
    goal
        Equipment of the core to end at.
    """
    core = index.core
    if core is None:
        return np.empty(0, dtype=np.int32)
    return core.build_cut_tree().find_ways([int(core.slot[node]) for node in nodes], goal)


def find_single_ways(core: Core, slot: int, need: int) -> NDArray[np.int32]:
    """
    Return the equipment of a core without any one of which a slot has nothing of what it needs.

    Parameters
    ----------
    core, slot
        The core, and a slot of it.
    need
        Bits of a flood, any of which will do; one of them must be there.

    Notes
    -----
    Where all supply can turn back, blocks tell. Where it cannot, they tell what there is another
    way around, and the few that are left are taken out in turn.
    """
    bits = [bit for bit in (1, 2, 4, REACHED) if need & bit & int(core.supplied[slot])]
    rows: NDArray[np.int32] | None = None
    for bit in bits:
        tree = core.build_cut_tree(0 if bit == REACHED else bit, reversible=True)
        found = tree.find_single_ways(slot)
        if found is not None:
            rows = found if rows is None else np.intersect1d(rows, found)
    if rows is not None and core.find_reversible().all() and core.passes.all():
        return rows
    way = np.sort(core.find_way_to(slot, need))
    rows = way[way >= 0] if rows is None else np.intersect1d(rows, way)
    alone = [
        not core.flood_remaining(equipment=np.array([row], dtype=np.int32))[slot] & need
        for row in rows.tolist()
    ]
    return rows[np.array(alone, dtype=bool)]
