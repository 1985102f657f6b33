"""What touches a tile is found along a curve as by looking at every box."""

from __future__ import annotations

import numpy as np
import pytest

from gridtwin.publish.tiles.tile_layers import TileLayer
from gridtwin.publish.tiles.tile_maker import FeatureFinder


def random_layer(rng: np.random.Generator, *, lines: bool) -> TileLayer:
    """Return features near one place: dots, short lines, some that cross half the map."""
    count = 400
    places = 0.3 + rng.random((count, 2)) * 10.0 ** rng.integers(-5, 0, size=(count, 1))
    if not lines:
        start, xy = np.arange(count + 1), places
    else:
        reach = 10.0 ** rng.integers(-8, -1, size=(count, 1))
        ends = np.clip(places + (rng.random((count, 2)) - 0.5) * reach, 0, 1)
        start, xy = np.arange(0, 2 * count + 1, 2), np.stack([places, ends], 1).reshape(-1, 2)
    ids = np.arange(1, count + 1, dtype=np.int32)
    return TileLayer("lines", ids, np.zeros(count, np.uint8), {}, start, xy, lines)


@pytest.mark.parametrize("lines", [False, True])
def test_a_tile_has_what_a_look_at_every_box_finds(lines: bool) -> None:
    rng = np.random.default_rng(4)
    layer = random_layer(rng, lines=lines)
    finder = FeatureFinder(layer)
    boxes = layer.xy.reshape(layer.count, -1, 2)
    low, high = boxes.min(axis=1), boxes.max(axis=1)
    found = 0
    for zoom in range(23):
        side, edge = 1 << zoom, 64 / 4096
        near = (layer.xy[rng.integers(len(layer.xy), size=10)] * side).astype(int)
        for x, y in (near + rng.integers(-1, 2, size=near.shape)).clip(0, side - 1).tolist():
            at = np.array([x, y])
            touches = (high * side >= at - edge) & (low * side <= at + 1 + edge)
            wanted = np.flatnonzero(touches.all(axis=1))
            assert finder.find_touching(zoom, x, y).tolist() == wanted.tolist()
            found += len(wanted)
    assert found > 1_000
