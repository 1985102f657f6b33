"""Two states are held side by side: each as it is asked for alone, and what differs."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    import httpx

    from gridtwin.twin import Twin

NORMAL = {"state": "normal"}


def row_of(twin: Twin, mrid: str) -> int:
    return twin.find(mrid)[0].row + 1


def compare(client: httpx.Client, left: dict[str, Any], right: dict[str, Any]) -> dict[str, Any]:
    """Return the comparison of two sides."""
    answer = client.post("/api/compare", json={"left": left, "right": right})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def test_as_designed_and_now_differ_by_what_was_operated(client: httpx.Client, twin: Twin) -> None:
    twin.switch("BKR1", open=True)
    found = compare(client, NORMAL, {})
    assert found["left"] == client.get("/api/state", params=NORMAL).json()
    assert found["right"] == client.get("/api/state").json()
    assert (found["only_left"], found["only_right"], found["both"]) == (0, 8, 0)
    meters = sorted(row_of(twin, each) for each in ("M3", "M4"))
    assert found["differs"]["usage_points"] == meters
    assert found["differs"]["lines"] == sorted(row_of(twin, each) for each in ("L1", "L2"))
    assert row_of(twin, "BKR1") in found["differs"]["switches"], "it is live, and stands otherwise"
    assert row_of(twin, "BKR2") not in found["differs"]["switches"]
    assert found["bounds"]


def test_who_is_out_on_one_side_is_not_set_off_against_another(
    client: httpx.Client, twin: Twin
) -> None:
    twin.switch("BKR1", open=True)
    found = compare(client, {}, {"switches": {"BKR1": False, "BKR2": True}})
    sides = [found[side]["customers_out"] for side in ("left", "right")]
    assert sides == [8, 7]
    assert (found["only_left"], found["only_right"], found["both"]) == (8, 7, 0)
    assert twin.version == 1, "nothing is switched"


def test_two_moments_are_compared_and_what_is_switched_on_paper_in_one(
    client: httpx.Client, twin: Twin
) -> None:
    before = datetime.now(UTC).isoformat()
    time.sleep(0.01)
    twin.switch("BKR1", open=True)
    time.sleep(0.01)
    dark = datetime.now(UTC).isoformat()
    time.sleep(0.01)
    twin.switch("BKR1", open=False)
    found = compare(client, {"at": before}, {"at": dark})
    assert found["right"] == client.get("/api/state", params={"at": dark}).json()
    assert (found["only_left"], found["only_right"], found["both"]) == (0, 8, 0)
    found = compare(client, {"at": dark}, {"at": dark, "switches": {"TIE": False}})
    assert (found["only_left"], found["only_right"], found["both"]) == (8, 0, 0)
    tie = {"ids": [row_of(twin, "TIE")], "phases": [""]}
    assert found["right"]["closed"] == tie


def test_one_state_differs_from_itself_in_nothing(client: httpx.Client, twin: Twin) -> None:
    twin.switch("BKR1", open=True)
    found = compare(client, {}, {})
    assert (found["only_left"], found["only_right"], found["both"]) == (0, 0, 8)
    assert found["differs"] == {}
    assert found["bounds"] is None


@pytest.mark.parametrize(
    ("side", "status"),
    [
        ({"state": "curent"}, 404),
        ({"at": "yesterday"}, 422),
        ({"switches": {"BKR9": True}}, 404),
        ({"switches": {"L2": True}}, 422),
        ({"when": "now"}, 422),
    ],
)
def test_a_side_that_is_none_is_refused(
    client: httpx.Client, side: dict[str, Any], status: int
) -> None:
    answer = client.post("/api/compare", json={"right": side})
    assert answer.status_code == status
    assert answer.json()["error"]["message"]
