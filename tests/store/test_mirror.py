"""A mirror in PostGIS holds what the twin holds, and only what differs is moved."""

from __future__ import annotations

import contextlib
import random
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import gridtwin
from examples import scale_examples
from gridtwin.errors import StoreError
from gridtwin.model.network import Network
from gridtwin.model.state import State
from gridtwin.model.tables import take_rows
from gridtwin.store.postgis.connect import connect
from gridtwin.store.postgis.migrate import migrate
from gridtwin.store.postgis.mirror import compare_mirror, sync
from gridtwin.store.postgis.mirror_rows import Mirrored
from gridtwin.store.postgis.row_alignment import ALIGNED_FRAMES
from gridtwin.topology.topology_index import build_index
from waiting import started

from .conftest import make_network

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import Any

    import psycopg

    from postgres import Cluster


def mirrored(network: Network, version: int = 0, **deviations: str) -> Mirrored:
    state = State("current", version, deviations)
    data = network.data
    normal = build_index(data, data.equipment.normal_open)
    return Mirrored(network, normal, build_index(data, state.open_mask(network)), state)


@pytest.fixture
def connection(database: str) -> Iterator[psycopg.Connection[Any]]:
    with connect(database, autocommit=True) as made:
        migrate(made)
        yield made


def moved(changes: list[Any]) -> dict[str, tuple[int, int, int]]:
    return {
        change.table: (change.inserted, change.updated, change.deleted)
        for change in changes
        if change.differing_rows
    }


@pytest.mark.parametrize("meshed", [False, True])
def test_the_first_sync_writes_every_row_and_the_second_none(
    connection: psycopg.Connection[Any], meshed: bool
) -> None:
    twin = mirrored(make_network(meshed=meshed))
    first = sync(connection, twin)
    assert [(change.table, change.inserted) for change in first if change.rows] == [
        (change.table, change.rows) for change in first if change.rows
    ]
    assert moved(compare_mirror(connection, twin)) == {}
    assert moved(sync(connection, twin)) == {}


def test_names_of_usage_points_are_moved_and_shown_to_other_programs(
    connection: psycopg.Connection[Any],
) -> None:
    base = make_network()
    sync(connection, mirrored(base))
    points = replace(base.data.usage_points, name=np.array([b"Mill", b"Mill"]))
    named = Network(replace(base.data, usage_points=points), crs=base.crs)
    assert moved(sync(connection, mirrored(named)))["usage_points"] == (0, 2, 0)
    for query in (
        b"SELECT mrid, name FROM grid.usage_points_now ORDER BY 1",
        b"SELECT mrid, name FROM grid.grid_assets_cache WHERE name = 'Mill' ORDER BY 1",
    ):
        assert connection.execute(query).fetchall() == [("M1", "Mill"), ("M2", "Mill")]


def test_a_territory_is_mirrored_with_its_places_and_intervals(
    connection: psycopg.Connection[Any],
) -> None:
    twin = mirrored(gridtwin.synthesize("houston", meters=2_000, seed=3))
    sync(connection, twin)
    count = connection.execute(
        "SELECT count(*), count(geometry), count(geometry_3857), sum(customers)"
        " FROM gridtwin.usage_points"
    ).fetchone()
    points = twin.network.data.usage_points
    assert count == (2_000, 2_000, 2_000, int(points.customers.sum()))
    per_feeder = connection.execute(
        "SELECT f.row, max(t.below) FROM gridtwin.feeders f"
        " JOIN gridtwin.segments s ON s.feeder = f.row"
        " JOIN gridtwin.node_topology t ON t.segment = s.segment GROUP BY f.row"
        " HAVING max(t.below) = sum(t.customers)"
    ).fetchall()
    heads = twin.current.child[twin.network.data.feeders.head]
    assert dict(per_feeder) == {
        row: twin.current.count_customers(int(node)) for row, node in enumerate(heads)
    }
    indexes = connection.execute(
        "SELECT count(*) FROM pg_indexes WHERE schemaname = 'gridtwin' AND indexdef ~ 'gist'"
    ).fetchone()
    assert indexes is not None
    assert indexes[0] >= 8  # those left out while loading are back


