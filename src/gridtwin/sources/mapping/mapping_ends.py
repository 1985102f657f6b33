"""Join equipment by place: line ends, devices and customers that lie at one point share a node."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import shapely

from gridtwin.sources.mapping.mapping_lines import (
    cut_lines,
    find_taps,
    flatten_lines,
    locate_points,
    measure_ends,
)
from gridtwin.sources.mapping.mapping_named import JoinedEquipment, stack_rows
from gridtwin.sources.mapping.mapping_pieces import name_pieces
from gridtwin.sources.mapping.mapping_places import cluster_places, find_neighbors
from gridtwin.sources.mapping.mapping_sides import SIDE_B, deal_sides

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from numpy.typing import NDArray

    from gridtwin.sources.mapping.mapping_named import MappingContext
    from gridtwin.sources.mapping.mapping_nodes import NodeSlots
    from gridtwin.sources.mapping.mapping_rows import BlockRows
    from gridtwin.sources.mapping.mapping_sides import DealtSides

NEAR_MISS_TOLERANCES = 10  # tolerances within which an end that meets nothing is told
SHOWN_MISFITS = 5
MISFIT_WORDS = {
    "device_star": "devices part more than two line ends, and all of them when open",
    "device_one_sided": "devices have no line on one side",
    "device_stacked": (
        "devices stand at one place with a device whose sides are dealt out otherwise"
    ),
    "line_without_side": (
        "lines meet a device that has no side for their class, and take its side a"
    ),
}


class PlacedPoints(NamedTuple):
    """Rows that are a point and take the node at it: customers, sources, junctions."""

    xy: NDArray[np.float64]  # shape (n, 2)
    side: int  # which side of a device they take, where one stands there


def join_placed(
    line_parts: Sequence[BlockRows],
    device_parts: Sequence[BlockRows],
    points: Sequence[PlacedPoints],
    slots: NodeSlots,
    context: MappingContext,
) -> tuple[JoinedEquipment, JoinedEquipment, list[NDArray[np.int64]]]:
    """
    Return lines and devices with the slots of their ends, and the slots of further points.

    Parameters
    ----------
    line_parts, device_parts
        The rows of the blocks whose ends are known by place.
    points
        What else lies there.
    slots
        Where nodes are numbered and placed.
    context
        The rules of the mapping.
    """
    lines, courses = _read_courses(line_parts, context)
    devices, shapes = stack_rows(device_parts)
    device_xy = locate_points(shapes)
    ends = np.stack(measure_ends(courses), axis=1) if len(lines) else np.empty((0, 2, 2))
    xy = np.concatenate([ends.reshape(-1, 2), device_xy, *(each.xy for each in points)])
    known = np.isfinite(xy).all(axis=1)
    meters = np.full_like(xy, np.nan)
    meters[known] = context.measure_meters(xy[known])
    context.drawn_m, context.drawn_ends = meters, 2 * len(lines)
    places = np.full(len(xy), -1, dtype=np.intp)
    places[known] = cluster_places(meters[known], context.rules.tolerance_m)
    at_ends = places[: 2 * len(lines)].reshape(-1, 2)
    rest = places[2 * len(lines) :]
    lines, courses, at_ends = _cut_tapped(
        line_parts, (lines, courses, at_ends), (xy[known], places[known]), context
    )
    at_devices, rest = rest[: len(devices)], rest[len(devices) :]
    blocks = [device_parts[number].block for number in devices["block"]]
    dealt = deal_sides(devices, blocks, at_devices, lines, at_ends)
    _note_misfits((devices, device_xy, at_devices), (lines, courses), dealt, context)
    stands = devices["mrid"].to_numpy(dtype=object), device_xy
    _note_near_misses(lines, courses, (at_ends, places), stands, context)
    width = int(dealt.sides.max(initial=1)) + 2  # the last of each place is the center of a star
    first = slots.add_slots((int(places.max(initial=-1)) + 1) * width)
    slot_ends = (first + at_ends * width + dealt.sides.reshape(-1, 2)).astype(np.int64)
    joined_lines = JoinedEquipment(
        lines, slot_ends[:, 0], slot_ends[:, 1], courses, np.full((len(lines), 2), np.nan)
    )
    joined_devices = _join_devices(devices, device_xy, first + at_devices * width, width, dealt)
    _place_slots(slots, joined_lines, joined_devices)
    taken, start = [], 0
    for each in points:
        at = rest[start : start + len(each.xy)]
        start += len(each.xy)
        side = np.where(np.isin(at, at_devices), each.side, 0)
        own = np.where(at < 0, -1, first + at * width + side).astype(np.int64)
        slots.place_slots(own, each.xy)
        taken.append(own)
    return joined_lines, joined_devices, taken


def _read_courses(
    parts: Sequence[BlockRows], context: MappingContext
) -> tuple[pd.DataFrame, NDArray[np.object_]]:
    """Return the lines that are drawn; those that are not cannot be joined by place."""
    frame, shapes = stack_rows(parts)
    courses = flatten_lines(shapes, frame, context.told)
    drawn = ~shapely.is_missing(courses)
    if not drawn.all():
        context.add_notice(
            "undrawn_line",
            f"{int((~drawn).sum()):,} lines have no geometry and are left out, such as"
            f" {frame['mrid'][~drawn].iloc[0]}",
        )
        done = ["has no geometry, and is left out"] * int((~drawn).sum())
        context.told.add_rows("undrawn_line", frame[~drawn], done, np.full((len(done), 2), np.nan))
    return frame[drawn].reset_index(drop=True), courses[drawn]


def _cut_tapped(
    parts: Sequence[BlockRows],
    drawn: tuple[pd.DataFrame, NDArray[np.object_], NDArray[np.intp]],
    contacts: tuple[NDArray[np.float64], NDArray[np.intp]],
    context: MappingContext,
) -> tuple[pd.DataFrame, NDArray[np.object_], NDArray[np.intp]]:
    """Return the lines cut where something meets an inner vertex, if their block says so."""
    frame, courses, _ = drawn
    open_blocks = [row for row, part in enumerate(parts) if part.block.ends == "line_and_vertices"]
    rows = np.flatnonzero(frame["block"].isin(open_blocks))
    if not len(rows):
        return drawn
    vertices, owners = shapely.get_coordinates(courses[rows], return_index=True)
    both = context.measure_meters(np.concatenate([contacts[0], vertices]))
    taps = find_taps(
        both[len(contacts[0]) :],
        rows[owners],
        both[: len(contacts[0])],
        contacts[1],
        context.rules.tolerance_m,
    )
    cut = cut_lines(*drawn, taps)
    names = name_pieces(cut.frame["mrid"].tolist(), cut.owners, cut.courses, context)
    return cut.frame.assign(mrid=names), cut.courses, cut.ends


def _join_devices(
    devices: pd.DataFrame,
    xy: NDArray[np.float64],
    bases: NDArray[np.int64],
    width: int,
    dealt: DealtSides,
) -> JoinedEquipment:
    """Return devices between their sides; one that parts more than two ends is a star."""
    import pandas as pd

    frames, slots_a, slots_b, points = [devices], [bases], [bases + SIDE_B], [xy]
    for row in np.flatnonzero(dealt.stars).tolist():
        center = bases[row] + width - 1
        slots_b[0][row] = center
        extra = np.arange(1, dealt.counts[row])
        more = devices.iloc[[row] * len(extra)].copy()
        more["mrid"] = [f"{devices['mrid'].iat[row]}#{side + 1}" for side in extra]
        frames.append(more)
        slots_a.append(bases[row] + extra)
        slots_b.append(np.full(len(extra), center))
        points.append(np.repeat(xy[[row]], len(extra), axis=0))
    frame = pd.concat(frames, ignore_index=True) if len(frames) > 1 else devices
    return JoinedEquipment(
        frame,
        np.concatenate(slots_a).astype(np.int64),
        np.concatenate(slots_b).astype(np.int64),
        np.full(len(frame), None, dtype=object),
        np.concatenate(points),
    )


def _place_slots(slots: NodeSlots, lines: JoinedEquipment, devices: JoinedEquipment) -> None:
    for side in (devices.slot_a, devices.slot_b):
        slots.place_slots(side, devices.points)
    if len(lines.frame):
        for side, xy in zip((lines.slot_a, lines.slot_b), measure_ends(lines.lines), strict=True):
            slots.place_slots(side, xy)


def _note_misfits(
    devices: tuple[pd.DataFrame, NDArray[np.float64], NDArray[np.intp]],
    lines: tuple[pd.DataFrame, NDArray[np.object_]],
    dealt: DealtSides,
    context: MappingContext,
) -> None:
    """Tell which devices do not part exactly two sides, or stand where another does."""
    frame, xy, at = devices
    mrids = frame["mrid"].to_numpy()
    stacked = np.isin(mrids, dealt.stacked)
    first = {int(place): row for row, place in reversed(list(enumerate(at)))}
    firsts = np.array([first[int(place)] for place in at], dtype=np.intp)
    beside = (firsts != np.arange(len(at))) & (at >= 0) & ~stacked
    twins = mrids[firsts] if len(mrids) else mrids
    misfits = [
        ("device_star", dealt.stars, "parts {} line ends, and all of them when open", dealt.counts),
        ("device_one_sided", dealt.one_sided, "has no line on one side", mrids),
        ("device_stacked", stacked, "stands where {} stands, whose sides are others", twins),
        ("devices_at_one_place", beside, "stands where {} stands", twins),
    ]
    for rule, chosen, words, values in misfits:
        told = [words.format(value) for value in values[chosen]]
        context.told.add_rows(rule, frame[chosen], told, xy[chosen])
        if rule in MISFIT_WORDS:
            _note_rows(rule, mrids[chosen], context)
    unclassed = lines[0]["mrid"].isin(dealt.unclassed).to_numpy(dtype=bool)
    rows = lines[0][unclassed]
    told = ["meets a device that has no side for its class, and takes its side a"] * len(rows)
    middles = shapely.line_interpolate_point(lines[1][unclassed], 0.5, normalized=True)
    context.told.add_rows("line_without_side", rows, told, locate_points(middles))
    _note_rows("line_without_side", np.array(dealt.unclassed, dtype=object), context)


def _note_rows(rule: str, mrids: NDArray[np.object_], context: MappingContext) -> None:
    """Add the notice of rows that do not fit."""
    if len(mrids):
        shown = ", ".join(map(str, mrids[:SHOWN_MISFITS]))
        more = f" and {len(mrids) - SHOWN_MISFITS:,} more" if len(mrids) > SHOWN_MISFITS else ""
        context.add_notice(rule, f"{len(mrids):,} {MISFIT_WORDS[rule]}: {shown}{more}")


def _note_near_misses(
    lines: pd.DataFrame,
    courses: NDArray[np.object_],
    at: tuple[NDArray[np.intp], NDArray[np.intp]],
    stands: tuple[NDArray[np.object_], NDArray[np.float64]],
    context: MappingContext,
) -> None:
    """Tell of ends that meet nothing although an end or a device lies just beyond the tolerance."""
    if not len(lines):
        return
    ends, places = at
    flat = ends.reshape(-1)
    members = np.bincount(np.concatenate([flat, places[places >= 0]]), minlength=flat.max() + 1)
    lonely = np.flatnonzero(members[flat] <= 2)  # counted once as an end and once as a point
    xy = np.stack(measure_ends(courses), axis=1).reshape(-1, 2)
    names = np.concatenate([np.repeat(lines["mrid"].to_numpy(dtype=object), 2), stands[0]])
    tolerance = context.rules.tolerance_m
    reach = NEAR_MISS_TOLERANCES * tolerance
    meters = context.measure_meters(np.concatenate([xy, stands[1]]))
    distance, other = find_neighbors(meters, len(xy), lonely, reach_m=reach)
    near = np.flatnonzero((distance > tolerance) & (distance <= reach))
    near = near[np.argsort(distance[near], kind="stable")]
    if not len(near):
        return
    misses, missed, meters = lonely[near], names[other[near]], distance[near]
    told = [
        f"ends {meters:.2f} m beside {name}, and meets nothing within {tolerance:g} m"
        for meters, name in zip(meters, missed, strict=True)
    ]
    context.told.add_rows("near_miss", lines.iloc[misses // 2], told, xy[misses])
    context.add_notice(
        "near_miss",
        f"{len(near):,} line ends meet nothing within {tolerance:g} m"
        f" and lie within {reach:g} m of another: the nearest,"
        f" {names[misses[0]]}, misses {missed[0]} by {meters[0]:.2f} m",
    )
