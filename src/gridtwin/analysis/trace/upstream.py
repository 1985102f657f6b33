"""Trace the ways back to the sources, and the protective devices on them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gridtwin.analysis.state.situation import NO_ROWS, Situation
from gridtwin.analysis.trace.trace import TraceRows, find_start_nodes
from gridtwin.model import cim
from gridtwin.model.phases import ABC
from gridtwin.topology.loops import find_single_ways, find_ways_between
from gridtwin.topology.walk import flood_network

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from gridtwin.model.ids import Element


def trace_upstream(
    situation: Situation,
    elements: Sequence[Element],
    *,
    mode: str = "all_paths",
    barriers: NDArray[np.int32] = NO_ROWS,
) -> TraceRows:
    """
    Return the ways from elements to the sources, nearest first, without the elements.

    Parameters
    ----------
    situation
        The network in one state.
    elements
        Where to begin.
    mode
        ``all_paths``: everything on any way to a source; ``shortest``: the way of the fewest
        devices; ``must_pass``: what each way passes, so that it alone would put the element out.
    barriers
        Equipment the trace meets and does not pass.
    """
    own = {row for table, row in elements if table == "equipment"}
    starts = _upper_ends(situation, elements)
    finder = {"all_paths": _all_paths, "shortest": _find_shortest, "must_pass": _must_pass}[mode]
    rows = finder(situation, starts, sorted(own))
    if mode == "must_pass" and len(elements) == 1:
        rows = np.union1d(rows, _must_pass_by_phase(situation, elements[0]))
    rows = rows[~np.isin(rows, sorted(own))]
    if mode != "must_pass":
        return _nearest_first(situation, starts, rows, barriers)
    # What every way passes may lie beyond a loop: it is reached over all of them.
    ways = _all_paths(situation, starts, sorted(own))
    answer = _nearest_first(situation, starts, ways[~np.isin(ways, sorted(own))], barriers)
    return answer.keep_rows(np.isin(answer.equipment, rows))


def _upper_ends(situation: Situation, elements: Sequence[Element]) -> NDArray[np.int32]:
    """Return where supply comes in: of a fed piece of equipment the end that feeds it."""
    nodes: set[int] = set()
    for element in elements:
        fed = situation.find_fed_node(element.row) if element.table == "equipment" else -1
        if fed >= 0 and not _is_looped(situation, element.row):
            nodes.add(int(situation.index.parent[fed]))
        else:
            ends = find_start_nodes(situation, [element])
            nodes |= set(ends[situation.is_supplied[ends]].tolist())
    return np.array(sorted(nodes), dtype=np.int32)


def _is_looped(situation: Situation, row: int) -> bool:
    return bool(situation.conducts[row]) and situation.index.child[row] < 0


def _find_shortest(
    situation: Situation, starts: NDArray[np.int32], own: list[int]
) -> NDArray[np.int32]:
    del own
    index = situation.index
    rows: set[int] = set()
    for start in starts.tolist():
        node = start
        while node >= 0 and index.feed[node] >= 0 and index.feed[node] not in rows:
            rows.add(int(index.feed[node]))
            node = int(index.parent[node])
    return np.array(sorted(rows), dtype=np.int32)


def must_pass_nodes(situation: Situation, node: int) -> list[int]:
    """Return the nodes whose loss alone puts a node out, itself first."""
    chain = []
    while node >= 0:
        chain.append(node)
        node = int(situation.index.up[node])
    return chain


def _must_pass(
    situation: Situation, starts: NDArray[np.int32], own: list[int]
) -> NDArray[np.int32]:
    del own
    index = situation.index
    shared: set[int] | None = None
    for start in starts.tolist():
        chain = must_pass_nodes(situation, start)
        rows = {int(index.feed[node]) for node in chain}
        rows = {row for row in rows if row >= 0 and index.child[row] in chain}
        shared = rows if shared is None else shared & rows
    return np.array(sorted(shared or ()), dtype=np.int32)


def _must_pass_by_phase(situation: Situation, element: Element) -> NDArray[np.int32]:
    """Return the equipment of a meshed core that alone brings an element its phases."""
    index, core = situation.index, situation.index.core
    if core is None or core.uniform or element.table not in {"usage_points", "nodes"}:
        return NO_ROWS
    node = int(find_start_nodes(situation, [element])[0])
    if element.table == "usage_points":
        need = int(situation.needs[element.row])
    else:
        need = int(index.mask[node]) & ABC
    slot = int(core.attach[node])
    if slot < 0 or not need & int(core.supplied[slot]):
        return NO_ROWS
    return find_single_ways(core, slot, need)


def _all_paths(
    situation: Situation, starts: NDArray[np.int32], own: list[int]
) -> NDArray[np.int32]:
    index, core = situation.index, situation.index.core
    if core is None:
        return _find_shortest(situation, starts, own)
    rows: set[int] = set()
    slots: set[int] = set()
    for start in starts.tolist():
        node = start
        while node >= 0 and core.slot[node] < 0:
            rows.add(int(index.feed[node]))
            node = int(index.parent[node])
        if node >= 0:
            slots.add(node)
    goals = [row for row in own if (core.equipment == row).any()]
    ways = find_ways_between(index, sorted(slots) if not goals else [], goals)
    return np.concatenate([np.array(sorted(rows - {-1}), dtype=np.int32), ways])


def _nearest_first(
    situation: Situation,
    starts: NDArray[np.int32],
    rows: NDArray[np.int32],
    barriers: NDArray[np.int32],
) -> TraceRows:
    on_way = np.zeros(len(situation.conducts), dtype=bool)
    on_way[rows] = True
    on_way[barriers] = False
    walk = flood_network(situation.adjacency, starts, on_way)
    return TraceRows.from_class("upstream", walk.equipment, parent=walk.parent, depth=walk.depth)


def find_protective_devices(
    situation: Situation, elements: Sequence[Element], *, barriers: NDArray[np.int32] = NO_ROWS
) -> tuple[TraceRows, bool]:
    """
    Return the first protective device upstream on each way, and whether every way has one.

    A protective device interrupts fault current by itself: breaker, recloser or fuse. A
    sectionaliser does not; it opens after a recloser upstream has tripped.
    """
    ways = trace_upstream(situation, elements, barriers=barriers)
    allowed = np.zeros(len(situation.conducts), dtype=bool)
    allowed[ways.equipment] = True
    protects = cim.PROTECTS[situation.data.equipment.kind]
    walk = flood_network(situation.adjacency, _upper_ends(situation, elements), allowed & ~protects)
    devices = walk.stopped[allowed[walk.stopped] & protects[walk.stopped]]
    ahead = np.isin(ways.equipment, devices)
    open_ended = bool(walk.reached[situation.index.conduction.source_node].any())
    answer = TraceRows.from_class(
        "protective",
        ways.equipment[ahead],
        parent=ways.parent[ahead],
        depth=ways.depth[ahead],
    )
    if open_ended:
        answer = answer.add_warnings("a source feeds this with no protective device between")
    return answer, not open_ended
