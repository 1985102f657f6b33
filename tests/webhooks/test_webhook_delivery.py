"""Receivers are told of everything, in order by outage, however often something fails between."""

from __future__ import annotations

import json
import socket
import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from gridtwin.errors import NotAllowedError, StoreError, WebhookRefusedError
from gridtwin.live.webhook_following import GIVE_UP_S, send_test
from gridtwin.model.estimate import Estimate, PointEstimates, Run
from gridtwin.model.webhook import WebhookDelivery, WebhookForm, WebhookKind
from gridtwin.publish.webhooks.webhook_sender import WebhookSender
from gridtwin.publish.webhooks.webhook_signature import check_message, derive_secret
from gridtwin.publish.webhooks.webhook_text import write_event_id
from gridtwin.settings import WebhookSettings
from gridtwin.store.postgis.connect import connect
from gridtwin.twin import Twin, open_twin
from networks import two_feeders_with_a_tie

from .conftest import KEY, Receiver, Sending


class KilledError(BaseException):
    """The process dies."""


def run_three_outages(twin: Twin) -> dict[str, list[str]]:
    """Open, change and close outages among each other; return their kinds of events in order."""
    for name, device in (("O-1", "FUSE"), ("O-2", "BKR2")):
        twin.outages.open(device, id=name)
    twin.outages.confirm("O-2")
    twin.outages.confirm("O-1")
    twin.outages.open("L2", id="O-3")
    twin.outages.restore("O-2")
    twin.outages.restore("O-1")
    twin.outages.close("O-2", force=True)
    ended = ["outage.opened", "outage.changed", "outage.closed"]
    return {"O-1": ended, "O-2": [*ended, "outage.changed"], "O-3": ["outage.opened"]}


def kinds_by_outage(receiver: Receiver) -> dict[str, list[str]]:
    """Return the kinds of events that were taken of each outage, in the order they came."""
    kinds: dict[str, list[str]] = {}
    for _, body in receiver.list_events():
        kinds.setdefault(body["data"]["outage"], []).append(body["type"])
    return kinds


def test_all_that_changes_is_told_once_in_order_by_outage(
    sending: Sending, receiver: Receiver
) -> None:
    sending.subscribe(receiver.url)
    expected = run_three_outages(sending.twin)
    assert sending.step() == 8
    assert kinds_by_outage(receiver) == expected
    first = receiver.list_events()[0][1]
    assert first["data"] == {
        "outage": "O-1", "status": "confirmed", "device": "FUSE", "feeders": ["feeder-BKR1"],
        "substations": [], "customers_out": 3, "priority_customers_out": 0, "etr": None,
    }  # fmt: skip
    assert first["text"] == "Outage O-1 on feeder-BKR1: 3 customers out."
    assert sending.step(60) == 0
    everything = json.dumps([body for _, body in receiver.list_events()])
    assert not any(meter in everything for meter in ("M3", "M4", "M5"))  # nobody's meter


def test_a_receiver_that_is_down_for_an_hour_is_told_everything_once(
    sending: Sending, receiver: Receiver
) -> None:
    sending.subscribe(receiver.url)
    receiver.status = 503
    expected = run_three_outages(sending.twin)
    for _ in range(120):
        assert sending.step(30) == 0
    assert 8 <= receiver.tries <= 20  # it is not hammered: waits grow to a quarter of an hour
    receiver.status = 200
    while not sending.step(60):
        assert sending.now_s < 1_800_000_000 + 2 * 3_600
    assert kinds_by_outage(receiver) == expected
    ids = [event for event, _ in receiver.list_events()]
    assert len(ids) == len(set(ids)) == 8


@pytest.mark.parametrize("point", ["note_events", "send_message", "mark_delivered"])
@pytest.mark.parametrize("after", [False, True])
def test_a_process_that_dies_anywhere_loses_nothing_and_keeps_the_order(
    sending: Sending, receiver: Receiver, monkeypatch: pytest.MonkeyPatch, point: str, after: bool
) -> None:
    sending.subscribe(receiver.url)
    expected = run_three_outages(sending.twin)
    owner = WebhookSender if point == "send_message" else type(sending.twin.store.webhooks)
    for nth in range(3):
        calls: list[int] = []
        usual = getattr(owner, point)

        def die(
            *args: Any, _usual: Any = usual, _calls: list[int] = calls, _n: int = nth, **k: Any
        ) -> Any:
            _calls.append(1)
            if len(_calls) <= _n:
                return _usual(*args, **k)
            if after:
                _usual(*args, **k)
            raise KilledError

        with monkeypatch.context() as patched:
            patched.setattr(owner, point, die)
            try:
                sending.step()
            except KilledError:
                sending.twin = open_twin(str(sending.twin.store.path))  # type: ignore[attr-defined]
                sending.restart()
    sending.step()
    told: dict[str, list[tuple[str, str]]] = {}
    for (
        event,
        body,
    ) in receiver.list_events():  # again under the same id: whoever knows it ignores it
        seen = told.setdefault(body["data"]["outage"], [])
        if (event, body["type"]) not in seen:
            seen.append((event, body["type"]))
    assert {outage: [kind for _, kind in seen] for outage, seen in told.items()} == expected


