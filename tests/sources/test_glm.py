"""Read GridLAB-D models: what becomes of what, and what is told or refused."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

import gridtwin
from gridtwin.errors import CrsError, GridtwinError, SourceError
from gridtwin.model.network import Network
from planning_models import GLM, MORE_GLM, write_glm

BASE = """\
object node { name a; phases ABC; bustype SWING; nominal_voltage 7200; }
object node { name b; phases ABC; nominal_voltage 7200; }
object overhead_line { name l; phases ABC; from a; to b; }
"""


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> Network:
    return gridtwin.read(write_glm(tmp_path_factory.mktemp("glm")))


def read_text(folder: Path, text: str) -> Network:
    return gridtwin.read(write_glm(folder, BASE + text, ""))


def rules(network: Network) -> list[str]:
    return [notice.rule for notice in network.notices]


def test_links_become_equipment(network: Network) -> None:
    rows = network.equipment.set_index("mrid")
    assert rows.kind.to_dict() == {
        "overhead_line_7": "ac_line_segment",
        "sw": "load_break_switch",
        "f": "fuse",
        "t": "power_transformer",
        "tl": "ac_line_segment",
        "tie": "jumper",
        "reg": "voltage_regulator",
    }
    assert rows.phases.to_dict() == {
        "overhead_line_7": "ABCN",
        "sw": "ABC",
        "f": "BN",
        "t": "Bs1s2",
        "tl": "s1s2",
        "tie": "ABC",
        "reg": "ABC",
    }
    assert rows.normal_open[rows.normal_open != ""].to_dict() == {"sw": "B", "tie": "ABC"}
    assert rows.length_m["overhead_line_7"] == pytest.approx(304.8)
    assert (rows.length_m["tl"], rows.length_m["tie"]) == (pytest.approx(9.144), 500)
    assert rows.rated_a["overhead_line_7"] == 340
    assert (rows.rated_a["f"], rows.rated_va["t"]) == (40, 25_000)
    assert rules(network) == ["open_link"]


def test_children_stand_at_the_node_of_their_parents(network: Network) -> None:
    points = network.usage_points.set_index("mrid")
    assert points.node.to_dict() == {
        "home": "tm",
        "shop": "n2",
        "mill": "n1",
        "farm": "n5",
        "villa": "tm",
    }
    assert points.phases.to_dict() == {
        "home": "s1s2",
        "shop": "A",
        "mill": "AB",
        "farm": "A",
        "villa": "s1s2",
    }
    assert points.peak_w[["home", "shop", "mill"]].to_list() == [3_000, 15_400, 5_000]
    assert points.peak_w[["farm", "villa"]].isna().all()
    assert points.service_class[["shop", "villa"]].to_list() == ["commercial", "residential"]
    assert network.sources.kind.to_dict() == {0: "substation", 1: "der"}
    assert network.sources.node.to_list() == ["src", "tm"]


def test_voltages_are_from_phase_to_phase(network: Network) -> None:
    volts = network.nodes.set_index("mrid").nominal_v
    assert volts["src"] == pytest.approx(7_200 * math.sqrt(3))
    assert volts["tm"] == 240


def test_a_pole_that_is_open_makes_its_customers_dark(network: Network) -> None:
    twin = gridtwin.open(network)
    assert set(twin.blast_radius("sw").usage_points) == {"shop", "farm"}
    assert twin.explain("home").supplied is False


def test_places_are_degrees_and_a_plan_where_there_are_none(tmp_path: Path) -> None:
    network = gridtwin.read(write_glm(tmp_path))
    first = network.nodes.set_index("mrid").geometry["src"]
    assert (first.x, first.y, network.crs) == (-95.4, 29.7, "EPSG:4326")
    plan = read_text(tmp_path, "")
    assert (plan.crs, rules(plan)) == (None, ["no_places"])


def test_coordinates_that_are_no_degrees_need_a_system(tmp_path: Path) -> None:
    text = "object node { name c; parent b; longitude 3100000; latitude 13800000; }"
    with pytest.raises(CrsError, match=r"feeder\.glm:4: node c is at 3\.1e\+06.*--crs"):
        read_text(tmp_path, text)
    path = write_glm(tmp_path, BASE + text, "")
    assert gridtwin.read(path, crs="EPSG:2278").crs == "EPSG:4326"


def test_strict_refuses_what_would_be_told(tmp_path: Path) -> None:
    path = write_glm(tmp_path)
    with pytest.raises(SourceError, match="open_link"):
        gridtwin.read(path, strict=True)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("object node { phases ABC; }", ["no_places", "nameless"]),
        ("object flux_gate { name g; from a; to b; }", ["no_places", "unknown_class"]),
        ("object node { name c; parent b; phases QR; }", ["no_places"]),
        ("object load { name c; parent b; phases QR; constant_power_A 1; }", ["odd_value"]),
        ("object load { name c; parent b; phases A; constant_power_A 1 x; }", ["odd_value"]),
        ("object load { name c; parent b; phases A; constant_power_A sched*2; }", []),
        ("object overhead_line { name m; from a; to b; length -3; }", ["odd_value"]),
        ("object overhead_line { name m; from a; to b; length 3; length 4; }", ["repeated"]),
        ("object overhead_line { name m; from a; to b; configuration q; }", ["dangling"]),
        ("object switch { name s; from a; to b; status AJAR; }", ["odd_value"]),
        ("object house { name h; }", ["no_node"]),
        ("object solar { name h; }", ["no_node"]),
        ("#system rm -rf x", ["macro"]),
        ("frobnicate x;", ["unknown_statement"]),
        ("modify q.status OPEN;", ["unknown_statement"]),
        ("# only a comment\n#print hello\n#option verbose", []),
        ("#ifdef NEVER\nobject nonsense }}} {\n#else\n#endif", []),
        ("#if 1 < 2\n#else\nobject nonsense }}}\n#endif", []),
    ],
)
def test_what_is_passed_over_is_told(tmp_path: Path, text: str, expected: list[str]) -> None:
    network = read_text(tmp_path, text)
    told = " ".join(rules(network))
    assert all(rule in told for rule in expected)
    assert len(network.notices) == max(1, len({"no_places", *expected}))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("object overhead_line { name m; from a; to c; }", ":4: overhead_line m says to c"),
        ("object overhead_line { name m; from a; to l; }", "which is a overhead_line, no node"),
        ("object overhead_line { name m; from a; }", "overhead_line m says no to"),
        ("object load { name c; parent z; }", ":4: load c says parent z, which no object is"),
        ("object node { name c; parent c; bustype SWING; }", "is a parent of itself"),
        ("object node { name a; }", ":4: node is called a, as the node of"),
        ("object node:1 { }\nobject node:1 { }", ":5: node is called node:1, as the node of"),
        ("object node { name c; ", ":4: node c never ends: add }"),
        ("object node { name c\n phases ABC; }", "name of node does not end with ;"),
        ("object node { name c; } }", ":4: } belongs to nothing"),
        ("object node name c;", "has no { after it"),
        ("object 12 { }", "names no class"),
        ("object node:1..99999999 { }", "stands for 99,999,999 objects"),
        ('object node { name "c; }', ":4: a quote is opened and not closed"),
        ("module tape\nobject node { }", ":4: 'module' does not end with ;"),
        ("schedule x { 1 2", ":4: what is opened here with { never ends"),
        ("/*/", "a comment that begins with /* never ends"),
        ("/* begun", "a comment that begins with /* never ends"),
        ("#include </etc/passwd>", "it lies outside"),
        ('#include "../other.glm"', "it lies outside"),
        ('#include "absent.glm"', "there is no such file beside the model"),
        ('#include "feeder.glm"', "files include each other"),
        ("#include [http://example.com/x.glm]", "only a file can be included"),
        ("#ifdef X", ":4: the condition has no #endif"),
        ("#endif", ":4: #endif without #if"),
        ("#if now", "the condition 'now' is not understood"),
        ("#define X=${X}y\nobject node { name ${X}; }", "a definition names itself"),
        ("#for X in 1 2 3", "#for makes objects only as GridLAB-D runs"),
        ("#error not for you", "the model refuses to be read: not for you"),
        ("object node {" * 100, "more than 64 deep"),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_place(
    tmp_path: Path, text: str, words: str
) -> None:
    with pytest.raises(SourceError) as caught:
        read_text(tmp_path, text)
    assert words in str(caught.value)
    assert str(tmp_path / "feeder.glm") in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_model_without_links_or_source_says_so(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="no line, switch or transformer"):
        gridtwin.read(write_glm(tmp_path, "object node { name a; }"))
    text = BASE.replace("bustype SWING;", "")
    assert "no_supply" in rules(gridtwin.read(write_glm(tmp_path, text)))


def test_definitions_copies_and_changes_are_resolved(tmp_path: Path) -> None:
    network = read_text(
        tmp_path,
        """\
        global char1024 TARGET b;
        object switch { name s; phases ABC; from a; to b; }
        object load:5..7 { parent ${TARGET}; phases A; constant_power_A 1000; }
        modify s.status OPEN;
        object powerflow.fuse:9 { phases A; from node:x; to b; };
        object node { name node:x; parent a; }
        """.replace("from node:x", 'from "node:x"'),
    )
    assert network.usage_points.mrid.to_list() == ["load_5", "load_6", "load_7"]
    rows = network.equipment.set_index("mrid")
    assert (rows.normal_open["s"], rows.node_a["fuse_9"]) == ("ABC", "a")


def test_text_of_windows_is_read(tmp_path: Path) -> None:
    path = write_glm(tmp_path)
    wanted = gridtwin.read(path).equipment
    for encoding in ("utf-16", "utf-8-sig", "cp1252"):
        path.write_bytes(GLM.replace("\n", "\r\n").encode(encoding))
        (tmp_path / "more.glm").write_bytes(MORE_GLM.replace("\n", "\r").encode(encoding))
        assert gridtwin.read(path).equipment.mrid.to_list() == wanted.mrid.to_list()


def test_a_folder_of_models_asks_for_the_first_file(tmp_path: Path) -> None:
    write_glm(tmp_path)
    with pytest.raises(GridtwinError, match=r"begins with one file: give it, such as .*\.glm"):
        gridtwin.read(tmp_path)
