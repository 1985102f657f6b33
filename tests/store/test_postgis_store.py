"""A twin in PostgreSQL: read back whole, operated by many, and refused in clear words."""

from __future__ import annotations

import random
import threading
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from dataclasses import fields
from typing import TYPE_CHECKING, Any

import numpy as np
import psycopg
import pytest
import shapely

import gridtwin
from gridtwin.errors import StoreError, StoreVersionError
from gridtwin.model.ids import MRID_TABLES
from gridtwin.model.network import Network
from gridtwin.model.schema import ORIGINS_FIELD, OWN_FIELD
from gridtwin.model.tables import decode_texts
from gridtwin.store.postgis.connect import connect
from gridtwin.store.postgis.mirror import hash_network
from gridtwin.store.postgis.postgis_store import PostgisStore
from waiting import PATIENCE_S, wait_until

from .conftest import make_network

if TYPE_CHECKING:
    from gridtwin.twin import Twin
    from postgres import Cluster


def drawn_network() -> Network:
    """Return a network with lines of two and three points, and texts beyond ASCII."""
    return Network.from_frames(
        nodes={
            "mrid": ["a", "b", "c"],
            "geometry": [shapely.Point(x, 0) for x in (-95.0, -95.1, -95.2)],
            "nominal_v": [7200.0, None, 240.0],
        },
        equipment={
            "mrid": ["one", "two", "three"],
            "kind": ["fuse", "ac_line_segment", "power_transformer"],
            "node_a": ["a", "b", "a"],
            "node_b": ["b", "c", "c"],
            "name": ["Sicherung, Straße", 'a "quoted"\nname', ""],
            "rated_a": [100.0, None, 0.1],
            "geometry": [
                None,
                shapely.LineString([(-95.1, 0), (-95.15, 0.01), (-95.2, 0)]),
                shapely.LineString([(-95.0, 0), (-95.3, 0)]),
            ],
        },
        usage_points={"mrid": ["m"], "node": ["c"], "priority": ["hospital"], "transformer": [""]},
        sources={"mrid": ["s"], "node": ["a"]},
    )


@pytest.mark.parametrize("drawn", [False, True])
def test_a_network_comes_back_as_it_was(database: str, drawn: bool) -> None:
    network = drawn_network() if drawn else gridtwin.synthesize("houston", meters=1_500, seed=2)
    saved = gridtwin.open(network).save(database)
    again = gridtwin.open(database).store.network
    assert again.crs == network.crs
    assert hash_network(again) == hash_network(saved.store.network)
    for name in MRID_TABLES:
        ours, theirs = getattr(saved.store.network.data, name), getattr(again.data, name)
        for field in fields(ours):
            values = getattr(theirs, field.name)
            same_as = getattr(ours, field.name)
            if field.name == OWN_FIELD:
                assert values == same_as == {}
                continue
            if field.name == ORIGINS_FIELD:
                assert values is same_as is None
                continue
            assert values.dtype.kind == same_as.dtype.kind, field.name
            np.testing.assert_array_equal(values, same_as, err_msg=f"{name}.{field.name}")


def test_planar_places_come_back_too(database: str) -> None:
    network = Network.from_frames(
        nodes={"mrid": ["a", "b"], "geometry": [shapely.Point(0, 0), shapely.Point(3e6, 7)]},
        equipment={"mrid": ["x"], "kind": ["fuse"], "node_a": ["a"], "node_b": ["b"]},
        crs="none",
    )
    gridtwin.open(network).save(database)
    again = gridtwin.open(database).store.network
    assert again.crs is None
    assert again.data.nodes.xy.tolist() == [[0, 0], [3e6, 7]]


def test_a_twin_is_not_put_over_another(database: str) -> None:
    gridtwin.open(make_network()).save(database)
    with pytest.raises(StoreError, match="holds a twin already"):
        gridtwin.open(make_network()).save(database)
    gridtwin.open(make_network(meshed=True)).save(database, overwrite=True)
    assert gridtwin.open(database).store.network.data.equipment.normal_open.tolist() == [0] * 4


def test_one_database_is_mirrored_in_another(postgres: Cluster, database: str) -> None:
    twin = gridtwin.open(make_network()).save(database)
    twin.switch("TIE-1", open=False)
    twin.overlay("plan", {"BRK-1": True})
    with postgres.create_database() as other:
        from gridtwin.store.postgis.migrate import migrate
        from gridtwin.store.postgis.mirror import compare_mirror, sync

        with connect(other, autocommit=True) as connection:
            migrate(connection)
            sync(connection, gridtwin.open(database).gather_mirror_rows())
            assert not any(
                each.differing_rows
                for each in compare_mirror(connection, twin.gather_mirror_rows())
            )
        copied = gridtwin.open(other)
        assert copied.states() == ["normal", "current", "plan"]
        assert [event.mrid for event in copied.store.states.list_events()] == ["TIE-1"]
        assert (
            copied.store.states.read_state("plan").deviations
            == twin.store.states.read_state("plan").deviations
        )


