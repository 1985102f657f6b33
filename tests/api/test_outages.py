"""Outages, estimates and the past, as a control room asks for them."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from gridtwin.model.estimate import Estimate, PointEstimates, Run

if TYPE_CHECKING:
    import httpx

    from gridtwin.twin import Twin


def row_of(twin: Twin, mrid: str) -> int:
    return twin.find(mrid)[0].row + 1


def promise(twin: Twin, outage: str, *, hours: float = 1.0) -> datetime:
    now = datetime.now(UTC)
    p50, p80 = now + timedelta(hours=hours), now + timedelta(hours=2 * hours)
    run = Run(f"R-{now.timestamp()}", now, "model-7", 0, 1, 1, 1)
    whole = Estimate(outage, now, now, p50, p50, p80, p80, p80, p80, model="model-7")
    members = twin.outages.members(outage)
    rows = [
        (name, outage, "repair", "model", p50.timestamp(), p80.timestamp(), p80.timestamp(),
         p80.timestamp())
        for name in members.usage_point[members.is_out].tolist()
    ]  # fmt: skip
    twin.store.estimates.write_run(run, [whole], PointEstimates.from_rows(rows))
    return p80


def test_without_outages_the_list_is_empty(client: httpx.Client) -> None:
    assert client.get("/api/outages").json() == {"outages": []}
    assert client.get("/api/estimates").json() == {"estimates": []}


def test_an_open_outage_is_listed_with_what_is_promised(client: httpx.Client, twin: Twin) -> None:
    twin.outages.open("FUSE", id="O-1", cause="tree")
    etr = promise(twin, "O-1")
    (card,) = client.get("/api/outages").json()["outages"]
    assert card["id"] == "O-1"
    assert card["status"] == "confirmed"
    assert card["customers_out"] == 3
    assert card["cause"] == "tree"
    assert card["feeder"] == "feeder-BKR1"
    assert card["feature"] == {"layer": "switches", "id": row_of(twin, "FUSE")}
    assert abs(datetime.fromisoformat(card["estimate"]["etr"]) - etr) < timedelta(seconds=1)
    (estimate,) = client.get("/api/estimates").json()["estimates"]
    assert estimate == card["estimate"]


def test_an_outage_has_all_that_is_known_of_it(client: httpx.Client, twin: Twin) -> None:
    twin.outages.open("BKR1", id="O-1")
    twin.outages.restore("O-1", usage_points=["M3"])
    promise(twin, "O-1")
    found = client.get("/api/outages/O-1").json()
    assert found["members"] == 2
    assert found["status"] == "partially_restored"
    assert found["features"] == {"usage_points": [row_of(twin, "M4")]}
    assert found["area"]["type"] in {"Polygon", "MultiPolygon"}
    assert [step["customers"] for step in found["steps"]] == [3, 5]
    assert found["evidence"]
    backs = [(at["customers_back_p50"], at["customers_back_p80"]) for at in found["curve"]]
    assert backs == [(3, 3), (8, 3), (8, 8)]
    assert [at["at"] for at in found["curve"]] == sorted(at["at"] for at in found["curve"])


def test_lists_are_filtered(client: httpx.Client, twin: Twin) -> None:
    twin.outages.open("FUSE", id="O-1", predicted=True)
    twin.outages.open("BKR2", id="O-2")

    def ids(**params: str) -> list[str]:
        answer = client.get("/api/outages", params=params).json()
        return [each["id"] for each in answer["outages"]]

    assert ids() == ["O-1", "O-2"]
    assert ids(status="predicted") == ["O-1"]
    assert ids(feeder="feeder-BKR2") == ["O-2"]
    twin.outages.restore("O-2")
    assert ids() == ["O-1"]
    assert ids(since=(datetime.now(UTC) - timedelta(hours=1)).isoformat()) == ["O-1", "O-2"]


def test_who_is_in_an_open_outage_is_out_whatever_the_switches_say(
    client: httpx.Client, twin: Twin
) -> None:
    before = client.get("/api/state")
    twin.outages.open("FUSE", id="O-1")
    state = client.get("/api/state", headers={"If-None-Match": before.headers["ETag"]}).json()
    assert state["out"] == {"usage_points": [row_of(twin, "M3")]}
    assert state["customers_out"] == 3
    assert state["changes"] > before.json()["changes"]
    assert client.get("/api/state", params={"state": "normal"}).json()["customers_out"] == 0
    twin.outages.restore("O-1")
    assert client.get("/api/state").json()["customers_out"] == 0


def test_a_customer_learns_when_it_has_supply_again(client: httpx.Client, twin: Twin) -> None:
    unknown = client.get("/api/estimates/M3").json()
    assert unknown == {"usage_point": "M3", "outage": None, "estimate": None}
    twin.outages.open("FUSE", id="O-1")
    assert client.get("/api/estimates/M3").json()["outage"] == "O-1"
    promise(twin, "O-1")
    found = client.get("/api/estimates/M3").json()["estimate"]
    assert found["stage"] == "repair"
    assert found["p50"] < found["p80"]
    element = client.get("/api/elements/M3").json()
    assert element["outages"] == [{"id": "O-1", "status": "confirmed", "customers_out": 3}]
    assert element["estimate"] == found
    assert element["energized"] == "no"
    assert client.get("/api/elements/FUSE").json()["outages"] == element["outages"]
    assert client.get("/api/estimates/FUSE").status_code == 404


def test_the_past_can_be_looked_at(client: httpx.Client, twin: Twin) -> None:
    start = datetime.now(UTC)
    time.sleep(0.01)
    twin.switch("BKR1", open=True)
    time.sleep(0.01)
    dark = datetime.now(UTC)
    time.sleep(0.01)
    twin.switch("BKR1", open=False)
    end = datetime.now(UTC)
    past = client.get("/api/state", params={"at": dark.isoformat()}).json()
    assert past["customers_out"] == 8
    assert past["at"] == dark.isoformat()
    assert past["out"]["usage_points"] == sorted(row_of(twin, each) for each in ("M3", "M4"))
    assert client.get("/api/state").json()["customers_out"] == 0
    span = {"from": start.isoformat(), "to": end.isoformat()}
    found = client.get("/api/history", params=span).json()
    assert found["from"] == start.isoformat()
    assert [(each["what"], each["mrid"], each["customers"]) for each in found["moments"]] == [
        ("switch", "BKR1", 8),
        ("switch", "BKR1", -8),
    ]
    assert [each["customers_out"] for each in found["curve"]] == [0, 8, 0]


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("outages/O-404", 404),
        ("outages?since=yesterday", 422),
        ("outages?status=lost", 422),
        ("state?at=2026-07-01T12:00:00", 422),
        ("history?from=2026-07-01T12:00:00Z&to=2026-07-01T11:00:00Z", 422),
        ("history?from=2026-07-01T12:00:00Z", 422),
        ("estimates/NOBODY", 404),
    ],
)
def test_what_cannot_be_answered_is_told(client: httpx.Client, path: str, status: int) -> None:
    assert client.get(f"/api/{path}").status_code == status