def test_what_is_not_taken_for_a_day_is_a_dead_letter_that_can_be_replayed(
    sending: Sending, receiver: Receiver
) -> None:
    webhook, book = sending.subscribe(receiver.url), sending.twin.store.webhooks
    receiver.status = 400  # not this one: others of other outages go on
    sending.twin.outages.open("FUSE", id="O-1")
    sending.step()
    sending.twin.outages.confirm("O-1")
    receiver.status = 200
    sending.twin.outages.open("BKR2", id="O-2")
    assert sending.step() == 1
    assert [body["data"]["outage"] for _, body in receiver.list_events()] == ["O-2"]
    receiver.status = 500
    for _ in range(3):
        sending.step(GIVE_UP_S)
    letters = book.list_dead_letters()
    assert [each.event for each in letters] == ["O-1.1", "O-1.2"]
    assert {each.error for each in letters} == {"HTTP 500"}
    receiver.status = 200
    assert sending.step(3_600) == 0
    assert book.replay_dead_letters(webhook, sending.now_s) == 2
    assert sending.step() == 2
    assert [event for event, _ in receiver.list_events()] == ["O-2.1", "O-1.1", "O-1.2"]
    receiver.status = 410  # it wants none any more
    sending.twin.outages.confirm("O-2")
    sending.step()
    assert [each.event for each in book.list_dead_letters()] == ["O-2.2"]


def test_no_redirect_is_followed_and_a_receiver_says_when_it_is_back(
    sending: Sending, receiver: Receiver
) -> None:
    sending.subscribe(receiver.url)
    sending.twin.outages.open("FUSE", id="O-1")
    receiver.status, receiver.headers = 302, {"Location": receiver.url}
    sending.step()
    assert receiver.tries == 1
    receiver.status, receiver.headers = 429, {"Retry-After": "1800"}
    sending.step(60)
    receiver.status = 200
    assert sending.step(1_799) == 0
    assert sending.step(1) == 1


def test_a_receiver_that_rests_is_left_alone_whatever_happens_meanwhile(
    sending: Sending, receiver: Receiver
) -> None:
    sending.subscribe(receiver.url)
    sending.twin.outages.open("FUSE", id="O-1")
    receiver.status, receiver.headers = 503, {"Retry-After": "1800"}
    sending.step()
    receiver.status = 200
    sending.twin.outages.open("BKR2", id="O-2")
    assert sending.step(1_000) == 0
    assert receiver.tries == 1
    assert sending.step(800) == 2


def test_who_is_slow_or_far_behind_holds_nobody_up(sending: Sending, receiver: Receiver) -> None:
    book = sending.twin.store.webhooks
    slow, quick = (sending.subscribe(receiver.url) for _ in range(2))
    waiting = [
        WebhookDelivery(who, f"{who}.{n}", WebhookKind.OUTAGE_OPENED, f"O-{n}", "{}", n)
        for who, count in ((slow, 60), (quick, 1))
        for n in range(count)
    ]
    book.note_events(waiting, {})
    due = [each.subscription for each in book.list_due(sending.now_s, 25)]
    assert due == [*[slow] * 25, quick]
    stop = threading.Event()
    stop.set()
    assert sending.runner.deliver_due(stop) == receiver.tries == 0
    assert sending.runner.deliver_due() == 61


def test_names_that_no_header_can_have_are_told(sending: Sending, receiver: Receiver) -> None:
    sending.subscribe(receiver.url)
    sending.twin.outages.open("FUSE", id="Störung \N{GREEK CAPITAL LETTER OMEGA}")
    sending.twin.outages.open("BKR2", id="O-2")
    assert sending.step() == 2
    (odd, body), (plain, _) = receiver.list_events()
    assert body["data"]["outage"] == "Störung \N{GREEK CAPITAL LETTER OMEGA}"
    assert (len(odd), plain) == (32, "O-2.1")
    assert write_event_id("a\r\nX-Evil: 1") != write_event_id("a\r\nX-Evil: 2")
    assert write_event_id("a\r\nX-Evil: 1").isalnum()


