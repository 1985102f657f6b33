"""
Where tiles come from: an archive, the network in memory, or PostGIS; one protocol for all.

A local twin keeps its archive inside its directory, under the hash of its network, so that a twin
that was loaded again never shows the map of before.
"""

from __future__ import annotations

import logging
from functools import cached_property, lru_cache
from threading import Lock, Thread
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from gridtwin.errors import StoreError
from gridtwin.model.phases import parse_phases, to_supply_phases
from gridtwin.model.state import CURRENT
from gridtwin.publish.tiles.archive import PMTILES_SUFFIX, TileArchive, compress_tile
from gridtwin.publish.tiles.describe import describe_tiles
from gridtwin.publish.tiles.tile_layers import build_layers
from gridtwin.publish.tiles.tile_maker import TileMaker, describe_state
from gridtwin.publish.tiles.zoom_plan import ZoomPlan
from gridtwin.store.acting_role import OWNER, acting_as

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from gridtwin.analysis.state.supply_state import SupplyState
    from gridtwin.store.postgis.postgis_store import PostgisStore
    from gridtwin.store.protocol import Store

log = logging.getLogger("gridtwin.tiles")

TILES_FOLDER = "tiles"
MOST_TILES_KEPT = 256  # tiles that were asked for last
DESCRIBED_MEMBERS = ("network", "gates", "minzoom", "maxzoom", "bounds", "center", "vector_layers")


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


def find_archive_path(store: Store) -> Path | None:
    """Return where the archive of a twin is kept; None for a twin that is no directory."""
    from gridtwin.store.local_store import LocalStore

    if not isinstance(store, LocalStore):
        return None
    return store.path / TILES_FOLDER / f"{store.network_hash}{PMTILES_SUFFIX}"


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
        If the archive is none. One that shows another network, as after a sync, is passed over.
    """

    def __init__(
        self, store: Store, supply: Callable[[str], SupplyState], path: Path | None = None
    ) -> None:
        self.network = store.network_hash
        self._store = store
        self._supply = supply
        self._lock = Lock()
        self._maker: TileMaker | None = None
        own = find_archive_path(store)
        if path is None and own is not None and own.is_file():
            path = own
        self._archive = None if path is None else _open_archive(path, self.network)
        self._cached = lru_cache(maxsize=MOST_TILES_KEPT)(self._make_fresh)
        plan = ZoomPlan() if self._archive is None else ZoomPlan.read_plan(self._archive.metadata)
        self._plan, self.max_zoom = plan, plan.max_zoom

    @property
    def archive(self) -> Path | None:
        """The archive, if the tiles are in one."""
        return None if self._archive is None else self._archive.path

    def tile(self, zoom: int, x: int, y: int) -> bytes | None:
        """Return a tile of the network; None where there is nothing."""
        if self._archive is not None:
            return self._archive.get(zoom, x, y)
        return self._cached(zoom, x, y)

    def _make_fresh(self, zoom: int, x: int, y: int) -> bytes | None:
        return self._make_maker().make_tile(zoom, x, y)

    def live(self, zoom: int, x: int, y: int, state: str = CURRENT) -> bytes | None:
        """Return a tile that also says what has supply and what stands open in a state."""
        return self._make_maker().make_tile(zoom, x, y, describe_state(self._supply(state)))

    def describe(self) -> dict[str, Any]:
        """Return what TileJSON says of the tiles."""
        return self._description

    @cached_property
    def _description(self) -> dict[str, Any]:
        if self._archive is not None:
            said = self._archive.metadata
            return {name: said[name] for name in DESCRIBED_MEMBERS}
        return describe_tiles(self._make_maker().layers, self._make_maker().plan, self.network)

    def _make_maker(self) -> TileMaker:
        with self._lock:
            if self._maker is None:
                layers = build_layers(self._store.network, self._store.read_index())
                self._maker = TileMaker(layers, self._plan)
            return self._maker


class PostgisTiles(LocalTiles):
    """
    Tiles that a database makes, or an archive; other states are drawn from the network in memory.

    While the features of the database are not in step with its network, as after a sync, all tiles
    are drawn from memory, and `refresh` brings the features in step.
    """

    def __init__(
        self, store: PostgisStore, supply: Callable[[str], SupplyState], path: Path | None = None
    ) -> None:
        super().__init__(store, supply, path)
        self._stored = store.tiles
        self._in_step = self._stored.is_in_step()
        if self._archive is None:
            gates = self._stored.read_gates()
            self._plan = ZoomPlan(gates, max(gates.values()))
            self.max_zoom = self._plan.max_zoom

    def refresh_features(self) -> None:
        """Bring the features of the database in step, if the login may; else stay in memory."""
        if self._in_step:
            return
        try:
            with acting_as(OWNER):
                changed = self._stored.refresh_tiles()
        except StoreError as error:
            log.warning("the tiles are drawn from memory", extra={"reason": str(error)})
            return
        self._in_step = True
        log.info("the tiles are in step", extra={"changed": changed})

    def _read_fresh(self, zoom: int, x: int, y: int) -> bytes | None:
        if not self._in_step:
            return super()._make_fresh(zoom, x, y)
        try:
            return _compress_made(self._stored.read_tile(zoom, x, y))
        except StoreError as error:  # it is away, or holds another network since a moment ago
            log.warning("a tile is drawn from memory", extra={"reason": str(error)})
            return super()._make_fresh(zoom, x, y)

    def live(self, zoom: int, x: int, y: int, state: str = CURRENT) -> bytes | None:
        """Return a tile that also says what has supply and what stands open in a state."""
        if state != CURRENT or not self._in_step or self._is_dimmed():
            return super().live(zoom, x, y, state)
        return _compress_made(self._stored.read_live_tile(zoom, x, y))

    def _is_dimmed(self) -> bool:
        """Return whether something stands open on some phases, which SQL follows slowly."""
        deviations = self._store.states.read_state(CURRENT).deviations
        network = self._store.network
        rows = network.ids.find_rows("equipment", tuple(deviations))
        whole = to_supply_phases(network.data.equipment.phases[rows])
        opened = (
            np.array([parse_phases(text) for text in deviations.values()], dtype=np.uint8) & whole
        )
        return bool(((opened != 0) & (opened != whole)).any())


def open_tiles(
    store: Store, supply: Callable[[str], SupplyState], path: Path | None = None
) -> LocalTiles:
    """Return where the tiles of a store come from; see `LocalTiles`."""
    from gridtwin.store.postgis.postgis_store import PostgisStore

    if not isinstance(store, PostgisStore):
        return LocalTiles(store, supply, path)
    source = PostgisTiles(store, supply, path)
    Thread(target=source.refresh_features, name="tiles", daemon=True).start()
    return source


def _compress_made(tile: bytes) -> bytes | None:
    return compress_tile(tile) if tile else None


def _open_archive(path: Path, network_hash: str) -> TileArchive | None:
    """Open an archive; None, and a warning, for that of another network."""
    archive = TileArchive(path)
    if archive.metadata.get("network") != network_hash:
        log.warning(
            "the archive shows another network: make it again with gridtwin tiles build",
            extra={"archive": str(path)},
        )
        archive.close()
        return None
    return archive
