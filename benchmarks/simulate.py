"""Measure live data, made, written and read: `python -m benchmarks.simulate [meters]`."""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import jsonschema
import numpy as np

import gridtwin
from benchmarks.report import ROUNDS, Limit, Row, machine, publish, seconds, tables
from gridtwin.stream.broker.node import running
from gridtwin.stream.contracts import TOPICS, read_json_schema
from gridtwin.stream.decoding import decode_readings
from gridtwin.stream.encoding import encode_readings
from gridtwin.stream.simulate.meter_intervals import Making
from gridtwin.stream.simulate.scenario import build_quiet_scenario
from gridtwin.stream.simulate.simulation_run import Order, simulate_network
from gridtwin.stream.simulate.sinks.parquet_sink import write_parquet

if TYPE_CHECKING:
    from gridtwin.analysis.state.situation import Situation
    from gridtwin.model.readings import Readings

FROM_S = datetime(2026, 7, 15, 18, tzinfo=UTC).timestamp()
HOUR_S = 3_600.0
BATCH = 10_000


def main() -> None:
    """Measure everything."""
    meters = int(sys.argv[1]) if len(sys.argv) > 1 else 596_906
    twin = gridtwin.open(gridtwin.synthesize("houston", meters=meters, seed=1))
    situation = twin.situation()
    making = Making.from_situation(
        situation, build_quiet_scenario(situation), seed=1, missing=0.001
    )
    rows = message_rows(making)
    limits = [*table_limits(making), *chain_limits(situation)]
    head = f"{meters:,} meters; {machine()}; medians of {ROUNDS} interleaved rounds, processor time"
    head += "; what goes to a broker, wall-clock time beside the broker itself."
    publish("Live data, made and read", [head, "", *tables(rows, limits)])


def message_rows(making: Making) -> list[Row]:
    """Compare batches of messages with messages one by one."""
    interval = making.measure_interval(int(FROM_S))
    readings = making.build_readings(interval).take_rows(np.arange(min(BATCH, len(interval.row))))
    values = encode_readings(readings)
    spoiled = list(values)
    spoiled[:: len(values) // 20] = [b'{"meter_id":5}'] * len(spoiled[:: len(values) // 20])
    checker = jsonschema.Draft202012Validator(read_json_schema("ami_readings"))

    def one_by_one(messages: list[bytes]) -> tuple[int, float]:
        kept, total = 0, 0.0
        for value in messages:
            reading = json.loads(value)
            if checker.is_valid(reading):
                datetime.fromisoformat(reading["reading_time"])
                kept, total = kept + 1, total + reading["kwh"]
        return kept, total

    for messages in (values, spoiled):
        decoded = decode_readings(messages).values
        kept, total = one_by_one(messages)
        assert len(decoded) == kept
        assert np.isclose(decoded.kwh.sum(dtype=float), total, rtol=1e-6)
    assert [json.loads(value) for value in values[:100]] == dumped(readings)[:100]
    batch, slow = seconds(lambda: decode_readings(values), lambda: one_by_one(values))
    flawed, slow_too = seconds(lambda: decode_readings(spoiled), lambda: one_by_one(spoiled))
    written, dumps = seconds(
        lambda: encode_readings(readings),
        lambda: [json.dumps(each).encode() for each in dumped(readings)],
    )
    each = f"{len(values):,} messages"
    return [
        Row(f"read {each} / json and jsonschema one by one", batch, slow, 20),
        Row(f"read {each}, 20 spoiled / one by one", flawed, slow_too, 20),
        Row(f"write {each} / json one by one", written, dumps, 5),
    ]


def dumped(readings: Readings) -> list[dict[str, object]]:
    """Return readings as objects, one by one."""
    return [
        {
            "meter_id": mrid.decode(),
            "reading_time": datetime.fromtimestamp(at_s, UTC).isoformat().replace("+00:00", "Z"),
            "kwh": float(str(np.float32(kwh))),
            "voltage_v": float(str(np.float32(volts))),
            "quality": "ok",
        }
        for mrid, at_s, kwh, volts in zip(
            readings.mrid.tolist(),
            readings.at_s.tolist(),
            readings.kwh.tolist(),
            readings.voltage_v.tolist(),
            strict=True,
        )
    ]


def table_limits(making: Making) -> list[Limit]:
    """Measure readings that are made, alone and with their way to Parquet."""
    hours, counts, spent = 4, [], []
    for _ in range(ROUNDS):
        folder = Path(tempfile.mkdtemp(prefix="gridtwin-bench-"))
        start = time.process_time()
        spans = making.yield_intervals(FROM_S, FROM_S + hours * HOUR_S)
        counts.append(write_parquet(making, spans, folder))
        spent.append(time.process_time() - start)
        shutil.rmtree(folder)
    assert len(set(counts)) == 1
    (made,) = seconds(lambda: making.measure_interval(int(FROM_S)))
    many = len(making.names)
    each = float(np.median(spent)) / counts[0] * 1e6
    return [
        Limit("make one interval of all meters", made * 1e3, many / 1e3, "ms"),
        Limit(f"a reading made and written to Parquet, of {counts[0]:,}", each, 1.0, "us"),
    ]


def chain_limits(situation: Situation) -> list[Limit]:
    """Measure messages that are made and that a broker has acknowledged."""
    with (
        tempfile.TemporaryDirectory(prefix="gridtwin-bench-") as folder,
        running(Path(folder)) as node,
    ):
        order = Order(f"kafka://{node.brokers}", FROM_S, FROM_S + HOUR_S / 4, seed=1)
        made = simulate_network(situation, order)
        assert there(node.brokers) == made.tally.messages
    each = made.seconds / made.tally.messages * 1e6
    return [Limit(f"a message acknowledged by Kafka, of {made.tally.messages:,}", each, 33.0, "us")]


def there(brokers: str) -> int:
    """Return how many messages a broker has of all topics."""
    from confluent_kafka import Consumer, TopicPartition

    consumer = Consumer({"bootstrap.servers": brokers, "group.id": "count", "log_level": 0})
    ends = [
        consumer.get_watermark_offsets(TopicPartition(topic.name, at), 10)[1]
        for topic in TOPICS.values()
        for at in range(topic.partitions)
    ]
    consumer.close()
    return sum(ends)


if __name__ == "__main__":
    main()
