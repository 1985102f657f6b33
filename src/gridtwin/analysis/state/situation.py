"""Hold one network in one state, with all that the analyses need to look at."""

from __future__ import annotations

import math
from copy import copy
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from gridtwin.model import cim
from gridtwin.topology.energized_nodes import find_energized, find_needs
from gridtwin.topology.loss import FaultSet
from gridtwin.topology.membership import find_feeders_of_nodes
from gridtwin.topology.walk import Adjacency

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from gridtwin.analysis.state.loads import PeakLoads
    from gridtwin.model.ids import Element
    from gridtwin.model.network import Network
    from gridtwin.model.tables import NetworkData
    from gridtwin.topology.conduction import SupplyRules
    from gridtwin.topology.topology_index import TopologyIndex

MEDIUM_VOLTAGE_V = 45_000
NO_ROWS: NDArray[np.int32] = np.empty(0, dtype=np.int32)


@dataclass
class Situation:
    """One network in one state."""

    network: Network
    open_mask: NDArray[np.uint8]
    index: TopologyIndex
    rules: SupplyRules
    state: str = "normal"
    version: int = 0

    def rename_state(self, state: str, version: int) -> Situation:
        """Return the same under another name; what has been worked out goes with it."""
        named = copy(self)
        named.state, named.version = state, version
        return named

    @property
    def data(self) -> NetworkData:
        """The network's tables."""
        return self.network.data

    @property
    def strict(self) -> bool:
        """Whether recorded phases alone decide."""
        return self.rules.phase_policy == "strict"

    @cached_property
    def adjacency(self) -> Adjacency:
        """The equipment at each node."""
        equipment = self.data.equipment
        return Adjacency.from_terminals(
            equipment.node_a, equipment.node_b, len(self.data.nodes.mrid)
        )

    @cached_property
    def conducts(self) -> NDArray[np.bool_]:
        """Whether each piece of equipment conducts on any phase."""
        return self.index.conduction.passes != 0

    @cached_property
    def is_supplied(self) -> NDArray[np.bool_]:
        """Whether a conductor leads from each node to a source, whatever its phases."""
        return self.index.tin >= 0

    @cached_property
    def is_energized(self) -> NDArray[np.bool_]:
        """Whether each node is live on a phase; by any conductor where records allow it none."""
        return find_energized(self.index)

    @cached_property
    def needs(self) -> NDArray[np.uint8]:
        """What keeps each usage point alive; 0 where it is out. See `topology.needs`."""
        return find_needs(self.index, self.data.usage_points, strict=self.strict)

    @cached_property
    def is_served(self) -> NDArray[np.bool_]:
        """Whether each usage point has supply: some phase it uses is live."""
        return self.needs != 0

    @cached_property
    def is_switch(self) -> NDArray[np.bool_]:
        """Whether each piece of equipment is a switch."""
        return cim.IS_SWITCH[self.data.equipment.kind]

    @cached_property
    def is_open(self) -> NDArray[np.bool_]:
        """Whether each piece of equipment is in service and stands open on all its phases."""
        return self.data.equipment.in_service & ~self.conducts & (self.open_mask != 0)

    @cached_property
    def is_operable(self) -> NDArray[np.bool_]:
        """Whether each piece of equipment is a switch in service that somebody can operate."""
        equipment = self.data.equipment
        return self.is_switch & (equipment.control != 0) & equipment.in_service

    @cached_property
    def is_lit(self) -> NDArray[np.bool_]:
        """Whether each piece of equipment conducts between two nodes with supply."""
        equipment, live = self.data.equipment, self.is_supplied
        return self.conducts & live[equipment.node_a] & live[equipment.node_b]

    @cached_property
    def climbs(self) -> NDArray[np.bool_]:
        """Whether each is a transformer above medium voltage: a feeder ends where one begins."""
        equipment, volts = self.data.equipment, self.data.nodes.nominal_v
        transformers = np.flatnonzero(equipment.kind == cim.TRANSFORMER)
        a, b = volts[equipment.node_a[transformers]], volts[equipment.node_b[transformers]]
        climbs = np.zeros(len(equipment.kind), dtype=bool)
        climbs[transformers] = np.fmax(a, b) > MEDIUM_VOLTAGE_V
        return climbs

    def find_ends(self, row: int) -> tuple[int, int]:
        """Return the two nodes of a piece of equipment."""
        equipment = self.data.equipment
        return int(equipment.node_a[row]), int(equipment.node_b[row])

    def find_fed_node(self, row: int) -> int:
        """Return the node a piece of equipment feeds in the forest; -1 if it feeds none."""
        feed = self.index.feed
        return next((node for node in self.find_ends(row) if feed[node] == row), -1)

    def find_faults(self, elements: Iterable[Element]) -> FaultSet:
        """Return what fails when elements fail: a feeder its head, a substation its sources."""
        nodes, equipment, sources = set[int](), set[int](), set[int]()
        data = self.data
        for table, row in elements:
            if table == "equipment":
                equipment.add(row)
            elif table == "nodes":
                nodes.add(row)
            elif table == "feeders":
                equipment.add(int(data.feeders.head[row]))
            elif table == "sources":
                sources.add(row)
            elif table == "substations":
                sources |= set(np.flatnonzero(data.sources.substation == row).tolist())
        return FaultSet(_find_rows(nodes), _find_rows(equipment), _find_rows(sources))

    @cached_property
    def feeder_of_nodes(self) -> tuple[NDArray[np.int32], NDArray[np.bool_]]:
        """The feeder row of each node, -1 for none, and whether more than one feeds it."""
        return find_feeders_of_nodes(self.index, self.data)

    def customers_of(self, rows: NDArray[np.int32]) -> int:
        """Return the customers of usage points."""
        return int(self.data.usage_points.customers[rows].sum())

    @cached_property
    def points_by_node(self) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
        """The usage points of each node: ``rows[start[n] : start[n + 1]]``."""
        node = self.data.usage_points.node
        rows = np.argsort(node, kind="stable").astype(np.int32)
        counts = np.bincount(node, minlength=len(self.data.nodes.mrid))
        return np.concatenate([[0], np.cumsum(counts)]), rows

    def points_at(self, nodes: NDArray[np.int32]) -> NDArray[np.int32]:
        """Return the usage points at nodes, in rising order."""
        start, rows = self.points_by_node
        begin, count = start[nodes], start[nodes + 1] - start[nodes]
        offset = np.repeat(begin - (np.cumsum(count) - count), count)
        return np.sort(rows[np.arange(int(count.sum())) + offset])

    def sum_loads(self, default_peak_w: float = math.nan, coincidence: float = 1.0) -> PeakLoads:
        """Sum up the peak loads; those asked for last are kept. See `PeakLoads.sum_loads`."""
        from gridtwin.analysis.state.loads import PeakLoads

        asked = repr((default_peak_w, coincidence))
        kept = self.__dict__.get("_loads")
        if kept is None or kept[0] != asked:
            points = self.data.usage_points
            kept = asked, PeakLoads.sum_loads(self.index, points, default_peak_w, coincidence)
            self.__dict__["_loads"] = kept
        return kept[1]


def _find_rows(rows: set[int]) -> NDArray[np.int32]:
    return np.array(sorted(rows), dtype=np.int32)
