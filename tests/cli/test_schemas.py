"""Every document printed with --json fits its published schema."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest
from typer.testing import CliRunner

import gridtwin
from ami_folder import NOON, street, write_readings
from gridtwin.cli.app import app
from networks import feeder_in_three_sections, two_feeders_with_a_tie

AROUND = "POLYGON ((-180 -90, 180 -90, 180 90, -180 90, -180 -90))"
EVENTS = """mrid,kind,at
M3,last_gasp,2026-11-25T08:00:00Z
M3,call,2026-11-25T08:05:00Z
M4,last_gasp,2026-11-25T08:00:00Z
M4,power_restored,2026-11-25T08:01:00Z
M9,last_gasp,2026-11-25T08:00:00Z
"""
LIVE = """{"event_id":"1","event_time":"2026-11-25T08:00:00Z","kind":"switch_operation",\
"equipment_id":"BKR1","open_phases":"ABC"}
{"event_id":"2","event_time":"2026-11-25T08:00:02Z","kind":"last_gasp","meter_id":"M5"}
{"event_id":"3"}
"""
SIMULATED = ("--from", "2026-07-01", "--to", "2026-07-01T00:30:00Z", "--sink")
SCHEMAS = Path(__file__).parents[2] / "docs/schemas"


@pytest.mark.parametrize(
    ("schema", "words"),
    [
        ("trace-1", ("trace", "downstream", "L1")),
        ("trace-1", ("trace", "isolation", "L1")),
        ("trace-1", ("trace", "feeder", "feeder-BKR1")),
        ("blast-1", ("outage", "blast", "L1", "--scope", "trip")),
        ("blast-1", ("outage", "blast", "TIE")),
        ("explain-1", ("explain", "M3")),
        ("find-1", ("find", "m")),
        ("check-1", ("check",)),
        ("sweep-1", ("outage", "sweep")),
        ("inference-1", ("outage", "infer", "EVENTS")),
        ("storm-1", ("erm", "storm", "--damaged", "L1", "--draws", "20")),
        ("storm-1", ("erm", "storm", "--damaged", "L2", "--zone", "feeder", "--until", "8")),
        ("switch-1", ("switch", "open", "TIE")),
        ("switch-1", ("switch", "close", "TIE", "--phases", "A")),
        ("states-1", ("state", "list")),
        ("outages-1", ("outage", "open", "L1")),
        ("outages-1", ("outage", "list")),
        ("outage-1", ("outage", "show", "O-1")),
        ("indices-1", ("outage", "indices", "--from", "2026-01-01", "--to", "2026-02-01")),
        ("erm_run-1", ("erm", "run")),
        ("tiles-1", ("tiles", "build")),
        ("simulated-1", ("stream", "simulate", *SIMULATED, "jsonl:OUT", "--storm", "1")),
        ("simulated-1", ("stream", "simulate", *SIMULATED, "parquet:OUT")),
        ("live-1", ("stream", "operate", "--from", "LIVE", "--no-estimates")),
        ("replay-1", ("stream", "replay", "--to", "2026-11-25T08:00:01Z")),
        ("replay-1", ("stream", "replay", "--to", "2026-11-25T08:00:01Z", "--from", "LIVE")),
        ("intersect-1", ("intersect", AROUND)),
        ("intersect-1", ("intersect", AROUND, "--by", "feeder")),
    ],
)
def test_documents_fit_their_schema(tmp_path: Path, schema: str, words: tuple[str, ...]) -> None:
    path = tmp_path / "small.twin"
    twin = gridtwin.open(two_feeders_with_a_tie()).save(path)
    twin.outages.open("BKR2", id="O-1", cause="tree")
    events = tmp_path / "events.csv"
    events.write_text(EVENTS, encoding="utf-8")
    live = tmp_path / "live.jsonl"
    live.write_text(LIVE, encoding="utf-8")
    files = {"EVENTS": str(events), "LIVE": str(live)}
    words = tuple(files.get(word, word) for word in words)
    words = tuple(word.replace("OUT", str(tmp_path / "out")) for word in words)
    done = CliRunner().invoke(app, [*words, "--in", str(path), "--json"])
    assert done.exit_code == 0, done.output
    published = json.loads((SCHEMAS / f"{schema}.schema.json").read_text())
    for line in done.stdout.splitlines():
        jsonschema.validate(json.loads(line), published)


@pytest.mark.parametrize("fault", ["L1", "L2", "L3", "Ma", "feeder-B2", "source-S"])
def test_plans_fit_their_schema(tmp_path: Path, fault: str) -> None:
    path = tmp_path / "small.twin"
    gridtwin.open(feeder_in_three_sections()).save(path)
    done = CliRunner().invoke(app, ["restore", "plan", fault, "--in", str(path), "--json"])
    assert done.exit_code in {0, 1}, done.output
    published = json.loads((SCHEMAS / "plan-1.schema.json").read_text())
    jsonschema.validate(json.loads(done.stdout), published)


@pytest.mark.parametrize(
    ("schema", "words"),
    [
        ("ami_load-1", ("load",)),
        ("ami_load-1", ("load", "--by", "section", "--top", "1")),
        ("ami_voltage-1", ("voltage",)),
        ("ami_series-1", ("meter", "M1")),
        ("ami_series-1", ("device", "T1")),
        ("ami_roll_up-1", ("roll-up",)),
    ],
)
def test_documents_of_readings_fit_their_schema(
    tmp_path: Path, schema: str, words: tuple[str, ...]
) -> None:
    path = tmp_path / "street.twin"
    gridtwin.open(street()).save(path)
    write_readings(path / "ami", [("M1", NOON, 1.5, 112.0), ("M2", NOON, None, 128.0)])
    done = CliRunner().invoke(app, ["ami", *words, "--in", str(path), "--json"])
    assert done.exit_code == 0, done.output
    published = json.loads((SCHEMAS / f"{schema}.schema.json").read_text())
    jsonschema.validate(json.loads(done.stdout), published)


def test_the_sample_loads() -> None:
    twin = gridtwin.open(gridtwin.read(SCHEMAS.parents[1] / "data/sample"))
    assert twin.sweep().customers.max() > 100
