"""Make one course of each drawn line, measure which way it runs, and cut it where others tap it."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import shapely

from gridtwin.sources.mapping.mapping_places import cluster_places

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from gridtwin.sources.mapping.mapping_findings import MappingFindings


def flatten_lines(
    shapes: NDArray[np.object_], rows: pd.DataFrame, told: MappingFindings
) -> NDArray[np.object_]:
    """Return one LineString for each line, None where there is none; parts are put end to end."""
    lines = np.full(len(shapes), None, dtype=object)
    types = shapely.get_type_id(shapes)
    plain = types == shapely.GeometryType.LINESTRING
    lines[plain] = shapes[plain]
    several = np.flatnonzero(types == shapely.GeometryType.MULTILINESTRING)
    merged = shapely.line_merge(shapes[several])
    simple = shapely.get_type_id(merged) == shapely.GeometryType.LINESTRING
    single = shapely.get_num_geometries(shapes[several]) == 1
    lines[several] = np.where(single, shapely.get_geometry(shapes[several], 0), merged)
    parted = several[~simple & ~single]
    for row in parted:
        lines[row] = shapely.LineString(shapely.get_coordinates(shapes[row]))
    done = "is drawn in several parts, which are taken one after the other"
    for mrid in rows["mrid"].iloc[parted]:
        told.add_notice("line_of_parts", f"{mrid} {done}")
    told.add_rows(
        "line_of_parts", rows.iloc[parted], [done] * len(parted), locate_points(lines[parted])
    )
    empty = shapely.is_empty(lines) | (shapely.get_num_coordinates(lines) < 2)
    lines[empty] = None
    return lines


def find_repeated_lines(
    frame: pd.DataFrame, lines: NDArray[np.object_]
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return the lines drawn exactly as one of their layer before them, and which that is."""
    drawn = np.flatnonzero(~shapely.is_missing(lines))
    drawn = drawn[~frame.iloc[drawn].duplicated(["layer", "key"]).to_numpy()]  # pieces of one row
    ends = np.sort(np.stack(measure_ends(lines[drawn]), axis=1).view(np.complex128)[..., 0], axis=1)
    marks = np.column_stack([ends.view(np.float64), shapely.length(lines[drawn]).round(9)])
    _, back, counts = np.unique(marks, axis=0, return_inverse=True, return_counts=True)
    alike = drawn[counts[back.reshape(-1)] > 1]
    texts = shapely.to_wkb(shapely.normalize(lines[alike]))
    keys = list(zip(frame["layer"].iloc[alike], texts, strict=True))  # others may share its poles
    first: dict[tuple[str, bytes], int] = {}
    for row, key in zip(alike.tolist(), keys, strict=True):
        first.setdefault(key, row)
    originals = np.array([first[key] for key in keys], dtype=np.intp)
    again = originals != alike
    return alike[again], originals[again]


