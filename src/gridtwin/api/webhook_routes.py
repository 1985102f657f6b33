"""Say who is told of outages by webhooks: ``/api/webhooks``, for administrators."""

from __future__ import annotations

import time
from typing import Annotated

from fastapi import APIRouter, Path, Query
from pydantic import Field

from gridtwin.api.grid import GridNow
from gridtwin.api.models import Document
from gridtwin.api.noted_requests import ActionNow
from gridtwin.api.permission_gate import DeclaredRoute, PersonNow, require
from gridtwin.api.problems import RESPONSES
from gridtwin.model.permissions import Permission
from gridtwin.model.webhook import WebhookForm
from gridtwin.publish.webhooks.receiver_address import LONGEST_URL
from gridtwin.publish.webhooks.subscribing import (
    LONGEST_AREA,
    MOST_NAMES,
    SubscriptionAsked,
    make_subscription,
)
from gridtwin.publish.webhooks.webhook_signature import derive_secret
from gridtwin.publish.webhooks.webhook_text import make_test_delivery
from gridtwin.results.documents.webhook_documents import (
    LettersDocument,
    WebhookRecord,
    WebhooksDocument,
)
from gridtwin.results.webhook_answers import (
    make_letters_document,
    make_webhook_record,
    make_webhooks_document,
)
from gridtwin.settings import WebhookSettings

router = APIRouter(
    prefix="/api/webhooks", responses=RESPONSES, tags=["webhooks"], route_class=DeclaredRoute
)

ADMINISTER = require(Permission.ADMINISTER)
WebhookName = Annotated[str, Path(max_length=100)]
Mrids = Annotated[list[Annotated[str, Field(max_length=200)]], Field(max_length=MOST_NAMES)]


class WebhookAsked(Document):
    """Who is to be told of what; what is left out asks for all."""

    url: str = Field(min_length=1, max_length=LONGEST_URL)
    form: WebhookForm = WebhookForm.JSON
    kinds: list[str] = Field(default=[], max_length=20, examples=[["outage.opened"]])
    feeders: Mrids = Field(default=[])
    substations: Mrids = Field(default=[])
    area: str = Field(default="", max_length=LONGEST_AREA, description="GeoJSON or WKT.")
    priority: bool = Field(default=False, description="Only where priority sites are concerned.")


class WebhookMade(Document):
    """The webhook, and its secret: it is shown this once, and kept nowhere."""

    webhook: WebhookRecord
    secret: str


class EventQueued(Document):
    """A test event that `gridtwin webhooks run` sends next."""

    event: str


class LettersReplayed(Document):
    """How many dead letters are sent again."""

    events: int


@router.get("", dependencies=[ADMINISTER])
def read_webhooks(grid: GridNow) -> WebhooksDocument:
    """Return who is told of what; of addresses only the host."""
    return make_webhooks_document(grid.twin.store.webhooks)


@router.post("", dependencies=[ADMINISTER])
def add_webhook(
    grid: GridNow, asked: WebhookAsked, person: PersonNow, noted: ActionNow
) -> WebhookMade:
    """Tell a receiver of outages from now on."""
    settings = WebhookSettings.from_environment()
    wanted = SubscriptionAsked(**asked.model_dump())
    made = make_subscription(grid.network, settings, wanted, person.name)
    grid.twin.store.webhooks.add_subscription(made)
    noted.tell(after=dict(make_webhook_record(made)))
    return WebhookMade(
        webhook=make_webhook_record(made), secret=derive_secret(settings.key, made.id)
    )


@router.get("/letters", dependencies=[ADMINISTER])
def read_letters(grid: GridNow) -> LettersDocument:
    """Return the events that were given up."""
    return make_letters_document(grid.twin.store.webhooks.list_dead_letters())


@router.delete("/{webhook}", dependencies=[ADMINISTER])
def remove_webhook(grid: GridNow, webhook: WebhookName) -> WebhookRecord:
    """Tell a receiver nothing any more; what waits for it is forgotten."""
    return make_webhook_record(grid.twin.store.webhooks.remove_subscription(webhook))


@router.post("/{webhook}/test", dependencies=[ADMINISTER])
def send_test_event(grid: GridNow, webhook: WebhookName) -> EventQueued:
    """Have a test event sent by the process that sends: this server connects to nobody."""
    book = grid.twin.store.webhooks
    made = make_test_delivery(book.find_subscription(webhook).id, time.time())
    book.note_events([made], {})
    return EventQueued(event=made.event)


@router.post("/{webhook}/replay", dependencies=[ADMINISTER])
def replay_letters(
    grid: GridNow,
    webhook: WebhookName,
    event: Annotated[str, Query(max_length=300, description="Only this one.")] = "",
) -> LettersReplayed:
    """Have the dead letters of a receiver sent again, in their order."""
    count = grid.twin.store.webhooks.replay_dead_letters(webhook, time.time(), event)
    return LettersReplayed(events=count)
