"""Measure what of each overhead line lies in areas where vegetation threatens it."""

from __future__ import annotations

import heapq
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import shapely

from gridtwin.model.frames import equipment_courses
from gridtwin.model.tables import decode_texts
from gridtwin.model.vegetation import SpanExposures

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gridtwin.model.tables import NetworkData
    from gridtwin.model.vegetation import VegetationAreas


class CoursePieces(NamedTuple):
    """Pieces of straight segments that lie in an area, as parts of the segments from 0 to 1."""

    segment: NDArray[np.int64]
    start: NDArray[np.float64]
    stop: NDArray[np.float64]
    area: NDArray[np.int64]


def measure_exposures(
    data: NetworkData, rows: NDArray[np.int32], areas: VegetationAreas, *, geographic: bool
) -> SpanExposures:
    """
    Return what of some spans lies in areas.

    Parameters
    ----------
    data
        The network's tables.
    rows
        The spans: rows of its equipment; see `gridtwin.model.vegetation.find_spans`.
    areas
        Areas in the network's coordinates. The edge of an area belongs to it; a span that only
        touches one has no length in it.
    geographic
        Whether coordinates are longitude and latitude; else they are meters.

    Notes
    -----
    Courses are cut segment by segment, so that what lies in an area is an interval on a segment;
    where several areas overlap on one, a sweep along it gives each place to the area with most
    failures. O((s + a) log s + p log p) for s segments, a areas and p pieces. Lengths on the earth
    are geodesic from end to end of each segment and piece.
    """
    counts, xy = equipment_courses(data, rows)
    owner = np.repeat(np.arange(len(rows)), counts)
    inner = owner[1:] == owner[:-1]
    start, stop, owner = xy[:-1][inner], xy[1:][inner], owner[1:][inner]
    usable = np.isfinite(start).all(axis=1) & np.isfinite(stop).all(axis=1)
    usable &= (start != stop).any(axis=1)
    start, stop, owner = start[usable], stop[usable], owner[usable]
    meters = _measure_segments(start, stop, geographic=geographic)
    length = np.bincount(owner, meters, len(rows)).astype(np.float64)
    rates = areas.find_rates()
    pieces = _give_to_worst(_cut_segments(start, stop, areas.geometry), rates)
    first, way = start[pieces.segment], (stop - start)[pieces.segment]
    inside = _measure_segments(
        first + way * pieces.start[:, None],
        first + way * pieces.stop[:, None],
        geographic=geographic,
    )
    span = owner[pieces.segment]
    return _sum_up(data, rows, length, areas, (span, pieces.area, inside))


def _measure_segments(
    start: NDArray[np.float64], stop: NDArray[np.float64], *, geographic: bool
) -> NDArray[np.float64]:
    if not geographic:
        return np.asarray(np.hypot(*(stop - start).T))
    import pyproj  # slow to import

    _, _, meters = pyproj.Geod(ellps="WGS84").inv(*start.T, *stop.T)
    return np.asarray(meters)


def _cut_segments(
    start: NDArray[np.float64], stop: NDArray[np.float64], polygons: NDArray[np.object_]
) -> CoursePieces:
    """Return the pieces of segments in each polygon; a touch is none."""
    lines = np.asarray(shapely.linestrings(np.stack([start, stop], axis=1)))
    shapely.prepare(polygons)
    area, segment = shapely.STRtree(lines).query(polygons, predicate="intersects")
    whole = shapely.contains_properly(polygons[area], lines[segment])
    inside = CoursePieces(segment[whole], np.zeros(whole.sum()), np.ones(whole.sum()), area[whole])
    area, segment = area[~whole], segment[~whole]
    cut = shapely.intersection(lines[segment], polygons[area])
    parts, of_cut = shapely.get_parts(cut, return_index=True)
    parts, deeper = shapely.get_parts(parts, return_index=True)  # of a collection in a collection
    of_cut = of_cut[deeper]
    long = shapely.get_type_id(parts) == shapely.GeometryType.LINESTRING
    parts, of_cut = parts[long], of_cut[long]
    segment, area = segment[of_cut], area[of_cut]
    ends = np.stack(
        [
            _locate(shapely.get_coordinates(shapely.get_point(parts, at)), start, stop, segment)
            for at in (0, -1)
        ]
    )
    crossing = CoursePieces(segment, ends.min(axis=0), ends.max(axis=0), area)
    joined = _join_pieces(inside, crossing)
    return _keep_pieces(joined, joined.stop > joined.start)


def _locate(
    points: NDArray[np.float64],
    start: NDArray[np.float64],
    stop: NDArray[np.float64],
    segment: NDArray[np.int64],
) -> NDArray[np.float64]:
    """Return where points lie on their segments, from 0 to 1."""
    way = stop[segment] - start[segment]
    along = ((points - start[segment]) * way).sum(axis=1) / (way * way).sum(axis=1)
    return np.clip(along, 0.0, 1.0)


