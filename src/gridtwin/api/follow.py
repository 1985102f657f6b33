"""Follow what others write into the store, and tell the clients: one thread for all of them."""

from __future__ import annotations

import logging
from threading import Event, Thread
from typing import TYPE_CHECKING

from gridtwin.errors import GridtwinError, StaleTwinError, StoreError
from gridtwin.publish.supply import delta_document

if TYPE_CHECKING:
    from collections.abc import Callable

    from gridtwin.analysis.supply import Supply
    from gridtwin.api.broadcast import Broadcaster
    from gridtwin.api.grid import Grid

log = logging.getLogger("gridtwin.api")

LOOK_S = 1.0  # after which a follower looks whether it shall end
APART_S = 0.1  # operations closer to one another are told together
AGAIN_S = 2.0  # after which a store that failed is asked again


class Follower:
    """
    The thread that follows a store.

    Parameters
    ----------
    grid
        What to follow.
    broadcaster
        Who tells the clients.
    renew
        Opens the twin again when another network has taken its place; returns the new grid.
    """

    def __init__(self, grid: Grid, broadcaster: Broadcaster, renew: Callable[[], Grid]) -> None:
        self._grid = grid
        self._broadcaster = broadcaster
        self._renew = renew
        self._ending = Event()
        self._thread = Thread(target=self._run, name="gridtwin-follower", daemon=True)
        self._seen = self._supply()
        self.is_well = True  # whether the store answered when it was last asked

    def start(self) -> None:
        """Begin to follow."""
        self._thread.start()

    def stop(self) -> None:
        """Stop following, and wait until that is so."""
        self._ending.set()
        self._thread.join(2 * LOOK_S)

    def _supply(self) -> Supply:
        return self._grid.supply(self._grid.situation())

    def _run(self) -> None:
        while not self._ending.is_set():
            try:
                self._step()
            except StaleTwinError:
                self._take_over()
            except (StoreError, OSError) as error:
                if self.is_well:
                    log.warning("the store cannot be followed: %s", error)
                self.is_well = False
                self._ending.wait(AGAIN_S)

    def _step(self) -> None:
        store = self._grid.twin.store
        moved = store.wait(self._seen.version, timeout_s=LOOK_S)
        self.is_well = True
        if moved and not self._ending.wait(APART_S):
            self._tell()

    def _tell(self) -> None:
        after = self._supply()
        self._broadcaster.publish("state", delta_document(self._grid.features, self._seen, after))
        self._seen = after

    def _take_over(self) -> None:
        """Go on with the network that has taken the place of the one that was followed."""
        try:
            self._grid = self._renew()
            self._seen = self._supply()
        except (GridtwinError, OSError) as error:
            log.warning("the twin was replaced and cannot be opened again: %s", error)
            self.is_well = False
            self._ending.wait(AGAIN_S)
            return
        log.info("the twin was replaced", extra={"network": self._grid.network_hash})
        self._broadcaster.publish("resync", {"network": self._grid.network_hash})
