"""Make a graph of streets: junctions, and pieces of street between them."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from gridtwin.errors import InputError
from gridtwin.sources.synthetic.road_file import HIGHWAY

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gridtwin.sources.synthetic.road_file import RoadLines

SAME_POINT_M = 1.0  # points nearer than about this are one
REACH_M = 3.0  # an end of a street that lies nearer to another one meets it
LONGEST_PIECE_M = 200.0
LEAST_LARGEST = 0.5  # of the length of all streets, in the largest part that hangs together


@dataclass(frozen=True, slots=True)
class RoadGraph:
    """
    Streets in the plane, in meters.

    Attributes
    ----------
    nodes
        Shape (n, 2): junctions, dead ends, and where long streets are cut.
    begin, end
        Nodes of each piece.
    lines
        Course of each piece, from `begin` to `end`.
    length
        Meters of each piece.
    kind
        Place in `ROAD_KINDS` of each piece.
    """

    nodes: NDArray[np.float64]
    begin: NDArray[np.int64]
    end: NDArray[np.int64]
    lines: NDArray[np.object_]
    length: NDArray[np.float64]
    kind: NDArray[np.uint8]

    def take_pieces(self, pieces: NDArray[Any]) -> RoadGraph:
        """Return a graph of some pieces, and of the nodes that they have."""
        ends = np.stack([self.begin[pieces], self.end[pieces]])
        kept, ends = np.unique(ends, return_inverse=True)
        begin, end = ends.reshape(2, -1)
        return RoadGraph(
            self.nodes[kept], begin, end, self.lines[pieces], self.length[pieces], self.kind[pieces]
        )

    def make_matrix(self, pieces: NDArray[Any] | None = None) -> tuple[Any, Any]:
        """Return lengths between nodes as a sparse matrix, and as another one piece numbers + 1."""
        from scipy.sparse import coo_array

        rows = np.arange(len(self.length)) if pieces is None else pieces
        rows = rows[self.begin[rows] != self.end[rows]]
        low = np.minimum(self.begin[rows], self.end[rows])
        high = np.maximum(self.begin[rows], self.end[rows])
        order = np.lexsort((self.length[rows], high, low))
        pair = (low * len(self.nodes) + high)[order]
        rows = rows[order[np.r_[True, pair[1:] != pair[:-1]][: len(pair)]]]  # the shortest
        ends = np.r_[self.begin[rows], self.end[rows]], np.r_[self.end[rows], self.begin[rows]]
        shape = (len(self.nodes), len(self.nodes))
        lengths = np.maximum(self.length[rows], 0.1)
        return (
            coo_array((np.r_[lengths, lengths], ends), shape).tocsr(),
            coo_array((np.r_[rows, rows] + 1, ends), shape).tocsr(),
        )


def build_road_graph(roads: RoadLines, plane: NDArray[np.float64]) -> RoadGraph:
    """
    Return the graph of all streets but highways, as far as they hang together.

    Parameters
    ----------
    roads
        The lines, which meet where they have a point in common, or where one ends at another.
    plane
        Their points in meters.

    Raises
    ------
    InputError
        If less than half of the streets hang together.
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    owner = np.repeat(np.arange(len(roads.kind)), np.diff(roads.start))
    street = roads.kind[owner] != HIGHWAY
    points, vertex = _join_points(plane[street])
    within = owner[street][1:] == owner[street][:-1]
    segments = np.stack([vertex[:-1], vertex[1:]], -1)[within]
    kind = roads.kind[owner[street][1:]][within]
    proper = segments[:, 0] != segments[:, 1]
    segments, kind = _join_ends(points, segments[proper], kind[proper])
    if not len(segments):
        msg = "no street of it can be followed: it has highways only, or streets without length"
        raise InputError(msg)
    length = np.hypot(*(points[segments[:, 1]] - points[segments[:, 0]]).T)
    graph = coo_array((length, segments.T), shape=(len(points),) * 2)
    _, part = connected_components(graph, directed=False)
    total = np.bincount(part[segments[:, 0]], length)
    largest = int(total.argmax())
    if total[largest] < LEAST_LARGEST * total.sum():
        msg = (
            f"the streets do not hang together: the largest of {np.count_nonzero(total):,} has"
            f" {total[largest] / total.sum():.0%} of their length; streets meet where lines have"
            " a point in common or one ends at another: split those that cross, or give more"
        )
        raise InputError(msg)
    kept = part[segments[:, 0]] == largest
    return _trace_pieces(points, segments[kept], kind[kept])


