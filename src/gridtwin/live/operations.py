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

from gridtwin.live.event_batch import EventBatch, tabulate_alerts
from gridtwin.live.grid_events import GridEventProcessor
from gridtwin.live.meter_inference import REPORT_KINDS, MeterInference, tabulate_reports
from gridtwin.results.documents.document_tags import DocumentTag
from gridtwin.stream.encoding import encode_outage_alerts, list_alert_keys

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from gridtwin.erm.job import ErmJob
    from gridtwin.results.documents.stream_documents import LiveDocument
    from gridtwin.twin import Twin

LOG = logging.getLogger("gridtwin.live")

REPORTS_COUNT_S = 6 * 3600.0  # that reports of meters count
KEEP_EVENTS_S = 7 * 86_400.0  # that events and alerts are kept
INFER_EVERY_S = 0.5  # between two answers of the inference
ESTIMATE_EVERY_S = 5.0  # between two runs of the estimation
REPLAY_ESTIMATE_S = 300.0  # the same in a replay, by the time of the events
SILENCE_COUNTS_S = 180.0  # that silence speaks after the last report
ALERTS_AT_ONCE = 1_000  # published at once


@dataclass
class LiveMetrics:
    """What a monitor watches."""

    events: int = 0  # taken in, each once
    repeated: int = 0  # that were known
    letters: int = 0  # messages that could not be used
    carried_out: int = 0  # events of the grid
    answers: int = 0  # of the inference
    outages_changed: int = 0
    alerts: int = 0  # published
    estimates: int = 0  # runs
    answer_s: float = 0.0  # that the last answer took
    behind_s: float = 0.0  # from the last event to now

    def name_metrics(self) -> dict[str, float]:
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
        self.metrics = LiveMetrics()
        self._twin = twin
        self._live = twin.store.live
        self._latest_event_s = 0.0
        self._received_at = time.monotonic()
        self._replay_s: float | None = None  # where a replay stands; None: no replay
        self._grid_events = GridEventProcessor(twin)
        self._meters = MeterInference(twin, time.time() - REPORTS_COUNT_S)
        self._has_news = True  # since the last answer
        self._answered = -1e9
        self._waking_s = 0.0  # silence speaks until then, though nothing comes
        self._model = model
        self._job: ErmJob | None = None
        self._estimates = estimates
        self._estimated = -1e9
        self._to_estimate = False
        self._estimate_s = 0.0

    def read_offsets(self) -> dict[str, int]:
        """Return how far each source was read."""
        return self._live.read_offsets()

    def list_event_ids(self, since_s: float) -> set[str]:
        """Return the ids of the events that were taken in, from a moment on (unix seconds)."""
        return {each.event_id for each in self._live.list_events(since_s)}

    def take_batch(self, batch: EventBatch) -> None:
        """Take in what came: all of it is kept, with how far it was read, or nothing."""
        fresh = self._live.store_events(
            batch.events, batch.letters, batch.places, done=REPORT_KINDS
        )
        self.metrics.events += fresh
        self.metrics.repeated += len(batch.events) - fresh
        self.metrics.letters += len(batch.letters)
        if not batch.events:
            return
        self._latest_event_s = max(self._latest_event_s, *(each.at_s for each in batch.events), 0.0)
        self._received_at = time.monotonic()
        reports = tabulate_reports(batch.events)
        if len(reports):
            self._meters.take_reports(reports)
            self._has_news = True

    def now_s(self) -> float:
        """
        Return the time of the events: that of the latest, and what has passed since it came.

        It is the time of day when events come as they happen, and theirs when they are played.
        """
        if self._replay_s is not None:
            return self._replay_s
        if not self._latest_event_s:
            return time.time()
        return min(time.time(), self._latest_event_s + time.monotonic() - self._received_at)

    def _clock_s(self) -> float:
        """Return a time to measure waits by."""
        return time.monotonic() if self._replay_s is None else self._replay_s

    def process_events(self, *, final: bool = False, at_s: float | None = None) -> None:
        """
        Do what is to be done.

        Parameters
        ----------
        final
            Whether all that will come has come; then nothing is waited for.
        at_s
            The moment it is done at (unix seconds), in a replay; None: now.
        """
        self._replay_s = at_s
        self.metrics.carried_out += self._grid_events.process_events()
        if self._grid_events.track_operations():
            self._meters.restart_inference()
        written, self._grid_events.outages_written = self._grid_events.outages_written, 0
        self._count_changes(written)
        now = self._clock_s()
        rest = max(INFER_EVERY_S, self.metrics.answer_s / 4) if at_s is None else 0.0
        speaking = self._has_news or now < self._waking_s
        if final or (speaking and now - self._answered >= rest):
            self._infer_outages(final=final)
        if self._estimates and self._to_estimate and self._may_estimate(final=final):
            self._estimate_restorations()
        self.metrics.behind_s = (
            max(0.0, time.time() - self._latest_event_s) if self._latest_event_s else 0.0
        )

    def _infer_outages(self, *, final: bool) -> None:
        began = time.monotonic()
        if self._has_news:
            self._waking_s = self._clock_s() + SILENCE_COUNTS_S
        self._has_news = False
        changed = self._meters.update_outages(self.now_s(), final=final)
        self._answered = self._clock_s()
        self.metrics.answers += 1
        self.metrics.answer_s = time.monotonic() - began
        self._count_changes(changed)
        if changed:
            LOG.info("%d outages changed in %.2f s", changed, self.metrics.answer_s)

    def _count_changes(self, changed: int) -> None:
        self.metrics.outages_changed += changed
        self._to_estimate |= bool(changed)

    def _may_estimate(self, *, final: bool) -> bool:
        rest = max(ESTIMATE_EVERY_S, 4 * self._estimate_s)
        if self._replay_s is not None:
            rest = REPLAY_ESTIMATE_S
        elif self._has_news:  # who is out comes before until when
            rest *= 3
        return final or self._clock_s() - self._estimated >= rest

    def _estimate_restorations(self) -> None:
        """Estimate the end of the open outages; those that are as before keep their estimate."""
        from gridtwin.erm.job import ErmJob

        began = time.monotonic()
        now = datetime.fromtimestamp(self.now_s(), UTC)
        self._job = self._job or ErmJob(self._twin, self._model)
        self._job.run(f"live-{now:%Y%m%dT%H%M%S.%fZ}", at=now)
        self._to_estimate = False
        self._estimated = self._clock_s()
        self._estimate_s = time.monotonic() - began
        self.metrics.estimates += 1

    def publish_alerts(self, produce: Callable[[list[bytes], list[bytes]], None]) -> int:
        """
        Publish the alerts that were not published yet.

        Parameters
        ----------
        produce
            Takes keys and values, and returns when they are safe; they may come twice, under the
            same id, if it is cut short.

        Returns
        -------
            How many were published.
        """
        count = 0
        while alerts := self._live.list_unpublished_alerts(ALERTS_AT_ONCE):
            columns = tabulate_alerts(alerts)
            produce(list_alert_keys(columns), encode_outage_alerts(columns))
            self._live.mark_alerts_published([each.event_id for each in alerts])
            count += len(alerts)
        self.metrics.alerts += count
        return count

    def forget_old(self) -> None:
        """Forget what is old."""
        self.forget_reports()
        self._live.forget_before(time.time() - KEEP_EVENTS_S)

    def forget_reports(self) -> None:
        """Let reports that are old by the time of the events count no longer."""
        self._meters.forget_reports(self.now_s() - REPORTS_COUNT_S)

    def document(self) -> LiveDocument:
        """Return the figures as the JSON document ``gridtwin.live/1``."""
        metrics = self.metrics
        return {
            "schema": DocumentTag.LIVE,
            "version": self._twin.version,
            "events": metrics.events,
            "repeated": metrics.repeated,
            "letters": metrics.letters,
            "carried_out": metrics.carried_out,
            "answers": metrics.answers,
            "outages_changed": metrics.outages_changed,
            "alerts": metrics.alerts,
            "estimates": metrics.estimates,
            "answer_s": metrics.answer_s,
            "behind_s": metrics.behind_s,
        }
