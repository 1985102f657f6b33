"""Join by place the ends whose node the source leaves empty, where most others name theirs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely

from gridtwin.errors import SourceError
from gridtwin.sources.mapping.mapping_lines import measure_ends
from gridtwin.sources.mapping.mapping_places import cluster_places

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from gridtwin.sources.mapping.mapping_named import JoinedEquipment, MappingContext
    from gridtwin.sources.mapping.mapping_nodes import NodeSlots
    from gridtwin.sources.mapping.mapping_points import MappedPoints


def join_unnamed(
    joined: JoinedEquipment,
    points: Mapping[str, MappedPoints],
    slots: NodeSlots,
    context: MappingContext,
) -> None:
    """
    Give each end without a node the one node that lies at its place, or a new one where none does.

    Parameters
    ----------
    joined, points
        Equipment and what else stands at nodes; their slots of -1 are filled.
    slots
        Where nodes are numbered and placed.
    context
        The rules of the mapping.

    Raises
    ------
    SourceError
        If several nodes lie at the place of such an end: it would be a guess which one is meant.
    """
    owners = [joined.frame["mrid"].to_numpy(dtype=object)] * 2
    _turn_half_named(joined, slots)
    places = list(_locate_ends(joined))
    own = [joined.slot_a, joined.slot_b]
    for each in points.values():
        owners.append(each.frame["mrid"].to_numpy(dtype=object))
        places.append(each.xy)
        own.append(each.slots)
    flat = np.concatenate(own)
    xy = np.concatenate(places)
    known = np.isfinite(xy).all(axis=1)
    open_ends = np.flatnonzero((flat < 0) & known)
    if not len(open_ends):
        return
    at = np.full(len(xy), -1, dtype=np.intp)
    at[known] = cluster_places(context.measure_meters(xy[known]), context.rules.tolerance_m)
    taken = _choose_slots(flat, at, open_ends, slots, np.concatenate(owners), context)
    slots.place_slots(taken, xy[open_ends])
    flat[open_ends] = taken
    parts = np.split(flat, np.cumsum([len(each) for each in own])[:-1])
    joined.slot_a, joined.slot_b = parts[:2]
    for each, part in zip(points.values(), parts[2:], strict=True):
        each.slots = part
    context.add_notice(
        "unnamed_end",
        f"{len(open_ends):,} ends name no node and take the one at their place",
    )


def _locate_ends(
    joined: JoinedEquipment,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return where both ends of each piece of equipment lie: of a device at one point."""
    drawn = ~shapely.is_missing(joined.lines)
    first, last = measure_ends(joined.lines)
    return (
        np.where(drawn[:, None], first, joined.points),
        np.where(drawn[:, None], last, joined.points),
    )


def _turn_half_named(joined: JoinedEquipment, slots: NodeSlots) -> None:
    """Turn lines that name one node only so that the drawing begins where its node lies."""
    placed = slots.find_places()
    half = (joined.slot_a < 0) != (joined.slot_b < 0)
    rows = np.flatnonzero(half & ~shapely.is_missing(joined.lines))
    if not len(rows):
        return
    first, last = measure_ends(joined.lines[rows])
    begins = joined.slot_a[rows] >= 0
    node = placed[np.where(begins, joined.slot_a[rows], joined.slot_b[rows])]
    near, far = np.where(begins[:, None], first, last), np.where(begins[:, None], last, first)
    turned = rows[np.hypot(*(node - far).T) < np.hypot(*(node - near).T)]
    joined.lines[turned] = shapely.reverse(joined.lines[turned])


def _choose_slots(
    flat: NDArray[np.int64],
    at: NDArray[np.intp],
    open_ends: NDArray[np.intp],
    slots: NodeSlots,
    owners: NDArray[np.object_],
    context: MappingContext,
) -> NDArray[np.int64]:
    """Return the slot of each open end."""
    there: dict[int, set[int]] = {int(place): set() for place in at[open_ends]}
    for end in np.flatnonzero(np.isin(at, at[open_ends]) & (flat >= 0)):
        there[int(at[end])].add(int(flat[end]))
    taken = np.empty(len(open_ends), dtype=np.int64)
    for row, end in enumerate(open_ends):
        choices = there[int(at[end])]
        if not choices:
            choices.add(slots.add_slots(1))
        if len(choices) > 1:
            msg = (
                f"{context.name}: [connect], order: {owners[end]} names no node, and"
                f" {len(choices)} nodes lie at its end: name its node in the source"
            )
            raise SourceError(msg)
        taken[row] = next(iter(choices))
    return taken