def test_a_switch_operation_moves_the_rows_of_its_feeder_alone(
    connection: psycopg.Connection[Any],
) -> None:
    network = make_network()
    sync(connection, mirrored(network))
    changes = moved(sync(connection, mirrored(network, 1, **{"FUSE-ü": "ABC"})))
    assert set(changes) == {"node_topology", "equipment_topology"}
    dark = connection.execute(
        "SELECT n.mrid FROM gridtwin.nodes n JOIN gridtwin.node_topology t ON t.node = n.row"
        " WHERE t.segment = -1 ORDER BY 1"
    ).fetchall()
    assert dark == [("N2",), ("N3",)]
    kept = connection.execute(
        "SELECT version, open_phases FROM gridtwin.states"
        " JOIN gridtwin.state_switches ON state = name"
    ).fetchall()
    assert kept == [(1, 7)]


def test_operations_in_the_database_are_never_written_over(
    connection: psycopg.Connection[Any],
) -> None:
    network = make_network()
    sync(connection, mirrored(network, 3))
    with pytest.raises(StoreError, match="the twin has 2"):
        sync(connection, mirrored(network, 2))
    connection.execute("UPDATE gridtwin.states SET version = 4 WHERE name = 'current'")
    with pytest.raises(StoreError, match="version 4, the last sync left 3, the twin has 4"):
        sync(connection, mirrored(network, 4))  # its version 4 is another one


def test_a_row_that_breaks_a_rule_is_named_and_nothing_is_written(
    connection: psycopg.Connection[Any],
) -> None:
    network = make_network()
    sync(connection, mirrored(network))
    connection.execute(
        "ALTER TABLE gridtwin.usage_points ADD CONSTRAINT few CHECK (customers < 4) NOT VALID"
    )
    connection.execute("UPDATE gridtwin.usage_points SET customers = 2")
    connection.execute("UPDATE gridtwin.nodes SET nominal_v = 1")
    with pytest.raises(StoreError, match=r"usage_points refused a row.*M2"):
        sync(connection, mirrored(network), trust=False)
    left = connection.execute("SELECT DISTINCT nominal_v FROM gridtwin.nodes").fetchall()
    assert left == [(1.0,)]


def test_rows_keep_their_place_whatever_comes_and_goes(
    connection: psycopg.Connection[Any],
) -> None:
    base = gridtwin.synthesize("houston", meters=600, seed=2)
    sync(connection, mirrored(base))
    points = base.data.usage_points
    before = rows_of(connection)
    last = points.mrid[-1].decode()

    # The fourth of the meters is gone; where it was stands what was last.
    fewer = replace(base.data, usage_points=take_rows(points, np.delete(np.arange(600), 3)))
    changes = moved(sync(connection, mirrored(Network(fewer, crs=base.crs))))
    assert changes["usage_points"] == (0, 1, 1)
    assert rows_of(connection) == before - {(3, points.mrid[3].decode()), (599, last)} | {(3, last)}

    # It is back, in its old place among the rows of the twin: behind the last in the mirror.
    changes = moved(sync(connection, mirrored(base)))
    assert changes["usage_points"] == (1, 0, 0)
    assert (599, points.mrid[3].decode()) in rows_of(connection)
    assert moved(compare_mirror(connection, mirrored(base))) == {}
    assert moved(sync(connection, mirrored(base))) == {}


def rows_of(connection: psycopg.Connection[Any]) -> set[tuple[int, str]]:
    return set(connection.execute("SELECT row, mrid FROM gridtwin.usage_points").fetchall())


def test_a_twin_in_any_order_is_the_same_mirror(connection: psycopg.Connection[Any]) -> None:
    base = gridtwin.synthesize("houston", meters=400, seed=2)
    sync(connection, mirrored(base))
    rng = np.random.default_rng(1)
    orders = [
        rng.permutation(len(getattr(base.data, name).mrid)).astype(np.int32)
        for name in ALIGNED_FRAMES
    ]
    shuffled = mirrored(base.reorder_rows(*orders))
    assert moved(compare_mirror(connection, shuffled)) == {}
    assert moved(sync(connection, shuffled)) == {}
    assert moved(sync(connection, shuffled, trust=False)) == {}


