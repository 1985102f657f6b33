"""A synthetic territory is a sound network that looks like a town."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING

import numpy as np
import pytest
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from gridtwin.errors import InputError
from gridtwin.model import cim, phases
from gridtwin.model.frames import equipment_courses
from gridtwin.model.network import Network
from gridtwin.sources.synthetic import naming, synthesize
from gridtwin.sources.synthetic.feeders import count_feeders
from gridtwin.sources.synthetic.territory import HOUSTON, degree_m

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Islands = tuple[int, NDArray[np.int32]]
    Rows = NDArray[np.int64]

TABLES = ("nodes", "equipment", "usage_points", "sources", "substations", "feeders")


@pytest.fixture(scope="module")
def houston() -> Network:
    return synthesize("houston", meters=60_000, seed=1)


@pytest.fixture(scope="module")
def islands(houston: Network) -> Islands:
    """Return connected components of the normal state, and the component of every node."""
    equipment, count = houston.data.equipment, len(houston.data.nodes.mrid)
    closed = equipment.normal_open == 0
    ends = equipment.node_a[closed], equipment.node_b[closed]
    graph = coo_array((np.ones(closed.sum()), ends), shape=(count, count))
    return connected_components(graph, directed=False)


@pytest.fixture(scope="module")
def feeder_of_row(houston: Network) -> Rows:
    """Return the feeder of every equipment row below a head; -1 in the substation and for ties."""
    equipment = houston.data.equipment
    above = np.full(len(houston.data.nodes.mrid), -1)
    closed = np.flatnonzero(equipment.normal_open == 0)
    feeder = np.full(len(equipment.mrid), -1)
    feeder[houston.data.feeders.head] = np.arange(len(houston.data.feeders.head))
    for row in closed.tolist():
        if feeder[row] < 0:
            feeder[row] = above[equipment.node_a[row]]
        above[equipment.node_b[row]] = feeder[row]
    return feeder


def test_the_same_seed_gives_the_same_network() -> None:
    first, again = (synthesize("houston", meters=2_000, seed=7).data for _ in range(2))
    for table in TABLES:
        one, two = getattr(first, table), getattr(again, table)
        for field in fields(one):
            np.testing.assert_array_equal(getattr(one, field.name), getattr(two, field.name))


def test_another_seed_gives_another_network() -> None:
    one, two = (synthesize("houston", meters=2_000, seed=seed).data for seed in (1, 2))
    assert not np.array_equal(one.usage_points.peak_w, two.usage_points.peak_w)
    assert one.substations.name.tolist() != two.substations.name.tolist()


def test_substations_and_feeders_grow_with_the_meters() -> None:
    assert count_feeders(200) == (1, 1)
    assert count_feeders(60_000) == (24, 150)
    assert count_feeders(596_906) == (242, 1_500)
    assert count_feeders(2_700_000) == (360, 2_200)


@pytest.mark.parametrize("meters", [50, 51, 200, 777, 5_000])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_any_number_of_meters_makes_a_network_that_the_model_accepts(
    meters: int, seed: int
) -> None:
    made = synthesize("houston", meters=meters, seed=seed)
    read = Network.from_frames(**{name: getattr(made, name) for name in TABLES})
    assert len(read.data.usage_points.mrid) == meters
    assert read.data.usage_points.transformer.min() >= 0


def test_too_few_meters_are_refused() -> None:
    with pytest.raises(InputError, match="49 meters are too few"):
        synthesize("houston", meters=49)


def test_an_unknown_territory_is_refused_with_those_that_exist() -> None:
    with pytest.raises(InputError, match="no territory called 'atlantis'; there is: houston"):
        synthesize("atlantis")


def test_counts_are_those_asked_for(houston: Network) -> None:
    data = houston.data
    assert len(data.usage_points.mrid) == 60_000
    assert len(data.substations.mrid) == 24
    assert len(data.feeders.mrid) == 150
    assert houston.crs == "EPSG:4326"


@pytest.mark.parametrize("table", TABLES)
def test_mrids_are_unique(houston: Network, table: str) -> None:
    mrid = getattr(houston.data, table).mrid
    assert len(np.unique(mrid)) == len(mrid)


def test_names_are_those_of_a_utility(houston: Network) -> None:
    data = houston.data
    assert data.substations.mrid[0] == b"SUB-0001"
    assert data.usage_points.mrid[1_233] == b"MTR-0001234"
    assert len(np.unique(data.substations.name)) == 24
    code, number = data.feeders.mrid[0].decode().split("-")
    assert (len(code), number) == (3, "1201")
    prefixes = {mrid.split(b"-")[0] for mrid in data.equipment.mrid[data.feeders.head].tolist()}
    assert prefixes == {b"BKR"}


def test_codes_stay_different_when_names_run_out() -> None:
    names, codes = naming.name_substations(2_000, np.random.default_rng(0))
    assert len(set(names)) == len(set(codes)) == 2_000


def test_the_normal_state_is_radial(houston: Network, islands: Islands) -> None:
    data = houston.data
    count, island = islands
    closed = int((data.equipment.normal_open == 0).sum())
    assert closed == len(data.nodes.mrid) - count
    assert np.array_equal(np.sort(island[data.sources.node]), np.arange(count))


def test_every_meter_reaches_exactly_one_source(houston: Network, islands: Islands) -> None:
    count, island = islands
    data = houston.data
    sources = np.bincount(island[data.sources.node], minlength=count)
    assert (sources[island[data.usage_points.node]] == 1).all()


def test_rows_stand_in_preorder(houston: Network) -> None:
    """Each node comes after its parent, and before any node that its parent's rest feeds."""
    equipment = houston.data.equipment
    closed = equipment.normal_open == 0
    count = len(houston.data.nodes.mrid)
    parent = np.full(count, -1)
    parent[equipment.node_b[closed]] = equipment.node_a[closed]
    assert (np.diff(equipment.node_b[closed]) > 0).all()
    open_path: list[int] = []
    for node, above in enumerate(parent.tolist()):
        while open_path and open_path[-1] != above:
            open_path.pop()
        assert bool(open_path) == (above >= 0), f"node {node} stands apart from its parent"
        open_path.append(node)


