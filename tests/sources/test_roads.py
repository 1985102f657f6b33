"""A synthetic territory follows the streets of a file."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

import gridtwin
from gridtwin.errors import CrsError, InputError, SourceError
from gridtwin.model import cim
from gridtwin.model.frames import equipment_courses
from gridtwin.model.network import Network
from gridtwin.sources.synthetic.laid_territory import lay_territory
from gridtwin.sources.synthetic.road_file import MAJOR, MINOR, read_roads
from gridtwin.sources.synthetic.town_map import draw_town

UTM = "EPSG:32615"
BLOCK_M = 130.0
SIDE = 16  # streets each way
TABLES = ("nodes", "equipment", "usage_points", "sources", "substations", "feeders")


def draw_streets(side: int = SIDE) -> gpd.GeoDataFrame:
    """Draw a town of bent streets that have a point wherever they cross, and some dead ends."""
    rng = np.random.default_rng(3)
    places = np.stack(np.meshgrid(np.arange(side), np.arange(side)), -1) * BLOCK_M
    places = places + rng.uniform(-25, 25, places.shape) + np.array([270_000.0, 3_290_000.0])
    lines = [*places, *places.transpose(1, 0, 2)]
    words = ["secondary" if number % 5 == 2 else "residential" for number in range(side)] * 2
    stubs = places[1:-1:3, 1:-1:2].reshape(-1, 2)
    ends = stubs + np.array([45.0, 50.0])
    shapes = [shapely.LineString(line) for line in lines]
    shapes += list(shapely.linestrings(np.stack([stubs, ends], axis=1)))
    return gpd.GeoDataFrame(
        {"highway": [*words, *["service"] * len(stubs)]}, geometry=shapes, crs=UTM
    )


def write_streets(folder: Path, frame: gpd.GeoDataFrame) -> Path:
    path = folder / "streets.gpkg"
    frame.to_file(path, layer="streets", driver="GPKG")
    return path


@pytest.fixture(scope="module")
def streets(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_streets(tmp_path_factory.mktemp("roads"), draw_streets())


@pytest.fixture(scope="module")
def made(streets: Path) -> Network:
    return gridtwin.synthesize(meters=2_500, seed=4, roads=streets)


def to_utm(network: Network, shapes: Any) -> Any:
    return gpd.GeoSeries(shapes, crs=network.crs).to_crs(UTM).to_numpy()


def test_it_is_a_network_that_the_model_accepts(made: Network) -> None:
    read = Network.from_frames(**{name: getattr(made, name) for name in TABLES})
    assert len(read.data.usage_points.mrid) == 2_500
    assert len(read.data.feeders.mrid) >= 4
    assert (read.data.usage_points.transformer >= 0).all()


def test_it_is_radial_and_everybody_has_one_source(made: Network) -> None:
    data = made.data
    closed = data.equipment.normal_open == 0
    ends = data.equipment.node_a[closed], data.equipment.node_b[closed]
    graph = coo_array((np.ones(closed.sum()), ends), shape=(len(data.nodes.mrid),) * 2)
    count, island = connected_components(graph, directed=False)
    assert count == len(data.sources.mrid)
    assert closed.sum() == len(data.nodes.mrid) - count
    assert sorted(island[data.sources.node]) == list(range(count))


def test_rows_stand_in_preorder(made: Network) -> None:
    equipment = made.data.equipment
    closed = equipment.normal_open == 0
    parent = np.full(len(made.data.nodes.mrid), -1)
    parent[equipment.node_b[closed]] = equipment.node_a[closed]
    open_path: list[int] = []
    for node, above in enumerate(parent.tolist()):
        while open_path and open_path[-1] != above:
            open_path.pop()
        assert bool(open_path) == (above >= 0), f"node {node} stands apart from its parent"
        open_path.append(node)


def test_every_primary_line_lies_on_a_street(made: Network) -> None:
    data = made.data
    primary = (data.equipment.kind == cim.LINES[0]) & (
        data.nodes.nominal_v[data.equipment.node_b] > cim.LOW_VOLTAGE_V
    )
    rows = np.flatnonzero(primary)
    counts, xy = equipment_courses(data, rows)
    ragged = shapely.from_ragged_array(
        shapely.GeometryType.LINESTRING, xy, (np.r_[0, np.cumsum(counts)],)
    )
    streets = shapely.union_all(draw_streets().geometry.to_numpy()).buffer(2.0)
    shapely.prepare(streets)
    off = shapely.length(shapely.difference(to_utm(made, ragged), streets))
    assert np.percentile(off, 95) < 0.5
    assert off.max() < 60.0  # from the yard of the substation to its street


def test_houses_are_set_back_from_every_street(made: Network) -> None:
    streets = shapely.STRtree(draw_streets().geometry.to_numpy())
    houses = to_utm(made, shapely.points(made.data.usage_points.xy))
    _, distance = streets.query_nearest(houses, return_distance=True, all_matches=False)
    assert np.percentile(distance, 2) > 8.0
    assert distance.max() < 40.0


def test_neighbors_are_tied_and_laterals_fused(made: Network) -> None:
    equipment = made.data.equipment
    assert (equipment.normal_open > 0).sum() >= len(made.data.feeders.mrid) - 1
    assert (equipment.kind == cim.KIND_CODE["fuse"]).sum() > 3 * len(made.data.feeders.mrid)
    assert (equipment.kind == cim.KIND_CODE["breaker"]).sum() == len(made.data.feeders.mrid)


def test_the_same_seed_gives_the_same_network(streets: Path, made: Network) -> None:
    again = gridtwin.synthesize(meters=2_500, seed=4, roads=streets)
    np.testing.assert_array_equal(again.data.nodes.xy, made.data.nodes.xy)
    np.testing.assert_array_equal(again.data.equipment.phases, made.data.equipment.phases)


def test_words_of_openstreetmap_are_understood(tmp_path: Path) -> None:
    frame = draw_streets(3)
    frame.loc[0, "highway"] = "footway"
    frame.loc[1, "highway"] = "primary"
    roads = read_roads(write_streets(tmp_path, frame))
    assert len(roads.kind) == len(frame) - 1
    assert roads.kind[0] == MAJOR
    assert roads.kind[-1] == MINOR


def test_few_meters_take_the_streets_around_the_middle(streets: Path) -> None:
    small = gridtwin.synthesize(meters=300, seed=4, roads=streets).data.nodes.xy
    large = gridtwin.synthesize(meters=2_500, seed=4, roads=streets).data.nodes.xy
    assert (np.ptp(small, axis=0) < 0.8 * np.ptp(large, axis=0)).all()


def test_an_end_beside_a_street_meets_it(tmp_path: Path) -> None:
    """A street that ends a meter short of another one's middle joins it."""
    frame = draw_streets()
    first = shapely.get_coordinates(frame.geometry[0])
    beside = (first[0] + first[1]) / 2 + np.array([0.0, -1.5])
    far = [beside + np.array([0.0, -step]) for step in (0.0, 150.0, 300.0)]
    street = {"highway": ["residential"], "geometry": [shapely.LineString(far)]}
    frame = pd.concat([frame, gpd.GeoDataFrame(street, crs=UTM)], ignore_index=True)
    network = gridtwin.synthesize(meters=2_500, seed=4, roads=write_streets(tmp_path, frame))
    xy = to_utm(network, shapely.points(network.data.nodes.xy))
    assert shapely.distance(xy, shapely.Point(far[1])).min() < 60.0


