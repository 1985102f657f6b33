"""The database draws the same tiles as the archive and the network in memory."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import psycopg
import pytest
import shapely

import gridtwin
from gridtwin.errors import StoreError
from gridtwin.model import cim, phases
from gridtwin.model.network import Network
from gridtwin.publish.tiles.archive import TileArchive
from gridtwin.publish.tiles.build_tiles import write_tiles
from gridtwin.publish.tiles.tile_sources import LocalTiles, PostgisTiles
from gridtwin.store.postgis.connect import connect
from gridtwin.store.postgis.postgis_store import PostgisStore
from gridtwin.twin import Twin
from postgres import Cluster
from tiles.conftest import built_of
from vector_tiles import EXTENT, Feature, decode

CORE = shapely.box(1, 1, EXTENT - 1, EXTENT - 1)
UNCUT = shapely.box(-32, -32, EXTENT + 32, EXTENT + 32)  # half of the buffer


@pytest.fixture(scope="module")
def twin(postgres: Cluster) -> Iterator[Twin]:
    """Return a territory in a database, with a pole of a switch that stands open by design."""
    network = gridtwin.synthesize("houston", meters=2_000, seed=2)
    equipment = network.data.equipment
    poles = np.array(equipment.normal_open)
    switches = (
        (equipment.kind == cim.KIND_CODE["recloser"])
        & (equipment.phases == phases.ABC)
        & (poles == 0)
    )
    poles[np.flatnonzero(switches)[-1]] = phases.parse_phases("C")
    data = replace(network.data, equipment=replace(equipment, normal_open=poles))
    with postgres.create_database() as url:
        yield gridtwin.open(Network(data, crs=network.crs)).save(url)


@pytest.fixture(scope="module")
def memory(twin: Twin) -> LocalTiles:
    """Return what draws its tiles from memory."""
    return from_memory(twin)


@pytest.fixture(scope="module")
def database_tiles(twin: Twin) -> PostgisTiles:
    """Return what lets the database draw them."""
    return from_postgis(twin)


def from_postgis(twin: Twin) -> PostgisTiles:
    assert isinstance(twin.store, PostgisStore)
    source = PostgisTiles(twin.store, lambda state: twin.supply(twin.situation(state)))
    source.refresh_features()
    return source


def from_memory(twin: Twin) -> LocalTiles:
    return LocalTiles(twin.store, lambda state: twin.supply(twin.situation(state)))


@pytest.fixture(scope="module")
def places(twin: Twin, tmp_path_factory: pytest.TempPathFactory) -> TileArchive:
    """Return the archive of the same network: which tiles there are, and what is in them."""
    path = tmp_path_factory.mktemp("tiles") / "grid.pmtiles"
    write_tiles(built_of(twin.store), path)
    return TileArchive(path)


def require_same(one: bytes | None, other: bytes | None) -> int:
    """
    Require that two tiles say the same of what lies in their core; return how much that is.

    Encoders may round a place on the border of the buffer in or out, a point of a line by a unit,
    and may leave out a line that is a point on the grid.
    """
    ours, theirs = _core(one), _core(other)
    assert ours.keys() == theirs.keys()
    for key, feature in ours.items():
        assert feature.properties == theirs[key].properties
        assert _stray(feature, theirs[key]) <= 1.5
        assert _stray(theirs[key], feature) <= 1.5
    return len(ours)


def _stray(one: Feature, other: Feature) -> float:
    """Return how far a feature strays from another one, where no border cuts it off."""
    points = shapely.points(shapely.get_coordinates(one.geometry.intersection(UNCUT)))
    return float(shapely.distance(points, other.geometry).max(initial=0.0))


def _core(tile: bytes | None) -> dict[tuple[str, int], Feature]:
    return {
        (name, feature_id): feature
        for name, features in decode(tile).items()
        for feature_id, feature in features.items()
        if feature.geometry.intersects(CORE)
        and (feature.geometry.geom_type == "Point" or feature.geometry.length > 2)
    }


def test_archive_memory_and_database_give_the_same_tiles(
    memory: LocalTiles, database_tiles: PostgisTiles, places: TileArchive
) -> None:
    compared = 0
    for at, tile in places.tiles():
        assert memory.tile(*at) == tile
        compared += require_same(tile, database_tiles.tile(*at))
    assert compared > 5_000
    said = [source.describe() for source in (memory, database_tiles)]
    assert said[0] == said[1]


def test_live_tiles_of_memory_and_database_say_the_same(
    twin: Twin, memory: LocalTiles, database_tiles: PostgisTiles, places: TileArchive
) -> None:
    equipment = twin.network.equipment
    recloser = equipment.mrid[(equipment.kind == "recloser") & (equipment.phases == "ABC")].iloc[0]
    fuse = equipment.mrid[equipment.kind == "fuse"].iloc[-1]
    tie = equipment.mrid[(equipment.normal_open == "ABC")].iloc[0]
    deep = [at for at, _ in places.tiles() if at[0] in {7, 11, 12, 13, 15}]
    for mrid, opened, poles in (
        (fuse, True, ""),
        (recloser, True, "A"),
        (tie, False, ""),
        (fuse, False, ""),
    ):
        twin.switch(mrid, open=opened, phases=poles)
        energized = set()
        for at in deep:
            tile = gzip.compress(database_tiles._stored.read_live_tile(*at)) or None
            require_same(memory.live(*at), tile)
            energized |= {
                feature.properties["energized"]
                for name, features in decode(tile).items()
                if name != "substations"
                for feature in features.values()
            }
        assert energized == {0, 1, 2}  # somewhere a pole stands open by design
    twin.switch(recloser, open=False)
    twin.switch(tie, open=True)


def test_other_states_are_drawn_from_memory(
    twin: Twin, memory: LocalTiles, database_tiles: PostgisTiles, places: TileArchive
) -> None:
    twin.overlay("plan", {twin.network.feeders["head"][0]: True})
    for at, _ in list(places.tiles())[-3:]:
        assert memory.live(*at, "plan") == database_tiles.live(*at, "plan")


def test_a_line_shorter_than_a_unit_is_kept_by_the_database(database: str) -> None:
    network = Network.from_frames(
        nodes={"mrid": ["a", "b"], "geometry": [shapely.Point(0.001, 0.001)] * 2},
        equipment={"mrid": ["L"], "kind": ["ac_line_segment"], "node_a": ["a"], "node_b": ["b"]},
        sources={"mrid": ["S"], "node": ["a"]},
    )
    twin = gridtwin.open(network).save(database)
    tile = from_postgis(twin).tile(15, 1 << 14, (1 << 14) - 1)
    assert list(decode(tile)["lines"]) == [1]


def test_after_a_sync_the_tiles_say_that_they_are_not_in_step(database: str) -> None:
    small = gridtwin.synthesize("houston", meters=200, seed=1)
    twin = gridtwin.open(small).save(database)
    with connect(database, autocommit=True) as connection:
        with pytest.raises(psycopg.errors.ObjectNotInPrerequisiteState) as refused:
            connection.execute("SELECT gridtwin.tile(0, 0, 0)")
        assert "refresh_tiles" in str(refused.value.diag.message_hint)
        assert one(connection, "SELECT gridtwin.refresh_tiles()") > 0
        assert one(connection, "SELECT gridtwin.refresh_tiles()") == 0
        assert decode(gzip.compress(one(connection, "SELECT gridtwin.tile(0, 0, 0)")))
    assert from_postgis(twin).tile(0, 0, 0)
    other = gridtwin.synthesize("houston", meters=260, seed=1)
    twin = gridtwin.open(other).save(database, overwrite=True)
    source = PostgisTiles(twin.store, lambda state: twin.supply(twin.situation(state)))
    drawn = source.tile(0, 0, 0)
    source.refresh_features()
    require_same(drawn, PostgisTiles(twin.store, source._supply).tile(0, 0, 0))


def test_a_reader_gets_tiles_and_refreshes_none(twin: Twin, postgres: Cluster) -> None:
    from_postgis(twin)
    url = twin.store.url
    login = "tile_reader"
    postgres.execute(f"CREATE ROLE {login} LOGIN IN ROLE gridtwin_reader")
    reader = gridtwin.open(url.replace("//twin@", f"//{login}@"))
    assert isinstance(reader.store, PostgisStore)
    assert reader.store.tiles.read_tile(0, 0, 0)
    with pytest.raises(StoreError, match="refused"):
        reader.store.tiles.refresh_tiles()
    reader.store.close()
    with (
        connect(url) as connection,
        pytest.raises(psycopg.errors.FeatureNotSupported, match="not of plan"),
    ):
        connection.execute("SELECT gridtwin.live_tile(0, 0, 0, 'plan')")


def test_a_network_that_was_replaced_is_drawn_from_memory_until_the_server_knows(
    database: str,
) -> None:
    twin = gridtwin.open(gridtwin.synthesize("houston", meters=200, seed=1)).save(database)
    source, wanted = from_postgis(twin), from_memory(twin).tile(7, 30, 52)
    other = gridtwin.open(gridtwin.synthesize("houston", meters=260, seed=3))
    other.save(database, overwrite=True)
    assert source.tile(7, 30, 52) == wanted
    assert wanted


def one(connection: psycopg.Connection[Any], query: str) -> Any:
    row = connection.execute(query).fetchone()
    return None if row is None else row[0]
