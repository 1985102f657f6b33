"""Ask whether ends that lie at one place were meant to be one node."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from gridtwin.analysis.quality.electrical import SAME_VOLTAGE
from gridtwin.analysis.quality.violations import RuleContext, Violation
from gridtwin.model import cim, phases
from gridtwin.model.lengths import FOOT_M
from gridtwin.topology.meshed_core import live_phases

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

SNAP_M = 0.3  # ends this close were probably meant to be one node
LINK_SHARE = 0.1  # of the usual extent of equipment; a planar diagram may be of any size
MOST_NEIGHBORS = 16  # live nodes looked at around a dead one
LONGEST_CHAIN = (
    3  # pieces of equipment between two nodes that are the ends of one assembly, as of a switch
)
SERVICE_DROP = cim.KIND_CODE["service_drop"]


class _Gap(NamedTuple):
    """A dead node and a live one that were probably meant to be one; the best sort first."""

    unlike: int  # how far the two are from being ends of lines of one class
    distance: float
    dead: int
    live: int


def find_unsnapped_ends(seen: RuleContext) -> Iterator[Violation]:
    """
    Yield dead nodes that lie at a live one without being joined to it.

    The advice is to join them, so that nothing is paired which equipment joins already, open or
    out of service: that would bypass it. Nor is the dead side of an open device, which is dead by
    design, nor are nodes of different voltage, or without a common phase. One of the two must be a
    loose end, since circuits that share a pole are no fault.
    """
    ends = _Ends(seen)
    done: set[int] = set()
    for gap in sorted(_find_gaps(seen, ends)):
        place = int(ends.spot[gap.dead])
        if place in done:
            continue
        done.add(place)
        other = seen.get_name("nodes", gap.live)
        unit = "" if seen.crs is None else " m"
        evidence = f"{gap.distance:.2f}{unit} from {other}, which has supply, and not joined to it"
        yield Violation("nodes", gap.dead, evidence)


def _find_gaps(seen: RuleContext, ends: _Ends) -> Iterator[_Gap]:
    placed = np.isfinite(seen.data.nodes.xy).all(axis=1)
    dead = np.flatnonzero(~seen.has_supply & placed & ends.matters)
    live = np.flatnonzero(seen.has_supply & placed)
    if not len(dead) or not len(live):
        return
    where = seen.to_meters(seen.data.nodes.xy)
    nearest = min(MOST_NEIGHBORS, len(live))
    distance, at = cKDTree(where[live]).query(
        where[dead], k=[*range(1, nearest + 1)], distance_upper_bound=ends.reach
    )
    rows, columns = np.nonzero(np.isfinite(distance))
    pairs = dead[rows], live[at[rows, columns]]
    for one, other, meters in zip(*pairs, distance[rows, columns], strict=True):
        if ends.may_join(int(one), int(other)):
            yield _Gap(
                ends.measure_unlikeness(int(one), int(other)), float(meters), int(one), int(other)
            )


@dataclass
class _Ends:
    """What hangs at each node of a network, whatever position its switches are in."""

    seen: RuleContext

    @cached_property
    def _link_matrix(self) -> csr_matrix:
        """Nodes by nodes: what any equipment joins."""
        a, b = self.seen.data.equipment.node_a, self.seen.data.equipment.node_b
        count = len(self.seen.data.nodes.mrid)
        pairs = np.concatenate([a, b]), np.concatenate([b, a])
        return csr_matrix((np.ones(2 * len(a), dtype=bool), pairs), shape=(count, count))

    @cached_property
    def _extent(self) -> NDArray[np.float64]:
        """How far the ends of each piece of equipment lie apart."""
        equipment, xy = self.seen.data.equipment, self.seen.data.nodes.xy
        return self.seen.measure_apart(xy[equipment.node_a], xy[equipment.node_b])

    @cached_property
    def reach(self) -> float:
        """How far apart two nodes may lie that are one."""
        if self.seen.crs is not None:
            return SNAP_M
        extents = self._extent[self._extent > 0]
        usual = float(np.median(extents)) if len(extents) else np.inf
        return min(SNAP_M / FOOT_M, LINK_SHARE * usual)

    @cached_property
    def spot(self) -> NDArray[np.int32]:
        """What is joined at one place: nodes between which equipment has no extent."""
        data = self.seen.data
        a, b = data.equipment.node_a, data.equipment.node_b
        short = self._extent <= self.reach
        count = len(data.nodes.mrid)
        links = csr_matrix((np.ones(int(short.sum())), (a[short], b[short])), shape=(count, count))
        _, label = connected_components(links, directed=False)
        return np.asarray(label, dtype=np.int32)

    @cached_property
    def _degree(self) -> NDArray[np.int64]:
        equipment, count = self.seen.data.equipment, len(self.seen.data.nodes.mrid)
        a, b = equipment.node_a, equipment.node_b
        return np.bincount(a, minlength=count) + np.bincount(b[a != b], minlength=count)

    @cached_property
    def _serves(self) -> NDArray[np.bool_]:
        """Whether a usage point hangs at each node."""
        serves = np.zeros(len(self.seen.data.nodes.mrid), dtype=bool)
        serves[self.seen.data.usage_points.node] = True
        return serves

    @cached_property
    def matters(self) -> NDArray[np.bool_]:
        """Whether anything hangs at each node."""
        return self._serves | (self._degree > 0)

    @cached_property
    def _loose(self) -> NDArray[np.bool_]:
        """Whether each node is an end at which nothing is, or a usage point without a service."""
        return np.where(self._serves, self._degree == 0, self._degree <= 1)

    @cached_property
    def _line_kinds(self) -> NDArray[np.uint8]:
        """Lines at each node, by class: 1 for line segments, 2 for service drops."""
        equipment = self.seen.data.equipment
        kinds = np.zeros(len(self.seen.data.nodes.mrid), dtype=np.uint8)
        for bit, kind in ((1, cim.LINES[0]), (2, SERVICE_DROP)):
            rows = equipment.kind == kind
            kinds[equipment.node_a[rows]] |= np.uint8(bit)
            kinds[equipment.node_b[rows]] |= np.uint8(bit)
        return kinds

    @cached_property
    def _phases_on_record(self) -> NDArray[np.uint8]:
        """Phases that the equipment at each node records; all where one records none."""
        equipment = self.seen.data.equipment
        own = equipment.phases & np.uint8(phases.ABC)
        own = np.where(own == 0, np.uint8(phases.ABC), own)
        recorded = np.zeros(len(self.seen.data.nodes.mrid), dtype=np.uint8)
        for node in (equipment.node_a, equipment.node_b):
            np.bitwise_or.at(recorded, node, own)
        return np.where(self._degree == 0, np.uint8(phases.ABC), recorded)

    @cached_property
    def _live(self) -> NDArray[np.uint8]:
        return live_phases(self.seen.index.mask)

    @cached_property
    def _volts(self) -> NDArray[np.float64]:
        """Nominal voltage of each node, or of what joins it without a transformer."""
        data = self.seen.data
        equipment, volts = data.equipment, data.nodes.nominal_v
        rows = equipment.kind != cim.TRANSFORMER
        count = len(volts)
        links = csr_matrix(
            (np.ones(int(rows.sum())), (equipment.node_a[rows], equipment.node_b[rows])),
            shape=(count, count),
        )
        parts, label = connected_components(links, directed=False)
        level = np.full(parts, np.nan)
        np.fmax.at(level, label, volts)
        return np.where(np.isnan(volts), level[label], volts)

    @cached_property
    def _at_open(self) -> NDArray[np.bool_]:
        """Whether equipment at each node stands open, or is out of service."""
        equipment = self.seen.data.equipment
        rows = self.seen.index.conduction.passes == 0
        at_open = np.zeros(len(self.seen.data.nodes.mrid), dtype=bool)
        at_open[equipment.node_a[rows]] = at_open[equipment.node_b[rows]] = True
        return at_open

    @cached_property
    def _dangling(self) -> NDArray[np.bool_]:
        """Whether an open device at each spot has nothing behind it: what ends there may belong."""
        rows = ~self.seen.has_supply & self._loose & self._at_open
        dangling = np.zeros(int(self.spot.max(initial=-1)) + 1, dtype=bool)
        dangling[self.spot[rows]] = True
        return dangling

    def may_join(self, dead: int, live: int) -> bool:
        """Say whether it can be right to make one node of two."""
        if self._at_open[dead] or not (self._loose[dead] or self._loose[live]):
            return False
        if self._dangling[self.spot[live]]:
            return False
        if abs(self._volts[dead] - self._volts[live]) > SAME_VOLTAGE * self._volts[live]:
            return False
        low = self.seen.index.conduction.low
        if np.isnan(self._volts[[dead, live]]).any() and low[dead] != low[live]:
            return False
        if not self._phases_on_record[dead] & self._live[live]:
            return False
        return bool(self.spot[dead] != self.spot[live]) and not self._is_chained(dead, live)

    def _is_chained(self, dead: int, live: int) -> bool:
        """Say whether few pieces of equipment lead from one node to another."""
        reached = {dead}
        edge = [dead]
        for _ in range(LONGEST_CHAIN):
            edge = [node for node in self._list_neighbors(edge) if node not in reached]
            reached.update(edge)
            if live in reached:
                return True
        return False

    def _list_neighbors(self, nodes: list[int]) -> list[int]:
        start, other = self._link_matrix.indptr, self._link_matrix.indices
        neighbors = [other[start[node] : start[node + 1]] for node in nodes]
        return np.unique(np.concatenate(neighbors)).tolist() if neighbors else []

    def measure_unlikeness(self, dead: int, live: int) -> int:
        """Say how far two nodes are from being loose ends of one class of line: 0 if they are."""
        kinds = self._line_kinds[dead], self._line_kinds[live]
        ends = int(self._loose[dead]) + int(self._loose[live])
        return 2 * (2 - ends) + (0 if kinds[0] & kinds[1] else 1)
