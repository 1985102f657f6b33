"""Whatever is wrong with a source, one error names the file, the row and the mend."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import geopandas as gpd
import pyogrio
import pytest
import shapely

from gridtwin.errors import CrsError, NetworkError, SourceError
from gridtwin.sources import read

if TYPE_CHECKING:
    from pathlib import Path

NODES = "mrid,lon,lat\nA,-95.1,29.1\nB,-95.2,29.2\n"
EQUIPMENT = "mrid,kind,node_a,node_b\nL1,ac_line_segment,A,B\n"


def csv_folder(place: Path, nodes: str = NODES, equipment: str = EQUIPMENT) -> Path:
    (place / "nodes.csv").write_text(nodes)
    (place / "equipment.csv").write_text(equipment)
    return place


def layers(*, crs: str | None = "EPSG:4326", count: int = 2) -> dict[str, gpd.GeoDataFrame]:
    points = [shapely.Point(-95 - i / 1000, 29) for i in range(count)]
    names = [f"N{i}" for i in range(count)]
    return {
        "nodes": gpd.GeoDataFrame({"mrid": names}, geometry=points, crs=crs),
        "equipment": gpd.GeoDataFrame(
            {
                "mrid": [f"L{i}" for i in range(count - 1)],
                "kind": "ac_line_segment",
                "node_a": names[:-1],
                "node_b": names[1:],
            },
            geometry=[shapely.LineString([a, b]) for a, b in pairwise(points)],
            crs=crs,
        ),
    }


def geopackage(path: Path, frames: dict[str, gpd.GeoDataFrame]) -> Path:
    for name, frame in frames.items():
        pyogrio.write_dataframe(frame, path, layer=name, append=path.exists())
    return path


def test_a_sound_folder_is_read(tmp_path: Path) -> None:
    assert len(read(csv_folder(tmp_path)).data.nodes.mrid) == 2


def test_missing_path(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"none\.gpkg: there is no such file"):
        read(tmp_path / "none.gpkg")


def test_unknown_format(tmp_path: Path) -> None:
    (tmp_path / "grid.dwg").write_text("x")
    with pytest.raises(SourceError, match=r"does not know the format \.dwg; it reads a GeoPackage"):
        read(tmp_path / "grid.dwg")
    with pytest.raises(SourceError, match="'dwg' is no format gridtwin reads: use one of gpkg"):
        read(tmp_path / "grid.dwg", format="dwg")


def test_one_table_instead_of_its_folder(tmp_path: Path) -> None:
    csv_folder(tmp_path)
    with pytest.raises(SourceError, match="give the folder that holds all of them"):
        read(tmp_path / "nodes.csv")


def test_empty_folder(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"the folder holds no \.shp"):
        read(tmp_path)


@pytest.mark.parametrize("name", ["grid.gpkg", "grid.json"])
def test_empty_file(name: str, tmp_path: Path) -> None:
    (tmp_path / name).touch()
    with pytest.raises(SourceError, match=rf"{name}: the file is empty"):
        read(tmp_path / name)


def test_empty_table(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"nodes\.csv: the file is empty"):
        read(csv_folder(tmp_path, nodes=""))


def test_missing_layer(tmp_path: Path) -> None:
    path = geopackage(tmp_path / "half.gpkg", {"nodes": layers()["nodes"]})
    with pytest.raises(
        SourceError, match=r"half\.gpkg: no layer is called equipment \(found nodes"
    ):
        read(path)


@pytest.mark.parametrize("share", [0.02, 0.3, 0.7, 0.99])
def test_truncated_geopackage(share: float, tmp_path: Path) -> None:
    path = geopackage(tmp_path / "cut.gpkg", layers(count=2_000))
    whole = path.read_bytes()
    path.write_bytes(whole[: int(len(whole) * share)])
    with pytest.raises(SourceError, match=r"cut\.gpkg: the file is cut off"):
        read(path)


def test_overwritten_geopackage(tmp_path: Path) -> None:
    path = geopackage(tmp_path / "torn.gpkg", layers(count=2_000))
    whole = bytearray(path.read_bytes())
    whole[4096 : len(whole) - 4096] = bytes(len(whole) - 8192)
    path.write_bytes(whole)
    with pytest.raises(SourceError, match=r"torn\.gpkg"):
        read(path)


def test_text_named_as_a_geopackage(tmp_path: Path) -> None:
    (tmp_path / "a.gpkg").write_text("hello")
    with pytest.raises(SourceError, match="this is no GeoPackage"):
        read(tmp_path / "a.gpkg")


def test_truncated_parquet(tmp_path: Path) -> None:
    for name, frame in layers().items():
        frame.to_parquet(tmp_path / f"{name}.parquet")
    path = tmp_path / "equipment.parquet"
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(SourceError, match=r"equipment\.parquet: the file cannot be read"):
        read(tmp_path)


def test_truncated_shapefile(tmp_path: Path) -> None:
    for name, frame in layers(count=500).items():
        frame.to_file(tmp_path / f"{name}.shp")
    path = tmp_path / "equipment.shp"
    path.write_bytes(path.read_bytes()[:5_000])
    with pytest.raises(SourceError, match=r"equipment\.shp"):
        read(tmp_path)


@pytest.mark.filterwarnings("ignore:'crs' was not provided")
def test_layer_without_a_coordinate_system(tmp_path: Path) -> None:
    path = geopackage(tmp_path / "where.gpkg", layers(crs=None))
    with pytest.raises(CrsError, match=r"where\.gpkg: layer nodes does not state .*give --crs"):
        read(path)
    assert read(path, crs="EPSG:4326").crs == "EPSG:4326"


def test_csv_in_feet_without_a_coordinate_system(tmp_path: Path) -> None:
    folder = csv_folder(tmp_path, nodes="mrid,x,y\nA,1,2\nB,3,4\n")
    with pytest.raises(CrsError, match=r"nodes\.csv: layer nodes does not state"):
        read(folder)


def test_wrong_name_of_a_coordinate_system(tmp_path: Path) -> None:
    with pytest.raises(CrsError, match="'EPSG:99999' is no coordinate system"):
        read(csv_folder(tmp_path), crs="EPSG:99999")


def test_lines_where_nodes_should_be(tmp_path: Path) -> None:
    frames = layers()
    frames["nodes"]["geometry"] = [frames["equipment"].geometry[0]] * 2
    path = geopackage(tmp_path / "wrong.gpkg", frames)
    with pytest.raises(
        NetworkError,
        match=r"wrong\.gpkg.*nodes row 0 \(N0\): geometry is a LineString, not a Point",
    ):
        read(path)


@pytest.mark.parametrize(
    ("nodes", "equipment", "fault"),
    [
        (NODES + "A,-95.3,29.3\n", EQUIPMENT, r"nodes row 2 \(A\): mrid is used twice"),
        (NODES, EQUIPMENT + "L2,fuse,B,Z\n", r"equipment row 1 \(L2\): node_b names no node: 'Z'"),
        (NODES + "C,nan,29\n", EQUIPMENT, r"nodes row 2 \(C\): geometry"),
        (NODES + "C,inf,29\n", EQUIPMENT, r"nodes row 2 \(C\): geometry"),
        (NODES, EQUIPMENT + "L2,rope,A,B\n", r"equipment row 1 \(L2\): kind 'rope' is unknown"),
    ],
)
def test_broken_rules_name_the_row(nodes: str, equipment: str, fault: str, tmp_path: Path) -> None:
    with pytest.raises(NetworkError, match=fault) as caught:
        read(csv_folder(tmp_path, nodes, equipment))
    assert str(tmp_path) in str(caught.value)


def test_text_where_a_coordinate_should_be(tmp_path: Path) -> None:
    folder = csv_folder(tmp_path, nodes=NODES + "C,west,29\n")
    with pytest.raises(SourceError, match=r"nodes\.csv: row 2: lon 'west' is no number"):
        read(folder)


def test_text_where_a_line_should_be(tmp_path: Path) -> None:
    equipment = "mrid,kind,node_a,node_b,geometry\nL1,fuse,A,B,LINE(1 2)\n"
    folder = csv_folder(tmp_path, equipment=equipment)
    with pytest.raises(SourceError, match=r"equipment\.csv: row 0: geometry .* is no WKT"):
        read(folder)


def test_row_with_too_many_cells(tmp_path: Path) -> None:
    folder = csv_folder(tmp_path, nodes=NODES + "C,1,2,3,4\n")
    with pytest.raises(SourceError, match=r"nodes\.csv: the file cannot be read .*line 4"):
        read(folder)
