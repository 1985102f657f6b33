"""
Process switch events and faults, and follow what operations do to customers.

An operation, whoever makes it, stands in the log of the twin; its consequences are drawn from there
in order, each once: who went dark is in a confirmed outage, who came back has come back in it.
"""

from __future__ import annotations

import hashlib
import logging
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import numpy as np

from gridtwin.analysis.state.supply_tracker import SupplyTracker
from gridtwin.errors import InputError, NotFoundError
from gridtwin.model import phases
from gridtwin.model.live import EventDeadLetter
from gridtwin.model.operation import of_switch, resolve_operation
from gridtwin.model.outage import Status
from gridtwin.model.state import NORMAL
from gridtwin.model.tables import decode_texts, encode_texts
from gridtwin.store.past_store import open_store_after
from gridtwin.stream.contracts import GRID_EVENTS
from gridtwin.twin.situation_cache import SituationCache

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from numpy.typing import NDArray

    from gridtwin.model.live import LiveEvent
    from gridtwin.model.outage import Outage
    from gridtwin.model.state import SwitchEvent
    from gridtwin.store.protocol import Store
    from gridtwin.twin import Twin

LOG = logging.getLogger("gridtwin.live")

LOG_OFFSET = "log"  # how far the log of operations was followed
SCADA_ACTOR = "scada"
SCADA_KIND = "scada_status"


def derive_outage_id(at: datetime, cause: str) -> str:
    """Return the id of the outage that something caused: of the same cause always the same."""
    return f"O-{at:%Y%m%d}-{hashlib.blake2b(cause.encode(), digest_size=5).hexdigest()}"


def carry_out_events(
    store: Store, events: Iterable[LiveEvent], process: Callable[[LiveEvent], None]
) -> None:
    """Carry out events of the grid, each marked as done; one that cannot be is a dead letter."""
    for event in events:
        letters = []
        try:
            process(event)
        except (NotFoundError, InputError) as error:
            LOG.warning("event %s cannot be carried out: %s", event.event_id, error)
            text = repr(event._asdict()).encode()
            letters = [EventDeadLetter(GRID_EVENTS.name, event.event_id, str(error), text)]
        store.live.mark_event_done(event.event_id, letters)


def operate_by_event(store: Store, event: LiveEvent) -> None:
    """
    Operate the switch that an event is of; what was told late, or is so already, changes nothing.

    Raises
    ------
    NotFoundError
        If there is no such equipment.
    InputError
        If it is no switch, or has no such phase.
    """
    at = datetime.fromtimestamp(event.at_s, UTC)
    of_switch(store.network, event.mrid)
    operation = resolve_operation(store.network, event.mrid, event.open_phases)
    state = store.states.read_state()
    now = state.deviations.get(event.mrid, phases.format_phases(operation.normal))
    if event.kind == SCADA_KIND and now == phases.format_phases(operation.open):
        return
    actor = event.actor or (SCADA_ACTOR if event.kind == SCADA_KIND else "")
    after = store.states.operate(
        event.mrid, event.open_phases, actor=actor, at=at, request=event.event_id, only_latest=True
    )
    if after.version == state.version:
        LOG.info("event %s changed nothing: %s has moved since", event.event_id, event.mrid)


