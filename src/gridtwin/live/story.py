"""
Live through events that are all there already, in the order and at the times they happened.

Between two looks a few seconds of the story pass, not of the day: an outage that ended long ago is
opened when its meters fell silent, and restored when they came back.
"""

from __future__ import annotations

import math
import time
from itertools import groupby
from typing import TYPE_CHECKING

from gridtwin.live.messages import Batch
from gridtwin.live.operations import WAKING_S

if TYPE_CHECKING:
    from collections.abc import Callable

    from gridtwin.live.operations import LiveOperations

STEP_S = 10.0  # of the story, between two looks at it
FORGET_S = 3_600.0  # of the story, between two times that old reports are dropped


class Story:
    """
    A story that live operations go through.

    Parameters
    ----------
    live
        The live operations.
    produce
        Takes the keys and the values of alerts.
    """

    def __init__(
        self, live: LiveOperations, produce: Callable[[list[bytes], list[bytes]], None]
    ) -> None:
        self._live = live
        self._produce = produce
        self._step: int | None = None  # the last that was looked at
        self._forgot = 0.0

    def go_through(self, batch: Batch) -> None:
        """Take in what happened, step by step; how far it was read is kept with the last."""
        events = sorted(batch.events, key=lambda each: (each.at_s, each.event_id))
        known = self._live.known_since(events[0].at_s) if events else set()
        # What was lived through before, in a run that was cut short perhaps, is evidence alone.
        self._live.take(Batch([each for each in events if each.event_id in known]))
        events = [each for each in events if each.event_id not in known]
        for step, happened in groupby(events, key=lambda each: math.floor(each.at_s / STEP_S)):
            self._let_pass(step)
            self._live.take(Batch(list(happened)))
            self._look(step)
        self._live.take(Batch([], batch.letters, batch.places))

    def end(self) -> None:
        """Let silence speak, and finish what waits for more to come."""
        if self._step is not None:
            self._let_pass(self._step + math.ceil(WAKING_S / STEP_S))
        self._live.work(final=True, at_s=None if self._step is None else _end_of(self._step))
        self._live.tell(self._produce)

    def _let_pass(self, until: int) -> None:
        """Look at the steps in which nothing came, as long as silence speaks."""
        if self._step is None:
            return
        begin = self._step + 1
        for step in range(begin, min(until, begin + math.ceil(WAKING_S / STEP_S))):
            if step * STEP_S > time.time():
                return
            self._look(step)

    def _look(self, step: int) -> None:
        self._step = max(step, self._step or step)  # what was told late is seen late
        now_s = _end_of(self._step)
        self._live.work(at_s=now_s)
        self._live.tell(self._produce)
        if now_s - self._forgot > FORGET_S:
            self._live.forget_reports()
            self._forgot = now_s


def _end_of(step: int) -> float:
    return min((step + 1) * STEP_S, time.time())
