"""Give every bus of a pandapower net a place: its own, its nearest neighbor's, or a schematic."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from numpy.typing import NDArray

Place = tuple[float, float]
STEP = 100.0  # of a schematic: planar units between neighboring buses


def geometries(table: Any) -> dict[int, Any]:
    """Return the geometry of each row of a table that has one in its GeoJSON column ``geo``."""
    if "geo" not in table:
        return {}
    texts = table["geo"]
    stated = texts[texts.notna() & (texts.astype(str).str.strip() != "")]
    parsed: NDArray[Any] = np.asarray(
        shapely.from_geojson(stated.to_numpy(dtype=object), on_invalid="ignore"), dtype=object
    )
    return {
        int(row): geometry
        for row, geometry in zip(stated.index, parsed, strict=True)
        if geometry is not None and not geometry.is_empty
    }


def bus_places(
    own: Mapping[int, Any], buses: Iterable[int], branches: Iterable[tuple[int, int]]
) -> tuple[dict[int, Place], bool]:
    """
    Return the place of every bus, and whether places are drawn from a schematic.

    Parameters
    ----------
    own
        Point of each bus that has one.
    buses
        Every bus, the one to draw a schematic from first.
    branches
        Pairs of buses that something joins.

    Returns
    -------
        A bus without a point stands where the bus fewest branches away stands; one that no bus
        with a point can be reached from, at the middle of all. Without any point, a drawing in
        planar units: to the right by branches from the first bus, upward by order.
    """
    neighbors: dict[int, list[int]] = {bus: [] for bus in buses}
    for a, b in branches:
        neighbors[a].append(b)
        neighbors[b].append(a)
    places = {bus: (point.x, point.y) for bus, point in own.items() if bus in neighbors}
    if not places:
        return _schematic(neighbors), True
    middle = np.mean(list(places.values()), axis=0)
    queue = deque(places)
    while queue:
        bus = queue.popleft()
        for other in neighbors[bus]:
            if other not in places:
                places[other] = places[bus]
                queue.append(other)
    center = (float(middle[0]), float(middle[1]))
    return {bus: places.get(bus, center) for bus in neighbors}, False


def _schematic(neighbors: Mapping[int, list[int]]) -> dict[int, Place]:
    depth: dict[int, int] = {}
    for start in neighbors:
        if start in depth:
            continue
        depth[start] = 0
        queue = deque([start])
        while queue:
            bus = queue.popleft()
            for other in neighbors[bus]:
                if other not in depth:
                    depth[other] = depth[bus] + 1
                    queue.append(other)
    seen: dict[int, int] = {}
    places: dict[int, Place] = {}
    for bus, level in depth.items():
        seen[level] = seen.get(level, -1) + 1
        places[bus] = (level * STEP, seen[level] * STEP)
    return places
