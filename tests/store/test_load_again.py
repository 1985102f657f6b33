"""A network that is loaded again is as one loaded for the first time, and what happened stays."""

from __future__ import annotations

import contextlib
import random
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import gridtwin
from editions import add_points, build, copy_frames, drop_rows, edits, make_first_edition, show
from examples import scale_examples
from gridtwin.errors import EditionError, StaleTwinError, StoreError
from gridtwin.model.element_names import find_origin
from gridtwin.model.findings import Acceptance, Finding, LoadFindings
from gridtwin.model.network_loads import MappingText, SourceReading, count_rows
from gridtwin.model.origins import SourceRows
from gridtwin.model.outage import Status
from gridtwin.model.schema import SCHEMA
from gridtwin.store import local_files, local_store
from gridtwin.store.postgis.connect import connect
from gridtwin.store.postgis.mirror import compare_mirror, sync
from gridtwin.store.sqlite_database import SqliteFile
from waiting import started

if TYPE_CHECKING:
    from collections.abc import Callable

    from gridtwin.model.network import Network
    from gridtwin.twin import Twin

READING = SourceReading("utility.gdb", {"crs": "EPSG:4326"}, MappingText("u.toml", "[ids]\n"))
TESTS = Path(__file__).parents[1]
EXAMPLES = {"memory": scale_examples(25), "local": scale_examples(8), "postgis": scale_examples(8)}


@pytest.fixture(scope="module")
def first() -> Network:
    return make_first_edition()


@pytest.fixture(params=["memory", "local", "postgis"])
def keep(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[Network], Callable[[], Twin]]:
    """Return what keeps a network in a store, and what opens it anew then."""

    def keep_network(network: Network) -> Callable[[], Twin]:
        twin = gridtwin.open(network)
        if request.param == "memory":
            return lambda: twin
        place = str(tmp_path / "kept.twin")
        if request.param == "postgis":
            place = request.getfixturevalue("database")
        twin.save(place, overwrite=True)
        return lambda: gridtwin.open(place)

    return keep_network


def supply(twin: Twin) -> dict[str, Any]:
    """Return the feeder of each usage point, and who is behind each switch."""
    from gridtwin.topology.membership import find_feeders_of_nodes

    data = twin.store.network.data
    feeder = find_feeders_of_nodes(twin.store.read_index(), data)[0][data.usage_points.node]
    names = [*data.feeders.mrid.tolist(), b""]
    return {
        mrid.decode(): names[row].decode()
        for mrid, row in zip(data.usage_points.mrid.tolist(), feeder.tolist(), strict=True)
    }


