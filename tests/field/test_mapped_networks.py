"""Hold networks read by shipped mappings against floods of the same files by other code."""

from __future__ import annotations

import hashlib
import json
import os
from functools import cache
from pathlib import Path
from typing import Any

import pytest

import gridtwin
from gridtwin.sources.mapping.mapping_file import read_mapping_text
from gridtwin.sources.mapping.mapping_layers import MappedSource
from gridtwin.twin.data_findings import check_source

pytestmark = pytest.mark.field

ROOT = Path(os.environ.get("GRIDTWIN_FIELD_DATA", Path(__file__).parents[2] / "../shared/data"))
BDGD = "Mux_Energia_401_2024-12-31_V11_20250806-1857.gdb.zip"


@cache
def twin_of(source: str, mapping: str) -> gridtwin.Twin:
    path = ROOT / "networks/gis" / source
    assert path.exists(), f"{path} is not there: set GRIDTWIN_FIELD_DATA"
    return gridtwin.open(gridtwin.read(path, mapping=mapping))


def expected(name: str) -> dict[str, Any]:
    path = ROOT / "networks/expected" / f"gis_{name}.json"
    document: dict[str, Any] = json.loads(path.read_text())
    return document


def lost_without(twin: gridtwin.Twin, *mrids: str) -> set[str]:
    return set(twin.blast_radius(list(mrids)).usage_points)


def test_customers_lost_in_a_bdgd() -> None:
    twin = twin_of(BDGD, "bdgd")
    cases = expected("bdgd_mux_2024")["cases"]
    assert len(cases) == 64
    wrong = []
    for element, case in cases.items():
        lost = sorted(each.partition(":")[2] for each in lost_without(twin, element))
        digest = hashlib.sha256("\n".join(lost).encode()).hexdigest()
        if (len(lost), digest) != (case["customers_lost"], case["sha256"]):
            wrong.append((element, len(lost), case["customers_lost"]))
    assert wrong == []


def test_open_devices_of_a_bdgd_meet_both_lines() -> None:
    twin = twin_of(BDGD, "bdgd")
    network = twin.store.network
    equipment = network.equipment.set_index("mrid")
    facts = expected("bdgd_mux_2024")
    devices = equipment[equipment["normal_open"] != ""]
    assert sorted(mrid.partition(":")[2] for mrid in devices.index) == facts["open"]
    rejoined = {
        key: ends
        for key, ends in facts["open_rejoined"].items()
        if ends["other_ends_at_the_point"] and ends["connected"]  # one device hangs on nothing
    }
    assert len(rejoined) == 23
    lines = equipment[equipment["kind"] == "ac_line_segment"]
    at = set(lines["node_a"]) | set(lines["node_b"])
    for key, ends in rejoined.items():
        device = equipment.loc[f"UNSEMT:{key}"]
        assert {device["node_a"], device["node_b"]} <= at, (key, ends)


def test_recorded_feeders_of_a_bdgd_are_traced() -> None:
    network = twin_of(BDGD, "bdgd").store.network
    assert not [notice for notice in network.notices if notice.rule == "recorded_feeder"]
    assert len(network.data.usage_points.mrid) == 13_000


@pytest.mark.parametrize(
    ("source", "mapping"),
    [
        ("arcfm_like_8500", "esri-geometric-network"),
        ("un_like_8500", "esri-utility-network"),
    ],
)
def test_customers_lost_in_a_drawing_of_8500_node(source: str, mapping: str) -> None:
    twin = twin_of(f"{source}.gdb.zip", mapping)
    network = twin.store.network
    equipment, customers = network.equipment, network.usage_points
    names = dict(zip(customers["mrid"], customers["name"].str.lower(), strict=True))
    elements = equipment.groupby(equipment["name"].str.lower())["mrid"].agg(list)
    facts = expected(source)
    cases = facts["cases"]
    assert (len(cases), len(customers)) == (60, facts["loads"])
    wrong = []
    for element, case in cases.items():
        lost = {
            names[mrid].removeprefix("load.")
            for mrid in lost_without(twin, *elements[case["layer_id"].lower()])
        }
        if lost != {name.removeprefix("load.") for name in case["lost"]}:
            wrong.append((element, len(lost), len(case["lost"])))
    assert wrong == []


@pytest.mark.parametrize(
    ("source", "mapping"),
    [
        ("arcfm_like_8500", "esri-geometric-network"),
        ("un_like_8500", "esri-utility-network"),
    ],
)
def test_drawings_of_8500_node_are_supplied_as_recorded(source: str, mapping: str) -> None:
    network = twin_of(f"{source}.gdb.zip", mapping).store.network
    assert not [notice for notice in network.notices if notice.rule == "recorded_feeder"]
    open_devices = network.equipment[network.equipment["normal_open"] != ""]
    assert len(open_devices) == (6 if source.startswith("arcfm") else 0)