def test_a_feeder_without_supply_renumbers_no_other(connection: psycopg.Connection[Any]) -> None:
    base = gridtwin.synthesize("houston", meters=2_000, seed=2)
    sync(connection, mirrored(base))
    head = base.data.equipment.mrid[base.data.feeders.head[0]].decode()
    changes = moved(sync(connection, mirrored(base, 1, **{head: "ABC"})))
    own = connection.execute("SELECT count(*) FROM gridtwin.node_topology WHERE segment = -1")
    assert changes["segments"] == (0, 0, 1)
    assert changes["node_topology"] == (0, *(own.fetchone() or ()), 0)


def test_a_text_the_database_cannot_hold_is_named(connection: psycopg.Connection[Any]) -> None:
    network = make_network()
    sync(connection, mirrored(network))
    names = np.array(network.data.equipment.name, dtype="S8")
    names[2] = b"Stra\xdfe"
    broken = replace(network.data, equipment=replace(network.data.equipment, name=names))
    for trust in (True, False):  # the changed row alone, or all of them
        with pytest.raises(StoreError, match=r"equipment refused LINE-1.*UTF8.*column name"):
            sync(connection, mirrored(Network(broken, crs=network.crs)), trust=trust)
    assert moved(compare_mirror(connection, mirrored(network))) == {}


def test_a_full_disk_leaves_what_was_there(
    postgres: Cluster, connection: psycopg.Connection[Any], database: str
) -> None:
    """Let the file of one table be /dev/full, to which nothing can be written."""
    before = mirrored(gridtwin.synthesize("houston", meters=300, seed=1))
    after = mirrored(gridtwin.synthesize("houston", meters=600, seed=2))
    sync(connection, before)
    # A table that is filled anew has a file of its own from then on, still empty.
    connection.execute("TRUNCATE gridtwin.equipment_topology")
    found = connection.execute(
        "SELECT pg_relation_filepath('gridtwin.equipment_topology')"
    ).fetchone()
    assert found is not None
    path = postgres.directory / "data" / found[0]
    path.unlink()
    path.symlink_to("/dev/full")
    with (
        connect(database) as fresh,
        pytest.raises(StoreError, match=r"disk .* full at gridtwin.equipment_topology.*No space"),
    ):
        sync(fresh, after)
    path.unlink()
    path.touch()
    shutil.chown(path, *(getattr(path.parent.stat(), name) for name in ("st_uid", "st_gid")))
    with connect(database, autocommit=True) as fresh:
        left = moved(compare_mirror(fresh, before))
        assert set(left) == {"equipment_topology"}
        assert sync(fresh, after)
        assert moved(compare_mirror(fresh, after)) == {}


SYNC = """
import sys
import gridtwin
from gridtwin.store.postgis.connect import connect
from gridtwin.store.postgis.mirror import sync
with connect(sys.argv[2]) as connection:
    print("begin", flush=True)
    sync(connection, gridtwin.open(sys.argv[1]).gather_mirror_rows())
"""


@pytest.mark.long
def test_a_sync_killed_at_any_point_leaves_before_or_after(
    connection: psycopg.Connection[Any], database: str, tmp_path: Path
) -> None:
    before = gridtwin.open(gridtwin.synthesize("houston", meters=3_000, seed=1))
    after = gridtwin.open(gridtwin.synthesize("houston", meters=3_000, seed=2))
    path = tmp_path / "after.twin"
    one, other = before.gather_mirror_rows(), after.save(path).gather_mirror_rows()
    sync(connection, one)
    rng, was_killed, longest_s = random.Random(1), 0, 4.0
    while was_killed < 12:
        was = content(connection)
        if is_killed_in_sync(path, database, after_s=rng.uniform(0, longest_s)):
            was_killed += 1
        else:
            longest_s *= 0.8  # it was over by then
        is_after = content(connection) != was
        assert moved(compare_mirror(connection, other if is_after else one)) == {}
        if is_after:
            sync(connection, one)


