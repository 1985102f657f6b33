"""Draw the lines of a territory along its streets, and measure them on the ground."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from gridtwin.model import cim
from gridtwin.model.tables import make_unknown_numbers, take_ragged
from gridtwin.sources.synthetic.feeders import rank_in_runs
from gridtwin.sources.synthetic.territory import degree_m

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gridtwin.sources.synthetic.bending import Bending
    from gridtwin.sources.synthetic.draft import TerritoryDraft, TerritoryRows
    from gridtwin.sources.synthetic.primary import Primary
    from gridtwin.sources.synthetic.territory import Territory

POLE_SPAN_M = 60.0  # between the points of a line that follows a bend


class LineCourses(NamedTuple):
    """Points of the lines that are drawn with more than their two ends."""

    start: NDArray[np.int64]  # (equipment + 1,): row i is xy[start[i]:start[i + 1]]
    xy: NDArray[np.float64]


class _Legs(NamedTuple):
    """Straight parts of lines on the plan, row after row."""

    row: NDArray[np.int32]  # of equipment
    start: NDArray[np.float64]
    end: NDArray[np.float64]


def draw_courses(
    draft: TerritoryDraft, rows: TerritoryRows, primary: Primary, bending: Bending
) -> LineCourses:
    """Return the courses of primary lines on the ground, with a point at every pole."""
    legs = _find_legs(draft, rows, primary)
    way = legs.end - legs.start
    pieces = np.maximum(np.ceil(np.hypot(way[:, 0], way[:, 1]) / POLE_SPAN_M), 1).astype(np.int64)
    last = np.r_[legs.row[1:] != legs.row[:-1], True][: len(legs.row)]
    points = pieces + last  # the end of a leg is the start of the next
    leg = np.repeat(np.arange(len(pieces)), points)
    share = rank_in_runs(leg) / pieces[leg]
    plan = legs.start[leg] + way[leg] * share[:, None]
    counts = np.bincount(legs.row, points, len(draft.kind)).astype(np.int64)
    return LineCourses(np.r_[0, np.cumsum(counts)], bending.bend(plan))


def _find_legs(draft: TerritoryDraft, rows: TerritoryRows, primary: Primary) -> _Legs:
    """Return the straight parts of primary lines, from corner to corner."""
    line = np.flatnonzero(primary.kind == cim.LINES[0])
    row = rows.primary[line] - rows.station_of_primary[line] - 1
    starts, corners = take_ragged(primary.corner_start, primary.corners, line)
    bends = np.diff(starts)
    leg_row = np.repeat(row, bends + 1)
    first = np.arange(len(line)) + starts[:-1]
    last = first + bends
    start, end = np.empty((len(leg_row), 2)), np.empty((len(leg_row), 2))
    inner = np.ones(len(leg_row), np.bool_)
    inner[first] = False
    start[inner] = corners
    start[first] = draft.plane[draft.node_a[row]]
    inner[:] = True
    inner[last] = False
    end[inner] = corners
    end[last] = draft.plane[draft.node_b[row]]
    return _Legs(leg_row, start, end)


def measure_lengths(
    draft: TerritoryDraft, ground: NDArray[np.float64], courses: LineCourses, territory: Territory
) -> NDArray[np.float32]:
    """Return the length of every line, with a degree of longitude as long as it is there."""
    length = make_unknown_numbers(len(draft.kind))
    line = np.flatnonzero(np.isin(draft.kind, cim.LINES))
    start, end = ground[draft.node_a[line]], ground[draft.node_b[line]]
    length[line] = _measure_steps(start, end, territory)
    steps = _measure_steps(courses.xy[:-1], courses.xy[1:], territory)
    drawn = np.flatnonzero(np.diff(courses.start))
    first = courses.start[drawn]
    steps[first[1:] - 1] = 0.0  # from the end of one line to the start of the next
    if len(drawn):
        length[drawn] = np.add.reduceat(steps, first)
    return length


def _measure_steps(
    start: NDArray[np.float64], end: NDArray[np.float64], territory: Territory
) -> NDArray[np.float64]:
    south, north = degree_m(np.array(territory.bounds[1::2]))[:, 0] / territory.scale[0]
    stretch = south + (north - south) * end[:, 1] / territory.size_m[1]
    way = end - start
    way[:, 0] *= stretch
    steps: NDArray[np.float64] = np.hypot(way[:, 0], way[:, 1])
    return steps