def test_a_network_synced_anew_is_refused_until_opened_again(database: str) -> None:
    running = gridtwin.open(make_network()).save(database)
    assert running.blast_radius("BRK-1").customers == 5
    gridtwin.open(make_network(meshed=True)).save(database, overwrite=True)
    with pytest.raises(StoreError, match="was synced again since it was opened: open it again"):
        running.blast_radius("BRK-1")
    with pytest.raises(StoreError, match="open it again"):
        running.switch("BRK-1", open=True)
    assert gridtwin.open(database).blast_radius("BRK-1").customers == 5


def test_the_state_of_the_database_outlives_a_new_network(database: str) -> None:
    gridtwin.open(make_network()).save(database).switch("FUSE-ü", open=True)
    from gridtwin.store.postgis.mirror import sync
    from gridtwin.store.postgis.postgis_states import read_state

    fresh = gridtwin.open(make_network(meshed=True))
    with connect(database, autocommit=True) as connection:
        with pytest.raises(StoreError, match="--keep-state"):
            sync(connection, fresh.gather_mirror_rows())
        sync(connection, fresh.gather_mirror_rows(read_state(connection, "current")[1]))
    after = gridtwin.open(database)
    assert (after.version, after.store.states.read_state().deviations) == (1, {"FUSE-ü": "ABC"})
    assert after.blast_radius("TIE-1").customers == 5  # closed as designed now, and alone


ONE_VERSION = """
SELECT gridtwin.state_version(),
    (SELECT coalesce(max(version), 0) FROM gridtwin.events),
    (SELECT sum(t.below) FROM gridtwin.segments g JOIN gridtwin.node_topology t ON t.node = g.root),
    (SELECT sum(t.customers) FROM gridtwin.node_topology t WHERE t.segment > 0),
    gridtwin.customers_downstream(%(mrid)s),
    (SELECT count(*) FROM gridtwin.downstream(%(mrid)s))
"""


@pytest.mark.parametrize("traces", [25, pytest.param(400, marks=pytest.mark.long)])
def test_eight_clients_operate_while_others_trace(database: str, traces: int) -> None:
    gridtwin.open(gridtwin.synthesize("houston", meters=300, seed=5)).save(database)
    data = gridtwin.open(database).store.network.data
    switches = decode_texts(
        data.equipment.mrid[np.isin(data.equipment.kind, [2, 3, 4, 6])]
    ).tolist()
    heads = decode_texts(data.equipment.mrid[data.feeders.head]).tolist()
    over, answers = threading.Event(), list[tuple[Any, ...]]()

    def operate(number: int) -> int:
        made = 0
        with connect(database, autocommit=True) as connection:
            while not over.is_set():
                mrid = switches[(number * 7 + made * 3) % len(switches)]
                connection.execute("SELECT gridtwin.operate(%s, %s)", (mrid, made % 2 == 0))
                made += 1
        return made

    def trace(number: int) -> None:
        rng = random.Random(number)
        with connect(database, autocommit=True) as connection:
            while not over.is_set():
                mrid = rng.choice(heads)
                row = connection.execute(ONE_VERSION, {"mrid": mrid}).fetchone()
                answers.append((mrid, *(row or ())))

    with ThreadPoolExecutor(10) as pool:
        operating = [pool.submit(operate, number) for number in range(8)]
        tracing = [pool.submit(trace, number) for number in range(2)]
        try:
            wait_until(lambda: len(answers) >= traces or any(each.done() for each in tracing))
        finally:
            over.set()
        for each in tracing:
            each.result()
        made = sum(each.result() for each in operating)
    assert made >= 8  # each operates at least once, however slow the machine
    check_counts(database, made)
    check_replayed(gridtwin.open(database), answers, made)


def check_counts(database: str, made: int) -> None:
    with connect(database) as connection:
        counts = connection.execute(
            "SELECT (SELECT count(*) FROM gridtwin.audit WHERE table_name = 'states'"
            "   AND change = 'update' AND row_key = 'current'),"
            " (SELECT count(*) FROM gridtwin.events), (SELECT max(version) FROM gridtwin.events),"
            " gridtwin.state_version()"
        ).fetchone()
    assert counts == (made,) * 4


