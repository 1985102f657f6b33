"""What `gridtwin map check` says of a mapping, and how it ends."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from gridtwin.cli.root_commands import app
from gridtwin.sources.mapping.mapping_reader import check_mapping
from mapped_sources import COLUMNS, read_street, street


def test_rows_are_counted_by_what_became_of_them(tmp_path: Path) -> None:
    layers = street()
    layers["METERS"] = {
        "ID": ["M1", "M1", "M2", "M3"],
        "NODE": ["n5", "n5", "n2", "n2"],
        "CIRCUIT": ["F1", "F1", "F2", "F1"],
        "ACTIVE": [0, 1, 1, 2],
    }
    layers["DEVICES"]["TYPE"][0] = 9
    mapping = COLUMNS.replace(
        'to = "usage_points"', 'to = "usage_points"\nwhere = "ACTIVE < 2"\nprefer = "ACTIVE = 1"'
    )
    read_street(tmp_path, layers, mapping)
    report = check_mapping(tmp_path / "utility.gpkg", tmp_path / "utility.toml")
    tallies = {tally.layer: tally[3:] for tally in report.tallies}
    assert tallies == {
        "LINES": (3, 0, 0, 0, 3),
        "DEVICES": (2, 0, 1, 0, 1),
        "METERS": (4, 1, 0, 1, 2),
        "CIRCUITS": (1, 0, 0, 0, 1),
    }
    assert report.feeders == (0, 2)  # nothing reaches them without the switch
    assert report.has_errors


@pytest.mark.parametrize(("code", "ends"), [(1, 0), (9, 1)])
def test_map_check_ends_with_1_where_there_are_errors(tmp_path: Path, code: int, ends: int) -> None:
    layers = street()
    layers["DEVICES"]["TYPE"][0] = code
    read_street(tmp_path, layers)
    source, mapping = tmp_path / "utility.gpkg", tmp_path / "utility.toml"
    run = CliRunner().invoke(app, ["map", "check", str(source), "--map", str(mapping)])
    assert run.exit_code == ends
    assert ("unmapped" in run.output) == bool(ends)
    assert "customers hang on the feeder they record" in run.output


def test_map_show_prints_what_comes_with_gridtwin() -> None:
    run = CliRunner().invoke(app, ["map", "show", "bdgd"])
    assert run.exit_code == 0
    assert 'from = ["SSDMT", "SSDBT", "RAMLIG"]' in run.output
    assert "bdgd" in CliRunner().invoke(app, ["map", "show"]).output.split()
