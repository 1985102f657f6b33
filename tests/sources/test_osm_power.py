"""Power lines of OpenStreetMap, held against a flood of the same file by shared coordinates."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

import gridtwin
from drafted_towns import draft
from gridtwin.cli.root_commands import app
from gridtwin.errors import SourceError
from osm_floods import OsmFlood, write_osm

# A station with two ways out: one by a switch to a tap, one as a cable into a distribution station.
NODES = {
    1: ((9.000, 47.000), {}),
    2: ((9.000, 47.002), {}),
    3: ((9.002, 47.002), {}),
    4: ((9.002, 47.000), {}),
    10: ((9.001, 47.001), {"power": "portal"}),
    11: ((9.010, 47.001), {"power": "switch", "switch": "load_break"}),
    12: ((9.020, 47.001), {"power": "tower"}),
    13: ((9.030, 47.001), {"power": "transformer", "name": "East"}),
    14: ((9.020, 47.010), {"power": "transformer"}),
    20: ((9.0015, 47.0015), {}),
    21: ((9.001, 47.020), {}),
    30: ((9.000, 47.019), {}),
    31: ((9.000, 47.021), {}),
    32: ((9.002, 47.021), {}),
    33: ((9.002, 47.019), {}),
    40: ((9.040, 47.040), {}),
    41: ((9.050, 47.040), {"power": "transformer"}),
    50: ((9.020, 47.005), {}),
    51: ((9.025, 47.005), {"power": "tower"}),
}
WAYS = {
    100: ([1, 2, 3, 4, 1], {"power": "substation", "name": "West"}),
    101: ([10, 11], {"power": "line", "voltage": "20000;400"}),
    102: ([11, 12, 13], {"power": "line"}),
    103: ([12, 50, 14], {"power": "minor_line"}),
    104: ([20, 21], {"power": "cable", "location": "underground"}),
    105: ([30, 31, 32, 33, 30], {"power": "substation", "substation": "minor_distribution"}),
    106: ([40, 41], {"power": "line"}),  # hangs on nothing
    107: ([50, 51], {"highway": "residential"}),
}


@pytest.fixture
def osm_file(tmp_path: Path) -> Path:
    return write_osm(tmp_path / "town.osm", NODES, WAYS)


def test_what_is_lost_is_what_a_flood_of_the_file_loses(osm_file: Path) -> None:
    twin = gridtwin.open(gridtwin.read(osm_file, mapping="osm-power"))
    flood = OsmFlood(osm_file)
    equipment = twin.store.network.equipment["mrid"]
    seen = set()
    for way in ("101", "102", "103", "104", "106", "11"):
        parts = [mrid for mrid in equipment if mrid.partition("#")[0].endswith(f":{way}")]
        lost = twin.blast_radius(parts).usage_points
        assert {each.rpartition(":")[2].removeprefix("w") for each in lost} == flood.find_lost(way)
        seen.add(len(lost))
    assert seen == {0, 1, 2}


def test_what_the_tags_say(osm_file: Path) -> None:
    network = gridtwin.read(osm_file, mapping="osm-power")
    equipment = network.equipment.set_index("mrid")
    assert equipment.loc["points:11", "kind"] == "load_break_switch"
    assert equipment.loc["lines:104", "placement"] == "underground"
    assert set(equipment["normal_open"]) == {""}
    assert "lines:102#2" in equipment.index  # cut where the minor line begins
    nodes = network.nodes.set_index("mrid")
    assert nodes.loc[equipment.loc["lines:101", "node_b"], "nominal_v"] == 20_000
    assert network.sources["mrid"].str.contains("100").tolist() == [True]


def test_area_in_which_nothing_ends_is_told(tmp_path: Path) -> None:
    ways = {way: each for way, each in WAYS.items() if way not in {101, 104}}
    network = gridtwin.read(write_osm(tmp_path / "a.osm", NODES, ways), mapping="osm-power")
    (told,) = [notice for notice in network.notices if notice.rule == "empty_area"]
    assert "2 areas have no end of a line inside" in told.evidence


def test_equipment_is_no_area(tmp_path: Path) -> None:
    file = tmp_path / "m.toml"
    file.write_text('[[layer]]\nfrom = "lines"\nto = "equipment"\nkind = "fuse"\nends = "area"\n')
    with pytest.raises(SourceError, match=r"\[\[layer\]\] 1, ends: equipment are no areas"):
        gridtwin.read(write_osm(tmp_path / "a.osm", NODES, WAYS), mapping=file)


def test_init_of_an_extract_begins_from_the_mapping_of_tags(osm_file: Path) -> None:
    done = CliRunner().invoke(app, ["map", "init", str(osm_file)])
    assert done.exit_code == 0
    assert done.stdout.startswith("# Begun from osm-power, held against town.osm.")
    assert "tag('power')" in done.stdout
    drafted = draft(osm_file)
    assert all("tags tell its rows apart" in each or "0 rows" in each for each in drafted.tail[1:])
