"""
Ask for the past: how everything stood at a moment, and what happened between two.

The log of operations and the outages hold all of it; nothing is kept for it beside them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import numpy as np

from gridtwin.analysis.state.situation import NO_ROWS
from gridtwin.analysis.state.supply_tracker import SupplyTracker
from gridtwin.errors import InputError
from gridtwin.model import phases
from gridtwin.model.moments import read_moment
from gridtwin.model.outage import Status
from gridtwin.model.tables import encode_texts
from gridtwin.store.past_store import PastStore
from gridtwin.twin.situation_cache import SituationCache

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gridtwin.model.network import Network
    from gridtwin.model.outage import Outage
    from gridtwin.model.state import State, SwitchEvent
    from gridtwin.store.protocol import Store

SWITCH, OUTAGE, RESTORED = MOMENT_KINDS = ("switch", "outage", "restored")
MOST_SPANS_BEHIND = (
    2  # a walk begins anew when the span asked for is so many of its lengths behind its start
)
DARK, IN_OUTAGE = 1, 2  # why a usage point is out


def open_past(store: Store, when: datetime | str, state: State | None = None) -> PastStore:
    """Return a store that shows another as it was at a moment, or in a state, and is only read."""
    return PastStore(store, read_moment(when), state)


@dataclass(frozen=True, slots=True)
class Moment:
    """Something that happened, and how many customers were out after it."""

    at: datetime
    what: str  # switch, outage or restored
    mrid: str  # of what was operated, or the device of the outage
    outage: str = ""  # its id
    version: int = 0  # of the state after a switch was operated
    customers: int = 0  # that went out by it; below zero: came back
    customers_out: int = 0  # without supply in the state, or in an outage and not back


@dataclass(frozen=True, slots=True)
class Moments:
    """What happened between two moments, in order of time."""

    start: datetime
    end: datetime
    out_at_start: int  # customers
    moments: list[Moment]

    def curve(self) -> list[tuple[datetime, int]]:
        """Return the customers out over time, as steps: from each time on, so many."""
        steps = {self.start: self.out_at_start}
        steps |= {each.at: each.customers_out for each in self.moments}
        return list(steps.items())


class TwinHistory:
    """
    The past of one twin; threads may not share it.

    Who an operation put in the dark does not change any more: it is worked out once, so that a
    slider moves without working through the operations again.

    Parameters
    ----------
    store
        Where the twin is kept.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._replay: _SupplyReplay | None = None

    def moments(self, start: datetime | str, end: datetime | str) -> Moments:
        """
        Return what happened after one moment and until another.

        Raises
        ------
        InputError
            If the second is before the first.
        """
        start, end = read_moment(start), read_moment(end)
        if end < start:
            msg = f"{end.isoformat()} is before {start.isoformat()}: give the earlier moment first"
            raise InputError(msg)
        dark, switched = self._replay_operations(start, end)
        out, followed = self._read_outages(start, end)
        tally = _CustomerTally(self._store.network.data.usage_points.customers)
        tally.mark_out(np.flatnonzero(dark).astype(np.int32), DARK)
        tally.mark_out(out, IN_OUTAGE)
        at_start = tally.customers_out
        steps = sorted([*switched, *followed], key=lambda step: step.sort_key)
        return Moments(start, end, at_start, [tally.apply_step(step) for step in steps])

    def _replay_operations(
        self, start: datetime, end: datetime
    ) -> tuple[NDArray[np.bool_], list[_MomentStep]]:
        """Return who was without supply at a moment, and what the operations from then on did."""
        replay = self._replay
        if replay is None or not replay.covers_span(self._store, start, end):
            replay = self._start_replay(start)
        operations = self._store.states.list_operations(replay.start, end)
        if not replay.replay_operations(
            self._store.network, operations
        ):  # the log holds others in between
            replay = self._start_replay(replay.start)
            replay.replay_operations(self._store.network, operations)
        text = start.isoformat()
        before = sum(each.at <= text for each in operations)
        deenergized = replay.find_deenergized(before)
        steps = [
            _MomentStep(
                datetime.fromisoformat(each.at), SWITCH, each.mrid, went, came, version=each.version
            )
            for each, (went, came) in zip(
                operations[before:], replay.changes[before:], strict=False
            )
        ]
        return deenergized, steps

    def _start_replay(self, start: datetime) -> _SupplyReplay:
        store = PastStore(self._store, start)
        self._replay = _SupplyReplay(
            start, store.states.read_state(), SupplyTracker(SituationCache(store).resolve_state())
        )
        return self._replay

    def _read_outages(
        self, start: datetime, end: datetime
    ) -> tuple[NDArray[np.int32], list[_MomentStep]]:
        """Return who was in an open outage at a moment, and who went out and came back then."""
        book, ids = self._store.outages, self._store.network.ids.tables["usage_points"]
        outages = {
            each.id: each
            for each in book.list_outages(since=start)
            if each.began_at <= end and each.status is not Status.INVALID
        }
        members = book.read_members(outages)
        rows = ids.find_rows(encode_texts(members.usage_point.tolist()))
        known = rows >= 0  # of another network
        members, rows = members.take_rows(known), rows[known].astype(np.int32)
        first, last = start.timestamp(), end.timestamp()
        out = (members.began_s <= first) & ~(members.restored_s <= first)
        steps = [
            *_group_steps(outages, members.outage, members.began_s, rows, (first, last), OUTAGE),
            *_group_steps(
                outages, members.outage, members.restored_s, rows, (first, last), RESTORED
            ),
        ]
        return rows[out], steps


