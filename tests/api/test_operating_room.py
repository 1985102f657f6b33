"""Looking, confirming, tags, second persons, orders, outages and crews over HTTP."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from document_schemas import hold_to_schema
from gridtwin.api.app import create_app
from gridtwin.model.crews import Crew

from .conftest import TOKEN, answering

if TYPE_CHECKING:
    import httpx

    from gridtwin.settings import ServeSettings
    from gridtwin.twin import Twin

ALLOWED = {"Authorization": f"Bearer {TOKEN}"}


def send(client: httpx.Client, path: str, wanted: int = 200, **asked: Any) -> Any:
    """Post as an operator; return the answer, which has a status."""
    answer = client.post(f"/api/{path}", json=asked, headers=ALLOWED)
    assert answer.status_code == wanted, answer.text
    return answer.json()


def row_of(twin: Twin, mrid: str) -> int:
    return twin.find_one(mrid).row + 1


def test_an_operation_is_looked_at_confirmed_and_done(client: httpx.Client, twin: Twin) -> None:
    asked = {"mrid": "BKR1", "open": True}
    seen = client.post("/api/operations/preview", json=asked).json()  # looking needs no token
    assert (seen["lost"]["customers"], seen["hazards"], seen["refusals"]) == (8, [], [])
    assert seen["features"]["lost"]["lines"] == [row_of(twin, "L1"), row_of(twin, "L2")]
    assert seen["second_person_min"] == 0
    extra = {"features", "second_person_min"}
    hold_to_schema({name: value for name, value in seen.items() if name not in extra})
    done = send(client, "operations", **asked, confirmed=seen["digest"], actor="ann")
    assert done == {"status": "done", "version": 1, "request": None}
    refused = send(client, "operations", 409, **asked, confirmed=seen["digest"], actor="bob")
    assert refused["error"]["type"] == "OperationConflictError"
    assert "ann operated it last" in refused["error"]["message"]
    assert client.post("/api/operations", json=asked).status_code == 401
    assert (
        client.post("/api/operations/preview", json={"mrid": "L1", "open": True}).status_code == 422
    )
    assert twin.version == 1


def test_a_tag_forbids_over_every_way_until_it_is_removed(client: httpx.Client, twin: Twin) -> None:
    hung = send(client, "tags", mrid="BKR1", reason="crew 7 at work", actor="ann")
    assert (hung["number"], hung["kind"], hung["placed_by"]) == (1, "hold", "ann")
    asked = {"mrid": "BKR1", "open": True}
    for path in ("operations", "switch"):
        refused = send(client, path, 409, **asked)
        assert refused["error"]["type"] == "OperationRefusedError"
        assert "crew 7 at work" in refused["error"]["message"]
    listed = client.get("/api/tags", params={"mrid": "BKR1"}).json()
    fuller = {"at": [0.001, 0.0], "feature": {"layer": "switches", "id": row_of(twin, "BKR1")}}
    assert listed["tags"] == [hung | fuller]
    assert "say why" in send(client, "tags/1/remove", 422, actor="bob")["error"]["message"]
    gone = send(client, "tags/1/remove", actor="bob", because="crew 7 left")
    assert (gone["removed_by"], gone["removed_because"]) == ("bob", "crew 7 left")
    assert client.get("/api/tags").json()["tags"] == []
    past = client.get("/api/tags", params={"past": True}).json()["tags"]
    assert past == [gone | fuller]
    send(client, "tags/9/remove", 404, actor="bob")
    send(client, "tags", 422, mrid="BKR1", reason="", actor="bob")
    assert client.post("/api/tags", json={"mrid": "BKR1", "reason": "x"}).status_code == 401
    assert send(client, "switch", **asked)["version"] == 1
    assert twin.version == 1


def test_where_two_persons_operate_one_alone_does_not(settings: ServeSettings) -> None:
    paired = replace(settings, two_person_min=5)
    with answering(create_app(paired), paired) as client:
        asked = {"mrid": "BKR1", "open": True}
        assert "two persons" in send(client, "switch", 409, **asked)["error"]["message"]
        seen = client.post("/api/operations/preview", json=asked).json()
        assert seen["second_person_min"] == 5
        first = send(client, "operations", **asked, confirmed=seen["digest"], actor="ann")
        assert (first["status"], first["version"]) == ("waiting", None)
        waiting = client.get("/api/operations/requests").json()["requests"]
        assert waiting == [first["request"]]
        path = f"operations/requests/{first['request']['id']}"
        send(client, f"{path}/confirm", 422, actor="ann")
        done = send(client, f"{path}/confirm", actor="bob")
        assert (done["status"], done["version"]) == ("done", 1)
        assert done["request"]["decided_by"] == "bob"
        send(client, f"{path}/withdraw", 422, actor="ann")
        other = send(client, "operations", mrid="BKR1", open=False, actor="ann")
        path = f"operations/requests/{other['request']['id']}"
        assert send(client, f"{path}/withdraw", actor="ann")["status"] == "withdrawn"
        assert client.get("/api/operations/requests").json()["requests"] == []
        order = send(client, "orders", of=["L1"], actor="ann")
        step = f"orders/{order['id']}/steps/1/do"
        assert "another person" in send(client, step, 409, actor="ann")["error"]["message"]
        assert send(client, step, actor="bob")["steps"][0]["status"] == "done"


def test_an_order_is_started_done_undone_and_ended(client: httpx.Client, twin: Twin) -> None:
    twin.switch("BKR1", open=True)
    order = send(client, "orders", of=["L1"], actor="ann")
    path = f"orders/{order['id']}"
    assert order["steps"]
    plan = twin.restore("L1").steps()
    assert [each["mrid"] for each in order["steps"]] == [each["mrid"] for each in plan]
    assert send(client, "orders", 409, of=["L1"])["error"]["type"] == "OperationConflictError"
    own = [{"action": "close", "mrid": "TIE"}, {"action": "verify", "mrid": "BKR2"}]
    other = send(client, "orders", of=["L2"], steps=own, actor="bob")
    listed = client.get("/api/orders").json()
    hold_to_schema(listed)
    assert [each["id"] for each in listed["orders"]] == [order["id"], other["id"]]
    second = f"orders/{other['id']}"
    seen = client.get(f"/api/{second}/steps/1/preview").json()
    assert seen["gained"]["customers"] == 8
    assert client.get(f"/api/{second}/steps/2/preview").status_code == 422
    done = send(client, f"{second}/steps/1/do", confirmed=seen["digest"], actor="bob")
    assert (done["steps"][0]["status"], done["steps"][0]["actor"]) == ("done", "bob")
    failed = send(client, f"{second}/steps/2/do", 422, actor="bob")
    assert "is closed on ABC" in failed["error"]["message"]
    skipped = send(client, f"{second}/steps/2/skip", because="seen on site", actor="bob")
    assert skipped["next_step"] is None
    undone = send(client, f"{second}/undo", actor="eve")
    assert [each["status"] for each in undone["steps"]] == ["undone", "skipped"]
    assert send(client, f"{second}/end", actor="bob")["status"] == "ended"
    assert client.get(f"/api/{path}").json() == order
    assert client.get("/api/orders/S-0").status_code == 404
    assert client.post(f"/api/{path}/end", json={}).status_code == 401


def test_outages_are_managed_from_opening_to_closing(client: httpx.Client, twin: Twin) -> None:
    opened = send(client, "outages", device="BKR1", cause="tree", predicted=True, actor="ann")
    assert (opened["status"], opened["customers_out"]) == ("predicted", 8)
    path = f"outages/{opened['id']}"
    assert send(client, f"{path}/confirm", actor="bob")["status"] == "confirmed"
    etr = "2030-01-01T12:00:00+00:00"
    noted = send(client, f"{path}/note", crew_status="on site", etr_manual=etr, actor="bob")
    assert (noted["crew_status"], noted["cause"]) == ("on site", "tree")
    assert send(client, f"{path}/note", etr_manual=None)["etr_manual"] is None
    nested = send(client, f"{path}/nest", device="FUSE", actor="eve")
    assert (nested["customers"], nested["parent"]) == (3, opened["id"])
    assert send(client, f"{path}/restore", actor="bob")["status"] == "restored"
    assert send(client, f"{path}/close", actor="bob")["status"] == "closed"
    step = send(client, f"outages/{nested['id']}/restore", usage_points=["M3"], actor="eve")
    assert step["status"] == "restored"
    wrong = send(client, "outages", device="BKR2", predicted=True)
    assert send(client, f"outages/{wrong['id']}/invalidate")["status"] == "invalid"
    actors = {each.actor for each in twin.outages.evidence(opened["id"])}
    assert {"ann", "bob", "eve"} <= actors
    assert send(client, f"{path}/restore", 422)["error"]["type"] == "InputError"
    send(client, "outages/O-0/close", 404)
    send(client, "outages", 422, device="NOWHERE", usage_points=[])
    assert client.post("/api/outages", json={"device": "BKR2"}).status_code == 401


def test_a_crew_is_placed_found_assigned_and_followed(client: httpx.Client, twin: Twin) -> None:
    twin.store.crews.write_crews([Crew("C-1", "Line 1", ("line",)), Crew("C-2", "Line 2")])
    outage = send(client, "outages", device="L2")["id"]
    send(client, "crews/C-1/position", lon=0.5, lat=0.1)
    send(client, "crews/C-2/position", lon=0.1, lat=0.1)
    found = client.get("/api/crews", params={"outage": outage}).json()
    hold_to_schema(found)
    assert [each["mrid"] for each in found["crews"]] == ["C-2", "C-1"]
    assert found["crews"][0]["travel_min"] > 0
    near = client.get("/api/crews", params={"lon": 0.5, "lat": 0, "limit": 1}).json()
    assert [each["mrid"] for each in near["crews"]] == ["C-1"]
    assert client.get("/api/crews", params={"lon": 0.5}).status_code == 422
    made = send(client, "crews/assignments", crew="C-1", outage=outage, actor="ann")
    send(client, "crews/assignments", 422, crew="C-1", outage=outage, actor="ann")
    moved = send(client, f"crews/assignments/{made['number']}", status="en_route", actor="ann")
    assert (moved["status"], moved["changed_by"]) == ("en_route", "ann")
    assert client.get("/api/crews/assignments", params={"outage": outage}).json() == [moved]
    assert client.get(f"/api/outages/{outage}").json()["crew_status"] == "en route"
    listed = client.get("/api/crews").json()["crews"]
    assert [each["status"] for each in listed] == ["en_route", "available"]
    send(client, "crews/C-1/position", 422, lon=500, lat=0)
    assert client.post("/api/crews/assignments", json={}).status_code == 401


def test_who_follows_is_told_of_tags_and_crews(client: httpx.Client) -> None:
    with client.stream("GET", "/api/events") as stream:
        lines = stream.iter_lines()
        next(lines)  # it has begun
        send(client, "tags", mrid="BKR1", reason="x", actor="ann")
        send(client, "crews/C-1/position", lon=0, lat=0)
        told: set[str] = set()
        while not {"operating", "crews"} <= told:
            line = next(lines)
            if line.startswith("event: "):
                told.add(line.removeprefix("event: "))


@pytest.mark.parametrize("text", ["-1", "x", "2000"])
def test_minutes_that_are_none_are_refused(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from gridtwin.errors import InputError
    from gridtwin.settings import ServeSettings

    monkeypatch.setenv("GRIDTWIN_TWO_PERSONS", text)
    with pytest.raises(InputError, match="GRIDTWIN_TWO_PERSONS"):
        ServeSettings.from_environment("x.twin")
    monkeypatch.setenv("GRIDTWIN_TWO_PERSONS", "10")
    assert ServeSettings.from_environment("x.twin").two_person_min == 10


def test_planned_work_is_looked_at_announced_begun_and_ended(
    client: httpx.Client, twin: Twin
) -> None:
    seen = client.post("/api/planned-outages/preview", json={"switches": {"FUSE": True}}).json()
    assert (seen["customers"], seen["switches"]) == (3, {"FUSE": "A"})
    assert seen["features"]["usage_points"] == [row_of(twin, "M3")]
    day = datetime.now(UTC) + timedelta(days=3)
    times = {"starts_at": day.isoformat(), "ends_at": (day + timedelta(hours=4)).isoformat()}
    asked = {"switches": {"FUSE": True}, "reason": "new fuse", **times}
    assert client.post("/api/planned-outages", json=asked).status_code == 401
    planned = send(client, "planned-outages", **asked, actor="ann")
    assert (planned["status"], planned["announced_by"]) == ("announced", "ann")
    path = f"planned-outages/{planned['id']}"
    listed = client.get("/api/planned-outages").json()
    hold_to_schema(listed)
    assert listed["planned_outages"] == [planned]
    assert client.get(f"/api/{path}").json()["features"]["usage_points"] == [row_of(twin, "M3")]
    begun = send(client, f"{path}/start")
    assert twin.outages.get(begun["outage"]).planned
    later = times | {"ends_at": (day + timedelta(hours=6)).isoformat()}
    assert send(client, f"{path}/move", **later)["ends_at"] > planned["ends_at"]
    assert client.get(f"/api/{path}/letters").status_code == 401
    letters = client.get(f"/api/{path}/letters", headers=ALLOWED)
    assert letters.headers["content-type"].startswith("text/csv")
    assert "M3,3," in letters.text
    assert send(client, f"{path}/end")["status"] == "done"
    assert "is done" in send(client, f"{path}/cancel", 422)["error"]["message"]
    assert client.get("/api/planned-outages").json()["planned_outages"] == []
