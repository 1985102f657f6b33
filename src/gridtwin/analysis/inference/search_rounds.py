"""
Search trees, and search again what a search left unexplained.

One search looks at few times per tree. The outages it finds are then known, and what they do not
explain proposes times of its own, until nothing new is found.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from gridtwin.analysis.inference.candidates import Candidates, pick_candidates, weigh_trees
from gridtwin.analysis.inference.inferred_outages import OutageReader, OutageRows
from gridtwin.analysis.inference.tree_search import compute_marginals, search_forest

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gridtwin.analysis.inference.device_tree import DeviceTree
    from gridtwin.analysis.inference.evidence import MeterEvidence
    from gridtwin.analysis.inference.likelihood import Assumptions, EvidenceWeights
    from gridtwin.analysis.state.situation import Situation

MOST_SEARCHES = 8  # of one tree at most
LARGE_OUTAGE = 10  # usage points of an outage that tells about the loss


class TreeSurvey(NamedTuple):
    """What a first look at a tree tells of the loss and of how much is going on."""

    outages: int = 0  # of more than one usage point
    expected: float = (
        0.0  # last gasps that large ones should have brought by now, if none were lost
    )
    arrived: int = 0  # last gasps that they did bring

    def merge_with(self, other: TreeSurvey) -> TreeSurvey:
        """Return the sums of two."""
        return TreeSurvey(
            self.outages + other.outages,
            self.expected + other.expected,
            self.arrived + other.arrived,
        )


@dataclass(frozen=True, slots=True)
class InferenceContext:
    """What does not change while events stream in."""

    situation: Situation
    devices: DeviceTree
    known_out: NDArray[np.bool_]
    assumptions: Assumptions
    node_of: NDArray[np.int32] = field(init=False)

    def __post_init__(self) -> None:
        """Look up the nodes of the usage points once."""
        object.__setattr__(self, "node_of", self.situation.data.usage_points.node)

    def pick_candidates(
        self, evidence: MeterEvidence, known: NDArray[np.bool_], *, again: bool = False
    ) -> Candidates:
        """Return the devices that evidence points to."""
        return pick_candidates(
            self.devices, evidence, known, self.node_of, self.assumptions, again=again
        )

    def make_reader(self, candidates: Candidates) -> OutageReader:
        """Return a fresh page to read outages onto."""
        return OutageReader(
            self.situation, self.devices, candidates.spoken, self.known_out, self.assumptions
        )


def search_outages(
    scene: InferenceContext,
    candidates: Candidates,
    weights: EvidenceWeights,
    clock_s: NDArray[np.float64],
    chosen: NDArray[np.bool_],
) -> dict[int, tuple[OutageRows, ...]]:
    """
    Return the outages of the trees that are chosen, by the id of the tree.

    Parameters
    ----------
    scene
        The network, its devices, and what is known to be out.
    found
        The devices that evidence points to.
    weights
        What evidence weighs.
    clock_s
        Until when reports are in, per tree.
    chosen
        Which trees to search.
    """
    until = dict(zip(candidates.tree_id.tolist(), clock_s.tolist(), strict=True))
    gathered: dict[int, list[OutageRows]] = {
        tree: [] for tree in candidates.tree_id[chosen].tolist()
    }
    reading = scene.make_reader(candidates)
    for _ in range(MOST_SEARCHES):
        fresh: set[int] = set()
        for group in weigh_trees(candidates, weights, clock_s, chosen):
            searched = search_forest(group.forest)
            if searched.operated.any():
                probability, _ = compute_marginals(group.forest)
                for tree, outage in reading.read_outages(candidates, group, searched, probability):
                    gathered[tree].append(outage)
                    fresh.add(tree)
        if not fresh:
            break
        inside = (candidates.at >= 0) & np.isin(candidates.tree_id, list(fresh))[
            candidates.tree[candidates.at]
        ]
        candidates = scene.pick_candidates(
            candidates.spoken.select_rows(inside), reading.explained, again=True
        )
        chosen = np.ones(len(candidates.tree_id), dtype=bool)
        clock_s = np.array([until[tree] for tree in candidates.tree_id.tolist()])
    return {tree: tuple(outages) for tree, outages in gathered.items()}


def survey_trees(
    scene: InferenceContext,
    candidates: Candidates,
    weights: EvidenceWeights,
    clock_s: NDArray[np.float64],
    chosen: NDArray[np.bool_],
) -> dict[int, TreeSurvey]:
    """Return a first look at the trees that are chosen, by the id of the tree."""
    gathered = {tree: TreeSurvey() for tree in candidates.tree_id[chosen].tolist()}
    until = dict(zip(candidates.tree_id.tolist(), clock_s.tolist(), strict=True))
    reading = scene.make_reader(candidates)
    for group in weigh_trees(candidates, weights, clock_s, chosen):
        searched = search_forest(group.forest)
        unsure = np.zeros(len(group.rows))
        for tree, outage in reading.read_outages(candidates, group, searched, unsure):
            gathered[tree] = gathered[tree].merge_with(_survey_outage(scene, outage, until[tree]))
    return gathered


def _survey_outage(scene: InferenceContext, outage: OutageRows, clock_s: float) -> TreeSurvey:
    """Return what one outage tells."""
    out = outage.out
    if scene.devices.weighed is not None:
        out = out[scene.devices.weighed[out]]
    if len(out) < LARGE_OUTAGE:
        return TreeSurvey(int(len(outage.out) > 1))
    elapsed_s = np.array(clock_s - outage.began_s)
    return TreeSurvey(
        1, len(out) * float(scene.assumptions.compute_arrived_share(elapsed_s)), outage.gasps
    )