def test_dead_letters_stay_for_a_month(sending: Sending, receiver: Receiver) -> None:
    sending.subscribe(receiver.url)
    receiver.status = 410
    sending.twin.outages.open("FUSE", id="O-1")
    sending.step()
    for days, left in ((29, 1), (2, 0)):
        sending.now_s += days * 86_400
        sending.runner.forget_letters()
        assert len(sending.twin.store.webhooks.list_dead_letters()) == left


def test_a_receiver_that_never_ends_its_answer_is_cut_off(sending: Sending) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        ended = threading.Event()

        def trickle() -> None:
            connection, _ = server.accept()
            with connection:
                try:
                    while not ended.wait(0.02):
                        connection.sendall(b"H")
                except OSError:
                    ended.set()

        thread = threading.Thread(target=trickle)
        thread.start()
        webhook = sending.subscribe(f"http://127.0.0.1:{server.getsockname()[1]}/")
        found = sending.twin.store.webhooks.find_subscription(webhook)
        with pytest.raises(WebhookRefusedError, match="no answer"):
            WebhookSender(sending.settings, whole_s=0.2).send_message(found, "1", "{}", 0.0)
        ended.set()
        thread.join()


def test_a_message_is_signed_and_a_changed_old_or_foreign_one_is_not(
    sending: Sending, receiver: Receiver
) -> None:
    webhook = sending.subscribe(receiver.url)
    sending.twin.outages.open("FUSE", id="O-1")
    sending.step()
    (headers, body), now = receiver.taken[0], sending.now_s
    secret = derive_secret(KEY, webhook)
    assert check_message(secret, headers, body, now + 299) == "O-1.1"
    later = headers | {"webhook-timestamp": str(int(now) + 1)}
    other = headers | {"webhook-id": "O-2.1"}
    for wrong in (
        (secret, headers, body + b" ", now),
        (secret, headers, body, now + 301),
        (secret, headers, body, now - 301),
        (secret, later, body, now),
        (secret, other, body, now),
        (secret, {}, body, now),
        (derive_secret(KEY, "another"), headers, body, now),
        (derive_secret(KEY + "x", webhook), headers, body, now),
    ):
        with pytest.raises(NotAllowedError):
            check_message(*wrong)
    # The example of the specification's own libraries.
    assert check_message(
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        {
            "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
            "webhook-timestamp": "1614265330",
            "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
        },
        b'{"test": 2432232314}',
        1_614_265_330,
    )


def test_subscriptions_choose_by_kind_feeder_area_and_priority(
    sending: Sending, receiver: Receiver
) -> None:
    places = sending.twin.network.data
    x, y = places.usage_points.xy[places.usage_points.mrid == b"M5"][0]
    around = f"{x - 1e-4},{y - 1e-4},{x + 1e-4},{y + 1e-4}"
    wanted = {
        sending.subscribe(receiver.url, kinds=["outage.closed"]): {"O-1"},
        sending.subscribe(receiver.url, feeders=["feeder-BKR2"]): {"O-2"},
        sending.subscribe(receiver.url, area=around): {"O-2"},
        sending.subscribe(receiver.url, priority=True): set(),
    }
    sending.twin.outages.open("FUSE", id="O-1")
    sending.twin.outages.open("BKR2", id="O-2")
    sending.twin.outages.restore("O-1")
    sending.runner.note_changes()
    due = sending.twin.store.webhooks.list_due(sending.now_s, 100)
    assert {
        webhook: {each.subject for each in due if each.subscription == webhook}
        for webhook in wanted
    } == wanted


def test_a_promise_that_moves_is_told_apart_from_its_outage(
    sending: Sending, receiver: Receiver
) -> None:
    sending.subscribe(receiver.url)
    sending.twin.outages.open("FUSE", id="O-1")
    at = datetime(2026, 12, 1, 6, tzinfo=UTC)
    for number in (1, 2):
        etr = at + timedelta(hours=number)
        estimate = Estimate("O-1", at, at, etr=etr)
        run = Run(f"r{number}", at, "", 0, 1, 3, 1)
        sending.twin.store.estimates.write_run(run, [estimate], PointEstimates.from_rows([]))
    sending.step()
    events = [(event, body["type"], body["data"]["etr"]) for event, body in receiver.list_events()]
    assert [kind for _, kind, _ in events] == ["outage.opened", "etr.changed", "etr.changed"]
    assert events[2][2] == (at + timedelta(hours=2)).isoformat()
    assert receiver.list_events()[2][1]["text"].endswith("is now expected at " + events[2][2] + ".")


