"""Lay the primary along real streets: trunks where most is fed, laterals down the side streets."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import shapely

from gridtwin.sources.synthetic.feeders import Circuits, share_out
from gridtwin.sources.synthetic.primary import (
    BREAKER_CODE,
    DEVICE_KINDS,
    DEVICE_SHARE,
    FUSE_CODE,
    LATERAL_SHARE,
    LATERAL_WIDTHS,
    LINE_CODE,
    POLE_M,
    REGULATED_FROM_M,
    REGULATOR_CODE,
    Primary,
)
from gridtwin.sources.synthetic.road_ties import choose_ties
from gridtwin.sources.synthetic.street_sides import DrawnStreets
from gridtwin.sources.synthetic.ties import MOST_CORNERS, SWITCH_M, Ties

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gridtwin.sources.synthetic.road_areas import RoadAreas
    from gridtwin.sources.synthetic.road_graph import RoadGraph

TRUNK_SHARE = 0.2  # of its feeder's houses: a street that leads to more of them carries the trunk
JUNCTIONS_PER_DEVICE = 5  # a switching device stands in the trunk before every fifth junction
WIDE_SHARE = 0.12  # of its feeder's houses: a lateral with more of them has three phases
ROAD_CORNER_M = 18.0  # kept clear of houses at both ends of a piece of street
BLOCK_M = 90.0  # from a street to the next, as far as setbacks care
MODERN_SHARE = (0.05, 0.75)  # of the laterals of a feeder that lie underground
TRUNK_UNDERGROUND = 0.12
NEAR_POINT_M = 0.5  # of a street, to the end of a part of it


class _Rows(NamedTuple):
    """Rows of `Primary` before they are sorted: each is part of a piece of street."""

    kind: NDArray[np.uint8]
    feeder: NDArray[np.int32]
    parent: NDArray[np.int64]  # row here; -1 = the bus of the substation
    trunk: NDArray[np.bool_]
    piece: NDArray[np.int64]  # -1 = the way out of the substation
    low_m: NDArray[np.float64]  # along the piece from its host
    high_m: NDArray[np.float64]
    houses: NDArray[np.float64]

    def insert_before(self, row: NDArray[np.int64], kind: Any) -> _Rows:
        """Return these rows and devices that stand before some of them."""
        stand = np.minimum(self.low_m + POLE_M, (2 * self.low_m + self.high_m) / 3)[row]
        added = _Rows(
            kind=np.broadcast_to(np.uint8(kind), len(row)),
            feeder=self.feeder[row],
            parent=self.parent[row],
            trunk=self.trunk[row],
            piece=self.piece[row],
            low_m=self.low_m[row],
            high_m=stand,
            houses=np.zeros(len(row)),
        )
        parent, low_m = self.parent.copy(), self.low_m.copy()
        parent[row] = len(self.kind) + np.arange(len(row))
        low_m[row] = stand
        moved = self._replace(parent=parent, low_m=low_m)
        return _join_rows([moved, added])


def _join_rows(parts: list[_Rows]) -> _Rows:
    return _Rows._make(np.concatenate(columns) for columns in zip(*parts, strict=True))


@dataclass(frozen=True, slots=True)
class _Tree:
    """What hangs on what along the streets."""

    kept: NDArray[np.bool_]  # nodes of the graph that something hangs on
    trunk: NDArray[np.bool_]  # nodes of the graph
    below: NDArray[np.float64]  # share of houses beyond each node
    rank: NDArray[np.int64]  # junctions from the entry


def lay_roads(
    graph: RoadGraph, areas: RoadAreas, meters: int, rng: np.random.Generator
) -> tuple[Circuits, Primary]:
    """Lay trunks, laterals and ties along the streets of feeders."""
    ties = choose_ties(graph, areas)
    site = areas.site.copy()
    site[ties] = 0.0
    feeder_of_piece = areas.cell[areas.host]
    own = np.bincount(feeder_of_piece, site, len(areas.substation))
    circuits = Circuits(areas.substation, share_out(own, meters).astype(np.int32), areas.origin)
    tree = _grow_tree(graph, areas, site, ties)
    rows, node_row = _collect_rows(graph, areas, tree, site, ties)
    spur = np.arange(len(rows.kind) - len(ties), len(rows.kind))
    other = graph.begin + graph.end - areas.host
    rows = _stand_devices(areas, tree, rows, node_row, rng)
    return circuits, _finish_rows(graph, areas, rows, spur, node_row[other[ties]], rng)


def _grow_tree(
    graph: RoadGraph, areas: RoadAreas, site: NDArray[np.float64], ties: NDArray[np.int64]
) -> _Tree:
    """Sum houses toward the entries, and say which streets carry the trunk."""
    count = len(graph.nodes)
    on_way = areas.piece >= 0
    stub = np.ones(len(site), np.bool_)
    stub[areas.piece[on_way]] = False
    summed = np.bincount(areas.host[stub], site[stub], count).tolist()
    above, order = areas.above.tolist(), np.argsort(areas.reach_m, kind="stable")
    own = np.where(on_way, site[areas.piece], 0.0).tolist()
    rank = [0] * count
    nodes = [node for node in order.tolist() if on_way[node]]
    for node in nodes:
        rank[node] = rank[above[node]] + 1
    for node in reversed(nodes):
        summed[above[node]] += summed[node] + own[node]
    below = np.array(summed)
    tied = np.zeros(count, np.bool_)
    for end in np.r_[graph.begin[ties], graph.end[ties]].tolist():
        node = end
        while not tied[node]:
            tied[node] = True
            node = above[node]
    entry = areas.entry
    total = below[entry][areas.cell]
    trunk = tied | (below >= TRUNK_SHARE * total)
    trunk[entry] = True
    kept = tied | (below > 0)
    kept[entry] = True
    return _Tree(kept, trunk & kept, below, np.array(rank))


def _collect_rows(
    graph: RoadGraph,
    areas: RoadAreas,
    tree: _Tree,
    site: NDArray[np.float64],
    ties: NDArray[np.int64],
) -> tuple[_Rows, NDArray[np.int64]]:
    """Return line sections, those to ties last, and the row that ends at each node."""
    feeders = len(areas.substation)
    nodes = np.flatnonzero(tree.kept & (areas.piece >= 0))
    served = np.flatnonzero(site > 0)
    node_row = np.full(len(graph.nodes), -1)
    node_row[areas.entry] = np.arange(feeders)
    node_row[nodes] = feeders + np.arange(len(nodes))
    middle_row = np.full(len(site), -1)
    middle_row[served] = feeders + len(nodes) + np.arange(len(served))
    on_trunk = np.zeros(len(site), np.bool_)
    on_trunk[areas.piece[nodes]] = tree.trunk[nodes]
    way, half = areas.piece[nodes], graph.length / 2
    halved = middle_row[way] >= 0
    getaway = _Rows(
        kind=np.full(feeders, LINE_CODE, np.uint8),
        feeder=np.arange(feeders, dtype=np.int32),
        parent=np.full(feeders, -1),
        trunk=np.ones(feeders, np.bool_),
        piece=np.full(feeders, -1),
        low_m=np.zeros(feeders),
        high_m=np.zeros(feeders),
        houses=np.zeros(feeders),
    )

    def draw_rows(**columns: NDArray[Any]) -> _Rows:
        count = len(columns["piece"])
        usual = {
            "kind": np.full(count, LINE_CODE, np.uint8),
            "feeder": areas.cell[areas.host[columns["piece"]]],
            "low_m": np.zeros(count),
            "houses": np.zeros(count),
        }
        return _Rows(**(usual | columns))

    rows = [
        getaway,
        draw_rows(
            parent=np.where(halved, middle_row[way], node_row[areas.above[nodes]]),
            trunk=tree.trunk[nodes],
            piece=way,
            low_m=np.where(halved, half[way], 0.0),
            high_m=graph.length[way],
        ),
        draw_rows(
            parent=node_row[areas.host[served]],
            trunk=on_trunk[served],
            piece=served,
            high_m=half[served],
            houses=site[served],
        ),
        draw_rows(
            parent=node_row[areas.host[ties]],
            trunk=np.ones(len(ties), np.bool_),
            piece=ties,
            high_m=graph.length[ties] - SWITCH_M,
        ),
    ]
    return _join_rows(rows), node_row


def _stand_devices(
    areas: RoadAreas,
    tree: _Tree,
    rows: _Rows,
    node_row: NDArray[np.int64],
    rng: np.random.Generator,
) -> _Rows:
    """Put a breaker at the head, switches and regulators in trunks, a fuse on every lateral."""
    tapped = np.flatnonzero(~rows.trunk & rows.trunk[rows.parent])
    trunk = np.flatnonzero(tree.trunk & (areas.piece >= 0))
    before = areas.reach_m[areas.above[trunk]]
    longest = np.zeros(len(areas.substation))
    np.maximum.at(longest, areas.cell, areas.reach_m)
    far = longest[areas.cell[trunk]] > REGULATED_FROM_M
    half_way = REGULATED_FROM_M / 2
    regulated = far & (before < half_way) & (areas.reach_m[trunk] >= half_way)
    switched = ~regulated & (tree.rank[trunk] % JUNCTIONS_PER_DEVICE == JUNCTIONS_PER_DEVICE - 1)
    drawn = rng.choice(np.array(DEVICE_KINDS, np.uint8), len(trunk), p=DEVICE_SHARE)
    kind = np.where(regulated, np.uint8(REGULATOR_CODE), drawn)[regulated | switched]
    ends = node_row[trunk[regulated | switched]]
    halved = rows.houses[rows.parent[ends]] > 0  # the piece begins before its middle
    first = np.where(halved, rows.parent[ends], ends)
    rows = rows.insert_before(first, kind)
    rows = rows.insert_before(tapped, FUSE_CODE)
    return rows.insert_before(np.arange(len(areas.substation)), BREAKER_CODE)


def _finish_rows(
    graph: RoadGraph,
    areas: RoadAreas,
    rows: _Rows,
    spur: NDArray[np.int64],
    target: NDArray[np.int64],
    rng: np.random.Generator,
) -> Primary:
    """Sort rows in preorder, draw them, and give laterals their phases."""
    order = _find_preorder(rows.parent, rows.feeder)
    place = np.empty(len(order), np.int64)
    place[order] = np.arange(len(order))
    lines = graph.lines.copy()
    backward = areas.host != graph.begin
    lines[backward] = shapely.reverse(lines[backward])
    plane = _find_ends(graph, areas, rows, lines)[order]
    start, corners = _find_corners(graph, areas, rows, lines, order)
    rows = _Rows._make(column[order] for column in rows)
    parent = np.where(rows.parent < 0, -1, place[rows.parent])
    opens = ~rows.trunk & ((parent < 0) | rows.trunk[parent])
    lateral = np.where(rows.trunk, -1, np.cumsum(opens) - 1)
    houses = np.bincount(lateral[~rows.trunk], rows.houses[~rows.trunk], int(opens.sum()))
    own = rows.feeder[opens]
    total = np.bincount(rows.feeder, rows.houses)[own]
    width = rng.choice(np.array(LATERAL_WIDTHS, np.uint8), len(own), p=LATERAL_SHARE)
    modern = rng.uniform(*MODERN_SHARE, len(areas.substation))
    buried = rng.random(len(own)) < modern[own]
    buried_trunk = rng.random(len(areas.substation)) < TRUNK_UNDERGROUND
    piece = np.maximum(rows.piece, 0)
    served = rows.houses > 0
    frontage = np.maximum(graph.length[piece] - 2 * ROAD_CORNER_M, ROAD_CORNER_M / 2)
    return Primary(
        kind=rows.kind,
        feeder=rows.feeder,
        parent=parent.astype(np.int32),
        plane=plane,
        lateral=lateral.astype(np.int32),
        street=np.where(served, frontage, 0.0).astype(np.float32),
        sides=DrawnStreets(piece, lines),
        houses=(rows.houses / areas.site.max()).astype(np.float32),
        block=np.full(len(order), BLOCK_M, np.float32),
        underground=np.where(rows.trunk, buried_trunk[rows.feeder], buried[lateral]),
        corner_start=start,
        corners=corners,
        ties=Ties(
            spur=place[spur].astype(np.int32),
            target=place[target].astype(np.int32),
            plane=plane[place[spur]],
            corners=np.full((len(spur), MOST_CORNERS, 2), np.nan),
        ),
        lateral_width=np.where(houses > WIDE_SHARE * total, np.uint8(3), width),
        lateral_feeder=own,
    )


def _find_preorder(parent: NDArray[np.int64], feeder: NDArray[np.int32]) -> NDArray[np.int64]:
    """Return rows so that each stands before what hangs on it, feeder after feeder."""
    children: list[list[int]] = [[] for _ in parent]
    roots = np.flatnonzero(parent < 0)
    for row, above in enumerate(parent.tolist()):
        if above >= 0:
            children[above].append(row)
    pending = roots[np.argsort(-feeder[roots], kind="stable")].tolist()
    order = []
    while pending:
        row = pending.pop()
        order.append(row)
        pending += reversed(children[row])
    return np.array(order)


def _find_ends(
    graph: RoadGraph, areas: RoadAreas, rows: _Rows, lines: NDArray[np.object_]
) -> NDArray[np.float64]:
    """Return the far end of every row."""
    drawn = rows.piece >= 0
    ends = np.empty((len(drawn), 2))
    points = shapely.line_interpolate_point(lines[rows.piece[drawn]], rows.high_m[drawn])
    ends[drawn] = shapely.get_coordinates(points)
    entry = graph.nodes[areas.entry][rows.feeder]
    out = areas.origin[rows.feeder] - POLE_M / np.sqrt(2)
    breaker = (rows.kind == BREAKER_CODE)[:, None]
    return np.where(drawn[:, None], ends, np.where(breaker, out, entry))


def _find_corners(
    graph: RoadGraph,
    areas: RoadAreas,
    rows: _Rows,
    lines: NDArray[np.object_],
    order: NDArray[np.int64],
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return the points of its street that every line section passes, by sorted row."""
    points, line = shapely.get_coordinates(lines, return_index=True)
    step = np.hypot(*np.diff(points, axis=0, prepend=points[:1]).T)
    first = np.searchsorted(line, np.arange(len(lines) + 1))
    running = np.cumsum(step)
    along = running - running[first[:-1]][line]
    row = order[(rows.piece[order] >= 0) & (rows.kind[order] == LINE_CODE)]
    counts = np.diff(first)[rows.piece[row]]
    owner = np.repeat(row, counts)
    within = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
    at = first[rows.piece[owner]] + within
    passed = along[at] > rows.low_m[owner] + NEAR_POINT_M
    passed &= along[at] < rows.high_m[owner] - NEAR_POINT_M
    owner, corners = owner[passed], points[at[passed]]
    ways = [_draw_getaway(graph, areas, path) for path in areas.getaway]
    out = np.flatnonzero((rows.piece < 0) & (rows.kind == LINE_CODE))
    owner = np.r_[owner, np.repeat(out, [len(way) for way in ways])]
    corners = np.concatenate([corners, *ways])
    place = np.empty(len(order), np.int64)
    place[order] = np.arange(len(order))
    by_row = np.argsort(place[owner], kind="stable")
    total = np.bincount(place[owner], minlength=len(order))
    return np.r_[0, np.cumsum(total)], corners[by_row]


def _draw_getaway(graph: RoadGraph, areas: RoadAreas, path: list[int]) -> NDArray[np.float64]:
    """Return the points of the streets from a substation to the entry, without that one."""
    points = [graph.nodes[path[0]][None]]
    for begin, end in pairwise(path):
        piece = areas.find_piece(begin, end)
        course = shapely.get_coordinates(graph.lines[piece])
        points.append((course if graph.begin[piece] == begin else course[::-1])[1:])
    return np.concatenate(points)[: -1 if len(path) > 1 else None]
