"""Read the polygons of a file, as text that every question about an area takes."""

from __future__ import annotations

import json
import warnings
from typing import TYPE_CHECKING, Any

from gridtwin.errors import SourceError

if TYPE_CHECKING:
    from pathlib import Path

LARGEST_AREA_FILE = 256 * 1024 * 1024
TABLE_SUFFIXES = (".gpkg", ".shp", ".kml", ".fgb", ".gml", ".gdb", ".zip")


def read_area(path: Path) -> str:
    """
    Return the area in a file as text: GeoJSON, WKT or another form of `analysis.polygon`.

    Parameters
    ----------
    path
        A file with such a text; or a GeoPackage, Shapefile, KML, or another of `TABLE_SUFFIXES`,
        with one layer of polygons.

    Raises
    ------
    SourceError
        If the file is not there, too large, broken, or has no layer or several layers of polygons.
    """
    if not path.exists():
        msg = f"{path}: there is no such file"
        raise SourceError(msg)
    if path.suffix.casefold() in TABLE_SUFFIXES:
        return _read_table(path)
    if path.is_dir():
        msg = f"{path} is a folder: give a file"
        raise SourceError(msg)
    if path.stat().st_size > LARGEST_AREA_FILE:
        msg = f"{path}: larger than {LARGEST_AREA_FILE // 1024**2} MB; simplify the polygon"
        raise SourceError(msg)
    text = path.read_text(encoding="utf-8", errors="replace")
    if "\0" in text:
        msg = f"{path}: this is no text; GeoJSON, WKT and {', '.join(TABLE_SUFFIXES)} are read"
        raise SourceError(msg)
    return text


def _read_table(path: Path) -> str:
    """Return the polygons of a layer as a GeoJSON collection that states their coordinates."""
    import pyogrio  # slow to import
    import shapely

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)  # that curves have become straight
            layer = _choose_layer(path, pyogrio.list_layers(path).tolist())
            meta, _, wkb, _ = pyogrio.raw.read(path, layer=layer, columns=[])
        shapes = shapely.force_2d(shapely.from_wkb(wkb))
    except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError, OSError) as error:
        msg = f"{path}: the file is broken or of another format ({error}); export it again"
        raise SourceError(msg) from error
    except (NotImplementedError, shapely.errors.GEOSException) as error:
        msg = f"{path}: a geometry cannot be read ({error}); export GeoJSON"
        raise SourceError(msg) from error
    geometries = [json.loads(shapely.to_geojson(shape)) for shape in shapes if shape is not None]
    document: dict[str, Any] = {"type": "GeometryCollection", "geometries": geometries}
    if meta["crs"]:
        document["crs"] = {"type": "name", "properties": {"name": meta["crs"]}}
    return json.dumps(document)


def _choose_layer(path: Path, layers: list[tuple[str, str | None]]) -> str:
    """Return the one layer with geometry, or with polygons if there are several."""
    drawn = [name for name, kind in layers if kind is not None]
    areas = [name for name, kind in layers if kind and ("Polygon" in kind or "Surface" in kind)]
    candidates = drawn if len(drawn) == 1 else areas
    if len(candidates) != 1:
        there = f"layers {', '.join(candidates)}" if candidates else "no layer"
        msg = f"{path} has {there} of polygons: give a file with one"
        raise SourceError(msg)
    return candidates[0]
