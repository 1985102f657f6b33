"""Choose the pieces of street on which neighboring feeders are tied."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gridtwin.sources.synthetic.road_areas import RoadAreas
    from gridtwin.sources.synthetic.road_graph import RoadGraph

ENOUGH_TIES = 2  # of a feeder; its neighbors may want more of it
LEAST_TIE_M = 20.0  # of a piece: there is a switch on it


def choose_ties(graph: RoadGraph, areas: RoadAreas) -> NDArray[np.int64]:
    """Return pieces of street between two feeders, those nearest to both entries first."""
    one, two = areas.cell[graph.begin], areas.cell[graph.end]
    pieces = np.flatnonzero((one != two) & (graph.length >= LEAST_TIE_M))
    way = areas.reach_m[graph.begin[pieces]] + areas.reach_m[graph.end[pieces]]
    pairs = np.sort(np.stack([one[pieces], two[pieces]], -1), axis=1)
    order = np.lexsort((way, pairs[:, 1], pairs[:, 0]))
    _, first = np.unique(pairs[order], axis=0, return_index=True)
    chosen = order[first]
    chosen = chosen[np.argsort(way[chosen], kind="stable")]
    ties = np.zeros(len(areas.substation), np.int64)
    kept = []
    for candidate in chosen.tolist():
        pair = pairs[candidate]
        if ties[pair].min() < ENOUGH_TIES:
            ties[pair] += 1
            kept.append(pieces[candidate])
    return np.array(sorted(kept), np.int64)
