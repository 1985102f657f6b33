"""A network that is loaded again is as one loaded for the first time, and what happened stays."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import gridtwin
from editions import add_points, build, copy_frames, drop_rows, edits, make_first_edition, show
from gridtwin.errors import EditionError, StaleTwinError
from gridtwin.model.network_loads import MappingText, SourceReading
from gridtwin.model.outage import Status

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from gridtwin.model.network import Network
    from gridtwin.twin import Twin

READING = SourceReading("utility.gdb", {"crs": "EPSG:4326"}, MappingText("u.toml", "[ids]\n"))
EXAMPLES = {"memory": 25, "local": 8, "postgis": 8}


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
