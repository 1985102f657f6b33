"""Number the rows of a territory in preorder, and hold its columns while they are written."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from gridtwin.model.tables import make_unknown_numbers
from gridtwin.sources.synthetic.feeders import rank_in_runs

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gridtwin.sources.synthetic.feeders import Circuits
    from gridtwin.sources.synthetic.primary import Primary
    from gridtwin.sources.synthetic.service_level import ServiceLevel

STATION_ROWS = 3  # of nodes: high side, bus of the transformer, bus of the feeders


@dataclass(frozen=True, slots=True)
class TerritoryRows:
    """The node row of everything; its equipment row is `shift` of its substation less."""

    stations: NDArray[np.int32]  # first of the rows of each substation
    primary: NDArray[np.int32]
    transformers: NDArray[np.int32]
    poles: NDArray[np.int32]  # only of transformers that have one
    meters: NDArray[np.int32]
    station_of_primary: NDArray[np.int32]
    station_of_transformer: NDArray[np.int32]
    nodes: int
    tree: int  # equipment without ties


def number_rows(primary: Primary, circuits: Circuits, service: ServiceLevel) -> TerritoryRows:
    """Give every node its row in preorder: a node, what hangs on it, then the rest of its chain."""
    stand, meters = service.transformers, service.meters
    below = 1 + stand.meters + stand.has_pole
    size = 1 + np.bincount(stand.site, below, len(primary.kind)).astype(np.int64)
    station = circuits.substation[primary.feeder]
    own = np.cumsum(size) - size + STATION_ROWS * (station.astype(np.int64) + 1)
    before = np.cumsum(below) - below
    first = np.arange(len(below)) - rank_in_runs(stand.site)
    transformer = own[stand.site] + 1 + before - before[first]
    after_pole = stand.has_pole[meters.transformer] & (
        meters.place >= stand.near[meters.transformer]
    )
    stations = int(circuits.substation[-1]) + 1
    starts = np.searchsorted(station, np.arange(stations))
    nodes = int(size.sum()) + STATION_ROWS * stations
    row = transformer.astype(np.int32)
    return TerritoryRows(
        stations=(own[starts] - STATION_ROWS).astype(np.int32),
        primary=own.astype(np.int32),
        transformers=row,
        poles=(row + 1 + stand.near)[stand.has_pole],
        meters=row[meters.transformer] + 1 + meters.place + after_pole,
        station_of_primary=station,
        station_of_transformer=station[stand.site],
        nodes=nodes,
        tree=nodes - stations,
    )


class TerritoryDraft:
    """Columns of nodes and equipment while they are written."""

    def __init__(self, nodes: int, tree: int, ties: int) -> None:
        count = tree + ties
        self.plane = np.empty((nodes, 2))
        self.nominal_v = np.empty(nodes, np.float32)
        self.kind = np.empty(count, np.uint8)
        self.label = np.empty(count, np.uint8)
        self.node_a = np.empty(count, np.int32)
        self.node_b = np.empty(count, np.int32)
        self.phases = np.empty(count, np.uint8)
        self.normal_open = np.zeros(count, np.uint8)
        self.rated_a = make_unknown_numbers(count)
        self.rated_va = make_unknown_numbers(count)
        self.placement = np.zeros(count, np.uint8)
        self.control = np.zeros(count, np.uint8)
        self.vector_group = np.zeros(count, "S4")

    def put_rows(
        self,
        rows: NDArray[Any],
        *,
        kind: Any,
        node_a: Any,
        node_b: Any,
        carried: Any,
        rated_a: Any = np.nan,
        rated_va: Any = np.nan,
        underground: Any = None,
    ) -> None:
        """Write some rows of equipment."""
        self.kind[rows] = kind
        self.label[rows] = kind
        self.node_a[rows] = node_a
        self.node_b[rows] = node_b
        self.phases[rows] = carried
        self.rated_a[rows] = rated_a
        self.rated_va[rows] = rated_va
        if underground is not None:
            self.placement[rows] = np.where(underground, np.uint8(2), np.uint8(1))
