"""Read the water and the parks that lie in the file of the streets a territory follows."""

from __future__ import annotations

import re
import warnings
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import shapely

from gridtwin.errors import SourceError
from gridtwin.model.column_names import squash_name
from gridtwin.sources.layers import read_or_refuse
from gridtwin.sources.synthetic.road_file import (
    MOST_ROAD_POINTS,
    OSM_LAYER,
    list_extract,
    read_word,
    to_degrees,
)

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

# Columns that say what an area is, squashed: of OpenStreetMap, Geofabrik, the Protomaps scheme.
GROUND_COLUMNS = (
    "natural", "water", "waterway", "leisure", "landuse", "fclass", "kind", "class", "type"
)  # fmt: skip
WATER_WORDS = frozenset(
    {
        "basin", "bay", "canal", "dock", "lagoon", "lake", "ocean", "pond", "reservoir", "river",
        "riverbank", "sea", "strait", "water",
    }
)  # fmt: skip
# Of closed lines, which GDAL takes for areas by other tags only.
BANK_WORDS = frozenset({"dock", "riverbank"})
PARK_WORDS = frozenset(
    {
        "cemetery", "common", "forest", "garden", "golf_course", "grass", "grassland", "heath",
        "meadow", "nature_reserve", "park", "parks", "recreation_ground", "scrub", "village_green",
        "wood",
    }
)  # fmt: skip
# Columns of all tags that have none of their own: of GDAL, of osm2pgsql.
TAG_COLUMNS = ("othertags", "alltags", "tags")
TOLD_TAGS = GROUND_COLUMNS[:5]
# hstore, `"water"=>"pond"`, and JSON, `"water":"pond"`.
_GROUND_TAG = re.compile(r'"((?:[^"\\]|\\.)*)"\s*(?:=>|:)\s*"((?:[^"\\]|\\.)*)"')
AREA_TYPES = (shapely.GeometryType.POLYGON, shapely.GeometryType.MULTIPOLYGON)
LEAST_SEEN = 1e-7  # of the window; what is smaller is not seen

Window = tuple[float, float, float, float]  # west, south, east, north in degrees


class RoadGround(NamedTuple):
    """Polygons in longitude and latitude, arrays of shapely geometries."""

    water: NDArray[np.object_]
    parks: NDArray[np.object_]


def read_ground(path: Path, window: Window) -> RoadGround:
    """
    Return the water and the parks of a file, as far as they lie in a window.

    Parameters
    ----------
    path
        The file of the streets, or their folder. All of its layers of polygons are read, of a
        Shapefile of Geofabrik those of the others beside it; a column such as ``natural`` or
        ``landuse`` or one of all tags says what an area is, else the name of its layer.
    window
        West, south, east, north.

    Raises
    ------
    SourceError
        If a layer cannot be read, or has too many points.
    CrsError
        If a layer states no coordinate system.
    """
    none = np.empty(0, dtype=object)
    found = [(none, none)]
    for part in list_extract(path):
        found += [_read_layer(part, name, window) for name in _list_layers(part)]
    return RoadGround(*(np.concatenate(parts) for parts in zip(*found, strict=True)))


def _list_layers(path: Path) -> list[str]:
    """Return the layers that may hold areas: a layer of a database often does not say."""
    import pyogrio

    layers = read_or_refuse(path, lambda: pyogrio.list_layers(path).tolist())
    kinds = ("Polygon", "Surface", "Unknown")
    return [
        name
        for name, kind in layers
        if name == OSM_LAYER or (kind and any(each in kind for each in kinds))
    ]


