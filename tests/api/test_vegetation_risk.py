"""Vegetation risk over HTTP: the ranked list with its places, the spans by class, the element."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

import gridtwin
from gridtwin.model.vegetation import RISK_CLASSES
from gridtwin.twin import Twin, open_twin
from vegetation_networks import guarded_network

if TYPE_CHECKING:
    from pathlib import Path

    import httpx


@pytest.fixture
def twin(tmp_path: Path) -> Twin:
    """Return a network with trees along its lines."""
    twin = open_twin(guarded_network(5)).save(tmp_path / "trees.twin")
    twin.load_vegetation(gridtwin.synthesize_vegetation(twin.store.network, areas=30), name="lidar")
    return twin


def ask(client: httpx.Client, path: str, **asked: Any) -> dict[str, Any]:
    answer = client.get(path, params=asked)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


@pytest.mark.parametrize("by", ["span", "section", "feeder"])
def test_the_ranked_list_is_that_of_python(client: httpx.Client, twin: Twin, by: str) -> None:
    risk = twin.vegetation()
    frame = risk.make_frame(by)
    answer = ask(client, "/api/vegetation", by=by)
    assert [row["mrid"] for row in answer["rows"]] == frame[by].tolist()
    assert (answer["spans"], answer["total"]) == (len(risk), len(frame))
    assert answer["customer_minutes_at_risk"] == pytest.approx(risk.customer_minutes)
    assert [each["source"] for each in answer["layers"]] == ["lidar"]
    data = twin.store.network.data
    for row, (_, wanted) in zip(answer["rows"], frame.iterrows(), strict=True):
        assert row["customers"] == wanted["customers"]
        assert row["customer_minutes_per_km"] == pytest.approx(wanted["customer_minutes_per_km"])
        west, south, east, north = row["bounds"]
        assert data.nodes.xy[:, 0].min() <= west <= east <= data.nodes.xy[:, 0].max()
        assert data.nodes.xy[:, 1].min() <= south <= north <= data.nodes.xy[:, 1].max()
        if by == "span":
            element = twin.find_one(row["mrid"])
            assert row["feature"]["id"] == element.row + 1
    short = ask(client, "/api/vegetation", by=by, limit=1)
    assert [row["mrid"] for row in short["rows"]] == frame[by].tolist()[:1]


def test_spans_are_told_by_class_and_feature(client: httpx.Client, twin: Twin) -> None:
    classes = ask(client, "/api/vegetation/spans")
    assert list(classes) == list(RISK_CLASSES)
    painted = {
        (name, number)
        for name, features in classes.items()
        for ids in features.values()
        for number in ids
    }
    frame = twin.vegetation().make_frame("span")
    assert painted == {
        (risk, twin.find_one(span).row + 1)
        for span, risk in zip(frame["span"], frame["risk_class"], strict=True)
    }


def test_an_element_tells_what_threatens_it(client: httpx.Client, twin: Twin) -> None:
    frame = twin.vegetation().make_frame("span")
    told = ask(client, f"/api/elements/{frame['span'].iloc[0]}")["vegetation"]
    assert told["risk_class"] == frame["risk_class"].iloc[0]
    assert told["customers"] == frame["customers"].iloc[0]
    assert told["clearance_m"] == pytest.approx(frame["clearance_m"].iloc[0])
    spans = set(frame["span"])
    other = next(m for m in twin.store.network.equipment["mrid"] if m not in spans)
    assert ask(client, f"/api/elements/{other}")["vegetation"] is None


def test_what_is_loaded_while_it_serves_is_told(client: httpx.Client, twin: Twin) -> None:
    before = ask(client, "/api/vegetation")["spans"]
    assert before
    twin.drop_vegetation("lidar")
    assert ask(client, "/api/vegetation")["spans"] == 0
    assert ask(client, "/api/vegetation/spans") == {name: {} for name in RISK_CLASSES}
    assert not ask(client, "/api")["can"]["vegetation"]


def test_what_cannot_be_asked_is_refused(client: httpx.Client) -> None:
    assert client.get("/api/vegetation", params={"by": "tree"}).status_code == 422
    assert client.get("/api/vegetation", params={"limit": 5000}).status_code == 422
