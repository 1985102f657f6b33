"""Rebuild past states from events alone, and replay the operations of a twin, faster."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from gridtwin.errors import InputError, NotFoundError
from gridtwin.live.event_batch import EventBatch
from gridtwin.live.event_followers import Broker
from gridtwin.model import phases
from gridtwin.model.live import EventDeadLetter
from gridtwin.model.operation import of_switch, resolve_operation
from gridtwin.model.state import CURRENT, State
from gridtwin.stream.contracts import GRID_EVENTS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from threading import Event

    from gridtwin.model.live import LiveEvent
    from gridtwin.model.network import Network
    from gridtwin.model.state import SwitchEvent
    from gridtwin.twin import Twin

SWITCH_KINDS = frozenset({"switch_operation", "scada_status"})
TOPIC_END_S = 2.0  # after which a topic is taken to be at its end
REPLAY_ACTOR = "replay"


def rebuild_state(
    network: Network, events: Iterable[LiveEvent], when: datetime
) -> tuple[State, list[EventDeadLetter]]:
    """
    Return the state that events make of the design, up to a moment.

    Parameters
    ----------
    network
        The network.
    events
        In any order, some perhaps twice.
    when
        The moment.

    Returns
    -------
        The state, its version the number of operations in it; and the events that cannot be
        carried out, with the reason.

    Notes
    -----
    It is the state that live operations leave, which took the same events: each piece of
    equipment stands as its last event leaves it.
    """
    at_s = when.timestamp()
    chosen = {
        each.event_id: each for each in events if each.kind in SWITCH_KINDS and each.at_s <= at_s
    }
    deviations: dict[str, str] = {}
    refused, moved = [], 0
    for event in sorted(chosen.values(), key=lambda each: (each.at_s, each.event_id)):
        try:
            of_switch(network, event.mrid)
            operation = resolve_operation(network, event.mrid, event.open_phases)
        except (NotFoundError, InputError) as error:
            refused.append(EventDeadLetter(GRID_EVENTS.name, event.event_id, str(error), b""))
            continue
        moved += 1
        deviations[event.mrid] = phases.format_phases(operation.open)
        if operation.open == operation.normal:
            del deviations[event.mrid]
    return State(CURRENT, moved, deviations), refused


def read_event_lines(lines: Iterable[bytes], source: str) -> EventBatch:
    """Return the events of lines of JSON."""
    batch = EventBatch()
    batch.add_lines(list(lines), source, 0)
    return batch


def read_broker_events(brokers: str) -> EventBatch:
    """
    Return all events there are on a broker now.

    Raises
    ------
    BrokerError
        If it cannot be read.
    """
    events = EventBatch()
    broker = Broker(brokers)
    try:
        broker.begin({})
        while (batch := broker.read(TOPIC_END_S)).places:
            events.events += batch.events
            events.letters += batch.letters
    finally:
        broker.close()
    return events


def replay_operations(
    past: Twin, into: Twin, since: datetime, until: datetime, *, speed: float, stop: Event
) -> Iterator[SwitchEvent]:
    """
    Operate a twin as another was operated, in the same order and at the same times, but faster.

    Parameters
    ----------
    past
        The twin whose log is played.
    into
        The twin that is operated: first to where the other stood at the beginning.
    since, until
        What part of the log.
    speed
        Minutes of the past in a minute; infinity does not wait.
    stop
        When to end early.

    Yields
    ------
        Each operation, when it was made.
    """
    begin = past.store.states.read_past_state(since).deviations
    normal = past.store.network
    for mrid in sorted({*begin, *into.store.states.read_state().deviations}):
        wanted = begin.get(mrid)
        if wanted is None:
            wanted = phases.format_phases(resolve_operation(normal, mrid, "").normal)
        into.store.states.operate(mrid, wanted, actor=REPLAY_ACTOR, at=since)
    at = since
    for event in past.store.states.list_operations(since, until):
        when = datetime.fromisoformat(event.at).astimezone(UTC)
        if stop.wait(max(0.0, (when - at).total_seconds() / speed)):
            return
        at = when
        into.store.states.operate(event.mrid, event.to_phases, actor=event.actor, at=when)
        yield event
