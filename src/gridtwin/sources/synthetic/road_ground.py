"""Read the water and the parks that lie in the file of the streets a territory follows."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import shapely

from gridtwin.errors import SourceError
from gridtwin.model.column_names import squash_name
from gridtwin.sources.layers import read_or_refuse
from gridtwin.sources.synthetic.road_file import MOST_ROAD_POINTS, read_word, to_degrees

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
PARK_WORDS = frozenset(
    {
        "cemetery", "common", "forest", "garden", "golf_course", "grass", "grassland", "heath",
        "meadow", "nature_reserve", "park", "parks", "recreation_ground", "scrub", "village_green",
        "wood",
    }
)  # fmt: skip
LEAST_SEEN = 1e-7  # of the window; what is smaller is not seen


class RoadGround(NamedTuple):
    """Polygons in longitude and latitude, arrays of shapely geometries."""

    water: NDArray[np.object_]
    parks: NDArray[np.object_]


def read_ground(path: Path, window: tuple[float, float, float, float]) -> RoadGround:
    """
    Return the water and the parks of a file, as far as they lie in a window.

    Parameters
    ----------
    path
        The file of the streets. All of its layers of polygons are read; a column such as
        ``natural`` or ``landuse`` says what an area is, else the name of its layer.
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
    found = [(none, none), *(_read_layer(path, name, window) for name in _list_layers(path))]
    return RoadGround(*(np.concatenate(parts) for parts in zip(*found, strict=True)))


def _list_layers(path: Path) -> list[str]:
    import pyogrio

    layers = read_or_refuse(path, lambda: pyogrio.list_layers(path).tolist())
    return [name for name, kind in layers if kind and ("Polygon" in kind or "Surface" in kind)]


def _read_layer(
    path: Path, layer: str, window: tuple[float, float, float, float]
) -> tuple[NDArray[np.object_], NDArray[np.object_]]:
    """Return the water and the parks of one layer."""
    meta, shapes, columns = read_or_refuse(path, lambda: _read_areas(path, layer))
    is_water, is_park = _classify_areas(columns, layer, len(shapes))
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


def _read_areas(path: Path, layer: str) -> tuple[dict[str, Any], Any, Sequence[NDArray[Any]]]:
    """Return what a layer says of itself, its geometries, and the columns that class them."""
    import pyogrio

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # curves become straight
        info = pyogrio.read_info(path, layer=layer)
        names = [str(name) for name in info["fields"] if squash_name(str(name)) in GROUND_COLUMNS]
        meta, _, wkb, fields = pyogrio.raw.read(path, layer=layer, columns=names)
    shapes = shapely.from_wkb(wkb)
    there = ~(shapely.is_missing(shapes) | shapely.is_empty(shapes))
    return meta, shapes[there], [field[there] for field in fields]


def _classify_areas(
    columns: Sequence[NDArray[Any]], layer: str, count: int
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Return which areas are water and which are parks, by their words or that of their layer."""
    words = [{read_word(value) for value in row} for row in zip(*columns, strict=True)]
    named = {squash_name(layer)}
    known = WATER_WORDS | PARK_WORDS
    told = [each if each & known else named for each in words or [named] * count]
    is_water = np.array([bool(each & WATER_WORDS) for each in told], bool)
    is_park = np.array([bool(each & PARK_WORDS) for each in told], bool)
    return is_water, is_park & ~is_water


def _cut_to_window(
    areas: NDArray[np.object_], window: tuple[float, float, float, float]
) -> NDArray[np.object_]:
    """Return what of areas lies in a window and can be seen, as single polygons without a fault."""
    west, south, east, north = window
    box = shapely.box(*window)
    inside = shapely.intersection(shapely.make_valid(areas[shapely.intersects(areas, box)]), box)
    parts = shapely.get_parts(shapely.get_parts(inside))
    least = LEAST_SEEN * (east - west) * (north - south)
    drawn: NDArray[np.object_] = parts[shapely.area(parts) > least]
    return drawn
