"""Own columns in PostGIS: every kind comes back, SQL reads them, and a sync moves what changed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

import gridtwin
from examples import scale_examples
from gridtwin.errors import StoreError
from gridtwin.model.column_names import find_own
from gridtwin.model.network import Network
from gridtwin.store.postgis.connect import connect
from gridtwin.store.postgis.migrate import migrate
from gridtwin.store.postgis.mirror import compare_mirror, hash_network, sync
from gridtwin.store.postgis.mirror_rows import gather_mirror
from gridtwin.store.postgis.network_reader import read_network
from own_frames import NAMES, SHOWN, VALUES, frames_of_every_kind, show_own
from small_tables import tables

if TYPE_CHECKING:
    from collections.abc import Iterator

    import psycopg

    from gridtwin.store.postgis.mirror_rows import Mirrored
    from postgres import Cluster


@pytest.fixture(scope="module")
def connection(postgres: Cluster) -> Iterator[psycopg.Connection[Any]]:
    with postgres.create_database() as url, connect(url, autocommit=True) as made:
        migrate(made)
        yield made


def twin_of(frames: dict[str, Any]) -> Mirrored:
    return gather_mirror(gridtwin.open(Network.from_frames(**frames)).store)


def moved(changes: list[Any]) -> dict[str, tuple[int, int, int]]:
    return {
        change.table: (change.inserted, change.updated, change.deleted)
        for change in changes
        if change.differing_rows
    }


def fill(connection: psycopg.Connection[Any]) -> Mirrored:
    twin = twin_of(frames_of_every_kind())
    sync(connection, twin)
    return twin


def test_every_kind_comes_back_from_a_database(connection: psycopg.Connection[Any]) -> None:
    twin = fill(connection)
    network = read_network(connection)
    assert show_own(network) == {"equipment": SHOWN}
    assert hash_network(network) == hash_network(twin.network)
    assert moved(compare_mirror(connection, twin)) == {}
    kept = connection.execute("SELECT own FROM gridtwin.equipment ORDER BY mrid").fetchall()
    assert kept[0][0] == {
        "install_year": 1987,
        "loss_kw": 0.125,
        "asset_tag": "007",
        "leased": True,
        "Last inspected": "2019-05-31",
    }
    assert connection.execute("SELECT count(own) FROM gridtwin.nodes").fetchone() == (0,)


def test_sql_asks_for_own_columns(connection: psycopg.Connection[Any]) -> None:
    fill(connection)
    old = connection.execute(
        "SELECT mrid FROM gridtwin.equipment WHERE (own ->> 'install_year')::int < 1990"
    ).fetchall()
    tagged = connection.execute(
        'SELECT mrid FROM gridtwin.equipment WHERE own @> \'{"asset_tag": "007"}\''
    ).fetchall()
    assert old == tagged == [("11",)]
    kinds = connection.execute(
        "SELECT name, kind FROM gridtwin.own_columns WHERE frame = 'equipment' ORDER BY place"
    ).fetchall()
    assert kinds == [(name, kind) for name, (kind, _) in SHOWN.items()]


def test_a_changed_own_column_moves_its_row_alone(connection: psycopg.Connection[Any]) -> None:
    fill(connection)
    frames = frames_of_every_kind()
    frames["equipment"].loc[1, "install_year"] = 1999
    changed = twin_of(frames)
    assert moved(compare_mirror(connection, changed)) == {"equipment": (0, 1, 0)}
    assert moved(sync(connection, changed)) == {"equipment": (0, 1, 0)}
    assert moved(compare_mirror(connection, changed)) == {}
    assert show_own(read_network(connection)) == show_own(changed.network)


def test_a_column_that_goes_is_gone(connection: psycopg.Connection[Any]) -> None:
    before = fill(connection)
    after = twin_of(tables())
    differing = moved(compare_mirror(connection, after))
    assert differing == {"equipment": (0, 3, 0), "own_columns": (0, 0, 5)}
    sync(connection, after)
    assert show_own(read_network(connection)) == {}
    assert hash_network(after.network) != hash_network(before.network)


def test_a_value_of_another_kind_is_told(connection: psycopg.Connection[Any]) -> None:
    twin = fill(connection)
    with connection.transaction(force_rollback=True):
        connection.execute('UPDATE gridtwin.equipment SET own = \'{"install_year": "old"}\'')
        with (
            pytest.raises(StoreError, match=r"gridtwin\.equipment: a value in own is not"),
            connection.transaction(),
        ):
            read_network(connection)
    assert moved(compare_mirror(connection, twin)) == {}


@example(own={"0": [None, None, None], "%": [None, None, None]})  # no placeholder
@given(own=st.dictionaries(NAMES.map(str.strip), VALUES, max_size=5))
@settings(
    max_examples=scale_examples(25), suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_any_own_columns_come_back_from_a_database(
    connection: psycopg.Connection[Any], own: dict[str, list[Any]]
) -> None:
    frames = tables()
    folded = [name.casefold() for name in own]
    for name in find_own([*frames["equipment"], *own], "equipment"):
        if folded.count(name.casefold()) == 1:
            frames["equipment"][name] = own[name]
    twin = twin_of(frames)
    sync(connection, twin)
    assert show_own(read_network(connection)) == show_own(twin.network)
    assert moved(compare_mirror(connection, twin)) == {}
