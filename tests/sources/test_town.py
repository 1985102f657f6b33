"""The ground of a synthetic territory looks like a town: streets bend, grain varies."""

from __future__ import annotations

import numpy as np
import pytest
import shapely

from gridtwin.model import cim
from gridtwin.model.frames import equipment_courses
from gridtwin.model.network import Network
from gridtwin.sources.synthetic.feeders import count_feeders
from gridtwin.sources.synthetic.laid_territory import LaidTerritory, lay_territory
from gridtwin.sources.synthetic.street_plan import plan_streets
from gridtwin.sources.synthetic.territory import (
    HOUSTON,
    cut_districts,
    degree_m,
    survey_land,
)
from gridtwin.sources.synthetic.town_map import TownMap, draw_town


@pytest.fixture(scope="module")
def laid() -> LaidTerritory:
    return lay_territory("houston", meters=60_000, seed=1)


@pytest.fixture(scope="module")
def town(laid: LaidTerritory) -> TownMap:
    return draw_town(laid)


def to_meters(lonlat: np.ndarray) -> np.ndarray:
    """Return places in meters, around the middle of the territory."""
    return lonlat * degree_m(np.array([29.76]))[0]


def draw_primary(network: Network) -> np.ndarray:
    """Return the courses of primary lines in meters."""
    data = network.data
    rows = np.flatnonzero(
        (data.equipment.kind == cim.LINES[0])
        & (data.nodes.nominal_v[data.equipment.node_b] > cim.LOW_VOLTAGE_V)
    )
    counts, xy = equipment_courses(data, rows)
    start = np.r_[0, np.cumsum(counts)]
    return shapely.from_ragged_array(shapely.GeometryType.LINESTRING, to_meters(xy), (start,))


def test_the_ground_has_no_fold() -> None:
    """The map from plan to ground turns no place over: its Jacobian is positive everywhere."""
    low, high = np.zeros(2), HOUSTON.size_m
    east, north = np.meshgrid(*(np.arange(a, b, 430.0) for a, b in zip(low, high, strict=True)))
    plan = np.stack([east.ravel(), north.ravel()], -1)
    bend = HOUSTON.bending.bend
    right, up = (bend(plan + step) - bend(plan) for step in ([1.0, 0.0], [0.0, 1.0]))
    area = right[:, 0] * up[:, 1] - right[:, 1] * up[:, 0]
    assert area.min() > 0.5
    assert area.max() < 2.0


def test_lines_run_in_every_direction(laid: LaidTerritory) -> None:
    lines = draw_primary(laid.network)
    ends = shapely.get_coordinates(lines), shapely.get_coordinates(lines, return_index=True)[1]
    step = np.diff(ends[0], axis=0)[ends[1][1:] == ends[1][:-1]]
    length = np.hypot(*step.T)
    bearing = np.degrees(np.arctan2(step[:, 1], step[:, 0])) % 90.0
    share, _ = np.histogram(bearing, bins=9, range=(0, 90), weights=length)
    share /= share.sum()  # a comb has all of it in one
    assert (share > 0.02).sum() >= 7
    assert share.max() < 0.35


def test_streets_bend_between_their_ends(laid: LaidTerritory) -> None:
    lines = draw_primary(laid.network)
    ends = shapely.get_coordinates(
        [shapely.get_point(lines, 0), shapely.get_point(lines, -1)]
    ).reshape(2, -1, 2)
    straight = np.hypot(*(ends[1] - ends[0]).T)
    long = straight > 300.0
    assert (shapely.length(lines)[long] > 1.002 * straight[long]).mean() > 0.5


def test_corners_are_of_many_angles(laid: LaidTerritory) -> None:
    """A lateral leaves its trunk at angles from acute to obtuse, not at right angles only."""
    data = laid.network.data
    equipment, xy = data.equipment, to_meters(data.nodes.xy)
    fuse = np.flatnonzero(equipment.kind == cim.KIND_CODE["fuse"])
    feeding = np.full(len(xy), -1)
    closed = equipment.normal_open == 0
    feeding[equipment.node_b[closed]] = np.flatnonzero(closed)
    above = feeding[equipment.node_a[fuse]]
    one = xy[equipment.node_b[fuse]] - xy[equipment.node_a[fuse]]
    two = xy[equipment.node_b[above]] - xy[equipment.node_a[above]]
    angle = np.degrees(
        np.arccos(np.abs((one * two).sum(1)) / (np.hypot(*one.T) * np.hypot(*two.T)))
    )
    assert (angle < 80).mean() > 0.2
    assert (angle > 80).mean() > 0.2


