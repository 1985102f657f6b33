"""What is simulated arrives in PostgreSQL over a real broker: every reading once, and as made."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from gridtwin.stream.simulate.message_sending import Pace, send_batches
from gridtwin.stream.simulate.messages import Batch, Flaws, Stream
from gridtwin.stream.simulate.meter_intervals import Making, list_interval_ends
from gridtwin.stream.simulate.scenario import build_storm_scenario
from gridtwin.stream.simulate.sinks.kafka_sink import KafkaSink
from gridtwin.twin import Twin
from meter_stream import START_S, Line

HOURS = 3
TO_S = START_S + HOURS * 3_600


class Renamed:
    """A sink to topics of the test's own."""

    def __init__(self, line: Line) -> None:
        self._sink = KafkaSink(line.brokers)
        self._names = {
            "ami_readings": line.options.readings,
            "conditions": line.options.conditions,
        }

    def send_batch(self, batch: Batch) -> None:
        if batch.topic in self._names:
            self._sink.send_batch(replace(batch, topic=self._names[batch.topic]))

    def close(self) -> None:
        self._sink.close()


def test_every_reading_made_is_in_the_database_once_and_every_spoiled_one_set_apart(
    line: Line, town: Twin
) -> None:
    situation = town.situation()
    happens = build_storm_scenario(situation, 5, seed=8, from_s=START_S, to_s=TO_S)
    making = Making.from_situation(situation, happens, seed=8, missing=0.02)
    stream = Stream(making, Flaws(duplicate=0.05, late=0.05, malformed=0.03))
    send_batches(stream.yield_batches(list_interval_ends(START_S, TO_S)), Renamed(line), Pace())
    figures = line.work()
    expected, conditions = {}, {}
    for interval in making.yield_intervals(START_S, TO_S):
        at = datetime.fromtimestamp(interval.at_s, UTC)
        conditions[at] = interval.temperature_c, interval.price_usd_mwh
        for name, kwh, volts in zip(
            making.names[interval.row].tolist(),
            interval.kwh.tolist(),
            interval.voltage_v.tolist(),
            strict=True,
        ):
            expected[name.decode(), at] = kwh, volts, *conditions[at]
    silver = line.ask("SELECT count(*) FROM gridtwin.ami_silver")
    rows = line.ask(
        "SELECT meter_id, reading_time, kwh, voltage_v, temperature_c, price_usd_mwh"
        " FROM gridtwin.ami_realtime"
    )
    found = {(name, at): figures_of for name, at, *figures_of in rows}
    assert silver == [(len(expected),)]
    assert len(rows) == len(found) == len(expected) == stream.tally.readings
    assert {key: [round(value, 4) for value in each] for key, each in found.items()} == {
        key: [round(value, 4) for value in each] for key, each in expected.items()
    }
    assert figures.counts["dead"] == stream.tally.malformed > 0
    assert len(line.ask("SELECT 1 FROM gridtwin.dead_letters")) == stream.tally.malformed
