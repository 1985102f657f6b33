"""Questions in words over HTTP: the document of Python, with the features it is about."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

import gridtwin
from gridtwin.twin import Twin, open_twin

if TYPE_CHECKING:
    from pathlib import Path

    import httpx


@pytest.fixture
def twin(tmp_path: Path) -> Twin:
    """Return a network with more elements than a brief answer lists."""
    made = gridtwin.synthesize("houston", meters=100, seed=1)
    return open_twin(made).save(tmp_path / "asked.twin")


def ask(client: httpx.Client, question: str, **more: Any) -> dict[str, Any]:
    answer = client.post("/api/ask", json={"question": question, **more})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def test_an_answer_is_that_of_python_with_the_feature_of_its_element(
    client: httpx.Client, twin: Twin
) -> None:
    mrid = str(twin.network.equipment.mrid.iloc[-1])
    answer = ask(client, f"who goes dark if {mrid} fails")
    features, bounds = answer.pop("features"), answer.pop("bounds")
    assert answer == gridtwin.TwinAsker(twin).ask(f"who goes dark if {mrid} fails").document()
    element = client.get(f"/api/elements/{mrid}").json()
    assert features == {element["feature"]["layer"]: [element["feature"]["id"]]}
    west, south, east, north = bounds
    lon, lat = element["at"]
    assert west <= lon <= east
    assert south <= lat <= north


def test_the_rows_of_a_table_are_features_and_full_gives_more(client: httpx.Client) -> None:
    brief, full = (
        ask(client, "what are the most critical elements?", detail=detail)
        for detail in ("brief", "full")
    )
    assert len(brief["table"]["rows"]) == 10 < len(full["table"]["rows"])
    for answer in (brief, full):
        named = {row[answer["table"]["columns"].index("mrid")] for row in answer["table"]["rows"]}
        drawn = {(layer, each) for layer, ids in answer["features"].items() for each in ids}
        refs = (client.get(f"/api/elements/{mrid}").json()["feature"] for mrid in named)
        assert drawn == {(ref["layer"], ref["id"]) for ref in refs}


@pytest.mark.parametrize("question", ["open BKR-1", "xyzzy plugh", "what does SAIFI mean"])
def test_what_is_about_no_element_has_no_features(client: httpx.Client, question: str) -> None:
    answer = ask(client, question)
    assert (answer["features"], answer["bounds"]) == ({}, None)


def test_a_detail_there_is_none_of_is_refused(client: httpx.Client) -> None:
    answer = client.post("/api/ask", json={"question": "which outages are there", "detail": "all"})
    assert answer.status_code in {400, 422}
    assert "detail" in answer.text
