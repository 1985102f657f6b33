"""What-ifs change nothing; operating needs the token; plans and areas answer as the twin does."""

from __future__ import annotations

import math
import threading
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from pydantic import BaseModel

from document_schemas import hold_to_schema
from gridtwin.api.app import create_app
from gridtwin.api.jobs import Jobs
from gridtwin.errors import BusyError, NotFoundError
from gridtwin.results.documents.document_tags import DocumentTag
from waiting import PATIENCE_S, wait_until

from .conftest import TOKEN, answering

if TYPE_CHECKING:
    import httpx

    from gridtwin.settings import ServeSettings
    from gridtwin.twin import Twin

AROUND = {
    "type": "Polygon",
    "coordinates": [[[-1, -1], [1, -1], [1, 1], [-1, 1], [-1, -1]]],
}
ALLOWED = {"Authorization": f"Bearer {TOKEN}"}


def row_of(twin: Twin, mrid: str) -> int:
    return twin.find(mrid)[0].row + 1


def done(client: httpx.Client, answer: httpx.Response) -> dict[str, Any]:
    """Return a job when it runs no more."""
    assert answer.status_code == 202

    def ended() -> dict[str, Any] | None:
        job: dict[str, Any] = client.get(answer.headers["Location"]).json()
        return None if job["status"] == "running" else job

    return wait_until(ended)


def find_span(twin: Twin, mrids: list[str]) -> list[float]:
    """Return west, south, east and north of the ends of some equipment."""
    data = twin.network.data
    rows = np.array([twin.find(mrid)[0].row for mrid in mrids])
    xy = data.nodes.xy[np.concatenate([data.equipment.node_a[rows], data.equipment.node_b[rows]])]
    return [*xy.min(axis=0).tolist(), *xy.max(axis=0).tolist()]


def test_a_what_if_says_who_goes_out_and_who_comes_back(client: httpx.Client, twin: Twin) -> None:
    twin.switch("BKR1", open=True)
    asked = {"switches": {"L2": True}}
    assert client.post("/api/what-if", json=asked).status_code == 422
    asked = {"switches": {"TIE": False, "BKR2": True}}
    found = client.post("/api/what-if", json=asked).json()
    assert found["out"]["customers"] == 7
    assert found["out"]["features"]["usage_points"] == [row_of(twin, "M5")]
    assert found["back"]["customers"] == 0
    assert found["still_out"] == {"customers": 8}
    found = client.post("/api/what-if", json={"switches": {"TIE": False}}).json()
    assert found["back"]["customers"] == 8
    assert found["back"]["features"]["lines"] == [row_of(twin, "L1"), row_of(twin, "L2")]
    assert found["bounds"] == pytest.approx(find_span(twin, ["TIE", "L1", "L2"]))
    assert twin.version == 1


def test_who_has_the_token_operates(client: httpx.Client, twin: Twin) -> None:
    asked = {"mrid": "BKR1", "open": True, "actor": "ann"}
    answer = client.post("/api/switch", json=asked, headers=ALLOWED)
    assert answer.json() == {"version": 1, "mrid": "BKR1", "open": "ABC", "customers_out": 8}
    (event,) = twin.store.states.list_events()
    assert event.actor == "ann"
    asked = {"mrid": "BKR1", "open": False, "phases": "AB"}
    answer = client.post("/api/switch", json=asked, headers=ALLOWED)
    assert answer.json()["open"] == "C"


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 401),
        ({"Authorization": "Bearer wrong"}, 403),
        ({"Authorization": f"Bearer {TOKEN}x"}, 403),
        ({"Authorization": "Bearer é".encode()}, 403),
        ({"Authorization": f"Basic {TOKEN}"}, 401),
    ],
)
def test_who_has_it_not_is_refused(
    client: httpx.Client, twin: Twin, headers: dict[str, str], status: int
) -> None:
    answer = client.post("/api/switch", json={"mrid": "BKR1", "open": True}, headers=headers)
    assert answer.status_code == status
    assert answer.json()["error"]["type"] == "NotAllowedError"
    assert TOKEN not in answer.text
    assert twin.version == 0


def test_a_server_without_a_token_never_operates(twin: Twin, settings: ServeSettings) -> None:
    from dataclasses import replace

    without = replace(settings, operator_token="")
    with answering(create_app(without), without) as client:
        asked = {"mrid": "BKR1", "open": True}
        for headers in (ALLOWED, {"Authorization": "Bearer x"}, {}):
            assert client.post("/api/switch", json=asked, headers=headers).status_code == 403
        assert client.get("/api").json()["can"]["operate"] is False
    assert twin.version == 0


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        ({"mrid": "NOWHERE", "open": True}, 404),
        ({"mrid": "L1", "open": True}, 422),
        ({"mrid": "FUSE", "open": True, "phases": "B"}, 422),
        ({"mrid": "BKR1"}, 422),
        ({"mrid": "BKR1", "open": True, "force": True}, 422),
    ],
)
def test_what_cannot_be_operated_is_refused(
    client: httpx.Client, twin: Twin, asked: dict[str, Any], status: int
) -> None:
    assert client.post("/api/switch", json=asked, headers=ALLOWED).status_code == status
    assert twin.version == 0


