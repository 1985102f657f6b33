"""Hold what is drafted for real files against floods of the same files by other code."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from typing import Any

import networkx as nx
import pyogrio
import pytest

import gridtwin
from drafted_towns import draft
from gridtwin.sources.drafting.draft_like import compare_like, find_alike
from gridtwin.sources.mapping.mapping_file import list_shipped_mappings
from gridtwin.sources.mapping.mapping_layers import MappedSource

pytestmark = pytest.mark.field

ROOT = Path(os.environ.get("GRIDTWIN_FIELD_DATA", Path(__file__).parents[2] / "../shared/data"))
GIS = ROOT / "networks/gis"
BDGD = "Mux_Energia_401_2024-12-31_V11_20250806-1857.gdb.zip"
OSM = "liechtenstein-2013-08-03.osm.pbf"


def expected(name: str) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(
        (ROOT / "networks/expected" / f"gis_{name}.json").read_text()
    )
    return document


def open_drafted(folder: Path, source: str, **answers: str) -> gridtwin.Twin:
    """Return the twin that a draft makes of a source, every question answered."""
    made = draft(GIS / source, answers)
    assert made.questions == []
    file = folder / "draft.toml"
    file.write_text(made.write(), encoding="utf-8")
    return gridtwin.open(gridtwin.read(GIS / source, mapping=file))


def test_draft_of_a_bdgd(tmp_path: Path) -> None:
    twin = open_drafted(tmp_path, BDGD)
    cases = expected("bdgd_mux_2024")["cases"]
    right = 0
    for element, case in cases.items():
        lost = sorted(each.partition(":")[2] for each in twin.blast_radius([element]).usage_points)
        digest = hashlib.sha256("\n".join(lost).encode()).hexdigest()
        right += (len(lost), digest) == (case["customers_lost"], case["sha256"])
    assert (right, len(cases)) == (64, 64)
    network = twin.store.network
    assert not [notice for notice in network.notices if notice.rule == "recorded_feeder"]
    assert len(network.data.usage_points.mrid) == 13_000
    opened = network.equipment[network.equipment["normal_open"] != ""]["mrid"]
    assert sorted(each.partition(":")[2] for each in opened) == expected("bdgd_mux_2024")["open"]
    assert not {"CEP", "BRR"} & set(network.usage_points)


@pytest.mark.parametrize("source", ["arcfm_like_8500", "un_like_8500"])
def test_draft_of_a_drawing_of_8500_node(tmp_path: Path, source: str) -> None:
    twin = open_drafted(tmp_path, f"{source}.gdb.zip")
    equipment, customers = twin.store.network.equipment, twin.store.network.usage_points
    names = dict(zip(customers["mrid"], customers["name"].str.lower(), strict=True))
    elements = equipment.groupby(equipment["name"].str.lower())["mrid"].agg(list)
    cases = expected(source)["cases"]
    right = 0
    for case in cases.values():
        mrids = elements[case["layer_id"].lower()]
        lost = {names[mrid].removeprefix("load.") for mrid in twin.blast_radius(mrids).usage_points}
        right += lost == {name.removeprefix("load.") for name in case["lost"]}
    assert (right, len(cases)) == (60, 60)
    notices = twin.store.network.notices
    assert not [notice for notice in notices if notice.rule == "recorded_feeder"]


def test_draft_of_ding0_asks_how_its_switches_stand(tmp_path: Path) -> None:
    assert [question.name for question in draft(GIS / "ding0_1").questions] == ["switches"]
    twin = open_drafted(tmp_path, "ding0_1", switches="open")
    cases = expected("ding0_1")["states"]["switches_open"]["cases"]
    equipment = twin.store.network.equipment["mrid"]
    mrids = {mrid.partition(":")[2]: mrid for mrid in equipment}
    lost = {
        element: {each.partition(":")[2] for each in twin.blast_radius(mrids[element]).usage_points}
        for element in cases
    }
    assert lost == {element: set(case["lost"]) for element, case in cases.items()}


@pytest.mark.parametrize(
    ("source", "name"),
    [
        (BDGD, "bdgd"),
        ("arcfm_like_8500.gdb.zip", "esri-geometric-network"),
        ("un_like_8500.gdb.zip", "esri-utility-network"),
        ("ding0_1", "ding0"),
        (OSM, "osm-power"),
    ],
)
def test_each_source_is_alike_its_mapping_alone(source: str, name: str) -> None:
    opened = MappedSource(GIS / source)
    assert find_alike(opened) == [name]
    assert compare_like(opened, name).misfits == []
    other = next(each for each in list_shipped_mappings() if each != name)
    assert compare_like(opened, other).misfits


def test_lines_of_an_extract_meet_where_they_share_coordinates() -> None:
    network = gridtwin.read(GIS / OSM, mapping="osm-power")
    table = pyogrio.read_dataframe(GIS / OSM, layer="lines")
    lines = table[
        table["other_tags"].fillna("").str.contains('"power"=>"(?:line|minor_line|cable)"')
    ]
    graph = nx.Graph()
    for row in lines.itertuples():
        first, last = row.geometry.coords[0], row.geometry.coords[-1]
        graph.add_edge(("way", row.osm_id), first)
        graph.add_edge(("way", row.osm_id), last)
    groups = {
        frozenset(each[1] for each in part if each[0] == "way")
        for part in nx.connected_components(graph)
    }
    found = nx.Graph()
    for mrid, node_a, node_b in network.equipment[["mrid", "node_a", "node_b"]].itertuples(
        index=False
    ):
        found.add_edge(("way", mrid.partition(":")[2].partition("#")[0]), node_a)
        found.add_edge(("way", mrid.partition(":")[2].partition("#")[0]), node_b)
    assert len(lines) == 3
    assert groups == {
        frozenset(each[1] for each in part if each[0] == "way")
        for part in nx.connected_components(found)
    }
    assert len(network.sources) == 2
    assert set(network.equipment["normal_open"]) == {""}
