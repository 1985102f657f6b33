"""What a mapping file may not say: one error each, with file, block and key."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

import gridtwin
from gridtwin.errors import MissingExtraError, SourceError
from gridtwin.sources.mapping.mapping_file import (
    list_shipped_mappings,
    parse_mapping,
    read_mapping_text,
)
from mapped_sources import COLUMNS, read_street


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("[units]", "[unit]", "u.toml: unit: there is no such key; did you mean units?"),
        (
            "node_a =",
            "node_aa =",
            "[[layer]] 1, node_aa: there is no such key; did you mean node_a?",
        ),
        ('rated_va = "kVA"', 'rated_va = "kva"', "[units], rated_va: 'kva' is none of its words"),
        ('rated_va = "kVA"', 'rated_va = "ft"', "[units], rated_va: 'ft' is none of its words"),
        (
            'to = "equipment"',
            'to = "equipmnt"',
            "to: 'equipmnt' is none of its words; did you mean",
        ),
        ('to = "equipment"\n', "", "[[layer]] 1, to: say what its rows are"),
        ('from = "LINES"\n', "", "[[layer]] 1, from: say which layers it reads"),
        ('kind = "ac_line_segment"\n', "", "[[layer]] 1, kind: say what kind of equipment"),
        ('node_a = "FROM_NODE"\n', "", "[[layer]] 1, node_a:"),
        ('node_a = "FROM_NODE"', 'node_a = ""', "[[layer]] 1, node_a: it is empty"),
        ('node_a = "FROM_NODE"', "node_a = [1]", "[[layer]] 1, node_a: this must be a text"),
        (
            'phases = "PHASES"',
            'ends = "lines"',
            "ends: 'lines' is none of its words; did you mean line?",
        ),
        ('phases = "PHASES"', 'sides = "class"', "sides: say the classes of each side"),
        ('phases = "PHASES"', 'sides = { a = "x", b = "x" }', "needs classes of its own"),
        ('phases = "PHASES"', 'x = "LON"', "[[layer]] 1, x: say both x and y"),
        ('phases = "PHASES"', 'join = [{ table = "T", as = "own", on = "1" }]', "a join needs"),
        ('phases = "PHASES"', 'keep = ["Name"]', "keep: Name is a column of the model"),
        ('key = "ID"', "key = true", "[ids], key: this must be a text in quotes"),
        ('key = "ID"', "key = { LINES = 1 }", "[ids.key], LINES: this must be a text in quotes"),
        ("[ids]", "phases = true\n[ids]", "phases: this must be a table"),
        ('node = "NODE"\n', "", '[[layer]] 3, node: ends = "columns" needs the column'),
        ('phases = "PHASES"', 'optional = "yes"', "optional: this must be true or false"),
        (', open = "O"', "", "normal_open, open: say which words mean open: it is never guessed"),
        (', closed = ["C", ""]', "", "closed: say which words mean closed: it is never guessed"),
        ('closed = ["C", ""]', 'closed = ["O"]', "a word is listed twice"),
        ('column = "POS", open', "open", "say one column, or the column of each phase"),
        ('column = "TYPE", ', "", "kind, column: a table of codes says which column"),
        ("[ids]", '[phases.x]\nbits = { A = "4" }\n[ids]', "[phases.x.bits], A: a bit is a number"),
        ("[ids]", "[phases.x]\n[ids]", "[phases.x]: say one of letters, bits and codes"),
        (
            "[ids]",
            "[connect]\ntolerance_m = -1\n[ids]",
            "tolerance_m: -1 is no number of at least 0",
        ),
        ("[ids]", "[ids", "u.toml: this is no TOML"),
        ("[ids]", f"x = {'9' * 5000}\n[ids]", "u.toml: this is no TOML"),
        ("[ids]", f"x = {'[' * 3000}\n[ids]", "u.toml: this is no TOML"),
        ("[[layer]]", "[[layers]]", "layers: there is no such key; did you mean layer?"),
    ],
)
def test_what_a_mapping_may_not_say(old: str, new: str, told: str) -> None:
    assert old in COLUMNS
    with pytest.raises(SourceError) as caught:
        parse_mapping(COLUMNS.replace(old, new, -1 if old == "[[layer]]" else 1), "u.toml")
    assert told in str(caught.value)
    assert str(caught.value).startswith("u.toml: ")


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('phases = "PHASES"', 'phases = "PHASE"', "[[layer]] 1 (LINES), phases: LINES:"),
        ('phases = "PHASES"', 'phases = "*"', "[[layer]] 1 (LINES), phases: it is several columns"),
        ('phases = "PHASES"', 'prefer = "*"', "[[layer]] 1 (LINES), prefer"),
        ('phases = "PHASES"', 'phases = "PHASES +"', "[[layer]] 1 (LINES), phases: "),
        ('phases = "PHASES"', "phases = \"phases('no', PHASES)\"", "no decoder no"),
        ('phases = "PHASES"', 'length_m = "ID::double"', "[[layer]] 1 (LINES), length_m: LINES:"),
        ('phases = "PHASES"', 'where = "ACTIV = 1"', "[[layer]] 1 (LINES), where: LINES:"),
        ('key = "ID"', 'key = "IDD"', "[[layer]] 1 (LINES), key: LINES:"),
        ('key = "ID"', "", "[[layer]] 1 (LINES), key: say which column names the rows of LINES"),
        ('node = "NODE"', 'node = "NODES"', "[[layer]] 3 (METERS), node: METERS:"),
        ('node = "START"', 'at = "START"', "[[heads]] 1 (CIRCUITS), at: feeder F1 begins at 'n0'"),
        ('node = "START"\n', "", "[[heads]] 1 (CIRCUITS): say feeder, and where it begins"),
    ],
)
def test_what_does_not_fit_the_source(tmp_path: Path, old: str, new: str, told: str) -> None:
    assert old in COLUMNS
    with pytest.raises(SourceError) as caught:
        read_street(tmp_path, None, COLUMNS.replace(old, new, 1))
    assert told in str(caught.value)
    assert "utility.toml: " in str(caught.value)


def test_shipped_mappings_are_whole() -> None:
    names = list_shipped_mappings()
    assert {"bdgd", "ding0", "esri-geometric-network", "esri-utility-network"} <= set(names)
    assert [parse_mapping(*read_mapping_text(name)[::-1]).name for name in names] == [
        f"{name}.toml" for name in names
    ]


def test_mapping_that_is_not_there() -> None:
    with pytest.raises(SourceError, match=r"there is no such mapping file.*bdgd"):
        read_mapping_text("bdgt")


def test_duckdb_is_an_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "duckdb", None)
    with pytest.raises(MissingExtraError, match=r"gridtwin\[mapping\]"):
        read_street(tmp_path)


def test_command_loads_by_a_mapping(tmp_path: Path) -> None:
    from typer.testing import CliRunner

    from gridtwin.cli.root_commands import app

    read_street(tmp_path)
    twin = tmp_path / "street.twin"
    source, mapping = tmp_path / "utility.gpkg", tmp_path / "utility.toml"
    run = CliRunner().invoke(app, ["load", str(source), "--map", str(mapping), "--into", str(twin)])
    assert run.exit_code == 0, run.output
    assert len(gridtwin.open(twin).store.network.data.equipment.mrid) == 5


def test_mapping_of_the_page_is_one_and_names_what_there_is() -> None:
    page = (Path(__file__).parents[2] / "docs/mapping.md").read_text("utf-8")
    (text,) = re.findall(r"```toml\n(.*?)```", page, re.DOTALL)
    assert len(parse_mapping(text, "mapping.md").layers) == 3
    named = re.findall(
        r"^\| \[`([a-z0-9-]+)`\]\(mappings/\1\.md\) \| ", page.split("##")[0], re.MULTILINE
    )
    assert sorted(named) == list_shipped_mappings()
    pages = Path(__file__).parents[2] / "docs/mappings"
    assert sorted(each.stem for each in pages.glob("*.md")) == list_shipped_mappings()
