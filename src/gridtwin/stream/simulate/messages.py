"""
Put what is measured and told in the order it is sent, with the flaws of a real stream.

The readings of an interval are sent in the interval after it, spread evenly and in no order of
meters. Some are sent twice, some intervals late, and some spoiled copies go along.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from gridtwin.analysis.demand.random_draws import Draw, make_rng
from gridtwin.model.readings import ALERT_CODE, INTERVAL_S, GridEvents, OutageAlerts, Readings
from gridtwin.model.tables import encode_texts
from gridtwin.stream.encoding import (
    encode_conditions,
    encode_grid_events,
    encode_outage_alerts,
    encode_readings,
    format_times,
    list_alert_keys,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from gridtwin.stream.simulate.meter_intervals import Interval, Making

MOST_INTERVALS_LATE = 8  # intervals that a late reading is late, at most
BLOCK_MESSAGES = 20_000  # readings that are messages at one time
FLAW_KINDS = 5  # kinds of spoiled messages


@dataclass(frozen=True, slots=True)
class Flaws:
    """Shares of the readings, and of what is told, that come so."""

    duplicate: float = 0.002
    late: float = 0.005
    malformed: float = 0.0005  # spoiled copies that go along; they take no good reading away


@dataclass(slots=True)
class Tally:
    """What was sent."""

    readings: int = 0  # good and different ones
    duplicates: int = 0
    late: int = 0
    malformed: int = 0
    conditions: int = 0
    grid_events: int = 0
    outage_alerts: int = 0

    def count_messages(self, topic: str, messages: int) -> None:
        """Count messages of another topic than that of readings."""
        setattr(self, topic, getattr(self, topic) + messages)

    @property
    def messages(self) -> int:
        """All of them."""
        extra = self.duplicates + self.malformed
        return self.readings + extra + self.conditions + self.grid_events + self.outage_alerts


@dataclass(frozen=True, slots=True)
class Batch:
    """Messages of one topic that are sent together."""

    send_s: float  # in the time that is simulated
    topic: str
    keys: list[bytes]
    values: list[bytes]


@dataclass(slots=True)
class Stream:
    """The messages of a simulation, and a tally of those that were made."""

    making: Making
    flaws: Flaws
    tally: Tally = field(default_factory=Tally)
    _late: dict[int, list[Readings]] = field(default_factory=lambda: defaultdict(list))

    def yield_batches(self, ends: Sequence[int]) -> Iterator[Batch]:
        """Yield the messages of the intervals that end so, in the order they are sent."""
        told = Told.from_making(
            self.making, ends[0] - INTERVAL_S, ends[-1], twice=self.flaws.duplicate
        )
        yield from self._count_batches(told.yield_until(ends[0]))
        for at_s in ends:
            interval = self.making.measure_interval(at_s)
            conditions = interval.conditions
            self.tally.conditions += 1
            key = [word.encode() for word in format_times(conditions.at_s) if word]
            yield Batch(at_s, "conditions", key, encode_conditions(conditions))
            yield from self._yield_window(at_s, self._queue_readings(interval), told)
        left = [late for number in sorted(self._late) for late in self._late[number]]
        self._late.clear()
        end_s = ends[-1] + INTERVAL_S
        yield from self._count_batches(told.yield_until(np.inf))
        for readings in left:
            yield self._build_batch(end_s, readings, encode_readings(readings))

    def _queue_readings(self, interval: Interval) -> tuple[Readings, NDArray[np.uint8]]:
        """Return the readings to send after an interval, and what is wrong with each."""
        number = interval.at_s // INTERVAL_S
        draw = make_rng(self.making.meters.seed, Draw.ORDER, number)
        fresh = self.making.build_readings(interval)
        count = len(fresh)
        lag = np.where(
            draw.random(count) < self.flaws.late,
            draw.integers(1, MOST_INTERVALS_LATE + 1, count),
            0,
        )
        for late in np.unique(lag[lag > 0]).tolist():
            self._late[number + late].append(fresh.take_rows(lag == late))
        parts = [fresh.take_rows(lag == 0), *self._late.pop(number, [])]
        twice = draw.random(count) < self.flaws.duplicate
        spoiled = draw.random(count) < self.flaws.malformed
        parts += [fresh.take_rows(twice), fresh.take_rows(spoiled)]
        readings = join_readings(parts)
        flaw = np.zeros(len(readings), dtype=np.uint8)
        flaw[len(readings) - int(spoiled.sum()) :] = 1 + np.arange(int(spoiled.sum())) % FLAW_KINDS
        order = draw.permutation(len(readings))
        self.tally.readings += count
        self.tally.late += int((lag > 0).sum())
        self.tally.duplicates += int(twice.sum())
        self.tally.malformed += int(spoiled.sum())
        return readings.take_rows(order), flaw[order]

    def _yield_window(
        self, at_s: int, queue: tuple[Readings, NDArray[np.uint8]], told: Told
    ) -> Iterator[Batch]:
        """Yield what is sent in the interval after a time, second by second."""
        readings, flaw = queue
        share = (np.arange(len(readings)) + 0.5) / max(len(readings), 1)
        second = np.floor(share * INTERVAL_S).astype(np.int64)
        for start in range(0, len(readings), BLOCK_MESSAGES):
            block = slice(start, start + BLOCK_MESSAGES)
            part = readings.take_rows(np.arange(start, min(start + BLOCK_MESSAGES, len(readings))))
            values = encode_readings(part)
            for at in np.flatnonzero(flaw[block]).tolist():
                values[at] = spoil_message(values[at], int(flaw[start + at]))
            keys = part.mrid.tolist()
            seconds, first = np.unique(second[block], return_index=True)
            bounds = [*first.tolist(), len(values)]
            for at, begin, end in zip(seconds.tolist(), bounds, bounds[1:], strict=False):
                yield from self._count_batches(told.yield_until(at_s + at))
                yield Batch(at_s + at, "ami_readings", keys[begin:end], values[begin:end])
        yield from self._count_batches(told.yield_until(at_s + INTERVAL_S))

    def _count_batches(self, batches: Iterator[Batch]) -> Iterator[Batch]:
        for batch in batches:
            self.tally.count_messages(batch.topic, len(batch.values))
            yield batch

    @staticmethod
    def _build_batch(send_s: float, readings: Readings, values: list[bytes]) -> Batch:
        return Batch(send_s, "ami_readings", readings.mrid.tolist(), values)


def join_readings(parts: Sequence[Readings]) -> Readings:
    """Return readings one after another."""
    return Readings(
        np.concatenate([part.mrid for part in parts]),
        np.concatenate([part.at_s for part in parts]),
        np.concatenate([part.kwh for part in parts]),
        np.concatenate([part.voltage_v for part in parts]),
    )


def spoil_message(value: bytes, flaw: int) -> bytes:
    """Return a message spoiled in one of `FLAW_KINDS` ways, none of which keeps the contract."""
    if flaw == 1:
        return value[: len(value) // 2]  # cut off
    if flaw == 2:
        return value.replace(b'"meter_id"', b'"meter"')
    if flaw == 3:
        return value.replace(b'"kwh":', b'"kwh":"x",_:')  # no JSON
    if flaw == 4:
        return value.replace(b'Z"', b'"')  # a time of no zone
    return b"\xff" + value


class Told:
    """Events and alerts in order of arrival, handed out once each."""

    def __init__(
        self,
        events: GridEvents,
        heard_s: NDArray[np.float64],
        alerts: OutageAlerts,
        arrives_s: NDArray[np.float64],
    ) -> None:
        self._events, self._heard_s, self._event = events, heard_s, 0
        self._alerts, self._arrives_s, self._alert = alerts, arrives_s, 0

    @classmethod
    def from_making(cls, making: Making, from_s: float, to_s: float, *, twice: float = 0.0) -> Told:
        """Return what happened after one time and not after another, a share of it told twice."""
        draw = make_rng(making.meters.seed, Draw.TOLD)
        events = making.scenario.events
        events = events.take_rows((events.at_s > from_s) & (events.at_s <= to_s))
        again = np.flatnonzero(draw.random(len(events)) < twice)
        heard_s = np.concatenate([events.at_s, events.at_s[again] + _draw_delays(draw, len(again))])
        order = np.argsort(heard_s, kind="stable")
        events = events.take_rows(np.concatenate([np.arange(len(events)), again])[order])
        told = making.scenario.told
        rows = np.flatnonzero((told.at_s > from_s) & (told.at_s <= to_s))
        again = np.flatnonzero(draw.random(len(rows)) < twice)
        arrives_s = told.arrives_s[rows]
        arrives_s = np.concatenate([arrives_s, arrives_s[again] + _draw_delays(draw, len(again))])
        rows = np.concatenate([rows, rows[again]])
        by_arrival = np.argsort(arrives_s, kind="stable")
        alerts = _build_alerts(making, rows[by_arrival])
        return cls(events, heard_s[order], alerts, arrives_s[by_arrival])

    @property
    def count(self) -> int:
        """How many there are."""
        return len(self._events) + len(self._alerts)

    def yield_until(self, time_s: float) -> Iterator[Batch]:
        """Yield what arrives not after a time and was not handed out yet."""
        last = int(np.searchsorted(self._heard_s, time_s, side="right"))
        if last > self._event:
            events = self._events.take_rows(np.arange(self._event, last))
            sent, self._event = float(self._heard_s[self._event]), last
            keys = events.equipment.tolist()
            yield Batch(sent, "grid_events", keys, encode_grid_events(events))
        last = int(np.searchsorted(self._arrives_s, time_s, side="right"))
        if last > self._alert:
            rows = np.arange(self._alert, last)
            alerts, sent = self._alerts.take_rows(rows), float(self._arrives_s[self._alert])
            self._alert = last
            yield Batch(
                sent, "outage_alerts", list_alert_keys(alerts), encode_outage_alerts(alerts)
            )


def _draw_delays(draw: np.random.Generator, count: int) -> NDArray[np.float64]:
    """Return how much later something is told again, in seconds."""
    return draw.uniform(1.0, 60.0, count)


def _build_alerts(making: Making, rows: NDArray[np.int64]) -> OutageAlerts:
    """Return what meters told, by rows of the scenario; told twice, it has the same id."""
    told = making.scenario.told
    names, at_s, restored = making.names[told.point[rows]], told.at_s[rows], told.restored[rows]
    ids = [
        f"{'PR' if back else 'LG'}-{name.decode()}-{round(at * 1000)}"
        for back, name, at in zip(restored.tolist(), names.tolist(), at_s.tolist(), strict=True)
    ]
    blank = np.zeros(len(rows), dtype="S1")
    return OutageAlerts(
        event_id=encode_texts(ids),
        at_s=at_s,
        kind=np.where(restored, ALERT_CODE["power_restored"], ALERT_CODE["last_gasp"]).astype(
            np.uint8
        ),
        meter=names,
        outage=blank,
        status=blank,
        device=blank,
        customers_out=np.full(len(rows), -1, dtype=np.int64),
        etr_s=np.full(len(rows), np.nan),
    )
