"""Give every bus of a pandapower net a place: its own, its nearest neighbor's, or a schematic."""

from __future__ import annotations

import json
from collections import deque
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from gridtwin.errors import SourceError
from gridtwin.sources.pandapower_cells import list_records

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from numpy.typing import NDArray

    from gridtwin.sources.pandapower_cells import Key, NetCells

Place = tuple[float, float]
SCHEMATIC_STEP_M = 100.0  # of a schematic: planar units between neighboring buses


def read_points(net: Any, cells: NetCells) -> dict[Key, shapely.Point]:
    """
    Return the place of each bus that states one.

    Raises
    ------
    SourceError
        If what it states is no point.
    """
    points = _read_geometries(net, "bus", cells)
    for bus, geometry in points.items():
        if not isinstance(geometry, shapely.Point):
            msg = (
                f"{cells.where}: the geo of bus.{bus} is a {geometry.geom_type}, not a Point:"
                " give the point where it stands, or none"
            )
            raise SourceError(msg)
    return points


def read_courses(net: Any, cells: NetCells) -> dict[Key, shapely.LineString]:
    """Return the course of each line that states one; what is no line is noted."""
    courses = {}
    for key, geometry in _read_geometries(net, "line", cells).items():
        parts = geometry.geom_type == "MultiLineString"
        course = shapely.line_merge(geometry) if parts else geometry
        if isinstance(course, shapely.LineString):
            courses[key] = course
        else:
            evidence = f"the geo of line.{key} is a {geometry.geom_type}, not one line"
            cells.note_once(
                "odd_geometry", f"{evidence}: drawn straight", "draw it as a LineString"
            )
    return courses


def _read_geometries(net: Any, name: str, cells: NetCells) -> dict[Key, Any]:
    """Return the geometry of each row of a table that has one in its GeoJSON column ``geo``."""
    texts = {key: _read_geojson(row.get("geo")) for key, row in list_records(net, name)}
    stated = {key: text for key, text in texts.items() if text}
    parsed: NDArray[Any] = np.asarray(
        shapely.from_geojson(np.array([*stated.values()], dtype=object), on_invalid="ignore"),
        dtype=object,
    )
    geometries = {}
    for key, geometry in zip(stated, parsed, strict=True):
        if geometry is None:
            evidence = f"the geo of {name}.{key} is no GeoJSON: {stated[key][:60]}"
            cells.note_once("odd_geometry", f"{evidence}: left out", "write it as GeoJSON")
        elif not geometry.is_empty:
            geometries[key] = geometry
    return geometries


def _read_geojson(value: Any) -> str:
    if isinstance(value, dict):
        return json.dumps(value, default=str)
    return value.strip() if isinstance(value, str) else ""


def place_buses(
    own: Mapping[Key, Any], buses: Iterable[Key], branches: Iterable[tuple[Key, Key]]
) -> tuple[dict[Key, Place], bool]:
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
    neighbors: dict[Key, list[Key]] = {bus: [] for bus in buses}
    for a, b in branches:
        neighbors[a].append(b)
        neighbors[b].append(a)
    places = {bus: (point.x, point.y) for bus, point in own.items() if bus in neighbors}
    if not places:
        return _draw_schematic(neighbors), True
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


def _draw_schematic(neighbors: Mapping[Key, list[Key]]) -> dict[Key, Place]:
    depth: dict[Key, int] = {}
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
    places: dict[Key, Place] = {}
    for bus, level in depth.items():
        seen[level] = seen.get(level, -1) + 1
        places[bus] = (level * SCHEMATIC_STEP_M, seen[level] * SCHEMATIC_STEP_M)
    return places