def test_houses_stand_beside_their_street_and_set_back_from_it(
    laid: LaidTerritory, town: TownMap
) -> None:
    streets = shapely.transform(town.streets, to_meters)
    houses = shapely.points(to_meters(laid.network.data.usage_points.xy[::17]))
    _, distance = shapely.STRtree(streets).query_nearest(
        houses, return_distance=True, all_matches=False
    )
    assert (distance > 6.0).mean() > 0.97
    assert np.median(distance) > 15.0
    assert np.percentile(distance, 99) < 45.0


def test_streets_run_under_the_lines(laid: LaidTerritory, town: TownMap) -> None:
    lines = draw_primary(laid.network)[::7]
    middle = shapely.line_interpolate_point(lines, 0.5, normalized=True)
    streets = shapely.STRtree(shapely.transform(town.streets, to_meters))
    _, distance = streets.query_nearest(middle, return_distance=True, all_matches=False)
    assert (distance < 45.0).mean() > 0.95  # circuits side by side, and ties across the country


def test_blocks_are_small_in_town_and_wide_in_the_country(laid: LaidTerritory) -> None:
    assert laid.plan is not None
    meters = laid.service.meters.plane
    streets = plan_streets(laid.ground, laid.plan, laid.primary, meters)
    lines = shapely.linestrings(np.stack([streets.start, streets.end], axis=1))
    blocks = shapely.get_parts(shapely.polygonize(shapely.get_parts(shapely.union_all(lines))))
    middle = shapely.get_coordinates(shapely.point_on_surface(blocks))
    core = laid.ground.bending.measure_core(middle) > 0.3
    area = shapely.area(blocks)
    assert np.median(area[core]) < 0.5 * np.median(area[~core])
    assert np.percentile(area, 90) > 8 * np.percentile(area, 10)


def test_streets_and_parks_keep_off_the_water(town: TownMap) -> None:
    water = shapely.union_all(town.water)
    shapely.prepare(water)
    assert not shapely.intersects(water, town.streets).any()
    parks = shapely.union_all(town.parks)
    assert shapely.area(shapely.intersection(water, parks)) < 1e-3 * shapely.area(parks)
    assert len(town.parks) > 1


def test_a_bayou_winds_through_the_town(laid: LaidTerritory, town: TownMap) -> None:
    window = shapely.box(*laid.network.data.nodes.xy.min(0), *laid.network.data.nodes.xy.max(0))
    assert shapely.area(shapely.intersection(window, shapely.union_all(town.water))) > 0


def test_the_same_seed_draws_the_same_town() -> None:
    one, two = (draw_town(lay_territory("houston", meters=2_000, seed=7)) for _ in range(2))
    for first, again in zip(one, two, strict=True):
        np.testing.assert_array_equal(first, again)


def test_districts_grow_into_free_land_and_into_no_other(laid: LaidTerritory) -> None:
    land = survey_land(HOUSTON, 60_000)
    districts = cut_districts(land, count_feeders(60_000)[0])
    primary = laid.primary
    served = np.flatnonzero(primary.street > 0)
    own = laid.circuits.substation[primary.feeder[served]]
    offset = np.abs(primary.plane[served][:, None] - districts.middle) - districts.half
    inside = (offset < 0).all(axis=-1)
    assert land.is_dry(primary.plane[served]).all()
    assert 0.002 < (~inside[np.arange(len(own)), own]).mean() < 0.3
    inside[np.arange(len(own)), own] = False
    assert not inside.any()


def test_feeders_of_one_district_end_at_different_depths(laid: LaidTerritory) -> None:
    plan, primary = laid.plan, laid.primary
    assert plan is not None
    offset = primary.plane - plan.origin[primary.feeder]
    across = np.where(plan.swapped[primary.feeder], offset[:, 0], offset[:, 1])
    served = primary.street > 0
    depth = np.zeros(len(plan.depth))
    np.maximum.at(depth, primary.feeder[served], np.abs(across)[served])
    low, high = np.percentile(depth / plan.depth, [10, 90])
    assert high - low > 0.25
