"""What a mapping finds row by row: rule, row, place and words, each right by hand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from gridtwin.errors import SourceError
from gridtwin.model.findings import Finding
from gridtwin.sources.mapping.mapping_reader import check_mapping
from gridtwin.sources.mapping.mapping_report import MappingReport
from mapped_sources import COLUMNS, PLACES, at, line, places, read_street, street


def report(folder: Path, layers: dict[str, dict[str, Any]], mapping: str) -> MappingReport:
    read_street(folder, layers, mapping)
    return check_mapping(folder / "utility.gpkg", folder / "utility.toml")


def found(
    folder: Path, layers: dict[str, dict[str, Any]], mapping: str, rule: str
) -> list[Finding]:
    findings = report(folder, layers, mapping).network.loaded.findings
    return [each for each in findings if each.rule == rule]


def test_a_mapping_that_fits_finds_nothing(tmp_path: Path) -> None:
    assert report(tmp_path, street(), COLUMNS).network.loaded.findings == ()
    (tmp_path / "utility.gpkg").unlink()
    assert report(tmp_path, places(), PLACES).network.loaded.findings == ()


def test_codes_that_are_not_listed_are_counted_by_layer_and_code(tmp_path: Path) -> None:
    layers = street()
    layers["DEVICES"]["TYPE"] = [9, 9]
    (finding,) = found(tmp_path, layers, COLUMNS, "unmapped_code")
    assert (finding.mrid, finding.severity) == ("DEVICES:kind=9", "error")
    assert (finding.layer, finding.key, finding.place) == ("DEVICES", "kind=9", None)
    assert "2 rows have '9'" in finding.evidence


def test_each_row_that_repeats_a_key_is_found(tmp_path: Path) -> None:
    layers = street()
    for name, value in {"ID": "M1", "NODE": "n2", "CIRCUIT": "F1", "ACTIVE": 0}.items():
        layers["METERS"][name].append(value)
    mapping = COLUMNS.replace('to = "usage_points"', 'to = "usage_points"\nprefer = "ACTIVE"')
    (finding,) = found(tmp_path, layers, mapping, "repeated_key")
    assert (finding.mrid, finding.layer, finding.key) == ("METERS:M1", "METERS", "M1")


def test_a_line_drawn_twice_is_found_whichever_way_round(tmp_path: Path) -> None:
    layers = places()
    layers["MAINS"]["ID"] += ["A2", "C"]
    layers["MAINS"]["geometry"] += [line((100, 0), (0, 0)), line((0, 0), (50, 40), (100, 0))]
    layers["SERVICES"]["ID"].append("E")
    layers["SERVICES"]["geometry"].append(line((0, 0), (100, 0)))  # of another layer
    (finding,) = found(tmp_path, layers, PLACES, "repeated_geometry")
    assert finding.mrid == "MAINS:A2"
    assert finding.evidence == "is drawn as MAINS:A is"


def test_near_misses_are_sorted_by_distance_and_counted_in_steps(tmp_path: Path) -> None:
    layers = places()
    layers["MAINS"] = {
        "ID": ["A", "B", "C", "D"],
        "geometry": [
            line((0, 0), (100, 0)),
            line((100, 0), (200, 0)),
            line((203, 0), (300, 0)),
            line((200, -1.5), (200, -90)),
        ],
    }
    told = report(tmp_path, layers, PLACES)
    near = [each for each in told.network.loaded.findings if each.rule == "near_miss"]
    assert [each.mrid for each in near] == ["MAINS:D", "MAINS:C"]
    assert "ends 1.50 m beside" in near[0].evidence
    assert "ends 3.00 m beside" in near[1].evidence
    assert near[0].place == pytest.approx((-86.99778, 36.14470), abs=1e-5)
    # Four lie on something; three within 0.2 m (0.1 m of UTM are 0.10004 m here).
    ends = {(each.from_m, each.to_m): each.ends for each in told.distances if each.ends}
    assert ends == {
        (0.0, 0.001): 4, (0.1, 0.3): 3, (1.0, 3.0): 1, (3.0, 10.0): 1, (30.0, float("inf")): 1,
    }  # fmt: skip
    assert sum(ends.values()) == 10


def test_ends_are_counted_by_what_meets_them(tmp_path: Path) -> None:
    # n0 and n5: the head, a meter. n1, n2, n3, n4: a device; n2 a meter, too.
    assert report(tmp_path, street(), COLUMNS).partners == {1: 5, 2: 1}


def test_devices_that_do_not_part_two_sides_are_found(tmp_path: Path) -> None:
    layers = places()
    layers["SWITCHES"] = {
        "ID": ["S", "S2", "LOOSE", "STAR"],
        "POS": [1, 1, 1, 1],
        "geometry": [at(100, 0.1), at(100, 0.2), at(600, 0), at(300, 0)],
    }
    layers["MAINS"]["ID"] += ["C", "D"]
    layers["MAINS"]["geometry"] += [line((300, 0), (400, 0)), line((300, 0), (300, 90))]
    told = report(tmp_path, layers, PLACES).network.loaded.findings
    by_rule = {(each.rule, each.mrid): each.evidence for each in told}
    assert by_rule["devices_at_one_place", "SWITCHES:S2"] == "stands where SWITCHES:S stands"
    assert by_rule["device_one_sided", "SWITCHES:LOOSE"] == "has no line on one side"
    assert by_rule["device_star", "SWITCHES:STAR"].startswith("parts 3 line ends")
    assert {rule for rule, _ in by_rule} == {
        "devices_at_one_place", "device_one_sided", "device_star", "device_to_nowhere",
    }  # fmt: skip
    assert len(by_rule) == 4


def test_a_device_on_one_of_other_sides_is_an_error(tmp_path: Path) -> None:
    layers = places()
    layers["SWITCHES"]["ID"].append("ON_T")
    layers["SWITCHES"]["POS"].append(1)
    layers["SWITCHES"]["geometry"].append(at(200, 0.1))
    (finding,) = found(tmp_path, layers, PLACES, "device_stacked")
    assert (finding.mrid, finding.severity) == ("TRANSFORMERS:T", "error")
    assert finding.evidence == "stands where SWITCHES:ON_T stands, whose sides are others"


def test_a_line_of_no_side_is_an_error(tmp_path: Path) -> None:
    mapping = PLACES.replace('class = "secondary"', 'class = "third"')
    (finding,) = found(tmp_path, places(), mapping, "line_without_side")
    assert (finding.mrid, finding.severity) == ("SERVICES:D", "error")


def test_ends_drawn_away_from_their_node_are_found(tmp_path: Path) -> None:
    layers = street()
    added = {"ID": "L4", "FROM_NODE": "n5", "TO_NODE": "n6", "PHASES": "A", "CIRCUIT": "F1"}
    for name, value in added.items():
        layers["LINES"][name].append(value)
    layers["LINES"]["geometry"].append(line((300, 0), (255, 0)))
    (finding,) = found(tmp_path, layers, COLUMNS, "ends_apart")
    assert finding.mrid in {"LINES:L3", "LINES:L4"}
    assert finding.evidence == "ends 5.00 m away from its node"


def test_an_open_device_that_was_rejoined_is_found(tmp_path: Path) -> None:
    layers = street()
    layers["DEVICES"]["POS"][0] = "O"
    layers["DEVICES"]["TO_NODE"][0] = "private"
    mapping = f"[connect]\nrejoin_open = true\n{COLUMNS}"
    (finding,) = found(tmp_path, layers, mapping, "rejoined_open")
    assert finding.mrid == "DEVICES:S1"


def test_lines_without_geometry_and_of_parts_are_found(tmp_path: Path) -> None:
    from shapely import MultiLineString

    layers = places()
    layers["MAINS"]["ID"] += ["NONE", "PARTS"]
    parts = MultiLineString([line((300, 0), (310, 0)), line((320, 0), (330, 0))])
    layers["MAINS"]["geometry"] += [None, parts]
    told = report(tmp_path, layers, PLACES).network.loaded.findings
    by_rule = {each.rule: each.mrid for each in told}
    assert by_rule["undrawn_line"] == "MAINS:NONE"
    assert by_rule["line_of_parts"] == "MAINS:PARTS"


def test_associations_of_what_no_layer_holds_are_found(tmp_path: Path) -> None:
    layers = places() | {"ASSOC": {"A": ["T", "T"], "B": ["M", "GONE"]}}
    mapping = f'{PLACES}\n[[associations]]\nfrom = "ASSOC"\na = "A"\nb = "B"\n'
    (finding,) = found(tmp_path, layers, mapping, "association_to_nothing")
    assert (finding.mrid, finding.layer, finding.key) == ("T", "ASSOC", "T - GONE")
    assert "GONE, which no mapped layer holds" in finding.evidence


@pytest.mark.parametrize(
    ("added", "error"),
    [
        ('[[accept]]\nrule = "island"\nkey = "n1"', "reason: say rule, key"),
        ('[[accept]]\nrule = "island"\nmrid = "n1"\nreason = "x"', "no such key"),
        ('[[accept]]\nrule = "island"\nkey = 7\nreason = "x"', "must be a text in quotes"),
        ('[accept]\nrule = "island"', "write each as a block [[accept]]"),
    ],
)
def test_a_block_that_accepts_nothing_sensible_is_refused(
    tmp_path: Path, added: str, error: str
) -> None:
    with pytest.raises(SourceError, match="accept") as caught:
        read_street(tmp_path, street(), f"{COLUMNS}\n{added}\n")
    assert error in str(caught.value)
