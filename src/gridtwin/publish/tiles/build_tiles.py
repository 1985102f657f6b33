"""
Build the whole map as one PMTiles archive.

From the highest zoom down, every layer is cut and encoded; where a tile would be larger than the
cap, the group that weighs most begins one zoom later and the zoom is made again. Nothing is
dropped, and nothing is written before every feature has been found again at the highest zoom.
"""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from gridtwin.errors import InputError
from gridtwin.publish.atomic_file import write_whole
from gridtwin.publish.tiles.archive import compress_tile, write_archive
from gridtwin.publish.tiles.cut import cut_layer
from gridtwin.publish.tiles.describe import describe_tiles
from gridtwin.publish.tiles.encode import TileEncoder
from gridtwin.publish.tiles.tile_layers import build_layers
from gridtwin.publish.tiles.tile_sources import find_archive_path
from gridtwin.publish.tiles.verify import verify_tiles
from gridtwin.publish.tiles.zoom_plan import (
    CAP_BYTES,
    HIGHEST_ZOOM,
    TILE_LAYERS,
    ZOOM_GROUPS,
    ZoomPlan,
)
from gridtwin.results.documents.document_tags import DocumentTag

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from gridtwin.model.network import Network
    from gridtwin.publish.tiles.archive import Tile
    from gridtwin.publish.tiles.encode import EncodedTiles
    from gridtwin.publish.tiles.tile_layers import TileLayer
    from gridtwin.results.documents.network_documents import TilesDocument
    from gridtwin.store.protocol import Store
    from gridtwin.topology.topology_index import TopologyIndex

BUILD_WORKERS = 2


@dataclass(frozen=True, slots=True)
class BuiltTiles:
    """An archive, and what is in it."""

    content: bytes
    network: str  # hash of the network
    plan: ZoomPlan
    features: dict[str, int]  # by layer, all of them found at the highest zoom
    unplaced: dict[str, int]  # by layer, what has no place on the map
    tiles: int
    largest_bytes: int  # the largest tile, compressed

    def document(self, path: Path, seconds: float) -> TilesDocument:
        """Return what was built, written to a path in so long, as ``gridtwin.tiles/1``."""
        return {
            "schema": DocumentTag.TILES,
            "path": str(path),
            "network": self.network,
            "bytes": len(self.content),
            "tiles": self.tiles,
            "largest_tile_bytes": self.largest_bytes,
            "max_zoom": self.plan.max_zoom,
            "gates": self.plan.gates,
            "features": self.features,
            "unplaced": self.unplaced,
            "seconds": round(seconds, 3),
        }


def build_tiles(
    network: Network,
    index: TopologyIndex,
    *,
    network_hash: str,
    cap_bytes: int = CAP_BYTES,
    own: Sequence[str] = (),
) -> BuiltTiles:
    """
    Build the tiles of a network.

    Parameters
    ----------
    network
        The network.
    index
        Its topology in the normal state.
    network_hash
        What tells it from every other network.
    cap_bytes
        The largest size of a compressed tile.
    own
        Own columns that features have as properties.

    Raises
    ------
    CrsError
        If nobody knows where on earth the network lies.
    InputError
        If nothing has a place on the map, the cap cannot be held, or an own column is not there.
    LostFeaturesError
        If a feature is not in the tiles of the highest zoom.
    """
    layers = build_layers(network, index, own)
    if not any(layer.count for layer in layers.values()):
        msg = "nothing of the network has a place on the map: load it with its coordinates"
        raise InputError(msg)
    plan, zooms = _build_pyramid(layers, cap_bytes)
    features = verify_tiles(zooms[plan.max_zoom].values(), layers)
    tiles = {at: tile for zoom in zooms.values() for at, tile in zoom.items()}
    said = describe_tiles(layers, plan, network_hash)
    return BuiltTiles(
        content=write_archive(tiles, said, features),
        network=network_hash,
        plan=plan,
        features=features,
        unplaced={name: layer.unplaced for name, layer in layers.items() if layer.unplaced},
        tiles=len(tiles),
        largest_bytes=max(len(tile) for tile in tiles.values()),
    )


