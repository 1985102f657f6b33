"""Readings from Kafka into PostgreSQL: each once, the last word counts, the rest is set apart."""

from __future__ import annotations

import json
import urllib.request
from datetime import UTC, datetime
from threading import Event, Thread

import pytest
from confluent_kafka import Producer

from gridtwin.errors import StoreError
from gridtwin.store.postgis.connect import connect
from gridtwin.stream.ingest.ingest_metrics import IngestMetrics, serve_metrics
from gridtwin.stream.ingest.replay import Replayed, list_broker_letters, replay_broker_letters
from meter_stream import START_S, Line, Meters, check, reading, send
from waiting import PATIENCE_S


def at(interval: int) -> datetime:
    return datetime.fromtimestamp(START_S + 900 * interval, UTC)


def test_every_reading_counts_once_and_what_is_broken_is_set_apart(
    line: Line, names: list[str]
) -> None:
    meters = Meters(names, seed=1)
    for _ in range(6):
        send(line.brokers, line.options.readings, meters.interval())
    figures = line.work()
    check(line, names)
    assert figures.counts["dead"] > 0
    assert figures.counts["messages"] > 6 * 0.9 * len(names)
    for _ in range(2):  # a second worker goes on where the first one was
        send(line.brokers, line.options.readings, meters.interval())
    line.work()
    check(line, names)
    assert line.work().counts["messages"] == 0


def test_a_correction_replaces_what_was_said_before_and_an_older_word_does_not(
    line: Line, names: list[str]
) -> None:
    meter, key = names[0], names[0].encode()
    for kwh in (1.0, 2.0):
        send(line.brokers, line.options.readings, [(key, reading(meter, START_S + 900, kwh))])
        line.work()
    assert line.ask("SELECT kwh FROM gridtwin.ami_realtime") == [(2.0,)]
    line.ask("UPDATE gridtwin.ami_silver SET kafka_offset = 99 RETURNING 1")
    send(line.brokers, line.options.readings, [(key, reading(meter, START_S + 900, 3.0))])
    line.work()
    assert line.ask("SELECT kwh FROM gridtwin.ami_realtime") == [(2.0,)]


def test_gold_says_what_a_meter_hung_on_and_the_price_whenever_it_comes(
    line: Line, names: list[str]
) -> None:
    send(
        line.brokers,
        line.options.readings,
        [(name.encode(), reading(name, START_S + 900, 1.0)) for name in names],
    )
    line.work()
    condition = {"time": "2026-07-01T00:15:00Z", "temperature_c": 35.5, "price_usd_mwh": 4800.0}
    send(line.brokers, line.options.conditions, [(b"", json.dumps(condition).encode())])
    line.work()
    rows = line.ask("SELECT DISTINCT temperature_c, price_usd_mwh FROM gridtwin.ami_realtime")
    assert rows == [(35.5, 4800.0)]
    joined = line.ask(
        "SELECT count(*) FROM gridtwin.ami_realtime g JOIN gridtwin.usage_points u"
        " ON u.mrid = g.meter_id JOIN gridtwin.equipment e ON e.row = u.transformer"
        " AND e.mrid = g.transformer JOIN gridtwin.feeders f ON f.mrid = g.feeder"
    )
    assert joined == [(len(names),)]


def test_loads_of_transformers_follow_the_readings_and_their_corrections(
    line: Line, names: list[str]
) -> None:
    summed = (
        "SELECT reading_time, transformer, sum(kwh::float8), count(*), min(voltage_v),"
        " max(voltage_v) FROM gridtwin.ami_gold GROUP BY 1, 2 ORDER BY 1, 2"
    )
    loads = "SELECT reading_time, transformer, kwh, meters, v_min, v_max"
    loads += " FROM gridtwin.transformer_load ORDER BY 1, 2"
    stop, meters = Event(), Meters(names, seed=2)
    worker = Thread(target=line.work, kwargs={"stop": stop, "until_end": False})
    with connect(line.url, autocommit=True) as listener:
        listener.execute("LISTEN gridtwin")
        worker.start()
        told: set[str] = set()
        try:
            for interval in range(1, 4):
                send(line.brokers, line.options.readings, meters.interval())
                for note in listener.notifies(timeout=PATIENCE_S):
                    said = json.loads(note.payload)
                    if said.get("changed") == "ami":
                        told.add(said["at"])
                        if f"{at(interval):%Y-%m-%dT%H:%M:%SZ}" in told:
                            break
        finally:
            stop.set()
            worker.join()
    assert told == {f"{at(interval):%Y-%m-%dT%H:%M:%SZ}" for interval in (1, 2, 3)}
    for (due,) in line.ask("SELECT reading_time FROM gridtwin.loads_due"):
        line.ask("SELECT gridtwin.sum_loads(%s)", due)
    assert line.ask("SELECT * FROM gridtwin.loads_due") == []
    found = line.ask(loads)
    assert len(found) > 0
    for have, want in zip(found, line.ask(summed), strict=True):
        assert have[:2] == want[:2]
        assert have[2:] == pytest.approx(want[2:])


