"""Hold what live operations take in and tell: events, messages that cannot be used, alerts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from datetime import datetime


class LiveEvent(NamedTuple):
    """An event of the grid or of a meter, as it was told; one of an id is taken in once."""

    event_id: str
    at_s: float  # when it happened, seconds since 1970 UTC
    kind: str  # switch_operation, fault, scada_status, last_gasp or power_restored
    mrid: str  # of the equipment or the usage point
    open_phases: str = ""
    actor: str = ""
    detail: str = ""


class EventDeadLetter(NamedTuple):
    """A message that cannot be used."""

    topic: str
    place: str  # where it stands: partition and offset, or line
    reason: str
    value: bytes  # the message


@dataclass(frozen=True, slots=True)
class Alert:
    """What became of an outage, to be told to everybody; one of an id is the same alert."""

    event_id: str
    at: datetime  # when it was written
    outage: str
    kind: str  # outage_opened, outage_changed or outage_closed
    status: str
    device: str
    customers_out: int
    etr: datetime | None
