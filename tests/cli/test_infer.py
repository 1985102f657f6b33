"""The command that infers outages keeps the contract: documents, streams and exit codes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

import gridtwin
from gridtwin.cli.root_commands import app
from gridtwin.errors import NotFoundError, SourceError
from networks import two_feeders_with_a_tie

EVENTS = "mrid,kind,at\n" + "\n".join(
    f"{mrid},{kind},{at}"
    for mrid, kind, at in (
        ("M3", "last_gasp", 1_750_000_001),
        ("M3", "call", 1_750_000_400),
        ("M4", "reading", 1_750_000_300),
    )
)


@pytest.fixture(scope="module")
def twin(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("infer") / "small.twin"
    gridtwin.open(two_feeders_with_a_tie()).save(path)
    return path


def test_events_from_standard_input_become_a_document(twin: Path) -> None:
    done = CliRunner().invoke(
        app, ["outage", "infer", "-", "--in", str(twin), "--json"], input=EVENTS
    )
    assert done.exit_code == 0, done.output
    (outage,) = json.loads(done.stdout)["outages"]
    assert outage["mrid"] == "FUSE"
    assert outage["phases"] == "A"
    assert outage["usage_points"] == ["M3"]
    assert outage["customers"] == 3


@pytest.mark.parametrize("form", ["--csv", "--geojson"])
def test_other_forms_are_printed_alone(twin: Path, tmp_path: Path, form: str) -> None:
    path = tmp_path / "events.csv"
    path.write_text(EVENTS, encoding="utf-8")
    done = CliRunner().invoke(app, ["outage", "infer", str(path), "--in", str(twin), form])
    assert done.exit_code == 0, done.output
    assert "FUSE" in done.stdout


def test_known_outages_and_the_moment_are_heeded(twin: Path) -> None:
    words = ["outage", "infer", "-", "--in", str(twin), "--json"]
    known = CliRunner().invoke(app, [*words, "--known-out", "FUSE"], input=EVENTS)
    assert json.loads(known.stdout)["suppressed"] == 1
    early = CliRunner().invoke(app, [*words, "--now", "2025-06-15T15:06:00Z"], input=EVENTS)
    assert json.loads(early.stdout)["outages"] == []


def test_faults_are_errors_of_one_kind(twin: Path) -> None:
    words = ["outage", "infer", "-", "--in", str(twin)]
    faulty = CliRunner().invoke(app, words, input="mrid,kind,at\nM3,gasp,0\n")
    assert isinstance(faulty.exception, SourceError)
    missing = CliRunner().invoke(app, [*words, "--known-out", "FUSE-9"], input=EVENTS)
    assert isinstance(missing.exception, NotFoundError)
