"""
Fold the events of each meter into what still speaks: its last gasp, its first call, its last sign.

The order in which events come does not matter, nor does an event that comes twice.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from gridtwin.model.events import CALL, IS_ON, LAST_GASP, POWER_RESTORED

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gridtwin.model.events import MeterEvents
    from gridtwin.model.network import Network

    Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class MeterEvidence:
    """What meters say at one moment; one row per usage point that has said anything."""

    point: NDArray[np.int32]  # row of the usage points, rising
    gasp_s: Floats  # when its last gasp came that no later sign of power takes back; NaN for none
    call_s: Floats  # when its customer called first since then; NaN for none
    on_s: Floats  # when it last showed that it is on; minus infinity for never
    # when an interruption that ended began around it, before its gasp; minus infinity for none
    shaken_s: Floats
    # when power came back before its gasp, with no gasp to that; minus infinity for never
    owed_s: Floats

    @property
    def speaks(self) -> NDArray[np.bool_]:
        """Whether each usage point says that it is dark."""
        return ~np.isnan(self.gasp_s) | ~np.isnan(self.call_s)

    def select_rows(self, rows: NDArray[Any]) -> MeterEvidence:
        """Return some rows, or those where a mask is true."""
        return MeterEvidence(
            self.point[rows],
            self.gasp_s[rows],
            self.call_s[rows],
            self.on_s[rows],
            self.shaken_s[rows],
            self.owed_s[rows],
        )


@dataclass(frozen=True, slots=True)
class EndedInterruptions:
    """Last gasps that were followed by the news that power is back."""

    point: NDArray[np.int32]
    began_s: Floats
    ended_s: Floats

    def select_momentary(self, momentary_s: float) -> EndedInterruptions:
        """Return the momentary interruptions, which ended within a time."""
        kept = self.ended_s - self.began_s <= momentary_s
        return EndedInterruptions(self.point[kept], self.began_s[kept], self.ended_s[kept])


@dataclass(frozen=True, slots=True)
class EventRows:
    """Events of usage points, as rows, sorted by usage point, time and kind, each once."""

    point: NDArray[np.int32]
    kind: NDArray[np.uint8]
    at_s: Floats
    phases: NDArray[np.uint8]

    @classmethod
    def make_empty(cls) -> EventRows:
        """Return no events."""
        return cls(np.empty(0, np.int32), np.empty(0, np.uint8), np.empty(0), np.empty(0, np.uint8))

    def merge_with(self, other: EventRows) -> EventRows:
        """Return these events and others."""
        point = np.concatenate([self.point, other.point])
        kind = np.concatenate([self.kind, other.kind])
        at_s = np.concatenate([self.at_s, other.at_s])
        phases = np.concatenate([self.phases, other.phases])
        order = np.lexsort((phases, kind, at_s, point))
        point, kind, at_s, phases = point[order], kind[order], at_s[order], phases[order]
        fresh = np.ones(len(point), dtype=bool)
        fresh[1:] = (np.diff(point) != 0) | (np.diff(at_s) != 0) | (np.diff(kind) != 0)
        return EventRows(point[fresh], kind[fresh], at_s[fresh], phases[fresh])

    def select_rows(self, kept: NDArray[np.bool_]) -> EventRows:
        """Return the events where a mask is true."""
        return EventRows(self.point[kept], self.kind[kept], self.at_s[kept], self.phases[kept])

    def select_until(self, now_s: float) -> EventRows:
        """Return the events up to a moment."""
        return self.select_rows(self.at_s <= now_s)


def summarize_events(
    heard: EventRows, momentary_s: float
) -> tuple[MeterEvidence, EndedInterruptions]:
    """
    Return what the events of each usage point come to.

    Parameters
    ----------
    heard
        The events up to now.
    momentary_s
        Power back within this time of a last gasp makes the two a momentary interruption; of last
        gasps closer together than this, the first counts.
    """
    late = _mark_late_gasps(heard, momentary_s)
    every, heard = heard, heard.select_rows(~late)
    points, owner = np.unique(heard.point, return_inverse=True)
    on_s = np.full(len(points), -np.inf)
    is_on = IS_ON[heard.kind]
    np.maximum.at(on_s, owner[is_on], heard.at_s[is_on])
    after = heard.at_s > on_s[owner]
    gasp_s = _find_last_run(
        heard, owner, (heard.kind == LAST_GASP) & after, momentary_s, len(points)
    )
    call_s = np.full(len(points), np.inf)
    called = (heard.kind == CALL) & after
    np.minimum.at(call_s, owner[called], heard.at_s[called])
    call_s[np.isinf(call_s)] = np.nan
    evidence = MeterEvidence(
        points.astype(np.int32),
        gasp_s,
        call_s,
        on_s,
        shaken_s=np.full(len(points), -np.inf),
        owed_s=_find_owed_times(heard, owner, len(points)),
    )
    return evidence, _pair_interruptions(every, late)


def _find_last_run(
    heard: EventRows,
    owner: NDArray[np.intp],
    chosen: NDArray[np.bool_],
    apart_s: float,
    count: int,
) -> Floats:
    """Return when the last run of each usage point's gasps began."""
    at, who = heard.at_s[chosen], owner[chosen]
    begins = np.ones(len(at), dtype=bool)
    begins[1:] = (who[1:] != who[:-1]) | (np.diff(at) > apart_s)
    began = np.full(count, np.nan)
    began[who[begins]] = at[begins]  # of several, the last one written stays
    return began


