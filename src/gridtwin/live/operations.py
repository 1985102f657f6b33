"""
Follow the grid as it happens: events in, the state of the twin and its outages, alerts out.

What comes is kept, each event once by its id, before anything is done; what is to be done is done
again after a crash, and changes nothing the second time. So it may be killed anywhere.
"""

from __future__ import annotations

import logging
import time
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from gridtwin.live.messages import Batch, alerts_of
from gridtwin.live.meters import KINDS, Meters, meter_events
from gridtwin.live.switching import Switching
from gridtwin.results.documents.document_tags import DocumentTag
from gridtwin.stream.encoding import alert_keys, encode_outage_alerts

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from gridtwin.erm.job import ErmJob
    from gridtwin.results.documents.stream_documents import LiveDocument
    from gridtwin.twin import Twin

LOG = logging.getLogger("gridtwin.live")

REMEMBER_S = 6 * 3600.0  # that reports of meters count
KEEP_S = 7 * 86_400.0  # that events and alerts are kept
QUICKEST_S = 0.5  # between two answers of the inference
ESTIMATE_S = 5.0  # between two runs of the estimation
STORY_ESTIMATE_S = 300.0  # the same of a story's own time, however fast it is told
WAKING_S = 180.0  # that silence speaks after the last report
ALERTS = 1_000  # told at once


@dataclass
class Figures:
    """What a monitor watches."""

    events: int = 0  # taken in, each once
    repeated: int = 0  # that were known
    letters: int = 0  # messages that could not be used
    carried_out: int = 0  # events of the grid
    answers: int = 0  # of the inference
    outages_changed: int = 0
    alerts: int = 0  # told
    estimates: int = 0  # runs
    answer_s: float = 0.0  # that the last answer took
    behind_s: float = 0.0  # from the last event to now

    def metrics(self) -> dict[str, float]:
        """Return them by the names of Prometheus."""
        return {f"gridtwin_live_{name}": float(value) for name, value in asdict(self).items()}


