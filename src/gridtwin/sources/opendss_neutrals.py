"""Say which conductors of an OpenDSS circuit are neutrals, and no phases."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from gridtwin.sources.opendss_elements import SHUNTS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gridtwin.sources.opendss_elements import DssElement

Conductor = tuple[str, int]  # bus and node

MOST_LETTERED = 3  # node numbers above it are no phase by themselves


def find_neutrals(elements: list[DssElement]) -> set[Conductor]:
    """Return the conductors that the middle of a winding, a star or a ground tells to be so."""
    beside = _join_wires(elements)
    neutrals: set[Conductor] = set()
    for element in elements:
        for start in _find_middle(element):
            neutrals |= _follow_wires(start, beside)
    for element in elements:
        for start in _find_star_points(element):
            if start not in neutrals:
                wire = _follow_wires(start, beside)
                # One that is 1, 2 or 3 somewhere is a second circuit's, and no neutral.
                if all(node > MOST_LETTERED for _, node in wire):
                    neutrals |= wire
    return neutrals


def _join_wires(elements: list[DssElement]) -> dict[Conductor, list[Conductor]]:
    """Return what lines make one conductor with each."""
    beside: dict[Conductor, list[Conductor]] = {}
    for element in elements:
        if element.family == "line":
            for near, far in zip(*element.nodes, strict=True):
                if near > 0 and far > 0:
                    one, other = (element.buses[0], near), (element.buses[1], far)
                    beside.setdefault(one, []).append(other)
                    beside.setdefault(other, []).append(one)
    return beside


def _follow_wires(start: Conductor, beside: dict[Conductor, list[Conductor]]) -> set[Conductor]:
    """Return all that lines make one conductor with another."""
    wire, queue = {start}, deque([start])
    while queue:
        for other in beside.get(queue.popleft(), ()):
            if other not in wire:
                wire.add(other)
                queue.append(other)
    return wire


def _find_middle(element: DssElement) -> set[Conductor]:
    """Return the middle of a center tap: both halves of the secondary end there."""
    if element.family != "transformer" or element.phases != 1 or len(element.nodes) < 3:
        return set()
    ends = list(zip(element.buses, element.nodes, strict=True))[1:3]
    halves = [{(bus, node) for node in nodes if node > 0} for bus, nodes in ends]
    shared = halves[0] & halves[1]
    return shared if len(shared) == 1 and len(halves[0] | halves[1]) == 3 else set()


def _find_star_points(element: DssElement) -> Iterable[Conductor]:
    """Yield conductors above 3 that a star of windings, of shunts or a ground ends at."""
    ends = list(zip(element.buses, element.nodes, strict=True))
    if element.family == "transformer" and element.phases > 1:
        for bus, nodes in ends:
            yield from ((bus, node) for node in nodes[element.phases :] if node > MOST_LETTERED)
    elif element.family in SHUNTS and len(ends) == 2:
        (bus, near), (other_bus, far) = ends
        grounded = element.phases == 1 and element.family == "reactor" and far == [0]
        if grounded and near[0] > MOST_LETTERED:
            yield bus, near[0]
        if element.phases > 1 and len(set(far)) == 1 and far[0] > MOST_LETTERED:
            yield other_bus, far[0]