def _mark_late_gasps(heard: EventRows, momentary_s: float) -> NDArray[np.bool_]:
    """Return whether each event is a last gasp that came behind the news that power is back."""
    late = np.zeros(len(heard.kind), dtype=bool)
    gasp, back = heard.kind == LAST_GASP, heard.kind == POWER_RESTORED
    same = heard.point[1:] == heard.point[:-1]
    late[1:] = gasp[1:] & back[:-1] & same & (np.diff(heard.at_s) <= momentary_s)
    # News that power is back, with a last gasp before it, has had its own.
    late[2:] &= ~(gasp[:-2] & (heard.point[2:] == heard.point[:-2]))
    return late


def _find_owed_times(heard: EventRows, owner: NDArray[np.intp], count: int) -> Floats:
    """Return when power came back last with no last gasp to it, if a last gasp follows."""
    gasp, back = heard.kind == LAST_GASP, heard.kind == POWER_RESTORED
    same = heard.point[1:] == heard.point[:-1]
    alone = back.copy()
    alone[1:] &= ~(gasp[:-1] & same)
    before = alone[:-1] & gasp[1:] & same
    owed_s = np.full(count, -np.inf)
    owed_s[owner[:-1][before]] = heard.at_s[:-1][before]
    return owed_s


def _pair_interruptions(heard: EventRows, late: NDArray[np.bool_]) -> EndedInterruptions:
    """Return the last gasps that are followed by the news that power is back."""
    kept = (heard.kind == LAST_GASP) | (heard.kind == POWER_RESTORED)
    point, kind, at = heard.point[kept], heard.kind[kept], heard.at_s[kept]
    pairs = (kind[:-1] == LAST_GASP) & (kind[1:] == POWER_RESTORED)
    pairs |= late[kept][1:]  # the two came in the wrong order
    first = np.flatnonzero(pairs & (point[:-1] == point[1:]))
    return EndedInterruptions(point[first], at[first], at[first + 1])


def index_events(network: Network, events: MeterEvents) -> tuple[EventRows, NDArray[np.intp]]:
    """
    Return events as rows of a network's usage points.

    Returns
    -------
    heard, unknown
        The events of usage points there are, and the positions of the others.
    """
    point = network.ids.tables["usage_points"].find_rows(events.mrid)
    known = point >= 0
    heard = EventRows(point[known], events.kind[known], events.at_s[known], events.phases[known])
    return EventRows.make_empty().merge_with(heard), np.flatnonzero(~known)
