"""Receive webhooks on this machine, and send them by a clock that a test moves."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from gridtwin.live.webhook_following import WebhookRunner
from gridtwin.publish.webhooks.subscribing import SubscriptionAsked, make_subscription
from gridtwin.publish.webhooks.webhook_sender import WebhookSender
from gridtwin.settings import WebhookSettings
from gridtwin.twin import Twin

KEY = "0123456789abcdef0123456789abcdef"


@dataclass
class Receiver:
    """Takes what is posted, and answers with a status."""

    url: str
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)  # of the answer
    taken: list[tuple[dict[str, str], bytes]] = field(default_factory=list)  # answered with 2xx
    tries: int = 0

    def list_events(self) -> list[tuple[str, dict[str, Any]]]:
        """Return the ids and bodies of what was taken, in order."""
        return [(headers["webhook-id"], json.loads(body)) for headers, body in self.taken]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """Return a receiver that runs until the test ends."""
    made = Receiver("")

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            made.tries += 1
            if made.status < 300:
                made.taken.append(({k.lower(): v for k, v in self.headers.items()}, body))
            self.send_response(made.status)
            for name, value in made.headers.items():
                self.send_header(name, value)
            self.end_headers()

        def do_GET(self) -> None:
            made.tries += 1

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        made.url = f"http://127.0.0.1:{server.server_port}/hook?room=1"
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield made
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture
def settings(monkeypatch: pytest.MonkeyPatch) -> WebhookSettings:
    """Return settings that let tests receive on this machine."""
    monkeypatch.setenv("GRIDTWIN_WEBHOOK_KEY", KEY)
    monkeypatch.setenv("GRIDTWIN_WEBHOOK_NETWORKS", "127.0.0.0/8")
    monkeypatch.setenv("GRIDTWIN_WEBHOOK_PLAIN", "yes")
    return WebhookSettings.from_environment()


@pytest.fixture
def twin(two_feeders: Twin) -> Twin:
    """Return two feeders with a tie, kept in a directory."""
    return two_feeders


class Sending:
    """Sends the webhooks of a twin, by a clock that stands until it is moved."""

    def __init__(self, twin: Twin, settings: WebhookSettings) -> None:
        self.twin = twin
        self.settings = settings
        self.now_s = 1_800_000_000.0
        self.runner = self.restart()

    def restart(self, **more: Any) -> WebhookRunner:
        """Begin anew, as another process would."""
        sender = WebhookSender(self.settings, **more)
        self.runner = WebhookRunner(self.twin, sender, clock=lambda: self.now_s, draw=lambda: 0.5)
        return self.runner

    def subscribe(self, url: str, **asked: Any) -> str:
        """Have a receiver told of what is asked; return the id of the subscription."""
        wanted = SubscriptionAsked(url, **asked)
        made = make_subscription(self.twin.network, self.settings, wanted, "ann")
        self.twin.store.webhooks.add_subscription(made)
        return made.id

    def step(self, seconds: float = 0.0) -> int:
        """Move the clock, note what changed and send what is due; return how many were taken."""
        self.now_s += seconds
        self.runner.note_changes()
        return self.runner.deliver_due()


@pytest.fixture
def sending(twin: Twin, settings: WebhookSettings) -> Sending:
    """Return who sends the webhooks of two feeders."""
    return Sending(twin, settings)
