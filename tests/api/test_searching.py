"""The server finds addresses for who may see them, and places of the basemap for everybody."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Event
from typing import TYPE_CHECKING

import pytest
from starlette.testclient import TestClient

from api.conftest import answering
from basemaps import SHAPES, write_basemap
from gridtwin.api.app import create_app
from gridtwin.settings import ServeSettings
from gridtwin.store.customer_book import CustomerBook
from small_customers import save_customers
from waiting import PATIENCE_S, wait_until

if TYPE_CHECKING:
    from pathlib import Path

TOKEN = "a token of operators"  # noqa: S105 - of this test
SIGNED = {"Authorization": f"Bearer {TOKEN}"}
NAMED = {
    **SHAPES,
    "roads": ("LINESTRING(0 2048, 4096 2048)", {"kind": "minor_road", "name": "Oak Forest Drive"}),
    "places": ("POINT(2048 2048)", {"kind": "locality", "name": "Villamar", "name:en": "Seaville"}),
    "pois": ("POINT(2048 2049)", {"kind": "school", "name": "Oak School"}),
}


@pytest.fixture
def client(tmp_path: Path) -> TestClient:
    """Return a client of a server of a few customers and a small basemap."""
    twin = tmp_path / "small.twin"
    save_customers(twin)
    basemap = write_basemap(tmp_path / "streets.pmtiles", NAMED)
    settings = ServeSettings(
        str(twin), operator_token=TOKEN, hosts=("testserver",), basemap=basemap
    )
    return TestClient(create_app(settings))


def test_addresses_are_found_by_who_may_see_them(client: TestClient) -> None:
    asked = "/api/search/addresses?q=12+oka+street"
    assert client.get(asked).status_code == 401
    assert "Oak St" not in client.get("/api/search?q=12+oak+st").text
    (found,) = client.get(asked, headers=SIGNED).json()["results"]
    assert (found["address"], found["usage_point"]) == ("12 Oak St", "M3")
    assert found["at"]
    assert found["feature"]["layer"] == "usage_points"


def test_places_of_the_basemap_are_found_by_everybody(client: TestClient) -> None:
    def ask(text: str) -> dict:
        return client.get("/api/search/places", params={"q": text}).json()

    wait_until(lambda: ask("seaville")["ready"])
    (town,) = ask("seavile")["results"]
    assert (town["name"], town["kind"]) == ("Seaville", "locality")
    assert town["at"] == pytest.approx([0, 0], abs=0.1)
    kinds = {each["kind"] for each in ask("oak")["results"]}
    assert kinds == {"minor_road", "school"}
    assert ask("")["results"] == []


def test_without_a_basemap_no_place_is_found(tmp_path: Path) -> None:
    save_customers(tmp_path / "small.twin")
    settings = ServeSettings(str(tmp_path / "small.twin"), hosts=("testserver",))
    answer = TestClient(create_app(settings)).get("/api/search/places?q=seaville").json()
    assert answer == {"ready": True, "results": []}


def test_who_searches_while_addresses_are_prepared_waits_for_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The server is ready meanwhile; addresses are read once for all who ask."""
    save_customers(tmp_path / "small.twin")
    began, may_end, reads = Event(), Event(), list[str]()
    read = CustomerBook.read_laid_addresses

    def read_slowly(book: CustomerBook, mark: str) -> str:
        reads.append(mark)
        began.set()
        assert may_end.wait(PATIENCE_S)
        return read(book, mark)

    monkeypatch.setattr(CustomerBook, "read_laid_addresses", read_slowly)
    settings = ServeSettings(str(tmp_path / "small.twin"), operator_token=TOKEN)
    with answering(create_app(settings), settings) as server, ThreadPoolExecutor() as pool:
        assert began.wait(PATIENCE_S), "nobody prepares them"
        asked = [
            pool.submit(server.get, "/api/search/addresses?q=12+oka", headers=SIGNED)
            for _ in range(3)
        ]
        assert server.get("/ready").status_code == 200
        assert not any(each.done() for each in asked)
        may_end.set()
        found = [each.result(PATIENCE_S).json()["results"] for each in asked]
    assert [[each["address"] for each in every] for every in found] == [["12 Oak St"]] * 3
    assert len(reads) == 1
