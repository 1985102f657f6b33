"""Trace what hangs on an element, what it is joined to, and the way between two."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from gridtwin.analysis.state.situation import NO_ROWS, Situation
from gridtwin.topology.loops import find_block_of
from gridtwin.topology.loss import find_affected, find_loss, find_lost_nodes
from gridtwin.topology.meshed_core import live_phases
from gridtwin.topology.walk import Walk, flood_network

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from gridtwin.model.ids import Element
    from gridtwin.topology.loss import Loss

CLASSES = (
    "downstream",
    "indeterminate",
    "upstream",
    "connected",
    "feeder",
    "head",
    "section",
    "operate",
    "verify_and_tag",
    "protective",
    "path",
    "loop",
    "tie",
    "terminal",
    "same_feeder",
    "boundary",
    "dead_beyond",
)
CLASS = {name: code for code, name in enumerate(CLASSES)}


@dataclass(frozen=True, slots=True)
class TraceRows:
    """The answer of a trace, as rows of the network's tables."""

    equipment: NDArray[np.int32]
    kind: NDArray[np.uint8]  # place in CLASSES, one per piece of equipment
    parent: NDArray[np.int32]  # equipment each hangs on or was reached by; -1 for none
    depth: NDArray[np.int32]  # pieces of equipment from the start, from 1
    points: NDArray[np.int32]  # usage points
    warnings: tuple[str, ...] = ()

    @classmethod
    def from_class(
        cls,
        name: str,
        equipment: NDArray[np.int32],
        *,
        parent: NDArray[np.int32] | None = None,
        depth: NDArray[np.int32] | None = None,
        points: NDArray[np.int32] = NO_ROWS,
    ) -> TraceRows:
        """Return an answer whose elements are all of one class."""
        count = len(equipment)
        return cls(
            equipment=equipment.astype(np.int32),
            kind=np.full(count, CLASS[name], dtype=np.uint8),
            parent=np.full(count, -1, dtype=np.int32) if parent is None else parent,
            depth=np.zeros(count, dtype=np.int32) if depth is None else depth,
            points=points,
        )

    def append_rows(self, other: TraceRows) -> TraceRows:
        """Return this answer with another behind it; an element stays where it first stood."""
        new = ~np.isin(other.equipment, self.equipment)
        return TraceRows(
            equipment=np.concatenate([self.equipment, other.equipment[new]]),
            kind=np.concatenate([self.kind, other.kind[new]]),
            parent=np.concatenate([self.parent, other.parent[new]]),
            depth=np.concatenate([self.depth, other.depth[new]]),
            points=np.union1d(self.points, other.points).astype(np.int32),
            warnings=self.warnings + other.warnings,
        )

    def keep_rows(self, mask: NDArray[np.bool_]) -> TraceRows:
        """Return the elements for which `mask` holds."""
        return replace(
            self,
            equipment=self.equipment[mask],
            kind=self.kind[mask],
            parent=self.parent[mask],
            depth=self.depth[mask],
        )

    def add_warnings(self, *warnings: str) -> TraceRows:
        """Return the same answer with warnings added."""
        return replace(self, warnings=self.warnings + warnings)


def trace_downstream(
    situation: Situation,
    elements: Sequence[Element],
    *,
    barriers: NDArray[np.int32] = NO_ROWS,
    include_indeterminate: bool = False,
) -> TraceRows:
    """
    Return what loses supply without the elements, and not the elements themselves.

    Parameters
    ----------
    situation
        The network in one state.
    elements
        Where to begin.
    barriers
        Equipment whose own downstream is left out; the barrier stays, as the boundary.
    include_indeterminate
        Whether to add the rest of the loops the elements lie on, with a class of its own.
    """
    faults = situation.find_faults(elements)
    loss = find_loss(situation.index, faults)
    nodes = find_lost_nodes(situation.index, loss)
    points = find_affected(
        situation.index, situation.data.usage_points, loss, strict=situation.strict
    ).out
    rows = np.concatenate([_find_feeds(situation, nodes), _find_loose(situation, nodes)])
    rows = rows[~np.isin(rows, faults.equipment)]
    parent, depth = _trace_hanging(situation, rows, set(faults.equipment.tolist()), loss)
    answer = TraceRows.from_class("downstream", rows, parent=parent, depth=depth, points=points)
    if len(barriers):
        answer = _cut_at_barriers(situation, answer, barriers)
    if include_indeterminate:
        for row in faults.equipment.tolist():
            loop = find_block_of(situation.index, row)
            answer = answer.append_rows(TraceRows.from_class("indeterminate", loop[loop != row]))
    return answer


