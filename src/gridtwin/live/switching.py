"""
Carry out what is told of switches and faults, and follow what operations do to customers.

An operation, whoever makes it, stands in the log of the twin; its consequences are drawn from there
in order, each once: who went dark is in a confirmed outage, who came back has come back in it.
"""

from __future__ import annotations

import hashlib
import logging
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import numpy as np

from gridtwin.analysis.state.darkness import Darkness
from gridtwin.errors import InputError, NotFoundError
from gridtwin.model import phases
from gridtwin.model.live import Letter
from gridtwin.model.operation import of_switch, resolve
from gridtwin.model.outage import Status
from gridtwin.model.state import NORMAL
from gridtwin.model.tables import decode, encode
from gridtwin.store.past import state_after
from gridtwin.stream.contracts import GRID_EVENTS
from gridtwin.twin.situations import Situations

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gridtwin.model.live import LiveEvent
    from gridtwin.model.outage import Outage
    from gridtwin.model.state import SwitchEvent
    from gridtwin.twin import Twin

LOG = logging.getLogger("gridtwin.live")

PLACE = "log"  # how far the log of operations was followed
SCADA = "scada"


def outage_id(at: datetime, cause: str) -> str:
    """Return the id of the outage that something caused: of the same cause always the same."""
    return f"O-{at:%Y%m%d}-{hashlib.blake2b(cause.encode(), digest_size=5).hexdigest()}"


class Switching:
    """What is told of switches and faults of one twin."""

    def __init__(self, twin: Twin) -> None:
        self._twin = twin
        self._store = twin.store
        self.written = 0  # outages that were opened or changed
        self._version = self._begin()
        self._darkness: Darkness | None = None

    def _begin(self) -> int:
        """Return the version up to which the log was followed; at first that of now."""
        found = self._store.live.places().get(PLACE)
        if found is None:
            found = self._twin.version
            self._store.live.take_in([], places={PLACE: found})
        return found

    def carry_out(self) -> int:
        """Carry out the events that were taken in; return how many there were."""
        events = self._store.live.open_events()
        for event in events:
            letters = []
            try:
                self._carry_out(event)
            except (NotFoundError, InputError) as error:
                LOG.warning("event %s cannot be carried out: %s", event.event_id, error)
                text = repr(event._asdict()).encode()
                letters = [Letter(GRID_EVENTS.name, event.event_id, str(error), text)]
            self._store.live.carried_out(event.event_id, letters)
        return len(events)

    def _carry_out(self, event: LiveEvent) -> None:
        at = datetime.fromtimestamp(event.at_s, UTC)
        if event.kind == "fault":
            self.follow()  # what opened before it is no news
            self._faulted(event, at)
            return
        of_switch(self._store.network, event.mrid)
        if self._was_moved_later(event.mrid, at):
            LOG.info("event %s was told late: %s has moved since", event.event_id, event.mrid)
            return
        operation = resolve(self._store.network, event.mrid, event.open_phases)
        now = self._store.states.get().deviations.get(event.mrid, phases.text(operation.normal))
        if event.kind == "scada_status" and now == phases.text(operation.open):
            return
        actor = event.actor or (SCADA if event.kind == "scada_status" else "")
        self._store.states.operate(
            event.mrid, event.open_phases, actor=actor, at=at, request=event.event_id
        )

    def _was_moved_later(self, mrid: str, at: datetime) -> bool:
        later = self._store.states.operations(at, datetime.now(UTC))
        return any(each.mrid == mrid for each in later)

    def _faulted(self, event: LiveEvent, at: datetime) -> None:
        """Confirm the outage that a fault explains, or open one of who went dark by the trip."""
        twin, cause = self._twin, event.detail or f"fault on {event.mrid}"
        found = outage_id(at, event.event_id)
        device = self._store.network.ids.word("equipment", event.mrid)
        behind = twin.blast_radius(device, state=NORMAL).usage_points.astype(object)
        outage = self._open_outage_of(behind)
        if outage is None:
            tripped = twin.blast_radius(device, scope="trip").usage_points.tolist()
            if tripped:
                self.written += 1
                twin.outages.open(
                    event.mrid,
                    usage_points=tripped,
                    at=at,
                    id=found,
                    cause=cause,
                    confirmed_at=at,
                    first_seen_at=at,
                )
        elif outage.id == found or outage.cause == cause:
            return  # it was carried out before
        elif outage.status is Status.PREDICTED:
            twin.outages.confirm(outage.id, at=at, cause=cause)
        else:
            twin.outages.note(outage.id, cause=cause)

    def _open_outage_of(
        self, points: NDArray[np.object_], *, predicted: bool = False
    ) -> Outage | None:
        """Return the open outage that most of some usage points are in."""
        members = self._store.outages.members()
        names = members.outage[np.isin(members.usage_point, points)].astype(str)
        ids, counts = np.unique(names, return_counts=True)
        for name in ids[np.argsort(-counts, kind="stable")].tolist():
            found = self._store.outages.get(name)
            if not predicted or found.status is Status.PREDICTED:
                return found
        return None

    def follow(self) -> bool:
        """Draw the consequences of operations not yet followed; return whether any came back."""
        any_back = False
        for event in self._store.states.events(self._version):
            went, came = self._moved(event)
            if len(went):
                self._went(event, self._names(went))
            if len(came):
                self._came(event, self._names(came))
                any_back = True
            self._version = event.version
            self._store.live.take_in([], places={PLACE: event.version})
        return any_back

    def _moved(self, event: SwitchEvent) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
        """Return who went dark by an operation, and who came back."""
        if self._darkness is None:
            before = Situations(state_after(self._store, self._version))
            self._darkness = Darkness(before.of())
        row = self._store.network.ids.tables["equipment"].rows(encode([event.mrid]))[0]
        if row < 0:  # of another network
            none = np.empty(0, dtype=np.int32)
            return none, none
        return self._darkness.operate(int(row), phases.parse(event.to_phases))

    def _names(self, rows: NDArray[np.int32]) -> NDArray[np.object_]:
        return decode(self._store.network.data.usage_points.mrid[rows]).astype(object)

    def _went(self, event: SwitchEvent, points: NDArray[np.object_]) -> None:
        """Confirm the outage that was predicted for who went dark, or open one."""
        self.written += 1
        at, outages = datetime.fromisoformat(event.at), self._twin.outages
        found = outage_id(at, f"switch {event.version}")
        out = self._store.outages.members()
        predicted = self._open_outage_of(points, predicted=True)
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
                id=found,
                confirmed_at=at,
                first_seen_at=at,
            )

    def _came(self, event: SwitchEvent, points: NDArray[np.object_]) -> None:
        """Bring back who was in outages that somebody has seen, or of this very switch."""
        at, book = datetime.fromisoformat(event.at), self._store.outages
        out = book.members()
        out = out.take(np.isin(out.usage_point, points))
        for name in np.unique(out.outage.astype(str)).tolist():
            outage = book.get(name)
            if outage.status is Status.PREDICTED and outage.device != event.mrid:
                continue  # a device behind may have opened too: meters will tell
            self.written += 1
            own = out.take(out.outage == name)
            began = datetime.fromtimestamp(float(own.began_s.max()), UTC)
            self._twin.outages.restore(
                name, at=max(at, began), usage_points=own.usage_point.tolist()
            )