def check_replayed(twin: Twin, answers: list[tuple[Any, ...]], made: int) -> None:
    """Hold what was answered at a version against what the operations up to it lead to."""
    at_version = defaultdict(set)
    for mrid, version, newest, below, customers, *answer in answers:
        assert (version, below) == (newest, customers)
        at_version[version].add((mrid, *answer))
    events = twin.store.states.list_events()
    replayed = gridtwin.open(twin.store.network)
    for version in range(made + 1):
        if version:
            replayed.store.states.operate(events[version - 1].mrid, events[version - 1].to_phases)
        for mrid, dark, hung in at_version[version]:
            assert dark == replayed.blast_radius(mrid).customers, (version, mrid)
            below = replayed.trace("downstream", mrid).rows.equipment
            assert hung == len(below), (version, mrid)
    assert (
        twin.store.states.read_state().deviations == replayed.store.states.read_state().deviations
    )


def test_lost_connections_lose_and_double_nothing(database: str) -> None:
    gridtwin.open(make_network()).save(database)
    store = PostgisStore.open(database)
    begun, over = threading.Event(), threading.Event()

    def cut() -> int:
        """Cut all connections whenever a step begins that asks for it, wherever it then is."""
        cuts = 0
        with connect(database, autocommit=True) as connection:
            while begun.wait(PATIENCE_S) and not over.is_set():
                begun.clear()
                connection.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
                )
                cuts += 1
        return cuts

    with ThreadPoolExecutor(1) as pool:
        cutting = pool.submit(cut)
        try:
            for step in range(60):
                if step % 3 == 0:
                    begun.set()
                store.states.operate("BRK-1", "ABC"[step % 3])
        finally:
            over.set()
            begun.set()
        assert cutting.result() > 1
    assert [event.version for event in store.states.list_events()] == list(range(1, 61))
    assert [event.to_phases for event in store.states.list_events()] == ["A", "B", "C"] * 20


def test_a_store_that_is_closed_or_let_go_keeps_no_connection(database: str) -> None:
    gridtwin.open(make_network()).save(database)
    held = (
        "SELECT count(*) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    with connect(database, autocommit=True) as connection:

        def count() -> int:
            row = connection.execute(held).fetchone()
            return int(row[0]) if row else 0

        wait_until(lambda: count() == 0)
        store = PostgisStore.open(database)
        assert store.states.read_state().version == 0
        assert count() == 1
        store.close()
        wait_until(lambda: count() == 0)
        assert store.states.read_state().version == 0  # made again
        assert count() == 1
        del store
        wait_until(lambda: count() == 0)


def test_what_takes_too_long_ends_with_what_to_do(database: str) -> None:
    gridtwin.open(make_network()).save(database)
    hurried = gridtwin.open(f"{database}?options=-c%20statement_timeout%3D200ms")
    with psycopg.connect(database) as holding:
        holding.execute("SELECT FROM gridtwin.states FOR UPDATE")
        with pytest.raises(StoreError, match=r"statement timeout: .*longer statement_timeout"):
            hurried.switch("BRK-1", open=True)
    assert hurried.switch("BRK-1", open=True).version == 1


def test_a_reader_asks_and_is_told_which_role_operates(database: str, postgres: Cluster) -> None:
    gridtwin.open(make_network()).save(database)
    postgres.execute(
        "DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'only_reads') THEN"
        " CREATE ROLE only_reads LOGIN IN ROLE gridtwin_reader; END IF; END $$"
    )
    name = database.rpartition("/")[2]
    reader = gridtwin.open(postgres.build_url(name, user="only_reads"))
    assert reader.blast_radius("BRK-1").customers == 5
    with pytest.raises(StoreError, match="GRANT gridtwin_operator"):
        reader.switch("BRK-1", open=True)
    with pytest.raises(StoreError, match="GRANT gridtwin_operator"):
        reader.overlay("plan", {"BRK-1": True})


@pytest.mark.parametrize("bare", ["empty_database", "before"])
def test_a_database_without_a_twin_says_so(request: pytest.FixtureRequest, bare: str) -> None:
    database = str(request.getfixturevalue(bare))
    with pytest.raises(StoreVersionError, match="gridtwin db migrate"):
        gridtwin.open(database)
    with connect(database, autocommit=True) as connection:
        from gridtwin.store.postgis.migrate import migrate

        migrate(connection)
    with pytest.raises(StoreError, match="holds no twin yet"):
        gridtwin.open(database)


def test_rows_that_do_not_fit_together_are_refused(database: str) -> None:
    gridtwin.open(make_network()).save(database)
    with psycopg.connect(database) as connection:
        connection.execute("UPDATE gridtwin.usage_points SET node = 99 WHERE mrid = 'M1'")
    with pytest.raises(StoreError, match="usage_points M1: node 99 is not there"):
        _ = gridtwin.open(database).store.network
