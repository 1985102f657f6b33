"""Webhooks reach public addresses, and nothing of the network they are sent from."""

from __future__ import annotations

import ipaddress

import pytest

from gridtwin.errors import InputError, WebhookRefusedError
from gridtwin.publish.webhooks.receiver_address import is_reachable, read_receiver_url
from gridtwin.publish.webhooks.subscribing import SubscriptionAsked, make_subscription
from gridtwin.publish.webhooks.webhook_sender import WebhookSender
from gridtwin.settings import WebhookSettings
from networks import two_feeders_with_a_tie

from .conftest import KEY, Receiver, Sending

INSIDE = """
127.0.0.1 127.8.8.8 0.0.0.0 0.1.2.3 10.0.0.1 172.16.0.1 172.31.255.255 192.168.1.1 100.64.0.1
100.100.100.200 169.254.169.254 169.254.0.1 168.63.129.16 192.0.0.192 192.0.2.1 198.18.0.1
198.51.100.1 203.0.113.1 224.0.0.1 240.0.0.1 255.255.255.255 ::1 :: fe80::1 fe80::1%eth0 fc00::1
fd00:ec2::254 fec0::1 ff02::1 2001:db8::1 ::ffff:127.0.0.1 ::ffff:169.254.169.254 ::127.0.0.1
::10.0.0.1 64:ff9b::7f00:1 64:ff9b::a9fe:a9fe 2002:7f00:1:: 2002:a9fe:a9fe:: 2001:0:7f00:1::1
not-an-address
""".split()  # noqa: SIM905
OUTSIDE = ["93.184.215.14", "8.8.8.8", "2606:2800:21f:cb07:6820:80da:af6b:8b2c", "::ffff:8.8.8.8"]
CLOSED = WebhookSettings(KEY)


@pytest.mark.parametrize("address", INSIDE)
def test_no_private_local_or_metadata_address_is_sent_to(address: str) -> None:
    assert not is_reachable(address, CLOSED)


@pytest.mark.parametrize("address", OUTSIDE)
def test_public_addresses_are_sent_to(address: str) -> None:
    assert is_reachable(address, CLOSED)


def test_a_network_that_is_named_is_sent_to_and_no_other() -> None:
    opened = WebhookSettings(KEY, networks=(ipaddress.ip_network("10.2.0.0/16"),))
    assert is_reachable("10.2.3.4", opened)
    assert is_reachable("::ffff:10.2.3.4", opened)
    assert not is_reachable("10.3.0.1", opened)


@pytest.mark.parametrize(
    "url",
    [
        "http://hooks.example.com/", "ftp://hooks.example.com/", "file:///etc/passwd",
        "gopher://127.0.0.1:6379/_", "https://ann:secret@hooks.example.com/", "https:///nothing",
        "https://hooks.example.com/#x", "https://hooks.example.com:99999/", "hooks.example.com",
        "https://hooks.example.com/\r\nX: y", "https://hooks.example.com/a b", "https://[::1/",
        f"https://{'a' * 64}.example.com/", f"https://hooks.example.com/{'a' * 2000}", "",
        "https://127.0.0.1/", "https://[::1]/", "https://169.254.169.254/latest/meta-data/",
        "https://[::ffff:10.0.0.1]/",
    ],
)  # fmt: skip
def test_what_is_no_public_https_address_cannot_be_subscribed(url: str) -> None:
    with pytest.raises(InputError):
        make_subscription(two_feeders_with_a_tie(), CLOSED, SubscriptionAsked(url), "ann")


def test_plain_http_is_sent_to_only_where_the_settings_say_so() -> None:
    opened = WebhookSettings(KEY, plain=True)
    assert read_receiver_url("http://hooks.example.com/a?b=1", opened).target == "/a?b=1"
    with pytest.raises(InputError, match="https"):
        read_receiver_url("http://hooks.example.com/", CLOSED)


def test_a_name_is_checked_whenever_it_is_sent_to_and_pinned(
    sending: Sending, receiver: Receiver
) -> None:
    port = receiver.url.split(":")[2].split("/")[0]
    webhook = sending.subscribe(f"http://hooks.example.com:{port}/hook")
    answers = [["127.0.0.1"], ["10.0.0.1"], ["127.0.0.1", "169.254.169.254"], ["127.0.0.1"]]
    asked: list[str] = []

    def resolve(host: str, _: int) -> list[str]:
        asked.append(host)
        return answers[len(asked) - 1]

    sender = WebhookSender(sending.settings, resolve)  # the network of 127.0.0.0/8 alone is open
    found = sending.twin.store.webhooks.find_subscription(webhook)
    for number in range(4):
        if answers[number] == ["127.0.0.1"]:
            sender.send_message(found, str(number), '{"text":""}', sending.now_s)
        else:
            with pytest.raises(WebhookRefusedError, match="not a public address"):
                sender.send_message(found, str(number), '{"text":""}', sending.now_s)
    assert [headers["webhook-id"] for headers, _ in receiver.taken] == ["0", "3"]
    assert receiver.taken[0][0]["host"] == f"hooks.example.com:{port}"
    assert len(asked) == 4  # once an attempt: what was checked is what is connected to
