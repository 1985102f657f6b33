"""Send messages as fast as they can be made, so many a second, or so many times real time."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from gridtwin.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from gridtwin.stream.simulate.messages import Batch


class Sink(Protocol):
    """Where messages go."""

    def send_batch(self, batch: Batch) -> None:
        """Take messages; they may wait for others."""
        ...

    def close(self) -> None:
        """Return when all that was taken is where it belongs."""
        ...


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast messages are sent; as fast as can be by default."""

    rate: float = 0.0  # messages a second at most; 0: no limit
    times: float = 0.0  # simulated seconds a second; 0: no tie to the clock

    def __post_init__(self) -> None:
        """Refuse what cannot be kept."""
        if self.rate < 0 or self.times < 0 or (self.rate and self.times):
            msg = "--rate and --paced are above zero and exclude each other"
            raise InputError(msg)


def send_batches(
    batches: Iterable[Batch],
    sink: Sink,
    pace: Pace,
    progress: Callable[[float, int], None] | None = None,
) -> None:
    """
    Send messages to a sink, and close it.

    Parameters
    ----------
    batches
        The messages, in the order they are sent.
    sink
        Where they go.
    pace
        How fast.
    progress
        Called with the simulated time and how many messages were sent, after each batch.
    """
    began, first_s, sent = time.monotonic(), None, 0
    try:
        for batch in batches:
            first_s = batch.send_s if first_s is None else first_s
            due = sent / pace.rate if pace.rate else 0.0
            due = (batch.send_s - first_s) / pace.times if pace.times else due
            wait = began + due - time.monotonic()
            if wait > 0:
                time.sleep(wait)
            sink.send_batch(batch)
            sent += len(batch.values)
            if progress is not None:
                progress(batch.send_s, sent)
    finally:
        sink.close()
