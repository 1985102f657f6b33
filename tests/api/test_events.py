"""Clients learn what changes as it changes, catch up when they come back, and never hold it up."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import httpx
import pytest

import gridtwin
from gridtwin.api import store_follower
from gridtwin.api.app import create_app
from gridtwin.api.broadcast import Broadcaster
from gridtwin.api.grid import Grid
from gridtwin.settings import ServeSettings
from gridtwin.store.store_versions import Changes, Versions
from networks import feeder_in_three_sections, two_feeders_with_a_tie
from waiting import PATIENCE_S, wait_until

from .conftest import answering

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from gridtwin.twin import Twin


class Events:
    """The events of one stream, read in a thread."""

    def __init__(self, lines: Iterator[str]) -> None:
        self._lines = lines
        self._new = threading.Condition()
        self.found: list[dict[str, Any]] = []
        self.last_id = ""
        self.comments = 0
        self.ended = False
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        event: dict[str, str] = {}
        try:
            for line in self._lines:
                if line.startswith(":"):
                    self.comments += 1
                elif line:
                    name, _, value = line.partition(": ")
                    event[name] = value
                else:
                    self._take(event)
                    event = {}
        except (httpx.HTTPError, httpx.StreamError):
            pass
        with self._new:
            self.ended = True
            self._new.notify_all()

    def _take(self, event: dict[str, str]) -> None:
        with self._new:
            self.last_id = event.get("id", self.last_id)
            if "event" in event:
                self.found.append({"event": event["event"], **json.loads(event["data"])})
            self._new.notify_all()

    def wait(self, kind: str, count: int = 1) -> dict[str, Any]:
        """Return the newest event of a kind, when there are so many."""

        def there() -> bool:
            return sum(each["event"] == kind for each in self.found) >= count

        with self._new:
            assert self._new.wait_for(there, PATIENCE_S), (kind, self.found)
            return [each for each in self.found if each["event"] == kind][-1]

    def wait_for_start(self) -> None:
        """Wait until the stream has begun."""
        with self._new:
            assert self._new.wait_for(lambda: bool(self.last_id), PATIENCE_S)


@contextmanager
def following(client: httpx.Client, **headers: str) -> Iterator[Events]:
    names = {name.replace("_", "-"): value.encode() for name, value in headers.items()}
    with client.stream("GET", "/api/events", headers=names, timeout=PATIENCE_S) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        events = Events(answer.iter_lines())
        events.wait_for_start()
        yield events


def row_of(twin: Twin, mrid: str) -> int:
    return twin.find(mrid)[0].row + 1


def test_changes_that_nobody_is_told_of_are_passed_once(
    settings: ServeSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else a store that is ahead of its follower would be asked without a pause."""
    grid = Grid(gridtwin.open(two_feeders_with_a_tie()), settings)
    follower = store_follower.Follower(grid, Broadcaster(), lambda: grid)
    store, asked = grid.twin.store, []
    ahead = replace(store.read_versions(), outages=7)

    def tell_nothing(since: Versions, *, timeout_s: float) -> Changes:
        asked.append((since, timeout_s))
        return Changes(ahead, frozenset())

    monkeypatch.setattr(store, "wait_for_changes", tell_nothing)
    for _ in range(2):
        follower._take_step()
    assert [since.outages for since, _ in asked] == [0, 7]


def test_an_operation_is_told_with_all_it_changes(client: httpx.Client, twin: Twin) -> None:
    with following(client) as events:
        twin.switch("BKR1", open=True)
        told = events.wait("state")
        assert told["version"] == 1
        assert told["customers_out"] == 8
        assert told["out"]["usage_points"] == sorted(row_of(twin, each) for each in ("M3", "M4"))
        assert told["open"] == {"ids": [row_of(twin, "BKR1")], "phases": ["ABC"]}
        assert told["back"] == {}
        twin.switch("TIE", open=False)
        told = events.wait("state", 2)
        assert told["back"]["usage_points"] == sorted(row_of(twin, each) for each in ("M3", "M4"))
        assert told["closed"]["ids"] == [row_of(twin, "TIE")]
        assert told["customers_out"] == 0
        assert told["changes"] == client.get("/api/state").json()["changes"]


def test_operations_at_one_time_are_told_together(
    client: httpx.Client, twin: Twin, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store_follower, "APART_S", 1.0)  # however slow the machine is
    with following(client) as events:
        for _ in range(10):
            twin.switch("BKR1", open=True)
            twin.switch("BKR1", open=False)
        twin.switch("FUSE", open=True)
        while events.wait("state")["version"] < 21:
            time.sleep(0.01)
        assert len(events.found) < 21
        told = [each for each in events.found if each["event"] == "state"]
        state: dict[str, set[int]] = {"out": set()}
        for each in told:
            state["out"] |= set(each["out"].get("usage_points", ()))
            state["out"] -= set(each["back"].get("usage_points", ()))
        assert state["out"] == {row_of(twin, "M3")}


def test_outages_and_estimates_are_told(client: httpx.Client, twin: Twin) -> None:
    from .test_outages import promise

    with following(client) as events:
        twin.outages.open("FUSE", id="O-1")
        assert events.wait("outages")["ids"] == ["O-1"]
        told = events.wait("state")
        assert told["out"] == {"usage_points": [row_of(twin, "M3")]}
        assert told["version"] == 0
        promise(twin, "O-1")
        events.wait("estimates")
        twin.outages.restore("O-1")
        assert events.wait("state", 2)["back"] == {"usage_points": [row_of(twin, "M3")]}


