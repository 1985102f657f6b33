"""`gridtwin erm storm` reads storms, answers in every form, and refuses what cannot be."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

import gridtwin
from gridtwin.cli.root_commands import app
from gridtwin.errors import InputError
from networks import two_feeders_with_a_tie

if TYPE_CHECKING:
    from pathlib import Path

AROUND = "POLYGON ((-180 -90, 180 -90, 180 90, -180 90, -180 -90))"


@pytest.fixture
def small(tmp_path: Path) -> str:
    path = tmp_path / "small.twin"
    gridtwin.open(two_feeders_with_a_tie()).save(path)
    return str(path)


def run(*words: str) -> str:
    done = CliRunner().invoke(app, ["erm", "storm", *words], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.stdout


def test_a_storm_is_told_in_a_table(small: str) -> None:
    said = run("--damaged", "L1", "--in", small, "--draws", "20")
    assert "t50 hours" in said
    assert "All customers back, by substation" in said


def test_damage_comes_from_a_file_of_mrids(small: str, tmp_path: Path) -> None:
    (tmp_path / "damaged.txt").write_text("L1\nL2\n")
    said = run("--damaged", str(tmp_path / "damaged.txt"), "--in", small, "--draws", "5", "--json")
    assert {device["mrid"] for device in json.loads(said)["devices"]} == {"L1", "L2"}


def test_damage_comes_from_a_polygon_and_rates(small: str) -> None:
    said = run(AROUND, "--rate", "fuse=1", "--in", small, "--draws", "5", "--json")
    assert [device["mrid"] for device in json.loads(said)["devices"]] == ["FUSE"]


def test_aid_shortens_the_wait(small: str) -> None:
    words = ("--damaged", "L1", "--damaged", "FUSE", "--damaged", "L2", "--in", small, "--json")
    slow = json.loads(run(*words, "--crews", "1", "--shift", "12/12"))
    fast = json.loads(run(*words, "--crews", "1", "--shift", "12/12", "--mutual-aid", "5@1"))
    assert fast["crews"] == 6
    assert fast["last"]["p50_h"] < slow["last"]["p50_h"]


def test_the_curve_is_printed_as_csv(small: str) -> None:
    lines = run("--damaged", "L1", "--in", small, "--draws", "20", "--csv").splitlines()
    assert lines[0] == "hours,p10,p50,p90,mean"
    assert lines[1].startswith("0.0,0,0,0,")


def test_scenarios_print_a_line_each(small: str) -> None:
    words = ("--damaged", "L1", "--in", small, "--draws", "5")
    lines = run(*words, "--scenarios", "3", "--scheduler", "single").splitlines()
    assert [json.loads(line)["seed"] for line in lines] == [0, 1, 2]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--mutual-aid", "many"), "COUNT@HOURS"),
        (("--shift", "16"), "WORK/REST"),
        (("--rate", "fuse"), "KIND=RATE"),
        (("--crews", "0"), "crews"),
        (("--zone", "county"), "substation, feeder"),
        (("--scheduler", "cloud", "--scenarios", "2"), "single, processes, distributed"),
        (("--json", "--csv"), "exclude each other"),
    ],
)
def test_what_cannot_be_is_refused_with_how_to_mend_it(
    small: str, words: tuple[str, ...], said: str
) -> None:
    with pytest.raises(InputError, match=said):
        run("--damaged", "L1", "--in", small, *words)


def test_a_storm_that_damages_nothing_is_refused(small: str) -> None:
    with pytest.raises(InputError, match="nothing is damaged"):
        run("--in", small)
