"""Simulate live data of a network from one time to another, and send it where it is wanted."""

from __future__ import annotations

import math
import time
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np

from gridtwin.errors import InputError
from gridtwin.results.documents.document_tags import DocumentTag
from gridtwin.store.postgis.connect import hide_password, is_address
from gridtwin.stream.simulate import scenario as scenarios
from gridtwin.stream.simulate.message_sending import Pace, send_batches
from gridtwin.stream.simulate.messages import Flaws, Stream, Tally, Told
from gridtwin.stream.simulate.meter_intervals import Making, list_interval_ends
from gridtwin.stream.simulate.sinks.kafka_sink import KafkaSink
from gridtwin.stream.simulate.sinks.lines_sink import LinesSink
from gridtwin.stream.simulate.sinks.parquet_sink import write_parquet
from gridtwin.stream.simulate.sinks.postgres_sink import write_postgres
from gridtwin.stream.wire import Registry

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from gridtwin.analysis.state.situation import Situation
    from gridtwin.results.documents.stream_documents import SimulatedDocument
    from gridtwin.stream.simulate.message_sending import Sink
    from gridtwin.stream.simulate.meter_intervals import Interval
    from gridtwin.stream.simulate.scenario import Scenario

SINK_FORMS = {
    "kafka": "kafka://BROKERS",
    "jsonl": "jsonl:FOLDER",
    "parquet": "parquet:FOLDER",
    "postgresql": "postgresql://...",
}
MISSING_SHARE = 0.001  # share of readings that never come: what a good network of meters loses


@dataclass(frozen=True, slots=True)
class Order:
    """What to simulate, and where it goes."""

    sink: str  # kafka://BROKERS, jsonl:FOLDER, parquet:FOLDER or postgresql://...
    from_s: float
    to_s: float
    seed: int = 0
    faults: int = 0  # of a storm; 0: none
    script: str = ""  # file of a scenario; empty: none
    missing: float = MISSING_SHARE
    flaws: Flaws = field(default_factory=Flaws)
    pace: Pace = field(default_factory=Pace)
    timezone: str = "America/Chicago"
    registry: str = ""  # address of a schema registry, for Avro on Kafka; empty: JSON

    def __post_init__(self) -> None:
        """Refuse what cannot be."""
        shares = (self.missing, *asdict(self.flaws).values())
        if not all(0 <= share < 1 for share in shares):
            msg = "--missing, --duplicates, --late and --malformed are shares from 0 up to below 1"
            raise InputError(msg)
        if self.faults and self.script:
            msg = "--storm and --script exclude each other"
            raise InputError(msg)
        if self.seed < 0:
            msg = "--seed is a number from 0 up"
            raise InputError(msg)
        if self.registry and not self.sink.startswith("kafka:"):
            msg = "--registry is for kafka: the other sinks hold no Avro"
            raise InputError(msg)
        _check_timezone(self.timezone)


@dataclass(frozen=True, slots=True)
class Simulated:
    """What was made and sent."""

    order: Order
    tally: Tally
    operations: int
    most_out: int  # usage points without supply at the worst moment
    seconds: float

    def document(self) -> SimulatedDocument:
        """Return it as ``gridtwin.simulated/1``."""
        return {
            "schema": DocumentTag.SIMULATED,
            "sink": _hide_password(self.order.sink),
            "from": _format_time(self.order.from_s),
            "to": _format_time(self.order.to_s),
            "seed": self.order.seed,
            "readings": self.tally.readings,
            "duplicates": self.tally.duplicates,
            "late": self.tally.late,
            "malformed": self.tally.malformed,
            "conditions": self.tally.conditions,
            "grid_events": self.tally.grid_events,
            "outage_alerts": self.tally.outage_alerts,
            "messages": self.tally.messages,
            "operations": self.operations,
            "most_out": self.most_out,
            "seconds": round(self.seconds, 3),
            "readings_per_s": round(self.tally.readings / max(self.seconds, 1e-9)),
        }


