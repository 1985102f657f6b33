"""Share the streets of a graph out: to substations, to feeders, and from each feeder's entry on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from gridtwin.errors import InputError
from gridtwin.sources.synthetic.feeders import count_feeders, share_out

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gridtwin.sources.synthetic.road_graph import RoadGraph

MOST_STREET_M = 40.0  # for each meter: a territory takes so much street around its middle
LEAST_STREET_M = 3.0  # less does not hold the meters
SHORTEST_SITE_M = 30.0  # of a piece of street that has houses
METERS_PER_SITE = 7.0  # at least, on average
SITES_PER_FEEDER = 6
LEAST_SITES = 3  # a feeder of fewer gives its streets to its neighbors
STATION_ASIDE_M = 25.0  # from the street to the substation


@dataclass(frozen=True, slots=True)
class RoadAreas:
    """
    Streets by feeder.

    Attributes
    ----------
    substation
        Of each feeder, rising.
    origin
        Shape (feeders, 2): where that stands.
    cell
        Feeder of each node of the graph.
    above
        The node before each one on its way from where its feeder enters the streets; itself there.
    piece
        The piece of street on the last part of that way; -1 there.
    reach_m
        Meters of that way.
    host
        The end of each piece of street that is nearer to the entry: its houses are served from it.
    pieces
        Number + 1 of the shortest piece between two nodes, a sparse matrix.
    getaway
        Nodes from the street at the substation to where each feeder enters its streets.
    site
        Houses along each piece of street, as a share of all.
    """

    substation: NDArray[np.int32]
    origin: NDArray[np.float64]
    cell: NDArray[np.int32]
    above: NDArray[np.int32]
    piece: NDArray[np.int64]
    reach_m: NDArray[np.float64]
    host: NDArray[np.int64]
    pieces: Any
    getaway: list[list[int]]
    site: NDArray[np.float64]

    @property
    def entry(self) -> NDArray[np.int64]:
        """Node where each feeder enters its streets."""
        return np.array([path[-1] for path in self.getaway])

    def find_piece(self, one: int, two: int) -> int:
        """Return the shortest piece of street between two nodes."""
        return int(self.pieces[one, two]) - 1


def choose_streets(graph: RoadGraph, meters: int) -> RoadGraph:
    """
    Return the streets around the middle of a graph, as many as so many meters fill.

    Raises
    ------
    InputError
        If there are too few streets for the meters.
    """
    from scipy.sparse.csgraph import dijkstra

    total = graph.length.sum()
    if total < LEAST_STREET_M * meters:
        most = int(total / LEAST_STREET_M)
        msg = f"{total / 1_000:.1f} km of streets hold {most:,} meters at most: ask for fewer"
        raise InputError(msg)
    middle = np.median(graph.nodes, axis=0)
    start = int(np.hypot(*(graph.nodes - middle).T).argmin())
    lengths, _ = graph.make_matrix()
    way = dijkstra(lengths, directed=False, indices=start)
    far = np.maximum(way[graph.begin], way[graph.end])
    order = np.argsort(far, kind="stable")
    running = np.cumsum(graph.length[order])
    count = int(np.searchsorted(running, MOST_STREET_M * meters)) + 1
    return graph.take_pieces(np.sort(order[:count]))


def share_streets(graph: RoadGraph, meters: int) -> RoadAreas:
    """
    Give every substation and every feeder the streets that are nearest to it along the streets.

    Raises
    ------
    InputError
        If the streets are too few for one feeder.
    """
    site = _choose_sites(graph, meters)
    weight = np.bincount(graph.begin, site, len(graph.nodes)) / 2
    weight += np.bincount(graph.end, site, len(graph.nodes)) / 2
    stations, feeders = _limit_counts(meters, int(np.count_nonzero(site)))
    seeds = _spread_seeds(graph.nodes, weight, np.arange(len(graph.nodes)), stations)
    area, _ = _reach_areas(graph, seeds)
    count = share_out(np.bincount(area, weight, stations) + 1e-9, feeders)
    starts = np.concatenate(
        [
            _spread_seeds(graph.nodes, weight, np.flatnonzero(area == station), int(wanted))
            for station, wanted in enumerate(count)
        ]
    )
    while True:
        area, before = _reach_areas(graph, seeds)
        areas = _lead_feeders(graph, site, seeds, area, before, starts)
        sites = np.bincount(areas.cell[areas.host[site > 0]], minlength=len(starts))
        enough = sites >= LEAST_SITES
        if enough.all() or len(starts) == 1:
            return areas
        starts = starts[enough] if enough.any() else starts[:1]
        seeds = seeds[np.unique(area[starts])]


def _reach_areas(
    graph: RoadGraph, seeds: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[Any]]:
    """Return the seed that is nearest to each node, and the node before it on the way."""
    from scipy.sparse.csgraph import dijkstra

    lengths, _ = graph.make_matrix()
    _, before, source = dijkstra(
        lengths, directed=False, indices=seeds, min_only=True, return_predecessors=True
    )
    number = np.full(len(graph.nodes), -1)
    number[seeds] = np.arange(len(seeds))
    return number[source], before


def _lead_feeders(
    graph: RoadGraph,
    site: NDArray[np.float64],
    seeds: NDArray[np.int64],
    area: NDArray[np.int64],
    before: NDArray[Any],
    starts: NDArray[np.int64],
) -> RoadAreas:
    """Return the areas of feeders that start amid their streets."""
    cell, _, _ = _grow_cells(graph, area, starts)
    paths = [_lead_out(before, start, cell, feeder) for feeder, start in enumerate(starts.tolist())]
    entry = np.array([path[-1] for path in paths])
    _, above, reach = _grow_cells(graph, cell, entry)
    _, pieces = graph.make_matrix()
    piece = np.asarray(pieces[above, np.arange(len(above))]).ravel().astype(np.int64) - 1
    host = np.where(reach[graph.begin] <= reach[graph.end], graph.begin, graph.end)
    below = np.flatnonzero(piece >= 0)
    host[piece[below]] = above[below]
    substation = area[starts].astype(np.int32)
    origin = graph.nodes[seeds][substation] + STATION_ASIDE_M
    return RoadAreas(substation, origin, cell, above, piece, reach, host, pieces, paths, site)


def _choose_sites(graph: RoadGraph, meters: int) -> NDArray[np.float64]:
    """Return how many houses each piece of street has, as a share: long ones more, short none."""
    length = graph.length
    most = min(int(meters / METERS_PER_SITE), int(np.count_nonzero(length >= SHORTEST_SITE_M)))
    if most < SITES_PER_FEEDER:
        msg = (
            f"there are {len(length):,} pieces of street, of which {most} hold houses for"
            f" {meters:,} meters: a feeder needs {SITES_PER_FEEDER} or more; give more of both"
        )
        raise InputError(msg)
    # No piece has less than half of the mean, so that each of its transformers has a meter.
    chosen = np.sort(np.argsort(-length, kind="stable")[:most])
    share = np.zeros(len(length))
    share[chosen] = length[chosen] + length[chosen].mean()
    return share / share.sum()


def _limit_counts(meters: int, sites: int) -> tuple[int, int]:
    """Return how many substations and feeders so many meters and sites have."""
    stations, feeders = count_feeders(meters)
    feeders = max(1, min(feeders, sites // SITES_PER_FEEDER))
    return min(stations, feeders), feeders


def _spread_seeds(
    places: NDArray[np.float64], weight: NDArray[np.float64], nodes: NDArray[Any], count: int
) -> NDArray[np.int64]:
    """Halve places again and again into parts of like weight; return a node amid each."""
    count = min(count, len(nodes))
    pending = [(nodes, count)]
    seeds: list[int] = []
    while pending:
        part, wanted = pending.pop()
        xy = places[part]
        if wanted == 1:
            middle = np.average(xy, axis=0, weights=weight[part] + 1e-12)
            seeds.append(int(part[np.hypot(*(xy - middle).T).argmin()]))
            continue
        left = wanted // 2
        order = np.argsort(xy[:, int(np.ptp(xy, axis=0).argmax())], kind="stable")
        running = np.cumsum(weight[part][order] + 1e-12)
        cut = int(np.searchsorted(running, running[-1] * left / wanted)) + 1
        cut = min(max(cut, left), len(part) - (wanted - left))
        pending += [(part[order[cut:]], wanted - left), (part[order[:cut]], left)]
    return np.array(seeds)


def _grow_cells(
    graph: RoadGraph, area: NDArray[Any], starts: NDArray[np.int64]
) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.float64]]:
    """Return which start is nearest to each node within its area, the node before it, how far."""
    from scipy.sparse.csgraph import dijkstra

    inside = np.flatnonzero(area[graph.begin] == area[graph.end])
    lengths, _ = graph.make_matrix(inside)
    reach, above, source = dijkstra(
        lengths, directed=False, indices=starts, min_only=True, return_predecessors=True
    )
    number = np.full(len(graph.nodes), -1, np.int32)
    number[starts] = np.arange(len(starts), dtype=np.int32)
    above = np.where(above < 0, np.arange(len(above)), above).astype(np.int32)
    return number[source], above, reach


def _lead_out(before: NDArray[Any], node: int, cell: NDArray[np.int32], feeder: int) -> list[int]:
    """Return the nodes from a substation's street to the first one of a feeder's own streets."""
    path = [node]
    while before[path[-1]] >= 0:
        path.append(int(before[path[-1]]))
    path.reverse()
    first = next(place for place, node in enumerate(path) if cell[node] == feeder)
    return path[: first + 1]