def test_who_comes_back_gets_what_it_missed(client: httpx.Client, twin: Twin) -> None:
    with following(client) as events:
        twin.switch("BKR1", open=True)
        events.wait("state")
        last = events.last_id
    with following(client) as other:
        twin.switch("BKR1", open=False)
        other.wait("state")
        twin.switch("BKR2", open=True)
        other.wait("state", 2)
    with following(client, Last_Event_ID=last) as events:
        assert events.wait("state", 2)["version"] == 3
        assert [each["version"] for each in events.found] == [2, 3]
    with following(client, Last_Event_ID=events.last_id) as events:
        twin.switch("BKR2", open=False)
        assert events.wait("state")["version"] == 4


@pytest.mark.parametrize("last", ["elsewhere-3", "3", "x", "-", "x-٣"])
def test_who_was_away_too_long_asks_again_for_everything(client: httpx.Client, last: str) -> None:
    with following(client, Last_Event_ID=last) as events:
        assert events.wait("resync") == {"event": "resync"}


def test_the_same_by_query_for_who_cannot_set_headers(client: httpx.Client) -> None:
    with client.stream("GET", "/api/events", params={"since": "elsewhere-3"}) as answer:
        Events(answer.iter_lines()).wait("resync")


def test_a_database_tells_what_any_client_operates(database: str) -> None:
    from gridtwin.store.postgis.connect import connect

    twin = gridtwin.open(two_feeders_with_a_tie()).save(database)
    settings = ServeSettings(database)
    with answering(create_app(settings), settings) as client, following(client) as events:
        with connect(database, autocommit=True) as connection:
            connection.execute("SELECT gridtwin.operate('BKR1', true)")
        assert events.wait("state")["customers_out"] == 8
        twin.outages.open("BKR2", id="O-1")
        assert "O-1" in events.wait("outages")["ids"]
        assert events.wait("state", 2)["customers_out"] == 15


def test_a_database_that_is_synced_anew_is_taken_over(database: str) -> None:
    gridtwin.open(two_feeders_with_a_tie()).save(database)
    settings = ServeSettings(database)
    with answering(create_app(settings), settings) as client, following(client) as events:
        gridtwin.open(feeder_in_three_sections()).save(database, overwrite=True)
        network = events.wait("resync")["network"]
        assert client.get("/api").json()["network"] == network
        assert client.get("/api/state").status_code == 200


def test_another_network_in_the_place_of_the_twin_is_taken_over(
    client: httpx.Client, twin: Twin
) -> None:
    before = client.get("/api").json()
    with following(client) as events:
        gridtwin.open(feeder_in_three_sections()).save(twin.store.path, overwrite=True)
        network = events.wait("resync")["network"]
        after = client.get("/api").json()
        assert after["network"] == network != before["network"]
        assert after["counts"]["equipment"] == 8
        gridtwin.open(twin.store.path).switch("B1", open=True)
        assert events.wait("state")["customers_out"] == 70


def collected(broadcaster: Broadcaster, steps: Any) -> Any:
    async def run() -> Any:
        broadcaster.start()
        return await steps(broadcaster)

    return asyncio.run(run())


def test_a_slow_client_is_told_to_ask_again_and_holds_nobody_up() -> None:
    async def steps(broadcaster: Broadcaster) -> None:
        slow, quick = broadcaster.stream_events(), broadcaster.stream_events()
        await anext(slow), await anext(quick)
        seen = []
        for number in range(500):
            broadcaster.publish_event("state", {"number": number})
            seen.append(await anext(quick))
        assert len(seen) == 500
        left = [await anext(slow) for _ in range(len(slow_queue(broadcaster)))]
        assert b"event: resync" in left[0]
        assert len(left) <= 4
        assert f"id: {broadcaster.last_id}".encode() in left[-1]
        assert broadcaster.dropped > 0

    def slow_queue(broadcaster: Broadcaster) -> Any:
        return max((client.queue for client in broadcaster._clients), key=len)

    collected(Broadcaster(queue=4), steps)


def test_between_events_a_heartbeat_keeps_the_connection() -> None:
    async def steps(broadcaster: Broadcaster) -> None:
        stream = broadcaster.stream_events()
        first = await anext(stream)
        assert first.startswith(b"retry: ")
        assert await anext(stream) == b": alive\n\n"
        broadcaster.publish_event("state", {})
        assert b"event: state" in await anext(stream)

    collected(Broadcaster(heartbeat_s=0.01), steps)


def test_what_is_kept_of_the_past_is_bounded_in_bytes() -> None:
    async def steps(broadcaster: Broadcaster) -> None:
        for _ in range(60):
            broadcaster.publish_event("state", {"out": "x" * 1024 * 1024})
        await asyncio.sleep(0.1)
        assert sum(len(event.wire) for event in broadcaster._ring) <= 32 * 1024 * 1024
        assert len(broadcaster._ring) >= 30

    collected(Broadcaster(), steps)


def test_a_client_that_goes_is_forgotten(client: httpx.Client) -> None:
    with client.stream("GET", "/api/events") as answer:
        lines = answer.iter_lines()
        assert next(lines).startswith("retry")
        assert "gridtwin_event_clients 1" in client.get("/metrics").text
        lines.close()
    wait_until(lambda: "gridtwin_event_clients 0" in client.get("/metrics").text)


def test_no_more_follow_than_may(twin: Twin) -> None:
    settings = ServeSettings(str(twin.store.path), most_streams=2)
    with (
        answering(create_app(settings), settings) as client,
        following(client),
        following(client),
    ):
        answer = client.get("/api/events")
        assert answer.status_code == 503
        assert answer.headers["Retry-After"]


def test_streams_end_with_the_server(settings: ServeSettings, tmp_path: Path) -> None:
    del tmp_path
    with answering(create_app(settings), settings) as client:
        answer = client.send(client.build_request("GET", "/api/events"), stream=True)
        events = Events(answer.iter_lines())
        events.wait_for_start()
    wait_until(lambda: events.ended)
