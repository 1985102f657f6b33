"""Read CYME text: what becomes of what, and what is told or refused."""

from __future__ import annotations

from pathlib import Path

import pytest

import gridtwin
from gridtwin.errors import CrsError, SourceError
from gridtwin.model.network import Network
from planning_models import CYME_EQUIPMENT, CYME_LOAD, CYME_NETWORK, write_cyme

FEET = 0.3048


@pytest.fixture
def network(tmp_path: Path) -> Network:
    return gridtwin.read(write_cyme(tmp_path), crs="none")


def read_changed(folder: Path, old: str, new: str) -> Network:
    """Read the model with one text of it changed."""
    texts = {"network": CYME_NETWORK, "load": CYME_LOAD, "equipment": CYME_EQUIPMENT}
    assert any(old in text for text in texts.values())
    changed = {name: text.replace(old, new) for name, text in texts.items()}
    return gridtwin.read(write_cyme(folder, **changed), crs="none")


def rules(network: Network) -> list[str]:
    return [notice.rule for notice in network.notices]


def test_devices_stand_on_their_section_in_a_row(network: Network) -> None:
    rows = network.equipment
    chain = list(zip(rows.mrid, rows.kind, rows.node_a, rows.node_b, strict=True))
    assert chain == [
        ("breaker.B1", "breaker", "S", "S1#1"),
        ("line.L1", "ac_line_segment", "S1#1", "S1#2"),
        ("fuse.FU2", "fuse", "S1#2", "N1"),
        ("fuse.FU", "fuse", "N1", "S2#1"),
        ("line.L2", "ac_line_segment", "S2#1", "N2"),
        ("cable.L1", "ac_line_segment", "N2", "S3#1"),
        ("transformer.T1", "power_transformer", "S3#1", "N3"),
        ("switch.TIE", "load_break_switch", "N3", "N4"),
        ("section.SPOT", "ac_line_segment", "N3", "U1"),
    ]
    opened = rows[rows.normal_open != ""].set_index("mrid").normal_open
    assert opened.to_dict() == {"fuse.FU": "B", "switch.TIE": "ABC"}
    assert rules(network) == ["bare_section"]


def test_ratings_lengths_and_voltages(network: Network) -> None:
    rows = network.equipment.set_index("mrid")
    assert rows.rated_a.dropna().to_dict() == {
        "breaker.B1": 600,
        "line.L1": 340,
        "fuse.FU2": 40,
        "fuse.FU": 40,
        "cable.L1": 250,
    }
    assert rows.rated_va["transformer.T1"] == 500_000
    assert rows.length_m["line.L1"] == pytest.approx(1_000 * FEET)
    assert rows.placement[["line.L1", "cable.L1"]].to_list() == ["overhead", "underground"]
    volts = network.nodes.set_index("mrid").nominal_v
    assert volts[["S", "N2", "N3", "N4"]].to_list() == [12_470, 12_470, 480, 480]


def test_customers_of_a_load(network: Network) -> None:
    points = network.usage_points.set_index("mrid")
    assert points.node.to_dict() == {"load.U1": "N3", "load.U1:U9": "N3", "load.U2": "N2"}
    assert points.peak_w.to_list() == [10_000, 90_000, 20_000]
    assert points.phases.to_list() == ["A", "B", "AB"]
    assert points.customers.to_list() == [5, 1, 1]
    assert points.service_class.to_list() == ["residential", "commercial", ""]


def test_sources_feeders_and_places(network: Network) -> None:
    assert network.sources.mrid.to_list() == ["source.S", "photovoltaic.PV1"]
    assert network.feeders[["mrid", "head"]].to_numpy().tolist() == [["F1", "breaker.B1"]]
    places = network.nodes.set_index("mrid").geometry
    assert (places["N4"].x, places["N4"].y) == (400, 0)
    course = network.equipment.set_index("mrid").geometry["line.L2"]
    assert list(course.coords) == [(100, 0), (150, 50), (200, 0)]


def test_an_open_pole_makes_its_customers_dark(network: Network) -> None:
    twin = gridtwin.open(network)
    assert set(twin.blast_radius("breaker.B1").usage_points) == {"load.U1", "load.U2"}
    assert twin.explain("load.U1:U9").supplied is False


def test_coordinates_need_a_system(tmp_path: Path) -> None:
    with pytest.raises(CrsError, match="CYME text states no coordinate system; give --crs"):
        gridtwin.read(write_cyme(tmp_path))


def test_one_file_is_enough(tmp_path: Path) -> None:
    path = tmp_path / "all.TXT"
    path.write_text(CYME_NETWORK + CYME_LOAD + CYME_EQUIPMENT, encoding="utf-16")
    assert len(gridtwin.read(path, crs="none").usage_points) == 3


def test_left_to_right_is_told_from_source_to_load(tmp_path: Path) -> None:
    text = (
        CYME_NETWORK.replace(",L,", ",R,").replace(",S,BIG", ",L,BIG").replace(",S,K40", ",L,K40")
    )
    assert ",R," in text
    usual = gridtwin.read(write_cyme(tmp_path), crs="none").equipment
    turned = gridtwin.read(write_cyme(tmp_path, network=text), crs="none").equipment
    columns = ["mrid", "node_a", "node_b"]
    assert turned[columns].to_numpy().tolist() == usual[columns].to_numpy().tolist()


