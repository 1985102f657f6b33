"""Say which polygons are taken, mended, and refused."""

from __future__ import annotations

import contextlib
import json
import struct
from typing import Any

import geopandas
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from examples import scale_examples
from gridtwin.analysis.place import polygon
from gridtwin.analysis.place.polygon import read_polygon
from gridtwin.errors import CrsError, PolygonError

SQUARE = shapely.box(0, 0, 1, 1)
GEOMETRY = shapely.geometry.mapping(SQUARE)
CRS84 = {"type": "name", "properties": {"name": "urn:ogc:def:crs:OGC:1.3:CRS84"}}
CIRCLE = "CURVEPOLYGON (CIRCULARSTRING (0 0, 1 1, 2 0, 1 -1, 0 0))"
CIRCLE_WKB = struct.pack("<BIIBII10d", 1, 10, 1, 1, 8, 5, 0, 0, 1, 1, 2, 0, 1, -1, 0, 0)
RINGS = [[[0, 0], [0, 1], [1, 1], [1, 0], [0, 0]]]  # clockwise: a shell


@pytest.mark.parametrize(
    "form",
    [
        SQUARE,
        SQUARE.wkt,
        GEOMETRY,
        json.dumps(GEOMETRY),
        {"type": "Feature", "properties": {}, "geometry": GEOMETRY},
        {"type": "FeatureCollection", "features": [{"type": "Feature", "geometry": GEOMETRY}]},
        {"type": "MultiPolygon", "coordinates": [GEOMETRY["coordinates"]]},
        {
            "type": "FeatureCollection",
            "crs": CRS84,
            "features": [{"type": "Feature", "geometry": GEOMETRY}],
        },
        f"SRID=4326;{SQUARE.wkt}",
        shapely.GeometryCollection([SQUARE]),
        SQUARE.wkb,
        SQUARE.wkb_hex,
        shapely.to_wkb(shapely.set_srid(SQUARE, 4326), hex=True, include_srid=True),
        "0,0,1,1",
        "[0, 0, 1, 1]",
        (0, 0, 1, 1),
        {"rings": RINGS},
        {"xmin": 0, "ymin": 0, "xmax": 1, "ymax": 1, "spatialReference": {"wkid": 4326}},
        {"features": [{"attributes": {}, "geometry": {"rings": RINGS}}]},
        geopandas.GeoSeries([SQUARE], crs="EPSG:4326"),
    ],
)
def test_every_form_reads_as_the_same_polygon(form: object) -> None:
    found = read_polygon(form)
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


def multi(*parts: shapely.Polygon) -> dict[str, Any]:
    return shapely.geometry.mapping(shapely.MultiPolygon(parts))


def test_what_two_parts_cover_counts_once() -> None:
    found = read_polygon(multi(shapely.box(0, 0, 2, 2), shapely.box(1, 1, 3, 3)))
    assert found.geometry.area == pytest.approx(7.0)
    assert found.geometry.covers(shapely.Point(1.5, 1.5))
    assert found.warnings == ()


BOXES = st.tuples(*[st.integers(0, 6)] * 4).map(
    lambda at: shapely.box(at[0], at[1], at[0] + 1 + at[2], at[1] + 1 + at[3])
)
HOLED = st.tuples(BOXES, BOXES).map(
    lambda pair: pair[0].difference(pair[1].intersection(pair[0].buffer(-0.25)))
)


@settings(max_examples=scale_examples(200))
@given(st.lists(st.one_of(BOXES, HOLED), min_size=1, max_size=6))
def test_parts_that_overlap_nest_or_have_holes_are_their_union(parts: list[Any]) -> None:
    polygons = [each for part in parts for each in shapely.get_parts(part) if each.area > 0]
    if not polygons:
        return
    found = read_polygon(multi(*polygons)).geometry
    assert found.is_valid
    assert shapely.symmetric_difference(found, shapely.union_all(polygons)).area < 1e-9


