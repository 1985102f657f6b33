"""Ask what happened, how to bring customers back, and how reliable supply has been."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from gridtwin.analysis.outage import blast as blasting
from gridtwin.errors import NotFoundError
from gridtwin.model.state import CURRENT, NORMAL

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime
    from pathlib import Path

    import pandas as pd

    from gridtwin.analysis.inference.likelihood import Assumptions
    from gridtwin.analysis.reliability.interruption_counts import Counting
    from gridtwin.model.events import MeterEvents
    from gridtwin.model.ids import Element
    from gridtwin.publish.communities import Communities
    from gridtwin.publish.odin_document import Publisher
    from gridtwin.publish.outage_map.public_areas import PublicAreas
    from gridtwin.results.documents.odin_documents import OdinDocument
    from gridtwin.results.documents.outage_map_documents import OutageMapDocument
    from gridtwin.results.inference_result import InferenceResult
    from gridtwin.results.plan_result import SwitchingPlan
    from gridtwin.results.reliability_report import ReliabilityReport
    from gridtwin.twin.live_inference import LiveInference
    from gridtwin.twin.questions import NetworkQuestions


class IncidentQuestions:
    """Questions of outages: who operated, what to switch, how it counts; nothing is written."""

    def __init__(self, questions: NetworkQuestions) -> None:
        self._questions = questions
        self._store = questions.store

    def restore(
        self, /, mrids: str | Iterable[str], *, state: str = CURRENT, **options: Any
    ) -> SwitchingPlan:
        """
        Plan how to isolate a fault and bring customers back by switching; nothing is operated.

        Parameters
        ----------
        mrids
            What has faulted, all at once: elements, or open outages by their ids (their devices).
        state
            The state before the fault.
        options
            Fields of `gridtwin.analysis.plan.plan_options.PlanOptions`, for example ``crews=2``.
        """
        from gridtwin.analysis.plan.plan_options import make_options
        from gridtwin.analysis.plan.switching_plan import make_plans
        from gridtwin.results.plan_result import name_plans

        names = [mrids] if isinstance(mrids, str) else list(dict.fromkeys(mrids))
        faults = [self._find_fault(name) for name in names]
        situation, wanted = self._questions.situation(state), make_options(options)
        return name_plans(names, make_plans(situation, faults, wanted), situation, wanted)

    def _find_fault(self, name: str) -> Element:
        """Return what an mRID names, or the device of an outage by its id."""
        try:
            return self._questions.find_one(name)
        except NotFoundError:
            for outage in self._store.outages.list_outages():
                device = (
                    self._store.network.ids.find_first(outage.device) if outage.id == name else None
                )
                if device is not None:
                    return device
            raise

    def infer(
        self,
        /,
        events: MeterEvents | str | Path,
        *,
        now: float | str | None = None,
        loss: float | None = None,
        **options: Any,
    ) -> InferenceResult:
        """
        Say which devices most likely operated, from what meters and customers report.

        Parameters
        ----------
        events
            A `MeterEvents`, or a file of CSV or JSON lines.
        now
            The moment to answer for, unix seconds or ISO 8601, while messages are still coming in;
            by default all that will come has come.
        loss
            Share of last gasps that never arrive; estimated by default.
        options
            ``known_out``, ``bellwethers`` and ``state``, as for `inference`.
        """
        from gridtwin.analysis.inference.likelihood import Assumptions
        from gridtwin.model.moments import read_unix_seconds

        live = self.inference(assumptions=Assumptions(loss=loss), **options)
        live.update(events)
        return live.answer(None if now is None else read_unix_seconds(now))

    def inference(
        self,
        *,
        known_out: Iterable[str] = (),
        bellwethers: int | Sequence[str] | None = None,
        assumptions: Assumptions | None = None,
        state: str = CURRENT,
    ) -> LiveInference:
        """
        Return an inference that events can be streamed into.

        Parameters
        ----------
        known_out
            mRIDs of what else is out already: usage points, or devices. What is behind them, and
            who is in an open outage that somebody has seen, is no news.
        bellwethers
            The only usage points to weigh, or how many of each transformer; all by default.
        assumptions
            What is taken for granted; see `gridtwin.analysis.inference.likelihood`.
        state
            The state before the outages to be found.
        """
        from gridtwin.twin.live_inference import LiveInference, find_seen_out

        situation = self._questions.situation(state)
        known = blasting.compute_blast(situation, self._questions.find(*known_out)).out
        return LiveInference(
            situation,
            known_out=np.union1d(known, find_seen_out(self._store)),
            bellwethers=bellwethers,
            assumptions=assumptions,
        )

    def reliability(
        self,
        interruptions: pd.DataFrame | None = None,
        *,
        period: tuple[float | None, float | None] = (None, None),
        by: str = "system",
        counting: Counting | None = None,
    ) -> ReliabilityReport:
        """
        Reckon SAIFI, SAIDI, CAIDI, MAIFI and CEMI with and without major event days (IEEE 1366).

        Parameters
        ----------
        interruptions
            A table as `gridtwin.sources.interruptions.read_interruptions` returns it; the twin's
            own outages by default.
        period, by, counting
            As `gridtwin.results.reliability_report.make_report`; feeders of the normal state.
        """
        from gridtwin.results.reliability_report import CustomersServed, make_report, place_rows
        from gridtwin.twin.outage_frames import tabulate_interruptions

        own, normal = interruptions is None, self._questions.situation(NORMAL)
        table = (
            tabulate_interruptions(self._store.outages) if interruptions is None else interruptions
        )
        served = CustomersServed.from_situation(normal, by)
        rows = place_rows(table, normal, strict=not own)
        return make_report(rows, served, period, by=by, counting=counting)

    def pub_outages(
        self,
        publisher: Publisher,
        *,
        since: datetime | None = None,
        communities: Communities | None = None,
    ) -> OdinDocument:
        """
        Return the open outages, and those over since a time, as ODIN reads them.

        Parameters
        ----------
        publisher
            Who publishes, and when.
        since
            Of which time on outages that are over are published too.
        communities
            What the public calls the places; the service areas of substations by default.
        """
        from gridtwin.publish.communities import Communities as Divided
        from gridtwin.publish.odin_document import build_pub_outages

        normal, outages = (
            self._questions.situation(NORMAL),
            self._store.outages.list_outages(since=since),
        )
        members = self._store.outages.read_members([each.id for each in outages])
        places = communities or Divided.of_substations(normal)
        estimates = self._store.estimates.list_current()
        return build_pub_outages(outages, members, estimates, normal, places, publisher)

    def outage_map(
        self, areas: PublicAreas, publisher: Publisher, *, tiles: str, every_s: int
    ) -> OutageMapDocument:
        """
        Return the open outages as the public is told of them, by area.

        Parameters
        ----------
        areas
            Which areas are told of.
        publisher
            Who publishes, and when.
        tiles, every_s
            The file of the areas, and seconds until figures are written again.
        """
        from gridtwin.publish.outage_map.public_figures import build_outage_map

        outages = self._store.outages.list_outages()
        members = self._store.outages.read_members([each.id for each in outages])
        estimates = self._store.estimates.list_current()
        normal = self._questions.situation(NORMAL)
        return build_outage_map(
            outages, members, estimates, normal, areas, publisher, tiles=tiles, every_s=every_s
        )
