"""Stand transformers along the streets, and meters in rows on their lots."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from gridtwin.model import phases
from gridtwin.sources.synthetic.feeders import Circuits, rank_in_runs

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gridtwin.sources.synthetic.primary import Primary

SERVICE_CLASS_NAMES = (b"residential", b"commercial", b"industrial")
RESIDENTIAL, COMMERCIAL, INDUSTRIAL = range(3)
PEAK_MEDIAN_W = np.array([4_800.0, 16_000.0, 110_000.0])
PEAK_SPREAD = np.array([0.45, 0.85, 0.70], dtype=np.float32)  # of the logarithm
# What stands where: meters per site of its kind, and whether it is a business or a home.
PRIORITIES: tuple[tuple[bytes, int, bool], ...] = (
    (b"hospital", 25_000, True),
    (b"fire_station", 6_000, True),
    (b"police_station", 15_000, True),
    (b"water_treatment", 20_000, True),
    (b"school", 2_500, True),
    (b"nursing_home", 6_000, True),
    (b"life_support", 350, False),
)
SINGLE_PHASE_KVA = np.array([15, 25, 37.5, 50, 75, 100, 167])
THREE_PHASE_KVA = np.array([45, 75, 112.5, 150, 225, 300, 500, 750, 1_000, 1_500, 2_500])
SECOND_TRANSFORMER = 0.65  # chance of a second transformer at a pole of a lateral
TRUNK_TRANSFORMER = 0.75  # chance of a commercial one where a trunk meets a street
POLE_FROM_METERS = 7  # more meters than this need a secondary pole
LOT_M = (18.0, 32.0)  # frontage of a house
SHOP_M = 9.0  # frontage of a business behind a three-phase transformer
SETBACK_M = (15.0, 26.0)  # from the middle of the street to the meter
MASTER_METERED = 0.0015
CORNER_M = 12.0  # kept clear where a trunk meets a street
POLE_ASIDE_M = 4.0  # from the middle of the street to a pole
TRANSFORMER_STEP_M = 3.0  # along the street, from the node to its transformer


@dataclass(frozen=True, slots=True)
class ServiceTransformers:
    """Service transformers in preorder, each with its secondary pole where it has one."""

    site: NDArray[np.int32]  # row of `Primary` whose node it hangs on
    meters: NDArray[np.int32]
    near: NDArray[np.int32]  # meters served from the transformer itself
    has_pole: NDArray[np.bool_]
    three_phase: NDArray[np.bool_]
    phases: NDArray[np.uint8]
    rated_va: NDArray[np.float32]
    plane: NDArray[np.float64]  # (n, 2)
    pole_plane: NDArray[np.float64]  # (n, 2)
    load_w: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class TerritoryMeters:
    """Meters in preorder, transformer by transformer."""

    transformer: NDArray[np.int32]  # row of `Transformers`
    place: NDArray[np.int32]  # within the transformer; from `near` on they hang on the pole
    along: NDArray[np.float32]  # meters along the street of its site
    across: NDArray[np.float32]  # meters from the middle of that street to its left
    plane: NDArray[np.float64]  # (n, 2)
    service: NDArray[np.uint8]  # row of `CLASSES`
    peak_w: NDArray[np.float32]
    customers: NDArray[np.int32]
    priority: NDArray[np.bytes_]


@dataclass(frozen=True, slots=True)
class ServiceLevel:
    """Everything below the primary, and the phases that balance it."""

    transformers: ServiceTransformers
    meters: TerritoryMeters
    lateral_phases: NDArray[np.uint8]
    lateral_load_w: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class _TransformerStands:
    """Transformers before their load is known."""

    site: NDArray[np.int32]
    place: NDArray[np.int32]  # at the site
    paired: NDArray[np.bool_]
    three_phase: NDArray[np.bool_]
    meters: NDArray[np.int32]


def lay_service(primary: Primary, circuits: Circuits, rng: np.random.Generator) -> ServiceLevel:
    """Hang transformers and meters on every street of a primary."""
    stands = _stand_transformers(primary, circuits, rng)
    has_pole = ~stands.three_phase & (
        rng.random(len(stands.site)) < np.where(stands.meters > POLE_FROM_METERS, 1.0, 0.4)
    )
    has_pole &= stands.meters >= 4
    near = (stands.meters + 1) // 2
    transformer = np.repeat(np.arange(len(near), dtype=np.int32), stands.meters)
    place = rank_in_runs(transformer)
    lot = _choose_lots(primary, stands, rng)
    meters = _choose_customers(transformer, place, stands, rng)
    houses = _place_houses(primary, stands, near, lot, transformer, place, rng)
    load = np.add.reduceat(meters[1], np.cumsum(stands.meters) - stands.meters, dtype=np.float64)
    lateral = primary.lateral[stands.site]
    tapped = lateral >= 0
    lateral_load = np.bincount(lateral[tapped], load[tapped], len(primary.lateral_width)).astype(
        np.float64
    )
    carried = _balance_phases(primary, lateral_load)
    plane, pole = _place_poles(primary, stands, near, lot)
    return ServiceLevel(
        transformers=ServiceTransformers(
            site=stands.site,
            meters=stands.meters,
            near=near,
            has_pole=has_pole,
            three_phase=stands.three_phase,
            phases=_choose_phases(stands, lateral, carried),
            rated_va=_rate_transformers(load, stands),
            plane=plane,
            pole_plane=pole,
            load_w=load,
        ),
        meters=TerritoryMeters(transformer, place, *(houses + meters)),
        lateral_phases=carried,
        lateral_load_w=lateral_load,
    )


def _stand_transformers(
    primary: Primary, circuits: Circuits, rng: np.random.Generator
) -> _TransformerStands:
    """Stand transformers at the nodes of the streets and share the feeder's meters out."""
    sites = np.flatnonzero(primary.street > 0).astype(np.int32)
    lateral = primary.lateral[sites]
    drawn = rng.random(len(sites))
    count = np.where(
        lateral < 0, drawn < TRUNK_TRANSFORMER, 1 + (drawn < SECOND_TRANSFORMER)
    ).astype(np.int32)
    site, lateral = np.repeat(sites, count), np.repeat(lateral, count)
    on_trunk = lateral < 0
    width = primary.lateral_width[np.maximum(lateral, 0)]
    three_phase = on_trunk | ((width == 3) & (rng.random(len(site)) < 0.5))
    meters = rng.choice(np.array([1, 2, 3], np.int32), len(site), p=(0.5, 0.3, 0.2))
    feeder = primary.feeder[site]
    left = circuits.meters - np.bincount(feeder[on_trunk], meters[on_trunk], len(circuits.meters))
    weight = rng.lognormal(0.0, 0.35, len(site)) * np.where(three_phase, 0.3, 1.0)
    weight *= primary.houses[site]
    meters[~on_trunk] = _share_out(left, feeder[~on_trunk], weight[~on_trunk])
    return _TransformerStands(
        site, rank_in_runs(site), np.repeat(count, count) == 2, three_phase, meters
    )


