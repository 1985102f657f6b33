"""Join equipment whose nodes the source names in columns; geometry only says where these lie."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import shapely

from gridtwin.sources.mapping.mapping_lines import (
    DrawnEnds,
    find_reversed,
    flatten_lines,
    locate_points,
    measure_ends,
    place_named_nodes,
)
from gridtwin.sources.mapping.mapping_places import cluster_places, measure_points

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from numpy.typing import NDArray

    from gridtwin.model.network import Network
    from gridtwin.sources.mapping.mapping_file import EndRules
    from gridtwin.sources.mapping.mapping_findings import MappingFindings
    from gridtwin.sources.mapping.mapping_nodes import NodeSlots
    from gridtwin.sources.mapping.mapping_rows import BlockRows


@dataclass(slots=True)
class JoinedEquipment:
    """Equipment with the slots of its ends, lines drawn from a to b, and places of devices."""

    frame: pd.DataFrame
    slot_a: NDArray[np.int64]
    slot_b: NDArray[np.int64]
    lines: NDArray[np.object_]  # None where none is drawn
    points: NDArray[np.float64]  # of devices, shape (n, 2); NaN where there is none


@dataclass(slots=True)
class MappingContext:
    """What all parts of a mapping share: its name, its rules, and what it tells."""

    name: str
    rules: EndRules
    planar: bool
    told: MappingFindings
    former: Network | None = None  # that was loaded before, of whose elements these go on
    # Ends of drawn lines, then all else that is joined by place, in meters; how many are ends.
    drawn_m: NDArray[np.float64] = field(default_factory=lambda: np.empty((0, 2)))
    drawn_ends: int = 0

    def measure_meters(self, xy: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return points in meters; NaN stays."""
        return measure_points(xy, planar=self.planar)

    def add_notice(self, rule: str, evidence: str) -> None:
        """Add a notice, which begins with the name of the mapping."""
        self.told.add_notice(rule, f"{self.name}: {evidence}")


def stack_rows(parts: Sequence[BlockRows]) -> tuple[pd.DataFrame, NDArray[np.object_]]:
    """Return the rows of several blocks in one frame, which says by ``block`` whose each is."""
    import pandas as pd

    if not parts:
        return pd.DataFrame(columns=["mrid", "key", "layer", "block"]), np.empty(0, dtype=object)
    frames = [part.frame.assign(block=row) for row, part in enumerate(parts)]
    filled = [frame.dropna(axis=1, how="all") for frame in frames if len(frame)] or frames[:1]
    return (
        pd.concat(filled, ignore_index=True),
        np.concatenate([part.shapes for part in parts]),
    )


def join_named(
    parts: Sequence[BlockRows], slots: NodeSlots, context: MappingContext
) -> JoinedEquipment:
    """
    Return equipment whose nodes are named in columns, and place these nodes.

    Parameters
    ----------
    parts
        The rows of the blocks with ``ends = "columns"``.
    slots
        Where their nodes are numbered and placed.
    context
        The rules of the mapping.
    """
    frame, shapes = stack_rows(parts)
    slot_a, slot_b = (
        slots.name_slots(frame[name]) if name in frame else np.full(len(frame), -1)
        for name in ("node_a", "node_b")
    )
    lines = flatten_lines(shapes, frame, context.told)
    points = locate_points(np.where(shapely.is_missing(lines), shapes, np.array(None)))
    joined = JoinedEquipment(frame, slot_a, slot_b, lines, points)
    _place_lines(joined, slots, context)
    for side in (slot_a, slot_b):
        slots.place_slots(side, points)
    if context.rules.rejoin_open and "normal_open" in frame:
        _rejoin_open(joined, slots, context)
    return _star_windings(joined, slots, context)


def _place_lines(joined: JoinedEquipment, slots: NodeSlots, context: MappingContext) -> None:
    """Turn lines so that they run from a to b, and place the nodes at their ends."""
    rows = np.flatnonzero(
        ~shapely.is_missing(joined.lines) & (joined.slot_a >= 0) & (joined.slot_b >= 0)
    )
    if not len(rows):
        return
    tolerance = context.rules.tolerance_m
    first, last = measure_ends(joined.lines[rows])
    stands = np.isfinite(joined.points).all(axis=1)
    sides = [side[stands] for side in (joined.slot_a, joined.slot_b)]
    points = joined.points[stands]
    xy = context.measure_meters(np.concatenate([first, last, points, points]))
    count = len(rows)
    layers = np.asarray(joined.frame["layer"].factorize()[0], dtype=np.int64)[rows]
    drawn = DrawnEnds(
        joined.slot_a[rows],
        joined.slot_b[rows],
        xy[:count],
        xy[count : 2 * count],
        layers,
        np.concatenate(sides),
        xy[2 * count :],
    )
    back = find_reversed(drawn, tolerance)
    joined.lines[rows[back]] = shapely.reverse(joined.lines[rows[back]])
    ends = np.concatenate(measure_ends(joined.lines[rows]))
    owners = np.concatenate([drawn.slot_a, drawn.slot_b])
    placed, places, apart = place_named_nodes(owners, ends, context.measure_meters(ends), tolerance)
    slots.place_slots(placed, places)
    far = np.flatnonzero(apart > tolerance)
    if len(far):
        count, farthest = len(np.unique(owners[far])), apart[far].max()
        context.add_notice(
            "ends_apart",
            f"at {count:,} nodes lines end up to {farthest:,.1f} m away from where most of them do",
        )
        far = far[np.argsort(apart[far], kind="stable")]
        told = [f"ends {meters:,.2f} m away from its node" for meters in apart[far]]
        context.told.add_rows(
            "ends_apart", joined.frame.iloc[rows[far % len(rows)]], told, ends[far]
        )


