"""Find the protective devices that trip before many damaged devices, radial or meshed."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

import networkx as nx
import numpy as np

from gridtwin.model import cim
from gridtwin.topology.loss import Faults
from gridtwin.topology.walk import flood

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gridtwin.analysis.situation import Situation
    from gridtwin.topology.core import Core

ROOT = 0  # slot of the super-source


class Tripping:
    """
    What trips before each piece of equipment of a situation; equals scope ``trip`` of a blast.

    A tree is climbed to the first device. Where that leads into the meshed core, the core is
    searched as far as its ways to the sources go.
    """

    def __init__(self, situation: Situation) -> None:
        self._situation = situation
        self._protects = cim.PROTECTS[situation.data.equipment.kind]
        self._climbed: dict[int, tuple[int, int]] = {}
        self._fed = set(situation.index.conduction.source_node.tolist())

    def faults(self, rows: NDArray[np.int32]) -> Faults:
        """Return what is out when equipment fails: itself, what trips, and sources without."""
        devices: set[int] = set(rows.tolist())
        bare: set[int] = set()
        for row in rows.tolist():
            found, covered = self._before(row)
            devices |= found
            if not covered:
                bare |= self._feeds_bare(row)
        return Faults(
            equipment=np.array(sorted(devices), dtype=np.int32),
            sources=np.array(sorted(bare), dtype=np.int32),
        )

    def _before(self, row: int) -> tuple[set[int], bool]:
        """Return the first devices on the ways up from a row, and whether every way has one."""
        devices: set[int] = set()
        starts, covered = [], True
        in_core = self._meshed is not None and row in self._meshed.blocks
        for node in self._upper_ends(row):
            device, end = (-1, node) if in_core else self._climb(node)
            if device >= 0:
                devices.add(device)
            elif self._meshed is None or not self._meshed.has(end):
                covered = False
            else:
                starts.append(end)
        if starts and self._meshed is not None:
            goals = [self._meshed.vertex(row)] if in_core else self._meshed.slots(starts)
            found, sources = self._meshed.search(starts, goals, self._protects, row)
            devices |= found
            covered &= not sources & self._fed
        return devices, covered

    def _upper_ends(self, row: int) -> list[int]:
        """Return where supply comes in: of a fed piece of equipment the end that feeds it."""
        situation = self._situation
        fed = situation.fed_node(row)
        if fed >= 0 and not (situation.conducts[row] and situation.index.child[row] < 0):
            return [int(situation.index.parent[fed])]
        return [node for node in set(situation.ends(row)) if situation.supplied[node]]

    def _climb(self, node: int) -> tuple[int, int]:
        """Return the first device above a node, or -1 and where the core or the source is met."""
        index, passed = self._situation.index, []
        at, found = node, None
        while found is None:
            found = self._climbed.get(at)
            if found is None:
                feed = int(index.feed[at])
                if feed < 0 or (index.core is not None and index.core.slot[at] >= 0):
                    found = (-1, at)
                elif self._protects[feed]:
                    found = (feed, at)
                passed.append(at)
                at = int(index.parent[at])
        self._climbed |= dict.fromkeys(passed, found)
        return found

    @cached_property
    def _meshed(self) -> _CoreWays | None:
        core = self._situation.index.core
        return None if core is None else _CoreWays(core)

    def _feeds_bare(self, row: int) -> set[int]:
        """Return the sources that feed a fault through no protective device."""
        situation = self._situation
        ends = np.array(situation.ends(row), dtype=np.int32)
        walk = flood(situation.adjacency, ends, situation.conducts & ~self._protects)
        conduction = situation.index.conduction
        return set(conduction.source_row[walk.reached[conduction.source_node]].tolist())


class _CoreWays:
    """
    The ways through a core, by its blocks.

    A simple path from the sources to a vertex runs through the blocks between the two in the tree
    of blocks and cut vertices, and through all of each. Vertices are the slots, then equipment.
    """

    def __init__(self, core: Core) -> None:
        self._core = core
        self._first = len(core.nodes)
        rows, number = np.unique(core.equipment, return_inverse=True)
        self._number = {row: self._first + at for at, row in enumerate(rows.tolist())}
        graph = nx.Graph()
        vertices = (self._first + number).tolist()
        graph.add_edges_from(zip(core.tail.tolist(), vertices, strict=True))
        graph.add_edges_from(zip(core.head.tolist(), vertices, strict=True))
        self._beside: dict[int, list[tuple[int, int]]] = {}
        for tail, head, row in zip(
            core.tail.tolist(), core.head.tolist(), core.equipment.tolist(), strict=True
        ):
            if row >= 0:
                self._beside.setdefault(tail, []).append((row, head))
                self._beside.setdefault(head, []).append((row, tail))
        self._above, self._top, members = _rooted(graph)
        self.blocks = {row: members[at] for row, at in self._number.items() if row >= 0}

    def has(self, node: int) -> bool:
        """Return whether a node is in the core."""
        return bool(self._core.slot[node] >= 0)

    def vertex(self, row: int) -> int:
        """Return the vertex of a piece of equipment."""
        return self._number[row]

    def slots(self, nodes: list[int]) -> list[int]:
        """Return the vertices of nodes."""
        return [int(self._core.slot[node]) for node in nodes]

    def search(
        self, starts: list[int], goals: list[int], protects: NDArray[np.bool_], own: int
    ) -> tuple[set[int], set[int]]:
        """Return the devices first met on the ways from the sources to goals, and nodes reached."""
        on_way: set[int] = set()
        for vertex in goals:
            at = vertex
            while at != ROOT:
                on_way.add(self._above[at])
                at = self._top[self._above[at]]
        front = self.slots(starts)
        reached, devices = set(front), set[int]()
        while front:
            for row, other in self._beside.get(front.pop(), ()):
                if row == own or on_way.isdisjoint(self.blocks[row]):
                    continue
                if protects[row]:
                    devices.add(row)
                elif other not in reached:
                    reached.add(other)
                    front.append(other)
        return devices, {int(self._core.nodes[slot]) for slot in reached}


def _rooted(graph: nx.Graph) -> tuple[dict[int, int], dict[int, int], dict[int, list[int]]]:
    """Return the block above each vertex, the cut vertex above each block, and all of a vertex."""
    blocks = list(nx.biconnected_components(graph))
    members: dict[int, list[int]] = {vertex: [] for vertex in graph}
    for number, block in enumerate(blocks):
        for vertex in block:
            members[vertex].append(number)
    above: dict[int, int] = {}
    top: dict[int, int] = {}
    front = [ROOT]
    while front:
        vertex = front.pop()
        for number in members.get(vertex, ()):
            if number in top:
                continue
            top[number] = vertex
            for below in blocks[number]:
                if below not in above and below != ROOT:
                    above[below] = number
                    front.append(below)
    return above, top, members