def _keep_pieces(
    pieces: CoursePieces, chosen: NDArray[np.bool_] | NDArray[np.intp]
) -> CoursePieces:
    return CoursePieces._make(column[chosen] for column in pieces)


def _join_pieces(first: CoursePieces, second: CoursePieces) -> CoursePieces:
    return CoursePieces._make(np.concatenate(pair) for pair in zip(first, second, strict=True))


def _give_to_worst(pieces: CoursePieces, rates: NDArray[np.float64]) -> CoursePieces:
    """Return pieces without overlaps: each place is of the area with the highest rate."""
    order: NDArray[np.intp] = np.lexsort((pieces.area, pieces.start, pieces.segment))
    pieces = _keep_pieces(pieces, order)
    if not len(order):
        return pieces
    # All segments one behind another are one line: number and place on it.
    begin, end = pieces.segment + pieces.start, pieces.segment + pieces.stop
    furthest = np.maximum.accumulate(end)
    follows = np.append(False, begin[1:] < furthest[:-1])
    run = np.cumsum(~follows) - 1
    alone = np.bincount(run)[run] == 1
    shared = _keep_pieces(pieces, ~alone)
    return _join_pieces(_keep_pieces(pieces, alone), _sweep_pieces(shared, rates))


def _sweep_pieces(pieces: CoursePieces, rates: NDArray[np.float64]) -> CoursePieces:
    """Go along the segments, and give each stretch to the worst of the areas that lie there."""
    segments, starts, stops, areas = (column.tolist() for column in pieces)
    known = rates.tolist()
    made: list[tuple[int, float, float, int]] = []
    open_areas: list[tuple[float, int, float]] = []  # worst first: -rate, area, where it ends
    here, at = -1, 0.0

    def go_on_to(goal: float) -> None:
        """Hand out what lies between where the sweep stands and a goal."""
        nonlocal at
        while open_areas and at < goal:
            _, area, end = open_areas[0]
            if end <= at:
                heapq.heappop(open_areas)
                continue
            made.append((here, at, min(end, goal), area))
            at = min(end, goal)
        at = goal

    for segment, start, stop, area in zip(segments, starts, stops, areas, strict=True):
        if segment != here:
            go_on_to(1.0)
            open_areas.clear()
            here, at = segment, start
        go_on_to(start)
        heapq.heappush(open_areas, (-known[area], area, stop))
    go_on_to(1.0)
    columns = zip(*made, strict=True) if made else ([], [], [], [])
    kinds = (np.int64, np.float64, np.float64, np.int64)
    return CoursePieces._make(
        np.array(column, dtype=kind) for column, kind in zip(columns, kinds, strict=True)
    )


def _sum_up(
    data: NetworkData,
    rows: NDArray[np.int32],
    length: NDArray[np.float64],
    areas: VegetationAreas,
    pieces: tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]],
) -> SpanExposures:
    """Sum up the pieces by span, given with their areas and meters; spans without are left out."""
    span, area, inside = pieces
    failures = inside / 1000.0 * areas.find_rates()[area]
    in_risk = np.bincount(span, inside, len(rows))
    kept = np.flatnonzero(in_risk > 0)
    worst = np.zeros(len(rows), dtype=np.uint8)
    np.maximum.at(worst, span, areas.risk[area])
    clearance, height = np.full(len(rows), np.nan), np.full(len(rows), np.nan)
    np.fmin.at(clearance, span, areas.clearance_m[area])
    np.fmax.at(height, span, areas.tree_height_m[area])
    main = _find_main_areas(span, area, failures, len(rows))[kept]
    return SpanExposures(
        decode_texts(data.equipment.mrid[rows[kept]]).astype(object),
        worst[kept],
        length[kept],
        np.minimum(in_risk, length)[kept],
        np.bincount(span, failures, len(rows))[kept].astype(np.float64),
        clearance[kept],
        height[kept],
        areas.species[main],
        areas.key[main],
    )


def _find_main_areas(
    span: NDArray[np.int64],
    area: NDArray[np.int64],
    failures: NDArray[np.float64],
    count: int,
) -> NDArray[np.int64]:
    """Return the area in which each span has most failures; of equal ones the first."""
    areas = int(area.max(initial=-1)) + 1
    pairs, place = np.unique(span * areas + area, return_inverse=True)
    total = np.bincount(place, failures, len(pairs))
    of_span, of_area = pairs // max(areas, 1), pairs % max(areas, 1)
    order = np.lexsort((-of_area, total, of_span))
    main = np.zeros(count, dtype=np.int64)
    main[of_span[order]] = of_area[order]  # the last of a span stays: the most
    return main