def _find_feeds(situation: Situation, nodes: NDArray[np.int32]) -> NDArray[np.int32]:
    """Return the equipment that feeds lost nodes from lost nodes or from what failed."""
    feed = situation.index.feed[nodes]
    parent = situation.index.parent[nodes]
    lost = np.zeros(len(situation.is_supplied) + 1, dtype=bool)
    lost[nodes] = True
    return feed[(feed >= 0) & lost[parent]]


def _find_loose(situation: Situation, nodes: NDArray[np.int32]) -> NDArray[np.int32]:
    """Return the equipment that has lost what feeds it, and does not feed a lost node itself."""
    index, conduction = situation.index, situation.index.conduction
    if not len(index.extra):
        return NO_ROWS
    lost = np.zeros(len(situation.is_supplied) + 1, dtype=bool)
    lost[nodes] = True
    kept = np.flatnonzero(index.feed >= 0)
    kept = kept[lost[index.parent[kept]] & ~lost[kept]]
    rows = np.concatenate([index.extra, index.feed[kept]])
    one_way = conduction.one_way[rows]
    a, b = lost[conduction.node_a[rows]], lost[conduction.node_b[rows]]
    return rows[np.where(one_way > 0, a, np.where(one_way < 0, b, a & b))]


def _trace_hanging(
    situation: Situation, rows: NDArray[np.int32], start: set[int], loss: Loss
) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Return the equipment each piece hangs on, and how many pieces it is from the start."""
    index = situation.index
    ends = np.stack([situation.data.equipment.node_a[rows], situation.data.equipment.node_b[rows]])
    fed_b = index.feed[ends[1]] == rows
    upper = np.where(fed_b, ends[0], ends[1])
    parent = index.feed[upper].astype(np.int32)
    known = dict.fromkeys(start, 0)
    depth = np.ones(len(rows), dtype=np.int32)
    roots = set(loss.roots.tolist())
    for at, (row, above, node) in enumerate(
        zip(rows.tolist(), parent.tolist(), upper.tolist(), strict=True)
    ):
        inherited = 0 if node in roots and above not in known else known.get(above, 0)
        depth[at] = known[row] = inherited + 1
    return parent, depth


def _cut_at_barriers(
    situation: Situation, answer: TraceRows, barriers: NDArray[np.int32]
) -> TraceRows:
    """Leave out what hangs on the barriers."""
    beyond = find_loss(
        situation.index, replace(situation.find_faults(()), equipment=barriers.astype(np.int32))
    )
    nodes = find_lost_nodes(situation.index, beyond)
    gone = np.concatenate([_find_feeds(situation, nodes), _find_loose(situation, nodes)])
    gone = gone[~np.isin(gone, barriers)]
    kind = answer.kind.copy()
    kind[np.isin(answer.equipment, barriers)] = CLASS["boundary"]
    dark = np.zeros(len(situation.is_supplied), dtype=bool)
    dark[nodes] = True
    points = answer.points[~dark[situation.data.usage_points.node[answer.points]]]
    return replace(answer, kind=kind, points=points).keep_rows(~np.isin(answer.equipment, gone))


def find_start_nodes(situation: Situation, elements: Sequence[Element]) -> NDArray[np.int32]:
    """Return the nodes of elements: both ends of equipment, the node of a usage point."""
    data = situation.data
    nodes: list[int] = []
    for table, row in elements:
        if table == "equipment":
            nodes += situation.find_ends(row)
        elif table == "usage_points":
            nodes.append(int(data.usage_points.node[row]))
        elif table == "nodes":
            nodes.append(row)
        elif table == "feeders":
            nodes += situation.find_ends(int(data.feeders.head[row]))
        elif table == "sources":
            nodes.append(int(data.sources.node[row]))
        else:
            nodes += data.sources.node[data.sources.substation == row].tolist()
    return np.array(sorted(set(nodes)), dtype=np.int32)


def trace_connected(
    situation: Situation, elements: Sequence[Element], *, barriers: NDArray[np.int32] = NO_ROWS
) -> TraceRows:
    """Return everything joined to the elements by closed equipment, nearest first."""
    passable = situation.conducts.copy()
    passable[barriers] = False
    walk = flood_network(situation.adjacency, find_start_nodes(situation, elements), passable)
    answer = _make_rows(situation, "connected", walk)
    met = np.intersect1d(walk.stopped, barriers)
    return answer.append_rows(TraceRows.from_class("boundary", met)) if len(met) else answer


def _make_rows(situation: Situation, name: str, walk: Walk) -> TraceRows:
    return TraceRows.from_class(
        name,
        walk.equipment,
        parent=walk.parent,
        depth=walk.depth,
        points=situation.points_at(walk.nodes),
    )


def trace_path(
    situation: Situation,
    elements: Sequence[Element],
    to: Sequence[Element],
    *,
    barriers: NDArray[np.int32] = NO_ROWS,
) -> TraceRows:
    """Return the shortest way of closed equipment between two elements, in order; empty if none."""
    passable = situation.conducts.copy()
    passable[barriers] = False
    walk = flood_network(situation.adjacency, find_start_nodes(situation, elements), passable)
    goals = find_start_nodes(situation, to)
    goals = goals[walk.reached[goals]]
    if not len(goals):
        return TraceRows.from_class("path", NO_ROWS)
    depth_of = dict(zip(walk.nodes.tolist(), walk.node_depth.tolist(), strict=True))
    goal = min(goals.tolist(), key=lambda node: (depth_of[node], node))
    led = _find_leads(situation, walk)
    steps: list[int] = []
    node = goal
    while depth_of[node]:
        row, node = led[node]
        steps.append(row)
    rows = np.array(steps[::-1], dtype=np.int32)
    for element in (*elements, *to):
        if element.table == "equipment" and element.row not in steps:
            at = 0 if element in elements else len(rows)
            rows = np.insert(rows, at, element.row)
    depth = np.arange(1, len(rows) + 1, dtype=np.int32)
    parent = np.concatenate([[-1], rows[:-1]]).astype(np.int32) if len(rows) else NO_ROWS
    return TraceRows.from_class("path", rows, parent=parent, depth=depth)


def _find_leads(situation: Situation, walk: Walk) -> dict[int, tuple[int, int]]:
    """Return, per node reached, the equipment and the node it was first reached from."""
    depth_of = dict(zip(walk.nodes.tolist(), walk.node_depth.tolist(), strict=True))
    led: dict[int, tuple[int, int]] = {}
    for row, depth in zip(walk.equipment.tolist(), walk.depth.tolist(), strict=True):
        a, b = situation.find_ends(row)
        for here, there in ((a, b), (b, a)):
            if depth_of.get(there) == depth and depth_of.get(here) == depth - 1:
                led.setdefault(there, (row, here))
    return led


def find_live_phases(situation: Situation, rows: NDArray[np.int32]) -> NDArray[np.uint8]:
    """Return the phases live through equipment: what it passes of what its ends have."""
    equipment = situation.data.equipment
    live = live_phases(situation.index.mask)
    ends = live[equipment.node_a[rows]] | live[equipment.node_b[rows]]
    return (situation.index.conduction.passes[rows] & ends).astype(np.uint8)
