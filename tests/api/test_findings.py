"""Findings over HTTP: listed with their place and feature, accepted by who has the token."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from gridtwin.api.app import create_app
from gridtwin.model.findings import Acceptance, Finding, LoadFindings
from gridtwin.settings import ServeSettings
from gridtwin.twin import Twin, open_twin
from networks import two_feeders_with_a_tie

from .conftest import TOKEN, answering
from .test_events import following

if TYPE_CHECKING:
    from pathlib import Path

    import httpx

ALLOWED = {"Authorization": f"Bearer {TOKEN}"}
NEAR = Finding("near_miss", "warning", "L1", (0.5, 0.25), "0.4 m", "mend it", "LINES", "1")
LOST = Finding("undrawn_line", "error", "LINES:9", None, "has no geometry", "draw it", "LINES", "9")


@pytest.fixture
def twin(tmp_path: Path) -> Twin:
    """Return two feeders with a tie, and what was found in their source."""
    loaded = LoadFindings(
        (LOST, NEAR), (Acceptance("near_miss", "LINES:1", "as built"),), {"near_miss": 7}
    )
    network = two_feeders_with_a_tie().with_loaded(loaded)
    return open_twin(network).save(tmp_path / "two.twin")


def listed(client: httpx.Client, **asked: str) -> dict[str, Any]:
    answer = client.get("/api/findings", params=asked)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def test_findings_are_listed_with_their_place_and_feature(client: httpx.Client, twin: Twin) -> None:
    found = listed(client)
    assert found["counts"] == twin.check().counts
    assert found["findings"][0]["mrid"] == "LINES:9"
    (near,) = (each for each in found["findings"] if each["rule"] == "near_miss")
    assert near["feature"] == {"layer": "lines", "id": twin.find("L1")[0].row + 1}
    assert near["at"] == near["place"] == [0.5, 0.25]
    assert near["accepted"]["reason"] == "as built"
    assert (near["layer"], near["key"]) == ("LINES", "1")
    rules = {each["rule"] for each in listed(client, rule="near_miss")["findings"]}
    assert rules == {"near_miss"}
    errors = listed(client, severity="error")["findings"]
    assert {each["severity"] for each in errors} == {"error"}


def test_what_anybody_accepts_is_told_to_all(client: httpx.Client, twin: Twin) -> None:
    with following(client) as events:
        twin.accept_finding("undrawn_line", "LINES:9", "not built yet")
        events.wait("findings")
        twin.undo_acceptance("undrawn_line", "LINES:9")
        events.wait("findings", 2)
    assert not [each for each in events.found if each["event"] != "findings"]


def test_who_has_the_token_accepts_and_undoes(client: httpx.Client, twin: Twin) -> None:
    asked = {"rule": "undrawn_line", "key": "LINES:9", "reason": "not built yet", "actor": "ann"}
    answer = client.post("/api/findings/accept", json=asked, headers=ALLOWED)
    assert answer.status_code == 200
    assert answer.json()["accepted"]["actor"] == "ann"
    assert twin.check(rules=["undrawn_line"]).worst == ""
    (lost,) = listed(client, rule="undrawn_line")["findings"]
    assert lost["accepted"]["reason"] == "not built yet"
    undone = {"rule": "undrawn_line", "key": "LINES:9"}
    answer = client.post("/api/findings/undo", json=undone, headers=ALLOWED)
    assert answer.json() == {"rule": "undrawn_line", "accepted": None}
    assert listed(client, rule="undrawn_line")["findings"][0]["accepted"] is None
    assert client.post("/api/findings/undo", json=undone, headers=ALLOWED).status_code == 404


@pytest.mark.parametrize("path", ["accept", "undo"])
@pytest.mark.parametrize(
    ("headers", "status"), [({}, 401), ({"Authorization": "Bearer wrong-wrong-wrong"}, 403)]
)
def test_nobody_else_does(
    client: httpx.Client, twin: Twin, path: str, headers: dict[str, str], status: int
) -> None:
    asked = {"rule": "near_miss", "key": "LINES:1"} | ({"reason": "x"} if path == "accept" else {})
    answer = client.post(f"/api/findings/{path}", json=asked, headers=headers)
    assert answer.status_code == status
    (kept,) = twin.store.findings.read_findings().accepted
    assert kept.reason == "as built"


def test_a_server_without_a_token_accepts_nothing(twin: Twin) -> None:
    settings = ServeSettings(str(twin.store.path))  # type: ignore[attr-defined]
    with answering(create_app(settings), settings) as client:
        asked = {"rule": "undrawn_line", "key": "LINES:9", "reason": "x"}
        answer = client.post("/api/findings/accept", json=asked, headers=ALLOWED)
        assert answer.status_code == 403


@pytest.mark.parametrize(
    ("asked", "status", "words"),
    [
        ({"rule": "no_rule", "key": "L1", "reason": "x"}, 422, "no rule is called"),
        ({"rule": "undrawn_line", "key": "LINES:8", "reason": "x"}, 404, "did you mean LINES:9"),
        ({"rule": "undrawn_line", "key": "LINES:9", "reason": " "}, 422, "say why"),
        ({"rule": "undrawn_line", "key": "LINES:9", "reason": ""}, 422, "reason"),
        ({"rule": "undrawn_line", "reason": "x"}, 422, "key"),
    ],
)
def test_bad_input_is_refused_in_words(
    client: httpx.Client, asked: dict[str, str], status: int, words: str
) -> None:
    answer = client.post("/api/findings/accept", json=asked, headers=ALLOWED)
    assert (answer.status_code, words in answer.text) == (status, True)
    assert client.get("/api/findings", params={"rule": "no_rule"}).status_code == 422
    assert client.get("/api/findings", params={"severity": "bad"}).status_code == 422