class LiveOperations:
    """
    The live operations of one twin; one process at a time does them.

    Parameters
    ----------
    twin
        The twin.
    model
        File of the model that estimates the end of outages; that of gridtwin by default.
    estimates
        Whether to estimate at all.
    """

    def __init__(self, twin: Twin, *, model: Path | None = None, estimates: bool = True) -> None:
        self.figures = Figures()
        self._twin = twin
        self._live = twin.store.live
        self._heard_s = 0.0  # the latest event
        self._heard_at = time.monotonic()
        self._told_s: float | None = None  # where a story stands that does not wait
        self._switching = Switching(twin)
        self._meters = Meters(twin, time.time() - REMEMBER_S)
        self._news = True  # since the last answer
        self._answered = -1e9
        self._waking_s = 0.0  # silence speaks until then, though nothing comes
        self._model = model
        self._job: ErmJob | None = None
        self._estimates = estimates
        self._estimated = -1e9
        self._to_estimate = False
        self._estimate_s = 0.0

    def places(self) -> dict[str, int]:
        """Return how far each source was read."""
        return self._live.places()

    def known_since(self, since_s: float) -> set[str]:
        """Return the ids of the events that were taken in, from a moment on (unix seconds)."""
        return {each.event_id for each in self._live.events(since_s)}

    def take(self, batch: Batch) -> None:
        """Take in what came: all of it is kept, with how far it was read, or nothing."""
        fresh = self._live.take_in(batch.events, batch.letters, batch.places, done=KINDS)
        self.figures.events += fresh
        self.figures.repeated += len(batch.events) - fresh
        self.figures.letters += len(batch.letters)
        if not batch.events:
            return
        self._heard_s = max(self._heard_s, *(each.at_s for each in batch.events), 0.0)
        self._heard_at = time.monotonic()
        reports = meter_events(batch.events)
        if len(reports):
            self._meters.hear(reports)
            self._news = True

    def now_s(self) -> float:
        """
        Return the time of the events: that of the latest, and what has passed since it came.

        It is the time of day when events come as they happen, and theirs when they are played.
        """
        if self._told_s is not None:
            return self._told_s
        if not self._heard_s:
            return time.time()
        return min(time.time(), self._heard_s + time.monotonic() - self._heard_at)

    def _clock_s(self) -> float:
        """Return a time to measure waits by."""
        return time.monotonic() if self._told_s is None else self._told_s

    def work(self, *, final: bool = False, at_s: float | None = None) -> None:
        """
        Do what is to be done.

        Parameters
        ----------
        final
            Whether all that will come has come; then nothing is waited for.
        at_s
            The moment it is done at (unix seconds), in a story that does not wait; None: now.
        """
        self._told_s = at_s
        self.figures.carried_out += self._switching.carry_out()
        if self._switching.follow():
            self._meters.begin_anew()
        written, self._switching.written = self._switching.written, 0
        self._count(written)
        now = self._clock_s()
        rest = max(QUICKEST_S, self.figures.answer_s / 4) if at_s is None else 0.0
        speaking = self._news or now < self._waking_s
        if final or (speaking and now - self._answered >= rest):
            self._answer(final=final)
        if self._estimates and self._to_estimate and self._may_estimate(final=final):
            self._estimate()
        self.figures.behind_s = max(0.0, time.time() - self._heard_s) if self._heard_s else 0.0

    def _answer(self, *, final: bool) -> None:
        began = time.monotonic()
        if self._news:
            self._waking_s = self._clock_s() + WAKING_S
        self._news = False
        changed = self._meters.work(self.now_s(), final=final)
        self._answered = self._clock_s()
        self.figures.answers += 1
        self.figures.answer_s = time.monotonic() - began
        self._count(changed)
        if changed:
            LOG.info("%d outages changed in %.2f s", changed, self.figures.answer_s)

    def _count(self, changed: int) -> None:
        self.figures.outages_changed += changed
        self._to_estimate |= bool(changed)

    def _may_estimate(self, *, final: bool) -> bool:
        rest = max(ESTIMATE_S, 4 * self._estimate_s)
        if self._told_s is not None:
            rest = STORY_ESTIMATE_S
        elif self._news:  # who is out comes before until when
            rest *= 3
        return final or self._clock_s() - self._estimated >= rest

    def _estimate(self) -> None:
        """Estimate the end of the open outages; those that are as before keep their estimate."""
        from gridtwin.erm.job import ErmJob

        began = time.monotonic()
        now = datetime.fromtimestamp(self.now_s(), UTC)
        self._job = self._job or ErmJob(self._twin, self._model)
        self._job.run(f"live-{now:%Y%m%dT%H%M%S.%fZ}", at=now)
        self._to_estimate = False
        self._estimated = self._clock_s()
        self._estimate_s = time.monotonic() - began
        self.figures.estimates += 1

    def tell(self, produce: Callable[[list[bytes], list[bytes]], None]) -> int:
        """
        Tell the alerts that were not told yet.

        Parameters
        ----------
        produce
            Takes keys and values, and returns when they are safe; they may come twice, under the
            same id, if it is cut short.

        Returns
        -------
            How many were told.
        """
        count = 0
        while alerts := self._live.untold(ALERTS):
            columns = alerts_of(alerts)
            produce(alert_keys(columns), encode_outage_alerts(columns))
            self._live.told([each.event_id for each in alerts])
            count += len(alerts)
        self.figures.alerts += count
        return count

    def forget(self) -> None:
        """Forget what is old."""
        self.forget_reports()
        self._live.forget(time.time() - KEEP_S)

    def forget_reports(self) -> None:
        """Let reports that are old by the time of the events count no longer."""
        self._meters.forget(self.now_s() - REMEMBER_S)

    def document(self) -> LiveDocument:
        """Return the figures as the JSON document ``gridtwin.live/1``."""
        figures = self.figures
        return {
            "schema": DocumentTag.LIVE,
            "version": self._twin.version,
            "events": figures.events,
            "repeated": figures.repeated,
            "letters": figures.letters,
            "carried_out": figures.carried_out,
            "answers": figures.answers,
            "outages_changed": figures.outages_changed,
            "alerts": figures.alerts,
            "estimates": figures.estimates,
            "answer_s": figures.answer_s,
            "behind_s": figures.behind_s,
        }
