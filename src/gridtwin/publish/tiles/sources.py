"""
Where tiles come from: an archive, the network in memory, or PostGIS; one protocol for all.

A local twin keeps its archive inside its directory, under the hash of its network, so that a twin
that was loaded again never shows the map of before.
"""

from __future__ import annotations

from threading import Lock
from typing import TYPE_CHECKING, Any, Protocol

from gridtwin.errors import InputError
from gridtwin.model.state import CURRENT
from gridtwin.publish.tiles.archive import SUFFIX, Archive
from gridtwin.publish.tiles.describe import described
from gridtwin.publish.tiles.layers import layers_of
from gridtwin.publish.tiles.live import TileMaker, live_columns
from gridtwin.publish.tiles.plan import Plan

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from gridtwin.analysis.supply import Supply
    from gridtwin.store.protocol import Store

FOLDER = "tiles"
SAID = ("network", "gates", "minzoom", "maxzoom", "bounds", "center", "vector_layers")


class TileSource(Protocol):
    """What the server asks for tiles; every tile is a compressed vector tile."""

    @property
    def network(self) -> str:
        """The hash of the network that is shown."""
        ...

    @property
    def max_zoom(self) -> int:
        """The highest zoom, which has every feature."""
        ...

    @property
    def archive(self) -> Path | None:
        """The archive, if the tiles are in one."""
        ...

    def tile(self, zoom: int, x: int, y: int) -> bytes | None:
        """Return a tile of the network; None where there is nothing."""
        ...

    def live(self, zoom: int, x: int, y: int, state: str = CURRENT) -> bytes | None:
        """Return a tile that also says what has supply and what stands open in a state."""
        ...

    def describe(self) -> dict[str, Any]:
        """Return what TileJSON says of the tiles: zooms, bounds, center, layers."""
        ...


def archive_path(store: Store) -> Path | None:
    """Return where the archive of a twin is kept; None for a twin that is no directory."""
    from gridtwin.store.local import LocalStore

    if not isinstance(store, LocalStore):
        return None
    return store.path / FOLDER / f"{store.network_hash}{SUFFIX}"


class LocalTiles:
    """
    Tiles from the archive of a twin if there is one, else made from its network when asked.

    Parameters
    ----------
    store
        Where the twin is kept.
    supply
        What has supply in a state, by its name.
    path
        An archive; by default the one inside the twin, if it was made.

    Raises
    ------
    InputError
        If the archive is none, or shows another network.
    """

    def __init__(
        self, store: Store, supply: Callable[[str], Supply], path: Path | None = None
    ) -> None:
        self.network = store.network_hash
        self._store = store
        self._supply = supply
        self._lock = Lock()
        self._maker: TileMaker | None = None
        own = archive_path(store)
        if path is None and own is not None and own.is_file():
            path = own
        self._archive = None if path is None else _archive_of(path, self.network)
        plan = Plan() if self._archive is None else Plan.of(self._archive.metadata)
        self._plan, self.max_zoom = plan, plan.max_zoom

    @property
    def archive(self) -> Path | None:
        """The archive, if the tiles are in one."""
        return None if self._archive is None else self._archive.path

    def tile(self, zoom: int, x: int, y: int) -> bytes | None:
        """Return a tile of the network; None where there is nothing."""
        if self._archive is not None:
            return self._archive.get(zoom, x, y)
        return self._made().tile(zoom, x, y)

    def live(self, zoom: int, x: int, y: int, state: str = CURRENT) -> bytes | None:
        """Return a tile that also says what has supply and what stands open in a state."""
        return self._made().tile(zoom, x, y, live_columns(self._made().layers, self._supply(state)))

    def describe(self) -> dict[str, Any]:
        """Return what TileJSON says of the tiles."""
        if self._archive is not None:
            said = self._archive.metadata
            return {name: said[name] for name in SAID}
        return described(self._made().layers, self._made().plan, self.network)

    def _made(self) -> TileMaker:
        with self._lock:
            if self._maker is None:
                layers = layers_of(self._store.network, self._store.index())
                self._maker = TileMaker(layers, self._plan)
            return self._maker


def _archive_of(path: Path, network_hash: str) -> Archive:
    """Open an archive; refuse that of another network."""
    archive = Archive(path)
    if archive.metadata.get("network") != network_hash:
        msg = f"{path} shows another network than the twin: make it again with gridtwin tiles build"
        raise InputError(msg)
    return archive
