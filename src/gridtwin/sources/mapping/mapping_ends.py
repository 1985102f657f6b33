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
from gridtwin.sources.mapping.mapping_places import cluster_places
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
    _note_misfits(devices, dealt, context)
    _note_near_misses(lines, courses, (at_ends, places), context)
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
    courses = flatten_lines(shapes, frame["mrid"].to_numpy(), context.notices)
    drawn = ~shapely.is_missing(courses)
    if not drawn.all():
        context.add_notice(
            "undrawn_line",
            f"{int((~drawn).sum()):,} lines have no geometry and are left out, such as"
            f" {frame['mrid'][~drawn].iloc[0]}",
            'draw them, or join them by columns: ends = "columns"',
        )
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
    return cut_lines(*drawn, taps)


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


def _note_misfits(devices: pd.DataFrame, dealt: DealtSides, context: MappingContext) -> None:
    """Tell which devices do not part exactly two sides."""
    names = devices["mrid"].to_numpy()
    told = [
        (
            "device_star",
            list(names[dealt.stars]),
            "part more than two line ends, and all of them when open",
            "end at such a point only the two lines that the device parts",
        ),
        (
            "device_one_sided",
            list(names[dealt.one_sided]),
            "have no line on one side",
            "draw the line to the device, or raise the tolerance",
        ),
        (
            "device_stacked",
            dealt.stacked,
            "stand at one place with a device whose sides are dealt out otherwise",
            "draw a line between the two",
        ),
        (
            "line_without_side",
            dealt.unclassed,
            "meet a device that has no side for their class, and take its side a",
            "name their class in sides",
        ),
    ]
    for rule, mrids, what, mend in told:
        if mrids:
            shown = ", ".join(map(str, mrids[:SHOWN_MISFITS]))
            more = f" and {len(mrids) - SHOWN_MISFITS:,} more" if len(mrids) > SHOWN_MISFITS else ""
            kind = "lines" if rule.startswith("line") else "devices"
            context.add_notice(rule, f"{len(mrids):,} {kind} {what}: {shown}{more}", mend)


def _note_near_misses(
    lines: pd.DataFrame,
    courses: NDArray[np.object_],
    at: tuple[NDArray[np.intp], NDArray[np.intp]],
    context: MappingContext,
) -> None:
    """Tell of ends that meet nothing although another lies just beyond the tolerance."""
    from scipy.spatial import cKDTree

    if not len(lines):
        return
    ends, places = at
    flat = ends.reshape(-1)
    members = np.bincount(np.concatenate([flat, places[places >= 0]]), minlength=flat.max() + 1)
    lonely = members[flat] <= 2  # it is counted once as an end and once as a point
    xy = context.measure_meters(np.stack(measure_ends(courses), axis=1).reshape(-1, 2))
    reach = NEAR_MISS_TOLERANCES * context.rules.tolerance_m
    distance, other = cKDTree(xy).query(xy[lonely], k=2, distance_upper_bound=reach)
    near = np.isfinite(distance[:, 1]) & (distance[:, 1] > context.rules.tolerance_m)
    own = np.flatnonzero(lonely)
    near[near] &= own[near] // 2 != other[near, 1] // 2
    if near.any():
        first = int(np.argmin(np.where(near, distance[:, 1], np.inf)))
        mrids = lines["mrid"].to_numpy()
        context.add_notice(
            "near_miss",
            f"{int(near.sum()):,} line ends meet nothing within {context.rules.tolerance_m:g} m"
            f" and lie within {reach:g} m of another: the nearest,"
            f" {mrids[own[first] // 2]}, misses {mrids[other[first, 1] // 2]}"
            f" by {distance[first, 1]:.2f} m",
            "mend the drawing, or raise [connect] tolerance_m",
        )
