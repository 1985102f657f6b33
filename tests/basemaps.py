"""Make a small basemap of the Protomaps scheme."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import mapbox_vector_tile
import numpy as np

from gridtwin.publish.tiles.archive import compress_tile, write_archive
from gridtwin.publish.tiles.mercator import to_square

if TYPE_CHECKING:
    from pathlib import Path

WHOLE = [[0, 0], [4096, 0], [4096, 4096], [0, 4096], [0, 0]]
SHAPES: dict[str, tuple[str, dict[str, Any]]] = {
    "earth": (f"POLYGON(({', '.join(f'{x} {y}' for x, y in WHOLE)}))", {"kind": "earth"}),
    "water": ("POLYGON((0 0, 2000 0, 2000 2000, 0 2000, 0 0))", {"kind": "lake"}),
    "roads": ("LINESTRING(0 100, 4096 4000)", {"kind": "major_road"}),
}
ATTRIBUTION = '<a href="https://example.org/">&copy; Example Mappers</a>'


def locate(longitude: float, latitude: float) -> str:
    """Return a place as a point of the one tile, in steps of a tenth of a degree."""
    ((x, y),) = to_square(np.array([[longitude, latitude]])).tolist()
    return f"POINT({round(x * 4096)} {round((1 - y) * 4096)})"


def write_basemap(path: Path, layers: dict[str, tuple[str, dict[str, Any]]] | None = None) -> Path:
    """Write one tile of the whole world: some land, a lake, a road."""
    shapes = SHAPES if layers is None else layers
    tile = mapbox_vector_tile.encode(
        [
            {"name": name, "features": [{"geometry": shape, "properties": said}]}
            for name, (shape, said) in shapes.items()
        ]
    )
    said = {
        "bounds": [-180.0, -85.0, 180.0, 85.0],
        "center": [0.0, 0.0, 0],
        "attribution": ATTRIBUTION,
        "vector_layers": [
            {"id": name, "fields": dict.fromkeys(said, "String")}
            for name, (_, said) in shapes.items()
        ],
    }
    path.write_bytes(write_archive({(0, 0, 0): compress_tile(tile)}, said, {}))
    return path
