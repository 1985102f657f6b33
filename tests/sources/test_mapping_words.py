"""What a source says of its own codes: subtypes of a geodatabase, tags of OpenStreetMap."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import geopandas as gpd
import pytest

import gridtwin
from drafted_towns import draft
from gridtwin.errors import SourceError
from gridtwin.sources.mapping.mapping_domains import read_definition
from gridtwin.sources.mapping.mapping_layers import MappedSource
from mapped_sources import UTM, read_street, street

FILLER = "~" * 2_000
SUBTYPES = (
    "</AliasName><SubtypeFieldName>TYPE</SubtypeFieldName><Subtypes>"
    "<Subtype><SubtypeName>Gang switch</SubtypeName><SubtypeCode>1</SubtypeCode><FieldInfos>"
    "</FieldInfos></Subtype>"
    "<Subtype><SubtypeName>Pole transformer</SubtypeName><SubtypeCode>2</SubtypeCode><FieldInfos>"
    "</FieldInfos></Subtype></Subtypes><AliasName>"
)
BY_SUBTYPE = """
[ids]
key = "ID"

[[layer]]
from = "LINES"
to = "equipment"
kind = "ac_line_segment"
node_a = "FROM_NODE"
node_b = "TO_NODE"

[[layer]]
from = "DEVICES"
to = "equipment"
kind = "case subtype() when 'Gang switch' then 'disconnector' else 'power_transformer' end"
name = "subtype()"
node_a = "FROM_NODE"
node_b = "TO_NODE"

[[heads]]
from = "CIRCUITS"
feeder = "ID"
node = "START"
"""


def write_geodatabase(path: Path) -> Path:
    """Write the street as a geodatabase whose devices have subtypes, which GDAL does not write."""
    for name, columns in street().items():
        if "geometry" not in columns:
            columns["geometry"] = [None] * len(columns["ID"])
        frame = gpd.GeoDataFrame(columns, crs=UTM)
        options = {"TARGET_ARCGIS_VERSION": "ARCGIS_PRO_3_2_OR_LATER"}
        if name == "DEVICES":
            options["LAYER_ALIAS"] = FILLER
        kind = "Point" if name in {"DEVICES", "METERS", "CIRCUITS"} else "LineString"
        frame.to_file(
            path, layer=name, driver="OpenFileGDB", geometry_type=kind, layer_options=options
        )
    patched = 0
    for table in path.glob("*.gdbtable"):
        data = table.read_bytes()
        alias = f"<AliasName>{FILLER}".encode()
        if alias in data:
            filled = f"<AliasName>{SUBTYPES}".encode().ljust(len(alias), b"~")
            table.write_bytes(data.replace(alias, filled))
            patched += 1
    assert patched == 1
    return path


def test_subtype_is_what_the_geodatabase_calls_its_code(tmp_path: Path) -> None:
    source = write_geodatabase(tmp_path / "utility.gdb")
    mapping = tmp_path / "utility.toml"
    mapping.write_text(BY_SUBTYPE)
    network = gridtwin.read(source, mapping=mapping)
    devices = network.equipment.set_index("mrid").loc[["DEVICES:S1", "DEVICES:T1"]]
    assert devices["kind"].tolist() == ["disconnector", "power_transformer"]
    assert devices["name"].tolist() == ["Gang switch", "Pole transformer"]


def test_subtype_of_a_source_that_has_none_is_refused(tmp_path: Path) -> None:
    reason = r"utility\.toml: \[\[layer\]\] 2 \(DEVICES\), kind: DEVICES: the source does not say"
    with pytest.raises(SourceError, match=reason):
        read_street(tmp_path, None, BY_SUBTYPE)


OSM = """<?xml version="1.0" encoding="UTF-8"?>
<osm version="0.6">
  <node id="1" lat="47.0" lon="9.0"><tag k="power" v="tower"/></node>
  <node id="2" lat="47.0" lon="9.01"><tag k="power" v="transformer"/>
    <tag k="operator" v="Stadtwerk &quot;Nord&quot;"/></node>
  <way id="11"><nd ref="1"/><nd ref="2"/><tag k="power" v="minor_line"/>
    <tag k="name" v="West"/></way>
</osm>
"""


def test_tags_are_read_from_columns_and_from_the_rest(tmp_path: Path) -> None:
    file = tmp_path / "small.osm"
    file.write_text(OSM)
    source = MappedSource(file)
    lines = source.read_layer("lines", "tag('power') || tag('name') || tag('operator')").table
    assert lines["tag power"].to_pylist() == ["minor_line"]
    assert lines["tag name"].to_pylist() == ["West"]
    points = source.read_layer("points", "tag('operator')").table
    assert points["tag operator"].to_pylist()[-1] == 'Stadtwerk "Nord"'


def test_tag_of_a_layer_without_tags_is_refused(tmp_path: Path) -> None:
    mapping = BY_SUBTYPE.replace("subtype()", "tag('power')")
    with pytest.raises(SourceError, match="this layer has neither tags nor a column power"):
        read_street(tmp_path, {**street(), "CIRCUITS": {"ID": ["F1"], "START": ["n0"]}}, mapping)


DEFINITION = """
<DEFeatureClassInfo><Name>DEVICES</Name><SubtypeFieldName>GroupCode</SubtypeFieldName>
<GPFieldInfoExs><GPFieldInfoEx><Name>TypeCode</Name><DomainName>General</DomainName>
</GPFieldInfoEx></GPFieldInfoExs>
<Subtypes>
<Subtype><SubtypeName>Switch</SubtypeName><SubtypeCode>9</SubtypeCode><FieldInfos>
<SubtypeFieldInfo><FieldName>TypeCode</FieldName><DomainName>SwitchTypes</DomainName>
</SubtypeFieldInfo></FieldInfos></Subtype>
<Subtype><SubtypeName>Other</SubtypeName><SubtypeCode>1</SubtypeCode><FieldInfos /></Subtype>
</Subtypes></DEFeatureClassInfo>
"""


def test_domain_of_a_subtype_is_stronger_than_that_of_the_column() -> None:
    words = {"General": {"1": "Pole"}, "SwitchTypes": {"1": "Disconnector", "2": "Breaker"}}
    said = read_definition(ElementTree.fromstring(DEFINITION), words)  # noqa: S314 - as above
    assert said.subtypes == {"9": "Switch", "1": "Other"}
    codes, subtypes = ["1", "2", "1", "2", None], ["9", "9", "1", "1", "9"]
    assert said.decode_codes("typecode", codes, subtypes) == [
        *("Disconnector", "Breaker", "Pole", None, None)
    ]
    assert said.find_words("GroupCode") == {"9": "Switch", "1": "Other"}


def test_draft_takes_kinds_from_subtypes(tmp_path: Path) -> None:
    made = draft(write_geodatabase(tmp_path / "utility.gdb"))
    (block,) = [each for each in made.blocks if each.keys.get("from") == "DEVICES"]
    assert block.keys["kind"] == {"column": "TYPE", "1": "disconnector", "2": "power_transformer"}
    assert "1 is Gang switch" in block.why["kind"]
    assert [question.name for question in made.questions] == ["DEVICES.POS"]