def simulate_network(
    situation: Situation, order: Order, progress: Callable[[float, int], None] | None = None
) -> Simulated:
    """
    Simulate live data of a network.

    Parameters
    ----------
    situation
        The network in the state it begins in.
    order
        What to simulate, and where it goes.
    progress
        Called with the simulated time and how much was sent.

    Raises
    ------
    InputError
        If the order cannot be carried out.
    StoreError
        If it cannot be written where it shall go.
    """
    spans = list_interval_ends(order.from_s, order.to_s)
    kind, _, where = order.sink.partition(":")
    kind = "postgresql" if kind == "postgres" else kind
    if kind not in SINK_FORMS or not where.strip("/"):
        msg = f"--sink is none of {', '.join(SINK_FORMS.values())}"
        raise InputError(msg)
    if not len(situation.data.usage_points.mrid):
        msg = "the network has no usage points: nothing measures"
        raise InputError(msg)
    began = time.monotonic()
    scenario = _build_scenario(situation, order)
    making = Making.from_situation(
        situation, scenario, seed=order.seed, missing=order.missing, timezone=order.timezone
    )
    if kind in {"parquet", "postgresql"}:
        tally = _write_tables(making, spans, order, kind, progress)
    else:
        sink: Sink = (
            LinesSink(Path(where)) if kind == "jsonl" else _open_kafka_sink(where, order.registry)
        )
        stream = Stream(making, order.flaws)
        send_batches(stream.yield_batches(spans), sink, order.pace, progress)
        tally = stream.tally
    seconds = time.monotonic() - began
    return Simulated(order, tally, len(scenario.operations), _count_most_out(scenario), seconds)


def _open_kafka_sink(where: str, registry: str) -> KafkaSink:
    return KafkaSink(where.strip("/"), Registry(registry) if registry else None)


def _build_scenario(situation: Situation, order: Order) -> Scenario:
    if order.script:
        return scenarios.read_script(situation, order.script, seed=order.seed)
    if order.faults:
        return scenarios.build_storm_scenario(
            situation, order.faults, seed=order.seed, from_s=order.from_s, to_s=order.to_s
        )
    return scenarios.build_quiet_scenario(situation)


def _write_tables(
    making: Making,
    spans: range,
    order: Order,
    kind: str,
    progress: Callable[[float, int], None] | None,
) -> Tally:
    """Write readings as tables, without flaws; beside Parquet, what is told as lines."""
    if order.pace.rate or order.pace.times:
        msg = "--rate and --paced are for messages: tables are written as fast as can be"
        raise InputError(msg)
    tally = Tally()

    def yield_measured() -> Iterator[Interval]:
        for at_s in spans:
            interval = making.measure_interval(at_s)
            yield interval
            tally.readings += len(interval.row)
            tally.conditions += 1
            if progress is not None:
                progress(at_s, tally.readings)

    if kind == "postgresql":
        write_postgres(making, yield_measured(), order.sink)
        return tally
    folder = Path(order.sink.partition(":")[2])
    write_parquet(making, yield_measured(), folder)
    told = Told.from_making(making, order.from_s, order.to_s)
    if told.count:
        sink = LinesSink(folder, append=True)
        for batch in told.yield_until(math.inf):
            sink.send_batch(batch)
            tally.count_messages(batch.topic, len(batch.values))
        sink.close()
    return tally


def _count_most_out(scenario: Scenario) -> int:
    """Return how many usage points had no supply at the worst moment."""
    dark = scenario.dark
    if not len(dark.point):
        return 0
    ended = np.searchsorted(np.sort(dark.to_s), dark.from_s, side="right")
    begun = np.searchsorted(dark.from_s, dark.from_s, side="right")
    return int((begun - ended).max())


def _check_timezone(name: str) -> None:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        msg = f"--timezone {name!r} is not known: use a name such as America/Chicago"
        raise InputError(msg) from error


def _hide_password(sink: str) -> str:
    """Return a sink without its password."""
    return hide_password(sink) if is_address(sink) else sink


def _format_time(at_s: float) -> str:
    return datetime.fromtimestamp(at_s, UTC).isoformat().replace("+00:00", "Z")
