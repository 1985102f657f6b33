"""
Columns of whole numbers whose domain says what each stands for, in a GeoPackage and a geodatabase.

``coded.gdb.zip`` is what ``ogr2ogr -f OpenFileGDB coded.gdb coded.gpkg`` makes of the GeoPackage
that is written here.
"""

from __future__ import annotations

import sqlite3
import zipfile
from contextlib import closing
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pyogrio
import pytest
import shapely

import gridtwin
from gridtwin.errors import NetworkError
from gridtwin.sources.layers import read_layer

KINDS = [(1, "fuse"), (4, "ac_line_segment")]  # 0, 2 and 3 stand for nothing
PHASES = [(1, "C"), (7, "ABC")]
MAPPING = """
[ids]
key = "mrid"

[[layer]]
from = "equipment"
to = "equipment"
kind = { column = "kind", 1 = "fuse", 4 = "ac_line_segment" }
name = "domain(kind)"
node_a = "node_a"
node_b = "node_b"

[[layer]]
from = "nodes"
to = "nodes"
ends = "columns"
node = "mrid"

[[layer]]
from = "sources"
to = "sources"
ends = "columns"
node = "node"
"""


def write_coded(path: Path, *, kind: int = 1) -> Path:
    """Write a network of four nodes whose columns of codes have domains."""
    nodes = gpd.GeoDataFrame(
        {"mrid": ["n0", "n1", "n2", "n3"]}, geometry=shapely.points(range(4), [50.0] * 4), crs=4326
    )
    equipment = pd.DataFrame(
        {
            "mrid": ["e1", "e2", "e3"],
            "kind": pd.array([4, kind, 4], dtype="int32"),
            "node_a": ["n0", "n1", "n2"],
            "node_b": ["n1", "n2", "n3"],
            "phases": pd.array([7, 1, None], dtype="Int32"),
        }
    )
    nodes.to_file(path, layer="nodes", engine="pyogrio")
    for name, frame in {
        "equipment": equipment,
        "sources": pd.DataFrame({"mrid": ["s"], "node": ["n0"]}),
        "usage_points": pd.DataFrame({"mrid": ["m"], "node": ["n3"]}),
    }.items():
        pyogrio.write_dataframe(frame, path, layer=name)
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(
            """
            create table gpkg_data_columns (table_name text not null, column_name text not null,
              name text, title text, description text, mime_type text, constraint_name text);
            create table gpkg_data_column_constraints (constraint_name text not null,
              constraint_type text not null, value text, min numeric, min_is_inclusive boolean,
              max numeric, max_is_inclusive boolean, description text);
            insert into gpkg_extensions values
              ('gpkg_data_columns', null, 'gpkg_schema', 'spec', 'read-write'),
              ('gpkg_data_column_constraints', null, 'gpkg_schema', 'spec', 'read-write');
            """
        )
        for column, words in (("kind", KINDS), ("phases", PHASES)):
            connection.execute(
                "insert into gpkg_data_columns (table_name, column_name, constraint_name)"
                " values ('equipment', ?, ?)",
                (column, column),
            )
            connection.executemany(
                "insert into gpkg_data_column_constraints (constraint_name, constraint_type,"
                " value, description) values (?, 'enum', ?, ?)",
                [(column, str(code), word) for code, word in words],
            )
        connection.commit()
    return path


def unpack_geodatabase(folder: Path) -> Path:
    with zipfile.ZipFile(Path(__file__).with_name("coded.gdb.zip")) as packed:
        packed.extractall(folder)
    return folder / "coded.gdb"


def test_codes_are_read_as_their_words(tmp_path: Path) -> None:
    frames = []
    for path in (write_coded(tmp_path / "coded.gpkg"), unpack_geodatabase(tmp_path)):
        network = gridtwin.read(path)
        equipment = network.equipment
        assert list(equipment["kind"]) == ["ac_line_segment", "fuse", "ac_line_segment"]
        assert list(equipment["phases"]) == ["ABC", "C", ""]
        assert gridtwin.open(network).blast_radius("e2").usage_points == ["m"]
        frames.append(read_layer(path, "equipment", []))
    assert list(frames[0].columns) == list(frames[1].columns)
    assert list(frames[0]["kind"]) == ["ac_line_segment", "fuse", "ac_line_segment"]


@pytest.mark.parametrize("code", [2, 9, -3])
def test_code_that_stands_for_nothing_is_kept_as_it_is(tmp_path: Path, code: int) -> None:
    path = write_coded(tmp_path / "coded.gpkg", kind=code)
    assert read_layer(path, "equipment", [])["kind"].iat[1] == str(code)
    with pytest.raises(NetworkError, match=f"e2.*{code}"):
        gridtwin.read(path)


@pytest.mark.parametrize("code", [2, 9, -3])
def test_mapping_meets_a_code_outside_its_domain(tmp_path: Path, code: int) -> None:
    path = write_coded(tmp_path / "coded.gpkg", kind=code)
    mapping = tmp_path / "coded.toml"
    mapping.write_text(MAPPING)
    network = gridtwin.read(path, mapping=mapping)
    assert list(network.equipment["name"]) == ["ac_line_segment", "ac_line_segment"]
    notice = next(each for each in network.notices if each.rule == "unmapped_code")
    assert f"'{code}' (1 rows)" in notice.evidence
