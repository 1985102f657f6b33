"""
Hold an outage: how it stands, who is in it and since when, and what it is known from.

::

    predicted ─→ confirmed ─→ partially_restored ─→ restored ─→ closed
        │            │                                  ↑
        └────────────┴─→ invalid          (steps may be skipped)

A usage point is in one open outage at most. It comes back in a *restoration step*: all that come
back at one time. A *nested* outage is a part of another with a fault of its own; it keeps the time
at which its customers lost their supply.
"""

from __future__ import annotations

import math
import secrets
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from gridtwin.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

MOMENTARY = timedelta(minutes=5)  # IEEE 1366: an interruption is sustained beyond five minutes


class Status(StrEnum):
    """How an outage stands."""

    PREDICTED = "predicted"  # inferred, nobody has seen it
    CONFIRMED = "confirmed"  # by a crew, SCADA, or a person who looked
    PARTIALLY_RESTORED = "partially_restored"  # some customers are back
    RESTORED = "restored"  # all are back
    CLOSED = "closed"  # and that was verified
    INVALID = "invalid"  # there was none


NEXT_STATUSES: Mapping[Status, frozenset[Status]] = {
    Status.PREDICTED: frozenset(
        {Status.CONFIRMED, Status.PARTIALLY_RESTORED, Status.RESTORED, Status.INVALID}
    ),
    Status.CONFIRMED: frozenset({Status.PARTIALLY_RESTORED, Status.RESTORED, Status.INVALID}),
    Status.PARTIALLY_RESTORED: frozenset({Status.RESTORED}),
    Status.RESTORED: frozenset({Status.CLOSED}),
    Status.CLOSED: frozenset(),
    Status.INVALID: frozenset(),
}
OPEN_STATUSES = frozenset({Status.PREDICTED, Status.CONFIRMED, Status.PARTIALLY_RESTORED})


@dataclass(frozen=True, slots=True)
class Outage:
    """One outage; times are in UTC."""

    id: str
    began_at: datetime
    status: Status = Status.PREDICTED
    device: str = ""  # mRID of what opened or failed; empty = not known
    phases: str = ""  # that lost supply; empty = all
    planned: bool = False
    cause: str = ""
    crew_status: str = ""
    parent: str = ""  # id of the outage this one is a part of
    first_seen_at: datetime | None = None  # when it was first known here
    confirmed_at: datetime | None = None
    restored_at: datetime | None = None  # when the last customer came back
    closed_at: datetime | None = None
    etr_manual: datetime | None = None  # promised by the control room
    etr_crew: datetime | None = None  # estimated by the crew on site
    updated_at: datetime | None = None  # when it was last written
    state_version: int = 0  # of the current state when it was opened
    customers: int = 0  # in it, back or not
    customers_out: int = 0  # in it and not back
    revision: int = 0  # 0 = not written yet

    @property
    def is_open(self) -> bool:
        """Whether somebody may still be without supply."""
        return self.status in OPEN_STATUSES

    @property
    def momentary(self) -> bool:
        """Whether it was over within five minutes (IEEE 1366: no sustained interruption)."""
        return self.restored_at is not None and self.restored_at - self.began_at <= MOMENTARY

    def check_next(self, status: Status) -> None:
        """
        Refuse a status that cannot follow.

        Raises
        ------
        InputError
            If it cannot.
        """
        if status is not self.status and status not in NEXT_STATUSES[self.status]:
            may = ", ".join(sorted(NEXT_STATUSES[self.status])) or "nothing"
            msg = f"outage {self.id} is {self.status}: it can become {may}, not {status}"
            raise InputError(msg)


