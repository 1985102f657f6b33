"""Find what a feeder begins with: the shortest ways from the sources, and what they share."""

from __future__ import annotations

from collections import deque
from typing import Any

from gridtwin.model.cim import IS_SWITCH, KIND_CODE

Columns = dict[str, list[Any]]


class FeederTree:
    """
    The shortest ways from the sources over all that is closed by design.

    Parameters
    ----------
    equipment, sources
        The columns of both frames.
    """

    def __init__(self, equipment: Columns, sources: Columns) -> None:
        self.order: list[str] = []  # nodes, the nearest to a source first
        self.parent: dict[str, tuple[str, int]] = {}  # of a node: the node before, and the row
        self.depth: dict[str, int] = {}
        beside: dict[str, list[tuple[str, int]]] = {}
        ends = zip(equipment["node_a"], equipment["node_b"], strict=True)
        for row, (a, b) in enumerate(ends):
            if equipment["in_service"][row] and equipment["normal_open"][row] is not True:
                beside.setdefault(a, []).append((b, row))
                beside.setdefault(b, []).append((a, row))
        starts = [
            node
            for node, kind in zip(sources["node"], sources["kind"], strict=True)
            if kind == "substation"
        ]
        self.depth = dict.fromkeys(starts, 0)
        queue = deque(self.depth)
        while queue:
            node = queue.popleft()
            self.order.append(node)
            for other, row in beside.get(node, ()):
                if other not in self.depth:
                    self.depth[other] = self.depth[node] + 1
                    self.parent[other] = (node, row)
                    queue.append(other)

    def trace_common(self, nodes: list[str]) -> list[int]:
        """Return the rows of equipment that the ways to all of some nodes share, in order."""
        if not nodes:
            return []
        shared = nodes[0]
        below = {shared}  # nodes whose way leads over the shared one: none is walked twice
        for node in nodes[1:]:
            shared = self._find_common_node(shared, node, below)
        found = []
        while shared in self.parent:
            shared, row = self.parent[shared]
            found.append(row)
        return found[::-1]

    def _find_common_node(self, one: str, other: str, below: set[str]) -> str:
        """Return the last node that the ways to two nodes share; empty where there is none."""
        while one != other and other not in below:
            if self.depth.get(one, -1) < self.depth.get(other, -1):
                below.add(other)
                if other not in self.parent:
                    return ""
                other = self.parent[other][0]
            elif one in self.parent:
                one = self.parent[one][0]
                below.add(one)
            else:
                return ""
        return one


def find_head(
    tree: FeederTree, equipment: Columns, members: list[int], served: list[str]
) -> int | None:
    """Return the row that all consumers of a feeder hang on, or else all of the feeder."""
    lower: dict[int, str] = {}
    for row in members:
        ends = (equipment["node_a"][row], equipment["node_b"][row])
        reached = [node for node in ends if node in tree.depth]
        if reached:
            lower[row] = max(reached, key=tree.depth.__getitem__)
    own = set(members)
    switches = {row for row in own if IS_SWITCH[KIND_CODE[equipment["kind"][row]]]}
    to_served = tree.trace_common([node for node in dict.fromkeys(served) if node in tree.depth])
    way = tree.trace_common(list(dict.fromkeys(lower.values())))
    before = [row for row in way if IS_SWITCH[KIND_CODE[equipment["kind"][row]]]]
    for ways, wanted in ((to_served, switches), (way, switches), (before[::-1], None), (way, own)):
        for row in ways:
            if wanted is None or row in wanted:
                return row
    return min(lower, key=lambda row: (tree.depth[lower[row]], row), default=None)