def test_three_hundred_circles_are_their_union() -> None:
    places = np.random.default_rng(1).uniform(0, 1, (300, 2))
    circles = [shapely.Point(place).buffer(0.2, quad_segs=32) for place in places]
    found = read_polygon(shapely.MultiPolygon(circles))
    assert found.geometry.equals(shapely.union_all(circles))


def test_what_two_holes_cover_is_a_hole() -> None:
    holes = [shapely.box(1, 1, 3, 3).exterior, shapely.box(2, 2, 4, 4).exterior]
    found = read_polygon(shapely.Polygon(shapely.box(0, 0, 5, 5).exterior, holes))
    assert found.geometry.area == pytest.approx(25 - 7)
    assert "Self-intersection" in found.warnings[0]


def test_other_coordinates_that_are_stated_are_brought_to_degrees() -> None:
    meters = shapely.box(0, 0, 111_319.49, 111_325.14)  # a degree each way, in web Mercator
    for form in (
        shapely.set_srid(meters, 3857),
        f"SRID=3857;{meters.wkt}",
        geopandas.GeoSeries([meters], crs="EPSG:3857"),
        {
            "rings": [list(map(list, meters.reverse().exterior.coords))],
            "spatialReference": {"wkid": 102100, "latestWkid": 3857},
        },
        {**shapely.geometry.mapping(meters), "crs": {"properties": {"name": "EPSG:3857"}}},
    ):
        assert read_polygon(form).geometry.equals_exact(SQUARE, 1e-4, normalize=True)


def test_coordinates_nobody_knows_are_refused() -> None:
    with pytest.raises(CrsError, match="EPSG:99999"):
        read_polygon(f"SRID=99999;{SQUARE.wkt}")


def test_rings_of_esri_are_shells_and_holes_by_their_direction() -> None:
    lake = [[1, 1], [4, 1], [4, 4], [1, 4], [1, 1]]
    island = [[2, 2], [2, 3], [3, 3], [3, 2], [2, 2]]
    shore = [[0, 0], [0, 5], [5, 5], [5, 0], [0, 0]]
    neighbor = [[4.5, 0], [4.5, 5], [9, 5], [9, 0], [4.5, 0]]
    found = read_polygon({"rings": [lake, neighbor, island, shore]}).geometry
    assert found.area == pytest.approx(25 - 9 + 1 + 4 * 5)
    turned = read_polygon({"rings": [ring[::-1] for ring in (shore, island[::-1])]}).geometry
    assert turned.area in (pytest.approx(24), pytest.approx(25))


@pytest.mark.parametrize(
    ("text", "area"),
    [
        (CIRCLE, np.pi),
        ("CURVEPOLYGON (CIRCULARSTRING (0 0, 2 0, 0 0))", np.pi),
        ("CURVEPOLYGON Z (CIRCULARSTRING Z (0 0 7, 1 -1 7, 2 0 7, 1 1 7, 0 0 7))", np.pi),
        (f"MULTISURFACE (((5 0, 6 0, 6 1, 5 1, 5 0)), {CIRCLE})", np.pi + 1),
        ("MULTISURFACE (POLYGON ((5 0, 6 0, 6 1, 5 1, 5 0)))", 1),
        ("CURVEPOLYGON (COMPOUNDCURVE (CIRCULARSTRING (0 0, 1 1, 2 0), (2 0, 0 0)))", np.pi / 2),
        ("CURVEPOLYGON ((-9 -9, 9 -9, 9 9, -9 9, -9 -9), "
         "CIRCULARSTRING (0 0, 1 1, 2 0, 1 -1, 0 0))", 324 - np.pi),
        ("CURVEPOLYGON (CIRCULARSTRING (0 0, 1 0, 2 0, 2 1, 2 2, 1 1, 0 0))", 2),
    ],
)  # fmt: skip
def test_curves_of_a_text_become_straight(text: str, area: float) -> None:
    found = read_polygon(text)
    assert found.geometry.area == pytest.approx(area, rel=0.001)
    assert found.warnings == ()


FIJI = "POLYGON ((170 -20, 190 -20, 190 -10, 170 -10, 170 -20))"


