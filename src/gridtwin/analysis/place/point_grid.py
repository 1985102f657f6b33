"""Find the points inside a polygon by testing only those near its boundary."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, cast

import numpy as np
import shapely

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from shapely.geometry import MultiPolygon, Polygon

Predicate = Literal["intersects", "within"]

GRID_SIDE = 256  # cells along each axis: about nine points a cell at 600 thousand
MAX_STEPS = 4_000_000  # cells visited by the boundary; beyond it, a plain scan


@dataclass(frozen=True, slots=True)
class PointGrid:
    """Points sorted by the cell of a uniform grid; every array is flat and may be mapped."""

    xy: NDArray[np.float64]  # (k, 2) of the points that have a place, in cell order
    rows: NDArray[np.int32]  # (k,) their rows as given
    start: NDArray[np.int32]  # (cells + 1,): cell c holds rows[start[c]:start[c + 1]]
    low: NDArray[np.float64]  # (2,) the lower left corner
    step: NDArray[np.float64]  # (2,) width and height of a cell

    @classmethod
    def build_grid(cls, xy: NDArray[np.float64]) -> PointGrid:
        """
        Return the grid of (n, 2) points; those with NaN for a place are left out.

        Parameters
        ----------
        xy
            Coordinates, in any one system.
        """
        rows = np.flatnonzero(np.isfinite(xy).all(axis=1)).astype(np.int32)
        placed = np.asarray(xy, dtype=np.float64)[rows]
        low = placed.min(axis=0) if len(rows) else np.zeros(2)
        span = placed.max(axis=0) - low if len(rows) else np.zeros(2)
        # A hair wider than the points, so that the farthest lies in the last cell.
        step = np.maximum(span * (1 + 1e-9), np.maximum(np.abs(low), 1.0) * 1e-6) / GRID_SIDE
        column, line = _locate_cells(placed, low, step).T
        cell = line * GRID_SIDE + column
        order = np.argsort(cell, kind="stable")
        start = np.zeros(GRID_SIDE * GRID_SIDE + 1, dtype=np.int32)
        np.cumsum(np.bincount(cell, minlength=GRID_SIDE * GRID_SIDE), out=start[1:])
        return cls(placed[order], rows[order], start, low, step)

    def find_inside(
        self, polygon: Polygon | MultiPolygon, predicate: Predicate = "intersects"
    ) -> NDArray[np.int32]:
        """
        Return the rows of the points inside a polygon, ascending.

        Parameters
        ----------
        polygon
            A valid polygon in the coordinates of the points.
        predicate
            ``intersects`` counts a point on the boundary as inside, ``within`` does not.
        """
        if not len(self.rows) or polygon.is_empty:
            return np.empty(0, dtype=np.int32)
        shape = prepare_copy(polygon)
        window = self._find_window(shape)
        if window is None:
            return np.empty(0, dtype=np.int32)
        crossed = self._find_crossed_cells(shape, window)
        wholly = _find_whole_cells(self, shape, crossed, window)
        whole, edge = self._collect_members(wholly, window), self._collect_members(crossed, window)
        place = self.xy[edge]
        test = shapely.contains_xy if predicate == "within" else shapely.intersects_xy
        edge = edge[test(shape, place[:, 0], place[:, 1])]
        return np.sort(self.rows[np.concatenate([whole, edge])])

    def _find_window(self, shape: Polygon | MultiPolygon) -> tuple[int, int, int, int] | None:
        """Return the first and last column, first and last line of cells the shape can touch."""
        bounds = np.asarray(shape.bounds).reshape(2, 2)
        first, last = np.floor((bounds - self.low) / self.step)
        first, last = first - 1, last + 1
        if (last < 0).any() or (first > GRID_SIDE - 1).any():
            return None
        first, last = np.clip(first, 0, GRID_SIDE - 1), np.clip(last, 0, GRID_SIDE - 1)
        return int(first[0]), int(last[0]), int(first[1]), int(last[1])

    def _find_crossed_cells(
        self, shape: Polygon | MultiPolygon, window: tuple[int, int, int, int]
    ) -> NDArray[np.bool_]:
        """Return, per cell of the window, whether the boundary may pass through it."""
        column_0, column_1, line_0, line_1 = window
        crossed = np.zeros((line_1 - line_0 + 1, column_1 - column_0 + 1), dtype=np.bool_)
        origin = np.array([column_0, line_0])
        ends, ring = shapely.get_coordinates(
            shapely.get_rings(shapely.get_parts(shape)), return_index=True
        )
        scaled = (ends - self.low) / self.step - origin
        same = ring[1:] == ring[:-1]
        a, b = scaled[:-1][same], scaled[1:][same]
        if not _mark_crossed(crossed, a, b):
            crossed[:] = True
        return crossed

    def _collect_members(
        self, chosen: NDArray[np.bool_], window: tuple[int, int, int, int]
    ) -> NDArray[np.int64]:
        """Return the positions of the points in the chosen cells of the window."""
        lines, columns = np.nonzero(chosen)
        cell = (lines + window[2]) * GRID_SIDE + columns + window[0]
        first = self.start[cell].astype(np.int64)
        count = self.start[cell + 1] - first
        ends = np.cumsum(count)
        total = int(ends[-1]) if len(ends) else 0
        members: NDArray[np.int64] = np.arange(total) + np.repeat(first - (ends - count), count)
        return members


def _locate_cells(
    xy: NDArray[np.float64], low: NDArray[np.float64], step: NDArray[np.float64]
) -> NDArray[np.int64]:
    """Return the column and line of each point."""
    cells = ((xy - low) / step).astype(np.int64)
    return np.asarray(np.clip(cells, 0, GRID_SIDE - 1), dtype=np.int64)


def _mark_crossed(
    crossed: NDArray[np.bool_], a: NDArray[np.float64], b: NDArray[np.float64]
) -> bool:
    """
    Mark every cell that a segment touches, and answer whether there were few enough of them.

    Each segment is cut at the lines of the grid it spans: within one line of cells it covers a
    run of columns, marked by its first and last through a running sum.
    """
    height, width = crossed.shape
    # A point and a boundary may round to different sides of a cell's edge.
    slack = 1e-6 + 1e-14 * float(max(np.abs(a).max(initial=0.0), np.abs(b).max(initial=0.0)))
    down = a[:, 1] > b[:, 1]
    low, high = np.where(down[:, None], b, a), np.where(down[:, None], a, b)
    first = np.clip(np.floor(low[:, 1] - slack), 0, height).astype(np.int64)
    last = np.clip(np.floor(high[:, 1] + slack), -1, height - 1).astype(np.int64)
    count = np.maximum(last - first + 1, 0)
    total = int(count.sum())
    if total > MAX_STEPS:
        return False
    owner = np.repeat(np.arange(len(a)), count)
    line = np.arange(total) - np.repeat(np.cumsum(count) - count, count) + first[owner]
    left, right = _reach_sideways(low[owner], high[owner], line, slack)
    column_0 = np.clip(np.floor(left - slack), 0, width).astype(np.int64)
    column_1 = np.clip(np.floor(right + slack), -1, width - 1).astype(np.int64)
    seen = column_1 >= column_0
    change = np.bincount(line[seen] * (width + 1) + column_0[seen], minlength=height * (width + 1))
    change = change - np.bincount(
        line[seen] * (width + 1) + column_1[seen] + 1, minlength=height * (width + 1)
    )
    crossed |= change.reshape(height, width + 1).cumsum(axis=1)[:, :width] > 0
    return True


def _reach_sideways(
    low: NDArray[np.float64], high: NDArray[np.float64], line: NDArray[np.int64], slack: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return how far left and right each segment reaches within a line of cells."""
    rise = high[:, 1] - low[:, 1]
    flat = rise < slack
    safe = np.where(flat, 1.0, rise)
    enter = np.clip((line - slack - low[:, 1]) / safe, 0, 1)
    leave = np.clip((line + 1 + slack - low[:, 1]) / safe, 0, 1)
    run = high[:, 0] - low[:, 0]
    x_0 = low[:, 0] + np.where(flat, 0.0, enter) * run
    x_1 = low[:, 0] + np.where(flat, 1.0, leave) * run
    return np.minimum(x_0, x_1), np.maximum(x_0, x_1)


