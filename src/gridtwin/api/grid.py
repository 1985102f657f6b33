"""Hold what the server answers from: one twin, what is worked out once for its network."""

from __future__ import annotations

from collections import OrderedDict
from functools import cached_property
from threading import Lock
from typing import TYPE_CHECKING, Annotated

from fastapi import Depends, Request

from gridtwin.analysis.names import Names
from gridtwin.model.state import CURRENT
from gridtwin.publish.features import FeatureIds
from gridtwin.publish.tiles.sources import LocalTiles

if TYPE_CHECKING:
    from gridtwin.analysis.situation import Situation
    from gridtwin.analysis.supply import Supply
    from gridtwin.model.network import Network
    from gridtwin.publish.tiles.sources import TileSource
    from gridtwin.settings import ServeSettings
    from gridtwin.twin import Twin

KEPT = 8  # states whose supply is kept


class Grid:
    """One network and its twin; when the store holds another network, another takes its place."""

    def __init__(self, twin: Twin, settings: ServeSettings) -> None:
        self.twin = twin
        self.settings = settings
        self.network_hash = twin.store.network_hash
        self.names = Names(self.network.data)
        self.features = FeatureIds(self.network.data)
        self._lock = Lock()
        self._supply: OrderedDict[tuple[str, int], Supply] = OrderedDict()

    @property
    def name(self) -> str:
        """What the twin is called: the name of its directory, or of its database."""
        path = self.settings.twin.split("?")[0].rstrip("/")
        return path.rpartition("/")[2].removesuffix(".twin")

    @property
    def has_ami(self) -> bool:
        """Whether there are readings of meters."""
        return False

    @property
    def network(self) -> Network:
        """The network."""
        return self.twin.store.network

    @cached_property
    def tiles(self) -> TileSource:
        """Where tiles come from."""
        return LocalTiles(
            self.twin.store, lambda state: self.supply(self.situation(state)), self.settings.tiles
        )

    def situation(self, state: str = CURRENT) -> Situation:
        """Return the network in a state."""
        return self.twin.situation(state)

    def supply(self, situation: Situation) -> Supply:
        """Return what has supply in a situation; the last few are kept."""
        key = (situation.state, situation.version)
        with self._lock:
            found = self._supply.get(key)
        if found is None or found.open_mask is not situation.open_mask:
            found = self.twin.supply(situation)
            with self._lock:
                self._supply[key] = found
                while len(self._supply) > KEPT:
                    self._supply.popitem(last=False)
        return found


def grid_of(request: Request) -> Grid:
    """Return the grid of a request."""
    grid: Grid = request.app.state.grid
    return grid


GridNow = Annotated[Grid, Depends(grid_of)]
