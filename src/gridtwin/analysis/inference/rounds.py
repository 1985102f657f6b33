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
    from gridtwin.analysis.situation import Situation

SEARCHES = 8  # of one tree at most
LARGE = 10  # usage points of an outage that tells about the loss


class Gasps(NamedTuple):
    """What large outages tell about the loss of last gasps."""

    expected: float  # that should have come by now if none were lost
    arrived: int


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
        found = scene.candidates(found.spoken.take(inside), reading.taken, again=True)
        chosen = np.ones(len(found.tree_id), dtype=bool)
        clock_s = np.array([until[tree] for tree in found.tree_id.tolist()])
    return {tree: tuple(outages) for tree, outages in gathered.items()}


def gasps_of(
    scene: Scene,
    found: Candidates,
    weights: Weights,
    clock_s: NDArray[np.float64],
    chosen: NDArray[np.bool_],
) -> dict[int, Gasps]:
    """Return what the large outages of the trees that are chosen tell about the loss."""
    gathered = {tree: Gasps(0.0, 0) for tree in found.tree_id[chosen].tolist()}
    until = dict(zip(found.tree_id.tolist(), clock_s.tolist(), strict=True))
    reading = scene.reading(found)
    for group in groups(found, weights, clock_s, chosen):
        searched = search(group.forest)
        unsure = np.zeros(len(group.rows))
        for tree, outage in reading.outages(found, group, searched, unsure):
            out = outage.out
            if scene.devices.weighed is not None:
                out = out[scene.devices.weighed[out]]
            if len(out) >= LARGE:
                elapsed = np.array(until[tree] - outage.began_s)
                expected = len(out) * float(scene.assumptions.arrived(elapsed))
                old = gathered[tree]
                gathered[tree] = Gasps(old.expected + expected, old.arrived + outage.gasps)
    return gathered
