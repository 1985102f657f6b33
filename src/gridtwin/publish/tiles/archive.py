"""
Write and read PMTiles: all tiles of a map in one file (PMTiles specification, version 3).

The reader parses the header and each directory once; a tile is then two look-ups and one slice of
the mapped file.
"""

from __future__ import annotations

import bisect
import io
import json
import mmap
import zlib
from typing import TYPE_CHECKING, Any

from gridtwin.errors import InputError, MissingExtraError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

Tile = tuple[int, int, int]  # zoom, column, row

PMTILES_MAGIC = b"PMTiles\x03"
HEADER_BYTES = 127
DEEPEST_DIRECTORY = 4  # directories on the way to a tile, by the specification
PMTILES_SUFFIX = ".pmtiles"


def compress_tile(tile: bytes) -> bytes:
    """Return a tile as gzip, the same bytes for the same tile."""
    packer = zlib.compressobj(6, zlib.DEFLATED, 31)
    return packer.compress(tile) + packer.flush()


def write_archive(
    tiles: Mapping[Tile, bytes], said: Mapping[str, Any], features: Mapping[str, int]
) -> bytes:
    """
    Return a PMTiles archive.

    Parameters
    ----------
    tiles
        Compressed tiles.
    said
        What is said of them, from `described`.
    features
        How many features each layer has, for whoever checks a copy.
    """
    try:
        from pmtiles.tile import Compression, TileType, zxy_to_tileid
        from pmtiles.writer import Writer
    except ImportError as error:
        what, extra = "writing PMTiles", "tiles"
        raise MissingExtraError(what, extra) from error
    file = io.BytesIO()
    writer: Any = Writer(file)  # type: ignore[no-untyped-call]
    for tile_id, tile in sorted((zxy_to_tileid(*at), tile) for at, tile in tiles.items()):
        writer.write_tile(tile_id, tile)
    west, south, east, north = (round(degrees * 1e7) for degrees in said["bounds"])
    longitude, latitude, zoom = said["center"]
    header = {
        "tile_type": TileType.MVT,
        "tile_compression": Compression.GZIP,
        "min_lon_e7": west,
        "min_lat_e7": south,
        "max_lon_e7": east,
        "max_lat_e7": north,
        "center_lon_e7": round(longitude * 1e7),
        "center_lat_e7": round(latitude * 1e7),
        "center_zoom": zoom,
    }
    metadata = {
        "name": "grid",
        "description": "The electric distribution network, by gridtwin",
        "type": "overlay",
        "format": "pbf",
        **said,
        "features": dict(features),
    }
    writer.finalize(header, metadata)
    return file.getvalue()


class TileArchive:
    """A PMTiles archive on disk, mapped; threads may share it."""

    def __init__(self, path: Path) -> None:
        from pmtiles.tile import deserialize_header

        self.path = path
        try:
            with path.open("rb") as file:
                self._bytes = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        except (OSError, ValueError) as error:
            msg = (
                f"{path}: no tiles can be read there ({error}): make them with gridtwin tiles build"
            )
            raise InputError(msg) from error
        if self._bytes[: len(PMTILES_MAGIC)] != PMTILES_MAGIC or len(self._bytes) < HEADER_BYTES:
            msg = f"{path} is no PMTiles archive of version 3: make one with gridtwin tiles build"
            raise InputError(msg)
        self.header: dict[str, Any] = {**deserialize_header(self._bytes[:HEADER_BYTES])}
        self._directories: dict[int, tuple[list[int], list[Any]]] = {}

    @property
    def metadata(self) -> dict[str, Any]:
        """What is said of the tiles."""
        import gzip

        packed = self._read_slice(self.header["metadata_offset"], self.header["metadata_length"])
        said: dict[str, Any] = json.loads(gzip.decompress(packed))
        return said

    def get(self, zoom: int, x: int, y: int) -> bytes | None:
        """Return a tile as it is kept, compressed; None where there is none."""
        from pmtiles.tile import zxy_to_tileid

        tile_id = zxy_to_tileid(zoom, x, y)
        offset, length = self.header["root_offset"], self.header["root_length"]
        for _ in range(DEEPEST_DIRECTORY):
            first, entries = self._read_directory(offset, length)
            place = bisect.bisect_right(first, tile_id) - 1
            if place < 0:
                return None
            entry = entries[place]
            if entry.run_length:
                if tile_id >= entry.tile_id + entry.run_length:
                    return None
                return self._read_slice(
                    self.header["tile_data_offset"] + entry.offset, entry.length
                )
            offset = self.header["leaf_directory_offset"] + entry.offset
            length = entry.length
        return None

    def tiles(self) -> Iterator[tuple[Tile, bytes]]:
        """Yield every tile."""
        from pmtiles.reader import all_tiles

        yield from all_tiles(self._read_slice)  # type: ignore[no-untyped-call]

    def close(self) -> None:
        """Let go of the file."""
        self._bytes.close()

    def _read_directory(self, offset: int, length: int) -> tuple[list[int], list[Any]]:
        from pmtiles.tile import deserialize_directory

        directory = self._directories.get(offset)
        if directory is None:
            entries = deserialize_directory(self._read_slice(offset, length))
            directory = [entry.tile_id for entry in entries], entries
            self._directories[offset] = directory
        return directory

    def _read_slice(self, offset: int, length: int) -> bytes:
        return self._bytes[offset : offset + length]
