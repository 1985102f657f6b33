"""
Tell which meters most likely came back without saying so.

When a device opens and closes again, nearly all meters behind it say that power is back; the few
whose message is lost look like so many single outages. A last gasp among neighbors that gasped with
it and have come back weighs little.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gridtwin.analysis.inference.outage_times import propose_times

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gridtwin.analysis.inference.device_tree import DeviceTree
    from gridtwin.analysis.inference.evidence import EndedInterruptions, MeterEvidence
    from gridtwin.analysis.inference.likelihood import Assumptions

RECLOSED_SHARE = (
    0.3  # of the meters behind a device that gasped together and came back: it closed again
)
FEWEST_RECLOSED = 3  # such meters


def find_interruption_times(
    devices: DeviceTree,
    evidence: MeterEvidence,
    ended: EndedInterruptions,
    assumptions: Assumptions,
) -> NDArray[np.float64]:
    """
    Return when an interruption that ended began around each row of evidence, shape (rows,).

    Minus infinity stands for none, and for one that began after the last gasp.

    Parameters
    ----------
    devices
        The devices of the network.
    evidence
        What meters say.
    ended
        Last gasps that were followed by the news that power is back.
    assumptions
        For how far apart reports of one interruption come.
    """
    began = np.full(len(evidence.point), -np.inf)
    inside = devices.of_point[ended.point] >= 0
    point, began_s = ended.point[inside], ended.began_s[inside]
    if not len(point):
        return began
    apart_s = 1.5 * assumptions.prompt_s
    ids, tree = np.unique(devices.number_trees(point), return_inverse=True)
    bursts = propose_times(tree, began_s, trees=len(ids), apart_s=apart_s, late_s=0.0)
    burst = _find_latest_burst(bursts.list_trees(), bursts.t0_s, tree, began_s)
    closed = _find_reclosed(devices, point, burst)
    gasped = np.flatnonzero(~np.isnan(evidence.gasp_s) & (devices.of_point[evidence.point] >= 0))
    mine = devices.number_trees(evidence.point[gasped])
    at = np.minimum(np.searchsorted(ids, mine), len(ids) - 1)
    gasped, at = gasped[ids[at] == mine], at[ids[at] == mine]
    own = _find_latest_burst(
        bursts.list_trees(), bursts.t0_s, at, evidence.gasp_s[gasped] + assumptions.skew_s
    )
    gasped, own = gasped[own >= 0], own[own >= 0]
    behind = _is_behind_reclosed(devices, evidence.point[gasped], own, closed)
    began[gasped[behind]] = bursts.t0_s[own[behind]]
    return began


def _find_latest_burst(
    tree: NDArray[np.intp],
    t0_s: NDArray[np.float64],
    whose: NDArray[np.intp],
    at_s: NDArray[np.float64],
) -> NDArray[np.intp]:
    """Return the last burst of a tree that began by a time; -1 for none."""
    order = np.lexsort(
        (
            np.concatenate([np.zeros(len(t0_s)), np.ones(len(at_s))]),
            np.concatenate([t0_s, at_s]),
            np.concatenate([tree, whose]),
        )
    )
    is_burst = order < len(t0_s)
    number = np.maximum.accumulate(np.where(is_burst, order, -1))
    last = np.empty(len(at_s), dtype=np.intp)
    last[order[~is_burst] - len(t0_s)] = number[~is_burst]
    return np.where((last >= 0) & (tree[last] == whose), last, -1)


def _find_reclosed(
    devices: DeviceTree, point: NDArray[np.int32], burst: NDArray[np.intp]
) -> NDArray[np.int64]:
    """Return the bursts and classes, as one number, where enough meters came back; rising."""
    keys = []
    here, number = devices.of_point[point], burst
    while len(here):
        keys.append(number * len(devices.node) + here)
        here = devices.parent[here]
        here, number = here[here >= 0], number[here >= 0]
    reclosed, back = np.unique(np.concatenate(keys), return_counts=True)
    size = devices.count_points((reclosed % len(devices.node)).astype(np.int32))
    return reclosed[(back >= FEWEST_RECLOSED) & (back >= RECLOSED_SHARE * size)]


def _is_behind_reclosed(
    devices: DeviceTree,
    point: NDArray[np.int32],
    burst: NDArray[np.intp],
    closed: NDArray[np.int64],
) -> NDArray[np.bool_]:
    """Return whether each usage point is behind a device that closed again in its burst."""
    marked = np.zeros(len(point), dtype=bool)
    here = devices.of_point[point].copy()
    while (going := np.flatnonzero((here >= 0) & ~marked)).size and len(closed):
        key = burst[going] * len(devices.node) + here[going]
        at = np.minimum(np.searchsorted(closed, key), len(closed) - 1)
        marked[going] = closed[at] == key
        here[going] = devices.parent[here[going]]
    return marked
