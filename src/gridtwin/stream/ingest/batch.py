"""
Turn messages as they came into what is written of them: readings that count, and dead letters.

Of several readings of one meter and interval, that of the highest offset counts. A meter always
writes to one partition, since the partition follows from the key, so its offsets have one order.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from gridtwin.model.tables import decode_texts
from gridtwin.stream.decoding import decode_readings

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gridtwin.model.ids import SortedIds
    from gridtwin.model.readings import Readings
    from gridtwin.stream.contracts import Window
    from gridtwin.stream.reader import Messages
    from gridtwin.stream.wire import Registry

UNKNOWN_METER = "meter_id {!r} is no usage point of this network"


class StreamDeadLetter(NamedTuple):
    """A message that cannot be used, and why."""

    partition: int
    offset: int
    reason: str
    value: bytes | None

    @classmethod
    def from_row(cls, messages: Messages, row: int, reason: str) -> StreamDeadLetter:
        """Return the letter that a message is."""
        at, offset = int(messages.partition[row]), int(messages.offset[row])
        return cls(at, offset, reason, messages.values[row])


@dataclass(frozen=True, slots=True)
class ReadyBatch:
    """Readings that count, in order of time and meter, and the messages that are none."""

    meter: NDArray[np.int32]  # number of the meter
    at_s: NDArray[np.int64]  # end of the interval
    kwh: NDArray[np.float32]
    voltage_v: NDArray[np.float32]
    partition: NDArray[np.int32]
    offset: NDArray[np.int64]
    dead: list[StreamDeadLetter]
    repeated: int  # readings that a later one of the same messages replaced
    unknown: int  # readings of meters that are not known

    def __len__(self) -> int:
        """Return how many readings there are."""
        return len(self.meter)


def prepare_batch(
    messages: Messages, meters: SortedIds, window: Window, registry: Registry | None = None
) -> ReadyBatch:
    """
    Decode messages of ``ami_readings`` and keep what counts.

    Parameters
    ----------
    messages
        In the order they came.
    meters
        The meters that are known; the row of each is its number.
    window
        Times that are taken.
    registry
        Where the schemas of Confluent's wire format are.
    """
    decoded = decode_readings(messages.values, window=window, registry=registry)
    dead = [StreamDeadLetter.from_row(messages, row, reason) for row, reason in decoded.rejected]
    readings: Readings = decoded.values
    meter = meters.find_rows(readings.mrid)
    unknown = np.flatnonzero(meter < 0).tolist()
    for row, name in zip(unknown, decode_texts(readings.mrid[unknown]).tolist(), strict=True):
        dead.append(
            StreamDeadLetter.from_row(messages, int(decoded.rows[row]), UNKNOWN_METER.format(name))
        )
    known = np.flatnonzero(meter >= 0)
    offset = messages.offset[decoded.rows]
    counts = known[find_newest(readings.at_s[known], meter[known], offset[known])]
    return ReadyBatch(
        meter[counts],
        readings.at_s[counts],
        readings.kwh[counts],
        readings.voltage_v[counts],
        messages.partition[decoded.rows[counts]],
        offset[counts],
        sorted(dead, key=lambda letter: letter[:2]),
        len(known) - len(counts),
        len(unknown),
    )


def find_newest(
    at_s: NDArray[np.int64], meter: NDArray[np.integer], order: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Return the rows that come last in an order among those of their meter and time, sorted."""
    rows = np.lexsort((order, meter, at_s))
    at, whose = at_s[rows], meter[rows]
    last = np.ones(len(rows), dtype=np.bool_)
    last[:-1] = (at[1:] != at[:-1]) | (whose[1:] != whose[:-1])
    return rows[last]
