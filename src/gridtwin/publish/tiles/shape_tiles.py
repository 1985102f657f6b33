"""Cut any shapes to vector tiles, and encode them with DuckDB's ``ST_AsMVT``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from gridtwin.publish.tiles.mercator import to_square
from gridtwin.publish.tiles.zoom_plan import BUFFER, EXTENT

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from gridtwin.publish.tiles.encode import EncodedTiles

AREAL = 2  # dimensions of a polygon
MAKE_TILES = """
SELECT x, y, ST_AsMVT(
    {{'geometry': ST_GeomFromWKB(wkb), {fields}}}, $layer, $extent, 'geometry', 'id'
)
FROM pieces GROUP BY x, y ORDER BY x, y
"""


def cut_shapes(
    connection: Any,
    layer: str,
    shapes: NDArray[np.object_],
    columns: Mapping[str, Any],
    zoom: int,
) -> EncodedTiles:
    """
    Return one layer of every tile of a zoom that its shapes touch.

    Parameters
    ----------
    connection
        DuckDB with its extension for shapes.
    layer
        What it is called.
    shapes
        On the square of the map with its north up, see `place_north_up`.
    columns
        Properties by name, of which ``id`` is the id of the feature: a value for each shape.
    zoom
        The zoom.
    """
    import pyarrow as pa

    if not len(shapes):
        return {}
    owner, tile, pieces = _clip_shapes(shapes, zoom)
    owner, tile, pieces = _draw_on_grid(owner, tile, pieces, zoom)
    table = {
        "x": tile[:, 0],
        "y": tile[:, 1],
        "wkb": pa.array(shapely.to_wkb(pieces).tolist(), pa.binary()),
        **{name: np.asarray(values)[owner].tolist() for name, values in columns.items()},
    }
    connection.register("pieces", pa.table(table))
    fields = ", ".join(f"'{name}': {name}" for name in columns)
    given = {"layer": layer, "extent": EXTENT}
    rows = connection.execute(MAKE_TILES.format(fields=fields), given).fetchall()
    return {(x, y): tile for x, y, tile in rows}


def _clip_shapes(
    shapes: NDArray[np.object_], zoom: int
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.object_]]:
    """Return shapes with column and row of the tiles that their boxes touch, and what is there."""
    count, margin = 1 << zoom, BUFFER / EXTENT
    corners = shapely.bounds(shapes) * count
    reach = corners + np.array([-margin, -margin, margin, margin])
    low, high = np.split(np.clip(np.floor(reach).astype(np.int64), 0, count - 1), 2, axis=1)
    wide, tall = (high - low + 1).T
    each = wide * tall
    owner = np.repeat(np.arange(len(shapes)), each)
    within = np.arange(len(owner)) - np.repeat(np.cumsum(each) - each, each)
    tile = low[owner] + np.stack([within % wide[owner], within // wide[owner]], -1)
    pieces = shapes[owner]
    west, south, east, north = (corners[owner] - np.tile(tile, 2)).T
    crosses = (np.minimum(west, south) < -margin) | (np.maximum(east, north) > 1 + margin)
    for row in np.flatnonzero(crosses).tolist():
        edge = np.r_[tile[row] - margin, tile[row] + 1 + margin] / count
        pieces[row] = shapely.clip_by_rect(pieces[row], *edge.tolist())
    return owner, tile, pieces


def _draw_on_grid(
    owner: NDArray[np.int64], tile: NDArray[np.int64], pieces: NDArray[np.object_], zoom: int
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.object_]]:
    """Return pieces in units from their tile's north-west corner, those left out that vanish."""
    count = 1 << zoom
    points, piece = shapely.get_coordinates(pieces, return_index=True)
    local = (points * count - tile[piece]) * EXTENT
    local[:, 1] = EXTENT - local[:, 1]
    drawn = shapely.set_coordinates(pieces, np.rint(local))
    areal = shapely.get_dimensions(drawn) == AREAL
    seen = np.where(areal, shapely.area(drawn), shapely.length(drawn)) > 0
    areal &= seen
    # The outer ring of an area is that one whose area is positive with y to the south.
    drawn[areal] = shapely.orient_polygons(drawn[areal])
    return owner[seen], np.stack([tile[:, 0], count - 1 - tile[:, 1]], -1)[seen], drawn[seen]


def place_north_up(shapes: Any) -> Any:
    """Return shapes in degrees as parts of the map's width, north up."""
    return shapely.transform(shapely.force_2d(shapes), _place_on_map)


def _place_on_map(lonlat: NDArray[np.float64]) -> NDArray[np.float64]:
    square = to_square(lonlat)
    return np.column_stack([square[:, 0], 1 - square[:, 1]])
