"""A small territory, and the archive built of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import gridtwin
from gridtwin.publish.tiles.archive import TileArchive
from gridtwin.publish.tiles.build_tiles import BuiltTiles, build_tiles, write_tiles

if TYPE_CHECKING:
    from pathlib import Path

    from gridtwin.store.protocol import Store


def built_of(store: Store, *, cap_bytes: int = 500_000) -> BuiltTiles:
    """Return the tiles of a store."""
    return build_tiles(
        store.network, store.read_index(), network_hash=store.network_hash, cap_bytes=cap_bytes
    )


@pytest.fixture(scope="session")
def territory() -> Store:
    """Return a territory in memory, with one priority customer and many laterals."""
    return gridtwin.open(gridtwin.synthesize("houston", meters=3_000, seed=1)).store


@pytest.fixture(scope="session")
def built(territory: Store) -> BuiltTiles:
    """Return its tiles."""
    return built_of(territory)


@pytest.fixture(scope="session")
def archive(built: BuiltTiles, tmp_path_factory: pytest.TempPathFactory) -> TileArchive:
    """Return its tiles, written and opened again."""
    path: Path = tmp_path_factory.mktemp("tiles") / "grid.pmtiles"
    write_tiles(built, path)
    return TileArchive(path)
