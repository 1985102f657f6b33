"""Lay the primary: trunks with their devices along the arterials, laterals along the streets."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from gridtwin.model import cim
from gridtwin.sources.synthetic.feeders import EDGE_M, FeederPlan, rank_in_runs
from gridtwin.sources.synthetic.outskirts import find_outskirts, fray_depths, fray_reach
from gridtwin.sources.synthetic.street_sides import StraightStreets
from gridtwin.sources.synthetic.ties import MOST_CORNERS, Ties, find_ties, reroute_ties
from gridtwin.sources.synthetic.wandering import TrunkWay, wander_laterals, wander_trunks

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gridtwin.sources.synthetic.outskirts import Outskirts
    from gridtwin.sources.synthetic.street_sides import StreetSides
    from gridtwin.sources.synthetic.territory import Districts, Land

LINE_CODE = cim.KIND_CODE["ac_line_segment"]
BREAKER_CODE = cim.KIND_CODE["breaker"]
RECLOSER_CODE = cim.KIND_CODE["recloser"]
FUSE_CODE = cim.KIND_CODE["fuse"]
SECTIONALISER_CODE = cim.KIND_CODE["sectionaliser"]
LOAD_BREAK_CODE = cim.KIND_CODE["load_break_switch"]
REGULATOR_CODE = cim.KIND_CODE["voltage_regulator"]
NO_DEVICE = 255

STREETS_PER_DEVICE = 3  # a switching device stands in the trunk before every third street
DEVICE_KINDS = (RECLOSER_CODE, LOAD_BREAK_CODE, SECTIONALISER_CODE)
DEVICE_SHARE = (0.55, 0.30, 0.15)
REGULATED_FROM_M = 3_500.0
LATERAL_WIDTHS = (1, 2, 3)  # phases of a lateral
LATERAL_SHARE = (0.80, 0.05, 0.15)
TURNING_SHARE = 0.55  # of laterals of two sections or more
POLE_M = 6.0  # from a tap to the device that stands beside it
_SLOTS, _PLACES = 16, 512  # of the sort key: branches of a trunk node, rows of a branch


@dataclass(frozen=True, slots=True)
class Primary:
    """Primary equipment in preorder, each row with the node at its far end."""

    kind: NDArray[np.uint8]
    feeder: NDArray[np.int32]
    parent: NDArray[np.int32]  # the row it hangs on; -1 = the bus of the substation
    plane: NDArray[np.float64]  # (n, 2) the node at its far end
    lateral: NDArray[np.int32]  # lateral it belongs to; -1 = trunk
    street: NDArray[np.float32]  # meters of street that its node serves; 0 = serves nobody
    sides: StreetSides  # of that street
    houses: NDArray[np.float32]  # along it, in proportion to other nodes of the feeder
    block: NDArray[np.float32]  # meters from that street to the next
    underground: NDArray[np.bool_]
    corner_start: NDArray[np.int64]  # (rows + 1,): on its way, row i turns at
    corners: NDArray[np.float64]  # corners[corner_start[i]:corner_start[i + 1]]
    ties: Ties  # `spur` and `target` are rows of this table
    lateral_width: NDArray[np.uint8]  # phases of each lateral
    lateral_feeder: NDArray[np.int32]


class _Trunk(NamedTuple):
    """Trunk line sections, feeder by feeder."""

    feeder: NDArray[np.int32]
    number: NDArray[np.int32]  # within the feeder
    on_street: NDArray[np.bool_]
    straight: NDArray[np.float64]  # (n, 2) its far end if trunks ran straight
    along: NDArray[np.float64]
    across: NDArray[np.float64]
    plane: NDArray[np.float64]
    corners: NDArray[np.float64]  # (n, 2, 2) where it changes streets; NaN = nowhere
    block: NDArray[np.float64]  # meters to the next street
    device: NDArray[np.uint8]  # the kind of device before it; NONE = none
    underground: NDArray[np.bool_]


class _Laterals(NamedTuple):
    """Laterals, two to every street."""

    trunk: NDArray[np.int32]  # the trunk section whose end they are tapped from
    side: NDArray[np.int8]
    sections: NDArray[np.int32]
    span: NDArray[np.float64]
    turns: NDArray[np.bool_]  # its last section turns into a side street
    stair: NDArray[np.float64]  # meters by which its second half moves over
    width: NDArray[np.uint8]
    underground: NDArray[np.bool_]


def lay_primary(
    plan: FeederPlan, land: Land, districts: Districts, rng: np.random.Generator
) -> Primary:
    """Lay trunks, laterals and ties of every feeder of a plan."""
    # Of the ways only: what hangs on what comes from the other chance.
    shapes, outlines = rng.spawn(2)
    outskirts = find_outskirts(land, districts, outlines)
    trunk = _lay_trunk(plan, fray_depths(plan, outskirts), rng, shapes)
    laterals = _lay_laterals(plan, outskirts, trunk, rng, shapes)
    ties = find_ties(plan, trunk.feeder, trunk.straight, trunk.on_street, land)
    ties = reroute_ties(ties, trunk.straight, trunk.plane, land)
    parts = [
        _lay_devices(plan, trunk),
        _lay_trunk_rows(plan, trunk),
        _lay_fuses(plan, trunk, laterals),
        _lay_lateral_rows(plan, trunk, laterals),
        _lay_spurs(trunk, ties),
    ]
    return _sort_preorder(parts, trunk, laterals, ties)


def _lay_trunk(
    plan: FeederPlan, frayed: FeederPlan, rng: np.random.Generator, shapes: np.random.Generator
) -> _Trunk:
    """Lay trunks of a plan, as far as they reach by the frayed one."""
    sections = plan.getaway + plan.streets
    feeder = np.repeat(np.arange(len(sections), dtype=np.int32), sections)
    number = rank_in_runs(feeder)
    getaway = plan.getaway[feeder]
    on_street = number >= getaway
    street = number - getaway + 0.5 + rng.uniform(-0.12, 0.12, len(feeder))
    along = plan.along[feeder] * np.minimum((number + 1) / getaway, 1.0)
    share = np.where(on_street, street / plan.streets[feeder], 0.0)

    def climb(plan: FeederPlan) -> NDArray[np.float64]:
        reach = (plan.depth - plan.lane)[feeder]
        return np.asarray(plan.side[feeder] * (plan.lane[feeder] + reach * share))

    across = climb(frayed)
    way = wander_trunks(frayed, feeder, TrunkWay(along, across, across), on_street, shapes)
    before = np.r_[0.0, way.along[:-1]]
    corners = [plan.find_places(feeder, side, way.crossing) for side in (before, way.along)]
    next_street = np.r_[way.across[1:], 0.0]
    last = np.r_[feeder[1:] != feeder[:-1], True]
    next_street[last] = (frayed.side * frayed.depth)[feeder[last]]
    return _Trunk(
        feeder=feeder,
        number=number,
        on_street=on_street,
        straight=plan.find_places(feeder, along, climb(plan)),
        along=way.along,
        across=way.across,
        plane=plan.find_places(feeder, way.along, way.across),
        corners=np.stack(corners, axis=1),
        block=np.abs(next_street - way.across),
        device=_choose_devices(plan, feeder, number, rng),
        underground=(rng.random(len(sections)) < 0.12)[feeder],
    )


def _choose_devices(
    plan: FeederPlan, feeder: NDArray[np.int32], number: NDArray[np.int32], rng: np.random.Generator
) -> NDArray[np.uint8]:
    """Return the device before each trunk section: breaker, recloser, switch, regulator."""
    street = number - plan.getaway[feeder]
    drawn = rng.choice(np.array(DEVICE_KINDS, np.uint8), len(feeder), p=DEVICE_SHARE)
    device = np.where(street % STREETS_PER_DEVICE == 2, drawn, NO_DEVICE)
    device[street < 0] = NO_DEVICE
    long = np.abs(plan.along) + plan.depth > REGULATED_FROM_M
    device[long[feeder] & (street == 1)] = REGULATOR_CODE
    device[number == 0] = BREAKER_CODE
    return device.astype(np.uint8)


def _lay_laterals(
    plan: FeederPlan,
    outskirts: Outskirts,
    trunk: _Trunk,
    rng: np.random.Generator,
    shapes: np.random.Generator,
) -> _Laterals:
    at = np.repeat(np.flatnonzero(trunk.on_street).astype(np.int32), 2)
    feeder = trunk.feeder[at]
    place = rank_in_runs(feeder)
    each = plan.sections[feeder] / (2.0 * plan.streets[feeder])
    sections = np.floor((place + 1) * each + 1e-9) - np.floor(place * each + 1e-9)
    sections = np.maximum(sections, 1).astype(np.int32)
    side = np.tile(np.array([-1, 1], np.int8), len(at) // 2)
    end = plan.along[feeder] + side * plan.half_width[feeder]
    border = plan.find_places(feeder, end, trunk.across[at])
    ahead = plan.find_places(feeder, end + side, trunk.across[at]) - border
    room = outskirts.measure_room(plan.substation[feeder], border, ahead, trunk.block[at] + EDGE_M)
    width = fray_reach(side * (end - trunk.along[at]), room, outskirts.measure_swell(border))
    reach = width * rng.uniform(0.86, 1.0, len(at))
    turns = (sections > 1) & (rng.random(len(at)) < TURNING_SHARE)
    way = wander_laterals(sections, turns, shapes)
    modern = rng.uniform(0.05, 0.75, len(plan.meters))
    return _Laterals(
        trunk=at,
        side=side,
        sections=sections,
        span=reach * way.reach / (sections - turns),
        turns=turns | way.hooked,
        stair=way.stair * trunk.block[at],
        width=rng.choice(np.array(LATERAL_WIDTHS, np.uint8), len(at), p=LATERAL_SHARE),
        underground=rng.random(len(at)) < modern[feeder],
    )


class _PrimaryRows(NamedTuple):
    """Rows of `Primary` before they are sorted; `parent` counts (kind of parent, its number)."""

    key: NDArray[np.int64]
    kind: NDArray[np.uint8]
    feeder: NDArray[np.int32]
    parent: NDArray[np.int64]  # key of the row it hangs on; -1 = bus
    plane: NDArray[np.float64]
    lateral: NDArray[np.int32]
    street: NDArray[np.float32]
    heading: NDArray[np.float32]
    block: NDArray[np.float32]
    underground: NDArray[np.bool_]
    corners: NDArray[np.float64]  # (n, MOST_CORNERS, 2) where the line turns; NaN = nowhere


def _order_key(trunk: NDArray[Any], slot: Any = 1, place: Any = 0) -> NDArray[np.int64]:
    """Return where a row stands in preorder: at a trunk section, on its branch, in its place."""
    keys: NDArray[np.int64] = (trunk.astype(np.int64) * _SLOTS + slot) * _PLACES + place
    return keys


def _fill_rows(**known: NDArray[Any]) -> _PrimaryRows:
    """Fill in what a kind of row does not say."""
    count = len(known["key"])
    usual = {
        "lateral": np.full(count, -1, np.int32),
        "street": np.zeros(count, np.float32),
        "heading": np.zeros((count, 2), np.float32),
        "block": np.zeros(count, np.float32),
        "corners": np.full((count, MOST_CORNERS, 2), np.nan),
    }
    return _PrimaryRows(**(usual | known))


def _lay_devices(plan: FeederPlan, trunk: _Trunk) -> _PrimaryRows:
    at = np.flatnonzero(trunk.device != NO_DEVICE)
    first = trunk.number[at] == 0
    feeder = trunk.feeder[at]
    before = np.maximum(at - 1, 0)
    start = trunk.plane[before]
    along = plan.along[feeder]
    leaving = np.where(along < 0, -1, 1) * np.clip(np.abs(along) / 2, 1.0, POLE_M)
    corner = trunk.corners[at, 0]
    ahead = np.where(np.isnan(corner), trunk.plane[at], corner)
    step = _move_toward(start, ahead, POLE_M)
    beside = plan.find_places(feeder, leaving, plan.side[feeder] * plan.lane[feeder])
    return _fill_rows(
        key=_order_key(at, 0),
        kind=trunk.device[at],
        feeder=feeder,
        parent=np.where(first, -1, _order_key(before)),
        plane=np.where(first[:, None], beside, step),
        underground=trunk.underground[at],
    )


def _move_toward(
    start: NDArray[np.float64], end: NDArray[np.float64], meters: float
) -> NDArray[np.float64]:
    """Return places so far from `start` on the way to `end`, never past the middle."""
    way = end - start
    length = np.maximum(np.hypot(way[:, 0], way[:, 1]), 1e-6)
    return start + way * np.minimum(meters / length, 0.5)[:, None]


def _lay_trunk_rows(plan: FeederPlan, trunk: _Trunk) -> _PrimaryRows:
    at = np.arange(len(trunk.feeder))
    spacing = trunk.block
    north = np.zeros((len(at), 2), np.float32)
    swapped = plan.swapped[trunk.feeder]
    north[at, np.where(swapped, 0, 1)] = plan.side[trunk.feeder]
    return _fill_rows(
        key=_order_key(at),
        kind=np.full(len(at), LINE_CODE, np.uint8),
        feeder=trunk.feeder,
        parent=np.where(trunk.device != NO_DEVICE, _order_key(at, 0), _order_key(at - 1)),
        plane=trunk.plane,
        corners=_pad_corners(trunk.corners),
        street=np.where(trunk.on_street, spacing, 0.0).astype(np.float32),
        heading=north,
        block=np.minimum(spacing, 160.0).astype(np.float32),
        underground=trunk.underground,
    )


def _pad_corners(corners: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return corners of rows with room for as many as any row has."""
    room = np.full((len(corners), MOST_CORNERS, 2), np.nan)
    room[:, : corners.shape[1]] = corners
    room[np.isnan(room).any(axis=2)] = np.nan
    return room