def _share_out(
    total: NDArray[Any], group: NDArray[np.int32], weight: NDArray[np.float64]
) -> NDArray[np.int32]:
    """Share each group's whole number out among its rows by weight, at least one each."""
    size = np.bincount(group, minlength=len(total))
    mass = np.bincount(group, weight, len(total))
    first = (np.cumsum(size) - size)[group]
    running = np.cumsum(weight)
    share = (running - (running - weight)[first]) / mass[group] * (total - size)[group]
    upto = np.floor(share + 0.5).astype(np.int64)
    last = np.cumsum(size) - 1
    upto[last] = (total - size).astype(np.int64)
    before = np.r_[0, upto[:-1]]
    before[first] = 0
    share_each: NDArray[np.int32] = (upto - before + 1).astype(np.int32)
    return share_each


def _choose_lots(
    primary: Primary, stands: _TransformerStands, rng: np.random.Generator
) -> NDArray[np.float32]:
    """Return the frontage of the lots at each transformer, no wider than its street allows."""
    at_site = np.bincount(stands.site, stands.meters, len(primary.street))[stands.site]
    room = primary.street[stands.site] / (np.ceil(at_site / 2) + 1)
    usual = np.where(stands.three_phase, SHOP_M, rng.uniform(*LOT_M, len(stands.site)))
    lot = np.minimum(room, usual)
    frontage: NDArray[np.float32] = lot.astype(np.float32)
    return frontage


