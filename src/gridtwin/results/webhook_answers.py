"""Show webhooks and their dead letters as documents."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from gridtwin.results.documents.document_tags import DocumentTag

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from gridtwin.model.webhook import Subscription, WebhookDelivery
    from gridtwin.results.documents.webhook_documents import (
        LettersDocument,
        WebhookRecord,
        WebhooksDocument,
    )
    from gridtwin.store.webhook_book import WebhookBook


def make_webhooks_document(book: WebhookBook) -> WebhooksDocument:
    """Return who is told of what as the JSON document ``gridtwin.webhooks/1``."""
    waiting = book.count_waiting()
    dead = Counter(each.subscription for each in book.list_dead_letters())
    return {
        "schema": DocumentTag.WEBHOOKS,
        "webhooks": [
            make_webhook_record(each, waiting, dead) for each in book.list_subscriptions()
        ],
    }


def make_webhook_record(
    subscription: Subscription,
    waiting: Mapping[str, int] | None = None,
    dead: Mapping[str, int] | None = None,
) -> WebhookRecord:
    """Return one subscription as JSON documents hold it; without what of its address is secret."""
    return {
        "id": subscription.id,
        "host": urlsplit(subscription.url).hostname or "",
        "form": subscription.form.value,
        "kinds": sorted(each.value for each in subscription.kinds),
        "feeders": [*subscription.feeders],
        "substations": [*subscription.substations],
        "area": bool(subscription.area),
        "priority": subscription.priority,
        "made_at": subscription.made_at.isoformat(),
        "made_by": subscription.made_by,
        "waiting": (waiting or {}).get(subscription.id, 0),
        "dead_letters": (dead or {}).get(subscription.id, 0),
    }


def make_letters_document(letters: Iterable[WebhookDelivery]) -> LettersDocument:
    """Return what was given up as the JSON document ``gridtwin.webhook_letters/1``."""
    return {
        "schema": DocumentTag.WEBHOOK_LETTERS,
        "letters": [
            {
                "webhook": each.subscription,
                "event": each.event,
                "kind": each.kind.value,
                "subject": each.subject,
                "attempts": each.attempts,
                "error": each.error,
                "given_up_at": datetime.fromtimestamp(each.dead_s or 0.0, UTC).isoformat(),
            }
            for each in letters
        ],
    }
