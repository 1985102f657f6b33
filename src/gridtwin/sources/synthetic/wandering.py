"""
Let trunks and laterals wander: no two feeders of a town run alike.

Only places change. What hangs on what, how many sections there are, and where ties are looked for
comes from the straight plan, whatever is drawn here by a chance of its own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gridtwin.sources.synthetic.feeders import FeederPlan

FIRST_JOG = (0.15, 0.45)  # where a trunk turns into another street, of its way
SECOND_JOG = (0.55, 0.85)
JOG = (0.2, 0.5)  # how far that street is, of half the feeder's width
JOGGING_SHARE = 0.85  # of feeders, for the first; of those, for the second
UNEVENNESS = 0.45  # of the space between streets; 1 = two of them may fall together
REACH = (0.6, 1.0)  # of a lateral, of the way to the border
STAIR_SHARE = 0.6  # of straight laterals of two sections or more
HOOK_SHARE = 0.45  # of laterals of one section
STAIR = (0.2, 0.42)  # how far a lateral moves over, of a block
HOOK = 0.32  # of a block, from the street to the node of a lateral that turns at once


class TrunkWay(NamedTuple):
    """Where trunk sections run, along and across the arterial of their feeder."""

    along: NDArray[np.float64]
    across: NDArray[np.float64]
    crossing: NDArray[np.float64]  # across: the street on which a section moves over; NaN = none


class LateralWay(NamedTuple):
    """How laterals run."""

    reach: NDArray[np.float64]  # of their usual reach
    stair: NDArray[np.float64]  # of a block: how far the second half moves over; 0 = not
    hooked: NDArray[np.bool_]  # its one section turns into a side street


def wander_trunks(
    plan: FeederPlan,
    feeder: NDArray[np.int32],
    straight: TrunkWay,
    on_street: NDArray[np.bool_],
    rng: np.random.Generator,
) -> TrunkWay:
    """Return ways on which trunks change streets up to twice, at streets spaced unevenly."""
    count = len(plan.meters)
    reach = (plan.depth - plan.lane)[feeder]
    up = np.abs(straight.across) - plan.lane[feeder]
    share = up / reach
    swings = rng.integers(1, 4, count)
    swing = rng.uniform(-UNEVENNESS, UNEVENNESS, count) / (2 * np.pi * swings)
    uneven = share + swing[feeder] * np.sin(2 * np.pi * swings[feeder] * share)
    across = plan.side[feeder] * (plan.lane[feeder] + reach * np.where(on_street, uneven, share))
    wanted = rng.random((2, count)) < JOGGING_SHARE
    size = rng.uniform(*JOG, (2, count)) * rng.choice([-1.0, 1.0], (2, count))
    first = np.where(wanted[0], size[0] * plan.half_width, 0.0)
    second = np.where(wanted.all(axis=0), size[1] * plan.half_width, first)
    begin, again = rng.uniform(*FIRST_JOG, count), rng.uniform(*SECOND_JOG, count)
    jog = np.where(share < begin[feeder], 0.0, first[feeder])
    jog = np.where(share < again[feeder], jog, second[feeder]) * on_street
    before = np.r_[0.0, jog[:-1]]
    before[np.r_[True, feeder[1:] != feeder[:-1]]] = 0.0
    moved = (jog != before) & on_street
    # The first street of a feeder is reached from the arterial, the others from the one before.
    below = np.r_[0.0, across[:-1]]
    crossing = np.where(moved, (below + across) / 2, np.nan)
    return TrunkWay(straight.along + jog, across, crossing)


def wander_laterals(
    sections: NDArray[np.int32], turns: NDArray[np.bool_], rng: np.random.Generator
) -> LateralWay:
    """Return how laterals run that are straight on the plan."""
    count = len(sections)
    chance = rng.random(count)
    stair = rng.uniform(*STAIR, count)
    return LateralWay(
        reach=rng.uniform(*REACH, count),
        stair=np.where((sections > 1) & ~turns & (chance < STAIR_SHARE), stair, 0.0),
        hooked=(sections == 1) & (chance < HOOK_SHARE),
    )