def keep_tiles(
    store: Store,
    *,
    out: Path | None = None,
    cap_bytes: int = CAP_BYTES,
    own: Sequence[str] = (),
) -> tuple[BuiltTiles, Path]:
    """
    Build the tiles of a twin and write them: to a file, or inside the twin, where a server looks.

    Raises
    ------
    InputError
        As `build_tiles` and `write_tiles`; also if no file is named and the twin is no directory.
    """
    path = out or find_archive_path(store)
    if path is None:
        msg = "a twin in a database keeps no tiles in itself: give --out FILE.pmtiles"
        raise InputError(msg)
    built = build_tiles(
        store.network,
        store.read_index(),
        network_hash=store.network_hash,
        cap_bytes=cap_bytes,
        own=own,
    )
    if out is None:
        path.parent.mkdir(exist_ok=True)
    write_tiles(built, path)
    return built, path


def write_tiles(built: BuiltTiles, path: Path) -> None:
    """
    Write an archive to a file, whole or not at all.

    Raises
    ------
    InputError
        If it cannot be written there.
    """
    write_whole(path, built.content)


def _build_pyramid(
    layers: Mapping[str, TileLayer], cap_bytes: int
) -> tuple[ZoomPlan, dict[int, dict[Tile, bytes]]]:
    """Return the plan that holds the cap, and the tiles of each zoom."""
    plan = ZoomPlan()
    zooms: dict[int, dict[Tile, bytes]] = {}
    zoom = plan.max_zoom
    kept = threading.local()
    with ThreadPoolExecutor(BUILD_WORKERS) as pool:
        while zoom >= 0:
            parts = _encode_zoom(layers, plan, zoom, pool, kept)
            tiles = _join_layers(parts, zoom, pool)
            heaviest = max(tiles, key=lambda at: len(tiles[at]), default=None)
            if heaviest is None or len(tiles[heaviest]) <= cap_bytes:
                zooms[zoom] = tiles
                zoom -= 1
                continue
            plan = _relieve_plan(
                plan,
                zoom,
                {name: part[heaviest[1:]] for name, part in parts.items() if heaviest[1:] in part},
            )
            if plan.max_zoom > max(zooms, default=zoom):
                zooms, zoom = {}, plan.max_zoom
    return plan, zooms


def _encode_zoom(
    layers: Mapping[str, TileLayer],
    plan: ZoomPlan,
    zoom: int,
    pool: ThreadPoolExecutor,
    kept: threading.local,
) -> dict[str, EncodedTiles]:
    """Return the layers of every tile of a zoom, each layer made on its own."""
    codes = plan.list_codes(zoom)

    def encode_layer(layer: TileLayer) -> EncodedTiles:
        if not hasattr(kept, "encoder"):
            kept.encoder = TileEncoder()
        rows = np.flatnonzero(np.isin(layer.group, codes))
        pieces = cut_layer(layer, rows, zoom, keep_all=zoom == plan.max_zoom)
        made: EncodedTiles = kept.encoder.encode_layer(layer, pieces)
        return made

    return dict(
        zip(
            TILE_LAYERS, pool.map(encode_layer, (layers[name] for name in TILE_LAYERS)), strict=True
        )
    )


def _join_layers(
    parts: Mapping[str, EncodedTiles], zoom: int, pool: ThreadPoolExecutor
) -> dict[Tile, bytes]:
    """Return the tiles of a zoom, compressed; a tile is its layers, one after another."""
    places = sorted({at for part in parts.values() for at in part})

    def join_tile(at: tuple[int, int]) -> bytes:
        return compress_tile(b"".join(part[at] for part in parts.values() if at in part))

    return {(zoom, *at): tile for at, tile in zip(places, pool.map(join_tile, places), strict=True)}


def _relieve_plan(plan: ZoomPlan, zoom: int, weights: Mapping[str, bytes]) -> ZoomPlan:
    """Return the plan in which what weighs most in a tile begins one zoom later."""
    layer = max(weights, key=lambda name: len(weights[name]))
    drawn = [
        group for group in ZOOM_GROUPS if group.layer == layer and plan.gates[group.name] <= zoom
    ]
    last = max(drawn, key=lambda group: plan.gates[group.name])
    if zoom >= HIGHEST_ZOOM:
        msg = f"a tile of zoom {zoom} is larger than the cap, and no higher zoom is served"
        raise InputError(msg)
    return plan.move_group(last.name, zoom + 1)
