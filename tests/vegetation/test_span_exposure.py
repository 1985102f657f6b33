"""What of a span lies in areas of risk, held against shapely's own overlay of whole geometries."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyproj
import pytest
import shapely
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from examples import scale_examples
from gridtwin.analysis.vegetation.span_exposure import measure_exposures
from gridtwin.model.network import Network
from gridtwin.model.vegetation import (
    FAILURES_PER_KM_YEAR,
    SpanExposures,
    VegetationAreas,
    find_spans,
    join_areas,
)

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

NEAR = {"rel": 1e-9, "abs": 1e-6}


def lines_network(courses: list[list[tuple[float, float]]], *, crs: str = "none") -> Network:
    """Return a network of lines that are joined nowhere, each with a node at both ends."""
    ends = [(f"n{at}{side}", course[place]) for at, course in enumerate(courses)
            for side, place in (("a", 0), ("b", -1))]  # fmt: skip
    return Network.from_frames(
        nodes={"mrid": [name for name, _ in ends], "geometry": [shapely.Point(p) for _, p in ends]},
        equipment={
            "mrid": [f"L{at}" for at in range(len(courses))],
            "kind": ["ac_line_segment"] * len(courses),
            "node_a": [f"n{at}a" for at in range(len(courses))],
            "node_b": [f"n{at}b" for at in range(len(courses))],
            "geometry": [shapely.LineString(course) for course in courses],
        },
        sources={"mrid": ["S"], "node": ["n0a"]},
        crs=crs,
    )


def areas_of(shapes: list[BaseGeometry], risks: list[int], rates: list[float]) -> VegetationAreas:
    count = len(shapes)
    return VegetationAreas(
        np.array([f"A{at}" for at in range(count)], dtype=object),
        np.array(risks, dtype=np.uint8),
        np.array(rates, dtype=np.float64),
        np.arange(count, dtype=np.float64),
        np.full(count, np.nan),
        np.array(["oak"] * count, dtype=object),
        np.array(shapes, dtype=object),
    )


def measure(network: Network, areas: VegetationAreas) -> SpanExposures:
    rows = find_spans(network.data)
    return measure_exposures(network.data, rows, areas, geographic=network.crs is not None)


whole = st.integers(0, 12).map(float)
places = st.tuples(whole, whole)


@st.composite
def courses(draw: st.DrawFn) -> list[tuple[float, float]]:
    """
    Return a course that never crosses itself: along the grid, or nowhere along an edge on it.

    Along the grid it often touches areas and runs along their edges, exactly. Elsewhere that would
    be a question of rounding, which an overlay of whole geometries answers by chance.
    """
    course = draw(st.lists(places, min_size=2, max_size=5))
    if draw(st.booleans()):
        corners = [course[0]]
        for x, y in course[1:]:
            corners += [(corners[-1][0], y), (x, y)]
        course = corners
    else:
        course = [(x + 0.3719, y + 0.6137) for x, y in course]
    line = shapely.LineString(course)
    assume(line.length > 0 and line.is_simple)
    return course


@st.composite
def polygons(draw: st.DrawFn) -> BaseGeometry:
    """Return a valid polygon on a small grid: plain, with a hole, or of several parts."""
    corners = draw(st.lists(places, min_size=3, max_size=7))
    shape = shapely.make_valid(shapely.Polygon(corners))
    areas = [part for part in shapely.get_parts(shape) if part.geom_type.endswith("Polygon")]
    shape = shapely.union_all(areas)
    if draw(st.booleans()):
        x, y = draw(places)
        shape = shape - shapely.box(x, y, x + draw(st.integers(1, 3)), y + 1)
    return shape


def overlay(line: BaseGeometry, areas: VegetationAreas) -> tuple[float, float, int]:
    """Return meters in areas, failures and worst class, by cutting whole geometries."""
    rates, left = areas.find_rates(), line
    meters = failures = 0.0
    worst = -1
    for at in sorted(range(len(areas)), key=lambda at: (-rates[at], at)):
        inside = shapely.intersection(left, areas.geometry[at]).length
        if inside > 1e-9:
            meters += inside
            failures += inside / 1000 * rates[at]
            worst = max(worst, int(areas.risk[at]))
        left = shapely.difference(left, areas.geometry[at])
    return meters, failures, worst


@settings(max_examples=scale_examples(300))
@given(
    st.lists(courses(), min_size=1, max_size=4),
    st.lists(
        st.tuples(
            polygons().filter(lambda shape: not shape.is_empty),
            st.integers(0, 3),
            st.sampled_from([float("nan"), 0.0, 0.5, 2.0]),
        ),
        min_size=1,
        max_size=6,
    ),
)
def test_exposures_are_those_of_an_overlay(
    lines: list[list[tuple[float, float]]], drawn: list[tuple[BaseGeometry, int, float]]
) -> None:
    network, areas = lines_network(lines), areas_of(*map(list, zip(*drawn, strict=True)))
    found = measure(network, areas)
    by_name = {mrid: at for at, mrid in enumerate(found.mrid)}
    for at, line in enumerate(lines):
        meters, failures, worst = overlay(shapely.LineString(line), areas)
        place = by_name.get(f"L{at}")
        if place is None:
            assert meters < 1e-6
            continue
        assert found.length_in_risk_m[place] == pytest.approx(meters, **NEAR)
        assert found.failures_per_year[place] == pytest.approx(failures, **NEAR)
        assert found.length_m[place] == pytest.approx(shapely.LineString(line).length, **NEAR)
        assert found.risk[place] == worst


def test_a_touch_is_no_length_and_an_edge_is() -> None:
    network = lines_network([[(0, 0), (10, 0)], [(0, 5), (5, 5)], [(20, 0), (20, 9)]])
    touching = shapely.box(5, 5, 9, 9)
    along = shapely.box(2, 0, 6, 3)
    found = measure(network, areas_of([touching, along], [1, 2], [np.nan, np.nan]))
    assert found.mrid.tolist() == ["L0"]
    assert found.length_in_risk_m.tolist() == [pytest.approx(4.0)]
    assert found.failures_per_year.tolist() == [pytest.approx(0.004 * FAILURES_PER_KM_YEAR[2])]


def test_the_worst_of_overlapping_areas_counts_and_tells_its_species() -> None:
    network = lines_network([[(0, 0), (100, 0)]])
    mild, bad = shapely.box(0, -1, 60, 1), shapely.box(40, -1, 80, 1)
    areas = areas_of([mild, bad], [0, 3], [np.nan, np.nan])
    found = measure(network, join_areas({"lidar": areas}))
    assert found.length_in_risk_m.tolist() == [80.0]
    rates = FAILURES_PER_KM_YEAR
    assert found.failures_per_year[0] == pytest.approx(0.04 * rates[0] + 0.04 * rates[3])
    assert (found.risk.tolist(), found.area.tolist()) == ([3], ["lidar:A1"])
    assert (found.species.tolist(), found.clearance_m.tolist()) == (["oak"], [0.0])
    assert np.isnan(found.tree_height_m).all()


def test_lengths_on_the_earth_are_geodesic() -> None:
    course = [(-95.0, 29.0), (-95.0, 29.01), (-94.98, 29.01)]
    network = lines_network([course], crs="EPSG:4326")
    around = shapely.box(-95.001, 28.99, -94.99, 29.02)
    found = measure(network, areas_of([around], [1], [np.nan]))
    inside = shapely.LineString([*course[:2], (-94.99, 29.01)])
    geod = pyproj.Geod(ellps="WGS84")
    assert found.length_in_risk_m[0] == pytest.approx(geod.geometry_length(inside), rel=1e-9)
    assert found.length_m[0] == pytest.approx(
        geod.geometry_length(shapely.LineString(course)), rel=1e-9
    )


def test_underground_lines_and_drops_are_no_spans() -> None:
    frame = {
        "mrid": ["over", "under", "drop", "unknown"],
        "kind": ["ac_line_segment", "ac_line_segment", "service_drop", "ac_line_segment"],
        "node_a": ["a"] * 4,
        "node_b": ["b"] * 4,
        "placement": ["overhead", "underground", "overhead", ""],
    }
    network = Network.from_frames(
        nodes={"mrid": ["a", "b"], "geometry": [shapely.Point(0, 0), shapely.Point(1, 1)]},
        equipment=frame,
        crs="none",
    )
    assert find_spans(network.data).tolist() == [0, 3]
