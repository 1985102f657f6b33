"""Read the names of towns, streets and other places out of a basemap, to be searched."""

from __future__ import annotations

import logging
from threading import Lock, Thread
from typing import TYPE_CHECKING

import numpy as np

from gridtwin.analysis.gazetteer.place_index import NamedPlace, PlaceIndex
from gridtwin.publish.tiles.mercator import to_lonlat, to_square

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import geopandas
    from numpy.typing import NDArray

    from gridtwin.publish.tiles.basemap import Basemap

log = logging.getLogger("gridtwin.tiles")

NAMED_LAYERS = ("places", "pois", "roads")
KIND_FIELDS = ("kind", "pmap:kind")  # the second in archives before version 3 of the scheme
MARGIN_DEG = 0.2  # around the network
MOST_TILES = 16_384  # that are read; in a wider territory those of a lower zoom, with fewer names
# How far apart places of one name are two, in degrees: a street is cut by tiles.
APART_DEG = {"places": 0.1, "pois": 0.002, "roads": 0.05}
EARTH_M = 40_075_016.685578488  # circumference in EPSG:3857

Bounds = tuple[float, float, float, float]  # west, south, east, north in degrees


class BasemapPlaces:
    """
    The places of a basemap, read by a thread of its own once somebody asks.

    Parameters
    ----------
    basemap
        The file; None for none.
    bounds
        Of the network: what is far from it is not read.
    """

    def __init__(self, basemap: Basemap | None, bounds: Bounds) -> None:
        self._basemap = basemap
        self._bounds = bounds
        self._lock = Lock()
        self._reading: Thread | None = None
        self._index: PlaceIndex | None = PlaceIndex([]) if basemap is None else None

    def read_index(self) -> PlaceIndex | None:
        """Return the places; None while they are still read."""
        with self._lock:
            if self._index is None and self._reading is None and self._basemap is not None:
                path = self._basemap.path
                self._reading = Thread(target=self._read, args=(path,), daemon=True)
                self._reading.start()
            return self._index

    def _read(self, path: Path) -> None:
        try:
            found = PlaceIndex(list(read_places(path, self._bounds)))
        except Exception:
            log.exception("the names of %s cannot be read: places are not found by them", path)
            found = PlaceIndex([])
        with self._lock:
            self._index = found


def read_places(path: Path, bounds: Bounds) -> Iterator[NamedPlace]:
    """
    Yield the named places of a basemap, each once.

    Parameters
    ----------
    path
        A PMTiles archive of the Protomaps scheme.
    bounds
        West, south, east and north in degrees; somewhat more is read.
    """
    import pyogrio

    wide = _widen(bounds)
    zoom = _choose_zoom(path, wide)
    within = _project_bounds(wide)
    known = {str(name) for name, _ in pyogrio.list_layers(path)}
    for layer in NAMED_LAYERS:
        if layer in known:
            fields = set(pyogrio.read_info(path, layer=layer)["fields"])
            if "name" in fields:
                columns = sorted(fields & {"name", "name:en", *KIND_FIELDS})
                frame = pyogrio.read_dataframe(
                    path, layer=layer, columns=columns, bbox=within, ZOOM_LEVEL=zoom
                )
                yield from _list_places(frame, layer)


def _widen(bounds: Bounds) -> Bounds:
    west, south, east, north = bounds
    return (
        max(west - MARGIN_DEG, -180.0),
        max(south - MARGIN_DEG, -85.0),
        min(east + MARGIN_DEG, 180.0),
        min(north + MARGIN_DEG, 85.0),
    )


def _choose_zoom(path: Path, bounds: Bounds) -> int:
    """Return the deepest zoom of an archive of which few enough tiles lie within bounds."""
    from pmtiles.tile import deserialize_header

    with path.open("rb") as file:
        header = deserialize_header(file.read(127))
    least, zoom = int(header["min_zoom"]), int(header["max_zoom"])
    west, south, east, north = bounds
    (left, bottom), (right, top) = to_square(np.array([[west, south], [east, north]])).tolist()
    while zoom > least and (right - left) * (bottom - top) * 4.0**zoom > MOST_TILES:
        zoom -= 1
    return zoom


def _project_bounds(bounds: Bounds) -> Bounds:
    west, south, east, north = bounds
    square = to_square(np.array([[west, south], [east, north]]))
    (left, bottom), (right, top) = ((square - 0.5) * EARTH_M * [1, -1]).tolist()
    return left, bottom, right, top


def _list_places(frame: geopandas.GeoDataFrame, layer: str) -> Iterator[NamedPlace]:
    """Yield the named features of a layer; those of one name that lie near each other are one."""
    names = frame["name"].fillna("")
    if "name:en" in frame:
        names = frame["name:en"].fillna(names)
    kinds = frame[next((each for each in KIND_FIELDS if each in frame), "name")].fillna("")
    kept = np.flatnonzero((names != "").to_numpy() & ~frame.geometry.is_empty.to_numpy())
    middles = _find_middles(frame.geometry.iloc[kept])
    seen: set[tuple[str, int, int]] = set()
    apart = APART_DEG[layer]
    for row, (longitude, latitude) in zip(kept.tolist(), middles.tolist(), strict=True):
        name = str(names.iloc[row])
        cell = (name, round(longitude / apart), round(latitude / apart))
        if cell not in seen:
            seen.add(cell)
            yield NamedPlace(name, layer, str(kinds.iloc[row]), longitude, latitude)


def _find_middles(geometry: geopandas.GeoSeries) -> NDArray[np.float64]:
    """Return longitude and latitude of a point on each geometry, of a line that in its middle."""
    import shapely

    shapes = geometry.to_numpy()
    lines = shapely.get_dimensions(shapes) == 1
    points = np.where(
        lines,
        shapely.line_interpolate_point(np.where(lines, shapes, None), 0.5, normalized=True),
        shapely.point_on_surface(shapes),
    )
    flat = np.column_stack([shapely.get_x(points), shapely.get_y(points)])
    return to_lonlat(flat * [1, -1] / EARTH_M + 0.5)
