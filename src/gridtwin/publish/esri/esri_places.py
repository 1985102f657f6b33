"""
Give every node and device a place of its own, as a Utility Network needs it.

There lines meet a device at its point, at the terminal that they name, and all else at junctions.
So a node that one device alone touches is a terminal of it; every other is a junction. What would
stand at one point is moved apart by a meter or two.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from gridtwin.model import cim
from gridtwin.publish.esri.asset_codes import LINE_CODES

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gridtwin.analysis.state.situation import Situation

APART_M = 1.0  # how far apart two points are at least
GOLDEN_ANGLE = np.pi * (3 - np.sqrt(5))  # tries around a place never meet one another
METERS_A_DEGREE = 111_320.0
IS_LINE = np.array([kind.name in LINE_CODES for kind in cim.KINDS])


class EsriPlaces(NamedTuple):
    """
    Where everything stands, in the coordinates of the network.

    Attributes
    ----------
    owner
        Of each node the row of the device whose terminal it is; -1 for a junction.
    terminal
        Of each node that is a terminal: 1 or 2; 0 for a junction.
    nodes, equipment, points, sources
        Places; those of lines are not used, and those of terminals are their device's.
    """

    owner: NDArray[np.int32]
    terminal: NDArray[np.int8]
    nodes: NDArray[np.float64]
    equipment: NDArray[np.float64]
    points: NDArray[np.float64]
    sources: NDArray[np.float64]


def place_network(situation: Situation) -> EsriPlaces:
    """Return where the nodes, devices, usage points and sources of a network stand."""
    data = situation.data
    equipment, xy = data.equipment, data.nodes.xy
    devices = np.flatnonzero(~IS_LINE[equipment.kind]).astype(np.int32)
    owner, terminal = _find_owners(situation, devices)
    junctions = np.flatnonzero(owner < 0)
    middle = (xy[equipment.node_a[devices]] + xy[equipment.node_b[devices]]) / 2
    groups = [xy[junctions], middle, data.usage_points.xy, xy[data.sources.node]]
    spread = spread_points(np.concatenate(groups), geographic=situation.network.crs is not None)
    parts = np.split(spread, np.cumsum([len(group) for group in groups])[:-1])
    nodes, places = xy.copy(), np.full((len(equipment.mrid), 2), np.nan)
    places[devices] = parts[1]
    nodes[junctions] = parts[0]
    owned = owner >= 0
    nodes[owned] = places[owner[owned]]
    return EsriPlaces(owner, terminal, nodes, places, parts[2], parts[3])


def _find_owners(
    situation: Situation, devices: NDArray[np.int32]
) -> tuple[NDArray[np.int32], NDArray[np.int8]]:
    """Return the device whose terminal each node is, and which; -1 and 0 for junctions."""
    equipment = situation.data.equipment
    devices = devices[equipment.in_service[devices]]  # others are passed over by who reads them
    count = len(situation.data.nodes.mrid)
    a, b = equipment.node_a[devices], equipment.node_b[devices]
    touched = np.bincount(a, minlength=count) + np.bincount(b, minlength=count)
    touched[a[a == b]] = 2  # a device of one node stands beside it
    owner = np.full(count, -1, dtype=np.int32)
    terminal = np.zeros(count, dtype=np.int8)
    for number, ends in ((1, a), (2, b)):
        alone = touched[ends] == 1
        owner[ends[alone]] = devices[alone]
        terminal[ends[alone]] = number
    return owner, terminal


def spread_points(xy: NDArray[np.float64], *, geographic: bool) -> NDArray[np.float64]:
    """
    Return points moved so that no two are nearer than `APART_M`; the first of each group stays.

    Parameters
    ----------
    xy
        Shape (n, 2).
    geographic
        Whether they are longitude and latitude; else meters.

    Examples
    --------
    >>> spread = spread_points(np.zeros((3, 2)), geographic=False)
    >>> bool(spread[0].any()), bool((np.hypot(*(spread[1] - spread[2])) >= APART_M))
    (False, True)
    """
    from scipy.spatial import cKDTree

    scale = np.ones(2)
    if geographic:
        scale = np.array([np.cos(np.radians(np.nanmedian(xy[:, 1]))), 1.0]) * METERS_A_DEGREE
    home = xy * scale
    tries = _rank_within_places(home)  # of those at one place each takes a turn of its own
    moved = home + _turn_away(tries)
    known = np.flatnonzero(np.isfinite(home).all(axis=1))
    while True:
        pairs = cKDTree(moved[known]).query_pairs(APART_M, output_type="ndarray")
        if not len(pairs):
            break
        rows = np.unique(known[pairs.max(axis=1)])
        tries[rows] += 1
        moved[rows] = home[rows] + _turn_away(tries[rows])
    still = tries == 0
    spread = moved / scale
    spread[still] = xy[still]
    return np.asarray(spread)


def _rank_within_places(xy: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return how many points before it stand at the place of each, to a centimeter."""
    _, group = np.unique(np.round(xy, 2), axis=0, return_inverse=True)
    group = group.reshape(-1)
    order = np.argsort(group, kind="stable")
    starts = np.searchsorted(group[order], np.arange(group.max(initial=-1) + 1))
    ranks = np.empty(len(xy), dtype=np.int64)
    ranks[order] = np.arange(len(xy)) - starts[group[order]]
    return ranks


def _turn_away(tries: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return how far from its place a point stands at so many tries: a spiral, 0 at none."""
    reach, angle = APART_M * 1.2 * np.sqrt(tries), GOLDEN_ANGLE * tries
    return np.column_stack([reach * np.cos(angle), reach * np.sin(angle)])
