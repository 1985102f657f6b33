"""Where records part from what is traced: the element on the way that is to be opened first."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import gridtwin
from gridtwin.errors import SourceError
from gridtwin.model.findings import Finding
from gridtwin.sources.mapping.mapping_reader import check_mapping
from gridtwin.sources.mapping.mapping_report import MappingReport
from mapped_sources import COLUMNS, at, read_street, write_source

Row = tuple[str, str, str, str | None, str | None]  # id, nodes, recorded feeder and transformer

# F1: n1 -A1- n2 -A2- n3 -A3- n4, a tie TIE (open) n4-m4; F2: m1 -B1- m2 -B2- m4. T at n3 and n4.
LINES: list[Row] = [
    ("A1", "n1", "n2", "F1", None),
    ("A2", "n2", "n3", "F1", None),
    ("A3", "n3", "n4", "F1", None),
    ("B1", "m1", "m2", "F2", None),
    ("B2", "m2", "m4", "F2", None),
    ("V1", "v3", "w3", None, "T3"),
    ("V2", "w3", "x3", None, "T3"),
    ("V4", "v4", "w4", None, "T4"),
]
DEVICES: list[tuple[str, str, str, int, str]] = [
    ("TIE", "n4", "m4", 1, "O"),
    ("T3", "n3", "v3", 2, "C"),
    ("T4", "n4", "v4", 2, "C"),
]
METERS: list[tuple[str, str, str | None, str | None]] = [
    ("M2", "n2", "F1", None),
    ("M3", "w3", "F1", "T3"),
    ("MX", "x3", "F1", "T3"),
    ("M4", "w4", "F1", "T4"),
    ("MB", "m2", "F2", None),
]
BOTH = f'{COLUMNS}\nrecorded_transformer = "TRAFO"\n'


def village(
    lines: list[Row] | None = None,
    devices: list[tuple[str, str, str, int, str]] | None = None,
    meters: list[tuple[str, str, str | None, str | None]] | None = None,
) -> dict[str, dict[str, Any]]:
    """Return the layers of two feeders with an open tie, all drawn at one place."""
    ids, begins, stops, feeders, trafos = zip(*(lines or LINES), strict=True)
    names, firsts, seconds, kinds, positions = zip(*(devices or DEVICES), strict=True)
    meter_ids, nodes, meter_feeders, meter_trafos = zip(*(meters or METERS), strict=True)
    return {
        "LINES": {
            "ID": ids, "FROM_NODE": begins, "TO_NODE": stops, "PHASES": ["ABC"] * len(ids),
            "CIRCUIT": feeders, "TRAFO": trafos,
        },
        "DEVICES": {
            "ID": names, "FROM_NODE": firsts, "TO_NODE": seconds, "TYPE": kinds,
            "POS": positions, "KVA": [50.0] * len(names),
            "geometry": [at(0)] * len(names),
        },
        "METERS": {
            "ID": meter_ids, "NODE": nodes, "CIRCUIT": meter_feeders, "TRAFO": meter_trafos,
        },
        "CIRCUITS": {"ID": ["F1", "F2"], "START": ["n1", "m1"]},
    }  # fmt: skip


def changed(rows: list[Any], **changes: dict[int, object]) -> list[Any]:
    """Return rows of which some, by id, have other values in some columns."""
    return [
        tuple(changes.get(row[0], {}).get(place, value) for place, value in enumerate(row))
        for row in rows
    ]


def check(folder: Path, layers: dict[str, dict[str, Any]], mapping: str = BOTH) -> MappingReport:
    read_street(folder, layers, mapping)
    return check_mapping(folder / "utility.gpkg", folder / "utility.toml")


def parted(report: MappingReport, rule: str) -> list[Finding]:
    return [each for each in report.network.loaded.findings if each.rule == rule]


def test_records_that_are_traced_are_counted(tmp_path: Path) -> None:
    report = check(tmp_path, village())
    assert (report.feeders, report.transformers) == ((5, 5), (3, 3))
    assert report.network.loaded.findings == ()


def test_the_first_element_that_records_another_feeder_is_named(tmp_path: Path) -> None:
    other = {2: "F2"}
    lines = changed(LINES, A2={3: "F2"}, A3={3: "F2"})
    meters = changed(METERS, M3=other, MX=other, M4=other)
    report = check(tmp_path, village(lines, None, meters))
    assert report.feeders == (2, 5)
    (finding,) = parted(report, "recorded_feeder")
    assert (finding.mrid, finding.layer, finding.key) == ("LINES:A2", "LINES", "A2")
    assert finding.severity == "error"
    assert finding.evidence == (
        "3 customer rows record feeder F2 and hang on F1, from here on (first METERS:M3);"
        " it records F2 itself"
    )


def test_without_records_on_lines_it_is_the_first_behind_which_none_agrees(
    tmp_path: Path,
) -> None:
    lines = [(*row[:3], None, row[4]) for row in LINES]
    meters = changed(METERS, M4={2: "F2"})
    (finding,) = parted(check(tmp_path, village(lines, None, meters)), "recorded_feeder")
    assert finding.mrid == "LINES:A3"


def test_of_all_rows_of_a_feeder_it_is_the_head(tmp_path: Path) -> None:
    lines = [(*row[:3], None, row[4]) for row in LINES]
    (finding,) = parted(
        check(tmp_path, village(lines, None, changed(METERS, MB={2: "F1"}))), "recorded_feeder"
    )
    assert finding.mrid == "LINES:B1"  # the one piece of equipment at its start


def test_of_one_row_beside_others_that_agree_it_is_the_row(tmp_path: Path) -> None:
    meters = [*METERS, ("MY", "x3", "F2", "T3")]
    (finding,) = parted(check(tmp_path, village(None, None, meters)), "recorded_feeder")
    assert (finding.mrid, finding.layer, finding.key) == ("METERS:MY", "METERS", "MY")


def test_what_has_no_supply_parts_at_the_open_device_towards_its_feeder(tmp_path: Path) -> None:
    devices = [*DEVICES, ("S", "n2", "n3", 1, "O")]
    lines = [row for row in LINES if row[0] != "A2"]
    report = check(tmp_path, village(lines, devices))
    assert report.feeders == (2, 5)
    (finding,) = parted(report, "recorded_feeder")
    assert finding.mrid == "DEVICES:S"  # and not the tie, which leads to the other feeder
    assert "hang on none" in finding.evidence


def test_feeders_that_are_joined_part_at_the_switch_between_them(tmp_path: Path) -> None:
    report = check(tmp_path, village(None, changed(DEVICES, TIE={4: "C"})))
    assert report.feeders == (0, 5)
    assert {each.mrid for each in parted(report, "recorded_feeder")} == {"DEVICES:TIE"}


def test_the_first_line_of_another_transformer_is_named(tmp_path: Path) -> None:
    report = check(
        tmp_path,
        village(changed(LINES, V2={4: "T4"}), None, changed(METERS, MX={3: "T4"})),
    )
    assert report.transformers == (2, 3)
    (finding,) = parted(report, "recorded_transformer")
    assert (finding.mrid, finding.severity) == ("LINES:V2", "warning")
    assert "1 customer row records transformer T4 and hangs on T3" in finding.evidence


def test_of_all_rows_of_a_transformer_it_is_the_transformer(tmp_path: Path) -> None:
    lines = [(*row[:4], None) for row in LINES]
    meters = changed(METERS, M3={3: "T4"}, MX={3: "T4"})
    (finding,) = parted(check(tmp_path, village(lines, None, meters)), "recorded_transformer")
    assert finding.mrid == "DEVICES:T3"


def test_each_transformer_of_a_mesh_is_right(tmp_path: Path) -> None:
    lines = [*LINES, ("MESH", "w3", "w4", None, None)]
    meters = changed(METERS, M3={3: "T4"}, M4={3: "T3"})
    assert check(tmp_path, village(lines, None, meters)).transformers == (3, 3)


def test_a_transformer_above_the_mesh_or_beside_it_is_wrong(tmp_path: Path) -> None:
    devices = [*DEVICES, ("T5", "n2", "v5", 2, "C")]
    lines = [*LINES, ("MESH", "w3", "w4", None, None)]
    meters = changed(METERS, M3={3: "T5"}, M2={3: "T3"})
    assert check(tmp_path, village(lines, devices, meters)).transformers == (2, 4)


@pytest.mark.parametrize(
    "recorded",
    ['"TRAFO"', '{ METERS = "TRAFO" }', '{ "*" = "TRAFO" }', '{ meters = "trafo" }'],
)
def test_the_column_is_named_for_all_layers_or_for_each(tmp_path: Path, recorded: str) -> None:
    mapping = f"{COLUMNS}\nrecorded_transformer = {recorded}\n"
    assert check(tmp_path, village(), mapping).transformers == (3, 3)


def test_a_layer_of_transformers_may_say_what_others_call_them(tmp_path: Path) -> None:
    layers = village(None, None, changed(METERS, M3={3: "31"}, MX={3: "31"}, M4={3: "41"}))
    layers["DEVICES"]["OBJECT"] = [11, 31, 41]
    named = 'recorded_transformer = { METERS = "TRAFO", DEVICES = "OBJECT" }'
    assert check(tmp_path, layers, f"{COLUMNS}\n{named}\n").transformers == (3, 3)


@pytest.mark.parametrize(
    ("recorded", "error"),
    [
        ('{ METERS = "TRAFFO" }', "METERS has no column TRAFFO; did you mean TRAFO?"),
        ('{ METER = "TRAFO" }', "no block reads a layer METER; did you mean METERS?"),
        ('{ METERS = "" }', "say the column that records it"),
        ("{ METERS = 3 }", "this must be a text in quotes"),
        ("7", "this must be a text in quotes"),
    ],
)
def test_a_record_that_is_nowhere_is_refused(tmp_path: Path, recorded: str, error: str) -> None:
    source = write_source(tmp_path / "utility.gpkg", village())
    mapping = tmp_path / "utility.toml"
    mapping.write_text(f"{COLUMNS}\nrecorded_transformer = {recorded}\n")
    with pytest.raises(SourceError) as caught:
        gridtwin.read(source, mapping=mapping)
    assert error in str(caught.value)
    assert "utility.toml: [checks" in str(caught.value)
