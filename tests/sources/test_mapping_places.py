"""Equipment joined by place: ends, tolerance, inner vertices, sides of devices, associations."""

from __future__ import annotations

from pathlib import Path

import pytest

import gridtwin
from gridtwin.errors import SourceError
from mapped_sources import PLACES, at, line, places, read_street


def lost(network: gridtwin.Network, *mrids: str) -> set[str]:
    return set(gridtwin.open(network).blast_radius(list(mrids)).usage_points)


def rules_of(network: gridtwin.Network) -> list[str]:
    return [notice.rule for notice in network.notices]


def test_ends_within_the_tolerance_meet(tmp_path: Path) -> None:
    network = read_street(tmp_path, places(), PLACES)
    assert sorted(network.equipment["mrid"]) == [
        "MAINS:A", "MAINS:B", "MAINS:B#2", "SERVICES:D", "SWITCHES:S", "TRANSFORMERS:T",
    ]  # fmt: skip
    assert rules_of(network) == []
    assert lost(network, "SWITCHES:S") == {"METERS:M", "METERS:E"}
    assert lost(network, "TRANSFORMERS:T") == {"METERS:M"}
    assert lost(network, "MAINS:B") == {"METERS:E"}  # drawn from its far end
    assert lost(network, "MAINS:B#2") == {"METERS:M", "METERS:E"}
    lengths = network.equipment.set_index("mrid")["length_m"]
    assert lengths["MAINS:B"] == pytest.approx(100, rel=1e-3)


def test_lines_say_the_voltage_of_their_nodes(tmp_path: Path) -> None:
    layers = places()
    layers["MAINS"] |= {"KV": [12.47, 12.47]}
    layers["MAINS"]["ID"].append("C")
    layers["MAINS"]["KV"].append(12.47)
    layers["MAINS"]["geometry"].append(line((0, 0), (0, 50)))
    mapping = PLACES.replace('class = "primary"', 'class = "primary"\nnominal_v = "KV"').replace(
        'class = "secondary"', 'class = "secondary"\nnominal_v = 0.24'
    )
    network = read_street(tmp_path, layers, f'[units]\nnominal_v = "kV"\n{mapping}')
    volts = network.nodes.set_index("mrid")["nominal_v"]
    ends = network.equipment.set_index("mrid")
    assert volts[ends.loc["TRANSFORMERS:T", "node_a"]] == 12_470
    assert volts[ends.loc["TRANSFORMERS:T", "node_b"]] == 240
    assert volts[ends.loc["F:head", "node_a"]] == 12_470


def test_ends_beyond_the_tolerance_are_near_misses(tmp_path: Path) -> None:
    layers = places()
    layers["SERVICES"]["geometry"] = [line((200, 0.1), (200, 29))]
    layers["MAINS"] = {
        "ID": ["A", "B", "C"],
        "geometry": [line((0, 0), (100, 0)), line((100, 0), (200, 0)), line((203, 0), (300, 0))],
    }
    network = read_street(tmp_path, layers, PLACES)
    assert "METERS:E" not in lost(network, "MAINS:B")
    notice = next(each for each in network.notices if each.rule == "near_miss")
    assert "by 3.00 m" in notice.evidence


def test_inner_vertices_connect_only_where_said(tmp_path: Path) -> None:
    mapping = PLACES.replace("line_and_vertices", "line")
    network = read_street(tmp_path, places(), mapping)
    assert "MAINS:B#2" not in set(network.equipment["mrid"])
    assert lost(network, "MAINS:A") == {"METERS:E"}  # the transformer hangs on nothing


def test_open_switch_parts_its_two_lines(tmp_path: Path) -> None:
    layers = places()
    layers["SWITCHES"]["POS"] = [0]
    network = read_street(tmp_path, layers, PLACES)
    assert lost(network, "MAINS:A") == set()
    row = network.equipment.set_index("mrid").loc["SWITCHES:S"]
    assert row["node_a"] != row["node_b"]


def test_switch_at_three_ends_is_a_star(tmp_path: Path) -> None:
    layers = places()
    layers["MAINS"]["ID"].append("C")
    layers["MAINS"]["geometry"].append(line((100, 0), (100, 50)))
    layers["METERS"]["geometry"][1] = at(100, 50)
    network = read_street(tmp_path, layers, PLACES)
    assert "device_star" in rules_of(network)
    parts = {"SWITCHES:S", "SWITCHES:S#2", "SWITCHES:S#3"}
    assert parts <= set(network.equipment["mrid"])
    assert lost(network, *parts) == {"METERS:M", "METERS:E"}
    ends = network.equipment.set_index("mrid").loc[sorted(parts)]
    assert ends["node_a"].nunique() == 3
    assert ends["node_b"].nunique() == 1


