"""
Let good statuses of SCADA operate the twin, by the book of switch states like everybody else.

A status moves a switch only if its quality is good, it is not stale by its own word, and it says
otherwise than the twin. It becomes an event of the grid, written in the transaction of its row and
carried out afterwards, so a crash in between loses nothing.
"""

from __future__ import annotations

import hashlib
import time
from datetime import datetime
from typing import TYPE_CHECKING

from gridtwin.errors import InputError, NotFoundError
from gridtwin.live.grid_events import SCADA_KIND, carry_out_events, operate_by_event
from gridtwin.model import phases
from gridtwin.model.feed_changes import FeedEvent
from gridtwin.model.feed_tables import (
    ALL_POLES,
    FEED_TABLES,
    SWITCH_STATUS,
    TRUSTED_QUALITY,
)
from gridtwin.model.live import LiveEvent
from gridtwin.model.operation import of_switch, resolve_operation

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from gridtwin.model.feed_changes import FeedChanges, RowChange
    from gridtwin.model.feed_tables import FeedValue
    from gridtwin.store.protocol import Store

MEASUREMENTS = FEED_TABLES["measurements"]


def list_status_events(store: Store, changes: Iterable[FeedChanges]) -> list[FeedEvent]:
    """Return the operations that good statuses among some changes ask for."""
    statuses = [
        (part.feed, change, values)
        for part in changes
        if part.table.name == MEASUREMENTS.name and isinstance(part.changes, list)
        for change in part.changes
        if (values := _read_status(change)) is not None
    ]
    if not statuses:
        return []
    known = _read_times(store, {str(values["element"]) for _, _, values in statuses})
    now = dict(store.states.read_state().deviations)
    events: dict[tuple[str, str], FeedEvent] = {}  # of poles that moved at once the last says all
    for feed, change, values in sorted(statuses, key=lambda each: str(each[2]["at"])):
        at = str(values["at"])
        if at < known.get(_name_point(values), ""):
            continue  # it was told late
        event = _build_event(store, now, feed, change, values)
        if event is not None:
            events[event.mrid, at] = FeedEvent(feed, change.key, change.position, event)
    return list(events.values())


def _read_times(store: Store, elements: set[str]) -> dict[tuple[str, ...], str]:
    """Return when the statuses that are known of some elements were measured."""
    rows = store.feeds.read_rows(MEASUREMENTS, {"element": sorted(elements)})
    named = [dict(zip(MEASUREMENTS.names, row, strict=True)) for row in rows]
    return {_name_point(values): str(values["at"]) for values in named}


def _name_point(values: Mapping[str, FeedValue]) -> tuple[str, ...]:
    return tuple(str(values[name]) for name in MEASUREMENTS.key)


def carry_out_statuses(store: Store) -> int:
    """Carry out the statuses that were taken in; return how many there were."""
    events = [each for each in store.live.list_open_events() if each.kind == SCADA_KIND]
    carry_out_events(store, events, lambda event: operate_by_event(store, event))
    return len(events)


def _read_status(change: RowChange) -> Mapping[str, FeedValue] | None:
    """Return the values of a status that may be trusted; None of anything else."""
    if change.row is None:
        return None
    values = dict(zip(MEASUREMENTS.names, change.row, strict=True))
    if values["kind"] != SWITCH_STATUS or values["quality"] != TRUSTED_QUALITY:
        return None
    age_s = time.time() - datetime.fromisoformat(str(values["at"])).timestamp()
    limit_s = values["stale_after_s"]
    return values if limit_s is None or age_s <= float(limit_s) else None


def _build_event(
    store: Store,
    now: dict[str, str],
    feed: str,
    change: RowChange,
    values: Mapping[str, FeedValue],
) -> LiveEvent | None:
    """Return the event of a status that says otherwise than the twin, and note it."""
    mrid, said = str(values["element"]), str(values["open_phases"])
    poles = str(values["phases"])
    try:
        moving = of_switch(store.network, mrid, poles)
        operation = (
            moving if said == ALL_POLES else resolve_operation(store.network, mrid, said, poles)
        )
    except (NotFoundError, InputError):
        return _name_event(feed, change, values, said)  # carrying it out tells the reason
    before = now.get(operation.mrid, phases.format_phases(operation.normal))
    after = phases.format_phases(operation.compute_after(phases.parse_phases(before)))
    if after == before:
        return None
    now[operation.mrid] = after
    return _name_event(feed, change, values, after)


def _name_event(
    feed: str, change: RowChange, values: Mapping[str, FeedValue], open_phases: str
) -> LiveEvent:
    said = f"{feed}\n{change.key}\n{change.position}"
    digest = hashlib.blake2b(said.encode(), digest_size=12).hexdigest()
    return LiveEvent(
        f"scada-{digest}",
        datetime.fromisoformat(str(values["at"])).timestamp(),
        SCADA_KIND,
        str(values["element"]),
        "" if open_phases == ALL_POLES else open_phases,
        detail=str(values["point"]),
    )
