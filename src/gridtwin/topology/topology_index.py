"""
Keep everything supplied as intervals, so that *what hangs on x* is a slice.

Nodes stand in a pool in preorder of the tree of single points of failure: what goes dark with a
node is ``pool[tin : tin + size]``, and how many customers that is, a difference of two prefix
sums, whatever its size. Each feeder has a segment of its own in the pool; what lies above the
feeder heads has the first, and feeders hang on it::

    segment 0            segment 1: feeder 7     segment 2: feeder 8
    [bus, transformer]   [trunk, laterals ...]   [trunk, laterals ...]
          ^ hook of 1 and 2
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from gridtwin.model.phases import ABC
from gridtwin.topology.conduction import Conduction, SupplyRules
from gridtwin.topology.designed_phases import find_designed_phases
from gridtwin.topology.dominators import Dominators, find_dominators
from gridtwin.topology.forest import Forest, grow_forest, number_preorder
from gridtwin.topology.meshed_core import FREED, LOCAL, Core, live_phases
from gridtwin.topology.phase_needs import compute_needs, weigh_supplied_nodes
from gridtwin.topology.segments import find_segments, sum_prefixes

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gridtwin.model.tables import NetworkData


@dataclass(slots=True)
class TopologyIndex:
    """
    The topology of one network in one state.

    Every array is flat, so that an index can be kept in files and mapped.
    """

    conduction: Conduction
    parent: NDArray[np.int32]  # (nodes,) parent in the forest; ROOT at a source, DEAD if dead
    feed: NDArray[np.int32]  # (nodes,) equipment from the parent; -1 at a source or if dead
    up: NDArray[np.int32]  # (nodes,) node it depends on; ROOT or DEAD
    mask: NDArray[np.uint8]  # (nodes,) phases it lives on; see `core.live_phases`
    designed: NDArray[np.uint8]  # (nodes,) phases it could have, were everything closed
    child: NDArray[np.int32]  # (equipment,) node that goes dark with it; -1 for none
    segment: NDArray[np.int32]  # (nodes,) segment of the pool; -1 if dead
    tin: NDArray[np.int32]  # (nodes,) place in the pool; -1 if dead
    size: NDArray[np.int32]  # (nodes,) how many places of its own segment depend on it
    pool: NDArray[np.int32]  # (p,) node at each place; -1 in the gap behind each segment
    before: NDArray[np.int32]  # (p,) customers of the segment at earlier places
    weight: NDArray[np.int32]  # (nodes,) customers supplied at each node
    base: NDArray[np.int64]  # (segments,) first place of each segment
    length: NDArray[np.int64]  # (segments,) places in use
    root: NDArray[np.int32]  # (segments,) node at the first place; -1 for segment 0
    hook: NDArray[np.int32]  # (segments,) node of segment 0 each hangs on; -1 for segment 0
    extra: NDArray[np.int32]  # rows of live equipment outside the tree
    core: Core | None = None  # where loops are; None on a radial network
    hooked_segments: tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]] | None = field(
        default=None, repr=False
    )

    @property
    def nbytes(self) -> int:
        """Memory held by the arrays of the index itself, in bytes."""
        arrays = [getattr(self, name) for name in ARRAYS]
        return sum(array.nbytes for array in arrays) + (self.core.nbytes if self.core else 0)

    def sort_hooks(self) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
        """
        Return the segments in order of the places they hang on.

        Returns
        -------
        segments, places, totals
            Segments but the first, the place of each one's hook in rising order, and the customers
            of all segments before each; the last has one entry more.
        """
        if self.hooked_segments is None:
            segments = np.flatnonzero(self.hook >= 0)
            places = self.tin[self.hook[segments]].astype(np.int64)
            order = np.argsort(places, kind="stable")
            segments, places = segments[order], places[order]
            customers = self.before[self.base[segments] + self.length[segments]]
            self.hooked_segments = segments, places, np.concatenate([[0], np.cumsum(customers)])
        return self.hooked_segments

    def count_customers(self, node: int) -> int:
        """Return the customers that go dark with a node; O(1) whatever their number."""
        start = self.tin.item(node)
        if start < 0:
            return 0
        stop = start + self.size.item(node)
        below = self.before.item(stop) - self.before.item(start)
        if len(self.base) > 1 and not self.segment.item(node):
            _, places, totals = self.sort_hooks()
            first, last = places.searchsorted((start, stop))
            below += int(totals[last] - totals[first])
        return below

    def find_ranges(self, node: int) -> list[tuple[int, int]]:
        """Return the ranges of the pool that go dark with a node."""
        start = int(self.tin[node])
        if start < 0:
            return []
        stop = start + int(self.size[node])
        found = [(start, stop)]
        if self.segment[node] == 0 and len(self.base) > 1:
            segments, places, _ = self.sort_hooks()
            first, last = places.searchsorted((start, stop))
            chosen = segments[first:last]
            begins, ends = self.base[chosen], self.base[chosen] + self.length[chosen]
            found += list(zip(begins.tolist(), ends.tolist(), strict=True))
        return found

    def find_dependents(self, node: int) -> NDArray[np.int32]:
        """Return the nodes that go dark with a node, itself first, in preorder."""
        start = self.tin.item(node)
        if start >= 0 and (self.segment.item(node) or len(self.base) == 1):
            return self.pool[start : start + self.size.item(node)]
        ranges = self.find_ranges(node)
        parts = [self.pool[start:stop] for start, stop in ranges]
        return np.concatenate(parts) if parts else np.empty(0, dtype=np.int32)

    def sum_dependents(self, weight: NDArray[np.int32] | None = None) -> NDArray[np.int64]:
        """
        Return, per node, what goes dark with it; 0 where dead.

        Parameters
        ----------
        weight
            What each node counts, shape (nodes,); its customers by default.
        """
        before: NDArray[np.integer] = self.before
        if weight is not None:
            before = sum_prefixes(self.pool, weight, self.base)
        live = self.tin >= 0
        start = np.where(live, self.tin, 0)
        after = before[start + np.where(live, self.size, 0)]
        counts = np.subtract(after, before[start], dtype=np.int64)
        if len(self.base) > 1:
            top = np.flatnonzero(self.segment == 0)
            segments, places, _ = self.sort_hooks()
            ends = before[self.base[segments] + self.length[segments]]
            totals = np.concatenate([[0], np.cumsum(ends)])
            begin = places.searchsorted(self.tin[top])
            end = places.searchsorted(self.tin[top] + self.size[top])
            counts[top] += totals[end] - totals[begin]
        counts[~live] = 0
        return counts


ARRAYS = (
    "parent",
    "feed",
    "up",
    "mask",
    "designed",
    "child",
    "segment",
    "tin",
    "size",
    "pool",
    "before",
    "weight",
    "base",
    "length",
    "root",
    "hook",
    "extra",
)


def build_index(
    data: NetworkData,
    open_mask: NDArray[np.uint8],
    rules: SupplyRules | None = None,
    *,
    designed: NDArray[np.uint8] | None = None,
) -> TopologyIndex:
    """
    Build the topology index of a network in one state.

    Parameters
    ----------
    data
        The network's tables.
    open_mask
        Phases that stand open, one byte per row of the equipment.
    rules
        How supply is reckoned.
    designed
        `TopologyIndex.designed` of another state of the network by the same rules, if it is known.

    Notes
    -----
    O(n) time and memory for n nodes and equipment, plus the levels of the tree.
    """
    rules = rules or SupplyRules()
    return build_index_on(
        data, Conduction.from_state(data, open_mask, rules), rules, designed=designed
    )


def build_index_on(
    data: NetworkData,
    conduction: Conduction,
    rules: SupplyRules,
    *,
    designed: NDArray[np.uint8] | None = None,
) -> TopologyIndex:
    """Build the index of a network of which it is known what conducts; see `build_index`."""
    forest, tree, core, mask = _resolve_supply(conduction)
    if designed is None:
        designed = find_designed_phases(data, conduction, rules, live_phases(mask))
    return _lay_out_tree(data, rules, (forest, tree, core), (conduction, mask, designed))


def find_supply(conduction: Conduction) -> tuple[NDArray[np.bool_], NDArray[np.uint8]]:
    """
    Return whether each node is supplied, and its mask, without building an index.

    Shapes (nodes,); the masks are those of `TopologyIndex.mask`.
    """
    forest, _, _, mask = _resolve_supply(conduction)
    return forest.position[:-1] >= 0, mask


def _resolve_supply(
    conduction: Conduction,
) -> tuple[Forest, Dominators, Core | None, NDArray[np.uint8]]:
    """Return the forest, the tree of single points of failure, the core, and the nodes' masks."""
    forest = grow_forest(conduction)
    tree = find_dominators(conduction, forest)
    core = Core.from_forest(conduction, forest) if tree.up is not forest.up else None
    mask = np.zeros(conduction.node_count, dtype=np.uint8)
    mask[forest.order[1:]] = _compute_masks(conduction, forest, core)[1:]
    return forest, tree, core, mask


