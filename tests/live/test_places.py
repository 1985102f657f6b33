"""Live operations read each message once, whatever the client of the broker brings."""

from __future__ import annotations

from typing import Any

import pytest

from gridtwin.live import event_followers
from gridtwin.live.event_followers import Broker
from gridtwin.stream import reader as reading_topics
from straying import Client
from told_storms import message

COUNT = 12


def read_all(monkeypatch: pytest.MonkeyPatch, client: Client, places: dict[str, int]) -> list[str]:
    """Return the places of the messages that are taken, in their order."""
    monkeypatch.setattr(event_followers, "make_topics", lambda *_: None)
    monkeypatch.setattr(Broker, "_made_producer", lambda _: None)
    monkeypatch.setattr(reading_topics, "_build_consumer", lambda _: client)
    taken: list[str] = []

    class Taken(event_followers.EventBatch):
        def add_messages(self, topic: str, values: Any, places: list[str], registry: Any) -> None:
            taken.extend(places)
            super().add_messages(topic, values, places, registry)

    monkeypatch.setattr(event_followers, "EventBatch", Taken)
    broker = Broker("")
    broker.begin(places)
    for _ in range(30):
        broker.read(0.0)
    return taken


def log(offsets: range) -> dict[int, bytes]:
    at = "2026-07-01T00:00:00+00:00"
    return {each: message(f"e{each}", at, "fault", equipment_id="X") for each in offsets}


@pytest.mark.parametrize("strays", [{8: 0}, {0: 4}, {5: 9}, {4: 7, 6: 0}])
def test_a_client_that_strays_makes_nothing_double_and_loses_nothing(
    monkeypatch: pytest.MonkeyPatch, strays: dict[int, int]
) -> None:
    client = Client("grid_events", {0: log(range(COUNT))}, strays)
    assert read_all(monkeypatch, client, {}) == [f"0:{each}" for each in range(COUNT)]


def test_where_to_read_on_is_what_the_twin_says(monkeypatch: pytest.MonkeyPatch) -> None:
    client = Client("grid_events", {0: log(range(COUNT))})
    taken = read_all(monkeypatch, client, {"grid_events:0": 10})
    assert taken == ["0:10", "0:11"]
    assert client.starts == [(0, 10)]


@pytest.mark.parametrize(("offset", "first"), [(2, 5), (40, 5)], ids=["deleted", "made anew"])
def test_a_place_that_is_gone_is_no_end(
    monkeypatch: pytest.MonkeyPatch, offset: int, first: int
) -> None:
    client = Client("grid_events", {0: log(range(first, 7))}, first=first)
    assert read_all(monkeypatch, client, {"grid_events:0": offset}) == ["0:5", "0:6"]