def test_device_with_one_line_is_told(tmp_path: Path) -> None:
    layers = places()
    layers["SWITCHES"]["geometry"] = [at(300)]
    network = read_street(tmp_path, layers, PLACES)
    assert "device_one_sided" in rules_of(network)


def test_line_of_a_class_that_no_side_takes_is_told(tmp_path: Path) -> None:
    mapping = PLACES.replace('class = "secondary"', 'class = "tertiary"')
    assert "line_without_side" in rules_of(read_street(tmp_path, places(), mapping))


def test_devices_of_other_sides_at_one_place_are_told(tmp_path: Path) -> None:
    layers = places()
    layers["SWITCHES"]["geometry"] = [at(200)]
    assert "device_stacked" in rules_of(read_street(tmp_path, layers, PLACES))


def test_terminals_and_associations(tmp_path: Path) -> None:
    layers = places()
    layers["MAINS"] |= {"FROM_T": [None, None], "TO_T": [1, 2]}
    layers["METERS"]["geometry"][1] = at(500, 500)
    layers["LINKS"] = {
        "A": ["S", "S", "X"],
        "T": [2, 1, 1],
        "B": ["E", "T", "M"],
        "KIND": [1, 3, 1],
    }
    mapping = PLACES.replace(
        'class = "primary"', 'class = "primary"\nterminal_a = "FROM_T"\nterminal_b = "TO_T"'
    ).replace("closed = 1 }", 'closed = 1 }\nsides = "terminal"')
    mapping += """
[[associations]]
from = "LINKS"
where = "KIND = 1"
a = "A"
a_terminal = "T"
b = "B"
"""
    network = read_street(tmp_path, layers, mapping)
    assert lost(network, "SWITCHES:S") == {"METERS:M", "METERS:E"}
    assert lost(network, "MAINS:B#2") == {"METERS:M"}
    notice = next(each for each in network.notices if each.rule == "association_to_nothing")
    assert "1 associations" in notice.evidence


def test_head_at_a_device_feeds_from_its_other_terminal(tmp_path: Path) -> None:
    layers = places()
    layers["CIRCUITS"] = {"ID": ["F"], "STATION": ["S"], "T": [2]}
    layers["MAINS"] |= {"FROM_T": [None, None], "TO_T": [1, 2]}
    mapping = PLACES.replace("closed = 1 }", 'closed = 1 }\nsides = "terminal"')
    mapping = mapping.replace(
        'class = "primary"', 'class = "primary"\nterminal_a = "FROM_T"\nterminal_b = "TO_T"'
    ).replace('at = "STATION"', 'at = "STATION"\nterminal = "T"')
    network = read_street(tmp_path, layers, mapping)
    assert list(network.feeders["head"]) == ["SWITCHES:S"]
    assert lost(network, "SWITCHES:S") == {"METERS:M", "METERS:E"}


def test_station_where_several_lines_begin_gets_a_busbar_as_head(tmp_path: Path) -> None:
    layers = places()
    layers["MAINS"]["ID"].append("C")
    layers["MAINS"]["geometry"].append(line((0, 0), (0, 50)))
    network = read_street(tmp_path, layers, PLACES)
    assert list(network.feeders["head"]) == ["F:head"]
    assert network.equipment.set_index("mrid").loc["F:head", "kind"] == "busbar"
    assert lost(network, "F:head") == {"METERS:M", "METERS:E"}


def test_feeders_that_begin_at_one_place_are_refused(tmp_path: Path) -> None:
    layers = places()
    layers["CIRCUITS"] = {"ID": ["F", "G"], "STATION": ["ST", "ST"]}
    with pytest.raises(SourceError, match="feeders F and G begin at one place"):
        read_street(tmp_path, layers, PLACES)


def test_same_source_gives_the_same_network(tmp_path: Path) -> None:
    layers = places()
    once = read_street(tmp_path, layers, PLACES)
    again = tmp_path / "again"
    again.mkdir()
    layers["MAINS"] = {key: values[::-1] for key, values in layers["MAINS"].items()}
    other = read_street(again, layers, PLACES)
    assert sorted(once.nodes["mrid"]) == sorted(other.nodes["mrid"])
