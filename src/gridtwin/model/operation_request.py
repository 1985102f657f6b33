"""Hold an operation that one person asked for and another one has to confirm."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from gridtwin.errors import InputError

if TYPE_CHECKING:
    from datetime import datetime


class RequestStatus(StrEnum):
    """How an operation that needs two persons stands."""

    WAITING = "waiting"
    DONE = "done"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"  # nobody confirmed it in time; derived, not kept


@dataclass(frozen=True, slots=True)
class OperationRequest:
    """One operation that waits for a second person, or waited."""

    id: str
    mrid: str
    open: bool
    phases: str  # that move
    digest: str  # of what the first person saw that it would do
    requested_by: str
    requested_at: datetime
    expires_at: datetime
    status: RequestStatus = RequestStatus.WAITING
    decided_by: str = ""
    decided_at: datetime | None = None
    version: int | None = None  # of the current state once it is done

    def derive_status(self, now: datetime) -> RequestStatus:
        """Return how it stands at a moment."""
        if self.status is RequestStatus.WAITING and now >= self.expires_at:
            return RequestStatus.EXPIRED
        return self.status


def check_confirmation(request: OperationRequest, actor: str, now: datetime) -> None:
    """
    Refuse a confirmation of a request.

    Raises
    ------
    InputError
        If it waits no more, or is confirmed by nobody or by who requested it.
    """
    status = request.derive_status(now)
    if status is not RequestStatus.WAITING:
        by = f" by {request.decided_by}" if request.decided_by else ""
        msg = f"request {request.id} is {status}{by}: request the operation anew"
        raise InputError(msg)
    if not actor.strip() or actor == request.requested_by:
        msg = (
            f"request {request.id} was made by {request.requested_by}: another person has to"
            " confirm it"
        )
        raise InputError(msg)