def _lay_fuses(plan: FeederPlan, trunk: _Trunk, laterals: _Laterals) -> _PrimaryRows:
    at = laterals.trunk
    feeder = trunk.feeder[at]
    along = trunk.along[at] + laterals.side * POLE_M
    return _fill_rows(
        key=_order_key(at, 3 + (laterals.side > 0)),
        kind=np.full(len(at), FUSE_CODE, np.uint8),
        feeder=feeder,
        parent=_order_key(at),
        plane=plan.find_places(feeder, along, trunk.across[at]),
        lateral=np.arange(len(at), dtype=np.int32),
        underground=laterals.underground,
    )


def _lay_lateral_rows(plan: FeederPlan, trunk: _Trunk, laterals: _Laterals) -> _PrimaryRows:
    lateral = np.repeat(np.arange(len(laterals.trunk), dtype=np.int32), laterals.sections)
    place = rank_in_runs(lateral)
    at, side = laterals.trunk[lateral], laterals.side[lateral]
    feeder = trunk.feeder[at]
    block = trunk.block[at]
    sections, span = laterals.sections[lateral], laterals.span[lateral]
    turned = laterals.turns[lateral] & (place == sections - 1)
    hooked = turned & (sections == 1)
    out = place + 0.5 - (turned & ~hooked)
    along = trunk.along[at] + side * span * out
    away = plan.side[feeder]
    half = (sections + 1) // 2
    moved = laterals.stair[lateral] * (place >= half)
    across = trunk.across[at] + away * np.where(turned, block / 2, moved)
    moves = (moved > 0) & (place == half)
    inner = np.where(hooked, along, along - side * span / 2)
    foot = trunk.across[at]
    bends = [
        plan.find_places(feeder, np.where(bent, inner, np.nan), level)
        for bent, level in ((moves | hooked, foot), (moves, across))
    ]
    heading = np.zeros((len(at), 2), np.float32)
    north = plan.swapped[feeder] ^ turned
    heading[np.arange(len(at)), np.where(north, 1, 0)] = np.where(turned, away, side)
    slot = 3 + (side > 0)
    return _fill_rows(
        key=_order_key(at, slot, place + 1),
        kind=np.full(len(at), LINE_CODE, np.uint8),
        feeder=feeder,
        parent=_order_key(at, slot, place),
        plane=plan.find_places(feeder, along, across),
        lateral=lateral,
        corners=_pad_corners(np.stack(bends, axis=1)),
        street=np.where(turned, block * 0.75, span).astype(np.float32),
        heading=heading,
        block=np.where(turned, span, block).astype(np.float32),
        underground=laterals.underground[lateral],
    )


