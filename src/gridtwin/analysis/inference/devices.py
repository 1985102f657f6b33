"""
Lay out the devices that could have operated as a tree of loss sets.

Devices whose loss is the same to every usage point cannot be told apart by anything a meter says:
they are one *class*, its members listed with what speaks for each. The loss sets of classes are
laminar, on meshes too (they are intervals of the tree of single points of failure), so a class has
one class above it, and a set of simultaneous outages is a choice on a tree.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from gridtwin.analysis.inference.likelihood import SINGLE_POLE_PCT, SINGLE_POLE_PCT_OTHERS
from gridtwin.model import cim
from gridtwin.model.phases import ABC, COUNT, supply
from gridtwin.topology.core import live_phases

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gridtwin.analysis.inference.likelihood import Assumptions
    from gridtwin.analysis.situation import Situation

# What a device does on its way from one label to the next; columns of every prior.
STAYS, ALL_POLES, ONE_POLE, TWO_POLES, NEVER = range(5)

_SINGLE = np.array(
    [SINGLE_POLE_PCT.get(name, SINGLE_POLE_PCT_OTHERS) / 100 for name in cim.KIND_NAMES]
)


@dataclass(frozen=True, slots=True)
class DeviceTree:
    """The classes of devices of one network in one state; parents stand before their children."""

    node: NDArray[np.int32]  # (classes,) node whose dependents are the loss set
    parent: NDArray[np.int32]  # (classes,) class above; -1 for none
    tree: NDArray[np.int32]  # (classes,) outermost class above
    mask: NDArray[np.uint8]  # (classes,) phases it feeds
    log_prior: NDArray[np.float64]  # (classes, 5) by what its device does
    total: NDArray[np.int32]  # (classes, 8) usage points of the loss set by the phases they need
    member_start: NDArray[np.int64]  # (classes + 1,)
    member: NDArray[np.int32]  # equipment of each class, likeliest first
    rate: NDArray[np.float64]  # (members,) what speaks for each
    of_point: NDArray[np.int32]  # (usage points,) innermost class; -1 for none
    need: NDArray[np.uint8]  # (usage points,) phases it lives on; 0 if it has no supply
    weighed: NDArray[np.bool_] | None  # (usage points,) bellwethers; None for all

    def members(self, row: int) -> NDArray[np.int32]:
        """Return the equipment of a class, likeliest first."""
        return self.member[self.member_start[row] : self.member_start[row + 1]]

    def sizes(self, rows: NDArray[np.int32]) -> NDArray[np.int64]:
        """Return the usage points in the loss sets of classes."""
        return self.total[rows].sum(axis=1)


def device_tree(
    situation: Situation, assumptions: Assumptions, *, weighed: NDArray[np.bool_] | None = None
) -> DeviceTree:
    """
    Return the devices of a network that could have operated.

    Parameters
    ----------
    situation
        The network before the outages.
    assumptions
        How often which kind of device operates; a kind without a rate is no candidate.
    weighed
        Usage points that are looked at; all by default.

    Notes
    -----
    O(n log d) for n nodes and depth d: pointers to the node above are doubled until they stand on a
    device.
    """
    index, data = situation.index, situation.data
    count = len(index.up)
    phases = _phases(situation)
    need = _needs(situation, phases)
    served = need != 0 if weighed is None else (need != 0) & weighed
    at = data.usage_points.node[served]
    own = np.bincount(at, minlength=count).astype(np.int32)
    size = index.totals(own)
    rates = assumptions.log_prior(data.equipment.kind)
    feeds = np.append(index.child[index.feed], np.int32(-1))[:-1] == np.arange(count)
    feeds &= index.feed >= 0
    is_device = feeds & (np.append(rates, 0.0)[index.feed] > 0) & (size > 0)
    above = _nearest(index.up, is_device)
    nodes = np.flatnonzero(is_device).astype(np.int32)
    nodes = nodes[np.argsort(index.tin[nodes], kind="stable")]
    over = np.append(above, np.int32(-1))[index.up[nodes]]
    over[index.up[nodes] < 0] = -1
    same = (over >= 0) & (size[nodes] == size[over]) & (phases[nodes] == phases[over])
    first = nodes[~same]
    class_of = np.full(count + 1, -1, dtype=np.int32)
    class_of[first] = np.arange(len(first), dtype=np.int32)
    top = np.full(count, -1, dtype=np.int32)
    top[nodes] = np.where(same, over, np.int32(-1))
    class_of[nodes] = class_of[_roots(top)[nodes]]
    parent = class_of[over[~same]]
    mask = phases[first]
    divisible = (COUNT[mask] > 1) & (index.totals(_resets(situation))[first] == 0)
    start, member, rate = _members(class_of[nodes], index.feed[nodes], rates)
    return DeviceTree(
        node=first,
        parent=parent,
        tree=_roots(parent),
        mask=mask,
        log_prior=_log_prior(mask, divisible, _SINGLE[data.equipment.kind[member]], (start, rate)),
        total=_totals(situation, served, need, first),
        member_start=start,
        member=member,
        rate=rate,
        of_point=np.where(need != 0, class_of[above[data.usage_points.node]], np.int32(-1)),
        need=need,
        weighed=weighed,
    )


def _mixed(situation: Situation) -> NDArray[np.bool_]:
    """Return whether each node is fed by a transformer that joins phases."""
    mixes = np.append(situation.index.conduction.mixes, np.int8(0))
    return mixes[situation.index.feed] != 0


def _resets(situation: Situation) -> NDArray[np.int32]:
    """Return 1 at the nodes of medium voltage whose phases are not those of their feed."""
    return (_mixed(situation) & ~situation.index.conduction.low).astype(np.int32)


def _phases(situation: Situation) -> NDArray[np.uint8]:
    """
    Return the phases of medium voltage that keep each node alive.

    Below a transformer that joins phases they are those above it if it feeds low voltage; if it
    feeds medium voltage, as in a substation, phases begin anew.
    """
    index = situation.index
    phases = live_phases(index.mask)
    inner = _nearest(index.parent, _mixed(situation) & index.conduction.low)
    below = np.flatnonzero(inner >= 0)
    outer = np.append(inner, np.int32(-1))
    feeding = index.parent[inner[below]]
    while (again := (feeding >= 0) & (outer[feeding] >= 0)).any():
        feeding[again] = index.parent[outer[feeding[again]]]
    phases[below] = np.append(phases, np.uint8(0))[np.maximum(feeding, -1)]
    return np.where(phases == 0, np.uint8(ABC), phases)


def _needs(situation: Situation, phases: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return the phases each usage point lives on; 0 where it has no supply."""
    points, index = situation.data.usage_points, situation.index
    at = phases[points.node]
    inner = _nearest(index.parent, _mixed(situation) & index.conduction.low)[points.node] >= 0
    need = np.where(inner, at, at & supply(points.phases))
    # Recorded phases alone leave nobody dark, unless they are followed strictly.
    dark = (index.tin[points.node] < 0) | ((need == 0) & situation.strict)
    return np.where(dark, np.uint8(0), np.where(need == 0, at, need)).astype(np.uint8)


