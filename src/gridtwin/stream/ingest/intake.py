"""Decode messages against what a database knows: its meters, and the days it has room for."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from gridtwin.model.moments import DAY_S, LATEST_S
from gridtwin.stream.contracts import AMI_READINGS, CONDITIONS, Window
from gridtwin.stream.ingest import batch_writing
from gridtwin.stream.ingest.batch import StreamDeadLetter, prepare_batch
from gridtwin.stream.ingest.meters import Meters

if TYPE_CHECKING:
    import psycopg

    from gridtwin.stream.ingest.batch import ReadyBatch
    from gridtwin.stream.ingest.meters import Do
    from gridtwin.stream.reader import Messages
    from gridtwin.stream.wire import Registry

STRANGE_S = 86_400.0  # a meter whose clock is ahead by more is not believed


@dataclass(frozen=True, slots=True)
class Options:
    """How a worker works."""

    stream: str = "gridtwin"  # the consumer group, under whose name offsets are kept
    readings: str = AMI_READINGS.name
    conditions: str = CONDITIONS.name
    batch: int = 500  # messages at most in a transaction: more make it longer, and hardly cheaper
    wait_s: float = 0.1  # longest wait for them
    keep_days: int = 7  # of readings, the newest one included

    @classmethod
    def for_prefix(cls, stream: str = "gridtwin", prefix: str = "", **more: Any) -> Options:
        """Return the options of a group whose topics have a prefix before their names."""
        topics = prefix + AMI_READINGS.name, prefix + CONDITIONS.name
        return cls(stream, *topics, **more)


class Intake:
    """What a database knows; one thread uses it."""

    def __init__(self, options: Options, registry: Registry | None = None) -> None:
        self._options = options
        self._registry = registry
        self._meters = Meters()
        self._days: set[int] = set()  # since 1970

    def read_database(self, do: Do) -> None:
        """
        Read what the database knows.

        Parameters
        ----------
        do
            Does what has to be done in the database.

        Raises
        ------
        StoreError
            If there is no network in it.
        """
        self._meters.refresh_meters(do)
        do(batch_writing.make_room_today)
        do(self.read_days)

    def read_days(self, connection: psycopg.Connection[Any]) -> None:
        """Read which days there is room for."""
        self._days = batch_writing.read_days(connection)

    def prepare_messages(self, part: Messages, do: Do) -> ReadyBatch:
        """
        Decode messages of readings, and make room for days that are new.

        Parameters
        ----------
        part
            The messages.
        do
            Does what has to be done in the database first.
        """
        ready = self._prepare_readings(part)
        if ready.unknown and self._meters.refresh_meters(do):
            ready = self._prepare_readings(part)
        days = set(np.unique(ready.at_s // DAY_S).tolist())
        if days <= self._days:
            return ready
        oldest = max(days | self._days) - self._options.keep_days + 1
        new = {day for day in days - self._days if day >= oldest}
        do(lambda connection: batch_writing.make_days(connection, new))
        self._days |= new
        return self._prepare_readings(part)

    def _prepare_readings(self, part: Messages) -> ReadyBatch:
        latest = min(LATEST_S, time.time() + STRANGE_S)
        earliest = Window().earliest_s
        if self._days:
            oldest = max(self._days) - self._options.keep_days + 1
            earliest = max(earliest, float(oldest * DAY_S))
        return prepare_batch(part, self._meters.ids, Window(earliest, latest), self._registry)

    def write_messages(
        self, connection: psycopg.Connection[Any], part: Messages, ready: ReadyBatch | None
    ) -> list[StreamDeadLetter]:
        """Write what messages say, readings as they were staged; return what is dead."""
        if ready is not None:
            batch_writing.write_staged(connection, part.topic, ready)
            return ready.dead
        from gridtwin.stream.decoding import decode_conditions

        decoded = decode_conditions(part.values, registry=self._registry)
        batch_writing.write_conditions(connection, decoded.values, part.offset[decoded.rows])
        dead = [StreamDeadLetter.from_row(part, row, reason) for row, reason in decoded.rejected]
        batch_writing.write_dead_letters(connection, part.topic, dead)
        return dead