class GridEventProcessor:
    """The switch events and faults of one twin."""

    def __init__(self, twin: Twin) -> None:
        self._twin = twin
        self._store = twin.store
        self.outages_written = 0  # outages that were opened or changed
        self._version = self._read_version()
        self._supply_tracker: SupplyTracker | None = None

    def _read_version(self) -> int:
        """Return the version up to which the log was followed; at first that of now."""
        version = self._store.live.read_offsets().get(LOG_OFFSET)
        if version is None:
            version = self._twin.version
            self._store.live.store_events([], places={LOG_OFFSET: version})
        return version

    def process_events(self) -> int:
        """Carry out the events that were taken in; return how many there were."""
        events = self._store.live.list_open_events()
        carry_out_events(self._store, events, self._process_event)
        return len(events)

    def _process_event(self, event: LiveEvent) -> None:
        if event.kind == "fault":
            self.track_operations()  # what opened before it is no news
            self._process_fault(event, datetime.fromtimestamp(event.at_s, UTC))
        else:
            operate_by_event(self._store, event)

    def _process_fault(self, event: LiveEvent, at: datetime) -> None:
        """Confirm the outage that a fault explains, or open one of who went dark by the trip."""
        twin, cause = self._twin, event.detail or f"fault on {event.mrid}"
        outage_id = derive_outage_id(at, event.event_id)
        device = self._store.network.ids.write_id("equipment", event.mrid)
        behind = twin.blast_radius(device, state=NORMAL).usage_points.astype(object)
        outage = self._find_open_outage(behind)
        if outage is None:
            tripped = twin.blast_radius(device, scope="trip").usage_points.tolist()
            if tripped:
                self.outages_written += 1
                twin.outages.open(
                    event.mrid,
                    usage_points=tripped,
                    at=at,
                    id=outage_id,
                    cause=cause,
                    confirmed_at=at,
                    first_seen_at=at,
                )
        elif outage.id == outage_id or outage.cause == cause:
            return  # it was carried out before
        elif outage.status is Status.PREDICTED:
            twin.outages.confirm(outage.id, at=at, cause=cause)
        else:
            twin.outages.note(outage.id, cause=cause)

    def _find_open_outage(
        self, points: NDArray[np.object_], *, predicted: bool = False
    ) -> Outage | None:
        """Return the open outage that most of some usage points are in."""
        members = self._store.outages.read_members()
        names = members.outage[np.isin(members.usage_point, points)].astype(str)
        ids, counts = np.unique(names, return_counts=True)
        for name in ids[np.argsort(-counts, kind="stable")].tolist():
            outage = self._store.outages.read_outage(name)
            if not predicted or outage.status is Status.PREDICTED:
                return outage
        return None

    def track_operations(self) -> bool:
        """Draw the consequences of operations not yet followed; return whether any came back."""
        any_back = False
        for event in self._store.states.list_events(self._version):
            went, came = self._operate_equipment(event)
            if len(went):
                self._open_outage(event, self._name_points(went))
            if len(came):
                self._restore_outages(event, self._name_points(came))
                any_back = True
            self._version = event.version
            self._store.live.store_events([], places={LOG_OFFSET: event.version})
        return any_back

    def _operate_equipment(self, event: SwitchEvent) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
        """Return who went dark by an operation, and who came back."""
        if self._supply_tracker is None:
            before = SituationCache(open_store_after(self._store, self._version))
            self._supply_tracker = SupplyTracker(before.resolve_state())
        row = self._store.network.ids.tables["equipment"].find_rows(encode_texts([event.mrid]))[0]
        if row < 0:  # of another network
            none = np.empty(0, dtype=np.int32)
            return none, none
        return self._supply_tracker.operate_equipment(
            int(row), phases.parse_phases(event.to_phases)
        )

    def _name_points(self, rows: NDArray[np.int32]) -> NDArray[np.object_]:
        return decode_texts(self._store.network.data.usage_points.mrid[rows]).astype(object)

    def _open_outage(self, event: SwitchEvent, points: NDArray[np.object_]) -> None:
        """Confirm the outage that was predicted for who went dark, or open one."""
        self.outages_written += 1
        at, outages = datetime.fromisoformat(event.at), self._twin.outages
        outage_id = derive_outage_id(at, f"switch {event.version}")
        out = self._store.outages.read_members()
        predicted = self._find_open_outage(points, predicted=True)
        free = points[~np.isin(points, out.usage_point)]
        if predicted is not None:
            own = out.usage_point[out.outage == predicted.id]
            wanted = [*free.tolist(), *points[np.isin(points, own)].tolist()]
            outages.revise(predicted.id, event.mrid, usage_points=wanted)
            outages.confirm(predicted.id, at=at, device=event.mrid)
        elif len(free):
            outages.open(
                event.mrid,
                usage_points=free.tolist(),
                at=at,
                id=outage_id,
                confirmed_at=at,
                first_seen_at=at,
            )

    def _restore_outages(self, event: SwitchEvent, points: NDArray[np.object_]) -> None:
        """Bring back who was in outages that somebody has seen, or of this very switch."""
        at, book = datetime.fromisoformat(event.at), self._store.outages
        out = book.read_members()
        out = out.take_rows(np.isin(out.usage_point, points))
        for name in np.unique(out.outage.astype(str)).tolist():
            outage = book.read_outage(name)
            if outage.status is Status.PREDICTED and outage.device != event.mrid:
                continue  # a device behind may have opened too: meters will report
            self.outages_written += 1
            own = out.take_rows(out.outage == name)
            began = datetime.fromtimestamp(float(own.began_s.max()), UTC)
            self._twin.outages.restore(
                name, at=max(at, began), usage_points=own.usage_point.tolist()
            )
