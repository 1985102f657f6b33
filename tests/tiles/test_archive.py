"""An archive is read as the library of the format reads it, only faster."""

from __future__ import annotations

from pathlib import Path

import pytest
from pmtiles.reader import MmapSource, Reader

from gridtwin.errors import InputError
from gridtwin.publish.tiles.archive import TileArchive
from gridtwin.publish.tiles.build_tiles import BuiltTiles
from gridtwin.publish.tiles.zoom_plan import TILE_LAYERS


def test_every_tile_is_the_one_that_the_library_of_the_format_reads(archive: TileArchive) -> None:
    with archive.path.open("rb") as file:
        reader = Reader(MmapSource(file))
        tiles = dict(archive.tiles())
        assert len(tiles) == archive.header["addressed_tiles_count"]
        for at, tile in tiles.items():
            assert archive.get(*at) == tile == reader.get(*at)
        assert archive.metadata == reader.metadata()


def test_a_tile_of_elsewhere_is_none(archive: TileArchive) -> None:
    assert archive.get(15, 0, 0) is None
    assert archive.get(14, (1 << 14) - 1, (1 << 14) - 1) is None


def test_the_metadata_says_layers_place_and_network(
    archive: TileArchive, built: BuiltTiles
) -> None:
    said = archive.metadata
    assert [layer["id"] for layer in said["vector_layers"]] == list(TILE_LAYERS)
    assert said["features"] == built.features
    assert said["network"] == built.network
    west, south, east, north = said["bounds"]
    assert west < said["center"][0] < east
    assert south < said["center"][1] < north
    assert archive.header["min_zoom"] == 0
    assert archive.header["max_zoom"] == said["maxzoom"] == 15


def test_what_is_no_archive_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "grid.pmtiles"
    with pytest.raises(InputError, match="tiles build"):
        TileArchive(path)
    path.write_bytes(b"PMTiles\x02" + bytes(200))
    with pytest.raises(InputError, match="version 3"):
        TileArchive(path)
