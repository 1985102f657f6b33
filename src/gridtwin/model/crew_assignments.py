"""Hold which crew works on which outage, and how far it is."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from gridtwin.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime


class AssignmentStatus(StrEnum):
    """How far a crew is with an outage."""

    ASSIGNED = "assigned"
    EN_ROUTE = "en_route"
    ON_SITE = "on_site"
    DONE = "done"
    WITHDRAWN = "withdrawn"


ENDED = frozenset({AssignmentStatus.DONE, AssignmentStatus.WITHDRAWN})
FOLLOWING = {
    AssignmentStatus.ASSIGNED: frozenset(AssignmentStatus) - {AssignmentStatus.ASSIGNED},
    AssignmentStatus.EN_ROUTE: frozenset({AssignmentStatus.ON_SITE, *ENDED}),
    AssignmentStatus.ON_SITE: ENDED,
}
# What an outage says of its crew, which the estimate reads; the furthest crew counts.
CREW_WORDS = {
    AssignmentStatus.ON_SITE: "on site",
    AssignmentStatus.EN_ROUTE: "en route",
    AssignmentStatus.ASSIGNED: "assigned",
}


@dataclass(frozen=True, slots=True)
class CrewAssignment:
    """One crew on one outage."""

    crew: str
    outage: str
    assigned_by: str
    assigned_at: datetime
    changed_by: str
    changed_at: datetime
    status: AssignmentStatus = AssignmentStatus.ASSIGNED
    number: int = 0  # given when it is kept; 0 before
    en_route_at: datetime | None = None
    on_site_at: datetime | None = None
    ended_at: datetime | None = None

    def advance(self, status: AssignmentStatus, actor: str, at: datetime) -> CrewAssignment:
        """
        Return the assignment with its crew further.

        Raises
        ------
        InputError
            If that cannot follow.
        """
        if status not in FOLLOWING.get(self.status, frozenset()):
            msg = f"crew {self.crew} is {self.status} for outage {self.outage}: not {status} next"
            raise InputError(msg)
        after = replace(self, status=status, changed_by=actor, changed_at=at)
        if status is AssignmentStatus.EN_ROUTE:
            return replace(after, en_route_at=at)
        if status is AssignmentStatus.ON_SITE:
            return replace(after, on_site_at=at)
        return replace(after, ended_at=at)


def describe_crews(assignments: Iterable[CrewAssignment]) -> str:
    """Return what an outage says of the crews assigned to it; an empty text for none."""
    statuses = {each.status for each in assignments}
    return next((words for status, words in CREW_WORDS.items() if status in statuses), "")


def choose_crew_status(assignments: Iterable[CrewAssignment]) -> str:
    """Return the status of the roster for a crew with some assignments."""
    statuses = {each.status for each in assignments}
    return next((status.value for status in CREW_WORDS if status in statuses), "available")
