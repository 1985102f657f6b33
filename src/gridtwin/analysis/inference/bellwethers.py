"""
Choose the few meters that speak for all of a transformer while volume is large.

In a storm a head-end that forwards every message is the bottleneck. Bellwethers, a few meters below
each transformer, tell which device operated nearly as well; who is out is reckoned for all.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gridtwin.analysis.state.situation import Situation


def choose_bellwethers(situation: Situation, each: int) -> NDArray[np.int32]:
    """
    Return the first `each` usage points of every transformer, or of a node where none is recorded.

    Parameters
    ----------
    situation
        The network.
    each
        How many of each transformer; at least one.
    """
    points = situation.data.usage_points
    group = np.where(points.transformer >= 0, points.transformer, -2 - points.node)
    order = np.argsort(group, kind="stable")
    first = np.searchsorted(group[order], group[order])
    return np.sort(order[np.arange(len(order)) - first < max(each, 1)]).astype(np.int32)
