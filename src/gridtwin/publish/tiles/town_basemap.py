"""Draw the ground of a synthetic territory as a basemap of the Protomaps scheme."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import shapely

from gridtwin.publish.atomic_file import write_whole
from gridtwin.publish.tiles.archive import compress_tile, write_archive
from gridtwin.publish.tiles.shape_tiles import cut_shapes, place_north_up
from gridtwin.sources.synthetic.road_file import HIGHWAY, MAJOR, MEDIUM, MINOR, ROAD_KINDS
from gridtwin.store.duckdb_extensions import open_duckdb

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from gridtwin.publish.tiles.archive import Tile
    from gridtwin.sources.synthetic.town_map import TownMap

FIRST_ZOOM, LAST_ZOOM = 7, 14  # deeper, the map enlarges these
FIRST_ZOOM_OF_STREET = {HIGHWAY: 7, MAJOR: 9, MEDIUM: 11, MINOR: 12}
BUILDINGS_FROM = 14


class _Group(NamedTuple):
    """Shapes of one kind in one layer."""

    layer: str
    kind: str
    first_zoom: int
    shapes: NDArray[np.object_]


def write_basemap(path: Path, town: TownMap, *, attribution: str) -> None:
    """
    Write the ground of a territory to a file.

    Raises
    ------
    MissingExtraError
        If what makes tiles is not installed.
    InputError
        If it cannot be written there.
    """
    write_whole(path, build_basemap(town, attribution=attribution))


def build_basemap(town: TownMap, *, attribution: str) -> bytes:
    """Return a PMTiles archive with the layers ``earth``, ``landuse``, ``water``, ``roads`` ..."""
    groups = [group._replace(shapes=place_north_up(group.shapes)) for group in _list_groups(town)]
    tiles: dict[Tile, bytes] = {}
    connection = open_duckdb("making vector tiles", "tiles", "spatial", threads=1)
    for zoom in range(FIRST_ZOOM, LAST_ZOOM + 1):
        tiles |= _make_zoom(connection, groups, zoom)
    west, south, east, north = shapely.total_bounds(town.earth).round(6).tolist()
    names = dict.fromkeys(group.layer for group in groups)
    said = {
        "name": "Streets and water",
        "description": "The ground of a synthetic territory, by gridtwin",
        "type": "baselayer",
        "attribution": attribution,
        "minzoom": FIRST_ZOOM,
        "maxzoom": LAST_ZOOM,
        "bounds": [west, south, east, north],
        "center": [(west + east) / 2, (south + north) / 2, FIRST_ZOOM],
        "vector_layers": [{"id": name, "fields": {"kind": "String"}} for name in names],
    }
    counts = dict.fromkeys(names, 0)
    for group in groups:
        counts[group.layer] += len(group.shapes)
    return write_archive(tiles, said, counts)


def _list_groups(town: TownMap) -> list[_Group]:
    streets = [
        _Group("roads", ROAD_KINDS[kind], first, town.streets[town.street_kind == kind])
        for kind, first in FIRST_ZOOM_OF_STREET.items()
    ]
    groups = [
        _Group("earth", "earth", FIRST_ZOOM, town.earth),
        _Group("landuse", "park", FIRST_ZOOM, town.parks),
        _Group("water", "water", FIRST_ZOOM, town.water),
        *streets,
        _Group("buildings", "building", BUILDINGS_FROM, town.buildings),
    ]
    return [group for group in groups if len(group.shapes)]


def _make_zoom(connection: Any, groups: Sequence[_Group], zoom: int) -> dict[Tile, bytes]:
    """Return the compressed tiles of a zoom; a tile is its layers, one after another."""
    shown = [group for group in groups if group.first_zoom <= zoom]
    parts = []
    for layer in dict.fromkeys(group.layer for group in shown):
        own = [group for group in shown if group.layer == layer]
        shapes = np.concatenate([group.shapes for group in own])
        kinds = np.repeat([group.kind for group in own], [len(group.shapes) for group in own])
        columns = {"id": np.arange(1, len(shapes) + 1), "kind": kinds.tolist()}
        parts.append(cut_shapes(connection, layer, shapes, columns, zoom))
    places = sorted({place for part in parts for place in part})

    def join_tile(place: tuple[int, int]) -> bytes:
        return compress_tile(b"".join(part[place] for part in parts if place in part))

    with ThreadPoolExecutor(2) as pool:
        return {
            (zoom, *at): tile for at, tile in zip(places, pool.map(join_tile, places), strict=True)
        }