def draw_lines(network: Network) -> NDArray[np.object_]:
    """Return the course of every piece of equipment."""
    counts, xy = equipment_courses(network.data, np.arange(len(network.data.equipment.mrid)))
    start = np.r_[0, np.cumsum(counts)]
    return shapely.from_ragged_array(shapely.GeometryType.LINESTRING, xy, (start,))


def test_nothing_crosses_water(houston: Network) -> None:
    water = HOUSTON.water
    shapely.prepare(water)
    assert not shapely.intersects(water, draw_lines(houston)).any()
    assert not shapely.contains_xy(water, *houston.data.usage_points.xy.T).any()


def test_the_reference_territory_reaches_the_water_and_keeps_off_it() -> None:
    network = synthesize("houston", meters=250_000, seed=5)
    data = network.data
    shore = shapely.box(*data.nodes.xy.min(axis=0), *data.nodes.xy.max(axis=0))
    assert shapely.area(shapely.intersection(shore, HOUSTON.water)) > 0
    shapely.prepare(HOUSTON.water)
    primary = data.nodes.nominal_v[data.equipment.node_b] > cim.LOW_VOLTAGE_V
    assert not shapely.intersects(HOUSTON.water, draw_lines(network)[primary]).any()
    assert not shapely.contains_xy(HOUSTON.water, *data.usage_points.xy.T).any()


def test_phases_are_balanced_by_load_in_every_feeder(houston: Network, feeder_of_row: Rows) -> None:
    data = houston.data
    points, equipment = data.usage_points, data.equipment
    own = equipment.phases[points.transformer] & phases.ABC
    feeder = feeder_of_row[points.transformer]
    total = np.zeros((len(data.feeders.mrid), 3))
    for column, bit in enumerate((phases.A, phases.B, phases.C)):
        carried = (own & bit) > 0
        np.add.at(total[:, column], feeder, points.peak_w * carried / phases.PHASE_COUNT[own])
    share = total / total.sum(axis=1, keepdims=True)
    assert np.abs(total.sum(axis=0) / total.sum() - 1 / 3).max() < 0.01
    assert np.median(share.max(axis=1)) < 0.38
    assert share.max() < 0.55


