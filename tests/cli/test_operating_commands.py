"""Tags, orders and crews from the command line, with its exit codes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

import gridtwin
from document_schemas import hold_to_schema
from gridtwin.cli import entry
from gridtwin.cli.root_commands import app
from gridtwin.errors import (
    GridtwinError,
    InputError,
    OperationConflictError,
    OperationRefusedError,
)
from gridtwin.model.crews import Crew
from networks import two_feeders_with_a_tie

RUNNER = CliRunner()


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Return the directory of a twin that commands use, as ann."""
    path = tmp_path / "two.twin"
    gridtwin.open(two_feeders_with_a_tie()).save(path)
    monkeypatch.setenv("GRIDTWIN_TWIN", str(path))
    monkeypatch.setenv("GRIDTWIN_ACTOR", "ann")
    return str(path)


def run(*words: str) -> str:
    """Run a command; raise what it refuses with."""
    done = RUNNER.invoke(app, list(words))
    if done.exception is not None:
        raise done.exception
    return done.output


def read(*words: str) -> Any:
    """Run a command; return the document it prints, held to its schema."""
    document = json.loads(run(*words, "--json"))
    hold_to_schema(document)
    return document


def exit_code(error: GridtwinError) -> int:
    return next(code for kind, code in entry.EXIT_CODES if isinstance(error, kind))


def test_a_tag_is_placed_heeded_and_removed(home: str, monkeypatch: pytest.MonkeyPatch) -> None:
    (tag,) = read("tag", "place", "BKR1", "--reason", "at work")["tags"]
    assert (tag["number"], tag["placed_by"]) == (1, "ann")
    assert "at work" in run("tag", "list")
    with pytest.raises(OperationRefusedError) as refused:
        run("switch", "open", "BKR1")
    assert exit_code(refused.value) == 1
    preview = read("switch", "open", "BKR1", "--preview")
    assert preview["refusals"]
    assert "forbidden" in run("switch", "open", "BKR1", "--preview")
    monkeypatch.setenv("GRIDTWIN_ACTOR", "bob")
    with pytest.raises(InputError):
        run("tag", "remove", "1")
    run("tag", "remove", "1", "--reason", "ann left")
    assert "no tag hangs" in run("tag", "list", "BKR1")
    digest = read("switch", "open", "BKR1", "--preview")["digest"]
    run("switch", "open", "BKR1", "--confirmed", digest)
    with pytest.raises(OperationConflictError) as late:
        run("switch", "open", "BKR1", "--confirmed", digest)
    assert exit_code(late.value) == 1
    assert [event.actor for event in gridtwin.open(home).store.states.list_events()] == ["bob"]


def test_an_order_is_carried_out(home: str, tmp_path: Path) -> None:
    plan = tmp_path / "plan.json"
    # Its exit code says that some stay out until repair.
    plan.write_text(RUNNER.invoke(app, ["restore", "plan", "L1", "--json"]).stdout)
    gridtwin.open(home).switch("BKR1", open=True)  # it tripped
    (order,) = read("order", "start", "L1", "--plan", str(plan))["orders"]
    for _ in order["steps"]:
        (order,) = read("order", "do", order["id"])["orders"]
    assert {step["status"] for step in order["steps"]} == {"done"}
    assert "all done" in run("order", "show", order["id"])
    run("order", "undo", order["id"])
    run("order", "skip", order["id"], "--reason", "stuck")
    assert [each["id"] for each in read("order", "list")["orders"]] == [order["id"]]
    assert "ann" in run("order", "list")
    (ended,) = read("order", "end", order["id"])["orders"]
    assert (ended["status"], ended["steps"][-1]["note"]) == ("ended", "stuck")
    (other,) = read("order", "start", "L2")["orders"]
    assert other["of"] == ["L2"]
    plan.write_text("[]")
    with pytest.raises(InputError, match="is no plan"):
        run("order", "start", "FUSE", "--plan", str(plan))


def test_a_crew_is_sent(home: str) -> None:
    twin = gridtwin.open(home)
    twin.store.crews.write_crews([Crew("C-1", "Line 1", ("line",))])
    outage = twin.outages.open("L2").id
    run("crew", "place", "C-1", "--lon", "0.1", "--lat", "0.1")
    assert read("crew", "nearest", outage)["crews"][0]["mrid"] == "C-1"
    run("crew", "assign", "C-1", outage)
    assert "on_site" in run("crew", "advance", "1", "on_site", "--etr", "2030-01-01T12:00Z")
    assert twin.outages.get(outage).crew_status == "on site"
    assert outage in run("crew", "list")