def _find_whole_cells(
    grid: PointGrid,
    shape: Polygon | MultiPolygon,
    crossed: NDArray[np.bool_],
    window: tuple[int, int, int, int],
) -> NDArray[np.bool_]:
    """
    Return the cells wholly inside, by one test point per run of cells.

    Cells side by side without boundary between them are all inside or all outside.
    """
    fresh = ~crossed
    fresh[:, 1:] &= crossed[:, :-1]  # the first cell of each run
    lines, columns = np.nonzero(fresh)
    corner = np.column_stack([columns + window[0], lines + window[2]])
    center = grid.low + (corner + 0.5) * grid.step
    hit = shapely.contains_xy(shape, center[:, 0], center[:, 1])
    free = ~crossed
    run = np.cumsum(fresh.ravel()).reshape(crossed.shape) - 1
    inside = np.zeros(crossed.shape, dtype=np.bool_)
    inside[free] = np.asarray(hit, dtype=np.bool_)[run[free]]
    return inside


def scan_inside(
    xy: NDArray[np.float64], polygon: Polygon | MultiPolygon, predicate: Predicate = "intersects"
) -> NDArray[np.int32]:
    """Return the rows of (n, 2) points inside a polygon by a plain scan, ascending."""
    x_0, y_0, x_1, y_1 = polygon.bounds
    x, y = xy[:, 0], xy[:, 1]
    near = np.flatnonzero((x >= x_0) & (x <= x_1) & (y >= y_0) & (y <= y_1))
    shape = prepare_copy(polygon)
    test = shapely.contains_xy if predicate == "within" else shapely.intersects_xy
    return near[test(shape, x[near], y[near])].astype(np.int32)


def prepare_copy(polygon: Polygon | MultiPolygon) -> Polygon | MultiPolygon:
    """Return a prepared copy of a polygon; the caller's own is left as it was."""
    copy = cast("Polygon | MultiPolygon", shapely.from_wkb(shapely.to_wkb(polygon)))
    shapely.prepare(copy)
    return copy
