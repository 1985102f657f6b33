"""Read polygons of Esri JSON, as ArcGIS and its servers write them."""

from __future__ import annotations

from collections.abc import Mapping
from functools import reduce
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from shapely.geometry import Polygon

from gridtwin.analysis.place.polygon_rings import UNREADABLE, read_box, read_ring
from gridtwin.errors import PolygonError

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

BOX_SIDES = ("xmin", "ymin", "xmax", "ymax")
ESRI_MEMBERS = frozenset({"rings", "curveRings", "paths", "points", "xmin", "geometryType"})
STRAIGHTEN = "make straight edges of them (Densify in ArcGIS), or export GeoJSON"
ESRI_CODES = 32_767  # codes above are Esri's own, those up to it are EPSG's


def is_esri(document: Mapping[str, Any]) -> bool:
    """Say whether a JSON object is Esri's and not GeoJSON."""
    if "type" in document:
        return False
    if ESRI_MEMBERS & document.keys():
        return True
    features = document.get("features")
    inner = features[0] if isinstance(features, list) and features else document.get("geometry")
    return isinstance(inner, Mapping) and is_esri(inner)


def read_esri(document: Mapping[str, Any], *, geographic: bool) -> tuple[list[BaseGeometry], str]:
    """
    Return the polygons of a geometry, feature or feature set, and their coordinate system.

    Raises
    ------
    PolygonError
        If there is none, or it has curves.
    """
    features = document.get("features", [document])
    listed = features if isinstance(features, (list, tuple)) else []
    shapes = [
        feature.get("geometry", feature) for feature in listed if isinstance(feature, Mapping)
    ]
    members = [shape for shape in shapes if isinstance(shape, Mapping)]
    parts = [part for shape in members for part in _read_geometry(shape, geographic=geographic)]
    if not parts:
        msg = "the Esri JSON has no rings: give a polygon"
        raise PolygonError(msg)
    stated = [document, *members]
    systems = dict.fromkeys(crs for crs in map(_read_crs, stated) if crs)
    if len(systems) > 1:
        msg = f"the Esri JSON states two coordinate systems, {' and '.join(systems)}: give one"
        raise PolygonError(msg)
    return parts, next(iter(systems), "")


def _read_crs(document: Mapping[str, Any]) -> str:
    stated = document.get("spatialReference")
    if not isinstance(stated, Mapping):
        return ""
    code = stated.get("latestWkid") or stated.get("wkid")
    if isinstance(code, int):
        return f"{'ESRI' if code > ESRI_CODES else 'EPSG'}:{code}"
    text = stated.get("wkt")
    return text if isinstance(text, str) else ""


def _read_geometry(shape: Mapping[str, Any], *, geographic: bool) -> list[BaseGeometry]:
    if "curveRings" in shape:
        msg = f"the polygon has curved edges: {STRAIGHTEN}"
        raise PolygonError(msg)
    try:
        if all(side in shape for side in BOX_SIDES):
            return [read_box([shape[side] for side in BOX_SIDES], geographic=geographic)]
        return _build_polygons([Polygon(read_ring(ring)) for ring in shape.get("rings") or ()])
    except UNREADABLE as error:
        msg = f"the Esri JSON's rings cannot be read: {error}"
        raise PolygonError(msg) from error


def _build_polygons(rings: list[Polygon]) -> list[BaseGeometry]:
    """Return the polygons of rings: clockwise ones are shells, the others holes in them."""
    areas = np.array([shapely.make_valid(ring) for ring in rings], dtype=object)
    is_hole = np.array([ring.exterior.is_ccw for ring in rings], dtype=bool)
    if is_hole.all():  # written the other way round: a ring within another is a hole
        return [reduce(shapely.symmetric_difference, areas)] if rings else []
    shells = areas[~is_hole]
    order = np.argsort(-shapely.area(shells), kind="stable")  # the innermost is found last
    shells = shells[order]
    within: list[list[BaseGeometry]] = [[] for _ in shells]
    hole_of, shell_of = shapely.STRtree(shells).query(areas[is_hole], predicate="covered_by")
    owner = np.full(int(is_hole.sum()), -1)
    np.maximum.at(owner, hole_of, shell_of)
    parts: list[BaseGeometry] = []
    for hole, shell in zip(areas[is_hole], owner, strict=True):
        (within[shell] if shell >= 0 else parts).append(hole)  # in no shell, it is one itself
    for shell, holes in zip(shells, within, strict=True):
        parts.append(shapely.difference(shell, shapely.union_all(holes)) if holes else shell)
    return parts
