"""Hold what the server answers from: one twin, what is worked out once for its network."""

from __future__ import annotations

import logging
from functools import cached_property
from threading import Thread
from typing import TYPE_CHECKING, Annotated

from fastapi import Depends, Request
from shapely import get_num_coordinates

from gridtwin.analysis.place.polygon import PolygonInput, read_polygon
from gridtwin.api.views.feature_ids import FeatureIds
from gridtwin.errors import GridtwinError, TooLargeError
from gridtwin.publish.tiles.tile_sources import open_tiles
from gridtwin.store.acting_role import OWNER, acting_as
from gridtwin.tools.manual_shelf import has_manuals
from gridtwin.tools.shared_twin import SharedTwin

if TYPE_CHECKING:
    from gridtwin.analysis.state.supply_state import SupplyState
    from gridtwin.publish.tiles.tile_sources import TileSource
    from gridtwin.settings import ServeSettings
    from gridtwin.twin import Twin

log = logging.getLogger("gridtwin.api")


class Grid(SharedTwin):
    """A twin that is served; when the store holds another network, another takes its place."""

    def __init__(self, twin: Twin, settings: ServeSettings) -> None:
        super().__init__(twin)
        self.prepare_names()  # now, not when somebody waits for them
        self.settings = settings
        self.features = FeatureIds(self.network.data)
        self.readings_s = twin.store.readings.find_latest()  # unix seconds; None without any

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

    @property
    def has_manuals(self) -> bool:
        """Whether there is a library of manuals."""
        return has_manuals(self.twin)

    @cached_property
    def tiles(self) -> TileSource:
        """Where tiles come from."""

        def supply(state: str) -> SupplyState:
            return self.compute_supply(self.read_situation(state))[0]

        return open_tiles(self.twin.store, supply, self.settings.tiles)

    def start_preparing(self) -> Thread:
        """Prepare in a thread of its own what the first search for an address would wait for."""
        thread = Thread(
            target=_prepare_addresses, args=(self.twin,), name="gridtwin-addresses", daemon=True
        )
        thread.start()
        return thread

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


def _prepare_addresses(twin: Twin) -> None:
    try:
        with acting_as(OWNER):
            if twin.store.customers.read_points_mark():  # else nothing of customers is imported
                twin.customers.addresses.prepare_index()
    except GridtwinError as error:
        log.warning("addresses are prepared when somebody looks for one: %s", error)


def grid_of(request: Request) -> Grid:
    """Return the grid of a request."""
    grid: Grid = request.app.state.grid
    return grid


GridNow = Annotated[Grid, Depends(grid_of)]
