"""`gridtwin restore plan` keeps its contract: exit codes, streams, forms, and operates nothing."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

import gridtwin
from gridtwin.cli.root_commands import app
from gridtwin.errors import InputError, NotFoundError
from networks import feeder_in_three_sections, two_feeders_with_a_tie

if TYPE_CHECKING:
    from click.testing import Result


@pytest.fixture
def twin(tmp_path: Path) -> Path:
    path = tmp_path / "small.twin"
    gridtwin.open(feeder_in_three_sections()).save(path)
    return path


def run(path: Path, *words: str) -> Result:
    return CliRunner().invoke(app, ["restore", "plan", *words, "--in", str(path)])


def test_a_person_reads_the_steps_and_the_totals(twin: Path) -> None:
    done = run(twin, "L2")
    assert done.exit_code == 0
    assert "fault at L2: B1 trips, 70 customers out" in done.stdout
    assert "50 customers back, 20 until repair" in done.stdout
    assert "no plan is better" in done.stdout
    assert "verify and tag" in run(twin, "L1").stdout


def test_words_of_doubt_go_to_standard_error(twin: Path) -> None:
    done = run(twin, "L2", "--json")
    assert json.loads(done.stdout)["warnings"]
    assert "no peak load is recorded" in run(twin, "L2").stderr


def test_nothing_to_restore_by_switching_exits_1(twin: Path) -> None:
    """What hangs on the faulted section alone waits for the repair."""
    done = run(twin, "Md", "--json")
    assert json.loads(done.stdout)["totals"]["customers_restored"] == 0
    assert done.exit_code == 1
    assert run(twin, "L2").exit_code == 0


def test_what_is_not_there_or_makes_no_sense_is_refused(twin: Path) -> None:
    assert isinstance(run(twin, "L9").exception, NotFoundError)
    assert isinstance(run(twin, "L2", "--state", "no-such").exception, NotFoundError)
    assert isinstance(run(twin, "L2", "--json", "--csv").exception, InputError)
    assert run(twin, "L2", "--crews", "0").exit_code == 2
    assert run(twin, "L2", "--margin-pct", "120").exit_code == 2


def test_durations_and_crews_are_asked_for(twin: Path) -> None:
    words = ("--remote-minutes", "2", "--manual-minutes", "10", "--crews", "2", "--json")
    document = json.loads(run(twin, "L2", *words).stdout)
    durations = {step["control"]: step["duration_min"] for step in document["steps"]}
    assert durations == {"remote": 2, "manual": 10}
    assert {step["crew"] for step in document["steps"]} == {None, 1, 2}


def test_remote_only_closes_nothing_on_site(twin: Path) -> None:
    document = json.loads(run(twin, "L2", "--remote-only", "--json").stdout)
    moved = [step for step in document["steps"] if step["action"] != "verify_and_tag"]
    assert all(step["control"] == "remote" for step in moved)


def test_a_lateral_that_ends_is_named_and_operated_only_with_all_sides(tmp_path: Path) -> None:
    path = tmp_path / "lateral.twin"
    gridtwin.open(two_feeders_with_a_tie()).save(path)
    done = run(path, "L1")
    assert "left as they stand, nothing but dead ends beyond: FUSE" in done.stdout
    document = json.loads(run(path, "L1", "--json").stdout)
    assert document["dead_beyond"] == ["FUSE"]
    assert "FUSE" not in {step["mrid"] for step in document["steps"]}
    every = json.loads(run(path, "L1", "--all-sides", "--json").stdout)
    assert every["dead_beyond"] == []
    assert [step["action"] for step in every["steps"] if step["mrid"] == "FUSE"] == ["open"]
    words = ["trace", "isolation", "L1", "--in", str(path), "--json"]
    for more, said in (([], "dead_beyond"), (["--all-sides"], "operate")):
        traced = json.loads(CliRunner().invoke(app, [*words, *more]).stdout)
        assert {each["mrid"]: each["class"] for each in traced["elements"]}["FUSE"] == said


def test_steps_as_geojson_and_csv(twin: Path) -> None:
    document = json.loads(run(twin, "L2", "--geojson").stdout)
    assert [feature["properties"]["mrid"] for feature in document["features"]]
    assert all(feature["geometry"] for feature in document["features"])
    rows = list(csv.DictReader(io.StringIO(run(twin, "L2", "--csv").stdout)))
    assert {row["action"] for row in rows} == {"open", "close"}


def test_the_end_is_kept_as_an_overlay_and_the_current_state_left_alone(twin: Path) -> None:
    assert run(twin, "L2", "--save-overlay", "after-l2").exit_code == 0
    opened = gridtwin.open(str(twin))
    assert opened.version == 0
    assert not opened.store.states.read_state().deviations
    assert opened.explain("Mc", state="after-l2").supplied
    assert not opened.explain("Mb", state="after-l2").supplied


def test_the_same_question_gets_the_same_answer(twin: Path) -> None:
    assert run(twin, "L2", "--json").stdout == run(twin, "L2", "--json").stdout
