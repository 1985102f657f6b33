"""Infer outages from events that stream in, on top of those that somebody has seen."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gridtwin.analysis.inference.bellwethers import choose_bellwethers
from gridtwin.analysis.inference.evidence import index_events
from gridtwin.analysis.inference.streaming import Inference
from gridtwin.analysis.state.situation import NO_ROWS
from gridtwin.errors import InputError
from gridtwin.model.events import MeterEvents
from gridtwin.model.outage import Status
from gridtwin.model.tables import decode_texts, encode_texts
from gridtwin.results.inference_result import InferenceResult
from gridtwin.sources.meter_events import read_events

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from gridtwin.analysis.inference.likelihood import Assumptions
    from gridtwin.analysis.state.situation import Situation
    from gridtwin.store.protocol import Store

# Outages that are no prediction any more: what they explain is no news.
SEEN_STATUSES = (Status.CONFIRMED, Status.PARTIALLY_RESTORED)
MOST_DEVICES_NAMED = 20  # unknown meters that are looked up for close names


class LiveInference:
    """
    An inference that events stream into, by mRID.

    >>> import gridtwin
    >>> twin = gridtwin.open(gridtwin.synthesize("houston", meters=500, seed=1))
    >>> live = twin.inference()
    >>> live.answer(0.0)
    InferenceResult(0 outages, 0 customers, 0 unexplained, state current version 0)
    """

    def __init__(
        self,
        situation: Situation,
        *,
        known_out: NDArray[np.int32] | None = None,
        bellwethers: int | Sequence[str] | None = None,
        assumptions: Assumptions | None = None,
    ) -> None:
        self.situation = situation
        chosen = None
        if isinstance(bellwethers, int):
            chosen = choose_bellwethers(situation, bellwethers)
        elif bellwethers is not None:
            chosen = situation.network.ids.find_rows("usage_points", bellwethers)
        self._inference = Inference(
            situation, assumptions=assumptions, known_out=known_out, bellwethers=chosen
        )
        self._unknown: dict[str, list[str]] = {}
        self._unknown_events = 0

    def update(self, events: MeterEvents | str | Path) -> None:
        """
        Take in events, in any order: a `MeterEvents`, or a file of them.

        Raises
        ------
        SourceError
            If a file is missing or faulty; then nothing of it was taken in.
        """
        given = events if isinstance(events, MeterEvents) else read_events(events)
        if not np.isfinite(given.at_s).all():
            msg = "an event has no time: at_s holds seconds since 1970 UTC"
            raise InputError(msg)
        heard, unknown = index_events(self.situation.network, given)
        self._inference.add_events(heard)
        self._unknown_events += len(unknown)
        for name in decode_texts(np.unique(given.mrid[unknown])).tolist():
            few = len(self._unknown) < MOST_DEVICES_NAMED
            close = self.situation.network.ids.suggest_names(name, ("usage_points",)) if few else []
            self._unknown.setdefault(name, close)

    def forget(self, before_s: float) -> None:
        """Drop the events before a moment (unix seconds), so that a long stream stays small."""
        self._inference.forget_before(before_s)

    def know(self, known_out: NDArray[np.int32]) -> None:
        """Say anew which usage points are in outages that are known already, as rows."""
        self._inference.set_known_out(known_out)

    def answer(self, now_s: float | None = None) -> InferenceResult:
        """
        Return what most likely happened, by what was reported up to a moment.

        Parameters
        ----------
        now_s
            The moment, unix seconds; by default all events are seen, and no message is missing
            because it is still on its way.
        """
        answer = self._inference.infer_outages(now_s)
        return InferenceResult(answer, self.situation, dict(self._unknown), self._unknown_events)


def find_seen_out(store: Store) -> NDArray[np.int32]:
    """Return the usage points that are out in outages which somebody has seen, as rows."""
    seen = [
        outage.id
        for outage in store.outages.list_outages(since=None)
        if outage.status in SEEN_STATUSES
    ]
    if not seen:
        return NO_ROWS
    members = store.outages.read_members(seen)
    names = members.usage_point[np.isnan(members.restored_s)]
    rows = store.network.ids.tables["usage_points"].find_rows(encode_texts(names.tolist()))
    return np.unique(rows[rows >= 0])
