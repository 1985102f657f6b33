"""
Draw the streets of a planned territory, fine in town centers and wide in the country.

Lines and houses stand already; streets run under every line, and further ones where no house is in
their way: across the blocks in a town center, as a cul-de-sac in a subdivision, not at all in the
country.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from gridtwin.model.tables import take_ragged
from gridtwin.sources.synthetic.feeders import EDGE_M
from gridtwin.sources.synthetic.primary import LINE_CODE
from gridtwin.sources.synthetic.road_file import MAJOR, MEDIUM, MINOR

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gridtwin.sources.synthetic.feeders import FeederPlan
    from gridtwin.sources.synthetic.primary import Primary
    from gridtwin.sources.synthetic.territory import Territory

CORE_FROM = 0.15  # of `Bending.measure_core`
COUNTRY_SPACING_M = 330.0  # between the streets of a feeder from which on it lies in the country
BORDER_M = 15.0  # kept from the street on the border of a feeder
CUL_DE_SAC = 0.42  # of a block
HOUSE_CLEARANCE_M = 10.0
SAMPLE_M = 8.0
STREET_STEP_M = 40.0  # between the points of a street, so that it bends


class StreetSegments(NamedTuple):
    """Streets that run straight on the plan."""

    start: NDArray[np.float64]  # (n, 2)
    end: NDArray[np.float64]
    kind: NDArray[np.uint8]  # place in `ROAD_KINDS`


def plan_streets(
    ground: Territory, plan: FeederPlan, primary: Primary, houses: NDArray[np.float64]
) -> StreetSegments:
    """
    Return the streets of a territory on its plan.

    Parameters
    ----------
    ground, plan, primary
        The territory, its feeders, and their lines.
    houses
        Where the meters stand, shape (n, 2).
    """
    return _join(
        [
            _draw_borders(plan),
            _draw_feeder_borders(plan),
            _draw_streets_of_lines(primary),
            _keep_clear(_draw_blocks(ground, plan, primary), houses),
        ]
    )


def _place(
    plan: FeederPlan,
    feeder: NDArray[Any],
    ends: tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]],
    kind: int,
) -> StreetSegments:
    """Return segments told along and across the arterial, the start's two and the end's two."""
    low_along, low_across, high_along, high_across = ends
    return StreetSegments(
        plan.find_places(feeder, low_along, low_across),
        plan.find_places(feeder, high_along, high_across),
        np.full(len(feeder), kind, np.uint8),
    )


def _join(parts: list[StreetSegments]) -> StreetSegments:
    return StreetSegments._make(np.concatenate(columns) for columns in zip(*parts, strict=True))


def _draw_borders(plan: FeederPlan) -> StreetSegments:
    """Return the arterial through each district and the roads around it."""
    count = int(plan.substation[-1]) + 1
    first = np.searchsorted(plan.substation, np.arange(count))
    low, high = np.full(count, np.inf), np.full(count, -np.inf)
    up, down = np.full(count, EDGE_M), np.full(count, -EDGE_M)
    np.minimum.at(low, plan.substation, plan.along - plan.half_width - EDGE_M)
    np.maximum.at(high, plan.substation, plan.along + plan.half_width + EDGE_M)
    border = plan.side * (plan.depth + EDGE_M)
    np.maximum.at(up, plan.substation, border)
    np.minimum.at(down, plan.substation, border)
    level = np.zeros(count)
    return _join(
        [
            _place(plan, first, ends, kind)
            for kind, ends in (
                (MAJOR, (low, level, high, level)),
                (MEDIUM, (low, down, high, down)),
                (MEDIUM, (low, up, high, up)),
                (MEDIUM, (low, down, low, up)),
                (MEDIUM, (high, down, high, up)),
            )
        ]
    )


def _draw_feeder_borders(plan: FeederPlan) -> StreetSegments:
    """Return the street on the border of each feeder to the next, away from the arterial."""
    feeder = np.arange(len(plan.substation))
    level, far = np.zeros(len(feeder)), plan.side * (plan.depth + EDGE_M)
    side = plan.along + plan.half_width
    return _place(plan, feeder, (side, level, side, far), MINOR)


def _draw_streets_of_lines(primary: Primary) -> StreetSegments:
    """Return the streets under lines, and under the fronts of the houses."""
    served = primary.street > 0
    rows = np.flatnonzero((served | (primary.kind != LINE_CODE)) & (primary.parent >= 0))
    starts, corners = take_ragged(primary.corner_start, primary.corners, rows)
    bends = np.diff(starts)
    leg_row = np.repeat(rows, bends + 1)
    first = np.arange(len(rows)) + starts[:-1]
    inner = np.ones(len(leg_row), np.bool_)
    inner[first] = False
    start, end = primary.plane[primary.parent[leg_row]], primary.plane[leg_row]
    start[inner], end[np.roll(inner, -1)] = corners, corners
    fronts = np.flatnonzero(served)
    half, level = primary.street[fronts] / 2, np.zeros(len(fronts), np.float32)
    beside = primary.sides.find_beside
    return StreetSegments(
        np.concatenate([start, beside(fronts, -half, level)]),
        np.concatenate([end, beside(fronts, half, level)]),
        np.where(primary.lateral[np.r_[leg_row, fronts]] < 0, MEDIUM, MINOR).astype(np.uint8),
    )


def _find_offsets(
    plan: FeederPlan, primary: Primary, rows: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Return where rows stand along and across the arterial of their feeder, shape (2, n)."""
    feeder = primary.feeder[rows]
    offset = primary.plane[rows] - plan.origin[feeder]
    swapped = plan.swapped[feeder]
    return np.stack(
        [
            np.where(swapped, offset[:, 1], offset[:, 0]),
            np.where(swapped, offset[:, 0], offset[:, 1]),
        ]
    )


