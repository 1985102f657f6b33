"""A network that no utility could have is told, with figures and what makes it so."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mapped_sources import COLUMNS, line, read_street, street

MAPPING = (
    COLUMNS.replace('rated_va = "kVA"', 'rated_va = "kVA"\nlength_m = "ft"\npeak_w = "kW"')
    .replace('phases = "PHASES"', 'phases = "PHASES"\nlength_m = "LENGTH"\nnominal_v = "VOLTS"')
    .replace('node = "NODE"', 'node = "NODE"\npeak_w = "PEAK"')
)
OPEN = 'open = "O", closed = ["C", ""]'


def make_layers() -> dict[str, dict[str, Any]]:
    layers = street()
    layers["LINES"] |= {"LENGTH": [328.0, 328.0, 164.0], "VOLTS": [12_470.0, 12_470.0, 400.0]}
    layers["METERS"] |= {"PEAK": [2.0, 3.0], "TEXT": ["a", "b"], "NOTHING": ["", ""]}
    return layers


def find_rules(
    folder: Path, mapping: str = MAPPING, layers: dict[str, dict[str, Any]] | None = None
) -> dict[str, str]:
    network = read_street(folder, layers or make_layers(), mapping)
    return {notice.rule: notice.evidence for notice in network.notices}


def test_nothing_is_odd_about_a_street(tmp_path: Path) -> None:
    assert find_rules(tmp_path) == {}


@pytest.mark.parametrize(
    ("right", "wrong", "rule", "evidence"),
    [
        ('length_m = "ft"', 'length_m = "m"', "length_off_drawing", "3.29 times as long"),
        ('length_m = "LENGTH"', 'length_m = "VOLTS"', "length_off_drawing", "as long"),
        ('rated_va = "kVA"', 'rated_va = "MVA"', "implausible_rating", "5e+04 kVA"),
        ('rated_va = "kVA"', 'rated_va = "VA"', "implausible_rating", "0.05 kVA"),
        ('peak_w = "kW"', 'peak_w = "W"', "implausible_peak", "0.0025 kW"),
        ('nominal_v = "VOLTS"', 'nominal_v = "VOLTS / 1e4"', "implausible_voltage", "V"),
        ('nominal_v = "VOLTS"', 'nominal_v = "400"', "transformer_of_one_voltage", "1 of 1"),
        ('peak_w = "PEAK"', 'peak_w = "TEXT"', "no_number", "2 of 2 values"),
        ('peak_w = "PEAK"', 'peak_w = "NOTHING"', "no_value", "none of 2 rows"),
        (OPEN, 'open = ["C", ""], closed = "O"', "unsupplied_customers", "2 of 2 customers"),
        ('from = "METERS"', 'from = "METERS"\nwhere = "ID = 1"', "no_row_passes", "none of 2"),
        ('from = "METERS"', 'from = "METERS"\nwhere = "ID = \'M1\'"', "rows_left_out", "1 of 2"),
        (
            'kind = "ac_line_segment"',
            'kind = { column = "upper(PHASES)", ABC = "ac_line_segment", else = "busbar" }',
            "column_of_two_meanings",
            "PHASES is read as the kind, and as phases",
        ),
        ("[ids]", '[source]\ncrs = "EPSG:32617"\n[ids]', "crs_differs", "zone 16N"),
        (
            "[ids]",
            '[source]\ncrs = "EPSG:2278"\n[ids]',
            "outside_area_of_use",
            "Texas South Central",
        ),
    ],
)
def test_wrong_mapping_is_told(
    tmp_path: Path, right: str, wrong: str, rule: str, evidence: str
) -> None:
    assert right in MAPPING
    mapping = MAPPING.replace(right, wrong).replace('where = "ID = 1"', "where = \"ID = '1'\"")
    assert evidence in find_rules(tmp_path, mapping)[rule]


def test_transformer_fed_from_behind_is_told(tmp_path: Path) -> None:
    layers = make_layers()
    devices = layers["DEVICES"]
    devices["FROM_NODE"][1], devices["TO_NODE"][1] = "n4", "n3"
    assert "1 of 1" in find_rules(tmp_path, layers=layers)["transformer_fed_from_behind"]


def test_equipment_with_one_node_is_told(tmp_path: Path) -> None:
    layers = make_layers()
    layers["LINES"]["TO_NODE"][2] = "n4"
    layers["METERS"]["NODE"][0] = "n4"
    assert "LINES:L3" in find_rules(tmp_path, layers=layers)["equipment_at_one_node"]


def test_phases_that_do_not_arrive_are_told(tmp_path: Path) -> None:
    layers = make_layers()
    layers["LINES"]["PHASES"] = ["A", "ABC", "A"]
    assert "LINES:L2" in find_rules(tmp_path, layers=layers)["phases_not_carried"]


def test_kind_that_the_name_of_a_layer_contradicts_is_told(tmp_path: Path) -> None:
    layers = make_layers()
    layers["TRANSFORMERS"] = layers.pop("DEVICES")
    mapping = MAPPING.replace("DEVICES", "TRANSFORMERS")
    evidence = find_rules(tmp_path, mapping, layers)["kind_against_name"]
    assert "TRANSFORMERS is mapped to disconnector" in evidence


def test_layer_of_the_network_that_is_not_read_is_told(tmp_path: Path) -> None:
    layers = make_layers()
    layers["CABLES"] = {"ID": ["C1"], "geometry": [line((0, 0), (9, 9))]}
    assert "CABLES" in find_rules(tmp_path, layers=layers)["layer_left_out"]


def test_rows_of_one_key_that_nothing_tells_apart_are_told(tmp_path: Path) -> None:
    layers = make_layers()
    layers["METERS"]["ID"] = ["M1", "M1"]
    mapping = MAPPING.replace('from = "METERS"', 'from = "METERS"\nprefer = "ACTIVE = 2"')
    assert "METERS:M1" in find_rules(tmp_path, mapping, layers)["undecided_key"]
    mapping = mapping.replace("ACTIVE = 2", "true")
    assert "undecided_key" not in find_rules(tmp_path, mapping, layers)


def test_row_that_becomes_two_things_is_told(tmp_path: Path) -> None:
    also = '[[layer]]\nfrom = "METERS"\nto = "sources"\nkind = "der"\nnode = "NODE"\n\n[[heads]]'
    evidence = find_rules(tmp_path, MAPPING.replace("[[heads]]", also))["row_mapped_twice"]
    assert "2 rows are mapped to usage_points and to sources, such as METERS:M1" in evidence


def test_busbars_that_are_drawn_as_lines_are_told(tmp_path: Path) -> None:
    layers, count = make_layers(), 24
    drawn = [line((0, 9 + row), (50, 9 + row)) for row in range(count)]
    layers["BARS"] = {
        "ID": [f"B{row}" for row in range(count)],
        "FROM_NODE": [f"n{1 + row % 2}" for row in range(count)],
        "TO_NODE": [f"b{row}" for row in range(count)],
        "geometry": drawn,
    }
    bars = '[[layer]]\nfrom = "BARS"\nto = "equipment"\nkind = "busbar"\n'
    bars += 'node_a = "FROM_NODE"\nnode_b = "TO_NODE"\n\n[[heads]]'
    mapping = MAPPING.replace("[[heads]]", bars)
    assert "24 busbars are" in find_rules(tmp_path, mapping, layers)["busbars_drawn_as_lines"]
    layers["BARS"]["geometry"] = [line((0, 9 + row), (1, 9 + row)) for row in range(count)]
    assert "busbars_drawn_as_lines" not in find_rules(tmp_path, mapping, layers)