@pytest.mark.parametrize("place", ["memory", "local", "postgis"])
def test_loading_again_is_as_loading_anew(
    place: str, first: Network, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    target = request.getfixturevalue("database") if place == "postgis" else tmp_path / "a.twin"

    @settings(
        max_examples=EXAMPLES[place],
        deadline=None,
        suppress_health_check=[HealthCheck.function_scoped_fixture],
    )
    @given(edits, st.integers(0, 3))
    def check(drawn: Any, shuffled: int) -> None:
        frames = copy_frames(first)
        for edit, rows in drawn:
            edit(frames, rows)
        second = build(frames, shuffled=shuffled)
        twin = gridtwin.open(first)
        if place != "memory":
            twin = twin.save(str(target), overwrite=True)
        told = twin.load_again(second, most_vanished_percent=100)
        kept = gridtwin.open(str(target)) if place != "memory" else twin
        fresh = gridtwin.open(second)
        assert show(kept.store.network) == show(second)
        assert supply(kept) == supply(fresh)
        before, now = show(first), show(second)
        for each in told.report.frames:
            one, other = before[each.frame], now[each.frame]
            both = one.keys() & other.keys()
            shared = {*next(iter(one.values()), {})} & {*next(iter(other.values()), {})}
            changed = [m for m in both if any(one[m][c] != other[m][c] for c in shared)]
            assert (each.added, each.removed) == (len(other) - len(both), len(one) - len(both))
            assert each.changed == len(changed)

    check()


def test_what_happened_stays_with_what_is_still_there(
    keep: Callable[[Network], Callable[[], Twin]], first: Network
) -> None:
    opened = keep(first.with_reading(READING))
    twin = opened()
    sweep = twin.sweep().query("kind == 'fuse'").nlargest(2, "customers").mrid.tolist()
    gone, stays = sweep
    for fuse in sweep:
        twin.switch(fuse, open=True)
    one, other = (twin.outages.open(fuse) for fuse in (gone, stays))
    twin.overlay("plan", {})
    out = twin.outages.members(other.id).usage_point.tolist()

    frames = copy_frames(first)
    mrids = frames["equipment"]["mrid"].tolist()
    drop_rows(frames, "equipment", [mrids.index(gone)])
    points = frames["usage_points"]["mrid"].tolist()
    drop_rows(frames, "usage_points", [points.index(out[0])])
    second = build(frames).with_reading(READING)

    looked = twin.load_again(second, dry_run=True)
    assert show(opened().store.network) == show(first)
    assert looked.store is None
    told = opened().load_again(second, actor="nightly").report
    assert told == looked.report
    assert {each.outage: (each.device, each.usage_points) for each in told.lost.outages} == {
        one.id: (gone, ()),
        other.id: ("", (out[0],)),
    }
    assert {(each.state, each.mrid) for each in told.lost.positions} == {
        ("current", gone),
        ("plan", gone),
    }

    after = opened()
    assert after.store.states.read_state().deviations.keys() == {stays}
    assert after.store.states.read_state("plan").deviations.keys() == {stays}
    assert [event.mrid for event in after.store.states.list_events()] == sweep
    kept = after.outages.get(one.id)
    assert (kept.status, kept.device) == (Status.CONFIRMED, gone)
    assert kept.customers_out == one.customers_out
    said = [each for each in after.outages.evidence(one.id) if each.kind == "device_removed"]
    assert [(each.mrid, each.detail, each.actor) for each in said] == [
        (gone, {"load": 2}, "nightly")
    ]
    shrunk = after.outages.get(other.id)
    assert (shrunk.status, shrunk.customers) == (Status.PARTIALLY_RESTORED, other.customers)
    assert shrunk.customers_out == other.customers_out - 1
    assert out[0] in after.outages.members(other.id).usage_point
    assert after.explain(stays) is not None
    after.outages.restore(one.id)
    after.switch(stays, open=False)
    after.outages.restore(other.id)
    assert after.outages.close(other.id).status is Status.CLOSED


def test_what_is_accepted_stays_and_is_told_where_its_element_goes(
    keep: Callable[[Network], Callable[[], Twin]], first: Network
) -> None:
    opened = keep(first)
    frames = copy_frames(first)
    gone, stays = frames["usage_points"]["mrid"].iloc[[0, 1]]
    when = "2026-11-30T10:00:00+00:00"
    for mrid in (gone, stays, "no element"):
        accepted = Acceptance("near_miss", mrid, "two circuits on one pole", "mia", when)
        opened().store.findings.accept_finding(accepted)
    drop_rows(frames, "usage_points", [0])
    found = Finding("ends_apart", "warning", stays, None, "by 3 m", "mend it")
    second = build(frames).with_loaded(LoadFindings((found,), (), {"ends_apart": 1}))
    told = opened().load_again(second).report
    assert [each.key for each in told.lost.acceptances] == [gone]
    kept = opened().store.findings.read_findings()
    assert {each.key for each in kept.accepted} == {gone, stays, "no element"}
    assert kept.findings == (found,)


def test_loads_are_remembered_with_their_mapping(
    keep: Callable[[Network], Callable[[], Twin]], first: Network
) -> None:
    opened = keep(first.with_reading(READING))
    frames = copy_frames(first)
    add_points(frames, [5, 6])
    opened().load_again(build(frames).with_reading(READING))
    one, two = opened().loads()
    assert (one.number, one.added, one.reading) == (1, one.rows, READING)
    assert (two.number, two.added, two.changed, two.removed) == (2, 6, 0, 0)
    assert two.rows == one.rows + 6
    assert two.reading.mapping.text == "[ids]\n"


def test_a_copy_of_a_twin_keeps_its_loads(first: Network, database: str, tmp_path: Path) -> None:
    place = str(tmp_path / "a.twin")
    gridtwin.open(first.with_reading(READING)).save(place)
    kept = gridtwin.open(place).save(database).loads()
    assert kept == gridtwin.open(place).loads()
    assert gridtwin.open(database).save(tmp_path / "b.twin").loads() == kept


def test_too_much_that_vanishes_is_refused(
    keep: Callable[[Network], Callable[[], Twin]], first: Network
) -> None:
    opened = keep(first)
    frames = copy_frames(first)
    count = len(frames["usage_points"])
    drop_rows(frames, "usage_points", list(range(count // 10)))
    second = build(frames)
    with pytest.raises(EditionError, match=rf"{count // 10} of {count} rows of usage_points"):
        opened().load_again(second)
    assert show(opened().store.network) == show(first)
    assert opened().load_again(second, most_vanished_percent=11).report.removed == count // 10


def test_another_utility_is_refused_whatever_is_allowed(
    keep: Callable[[Network], Callable[[], Twin]], first: Network
) -> None:
    opened = keep(first)
    frames = copy_frames(first)
    for name, columns in {
        "equipment": ["mrid"],
        "usage_points": ["mrid", "transformer"],
        "feeders": ["head"],
    }.items():
        for column in columns:
            known = frames[name][column] != ""
            frames[name].loc[known, column] = "X" + frames[name].loc[known, column]
    with pytest.raises(EditionError, match="is not what this twin was loaded from"):
        opened().load_again(build(frames), most_vanished_percent=100)


@pytest.mark.parametrize("kept", ["local", "postgis"])
def test_a_twin_of_the_edition_before_is_stale(
    kept: str, first: Network, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    place = str(tmp_path / "a.twin")
    if kept == "postgis":
        place = request.getfixturevalue("database")
    old, other = gridtwin.open(first).save(place), gridtwin.open(place)
    frames = copy_frames(first)
    add_points(frames, [5])
    old.load_again(build(frames))
    with pytest.raises(StaleTwinError):
        old.store.states.read_state()
    with pytest.raises(StaleTwinError):
        other.load_again(build(frames))
    assert len(gridtwin.open(place).store.network.usage_points) == len(frames["usage_points"])


def versions_of_rows(url: str) -> dict[str, dict[str, str]]:
    """Return the transaction that wrote each row, by table and mRID."""
    from psycopg import sql

    with connect(url) as connection:
        return {
            name: dict(
                connection.execute(
                    sql.SQL("SELECT mrid, xmin::text FROM {}").format(
                        sql.Identifier("gridtwin", name)
                    )
                ).fetchall()
            )
            for name in SCHEMA
        }


@pytest.mark.parametrize("by", ["load", "sync"])
def test_only_the_rows_that_differ_are_written(
    by: str, first: Network, database: str, tmp_path: Path
) -> None:
    gridtwin.open(first).save(database)
    was = versions_of_rows(database)
    frames = copy_frames(first)
    edited = frames["usage_points"]["mrid"].iloc[[3, 50]].tolist()
    frames["usage_points"].loc[[3, 50], "customers"] = 7
    cut = frames["equipment"]["mrid"].iloc[-1]
    frames["equipment"].loc[len(frames["equipment"]) - 1, "rated_a"] = 99.0
    second = build(frames, shuffled=5)
    if by == "load":
        tables = gridtwin.open(database).load_again(second).tables
    else:
        twin = gridtwin.open(first).save(str(tmp_path / "a.twin"))
        twin.load_again(second)
        with connect(database, autocommit=True) as connection:
            tables = tuple(
                sync(connection, gridtwin.open(str(tmp_path / "a.twin")).gather_mirror_rows())
            )
    told = {each.table: (each.inserted, each.updated, each.deleted) for each in tables}
    assert (told["equipment"], told["usage_points"]) == ((0, 1, 0), (0, 2, 0))
    assert (told["nodes"], told["feeders"]) == ((0, 0, 0), (0, 0, 0))
    now = versions_of_rows(database)
    assert {
        name: {mrid for mrid, version in rows.items() if was[name].get(mrid) != version}
        for name, rows in now.items()
    } == {name: set[str]() for name in SCHEMA} | {"equipment": {cut}, "usage_points": {*edited}}
    with connect(database) as connection:
        origins = connection.execute(
            "SELECT mrid FROM grid.origins WHERE load_number = 2 ORDER BY mrid"
        ).fetchall()
    assert origins == [], "what was no source has no loads"


def test_sql_says_where_an_element_comes_from(first: Network, database: str) -> None:
    points = first.usage_points["mrid"].tolist()
    rows = SourceRows(points, ["METERS"] * len(points), [f"{each}-1" for each in points])
    gridtwin.open(first.with_origins({"usage_points": rows}).with_reading(READING)).save(database)
    with connect(database) as connection:
        asked = connection.execute(
            "SELECT source_layer, source_key, load_number FROM grid.origins"
            " WHERE frame = 'usage_points' AND mrid = %s",
            (points[4],),
        ).fetchall()
        kept = connection.execute(
            "SELECT source, mapping, mapping_hash, added FROM gridtwin.network_loads"
        ).fetchall()
    assert asked == [("METERS", f"{points[4]}-1", 1)]
    total = sum(len(getattr(first.data, name).mrid) for name in SCHEMA)
    assert kept == [("utility.gdb", "u.toml", READING.mapping.digest, total)]
    back = gridtwin.open(database).store.network
    assert find_origin(back.data, back.ids.find_element(points[4])) == asked[0]
    assert back.data.nodes.origins is None


def test_a_sync_of_a_twin_retires_what_its_database_lost(
    first: Network, database: str, tmp_path: Path
) -> None:
    place = str(tmp_path / "a.twin")
    gridtwin.open(first).save(place)
    mirror = gridtwin.open(first).save(database)
    gone = mirror.sweep().query("kind == 'fuse'").nlargest(1, "customers").mrid.iloc[0]
    outage = mirror.outages.open(gone)
    frames = copy_frames(first)
    drop_rows(frames, "equipment", [frames["equipment"]["mrid"].tolist().index(gone)])
    gridtwin.open(place).load_again(build(frames))
    with connect(database, autocommit=True) as connection:
        sync(connection, gridtwin.open(place).gather_mirror_rows())
        assert all(
            not each.differing_rows
            for each in compare_mirror(connection, gridtwin.open(place).gather_mirror_rows())
        )
    said = gridtwin.open(database).outages.evidence(outage.id)
    assert [(each.kind, each.mrid) for each in said][-1] == ("device_removed", gone)
    assert gridtwin.open(database).outages.get(outage.id).is_open


@pytest.mark.parametrize("cut", ["replace_id", "tables", "card", "leftovers"])
def test_a_load_cut_short_at_each_step_leaves_before_or_after(
    cut: str, first: Network, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / "a.twin"
    gridtwin.open(first).save(place)
    frames = copy_frames(first)
    add_points(frames, [5])
    second = build(frames)

    def stop(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        match cut:
            case "replace_id":
                patched.setattr(SqliteFile, "replace_id", stop)
            case "tables":
                patched.setattr(local_store, "finish_replacement", finish_twice(stop))
            case "card":
                patched.setattr(local_files.shutil, "rmtree", stop)
            case _:
                patched.setattr(local_store, "drop_leftovers", finish_twice(stop))
        with pytest.raises(KeyboardInterrupt):
            gridtwin.open(str(place)).load_again(second)
    is_after = cut != "replace_id"
    kept = gridtwin.open(str(place))
    assert show(kept.store.network) == show(second if is_after else first)
    points = pd.read_parquet(place / "tables/usage_points.parquet")["mrid"]
    assert set(points) == set(kept.network.usage_points["mrid"])
    assert len(kept.loads()) == is_after
    kept.load_again(first if is_after else second)
    parts = {each.name for each in place.iterdir()}
    assert len([name for name in parts if name.startswith(("arrays", "tables", "next"))]) == 2


def finish_twice(stop: Callable[..., None]) -> Callable[..., None]:
    """Return what does nothing when it is called first, and then stops."""
    calls: list[Any] = []

    def call(*given: Any) -> None:
        if calls:
            stop()
        calls.append(given)

    return call


def test_two_loads_at_once_are_one(first: Network, tmp_path: Path) -> None:
    place = tmp_path / "a.twin"
    gridtwin.open(first).save(place)
    twin = gridtwin.open(str(place))
    frames = copy_frames(first)
    add_points(frames, [5])
    with (
        local_files.hold_for_load(place),
        pytest.raises(StoreError, match="another process loads into"),
    ):
        twin.load_again(build(frames))


LOAD = """
import sys
from editions import copy_frames, build, add_points, drop_rows, make_first_edition
import gridtwin
first = make_first_edition()
frames = copy_frames(first)
add_points(frames, [5, 9])
drop_rows(frames, "usage_points", [1])
second = build(frames)
while True:
    for network in (second, first):
        gridtwin.open(sys.argv[1]).load_again(network)
        print("loaded", flush=True)
"""


@pytest.mark.long
@pytest.mark.parametrize("kept", ["local", "postgis"])
def test_a_load_killed_at_any_point_leaves_before_or_after(
    kept: str, first: Network, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    place = str(tmp_path / "a.twin")
    if kept == "postgis":
        place = request.getfixturevalue("database")
    twin = gridtwin.open(first).save(place)
    fuse = twin.sweep().query("kind == 'fuse'").nlargest(1, "customers").mrid.iloc[0]
    twin.switch(fuse, open=True)
    outage = twin.outages.open(fuse)
    frames = copy_frames(first)
    add_points(frames, [5, 9])
    drop_rows(frames, "usage_points", [1])
    editions = [show(first), show(build(frames))]
    chance = random.Random(7)
    for _ in range(12):
        command = [sys.executable, "-c", LOAD, place]
        with started(command, stdout=subprocess.PIPE, cwd=TESTS) as process:
            assert process.stdout is not None
            assert process.stdout.readline() == b"loaded\n"
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(chance.uniform(0.02, 2.0))  # in the midst of one of the next
            process.kill()
            assert process.wait() < 0, "it loads until it is killed"
        opened = gridtwin.open(place)
        loads = opened.loads()
        assert show(opened.store.network) in editions
        assert loads[-1].rows == count_rows(opened.store.network.data)
        assert supply(opened) == supply(gridtwin.open(opened.store.network))
        assert opened.store.states.read_state().deviations.keys() == {fuse}
        assert opened.outages.get(outage.id).is_open
        if kept == "local":
            tables = pd.read_parquet(Path(place) / "tables/usage_points.parquet")
            assert set(tables["mrid"]) == set(opened.network.usage_points["mrid"])
