"""Hold webhooks: who is told of what, what they are told, and what could not be delivered."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

from gridtwin.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime


class WebhookKind(StrEnum):
    """What a webhook tells of."""

    OUTAGE_OPENED = "outage.opened"
    OUTAGE_CHANGED = "outage.changed"
    OUTAGE_CLOSED = "outage.closed"
    ETR_CHANGED = "etr.changed"
    PRIORITY_OUT = "priority.out"
    OVERLOAD_FOUND = "overload.found"
    PLANNED_ANNOUNCED = "planned.announced"
    PLANNED_CHANGED = "planned.changed"
    TEST = "webhook.test"  # asked for, never subscribed to


SUBSCRIBED_KINDS = tuple(kind for kind in WebhookKind if kind is not WebhookKind.TEST)


class WebhookForm(StrEnum):
    """In which form a receiver is told."""

    JSON = "json"
    CHAT = "chat"  # one text, as incoming webhooks of chats take it


@dataclass(frozen=True, slots=True)
class Subscription:
    """Who is told of what; the signing secret follows from its id, and is not kept."""

    id: str
    url: str
    made_at: datetime  # nothing of before is told
    made_by: str
    form: WebhookForm = WebhookForm.JSON
    kinds: frozenset[WebhookKind] = frozenset()  # empty: all
    feeders: tuple[str, ...] = ()  # mRIDs; empty: all
    substations: tuple[str, ...] = ()
    area: str = ""  # polygon as text; empty: everywhere
    priority: bool = False  # only what has customers at priority sites

    def wants_kind(self, kind: WebhookKind) -> bool:
        """Return whether it is told of a kind."""
        return not self.kinds or kind in self.kinds


@dataclass(frozen=True, slots=True)
class WebhookDelivery:
    """One event that one subscription has not taken yet."""

    subscription: str
    event: str  # its id, the same however often it is sent
    kind: WebhookKind
    subject: str  # outage or element: events of one arrive in order
    body: str  # JSON
    made_s: float  # unix seconds
    number: int = 0  # in order of writing; 0 before it is kept
    attempts: int = 0
    due_s: float = 0.0
    dead_s: float | None = None  # when it was given up
    error: str = ""  # of the last attempt


class NotedAlert(NamedTuple):
    """A change of an outage or its estimate, as the store wrote it with the change."""

    event_id: str  # outage.revision, and .etr where there is one
    at_s: float
    outage: str
    kind: str  # outage_opened, outage_changed, outage_closed
    status: str
    device: str
    customers_out: int
    etr_s: float | None

    @property
    def revision(self) -> str:
        """Of the outage, that it tells of."""
        return self.event_id.removeprefix(f"{self.outage}.").partition(".")[0]


def read_kinds(words: Iterable[str]) -> frozenset[WebhookKind]:
    """Return kinds by their words; InputError for one that cannot be subscribed to."""
    kinds = set()
    for word in words:
        if word not in SUBSCRIBED_KINDS:
            msg = f"{word!r} is no kind of event: say {', '.join(SUBSCRIBED_KINDS)}"
            raise InputError(msg)
        kinds.add(WebhookKind(word))
    return frozenset(kinds)
