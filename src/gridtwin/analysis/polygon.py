"""Read the polygon a question is asked about, mending what can be mended."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from shapely.geometry import MultiPolygon, Polygon
from shapely.geometry.base import BaseGeometry

from gridtwin.errors import PolygonError

MAX_VERTICES = 1_000_000  # refused at and above
MAX_TEXT_CHARACTERS = 64_000_000  # a million vertices at full precision, with room to spare
MAX_DEPTH = 16  # a feature collection of geometry collections of multipolygons needs about ten

MEND_FORM = "give a GeoJSON or WKT Polygon or MultiPolygon, or a shapely one"


@dataclass(frozen=True, slots=True)
class PolygonInput:
    """A valid polygon, and what had to be mended to make it so."""

    geometry: Polygon | MultiPolygon
    warnings: tuple[str, ...] = ()


def read_polygon(given: object, *, geographic: bool = True) -> PolygonInput:
    """
    Return the polygon that a text, a GeoJSON mapping or a shapely geometry stands for.

    Parameters
    ----------
    given
        GeoJSON (geometry, Feature, or FeatureCollection, whose polygons are united) as text or
        as a mapping, WKT, or a shapely geometry; in the coordinates of the network.
    geographic
        Whether the coordinates are longitude and latitude, which have a range to keep to.

    Raises
    ------
    PolygonError
        If there is no polygon in it, it is empty or too large, or a coordinate is impossible.
    """
    parts = _parts(given)
    _check_size(parts)
    for part in parts:
        _check_part(part, geographic=geographic)
    warnings: list[str] = []
    mended = [_mend(part, warnings) for part in parts]
    geometry = mended[0] if len(mended) == 1 else shapely.union_all(mended)
    if not isinstance(geometry, (Polygon, MultiPolygon)) or geometry.is_empty:
        msg = f"the polygon covers no area: {MEND_FORM} that does"
        raise PolygonError(msg)
    return PolygonInput(geometry, tuple(warnings))


def _parts(given: object) -> list[BaseGeometry]:
    if isinstance(given, BaseGeometry):
        return [shapely.force_2d(given)]
    if isinstance(given, Mapping):
        return _from_mapping(given)
    if isinstance(given, str):
        return _from_text(given)
    msg = f"a polygon cannot be read from {type(given).__name__}: {MEND_FORM}"
    raise PolygonError(msg)


def _from_text(text: str) -> list[BaseGeometry]:
    if len(text) >= MAX_TEXT_CHARACTERS:
        msg = (
            f"the polygon's text has {len(text):,} characters, and fewer than "
            f"{MAX_TEXT_CHARACTERS:,} are read: simplify it"
        )
        raise PolygonError(msg)
    stripped = text.strip().removeprefix("\ufeff")
    if not stripped:
        msg = f"the polygon's text is empty: {MEND_FORM}"
        raise PolygonError(msg)
    if stripped[0] in "{[":
        return _from_json(stripped)
    try:
        return [shapely.force_2d(shapely.from_wkt(stripped))]
    except shapely.errors.GEOSException as error:
        msg = f"the polygon's text is neither GeoJSON nor WKT ({error}): {MEND_FORM}"
        raise PolygonError(msg) from error


def _from_json(text: str) -> list[BaseGeometry]:
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        reason = str(error) if isinstance(error, ValueError) else "nested too deep"
        msg = f"the polygon's text is no JSON ({reason}): {MEND_FORM}"
        raise PolygonError(msg) from error
    if not isinstance(document, dict):
        msg = f"the polygon's JSON is a list, not an object: {MEND_FORM}"
        raise PolygonError(msg)
    return _from_mapping(document)


def _from_mapping(document: Mapping[str, Any], depth: int = 0) -> list[BaseGeometry]:
    """Return the geometries of a GeoJSON object (RFC 7946)."""
    if depth > MAX_DEPTH:
        msg = f"the polygon's GeoJSON is nested more than {MAX_DEPTH} deep: {MEND_FORM}"
        raise PolygonError(msg)
    kind = document.get("type")
    if kind == "Feature":
        inner = [document.get("geometry")]
    elif kind == "FeatureCollection":
        inner = _members(document, "features")
    elif kind == "GeometryCollection":
        inner = _members(document, "geometries")
    else:
        return [_geometry(document)]
    found = [
        part
        for member in inner
        if isinstance(member, Mapping)
        for part in _from_mapping(member, depth + 1)
    ]
    if not found:
        msg = f"the {kind} has no geometry: {MEND_FORM}"
        raise PolygonError(msg)
    return found


def _members(document: Mapping[str, Any], name: str) -> list[Any]:
    members = document.get(name)
    return list(members) if isinstance(members, (list, tuple)) else []


def _geometry(document: Mapping[str, Any]) -> BaseGeometry:
    """Return the polygon of a GeoJSON geometry."""
    kind, rings = document.get("type"), document.get("coordinates")
    if kind not in {"Polygon", "MultiPolygon"}:
        msg = f"the geometry is of type {kind!r}, which has no inside: {MEND_FORM}"
        raise PolygonError(msg)
    polygons = [rings] if kind == "Polygon" else rings
    try:
        made = [_polygon(polygon) for polygon in polygons or ()]
    except (TypeError, ValueError, IndexError) as error:
        msg = f"the {kind}'s coordinates cannot be read ({error}): {MEND_FORM}"
        raise PolygonError(msg) from error
    return made[0] if len(made) == 1 else MultiPolygon(made)


def _polygon(rings: Any) -> Polygon:
    loops = [_ring(ring) for ring in rings or ()]
    return Polygon(loops[0], loops[1:]) if loops else Polygon()


def _ring(positions: Any) -> np.ndarray[Any, np.dtype[np.float64]]:
    ring = np.array([position[:2] for position in positions], dtype=np.float64)
    if ring.ndim != 2 or ring.shape[1] != 2:
        msg = "a position is not [x, y]"
        raise ValueError(msg)
    if not np.isfinite(ring).all():
        msg = "a position is not finite"
        raise ValueError(msg)
    return ring


def _check_size(parts: list[BaseGeometry]) -> None:
    count = int(sum(shapely.get_num_coordinates(part) for part in parts))
    if count >= MAX_VERTICES:
        msg = (
            f"the polygon has {count:,} vertices, and fewer than {MAX_VERTICES:,} are taken: "
            "simplify it (shapely.simplify, ogr2ogr -simplify)"
        )
        raise PolygonError(msg)


def _check_part(part: BaseGeometry, *, geographic: bool) -> None:
    if not isinstance(part, (Polygon, MultiPolygon)):
        msg = f"the geometry is of type {part.geom_type!r}, which has no inside: {MEND_FORM}"
        raise PolygonError(msg)
    if part.is_empty:
        msg = f"the polygon is empty: {MEND_FORM} with at least three corners"
        raise PolygonError(msg)
    xy = shapely.get_coordinates(part)
    bad = ~np.isfinite(xy).all(axis=1)
    if bad.any():
        msg = f"vertex {int(bad.argmax())} of the polygon is not finite: remove or correct it"
        raise PolygonError(msg)
    if not geographic:
        return
    bad = (np.abs(xy[:, 0]) > 180.0) | (np.abs(xy[:, 1]) > 90.0)
    if bad.any():
        row = int(bad.argmax())
        msg = (
            f"vertex {row} of the polygon, ({xy[row, 0]:g}, {xy[row, 1]:g}), is no longitude and "
            "latitude: give degrees, longitude first (bring other coordinates to EPSG:4326)"
        )
        raise PolygonError(msg)


def _mend(part: BaseGeometry, warnings: list[str]) -> BaseGeometry:
    """Return a valid polygon; what was wrong with it joins `warnings`."""
    if part.is_valid:
        return part
    warnings.append(
        f"the polygon was not valid and has been repaired: {shapely.is_valid_reason(part)}"
    )
    repaired = shapely.get_parts(shapely.make_valid(part))
    # A repaired collection can hold multipolygons beside stray lines and points.
    flat = shapely.get_parts(repaired)
    return shapely.union_all(flat[shapely.get_type_id(flat) == shapely.GeometryType.POLYGON])
