"""`gridtwin map init`, `--like` and `map schema`, as they are called."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from typer.testing import CliRunner

import gridtwin
from drafted_towns import LOSSES, TOWNS, draft_town, list_losses, make_town
from gridtwin.cli.root_commands import app
from gridtwin.errors import InputError
from gridtwin.sources.mapping.mapping_file import list_shipped_mappings, read_mapping_text
from gridtwin.sources.mapping.mapping_keys import ROW_KEYS, TOP_KEYS
from gridtwin.sources.mapping.mapping_schema import make_mapping_schema, write_mapping_schema
from mapped_sources import COLUMNS, street, write_source

ROOT = Path(__file__).parents[2]


def run(*words: str) -> Any:
    return CliRunner().invoke(app, ["map", *words])


def town(folder: Path, *, numbers: bool = False) -> Path:
    layers = make_town(TOWNS["English"])
    if numbers:
        words = layers["SWITCHES"]["NORMAL_POS"]
        layers["SWITCHES"]["NORMAL_POS"] = [0 if word == "O" else 1 for word in words]
    return write_source(folder / "town.gpkg", layers)


def test_init_prints_a_mapping_that_loads(tmp_path: Path) -> None:
    source = town(tmp_path)
    done = run("init", str(source))
    assert done.exit_code == 0
    file = tmp_path / "town.toml"
    file.write_text(done.stdout)
    assert list_losses(source, file) == LOSSES


def test_init_writes_a_file_and_replaces_none(tmp_path: Path) -> None:
    source, file = town(tmp_path, numbers=True), tmp_path / "town.toml"
    done = run("init", str(source), "--out", str(file))
    assert done.exit_code == 0
    assert "question SWITCHES.NORMAL_POS: SWITCHES: NORMAL_POS holds 1 (2), 0 (1)" in done.stderr
    words = ("init", str(source), "--out", str(file), "--answer", "NORMAL_POS=0")
    refused = run(*words)
    assert isinstance(refused.exception, InputError)
    assert "is there already" in str(refused.exception)
    assert run(*words, "--overwrite").exit_code == 0
    assert list_losses(source, file) == LOSSES


def test_init_asks_at_a_terminal(tmp_path: Path) -> None:
    source, file = town(tmp_path, numbers=True), tmp_path / "town.toml"
    terminal, theirs = pty.openpty()
    words = [sys.executable, "-c", "from gridtwin.cli.entry import main; main()"]
    words += ["map", "init", str(source), "--out", str(file)]
    try:
        with subprocess.Popen(words, stdin=theirs, stderr=subprocess.PIPE, text=True) as process:
            os.write(terminal, b"0\n")
            _, told = process.communicate()
        assert process.returncode == 0, told
    finally:
        os.close(terminal)
        os.close(theirs)
    assert "Which word means open?" in told
    assert list_losses(source, file) == LOSSES


@pytest.mark.parametrize("word", ["NORMAL_POS", "=0", "NORMAL_POS= "])
def test_answer_is_written_with_an_equals_sign(tmp_path: Path, word: str) -> None:
    done = run("init", str(town(tmp_path)), "--answer", word)
    assert "write QUESTION=WORD" in str(done.exception)


def test_document_shows_no_values_about_persons(tmp_path: Path) -> None:
    layers = make_town(TOWNS["English"])
    layers["CUSTOMERS"]["PHONE"] = [f"+49 171 555{row}555" for row in range(6)]
    done = run("init", str(write_source(tmp_path / "town.gpkg", layers)), "--json")
    document = json.loads(done.stdout)
    (column,) = [
        column
        for layer in document["layers"]
        for column in layer["columns"]
        if column["name"] == "PHONE"
    ]
    assert column["personal"] == "a phone number, by what it is called"
    assert (column["distinct"], column["top"]) == (6, [])
    assert "555" not in done.stdout
    assert {each["layer"] for each in document["node_columns"]} == {
        "LINE_SEGMENTS",
        "SWITCHES",
        "TRANSFORMERS",
    }


LIKE = COLUMNS.replace('from = "METERS"', 'from = "METER"')


def test_like_says_what_misfits(tmp_path: Path) -> None:
    layers = street()
    layers["DEVICES"]["TYPE"][1] = 7
    del layers["LINES"]["PHASES"]
    source = write_source(tmp_path / "utility.gpkg", layers)
    like, out = tmp_path / "like.toml", tmp_path / "mine.toml"
    like.write_text(LIKE)
    done = run("init", str(source), "--like", str(like), "--out", str(out))
    assert done.exit_code == 0
    told = [line.partition("does not fit: ")[2] for line in done.stderr.splitlines()]
    assert any("[[layer]] 1 (LINES), phases: " in line and "PHASES" in line for line in told)
    assert any("[[layer]] 2 (DEVICES), kind: DEVICES has '7' (1 rows)" in line for line in told)
    assert any("(METER): no layer METER; close to it: METERS" in line for line in told)
    assert sum(bool(line) for line in told) == 3
    assert tomllib.loads(out.read_text()) == tomllib.loads(LIKE)


def test_like_of_what_fits_says_so(tmp_path: Path) -> None:
    source = write_source(tmp_path / "utility.gpkg", street())
    like = tmp_path / "like.toml"
    like.write_text(COLUMNS)
    assert "# All of it fits the source." in run("init", str(source), "--like", str(like)).stdout


def test_like_goes_alone(tmp_path: Path) -> None:
    done = run("init", str(town(tmp_path)), "--like", "bdgd", "--json")
    assert "--like goes with neither" in str(done.exception)


def test_schema_is_the_published_one() -> None:
    done = run("schema")
    published = (ROOT / "docs/schemas/mapping.schema.json").read_text(encoding="utf-8")
    assert done.stdout == published == write_mapping_schema()


def test_shipped_mappings_and_drafts_fit_the_schema(tmp_path: Path) -> None:
    schema = make_mapping_schema()
    Draft202012Validator.check_schema(schema)
    validator = Draft202012Validator(schema)
    made, _, _ = draft_town(tmp_path, make_town(TOWNS["French"]))
    texts = {name: read_mapping_text(name)[1] for name in list_shipped_mappings()}
    assert len(texts) >= 5
    for name, text in {**texts, "draft": made.write(), "street": COLUMNS}.items():
        errors = [error.message for error in validator.iter_errors(tomllib.loads(text))]
        assert errors == [], name


@pytest.mark.parametrize(
    "text",
    [
        COLUMNS.replace("node_a", "node_aa"),
        COLUMNS.replace('to = "usage_points"', 'to = "customers"'),
        COLUMNS.replace("[units]", "[unit]"),
        COLUMNS.replace('rated_va = "kVA"', 'rated_va = "kW"'),
        COLUMNS.replace('open = "O", ', ""),
        COLUMNS + '\n[connect]\norder = ["magic"]\n',
        COLUMNS + '\n[phases.x]\nbits = { A = 1 }\nletters = { R = "A" }\n',
        COLUMNS.replace('feeder = "ID"', 'feeders = "ID"'),
        COLUMNS.replace('node = "NODE"', 'node = "NODE"\nrated_va = "KVA"'),
    ],
)
def test_schema_refuses_what_the_reader_refuses(tmp_path: Path, text: str) -> None:
    file = tmp_path / "m.toml"
    file.write_text(text)
    with pytest.raises(gridtwin.GridtwinError):
        gridtwin.read(town(tmp_path), mapping=file)
    validator = Draft202012Validator(make_mapping_schema())
    assert not validator.is_valid(tomllib.loads(text))


def test_every_key_of_a_mapping_is_described() -> None:
    schema = make_mapping_schema()
    assert list(schema["properties"]) == list(TOP_KEYS)
    layer = schema["properties"]["layer"]["items"]["properties"]
    assert set(ROW_KEYS) < set(layer)
    assert all(
        each.get("description") for each in (*schema["properties"].values(), *layer.values())
    )