def test_a_plan_is_the_document_of_the_command_with_features(
    client: httpx.Client, twin: Twin
) -> None:
    plan = client.post("/api/restore", json={"of": ["L1"], "options": {"crews": 2}}).json()
    drawn, bounds = plan.pop("features"), plan.pop("bounds")
    expected = twin.restore("L1", crews=2).document()
    assert plan == expected
    hold_to_schema(plan)
    moved = [*plan["tripped"], *(step["mrid"] for step in plan["steps"])]
    west, south, east, north = find_span(twin, ["L1", *moved])
    assert bounds[0] <= west
    assert bounds[1] <= south
    assert bounds[2] >= east
    assert bounds[3] >= north
    assert len(drawn["steps"]) == len(plan["steps"])
    assert plan["dead_beyond"] == expected["dead_beyond"] == ["FUSE"]
    assert drawn["dead_beyond"] == {"switches": [twin.find("FUSE")[0].row + 1]}
    asked = {"of": ["L1"], "options": {"all_sides": True}}
    every = client.post("/api/restore", json=asked).json()
    assert every["dead_beyond"] == []
    assert "FUSE" in {step["mrid"] for step in every["steps"]}
    assert client.post("/api/restore", json={"of": ["NOWHERE"]}).status_code == 404
    assert client.post("/api/restore", json={"of": ["L1"], "options": {"x": 1}}).status_code == 422
    assert client.post("/api/restore", json={"of": []}).status_code == 422


def test_a_polygon_tells_what_lies_inside(client: httpx.Client, twin: Twin) -> None:
    twin.switch("BKR1", open=True)
    found = client.post("/api/intersect", json={"polygon": AROUND, "limit": 2}).json()
    assert found["counts"]["fuse"] == 1
    assert found["counts"]["usage_points"] == 3
    assert (found["customers"], found["customers_out"]) == (15, 8)
    assert found["usage_points"] == ["M3", "M4"]
    assert found["left_out"] == 1
    assert found["groups"][0] == {"mrid": None, "usage_points": 2, "customers": 8}
    assert found["features"]["usage_points"] == [1, 2, 3]


def test_a_storm_in_a_polygon_is_a_blast_radius(client: httpx.Client, twin: Twin) -> None:
    found = client.post("/api/storm", json={"polygon": AROUND, "kinds": ["fuse"]}).json()
    assert found["customers"] == twin.storm(AROUND, kinds=["fuse"]).customers == 3
    assert found["of"] == ["FUSE"]


@pytest.mark.parametrize(
    ("polygon", "status"),
    [
        ({"type": "Point", "coordinates": [0, 0]}, 422),
        ({"type": "Polygon", "coordinates": [[[500, 0], [501, 0], [501, 1], [500, 0]]]}, 422),
        ({"type": "Polygon", "coordinates": "x"}, 422),
        ({}, 422),
        ([], 422),
    ],
)
def test_what_is_no_polygon_is_refused(client: httpx.Client, polygon: Any, status: int) -> None:
    for path in ("intersect", "storm", "forecast"):
        answer = client.post(f"/api/{path}", json={"polygon": polygon})
        if answer.status_code == 202:
            assert done(client, answer)["error"]["type"] == "PolygonError"
        else:
            assert answer.status_code == status, path


def test_a_polygon_has_a_limit_of_vertices(client: httpx.Client) -> None:
    turns = [math.tau * step / 20_001 for step in range(20_001)]
    ring = [[math.cos(turn), math.sin(turn)] for turn in turns]
    polygon = {"type": "Polygon", "coordinates": [[*ring, ring[0]]]}
    answer = client.post("/api/intersect", json={"polygon": polygon})
    assert answer.status_code == 413
    assert "simplify" in answer.json()["error"]["message"]


def test_a_forecast_is_a_job(client: httpx.Client, twin: Twin) -> None:
    answer = client.post("/api/forecast", json={"damaged": ["L1"], "draws": 20})
    job = done(client, answer)
    assert job["status"] == "done"
    assert job["progress"] == 1
    hold_to_schema(job["result"], DocumentTag.STORM)
    assert job["result"]["customers"] == twin.blast_radius("L1", scope="trip").customers
    failed = done(client, client.post("/api/forecast", json={"damaged": ["NOWHERE"]}))
    assert failed["status"] == "failed"
    assert failed["error"]["type"] == "NotFoundError"
    assert client.get("/api/jobs/0").status_code == 404


class Done(BaseModel):
    ok: bool = True


def test_more_work_than_may_wait_is_refused_and_what_waits_can_be_cancelled() -> None:
    jobs, go = Jobs(workers=1, waiting=3), threading.Event()

    def work(job: Any) -> Done:
        go.wait(PATIENCE_S)
        job.report_progress(1, 2)
        return Done()

    first, second, third = (jobs.submit_work("work", work) for _ in range(3))
    with pytest.raises(BusyError):
        jobs.submit_work("work", work)
    assert jobs.cancel_job(second.id).status == "cancelled"
    assert jobs.cancel_job(first.id).status == "cancelled"
    go.set()
    assert third.future.result(PATIENCE_S) == Done()
    assert third.status == "done"
    assert first.status == "cancelled"  # though it ran already when it was cancelled
    assert jobs.cancel_job(third.id).status == "done"
    assert jobs.running == 0
    with pytest.raises(NotFoundError):
        jobs.find_job("no such job")
    jobs.close()
