"""Polygons: what lies inside, and who goes dark when all of it is damaged."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas
import networkx as nx
import numpy as np
import shapely

from benchmarks.report import Row, seconds
from gridtwin.analysis.place.spatial_index import SpatialIndex
from gridtwin.model.frames import equipment_lines
from gridtwin.topology.loss import FaultSet, count_customers, find_loss
from gridtwin.topology.topology_index import build_index

if TYPE_CHECKING:
    from shapely.geometry import Polygon

    from gridtwin.model.tables import NetworkData

VERTICES = 64


def place_rows(data: NetworkData) -> list[Row]:
    """Return the rows on polygons."""
    return [_inside(data), _storm(data)]


def _around_the_middle(xy: np.ndarray, share: float) -> Polygon:
    """Return a polygon that holds about a share of the points."""
    middle = np.median(xy, axis=0)
    radius = np.quantile(np.hypot(*(xy - middle).T), share)
    return shapely.Point(middle).buffer(radius, quad_segs=VERTICES // 4)


def _inside(data: NetworkData) -> Row:
    xy = data.usage_points.xy
    polygon = _around_the_middle(xy, 0.1)
    places = SpatialIndex(data)
    points = geopandas.GeoDataFrame(geometry=shapely.points(xy))
    area = geopandas.GeoDataFrame(geometry=[polygon])

    def ours() -> np.ndarray:
        return places.find_inside(polygon, layer="usage_points")

    def theirs() -> np.ndarray:
        return np.sort(geopandas.sjoin(points, area, predicate="intersects").index.to_numpy())

    assert np.array_equal(ours(), theirs())
    assert np.array_equal(ours(), theirs())  # from the grid
    mine, other = seconds(ours, theirs)
    return Row("10 % of the meters in a polygon / geopandas.sjoin", mine, other, 6)


def _storm(data: NetworkData) -> Row:
    index = build_index(data, data.equipment.normal_open)
    polygon = _around_the_middle(data.nodes.xy, 0.004)
    places = SpatialIndex(data)
    rows = np.arange(len(data.equipment.mrid), dtype=np.int32)
    lines = geopandas.GeoDataFrame(geometry=equipment_lines(data, rows))
    area = geopandas.GeoDataFrame(geometry=[polygon])
    fed = np.flatnonzero(index.feed >= 0)
    graph = nx.DiGraph(zip(index.parent[fed].tolist(), fed.tolist(), strict=True))
    weight, child = index.weight.tolist(), index.child.tolist()

    def ours() -> int:
        hit = places.find_inside(polygon, layer="equipment")
        loss = find_loss(index, FaultSet(equipment=hit))
        return count_customers(index, data.usage_points, loss, strict=False)

    def theirs() -> int:
        hit = geopandas.sjoin(lines, area, predicate="intersects").index
        dark: set[int] = set()
        for node in {child[row] for row in hit}:
            if node >= 0 and node not in dark:
                dark |= nx.descendants(graph, node) | {node}
        return sum(weight[node] for node in dark)

    assert ours() == ours() == theirs() > 0
    mine, other = seconds(ours, theirs)
    return Row("storm polygon to customers out / geopandas and networkx", mine, other, 50)