def measure_ends(lines: NDArray[np.object_]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the first and the last point of each line, shape (n, 2); NaN where there is none."""
    return _points_of(shapely.get_point(lines, 0)), _points_of(shapely.get_point(lines, -1))


def _points_of(points: NDArray[np.object_]) -> NDArray[np.float64]:
    return np.column_stack([shapely.get_x(points), shapely.get_y(points)])


def locate_points(shapes: NDArray[np.object_]) -> NDArray[np.float64]:
    """Return a point for each shape, shape (n, 2): that of a polygon is its centroid."""
    points = np.array(shapes, dtype=object)
    other = ~np.isin(shapely.get_type_id(points), [-1, shapely.GeometryType.POINT])
    points[other] = shapely.centroid(points[other])
    return _points_of(points)


class DrawnEnds(NamedTuple):
    """Lines whose nodes the source names: slots, and where the drawing begins and ends, in m."""

    slot_a: NDArray[np.int64]
    slot_b: NDArray[np.int64]
    first: NDArray[np.float64]
    last: NDArray[np.float64]
    layers: NDArray[np.int64]
    anchors: NDArray[np.int64]  # slots of devices
    anchor_xy: NDArray[np.float64]  # and where these stand


def find_reversed(drawn: DrawnEnds, tolerance_m: float) -> NDArray[np.bool_]:
    """
    Return which lines are drawn from their node b to their node a.

    Notes
    -----
    The place that most ends and devices of a node share is the node's; a line runs the way that
    puts more of its ends there. Where both ways are as good, it runs as most others of its layer.
    """
    count = len(drawn.slot_a)
    points = np.concatenate([drawn.first, drawn.last, drawn.anchor_xy])
    places = cluster_places(points, tolerance_m)
    start, stop, stands = places[:count], places[count : 2 * count], places[2 * count :]
    ways = [
        (drawn.slot_a, start),
        (drawn.slot_b, stop),
        (drawn.slot_a, stop),
        (drawn.slot_b, start),
    ]
    size = int(places.max()) + 1 if count else 1
    keys = np.concatenate([slots * size + at for slots, at in (*ways, (drawn.anchors, stands))])
    _, back, votes = np.unique(keys, return_inverse=True, return_counts=True)
    votes = votes[back[: 4 * count]].reshape(4, count)
    forward, backward = votes[0] + votes[1], votes[2] + votes[3]
    runs_back = backward > forward
    tied = backward == forward
    for layer in np.unique(drawn.layers[tied]):
        same = drawn.layers == layer
        majority = (backward > forward)[same].sum() > (forward > backward)[same].sum()
        runs_back[same & tied] = majority
    return runs_back


def place_named_nodes(
    slots: NDArray[np.int64], xy: NDArray[np.float64], xy_m: NDArray[np.float64], tolerance_m: float
) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.float64]]:
    """
    Return the place of each node where lines end, and how far from it each of its ends lies.

    Parameters
    ----------
    slots, xy, xy_m
        The slot of each end, and where it lies: as drawn, and in meters.
    tolerance_m
        How far apart ends of one node may be.

    Returns
    -------
        The slots, their places, and of each end how far it lies from that of its slot, in meters.
    """
    places = cluster_places(xy_m, tolerance_m)
    keys = slots * (int(places.max()) + 1 if len(places) else 1) + places
    _, back, votes = np.unique(keys, return_inverse=True, return_counts=True)
    order = np.lexsort([-votes[back], slots])
    owners, first = np.unique(slots[order], return_index=True)
    chosen = order[first]
    at = np.searchsorted(owners, slots)
    return owners, xy[chosen], np.hypot(*(xy_m - xy_m[chosen][at]).T)


class LineTaps(NamedTuple):
    """Inner vertices where something else connects: row of the line, vertex, and the place."""

    rows: NDArray[np.intp]
    vertices: NDArray[np.intp]
    places: NDArray[np.intp]


def find_taps(
    vertices: NDArray[np.float64],
    owners: NDArray[np.intp],
    contacts: NDArray[np.float64],
    places: NDArray[np.intp],
    tolerance_m: float,
) -> LineTaps:
    """
    Return the inner vertices at which an end or a device lies.

    Parameters
    ----------
    vertices, owners
        All vertices of the lines, in meters and in order, and the row of the line of each.
    contacts, places
        What may connect there, in meters, and the number of its place.
    tolerance_m
        How far apart they may be.
    """
    from scipy.spatial import cKDTree

    inner = np.zeros(len(owners), dtype=bool)
    inner[1:-1] = (owners[1:-1] == owners[:-2]) & (owners[1:-1] == owners[2:])
    rows = np.flatnonzero(inner)
    if not len(rows) or not len(contacts):
        empty = np.empty(0, dtype=np.intp)
        return LineTaps(empty, empty, empty)
    distance, nearest = cKDTree(contacts).query(vertices[rows], distance_upper_bound=tolerance_m)
    near = np.isfinite(distance)
    rows, place = rows[near], places[nearest[near]]
    starts = np.flatnonzero(np.append(True, owners[1:] != owners[:-1]))
    within = rows - starts[np.searchsorted(starts, rows, side="right") - 1]
    _, once = np.unique(np.column_stack([owners[rows], place]), axis=0, return_index=True)
    once = np.sort(once)
    return LineTaps(owners[rows][once], within[once], place[once])


class LinePieces(NamedTuple):
    """Pieces of lines: what each has of its line, its course, the places of its ends, its line."""

    frame: pd.DataFrame  # the share of the piece in its length; the mRID of its line
    courses: NDArray[np.object_]
    ends: NDArray[np.intp]
    owners: NDArray[np.intp]  # the row of the line of each, rising


def cut_lines(
    frame: pd.DataFrame,
    lines: NDArray[np.object_],
    ends: NDArray[np.intp],
    taps: LineTaps,
) -> LinePieces:
    """
    Return lines cut at their taps.

    Parameters
    ----------
    frame, lines
        The rows, and the course of each.
    ends
        The places of their ends, shape (n, 2).
    taps
        Where to cut.
    """
    by_row: dict[int, list[tuple[int, int]]] = {}
    for row, vertex, place in zip(*taps, strict=True):
        if place not in ends[row]:
            by_row.setdefault(int(row), []).append((int(vertex), int(place)))
    if not by_row:
        return LinePieces(frame, lines, ends, np.arange(len(frame)))
    pieces: list[tuple[int, object, int, int]] = []
    for row in range(len(frame)):
        xy = shapely.get_coordinates(lines[row])
        cuts = [(0, ends[row, 0]), *sorted(by_row.get(row, [])), (len(xy) - 1, ends[row, 1])]
        for (start, a), (stop, b) in pairwise(cuts):
            course = shapely.LineString(xy[start : stop + 1]) if len(cuts) > 2 else lines[row]
            pieces.append((row, course, a, b))
    rows = np.array([piece[0] for piece in pieces])
    courses = np.array([piece[1] for piece in pieces], dtype=object)
    cut = frame.iloc[rows].reset_index(drop=True)
    if "length_m" in cut:
        share = shapely.length(courses) / np.maximum(shapely.length(lines[rows]), 1e-300)
        cut["length_m"] = cut["length_m"].astype(float) * share
    places = np.array([piece[2:] for piece in pieces], dtype=np.intp)
    return LinePieces(cut, courses, places, rows)
