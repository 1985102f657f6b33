"""
Pick the devices worth a look, those with a report below, and weigh the evidence at each.

A device below which nobody reports cannot gain by having operated, so it is left to its prior. That
makes the work depend on the reports, not on the size of the network: meters that said nothing are
counted, never visited.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from gridtwin.analysis.inference import labels
from gridtwin.analysis.inference.device_tree import ALL_POLES, STAYS
from gridtwin.analysis.inference.outage_times import ProposedTimes, propose_times
from gridtwin.analysis.inference.tree_search import SearchForest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from gridtwin.analysis.inference.device_tree import DeviceTree
    from gridtwin.analysis.inference.evidence import MeterEvidence
    from gridtwin.analysis.inference.likelihood import Assumptions, EvidenceWeights

LARGEST_BATCH = 200_000  # rows times times searched at once: about 200 MB of work
_PHASE_SETS = np.arange(8, dtype=np.uint8)
# (phases needed, phases dark): whether all, or only some, of what is needed is dark
_ALL_NEEDED = (_PHASE_SETS[:, None] & ~_PHASE_SETS[None, :] & 7 == 0) & (_PHASE_SETS[:, None] != 0)
_SOME_NEEDED = (_PHASE_SETS[:, None] & _PHASE_SETS[None, :] != 0) & ~_ALL_NEEDED
_OPENING_MOVES = np.array([0.0, 1.0, 1.0, 1.0, 0.0])  # columns of a prior in which poles open
_DARK_LABELS = np.arange(1, 1 + labels.DARK_SETS)


@dataclass(frozen=True, slots=True)
class Candidates:
    """
    The rows of the search: classes of devices, then single usage points that report.

    A row of a class and a row of a usage point differ in which of the two ids is set.
    """

    class_row: NDArray[np.int32]  # (rows,) class of `DeviceTree`; -1 for a usage point
    point: NDArray[np.int32]  # (rows,) usage point; -1 for a class
    parent: NDArray[np.intp]  # (rows,) row above; -1 at a root
    tree: NDArray[np.intp]  # (rows,) number of the tree, from 0
    tree_id: NDArray[np.int64]  # (trees,) lasting name of each tree
    mask: NDArray[np.uint8]
    log_prior: NDArray[np.float64]
    quiet: NDArray[np.int32]  # (rows, 8) meters at the row that said nothing, by phases needed
    spoken: MeterEvidence  # of the usage points that are weighed
    at: NDArray[np.intp]  # (spoken,) row where each counts
    need: NDArray[np.uint8]  # (spoken,)
    times: ProposedTimes

    def find_report_times(self) -> NDArray[np.float64]:
        """Return when each usage point reported first that it is dark; NaN if it did not."""
        return np.fmin(self.spoken.gasp_s, self.spoken.call_s)


def pick_candidates(
    devices: DeviceTree,
    evidence: MeterEvidence,
    known_out: NDArray[np.bool_],
    node_of: NDArray[np.int32],
    assumptions: Assumptions,
    *,
    again: bool = False,
) -> Candidates:
    """
    Return the devices that reports point to.

    Parameters
    ----------
    devices
        All that could have operated.
    evidence
        What meters say.
    known_out
        Usage points that known outages explain, shape (usage points,): they say nothing of others.
    node_of
        Node of each usage point.
    assumptions
        For the priors, and how far apart reports of one outage may come.
    again
        Whether this is what an earlier search left unexplained.
    """
    counted = devices.need != 0
    if devices.weighed is not None:
        counted = counted & devices.weighed
    usable = (counted & ~known_out)[evidence.point]
    spoken = evidence.select_rows(usable)
    speaks = spoken.speaks
    home = devices.of_point[spoken.point]
    active = find_ancestors(devices.parent, home[speaks])
    lone = speaks & (devices.count_points(home) != 1)
    points = spoken.point[lone]
    row_of = np.full(len(devices.node) + 1, -1, dtype=np.intp)
    row_of[active] = np.arange(len(active))
    at = _find_rows_above(devices.parent, row_of, home)
    over = np.concatenate([row_of[devices.parent[active]], at[lone]])
    at[lone] = len(active) + np.arange(len(points))
    tree_id, tree = np.unique(
        np.concatenate(
            [
                devices.tree[active].astype(np.int64),
                devices.number_trees(points),
            ]
        ),
        return_inverse=True,
    )
    alone = devices.sum_lone_rates(node_of[points])
    quiet = _count_quiet_meters(devices, active, row_of, (counted & known_out, spoken))
    reports = np.fmin(spoken.gasp_s, spoken.call_s)[speaks]
    return Candidates(
        class_row=np.concatenate([active, np.full(len(points), -1)]).astype(np.int32),
        point=np.concatenate([np.full(len(active), -1), points]).astype(np.int32),
        parent=over,
        tree=tree,
        tree_id=tree_id,
        mask=np.concatenate([devices.mask[active], devices.need[points]]),
        log_prior=np.concatenate(
            [devices.log_prior[active], _compute_meter_priors(alone, assumptions)]
        ),
        quiet=np.concatenate([quiet, np.zeros((len(points), 8), quiet.dtype)]),
        spoken=spoken,
        at=at,
        need=devices.need[spoken.point],
        times=propose_times(
            tree[at[speaks]],
            reports,
            trees=len(tree_id),
            apart_s=(3.0 if again else 1.5) * assumptions.prompt_s,
            late_s=2.0 * assumptions.late_s,
            alone=again,
        ),
    )


def _compute_meter_priors(
    alone: NDArray[np.float64], assumptions: Assumptions
) -> NDArray[np.float64]:
    """Return the priors of single usage points, which lose all their phases or none."""
    prior = np.full((len(alone), 5), -np.inf)
    prior[:, STAYS] = 0.0
    with np.errstate(divide="ignore"):
        prior[:, ALL_POLES] = np.log(alone + assumptions.compute_rate("usage_point"))
    return prior


def find_ancestors(parent: NDArray[np.int32], rows: NDArray[np.int32]) -> NDArray[np.int32]:
    """Return rows and all that is above them, rising."""
    seen = np.zeros(len(parent) + 1, dtype=bool)
    front = np.unique(rows[rows >= 0])
    while len(front):
        seen[front] = True
        front = np.unique(parent[front])
        front = front[(front >= 0) & ~seen[front]]
    return np.flatnonzero(seen[:-1]).astype(np.int32)


def _find_rows_above(
    parent: NDArray[np.int32], row_of: NDArray[np.intp], home: NDArray[np.int32]
) -> NDArray[np.intp]:
    """Return the row of the nearest class above that has one; -1 for none."""
    here = home.copy()
    while (lost := (here >= 0) & (row_of[here] < 0)).any():
        here[lost] = parent[here[lost]]
    return row_of[here]


def _count_quiet_meters(
    devices: DeviceTree,
    active: NDArray[np.int32],
    row_of: NDArray[np.intp],
    told: tuple[NDArray[np.bool_], MeterEvidence],
) -> NDArray[np.int32]:
    """Return the meters nearest to each active class that say nothing and are not known out."""
    known, spoken = told
    quiet = devices.total[active].copy()
    above = row_of[devices.parent[active]]
    np.subtract.at(quiet, above[above >= 0], devices.total[active[above >= 0]])
    apart = known.copy()
    apart[spoken.point] = True
    points = np.flatnonzero(apart)
    at = _find_rows_above(devices.parent, row_of, devices.of_point[points])
    inside = at >= 0
    np.subtract.at(quiet, (at[inside], devices.need[points[inside]]), 1)
    return quiet


@dataclass(frozen=True, slots=True)
class TreeBatch:
    """Trees with equally many proposed times, ready to be searched together."""

    rows: NDArray[np.intp]  # rows of the candidates
    t0_s: NDArray[np.float64]  # (rows, times)
    forest: SearchForest


def weigh_trees(
    candidates: Candidates,
    weights: EvidenceWeights,
    clock_s: NDArray[np.float64],
    chosen: NDArray[np.bool_],
) -> Iterator[TreeBatch]:
    """
    Yield the trees that are chosen, their evidence weighed.

    Parameters
    ----------
    found
        The candidates.
    weights
        What evidence weighs.
    clock_s
        Until when reports are in, per tree.
    chosen
        Which trees.
    """
    for trees in _batch_trees(candidates, chosen):
        times = int(candidates.times.count[trees[0]])
        inside = np.zeros(len(chosen), dtype=bool)
        inside[trees] = True
        rows = np.flatnonzero(inside[candidates.tree])
        number = np.full(len(candidates.tree) + 1, -1, dtype=np.intp)
        number[rows] = np.arange(len(rows))
        tree = candidates.tree[rows]
        t0_s = candidates.times.select_times(tree)
        own = np.zeros((len(rows), labels.count_labels(times)))
        _add_silence(
            own, candidates.quiet[rows], weights.weigh_silence(clock_s[tree][:, None] - t0_s)
        )
        _add_reports(own, candidates, number, weights, clock_s)
        forest = SearchForest(
            number[candidates.parent[rows]],
            candidates.mask[rows],
            candidates.log_prior[rows] + np.log(weights.activity) * _OPENING_MOVES,
            own,
            times,
        )
        yield TreeBatch(rows, t0_s, forest)


def _batch_trees(candidates: Candidates, chosen: NDArray[np.bool_]) -> Iterator[NDArray[np.intp]]:
    """Yield trees with equally many times, not too many at once."""
    size = np.bincount(candidates.tree, minlength=len(chosen))
    for times in np.unique(candidates.times.count[chosen]).tolist():
        trees = np.flatnonzero(chosen & (candidates.times.count == times))
        batch = np.cumsum(size[trees] * times) // LARGEST_BATCH
        yield from np.split(trees, np.flatnonzero(np.diff(batch)) + 1)


def _add_silence(
    own: NDArray[np.float64],
    quiet: NDArray[np.int32],
    silence: tuple[NDArray[np.float64], NDArray[np.float64]],
) -> None:
    full, part = silence
    lost, dimmed = quiet @ _ALL_NEEDED[:, _DARK_LABELS], quiet @ _SOME_NEEDED[:, _DARK_LABELS]
    for time in range(full.shape[1]):
        span = slice(1 + labels.DARK_SETS * time, 1 + labels.DARK_SETS * (time + 1))
        own[:, span] += lost * full[:, time, None] + dimmed * part[:, time, None]


def _add_reports(
    own: NDArray[np.float64],
    candidates: Candidates,
    number: NDArray[np.intp],
    weights: EvidenceWeights,
    clock_s: NDArray[np.float64],
) -> None:
    here = np.flatnonzero(number[candidates.at] >= 0)
    if not len(here):
        return
    at, spoken, need = (
        number[candidates.at[here]],
        candidates.spoken.select_rows(here),
        candidates.need[here],
    )
    tree = candidates.tree[candidates.at[here]]
    t0_s = candidates.times.select_times(tree)
    for time in range(t0_s.shape[1]):
        full, part = weights.weigh_reports(spoken, t0_s[:, time], clock_s[tree])
        for dark in range(1, 1 + labels.DARK_SETS):
            weight = np.where(
                _ALL_NEEDED[need, dark], full, np.where(_SOME_NEEDED[need, dark], part, 0.0)
            )
            label = labels.DARK_SETS * time + dark
            own[:, label] += np.bincount(at, weights=weight, minlength=len(own))