def _find_straight(plan: FeederPlan, primary: Primary) -> NDArray[np.int64]:
    """Return the rows of laterals whose street runs along the arterial."""
    rows = np.flatnonzero((primary.lateral >= 0) & (primary.street > 0))
    ahead = primary.sides.find_beside(rows, np.ones(len(rows)), np.zeros(len(rows)))
    way = ahead - primary.plane[rows]
    along = np.where(plan.swapped[primary.feeder[rows]], way[:, 1], way[:, 0])
    return rows[np.abs(along) > 0.5]


def _draw_blocks(ground: Territory, plan: FeederPlan, primary: Primary) -> StreetSegments:
    """Return streets that part the land between side streets, as fine as the place is urban."""
    rows = _find_straight(plan, primary)
    feeder = primary.feeder[rows]
    along, across = _find_offsets(plan, primary, rows)
    outward = np.sign(along - plan.along[feeder])
    edge = along + outward * primary.street[rows] / 2
    room = plan.half_width[feeder] - BORDER_M
    edge = np.clip(edge, plan.along[feeder] - room, plan.along[feeder] + room)
    border = plan.along[feeder] + outward * plan.half_width[feeder]
    block = primary.block[rows].astype(np.float64)
    core = ground.bending.measure_core(primary.plane[rows]) > CORE_FROM
    country = ~core & (block > COUNTRY_SPACING_M)
    up = plan.side[feeder] * block
    inner = edge - outward * primary.street[rows]
    everywhere, town = np.arange(len(rows)), np.flatnonzero(core)
    suburb = np.flatnonzero(~core & ~country)

    def draw(rows: NDArray[np.int64], *ends: NDArray[np.float64]) -> StreetSegments:
        low_along, low_across, high_along, high_across = (end[rows] for end in ends)
        return _place(plan, feeder[rows], (low_along, low_across, high_along, high_across), MINOR)

    return _join(
        [
            draw(everywhere, edge, across, border, across),
            draw(town, edge, across, edge, across + up),
            draw(town, inner, across + up / 2, edge, across + up / 2),
            draw(town, along, across, along, across + up),
            draw(suburb, edge, across, edge, across + CUL_DE_SAC * up),
            draw(suburb, edge, across, edge, across - CUL_DE_SAC * up),
        ]
    )


def _keep_clear(streets: StreetSegments, houses: NDArray[np.float64]) -> StreetSegments:
    """Return the streets that no house stands in the way of."""
    from scipy.spatial import cKDTree

    way = streets.end - streets.start
    count = np.maximum(np.ceil(np.hypot(*way.T) / SAMPLE_M), 1).astype(np.int64) + 1
    street = np.repeat(np.arange(len(count)), count)
    within = np.arange(len(street)) - np.repeat(np.cumsum(count) - count, count)
    places = streets.start[street] + way[street] * (within / (count - 1)[street])[:, None]
    distance, _ = cKDTree(houses).query(places, distance_upper_bound=HOUSE_CLEARANCE_M)
    blocked = np.bincount(street, np.isfinite(distance), len(count)) > 0
    return StreetSegments._make(column[~blocked] for column in streets)