@pytest.mark.parametrize(
    "form",
    [
        FIJI,
        "POLYGON ((-190 -20, -170 -20, -170 -10, -190 -10, -190 -20))",
        "170,-20,-170,-10",
        {"xmin": 170, "ymin": -20, "xmax": 190, "ymax": -10},
    ],
)
def test_a_polygon_past_180_degrees_is_cut_there(form: object) -> None:
    found = read_polygon(form)
    halves = shapely.MultiPolygon(
        [shapely.box(170, -20, 180, -10), shapely.box(-180, -20, -170, -10)]
    )
    assert found.geometry.equals(halves)
    assert "cut there" in found.warnings[0]
    assert read_polygon(found.geometry).geometry.equals(halves)


def test_an_edge_that_could_go_either_way_round_is_refused() -> None:
    with pytest.raises(PolygonError, match="write 170 to 190"):
        read_polygon("POLYGON ((170 -20, -170 -20, -170 -10, 170 -10, 170 -20))")


def test_the_world_is_a_polygon() -> None:
    world = shapely.box(-180, -90, 180, 90)
    assert read_polygon(world).geometry.equals(world)
    assert read_polygon("-180,-90,180,90").geometry.equals(world)


@pytest.mark.parametrize(
    ("wrong", "reason"),
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
        ("CURVEPOLYGON (CIRCULARSTRING (0 0, 1 1))", "neither GeoJSON nor WKT"),
        ("CURVEPOLYGON (CIRCULARSTRING (0 0, 1 1, 2 0, 0 0))", "3, 5, 7 .*make straight edges"),
        (CIRCLE_WKB, "curved edges: make straight edges"),
        ({"curveRings": [[[0, 0]]]}, "curved edges"),
        ({"x": 0, "y": 0}, "no type of geometry"),
        ({"paths": [[[0, 0], [1, 1]]]}, "no rings"),
        ({"features": [{"geometry": {"rings": []}}]}, "no rings"),
        ({"rings": [[{}]]}, "rings cannot be read"),
        ({"type": ["Polygon"]}, "has no inside"),
        ({"type": "Polygon", "coordinates": [[[10**400, 0], [1, 1], [0, 1]]]}, "cannot be read"),
        ("0,1,1,0", "bounds are four numbers"),
        ((0, 0, 1, None), "bounds are four numbers"),
        (b"\x00", "no WKB"),
    ],
)
def test_what_is_no_polygon_is_refused_with_its_reason(wrong: object, reason: str) -> None:
    with pytest.raises(PolygonError, match=reason):
        read_polygon(wrong)


def test_planar_coordinates_have_no_range() -> None:
    assert read_polygon(shapely.box(0, 0, 5000, 5000), geographic=False).geometry.area == 25e6


def test_too_many_vertices_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(polygon, "MAX_VERTICES", 5)
    with pytest.raises(PolygonError, match="5 vertices"):
        read_polygon(SQUARE)


WRONG = ["null", "[]", "{}", "1e999", "NaN", "-", '"x"', "(", ")", "EMPTY", "SRID=3857;", "1e308"]
TEXTS = [
    json.dumps(GEOMETRY),
    json.dumps({"features": [{"geometry": {"rings": RINGS}}], "spatialReference": {"wkid": 3857}}),
    f"SRID=4326;{SQUARE.wkt}",
    SQUARE.wkb_hex,
    "170,-20,-170,-10",
    FIJI,
    CIRCLE,
]


@settings(max_examples=scale_examples(500))
@given(
    st.sampled_from(TEXTS),
    st.lists(st.tuples(st.floats(0, 1), st.integers(0, 6), st.sampled_from(WRONG)), max_size=3),
    st.booleans(),
)
def test_broken_texts_are_read_or_refused(text: str, hurts: Any, geographic: bool) -> None:
    for where, cut, put in hurts:
        at = int(where * len(text))
        text = text[:at] + put + text[at + cut :]
    with contextlib.suppress(PolygonError, CrsError):
        assert read_polygon(text, geographic=geographic).geometry.is_valid