@pytest.mark.parametrize(
    ("old", "new", "rule"),
    [
        ("S1,L,K40,FU2", "SX,L,K40,FU2", "dangling_reference"),
        ("S2,L,PV1", "SX,L,PV1", "dangling_reference"),
        ("S1,S,BIG,B1,ABC", "S1,S,BIG,B1,", "unknown_state"),
        ("S1,S,BIG", "S1,Q,BIG", "odd_value"),
        ("L1,S1,ACSR,1000,0", "L1,S1,ACSR,-1,0", "odd_value"),
        ("L1,S1,ACSR,1000,0", "L1,S1,ACSR,1e99,0", "odd_value"),
        ("L1,S1,ACSR,1000,0", "L1,S1,ACSR,1000,1", "disconnected"),
        ("L1,S1,ACSR,1000,0", "L1,S1,ACSR,1000,0,x", "odd_row"),
        ("S2,S,K40,FU,", "S2,S,K40,FU2,", "duplicate_id"),
        ("[SHUNT CAPACITOR SETTING]", "[WARP COIL SETTING]", "unknown_device"),
        ("[SHUNT CAPACITOR SETTING]", "[INDUCTION MOTOR SETTING]", "motor"),
        ("SUB,S-1,S,F1,12.47", "", "bare_section"),
        ("S2,U2,U2,PQ,2,A,20", "S2,U2,U2,PQ,3,A,20", "bare_section"),
    ],
)
def test_what_is_passed_over_is_told(tmp_path: Path, old: str, new: str, rule: str) -> None:
    assert rule in rules(read_changed(tmp_path, old, new))


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        (",S2,N1,N2,ABC", ",S1,N1,N2,ABC", "section S1 is there already"),
        (",S2,N1,N2,ABC", ",S2,N1,,ABC", "section S2 does not say"),
        (",S2,N1,N2,ABC", ",S2,N1,N2,7", "section S2: '7' is no phase code"),
        ("FORMAT_SECTION=", "SECTION_FORMAT=", "no FORMAT_SECTION line names the columns"),
        ("S1,S,BIG,B1,ABC", "S1,S,BIG,B1,7", "breaker.B1 on section S1: ClosedPhase '7'"),
        ("S1,L,K40,FU2", "S1,R,K40,FU2,ABC\nS1,S,K40,FU3", "nobody can tell which end L means"),
        ("SPOT,U1,SPOT,0,0", "SX,U1,SPOT,0,0", "load U1 stands on section 'SX'"),
        ("U1,Residential,0,A", "U1,Residential,0,Q", "load U1 on section SPOT: LoadPhase 'Q'"),
        ("SUB,S-1,S,F1", "SUB,S-1,,F1", "source S-1 does not say its NodeID"),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_place(
    tmp_path: Path, old: str, new: str, words: str
) -> None:
    with pytest.raises(SourceError) as caught:
        read_changed(tmp_path, old, new)
    assert words in str(caught.value)
    assert f"{tmp_path}/" in str(caught.value)
    assert ".txt:" in str(caught.value)


def test_three_windings_are_a_star(tmp_path: Path) -> None:
    network = read_changed(
        tmp_path,
        "[TRANSFORMER SETTING]\nFORMAT_TRANSFORMERSETTING=SectionID,Location,EqID,DeviceNumber,"
        "FromNodeID\nS3,L,T500,T1,N2",
        "[THREE WINDING TRANSFORMER SETTING]\nFORMAT_X=SectionID,Location,EqID,DeviceNumber,"
        "TertiaryNodeID\nS3,L,T500,T1,N4",
    )
    rows = network.equipment[network.equipment.kind == "power_transformer"]
    assert list(zip(rows.mrid, rows.node_a, rows.node_b, strict=True)) == [
        ("transformer.T1", "S3#1", "transformer.T1#star"),
        ("transformer.T1#2", "N3", "transformer.T1#star"),
        ("transformer.T1#3", "N4", "transformer.T1#star"),
    ]


def test_one_load_model_counts(tmp_path: Path) -> None:
    load = CYME_LOAD.replace("NumberOfCustomer", "NumberOfCustomer,LoadModelID")
    lines = [f"{line},1" if line[:2] in {"SP", "S2"} else line for line in load.splitlines()]
    doubled = [line[:-1] + "2" for line in lines if line.endswith(",1") and line.count(",") > 6]
    path = write_cyme(tmp_path, load="\n".join([*lines, *doubled]))
    network = gridtwin.read(path, crs="none")
    assert "load_models" in rules(network)
    assert network.usage_points.peak_w.sum() == 120_000


def test_a_folder_of_two_formats_is_not_guessed(tmp_path: Path) -> None:
    folder = write_cyme(tmp_path)
    (folder / "nodes.csv").write_text("mrid,lon,lat\n")
    with pytest.raises(SourceError, match=r"could be a folder of CYME text files.*--format csv"):
        gridtwin.read(folder, crs="none")
    assert len(gridtwin.read(folder, crs="none", format="cyme").usage_points) == 3
    (folder / "nodes.csv").unlink()
    (folder / "readme.txt").write_text("hello")
    assert "other_file" in rules(gridtwin.read(folder, crs="none"))


def test_a_text_that_is_no_model_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("[SECTION]\nhello\n")
    with pytest.raises(SourceError, match="does not know the format"):
        gridtwin.read(path)
    with pytest.raises(SourceError, match="this is no CYME text"):
        gridtwin.read(path, format="cyme")
    with pytest.raises(SourceError, match="it holds no CYME text"):
        gridtwin.read(tmp_path, format="cyme")
