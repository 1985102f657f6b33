"""Hold one twin that many ask at once, and what is worked out once for all of them."""

from __future__ import annotations

from threading import Lock
from typing import TYPE_CHECKING, Any

from cachetools import LRUCache

from gridtwin.analysis.quality.checks import check_network
from gridtwin.analysis.state.identity import find_feeder
from gridtwin.analysis.state.name_index import NameIndex
from gridtwin.model.state import CURRENT, NORMAL
from gridtwin.results.outage_board import count_priority_out, list_point_estimates
from gridtwin.twin.data_findings import join_findings, pick_rules, require_rules

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gridtwin.analysis.quality.checks import Report
    from gridtwin.analysis.state.situation import Situation
    from gridtwin.analysis.state.supply_state import SupplyState
    from gridtwin.model.ids import Element
    from gridtwin.model.network import Network
    from gridtwin.results.vegetation_result import VegetationRisk
    from gridtwin.twin import Twin
    from gridtwin.twin.history import Moments

KEPT_SUPPLIES = 8  # states whose supply is kept


class SharedTwin:
    """One network and its twin; threads may share it."""

    def __init__(self, twin: Twin) -> None:
        self.twin = twin
        self.network_hash = twin.store.network_hash
        self._lock = Lock()
        self._history = Lock()
        self._working = Lock()
        self._checking = Lock()
        self._naming = Lock()
        self._vegetation = Lock()
        self._risk: tuple[object, VegetationRisk] | None = None
        self._names: NameIndex | None = None
        self._report: Report | None = None
        self._priority: tuple[int, dict[str, int]] | None = None
        self._past: tuple[str, Twin] | None = None
        self._supply: LRUCache[tuple[str, int, int], SupplyState] = LRUCache(KEPT_SUPPLIES)

    @property
    def network(self) -> Network:
        """The network."""
        return self.twin.store.network

    def prepare_names(self) -> NameIndex:
        """Return its ids and names, to be searched; what is laid out for it is kept."""
        with self._naming:  # one thread works it out; who else wants it waits for it
            if self._names is None:
                self._names = NameIndex(self.network.data, self.network.ids)
            return self._names

    @property
    def names(self) -> NameIndex:
        """Its ids and names, to be searched."""
        return self.prepare_names()

    def read_situation(self, state: str = CURRENT) -> Situation:
        """Return the network in a state."""
        return self.twin.situation(state)

    def compute_supply(self, situation: Situation) -> tuple[SupplyState, int]:
        """
        Return what has supply in a situation, and how often the twin had changed until then.

        What was worked out for the last few is kept.
        """
        versions = (
            self.twin.store.read_versions()
        )  # first: what is read afterwards is at least as new
        key = (situation.state, situation.version, versions.outages)
        with self._working:  # one thread works it out; who else wants it waits for it
            found = self._supply.get(key)
            if found is None or found.open_mask is not situation.open_mask:
                found = self._supply[key] = self.twin.supply(situation)
        return found, versions.change_count

    def check_data(self, rules: Sequence[str] | None = None) -> Report:
        """Return what was found in the data as designed; what the rules find is kept."""
        require_rules(rules or ())
        with self._checking:  # one thread works it out; who else wants it waits for it
            if self._report is None:
                situation = self.read_situation(NORMAL)
                self._report = check_network(situation.network, situation.index)
        loaded = self.twin.store.findings.read_findings()
        return pick_rules(join_findings(loaded, self._report, loaded.accepted), rules)

    def read_vegetation(self) -> VegetationRisk:
        """Return the spans at risk as designed; kept until areas are loaded or outages change."""
        with self._vegetation:  # one thread works it out; who else wants it waits for it
            layers = self.twin.vegetation_layers()
            mark = layers, self.twin.store.read_versions().outages
            if self._risk is None or self._risk[0] != mark:
                self._risk = mark, self.twin.vegetation()
            return self._risk[1]

    def open_past(self, at: str) -> Twin:
        """Return the twin as it was at a moment; the one asked for last is kept."""
        with self._lock:
            known = self._past
            if known is None or known[0] != at:
                known = self._past = at, self.twin.at(at)
            return known[1]

    def list_moments(self, start: str, end: str) -> Moments:
        """Return what happened between two moments; threads take their turn."""
        with self._history:
            return self.twin.history.moments(start, end)

    def feeder_of(self, mrid: str | None) -> str | None:
        """Return the feeder of an element as designed; None for none."""
        element = self.network.ids.find_first(mrid) if mrid else None
        if element is None:  # of another network
            return None
        return self.name_feeder(self.read_situation(NORMAL), element)

    def name_feeder(self, situation: Situation, element: Element) -> str | None:
        """Return the feeder of an element in a situation; None for none."""
        row = find_feeder(situation, element)
        return bytes(self.network.data.feeders.mrid[row]).decode() if row >= 0 else None

    def priority_out(self) -> dict[str, int]:
        """Return how many customers at priority sites are out in each open outage."""
        mark = self.twin.store.read_versions().outages
        with self._working:
            if self._priority is None or self._priority[0] != mark:
                members = self.twin.outages.members()
                self._priority = mark, count_priority_out(members, self.network)
            return self._priority[1]

    def outages_of(
        self, element: Element, mrid: str
    ) -> tuple[list[dict[str, Any]], dict[str, Any] | None]:
        """Return the open outages an element is in or has caused, and what is promised to it."""
        held, estimate = "", None
        if element.table == "usage_points":
            held, estimate = self.find_promise(mrid)
        found = [
            {"id": each.id, "status": each.status.value, "customers_out": each.customers_out}
            for each in self.twin.outages.all()
            if each.id == held or each.device == mrid
        ]
        return found, estimate

    def find_promise(self, usage_point: str) -> tuple[str, dict[str, Any] | None]:
        """Return the open outage a usage point is out in, and what is promised to it."""
        outage = self.twin.store.outages.find_open_outage(usage_point)
        if not outage:
            return "", None
        points = self.twin.store.estimates.read_points(outage)
        records = list_point_estimates(points.take_rows(points.usage_point == usage_point))
        return outage, records[0] if records else None
