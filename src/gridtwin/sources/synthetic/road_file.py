"""Read the streets that a territory is to follow from any line layer."""

from __future__ import annotations

import re
import warnings
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import shapely

from gridtwin.errors import CrsError, SourceError
from gridtwin.model.column_names import squash_name
from gridtwin.sources.layers import read_or_refuse, require_whole

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

MOST_ROAD_POINTS = 5_000_000
WIDEST_DEG = 2.0  # beyond it one scale for the whole layer would be too coarse
OSM_SUFFIXES = frozenset({".pbf", ".osm"})
OSM_LAYER = "lines"
OSM_COLUMN = "osm_id"  # of all that is made of OpenStreetMap: by GDAL, osm2pgsql, Geofabrik
# Layers of streets beside other lines: of GDAL, osm2pgsql, Geofabrik; squashed.
STREET_LAYERS = re.compile(r"lines|planetosmline|gisosmroadsfree\d*")
GEOFABRIK_FILES = "gis_osm_*.shp"  # one folder of them is one extract
# Columns that say what a road is, squashed; the first that is there is read.
CLASS_COLUMNS = ("highway", "fclass", "kind", "roadclass", "class", "type")
ROAD_KINDS = ("highway", "major_road", "medium_road", "minor_road")  # of the Protomaps scheme
HIGHWAY, MAJOR, MEDIUM, MINOR = range(4)
KIND_OF_WORD = {
    **dict.fromkeys(("motorway", "motorway_link", "trunk", "trunk_link", "highway"), HIGHWAY),
    **dict.fromkeys(("primary", "primary_link", "major_road", "arterial"), MAJOR),
    **dict.fromkeys(("secondary", "secondary_link", "tertiary", "tertiary_link"), MEDIUM),
    **dict.fromkeys(("medium_road", "collector"), MEDIUM),
}
# What a power line of a street does not follow: OpenStreetMap's ways for feet, hoofs and plans.
NO_STREETS = frozenset(
    {
        "", "abandoned", "bridleway", "bus_guideway", "bus_stop", "busway", "construction",
        "corridor", "cycleway", "elevator", "escape", "ferry", "footway", "other", "path",
        "pedestrian", "planned", "platform", "proposed", "raceway", "rail", "razed", "rest_area",
        "services", "steps", "track", "track_grade1", "track_grade2", "track_grade3",
        "track_grade4", "track_grade5", "via_ferrata",
    }
)  # fmt: skip
LINE_TYPES = (shapely.GeometryType.LINESTRING, shapely.GeometryType.MULTILINESTRING)


class RoadLines(NamedTuple):
    """Lines of streets in longitude and latitude."""

    start: NDArray[np.int64]  # (n + 1,): line i is xy[start[i]:start[i + 1]]
    xy: NDArray[np.float64]
    kind: NDArray[np.uint8]  # place in `ROAD_KINDS`


def read_roads(path: Path, *, layer: str = "") -> RoadLines:
    """
    Return the streets of a file.

    Parameters
    ----------
    path
        Any file of lines that GDAL reads, a folder of Shapefiles and an OpenStreetMap extract too.
        A column of classes, such as ``highway`` of OpenStreetMap, tells streets from footpaths;
        without one all are streets.
    layer
        Which layer, where the file has several of lines and none is known for its streets.

    Raises
    ------
    SourceError
        If the file cannot be read, has no lines, other shapes, or too many points.
    CrsError
        If it states no coordinate system, or lies in none of degrees, or is too wide.
    """
    if not path.exists():
        msg = f"{path}: there is no such file"
        raise SourceError(msg)
    require_whole(path)
    meta, shapes, words = read_or_refuse(path, lambda: _read_lines(path, layer))
    shapes, rows, kind = _keep_streets(path, shapes, _classify_roads(words, len(shapes)))
    lines, owner = shapely.get_parts(shapely.force_2d(shapes), return_index=True)
    counts = shapely.get_num_coordinates(lines)
    if counts.sum() > MOST_ROAD_POINTS:
        count = f"{counts.sum():,} points of streets, at most {MOST_ROAD_POINTS:,}"
        msg = f"{path}: {count}: cut it smaller"
        raise SourceError(msg)
    xy = to_degrees(path, shapely.get_coordinates(lines), meta["crs"])
    _check_places(path, xy, np.repeat(rows[owner], counts))
    return RoadLines(np.r_[0, np.cumsum(counts)], xy, kind[owner])


def name_origin(path: Path, *, layer: str = "") -> str:
    """Return whose the streets of a file are, as far as it tells."""
    if path.suffix.casefold() in OSM_SUFFIXES or OSM_COLUMN in read_or_refuse(
        path, lambda: _list_fields(path, layer)
    ):
        return "\u00a9 OpenStreetMap contributors"
    return f"Streets: {path.name}"


def list_extract(path: Path) -> list[Path]:
    """Return the files of an extract, of which one has its streets."""
    if path.match(GEOFABRIK_FILES):
        return sorted(path.parent.glob(GEOFABRIK_FILES))
    return [path]


