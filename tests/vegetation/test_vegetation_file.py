"""Areas are read from any vector file; what is wrong is told with row, reason and mend."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import geopandas
import numpy as np
import pyproj
import pytest
import shapely

from gridtwin.errors import CrsError, InputError, SourceError
from gridtwin.model.vegetation import RISK_CLASSES
from gridtwin.sources.vegetation_file import VegetationReading, read_vegetation

SQUARE = shapely.box(-95.01, 29.0, -95.0, 29.01)
HOLED = SQUARE - shapely.box(-95.006, 29.004, -95.004, 29.006)
TWO = shapely.union_all([SQUARE, shapely.box(-94.9, 29.0, -94.89, 29.01)])
BOW_TIE = shapely.Polygon([(0, 0), (1, 1), (1, 0), (0, 1)])


def frame_of(*shapes: Any, crs: str | None = "EPSG:4326", **columns: Any) -> Any:
    return geopandas.GeoDataFrame(columns, geometry=list(shapes), crs=crs)


def read(source: Any, **options: Any) -> Any:
    return read_vegetation(source, VegetationReading(**options))[0]


@pytest.mark.parametrize("suffix", [".gpkg", ".geojson", ".parquet", ".fgb"])
def test_any_vector_file_is_read(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"areas{suffix}"
    frame = frame_of(
        *(SQUARE, HOLED, TWO),
        key=["A", "B", "C"],
        risk=["low", "High", "EXTREME"],
        species=["oak", "", None],
    )
    if suffix == ".parquet":
        frame.to_parquet(path)
    else:
        frame.to_file(path)
    areas = read(path)
    at = [areas.key.tolist().index(key) for key in "ABC"]  # FlatGeobuf has an order of its own
    assert [RISK_CLASSES[each] for each in areas.risk[at]] == ["low", "high", "extreme"]
    assert areas.species[at].tolist() == ["oak", "", ""]
    assert shapely.equals(areas.geometry[at], np.array([SQUARE, HOLED, TWO])).all()
    assert np.isnan(areas.failures_per_km_year).all()


def test_csv_with_wkt_is_read(tmp_path: Path) -> None:
    path = tmp_path / "areas.csv"
    path.write_text(f'id,likelihood,geometry\nT1,0.5,"{SQUARE.wkt}"\n')
    areas = read(path, crs="EPSG:4326")
    assert (areas.key.tolist(), areas.failures_per_km_year.tolist()) == (["T1"], [0.5])
    with pytest.raises(CrsError, match="--crs"):
        read(path)


def test_another_coordinate_system_is_brought_to_that_of_the_network() -> None:
    for crs in ("EPSG:2278", "EPSG:3857", "EPSG:32615"):
        areas = read(frame_of(SQUARE).to_crs(crs))
        assert shapely.hausdorff_distance(areas.geometry[0], SQUARE) < 1e-9


def test_a_layer_of_no_coordinate_system_is_refused() -> None:
    with pytest.raises(CrsError, match=r"states no coordinate system.*--crs"):
        read(frame_of(SQUARE, crs=None))
    assert len(read(frame_of(SQUARE, crs=None), crs="EPSG:4326")) == 1


def test_what_crosses_180_degrees_is_cut_there() -> None:
    areas = read(frame_of(shapely.box(179.9, -17.0, 180.1, -16.9)))
    west, east = sorted(each.bounds for each in shapely.get_parts(areas.geometry[0]))
    assert west == pytest.approx((-180.0, -17.0, -179.9, -16.9))
    assert east == pytest.approx((179.9, -17.0, 180.0, -16.9))
    with pytest.raises(SourceError, match=r"row 0: .*180 degrees"):
        read(frame_of(shapely.Polygon([(179, 0), (-179, 0), (-179, 1), (179, 1)])))


@pytest.mark.parametrize(
    ("shape", "reason"),
    [
        (BOW_TIE, r"not valid \(Self-intersection.*draw it anew, or say --mend"),
        (None, "has no geometry"),
        (shapely.Polygon(), "has no geometry"),
        (shapely.Point(0, 0), "Point: draw a polygon"),
        (shapely.LineString([(0, 0), (1, 1)]), "LineString: draw a polygon"),
        (shapely.Polygon([(0, 0), (1, np.inf), (1, 1)]), "not finite"),
    ],
)
def test_what_is_no_valid_polygon_is_refused_with_its_row(shape: Any, reason: str) -> None:
    frame = frame_of(SQUARE, shape, HOLED, key=["A", "B", "C"])
    with pytest.raises(SourceError, match=rf"nothing was loaded; row 1 \(B\): .*{reason}"):
        read(frame)


def test_polygons_are_mended_when_that_is_asked_for() -> None:
    areas, notices = read_vegetation(frame_of(SQUARE, BOW_TIE), VegetationReading(mend=True))
    assert shapely.is_valid(areas.geometry).all()
    assert areas.geometry[1].area == pytest.approx(0.5)
    assert "1 polygons were not valid" in str(notices[0])
    flat = shapely.Polygon([(0, 0), (1, 1), (2, 2)])
    with pytest.raises(SourceError, match=r"row 0: .*not valid"):
        read(frame_of(flat), mend=True)


def test_every_fault_is_told_up_to_ten() -> None:
    frame = frame_of(*[SQUARE] * 14, risk=["odd"] * 14)
    with pytest.raises(SourceError, match=r"row 9: .*; and 4 more") as told:
        read(frame)
    assert "--word 'odd=high'" in str(told.value)


def test_words_and_columns_of_the_file_are_explained_by_options() -> None:
    frame = frame_of(SQUARE, HOLED, prio=["Cat A", "Cat B"], fall_in=[0.5, None])
    areas = read(
        frame,
        columns={"risk": "prio", "failures_per_km_year": "fall_in"},
        words={"Cat A": "extreme", "Cat B": "low"},
    )
    assert [RISK_CLASSES[each] for each in areas.risk] == ["extreme", "low"]
    assert areas.find_rates().tolist() == [0.5, pytest.approx(0.065 / 4)]


def test_clearance_tells_the_class_where_none_is_given() -> None:
    frame = frame_of(*[SQUARE] * 5, clearance_ft=[1.0, 3.0, 11.0, 12.5, None])
    areas, notices = read_vegetation(frame, VegetationReading(risk="low"))
    assert [RISK_CLASSES[each] for each in areas.risk] == [
        "extreme",
        "high",
        "moderate",
        "low",
        "low",
    ]
    assert areas.clearance_m[:2].tolist() == pytest.approx([0.3048, 0.9144])
    assert "1 areas give neither" in str(notices[0])


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"columns": {"hight": "risk"}}, "no column 'hight' of areas"),
        ({"columns": {"risk": "gone"}}, "has no column 'gone'"),
        ({"words": {"A": "bad"}}, "a risk class is one of"),
        ({"risk": "bad"}, "a risk class is one of"),
    ],
)
def test_options_that_name_nothing_are_refused(options: Any, reason: str) -> None:
    with pytest.raises(InputError, match=reason):
        read(frame_of(SQUARE, risk=["low"]), **options)


def test_numbers_that_are_none_are_refused() -> None:
    with pytest.raises(SourceError, match=r"row 1: tree_height_m '-3' is no number"):
        read(frame_of(SQUARE, HOLED, tree_height_m=["4", "-3"]))


def test_files_that_are_not_there_or_empty_are_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="no such file"):
        read(tmp_path / "gone.gpkg")
    (tmp_path / "empty.gpkg").write_bytes(b"")
    with pytest.raises(SourceError, match="empty"):
        read(tmp_path / "empty.gpkg")
    with pytest.raises(SourceError, match="no rows"):
        read(frame_of(SQUARE, risk=["low"]).iloc[:0])


def test_one_of_several_layers_is_named(tmp_path: Path) -> None:
    path = tmp_path / "two.gpkg"
    frame_of(SQUARE, risk=["low"]).to_file(path, layer="spring")
    frame_of(HOLED, risk=["high"]).to_file(path, layer="fall")
    with pytest.raises(SourceError, match=r"2 layers of areas.*--layer"):
        read(path)
    assert read(path, layer="fall").risk.tolist() == [2]
    with pytest.raises(SourceError, match="no layer 'summer'"):
        read(path, layer="summer")


def test_trees_reach_beyond_their_area_as_far_as_is_said() -> None:
    frame = frame_of(SQUARE, SQUARE, tree_height_m=[20.0, None])
    geod = pyproj.Geod(ellps="WGS84")
    for reach, meters in ((0, (0, 0)), (7.5, (7.5, 7.5)), ("height", (20, 0))):
        for wide, wanted in zip(read(frame, reach=reach).geometry, meters, strict=True):
            west, south, east, north = wide.bounds
            for x, y in ((west, 29.005), (east, 29.005), (-95.005, south), (-95.005, north)):
                near = shapely.shortest_line(shapely.Point(x, y), SQUARE)
                assert geod.geometry_length(near) == pytest.approx(wanted, rel=0.01, abs=1e-6)
    for wrong in ("far", -1, 1_000, float("nan")):
        with pytest.raises(InputError, match="a reach is height, or meters"):
            read(frame, reach=wrong)


def test_planar_areas_reach_in_the_units_of_the_network() -> None:
    frame = frame_of(shapely.box(0, 0, 10, 10), crs=None)
    areas, _ = read_vegetation(frame, VegetationReading(reach=5), geographic=False)
    assert areas.geometry[0].bounds == pytest.approx((-5, -5, 15, 15))
