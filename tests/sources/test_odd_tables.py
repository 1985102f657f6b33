"""One odd element does not refuse a network: it is mended and told, and strictly it is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pyogrio
import pytest
import shapely

from command_line import run_cli
from gridtwin.errors import NetworkError, SourceError
from gridtwin.model import phases
from gridtwin.model.network import Network
from gridtwin.sources import read
from small_tables import PLACES, csv_folder, geopackage, tables, with_column

if TYPE_CHECKING:
    from pathlib import Path

CURVE = bytes.fromhex("0108000000030000") + b"\x00" + np.array(
    [-95.369, 29.76, -95.3685, 29.7605, -95.368, 29.76]
).tobytes()  # fmt: skip


def rules(network: Network) -> list[str]:
    return [notice.rule for notice in network.notices]


def with_geometry(table: str, row: int, wkt: str | None) -> dict[str, Any]:
    frames = tables()
    geometry = frames[table].geometry.copy()
    geometry.iloc[row] = None if wkt is None else shapely.from_wkt(wkt)
    frames[table] = frames[table].set_geometry(geometry)
    return frames


TOUCHING = "MULTILINESTRING ((-95.3685 29.76, -95.368 29.76), (-95.369 29.76, -95.3685 29.76))"
APART = "MULTILINESTRING ((-95.369 29.76, -95.3687 29.76), (-95.3683 29.76, -95.368 29.76))"


def test_touching_parts_are_one_line_in_the_direction_of_the_first(tmp_path: Path) -> None:
    path = geopackage(with_geometry("equipment", 1, TOUCHING), tmp_path / "a.gpkg")
    network = read(path)
    equipment = network.data.equipment
    line = equipment.line_xy[equipment.line_start[1] : equipment.line_start[2]]
    assert line.tolist() == [[-95.369, 29.76], [-95.3685, 29.76], [-95.368, 29.76]]
    assert rules(network) == ["mended_geometry"]
    assert "equipment row 1 (12): its touching parts" in network.notices[0].evidence
    with pytest.raises(SourceError, match="1 thing a strict reading refuses: mended_geometry"):
        read(path, strict=True)


def test_parts_that_do_not_touch_are_refused(tmp_path: Path) -> None:
    path = geopackage(with_geometry("equipment", 1, APART), tmp_path / "a.gpkg")
    with pytest.raises(NetworkError, match=r"row 1 \(12\): .* whose 2 parts make no one line"):
        read(path)


@pytest.mark.parametrize(
    ("wkt", "point"),
    [
        ("POLYGON ((0 0, 2 0, 2 2, 0 2, 0 0))", (1.0, 1.0)),
        ("MULTIPOLYGON (((0 0, 2 0, 2 2, 0 2, 0 0)))", (1.0, 1.0)),
        ("POLYGON ((0 0, 6 0, 6 6, 5 6, 5 1, 1 1, 1 6, 0 6, 0 0))", None),
    ],
)
def test_an_area_is_one_point_inside_it(wkt: str, point: tuple[float, float] | None) -> None:
    network = Network.from_frames(**with_geometry("substations", 0, wkt))
    place = shapely.Point(network.data.substations.xy[0])
    assert shapely.from_wkt(wkt).intersects(place)
    assert point is None or (place.x, place.y) == point
    assert rules(network) == ["mended_geometry"]


def test_a_node_that_nothing_joins_is_left_out() -> None:
    frames = tables()
    lone = frames["nodes"].iloc[[0]].assign(mrid="0")
    frames["nodes"] = gpd.pd.concat([lone, frames["nodes"]], ignore_index=True)
    network = Network.from_frames(**frames)
    assert network.data.nodes.mrid.tolist() == [b"1", b"2", b"3", b"4"]
    assert network.data.equipment.node_a.tolist() == [0, 1, 2]
    assert network.data.usage_points.node.tolist() == [3, 2]
    assert rules(network) == ["unused_node"]


def test_a_node_without_a_place_stands_where_its_line_ends(tmp_path: Path) -> None:
    frames = with_geometry("nodes", 1, None)
    network = read(geopackage(frames, tmp_path / "a.gpkg"))
    assert network.data.nodes.xy[1].tolist() == list(PLACES[1])
    assert rules(network) == ["placed_node"]
    backwards = shapely.LineString([PLACES[1], PLACES[0]]).wkt
    frames["equipment"] = with_geometry("equipment", 0, backwards)["equipment"]
    assert Network.from_frames(**frames).data.nodes.xy[1].tolist() == list(PLACES[1])


def test_a_node_that_no_line_places_is_refused() -> None:
    with pytest.raises(NetworkError, match=r"nodes row 3 \(4\): geometry is empty"):
        Network.from_frames(**with_geometry("nodes", 3, None))
    frames = with_geometry("nodes", 0, None)
    frames["equipment"] = frames["equipment"].iloc[1:].assign(geometry=None)
    with pytest.raises(NetworkError, match=r"nodes row 0 \(1\): geometry is empty"):
        Network.from_frames(**frames | {"feeders": None})  # only a source joins it
    frames = with_geometry("nodes", 1, None)
    elsewhere = shapely.LineString([(-95.3, 29.7), PLACES[2]]).wkt
    frames["equipment"] = with_geometry("equipment", 1, elsewhere)["equipment"]
    with pytest.raises(NetworkError, match=r"nodes row 1 \(2\): geometry is empty"):
        Network.from_frames(**frames)


def test_curves_are_taken_as_short_straight_lines(tmp_path: Path) -> None:
    frames = tables()
    path = tmp_path / "a.gpkg"
    equipment = frames.pop("equipment")
    geopackage(frames, path)
    geometry = np.array([shapely.to_wkb(equipment.geometry[0]), CURVE, None], dtype=object)
    columns = [column for column in equipment.columns if column != "geometry"]
    pyogrio.raw.write(
        path,
        geometry,
        [equipment[column].to_numpy() for column in columns],
        columns,
        layer="equipment",
        driver="GPKG",
        geometry_type="Unknown",
        crs="EPSG:4326",
        append=True,
    )
    network = read(path)
    assert rules(network) == ["straightened_curves"]
    data = network.data.equipment
    line = data.line_xy[data.line_start[1] : data.line_start[2]]
    assert len(line) > 10
    assert line[0].tolist() == [-95.369, 29.76]
    assert line[:, 1].max() == pytest.approx(29.7605, abs=1e-6)


def test_lines_in_texts_are_read_behind_rows_that_have_none() -> None:
    frames = tables()
    equipment = frames["equipment"]
    texts = [None, "LINESTRING (-95.369 29.76, -95.3685 29.761, -95.368 29.76)", ""]
    equipment = gpd.pd.DataFrame(equipment.drop(columns="geometry")).assign(geometry=texts)
    network = Network.from_frames(**frames | {"equipment": equipment})
    assert np.diff(network.data.equipment.line_start).tolist() == [0, 3, 0]


@pytest.mark.parametrize("nothing", [None, float("nan"), gpd.pd.NA, gpd.pd.NaT, ""])
def test_nothing_is_no_number_and_no_fault(nothing: object) -> None:
    frames = with_column("nominal_v", [nothing, 12_470, 12_470, 240], table="nodes")
    assert np.isnan(Network.from_frames(**frames).data.nodes.nominal_v[0])


def test_a_column_that_is_there_twice_is_refused() -> None:
    frames = tables()
    nodes = frames["nodes"]
    frames["nodes"] = gpd.pd.concat([nodes[["mrid"]], nodes], axis=1)
    with pytest.raises(NetworkError, match="column 'mrid' is there twice: keep one"):
        Network.from_frames(**frames)


def test_a_curve_in_a_text_is_refused(tmp_path: Path) -> None:
    frames = tables()
    equipment = frames["equipment"]
    curve = "CIRCULARSTRING (-95.369 29.76, -95.3685 29.7605, -95.368 29.76)"
    wkt = ["", curve, ""]
    frames["equipment"] = gpd.pd.DataFrame(equipment.drop(columns="geometry"))
    with pytest.raises(NetworkError, match=r"row 1 .*'CIRCULARSTRING .* is no straight geometry"):
        Network.from_frames(**frames | {"equipment": frames["equipment"].assign(geometry=wkt)})
    csv_folder(frames, tmp_path)
    frames["equipment"].assign(geometry=wkt).to_csv(tmp_path / "equipment.csv", index=False)
    with pytest.raises(SourceError, match=r"equipment\.csv: row 1: geometry 'CIRCULARSTRING"):
        read(tmp_path)


def test_a_shapefile_that_states_no_encoding(tmp_path: Path) -> None:
    frames = tables()
    frames["equipment"]["name"] = ["Peñón", "", ""]
    csv_folder(frames, tmp_path)
    for name in ("nodes", "equipment"):
        frame = frames[name].rename(columns=lambda column: column[:10])
        frame.to_file(tmp_path / f"{name}.shp", encoding="latin1")
        (tmp_path / f"{name}.cpg").unlink()
    network = read(tmp_path, format="shp")
    assert network.data.equipment.name[0].decode() == "Peñón"
    assert rules(network) == ["guessed_encoding"]


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("A-B-C-N", "ABCN"),
        ("PhaseCode.ABCN", "ABCN"),
        ("http://iec.ch/TC57/2013/CIM-schema-cim16#PhaseCode.AB", "AB"),
        ("PhaseCode.none", ""),
        ("CBA", "ABC"),
    ],
)
def test_phases_of_one_meaning_are_read(written: str, expected: str) -> None:
    assert phases.format_phases(phases.parse_phases(written)) == expected


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        (["RYB", "YB", "R"], {"R": "A", "Y": "B", "B": "C"}),
        (["L1L2L3", "L2,L3", "L1"], {"L1": "A", "L2": "B", "L3": "C"}),
        ([7, 3, 4], {"7": "ABC", "3": "BC", "4": "A"}),
    ],
)
def test_other_phases_are_refused_until_their_meaning_is_said(
    written: list[object], meant: dict[str, str], tmp_path: Path
) -> None:
    path = geopackage(with_column("phases", written), tmp_path / "a.gpkg")
    with pytest.raises(SourceError, match=r"equipment: phases holds .* with --word phases:"):
        read(path)
    found = read(path, words={"phases": meant}).data.equipment.phases.tolist()
    assert [phases.format_phases(mask) for mask in found] == ["ABC", "BC", "A"]


@pytest.mark.parametrize("kind", ["ACLineSegment", "AC line segment", "ac-line-segment"])
def test_a_kind_may_be_spelt_as_one_likes(kind: str) -> None:
    Network.from_frames(**with_column("kind", ["Breaker", kind, "PowerTransformer"]))


def load(*words: str) -> tuple[int, str]:
    """Run ``gridtwin load``; return its exit code and its words."""
    done = run_cli("load", *words)
    return done.returncode, done.stderr


def test_the_command_line_says_what_is_meant(tmp_path: Path) -> None:
    frames = with_column("kind", ["Circuit Breaker", "Line", "power_transformer"])
    frames["equipment"] = frames["equipment"].rename(columns={"normal_open": "P_N_OPE"})
    frames["equipment"]["P_N_OPE"] = ["F", "A", "F"]
    frames["equipment"]["notes"] = "x"
    frames["nodes"]["Nominal V"] = frames["nodes"].pop("nominal_v")
    place = [str(geopackage(frames, tmp_path / "a.gpkg")), "--into", str(tmp_path / "a.twin")]
    said = [
        "--column", "P_N_OPE=normal_open", "--word", "normal_open:A=open,F=closed",
        "--word", "kind:Circuit Breaker=breaker,Line=ac_line_segment",
    ]  # fmt: skip
    code, told = load(*place)
    assert code == 2
    assert "--column P_N_OPE=normal_open" in told
    assert not (tmp_path / "a.twin").exists()
    code, told = load(*place, *said)
    assert code == 0
    assert "nodes: column Nominal V is not read: did you mean nominal_v?" in told
    assert "kept: equipment: notes (text)" in told
    more = ["--column", "notes=", "--column", "Nominal V=nominal_v", "--strict", "--overwrite"]
    assert load(*place, *said, *more) == (0, "")


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"columns": {"P_N": "normal_open"}}, "no table has a column P_N"),
        ({"columns": {"kind": "sort"}}, "the model has no column sort"),
        ({"words": {"sort": {}}}, "the model has no column sort"),
        ({"words": {"normal_open": {"A": "ajar"}}}, "normal_open:A=ajar: .* open, closed, or"),
        ({"words": {"phases": {"R": "red"}}}, "phases:R=red: 'red' is no phase code"),
    ],
)
def test_a_meaning_that_is_none_is_refused(
    options: dict[str, Any], reason: str, tmp_path: Path
) -> None:
    with pytest.raises(SourceError, match=reason):
        read(geopackage(tables(), tmp_path / "a.gpkg"), **options)


def test_only_tables_have_columns(tmp_path: Path) -> None:
    (tmp_path / "a.dss").write_text("clear\n")
    with pytest.raises(SourceError, match="only tables have columns and words"):
        read(tmp_path / "a.dss", words={"phases": {"R": "A"}})


@pytest.mark.parametrize(("name", "mend"), [("NodeA", "NodeA"), ("FROM_NODE", "FROM_NODE")])
def test_a_missing_column_names_the_one_it_may_be(name: str, mend: str) -> None:
    frames = tables()
    frames["equipment"] = frames["equipment"].rename(columns={"node_a": name})
    with pytest.raises(NetworkError, match=f"'node_a' is missing: add it, or rename {mend}"):
        Network.from_frames(**frames)
