"""
Search trees, and search again what a search left unexplained.

One search looks at few times per tree. The outages it finds are then known, and what they do not
explain proposes times of its own, until nothing new is found.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from gridtwin.analysis.inference.answer import Outage, Reading
from gridtwin.analysis.inference.candidates import Candidates, candidates, groups
from gridtwin.analysis.inference.search import marginals, search

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gridtwin.analysis.inference.devices import DeviceTree
    from gridtwin.analysis.inference.evidence import Evidence
    from gridtwin.analysis.inference.likelihood import Assumptions, Weights
    from gridtwin.analysis.state.situation import Situation

SEARCHES = 8  # of one tree at most
LARGE = 10  # usage points of an outage that tells about the loss


class Survey(NamedTuple):
    """What a first look at a tree tells of the loss and of how much is going on."""

    outages: int = 0  # of more than one usage point
    expected: float = (
        0.0  # last gasps that large ones should have brought by now, if none were lost
    )
    arrived: int = 0  # last gasps that they did bring

    def and_also(self, other: Survey) -> Survey:
        """Return the sums of two."""
        return Survey(
            self.outages + other.outages,
            self.expected + other.expected,
            self.arrived + other.arrived,
        )


@dataclass(frozen=True, slots=True)
class Scene:
    """What does not change while events stream in."""

    situation: Situation
    devices: DeviceTree
    known_out: NDArray[np.bool_]
    assumptions: Assumptions
    node_of: NDArray[np.int32] = field(init=False)

    def __post_init__(self) -> None:
        """Look up the nodes of the usage points once."""
        object.__setattr__(self, "node_of", self.situation.data.usage_points.node)

    def candidates(
        self, evidence: Evidence, known: NDArray[np.bool_], *, again: bool = False
    ) -> Candidates:
        """Return the devices that evidence points to."""
        return candidates(
            self.devices, evidence, known, self.node_of, self.assumptions, again=again
        )

    def reading(self, found: Candidates) -> Reading:
        """Return a fresh page to read outages onto."""
        return Reading(self.situation, self.devices, found.spoken, self.known_out, self.assumptions)


def outages_of(
    scene: Scene,
    found: Candidates,
    weights: Weights,
    clock_s: NDArray[np.float64],
    chosen: NDArray[np.bool_],
) -> dict[int, tuple[Outage, ...]]:
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
    until = dict(zip(found.tree_id.tolist(), clock_s.tolist(), strict=True))
    gathered: dict[int, list[Outage]] = {tree: [] for tree in found.tree_id[chosen].tolist()}
    reading = scene.reading(found)
    for _ in range(SEARCHES):
        fresh: set[int] = set()
        for group in groups(found, weights, clock_s, chosen):
            searched = search(group.forest)
            if searched.operated.any():
                probability, _ = marginals(group.forest)
                for tree, outage in reading.outages(found, group, searched, probability):
                    gathered[tree].append(outage)
                    fresh.add(tree)
        if not fresh:
            break
        inside = (found.at >= 0) & np.isin(found.tree_id, list(fresh))[found.tree[found.at]]
        found = scene.candidates(found.spoken.take(inside), reading.explained, again=True)
        chosen = np.ones(len(found.tree_id), dtype=bool)
        clock_s = np.array([until[tree] for tree in found.tree_id.tolist()])
    return {tree: tuple(outages) for tree, outages in gathered.items()}


def surveys_of(
    scene: Scene,
    found: Candidates,
    weights: Weights,
    clock_s: NDArray[np.float64],
    chosen: NDArray[np.bool_],
) -> dict[int, Survey]:
    """Return a first look at the trees that are chosen, by the id of the tree."""
    gathered = {tree: Survey() for tree in found.tree_id[chosen].tolist()}
    until = dict(zip(found.tree_id.tolist(), clock_s.tolist(), strict=True))
    reading = scene.reading(found)
    for group in groups(found, weights, clock_s, chosen):
        searched = search(group.forest)
        unsure = np.zeros(len(group.rows))
        for tree, outage in reading.outages(found, group, searched, unsure):
            gathered[tree] = gathered[tree].and_also(_surveyed(scene, outage, until[tree]))
    return gathered


def _surveyed(scene: Scene, outage: Outage, clock_s: float) -> Survey:
    """Return what one outage tells."""
    out = outage.out
    if scene.devices.weighed is not None:
        out = out[scene.devices.weighed[out]]
    if len(out) < LARGE:
        return Survey(int(len(outage.out) > 1))
    elapsed_s = np.array(clock_s - outage.began_s)
    return Survey(1, len(out) * float(scene.assumptions.arrived(elapsed_s)), outage.gasps)
