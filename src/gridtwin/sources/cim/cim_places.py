"""Read where things lie: Locations and their PositionPoints; a diagram is a drawing, no place."""

from __future__ import annotations

import re
from array import array
from typing import TYPE_CHECKING

import numpy as np
import shapely

from gridtwin.errors import CrsError
from gridtwin.model.frames import PLANAR, WGS84, make_projector

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gridtwin.sources.cim.cim_merging import CimModel
    from gridtwin.sources.cim.cim_terminals import CimTerminals
    from gridtwin.sources.pandapower_cells import Key

Position = tuple[float, float]
_EPSG = re.compile(r"(?:urn:ogc:def:crs:)?EPSG:(?:[\d.]*:)?(\d+)", re.IGNORECASE)


class CimPlaces:
    """
    The places a model records, in one coordinate system.

    Parameters
    ----------
    model
        The merged model.
    crs
        What all coordinates are in, stronger than what the model says of them.

    Raises
    ------
    CrsError
        If the model states none that is known, and none is given.
    """

    def __init__(self, model: CimModel, crs: str | None) -> None:
        self._model = model
        self._points = self._read_points()
        self._locations = self._find_locations()
        self.crs = crs
        if crs is None and self._points:
            self.crs = self._choose_crs()

    def find_points(self, mrid: str) -> list[Position]:
        """Return the points of an object, in their order."""
        return _list_positions(self._points.get(self._locations.get(mrid, "")))

    def find_point(self, mrid: str, location: str = "") -> shapely.Point | None:
        """Return the single point of a Location, else of an object; None where there is none."""
        points = _list_positions(self._points.get(location)) or self.find_points(mrid)
        return shapely.Point(points[0]) if len(points) == 1 else None

    def _read_points(self) -> dict[str, array[float]]:
        """Return x, y, ... of each Location in the order of its points."""
        found = self._model.positions
        self._model.positions = {}
        for location, flat in found.items():
            points = sorted(
                zip(flat[0::3], flat[1::3], flat[2::3], strict=True), key=lambda point: point[0]
            )
            found[location] = array("d", (value for point in points for value in point[1:]))
        return found

    def _find_locations(self) -> dict[str, str]:
        """Return the Location of each object, whichever of the two names the other."""
        model = self._model
        found = {of: mrid for mrid, of in model["location"].iterate_pairs("PowerSystemResources")}
        for table in ("container", "equipment"):
            found |= dict(model[table].iterate_pairs("Location"))
        return found

    def _choose_crs(self) -> str:
        """Return the one system all points are in; several are brought to one."""
        by_system: dict[str, list[str]] = {}
        for location in self._points:
            system = self._model["location"].read_text(location, "CoordinateSystem")
            urn = self._model["coordinate_system"].read_text(system, "crsUrn")
            by_system.setdefault(urn, []).append(location)
        systems = {urn: self._require_crs(urn, found[0]) for urn, found in by_system.items()}
        if len(set(systems.values())) == 1:
            return next(iter(systems.values()))
        for urn, locations in by_system.items():
            project = make_projector(systems[urn])
            for location in locations:
                moved = project(np.array(self._points[location]).reshape(-1, 2))
                self._points[location] = array("d", moved.ravel().tolist())
        return WGS84

    def _require_crs(self, urn: str, location: str) -> str:
        known = _EPSG.fullmatch(urn)
        if known:
            return f"EPSG:{known[1]}"
        said = f"is in {urn!r}, which" if urn else "names no CoordinateSystem with a crsUrn; it"
        msg = (
            f"{self._model.where}: Location {location} {said} has no known place on earth: give"
            " --crs EPSG:..., or --crs none for planar coordinates"
        )
        raise CrsError(msg)


def _list_positions(flat: array[float] | None) -> list[Position]:
    return [] if flat is None else list(zip(flat[0::2], flat[1::2], strict=True))


def find_node_places(
    places: CimPlaces, terminals: CimTerminals, equipment: Iterable[str]
) -> dict[Key, shapely.Point]:
    """
    Return the place of every node that something drawn ends at.

    The k-th of as many points as terminals is that of the k-th terminal; of more points the first
    and the last are its ends. A single point places its nodes only where nothing else does.
    """
    sure: dict[str, Position] = {}
    near: dict[str, Position] = {}
    for mrid in equipment:
        points, ends = places.find_points(mrid), terminals.of.get(mrid, [])
        if not points or not ends:
            continue
        if len(points) == 1:
            for end in ends:
                (sure if len(ends) == 1 else near).setdefault(end.node, points[0])
            continue
        drawn = points if len(points) == len(ends) else [points[0], points[-1]]
        for end, place in zip(ends, drawn, strict=False):
            sure.setdefault(end.node, place)
    for private, node in terminals.beside.items():
        if node in sure:
            sure.setdefault(private, sure[node])
    return {node: shapely.Point(place) for node, place in (near | sure).items()}


def draw_course(points: list[Position]) -> shapely.LineString | None:
    """Return the course of a line; None where two different points are not known."""
    return shapely.LineString(points) if len(set(points)) > 1 else None


def choose_crs(places: CimPlaces, *, schematic: bool) -> str:
    """Return what the coordinates of the nodes are in."""
    return PLANAR if schematic else places.crs or WGS84
