"""Find who lost supply in a period, and the period of a storm, in the outages that were noted."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import numpy as np

from gridtwin.errors import InputError
from gridtwin.model.moments import HOUR_S, read_moment
from gridtwin.model.outage import Status
from gridtwin.results.outage_board import find_point_rows, format_seconds

if TYPE_CHECKING:
    from gridtwin.model.outage import Outage
    from gridtwin.tools.shared_twin import SharedTwin

STORM_GAP_S = 6 * HOUR_S  # without a new outage, after which a storm is over


@dataclass(frozen=True, slots=True)
class Interruption:
    """An interruption of one usage point."""

    outage: str
    began_at: str | None
    restored_at: str | None  # None: it is still out


def find_interrupted(shared: SharedTwin, start: str, end: str) -> dict[int, Interruption]:
    """
    Return the usage points without supply at some time of a period, by row: the last of each.

    Raises
    ------
    InputError
        If the period ends before it begins, or has no begin.
    """
    if not start:
        msg = "say when the period begins: `start`"
        raise InputError(msg)
    first, last = read_moment(start), read_moment(end) if end else datetime.now(UTC)
    if last < first:
        msg = f"{end} is before {start}: give the earlier moment first"
        raise InputError(msg)
    outages = [each.id for each in _list_outages(shared, first) if each.began_at <= last]
    if not outages:
        return {}
    members = shared.twin.outages.members(*outages)
    rows = find_point_rows(members, shared.network)
    came_later = ~(members.restored_s <= first.timestamp())  # not back is later too
    held = np.flatnonzero((rows >= 0) & (members.began_s < last.timestamp()) & came_later)
    order = held[np.argsort(members.began_s[held], kind="stable")]
    return {
        int(rows[at]): Interruption(
            members.outage[at],
            format_seconds(float(members.began_s[at])),
            None if np.isnan(members.restored_s[at]) else format_seconds(members.restored_s[at]),
        )
        for at in order.tolist()
    }


def find_storm(
    shared: SharedTwin, start: datetime, end: datetime, now: datetime
) -> tuple[datetime, datetime] | None:
    """
    Return when the storm of a period began and ended; None where no outage began then.

    A storm is a row of outages each of which began within six hours of the one before; it ends when
    the last customer is back. Where there are several, the one with most customers is meant.
    """
    storms: list[list[Outage]] = []
    for outage in _list_outages(shared, start):
        if outage.began_at > now:
            continue
        last = storms[-1][-1].began_at if storms else None
        if last is None or (outage.began_at - last).total_seconds() > STORM_GAP_S:
            storms.append([])
        storms[-1].append(outage)
    held = [storm for storm in storms if storm[0].began_at <= end and storm[-1].began_at >= start]
    if not held:
        return None
    storm = max(held, key=lambda each: sum(outage.customers for outage in each))
    ends = [each.restored_at or (now if each.is_open else each.began_at) for each in storm]
    return storm[0].began_at, max(ends)


def _list_outages(shared: SharedTwin, since: datetime) -> list[Outage]:
    """Return the outages that were not over at a moment, by when they began."""
    outages = shared.twin.outages.all(since=since)
    held = [each for each in outages if each.status is not Status.INVALID]
    return sorted(held, key=lambda each: (each.began_at, each.id))