def test_phases_only_narrow_on_the_way_down(houston: Network) -> None:
    """Nothing carries a phase that what feeds it does not."""
    equipment = houston.data.equipment
    closed = np.flatnonzero(equipment.normal_open == 0)
    above = np.full(len(houston.data.nodes.mrid), phases.ABC, np.uint8)
    above[equipment.node_b[closed]] = equipment.phases[closed]
    primary = closed[(equipment.phases[closed] & (phases.S1 | phases.S2)) == 0]
    missing = equipment.phases[primary] & ~above[equipment.node_a[primary]]
    assert not (missing & phases.ABC).any()


def test_meters_hang_on_the_transformer_recorded_for_them(houston: Network) -> None:
    data = houston.data
    equipment, points = data.equipment, data.usage_points
    parent = np.full(len(data.nodes.mrid), -1)
    closed = equipment.normal_open == 0
    parent[equipment.node_b[closed]] = equipment.node_a[closed]
    low_side = equipment.node_b[points.transformer]
    one_up = parent[points.node]
    assert ((one_up == low_side) | (parent[one_up] == low_side)).all()
    assert (equipment.kind[points.transformer] == cim.TRANSFORMER).all()


def test_voltages_change_only_in_transformers(houston: Network) -> None:
    data = houston.data
    equipment, volts = data.equipment, data.nodes.nominal_v
    assert set(np.unique(volts).tolist()) == {240.0, 480.0, 12_470.0, 138_000.0}
    changes = volts[equipment.node_a] != volts[equipment.node_b]
    np.testing.assert_array_equal(changes, equipment.kind == cim.TRANSFORMER)


def test_ties_are_open_and_join_two_feeders(houston: Network, feeder_of_row: Rows) -> None:
    data = houston.data
    equipment = data.equipment
    tie = np.flatnonzero(equipment.normal_open)
    assert (equipment.kind[tie] == cim.KIND_CODE["load_break_switch"]).all()
    assert set(np.unique(equipment.control[tie]).tolist()) == {1, 2}
    feeder_of_node = np.full(len(data.nodes.mrid), -1)
    feeder_of_node[equipment.node_b] = feeder_of_row
    feeder_of_node[equipment.node_b[tie]] = [
        feeder_of_row[np.flatnonzero(equipment.node_b == node)[0]]
        for node in equipment.node_b[tie].tolist()
    ]
    one, two = feeder_of_node[equipment.node_a[tie]], feeder_of_node[equipment.node_b[tie]]
    assert (one != two).all()
    tied = np.bincount(np.r_[one, two], minlength=len(data.feeders.mrid))
    assert (tied > 0).mean() > 0.95


def test_lines_have_the_lengths_of_their_courses(houston: Network) -> None:
    equipment = houston.data.equipment
    line = np.isin(equipment.kind, cim.LINES)
    points, owner = shapely.get_coordinates(draw_lines(houston)[line], return_index=True)
    step = np.diff(points, axis=0) * degree_m((points[1:, 1] + points[:-1, 1]) / 2)
    within = owner[1:] == owner[:-1]
    length = np.bincount(owner[1:][within], np.hypot(*step[within].T), line.sum())
    np.testing.assert_allclose(equipment.length_m[line], length, rtol=2e-4, atol=1e-3)
    assert np.isnan(equipment.length_m[~line]).all()
    assert (equipment.length_m[line] > 0).all()


def test_service_is_short_and_transformers_are_small(houston: Network) -> None:
    data = houston.data
    equipment, points = data.equipment, data.usage_points
    drops = equipment.length_m[equipment.kind == cim.KIND_CODE["service_drop"]]
    assert np.median(drops) < 40
    assert np.percentile(drops, 99) < 110
    served = np.bincount(points.transformer)
    assert 5 < served[served > 0].mean() < 9


def test_every_class_and_priority_has_its_customers(houston: Network) -> None:
    points = houston.data.usage_points
    classes, count = np.unique(points.service_class, return_counts=True)
    assert classes.tolist() == [b"commercial", b"industrial", b"residential"]
    assert count[2] > 0.85 * len(points.mrid)
    assert {b"hospital", b"fire_station", b"life_support"} <= set(points.priority.tolist())
    assert (points.customers >= 1).all()
    assert 1.0 < points.customers.mean() < 1.2
    assert (points.peak_w > 0).all()
