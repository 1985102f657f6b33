"""A network written to files in any format is the same network when it is read back."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pytest
import shapely

from gridtwin.errors import InputError
from gridtwin.model.network import Network
from gridtwin.publish.gpkg import write_gpkg
from gridtwin.results.geo import make_geo_frame
from gridtwin.sources import read

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

FRAMES = ("nodes", "equipment", "usage_points", "sources", "substations", "feeders")


@pytest.fixture
def network() -> Network:
    return Network.from_frames(
        nodes={
            "mrid": ["N1", "N2", "N3", "N4"],
            "nominal_v": [12_470.0, 12_470.0, 12_470.0, 240.0],
            "geometry": [
                f"POINT ({-95.37 + i / 1000} {29.7601234567 + i / 900})" for i in range(4)
            ],
        },
        equipment={
            "mrid": ["BKR-1", "LINE-1", "XFMR-1"],
            "kind": ["breaker", "ac_line_segment", "power_transformer"],
            "node_a": ["N1", "N2", "N3"],
            "node_b": ["N2", "N3", "N4"],
            "phases": ["ABC", "ABC", "As1s2"],
            "normal_open": ["B", "", ""],
            "name": ["Head, north", "Südstraße", ""],
            "rated_a": [1200.0, None, None],
            "rated_va": [None, None, 25_000.0],
            "length_m": [None, 123.5, None],
            "placement": ["", "underground", ""],
            "control": ["remote", "none", "none"],
            "in_service": [True, False, True],
            "vector_group": ["", "", "Ii0"],
            "geometry": [
                None,
                "LINESTRING (-95.369 29.7612345678, -95.3685 29.762, -95.368 29.7623456789)",
                None,
            ],
        },
        usage_points={
            "mrid": ["M1", "M2"],
            "node": ["N4", "N4"],
            "phases": ["s1s2", ""],
            "customers": [1, 12],
            "peak_w": [4_000.0, None],
            "service_class": ["residential", "commercial"],
            "priority": ["", "hospital"],
            "transformer": ["XFMR-1", ""],
        },
        sources={"mrid": ["SRC-1"], "node": ["N1"], "substation": ["SUB-1"]},
        substations={
            "mrid": ["SUB-1", "SUB-2"],
            "name": ["North", "Nowhere"],
            "geometry": ["POINT (-95.37 29.76)", None],
        },
        feeders={"mrid": ["F1"], "name": ["North 1"], "head": ["BKR-1"]},
    )


def seen(network: Network) -> dict[str, pd.DataFrame]:
    drawn = network.seen_as(make_geo_frame)
    return {name: getattr(drawn, name) for name in FRAMES}


def assert_same(left: Network, right: Network, tolerance: float = 1e-8) -> None:
    assert left.crs == right.crs
    for name, frame in seen(left).items():
        other = seen(right)[name]
        plain = [column for column in frame.columns if column != "geometry"]
        pd.testing.assert_frame_equal(
            pd.DataFrame(frame[plain]), pd.DataFrame(other[plain]), rtol=1e-6
        )
        if "geometry" in frame:
            mine, theirs = np.asarray(frame.geometry), np.asarray(other.geometry)
            assert ((mine == None) == (theirs == None)).all()  # noqa: E711
            drawn = mine != None  # noqa: E711
            assert shapely.equals_exact(mine[drawn], theirs[drawn], tolerance).all()


def as_geopackage(network: Network, place: Path) -> Path:
    write_gpkg(network, place / "district.gpkg")
    return place / "district.gpkg"


def as_geodatabase(network: Network, place: Path) -> Path:
    path = place / "district.gdb"
    for name, frame in seen(network).items():
        pyogrio.write_dataframe(frame, path, layer=name, driver="OpenFileGDB", append=path.exists())
    return path


def as_shapefiles(network: Network, place: Path) -> Path:
    for name, frame in seen(network).items():
        if "geometry" in frame:
            short = frame.rename(columns=lambda column: column[:10])
            short.to_file(place / f"{name}.shp", encoding="utf-8")
        else:
            frame.to_csv(place / f"{name}.csv", index=False)
    return place


def as_parquet(network: Network, place: Path) -> Path:
    for name, frame in seen(network).items():
        frame.to_parquet(place / f"{name}.parquet")
    return place


def as_csv(network: Network, place: Path) -> Path:
    for name, frame in seen(network).items():
        table = pd.DataFrame(frame.drop(columns="geometry", errors="ignore"))
        if name == "equipment":
            table["geometry"] = shapely.to_wkt(frame.geometry, rounding_precision=-1)
        elif "geometry" in frame:
            table["lon"], table["lat"] = frame.geometry.x, frame.geometry.y
        table.to_csv(place / f"{name}.csv", index=False)
    return place


@pytest.mark.parametrize(
    "write", [as_geopackage, as_geodatabase, as_shapefiles, as_parquet, as_csv]
)
def test_a_network_survives_its_files(
    write: Callable[[Network, Path], Path], network: Network, tmp_path: Path
) -> None:
    assert_same(read(write(network, tmp_path)), network)


def test_a_geopackage_keeps_every_digit(network: Network, tmp_path: Path) -> None:
    assert_same(read(as_geopackage(network, tmp_path)), network, tolerance=0.0)


def test_layers_in_feet_arrive_in_degrees(network: Network, tmp_path: Path) -> None:
    path = tmp_path / "feet.gpkg"
    for name, frame in seen(network).items():
        moved = frame.to_crs("EPSG:2278") if "geometry" in frame else frame
        pyogrio.write_dataframe(moved, path, layer=name, append=path.exists())
    assert_same(read(path), network)


def test_layers_of_two_coordinate_systems_meet(network: Network, tmp_path: Path) -> None:
    as_parquet(network, tmp_path)
    moved = seen(network)["usage_points"].to_crs("EPSG:3857")
    moved.to_parquet(tmp_path / "usage_points.parquet")
    assert_same(read(tmp_path), network)


def test_names_in_capitals_are_the_same_names(network: Network, tmp_path: Path) -> None:
    path = tmp_path / "LOUD.gpkg"
    for name, frame in seen(network).items():
        loud = frame.rename(columns=lambda c: c if c == "geometry" else c.upper())
        pyogrio.write_dataframe(loud, path, layer=name.upper(), append=path.exists())
    assert_same(read(path), network)


def test_planar_coordinates_stay_as_they_are(tmp_path: Path) -> None:
    (tmp_path / "nodes.csv").write_text("mrid,x,y\nA,5000,1\nB,6000,2\n")
    (tmp_path / "equipment.csv").write_text("mrid,kind,node_a,node_b\nL,ac_line_segment,A,B\n")
    network = read(tmp_path, crs="none")
    assert network.crs is None
    assert network.data.nodes.xy.tolist() == [[5000, 1], [6000, 2]]


def test_results_stand_beside_the_layers(network: Network, tmp_path: Path) -> None:
    path = tmp_path / "district.gpkg"
    result = gpd.GeoDataFrame({"who": ["M1"]}, geometry=[shapely.Point(0, 1)], crs="EPSG:4326")
    write_gpkg(network, path, extra={"out_of_supply": result})
    assert set(pyogrio.list_layers(path)[:, 0]) == {*FRAMES, "out_of_supply"}
    assert pyogrio.read_dataframe(path, layer="out_of_supply")["who"].tolist() == ["M1"]
    assert_same(read(path), network)


def test_a_planar_network_is_written_and_read_as_planar(tmp_path: Path) -> None:
    planar = Network.from_frames(
        nodes={"mrid": ["A", "B"], "geometry": ["POINT (5000 1)", "POINT (6000 2)"]},
        equipment={"mrid": ["S"], "kind": ["fuse"], "node_a": ["A"], "node_b": ["B"]},
        crs="none",
    )
    write_gpkg(planar, tmp_path / "planar.gpkg")
    assert_same(read(tmp_path / "planar.gpkg", crs="none"), planar)


def test_a_geopackage_is_replaced_and_nothing_else_is(network: Network, tmp_path: Path) -> None:
    path = as_geopackage(network, tmp_path)
    write_gpkg(network, path)
    assert [entry.name for entry in tmp_path.iterdir()] == ["district.gpkg"]
    path.write_text("the minutes of the meeting")
    with pytest.raises(InputError, match="is no GeoPackage: choose another name"):
        write_gpkg(network, path)
    assert path.read_text() == "the minutes of the meeting"


def test_a_result_may_not_bear_the_name_of_a_layer(network: Network, tmp_path: Path) -> None:
    nodes = seen(network)["nodes"]
    with pytest.raises(InputError, match="nodes is a layer of the network"):
        write_gpkg(network, tmp_path / "a.gpkg", extra={"Nodes": nodes})
    assert not list(tmp_path.iterdir())
