"""
Infer outages from what meters report as it comes, and bring back who says that power is back.

What the store of outages knows is no news: who is out in an outage that somebody has seen is known
to the inference, and who has come back there counts as on from then.
"""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import numpy as np

from gridtwin.errors import InputError
from gridtwin.model.events import LAST_GASP, PING, POWER_RESTORED, MeterEvents
from gridtwin.model.outage import Status
from gridtwin.model.tables import encode_texts
from gridtwin.twin.live_inference import SEEN_STATUSES, LiveInference, find_seen_out

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from gridtwin.model.live import LiveEvent
    from gridtwin.model.outage import Members
    from gridtwin.model.schema import UsagePoints
    from gridtwin.results.inference_result import InferenceResult
    from gridtwin.twin import Twin

LOG = logging.getLogger("gridtwin.live")

REPORT_KINDS = ("last_gasp", "power_restored")
STEP_HOLD_S = 5.0  # that a restoration step waits for others of its kind
SILENT_METER_S = 60.0  # after which a meter whose neighbors are back counts as back
REPORT_CODES = {"last_gasp": LAST_GASP, "power_restored": POWER_RESTORED}


def tabulate_reports(events: Sequence[LiveEvent]) -> MeterEvents:
    """Return what meters reported as columns."""
    reports = [each for each in events if each.kind in REPORT_CODES]
    return MeterEvents(
        encode_texts([each.mrid for each in reports]),
        np.array([REPORT_CODES[each.kind] for each in reports], dtype=np.uint8),
        np.array([each.at_s for each in reports], dtype=np.float64),
        np.zeros(len(reports), dtype=np.uint8),
    )


