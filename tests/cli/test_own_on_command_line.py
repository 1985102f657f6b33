"""A utility's own columns on the command line: loaded, searched, shown, in documents."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

import gridtwin
from document_schemas import hold_to_schema
from gridtwin.cli.entry import main
from own_frames import OF_EVERY_KIND, frames_of_every_kind
from small_tables import csv_folder, tables

AREA = "POLYGON ((-95.4 29.7, -95.3 29.7, -95.3 29.8, -95.4 29.8, -95.4 29.7))"
ASKED = ["--with", "install_year,leased", "--with", "Last inspected"]
FIRST = {"install_year": 1987, "leased": True, "Last inspected": "2019-05-31"}


@pytest.fixture
def twin(tmp_path: Path) -> str:
    source = csv_folder(frames_of_every_kind(), tmp_path)
    network = gridtwin.read(source).with_searched("asset_tag", "install_year")
    gridtwin.open(network).save(tmp_path / "a.twin")
    return str(tmp_path / "a.twin")


def run(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    """Run a command; return its exit code, and what it printed."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["gridtwin", *words])
        with pytest.raises(SystemExit) as ended:
            main()
    told = capsys.readouterr()
    return int(ended.value.code or 0), told.out, told.err


def test_load_says_what_is_kept_and_marks_what_is_searched(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = str(csv_folder(frames_of_every_kind(), tmp_path))
    twin = str(tmp_path / "b.twin")
    code, _, told = run(capsys, "load", source, "--into", twin, "--search", "asset_tag", "--strict")
    assert code == 0
    assert told == (
        "kept: equipment: install_year (number), loss_kw (number), asset_tag (text),"
        " leased (flag), Last inspected (date)\n"
    )
    code, out, _ = run(capsys, "find", "Müller", "--in", twin, "--json")
    document = json.loads(out)
    hold_to_schema(document)
    assert (code, [each["mrid"] for each in document["found"]]) == (0, ["12"])
    code, _, told = run(capsys, "load", source, "--into", twin, "--overwrite", "--search", "tag")
    assert code == 2
    assert "no frame has an own column 'tag': there is Last inspected, asset_tag" in told


def test_find_looks_through_what_is_searched_alone(
    twin: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, _ = run(capsys, "find", "1987", "--in", twin, "--json", *ASKED)
    document = json.loads(out)
    hold_to_schema(document)
    assert code == 0
    origin = {"layer": "equipment.csv", "key": "11", "load": 1}
    assert document["found"] == [
        {"mrid": "11", "kind": "breaker", "name": "", "own": FIRST, "origin": origin}
    ]
    assert run(capsys, "find", "2019-05-31", "--in", twin)[0] == 1
    _, out, _ = run(capsys, "find", "1987", "--in", twin, *ASKED)
    assert "install_year" in out


def test_traces_show_own_columns_where_asked(twin: str, capsys: pytest.CaptureFixture[str]) -> None:
    trace = ["trace", "connected", "11", "--in", twin]
    _, out, _ = run(capsys, *trace, "--json", *ASKED)
    document = json.loads(out)
    hold_to_schema(document)
    shown = {each["mrid"]: each["own"] for each in document["elements"]}
    assert shown == {
        "11": FIRST,
        "12": {"install_year": None, "leased": None, "Last inspected": None},
        "13": {"install_year": 2003, "leased": False, "Last inspected": "1969-12-31"},
    }
    _, out, _ = run(capsys, *trace, "--json")
    assert all("own" not in each for each in json.loads(out)["elements"])
    _, out, _ = run(capsys, *trace, "--csv", "--with", "install_year")
    lines = {line.split(",")[0]: line.rpartition(",")[2] for line in out.splitlines()}
    assert lines == {"mrid": "install_year", "11": "1987", "12": "", "13": "2003"}
    _, out, _ = run(capsys, *trace, "--geojson", *ASKED)
    found = {each["properties"]["mrid"]: each["properties"] for each in json.loads(out)["features"]}
    assert found["11"].items() >= FIRST.items()
    code, _, told = run(capsys, *trace, "--with", "year")
    assert code == 2
    assert f"equipment has no own column 'year': it has {', '.join(OF_EVERY_KIND)}" in told


def test_traces_keep_what_an_own_column_says(twin: str, capsys: pytest.CaptureFixture[str]) -> None:
    trace = ["trace", "connected", "11", "--in", twin, "--json"]
    _, out, _ = run(capsys, *trace, "--where", "install_year < 1990 and kind == 'breaker'")
    assert [each["mrid"] for each in json.loads(out)["elements"]] == ["11"]


def test_intersect_shows_own_columns_where_asked(
    twin: str, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = ["intersect", AREA, "--layer", "equipment", "--in", twin]
    _, out, _ = run(capsys, *asked, "--json", *ASKED)
    document = json.loads(out)
    hold_to_schema(document)
    (first,) = [row for row in document["rows"] if row["mrid"] == "11"]
    assert first.items() >= FIRST.items()
    assert run(capsys, *asked, "--csv", "--with", "leased")[1].splitlines()[0].endswith(",leased")


def test_a_column_that_bears_a_name_of_the_answer_is_told_apart(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    frames = tables()
    frames["equipment"]["depth"] = [1.5, 2.5, 3.5]
    gridtwin.open(gridtwin.read(csv_folder(frames, tmp_path))).save(tmp_path / "a.twin")
    trace = ["trace", "connected", "11", "--in", str(tmp_path / "a.twin"), "--csv"]
    _, out, _ = run(capsys, *trace, "--with", "depth", "--where", "own['depth'] > 3")
    assert out.splitlines()[0].endswith("depth,own.depth")
    assert [line.split(",")[0] for line in out.splitlines()[1:]] == ["13"]
