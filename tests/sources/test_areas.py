"""Polygons come from the files a utility has."""

from __future__ import annotations

from pathlib import Path

import geopandas
import pytest
import shapely

from gridtwin.analysis.place.polygon import read_polygon
from gridtwin.errors import SourceError
from gridtwin.sources.area_file import read_area

SQUARE = shapely.box(-95.4, 29.7, -95.3, 29.8)
KML = """<?xml version="1.0"?><kml xmlns="http://www.opengis.net/kml/2.2"><Placemark><Polygon>
<outerBoundaryIs><LinearRing><coordinates>-95.4,29.7 -95.3,29.7 -95.3,29.8 -95.4,29.8 -95.4,29.7
</coordinates></LinearRing></outerBoundaryIs></Polygon></Placemark></kml>"""


@pytest.mark.parametrize("name", ["area.gpkg", "area.shp", "area.fgb", "area.geojson"])
@pytest.mark.parametrize("crs", ["EPSG:4326", "EPSG:2278"])
def test_a_layer_of_polygons_is_an_area(tmp_path: Path, name: str, crs: str) -> None:
    frame = geopandas.GeoDataFrame({"number": [1]}, geometry=[SQUARE], crs=4326).to_crs(crs)
    frame.to_file(tmp_path / name)
    found = read_polygon(read_area(tmp_path / name))
    assert found.geometry.equals_exact(SQUARE, 1e-7, normalize=True)


def test_kml_is_an_area(tmp_path: Path) -> None:
    path = tmp_path / "area.kml"
    path.write_text(KML)
    assert read_polygon(read_area(path)).geometry.equals(SQUARE)


def test_text_is_returned_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "area.wkt"
    path.write_text(SQUARE.wkt)
    assert read_area(path) == SQUARE.wkt


def test_curves_of_a_geopackage_become_straight(tmp_path: Path) -> None:
    """GDAL does it; the file is made by changing the one geometry of a GeoPackage."""
    import sqlite3
    import struct

    path = tmp_path / "area.gpkg"
    geopandas.GeoSeries([SQUARE], crs=4326).to_frame("geometry").set_geometry("geometry").to_file(
        path, layer="area", spatial_index=False
    )
    corners = [(0.0, 0.0), (1.0, 1.0), (2.0, 0.0), (1.0, -1.0), (0.0, 0.0)]
    arc = struct.pack("<BII", 1, 8, len(corners)) + b"".join(
        struct.pack("<dd", *xy) for xy in corners
    )
    circle = struct.pack("<BII", 1, 10, 1) + arc
    header = b"GP\x00\x01" + struct.pack("<i", 4326)
    with sqlite3.connect(path) as base:
        base.execute("UPDATE gpkg_geometry_columns SET geometry_type_name = 'CURVEPOLYGON'")
        base.execute("UPDATE area SET geom = ?", (header + circle,))
    base.close()
    assert read_polygon(read_area(path)).geometry.area == pytest.approx(3.1416, rel=0.01)


def test_several_layers_are_named(tmp_path: Path) -> None:
    frame = geopandas.GeoDataFrame(geometry=[SQUARE], crs=4326)
    for layer in ("north", "south"):
        frame.to_file(tmp_path / "areas.gpkg", layer=layer)
    with pytest.raises(
        SourceError, match="has layers north, south of polygons: give a file with one"
    ):
        read_area(tmp_path / "areas.gpkg")


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("area.gpkg", b"no database", "broken or of another format"),
        ("area.bin", b"SQLite format 3\x00", "this is no text"),
        (None, b"", "there is no such file"),
    ],
)
def test_what_is_no_area_is_refused(
    tmp_path: Path, name: str | None, content: bytes, reason: str
) -> None:
    path = tmp_path / (name or "none.geojson")
    if name:
        path.write_bytes(content)
    with pytest.raises(SourceError, match=reason):
        read_area(path)


def test_a_folder_is_no_area(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="is a folder"):
        read_area(tmp_path)
