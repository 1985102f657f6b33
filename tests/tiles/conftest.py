"""A small territory, and the archive built of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import gridtwin
from gridtwin.publish.tiles.archive import Archive
from gridtwin.publish.tiles.build import Built, build, write

if TYPE_CHECKING:
    from pathlib import Path

    from gridtwin.store.protocol import Store


def built_of(store: Store, *, cap_bytes: int = 500_000) -> Built:
    """Return the tiles of a store."""
    return build(store.network, store.index(), network_hash=store.network_hash, cap_bytes=cap_bytes)


@pytest.fixture(scope="session")
def territory() -> Store:
    """Return a territory in memory, with one priority customer and many laterals."""
    return gridtwin.open(gridtwin.synthesize("houston", meters=3_000, seed=1)).store


@pytest.fixture(scope="session")
def built(territory: Store) -> Built:
    """Return its tiles."""
    return built_of(territory)


@pytest.fixture(scope="session")
def archive(built: Built, tmp_path_factory: pytest.TempPathFactory) -> Archive:
    """Return its tiles, written and opened again."""
    path: Path = tmp_path_factory.mktemp("tiles") / "grid.pmtiles"
    write(built, path)
    return Archive(path)