def test_old_days_are_dropped_and_what_is_older_still_is_set_apart(
    line: Line, names: list[str]
) -> None:
    key = names[0].encode()
    days = [reading(names[0], START_S + 86_400 * day + 900, 1.0) for day in range(9)]
    send(line.brokers, line.options.readings, [(key, each) for each in days])
    line.work()
    assert line.ask("SELECT count(*) FROM gridtwin.ami_realtime") == [(7,)]
    assert line.ask("SELECT count(*) FROM gridtwin.dead_letters") == [(2,)]
    ((reason,), *_) = line.ask("SELECT reason FROM gridtwin.dead_letters")
    assert "reading_time" in reason


def test_dead_letters_are_taken_when_they_can_be_used_by_now(line: Line) -> None:
    sent = [(b"NEW", reading("NEW", START_S + 900, kwh)) for kwh in (1.0, 2.0)]
    send(line.brokers, line.options.readings, [*sent, (b"NEW", b"{")])
    line.work()
    assert replay_broker_letters(line.url, options=line.options) == Replayed(taken=0, still_dead=3)
    dead = list_broker_letters(line.url)
    assert [each.value for each in dead] == [b"{", sent[1][1], sent[0][1]]
    assert dead[2].reason == "meter_id 'NEW' is no usage point of this network"
    line.ask(
        "WITH new AS (INSERT INTO gridtwin.usage_points (row, mrid, node)"
        " VALUES (9999, 'NEW', 0)) UPDATE gridtwin.network SET synced_at = now() RETURNING 1"
    )
    assert replay_broker_letters(line.url, options=line.options) == Replayed(taken=2, still_dead=1)
    assert line.ask("SELECT meter_id, kwh FROM gridtwin.ami_realtime") == [("NEW", 2.0)]
    assert [each.value for each in list_broker_letters(line.url)] == [b"{"]
    assert len(list_broker_letters(line.url, replayed=True)) == 3


def test_what_a_producer_took_back_does_not_count(line: Line, names: list[str]) -> None:
    producer = Producer(
        {"bootstrap.servers": line.brokers, "transactional.id": line.options.stream}
    )
    producer.init_transactions(PATIENCE_S)
    for kwh, kept in ((1.0, True), (2.0, False)):
        producer.begin_transaction()
        producer.produce(line.options.readings, reading(names[0], START_S + 900, kwh), b"M")
        (producer.commit_transaction if kept else producer.abort_transaction)(PATIENCE_S)
    assert line.work().counts["readings"] == 1  # and it finds the end, behind the marks
    assert line.ask("SELECT kwh FROM gridtwin.ami_realtime") == [(1.0,)]


def test_a_topic_that_was_made_anew_is_not_taken_for_one_that_was_read(
    line: Line, names: list[str]
) -> None:
    send(line.brokers, line.options.readings, [(b"M", reading(names[0], START_S + 900, 1.0))])
    line.work()
    line.ask("UPDATE gridtwin.stream_offsets SET next_offset = 1000 RETURNING 1")
    with pytest.raises(StoreError, match=r"ends at .*made anew, .*give another --group"):
        line.work()


def test_a_database_without_a_twin_says_what_to_do(line: Line) -> None:
    line.ask("DELETE FROM gridtwin.network RETURNING 1")
    with pytest.raises(StoreError, match="holds no network yet: fill it with gridtwin load"):
        line.work()


def test_figures_are_shown_to_prometheus() -> None:
    figures = IngestMetrics()
    figures.add(messages=5, readings=4)
    figures.count_batch(0.03)
    figures.lag = {("ami_readings", 0): 7}
    with (
        serve_metrics(figures, 0) as port,
        urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics") as answer,
    ):
        lines = answer.read().decode().splitlines()
    assert "gridtwin_stream_messages_total 5.0" in lines
    assert 'gridtwin_stream_lag_messages{partition="0",topic="ami_readings"} 7.0' in lines
    assert 'gridtwin_stream_batch_seconds_bucket{le="0.02"} 0.0' in lines
    assert 'gridtwin_stream_batch_seconds_bucket{le="0.05"} 1.0' in lines
    assert "gridtwin_stream_batch_seconds_count 1.0" in lines
