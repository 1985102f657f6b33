"""Find where a normally open tie joins the ends of neighboring feeders."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gridtwin.sources.synthetic.feeders import FeederPlan
    from gridtwin.sources.synthetic.territory import Land

LONGEST_M = 3_000.0  # of a tie line between two substations
TIE_NEIGHBORS = 48  # trunk nodes looked at around the end of a trunk
SAMPLES = 16  # of each leg of a tie line: closer together than the squares of the land
SWITCH_M = 10.0
MOST_CORNERS = 3  # of any line


class Ties(NamedTuple):
    """Tie lines: from the end of a trunk round one corner to an open switch at another trunk."""

    spur: NDArray[np.int32]  # trunk section that the line continues
    target: NDArray[np.int32]  # trunk section whose end is beyond the switch
    plane: NDArray[np.float64]  # (n, 2) where the line ends and the switch begins
    corners: NDArray[np.float64]  # (n, MOST_CORNERS, 2) on its way; NaN = none


def find_ties(
    plan: FeederPlan,
    feeder: NDArray[np.int32],
    plane: NDArray[np.float64],
    on_street: NDArray[np.bool_],
    land: Land,
) -> Ties:
    """
    Tie neighbors on one substation, and every trunk to one of another substation where it can.

    Parameters
    ----------
    plan
        The feeders.
    feeder, plane, on_street
        Trunk sections: their feeder, the place of their far end, whether a street is there.
    land
        Where no water is.
    """
    last = np.flatnonzero(np.r_[feeder[1:] != feeder[:-1], True]).astype(np.int32)
    beside = _same_row(plan)
    here, there = last[:-1][beside], last[1:][beside]
    away, across = _to_other_substations(plan, feeder, plane, last, np.flatnonzero(on_street), land)
    spur, target = np.r_[here, away], np.r_[there, across]
    pair = np.sort(np.stack([feeder[spur], feeder[target]], 1), axis=1)
    _, first = np.unique(pair, axis=0, return_index=True)
    first.sort()
    spur, target = spur[first], target[first]
    corner, dry = _choose_corner(plane[spur], plane[target], land)
    return _draw_ties(spur[dry], target[dry], plane, corner[dry][:, None])


def reroute_ties(
    ties: Ties, straight: NDArray[np.float64], plane: NDArray[np.float64], land: Land
) -> Ties:
    """
    Return ties between trunks that wander, as they were found between straight ones.

    Parameters
    ----------
    ties
        The ties between straight trunks.
    straight, plane
        Where trunk sections end if they run straight, and where they do.
    land
        Where no water is.
    """
    corner, dry = _choose_corner(plane[ties.spur], plane[ties.target], land)
    # Where water lies between, by the way between the straight trunks: within the rectangle of a
    # feeder, and along a way that is dry.
    detour = np.stack([straight[ties.spur], ties.corners[:, 0], straight[ties.target]], axis=1)
    direct = np.full_like(detour, np.nan)
    direct[:, 0] = corner
    ways = np.where(dry[:, None, None], direct, detour)
    return _draw_ties(ties.spur, ties.target, plane, ways)


def _draw_ties(
    spur: NDArray[np.int32],
    target: NDArray[np.int32],
    plane: NDArray[np.float64],
    ways: NDArray[np.float64],
) -> Ties:
    """Return ties that pass some corners, and stop short of their target."""
    corners = np.full((len(spur), MOST_CORNERS, 2), np.nan)
    corners[:, : ways.shape[1]] = ways
    count = (~np.isnan(corners[:, :, 0])).sum(axis=1)
    last = corners[np.arange(len(spur)), count - 1]
    return Ties(spur, target, _stop_before(plane[spur], last, plane[target]), corners)


def _same_row(plan: FeederPlan) -> NDArray[np.bool_]:
    """Return whether each feeder and the next lie side by side."""
    same: NDArray[np.bool_] = (plan.substation[1:] == plan.substation[:-1]) & (
        plan.side[1:] == plan.side[:-1]
    )
    return same


def _to_other_substations(
    plan: FeederPlan,
    feeder: NDArray[np.int32],
    plane: NDArray[np.float64],
    last: NDArray[np.int32],
    street: NDArray[np.int64],
    land: Land,
) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Return trunk ends, and the nearest trunk section of another substation that can be tied."""
    from scipy.spatial import cKDTree

    near = min(TIE_NEIGHBORS, len(street))
    distance, nearby = cKDTree(plane[street]).query(plane[last], k=near, workers=1)
    distance, nearby = distance.reshape(len(last), near), street[nearby.reshape(len(last), near)]
    other = plan.substation[feeder[nearby]] != plan.substation[feeder[last]][:, None]
    fits = other & (distance < LONGEST_M)
    target = np.full(len(last), -1, dtype=np.int32)
    for _ in range(3):  # the nearest, or the next where water lies between
        open_ends = np.flatnonzero((target < 0) & fits.any(axis=1))
        nearest = fits[open_ends].argmax(axis=1)
        fits[open_ends, nearest] = False
        candidate = nearby[open_ends, nearest]
        _, dry = _choose_corner(plane[last[open_ends]], plane[candidate], land)
        target[open_ends[dry]] = candidate[dry]
    tied = target >= 0
    return last[tied], target[tied]


def _choose_corner(
    start: NDArray[np.float64], end: NDArray[np.float64], land: Land
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Return the corner of a line along the streets, and whether the line keeps dry."""
    first = np.stack([end[:, 0], start[:, 1]], -1)
    second = np.stack([start[:, 0], end[:, 1]], -1)
    first_dry = _is_dry(start, first, land) & _is_dry(first, end, land)
    second_dry = _is_dry(start, second, land) & _is_dry(second, end, land)
    return np.where(first_dry[:, None], first, second), first_dry | second_dry


def _is_dry(start: NDArray[np.float64], end: NDArray[np.float64], land: Land) -> NDArray[np.bool_]:
    """Return whether straight lines along an axis cross dry squares only."""
    share = np.linspace(0.0, 1.0, SAMPLES)[:, None]
    along = start[:, None] + (end - start)[:, None] * share
    return np.asarray(land.is_dry(along).all(axis=1))


def _stop_before(
    start: NDArray[np.float64], corner: NDArray[np.float64], end: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return where the last leg of each line stops short of its end."""
    leg = end - corner
    flat = np.hypot(*leg.T) < 1.0
    leg[flat] = (end - start)[flat]
    length = np.maximum(np.hypot(*leg.T), 1e-6)
    short: NDArray[np.float64] = end - leg * np.minimum(SWITCH_M / length, 0.5)[:, None]
    return short