class MeterInference:
    """
    What the meters of one twin report.

    Parameters
    ----------
    twin
        The twin.
    since_s
        Events before are forgotten (unix seconds).
    """

    def __init__(self, twin: Twin, since_s: float) -> None:
        self._twin = twin
        self._book = twin.store.outages
        count = len(twin.store.network.data.usage_points.mrid)
        self._last_gasp_s = np.full(count, -np.inf)  # the last of each usage point
        self._last_power_s = np.full(count, -np.inf)
        self._reports = [tabulate_reports(twin.store.live.list_events(since_s))]
        self._revisions: dict[str, int] = {}  # of outages of which somebody came back
        self._seen: list[tuple[str, int]] = []
        self._held_outages: set[str] = (
            set()
        )  # outages of which somebody says to be back, and others may
        self._mark_latest(self._reports[0])
        self._start_inference()

    def _start_inference(self) -> None:
        """Lay the inference out for the state as operated now, and give it every report again."""
        self._live = LiveInference(self._twin.situation())
        self._seen = []
        for events in self._reports:
            self._live.update(events)

    def restart_inference(self) -> None:
        """Take notice that others have supply than before."""
        self._start_inference()

    def take_reports(self, events: MeterEvents) -> None:
        """Take in what meters reported, in any order; what came twice changes nothing."""
        self._reports.append(events)
        self._mark_latest(events)
        self._live.update(events)

    def forget_reports(self, before_s: float) -> None:
        """Drop the events before a moment."""
        kept = [events.take_rows(events.at_s >= before_s) for events in self._reports]
        self._reports = [events for events in kept if len(events)]
        self._live.forget(before_s)

    def _mark_latest(self, events: MeterEvents) -> None:
        rows = self._find_rows(events.mrid)
        for kind, last in ((LAST_GASP, self._last_gasp_s), (POWER_RESTORED, self._last_power_s)):
            chosen = (events.kind == kind) & (rows >= 0)
            np.maximum.at(last, rows[chosen], events.at_s[chosen])

    def _find_rows(self, names: NDArray[np.bytes_]) -> NDArray[np.int32]:
        return self._twin.store.network.ids.tables["usage_points"].find_rows(names)

    def update_outages(self, now_s: float, *, final: bool = False) -> int:
        """
        Bring the predicted outages in step with what meters say, up to a moment.

        Parameters
        ----------
        now_s
            The moment.
        final
            Whether all that will come has come.

        Returns
        -------
            How many outages changed.
        """
        back = self._restore_customers(np.inf if final else now_s)
        self._learn_known_outages()
        inferred = self._live.answer(None if final else now_s)
        # Who is back speaks for no outage any more, but there was one.
        at = datetime.fromtimestamp(now_s, UTC)
        changed = self._twin.outages.track(inferred, at=at, held=self._held_outages)
        return back + len(changed) + self._invalidate_unsupported(inferred)

    def _learn_known_outages(self) -> None:
        """Tell the inference what the store knows: who is out in a seen outage, and who is back."""
        outages = self._book.list_outages(since=datetime.fromtimestamp(self._find_oldest_s(), UTC))
        back = [
            each.id
            for each in outages
            if each.status not in {Status.PREDICTED, Status.CONFIRMED, Status.INVALID}
            and self._revisions.get(each.id) != each.revision
        ]
        if back:
            members = self._book.read_members(back)
            members = members.take_rows(~members.is_out)
            names = encode_texts(members.usage_point.tolist())
            count = len(names)
            self.take_reports(
                MeterEvents(
                    names, np.full(count, PING, np.uint8), members.restored_s,
                    np.zeros(count, np.uint8),
                )
            )  # fmt: skip
        self._revisions = {each.id: each.revision for each in outages}
        seen = [(each.id, each.revision) for each in outages if each.status in SEEN_STATUSES]
        if seen != self._seen:
            self._live.know(find_seen_out(self._twin.store))
            self._seen = seen

    def _find_oldest_s(self) -> float:
        return min(
            (float(events.at_s.min()) for events in self._reports if len(events)), default=0.0
        )

    def _invalidate_unsupported(self, inferred: InferenceResult) -> int:
        """Find predicted outages invalid that no evidence speaks for any more."""
        supported = {mrid for each in inferred.outages for mrid in each.usage_points.tolist()}
        predicted = {
            each.id for each in self._book.list_outages() if each.status is Status.PREDICTED
        }
        members = self._book.read_members()
        pairs = list(zip(members.usage_point.tolist(), members.outage.tolist(), strict=True))
        held = {outage for point, outage in pairs if point in supported}
        left = [pair for pair in pairs if pair[1] in predicted - held]
        rows = self._find_rows(encode_texts([point for point, _ in left]))
        # Of the others the evidence was forgotten, or they have other evidence.
        heard = (rows >= 0) & (np.maximum(self._last_gasp_s, self._last_power_s)[rows] > -np.inf)
        gone = {outage for (_, outage), was in zip(left, heard.tolist(), strict=True) if was}
        gone -= self._held_outages
        for outage in sorted(gone):
            self._twin.outages.invalidate(outage)
        return len(gone)

    def _restore_customers(self, now_s: float) -> int:
        """Bring back who says so, and who is silent among neighbors that are back."""
        self._held_outages.clear()
        if np.isinf(self._last_power_s.max(initial=-np.inf)):
            return 0  # nobody has said so yet
        out = self._book.read_members()
        rows = self._find_rows(encode_texts(out.usage_point.tolist()))
        out, rows = out.take_rows(rows >= 0), rows[rows >= 0]
        on_s = self._last_power_s[rows]
        back_s = np.where((on_s > out.began_s) & (on_s > self._last_gasp_s[rows]), on_s, np.nan)
        back_s = self._restore_silent(out, rows, back_s, now_s)
        restored = 0
        for name in np.unique(out.outage[~np.isnan(back_s)].astype(str)).tolist():
            own = out.outage == name
            said = back_s[own]
            step = ~np.isnan(said)
            if not step.all() and now_s - said[step].max() < STEP_HOLD_S:
                self._held_outages.add(name)
                continue
            at = datetime.fromtimestamp(float(np.median(said[step])), UTC)
            try:
                self._twin.outages.restore(
                    name, at=max(at, _find_latest_start(out.take_rows(own).take_rows(step))),
                    usage_points=out.usage_point[own][step].tolist(),
                )  # fmt: skip
                restored += 1
            except InputError as error:  # somebody else brought them back meanwhile
                LOG.info("outage %s: %s", name, error)
        return restored

    def _restore_silent(
        self, out: Members, rows: NDArray[np.int32], back_s: NDArray[np.float64], now_s: float
    ) -> NDArray[np.float64]:
        """
        Return when each is back, the silent ones with their neighbors.

        A meter behind a transformer that has supply again has supply, whether or not its message
        arrived; one that sent a last gasp since has not.
        """
        points = self._twin.store.network.data.usage_points
        back = np.flatnonzero(
            (self._last_power_s > self._last_gasp_s) & np.isfinite(self._last_power_s)
        )
        places, group = np.unique(_number_service_points(points, back), return_inverse=True)
        last = np.full(len(places) + 1, -np.inf)  # one more for where nobody is back
        np.maximum.at(last, group, self._last_power_s[back])
        own = _number_service_points(points, rows)
        slot = np.searchsorted(places, own)
        is_known = slot < len(places)
        is_known[is_known] = places[slot[is_known]] == own[is_known]
        near_s = last[np.where(is_known, slot, len(places))]
        silent = np.isnan(back_s) & (near_s > out.began_s) & (self._last_gasp_s[rows] < near_s)
        return np.where(silent & (near_s + SILENT_METER_S <= now_s), near_s, back_s)


def _number_service_points(
    points: UsagePoints, rows: NDArray[np.integer[Any]]
) -> NDArray[np.int64]:
    """Return a number of the transformer of usage points, or of their node if none is known."""
    transformer = points.transformer[rows].astype(np.int64)
    return np.where(transformer >= 0, transformer, -1 - points.node[rows].astype(np.int64))


def _find_latest_start(members: Members) -> datetime:
    return datetime.fromtimestamp(float(members.began_s.max()), UTC)
