"""Read vector tiles with a decoder that shares no code with gridtwin (mapbox-vector-tile)."""

from __future__ import annotations

import gzip
from dataclasses import dataclass
from typing import Any

import mapbox_vector_tile
import numpy as np
import shapely

EXTENT = 4096


@dataclass(frozen=True)
class Feature:
    """One feature of a tile."""

    properties: dict[str, Any]
    geometry: shapely.Geometry  # units of the tile, y downwards


def decode(tile: bytes | None) -> dict[str, dict[int, Feature]]:
    """Return the features of a compressed tile by layer and id; an id seen twice is an error."""
    if tile is None:
        return {}
    raw = mapbox_vector_tile.decode(gzip.decompress(tile), default_options={"y_coord_down": True})
    found: dict[str, dict[int, Feature]] = {}
    for name, layer in raw.items():
        assert layer["extent"] == EXTENT
        assert layer["version"] == 2
        features = found.setdefault(name, {})
        for feature in layer["features"]:
            assert feature["id"] not in features, f"{name} {feature['id']} is there twice"
            shape = shapely.geometry.shape(feature["geometry"])
            features[feature["id"]] = Feature(feature["properties"], shape)
    return found


def on_square(lonlat: np.ndarray) -> np.ndarray:
    """Return the place of coordinates on the square of the map, by pyproj's EPSG:3857."""
    import pyproj

    to_meters = pyproj.Transformer.from_crs(4326, 3857, always_xy=True).transform
    x, y = to_meters(lonlat[:, 0], lonlat[:, 1])
    half = 20037508.342789244
    return np.column_stack([(x + half) / (2 * half), (half - y) / (2 * half)])


def in_units(square: np.ndarray, zoom: int, x: int, y: int) -> np.ndarray:
    """Return places on the square of the map in units of a tile."""
    return (square * (1 << zoom) - np.array([x, y])) * EXTENT
