"""People are told in words that the operator may choose."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from gridtwin.errors import InputError
from gridtwin.model.webhook import WebhookForm, WebhookKind
from gridtwin.publish.webhooks.message_templates import TEMPLATE_FIELDS, MessageTemplates
from gridtwin.publish.webhooks.webhook_text import render_message, write_body

NOON = datetime(2026, 12, 1, 12, tzinfo=UTC)
OUTAGE = {
    "outage": "O-1", "status": "partially_restored", "device": "FUSE-1", "feeders": ["F1", "F2"],
    "substations": [], "customers_out": 31, "priority_customers_out": 0,
    "etr": "2026-12-01T14:00:00+00:00",
}  # fmt: skip


@pytest.mark.parametrize("kind", list(WebhookKind))
def test_every_kind_has_words_without_knowing_anything(kind: WebhookKind) -> None:
    message = MessageTemplates().write_message(kind, "now", {})
    assert message.subject
    assert message.text
    assert "$" not in message.subject + message.text


def test_a_mail_has_what_is_known_and_says_what_is_not() -> None:
    message = MessageTemplates().write_message(WebhookKind.OUTAGE_CHANGED, "now", OUTAGE)
    assert message.subject == (
        "Outage O-1 on F1, F2 is partially restored: 31 customers out,"
        " expected back 2026-12-01T14:00:00+00:00."
    )
    assert "Substations: not known" in message.text
    assert "At priority sites: 0" in message.text


def test_own_words_come_first_and_the_others_stay(tmp_path: Path) -> None:
    (tmp_path / "outage.opened.txt").write_text("Off$on <!channel>\n\nBack: $etr, $$5\n")
    templates = MessageTemplates(tmp_path)
    body = json.loads(write_body(WebhookKind.OUTAGE_OPENED, NOON, OUTAGE, templates))
    assert body["mail"] == {
        "subject": "Off on F1, F2 <!channel>", "text": "Back: 2026-12-01T14:00:00+00:00, $5",
    }  # fmt: skip
    chat = json.loads(render_message(json.dumps(body), WebhookForm.CHAT))
    assert chat == {"text": "Off on F1, F2 &lt;!channel&gt;"}
    closed = templates.write_message(WebhookKind.OUTAGE_CLOSED, "now", OUTAGE)
    assert closed.subject == "Outage O-1 on F1, F2 is over (partially restored)."


def test_what_is_known_cannot_write_a_template() -> None:
    data = OUTAGE | {"device": "$outage ${etr} %s {x}"}
    message = MessageTemplates().write_message(WebhookKind.OUTAGE_OPENED, "now", data)
    assert "What opened: $outage ${etr} %s {x}" in message.text


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("outage.opened.txt", "$customers are out", r"\$customers is not known of outage.opened"),
        ("planned.changed.txt", "It costs $ 5", r"a \$ stands alone"),
        ("outage.opened.txt", " \n", "has a first line"),
        ("outage.opened.txt", "x" * 20_000, "at most"),
        ("outage.open.txt", "x", "'outage.open' is no kind of event"),
    ],
)
def test_a_template_that_cannot_be_filled_is_told_before_anything_is_sent(
    tmp_path: Path, name: str, text: str, told: str
) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(InputError, match=told):
        MessageTemplates(tmp_path)


def test_a_folder_that_is_none_and_a_file_that_is_no_text_are_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="is no folder"):
        MessageTemplates(tmp_path / "nowhere")
    (tmp_path / "outage.opened.txt").write_bytes(b"\xff\xfe")
    with pytest.raises(InputError, match="cannot be read as UTF-8"):
        MessageTemplates(tmp_path)


def test_the_page_of_webhooks_names_what_templates_know() -> None:
    page = (Path(__file__).parents[2] / "docs/webhooks.md").read_text()
    for name in set().union(*TEMPLATE_FIELDS.values()):
        assert f"`${name}`" in page, name