def _list_fields(path: Path, layer: str) -> list[str]:
    import pyogrio

    name = layer or _choose_layer(path, pyogrio.list_layers(path).tolist())
    return [str(field) for field in pyogrio.read_info(path, layer=name)["fields"]]


def _read_lines(path: Path, layer: str) -> tuple[dict[str, Any], Any, NDArray[Any] | None]:
    """Return what a layer says of itself, its geometries, and its column of classes."""
    import pyogrio

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # curves become straight
        name = layer or _choose_layer(path, pyogrio.list_layers(path).tolist())
        info = pyogrio.read_info(path, layer=name)
        squashed = {squash_name(str(field)): str(field) for field in info["fields"]}
        column = next((squashed[word] for word in CLASS_COLUMNS if word in squashed), None)
        meta, _, wkb, fields = pyogrio.raw.read(
            path, layer=name, columns=[] if column is None else [column]
        )
    shapes = None if wkb is None else shapely.from_wkb(wkb)
    if shapes is None:
        msg = f"{path}: layer {name} has no geometry: give a layer of lines"
        raise SourceError(msg)
    return meta, shapes, fields[0] if len(fields) else None


def _choose_layer(path: Path, layers: Sequence[tuple[str, str | None]]) -> str:
    """Return the one layer that may hold streets."""
    if path.suffix.casefold() in OSM_SUFFIXES:
        return OSM_LAYER
    drawn = [name for name, kind in layers if kind is not None]
    lines = [name for name, kind in layers if kind and ("Line" in kind or "Curve" in kind)]
    streets = [name for name in drawn if STREET_LAYERS.fullmatch(squash_name(name))]
    candidates = drawn if len(drawn) == 1 else streets or lines
    if len(candidates) != 1:
        there = f"several layers of lines ({', '.join(candidates)})" if candidates else "no lines"
        msg = f"{path} has {there}: name one with --roads-layer"
        raise SourceError(msg)
    return candidates[0]


def _classify_roads(words: NDArray[Any] | None, count: int) -> NDArray[np.int16]:
    """Return the kind of each road; -1 = no street."""
    if words is None:
        return np.full(count, MINOR, np.int16)
    told = {
        word: -1 if word in NO_STREETS else KIND_OF_WORD.get(word, MINOR)
        for word in {read_word(each) for each in words.tolist()}
    }
    return np.array([told[read_word(each)] for each in words.tolist()], np.int16)


def read_word(value: object) -> str:
    """Return a word as classes are compared; empty for what is no text."""
    return value.strip().casefold() if isinstance(value, str) else ""


def _keep_streets(
    path: Path, shapes: Any, kind: NDArray[np.int16]
) -> tuple[Any, NDArray[np.int64], NDArray[np.uint8]]:
    """Return the geometries of streets, their rows in the file from 1, and their kinds."""
    there = ~(shapely.is_missing(shapes) | shapely.is_empty(shapes))
    other = there & ~np.isin(shapely.get_type_id(shapes), LINE_TYPES)
    if other.any():
        row = int(np.flatnonzero(other)[0])
        what = shapes[row].geom_type
        msg = f"{path}: row {row + 1} is a {what}, and streets are lines: give a layer of lines"
        raise SourceError(msg)
    rows = np.flatnonzero(there & (kind >= 0))
    if not len(rows):
        msg = f"{path}: none of {len(shapes):,} rows is a street: give a layer of lines"
        raise SourceError(msg)
    return shapes[rows], rows + 1, kind[rows].astype(np.uint8)


def to_degrees(path: Path, xy: NDArray[np.float64], crs: str | None) -> NDArray[np.float64]:
    """
    Return longitude and latitude of places of a file; CrsError where they cannot be told.

    Parameters
    ----------
    path
        The file, for the error.
    xy
        The places, shape (n, 2).
    crs
        The coordinate system that the file states.
    """
    import pyproj

    if not crs:
        msg = (
            f"{path} states no coordinate system: state it, for instance with"
            " ogr2ogr -a_srs EPSG:CODE with_crs.gpkg FILE"
        )
        raise CrsError(msg)
    try:
        change = pyproj.Transformer.from_crs(crs, "EPSG:4326", always_xy=True)
        return np.column_stack(change.transform(xy[:, 0], xy[:, 1]))
    except pyproj.exceptions.ProjError as error:
        msg = f"{path}: its coordinate system cannot be used ({error}): state another one"
        raise CrsError(msg) from error


def _check_places(path: Path, xy: NDArray[np.float64], rows: NDArray[np.int64]) -> None:
    """Refuse coordinates that are no places, or lie too far apart."""
    wrong = ~np.isfinite(xy).all(axis=1) | (np.abs(xy) > (180.0, 85.0)).any(axis=1)
    if wrong.any():
        row = rows[int(np.flatnonzero(wrong)[0])]
        msg = f"{path}: row {row} lies outside of what its coordinate system covers: mend it there"
        raise CrsError(msg)
    if (np.ptp(xy, axis=0) > WIDEST_DEG).any():
        msg = f"{path} is more than {WIDEST_DEG:g} degrees wide: cut one town or county out of it"
        raise CrsError(msg)
