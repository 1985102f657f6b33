"""A check of a mapped source runs the rules of the network too, and says which row each is of."""

from __future__ import annotations

from pathlib import Path

import pytest

from gridtwin.model.findings import Finding
from gridtwin.twin.data_findings import check_source
from mapped_sources import read_street

from .test_mapping_parting import BOTH, DEVICES, METERS, changed, village

BREAK = {"phases": "phases = \"case ID when 'V2' then 'B' when 'V1' then 'A' else 'ABC' end\""}


def found(folder: Path, layers: dict[str, dict[str, object]], mapping: str) -> list[Finding]:
    read_street(folder, layers, mapping)
    return list(check_source(folder / "utility.gpkg", folder / "utility.toml").found.findings)


@pytest.mark.parametrize(
    ("rule", "mrid", "source"),
    [
        ("loop", "DEVICES:TIE", ("DEVICES", "TIE")),  # between two feeders
        ("island", "m2", ("", "")),  # with a customer, and without a head
        ("idle_transformer", "DEVICES:T5", ("DEVICES", "T5")),
        ("phase_break", "LINES:V2", ("LINES", "V2")),
        ("zero_length", "LINES:A2", ("LINES", "A2")),
    ],
)
def test_rules_of_the_network_name_the_row(
    tmp_path: Path, rule: str, mrid: str, source: tuple[str, str]
) -> None:
    devices = [*DEVICES, ("T5", "n2", "v5", 2, "C")]
    if rule == "loop":
        devices = changed(devices, TIE={4: "C"})
    mapping = BOTH.replace('phases = "PHASES"', BREAK["phases"]) if rule == "phase_break" else BOTH
    if rule == "island":
        mapping = mapping.replace('node = "START"', 'node = "START"\nwhere = "ID = \'F1\'"')
    findings = found(tmp_path, village(None, devices), mapping)
    told = {each.mrid: each for each in findings if each.rule == rule}
    assert mrid in told
    assert (told[mrid].layer, told[mrid].key) == source
    if rule == "island":
        assert "1 usage points without supply" in told[mrid].evidence


def test_a_record_that_two_rules_look_at_is_told_once(tmp_path: Path) -> None:
    mapping = BOTH.replace('node = "NODE"', 'node = "NODE"\ntransformer = "\'DEVICES:\' || TRAFO"')
    meters = [*METERS, ("MY", "x3", "F1", "T4")]
    findings = found(tmp_path, village(None, None, meters), mapping)
    assert [each.mrid for each in findings if each.rule == "recorded_transformer"] == ["METERS:MY"]
