"""
Hold finished tiles against the layers they were made from: every feature must be there.

The ids are read back from the encoded tiles, not from what was given to the encoder, so a feature
lost anywhere between is found.
"""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING

import numpy as np

from gridtwin.errors import LostFeaturesError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from numpy.typing import NDArray

    from gridtwin.publish.tiles.tile_layers import TileLayer

MOST_MISSING_SHOWN = 5

# Keys of the fields of a vector tile: number << 3 | wire type (Mapbox Vector Tile 2.1, section 4).
_LAYER, _NAME, _FEATURE, _ID, _GEOMETRY = 0x1A, 0x0A, 0x12, 0x08, 0x22


def verify_tiles(tiles: Iterable[bytes], layers: Mapping[str, TileLayer]) -> dict[str, int]:
    """
    Require that the tiles of the highest zoom hold every feature of every layer.

    Parameters
    ----------
    tiles
        The tiles of the highest zoom, compressed.
    layers
        What they were made from.

    Returns
    -------
        How many features each layer has.

    Raises
    ------
    LostFeaturesError
        With the layer, how many are missing, and the mRIDs of the first.
    """
    ids_by_layer: dict[str, list[NDArray[np.int64]]] = {name: [] for name in layers}
    for tile in tiles:
        for name, ids in read_feature_ids(zlib.decompress(tile, 31)).items():
            ids_by_layer.setdefault(name, []).append(np.array(ids, dtype=np.int64))
    for name, parts in ids_by_layer.items():
        there = np.unique(np.concatenate(parts)) if parts else np.empty(0, dtype=np.int64)
        _require_same(name, layers.get(name), there)
    return {name: layer.count for name, layer in layers.items()}


def _require_same(name: str, layer: TileLayer | None, there: NDArray[np.int64]) -> None:
    wanted = layer.ids if layer is not None else np.empty(0, dtype=np.int32)
    missing = np.flatnonzero(~np.isin(wanted, there, assume_unique=True))
    if len(missing) and layer is not None:
        first = [
            mrid.decode() for mrid in layer.columns["mrid"][missing[:MOST_MISSING_SHOWN]].tolist()
        ]
        more = ", ..." if len(missing) > MOST_MISSING_SHOWN else ""
        msg = (
            f"the tiles lack {len(missing):,} of {layer.count:,} {name} ({', '.join(first)}{more}):"
            " nothing was written"
        )
        raise LostFeaturesError(msg)
    if len(there) > len(wanted):
        msg = f"the tiles have {len(there) - len(wanted):,} {name} too many: nothing was written"
        raise LostFeaturesError(msg)


def read_feature_ids(tile: bytes) -> dict[str, list[int]]:
    """Return the ids of the features that have a geometry, by layer, of a tile not compressed."""
    ids_by_layer: dict[str, list[int]] = {}
    at = 0
    while at < len(tile):
        key, at = _read_varint(tile, at)
        size, at = _read_varint(tile, at)
        if key == _LAYER:
            name, ids = _read_layer_ids(tile, at, at + size)
            ids_by_layer.setdefault(name, []).extend(ids)
        at += size
    return ids_by_layer


def _read_layer_ids(tile: bytes, at: int, end: int) -> tuple[str, list[int]]:
    name, ids = "", []
    while at < end:
        key, at = _read_varint(tile, at)
        if key & 7 == 0:
            _, at = _read_varint(tile, at)
            continue
        size, at = _read_varint(tile, at)
        if key == _NAME:
            name = tile[at : at + size].decode()
        elif key == _FEATURE:
            ids.append(_read_feature_id(tile, at, at + size))
        at += size
    return name, [id_ for id_ in ids if id_]


def _read_feature_id(tile: bytes, at: int, end: int) -> int:
    """Return the id of a feature; 0 if it has none, or nothing is drawn of it."""
    feature_id, drawn = 0, False
    while at < end:
        key, at = _read_varint(tile, at)
        value, at = _read_varint(tile, at)
        if key == _ID:
            feature_id = value
        if key & 7 == 2:
            drawn |= key == _GEOMETRY and value > 0
            at += value
    return feature_id if drawn else 0


def _read_varint(data: bytes, at: int) -> tuple[int, int]:
    """Return a number of variable length, and where it ends (Protocol Buffers encoding)."""
    byte = data[at]
    at += 1
    if byte < 0x80:
        return byte, at
    value, shift = byte & 0x7F, 7
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7
