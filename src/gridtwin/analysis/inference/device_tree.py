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
from gridtwin.model.phases import ABC, PHASE_COUNT, to_supply_phases
from gridtwin.topology.meshed_core import live_phases

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gridtwin.analysis.inference.likelihood import Assumptions
    from gridtwin.analysis.state.situation import Situation

# What a device does on its way from one label to the next; columns of every prior.
STAYS, ALL_POLES, ONE_POLE, TWO_POLES, NEVER = range(5)

_SINGLE_POLE_SHARES = np.array(
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
    single: NDArray[np.float64]  # (members,) share of the times that some poles open, not all
    lone_rate: NDArray[np.float64]  # (nodes,) the same for what darkens one usage point alone
    up: NDArray[np.int32]  # (nodes,) as in the index
    feed: NDArray[np.int32]  # (nodes,) as in the index
    of_point: NDArray[np.int32]  # (usage points,) innermost class; -1 for none
    need: NDArray[np.uint8]  # (usage points,) phases it lives on; 0 if it has no supply
    weighed: NDArray[np.bool_] | None  # (usage points,) bellwethers; None for all

    def list_members(self, row: int, does: int = ALL_POLES) -> NDArray[np.int32]:
        """Return the equipment of a class that can open all its poles or some, likeliest first."""
        inside = slice(self.member_start[row], self.member_start[row + 1])
        if does == ALL_POLES:
            return self.member[inside]
        rate = self.rate[inside] * self.single[inside]
        order = np.argsort(-rate, kind="stable")
        return self.member[inside][order[rate[order] > 0]]

    def list_lone_equipment(self, node: int) -> NDArray[np.int32]:
        """Return the equipment that darkens one usage point alone, the likeliest first."""
        rows: list[int] = []
        rates: list[float] = []
        while node >= 0 and self.lone_rate[node] > 0:
            rows.append(int(self.feed[node]))
            rates.append(-float(self.lone_rate[node]))
            node = int(self.up[node])
        return np.array(rows, dtype=np.int32)[np.argsort(rates, kind="stable")]

    def sum_lone_rates(self, nodes: NDArray[np.int32]) -> NDArray[np.float64]:
        """Return the sum of the rates of what darkens one usage point alone, at each node."""
        total, here = np.zeros(len(nodes)), nodes.copy()
        while (alone := (here >= 0) & (self.lone_rate[here] > 0)).any():
            total[alone] += self.lone_rate[here[alone]]
            here[alone] = self.up[here[alone]]
            here[~alone] = -1
        return total

    def count_points(self, rows: NDArray[np.int32]) -> NDArray[np.int64]:
        """Return the usage points in the loss sets of classes; 0 for no class."""
        sizes = np.zeros(len(rows), dtype=np.int64)
        sizes[rows >= 0] = self.total[rows[rows >= 0]].sum(axis=1)
        return sizes

    def number_trees(self, points: NDArray[np.int32]) -> NDArray[np.int64]:
        """Return a lasting number of the tree of each usage point; its own where it has none."""
        home = self.of_point[points]
        number = len(self.node) + points.astype(np.int64)
        number[home >= 0] = self.tree[home[home >= 0]]
        return number


def build_device_tree(
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
    phases = _find_live_phases(situation)
    need = _find_needed_phases(situation, phases)
    served = need != 0 if weighed is None else (need != 0) & weighed
    node = data.usage_points.node
    everybody = index.sum_dependents(np.bincount(node[need != 0], minlength=count).astype(np.int32))
    total, size = _count_loss_by_phases(situation, served, need)
    rates = assumptions.look_up_rates(data.equipment.kind)
    rate_of = np.append(rates, 0.0)[index.feed]
    rate_of[index.child[index.feed] != np.arange(count)] = 0.0  # there is another way in
    rate_of[index.feed < 0] = 0.0
    is_device = (rate_of > 0) & (size > 0) & (everybody > 1)
    above = _find_nearest_marked(index.up, is_device)
    nodes = np.flatnonzero(is_device).astype(np.int32)
    nodes = nodes[np.argsort(index.tin[nodes], kind="stable")]
    over = np.append(above, np.int32(-1))[index.up[nodes]]
    over[index.up[nodes] < 0] = -1
    same = (over >= 0) & (size[nodes] == size[over])
    first = nodes[~same]
    class_of = np.full(count + 1, -1, dtype=np.int32)
    class_of[first] = np.arange(len(first), dtype=np.int32)
    top = np.full(count, -1, dtype=np.int32)
    top[nodes] = np.where(same, over, np.int32(-1))
    class_of[nodes] = class_of[_find_roots(top)[nodes]]
    parent = class_of[over[~same]]
    total = total[first]
    mask = np.bitwise_or.reduce(np.where(total > 0, np.arange(8, dtype=np.uint8), 0), axis=1)
    order, start = _sort_by_class(class_of[nodes], rate_of[nodes])
    member_node = nodes[order]
    # Above a transformer at which phases begin anew, a pole is no pole of what is below.
    single = _SINGLE_POLE_SHARES[data.equipment.kind[index.feed[member_node]]]
    single[index.sum_dependents(_mark_phase_resets(situation))[member_node] > 0] = 0.0
    poles = PHASE_COUNT[phases[member_node]]
    return DeviceTree(
        node=first,
        parent=parent,
        tree=_find_roots(parent),
        mask=mask,
        log_prior=_compute_log_prior(
            PHASE_COUNT[mask], start, (rate_of[member_node], single, poles)
        ),
        total=total,
        member_start=start,
        member=index.feed[member_node],
        rate=rate_of[member_node],
        single=np.where(poles > 1, single, 0.0),
        lone_rate=np.where(everybody == 1, rate_of, 0.0),
        up=index.up,
        feed=index.feed,
        of_point=np.where(need != 0, class_of[above[node]], np.int32(-1)),
        need=need,
        weighed=weighed,
    )


def _mark_phase_joins(situation: Situation) -> NDArray[np.bool_]:
    """Return whether each node is fed by a transformer that joins phases."""
    mixes = np.append(situation.index.conduction.mixes, np.int8(0))
    return mixes[situation.index.feed] != 0


def _mark_phase_resets(situation: Situation) -> NDArray[np.int32]:
    """Return 1 at the nodes of medium voltage whose phases are not those of their feed."""
    return (_mark_phase_joins(situation) & ~situation.index.conduction.low).astype(np.int32)


def _find_live_phases(situation: Situation) -> NDArray[np.uint8]:
    """
    Return the phases of medium voltage that keep each node alive.

    Below a transformer that joins phases they are those above it if it feeds low voltage; if it
    feeds medium voltage, as in a substation, phases begin anew.
    """
    index = situation.index
    phases = live_phases(index.mask)
    inner = _find_nearest_marked(index.parent, _mark_phase_joins(situation) & index.conduction.low)
    below = np.flatnonzero(inner >= 0)
    outer = np.append(inner, np.int32(-1))
    feeding = index.parent[inner[below]]
    while (again := (feeding >= 0) & (outer[feeding] >= 0)).any():
        feeding[again] = index.parent[outer[feeding[again]]]
    phases[below] = np.append(phases, np.uint8(0))[np.maximum(feeding, -1)]
    return np.where(phases == 0, np.uint8(ABC), phases)


def _find_needed_phases(situation: Situation, phases: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return the phases each usage point lives on; 0 where it has no supply."""
    points, index = situation.data.usage_points, situation.index
    at = phases[points.node]
    inner = (
        _find_nearest_marked(index.parent, _mark_phase_joins(situation) & index.conduction.low)[
            points.node
        ]
        >= 0
    )
    need = np.where(inner, at, at & to_supply_phases(points.phases))
    return np.where(situation.is_served, np.where(need == 0, at, need), np.uint8(0)).astype(
        np.uint8
    )


def _find_nearest_marked(up: NDArray[np.int32], marked: NDArray[np.bool_]) -> NDArray[np.int32]:
    """Return each node itself if it is marked, else the nearest marked one above; -1 for none."""
    here = np.arange(len(up), dtype=np.int32)
    stop = marked | (up < 0)
    jump = _double_jumps(np.where(stop, here, up))
    return np.where(marked[jump], jump, np.int32(-1))


def _find_roots(parent: NDArray[np.int32]) -> NDArray[np.int32]:
    """Return the outermost ancestor of each row."""
    return _double_jumps(np.where(parent < 0, np.arange(len(parent), dtype=np.int32), parent))


def _double_jumps(jump: NDArray[np.int32]) -> NDArray[np.int32]:
    while True:
        further = jump[jump]
        if np.array_equal(further, jump):
            return jump
        jump = further


def _sort_by_class(
    class_of: NDArray[np.int32], rate: NDArray[np.float64]
) -> tuple[NDArray[np.intp], NDArray[np.int64]]:
    """Return the order of devices by class, the likeliest first, and where each class starts."""
    counts = np.bincount(class_of, minlength=int(class_of.max(initial=-1)) + 1)
    return np.lexsort((-rate, class_of)), np.concatenate([[0], np.cumsum(counts)])


# Of the times that poles of a device open, but not all: the share for each pole alone, and for
# each pair, by how many poles it has.
_EACH_POLE = np.array([0.0, 0.0, 0.5, 0.3])
_EACH_PAIR = np.array([0.0, 0.0, 0.0, 0.1 / 3])


def _compute_log_prior(
    used: NDArray[np.uint8],
    start: NDArray[np.int64],
    members: tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.uint8]],
) -> NDArray[np.float64]:
    """
    Return, per class, the log prior of what one of its devices may do to the phases in use.

    Parameters
    ----------
    used
        How many phases the usage points of each class live on, shape (classes,).
    start
        Where the members of each class start.
    members
        Rate, share of single poles, and number of poles of each member.
    """
    rate, single, poles = members
    single = np.where(poles > 1, single, 0.0)
    pole, pair = single * _EACH_POLE[poles], single * _EACH_PAIR[poles]
    owner = np.repeat(np.arange(len(used)), np.diff(start))
    of_class = used[owner]
    spare = poles > of_class  # poles that nobody behind it lives on: nobody sees them open
    every = 1.0 - single
    every += np.where(spare & (of_class == 1), pole + pair * (poles - 1), 0.0)
    every += np.where(spare & (of_class == 2), pair, 0.0)
    one = np.where(of_class > 1, pole + np.where(spare, pair, 0.0), 0.0)
    two = np.where(of_class == 3, pair, 0.0)
    prior = np.full((len(used), 5), -np.inf)
    prior[:, STAYS] = 0.0
    with np.errstate(divide="ignore"):
        for does, share in ((ALL_POLES, every), (ONE_POLE, one), (TWO_POLES, two)):
            prior[:, does] = np.log(np.bincount(owner, rate * share, len(used)))
    return prior


def _count_loss_by_phases(
    situation: Situation, served: NDArray[np.bool_], need: NDArray[np.uint8]
) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
    """Return the usage points that go dark with each node, by the phases they need, and in all."""
    node, count = situation.data.usage_points.node, len(situation.index.up)
    total = np.zeros((8, count), dtype=np.int32)
    for code in np.unique(need[served]).tolist():
        weight = np.bincount(node[served & (need == code)], minlength=count).astype(np.int32)
        total[code] = situation.index.sum_dependents(weight)
    return total.T, total.sum(axis=0)
