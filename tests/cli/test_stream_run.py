"""Readings are taken in from the command line, and what is refused is said in one line."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

import gridtwin
from document_schemas import hold_to_schema
from gridtwin.cli.root_commands import app
from gridtwin.errors import GridtwinError, InputError
from gridtwin.stream.topics import make_topics
from kafka import Kafka
from meter_stream import START_S, reading, send
from networks import two_feeders_with_a_tie
from waiting import PATIENCE_S, started, wait_until


def answer(*words: str) -> dict[str, Any]:
    """Return the document of a command, after holding it against its schema."""
    told = CliRunner().invoke(app, [*words, "--json"], catch_exceptions=False)
    assert told.exit_code == 0
    document = json.loads(told.stdout)
    hold_to_schema(document)
    return document


@pytest.fixture
def small(tmp_path: Path) -> str:
    gridtwin.open(two_feeders_with_a_tie()).save(tmp_path / "small.twin")
    return str(tmp_path / "small.twin")


def test_a_local_twin_takes_a_file_and_answers_from_it(small: str, tmp_path: Path) -> None:
    file = tmp_path / "ami.jsonl"
    values = [reading("M3", START_S + 900, 1.5), reading("NO", START_S + 900, 1.0), b"{"]
    file.write_bytes(b"".join(value + b"\n" for value in values))
    taken = answer("stream", "run", "--in", small, "--source", str(file))
    assert (taken["readings"], taken["dead"]) == (1, 2)
    assert gridtwin.open(small).ami.meter("M3")["kwh"].tolist() == [1.5]
    folder = Path(small) / "ami"
    assert len(list(folder.glob("load/date=2026-07-01/*.parquet"))) == 1  # summed up, too
    letters = answer("stream", "dead-letters", "list", "--in", small)["letters"]
    assert [letter["value"] for letter in letters] == ["{", values[1].decode()]
    told = CliRunner().invoke(app, ["stream", "dead-letters", "replay", "--in", small])
    assert told.exit_code == 0


def test_what_does_not_go_together_is_refused(small: str) -> None:
    for words, said in (
        (("--in", small), "a local twin takes files: give --source"),
        (("--in", "postgresql://db/grid"), "read from Kafka: give --brokers"),
    ):
        with pytest.raises(InputError, match=said):
            CliRunner().invoke(app, ["stream", "run", *words], catch_exceptions=False, env={
                "KAFKA_BOOTSTRAP_SERVERS": ""
            })  # fmt: skip


def test_a_broker_or_a_database_that_is_not_there_is_told(database: str) -> None:
    gridtwin.open(two_feeders_with_a_tie()).save(database)
    for twin, said in (
        (database, "no Kafka broker answers at 127.0.0.1:1"),
        ("postgresql://127.0.0.1:1/grid", "cannot connect to postgresql://127.0.0.1:1/grid"),
    ):
        words = ["stream", "run", "--in", twin, "--brokers", "127.0.0.1:1"]
        with pytest.raises(GridtwinError, match=said):
            CliRunner().invoke(app, words, catch_exceptions=False)


def test_a_worker_takes_what_is_sent_and_stops_when_told(database: str, kafka: Kafka) -> None:
    gridtwin.open(two_feeders_with_a_tie()).save(database)
    words = ["--in", database, "--brokers", kafka.brokers, "--group", "cli", "--log-json"]
    words += ["--topic-prefix", "cli."]
    command = [str(Path(sys.executable).parent / "gridtwin"), "stream", "run", *words]
    make_topics(kafka.brokers, {"cli.ami_readings": 6})
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with started([*command, "--json", "--metrics-port", "0"], **pipes) as worker:
        send(kafka.brokers, "cli.ami_readings", [(b"M3", reading("M3", START_S + 900, 2.5))])
        twin = gridtwin.open(database)
        wait_until(lambda: twin.ami.latest() is not None, process=worker)
        os.kill(worker.pid, signal.SIGTERM)
        out, log = worker.communicate(timeout=PATIENCE_S)
    assert worker.returncode == 0
    assert json.loads(out)["readings"] == 1
    assert {json.loads(line)["message"] for line in log.splitlines()} >= {
        "reads a partition",
        "stopped",
    }
    letters = answer("stream", "dead-letters", "list", "--in", database)
    assert letters["letters"] == []