def _nearest(up: NDArray[np.int32], marked: NDArray[np.bool_]) -> NDArray[np.int32]:
    """Return each node itself if it is marked, else the nearest marked one above; -1 for none."""
    here = np.arange(len(up), dtype=np.int32)
    stop = marked | (up < 0)
    jump = _doubled(np.where(stop, here, up))
    return np.where(marked[jump], jump, np.int32(-1))


def _roots(parent: NDArray[np.int32]) -> NDArray[np.int32]:
    """Return the outermost ancestor of each row."""
    return _doubled(np.where(parent < 0, np.arange(len(parent), dtype=np.int32), parent))


def _doubled(jump: NDArray[np.int32]) -> NDArray[np.int32]:
    while True:
        further = jump[jump]
        if np.array_equal(further, jump):
            return jump
        jump = further


def _members(
    class_of: NDArray[np.int32], equipment: NDArray[np.int32], rates: NDArray[np.float64]
) -> tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.float64]]:
    """Return the members of each class as a ragged array, the likeliest first."""
    rate = rates[equipment]
    order = np.lexsort((-rate, class_of))
    counts = np.bincount(class_of, minlength=int(class_of.max(initial=-1)) + 1)
    start = np.concatenate([[0], np.cumsum(counts)])
    return start, equipment[order], rate[order]


def _log_prior(
    mask: NDArray[np.uint8],
    divisible: NDArray[np.bool_],
    single: NDArray[np.float64],
    members: tuple[NDArray[np.int64], NDArray[np.float64]],
) -> NDArray[np.float64]:
    """Return, per class, the log prior of what one of its devices may do."""
    start, rate = members
    owner = np.repeat(np.arange(len(mask)), np.diff(start))
    part = rate * single * divisible[owner]
    several = np.bincount(owner, weights=part, minlength=len(mask))
    whole = np.bincount(owner, weights=rate - part, minlength=len(mask))
    three = COUNT[mask] == 3
    prior = np.full((len(mask), 5), -np.inf)
    prior[:, STAYS] = 0.0
    with np.errstate(divide="ignore"):
        prior[:, ALL_POLES] = np.log(whole)
        prior[:, ONE_POLE] = np.log(several * np.where(three, 0.9 / 3, 0.5))
        prior[:, TWO_POLES] = np.where(three, np.log(several * 0.1 / 3), -np.inf)
    return prior


def _totals(
    situation: Situation,
    served: NDArray[np.bool_],
    need: NDArray[np.uint8],
    first: NDArray[np.int32],
) -> NDArray[np.int32]:
    """Return the usage points in the loss set of each class by the phases they need."""
    node, count = situation.data.usage_points.node, len(situation.index.up)
    total = np.zeros((len(first), 8), dtype=np.int32)
    for code in np.unique(need[served]).tolist():
        weight = np.bincount(node[served & (need == code)], minlength=count).astype(np.int32)
        total[:, code] = situation.index.totals(weight)[first]
    return total
