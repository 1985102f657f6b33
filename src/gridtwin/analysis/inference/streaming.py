"""
Keep an inference up to date while events arrive.

Trees are independent, so only those are searched again that heard something new, or where the
passing of time still makes silence speak. The answer is that of all events at once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gridtwin.analysis.inference.answer import Answer, Outage, Reading, TreeAnswer
from gridtwin.analysis.inference.candidates import Candidates, candidates, groups
from gridtwin.analysis.inference.devices import DeviceTree, device_tree
from gridtwin.analysis.inference.evidence import Heard, fold
from gridtwin.analysis.inference.likelihood import Assumptions, Weights
from gridtwin.analysis.inference.search import search

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gridtwin.analysis.situation import Situation

LOSS = 0.2  # assumed until outages have shown how many last gasps arrive
LARGE = 10  # usage points of an outage that tells about the loss


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
        self.situation = situation
        self.assumptions = assumptions or Assumptions()
        count = len(situation.data.usage_points.mrid)
        weighed = None if bellwethers is None else _mask(bellwethers, count)
        self.devices = devices or device_tree(situation, self.assumptions, weighed=weighed)
        self._known = _mask(known_out, count)
        self._heard = Heard.none()
        self._answers: dict[tuple[int, float], tuple[bytes, TreeAnswer]] = {}

    def update(self, events: Heard) -> None:
        """Take in events, in any order; what was taken in before changes nothing."""
        self._heard = self._heard.and_also(events)

    def answer(self, now_s: float | None = None) -> Answer:
        """
        Return what most likely happened, by what was reported up to a moment.

        Parameters
        ----------
        now_s
            The moment, in seconds since 1970 UTC; by default that of the last event.
        """
        if now_s is None:
            now_s = float(self._heard.at_s.max(initial=0.0))
        evidence, momentaries = fold(self._heard.until(now_s), self.assumptions.momentary_s)
        found = candidates(self.devices, evidence, self._known, self.assumptions)
        assumed = self.assumptions.loss
        loss = LOSS if assumed is None else assumed
        answers = self._answered(found, now_s, loss)
        if assumed is None and (estimated := _estimated(answers)) != loss:
            loss = estimated
            answers = self._answered(found, now_s, loss)
        outages = sorted(
            (outage for one in answers for outage in one.outages),
            key=lambda outage: (-len(outage.out), outage.began_s, int(outage.out[:1].sum())),
        )
        explained = self._known.copy()
        for outage in outages:
            explained[outage.out] = True
            explained[outage.partial] = True
        speaking = evidence.point[evidence.speaks]
        idle = self._known[speaking] | (self.devices.need[speaking] == 0)
        return Answer(
            now_s=now_s,
            outages=tuple(outages),
            unexplained=speaking[~explained[speaking] & ~idle],
            momentaries=momentaries,
            suppressed=int(idle.sum()),
            loss=loss,
        )

    def _answered(self, found: Candidates, now_s: float, loss: float) -> list[TreeAnswer]:
        """Return the answer of every tree, searching those that changed."""
        trees = len(found.tree_id)
        latest = np.full(trees, -np.inf)
        reports, speaks = found.reports_s(), found.spoken.speaks
        np.maximum.at(latest, found.tree[found.at[speaks]], reports[speaks])
        clock = np.minimum(now_s, latest + self.assumptions.settled_s)
        keys = self._keys(found, clock)
        known = [self._answers.get((int(name), loss)) for name in found.tree_id]
        stale = np.array(
            [old is None or old[0] != key for old, key in zip(known, keys, strict=True)], dtype=bool
        )
        fresh = self._searched(found, Weights(self.assumptions, loss), clock, stale)
        answers = []
        for number, (old, key) in enumerate(zip(known, keys, strict=True)):
            one = fresh[number] if stale[number] or old is None else old[1]
            self._answers[int(found.tree_id[number]), loss] = key, one
            answers.append(one)
        return answers

    def _keys(self, found: Candidates, clock: NDArray[np.float64]) -> list[bytes]:
        """Return, per tree, all that its answer depends on."""
        spoken, at = found.spoken, found.at
        inside = np.flatnonzero(at >= 0)
        tree = found.tree[at[inside]]
        order = inside[np.argsort(tree, kind="stable")]
        facts = np.column_stack(
            [
                spoken.point[order],
                spoken.gasp_s[order],
                spoken.call_s[order],
                spoken.on_s[order],
            ]
        )
        stop = np.cumsum(np.bincount(tree, minlength=len(clock)))
        parts = np.split(facts, stop[:-1])
        return [part.tobytes() + when.tobytes() for part, when in zip(parts, clock, strict=True)]

    def _searched(
        self,
        found: Candidates,
        weights: Weights,
        clock: NDArray[np.float64],
        stale: NDArray[np.bool_],
    ) -> dict[int, TreeAnswer]:
        """Return the answers of the trees that are stale."""
        gathered: dict[int, list[Outage]] = {tree: [] for tree in np.flatnonzero(stale).tolist()}
        if not gathered:
            return {}
        reading = Reading(self.situation, self.devices, found, self._known, self.assumptions)
        for group in groups(found, weights, clock, stale):
            for tree, outage in reading.outages(group, search(group.forest)):
                gathered[tree].append(outage)
        return {
            tree: self._with_counts(outages, float(clock[tree]))
            for tree, outages in gathered.items()
        }

    def _with_counts(self, outages: list[Outage], clock_s: float) -> TreeAnswer:
        expected, arrived = 0.0, 0
        for outage in outages:
            out = outage.out
            if self.devices.weighed is not None:
                out = out[self.devices.weighed[out]]
            if len(out) >= LARGE:
                elapsed = np.array(clock_s - outage.began_s)
                expected += len(out) * float(self.assumptions.arrived(elapsed))
                arrived += outage.gasps
        return TreeAnswer(tuple(outages), expected, arrived)


def _mask(rows: NDArray[np.int32] | None, count: int) -> NDArray[np.bool_]:
    mask = np.zeros(count, dtype=bool)
    if rows is not None:
        mask[rows] = True
    return mask


def _estimated(answers: list[TreeAnswer]) -> float:
    """Return the share of last gasps that did not arrive, in steps of 5 %."""
    expected = sum(one.expected for one in answers)
    arrived = sum(one.arrived for one in answers)
    if expected < 10 * LARGE:
        return LOSS
    return float(np.clip(round(20 * (1 - arrived / expected)) / 20, 0.05, 0.6))
