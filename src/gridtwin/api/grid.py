"""Hold what the server answers from: one twin, what is worked out once for its network."""

from __future__ import annotations

from functools import cached_property
from threading import Lock
from typing import TYPE_CHECKING, Annotated, Any

from cachetools import LRUCache
from fastapi import Depends, Request
from shapely import get_num_coordinates

from gridtwin.analysis.place.polygon import PolygonInput, read_polygon
from gridtwin.analysis.quality.checks import check_network
from gridtwin.analysis.state.identity import find_feeder
from gridtwin.analysis.state.name_index import NameIndex
from gridtwin.api.views.feature_ids import FeatureIds
from gridtwin.api.views.outage_cards import count_priority_out, list_point_estimates
from gridtwin.errors import TooLargeError
from gridtwin.model.state import CURRENT, NORMAL
from gridtwin.publish.tiles.tile_sources import open_tiles
from gridtwin.twin.data_findings import join_findings, pick_rules, require_rules

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gridtwin.analysis.quality.checks import Report
    from gridtwin.analysis.state.situation import Situation
    from gridtwin.analysis.state.supply_state import SupplyState
    from gridtwin.model.ids import Element
    from gridtwin.model.network import Network
    from gridtwin.publish.tiles.tile_sources import TileSource
    from gridtwin.results.vegetation_result import VegetationRisk
    from gridtwin.settings import ServeSettings
    from gridtwin.twin import Twin
    from gridtwin.twin.history import Moments

KEPT_SUPPLIES = 8  # states whose supply is kept


class Grid:
    """One network and its twin; when the store holds another network, another takes its place."""

    def __init__(self, twin: Twin, settings: ServeSettings) -> None:
        self.twin = twin
        self.settings = settings
        self.network_hash = twin.store.network_hash
        self.names = NameIndex(self.network.data, self.network.ids)
        self.features = FeatureIds(self.network.data)
        self.readings_s = twin.store.readings.find_latest()  # unix seconds; None without any
        self._lock = Lock()
        self._history = Lock()
        self._working = Lock()
        self._priority: tuple[int, dict[str, int]] | None = None
        self._checking = Lock()
        self._vegetation = Lock()
        self._risk: tuple[object, VegetationRisk] | None = None
        self._report: Report | None = None
        self._past: tuple[str, Twin] | None = None
        self._supply: LRUCache[tuple[str, int, int], SupplyState] = LRUCache(KEPT_SUPPLIES)

    @property
    def name(self) -> str:
        """What the twin is called: the name of its directory, or of its database."""
        path = self.settings.twin.split("?")[0].rstrip("/")
        return path.rpartition("/")[2].removesuffix(".twin")

    @property
    def has_ami(self) -> bool:
        """Whether there are readings of meters."""
        return self.readings_s is not None

    @property
    def has_vegetation(self) -> bool:
        """Whether there are areas of vegetation risk."""
        return bool(self.twin.vegetation_layers())

    def read_vegetation(self) -> VegetationRisk:
        """Return the spans at risk as designed; kept until areas are loaded or outages change."""
        with self._vegetation:  # one thread works it out; who else wants it waits for it
            layers = self.twin.vegetation_layers()
            mark = layers, self.twin.store.read_versions().outages
            if self._risk is None or self._risk[0] != mark:
                self._risk = mark, self.twin.vegetation()
            return self._risk[1]

    @property
    def network(self) -> Network:
        """The network."""
        return self.twin.store.network

    @cached_property
    def tiles(self) -> TileSource:
        """Where tiles come from."""

        def supply(state: str) -> SupplyState:
            return self.compute_supply(self.read_situation(state))[0]

        return open_tiles(self.twin.store, supply, self.settings.tiles)

    def read_situation(self, state: str = CURRENT) -> Situation:
        """Return the network in a state."""
        return self.twin.situation(state)

    def check_data(self, rules: Sequence[str] | None = None) -> Report:
        """Return what was found in the data as designed; what the rules find is kept."""
        require_rules(rules or ())
        with self._checking:  # one thread works it out; who else wants it waits for it
            if self._report is None:
                situation = self.read_situation(NORMAL)
                self._report = check_network(situation.network, situation.index)
        loaded = self.twin.store.findings.read_findings()
        return pick_rules(join_findings(loaded, self._report, loaded.accepted), rules)

    def check_size(self, count: int) -> None:
        """Refuse an answer that would name more than one may; TooLargeError."""
        most = self.settings.most_listed
        if count > most:
            msg = f"the answer names {count:,} things, and {most:,} may be: ask with detail=ids"
            raise TooLargeError(msg)

    def read_area(self, given: object) -> PolygonInput:
        """Return the area that GeoJSON or a text stands for; TooLargeError of too many vertices."""
        found = read_polygon(given, geographic=self.network.crs is not None)
        most, count = self.settings.most_vertices, int(get_num_coordinates(found.geometry))
        if count > most:
            msg = f"the polygon has {count:,} vertices, and {most:,} are taken: simplify it"
            raise TooLargeError(msg)
        return found

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
        row = find_feeder(self.read_situation(NORMAL), element)
        return bytes(self.network.data.feeders.mrid[row]).decode() if row >= 0 else None

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

    def priority_out(self) -> dict[str, int]:
        """Return how many customers at priority sites are out in each open outage."""
        mark = self.twin.store.read_versions().outages
        with self._working:
            if self._priority is None or self._priority[0] != mark:
                members = self.twin.outages.members()
                self._priority = mark, count_priority_out(members, self.network)
            return self._priority[1]


def grid_of(request: Request) -> Grid:
    """Return the grid of a request."""
    grid: Grid = request.app.state.grid
    return grid


GridNow = Annotated[Grid, Depends(grid_of)]
