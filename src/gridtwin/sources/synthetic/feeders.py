"""Share a territory out: meters to substations, substations to feeders, streets to each feeder."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gridtwin.sources.synthetic.territory import Districts

METERS_PER_SUBSTATION = 2_466  # up to the reference territory of 596,906 meters
METERS_PER_FEEDER = 397.9
REFERENCE_METERS = 596_906
SUBSTATION_GROWTH = 0.264  # beyond it, substations grow with this power of the meters,
FEEDER_GROWTH = 0.254  # and feeders with this one, so that both serve more each
METERS_PER_LATERAL_SECTION = 12.8
ONE_SIDED = 3  # up to so many feeders lie on one side of the arterial
EDGE_M = 60.0  # kept clear along the border of a district
CIRCUIT_GAP_M = 7.0  # between circuits that share an arterial


class Circuits(NamedTuple):
    """One row per feeder, substation after substation: what is known before any street is."""

    substation: NDArray[np.int32]
    meters: NDArray[np.int32]
    origin: NDArray[np.float64]  # (n, 2) the substation, in the plane


class FeederPlan(NamedTuple):
    """One row per feeder: the rectangle it serves, beside the arterial of its substation."""

    substation: NDArray[np.int32]
    meters: NDArray[np.int32]
    origin: NDArray[np.float64]  # (n, 2) the substation, in the plane
    swapped: NDArray[np.bool_]  # the arterial runs north and south instead of east and west
    along: NDArray[np.float64]  # where its trunk leaves the arterial, meters from the substation
    side: NDArray[np.int8]  # on which side of the arterial it lies: 1 or -1
    lane: NDArray[np.float64]  # meters between the arterial's middle and this circuit on it
    half_width: NDArray[np.float64]  # meters from the trunk to the border of its rectangle
    depth: NDArray[np.float64]  # meters from the arterial to the far border
    getaway: NDArray[np.int32]  # trunk sections along the arterial
    streets: NDArray[np.int32]  # trunk sections that end at a street
    sections: NDArray[np.int32]  # lateral sections in its streets

    @property
    def circuits(self) -> Circuits:
        """The feeders without their streets."""
        return Circuits(self.substation, self.meters, self.origin)

    def find_places(
        self,
        feeder: NDArray[Any],
        along: NDArray[np.float64],
        across: NDArray[np.float64],
    ) -> NDArray[np.float64]:
        """Return places of the plane, told along and across the arterial of their feeder."""
        swapped = self.swapped[feeder]
        offset = np.stack([np.where(swapped, across, along), np.where(swapped, along, across)], -1)
        places: NDArray[np.float64] = self.origin[feeder] + offset
        return places


def count_feeders(meters: int) -> tuple[int, int]:
    """Return how many substations and feeders serve so many meters."""
    growth = max(meters / REFERENCE_METERS, 1.0)
    base = min(meters, REFERENCE_METERS)
    substations = max(1, int(base / METERS_PER_SUBSTATION * growth**SUBSTATION_GROWTH))
    feeders = int(base / METERS_PER_FEEDER * growth**FEEDER_GROWTH)
    return substations, max(substations, feeders)


def plan_feeders(
    land: Districts,
    feeders: int,
    meters: int,
    rng: np.random.Generator,
) -> FeederPlan:
    """Give every district its feeders, and every feeder its rectangle, streets and meters."""
    count = share_out(land.weight, feeders)
    substation = np.repeat(np.arange(len(count), dtype=np.int32), count)
    slot = rank_in_runs(substation)
    weight = (land.weight / count)[substation] * rng.lognormal(0.0, 0.22, len(substation))
    served = share_out(weight, meters)
    swapped = _arterial_runs_north(land, rng)
    size = np.where(swapped[:, None], land.half[:, ::-1], land.half) - EDGE_M
    single = count <= ONE_SIDED  # the substation stands at the border of its district
    across = np.where(single, size[:, 1] * 2, size[:, 1])
    shift = np.where(single, -size[:, 1], 0.0)
    middle = land.middle + np.where(swapped, [shift, 0 * shift], [0 * shift, shift]).T
    upper = slot < np.where(single, count, (count + 1) // 2)[substation]
    row = 2 * substation + ~upper
    along, half_width = _cut_columns(row, served, size[substation, 0])
    depth = across[substation]
    # About 1.6 times as long as wide: a lateral section against the space between two streets.
    sections = np.maximum(4, np.rint(served / METERS_PER_LATERAL_SECTION)).astype(np.int32)
    streets = np.sqrt(1.6 * sections * depth / (2 * half_width))
    streets = np.clip(np.rint(streets), 2, sections // 2).astype(np.int32)
    getaway = np.clip(np.rint(np.abs(along) * streets / depth / 1.5), 1, 6).astype(np.int32)
    return FeederPlan(
        substation=substation,
        meters=served.astype(np.int32),
        origin=middle[substation],
        swapped=swapped[substation],
        along=along,
        side=np.where(upper, 1, -1).astype(np.int8),
        lane=_choose_lanes(row, along),
        half_width=half_width,
        depth=depth,
        getaway=getaway,
        streets=streets,
        sections=sections,
    )


def rank_in_runs(groups: NDArray[Any]) -> NDArray[np.int32]:
    """Return the position of every row within its run of equal values."""
    if not len(groups):
        return np.empty(0, dtype=np.int32)
    start = np.flatnonzero(np.r_[True, groups[1:] != groups[:-1]])
    length = np.diff(np.r_[start, len(groups)])
    return (np.arange(len(groups)) - np.repeat(start, length)).astype(np.int32)


def share_out(weight: NDArray[Any], total: int) -> NDArray[np.int64]:
    """Share a number out by weight, at least one each, largest remainders first."""
    exact = weight / weight.sum() * (total - len(weight))
    share = np.floor(exact).astype(np.int64)
    missing = total - len(weight) - int(share.sum())
    share[np.argsort(share - exact, kind="stable")[:missing]] += 1
    result: NDArray[np.int64] = share + 1
    return result


def _arterial_runs_north(land: Districts, rng: np.random.Generator) -> NDArray[np.bool_]:
    """Let the arterial run along the longer side; by chance where the sides are alike."""
    ratio = np.log(land.half[:, 1] / land.half[:, 0])
    chance = rng.random(len(ratio)) < 0.5
    return np.where(np.abs(ratio) < 0.3, chance, ratio > 0)


def _cut_columns(
    row: NDArray[Any], meters: NDArray[np.int64], half_length: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Cut each side of an arterial into columns as wide as their meters need."""
    running = np.cumsum(meters).astype(np.float64)
    first = np.arange(len(row)) - rank_in_runs(row)
    before = (running - meters)[first]
    total = np.bincount(row, weights=meters)[row]
    low = (running - meters - before) / total
    high = (running - before) / total
    return (low + high - 1) * half_length, (high - low) * half_length


def _choose_lanes(row: NDArray[Any], along: NDArray[np.float64]) -> NDArray[np.float64]:
    """Keep circuits on the same stretch of arterial apart: the farther, the nearer the middle."""
    order = np.lexsort((-np.abs(along), along > 0, row))
    lane = np.empty(len(row))
    lane[order] = rank_in_runs((row * 2 + (along > 0))[order]) + 1.0
    return lane * CIRCUIT_GAP_M
