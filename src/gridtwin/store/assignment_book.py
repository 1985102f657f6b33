"""Say what every store can do for assignments of crews to outages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from gridtwin.errors import InputError, NotFoundError
from gridtwin.model.crew_assignments import ENDED, AssignmentStatus
from gridtwin.store.store_rules import find_close_names

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gridtwin.model.crew_assignments import CrewAssignment


class AssignmentBook(Protocol):
    """Which crew works on which outage; the roster's status of a crew follows."""

    def list_assignments(
        self, *, outage: str = "", crew: str = "", past: bool = False
    ) -> list[CrewAssignment]:
        """Return the assignments under way, of an outage, a crew, or all; `past`: the ended too."""
        ...

    def add_assignment(self, assignment: CrewAssignment) -> CrewAssignment:
        """Assign a crew; returned with its number; InputError if it is assigned to it already."""
        ...

    def change_assignment(self, before: CrewAssignment, after: CrewAssignment) -> CrewAssignment:
        """
        Write how far a crew is.

        Raises
        ------
        NotFoundError
            If there is no such assignment.
        InputError
            If somebody changed it meanwhile, or the crew is on the way or on site elsewhere.
        """
        ...


def build_assignment_error(number: int, numbers: Sequence[int]) -> NotFoundError:
    """Return the error for an assignment that is not there."""
    names = [*map(str, numbers)]
    return NotFoundError("assignment of a crew", str(number), find_close_names(str(number), names))


def build_assigned_error(assignment: CrewAssignment) -> InputError:
    """Return the error for a crew that is assigned to an outage already."""
    return InputError(f"crew {assignment.crew} is assigned to outage {assignment.outage} already")


def _build_elsewhere_error(assignment: CrewAssignment, other: CrewAssignment) -> InputError:
    """Return the error for a crew that would be in two places."""
    return InputError(
        f"crew {assignment.crew} is {other.status} for outage {other.outage}: it is in one place at"
        " a time, so end that first"
    )


def build_changed_assignment_error(kept: CrewAssignment) -> InputError:
    """Return the error for an assignment that somebody changed meanwhile."""
    return InputError(
        f"assignment {kept.number} of crew {kept.crew} was made {kept.status} by"
        f" {kept.changed_by or 'somebody'} meanwhile: look at it anew"
    )


def check_one_place(after: CrewAssignment, others: Sequence[CrewAssignment]) -> None:
    """Refuse, as InputError, a crew that would be in two places."""
    if after.status in ENDED:
        return
    for other in others:
        moving = other.status in {AssignmentStatus.EN_ROUTE, AssignmentStatus.ON_SITE}
        if other.number != after.number and moving:
            raise _build_elsewhere_error(after, other)