def _choose_customers(
    transformer: NDArray[np.int32],
    place: NDArray[np.int32],
    stands: _TransformerStands,
    rng: np.random.Generator,
) -> tuple[NDArray[np.uint8], NDArray[np.float32], NDArray[np.int32], NDArray[np.bytes_]]:
    """Say who each meter is: class, peak, customers behind it, priority."""
    count = len(transformer)
    large = stands.three_phase & (stands.meters == 1) & (rng.random(len(stands.site)) < 0.2)
    kind = np.where(large, INDUSTRIAL, np.where(stands.three_phase, COMMERCIAL, RESIDENTIAL))
    service = kind.astype(np.uint8)[transformer]
    shops = (service == RESIDENTIAL) & (place == 0) & (rng.random(count, np.float32) < 0.12)
    service[shops] = COMMERCIAL
    peak = rng.standard_normal(count, dtype=np.float32)
    peak *= PEAK_SPREAD[service]
    peak += np.log(PEAK_MEDIAN_W).astype(np.float32)[service]
    np.exp(peak, out=peak)
    peak[shops] *= np.float32(0.5)
    homes = np.flatnonzero(service == RESIDENTIAL)
    master = rng.choice(homes, int(len(homes) * MASTER_METERED), replace=False)
    customers = np.ones(count, dtype=np.int32)
    customers[master] = rng.integers(4, 60, len(master))
    peak[master] *= customers[master] * np.float32(0.45)
    return service, peak, customers, _choose_priorities(service, homes, rng)


