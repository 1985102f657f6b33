"""Write what a webhook tells: a JSON body with words for people, or those words for a chat."""

from __future__ import annotations

import hashlib
import json
import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from gridtwin.model.webhook import WebhookDelivery, WebhookForm, WebhookKind
from gridtwin.publish.webhooks.message_templates import MessageTemplates

if TYPE_CHECKING:
    from collections.abc import Mapping

HEADER_SAFE = re.compile(r"[\x21-\x7e]{1,200}")  # what any server takes in a header


def write_event_id(name: str) -> str:
    """Return a name as the id of an event, or its hash where no header could have the name."""
    if HEADER_SAFE.fullmatch(name):
        return name
    return hashlib.sha256(name.encode("utf-8", "replace")).hexdigest()[:32]


def write_body(
    kind: WebhookKind, at: datetime, data: Mapping[str, Any], templates: MessageTemplates
) -> str:
    """Return the JSON body of an event."""
    timestamp = at.isoformat(timespec="seconds")
    message = templates.write_message(kind, timestamp, data)
    body = {
        "type": kind.value,
        "timestamp": timestamp,
        "data": data,
        "text": message.subject,
        "mail": message._asdict(),
    }
    return json.dumps(body, ensure_ascii=False, separators=(",", ":"))


def make_test_delivery(
    subscription: str, now_s: float, templates: MessageTemplates | None = None
) -> WebhookDelivery:
    """Return a test event for a subscription."""
    event = f"test.{subscription}.{int(now_s * 1000)}"
    at = datetime.fromtimestamp(now_s, UTC)
    body = write_body(WebhookKind.TEST, at, {}, templates or MessageTemplates())
    return WebhookDelivery(subscription, event, WebhookKind.TEST, event, body, now_s)


def render_message(body: str, form: WebhookForm) -> bytes:
    """Return the bytes that a receiver of a form is sent."""
    if form is WebhookForm.JSON:
        return body.encode()
    text = str(json.loads(body)["text"])
    # Chats read these as markup: a name must not call a channel.
    for sign, entity in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;")):
        text = text.replace(sign, entity)
    return json.dumps({"text": text}, ensure_ascii=False).encode()
