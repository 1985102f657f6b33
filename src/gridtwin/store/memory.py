"""Keep a twin in memory only, for notebooks and tests."""

from __future__ import annotations

import hashlib
from dataclasses import fields
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from gridtwin.model import phases
from gridtwin.model.operation import resolve
from gridtwin.model.state import CURRENT, NORMAL, State, SwitchEvent, logged_at
from gridtwin.store.estimates import SqliteEstimates
from gridtwin.store.live import SqliteLive
from gridtwin.store.marks import marks_in
from gridtwin.store.names import (
    as_it_was,
    check_overlay_name,
    look_for,
    look_until,
    no_spec,
    no_state,
    overlay_deviations,
)
from gridtwin.store.outages import SqliteOutages
from gridtwin.store.readings import ParquetReadings
from gridtwin.store.sqlite import ChangingMemory
from gridtwin.topology.index import TopologyIndex, build

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from gridtwin.model.network import Network
    from gridtwin.store.marks import Changes, Marks


class MemoryStore:
    """A twin that lives as long as its process."""

    def __init__(self, network: Network) -> None:
        self.network = network
        self._index: TopologyIndex | None = None
        self._current = State(CURRENT, 0, {})
        self._overlays: dict[str, State] = {}
        self._specs: dict[str, str] = {}
        self._events: list[SwitchEvent] = []  # one for each version
        self._last: dict[str, str] = {}  # equipment -> when it was last operated
        self._requests: set[str] = set()
        self._kept = ChangingMemory()
        self.outages = SqliteOutages(self._kept)
        self.estimates = SqliteEstimates(self._kept)
        self.readings = ParquetReadings(None)
        self.live = SqliteLive(self._kept)

    @cached_property
    def network_hash(self) -> str:
        """What tells this network from every other: the hash of its tables."""
        found = hashlib.blake2b(digest_size=8)
        for table in (getattr(self.network.data, each.name) for each in fields(self.network.data)):
            for column in fields(table):
                found.update(np.ascontiguousarray(getattr(table, column.name)).data)
        return found.hexdigest()

    def index(self) -> TopologyIndex:
        """Return the topology of the normal state."""
        if self._index is None:
            self._index = build(self.network.data, self.network.data.equipment.normal_open)
        return self._index

    def state(self, name: str = CURRENT) -> State:
        """Return a state by name."""
        if name == NORMAL:
            return State(NORMAL, 0, {})
        if name == CURRENT:
            return self._current
        if name not in self._overlays:
            raise no_state(name, sorted(self._overlays))
        return self._overlays[name]

    def states(self) -> list[str]:
        """Return the names of the states there are."""
        return [NORMAL, CURRENT, *sorted(self._overlays)]

    def operate(
        self,
        mrid: str,
        open_phases: str,
        *,
        poles: str = "",
        actor: str = "",
        at: datetime | None = None,
        request: str = "",
    ) -> State:
        """Move poles of one piece of equipment."""
        operation = resolve(self.network, mrid, open_phases, poles)
        mrid = operation.mrid
        before = self._current
        if request and request in self._requests:
            return before
        normal = phases.text(operation.normal)
        opened = before.deviations.get(mrid, normal)
        after = phases.text(operation.after(phases.parse(opened)))
        kept = {name: text for name, text in before.deviations.items() if name != mrid}
        if after != normal:
            kept[mrid] = after
        self._current = State(CURRENT, before.version + 1, kept)
        when = self._last[mrid] = max(logged_at(at), self._last.get(mrid, ""))
        event = SwitchEvent(self._current.version, when, mrid, opened, after, actor)
        self._events.append(event)
        self._requests.add(request)
        return self._current

    def events(self, since: int = 0) -> list[SwitchEvent]:
        """Return the operations after a version of the current state, oldest first."""
        return self._events[since:]

    def state_at(self, when: datetime) -> State:
        """Return the state as it was at a moment."""
        text, last, found = when.isoformat(), None, dict[str, str]()
        for event in self._events:
            if event.at <= text:
                last = event.version
            else:
                found.setdefault(event.mrid, event.from_phases)
        return as_it_was(self.network, self._current, found, last)

    def operations(self, start: datetime, end: datetime) -> list[SwitchEvent]:
        """Return the operations after one moment and until another, by time, then version."""
        first, last = start.isoformat(), end.isoformat()
        within = [event for event in self._events if first < event.at <= last]
        return sorted(within, key=lambda event: (event.at, event.version))

    def wait(self, since: int, *, timeout_s: float) -> bool:
        """Return whether the current state has moved past a version, waiting for it."""
        return look_until(lambda: self._current.version > since, timeout_s=timeout_s)

    def marks(self) -> Marks:
        """Return how far what changes has come."""
        with self._kept.transaction() as connection:
            return marks_in(connection, self._current.version)

    def changes(self, since: Marks, *, timeout_s: float) -> Changes:
        """Return what became another since some marks, waiting for it."""
        return look_for(self.marks, since, timeout_s=timeout_s)

    def save_overlay(self, name: str, deviations: Mapping[str, str]) -> None:
        """Keep a state under a name of its own."""
        check_overlay_name(name)
        kept = overlay_deviations(self.network, deviations)
        self._overlays[name] = State(name, self._current.version, kept)

    def drop_overlay(self, name: str) -> None:
        """Forget an overlay."""
        check_overlay_name(name)
        self.state(name)
        del self._overlays[name]

    def save_spec(self, name: str, text: str) -> None:
        """Keep a trace spec under a name."""
        self._specs[name] = text

    def spec(self, name: str) -> str:
        """Return a trace spec by name."""
        if name not in self._specs:
            raise no_spec(name, sorted(self._specs))
        return self._specs[name]

    def spec_names(self) -> list[str]:
        """Return the names of the trace specs kept."""
        return sorted(self._specs)
