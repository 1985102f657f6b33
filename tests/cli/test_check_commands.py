"""Check a mapping and a twin by command: exit codes, accepted findings, findings for QGIS."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree import ElementTree

import geopandas as gpd
import pytest
from typer.testing import CliRunner

from gridtwin.cli.root_commands import app
from gridtwin.errors import GridtwinError
from mapped_sources import COLUMNS, line, read_street, street

if TYPE_CHECKING:
    from click.testing import Result

ACCEPTS = """
[[accept]]
rule = "unmapped_code"
key = "DEVICES:kind=9"
reason = "poles, which conduct nothing"
"""


def run(*words: object) -> Result:
    return CliRunner().invoke(app, [str(word) for word in words])


def write_pole(folder: Path, mapping: str = COLUMNS) -> tuple[Path, Path]:
    """Write the street with a device of an unknown code, which stands beside the way."""
    layers = street()
    added = {"ID": "P", "FROM_NODE": "p", "TO_NODE": "q", "TYPE": 9, "POS": "C", "KVA": None}
    for name, value in {**added, "CIRCUIT": "F1"}.items():
        layers["DEVICES"][name].append(value)
    layers["DEVICES"]["geometry"].append(layers["DEVICES"]["geometry"][0])
    read_street(folder, layers, mapping)
    return folder / "utility.gpkg", folder / "utility.toml"


def test_an_error_that_the_mapping_accepts_ends_with_0(tmp_path: Path) -> None:
    source, mapping = write_pole(tmp_path)
    assert run("map", "check", source, "--map", mapping).exit_code == 1
    mapping.write_text(COLUMNS + ACCEPTS)
    done = run("map", "check", source, "--map", mapping, "--json")
    assert done.exit_code == 0
    (found,) = [
        each for each in json.loads(done.stdout)["findings"] if each["rule"] == "unmapped_code"
    ]
    assert found["accepted"] == {
        "key": "DEVICES:kind=9", "reason": "poles, which conduct nothing", "actor": "", "at": "",
    }  # fmt: skip


def test_a_mapping_is_told_of_what_it_accepts_in_vain(tmp_path: Path) -> None:
    read_street(tmp_path, street(), COLUMNS + ACCEPTS)
    words = (tmp_path / "utility.gpkg", "--map", tmp_path / "utility.toml")
    done = run("map", "check", *words, "--rule", "accepts_nothing")
    assert done.exit_code == 0
    assert "accepts_nothing" in done.stdout
    assert run("check", "--rule", "no_rule", "--in", tmp_path).exit_code == 1
    done = run("map", "check", *words, "--rule", "no_rule")
    assert isinstance(done.exception, GridtwinError)
    assert "no rule is called 'no_rule'" in str(done.exception)


def test_a_loaded_twin_keeps_its_findings_and_what_is_accepted(tmp_path: Path) -> None:
    source, mapping = write_pole(tmp_path)
    twin = tmp_path / "x.twin"
    assert run("load", source, "--map", mapping, "--into", twin).exit_code == 0
    source.unlink()
    done = run("check", "--in", twin, "--rule", "unmapped_code", "--csv")
    assert done.exit_code == 1
    assert "DEVICES:kind=9" in done.stdout
    key = ("unmapped_code", "DEVICES:kind=9")
    assert run("check", "accept", *key, "--in", twin).exit_code == 2  # without a reason
    done = run("check", "accept", *key, "--reason", "a pole", "--in", twin)
    assert done.stdout == "unmapped_code of DEVICES:kind=9 is accepted: a pole\n"
    done = run("check", "--in", twin, "--json")
    assert done.exit_code == 0
    assert json.loads(done.stdout)["findings"][0]["accepted"]["reason"] == "a pole"
    assert run("check", "undo", *key, "--in", twin).exit_code == 0
    assert run("check", "--in", twin).exit_code == 1
    assert run("check", "--in", twin, "undo", *key).exit_code == 2  # it would be of another twin


def test_findings_are_written_for_qgis(tmp_path: Path) -> None:
    layers = street()
    added = {"ID": "L4", "FROM_NODE": "n1", "TO_NODE": "n9", "PHASES": "ABC", "CIRCUIT": "F1"}
    for name, value in added.items():
        layers["LINES"][name].append(value)
    layers["LINES"]["geometry"].append(line((0, 0), (100, 0)))  # as L1 is
    read_street(tmp_path, layers, COLUMNS + ACCEPTS)
    out = tmp_path / "findings.gpkg"
    words = (tmp_path / "utility.gpkg", "--map", tmp_path / "utility.toml", "--gpkg", out)
    assert run("map", "check", *words).exit_code == 0
    points, lines = (gpd.read_file(out, layer=name) for name in ("findings", "finding_lines"))
    drawn = points.set_index("rule").loc["repeated_geometry"]
    assert (drawn["mrid"], drawn["severity"]) == ("LINES:L4", "warning")
    assert (drawn["source_layer"], drawn["source_key"]) == ("LINES", "L4")
    assert drawn["words"] == "is drawn as LINES:L1 is"
    assert drawn.geometry.geom_type == "Point"
    assert points.crs == lines.crs == "EPSG:4326"
    assert points.set_index("rule").loc["accepts_nothing"].geometry is None
    (course,) = lines[lines["mrid"] == "LINES:L4"].geometry
    assert len(course.coords) == 2
    with closing(sqlite3.connect(out)) as connection:
        styles = dict(
            connection.execute(
                "SELECT f_table_name, styleQML FROM layer_styles WHERE useAsDefault"
                " AND f_geometry_column = 'geom'"
            ).fetchall()
        )
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    kinds = {
        name: {each.get("type") for each in ElementTree.fromstring(text).iter("symbol")}  # noqa: S314
        for name, text in styles.items()
    }
    assert kinds == {"findings": {"marker"}, "finding_lines": {"line"}}


@pytest.mark.parametrize("name", ["utility.toml", "nowhere/findings.gpkg", "utility.sqlite"])
def test_findings_take_the_place_of_no_other_file(tmp_path: Path, name: str) -> None:
    read_street(tmp_path)
    before = (tmp_path / "utility.toml").read_text()
    words = (tmp_path / "utility.gpkg", "--map", tmp_path / "utility.toml")
    done = run("map", "check", *words, "--gpkg", tmp_path / name)
    assert isinstance(done.exception, GridtwinError)
    assert (tmp_path / "utility.toml").read_text() == before
