"""Say which customers hang on another feeder or transformer than in the former edition."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from gridtwin.topology.membership import find_feeders_of_nodes, find_serving_transformers

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gridtwin.analysis.edition.network_difference import NetworkDifference
    from gridtwin.model.tables import NetworkData, Strings
    from gridtwin.topology.topology_index import TopologyIndex

FIRST_MOVED = 5
MOST_WAYS = 20


class MovedPoint(NamedTuple):
    """A usage point that hangs on another element; an empty text is none."""

    mrid: str
    before: str
    after: str


class MovedWay(NamedTuple):
    """Usage points that moved from one element to another; an empty text is none."""

    before: str
    after: str
    usage_points: int
    customers: int


class MovedCustomers(NamedTuple):
    """Who hangs on another feeder, or transformer, than before."""

    usage_points: int
    customers: int
    ways: tuple[MovedWay, ...]  # those of most customers first
    first: tuple[MovedPoint, ...]


@dataclass(frozen=True, slots=True)
class SuppliedNetwork:
    """A network, and its topology as designed."""

    data: NetworkData
    index: TopologyIndex


def find_moved(
    former: SuppliedNetwork, network: SuppliedNetwork, difference: NetworkDifference
) -> tuple[MovedCustomers, MovedCustomers]:
    """
    Return who changes feeder, and who changes transformer, as designed.

    The transformer is the one that is recorded, else the nearest on the way to the source.
    """
    points = difference["usage_points"]
    now = np.flatnonzero(points.old_row >= 0)
    before = points.old_row[now]
    moved = []
    for name in (_name_feeders, _name_transformers):
        old, new = name(former)[before], name(network)[now]
        moved.append(_collect_moved(network.data, now, old, new))
    return moved[0], moved[1]


def _name_feeders(network: SuppliedNetwork) -> Strings:
    """Return the mRID of the feeder of each usage point; empty for none."""
    data = network.data
    feeder = find_feeders_of_nodes(network.index, data)[0][data.usage_points.node]
    return np.append(data.feeders.mrid, b"")[feeder]


def _name_transformers(network: SuppliedNetwork) -> Strings:
    data = network.data
    serving = find_serving_transformers(network.index, data)
    return np.append(data.equipment.mrid, b"")[serving]


def _collect_moved(
    data: NetworkData, rows: NDArray[np.integer[Any]], old: Strings, new: Strings
) -> MovedCustomers:
    moved = np.flatnonzero(old != new)
    mrids = data.usage_points.mrid[rows[moved]]
    customers = data.usage_points.customers[rows[moved]]
    ways: dict[tuple[bytes, bytes], list[int]] = {}
    for one, other, count in zip(
        old[moved].tolist(), new[moved].tolist(), customers.tolist(), strict=True
    ):
        way = ways.setdefault((one, other), [0, 0])
        way[0] += 1
        way[1] += count
    order = sorted(ways, key=lambda way: (-ways[way][1], way))
    first = np.argsort(mrids)[:FIRST_MOVED]
    return MovedCustomers(
        len(moved),
        int(customers.sum()),
        tuple(
            MovedWay(one.decode(), other.decode(), *ways[one, other])
            for one, other in order[:MOST_WAYS]
        ),
        tuple(
            MovedPoint(*(bytes(each[row]).decode() for each in (mrids, old[moved], new[moved])))
            for row in first
        ),
    )