def _read_layer(
    path: Path, layer: str, window: Window
) -> tuple[NDArray[np.object_], NDArray[np.object_]]:
    """Return the water and the parks of one layer."""
    meta, shapes, words = read_or_refuse(path, lambda: _read_areas(path, layer, window))
    is_water, is_park = _classify_areas(words, layer)
    count = int(shapely.get_num_coordinates(shapes[is_water | is_park]).sum())
    if count > MOST_ROAD_POINTS:
        said = f"{count:,} points of water and parks, at most {MOST_ROAD_POINTS:,}"
        msg = f"{path}: layer {layer}: {said}: cut it smaller"
        raise SourceError(msg)

    def lay(chosen: NDArray[np.bool_]) -> NDArray[np.object_]:
        areas = shapely.force_2d(shapes[chosen])
        areas = shapely.transform(areas, lambda xy: to_degrees(path, xy, meta["crs"]))
        return _cut_to_window(areas, window)

    return lay(is_water), lay(is_park)


def _read_areas(
    path: Path, layer: str, window: Window
) -> tuple[dict[str, Any], NDArray[np.object_], list[set[str]]]:
    """Return what a layer says of itself, its areas in the window, and the words of each."""
    import pyogrio

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # curves become straight
        info = pyogrio.read_info(path, layer=layer)
        known = (*GROUND_COLUMNS, *TAG_COLUMNS)
        names = [str(name) for name in info["fields"] if squash_name(str(name)) in known]
        meta, _, wkb, fields = pyogrio.raw.read(
            path, layer=layer, columns=names, bbox=_project_window(window, info["crs"])
        )
    shapes = shapely.from_wkb(wkb)
    kind = shapely.get_type_id(shapes)
    closed = (kind == shapely.GeometryType.LINESTRING) & shapely.is_ring(shapes)
    areas = (np.isin(kind, AREA_TYPES) | closed) & ~shapely.is_empty(shapes)
    words: list[set[str]] = [set() for _ in range(int(areas.sum()))]
    for name, field in zip(meta["fields"].tolist(), fields, strict=True):
        read = read_tags if squash_name(name) in TAG_COLUMNS else _read_class
        for told, value in zip(words, field[areas].tolist(), strict=True):
            told.update(read(value))
    closed, shapes = closed[areas], shapes[areas]
    for row in np.flatnonzero(closed).tolist():
        words[row] &= BANK_WORDS
    xy, owner = shapely.get_coordinates(shapes[closed], return_index=True)
    shapes[closed] = shapely.polygons(shapely.linearrings(xy, indices=owner))
    return meta, shapes, words


def _project_window(window: Window, crs: str | None) -> Window | None:
    """Return a window in the coordinates of a layer; None where they cannot be told."""
    import pyproj

    if not crs:
        return None
    change = pyproj.Transformer.from_crs("EPSG:4326", crs, always_xy=True)
    bounds: Window = change.transform_bounds(*window)
    return bounds if np.isfinite(bounds).all() else None


def _read_class(value: object) -> set[str]:
    return {read_word(value)}


def read_tags(value: object) -> set[str]:
    """
    Return the words that tell an area among all of its tags, as hstore or JSON writes them.

    >>> sorted(read_tags('"name"=>"Park","waterway"=>"riverbank"'))
    ['riverbank']
    """
    if not isinstance(value, str):
        return set()
    return {read_word(word) for key, word in _GROUND_TAG.findall(value) if key in TOLD_TAGS}


def _classify_areas(
    words: Sequence[set[str]], layer: str
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Return which areas are water and which are parks, by their words or that of their layer."""
    named = {squash_name(layer)}
    known = WATER_WORDS | PARK_WORDS
    told = [each if each & known else named for each in words]
    is_water = np.array([bool(each & WATER_WORDS) for each in told], bool)
    is_park = np.array([bool(each & PARK_WORDS) for each in told], bool)
    return is_water, is_park & ~is_water


def _cut_to_window(areas: NDArray[np.object_], window: Window) -> NDArray[np.object_]:
    """Return what of areas lies in a window and can be seen, as single polygons without a fault."""
    west, south, east, north = window
    box = shapely.box(*window)
    inside = shapely.intersection(shapely.make_valid(areas[shapely.intersects(areas, box)]), box)
    parts = shapely.get_parts(shapely.get_parts(inside))
    least = LEAST_SEEN * (east - west) * (north - south)
    drawn: NDArray[np.object_] = parts[shapely.area(parts) > least]
    return drawn