def content(connection: psycopg.Connection[Any]) -> Any:
    return connection.execute("SELECT content_hash FROM gridtwin.network").fetchone()


def is_killed_in_sync(path: Path, database: str, *, after_s: float) -> bool:
    """Sync in a process of its own and kill it after a while; return whether that was in time."""
    command = [sys.executable, "-c", SYNC, str(path), database]
    with started(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "begin\n"
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(after_s)
        process.kill()
        return process.wait() < 0


def test_a_login_that_owns_no_table_brings_the_mirror_in_step(
    postgres: Cluster, connection: psycopg.Connection[Any]
) -> None:
    postgres.execute(
        "DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'nightly') THEN"
        " CREATE ROLE nightly LOGIN IN ROLE gridtwin_owner; END IF; END $$"
    )
    with connect(
        postgres.build_url(connection.info.dbname, user="nightly"), autocommit=True
    ) as own:
        for meters in (300, 350):
            twin = mirrored(gridtwin.synthesize("houston", meters=meters, seed=1))
            assert moved(sync(own, twin)) != {}
            assert moved(compare_mirror(own, twin)) == {}


def test_two_syncs_at_once_wait_for_one_another(
    connection: psycopg.Connection[Any], database: str
) -> None:
    twin = mirrored(gridtwin.synthesize("houston", meters=1_000, seed=1))

    def work() -> int:
        with connect(database) as own:
            return sum(change.inserted for change in sync(own, twin))

    with ThreadPoolExecutor(2) as pool:
        inserted = sorted(done.result() for done in [pool.submit(work), pool.submit(work)])
    assert inserted[0] == 0
    assert inserted[1] > 1_000
    assert moved(compare_mirror(connection, twin)) == {}


@settings(
    max_examples=scale_examples(12),
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
@given(seed=st.integers(0, 2**32 - 1))
def test_any_edits_are_found_row_by_row(connection: psycopg.Connection[Any], seed: int) -> None:
    rng = np.random.default_rng(seed)
    base = gridtwin.synthesize("houston", meters=250, seed=int(seed) % 3)
    sync_over(connection, base)
    for _ in range(3):
        base = edited(base, rng)
        twin = mirrored(base)
        wanted = {
            change.table: change.differing_rows for change in compare_mirror(connection, twin)
        }
        found = {change.table: change.differing_rows for change in sync(connection, twin)}
        assert found.items() <= wanted.items()
        assert moved(compare_mirror(connection, twin)) == {}
        assert moved(sync(connection, twin)) == {}


def sync_over(connection: psycopg.Connection[Any], network: Network) -> None:
    sync(connection, mirrored(network), trust=False)


def edited(network: Network, rng: np.random.Generator) -> Network:
    """Return a network with rows renumbered, taken away, given other ids and other values."""
    data = network.data
    points = data.usage_points
    order = np.arange(len(points.mrid))
    at = int(rng.integers(len(order) - 20))
    order[at : at + 20] = rng.permutation(order[at : at + 20])
    points = take_rows(
        points, np.delete(order, rng.integers(len(order), size=int(rng.integers(4))))
    )
    mrid, peak = np.array(points.mrid), np.array(points.peak_w)
    mrid[int(rng.integers(len(mrid)))] = f"NEW-{int(rng.integers(10**6))}".encode()
    peak[rng.integers(len(peak), size=5)] = np.array([np.nan, 0, 1, 2, 3], dtype=np.float32)
    xy = np.array(data.nodes.xy)
    xy[int(rng.integers(len(xy)))] += 1e-7
    return Network(
        replace(
            data,
            usage_points=replace(points, mrid=mrid, peak_w=peak),
            nodes=replace(data.nodes, xy=xy),
        ),
        crs=network.crs,
    )
