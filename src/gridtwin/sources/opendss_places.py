"""Say where the nodes of an OpenDSS circuit lie."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gridtwin.sources.opendss_elements import DssCircuit
    from gridtwin.sources.opendss_equipment import EquipmentPieces

Place = tuple[float, float]


def place_nodes(
    circuit: DssCircuit, pieces: EquipmentPieces, used: set[str], start: str
) -> dict[str, Place]:
    """
    Return where every node lies: one without a place takes that of the nearest with one.

    A circuit without any coordinates is drawn plainly, from its source outward.
    """
    beside: dict[str, list[str]] = {}
    for row in pieces.rows:
        beside.setdefault(row.node_a, []).append(row.node_b)
        beside.setdefault(row.node_b, []).append(row.node_a)
    places = {bus: place for bus, place in circuit.places.items() if bus in used}
    for node, bus in pieces.nodes.bus_of.items():
        if node in used and bus in circuit.places:
            places[node] = circuit.places[bus]
    if not places:
        return _lay_out(beside, sorted(used), start)
    queue = deque(sorted(places))
    while queue:
        node = queue.popleft()
        for other in beside.get(node, ()):
            if other not in places:
                places[other] = places[node]
                queue.append(other)
    middle = next(iter(places.values()))
    return {node: places.get(node, middle) for node in used}


def _lay_out(beside: dict[str, list[str]], nodes: list[str], start: str) -> dict[str, Place]:
    """Return a plain drawing: depth by order of discovery."""
    depth, queue, rank = {start: 0}, deque([start]), dict[int, int]()
    places: dict[str, Place] = {}
    while queue:
        node = queue.popleft()
        level = depth[node]
        rank[level] = rank.get(level, -1) + 1
        places[node] = (float(level), float(rank[level]))
        for other in beside.get(node, ()):
            if other not in depth:
                depth[other] = level + 1
                queue.append(other)
    return {node: places.get(node, (-1.0, float(at))) for at, node in enumerate(nodes)}
