"""Tiles over HTTP: addresses, caching, encodings, ranges, and what is refused."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from pathlib import Path

import httpx  # noqa: TC002 - pytest reads it
import numpy as np
import pytest

import gridtwin
from api.conftest import answering
from gridtwin.api.app import create_app
from gridtwin.publish.tiles.archive import TileArchive
from gridtwin.publish.tiles.build_tiles import write_tiles
from gridtwin.publish.tiles.tile_sources import find_archive_path
from gridtwin.settings import ServeSettings
from gridtwin.twin import Twin
from tiles.conftest import built_of
from vector_tiles import decode, on_square

GIS = {"Accept-Encoding": "identity"}
TILE = "/tiles/grid/{}/{}/{}.mvt"


@pytest.fixture
def twin(tmp_path: Path) -> Twin:
    network = gridtwin.synthesize("houston", meters=300, seed=1)
    return gridtwin.open(network).save(tmp_path / "small.twin")


@pytest.fixture
def client(twin: Twin) -> Iterator[httpx.Client]:
    settings = ServeSettings(str(twin.store.path))
    with answering(create_app(settings), settings) as client:
        yield client


@pytest.fixture
def archived(twin: Twin) -> Iterator[httpx.Client]:
    path = find_archive_path(twin.store)
    assert path is not None
    path.parent.mkdir()
    write_tiles(built_of(twin.store), path)
    settings = ServeSettings(str(twin.store.path))
    with answering(create_app(settings), settings) as client:
        yield client


def places(client: httpx.Client, zoom: int) -> list[tuple[int, int, int]]:
    """Return the tiles of a zoom between the bounds that the TileJSON says."""
    west, south, east, north = client.get("/tiles/grid.json").json()["bounds"]
    corners = on_square(np.array([[west, north], [east, south]]))
    (left, top), (right, bottom) = (corners * (1 << zoom)).astype(int).tolist()
    return [
        (zoom, x, y)
        for x in range(left - 1, right + 2)
        for y in range(top - 1, bottom + 2)
        if 0 <= x < 1 << zoom and 0 <= y < 1 << zoom
    ]


def test_the_tilejson_names_tiles_layers_and_network(client: httpx.Client, twin: Twin) -> None:
    answer = client.get("/tiles/grid.json")
    said = answer.json()
    assert said["tilejson"] == "3.0.0"
    assert said["tiles"] == [f"/tiles/grid/{{z}}/{{x}}/{{y}}.mvt?v={twin.store.network_hash}"]
    assert (said["minzoom"], said["maxzoom"]) == (0, 15)
    assert answer.headers["cache-control"] == "no-cache"
    again = client.get("/tiles/grid.json", headers={"If-None-Match": answer.headers["etag"]})
    assert again.status_code == 304


def test_an_archive_and_the_network_in_memory_give_the_same_tiles(
    client: httpx.Client, archived: httpx.Client
) -> None:
    for zoom in range(16):
        for at in places(client, zoom):
            ours, theirs = client.get(TILE.format(*at)), archived.get(TILE.format(*at))
            assert ours.status_code == theirs.status_code
            assert ours.content == theirs.content
    said = [one.get("/tiles/grid.json").json() for one in (client, archived)]
    assert said[0] == said[1]


def test_a_tile_with_its_version_is_kept_for_ever(client: httpx.Client, twin: Twin) -> None:
    address = TILE.format(0, 0, 0)
    kept = client.get(address, params={"v": twin.store.network_hash})
    assert "immutable" in kept.headers["cache-control"]
    assert client.get(address).headers["cache-control"] == "no-cache"
    assert client.get(address, params={"v": "0" * 16}).status_code == 404
    known = client.get(address, headers={"If-None-Match": f'W/{kept.headers["etag"]}, "x"'})
    assert known.status_code == 304
    assert not known.content


def test_an_empty_tile_is_no_content(client: httpx.Client) -> None:
    empty = client.get(TILE.format(15, 0, 0))
    assert empty.status_code == 204
    assert not empty.content


@pytest.mark.parametrize(
    ("at", "status"),
    [
        ((3, 8, 0), 422),
        ((3, 0, 8), 422),
        ((-1, 0, 0), 422),
        ((23, 0, 0), 422),
        (("a", 0, 0), 422),
        ((1, -1, 0), 422),
        ((16, 0, 0), 404),
    ],
)
def test_tiles_that_cannot_be_are_refused(
    client: httpx.Client, at: tuple[int, int, int], status: int
) -> None:
    answer = client.get(TILE.format(*at))
    assert answer.status_code == status
    assert answer.json()["error"]["message"]


def test_who_reads_no_gzip_gets_plain_tiles(archived: httpx.Client) -> None:
    packed = archived.get(TILE.format(0, 0, 0), headers={"Accept-Encoding": "br, gzip;q=0.5"})
    plain = archived.get(TILE.format(0, 0, 0), headers=GIS)
    assert packed.headers["content-encoding"] == "gzip"
    assert plain.headers.get("content-encoding", "identity") == "identity"
    assert packed.content == plain.content
    assert packed.headers["vary"] == "Accept-Encoding"
    assert decode(gzip.compress(plain.content))["substations"]
    refused = archived.get(TILE.format(0, 0, 0), headers={"Accept-Encoding": "gzip;q=0"})
    assert refused.content == plain.content


def test_the_archive_is_read_by_ranges(archived: httpx.Client, twin: Twin) -> None:
    path = find_archive_path(twin.store)
    assert path is not None
    whole = path.read_bytes()
    part = archived.get("/tiles/grid.pmtiles", headers=GIS | {"Range": "bytes=0-126"})
    assert part.status_code == 206
    assert part.content == whole[:127]
    assert part.headers["content-range"] == f"bytes 0-126/{len(whole)}"
    asked = archived.head("/tiles/grid.pmtiles", headers=GIS)
    assert (asked.headers["content-length"], asked.content) == (str(len(whole)), b"")
    assert asked.headers["accept-ranges"] == "bytes"
    beyond = f"bytes={len(whole)}-"
    assert archived.get("/tiles/grid.pmtiles", headers={"Range": beyond}).status_code == 416
    assert archived.get("/tiles/grid.pmtiles", headers=GIS).content == whole


def test_an_archive_of_another_network_is_passed_over(
    twin: Twin, client: httpx.Client, archive: TileArchive, caplog: pytest.LogCaptureFixture
) -> None:
    settings = ServeSettings(str(twin.store.path), tiles=archive.path)
    with answering(create_app(settings), settings) as other:
        assert other.get("/tiles/grid.json").json() == client.get("/tiles/grid.json").json()
        assert other.get("/tiles/grid.pmtiles").status_code == 404
    assert "tiles build" in caplog.text


def test_without_an_archive_there_is_none_to_read(client: httpx.Client) -> None:
    answer = client.get("/tiles/grid.pmtiles")
    assert answer.status_code == 404
    assert "tiles build" in answer.json()["error"]["message"]


def test_a_live_tile_says_what_has_supply_and_follows_operations(
    client: httpx.Client, twin: Twin
) -> None:
    head = twin.network.feeders["head"][0]
    at = next(at for at in places(client, 12) if _has_switch(client.get(TILE.format(*at)), head))
    address = "/tiles/live/{}/{}/{}.mvt".format(*at)
    before = client.get(address)
    said = client.get("/tiles/live.json").json()
    assert said["vector_layers"][1]["fields"].keys() >= {"energized", "open"}
    assert _energized(before) == {1}
    twin.switch(head, open=True)
    changed = client.get(address, headers={"If-None-Match": before.headers["etag"]})
    assert changed.status_code == 200
    assert 0 in _energized(changed)
    opened = [
        feature.properties
        for feature in decode(gzip.compress(changed.content))["switches"].values()
        if feature.properties["mrid"] == head
    ]
    assert [said["open"] for said in opened] == ["ABC"]
    same = client.get(address, headers={"If-None-Match": changed.headers["etag"]})
    assert same.status_code == 304
    assert _energized(client.get(address, params={"state": "normal"})) == {1}
    assert client.get(address, params={"state": "nosuch"}).status_code == 404


def test_a_live_overlay_that_is_kept_anew_is_another_tile(client: httpx.Client, twin: Twin) -> None:
    head = twin.network.feeders["head"][0]
    address = "/tiles/live/0/0/0.mvt"
    twin.overlay("plan", {head: True})
    first = client.get(address, params={"state": "plan"})
    twin.overlay("plan", {})
    second = client.get(address, params={"state": "plan"})
    assert first.headers["etag"] != second.headers["etag"]


def _has_switch(answer: httpx.Response, mrid: str) -> bool:
    switches = decode(gzip.compress(answer.content)).get("switches", {})
    return any(feature.properties["mrid"] == mrid for feature in switches.values())


def _energized(answer: httpx.Response) -> set[int]:
    layers = decode(gzip.compress(answer.content))
    return {
        feature.properties["energized"]
        for name, features in layers.items()
        if name != "substations"
        for feature in features.values()
    }
