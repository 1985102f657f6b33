"""Tell in which form a polygon is written, and read its geometries as they are."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, NamedTuple

import shapely
from shapely.geometry import MultiPolygon, Polygon
from shapely.geometry.base import BaseGeometry

from gridtwin.analysis.place.arcs import straighten_arcs
from gridtwin.analysis.place.esri_json import is_esri, read_esri
from gridtwin.analysis.place.polygon_rings import UNREADABLE, read_box, read_ring
from gridtwin.errors import PolygonError

MAX_TEXT_CHARACTERS = 64_000_000  # a million vertices at full precision, with room to spare
MAX_DEPTH = 16  # a feature collection of geometry collections of multipolygons needs about ten

MEND_FORM = "give a GeoJSON or WKT Polygon or MultiPolygon, or a shapely one"
LINEARIZE = "make straight edges of them (ST_CurveToLine, ogr2ogr -nlt CONVERT_TO_LINEAR)"
_SRID = re.compile(r"SRID\s*=\s*(\d+)\s*;\s*", re.IGNORECASE)
_HEX = re.compile(r"0[01][0-9A-Fa-f]{16,}")
_COORDINATE = r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?"
_BOUNDS = re.compile(rf"\s*{_COORDINATE}(?:\s*,\s*{_COORDINATE}){{3}}\s*")


class PolygonForm(NamedTuple):
    """Geometries as they were given, and the coordinate system they state; empty for none."""

    parts: list[BaseGeometry]
    crs: str = ""


def read_form(given: object, *, geographic: bool) -> PolygonForm:
    """
    Return the geometries of what `polygon.read_polygon` takes, in their own coordinates.

    Raises
    ------
    PolygonError
        If it is in none of the forms, or cannot be read.
    """
    if isinstance(given, BaseGeometry):
        return PolygonForm([shapely.force_2d(given)], _read_srid(given))
    if isinstance(given, Mapping):
        return _read_document(given, geographic=geographic)
    if isinstance(given, str):
        return _read_text(given, geographic=geographic)
    if isinstance(given, bytes):
        return _read_wkb(given)
    if isinstance(given, (list, tuple)) and len(given) == 4:
        return PolygonForm([_read_bounds(given, geographic=geographic)])
    if hasattr(given, "__geo_interface__"):
        crs = getattr(given, "crs", None)
        return PolygonForm(_read_geojson(given.__geo_interface__), str(crs) if crs else "")
    msg = f"a polygon cannot be read from {type(given).__name__}: {MEND_FORM}"
    raise PolygonError(msg)


def write_form(given: object) -> str:
    """
    Return a polygon as a text that stands for the same area, coordinate system included.

    Raises
    ------
    PolygonError
        If it is in none of the forms `read_form` takes.
    """
    if isinstance(given, str):
        return given
    if isinstance(given, (list, tuple)) and len(given) == 4:
        return ",".join(str(bound) for bound in given)
    try:
        if isinstance(given, Mapping):
            return json.dumps(given)
        form = read_form(given, geographic=True)
        geometries = [json.loads(shapely.to_geojson(part)) for part in form.parts]
    except (TypeError, ValueError, RecursionError, shapely.errors.GEOSException) as error:
        msg = f"the polygon cannot be written as a text ({error}): {MEND_FORM}"
        raise PolygonError(msg) from error
    document: dict[str, Any] = {"type": "GeometryCollection", "geometries": geometries}
    if form.crs:
        document["crs"] = {"type": "name", "properties": {"name": form.crs}}
    return json.dumps(document)


def is_inline(text: str) -> bool:
    """Say whether a text is a polygon itself, and not the name of a file."""
    start = text.lstrip()
    if start[:1] in {"{", "["} or _BOUNDS.fullmatch(text) or _HEX.fullmatch(start.strip()):
        return True
    return start[:1].isalpha() and "(" in start


def _read_srid(geometry: BaseGeometry) -> str:
    srid = int(shapely.get_srid(geometry))
    return f"EPSG:{srid}" if srid else ""


def _read_text(text: str, *, geographic: bool) -> PolygonForm:
    if len(text) >= MAX_TEXT_CHARACTERS:
        msg = (
            f"the polygon's text has {len(text):,} characters, and fewer than "
            f"{MAX_TEXT_CHARACTERS:,} are read: simplify it"
        )
        raise PolygonError(msg)
    stripped = text.strip().removeprefix("\ufeff").strip()
    if not stripped:
        msg = f"the polygon's text is empty: {MEND_FORM}"
        raise PolygonError(msg)
    if stripped[0] in "{[":
        return _read_json(stripped, geographic=geographic)
    if _BOUNDS.fullmatch(stripped):
        return PolygonForm([_read_bounds(stripped.split(","), geographic=geographic)])
    if _HEX.fullmatch(stripped):
        return _read_wkb(stripped)
    return _read_wkt(stripped)


def _read_wkt(text: str) -> PolygonForm:
    stated = _SRID.match(text)
    plain = text[stated.end() :] if stated else text
    srid = int(stated.group(1)) if stated else 0
    try:
        shape = shapely.force_2d(_parse_wkt(plain))
    except (NotImplementedError, ValueError) as error:
        msg = f"the polygon has curved edges ({error}): {LINEARIZE}"
        raise PolygonError(msg) from error
    except shapely.errors.GEOSException as error:
        msg = f"the polygon's text is neither GeoJSON nor WKT ({error}): {MEND_FORM}"
        raise PolygonError(msg) from error
    return PolygonForm([shape], f"EPSG:{srid}" if srid else "")


def _parse_wkt(text: str) -> BaseGeometry:
    """Return the geometry of a WKT, its curves as straight edges."""
    try:
        return shapely.from_wkt(text)
    except NotImplementedError:
        return shapely.from_wkt(straighten_arcs(text))


def _read_wkb(given: str | bytes) -> PolygonForm:
    try:
        shape = shapely.from_wkb(given)
    except NotImplementedError as error:
        msg = f"the polygon has curved edges: {LINEARIZE}"
        raise PolygonError(msg) from error
    except shapely.errors.GEOSException as error:
        msg = f"the polygon is no WKB ({error}): {MEND_FORM}"
        raise PolygonError(msg) from error
    return PolygonForm([shapely.force_2d(shape)], _read_srid(shape))


def _read_bounds(bounds: Any, *, geographic: bool) -> Polygon:
    try:
        return read_box(bounds, geographic=geographic)
    except UNREADABLE as error:
        msg = f"bounds are four numbers, west, south, east and north: {error}"
        raise PolygonError(msg) from error


def _read_json(text: str, *, geographic: bool) -> PolygonForm:
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        reason = str(error) if isinstance(error, ValueError) else "nested too deep"
        msg = f"the polygon's text is no JSON ({reason}): {MEND_FORM}"
        raise PolygonError(msg) from error
    if isinstance(document, list) and len(document) == 4:
        return PolygonForm([_read_bounds(document, geographic=geographic)])
    if not isinstance(document, dict):
        msg = f"the polygon's JSON is a list, not an object: {MEND_FORM}"
        raise PolygonError(msg)
    return _read_document(document, geographic=geographic)


def _read_document(document: Mapping[str, Any], *, geographic: bool) -> PolygonForm:
    """Return the geometries of a JSON object, and what its crs member states."""
    if is_esri(document):
        return PolygonForm(*read_esri(document, geographic=geographic))
    stated = document.get("crs")  # of GeoJSON 2008; RFC 7946 knows degrees only
    properties = stated.get("properties") if isinstance(stated, Mapping) else None
    name = properties.get("name") if isinstance(properties, Mapping) else None
    return PolygonForm(_read_geojson(document), name if isinstance(name, str) else "")


def _read_geojson(document: Mapping[str, Any], depth: int = 0) -> list[BaseGeometry]:
    """Return the geometries of a GeoJSON object (RFC 7946)."""
    if depth > MAX_DEPTH:
        msg = f"the polygon's GeoJSON is nested more than {MAX_DEPTH} deep: {MEND_FORM}"
        raise PolygonError(msg)
    kind = document.get("type")
    if kind == "Feature":
        inner = [document.get("geometry")]
    elif kind == "FeatureCollection":
        inner = _list_members(document, "features")
    elif kind == "GeometryCollection":
        inner = _list_members(document, "geometries")
    else:
        return [_read_geometry(document)]
    parts = [
        part
        for member in inner
        if isinstance(member, Mapping)
        for part in _read_geojson(member, depth + 1)
    ]
    if not parts:
        msg = f"the {kind} has no geometry: {MEND_FORM}"
        raise PolygonError(msg)
    return parts


def _list_members(document: Mapping[str, Any], name: str) -> list[Any]:
    members = document.get(name)
    return list(members) if isinstance(members, (list, tuple)) else []


def _read_geometry(document: Mapping[str, Any]) -> BaseGeometry:
    """Return the polygon of a GeoJSON geometry."""
    kind, rings = document.get("type"), document.get("coordinates")
    if kind is None:
        msg = f"the JSON states no type of geometry: {MEND_FORM}"
        raise PolygonError(msg)
    if kind not in ("Polygon", "MultiPolygon"):
        msg = f"the geometry is of type {kind!r}, which has no inside: {MEND_FORM}"
        raise PolygonError(msg)
    polygons = [rings] if kind == "Polygon" else rings
    try:
        made = [_read_geojson_polygon(polygon) for polygon in polygons or ()]
    except UNREADABLE as error:
        msg = f"the {kind}'s coordinates cannot be read ({error}): {MEND_FORM}"
        raise PolygonError(msg) from error
    return made[0] if len(made) == 1 else MultiPolygon(made)


def _read_geojson_polygon(rings: Any) -> Polygon:
    loops = [read_ring(ring) for ring in rings or ()]
    return Polygon(loops[0], loops[1:]) if loops else Polygon()
