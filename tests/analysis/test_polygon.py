"""Say which polygons are taken, mended, and refused."""

from __future__ import annotations

import json

import pytest
import shapely

from gridtwin.analysis import polygon
from gridtwin.analysis.polygon import read_polygon
from gridtwin.errors import PolygonError

SQUARE = shapely.box(0, 0, 1, 1)
GEOMETRY = shapely.geometry.mapping(SQUARE)


@pytest.mark.parametrize(
    "given",
    [
        SQUARE,
        SQUARE.wkt,
        GEOMETRY,
        json.dumps(GEOMETRY),
        {"type": "Feature", "properties": {}, "geometry": GEOMETRY},
        {"type": "FeatureCollection", "features": [{"type": "Feature", "geometry": GEOMETRY}]},
        {"type": "MultiPolygon", "coordinates": [GEOMETRY["coordinates"]]},
    ],
)
def test_every_form_reads_as_the_same_polygon(given: object) -> None:
    found = read_polygon(given)
    assert found.geometry.equals(SQUARE)
    assert found.warnings == ()


def test_a_collection_is_united() -> None:
    other = shapely.geometry.mapping(shapely.box(1, 0, 2, 1))
    features = [{"type": "Feature", "geometry": part} for part in (GEOMETRY, other)]
    found = read_polygon({"type": "FeatureCollection", "features": features})
    assert found.geometry.equals(shapely.box(0, 0, 2, 1))


def test_a_bow_tie_is_repaired_and_said() -> None:
    found = read_polygon("POLYGON ((0 0, 2 2, 2 0, 0 2, 0 0))")
    assert found.geometry.is_valid
    assert found.geometry.area == pytest.approx(2.0)
    assert "Self-intersection" in found.warnings[0]


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ("", "empty"),
        ("POLYGON EMPTY", "empty"),
        ("POINT (0 0)", "'Point'"),
        ({"type": "LineString", "coordinates": [[0, 0], [1, 1]]}, "'LineString'"),
        ({"type": "Polygon", "coordinates": [[["a", 0], [1, 1], [0, 1]]]}, "cannot be read"),
        ("{broken", "no JSON"),
        ("[1]", "a list"),
        ("nonsense", "neither GeoJSON nor WKT"),
        ("POLYGON ((0 0, 200 0, 200 1, 0 0))", "longitude first"),
        ({"type": "Polygon", "coordinates": [[[0, 0], [1, float("nan")], [1, 1]]]}, "not finite"),
        ({"type": "FeatureCollection", "features": []}, "no geometry"),
        ("POLYGON ((0 0, 1 1, 2 2, 0 0))", "covers no area"),
        (7, "int"),
    ],
)
def test_what_is_no_polygon_is_refused_with_its_reason(given: object, reason: str) -> None:
    with pytest.raises(PolygonError, match=reason):
        read_polygon(given)


def test_planar_coordinates_have_no_range() -> None:
    assert read_polygon(shapely.box(0, 0, 5000, 5000), geographic=False).geometry.area == 25e6


def test_too_many_vertices_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(polygon, "MAX_VERTICES", 5)
    with pytest.raises(PolygonError, match="5 vertices"):
        read_polygon(SQUARE)