def _lay_spurs(trunk: _Trunk, ties: Ties) -> _PrimaryRows:
    order = np.argsort(ties.spur, kind="stable")
    place = np.empty(len(order), np.int32)
    place[order] = rank_in_runs(ties.spur[order])
    return _fill_rows(
        key=_order_key(ties.spur, 5, place),
        kind=np.full(len(ties.spur), LINE_CODE, np.uint8),
        feeder=trunk.feeder[ties.spur],
        parent=_order_key(ties.spur),
        plane=ties.plane,
        corners=ties.corners,
        underground=trunk.underground[ties.spur],
    )


def _sort_preorder(
    parts: list[_PrimaryRows], trunk: _Trunk, laterals: _Laterals, ties: Ties
) -> Primary:
    """Join the kinds of row, sort them, and turn keys into row numbers."""
    columns = {
        name: np.concatenate([getattr(part, name) for part in parts])
        for name in _PrimaryRows._fields
    }
    order = np.argsort(columns["key"], kind="stable")
    key = columns.pop("key")[order]
    columns = {name: column[order] for name, column in columns.items()}
    parent = np.searchsorted(key, columns["parent"])
    columns["parent"] = np.where(columns["parent"] < 0, -1, parent).astype(np.int32)
    spur = np.empty(len(order), np.int64)
    spur[order] = np.arange(len(order))
    corners = columns.pop("corners")
    turns = ~np.isnan(corners[:, :, 0])
    wanted = {field.name for field in fields(Primary)}
    return Primary(
        **{name: column for name, column in columns.items() if name in wanted},
        sides=StraightStreets(columns["plane"], columns["heading"]),
        houses=np.ones(len(order), np.float32),
        corner_start=np.r_[0, np.cumsum(turns.sum(axis=1))],
        corners=corners[turns],
        ties=ties._replace(
            spur=spur[len(order) - len(ties.spur) :].astype(np.int32),
            target=np.searchsorted(key, _order_key(ties.target)).astype(np.int32),
        ),
        lateral_width=laterals.width,
        lateral_feeder=trunk.feeder[laterals.trunk],
    )
