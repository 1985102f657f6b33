"""
Hold a planned outage: work that is announced, who has no supply meanwhile, and how it stands.

::

    announced ─→ ongoing ─→ done
        │
        └─→ canceled
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

from gridtwin.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

LONGEST_WORK_REASON = 500  # characters
LONGEST_PLANNED_DAYS = 60


class PlannedStatus(StrEnum):
    """How a planned outage stands."""

    ANNOUNCED = "announced"
    ONGOING = "ongoing"  # supply is off; an outage is open for it
    DONE = "done"
    CANCELED = "canceled"


NEXT_PLANNED: Mapping[PlannedStatus, frozenset[PlannedStatus]] = {
    PlannedStatus.ANNOUNCED: frozenset({PlannedStatus.ONGOING, PlannedStatus.CANCELED}),
    PlannedStatus.ONGOING: frozenset({PlannedStatus.DONE}),
    PlannedStatus.DONE: frozenset(),
    PlannedStatus.CANCELED: frozenset(),
}
STANDING = (PlannedStatus.ANNOUNCED, PlannedStatus.ONGOING)  # still to come, or going on


@dataclass(frozen=True, slots=True)
class PlannedOutage:
    """One planned outage; times are in UTC."""

    id: str
    starts_at: datetime
    ends_at: datetime
    reason: str
    elements: tuple[str, ...]  # mRIDs of what is worked on; empty: only switches are given
    switches: Mapping[str, str]  # mRID to the phases that stand open meanwhile; "" = closed
    status: PlannedStatus
    usage_points: int  # without supply meanwhile
    customers: int
    announced_by: str
    announced_at: datetime
    changed_by: str
    changed_at: datetime
    outage: str = ""  # id of the outage that was opened for it
    revision: int = 1  # grows with each change

    @property
    def is_standing(self) -> bool:
        """Whether it is still to come, or goes on."""
        return self.status in STANDING

    def check_next(self, status: PlannedStatus) -> None:
        """Refuse, as InputError, a status that cannot follow."""
        if status not in NEXT_PLANNED[self.status]:
            may = ", ".join(sorted(NEXT_PLANNED[self.status])) or "nothing"
            msg = f"planned outage {self.id} is {self.status}: it can become {may}, not {status}"
            raise InputError(msg)


class AffectedPoint(NamedTuple):
    """A usage point without supply while work goes on."""

    usage_point: str  # mRID
    customers: int


def check_period(starts_at: datetime, ends_at: datetime) -> None:
    """Refuse, as InputError, work that ends before it starts, or goes on for months."""
    days = (ends_at - starts_at).total_seconds() / 86_400
    if not 0 < days <= LONGEST_PLANNED_DAYS:
        msg = (
            f"planned work from {starts_at:%Y-%m-%d %H:%M} to {ends_at:%Y-%m-%d %H:%M} UTC: it ends"
            f" after it starts, and within {LONGEST_PLANNED_DAYS} days; mend the times"
        )
        raise InputError(msg)
