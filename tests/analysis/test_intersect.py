"""Hold polygon intersects against shapely, point by point."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from examples import scale_examples
from gridtwin.analysis.place.intersect import find_intersecting
from gridtwin.analysis.place.moving_set import MovingSet
from gridtwin.analysis.place.point_grid import PointGrid, scan_inside
from gridtwin.errors import InputError, NotFoundError
from gridtwin.model.frames import equipment_lines
from gridtwin.model.network import Network


def star(corners: int, seed: int, center: tuple[float, float] = (0.5, 0.5)) -> shapely.Polygon:
    radius = np.random.default_rng(seed).uniform(0.1, 0.6, corners)
    angle = np.linspace(0, 2 * np.pi, corners, endpoint=False)
    xy = np.column_stack([np.cos(angle), np.sin(angle)]) * radius[:, None] + center
    return shapely.Polygon(xy)


@settings(max_examples=scale_examples(60))
@given(
    st.sampled_from([3, 8, 64, 5000]),
    st.integers(0, 2**31),
    st.integers(0, 2000),
    st.sampled_from(["plain", "hole", "multi"]),
    st.sampled_from(["intersects", "within"]),
)
def test_grid_and_scan_agree_with_shapely(
    corners: int, seed: int, count: int, form: str, predicate: str
) -> None:
    xy = np.random.default_rng(seed).uniform(0, 1, (count, 2)).round(2)  # many on the edges
    shape = star(corners, seed)
    if form == "hole":
        shape = shapely.make_valid(shapely.box(0, 0, 1, 1).difference(shape))
    if form == "multi":
        shape = shape.union(shapely.box(0.9, 0.9, 3, 3)).union(shapely.box(-2, 0, 0.05, 0.2))
    points = shapely.points(xy)
    test = shapely.within if predicate == "within" else shapely.intersects
    expected = np.flatnonzero(test(points, shape))
    assert PointGrid.build_grid(xy).find_inside(shape, predicate).tolist() == expected.tolist()
    assert scan_inside(xy, shape, predicate).tolist() == expected.tolist()


def test_points_without_a_place_never_match() -> None:
    xy = np.array([[0.5, 0.5], [np.nan, np.nan], [0.5, np.nan]])
    assert PointGrid.build_grid(xy).find_inside(shapely.box(0, 0, 1, 1)).tolist() == [0]
    assert PointGrid.build_grid(xy[1:]).find_inside(shapely.box(0, 0, 1, 1)).tolist() == []
    assert scan_inside(xy, shapely.box(0, 0, 1, 1)).tolist() == [0]


def network() -> Network:
    xy = np.random.default_rng(5).uniform(0, 1, (60, 2))
    xy[7] = xy[6]
    names = [f"n{row}" for row in range(60)]
    return Network.from_frames(
        nodes={"mrid": names, "geometry": shapely.points(xy)},
        equipment={
            "mrid": [f"e{row}" for row in range(59)],
            "kind": ["ac_line_segment"] * 59,
            "node_a": names[:-1],
            "node_b": names[1:],
            "phases": ["ABC"] * 59,
        },
        usage_points={"mrid": ["u0", "u1", "u2"], "node": names[:3], "customers": [1, 2, 3]},
        sources={"mrid": ["s"], "node": ["n0"]},
    )


@pytest.mark.parametrize("predicate", ["intersects", "within", "crosses"])
def test_equipment_agrees_with_shapely(predicate: str) -> None:
    data, shape = network().data, star(9, 3)
    lines = equipment_lines(data)
    lines[6] = shapely.Point(data.nodes.xy[6])  # both its ends lie on one spot
    expected = np.flatnonzero(getattr(shapely, predicate)(lines, shape))
    assert find_intersecting(data, shape, layer="equipment", predicate=predicate).tolist() == (
        expected.tolist()
    )


def test_an_unknown_layer_or_predicate_is_refused() -> None:
    data = network().data
    with pytest.raises(InputError, match="give one of usage_points"):
        find_intersecting(data, star(5, 1), layer="meters")
    with pytest.raises(InputError, match="has no predicate 'crosses'"):
        find_intersecting(data, star(5, 1), predicate="crosses")


def test_a_moving_set_follows_its_things() -> None:
    crews = MovingSet()
    crews.insert("north", (0, 5))
    crews.insert("south", (0, -5))
    assert crews.find_nearest((0, 4)) == ["north"]
    crews.move("north", (0, -100))
    assert crews.find_nearest((0, 4), 2) == ["south", "north"]
    assert crews.query((-1, -6, 1, 6)) == ["south"]
    crews.remove("south")
    assert len(crews) == 1
    with pytest.raises(NotFoundError):
        crews.remove("south")
    with pytest.raises(InputError, match="move it instead"):
        crews.insert("north", (0, 0))