@pytest.mark.parametrize(
    ("spoil", "error", "words"),
    [
        (lambda frame: frame.set_geometry(frame.centroid), SourceError, "row 1 is a Point"),
        (lambda frame: frame.iloc[:0], SourceError, "none of 0 rows is a street"),
        (lambda frame: frame.assign(highway="footway"), SourceError, "is a street"),
        (lambda frame: frame.assign(highway="motorway"), InputError, "highways only"),
        (lambda frame: frame.set_geometry(frame.translate(9e8)), CrsError, "row 1 lies"),
        (
            lambda frame: frame.set_geometry(
                [shapely.LineString([[x, 0], [x, 90]]) for x in range(0, 200 * len(frame), 200)],
                crs=UTM,
            ),
            InputError,
            "do not hang together",
        ),
    ],
)
def test_what_cannot_be_followed_is_refused(
    tmp_path: Path, spoil: Any, error: type[Exception], words: str
) -> None:
    path = write_streets(tmp_path, spoil(draw_streets(4)))
    with pytest.raises(error, match=words) as refused:
        gridtwin.synthesize(meters=500, roads=path)
    assert "streets.gpkg" in str(refused.value)


def test_a_file_without_coordinate_system_is_refused(tmp_path: Path) -> None:
    frame = draw_streets(4).set_crs(None, allow_override=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # that it is written without one
        path = write_streets(tmp_path, frame)
    with pytest.raises(CrsError, match=r"streets\.gpkg states no coordinate system"):
        gridtwin.synthesize(meters=500, roads=path)


def test_too_many_meters_for_the_streets_are_refused(streets: Path) -> None:
    with pytest.raises(InputError, match="km of streets hold"):
        gridtwin.synthesize(meters=60_000, roads=streets)


def test_several_layers_of_lines_want_a_name(tmp_path: Path) -> None:
    path = write_streets(tmp_path, draw_streets(8))
    draw_streets(3).to_file(path, layer="paths", driver="GPKG")
    with pytest.raises(SourceError, match=r"several layers of lines .* --roads-layer"):
        gridtwin.synthesize(meters=500, roads=path)
    assert gridtwin.synthesize(meters=500, roads=path, roads_layer="streets")


def test_a_file_that_is_none_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="no such file"):
        gridtwin.synthesize(meters=500, roads=tmp_path / "none.gpkg")
    (tmp_path / "text.gpkg").write_text("streets")
    with pytest.raises(SourceError, match="no GeoPackage"):
        gridtwin.synthesize(meters=500, roads=tmp_path / "text.gpkg")


