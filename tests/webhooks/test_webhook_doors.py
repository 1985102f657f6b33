"""Administrators say who is told, by HTTP and by commands; overloads are told, too."""

from __future__ import annotations

import json
import logging
from pathlib import Path

import pytest
from typer.testing import CliRunner

from access.conftest import STRICT, bear, give_token
from ami_folder import NOON, street, write_readings
from api.conftest import answering
from gridtwin.api.app import create_app
from gridtwin.cli.root_commands import app
from gridtwin.errors import InputError
from gridtwin.model.access import ActionFilter
from gridtwin.model.permissions import Role
from gridtwin.publish.webhooks.webhook_signature import derive_secret
from gridtwin.settings import ServeSettings, WebhookSettings
from gridtwin.twin import Twin, open_twin

from .conftest import KEY, Receiver, Sending

HOOKS = "/api/webhooks"


def test_administrators_alone_say_who_is_told_and_the_secret_is_shown_once(
    sending: Sending, receiver: Receiver, caplog: pytest.LogCaptureFixture
) -> None:
    twin = sending.twin
    caplog.set_level(logging.DEBUG)
    settings = ServeSettings(str(twin.store.path), sign_in=STRICT, rate_per_s=0)  # type: ignore[attr-defined]
    administrator = bear(give_token(twin, Role.ADMINISTRATOR))
    manager = bear(give_token(twin, Role.OUTAGE_MANAGER))
    asked = {"url": receiver.url, "kinds": ["outage.opened"], "feeders": ["feeder-BKR1"]}
    with answering(create_app(settings), settings) as client:
        assert client.get(HOOKS, headers=manager).status_code == 403
        assert client.post(HOOKS, json=asked, headers=manager).status_code == 403
        for wrong in (
            {"url": "https://169.254.169.254/"},
            {"kinds": ["webhook.test"]},
            {"area": "no polygon"},
        ):
            refused = client.post(HOOKS, json=asked | wrong, headers=administrator)
            assert refused.status_code in {400, 422}
        missing = client.post(HOOKS, json=asked | {"feeders": ["F-9"]}, headers=administrator)
        assert missing.status_code == 404
        made = client.post(HOOKS, json=asked, headers=administrator).json()
        webhook = made["webhook"]["id"]
        assert made["secret"] == derive_secret(KEY, webhook)
        listed = client.get(HOOKS, headers=administrator)
        assert [each["id"] for each in listed.json()["webhooks"]] == [webhook]
        assert made["secret"] not in listed.text
        assert "room=1" not in listed.text
        tested = client.post(f"{HOOKS}/{webhook}/test", headers=administrator).json()["event"]
        assert client.get(f"{HOOKS}/letters", headers=administrator).json()["letters"] == []
        replayed = client.post(f"{HOOKS}/{webhook}/replay", headers=administrator)
        assert replayed.json() == {"events": 0}
        sending.now_s = 4e9
        sending.step()
        assert [event for event, _ in receiver.list_events()] == [tested]
        assert client.delete(f"{HOOKS}/{webhook}", headers=administrator).status_code == 200
        assert client.delete(f"{HOOKS}/{webhook}", headers=administrator).status_code == 404
    noted = [each.after for each in twin.store.access.list_actions(ActionFilter())]
    assert not any(made["secret"] in text for text in [*noted, caplog.text])


def test_commands_add_test_run_and_remove(
    sending: Sending, receiver: Receiver, caplog: pytest.LogCaptureFixture
) -> None:
    twin = sending.twin
    home = str(twin.store.path)  # type: ignore[attr-defined]

    def run(*words: str) -> str:
        done = CliRunner().invoke(app, ["webhooks", *words, "--in", home], catch_exceptions=False)
        assert done.exit_code == 0, done.output
        return done.stdout

    secret = run("add", receiver.url, "--kind", "outage.opened,outage.closed").strip()
    (webhook,) = (each.id for each in twin.store.webhooks.list_subscriptions())
    assert secret == derive_secret(KEY, webhook)
    run("test", webhook)
    twin.outages.open("FUSE", id="O-1")
    assert "1 events to send, 1 taken" in run("run", "--once")
    assert [body["type"] for _, body in receiver.list_events()] == ["webhook.test", "outage.opened"]
    assert json.loads(run("list", "--json"))["webhooks"][0]["waiting"] == 0
    assert "0 events" in run("replay", webhook)
    run("remove", webhook)
    assert twin.store.webhooks.list_subscriptions() == []
    assert secret not in caplog.text


def test_a_key_that_is_short_or_a_network_that_is_none_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("GRIDTWIN_WEBHOOK_KEY", "short")
    with pytest.raises(InputError, match="32 random characters"):
        WebhookSettings.from_environment()
    monkeypatch.setenv("GRIDTWIN_WEBHOOK_KEY", KEY)
    monkeypatch.setenv("GRIDTWIN_WEBHOOK_NETWORKS", "10.0.0.0/8, home")
    with pytest.raises(InputError, match="'home'"):
        WebhookSettings.from_environment()
    assert KEY not in repr(WebhookSettings(KEY))


def test_an_overload_is_told_when_it_begins_and_not_while_it_lasts(
    tmp_path: Path, receiver: Receiver, settings: WebhookSettings
) -> None:
    twin: Twin = open_twin(street()).save(tmp_path / "street.twin")
    sending = Sending(twin, settings)
    sending.now_s = 4e9
    sending.subscribe(receiver.url, kinds=["overload.found"], feeders=["F"])
    folder = tmp_path / "street.twin/ami"
    for number, kwh in enumerate((1.0, 9.0, 9.5, 1.0, 9.0)):  # T1 of 25 kVA carries 6 kWh
        at_s = NOON + 900 * number
        write_readings(folder, [("M1", at_s, kwh, 240.0)], name=f"part-{number}")
        sending.twin = open_twin(tmp_path / "street.twin")
        sending.restart()
        sending.step()
        assert sending.step() == 0
    events = [(event, body["text"]) for event, body in receiver.list_events()]
    assert [event for event, _ in events] == [
        f"overload.T1.{NOON + 900}",
        f"overload.T1.{NOON + 3_600}",
    ]
    assert events[0][1].startswith("T1 on F carried more than its rating in the interval to 2026-")
