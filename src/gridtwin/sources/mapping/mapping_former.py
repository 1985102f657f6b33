"""Let nodes that are made of places keep the ids they had when the source was loaded before."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from gridtwin.model.tables import decode_texts, encode_texts

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from numpy.typing import NDArray

    from gridtwin.model.network import Network
    from gridtwin.sources.mapping.mapping_points import MappedPoints

SAME_END, OTHER_END = 2, 1  # votes of an end; a line that is drawn the other way has its ends so


class NodeEnds(NamedTuple):
    """Ends of one kind, and the node each is at now; -1 = none."""

    frame: str  # that what ends belongs to
    mrid: NDArray[np.object_]
    nodes: NDArray[np.intp]
    column: str  # of the frame, that refers to the node


def list_node_ends(
    equipment: pd.DataFrame,
    node_a: NDArray[np.intp],
    node_b: NDArray[np.intp],
    points: dict[str, MappedPoints],
    of: dict[str, NDArray[np.intp]],
) -> list[NodeEnds]:
    """Return all that ends at the nodes."""
    mrids = equipment["mrid"].to_numpy(dtype=object)
    ends = [
        NodeEnds("equipment", mrids, nodes, column)
        for column, nodes in (("node_a", node_a), ("node_b", node_b))
    ]
    return ends + [
        NodeEnds(to, points[to].frame["mrid"].to_numpy(dtype=object), of[to], "node")
        for to in ("usage_points", "sources")
    ]


def keep_node_names(
    names: NDArray[np.object_],
    is_given: NDArray[np.bool_],
    ends: Sequence[NodeEnds],
    former: Network,
) -> NDArray[np.object_]:
    """
    Return the names of nodes, each that was made the one of the former node it goes on.

    Parameters
    ----------
    names
        What each node is called so far, all different.
    is_given
        Whether the source names it; such a name stays.
    ends
        All that ends at the nodes.
    former
        The network that was loaded before.

    Notes
    -----
    A node goes on the former node that most of its ends belonged to, and no two nodes the same
    one: pairs that are each other's best are taken first, then the best of what is left. A name
    that was another node's before is not given to a new node, as history would take one for the
    other.
    """
    node, place, votes = _count_votes(ends, former)
    mrid = former.data.nodes.mrid
    given = encode_texts(names[is_given].astype(str))
    free = ~is_given[node] & ~np.isin(mrid[place], given)
    kept = _match_best(node[free], place[free], votes[free], (len(names), len(mrid)))
    renamed = names.copy()
    goes_on = kept >= 0
    renamed[goes_on] = decode_texts(mrid[kept[goes_on]])
    taken = set(renamed[goes_on | is_given].tolist()) | set(decode_texts(mrid).tolist())
    for row in np.flatnonzero(~goes_on & ~is_given).tolist():
        name, number = names[row], 1
        while name in taken:
            number += 1
            name = f"{names[row]}#{number}"
        taken.add(name)
        renamed[row] = name
    return renamed


def _count_votes(
    ends: Sequence[NodeEnds], former: Network
) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.int64]]:
    """Return pairs of a node and a former one, and how much speaks for each pair."""
    equipment = former.data.equipment
    pairs, weights = [], []
    for each in ends:
        rows = former.ids.tables[each.frame].find_rows(encode_texts(each.mrid.astype(str)))
        there = (rows >= 0) & (each.nodes >= 0)
        rows, nodes = rows[there], each.nodes[there]
        places = [(getattr(getattr(former.data, each.frame), each.column)[rows], SAME_END)]
        if each.frame == "equipment":
            other = equipment.node_b if each.column == "node_a" else equipment.node_a
            places.append((other[rows], OTHER_END))
        for place, weight in places:
            pairs.append(np.column_stack([nodes, place.astype(np.int64)]))
            weights.append(np.full(len(nodes), weight))
    every = np.concatenate([np.empty((0, 2), np.int64), *pairs])
    count = len(former.data.nodes.mrid)
    once, back = np.unique(every[:, 0] * count + every[:, 1], return_inverse=True)
    votes = np.bincount(back, np.concatenate([np.empty(0), *weights]), len(once)).astype(np.int64)
    return once // count, once % count, votes


def _match_best(
    node: NDArray[np.intp],
    place: NDArray[np.intp],
    votes: NDArray[np.int64],
    counts: tuple[int, int],
) -> NDArray[np.intp]:
    """Return the former node of each node, -1 for none: pairs by votes, none of either twice."""
    kept = np.full(counts[0], -1, dtype=np.intp)
    order = np.lexsort((place, node, -votes))
    node, place = node[order], place[order]
    taken = np.zeros(counts[1], dtype=np.bool_)
    while len(node):
        mutual = _find_first(node, counts[0]) & _find_first(place, counts[1])
        kept[node[mutual]] = place[mutual]
        taken[place[mutual]] = True
        left = (kept[node] < 0) & ~taken[place]
        node, place = node[left], place[left]
    return kept


def _find_first(values: NDArray[np.intp], count: int) -> NDArray[np.bool_]:
    """Return which of some numbers below a count stand there for the first time."""
    first = np.empty(count, dtype=np.intp)
    every = np.arange(len(values))
    first[values[::-1]] = every[::-1]
    return np.asarray(first[values] == every)