def draw_areas(streets: Path, layer: str, **columns: list[str]) -> gpd.GeoDataFrame:
    """Draw squares of 200 m in the town, one after another, and one of them far off."""
    count = len(next(iter(columns.values()))) if columns else 2
    west, south, *_ = gpd.read_file(streets, layer="streets").total_bounds
    east = west + 400.0 * np.arange(count)
    east[-1] = west + 90_000.0
    shapes = shapely.box(east, south, east + 200.0, south + 200.0)
    frame = gpd.GeoDataFrame(columns, geometry=shapes, crs=UTM)
    frame.to_file(streets, layer=layer, driver="GPKG", mode="a")
    return frame


def test_water_and_parks_of_the_same_file_are_drawn(tmp_path: Path) -> None:
    streets = write_streets(tmp_path, draw_streets(8))
    words = ["water", "", "meadow", "wood", "water"]
    drawn = draw_areas(
        streets, "multipolygons",
        natural=words, landuse=["", "reservoir", "meadow", "residential", ""],
    )  # fmt: skip
    ponds = draw_areas(streets, "Water")
    draw_areas(streets, "buildings", kind=["house", "house"])
    town = draw_town(lay_territory(meters=400, seed=4, roads=streets))
    for shapes, told in (
        (town.water, pd.concat([drawn.iloc[:2], ponds.iloc[:1]])),
        (town.parks, drawn.iloc[2:4]),
    ):
        expected = told.to_crs("EPSG:4326").geometry
        assert len(shapes) == len(told), "what is far off, or neither, is not drawn"
        assert (shapely.hausdorff_distance(shapes, expected.to_numpy()) < 1e-9).all()


def test_areas_without_a_coordinate_system_are_refused(tmp_path: Path) -> None:
    streets = write_streets(tmp_path, draw_streets(8))
    square = gpd.GeoDataFrame({"natural": ["water"]}, geometry=[shapely.box(0, 0, 1, 1)])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        square.to_file(streets, layer="lakes", driver="GPKG", mode="a")
    with pytest.raises(CrsError, match="states no coordinate system"):
        draw_town(lay_territory(meters=400, seed=4, roads=streets))