def _compute_masks(conduction: Conduction, forest: Forest, core: Core | None) -> NDArray[np.uint8]:
    """Return the phases supplied at each position: flooded in the core, handed down in trees."""
    mask = np.zeros(len(forest.order), dtype=np.uint8)
    if len(forest.levels) < 3:
        return mask
    np.bitwise_or.at(mask, forest.position[conduction.source_node], conduction.source_mask)
    settled, core_mask = None, mask
    if core is not None:
        at = forest.position[core.nodes]
        settled = np.zeros(len(mask), dtype=bool)
        settled[at], mask[at] = True, core.supplied & np.uint8(ABC)
        core_mask = mask.copy()
    feed = forest.feed.take(forest.order[1:])
    carried = np.zeros(len(mask), dtype=np.uint8)
    carried[1:] = conduction.passes.take(feed)
    mixes = np.zeros(len(mask), dtype=np.int8)
    mixes[1:] = conduction.mixes.take(feed)
    mixing = np.flatnonzero(mixes)
    down = conduction.node_b[feed[mixing - 1]] == forest.order[mixing]
    mixes[mixing] = np.where(down, mixes[mixing], -mixes[mixing])
    carried[mixes < 0] = 0
    # Phases stand twice in a mask: those it lives on, and LOCAL bits higher the local ones.
    passes = carried | carried << LOCAL | np.uint8(FREED)
    for depth in range(2, len(forest.levels) - 1):
        start, stop = int(forest.levels[depth]), int(forest.levels[depth + 1])
        above = mask.take(forest.up[start:stop])
        freed = above & np.uint8(FREED)
        through = (above & (passes[start:stop] | (freed - (freed >> 3)))).astype(
            np.uint8
        )  # 8 becomes the bits ABC
        here = slice(*np.searchsorted(mixing, (start, stop)))
        if here.start < here.stop:
            _mix_phases(through, above, (mixing[here], start), carried, mixes)
        mask[start:stop] = through
        if settled is not None:
            kept = settled[start:stop]
            mask[start:stop][kept] = core_mask[start:stop][kept]
    return mask


