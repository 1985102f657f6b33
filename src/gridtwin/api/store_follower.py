"""Follow what anybody writes into the store, and tell the clients: one thread for all of them."""

from __future__ import annotations

import logging
import time
from datetime import UTC, datetime
from threading import Event, Thread
from typing import TYPE_CHECKING

from gridtwin.api.views.supply_view import build_delta_document
from gridtwin.errors import GridtwinError, StaleTwinError, StoreError
from gridtwin.store.store_versions import (
    AMI,
    CREWS,
    ESTIMATES,
    FINDINGS,
    NETWORK,
    OPERATING,
    OUTAGES,
    STATE,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from gridtwin.analysis.state.supply_state import SupplyState
    from gridtwin.api.broadcast import Broadcaster
    from gridtwin.api.grid import Grid
    from gridtwin.store.store_versions import Versions

log = logging.getLogger("gridtwin.api")

STOP_CHECK_S = 0.5  # after which a follower looks whether it shall end
APART_S = 0.1  # what changes closer to one another is told together
READINGS_S = 5.0  # after which a store that does not tell of readings is asked for them
RETRY_STORE_S = 2.0  # after which a store that failed is asked again


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
        self._thread = Thread(target=self._follow_store, name="gridtwin-follower", daemon=True)
        self._marks, self._seen = self._read_supply()
        self._readings_due = time.monotonic() + READINGS_S
        self.is_well = True  # whether the store answered when it was last asked

    @property
    def supply(self) -> SupplyState:
        """What had supply when it was last looked at."""
        return self._seen

    def start(self) -> None:
        """Begin to follow."""
        self._thread.start()

    def stop(self) -> None:
        """Stop following, and wait until that is so."""
        self._ending.set()
        self._thread.join(4 * STOP_CHECK_S)

    def _read_supply(self) -> tuple[Versions, SupplyState]:
        """Return what has supply now, and versions of before it was read."""
        versions = self._grid.twin.store.read_versions()
        return versions, self._grid.compute_supply(self._grid.read_situation())[0]

    @property
    def is_alive(self) -> bool:
        """Whether the thread runs; only a defect ends it before its time."""
        return self._thread.is_alive()

    def _follow_store(self) -> None:
        while not self._ending.is_set():
            try:
                self._take_step()
            except StaleTwinError:
                self._take_over()
            except (StoreError, OSError) as error:
                if self.is_well:
                    log.warning("the store cannot be followed: %s", error)
                self.is_well = False
                self._ending.wait(RETRY_STORE_S)

    def _take_step(self) -> None:
        store, since = self._grid.twin.store, self._marks
        first = store.wait_for_changes(since, timeout_s=STOP_CHECK_S)
        what = set(first.what)
        self.is_well = True
        if not what:
            self._marks = first.versions
        if what and not self._ending.wait(APART_S):
            found = store.wait_for_changes(since, timeout_s=0)
            what |= found.what
            self._marks = found.versions
        if NETWORK in what:
            store.states.read_state()  # refuses if it is another one
        if what & {STATE, OUTAGES}:
            self._tell_of_supply()
        if OUTAGES in what:
            self._broadcaster.publish_event(
                "outages", {"ids": store.outages.list_changed(since.outages)}
            )
        for told in (ESTIMATES, FINDINGS, OPERATING, CREWS):
            if told in what:
                self._broadcaster.publish_event(told, {})
        if AMI in what or time.monotonic() > self._readings_due:
            self._tell_of_readings()

    def _tell_of_supply(self) -> None:
        # The versions stay: what came since they were taken is told in its turn.
        before, (_, self._seen) = self._seen, self._read_supply()
        # Of afterwards: who knows as many changes already knows all that is told here.
        changes = self._grid.twin.store.read_versions().change_count
        document = build_delta_document(self._grid.features, before, self._seen)
        self._broadcaster.publish_event("state", {"changes": changes, **document})

    def _tell_of_readings(self) -> None:
        self._readings_due = time.monotonic() + READINGS_S
        before, latest = self._grid.readings_s, self._grid.twin.store.readings.find_latest()
        self._grid.readings_s = latest
        if latest is not None and latest != before:
            at = datetime.fromtimestamp(latest, UTC).isoformat()
            self._broadcaster.publish_event("ami", {"at": at})

    def _take_over(self) -> None:
        """Go on with the network that has taken the place of the one that was followed."""
        try:
            self._grid = self._renew()
            self._marks, self._seen = self._read_supply()
        except (GridtwinError, OSError) as error:
            log.warning("the twin was replaced and cannot be opened again: %s", error)
            self.is_well = False
            self._ending.wait(RETRY_STORE_S)
            return
        log.info("the twin was replaced", extra={"network": self._grid.network_hash})
        self._broadcaster.publish_event("resync", {"network": self._grid.network_hash})
