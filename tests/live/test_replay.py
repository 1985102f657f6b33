"""Any past state is rebuilt from the log, or from events alone; the past can be lived again."""

from __future__ import annotations

import json
import math
import random
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event

import orjson
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

import gridtwin
from examples import scale_examples
from gridtwin.cli.root_commands import app
from gridtwin.live import LiveOperations
from gridtwin.live.event_batch import EventBatch
from gridtwin.live.log_replay import read_event_lines, rebuild_state, replay_operations
from networks import feeder_in_three_sections, random_network
from told_storms import message

NOW = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=1)

moves = st.lists(
    st.tuples(st.integers(0, 63), st.sampled_from(["", "A", "BC", "ABC"]), st.booleans()),
    min_size=1, max_size=20,
)  # fmt: skip


@given(seed=st.integers(0, 5_000), chosen=moves, order=st.randoms(use_true_random=False))
@settings(max_examples=scale_examples(60))
def test_events_in_any_order_rebuild_what_the_log_tells_of_every_moment(
    seed: int, chosen: list[tuple[int, str, bool]], order: random.Random
) -> None:
    twin = gridtwin.open(random_network(seed))
    names = [name.decode() for name in twin.store.network.data.equipment.mrid.tolist()]
    lines = [
        message(
            f"e{at:02}", (NOW + timedelta(seconds=at)).isoformat(),
            "scada_status" if scada else "switch_operation",
            equipment_id=names[which % len(names)], open_phases=phases,
        )
        for at, (which, phases, scada) in enumerate(chosen)
    ]  # fmt: skip
    told = [*lines, *lines[::3]]
    order.shuffle(told)
    batch = EventBatch()
    batch.add_lines(told, "events", 0)
    live = LiveOperations(twin, estimates=False)
    live.take_batch(batch)
    live.process_events(final=True)
    events = read_event_lines(told, "events").events
    for at in range(-1, len(chosen) + 1):
        when = NOW + timedelta(seconds=at)
        rebuilt, _ = rebuild_state(twin.store.network, events, when)
        assert rebuilt.deviations == twin.store.states.read_past_state(when).deviations


def test_the_past_is_lived_again_by_another_twin(tmp_path: Path) -> None:
    past = gridtwin.open(feeder_in_three_sections())
    for minute, (switch, phases) in enumerate([("SW1", "ABC"), ("TIE", ""), ("SW1", "")]):
        past.store.states.operate(switch, phases, at=NOW + timedelta(minutes=minute), actor="ann")
    into = gridtwin.open(feeder_in_three_sections()).save(tmp_path / "again.twin")
    since, until = NOW + timedelta(seconds=30), NOW + timedelta(hours=1)
    told = list(replay_operations(past, into, since, until, speed=math.inf, stop=Event()))
    assert [each.mrid for each in told] == ["TIE", "SW1"]
    for minute in (0.5, 1, 2, 3):
        when = NOW + timedelta(minutes=minute)
        assert (
            into.store.states.read_past_state(when).deviations
            == past.store.states.read_past_state(when).deviations
        )


def test_the_commands_operate_a_twin_by_lines_and_replay_it(tmp_path: Path) -> None:
    path, lines = tmp_path / "small.twin", tmp_path / "events.jsonl"
    gridtwin.open(feeder_in_three_sections()).save(path)
    opened = message(
        "e1", NOW.isoformat(), "switch_operation", equipment_id="SW1", open_phases="ABC"
    )
    lines.write_bytes(opened + b"\n")

    def run(*words: str) -> str:
        done = CliRunner().invoke(app, ["stream", *words, "--in", str(path)])
        assert done.exit_code == 0, done.output
        return done.stdout

    (alert,) = run("operate", "--from", str(lines), "--no-estimates").splitlines()
    assert orjson.loads(alert)["kind"] == "outage_opened"
    assert run("operate", "--from", str(lines), "--no-estimates") == ""
    when = (NOW + timedelta(seconds=1)).isoformat()
    found = json.loads(run("replay", "--to", when, "--overlay", "then", "--json"))
    assert (found["open"], found["customers_out"]) == ({"SW1": "ABC"}, 60)
    assert gridtwin.open(path).store.states.read_state("then").deviations == {"SW1": "ABC"}
    again = json.loads(run("replay", "--to", when, "--from", str(lines), "--json"))
    assert again["open"] == found["open"]
    before = json.loads(run("replay", "--to", "2020-01-01T00:00Z", "--json"))
    assert (before["open"], before["customers_out"]) == ({}, 0)
