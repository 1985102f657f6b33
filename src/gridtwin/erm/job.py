"""
The batch job that estimates the end of every open outage: what cron or an orchestrator runs.

A run reads the open outages, asks the model, decides what is promised, and writes all of it in one
transaction under its id; a run of an id that was written already changes nothing.
"""

from __future__ import annotations

import logging
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np

from gridtwin.analysis.erm.open_outages import estimate_open_outages
from gridtwin.erm.decisions import decide_etrs
from gridtwin.erm.inputs import gather_inputs
from gridtwin.erm.switching_stages import estimate_switching_stages
from gridtwin.errors import StaleTwinError, StoreError
from gridtwin.model.estimate import Estimate, PointEstimates, Run
from gridtwin.results.documents.document_tags import DocumentTag

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path
    from threading import Event

    from gridtwin.erm.decisions import EtrDecision
    from gridtwin.erm.switching_stages import SwitchingStage
    from gridtwin.model.outage import Members
    from gridtwin.results.documents.estimate_documents import ErmRunDocument
    from gridtwin.twin import Twin

LOG = logging.getLogger("gridtwin.jobs")

HISTORY_SPAN = timedelta(days=60)  # outages over since then still teach how long they take
LONGEST_STORE_WAIT_S = 300.0  # before a store that is away is tried again
POINT_FIELDS = (  # of an estimate that a usage point takes over, as PointEstimates has them
    ("outage", object), ("stage", object), ("source", object),
    ("p50", float), ("p80", float), ("p95", float), ("etr", float),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class ErmReport:
    """What one run did."""

    run: Run
    written: bool  # False: it was a dry run, or written before
    seconds: float
    sources: dict[str, int] = field(default_factory=dict)  # how many outages each decided
    estimates: tuple[Estimate, ...] = ()  # of all open outages

    def document(self) -> ErmRunDocument:
        """Return it as the JSON document ``gridtwin.erm_run/1``."""
        return {
            "schema": DocumentTag.ERM_RUN,
            "run": self.run.id,
            "at": self.run.started_at.isoformat(),
            "model": self.run.model,
            "state_version": self.run.state_version,
            "written": self.written,
            "outages": self.run.outages,
            "usage_points": self.run.usage_points,
            "published": self.run.published,
            "sources": self.sources,
            "seconds": self.seconds,
        }

    def metrics(self) -> dict[str, float]:
        """Return the figures a monitor watches, by the names of Prometheus."""
        return {
            "gridtwin_erm_last_success_timestamp_seconds": self.run.started_at.timestamp(),
            "gridtwin_erm_run_seconds": self.seconds,
            "gridtwin_erm_outages": self.run.outages,
            "gridtwin_erm_usage_points": self.run.usage_points,
            "gridtwin_erm_published": self.run.published,
        }


class ErmJob:
    """
    The job of one twin.

    Parameters
    ----------
    twin
        The twin.
    model
        File of a trained model; by default that which comes with gridtwin.
    """

    def __init__(self, twin: Twin, model: Path | None = None) -> None:
        from gridtwin.erm.model_files import read_default_model, read_model

        self._twin = twin
        self._model = read_default_model() if model is None else read_model(model)

    def run(self, run: str = "", *, at: datetime | None = None, dry_run: bool = False) -> ErmReport:
        """
        Estimate the end of every open outage, and write it.

        Parameters
        ----------
        run
            Id of the run; the minute by default. A run that was written already changes nothing.
        at
            The time it estimates for; now by default.
        dry_run
            Whether to write nothing.

        Raises
        ------
        StoreError
            If the store cannot be used; nothing was written then.
        """
        start = time.perf_counter()
        now = at or datetime.now(UTC)
        run = run or f"erm-{now:%Y%m%dT%H%MZ}"
        book = self._twin.store.estimates
        before = book.read_run(run)
        if before is not None:
            LOG.info("run %s was written before", run, extra={"run": run})
            return ErmReport(before, written=False, seconds=time.perf_counter() - start)
        outages = self._twin.outages.all(since=now - HISTORY_SPAN)
        members = self._twin.store.outages.read_members()
        inputs = gather_inputs(self._twin, outages, now)
        decided = decide_etrs(
            inputs, estimate_open_outages(self._model, inputs.history, now.timestamp()), now
        )
        changed = [each.estimate for each in decided if each.is_new]
        wanted = self._select_new(decided, members, now)
        stages = estimate_switching_stages(
            self._twin, [(inputs.outages[each.outage], each) for each in wanted], members, now
        )
        points = _spread_estimates(wanted, stages, members)
        made = Run(
            run, now, self._model.version, self._twin.version, len(decided), len(members),
            len(changed),
        )  # fmt: skip
        written = not dry_run
        if written:
            made = book.write_run(made, [*changed, *(each.estimate for each in stages)], points)
        estimates = tuple(each.estimate for each in decided)
        sources = dict(sorted(Counter(each.source for each in estimates).items()))
        report = ErmReport(made, written, time.perf_counter() - start, sources, estimates)
        LOG.info("run %s: %d outages", run, len(decided), extra=report.document())
        return report

    def _select_new(
        self, decided: Sequence[EtrDecision], members: Members, now: datetime
    ) -> list[Estimate]:
        """Return estimates that are other than before, or that usage points of theirs lack."""
        ids, counts = np.unique(members.outage.astype(str), return_counts=True)
        out = dict(zip(ids.tolist(), counts.tolist(), strict=True))
        covered = self._twin.store.estimates.count_covered(now)
        return [
            each.estimate
            for each in decided
            if each.is_new
            or covered.get(each.estimate.outage, 0) != out.get(each.estimate.outage, 0)
        ]

    def watch(self, every_s: float, stop: Event) -> Iterator[ErmReport]:
        """
        Run again and again until told to stop; a store that is away is waited for.

        Raises
        ------
        StaleTwinError
            If the network was replaced since the twin was opened.
        """
        wait = every_s
        while not stop.is_set():
            try:
                yield self.run(f"erm-{datetime.now(UTC):%Y%m%dT%H%M%SZ}")
                wait = every_s
            except StaleTwinError:
                raise
            except StoreError as error:
                LOG.warning("the store cannot be used: %s", error)
                wait = min(max(1.0, 2 * wait), LONGEST_STORE_WAIT_S)
            stop.wait(wait)


def _spread_estimates(
    wanted: Sequence[Estimate], stages: Sequence[SwitchingStage], members: Members
) -> PointEstimates:
    """Return the estimate of each usage point: that of its stage, or else of its outage."""
    import pandas as pd

    if not wanted:
        return PointEstimates.from_rows([])
    estimates = [*wanted, *(each.estimate for each in stages)]
    by_outage = pd.Index([each.outage for each in wanted])
    place = by_outage.get_indexer(pd.Index(members.outage))
    rows = np.flatnonzero(place >= 0)
    place = place[rows]
    point = members.usage_point[rows]
    if stages:
        switched = pd.Index(np.concatenate([each.usage_points for each in stages]))
        owner = np.repeat(
            np.arange(len(stages)) + len(wanted), [len(each.usage_points) for each in stages]
        )
        at = switched.get_indexer(pd.Index(point))
        place = np.where(at >= 0, owner[at], place)
    columns = [
        np.array([_make_number(getattr(each, name)) for each in estimates], dtype=kind)[place]
        for name, kind in POINT_FIELDS
    ]
    return PointEstimates(point, *columns)


def _make_number(value: Any) -> Any:
    """Return a time as unix seconds, none as NaN, and anything else as it is."""
    if value is None:
        return np.nan
    return value.timestamp() if isinstance(value, datetime) else value
