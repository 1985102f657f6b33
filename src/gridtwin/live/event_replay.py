"""
Replay events that are all there already, in the order and at the times they happened.

Between two looks a few seconds of the events' time pass, not of the day: an outage that ended long
ago is opened when its meters fell silent, and restored when they came back.
"""

from __future__ import annotations

import math
import time
from itertools import groupby
from typing import TYPE_CHECKING

from gridtwin.live.event_batch import EventBatch
from gridtwin.live.operations import SILENCE_COUNTS_S

if TYPE_CHECKING:
    from collections.abc import Callable

    from gridtwin.live.operations import LiveOperations

REPLAY_STEP_S = 10.0  # of the events' time, between two looks at it
FORGET_REPORTS_S = 3_600.0  # of the events' time, between two times that old reports are dropped


class EventReplay:
    """
    A replay of past events through live operations.

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

    def replay_batch(self, batch: EventBatch) -> None:
        """Take in what happened, step by step; how far it was read is kept with the last."""
        events = sorted(batch.events, key=lambda each: (each.at_s, each.event_id))
        known = self._live.list_event_ids(events[0].at_s) if events else set()
        # What was replayed before, in a run that was cut short perhaps, is evidence alone.
        self._live.take_batch(EventBatch([each for each in events if each.event_id in known]))
        events = [each for each in events if each.event_id not in known]
        for step, happened in groupby(
            events, key=lambda each: math.floor(each.at_s / REPLAY_STEP_S)
        ):
            self._pass_silence(step)
            self._live.take_batch(EventBatch(list(happened)))
            self._process_step(step)
        self._live.take_batch(EventBatch([], batch.letters, batch.places))

    def finish_replay(self) -> None:
        """Let silence speak, and finish what waits for more to come."""
        if self._step is not None:
            self._pass_silence(self._step + math.ceil(SILENCE_COUNTS_S / REPLAY_STEP_S))
        self._live.process_events(
            final=True, at_s=None if self._step is None else _end_step(self._step)
        )
        self._live.publish_alerts(self._produce)

    def _pass_silence(self, until: int) -> None:
        """Look at the steps in which nothing came, as long as silence speaks."""
        if self._step is None:
            return
        begin = self._step + 1
        for step in range(begin, min(until, begin + math.ceil(SILENCE_COUNTS_S / REPLAY_STEP_S))):
            if step * REPLAY_STEP_S > time.time():
                return
            self._process_step(step)

    def _process_step(self, step: int) -> None:
        self._step = max(step, self._step or step)  # what came late is seen late
        now_s = _end_step(self._step)
        self._live.process_events(at_s=now_s)
        self._live.publish_alerts(self._produce)
        if now_s - self._forgot > FORGET_REPORTS_S:
            self._live.forget_reports()
            self._forgot = now_s


def _end_step(step: int) -> float:
    return min((step + 1) * REPLAY_STEP_S, time.time())
