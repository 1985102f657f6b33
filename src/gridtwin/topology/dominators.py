"""
Combine forest and blocks into one tree of single points of failure.

Low voltage never supplies medium voltage, so supply is settled first without the low-voltage
loops, then each low-voltage part that several transformers feed is settled on top: it goes dark
with whatever puts *all* of its feeds out.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import connected_components

from gridtwin.topology.blocks import Blocks, find_blocks

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gridtwin.topology.conduction import Conduction
    from gridtwin.topology.forest import Forest


@dataclass(frozen=True, slots=True)
class Dominators:
    """Which node each node depends on; positions are those of the forest."""

    up: NDArray[np.int32]  # (n,) position of the deepest node whose loss alone darkens it
    looped: NDArray[np.bool_]  # (nodes,) whether a node has another way in than its feed


def find_dominators(conduction: Conduction, forest: Forest) -> Dominators:
    """Return the tree of single points of failure of everything supplied."""
    extra = forest.extra
    looped = np.zeros(conduction.node_count, dtype=bool)
    sources = conduction.source_node[_mark_repeats(conduction.source_node)]
    if not len(extra) and not len(sources):
        return Dominators(forest.up, looped)
    up = forest.up.copy()
    u = forest.position[conduction.node_a[extra]]
    v = forest.position[conduction.node_b[extra]]
    one_way = conduction.one_way[extra] != 0
    low = np.append(conduction.low, False)[forest.order]
    mine = low[u] | low[v] | one_way
    at = forest.position[sources]
    root = np.zeros(len(sources), dtype=np.int32)
    u, v = np.concatenate([u[~mine], root[~low[at]]]), np.concatenate([v[~mine], at[~low[at]]])
    _settle_core(up, looped, forest, find_blocks(up, u, v))
    if mine.any() or low[at].any():
        _settle_low(up, looped, forest, (conduction, extra[mine], low, at[low[at]]))
    return Dominators(up, looped)


def _mark_repeats(nodes: NDArray[np.int32]) -> NDArray[np.bool_]:
    """Return True at every occurrence of a node after its first."""
    again = np.ones(len(nodes), dtype=bool)
    again[np.unique(nodes, return_index=True)[1]] = False
    return again


def _settle_core(
    up: NDArray[np.int32], looped: NDArray[np.bool_], forest: Forest, blocks: Blocks
) -> None:
    """Write the cut nodes of a core into the tree."""
    up[blocks.core[1:]] = blocks.top[1:]
    nodes = forest.order[blocks.core[blocks.looped]]
    looped[nodes[nodes < len(looped)]] = True


def _settle_low(
    up: NDArray[np.int32],
    looped: NDArray[np.bool_],
    forest: Forest,
    low_part: tuple[Conduction, NDArray[np.int32], NDArray[np.bool_], NDArray[np.int32]],
) -> None:
    """
    Settle the low-voltage parts that hold loops or several feeds.

    Each part is looked at by itself: its feeds start at the super-source, as far as the part is
    concerned. What no node of the part dominates depends on the nearest common dominator of all
    the nodes that feed the part.
    """
    conduction, extra, low, sources = low_part
    position = forest.position
    one_way = conduction.one_way[extra]
    tail = np.where(one_way < 0, conduction.node_b[extra], conduction.node_a[extra])
    head = np.where(one_way < 0, conduction.node_a[extra], conduction.node_b[extra])
    fed = np.concatenate([one_way != 0, np.ones(len(sources), dtype=bool)])
    feeder = np.concatenate([position[tail], np.zeros_like(sources)])
    v = np.concatenate([position[head], sources])
    u = np.where(fed, 0, feeder).astype(np.int32)
    entry = low.copy()
    entry[1:] &= ~low[forest.up[1:]]
    local = np.where(entry, 0, np.where(low, forest.up, 0)).astype(np.int32)
    local[0] = -1
    blocks = find_blocks(local, u, v)
    members = blocks.core[1:]
    outermost = blocks.top[1:] == 0
    up[members[~outermost]] = blocks.top[1:][~outermost]
    looped[forest.order[blocks.core[blocks.looped]]] = True
    part = _label_parts(local, u, v)
    feeds = _find_feeds_of_parts(up, entry, part, (fed, feeder, v), forest)
    for member in members[outermost].tolist():
        up[member] = feeds[int(part[member])]


def _label_parts(
    local: NDArray[np.int32], u: NDArray[np.int32], v: NDArray[np.int32]
) -> NDArray[np.int32]:
    """Return the connected low-voltage part of each position; the super-source joins nothing."""
    place = np.arange(len(local), dtype=np.int32)
    tree = local > 0
    row = np.concatenate([place[tree], u[u > 0]])
    column = np.concatenate([local[tree], v[u > 0]])
    links = csr_matrix((np.ones(len(row)), (row, column)), shape=(len(local), len(local)))
    return connected_components(links, directed=False)[1].astype(np.int32)


def _find_feeds_of_parts(
    up: NDArray[np.int32],
    entry: NDArray[np.bool_],
    part: NDArray[np.int32],
    extra: tuple[NDArray[np.bool_], NDArray[np.int32], NDArray[np.int32]],
    forest: Forest,
) -> dict[int, int]:
    """Return the nearest common dominator of the feeds of each part."""
    fed, feeder, head = extra
    fed_by: dict[int, int] = {}
    wanted = set(part[head].tolist())
    entries = np.flatnonzero(entry)
    pairs = list(zip(part[entries].tolist(), forest.up[entries].tolist(), strict=True))
    pairs += list(zip(part[head[fed]].tolist(), feeder[fed].tolist(), strict=True))
    for key, at in pairs:
        if key in wanted:
            fed_by[key] = find_common_dominator(up, fed_by[key], at) if key in fed_by else at
    return fed_by


def find_common_dominator(up: NDArray[np.int32], first: int, second: int) -> int:
    """Return the deepest position that dominates both; parents always stand earlier."""
    while first != second:
        if first > second:
            first = int(up[first])
        else:
            second = int(up[second])
    return first