def _mix_phases(
    through: NDArray[np.uint8],
    above: NDArray[np.uint8],
    level: tuple[NDArray[np.intp], int],
    carried: NDArray[np.uint8],
    mixes: NDArray[np.int8],
) -> None:
    """Write the masks just below the transformers of one level that mix phases."""
    positions, start = level
    positions = positions[mixes[positions] > 0]
    at = positions - start
    over = above[at]
    freed = over & FREED != 0
    alive = np.where(freed, over >> LOCAL, over) & carried[positions] & np.uint8(ABC) != 0
    needed = np.where(freed, over, over & carried[positions]) & np.uint8(ABC)
    local = np.where(alive, carried[positions], np.uint8(0))
    mixed = needed | np.uint8(FREED) | local << LOCAL
    through[at] = np.where(alive | freed, mixed, np.uint8(0))


def _lay_out_tree(
    data: NetworkData,
    rules: SupplyRules,
    shape: tuple[Forest, Dominators, Core | None],
    lives: tuple[Conduction, NDArray[np.uint8], NDArray[np.uint8]],
) -> TopologyIndex:
    """Return the tree as numbers, laid out in segments."""
    forest, tree, core = shape
    conduction, mask, designed = lives
    count = conduction.node_count
    tin, size = number_preorder(tree.up, forest.levels, sorted_parents=tree.up is forest.up)
    live = forest.order[1:].astype(np.intp)
    node_tin = np.full(count, -1, dtype=np.int32)
    node_size = np.zeros(count, dtype=np.int32)
    node_tin[live], node_size[live] = tin[1:] - 1, size[1:]  # the super-source has no place
    up = forest.parent
    if tree.up is not forest.up:
        up = forest.parent.copy()
        above = forest.order[tree.up[1:]]
        up[live] = np.where(above == count, np.int32(-1), above)
    child = forest.child
    if core is not None:
        child = np.where(tree.looped[child], np.int32(-1), child)
    strict = rules.phase_policy == "strict"
    weight = weigh_supplied_nodes(data.usage_points, (mask, designed), node_tin, strict=strict)
    segments = find_segments(child[data.feeders.head], node_tin, node_size, up, len(live))
    segment_at, place_at = segments.lay_out_places(len(live))
    # The number -1 of the dead reads the last entry of each, which stands for them.
    segment = np.append(segment_at, np.int32(-1)).take(node_tin)
    place = np.append(place_at, np.int32(-1)).take(node_tin)
    pool = np.full(int(segments.base[-1] + segments.length[-1]) + 1, -1, dtype=np.int32)
    pool[place.astype(np.intp)] = np.arange(count, dtype=np.int32)
    pool[-1] = -1  # where the dead went: the gap behind the last segment
    if core is not None:
        points, node = data.usage_points, data.usage_points.node
        reached = node_tin[node] >= 0
        need = compute_needs(points.phases, mask[node], designed[node], reached, strict=strict)
        core.count_needs(points, need)
    return TopologyIndex(
        conduction=conduction,
        parent=forest.parent,
        feed=forest.feed,
        up=up,
        mask=mask,
        designed=designed,
        child=child,
        segment=segment,
        tin=place,
        size=segments.compute_own_sizes(segment, node_tin, node_size),
        pool=pool,
        before=sum_prefixes(pool, weight, segments.base).astype(np.int32),
        weight=weight,
        base=segments.base,
        length=segments.length,
        root=segments.root,
        hook=segments.hook,
        extra=forest.extra,
        core=core,
    )
