"""An outage is opened, followed and closed from the command line."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

import gridtwin
from gridtwin.cli.root_commands import app
from gridtwin.errors import InputError, NotFoundError
from networks import two_feeders_with_a_tie


@pytest.fixture
def twin(tmp_path: Path) -> str:
    path = tmp_path / "small.twin"
    gridtwin.open(two_feeders_with_a_tie()).save(path)
    return str(path)


def run(twin: str, *words: str) -> str:
    done = CliRunner().invoke(app, ["outage", *words, "--in", twin])
    if done.exception and not isinstance(done.exception, SystemExit):
        raise done.exception
    assert done.exit_code == 0, done.output
    return done.stdout


def test_from_the_first_word_to_the_last(twin: str) -> None:
    opened = run(twin, "open", "BKR1", "--predicted", "--at", "2026-03-01T12:00Z", "--json")
    (outage,) = json.loads(opened)["outages"]
    name = outage["id"]
    assert (outage["status"], outage["customers"]) == ("predicted", 8)
    assert "confirmed" in run(twin, "confirm", name, "--cause", "tree", "--device", "L1")
    run(twin, "note", name, "--crew-status", "on site", "--crew-etr", "2026-03-01T15:00Z")
    assert "L1" in run(twin, "list")
    back = run(twin, "restore", name, "--below", "FUSE", "--at", "2026-03-01T13:00Z")
    assert "partially_restored" in back
    run(twin, "restore", name, "--at", "2026-03-01T14:00Z")
    assert "closed" in run(twin, "close", name)
    shown = run(twin, "show", name)
    assert all(word in shown for word in ("closed", "tree", "on site", "customer-minutes"))
    assert json.loads(run(twin, "list", "--json"))["outages"] == []
    assert name in run(twin, "list", "--since", "2026-03-01T00:00Z", "--csv")


def test_a_part_is_split_off_and_what_was_none_is_invalid(twin: str) -> None:
    run(twin, "open", "BKR1")
    (outage,) = json.loads(run(twin, "list", "--json"))["outages"]
    (child,) = json.loads(run(twin, "nest", outage["id"], "FUSE", "--json"))["outages"]
    assert child["parent"] == outage["id"]
    assert "invalid" in run(twin, "invalid", child["id"])


@pytest.mark.parametrize(
    ("words", "error", "reason"),
    [
        (("open", "BKR1", "--at", "noon"), InputError, "'noon' is no time"),
        (
            ("open", "BKR1", "--at", "2026-03-01T12:00"),
            InputError,
            "names no time zone: end it with Z",
        ),
        (("note", "O-1"), InputError, "nothing to note"),
        (("show", "O-1"), NotFoundError, "no outage is called 'O-1'"),
    ],
)
def test_bad_words_are_told(
    twin: str, words: tuple[str, ...], error: type[Exception], reason: str
) -> None:
    with pytest.raises(error, match=reason):
        run(twin, *words)


def test_planned_work_is_announced_begun_and_ended(twin: str) -> None:
    day = datetime.now(UTC) + timedelta(days=3)
    times = ("--from", f"{day:%Y-%m-%d}T08:00Z", "--to", f"{day:%Y-%m-%d}T12:00Z")
    off = ("--switch", "FUSE:open", "--reason", "=poles", "--json")
    said = run(twin, "planned", "announce", *times, *off)
    (planned,) = json.loads(said)["planned_outages"]
    assert (planned["status"], planned["customers"]) == ("announced", 3)
    name = planned["id"]
    assert "ongoing" in run(twin, "planned", "start", name)
    run(twin, "planned", "move", name, "--to", f"{day:%Y-%m-%d}T13:00Z")
    assert "13:00" in run(twin, "planned", "list", "--csv")
    assert ",'=poles,M3,3," in run(twin, "planned", "letters", name)
    assert "done" in run(twin, "planned", "end", name)
    assert json.loads(run(twin, "planned", "list", "--json"))["planned_outages"] == []
    other = ("--switch", "BKR1:open", "--reason", "breaker", "--json")
    said = run(twin, "planned", "announce", *times, *other)
    (planned,) = json.loads(said)["planned_outages"]
    assert planned["switches"] == {"BKR1": "ABC"}
    assert "canceled" in run(twin, "planned", "cancel", planned["id"])
    assert run(twin, "planned", "list", "--past", "--csv").count("\n") == 3
    with pytest.raises(InputError, match="MRID:open"):
        run(twin, "planned", "announce", *times, "--switch", "BKR1")