def read_moments(store: Store, start: datetime | str, end: datetime | str) -> Moments:
    """Return what happened to a twin after one moment and until another; see `TwinHistory`."""
    return TwinHistory(store).moments(start, end)


@dataclass(frozen=True, slots=True)
class _MomentStep:
    """Something that happened, with the rows of the usage points that it moved."""

    at: datetime
    what: str
    mrid: str
    went: NDArray[np.int32]
    came: NDArray[np.int32]
    outage: str = ""
    version: int = 0

    @property
    def sort_key(self) -> tuple[datetime, int, int, str]:
        """What comes first: by time; an operation before the outage that it made."""
        return self.at, MOMENT_KINDS.index(self.what), self.version, self.outage


def _group_steps(
    outages: dict[str, Outage],
    names: NDArray[np.object_],
    at_s: NDArray[np.float64],
    rows: NDArray[np.int32],
    between: tuple[float, float],
    what: str,
) -> list[_MomentStep]:
    """Return one step for all usage points of an outage that were moved at one time."""
    chosen = np.flatnonzero((at_s > between[0]) & (at_s <= between[1]))
    if not len(chosen):
        return []
    ids, codes = np.unique(names[chosen].astype(str), return_inverse=True)
    order = np.lexsort((rows[chosen], at_s[chosen], codes))
    chosen, codes = chosen[order], codes[order]
    new = np.flatnonzero((np.diff(codes) != 0) | (np.diff(at_s[chosen]) != 0)) + 1
    steps = []
    for part in np.split(np.arange(len(chosen)), new):
        outage = outages[str(ids[codes[part[0]]])]
        at, moved = datetime.fromtimestamp(float(at_s[chosen[part[0]]]), UTC), rows[chosen[part]]
        went, came = (moved, NO_ROWS) if what == OUTAGE else (NO_ROWS, moved)
        steps.append(_MomentStep(at, what, outage.device, went, came, outage=outage.id))
    return steps


class _SupplyReplay:
    """What operations did to supply, one after another from a moment on."""

    def __init__(self, start: datetime, state: State, tracker: SupplyTracker) -> None:
        self.start = start
        self._state = state
        self._tracker = tracker
        self._deenergized = tracker.is_deenergized
        self._versions: list[int] = []
        self.changes: list[tuple[NDArray[np.int32], NDArray[np.int32]]] = []  # who went, who came

    def covers_span(self, store: Store, start: datetime, end: datetime) -> bool:
        """Return whether a span of time lies in it, and not far in, and it began as it is known."""
        near = start - MOST_SPANS_BEHIND * (end - start) <= self.start <= start
        return (
            near and store.states.read_past_state(self.start).deviations == self._state.deviations
        )

    def replay_operations(self, network: Network, operations: list[SwitchEvent]) -> bool:
        """Work through operations not yet worked through; False if others came in between."""
        count = min(len(operations), len(self._versions))
        if [each.version for each in operations[:count]] != self._versions[:count]:
            return False
        ids = network.ids.tables["equipment"]
        fresh = operations[count:]
        rows = ids.find_rows(encode_texts([each.mrid for each in fresh])).tolist()
        for each, row in zip(fresh, rows, strict=True):
            known = row >= 0
            moved = (
                self._tracker.operate_equipment(row, phases.parse_phases(each.to_phases))
                if known
                else (NO_ROWS, NO_ROWS)
            )
            self._versions.append(each.version)
            self.changes.append(moved)
        return True

    def find_deenergized(self, count: int) -> NDArray[np.bool_]:
        """Return whether each usage point is without supply after some operations."""
        dark = self._deenergized.copy()
        for went, came in self.changes[:count]:
            dark[went], dark[came] = True, False
        return dark


class _CustomerTally:
    """How many customers are out: without supply in the state, or in an open outage."""

    def __init__(self, customers: NDArray[np.int32]) -> None:
        self._customers = customers
        self._marks = np.zeros(len(customers), dtype=np.uint8)
        self.customers_out = 0

    def mark_out(self, rows: NDArray[np.int32], mark: int) -> int:
        """Mark usage points; return the customers that are out by it."""
        fresh = rows[self._marks[rows] == 0]
        self._marks[rows] |= mark
        return self._count_moved(fresh, 1)

    def lift_mark(self, rows: NDArray[np.int32], mark: int) -> int:
        """Lift a mark; return the customers that are back by it, as a number below zero."""
        had = self._marks[rows] == mark
        self._marks[rows] &= 0xFF ^ mark
        return self._count_moved(rows[had], -1)

    def _count_moved(self, rows: NDArray[np.int32], sign: int) -> int:
        moved = sign * int(self._customers[rows].sum()) if len(rows) else 0
        self.customers_out += moved
        return moved

    def apply_step(self, step: _MomentStep) -> Moment:
        """Return a step as a moment, counting it."""
        mark = DARK if step.what == SWITCH else IN_OUTAGE
        moved = self.mark_out(step.went, mark) + self.lift_mark(step.came, mark)
        return Moment(
            step.at, step.what, step.mrid, step.outage, step.version, moved, self.customers_out
        )
