"""
Keep an inference up to date while events arrive.

Trees are independent, so only those are searched again that heard something new, or where the
passing of time still makes silence speak. The answer is that of all events at once.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Generic, TypeVar

import numpy as np

from gridtwin.analysis.inference.device_tree import DeviceTree, build_device_tree
from gridtwin.analysis.inference.evidence import (
    EndedInterruptions,
    EventRows,
    MeterEvidence,
    summarize_events,
)
from gridtwin.analysis.inference.inferred_outages import InferenceAnswer, OutageRows
from gridtwin.analysis.inference.likelihood import Assumptions, EvidenceWeights
from gridtwin.analysis.inference.search_rounds import (
    LARGE_OUTAGE,
    InferenceContext,
    TreeSurvey,
    search_outages,
    survey_trees,
)
from gridtwin.analysis.inference.unreported_restoration import find_interruption_times
from gridtwin.model.moments import HOUR_S

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from gridtwin.analysis.inference.candidates import Candidates
    from gridtwin.analysis.state.situation import Situation

USUAL_LOSS = 0.2  # assumed until outages have shown how many last gasps arrive
ACTIVITY_SHAPE = 0.02  # shape of the prior of the activity

T = TypeVar("T")


class Inference:
    """
    The devices that most likely operated, as far as events tell.

    Parameters
    ----------
    situation
        The network before the outages to be found, in the state as operated.
    assumptions
        What is taken for granted.
    known_out
        Rows of usage points in outages that are known already: their reports are no news.
    bellwethers
        Rows of the only usage points to be weighed; all by default.
    devices
        The tree of devices, if it has been laid out before for the same situation.
    """

    def __init__(
        self,
        situation: Situation,
        *,
        assumptions: Assumptions | None = None,
        known_out: NDArray[np.int32] | None = None,
        bellwethers: NDArray[np.int32] | None = None,
        devices: DeviceTree | None = None,
    ) -> None:
        self.assumptions = assumptions or Assumptions()
        count = len(situation.data.usage_points.mrid)
        weighed = None if bellwethers is None else _mask_rows(bellwethers, count)
        self.devices = devices or build_device_tree(situation, self.assumptions, weighed=weighed)
        known = _mask_rows(known_out, count)
        self._scene = InferenceContext(situation, self.devices, known, self.assumptions)
        self._heard = EventRows.make_empty()
        self._surveys = _TreeCache[TreeSurvey]()
        self._outages = _TreeCache[tuple[OutageRows, ...]]()

    def add_events(self, events: EventRows) -> None:
        """Take in events, in any order; what was taken in before changes nothing."""
        self._heard = self._heard.merge_with(events)

    def forget_before(self, before_s: float) -> None:
        """Drop the events before a moment, so that a stream that never ends stays small."""
        self._heard = self._heard.select_rows(self._heard.at_s >= before_s)

    def set_known_out(self, known_out: NDArray[np.int32]) -> None:
        """Say anew which usage points are in outages that are known already, as rows."""
        known = _mask_rows(known_out, len(self._scene.known_out))
        if not np.array_equal(known, self._scene.known_out):
            scene = self._scene
            self._scene = InferenceContext(scene.situation, self.devices, known, self.assumptions)
            self._surveys = _TreeCache[TreeSurvey]()
            self._outages = _TreeCache[tuple[OutageRows, ...]]()

    def infer_outages(self, now_s: float | None = None) -> InferenceAnswer:
        """
        Return what most likely happened, by what was reported up to a moment.

        Parameters
        ----------
        now_s
            The moment, in seconds since 1970 UTC: what came later is not seen, and what may still
            be on its way is not missed. By default all events are seen, and nothing else will come.
        """
        until_s = np.inf if now_s is None else now_s
        last_s = float(self._heard.at_s.max(initial=0.0))
        evidence, ended = summarize_events(
            self._heard.select_until(until_s), self.assumptions.momentary_s
        )
        shaken_s = find_interruption_times(self.devices, evidence, ended, self.assumptions)
        evidence = replace(evidence, shaken_s=shaken_s)
        candidates = self._scene.pick_candidates(evidence, self._scene.known_out)
        clock_s = self._find_clock(candidates, until_s)
        keys = _make_tree_keys(candidates, clock_s)

        def survey_stale(stale: NDArray[np.bool_]) -> dict[int, TreeSurvey]:
            return survey_trees(
                self._scene,
                candidates,
                EvidenceWeights(self.assumptions, USUAL_LOSS),
                clock_s,
                stale,
            )

        def search_stale(stale: NDArray[np.bool_]) -> dict[int, tuple[OutageRows, ...]]:
            return search_outages(self._scene, candidates, weights, clock_s, stale)

        trees = candidates.tree_id.tolist()
        weights = self._estimate_weights(
            self._surveys.get_all(trees, keys, survey_stale), candidates
        )
        grounds = np.array([weights.loss, weights.activity]).tobytes()
        answers = self._outages.get_all(trees, [key + grounds for key in keys], search_stale)
        return self._assemble_answer(
            evidence, ended, answers, (last_s if now_s is None else now_s, weights.loss)
        )

    def _estimate_weights(
        self, surveys: list[TreeSurvey], candidates: Candidates
    ) -> EvidenceWeights:
        """Return the weights of evidence, with the loss and the activity that surveys tell."""
        total = TreeSurvey()
        for one in surveys:
            total = total.merge_with(one)
        loss = self.assumptions.loss or _estimate_loss(total)
        activity = self.assumptions.activity
        if activity is None:
            reports = candidates.find_report_times()
            reports = reports[~np.isnan(reports)]
            span_s = max(HOUR_S, float(np.ptp(reports))) if len(reports) else HOUR_S
            usual = float(self.devices.rate.sum()) / self.assumptions.prompt_s * span_s
            activity = _estimate_activity(total.outages, usual)
        return EvidenceWeights(self.assumptions, loss, activity)

    def _find_clock(self, candidates: Candidates, now_s: float) -> NDArray[np.float64]:
        """Return until when reports are in, per tree; once delays are over, time stands still."""
        latest = np.full(len(candidates.tree_id), -np.inf)
        speaks = candidates.spoken.speaks
        np.maximum.at(
            latest, candidates.tree[candidates.at[speaks]], candidates.find_report_times()[speaks]
        )
        return np.minimum(now_s, latest + self.assumptions.settling_s)

    def _assemble_answer(
        self,
        evidence: MeterEvidence,
        ended: EndedInterruptions,
        answers: list[tuple[OutageRows, ...]],
        at: tuple[float, float],
    ) -> InferenceAnswer:
        outages = sorted(
            (outage for tree in answers for outage in tree),
            key=lambda outage: (-len(outage.out), outage.began_s, outage.out[:1].tolist()),
        )
        known = self._scene.known_out
        explained = known.copy()
        for outage in outages:
            explained[outage.out] = True
            explained[outage.partial] = True
        speaking = evidence.point[evidence.speaks]
        idle = known[speaking] | (self.devices.need[speaking] == 0)
        return InferenceAnswer(
            now_s=at[0],
            outages=tuple(outages),
            unexplained=speaking[~explained[speaking] & ~idle],
            momentaries=ended.select_momentary(self.assumptions.momentary_s),
            suppressed=int(idle.sum()),
            loss=at[1],
        )


class _TreeCache(Generic[T]):
    """Something about every tree, kept until what it depends on changes."""

    def __init__(self) -> None:
        self._kept: dict[int, tuple[bytes, T]] = {}

    def get_all(
        self,
        trees: list[int],
        keys: list[bytes],
        compute: Callable[[NDArray[np.bool_]], dict[int, T]],
    ) -> list[T]:
        """Return what is known of trees, computed where their key is another than before."""
        stale = [
            self._kept.get(tree, (b"",))[0] != key for tree, key in zip(trees, keys, strict=True)
        ]
        fresh = compute(np.array(stale, dtype=bool)) if any(stale) else {}
        self._kept = {
            tree: (key, fresh[tree]) if tree in fresh else self._kept[tree]
            for tree, key in zip(trees, keys, strict=True)
        }
        return [self._kept[tree][1] for tree in trees]


def _make_tree_keys(candidates: Candidates, clock_s: NDArray[np.float64]) -> list[bytes]:
    """Return, per tree, all that its answer depends on."""
    spoken, at = candidates.spoken, candidates.at
    inside = np.flatnonzero(at >= 0)
    tree = candidates.tree[at[inside]]
    order = inside[np.argsort(tree, kind="stable")]
    columns = (
        *(spoken.point, spoken.gasp_s, spoken.call_s),
        *(spoken.on_s, spoken.shaken_s, spoken.owed_s),
    )
    facts = np.column_stack([column[order] for column in columns])
    stop = np.cumsum(np.bincount(tree, minlength=len(clock_s)))
    start = np.append(0, stop)
    return [
        facts[start[at] : start[at + 1]].tobytes() + when.tobytes()
        for at, when in enumerate(clock_s)
    ]


def _mask_rows(rows: NDArray[np.int32] | None, count: int) -> NDArray[np.bool_]:
    mask = np.zeros(count, dtype=bool)
    if rows is not None:
        mask[rows] = True
    return mask


def _estimate_loss(survey: TreeSurvey) -> float:
    """Return the share of last gasps that did not arrive, in steps of 5 %."""
    if survey.expected < 10 * LARGE_OUTAGE:
        return USUAL_LOSS
    lost = 1 - survey.arrived / survey.expected
    return float(np.clip(round(20 * lost) / 20, 0.05, 0.6))


def _estimate_activity(outages: int, usual: float) -> float:
    """
    Return by how much devices operate more often than usual, in powers of 2 from 1 to 1,024.

    The posterior mean under a wide gamma prior of mean 1. The first outage is left out: without one
    nobody would ask.
    """
    times = (max(outages - 1, 0) + ACTIVITY_SHAPE) / (usual + ACTIVITY_SHAPE)
    return float(2 ** np.clip(np.floor(np.log2(times)), 0, 10))