@dataclass(frozen=True, slots=True)
class Members:
    """Usage points in outages, as columns of one length; a row is one usage point in one outage."""

    outage: NDArray[np.object_]  # ids
    usage_point: NDArray[np.object_]  # mRIDs
    customers: NDArray[np.int32]
    began_s: NDArray[np.float64]  # unix seconds, when it lost its supply
    restored_s: NDArray[np.float64]  # unix seconds; NaN = it is still out

    @classmethod
    def from_points(
        cls,
        outage: str,
        usage_points: Sequence[str] | NDArray[Any],
        customers: NDArray[np.int32],
        began_at: datetime,
        restored_at: datetime | None = None,
    ) -> Members:
        """Return the usage points that one outage takes in at one time."""
        count = len(usage_points)
        end = math.nan if restored_at is None else restored_at.timestamp()
        return cls(
            np.full(count, outage, dtype=object),
            np.asarray(usage_points, dtype=object),
            np.asarray(customers, dtype=np.int32),
            np.full(count, began_at.timestamp()),
            np.full(count, end),
        )

    @classmethod
    def from_rows(cls, rows: Sequence[Sequence[Any]]) -> Members:
        """Return rows, their values in the order of the fields, as columns; None becomes NaN."""
        if not rows:
            return cls.make_empty()
        kinds = (object, object, np.int32, np.float64, np.float64)
        columns = zip(*rows, strict=True)
        return cls(*(np.array(each, dtype=kind) for each, kind in zip(columns, kinds, strict=True)))

    @property
    def ends(self) -> list[float | None]:
        """When each was back, in unix seconds; None = it is still out."""
        return [
            None if out else end
            for out, end in zip(self.is_out, self.restored_s.tolist(), strict=True)
        ]

    @classmethod
    def make_empty(cls) -> Members:
        """Return no members."""
        return cls.from_points("", [], np.empty(0, np.int32), datetime.fromtimestamp(0, UTC))

    @property
    def is_out(self) -> NDArray[np.bool_]:
        """Whether each is still out."""
        return np.isnan(self.restored_s)

    def take_rows(self, rows: NDArray[Any]) -> Members:
        """Return some of them, by row or by mask."""
        return Members(
            self.outage[rows],
            self.usage_point[rows],
            self.customers[rows],
            self.began_s[rows],
            self.restored_s[rows],
        )

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self.usage_point)


@dataclass(frozen=True, slots=True)
class Evidence:
    """One thing said of an outage, or done to it; it is added and never changed."""

    outage: str
    at: datetime
    kind: str  # last_gasp, power_restored, call, scada, crew, predicted, confirmed, restored ...
    mrid: str = ""  # who or what said so, or what it was about
    detail: Mapping[str, Any] = field(default_factory=dict)
    actor: str = ""


@dataclass(frozen=True, slots=True)
class Change:
    """
    What becomes of one outage; a store writes several changes whole, or none of them.

    ``outage`` is the outage as it shall be, its ``revision`` still that of which the change was
    made: a store refuses a change of anything older than what it keeps.
    """

    outage: Outage
    joined: Members = field(default_factory=Members.make_empty)  # are in it from now on
    restored: Mapping[str, float] = field(default_factory=dict)  # usage point -> unix seconds
    left: frozenset[str] = frozenset()  # usage points that do not belong to it
    evidence: tuple[Evidence, ...] = ()


@dataclass(frozen=True, slots=True)
class Step:
    """One restoration step of an outage: who came back at one time."""

    outage: str
    restored_at: datetime | None  # None = still out
    usage_points: int
    customers: int
    customer_minutes: float  # up to the step; up to now for those still out


class PointOutage(NamedTuple):
    """What one usage point went through in one outage."""

    outage: str
    usage_point: str
    began_at: datetime
    restored_at: datetime | None  # None = still out
    status: str
    cause: str
    planned: bool
    device: str

    def stand_at(self, when: datetime) -> PointOutage:
        """Return it as it stood at a moment: who came back later is still out."""
        later = self.restored_at is not None and self.restored_at > when
        return self._replace(restored_at=None) if later else self


def new_id(began_at: datetime) -> str:
    """Return an id for a new outage: the day it began, and six random hexadecimal digits."""
    return f"O-{began_at:%Y%m%d}-{secrets.token_hex(3)}"


def steps_of(members: Members, now: datetime) -> list[Step]:
    """
    Return the restoration steps of outages, by outage and time.

    Customer-minutes are counted for each step (IEEE 1366-2022, 3.1: step restoration), so that the
    steps of an outage add up to the customer-minutes of its usage points.
    """
    if not len(members):
        return []
    until = np.where(members.is_out, now.timestamp(), members.restored_s)
    minutes = members.customers * np.maximum(until - members.began_s, 0.0) / 60
    ids, outage = np.unique(members.outage.astype(str), return_inverse=True)
    ends = np.where(members.is_out, math.inf, members.restored_s)
    order = np.lexsort((ends, outage))
    first = np.ones(len(order), dtype=bool)
    first[1:] = outage[order][1:] != outage[order][:-1]
    first[1:] |= ends[order][1:] != ends[order][:-1]
    starts = np.flatnonzero(first)
    customers = np.add.reduceat(members.customers[order].astype(np.int64), starts)
    spent = np.add.reduceat(minutes[order], starts)
    points = np.diff(np.r_[starts, len(order)])
    return [
        Step(
            str(ids[outage[order[start]]]),
            None if math.isinf(end := ends[order[start]]) else datetime.fromtimestamp(end, UTC),
            int(count),
            int(people),
            float(used),
        )
        for start, count, people, used in zip(starts, points, customers, spent, strict=True)
    ]