# The lines of ding0_1 end at bus_open as they stand, so that its other state cannot be told.
@pytest.mark.parametrize(
    ("source", "state"),
    [
        ("ding0_1", "switches_open"),
        ("ding0_2.zip", "switches_open"),
        ("ding0_2.zip", "switches_closed"),
    ],
)
def test_loads_lost_in_ding0(source: str, state: str) -> None:
    twin = gridtwin.open(gridtwin.read(ROOT / "networks/gis" / source, mapping="ding0"))
    equipment = twin.store.network.equipment
    if state == "switches_closed":
        for switch in equipment["mrid"][equipment["normal_open"] != ""]:
            twin.switch(switch, open=False)
    facts = expected(source.removesuffix(".zip"))["states"][state]
    assert len(facts["cases"]) == 50
    lost = {element: lost_without(twin, element) for element in facts["cases"]}
    assert lost == {element: set(case["lost"]) for element, case in facts["cases"].items()}


def test_domains_of_a_geodatabase() -> None:
    source = MappedSource(ROOT / "networks/gis/un_like_8500.gdb.zip")
    table = source.read_layer("ElectricDevice", "ASSETGROUP").table
    pairs = set(
        zip(table["ASSETGROUP"].to_pylist(), table["domain of ASSETGROUP"].to_pylist(), strict=True)
    )
    assert (9, "Medium Voltage Switch") in pairs
    assert (38, "Medium Voltage Transformer") in pairs


def test_recorded_transformers_of_a_bdgd_are_traced() -> None:
    mapped, found = check_source(ROOT / "networks/gis" / BDGD, "bdgd")
    assert mapped.feeders == (13_000, 13_000)
    assert mapped.transformers == (12_963, 12_963)  # those at medium voltage record none
    assert not {"recorded_feeder", "recorded_transformer"} & found.counts.keys()
    # An id repeats, active and closed; single lines run against the order of their ids.
    assert (found.counts["repeated_key"], found.counts["ends_apart"]) == (340, 23)
    assert (found.counts["island"], found.counts["phase_break"]) == (7, 3)
    assert found.worst == "error"
    named = [each for each in found.findings if each.rule == "phase_break"]
    assert {(each.layer, each.key) for each in named} == {
        ("RAMLIG", "8479"),
        ("SSDBT", "4893"),
        ("SSDBT", "4894"),
    }


def test_records_of_a_bdgd_part_at_a_switch_that_is_wrongly_open(tmp_path: Path) -> None:
    text = read_mapping_text("bdgd")[1]
    mapping = tmp_path / "bdgd.toml"
    positions = 'normal_open = { column = "P_N_OPE", open = "A", closed = "F" }'
    wrong = "normal_open = \"P_N_OPE = 'A' or COD_ID = '1CS_118'\""
    assert positions in text
    mapping.write_text(text.replace(positions, wrong))
    mapped, found = check_source(ROOT / "networks/gis" / BDGD, mapping)
    assert mapped.feeders == (13_000 - 7_679, 13_000)  # who would be out without that switch
    parted = [each for each in found.findings if each.rule.startswith("recorded")]
    assert [each.mrid for each in parted] == ["UNSEMT:1CS_118", ""]  # transformers in words alone
    assert parted[0].evidence.startswith("7,679 customer rows record feeder 1_TAP2_1")


@pytest.mark.parametrize(
    ("source", "mapping", "near", "worst"),
    [
        ("arcfm_like_8500", "esri-geometric-network", 13, "error"),
        ("un_like_8500", "esri-utility-network", 12, "warning"),
    ],
)
def test_findings_of_a_drawing_of_8500_node(
    source: str, mapping: str, near: int, worst: str
) -> None:
    mapped, found = check_source(ROOT / "networks/gis" / f"{source}.gdb.zip", mapping)
    assert mapped.feeders == (2_354, 2_354)
    assert found.worst == worst  # in the first drawing a piece of line hangs on nothing
    misses = [each for each in found.findings if each.rule == "near_miss"]
    assert len(misses) == found.counts["near_miss"] == near
    meters = [float(each.evidence.split()[1]) for each in misses]
    assert meters == sorted(meters)
    # The tolerance stands in the gap between ends that are drawn a little off and the others.
    within = [each for each in mapped.distances if each.to_m == mapped.tolerance_m]
    assert (within[0].from_m, within[0].ends) == (0.1, 0)