def test_a_chat_is_told_one_text_without_markup(sending: Sending, receiver: Receiver) -> None:
    webhook = sending.subscribe(receiver.url, form=WebhookForm.CHAT)
    sending.twin.outages.open("FUSE", id="<!channel>")
    sending.step()
    assert json.loads(receiver.taken[0][1]) == {
        "text": "Outage &lt;!channel&gt; on feeder-BKR1: 3 customers out."
    }
    send_test(sending.twin, webhook, sending.settings)
    assert json.loads(receiver.taken[1][1]) == {"text": "A test of this webhook."}


def test_one_process_sends_and_what_was_before_is_not_told(
    sending: Sending, receiver: Receiver
) -> None:
    sending.twin.outages.open("FUSE", id="O-1")
    webhook, book = sending.subscribe(receiver.url), sending.twin.store.webhooks
    assert sending.step() == 0
    refused = pytest.raises(StoreError, match="one does at a time")
    with book.acquire_lock(), refused, book.acquire_lock():
        pass
    sending.twin.outages.confirm("O-1")
    sending.runner.note_changes()
    book.remove_subscription(webhook)
    assert sending.step() == 0
    assert book.count_waiting() == {}


def test_a_database_keeps_webhooks_as_a_folder_does(
    database: str, receiver: Receiver, settings: WebhookSettings
) -> None:
    open_twin(two_feeders_with_a_tie()).save(database, overwrite=True)
    sending = Sending(open_twin(database), settings)
    webhook = sending.subscribe(receiver.url, kinds=["outage.opened"], feeders=["feeder-BKR1"])
    book = sending.twin.store.webhooks
    assert book.find_subscription(webhook).kinds == {"outage.opened"}
    receiver.status = 503
    run_three_outages(sending.twin)
    with book.acquire_lock():
        for _ in range(3):
            sending.step(GIVE_UP_S)
        with pytest.raises(StoreError, match="one does at a time"), book.acquire_lock():
            pass
    assert [each.subject for each in book.list_dead_letters()] == ["O-1", "O-3"]
    receiver.status = 200
    book.replay_dead_letters(webhook, sending.now_s)
    assert sending.step(3_600) == 2
    assert kinds_by_outage(receiver) == {"O-1": ["outage.opened"], "O-3": ["outage.opened"]}
    book.remove_subscription(webhook)
    assert book.list_subscriptions() == []


def test_planned_work_is_told_when_it_is_announced_and_when_it_changes(
    sending: Sending, receiver: Receiver
) -> None:
    start = datetime.now(UTC) + timedelta(days=400)
    end = start + timedelta(hours=4)
    sending.twin.planned.announce(["BKR2"], start, end, reason="of before")
    sending.subscribe(receiver.url)
    announce = sending.twin.planned.announce
    planned = announce([], start, end, reason="Ann's own words", switches={"FUSE": True})
    sending.step()
    sending.twin.planned.move(planned.id, start, end + timedelta(hours=1))
    sending.step()
    sending.twin.planned.cancel(planned.id)
    sending.step()
    assert sending.step() == 0
    told = [body for _, body in receiver.list_events()]
    kinds = ["planned.announced", "planned.changed", "planned.changed"]
    assert [each["type"] for each in told if each["data"]["planned_outage"] == planned.id] == kinds
    assert told[-1]["data"] == {
        "planned_outage": planned.id, "status": "canceled", "starts_at": start.isoformat(),
        "ends_at": (end + timedelta(hours=1)).isoformat(), "customers": 3,
        "feeders": ["feeder-BKR1"], "substations": [],
    }  # fmt: skip
    assert "own words" not in json.dumps(told)
    assert "M3" not in json.dumps(told)


def test_who_lost_the_lock_of_a_database_sends_no_more(database: str) -> None:
    twin = open_twin(two_feeders_with_a_tie()).save(database, overwrite=True)
    ended = (
        "SELECT pg_terminate_backend(l.pid) FROM pg_locks l"
        " JOIN pg_database d ON d.oid = l.database AND d.datname = current_database()"
        " WHERE l.locktype = 'advisory'"
    )

    def lose_lock(book: Any) -> None:
        with book.acquire_lock() as check_lock, connect(database, autocommit=True) as other:
            check_lock()
            other.execute(ended)
            check_lock()

    for book in (twin.store.webhooks, twin.store.live):
        with pytest.raises(StoreError, match="terminating connection"):
            lose_lock(book)
