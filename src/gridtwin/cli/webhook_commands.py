"""Tell other systems of outages by webhooks: who is told, of what, and what was not taken."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Annotated

import typer

from gridtwin.cli import render
from gridtwin.cli.logs import log_to_stderr
from gridtwin.cli.options import In, Json, open_twin, read_text, split_names, twin_named
from gridtwin.model.access import Outcome
from gridtwin.model.permissions import Permission
from gridtwin.model.person import Person, Way
from gridtwin.model.webhook import WebhookForm
from gridtwin.settings import Settings, WebhookSettings
from gridtwin.tools.action_log import make_action, write_action

if TYPE_CHECKING:
    from gridtwin.model.webhook import Subscription
    from gridtwin.twin import Twin

app = typer.Typer(
    help="Tell other systems of outages by signed webhooks.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

WebhookId = Annotated[
    str, typer.Argument(metavar="ID", help="As `gridtwin webhooks list` names it.")
]
Names = Annotated[list[str] | None, typer.Option(metavar="MRID", help="Only there; repeatable.")]


@app.command("add")
def add_webhook(
    url: Annotated[str, typer.Argument(metavar="URL", help="Address of the receiver.")],
    twin: In = "",
    kind: Annotated[
        list[str] | None,
        typer.Option(metavar="KIND", help="Only such, as outage.opened; repeatable."),
    ] = None,
    feeder: Names = None,
    substation: Names = None,
    area: Annotated[
        str, typer.Option(metavar="FILE", help="Only in this polygon, GeoJSON or WKT.")
    ] = "",
    priority: Annotated[
        bool, typer.Option("--priority", help="Only where priority sites are concerned.")
    ] = False,
    form: Annotated[WebhookForm, typer.Option(help="json, or chat: one text.")] = WebhookForm.JSON,
) -> None:
    """
    Tell a receiver of outages from now on; its signing secret is printed this once.

    Example: gridtwin webhooks add https://hooks.example.com/outages --kind outage.opened
    """
    from gridtwin.publish.webhooks.subscribing import SubscriptionAsked, make_subscription
    from gridtwin.publish.webhooks.webhook_signature import derive_secret

    settings, opened = WebhookSettings.from_environment(), open_twin(twin)
    asked = SubscriptionAsked(
        url,
        form=form,
        kinds=split_names(kind),
        feeders=split_names(feeder),
        substations=split_names(substation),
        area=read_text(area) if area else "",
        priority=priority,
    )
    made = make_subscription(opened.network, settings, asked, Settings.from_environment().actor)
    _note_change(opened, made, "webhooks add")
    opened.store.webhooks.add_subscription(made)
    render.print_note(f"webhook {made.id}; its signing secret:")
    sys.stdout.write(f"{derive_secret(settings.key, made.id)}\n")


@app.command("list")
def list_webhooks(twin: In = "", json: Json = False) -> None:
    """
    List who is told of what, and what waits for them.

    Example: gridtwin webhooks list --in houston.twin
    """
    from gridtwin.results.webhook_answers import make_webhooks_document

    document = make_webhooks_document(open_twin(twin).store.webhooks)
    if json:
        render.write_json(document)
        return
    columns = ["id", "host", "form", "kinds", "made_by", "waiting", "dead_letters"]
    rows = [
        [each["id"], each["host"], each["form"], " ".join(each["kinds"]) or "all",
         each["made_by"], each["waiting"], each["dead_letters"]]
        for each in document["webhooks"]
    ]  # fmt: skip
    render.write_table("Webhooks", columns, rows)


@app.command("remove")
def remove_webhook(webhook: WebhookId, twin: In = "") -> None:
    """
    Tell a receiver nothing any more; what waits for it is forgotten.

    Example: gridtwin webhooks remove 3fa2c1d0a7b4 --in houston.twin
    """
    opened = open_twin(twin)
    removed = opened.store.webhooks.remove_subscription(webhook)
    _note_change(opened, removed, "webhooks remove")
    sys.stdout.write(f"webhook {removed.id}: removed\n")


@app.command("test")
def send_test_event(webhook: WebhookId, twin: In = "") -> None:
    """
    Send a test event now, and say whether the receiver took it.

    Example: gridtwin webhooks test 3fa2c1d0a7b4 --in houston.twin
    """
    from gridtwin.live.webhook_following import send_test

    event = send_test(open_twin(twin), webhook, WebhookSettings.from_environment())
    sys.stdout.write(f"webhook {webhook} took {event}\n")


@app.command("letters")
def list_letters(twin: In = "", json: Json = False) -> None:
    """
    List the events that receivers did not take for a day, or want no more.

    Example: gridtwin webhooks letters --in houston.twin
    """
    from gridtwin.results.webhook_answers import make_letters_document

    document = make_letters_document(open_twin(twin).store.webhooks.list_dead_letters())
    if json:
        render.write_json(document)
        return
    columns = ["webhook", "event", "kind", "attempts", "error", "given_up_at"]
    rows = [[each[name] for name in columns] for each in document["letters"]]  # type: ignore[literal-required]
    render.write_table("Dead letters of webhooks", columns, rows)


@app.command("replay")
def replay_letters(
    webhook: WebhookId,
    twin: In = "",
    event: Annotated[str, typer.Option(metavar="ID", help="Only this; all by default.")] = "",
) -> None:
    """
    Have the dead letters of a receiver sent again, in their order.

    Example: gridtwin webhooks replay 3fa2c1d0a7b4 --in houston.twin
    """
    opened = open_twin(twin)
    count = opened.store.webhooks.replay_dead_letters(webhook, time.time(), event)
    _note_change(opened, opened.store.webhooks.find_subscription(webhook), "webhooks replay")
    sys.stdout.write(f"webhook {webhook}: {count:,} events are sent again\n")


@app.command("run")
def run_webhooks(
    twin: In = "",
    once: Annotated[bool, typer.Option("--once", help="Send what is due, and end.")] = False,
    log_json: Annotated[bool, typer.Option(help="Log one JSON object a line.")] = False,
) -> None:
    """
    Send events as they come, until interrupted; one process does so for a twin.

    Example: gridtwin webhooks run --in houston.twin
    """
    from threading import Event

    from gridtwin.cli.live_commands import stop_signals
    from gridtwin.live.webhook_following import follow_webhooks

    log_to_stderr(json_lines=log_json)

    def report(noted: int, taken: int) -> None:
        sys.stdout.write(f"{noted:,} events to send, {taken:,} taken\n")
        sys.stdout.flush()

    follow_webhooks(
        twin_named(twin), WebhookSettings.from_environment(), Event() if once else stop_signals(),
        once=once,
        report=report,
    )  # fmt: skip


def _note_change(twin: Twin, webhook: Subscription, what: str) -> None:
    """Note who changed a webhook on this machine."""
    from gridtwin.results.webhook_answers import make_webhook_record

    who = Person(Settings.from_environment().actor, None, Way.LOCAL)
    noted = make_action(who, "", Permission.ADMINISTER, what)
    noted.tell(after=dict(make_webhook_record(webhook)))
    write_action(twin.store.access, noted, Outcome.DONE)
