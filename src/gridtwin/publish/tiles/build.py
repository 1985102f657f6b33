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
from gridtwin.publish.files import write_whole
from gridtwin.publish.tiles.archive import compressed, written
from gridtwin.publish.tiles.cut import cut
from gridtwin.publish.tiles.describe import described
from gridtwin.publish.tiles.encode import Encoder
from gridtwin.publish.tiles.layers import layers_of
from gridtwin.publish.tiles.plan import CAP_BYTES, GROUPS, HIGHEST_ZOOM, LAYERS, Plan
from gridtwin.publish.tiles.sources import archive_path
from gridtwin.publish.tiles.verify import verify
from gridtwin.results.documents.document_tags import DocumentTag

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from gridtwin.model.network import Network
    from gridtwin.publish.tiles.archive import Tile
    from gridtwin.publish.tiles.encode import Encoded
    from gridtwin.publish.tiles.layers import Layer
    from gridtwin.results.documents.network_documents import TilesDocument
    from gridtwin.store.protocol import Store
    from gridtwin.topology.index import TopologyIndex

WORKERS = 2


@dataclass(frozen=True, slots=True)
class Built:
    """An archive, and what is in it."""

    content: bytes
    network: str  # hash of the network
    plan: Plan
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


def build(
    network: Network, index: TopologyIndex, *, network_hash: str, cap_bytes: int = CAP_BYTES
) -> Built:
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

    Raises
    ------
    CrsError
        If nobody knows where on earth the network lies.
    InputError
        If nothing has a place on the map, or the cap cannot be held.
    LostFeaturesError
        If a feature is not in the tiles of the highest zoom.
    """
    layers = layers_of(network, index)
    if not any(layer.count for layer in layers.values()):
        msg = "nothing of the network has a place on the map: load it with its coordinates"
        raise InputError(msg)
    plan, zooms = _pyramid(layers, cap_bytes)
    features = verify(zooms[plan.max_zoom].values(), layers)
    tiles = {at: tile for zoom in zooms.values() for at, tile in zoom.items()}
    said = described(layers, plan, network_hash)
    return Built(
        content=written(tiles, said, features),
        network=network_hash,
        plan=plan,
        features=features,
        unplaced={name: layer.unplaced for name, layer in layers.items() if layer.unplaced},
        tiles=len(tiles),
        largest_bytes=max(len(tile) for tile in tiles.values()),
    )


def keep(
    store: Store, *, out: Path | None = None, cap_bytes: int = CAP_BYTES
) -> tuple[Built, Path]:
    """
    Build the tiles of a twin and write them: to a file, or inside the twin, where a server looks.

    Raises
    ------
    InputError
        As `build` and `write`; also if no file is named and the twin is no directory.
    """
    path = out or archive_path(store)
    if path is None:
        msg = "a twin in a database keeps no tiles in itself: give --out FILE.pmtiles"
        raise InputError(msg)
    built = build(
        store.network, store.index(), network_hash=store.network_hash, cap_bytes=cap_bytes
    )
    if out is None:
        path.parent.mkdir(exist_ok=True)
    write(built, path)
    return built, path


def write(built: Built, path: Path) -> None:
    """
    Write an archive to a file, whole or not at all.

    Raises
    ------
    InputError
        If it cannot be written there.
    """
    write_whole(path, built.content)


def _pyramid(
    layers: Mapping[str, Layer], cap_bytes: int
) -> tuple[Plan, dict[int, dict[Tile, bytes]]]:
    """Return the plan that holds the cap, and the tiles of each zoom."""
    plan = Plan()
    zooms: dict[int, dict[Tile, bytes]] = {}
    zoom = plan.max_zoom
    kept = threading.local()
    with ThreadPoolExecutor(WORKERS) as pool:
        while zoom >= 0:
            parts = _encoded(layers, plan, zoom, pool, kept)
            tiles = _joined(parts, zoom, pool)
            heaviest = max(tiles, key=lambda at: len(tiles[at]), default=None)
            if heaviest is None or len(tiles[heaviest]) <= cap_bytes:
                zooms[zoom] = tiles
                zoom -= 1
                continue
            plan = _relieved(
                plan,
                zoom,
                {name: part[heaviest[1:]] for name, part in parts.items() if heaviest[1:] in part},
            )
            if plan.max_zoom > max(zooms, default=zoom):
                zooms, zoom = {}, plan.max_zoom
    return plan, zooms


def _encoded(
    layers: Mapping[str, Layer],
    plan: Plan,
    zoom: int,
    pool: ThreadPoolExecutor,
    kept: threading.local,
) -> dict[str, Encoded]:
    """Return the layers of every tile of a zoom, each layer made on its own."""
    codes = plan.codes_at(zoom)

    def encoded(layer: Layer) -> Encoded:
        if not hasattr(kept, "encoder"):
            kept.encoder = Encoder()
        rows = np.flatnonzero(np.isin(layer.group, codes))
        pieces = cut(layer, rows, zoom, keep_all=zoom == plan.max_zoom)
        made: Encoded = kept.encoder.encode(layer, pieces)
        return made

    return dict(zip(LAYERS, pool.map(encoded, (layers[name] for name in LAYERS)), strict=True))


def _joined(parts: Mapping[str, Encoded], zoom: int, pool: ThreadPoolExecutor) -> dict[Tile, bytes]:
    """Return the tiles of a zoom, compressed; a tile is its layers, one after another."""
    places = sorted({at for part in parts.values() for at in part})

    def joined(at: tuple[int, int]) -> bytes:
        return compressed(b"".join(part[at] for part in parts.values() if at in part))

    return {(zoom, *at): tile for at, tile in zip(places, pool.map(joined, places), strict=True)}


def _relieved(plan: Plan, zoom: int, weights: Mapping[str, bytes]) -> Plan:
    """Return the plan in which what weighs most in a tile begins one zoom later."""
    layer = max(weights, key=lambda name: len(weights[name]))
    drawn = [group for group in GROUPS if group.layer == layer and plan.gates[group.name] <= zoom]
    last = max(drawn, key=lambda group: plan.gates[group.name])
    if zoom >= HIGHEST_ZOOM:
        msg = f"a tile of zoom {zoom} is larger than the cap, and no higher zoom is served"
        raise InputError(msg)
    return plan.moved(last.name, zoom + 1)
