"""Make a question's polygon one valid area, mending what can be mended."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely
from shapely.geometry import MultiPolygon, Polygon

from gridtwin.analysis.place.polygon_forms import MEND_FORM, PolygonForm, read_form
from gridtwin.errors import PolygonError
from gridtwin.model.antimeridian import check_longitudes, cut_at_antimeridian
from gridtwin.model.frames import make_projector

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

MAX_VERTICES = 1_000_000  # refused at and above


@dataclass(frozen=True, slots=True)
class PolygonInput:
    """A valid polygon, and what had to be mended to make it so."""

    geometry: Polygon | MultiPolygon
    warnings: tuple[str, ...] = ()


def read_polygon(given: object, *, geographic: bool = True) -> PolygonInput:
    """
    Return the area that a text, a mapping or a geometry stands for.

    Several polygons are one area, their union: what two of them cover counts once.

    Parameters
    ----------
    given
        GeoJSON or Esri JSON (a geometry, a feature, or a collection of them) as text or as a
        mapping; WKT, EWKT or WKB; the text ``west,south,east,north``; a shapely geometry, a
        GeoDataFrame, or whatever else has a ``__geo_interface__``. In the coordinates of the
        network, unless it states others.
    geographic
        Whether the coordinates of the network are longitude and latitude, which have a range to
        keep to. Only those can be reached from other coordinate systems.

    Raises
    ------
    PolygonError
        If there is no polygon in it, it is empty or too large, or a coordinate is impossible.
    CrsError
        If it states a coordinate system that is not known.
    """
    try:
        with np.errstate(over="ignore", invalid="ignore"):  # what is not finite is told by its row
            return _unite_parts(read_form(given, geographic=geographic), geographic=geographic)
    except shapely.errors.GEOSException as error:
        msg = f"the polygon cannot be made valid ({error}): draw it anew"
        raise PolygonError(msg) from error


def _unite_parts(form: PolygonForm, *, geographic: bool) -> PolygonInput:
    """Return the union of the parts of a form."""
    parts = [leaf for part in form.parts for leaf in _list_leaves(part)]
    _check_size(parts)
    warnings: list[str] = []
    mended: list[BaseGeometry] = []
    beyond = False
    for part in parts:
        _check_part(part)
        if geographic:
            placed = shapely.transform(part, make_projector(form.crs)) if form.crs else part
            beyond |= check_longitudes(placed)
        else:
            placed = part
        mended += [_mend_polygon(piece, warnings) for piece in _list_pieces(placed)]
    geometry = mended[0] if len(mended) == 1 else shapely.union_all(mended)
    if beyond:
        geometry = cut_at_antimeridian(geometry)
        warnings.append("the polygon goes on past 180 degrees of longitude and has been cut there")
    if not isinstance(geometry, (Polygon, MultiPolygon)) or geometry.is_empty:
        msg = f"the polygon covers no area: {MEND_FORM} that does"
        raise PolygonError(msg)
    return PolygonInput(geometry, tuple(dict.fromkeys(warnings)))


def _list_leaves(geometry: BaseGeometry) -> list[BaseGeometry]:
    """Return the members of a collection, at whatever depth; another geometry as it is."""
    if geometry.geom_type != "GeometryCollection" or geometry.is_empty:
        return [geometry]
    return [leaf for part in shapely.get_parts(geometry) for leaf in _list_leaves(part)]


def _list_pieces(part: BaseGeometry) -> list[BaseGeometry]:
    """Return the polygons of a part, which may overlap; a valid part as it is."""
    return [part] if part.is_valid else list(shapely.get_parts(part))


def _check_size(parts: list[BaseGeometry]) -> None:
    count = int(sum(shapely.get_num_coordinates(part) for part in parts))
    if count >= MAX_VERTICES:
        msg = (
            f"the polygon has {count:,} vertices, and fewer than {MAX_VERTICES:,} are taken: "
            "simplify it (shapely.simplify, ogr2ogr -simplify)"
        )
        raise PolygonError(msg)


def _check_part(part: BaseGeometry) -> None:
    if not isinstance(part, (Polygon, MultiPolygon)):
        msg = f"the geometry is of type {part.geom_type!r}, which has no inside: {MEND_FORM}"
        raise PolygonError(msg)
    if part.is_empty:
        msg = f"the polygon is empty: {MEND_FORM} with at least three corners"
        raise PolygonError(msg)
    bad = ~np.isfinite(shapely.get_coordinates(part)).all(axis=1)
    if bad.any():
        msg = f"vertex {int(bad.argmax())} of the polygon is not finite: remove or correct it"
        raise PolygonError(msg)


def _mend_polygon(part: BaseGeometry, warnings: list[str]) -> BaseGeometry:
    """Return a valid polygon; what was wrong with it joins `warnings`."""
    if part.is_valid:
        return part
    warnings.append(
        f"the polygon was not valid and has been repaired: {shapely.is_valid_reason(part)}"
    )
    shell, *holes = map(_fill_ring, shapely.get_rings(part))
    # A place that two holes cover is no less a hole, so that each ring is mended on its own.
    return shapely.symmetric_difference(shell, shapely.union_all(holes)) if holes else shell


def _fill_ring(ring: shapely.LinearRing) -> BaseGeometry:
    """Return the valid area inside a ring, which may cross itself."""
    repaired = shapely.get_parts(shapely.make_valid(Polygon(ring)))
    # A repaired collection can hold multipolygons beside stray lines and points.
    flat = shapely.get_parts(repaired)
    return shapely.union_all(flat[shapely.get_type_id(flat) == shapely.GeometryType.POLYGON])
