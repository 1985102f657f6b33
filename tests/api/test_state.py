"""The state says who has no supply, and is sent again only when it has changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import httpx

    from gridtwin.twin import Twin


def row_of(twin: Twin, mrid: str) -> int:
    return twin.find(mrid)[0].row + 1


def test_as_designed_nothing_is_out(client: httpx.Client) -> None:
    state = client.get("/api/state").json()
    assert state["state"] == "current"
    assert state["version"] == 0
    assert state["out"] == state["partial"] == {}
    assert state["open"] == state["closed"] == {"ids": [], "phases": []}


def test_an_open_breaker_puts_out_what_hangs_on_it(client: httpx.Client, twin: Twin) -> None:
    twin.switch("BKR1", open=True)
    state = client.get("/api/state").json()
    assert state["version"] == 1
    assert state["customers_out"] == 8
    assert state["out"]["usage_points"] == sorted(row_of(twin, each) for each in ("M3", "M4"))
    assert state["out"]["lines"] == sorted(row_of(twin, each) for each in ("L1", "L2"))
    assert state["out"]["switches"] == [row_of(twin, "FUSE")]  # BKR1 and TIE are live at one side
    assert state["open"] == {"ids": [row_of(twin, "BKR1")], "phases": ["ABC"]}


def test_a_closed_tie_is_told(client: httpx.Client, twin: Twin) -> None:
    twin.switch("BKR1", open=True)
    twin.switch("TIE", open=False)
    state = client.get("/api/state").json()
    assert state["customers_out"] == 0
    assert state["closed"] == {"ids": [row_of(twin, "TIE")], "phases": [""]}


def test_a_what_if_is_a_state_of_its_own(client: httpx.Client, twin: Twin) -> None:
    twin.overlay("draft", {"BKR2": True})
    assert client.get("/api/state", params={"state": "draft"}).json()["customers_out"] == 7
    assert client.get("/api/state").json()["customers_out"] == 0


def test_a_state_that_has_not_changed_is_not_sent_again(client: httpx.Client, twin: Twin) -> None:
    first = client.get("/api/state")
    known = {"If-None-Match": first.headers["ETag"]}
    assert client.get("/api/state", headers=known).status_code == 304
    twin.switch("BKR1", open=True)
    assert client.get("/api/state", headers=known).status_code == 200


def test_a_what_if_kept_anew_at_one_version_is_sent_again(client: httpx.Client, twin: Twin) -> None:
    twin.overlay("draft", {"BKR2": True})
    first = client.get("/api/state", params={"state": "draft"})
    twin.overlay("draft", {"BKR1": True})
    second = client.get(
        "/api/state", params={"state": "draft"}, headers={"If-None-Match": first.headers["ETag"]}
    )
    assert second.json()["customers_out"] == 8


def test_an_unknown_state_is_not_found_and_close_names_are_told(client: httpx.Client) -> None:
    answer = client.get("/api/state", params={"state": "curent"})
    assert answer.status_code == 404
    assert answer.json()["error"]["type"] == "NotFoundError"
    assert answer.json()["error"]["matches"] == ["current"]
