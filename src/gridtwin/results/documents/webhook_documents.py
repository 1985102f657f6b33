"""The documents of webhooks: who is told of what, and what could not be delivered."""

from typing import Annotated, Literal

from gridtwin.model.webhook import SUBSCRIBED_KINDS, WebhookForm, WebhookKind
from gridtwin.results.documents.document_fields import Count, Shape, one_of
from gridtwin.results.documents.document_tags import DocumentTag


class WebhookRecord(Shape):
    """Who is told of what."""

    id: str
    host: str
    """the address is told to; the rest of the address may be a secret"""
    form: Annotated[str, one_of(tuple(WebhookForm))]
    kinds: list[Annotated[str, one_of(SUBSCRIBED_KINDS)]]
    """of events; empty: all"""
    feeders: list[str]
    """mRIDs; empty: all"""
    substations: list[str]
    """mRIDs; empty: all"""
    area: bool
    """whether a polygon limits it"""
    priority: bool
    """whether it is told only where customers at priority sites are concerned"""
    made_at: str
    """ISO 8601"""
    made_by: str
    waiting: Count
    """events that are not delivered yet"""
    dead_letters: Count
    """events that were given up"""


class WebhooksDocument(Shape):
    """
    Who is told of outages by webhooks.

    `gridtwin webhooks list`, `GET /api/webhooks`
    """

    schema: Literal[DocumentTag.WEBHOOKS]
    webhooks: list[WebhookRecord]


class LetterRecord(Shape):
    """An event that was given up."""

    webhook: str
    """id of the subscription"""
    event: str
    """id of the event"""
    kind: Annotated[str, one_of(tuple(WebhookKind))]
    subject: str
    """outage or element"""
    attempts: Count
    error: str
    """of the last attempt"""
    given_up_at: str
    """ISO 8601"""


class LettersDocument(Shape):
    """
    Events that webhooks did not take, and that were given up.

    `gridtwin webhooks letters`, `GET /api/webhooks/letters`
    """

    schema: Literal[DocumentTag.WEBHOOK_LETTERS]
    letters: list[LetterRecord]
