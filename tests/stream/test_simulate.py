"""Live data that is made: the same for the same seed, true to the network, flawed as stated."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

import gridtwin
from gridtwin.analysis.state.situation import Situation
from gridtwin.cli.root_commands import app
from gridtwin.errors import InputError, NotFoundError, SourceError, StoreError
from gridtwin.model.cim import KIND_NAMES
from gridtwin.stream.contracts import Window
from gridtwin.stream.decoding import (
    decode_conditions,
    decode_grid_events,
    decode_outage_alerts,
    decode_readings,
)
from gridtwin.stream.simulate import message_sending
from gridtwin.stream.simulate.message_sending import Pace, send_batches
from gridtwin.stream.simulate.messages import FLAW_KINDS, Batch, Flaws, Stream, spoil_message
from gridtwin.stream.simulate.meter_intervals import Making, list_interval_ends
from gridtwin.stream.simulate.scenario import (
    build_quiet_scenario,
    build_storm_scenario,
    read_script,
)
from gridtwin.stream.simulate.simulation_run import Order, simulate_network

FROM_S = datetime(2026, 7, 1, 12, tzinfo=UTC).timestamp()
HOUR_S = 3_600.0
PURE = Flaws(0, 0, 0)


@pytest.fixture(scope="module")
def situation() -> Situation:
    return gridtwin.open(gridtwin.synthesize("houston", meters=1_500, seed=2)).situation()


class Kept:
    """A sink that keeps all messages."""

    def __init__(self) -> None:
        self.batches: list[Batch] = []
        self.closed = False

    def send_batch(self, batch: Batch) -> None:
        self.batches.append(batch)

    def close(self) -> None:
        self.closed = True

    def values(self, topic: str) -> list[bytes]:
        return [each for batch in self.batches if batch.topic == topic for each in batch.values]


def streamed(making: Making, hours: float, flaws: Flaws) -> tuple[Kept, Stream]:
    kept, stream = Kept(), Stream(making, flaws)
    send_batches(
        stream.yield_batches(list_interval_ends(FROM_S, FROM_S + hours * HOUR_S)), kept, Pace()
    )
    assert kept.closed
    return kept, stream


def stormy(situation: Situation, hours: float = 3, missing: float = 0.0) -> Making:
    happens = build_storm_scenario(
        situation, 12, seed=7, from_s=FROM_S, to_s=FROM_S + hours * HOUR_S
    )
    return Making.from_situation(situation, happens, seed=7, missing=missing)


def test_intervals_end_after_the_beginning_and_not_after_the_end() -> None:
    assert list(list_interval_ends(900.0 * 2e6, 900.0 * 2e6 + 1_800)) == [
        1_800_000_900,
        1_800_001_800,
    ]
    assert list(list_interval_ends(900.0 * 2e6 - 1, 900.0 * 2e6 + 1)) == [1_800_000_000]
    with pytest.raises(InputError, match="no interval"):
        list_interval_ends(FROM_S, FROM_S + 899)
    with pytest.raises(InputError, match="between the years"):
        list_interval_ends(0, 900)


def test_an_interval_is_the_same_whatever_was_made_before(situation: Situation) -> None:
    making = Making.from_situation(situation, build_quiet_scenario(situation), seed=3, missing=0.01)
    all_at_once = list(making.yield_intervals(FROM_S, FROM_S + HOUR_S))
    alone = Making.from_situation(
        situation, build_quiet_scenario(situation), seed=3, missing=0.01
    ).measure_interval(int(FROM_S) + 2_700)
    np.testing.assert_array_equal(all_at_once[2].kwh, alone.kwh)
    np.testing.assert_array_equal(all_at_once[2].voltage_v, alone.voltage_v)
    np.testing.assert_array_equal(all_at_once[2].row, alone.row)
    other = Making.from_situation(
        situation, build_quiet_scenario(situation), seed=4
    ).measure_interval(int(FROM_S) + 2_700)
    assert not np.array_equal(other.kwh[: len(alone.kwh)], alone.kwh)


def order(sink: str, hours: float = 2, **changes: Any) -> Order:
    start = changes.pop("from_s", FROM_S)
    return Order(sink=sink, from_s=start, to_s=start + hours * HOUR_S, **changes)


def digest(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@pytest.mark.parametrize("kind", ["parquet", "jsonl"])
def test_the_same_seed_gives_the_same_bytes(
    situation: Situation, tmp_path: Path, kind: str
) -> None:
    for name in ("a", "b"):
        simulate_network(situation, order(f"{kind}:{tmp_path / name}", faults=5, seed=9))
    simulate_network(situation, order(f"{kind}:{tmp_path / 'c'}", faults=5, seed=10))
    assert digest(tmp_path / "a") == digest(tmp_path / "b")
    assert digest(tmp_path / "a") != digest(tmp_path / "c")


def test_parquet_is_laid_out_as_the_embedded_store_keeps_it(
    situation: Situation, tmp_path: Path
) -> None:
    start = datetime(2026, 7, 1, 22, tzinfo=UTC).timestamp()
    made = simulate_network(situation, order(f"parquet:{tmp_path}", 4, from_s=start, missing=0.01))
    paths = sorted(tmp_path.glob("readings/date=*/part-*.parquet"))
    assert [str(path.relative_to(tmp_path / "readings")) for path in paths] == [
        "date=2026-07-01/part-2215.parquet",
        "date=2026-07-02/part-0000.parquet",
    ]
    table = pq.read_table(tmp_path / "readings")
    assert table.schema.field("reading_time").type.tz == "UTC"
    assert table.num_rows == made.tally.readings
    assert 0.97 < table.num_rows / (16 * 1_500) < 0.998
    frame = table.to_pandas()
    names = [name.decode() for name in situation.data.usage_points.mrid]
    place = {name: at for at, name in enumerate(names)}
    frame["row"] = frame.meter_id.astype(str).map(place)
    assert frame.sort_values(["reading_time", "row"], kind="stable").index.is_monotonic_increasing
    assert not frame.duplicated(["meter_id", "reading_time"]).any()
    conditions = pq.read_table(tmp_path / "conditions.parquet").to_pandas()
    assert conditions.time.is_monotonic_increasing
    assert len(conditions) == 16


def test_a_folder_of_parquet_is_gone_on_with_and_never_written_twice(
    situation: Situation, tmp_path: Path
) -> None:
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    simulate_network(situation, order(f"parquet:{whole}", 4))
    for hour in (3, 0, 1):
        hours = 2 if hour == 1 else 1
        at = FROM_S + hour * HOUR_S
        simulate_network(situation, order(f"parquet:{parts}", hours, from_s=at))
    one, other = pq.read_table(whole / "readings"), pq.read_table(parts / "readings")
    assert one.num_rows == other.num_rows
    frames = [each.to_pandas().astype({"meter_id": str}) for each in (one, other)]
    first, second = (each.sort_values(["reading_time", "meter_id"]) for each in frames)
    assert first.reset_index(drop=True).equals(second.reset_index(drop=True))
    assert pq.read_table(whole / "conditions.parquet").equals(
        pq.read_table(parts / "conditions.parquet")
    )
    before = digest(parts)
    for hour, hours in ((0, 1), (-1, 3), (3.5, 4)):
        again = order(f"parquet:{parts}", hours, from_s=FROM_S + hour * HOUR_S)
        with pytest.raises(StoreError, match="already"):
            simulate_network(situation, again)
    assert digest(parts) == before


def test_lines_are_never_written_twice(situation: Situation, tmp_path: Path) -> None:
    simulate_network(situation, order(f"jsonl:{tmp_path}", 1))
    with pytest.raises(StoreError, match="already"):
        simulate_network(situation, order(f"jsonl:{tmp_path}", 1))


def test_nothing_half_written_is_left_behind(
    situation: Situation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = Making.measure_interval

    def fails(self: Making, at_s: int) -> Any:
        if at_s > FROM_S + HOUR_S:
            raise KeyboardInterrupt
        return made(self, at_s)

    monkeypatch.setattr(Making, "measure_interval", fails)
    with pytest.raises(KeyboardInterrupt):
        simulate_network(situation, order(f"parquet:{tmp_path}"))
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_a_stream_without_flaws_is_the_readings_each_once(situation: Situation) -> None:
    making = Making.from_situation(situation, build_quiet_scenario(situation), seed=3)
    kept, stream = streamed(making, 1, PURE)
    decoded = decode_readings(kept.values("ami_readings"))
    assert not decoded.rejected
    seen = dict(
        zip(
            zip(decoded.values.mrid.tolist(), decoded.values.at_s.tolist(), strict=True),
            decoded.values.kwh.tolist(),
            strict=True,
        )
    )
    assert len(seen) == len(decoded.values) == stream.tally.readings == 4 * 1_500
    for interval in making.yield_intervals(FROM_S, FROM_S + HOUR_S):
        readings = making.build_readings(interval)
        for mrid, kwh in zip(readings.mrid.tolist(), readings.kwh.tolist(), strict=True):
            assert seen[mrid, interval.at_s] == kwh
    conditions = decode_conditions(kept.values("conditions")).values
    assert conditions.at_s.tolist() == list(list_interval_ends(FROM_S, FROM_S + HOUR_S))


def test_flaws_come_at_the_rates_stated_and_lose_nothing(situation: Situation) -> None:
    making = Making.from_situation(situation, build_quiet_scenario(situation), seed=3, missing=0.02)
    kept, stream = streamed(making, 6, Flaws(duplicate=0.03, late=0.05, malformed=0.01))
    values = kept.values("ami_readings")
    decoded = decode_readings(values)
    pairs = Counter(zip(decoded.values.mrid.tolist(), decoded.values.at_s.tolist(), strict=True))
    tally, expected = stream.tally, 24 * 1_500
    assert len(pairs) == tally.readings
    assert tally.readings / expected == pytest.approx(0.98, abs=0.005)
    assert sum(count - 1 for count in pairs.values()) == tally.duplicates
    assert tally.duplicates / expected == pytest.approx(0.03, abs=0.005)
    assert len(decoded.rejected) == tally.malformed
    assert tally.malformed / expected == pytest.approx(0.01, abs=0.003)
    assert tally.late / expected == pytest.approx(0.05, abs=0.006)
    assert tally.messages == sum(len(batch.values) for batch in kept.batches)
    behind = np.maximum.accumulate(decoded.values.at_s) - decoded.values.at_s
    assert behind.max() > 4 * 900
    order_of_meters = decoded.values.mrid[:1_000].tolist()
    assert order_of_meters != sorted(order_of_meters)


def test_every_flaw_breaks_the_contract() -> None:
    value = (
        b'{"meter_id":"UP-1","reading_time":"2026-07-01T00:15:00Z","kwh":0.312,"voltage_v":121.4}'
    )
    assert not decode_readings([value]).rejected
    for flaw in range(1, FLAW_KINDS + 1):
        assert decode_readings([spoil_message(value, flaw)]).rejected


def test_messages_are_sent_in_order_of_time(situation: Situation) -> None:
    kept, _ = streamed(stormy(situation), 3, Flaws())
    sent = [batch.send_s for batch in kept.batches]
    assert all(later - earlier > -1.0 for earlier, later in pairwise(sent))


def test_who_is_in_the_dark_says_so_and_measures_nothing(situation: Situation) -> None:
    making = stormy(situation)
    dark, names = making.scenario.dark, making.names
    assert len(dark.point) > 10
    kept, _ = streamed(making, 3, PURE)
    readings = decode_readings(kept.values("ami_readings")).values
    measured = set(zip(readings.mrid.tolist(), readings.at_s.tolist(), strict=True))
    for at_s in list_interval_ends(FROM_S, FROM_S + 3 * HOUR_S):
        whole = (dark.from_s <= at_s - 900) & (dark.to_s >= at_s)
        silent = set(dark.point[whole].tolist())
        for row in range(len(names)):
            assert ((names[row], at_s) in measured) == (row not in silent)
    alerts = decode_outage_alerts(kept.values("outage_alerts")).values
    gasped = alerts.take_rows(alerts.kind == 0)
    began = set(zip(names[dark.point].tolist(), np.round(dark.from_s, 3).tolist(), strict=True))
    within = dark.from_s <= FROM_S + 3 * HOUR_S
    assert len(gasped) / within.sum() == pytest.approx(0.8, abs=0.15)
    assert began.issuperset(zip(gasped.meter.tolist(), gasped.at_s.tolist(), strict=True))


def test_what_is_told_twice_has_the_same_id(situation: Situation) -> None:
    once, _ = streamed(stormy(situation), 3, PURE)
    often, stream = streamed(stormy(situation), 3, Flaws(0.5, 0, 0))
    for topic, decode in (
        ("grid_events", decode_grid_events),
        ("outage_alerts", decode_outage_alerts),
    ):
        ids = decode(once.values(topic)).values.event_id.tolist()
        counts = Counter(decode(often.values(topic)).values.event_id.tolist())
        assert set(counts) == set(ids)
        assert len(ids) == len(set(ids)) < sum(counts.values())
        assert max(counts.values()) == 2
    assert stream.tally.outage_alerts > 1.3 * len(ids)


def test_energy_of_a_part_of_an_interval_is_that_part(situation: Situation) -> None:
    making = stormy(situation)
    calm = Making.from_situation(situation, build_quiet_scenario(situation), seed=7)
    dark = making.scenario.dark
    at = int(np.flatnonzero(dark.from_s % 900 > 300)[0])
    row, end = int(dark.point[at]), int(dark.from_s[at] // 900 + 1) * 900
    share = making.scenario.dark.measure_share(end, 900, len(making.names))[row]
    cut, full = making.measure_interval(end), calm.measure_interval(end)
    assert 0 < share < 1
    assert cut.kwh[cut.row == row][0] == pytest.approx(full.kwh[row] * share, abs=0.0011)


def test_a_storm_is_told_by_control_room_crews_and_meters(situation: Situation) -> None:
    making = stormy(situation, hours=12)
    kept, stream = streamed(making, 12, PURE)
    events = decode_grid_events(kept.values("grid_events"))
    assert not events.rejected
    assert stream.tally.grid_events == len(events.values) > 0
    kind = situation.data.equipment.kind
    ids = situation.network.ids
    for name, code, opened in zip(
        events.values.equipment, events.values.kind, events.values.open_phases, strict=True
    ):
        element = ids.find_element(name.decode())
        if code == 0 and opened:  # a fuse blows unseen
            assert KIND_NAMES[kind[element.row]] != "fuse"


def test_a_script_is_carried_out_and_told_as_it_stands(
    situation: Situation, tmp_path: Path
) -> None:
    feeder = situation.data.feeders
    head = situation.data.equipment.mrid[feeder.head[0]].decode()
    lines = [
        {"event_id": "1", "event_time": "2026-07-01T12:20:00Z", "open_phases": "ABC"},
        {"event_id": "2", "event_time": "2026-07-01T12:40:00Z", "open_phases": ""},
    ]
    path = tmp_path / "script.jsonl"
    path.write_text(
        "\n".join(
            json.dumps({**line, "kind": "switch_operation", "equipment_id": head}) for line in lines
        )
    )
    happens = read_script(situation, path, seed=1)
    below = situation.index.count_customers(int(situation.index.child[feeder.head[0]]))
    assert situation.customers_of(happens.dark.find_out(FROM_S + 1_500)) == below
    assert not len(happens.dark.find_out(FROM_S + 2_500))
    made = simulate_network(situation, order(f"jsonl:{tmp_path / 'out'}", 1, script=str(path)))
    assert made.most_out == len(happens.dark.point)
    told = decode_grid_events((tmp_path / "out/grid_events.jsonl").read_bytes().splitlines())
    assert told.values.event_id.tolist() == [b"1", b"2"]


@pytest.mark.parametrize(
    ("text", "error", "why"),
    [
        (None, SourceError, "no such file"),
        ("{", SourceError, "line 1: no JSON"),
        ('\n{"kind": "fault"}', SourceError, "line 2: event_id is missing"),
        (
            '{"event_id": "1", "event_time": "2026-07-01T12:20:00Z", "kind": "switch_operation",'
            ' "equipment_id": "NOPE", "open_phases": ""}',
            NotFoundError,
            "NOPE",
        ),
    ],
)
def test_a_script_that_cannot_be_is_refused(
    situation: Situation, tmp_path: Path, text: str | None, error: type[Exception], why: str
) -> None:
    path = tmp_path / "script.jsonl"
    if text is not None:
        path.write_text(text)
    with pytest.raises(error, match=why):
        read_script(situation, path, seed=1)


def test_a_pace_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    now, slept = [100.0], []

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        now[0] += seconds

    monkeypatch.setattr(message_sending.time, "monotonic", lambda: now[0])
    monkeypatch.setattr(message_sending.time, "sleep", sleep)
    batches = [Batch(5_000.0 + 60 * at, "t", [b"k"] * 10, [b"v"] * 10) for at in range(4)]
    send_batches(batches, Kept(), Pace(times=60))
    assert slept == pytest.approx([1.0, 1.0, 1.0])
    slept.clear()
    send_batches(batches, Kept(), Pace(rate=20))
    assert slept == pytest.approx([0.5, 0.5, 0.5])


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"missing": 1.5}, "shares"),
        ({"flaws": Flaws(late=-0.1)}, "shares"),
        ({"faults": 1, "script": "x"}, "exclude"),
        ({"timezone": "Moon/Base"}, "timezone"),
        ({"seed": -1}, "seed"),
    ],
)
def test_an_order_that_cannot_be_is_refused(changes: dict[str, Any], why: str) -> None:
    with pytest.raises(InputError, match=why):
        order("jsonl:x", **changes)


def test_sinks_and_paces_that_cannot_be_are_refused(situation: Situation, tmp_path: Path) -> None:
    for sink in ("ftp://x", "parquet:", "kafka://", tmp_path.name):
        with pytest.raises(InputError, match="--sink"):
            simulate_network(situation, order(sink))
    with pytest.raises(InputError, match="tables are written"):
        simulate_network(situation, order(f"parquet:{tmp_path}", pace=Pace(rate=5)))
    with pytest.raises(InputError, match="exclude"):
        Pace(rate=1, times=1)


def test_the_command_says_what_it_made(tmp_path: Path) -> None:
    path = tmp_path / "small.twin"
    gridtwin.open(gridtwin.synthesize("houston", meters=500, seed=1)).save(path)
    words = ["stream", "simulate", "--in", str(path), "--from", "2026-07-01"]
    sink = ["--sink", f"jsonl:{tmp_path / 'out'}", "--storm", "3", "--seed", "4", "--json"]
    done = CliRunner().invoke(app, [*words, "--to", "2026-07-01T01:00:00Z", *sink])
    assert done.exit_code == 0, done.output
    document = json.loads(done.stdout)
    lines = (tmp_path / "out/ami_readings.jsonl").read_bytes().splitlines()
    sent = document["readings"] + document["duplicates"] + document["malformed"]
    assert len(lines) == sent
    assert document["operations"] == 6
    refused = CliRunner().invoke(app, [*words, "--to", "noon", *sink])
    assert isinstance(refused.exception, InputError)


def test_the_window_of_a_reader_may_hold_off_what_is_late(situation: Situation) -> None:
    making = Making.from_situation(situation, build_quiet_scenario(situation), seed=3)
    kept, stream = streamed(making, 6, Flaws(0, 0.05, 0))
    window = Window(earliest_s=FROM_S + 5 * HOUR_S)
    decoded = decode_readings(kept.values("ami_readings"), window=window)
    assert len(decoded.values) < stream.tally.readings
    assert all("too long ago" in each.reason for each in decoded.rejected)