def _rejoin_open(joined: JoinedEquipment, slots: NodeSlots, context: MappingContext) -> None:
    """Join the free node of an open device with the one line end of another node at its point."""
    is_open = (joined.frame["normal_open"].fillna("") != "").to_numpy()
    known = (joined.slot_a >= 0) & (joined.slot_b >= 0)
    slot_a, slot_b = joined.slot_a, joined.slot_b
    degree = np.bincount(np.concatenate([slot_a[known], slot_b[known]]), minlength=len(slots))
    usable = is_open & known & np.isfinite(joined.points).all(axis=1)
    free_a, free_b = degree[slot_a] == 1, degree[slot_b] == 1
    devices = np.flatnonzero(usable & (free_a ^ free_b))
    lines = np.flatnonzero(known & ~shapely.is_missing(joined.lines))
    ends = np.concatenate(measure_ends(joined.lines[lines]))
    owners = np.concatenate([slot_a[lines], slot_b[lines]])
    layers = np.tile(joined.frame["layer"].to_numpy()[lines], 2)
    xy = context.measure_meters(np.concatenate([joined.points[devices], ends]))
    places = cluster_places(xy, context.rules.tolerance_m)
    at, of_ends = places[: len(devices)], places[len(devices) :]
    rejoined: list[int] = []
    for device, place in zip(devices, at, strict=True):
        sides = int(slot_a[device]), int(slot_b[device])
        free, used = sides if free_a[device] else sides[::-1]
        alike = np.isin(layers, layers[owners == used])  # low voltage may end at the same pole
        others = set(owners[(of_ends == place) & alike].tolist()) - {free, used}
        if len(others) == 1:
            slots.join_slots(np.array([free]), np.array([others.pop()]))
            rejoined.append(int(device))
    if len(devices):
        context.add_notice(
            "rejoined_open",
            f"{len(devices):,} of {int(is_open.sum()):,} open devices have a node of their own on"
            f" one side; {len(rejoined):,} of these are joined with the one other line end at their"
            " place",
        )
        done = ["is open, and joined with the one other line end at its place"] * len(rejoined)
        context.told.add_rows(
            "rejoined_open", joined.frame.iloc[rejoined], done, joined.points[rejoined]
        )


def _tell_closed_stars(
    joined: JoinedEquipment,
    slot_c: NDArray[np.int64],
    rows: NDArray[np.intp],
    context: MappingContext,
) -> None:
    """Tell of devices whose third node is their first; two low windings may share a node."""
    closed = rows[(slot_c == joined.slot_a)[rows]]
    if len(closed):
        context.add_notice(
            "winding_at_one_node",
            f"{len(closed):,} of {len(rows):,} devices of three nodes have their first twice, such"
            f" as {joined.frame['mrid'].iat[closed[0]]}",
        )


def _star_windings(
    joined: JoinedEquipment, slots: NodeSlots, context: MappingContext
) -> JoinedEquipment:
    """Return the same equipment with each device of three nodes as a star of three."""
    import pandas as pd

    frame = joined.frame
    if "node_c" not in frame:
        return joined
    slot_c = slots.name_slots(frame["node_c"])
    rows = np.flatnonzero(slot_c >= 0)
    if not len(rows):
        return joined
    _tell_closed_stars(joined, slot_c, rows, context)
    centers = slots.add_slots(len(rows)) + np.arange(len(rows))
    slots.place_slots(centers, joined.points[rows])
    slots.place_slots(slot_c[rows], joined.points[rows])
    second, third = frame.iloc[rows].copy(), frame.iloc[rows].copy()
    second["mrid"] += "#2"
    third["mrid"] += "#3"
    nothing = np.full(2 * len(rows), None, dtype=object)
    old_b = joined.slot_b[rows]
    slot_b = joined.slot_b.copy()
    slot_b[rows] = centers
    return JoinedEquipment(
        pd.concat([frame, second, third], ignore_index=True),
        np.concatenate([joined.slot_a, centers, centers]),
        np.concatenate([slot_b, old_b, slot_c[rows]]),
        np.concatenate([joined.lines, nothing]),
        np.concatenate([joined.points, joined.points[rows], joined.points[rows]]),
    )
