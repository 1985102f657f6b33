"""
Cut features to tiles: which tiles each one touches, and its course there on the tile's grid.

Everything is done for all features of a layer at once. A line that is shorter than one unit of the
grid is drawn one unit long where all must be kept, and left out where it cannot be seen.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from gridtwin.model.tables import take_ragged
from gridtwin.publish.tiles.zoom_plan import BUFFER, EXTENT

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gridtwin.publish.tiles.tile_layers import TileLayer

LOW, HIGH = -BUFFER, EXTENT + BUFFER  # where a tile's drawing ends


@dataclass(frozen=True, slots=True)
class TilePieces:
    """Features as they are drawn in tiles, by tile and, within one, by feature."""

    feature: NDArray[np.int64]  # (n,) place of the feature in its layer
    tile: NDArray[np.int64]  # (n, 2) column and row of the tile
    parts: NDArray[np.int64]  # (n + 1,): piece i has parts parts[i]:parts[i + 1]
    start: NDArray[np.int64]  # (parts + 1,): part j is xy[start[j]:start[j + 1]]
    xy: NDArray[np.int32]  # (k, 2) units from the tile's north-west corner


def cut_layer(
    layer: TileLayer,
    rows: NDArray[np.int64],
    zoom: int,
    *,
    keep_all: bool,
    only: tuple[int, int] | None = None,
) -> TilePieces:
    """
    Cut features of a layer to the tiles of a zoom.

    Parameters
    ----------
    layer
        The layer.
    rows
        The features wanted, as places in the layer, rising.
    zoom
        The zoom.
    keep_all
        Whether lines shorter than a unit are kept.
    only
        Column and row of the one tile wanted; every tile by default.
    """
    start, square = take_ragged(layer.start, layer.xy, rows)
    world = square * float(EXTENT << zoom)
    low, high = _find_boxes(start, world)
    owner, tile = _find_touched(low, high, zoom, only)
    order = np.lexsort((owner, tile[:, 0], tile[:, 1]))
    owner, tile = owner[order], tile[order]
    shift = tile * float(EXTENT)
    if not layer.lines:
        xy = np.rint(world[owner] - shift).astype(np.int32)
        steps = np.arange(len(owner) + 1, dtype=np.int64)
        return TilePieces(rows[owner], tile, steps, steps, xy)
    counts, local = take_ragged(start, world, owner)
    local = local - np.repeat(shift, np.diff(counts), axis=0)
    inside = np.all((low[owner] - shift >= LOW) & (high[owner] - shift <= HIGH), axis=1)
    parts, start, local = _clip_lines(counts, local, inside)
    return _draw_pieces(rows[owner], tile, parts, start, local, keep_all=keep_all)


def _find_boxes(
    start: NDArray[np.int64], xy: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the lowest and highest coordinates of each feature, shape (n, 2) each."""
    if len(start) == 1:
        return np.empty((0, 2)), np.empty((0, 2))
    if len(xy) == len(start) - 1:
        return xy, xy
    return np.minimum.reduceat(xy, start[:-1]), np.maximum.reduceat(xy, start[:-1])


def _find_touched(
    low: NDArray[np.float64],
    high: NDArray[np.float64],
    zoom: int,
    only: tuple[int, int] | None,
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return every pair of a feature and a tile that its box touches, the buffer included."""
    least = np.floor((low - BUFFER) / EXTENT).astype(np.int64)
    most = np.floor((high + BUFFER) / EXTENT).astype(np.int64)
    if only is not None:
        wanted = np.array(only)
        touched = ((least <= wanted) & (wanted <= most)).all(axis=1)
        owner = np.flatnonzero(touched)
        return owner, np.tile(wanted, (len(owner), 1))
    least, most = np.maximum(least, 0), np.minimum(most, (1 << zoom) - 1)
    spans = most - least + 1
    counts = spans[:, 0] * spans[:, 1]
    owner = np.repeat(np.arange(len(counts)), counts)
    within = np.arange(len(owner)) - np.repeat(np.cumsum(counts) - counts, counts)
    wide = spans[owner, 0]
    tile = least[owner] + np.column_stack([within % wide, within // wide])
    return owner, tile


def _clip_lines(
    start: NDArray[np.int64], xy: NDArray[np.float64], inside: NDArray[np.bool_]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    """Return parts of lines within a tile's edges: how many each has, their starts and points."""
    count = len(inside)
    crossing = np.flatnonzero(~inside)
    if not len(crossing):
        return np.arange(count + 1, dtype=np.int64), start, xy
    import shapely

    given, points = take_ragged(start, xy, crossing)
    courses = shapely.from_ragged_array(shapely.GeometryType.LINESTRING, points, (given,))
    cut_off = shapely.clip_by_rect(courses, LOW, LOW, HIGH, HIGH)
    pieces, owner = shapely.get_parts(cut_off, return_index=True)
    is_line = shapely.get_type_id(pieces) == shapely.GeometryType.LINESTRING
    pieces, owner = pieces[is_line], crossing[owner[is_line]]
    whole = np.flatnonzero(inside)
    kept_start, kept_xy = take_ragged(start, xy, whole)
    all_owner = np.concatenate([whole, owner])
    lengths = np.concatenate([np.diff(kept_start), shapely.get_num_coordinates(pieces)])
    all_xy = np.concatenate([kept_xy, shapely.get_coordinates(pieces)])
    order = np.argsort(all_owner, kind="stable")
    new_start, new_xy = take_ragged(np.concatenate([[0], np.cumsum(lengths)]), all_xy, order)
    parts = np.concatenate([[0], np.cumsum(np.bincount(all_owner, minlength=count))])
    return parts, new_start, new_xy


def _draw_pieces(
    feature: NDArray[np.int64],
    tile: NDArray[np.int64],
    parts: NDArray[np.int64],
    start: NDArray[np.int64],
    xy: NDArray[np.float64],
    *,
    keep_all: bool,
) -> TilePieces:
    """Return pieces on the grid of their tiles, without points or parts that add nothing."""
    grid = np.rint(xy).astype(np.int32)
    part_of = np.repeat(np.arange(len(start) - 1), np.diff(start))
    new = np.ones(len(grid), dtype=bool)
    new[1:] = (grid[1:] != grid[:-1]).any(axis=1) | (part_of[1:] != part_of[:-1])
    grid, part_of = grid[new], part_of[new]
    lengths = np.bincount(part_of, minlength=len(start) - 1)
    piece_of = np.repeat(np.arange(len(feature)), np.diff(parts))
    seen = lengths > 1
    if keep_all:
        # A line on one point of the grid is drawn to the next one, unless another part shows it.
        shown = np.bincount(piece_of, seen, len(feature)) > 0
        first = np.concatenate([[True], piece_of[1:] != piece_of[:-1]])[: len(piece_of)]
        dots = np.flatnonzero(~seen & ~shown[piece_of] & first)
        at = (np.concatenate([[0], np.cumsum(lengths)]))[dots]
        grid = np.insert(grid, at + 1, grid[at] + np.array([1, 0], np.int32), axis=0)
        lengths[dots] = 2
        seen = lengths > 1
    kept_start, grid = take_ragged(
        np.concatenate([[0], np.cumsum(lengths)]), grid, np.flatnonzero(seen)
    )
    parts_left = np.bincount(piece_of[seen], minlength=len(feature))
    left = parts_left > 0
    return TilePieces(
        feature[left],
        tile[left],
        np.concatenate([[0], np.cumsum(parts_left[left])]),
        kept_start,
        grid,
    )