def _choose_priorities(
    service: NDArray[np.uint8], homes: NDArray[np.int64], rng: np.random.Generator
) -> NDArray[np.bytes_]:
    """Choose the sites that a utility restores first."""
    priority = np.zeros(len(service), dtype="S15")
    businesses = rng.permutation(np.flatnonzero(service != RESIDENTIAL))
    for name, meters_each, business in PRIORITIES:
        wanted = -(-len(service) // meters_each)
        if business:
            chosen, businesses = businesses[:wanted], businesses[wanted:]
        else:
            chosen = rng.choice(homes, min(wanted, len(homes)), replace=False)
        priority[chosen] = name
    return priority


def _place_houses(
    primary: Primary,
    stands: _TransformerStands,
    near: NDArray[np.int32],
    lot: NDArray[np.float32],
    transformer: NDArray[np.int32],
    place: NDArray[np.int32],
    rng: np.random.Generator,
) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float64]]:
    """
    Return how far each meter stands along and across its street, and its place.

    Houses stand in pairs across the street. One transformer at a node serves both ways along
    the street; of two, each serves its own way.
    """
    beyond = place - np.where(stands.paired, np.int32(1 << 20), near)[transformer]
    turned = beyond >= 0
    step = np.where(turned, beyond, place)
    way = np.where(stands.paired & (stands.place == 0), -1, 1).astype(np.float32)[transformer]
    way[turned] *= -1
    corner = np.where(primary.lateral[stands.site] < 0, np.float32(CORNER_M), np.float32(0.0))
    along = ((step // 2 + np.float32(0.5)) * lot[transformer] + corner[transformer]) * way
    setback = rng.uniform(*SETBACK_M, len(lot))
    setback = np.minimum(setback, 0.4 * primary.block[stands.site]).astype(np.float32)
    across = setback[transformer] * (1 - 2 * (step & 1)).astype(np.float32)
    plane = primary.sides.find_beside(stands.site[transformer], along, across)
    return along, across, plane


def _place_poles(
    primary: Primary, stands: _TransformerStands, near: NDArray[np.int32], lot: NDArray[np.float32]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return where each transformer stands, and the secondary pole among its far houses."""
    way = np.where(stands.paired & (stands.place == 0), -1.0, 1.0)
    middle = (stands.meters + near) / 4 + 0.25
    single = -((stands.meters - near) / 4 + 0.25)
    far = np.where(stands.paired, middle, single) * lot * way
    aside = np.full(len(way), POLE_ASIDE_M, np.float32)
    beside = primary.sides.find_beside
    return beside(stands.site, way * TRANSFORMER_STEP_M, aside), beside(stands.site, far, aside)


def _balance_phases(primary: Primary, load: NDArray[np.float64]) -> NDArray[np.uint8]:
    """
    Return the phases of each lateral, balanced in every feeder.

    The heaviest lateral first, each goes to the phase that has least: the longest-processing-time
    rule, done for the laterals of one rank of all feeders at once.
    """
    feeder, width = primary.lateral_feeder, primary.lateral_width
    bits = np.array([phases.A, phases.B, phases.C], np.uint8)
    total = np.zeros((int(feeder[-1]) + 1, 3))
    total += np.arange(len(total))[:, None] % 3 == np.arange(3)  # a watt, so that all begin
    carried = np.full(len(load), phases.ABC, np.uint8)
    narrow = np.flatnonzero(width < 3)
    order = narrow[np.lexsort((-load[narrow], feeder[narrow]))]
    turn = rank_in_runs(feeder[order])
    for number in range(int(turn.max(initial=-1)) + 1):
        rows = order[turn == number]
        own, single = feeder[rows], width[rows] == 1
        sums = total[own]
        given = np.where(single[:, None], _find_least(sums), ~_find_least(-sums))
        total[own] += given * (load[rows] / np.where(single, 1, 2))[:, None]
        carried[rows] = (given * bits).sum(axis=1)
    return carried


def _find_least(sums: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return a row of flags per row of sums, set at the smallest."""
    least: NDArray[np.bool_] = sums.argmin(axis=1)[:, None] == np.arange(3)
    return least


def _choose_phases(
    stands: _TransformerStands, lateral: NDArray[np.int32], carried: NDArray[np.uint8]
) -> NDArray[np.uint8]:
    """Return the primary phases of each transformer: one of those its lateral carries."""
    on = np.where(lateral >= 0, carried[np.maximum(lateral, 0)], np.uint8(phases.ABC))
    turn = (rank_in_runs(lateral) + stands.site) % 6
    one = np.array([[_take_phase(mask, turn) for turn in range(6)] for mask in range(8)], np.uint8)
    return np.where(stands.three_phase, np.uint8(phases.ABC), one[on, turn])


def _take_phase(mask: int, turn: int) -> int:
    """Return one phase of a set, taking turns."""
    own = [bit for bit in (phases.A, phases.B, phases.C) if mask & bit]
    return own[turn % len(own)] if own else 0


def _rate_transformers(
    load: NDArray[np.float64], stands: _TransformerStands
) -> NDArray[np.float32]:
    """Return the smallest standard size that carries the coincident load, in volt-amperes."""
    coincident_kva = load / 950.0 * (0.45 + 0.55 / np.sqrt(stands.meters))
    one = SINGLE_PHASE_KVA[_find_first_above(SINGLE_PHASE_KVA, coincident_kva)]
    three = THREE_PHASE_KVA[_find_first_above(THREE_PHASE_KVA, coincident_kva)]
    return (np.where(stands.three_phase, three, one) * 1_000).astype(np.float32)


def _find_first_above(sizes: NDArray[Any], wanted: NDArray[np.float64]) -> NDArray[np.int64]:
    return np.minimum(np.searchsorted(sizes, wanted), len(sizes) - 1)
