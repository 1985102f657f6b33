"""Find the protective devices that trip before many damaged devices, radial or meshed."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from gridtwin.model import cim
from gridtwin.topology.loss import FaultSet
from gridtwin.topology.walk import flood_network

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gridtwin.analysis.state.situation import Situation


class Tripping:
    """
    What trips before each piece of equipment; who is out is that of scope ``trip`` of a blast.

    A tree is climbed to the first device. Where that leads into the meshed core, the core is
    flooded to the devices around. Of these a blast opens only those on a way from a source to the
    damage; the others lead to what is fed through the flooded part alone, and is dark either way:
    a way there past the flooded part, and on through such a device, would lead to the damage.
    """

    def __init__(self, situation: Situation) -> None:
        self._situation = situation
        self._protects = cim.PROTECTS[situation.data.equipment.kind]
        self._climbed: dict[int, tuple[int, int]] = {}
        self._fed = set(situation.index.conduction.source_node.tolist())

    def find_faults(self, rows: NDArray[np.int32]) -> FaultSet:
        """Return what is out when equipment fails: itself, what trips, and sources without."""
        devices: set[int] = set(rows.tolist())
        bare: set[int] = set()
        for row in rows.tolist():
            around, covered = self._find_devices_around(row)
            devices |= around
            if not covered:
                bare |= self._find_bare_sources(row)
        return FaultSet(
            equipment=np.array(sorted(devices), dtype=np.int32),
            sources=np.array(sorted(bare), dtype=np.int32),
        )

    def _find_devices_around(self, row: int) -> tuple[set[int], bool]:
        """Return the devices around damage, and whether they part it from every source."""
        devices: set[int] = set()
        starts: list[int] = []
        covered = True
        for node in self._find_upper_ends(row):
            device, end = self._climb_to_device(node)
            if device >= 0:
                devices.add(device)
            elif end in self._core:
                starts.append(end)
            else:
                covered = False
        if starts:
            around, reached = self._flood_core(starts, row)
            devices |= around
            covered &= self._fed.isdisjoint(reached)
        return devices, covered

    def _find_upper_ends(self, row: int) -> list[int]:
        """Return where supply comes in: of a fed piece of equipment the end that feeds it."""
        situation = self._situation
        fed = situation.find_fed_node(row)
        if fed >= 0 and not (situation.conducts[row] and situation.index.child[row] < 0):
            return [int(situation.index.parent[fed])]
        return [node for node in set(situation.find_ends(row)) if situation.is_supplied[node]]

    def _climb_to_device(self, node: int) -> tuple[int, int]:
        """Return the first device above a node, or -1 and where the core or the source is met."""
        index, passed = self._situation.index, []
        at, met = node, None
        while met is None:
            met = self._climbed.get(at)
            if met is None:
                feed = int(index.feed[at])
                if feed < 0 or at in self._core:
                    met = (-1, at)
                elif self._protects[feed]:
                    met = (feed, at)
                passed.append(at)
                at = int(index.parent[at])
        self._climbed |= dict.fromkeys(passed, met)
        return met

    @cached_property
    def _core(self) -> dict[int, list[tuple[int, int]]]:
        """The equipment at each node of the core, with the node beyond."""
        core = self._situation.index.core
        beside: dict[int, list[tuple[int, int]]] = {}
        if core is None:
            return beside
        real = core.equipment >= 0
        tails, heads = core.nodes[core.tail[real]].tolist(), core.nodes[core.head[real]].tolist()
        for tail, head, row in zip(tails, heads, core.equipment[real].tolist(), strict=True):
            beside.setdefault(tail, []).append((row, head))
            beside.setdefault(head, []).append((row, tail))
        for node in core.nodes[1:].tolist():
            beside.setdefault(node, [])
        return beside

    def _flood_core(self, starts: list[int], own: int) -> tuple[set[int], set[int]]:
        """Return the devices first met in the core from nodes of it, and the nodes reached."""
        front, reached, devices = list(starts), set(starts), set[int]()
        while front:
            for row, other in self._core[front.pop()]:
                if self._protects[row]:
                    devices.add(row)
                elif row != own and other not in reached:
                    reached.add(other)
                    front.append(other)
        return devices, reached

    def _find_bare_sources(self, row: int) -> set[int]:
        """Return the sources that feed a fault through no protective device."""
        situation = self._situation
        ends = np.array(situation.find_ends(row), dtype=np.int32)
        walk = flood_network(situation.adjacency, ends, situation.conducts & ~self._protects)
        conduction = situation.index.conduction
        return set(conduction.source_row[walk.reached[conduction.source_node]].tolist())
