"""The server tells what the meters measured as the twin does."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import gridtwin
from ami_folder import NOON, street, write_readings
from gridtwin.twin import Twin

if TYPE_CHECKING:
    import httpx


@pytest.fixture
def twin(tmp_path: Path) -> Twin:
    twin = gridtwin.open(street()).save(tmp_path / "street.twin")
    read = [("M1", NOON, 7.125, 112.0), ("M3", NOON, 6.0, 128.0), ("M1", NOON + 900, 1.0, None)]
    write_readings(twin.store.path / "ami", read)
    return twin


def test_loading_is_told_by_the_ids_of_features(twin: Twin, client: httpx.Client) -> None:
    found = client.get("/api/ami/loading", params={"at": "2026-07-01T12:05:00Z"})
    document = found.json()
    assert document["at"] == "2026-07-01T12:00:00Z"
    ids = [element.row + 1 for element in twin.find("T1", "T2")]
    assert sorted(document["transformers"]["ids"]) == sorted(ids)
    assert document["transformers"]["pct"][0] == 120.0
    assert document["feeders"] == {"ids": [1], "pct": [0.6], "kw": [52.5]}
    again = client.get(
        "/api/ami/loading",
        params={"at": "2026-07-01T12:05:00Z"},
        headers={"If-None-Match": found.headers["ETag"]},
    )
    assert again.status_code == 304


def test_voltages_outside_range_a_are_told(twin: Twin, client: httpx.Client) -> None:
    document = client.get("/api/ami/voltage", params={"at": "2026-07-01T12:00:00Z"}).json()
    points = document["usage_points"]
    low, high = (element.row + 1 for element in twin.find("M1", "M3"))
    found = list(zip(points["ids"], points["volts"], points["range"], strict=True))
    assert sorted(found) == sorted([(low, 112.0, "B low"), (high, 128.0, "above B")])
    assert document["feeders"][0]["feeder"] == "F"


def test_a_meter_and_a_device_are_followed(twin: Twin, client: httpx.Client) -> None:
    meter = client.get("/api/ami/meters/M1").json()
    assert [value["kwh"] for value in meter["values"]] == [7.125, 1.0]
    assert meter["values"][1]["voltage_v"] is None
    twin.ami.roll_up()
    device = client.get("/api/ami/devices/T1", params={"from": "2026-07-01T11:00:00Z"}).json()
    assert [value["kwh"] for value in device["values"]] == [7.125, 1.0]


@pytest.mark.parametrize(
    ("path", "status", "kind"),
    [
        ("/api/ami/meters/M7", 404, "NotFoundError"),
        ("/api/ami/devices/L", 422, "InputError"),
        ("/api/ami/loading?at=2020-01-01T00:00:00Z", 404, "NotFoundError"),
        ("/api/ami/loading?at=noon", 422, None),
        ("/api/ami/meters/M1?from=2020-01-01T00:00:00Z&to=2026-01-01T00:00:00Z", 422, "InputError"),
    ],
)
def test_what_cannot_be_answered_is_said(
    client: httpx.Client, path: str, status: int, kind: str | None
) -> None:
    found = client.get(path)
    assert found.status_code == status
    if kind:
        assert found.json()["error"]["type"] == kind


def test_the_server_says_whether_there_are_readings(client: httpx.Client) -> None:
    assert client.get("/api").json()["can"]["ami"] is True
