"""OGC API Features over a real database: collections, filters, and nothing but reading."""

from __future__ import annotations

from collections.abc import Iterator

import httpx  # noqa: TC002 - pytest reads it
import psycopg
import pytest

import gridtwin
from api.conftest import answering
from gridtwin.api.app import create_app
from gridtwin.settings import ServeSettings
from gridtwin.store.postgis.connect import connect
from gridtwin.twin import Twin
from postgres import Cluster

ITEMS = "/ogc/collections/grid.equipment_now/items"


@pytest.fixture(scope="module")
def twin(postgres: Cluster) -> Iterator[Twin]:
    with postgres.create_database() as url:
        yield gridtwin.open(gridtwin.synthesize("houston", meters=400, seed=1)).save(url)


@pytest.fixture(scope="module")
def client(twin: Twin) -> Iterator[httpx.Client]:
    settings = ServeSettings(twin.store.url)
    with answering(create_app(settings), settings) as client:
        yield client


def test_the_collections_are_views_with_a_geometry_and_no_functions(client: httpx.Client) -> None:
    found = client.get("/ogc/collections").json()["collections"]
    assert {each["id"] for each in found} == {
        "grid.equipment_now",
        "grid.open_outages",
        "grid.substations",
        "grid.usage_points_now",
    }
    links = [link["href"] for each in found for link in each["links"]]
    local = str(client.base_url).rstrip("/") + "/ogc/"
    assert not [link for link in links if not link.startswith((local, "http://www.opengis.net/"))]
    assert client.get("/ogc/conformance").status_code == 200
    assert client.get("/ogc/collections/pg_temp.tipg_properties/items").status_code == 404


def test_items_are_filtered_by_cql_and_box(client: httpx.Client, twin: Twin) -> None:
    equipment = twin.network.equipment
    fuses = equipment[equipment.kind == "fuse"]
    asked = {"filter": "kind = 'fuse'", "filter-lang": "cql2-text", "limit": 1000}
    found = client.get(ITEMS, params=asked).json()
    assert found["numberMatched"] == len(fuses)
    assert {each["properties"]["mrid"] for each in found["features"]} == set(fuses.mrid)
    first = found["features"][0]
    row = equipment.iloc[first["id"] - 1]
    assert row.mrid == first["properties"]["mrid"]
    x, y = row.geometry.coords[0]
    near = client.get(
        ITEMS, params=asked | {"bbox": f"{x - 1e-5},{y - 1e-5},{x + 1e-5},{y + 1e-5}"}
    )
    assert first["id"] in {each["id"] for each in near.json()["features"]}
    assert near.json()["numberMatched"] < len(fuses)
    page = client.get(ITEMS, params={"limit": 2}).json()
    following = next(link["href"] for link in page["links"] if link["rel"] == "next")
    second = client.get(following).json()["features"]
    assert {each["id"] for each in second}.isdisjoint(each["id"] for each in page["features"])
    one = client.get(f"{ITEMS}/{first['id']}").json()
    assert one["properties"] == first["properties"]


def test_items_follow_operations(client: httpx.Client, twin: Twin) -> None:
    asked = {"filter": "energized = false", "filter-lang": "cql2-text"}
    points = "/ogc/collections/grid.usage_points_now/items"
    assert client.get(points, params=asked).json()["numberMatched"] == 0
    head = twin.network.feeders["head"][0]
    out = len(twin.blast_radius(head).usage_points)
    twin.switch(head, open=True)
    assert client.get(points, params=asked).json()["numberMatched"] == out > 0
    twin.switch(head, open=False)


def test_people_get_json_too_since_pages_would_ask_other_hosts(client: httpx.Client) -> None:
    page = client.get("/ogc/collections?f=html", headers={"Accept": "text/html"})
    assert page.headers["content-type"].startswith("application/json")


def test_what_cannot_be_understood_is_refused(client: httpx.Client) -> None:
    assert client.get(ITEMS, params={"filter": "kind ="}).status_code == 422
    words = {"filter": "{", "filter-lang": "cql2-json"}
    assert client.get(ITEMS, params=words).status_code == 422
    assert client.get(ITEMS, params={"bbox": "1,2,3"}).status_code == 422
    assert client.get("/ogc/collections/gridtwin.audit/items").status_code == 404


def test_the_connections_only_read(client: httpx.Client, twin: Twin) -> None:
    client.get(ITEMS)
    with connect(twin.store.url, autocommit=True) as connection:
        connection.execute("SET default_transaction_read_only = on")
        with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
            connection.execute("DELETE FROM gridtwin.specs")


def test_a_twin_in_a_directory_has_no_collections(tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.mktemp("local") / "small.twin"
    gridtwin.open(gridtwin.synthesize("houston", meters=100, seed=1)).save(path)
    settings = ServeSettings(str(path))
    with answering(create_app(settings), settings) as client:
        assert client.get("/ogc/collections").status_code == 404
