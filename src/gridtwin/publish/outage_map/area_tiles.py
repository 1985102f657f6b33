"""Draw the public areas as vector tiles, in one PMTiles file."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from gridtwin.publish.tiles.archive import compress_tile, write_archive
from gridtwin.publish.tiles.shape_tiles import cut_shapes, place_north_up
from gridtwin.store.duckdb_extensions import open_duckdb

if TYPE_CHECKING:
    from gridtwin.publish.outage_map.public_areas import PublicAreas

AREA_LAYER = "areas"
DEEPEST_ZOOM = 12  # deeper, the map enlarges these
MOST_ZOOMS = 6  # shallower than all of them, nothing is seen of the territory


def draw_area_tiles(areas: PublicAreas) -> bytes:
    """Return a PMTiles archive with one layer, `areas`: their place in the list, and their name."""
    shapes = place_north_up(areas.shapes)
    low, high = _find_corners(shapes)
    whole = max(float((high - low).max()), 2.0**-DEEPEST_ZOOM)
    first = max(0, min(DEEPEST_ZOOM - MOST_ZOOMS, int(-math.log2(whole)) - 2))
    columns = {"id": np.arange(len(shapes), dtype=np.int64), "name": areas.names}
    tiles: dict[tuple[int, int, int], bytes] = {}
    connection = open_duckdb("making vector tiles", "tiles", "spatial", threads=1)
    for zoom in range(first, DEEPEST_ZOOM + 1):
        for (x, y), tile in cut_shapes(connection, AREA_LAYER, shapes, columns, zoom).items():
            tiles[zoom, x, y] = compress_tile(tile)
    (west, south), (east, north) = _find_degrees(areas)
    described = {
        "name": "Areas of the outage map",
        "description": "Areas that outages are told by",
        "minzoom": first,
        "maxzoom": DEEPEST_ZOOM,
        "bounds": [west, south, east, north],
        "center": [(west + east) / 2, (south + north) / 2, first],
        "vector_layers": [
            {"id": AREA_LAYER, "fields": {"name": "String: what the area is called"}}
        ],
    }
    return write_archive(tiles, described, {AREA_LAYER: len(shapes)})


def find_bounds(areas: PublicAreas) -> list[float]:
    """Return west, south, east and north of all areas, in degrees."""
    (west, south), (east, north) = _find_degrees(areas)
    return [west, south, east, north]


def _find_degrees(areas: PublicAreas) -> tuple[list[float], list[float]]:
    low, high = _find_corners(areas.shapes)
    return low.round(6).tolist(), high.round(6).tolist()


def _find_corners(shapes: Any) -> tuple[Any, Any]:
    if not len(shapes):
        return np.zeros(2), np.ones(2)
    corners = shapely.bounds(shapes)
    return corners[:, :2].min(axis=0), corners[:, 2:].max(axis=0)
