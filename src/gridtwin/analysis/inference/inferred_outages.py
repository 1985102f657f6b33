"""Turn the likeliest labelling into outages: devices, who is out, since when, and how sure."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from gridtwin.analysis.inference import labels
from gridtwin.analysis.inference.device_tree import ALL_POLES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from gridtwin.analysis.inference.candidates import Candidates, TreeBatch
    from gridtwin.analysis.inference.device_tree import DeviceTree
    from gridtwin.analysis.inference.evidence import EndedInterruptions, MeterEvidence
    from gridtwin.analysis.inference.likelihood import Assumptions
    from gridtwin.analysis.inference.tree_search import Labeling
    from gridtwin.analysis.state.situation import Situation

_NEED_CODES = np.arange(8)


@dataclass(frozen=True, slots=True)
class Suspect:
    """A device that may have operated: a class of equipment, or a single usage point."""

    equipment: NDArray[np.int32]  # what cannot be told apart, likeliest first; may be empty
    point: int  # usage point that it darkens alone, and which may be at fault itself; -1 for none
    probability: float  # that one of them operated


@dataclass(frozen=True, slots=True)
class OutageRows:
    """One outage that was inferred; rows are those of the network's tables."""

    suspect: Suspect
    phases: int  # phases that opened, as bits of A, B, C
    gain: float  # nats over the best explanation without this device
    began_s: float
    out: NDArray[np.int32]  # usage points that are out
    partial: NDArray[np.int32]  # usage points that lost some of their phases
    runner_up: Suspect | None  # the likeliest device above or below that did not operate
    gasps: int  # usage points out that sent a last gasp
    silent: int  # usage points out of which nothing was heard
    calls: int  # usage points out whose customer called
    contradicted: int  # usage points behind the device that showed they are on


@dataclass(frozen=True, slots=True)
class InferenceAnswer:
    """All that was inferred at one moment."""

    now_s: float
    outages: tuple[OutageRows, ...]
    unexplained: NDArray[np.int32]  # usage points that report, and no outage says why
    momentaries: EndedInterruptions
    suppressed: int  # usage points that report and are in a known outage, or had no supply before
    loss: float  # share of last gasps that never arrive, as assumed or estimated


