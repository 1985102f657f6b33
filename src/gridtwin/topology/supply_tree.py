"""
Lay out the tree of supply as intervals of small numbers, loops left open, for stores to keep.

A database that holds these columns answers what hangs on an element with one range scan. The tree
is the shortest way from the sources to every node; live equipment outside of it is kept beside it,
as chords, so that whoever looks into a loop can flood it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from gridtwin.topology.forest import grow_forest, number_preorder
from gridtwin.topology.segments import find_segments, sum_prefixes

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gridtwin.topology.conduction import Conduction


@dataclass(frozen=True, slots=True)
class SupplyTree:
    """The tree of supply in one state; nodes, equipment and segments are rows."""

    segment: NDArray[np.int32]  # (nodes,) one per feeder, 0 above their heads; -1 in the dark
    ltin: NDArray[np.int32]  # (nodes,) place in the segment, in preorder; -1 in the dark
    ltout: NDArray[np.int32]  # (nodes,) first place behind what hangs on it; -1 in the dark
    parent: NDArray[np.int32]  # (nodes,) node that feeds it; -1 at a source and in the dark
    feed: NDArray[np.int32]  # (nodes,) equipment from its parent; -1 likewise
    depth: NDArray[np.int32]  # (nodes,) pieces of equipment from the source; -1 in the dark
    below: NDArray[np.int64]  # (nodes,) customers of its segment that hang on it
    child: NDArray[np.int32]  # (equipment,) node it feeds; -1 for none
    chords: NDArray[np.int32]  # live equipment outside of the tree
    feeder: NDArray[np.int32]  # (segments,) first whose head leads to the root; -1 for segment 0
    root: NDArray[np.int32]  # (segments,) node at the first place; -1 for segment 0
    hook: NDArray[np.int32]  # (segments,) node of segment 0 it hangs on; -1 for segment 0
    meshed: NDArray[np.bool_]  # (segments,) whether a chord ends there; for 0: whether any does


def build_supply_tree(
    conduction: Conduction, heads: NDArray[np.int32], customers: NDArray[np.int32]
) -> SupplyTree:
    """
    Return the tree of supply of a network in one state.

    Parameters
    ----------
    conduction
        What conducts.
    heads
        Rows of the feeders' head switches.
    customers
        Customers at each node, shape (nodes,).
    """
    count = conduction.node_count
    forest = grow_forest(conduction)
    live = forest.order[1:].astype(np.intp)
    by_position = number_preorder(forest.up, forest.levels, sorted_parents=True)
    tin, size = np.full(count, -1, dtype=np.int32), np.zeros(count, dtype=np.int32)
    tin[live], size[live] = by_position[0][1:] - 1, by_position[1][1:]
    depth = np.full(count, -1, dtype=np.int32)
    depth[live] = np.repeat(
        np.arange(len(forest.levels) - 2, dtype=np.int32), np.diff(forest.levels[1:])
    )
    leads = forest.child[heads]
    segments = find_segments(leads, tin, size, forest.parent, len(live))
    segment_at, place_at = segments.lay_out_places(len(live))
    segment = np.append(segment_at, np.int32(-1)).take(tin)
    place = np.append(place_at, np.int32(-1)).take(tin)
    own = segments.compute_own_sizes(segment, tin, size)
    start = np.append(segments.base, 0).take(segment).astype(np.int32)
    ltin = np.where(tin >= 0, place - start, np.int32(-1))
    child = np.full(len(forest.child), -1, dtype=np.int32)
    fed = np.flatnonzero(forest.feed >= 0)
    child[forest.feed[fed]] = fed
    fed_by_head = _find_first_places(child[heads], count)[
        segments.root
    ]  # not by what lies beside a head
    meshed = np.zeros(len(segments.base), dtype=bool)
    ends = np.concatenate([conduction.node_a[forest.extra], conduction.node_b[forest.extra]])
    meshed[segment[ends]] = True
    meshed[0] = len(ends) > 0
    return SupplyTree(
        segment=segment,
        ltin=ltin,
        ltout=np.where(tin >= 0, ltin + own, np.int32(-1)),
        parent=np.maximum(forest.parent, np.int32(-1)),
        feed=forest.feed,
        depth=depth,
        below=_sum_below(place, own, customers, segments.base),
        child=child,
        chords=forest.extra,
        feeder=np.where(
            fed_by_head >= 0, fed_by_head, _find_first_places(leads, count)[segments.root]
        ),
        root=segments.root,
        hook=segments.hook,
        meshed=meshed,
    )


def _find_first_places(nodes: NDArray[np.int32], count: int) -> NDArray[np.int32]:
    """Return the first place of each node in a list; -1 for those it lacks, and for node -1."""
    first = np.full(count + 1, -1, dtype=np.int32)
    # Of several assignments to one place the last stays.
    first[nodes[::-1]] = np.arange(len(nodes), dtype=np.int32)[::-1]
    first[-1] = -1
    return first


def _sum_below(
    place: NDArray[np.int32],
    own: NDArray[np.int32],
    customers: NDArray[np.int32],
    base: NDArray[np.int64],
) -> NDArray[np.int64]:
    """Return the customers of each node's segment that hang on it."""
    live = np.flatnonzero(place >= 0)
    pool = np.full(int(place.max(initial=-1)) + 2, -1, dtype=np.int32)
    pool[place[live]] = live
    before = sum_prefixes(pool, customers, base)
    below = np.zeros(len(place), dtype=np.int64)
    below[live] = before[place[live] + own[live]] - before[place[live]]
    return below
