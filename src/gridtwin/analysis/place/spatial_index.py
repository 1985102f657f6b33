"""Keep where the elements of a network lie in a form that answers polygons quickly."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from gridtwin.analysis.place.intersect import (
    POINT_LAYERS,
    BoundingBoxes,
    find_coordinates,
    find_intersecting,
)
from gridtwin.analysis.place.point_grid import PointGrid

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from shapely.geometry import MultiPolygon, Polygon

    from gridtwin.model.tables import NetworkData


class SpatialIndex:
    """
    The places of one network.

    A layer asked for once is scanned; from the second question on it has a grid, so that a process
    with one question pays for no grid.
    """

    def __init__(self, data: NetworkData) -> None:
        self._data = data
        self._asked: set[str] = set()
        self._grids: dict[str, PointGrid] = {}

    def find_inside(
        self, polygon: Polygon | MultiPolygon, *, layer: str, predicate: str = "intersects"
    ) -> NDArray[np.int32]:
        """Return the rows of a layer in a relation to a polygon; see `find_intersecting`."""
        grid, boxes = None, None
        if layer in self._asked:
            grid = self._get_grid(layer) if layer in POINT_LAYERS else None
            boxes = self._boxes if layer == "equipment" else None
        rows = find_intersecting(
            self._data, polygon, layer=layer, predicate=predicate, grid=grid, boxes=boxes
        )
        self._asked.add(layer)
        return rows

    def _get_grid(self, layer: str) -> PointGrid:
        if layer not in self._grids:
            self._grids[layer] = PointGrid.build_grid(find_coordinates(self._data, layer))
        return self._grids[layer]

    @cached_property
    def _boxes(self) -> BoundingBoxes:
        return BoundingBoxes.build_boxes(self._data)