def _join_points(plane: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Return the different places, and which of them each point is."""
    grid = np.round(plane / SAME_POINT_M).astype(np.int64)
    _, first, which = np.unique(grid, axis=0, return_index=True, return_inverse=True)
    return plane[first], which.reshape(-1)


def _join_ends(
    points: NDArray[np.float64], segments: NDArray[np.int64], kind: NDArray[np.uint8]
) -> tuple[NDArray[np.int64], NDArray[np.uint8]]:
    """Split segments where a street ends beside them."""
    degree = np.bincount(segments.ravel(), minlength=len(points))
    loose = np.flatnonzero(degree == 1)
    tree = shapely.STRtree(np.asarray(shapely.linestrings(points[segments])))
    at, near = tree.query(shapely.points(points[loose]), predicate="dwithin", distance=REACH_M)
    end = loose[at]
    foreign = (segments[near] != end[:, None]).all(axis=1)
    _, first = np.unique(end[foreign], return_index=True)
    end, near = end[foreign][first], near[foreign][first]
    if not len(end):
        return segments, kind
    start, way = points[segments[near, 0]], np.diff(points[segments[near]], axis=1)[:, 0]
    share = ((points[end] - start) * way).sum(axis=1) / np.maximum((way**2).sum(axis=1), 1e-9)
    order = np.lexsort((share, near))
    end, near = end[order], near[order]
    whole = np.ones(len(segments), np.bool_)
    whole[near] = False
    opens = np.r_[True, near[1:] != near[:-1]]
    closes = np.r_[near[1:] != near[:-1], True]
    before = np.where(opens, segments[near, 0], np.r_[-1, end[:-1]])
    made = np.concatenate(
        [np.stack([before, end], -1), np.stack([end[closes], segments[near[closes], 1]], -1)]
    )
    kinds = np.r_[kind[whole], kind[near], kind[near[closes]]]
    joined = np.concatenate([segments[whole], made])
    proper = joined[:, 0] != joined[:, 1]
    return joined[proper], kinds[proper]


def _trace_pieces(
    points: NDArray[np.float64], segments: NDArray[np.int64], kind: NDArray[np.uint8]
) -> RoadGraph:
    """Follow segments from junction to junction, and cut what is long into equal pieces."""
    courses, kinds = _follow_segments(segments, kind, len(points))
    nodes: dict[int | tuple[int, int], int] = {}
    begin, end, lines, piece_kind = [], [], [], []
    for number, course in enumerate(courses):
        line = shapely.LineString(points[course])
        least = 2 if course[0] == course[-1] else 1
        parts = max(int(np.ceil(line.length / LONGEST_PIECE_M)), least)
        names: list[Any] = [course[0], *((-1 - number, cut) for cut in range(1, parts)), course[-1]]
        numbers = [nodes.setdefault(name, len(nodes)) for name in names]
        begin += numbers[:-1]
        end += numbers[1:]
        lines += _cut_evenly(line, parts)
        piece_kind += [kinds[number]] * parts
    places = np.empty((len(nodes), 2))
    drawn = np.array(lines, dtype=object)
    places[begin] = shapely.get_coordinates(shapely.get_point(drawn, 0))
    places[end] = shapely.get_coordinates(shapely.get_point(drawn, -1))
    return RoadGraph(
        places,
        np.array(begin),
        np.array(end),
        drawn,
        shapely.length(drawn),
        np.array(piece_kind, np.uint8),
    )


def _follow_segments(
    segments: NDArray[np.int64], kind: NDArray[np.uint8], count: int
) -> tuple[list[list[int]], list[int]]:
    """Return the points of each street from junction to junction, and its kind."""
    ends = segments.tolist()
    degree = np.bincount(segments.ravel(), minlength=count)
    order = np.argsort(segments.ravel(), kind="stable") // 2
    at = np.r_[0, np.cumsum(degree)].tolist()
    touching = order.tolist()
    used = [False] * len(ends)
    courses: list[list[int]] = []
    kinds: list[int] = []
    rounds = np.flatnonzero(degree == 2)  # begun at last: what is left of them are round ways
    for start in [*np.flatnonzero((degree > 0) & (degree != 2)).tolist(), *rounds.tolist()]:
        for first in touching[at[start] : at[start + 1]]:
            if used[first]:
                continue
            course, segment = [start], first
            while True:
                used[segment] = True
                one, two = ends[segment]
                course.append(two if one == course[-1] else one)
                here = course[-1]
                if degree[here] != 2 or here == start:
                    break
                one, two = touching[at[here] : at[here + 1]]
                segment = two if one == segment else one
            courses.append(course)
            kinds.append(int(kind[first]))
    return courses, kinds


def _cut_evenly(line: Any, parts: int) -> list[Any]:
    from shapely.ops import substring

    if parts == 1:
        return [line]
    cuts = np.linspace(0.0, line.length, parts + 1)
    return [substring(line, low, high) for low, high in pairwise(cuts)]
