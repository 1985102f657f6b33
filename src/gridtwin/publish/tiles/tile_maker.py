"""
Make one tile at a time from a network in memory, with or without what has supply.

Where a feature lies is known from a Z-order curve over the cells of one zoom: the features of a
tile and its neighbors are nine runs of rows, whatever the size of the network.
"""

from __future__ import annotations

import queue
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from gridtwin.analysis.state.supply_state import FULL, OUT, PARTIAL
from gridtwin.publish.tiles.archive import compress_tile
from gridtwin.publish.tiles.cut import cut_layer
from gridtwin.publish.tiles.encode import TileEncoder
from gridtwin.publish.tiles.tile_layers import PHASE_TEXTS
from gridtwin.publish.tiles.zoom_plan import BUFFER, EXTENT, TILE_LAYERS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from gridtwin.analysis.state.supply_state import SupplyState
    from gridtwin.publish.tiles.cut import TilePieces
    from gridtwin.publish.tiles.tile_layers import TileLayer
    from gridtwin.publish.tiles.zoom_plan import ZoomPlan

SUPPLY_CODES: NDArray[np.int32] = np.zeros(3, dtype=np.int32)  # by code of `Supply`
SUPPLY_CODES[FULL], SUPPLY_CODES[OUT], SUPPLY_CODES[PARTIAL] = 1, 0, 2
ENCODERS_KEPT = 2  # tiles encoded side by side
CELL_ZOOM = 15  # cells of about a kilometer
CELL_NEIGHBORS = [(dx, dy) for dx in (-1, 0, 1) for dy in (-1, 0, 1)]

TileProperties = dict[str, "NDArray[Any]"]  # name -> one value for each piece
DescribeState = Callable[[str, "NDArray[np.int32]"], TileProperties]  # of the ids of a layer


class FeatureFinder:
    """Which features of a layer touch a tile."""

    def __init__(self, layer: TileLayer) -> None:
        first = layer.start[:-1]
        if layer.lines:
            self._low = np.minimum.reduceat(layer.xy, first) if layer.count else layer.xy
            self._high = np.maximum.reduceat(layer.xy, first) if layer.count else layer.xy
        else:
            self._low = self._high = layer.xy
        side = 1 << CELL_ZOOM
        cell = ((self._low + self._high) / 2 * side).astype(np.int64).clip(0, side - 1)
        code = _interleave_bits(cell)
        large = np.any((self._high - self._low) * side > 1.0, axis=1)
        self._large = np.flatnonzero(large)
        order = np.argsort(code, kind="stable")
        self._order = order[~large[order]]
        self._code = code[self._order]

    def find_touching(self, zoom: int, x: int, y: int) -> NDArray[np.int64]:
        """Return the features, rising, whose box touches a tile or the buffer around it."""
        at = min(zoom, CELL_ZOOM)
        cell = np.array([x, y]) >> (zoom - at)
        around = cell + np.array(CELL_NEIGHBORS)
        around = around[((around >= 0) & (around < 1 << at)).all(axis=1)]
        code, shift = _interleave_bits(around), 2 * (CELL_ZOOM - at)
        begin = np.searchsorted(self._code, code << shift)
        end = np.searchsorted(self._code, (code + 1) << shift)
        runs = [self._order[a:b] for a, b in zip(begin.tolist(), end.tolist(), strict=True)]
        rows = np.concatenate([self._large, *runs])
        edge = BUFFER / EXTENT
        least = (np.array([x, y]) - edge) / (1 << zoom)
        most = (np.array([x, y]) + 1 + edge) / (1 << zoom)
        near = ((self._high[rows] >= least) & (self._low[rows] <= most)).all(axis=1)
        return np.sort(rows[near])


class TileMaker:
    """Tiles of one network, made when asked for; threads may share it."""

    def __init__(self, layers: Mapping[str, TileLayer], plan: ZoomPlan) -> None:
        self.layers = layers
        self.plan = plan
        self._finders = {name: FeatureFinder(layer) for name, layer in layers.items()}
        self._encoders: queue.LifoQueue[TileEncoder | None] = queue.LifoQueue()
        for _ in range(ENCODERS_KEPT):
            self._encoders.put(None)

    def make_tile(
        self, zoom: int, x: int, y: int, says: DescribeState | None = None
    ) -> bytes | None:
        """
        Return a tile, compressed; None where there is nothing.

        Parameters
        ----------
        zoom, x, y
            The tile; beyond the highest zoom of the plan, that zoom's features.
        says
            What gives further properties to features.
        """
        cuts = self._cut_layers(zoom, x, y)
        if not cuts:
            return None
        encoder = self._encoders.get() or TileEncoder()
        try:
            parts = [
                part
                for layer, pieces in cuts
                for part in encoder.encode_layer(
                    layer, pieces, says and says(layer.name, layer.ids[pieces.feature])
                ).values()
            ]
        finally:
            self._encoders.put(encoder)
        return compress_tile(b"".join(parts)) if parts else None

    def _cut_layers(self, zoom: int, x: int, y: int) -> list[tuple[TileLayer, TilePieces]]:
        """Return the layers of a tile that have something in it, cut to it."""
        codes = self.plan.list_codes(zoom)
        cuts = []
        for name in TILE_LAYERS:
            layer = self.layers[name]
            rows = self._finders[name].find_touching(zoom, x, y)
            rows = rows[np.isin(layer.group[rows], codes)]
            if not len(rows):
                continue
            pieces = cut_layer(layer, rows, zoom, keep_all=zoom >= self.plan.max_zoom, only=(x, y))
            if len(pieces.feature):
                cuts.append((layer, pieces))
        return cuts


def describe_state(supply: SupplyState) -> DescribeState:
    """
    Return what gives features the properties of a state.

    Returns
    -------
        ``energized``: 1 with supply, 0 without, 2 without some of its phases; and ``open``: the
        phases that stand open. A substation says neither, a usage point has no ``open``.
    """

    def list_properties(layer: str, ids: NDArray[np.int32]) -> TileProperties:
        rows = ids - 1
        if layer == "substations":
            return {}
        if layer == "usage_points":
            return {"energized": SUPPLY_CODES[supply.points[rows]]}
        return {
            "energized": SUPPLY_CODES[supply.equipment[rows]],
            "open": PHASE_TEXTS[supply.open_mask[rows] & 63],
        }

    return list_properties


def _interleave_bits(cell: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the Z-order code of cells, shape (n, 2): the bits of x and y in turn."""
    spread = cell.astype(np.int64)
    for step, mask in (
        (16, 0x0000FFFF0000FFFF),
        (8, 0x00FF00FF00FF00FF),
        (4, 0x0F0F0F0F0F0F0F0F),
        (2, 0x3333333333333333),
        (1, 0x5555555555555555),
    ):
        spread = (spread | (spread << step)) & mask
    return np.asarray(spread[:, 0] | (spread[:, 1] << 1))
