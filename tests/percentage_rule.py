"""
Roll reports up the tree by percentage: the classical rule, kept to compare with.

A device is called out when at least a given share of the meters behind it have reported; the rule
climbs from the reporting meters for as long as the next device up still has that share. It knows
no delays, no losses, no signs of power, and no times.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from gridtwin.analysis.inference.candidates import find_ancestors

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gridtwin.analysis.inference.device_tree import DeviceTree
    from gridtwin.analysis.inference.evidence import MeterEvidence
    from gridtwin.analysis.state.situation import Situation


class RolledUp(NamedTuple):
    """One outage as the rule calls it."""

    equipment: NDArray[np.int32]  # what cannot be told apart, likeliest first; may be empty
    point: int  # usage point that stands alone; -1 for none
    out: NDArray[np.int32]  # usage points behind it


def roll_up(
    situation: Situation, devices: DeviceTree, evidence: MeterEvidence, share_pct: float
) -> list[RolledUp]:
    """
    Return the outages that the percentage rule calls.

    Parameters
    ----------
    situation, devices
        The network, and its devices.
    evidence
        What meters say.
    share_pct
        Share of the meters behind a device that must have reported, in percent.
    """
    points = evidence.point[evidence.speaks]
    points = points[devices.need[points] != 0]
    home = devices.of_point[points]
    active = find_ancestors(devices.parent, home)
    row_of = np.full(len(devices.node) + 1, -1, dtype=np.intp)
    row_of[active] = np.arange(len(active))
    over = row_of[devices.parent[active]]
    reported = np.bincount(row_of[home[home >= 0]], minlength=len(active))
    for row in range(len(active) - 1, -1, -1):
        if over[row] >= 0:
            reported[over[row]] += reported[row]
    enough = 100.0 * reported >= share_pct * devices.count_points(active)
    reached = np.zeros(len(active) + 1, dtype=bool)
    reached[row_of[home]] = True
    reached[-1] = False
    for row in range(len(active) - 1, -1, -1):
        reached[row] &= enough[row]
        if over[row] >= 0 and reached[row]:
            reached[over[row]] = True
    top = reached[:-1] & ~reached[over]
    taken = np.zeros(len(devices.need), dtype=bool)
    called = []
    for row in active[top].tolist():
        out = situation.points_at(situation.index.find_dependents(int(devices.node[row])))
        out = out[devices.need[out] != 0]
        if taken[out].any():  # inside one that is called already
            continue
        taken[out] = True
        called.append(RolledUp(devices.list_members(row), -1, out))
    node = situation.data.usage_points.node
    for point in points[~taken[points]].tolist():
        alone = devices.list_lone_equipment(int(node[point]))
        called.append(RolledUp(alone, point, np.array([point], dtype=np.int32)))
    return called
