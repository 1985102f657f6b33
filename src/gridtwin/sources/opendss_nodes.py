"""
Say which ConnectivityNode every conductor of an OpenDSS bus belongs to.

A bus is one node, unless two of its conductors carry the same phase: then it holds several
circuits, and each is a node of its own, ``bus``, ``bus#2`` and so on by its lowest number.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gridtwin.sources.opendss_conductors import Labels
    from gridtwin.sources.opendss_elements import DssElement

from gridtwin.sources.opendss_conductors import UNRECORDED


class BusNodes:
    """The ConnectivityNodes of the buses."""

    def __init__(self, elements: list[DssElement], labels: Labels) -> None:
        self._labels = labels
        self._of: dict[tuple[str, int], str] = {}
        self.bus_of: dict[str, str] = {}  # of the nodes that are not called as their bus
        taken = {bus for element in elements for bus in element.buses}
        crowded = self._find_crowded(elements)
        chunks: dict[str, list[list[int]]] = {bus: [] for bus in crowded}
        for element in elements:
            for bus, numbers in zip(element.buses, element.nodes, strict=True):
                if bus in crowded:
                    chunks[bus].extend(self._group_circuits(bus, numbers))
        for bus in sorted(crowded):
            self._split_bus(bus, chunks[bus], taken)

    def find_node(self, bus: str, number: int) -> str:
        """Return the node of a conductor."""
        return self._of.get((bus, number), bus)

    def _find_crowded(self, elements: list[DssElement]) -> set[str]:
        """Return the buses where two conductors carry the same phase."""
        seen: dict[tuple[str, str], int] = {}
        crowded = set()
        for element in elements:
            for bus, numbers in zip(element.buses, element.nodes, strict=True):
                for number in numbers:
                    label = self._labels.find_phase(bus, number)
                    if not label or label == UNRECORDED:
                        continue
                    if seen.setdefault((bus, label), number) != number:
                        crowded.add(bus)
        return crowded

    def _group_circuits(self, bus: str, numbers: list[int]) -> Iterator[list[int]]:
        """Yield the conductors of one terminal, a new list where a phase comes again."""
        chunk: dict[str, int] = {}
        for number in numbers:
            label = self._labels.find_phase(bus, number)
            if not label:
                continue
            if chunk.get(label, number) != number:
                yield list(chunk.values())
                chunk = {}
            chunk[label] = number
        if chunk:
            yield list(chunk.values())

    def _split_bus(self, bus: str, chunks: list[list[int]], taken: set[str]) -> None:
        groups: list[dict[int, str]] = []
        for chunk in sorted(chunks, key=len, reverse=True):  # whole circuits first
            for number in chunk:
                if not any(number in group for group in groups):
                    groups.append({number: self._labels.find_phase(bus, number)})
            for number in chunk[1:]:
                _unite_circuits(groups, chunk[0], number)
        groups.sort(key=min)
        for group in groups[1:]:  # what never stands together in one element
            for earlier in groups[: groups.index(group)]:
                if _unite_circuits(groups, min(earlier), min(group)):
                    break
        for at, group in enumerate(sorted(groups, key=min), 1):
            name = bus if at == 1 else _name_free(bus, at, taken)
            if name != bus:
                self.bus_of[name] = bus
            self._of |= {(bus, number): name for number in group}


def _unite_circuits(groups: list[dict[int, str]], one: int, other: int) -> bool:
    """Make one circuit of two, unless they carry a phase twice."""
    first = next(group for group in groups if one in group)
    second = next(group for group in groups if other in group)
    twice = set(first.values()) & set(second.values()) - {UNRECORDED}
    if first is second or twice:
        return False
    groups.remove(second)
    first |= second
    return True


def _name_free(bus: str, at: int, taken: set[str]) -> str:
    while f"{bus}#{at}" in taken:
        at += 1
    taken.add(f"{bus}#{at}")
    return f"{bus}#{at}"