@dataclass(slots=True)
class OutageReader:
    """Read the outages of searched trees, each usage point into one outage at most."""

    situation: Situation
    devices: DeviceTree
    spoken: MeterEvidence
    known_out: NDArray[np.bool_]
    assumptions: Assumptions
    gasp_s: NDArray[np.float64] = field(init=False)  # (usage points,) of those weighed
    call_s: NDArray[np.float64] = field(init=False)
    on_s: NDArray[np.float64] = field(init=False)
    taken: NDArray[np.bool_] = field(init=False)  # usage points out in outages read before
    explained: NDArray[np.bool_] = field(init=False)  # and those in part out

    def __post_init__(self) -> None:
        """Spread the evidence over the usage points."""
        count, spoken = len(self.devices.need), self.spoken
        self.gasp_s, self.call_s = np.full(count, np.nan), np.full(count, np.nan)
        self.on_s = np.full(count, -np.inf)
        self.gasp_s[spoken.point] = spoken.gasp_s
        self.call_s[spoken.point] = spoken.call_s
        self.on_s[spoken.point] = spoken.on_s
        self.taken, self.explained = self.known_out.copy(), self.known_out.copy()

    def read_outages(
        self,
        candidates: Candidates,
        group: TreeBatch,
        searched: Labeling,
        probability: NDArray[np.float64],
    ) -> Iterator[tuple[int, OutageRows]]:
        """Yield each outage with the id of its tree, inner ones first."""
        rows = np.flatnonzero(searched.operated)
        twins = {row: self._find_twins(candidates, group, searched, row) for row in rows.tolist()}
        accused = searched.operated.copy()
        accused[[row for some in twins.values() for row in some]] = True
        best = _find_alternatives(group.forest.parent, accused, probability)
        suspect = partial(self._make_suspect, candidates, group, probability)
        mask = group.forest.mask
        for row in rows[::-1].tolist():
            label = searched.label[row : row + 1]
            over = group.forest.parent[row]
            above = searched.label[over : over + 1] if over >= 0 else np.zeros(1, dtype=np.intp)
            dark, was = (
                int(labels.decode_dark_phases(label)[0]),
                int(labels.decode_dark_phases(above)[0]),
            )
            same_time = labels.decode_time(label)[0] == labels.decode_time(above)[0]
            proposed_s = float(group.t0_s[row, labels.decode_time(label)[0]])
            outage = self._make_outage(
                suspect(twins[row], labels.classify_opening(mask, dark)),
                (dark & ~was if same_time else dark) & int(mask[row]),
                dark,
                float(searched.gain[row]),
                proposed_s,
                None if best[row] < 0 else suspect([best[row]], np.full(len(mask), ALL_POLES)),
            )
            yield int(candidates.tree_id[candidates.tree[group.rows[row]]]), outage

    def _find_twins(
        self, candidates: Candidates, group: TreeBatch, searched: Labeling, row: int
    ) -> list[int]:
        """
        Return a row, and those above and below with the same loss on the phases that opened.

        Classes differ by what all their poles feed; by what one pole feeds they may not.
        """
        parent = group.forest.parent
        dark = int(labels.decode_dark_phases(searched.label[row : row + 1])[0])

        def count_lost(at: int) -> tuple[int, int]:
            row = group.rows[at]
            class_row, point = int(candidates.class_row[row]), int(candidates.point[row])
            if class_row >= 0:
                total = self.devices.total[class_row]
            else:
                total = np.bincount(self.devices.need[point : point + 1], minlength=8)
            return int(total[_NEED_CODES & ~dark == 0].sum()), int(
                total[_NEED_CODES & dark != 0].sum()
            )

        def is_twin(at: int) -> bool:
            return not searched.operated[at] and count_lost(at) == wanted

        wanted, twins = count_lost(row), [row]
        up = int(parent[row])
        while up >= 0 and is_twin(up):
            twins.append(up)
            up = int(parent[up])
        below = np.flatnonzero(parent == row).tolist()
        while below:
            at = below.pop()
            if is_twin(at):
                twins.append(at)
                below = np.flatnonzero(parent == at).tolist()
        does = labels.classify_opening(group.forest.mask, dark)
        return [at for at in twins if np.isfinite(group.forest.log_prior[at, does[at]])]

    def _make_suspect(
        self,
        candidates: Candidates,
        group: TreeBatch,
        probability: NDArray[np.float64],
        rows: list[int],
        does: NDArray[np.intp],
    ) -> Suspect:
        """Return what rows stand for if they do something, the likeliest first."""
        members, point = [], -1
        for row in sorted(rows, key=lambda row: -probability[row]):
            at = group.rows[row]
            class_row = int(candidates.class_row[at])
            if class_row >= 0:
                members.append(self.devices.list_members(class_row, int(does[row])))
            else:
                point = int(candidates.point[at])
                node = int(self.situation.data.usage_points.node[point])
                members.append(self.devices.list_lone_equipment(node))
        chance = min(1.0, float(probability[rows].sum()))
        return Suspect(np.concatenate(members), point, chance)

    def _make_outage(
        self,
        suspect: Suspect,
        opened: int,
        dark: int,
        gain: float,
        proposed_s: float,
        runner_up: Suspect | None,
    ) -> OutageRows:
        points = self._find_points_behind(suspect)
        points = points[~self.taken[points]]
        need = self.devices.need[points]
        on = self.on_s[points] > proposed_s + self.assumptions.skew_s
        lost, dimmed = (need & ~np.uint8(dark) == 0), need & np.uint8(dark) != 0
        out = points[lost & ~on]
        self.taken[out] = True
        self.explained[points[(lost | dimmed) & ~on]] = True
        gasped, called = ~np.isnan(self.gasp_s[out]), ~np.isnan(self.call_s[out])
        return OutageRows(
            suspect=suspect,
            phases=opened,
            gain=gain,
            began_s=_estimate_begin(
                self.gasp_s[out], self.call_s[out], proposed_s, self.assumptions
            ),
            out=out,
            partial=points[dimmed & ~lost],
            runner_up=runner_up,
            gasps=int(gasped.sum()),
            silent=int((~gasped & ~called & self._is_weighed(out)).sum()),
            calls=int(called.sum()),
            contradicted=int((on & lost).sum()),
        )

    def _is_weighed(self, points: NDArray[np.int32]) -> NDArray[np.bool_]:
        """Return whether each usage point is weighed."""
        weighed = self.devices.weighed
        return np.ones(len(points), dtype=bool) if weighed is None else weighed[points]

    def _find_points_behind(self, suspect: Suspect) -> NDArray[np.int32]:
        """Return the usage points with supply in the loss set of a suspect."""
        if suspect.point >= 0:
            return np.array([suspect.point], dtype=np.int32)
        child = int(self.situation.index.child[suspect.equipment[0]])
        points = self.situation.points_at(self.situation.index.find_dependents(child))
        return points[self.devices.need[points] != 0]


def _estimate_begin(
    gasp_s: NDArray[np.float64],
    call_s: NDArray[np.float64],
    proposed_s: float,
    assumptions: Assumptions,
) -> float:
    """
    Return when an outage began, from its own reports.

    A tenth of prompt messages come within 0.105 of their mean delay: the tenth percentile less that
    is hardly moved by early strays or late messages.
    """
    gasps = gasp_s[~np.isnan(gasp_s)]
    if len(gasps):
        return float(np.quantile(gasps, 0.1) + np.log(0.9) * assumptions.prompt_s)
    calls = call_s[~np.isnan(call_s)]
    return float(calls.min()) if len(calls) else proposed_s


def _find_alternatives(
    parent: NDArray[np.intp], operated: NDArray[np.bool_], probability: NDArray[np.float64]
) -> list[int]:
    """Return, per row, the likeliest other row above or below that did not operate; -1 for none."""
    chance = [*np.where(operated, -1.0, probability).tolist(), -1.0]
    over = parent.tolist()
    rows = len(over)
    below, above = [-1] * rows, [-1] * rows
    for row in range(rows - 1, -1, -1):
        up = over[row]
        mine = row if chance[row] >= chance[below[row]] else below[row]
        if up >= 0 and chance[mine] > chance[below[up]]:
            below[up] = mine
    for row, up in enumerate(over):
        if up >= 0:
            above[row] = up if chance[up] >= chance[above[up]] else above[up]
    best = [
        lower if chance[lower] > chance[upper] else upper
        for lower, upper in zip(below, above, strict=True)
    ]
    return [row if chance[row] >= 0 else -1 for row in best]
