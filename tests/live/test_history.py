"""The twin at a past moment is the twin that lived through it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import gridtwin
from examples import scale_examples
from gridtwin.errors import InputError, NotFoundError
from gridtwin.model.outage import Status
from gridtwin.store.postgis.connect import connect
from gridtwin.store.postgis.mirror import sync
from gridtwin.twin import Twin
from gridtwin.twin.history import read_moments
from networks import feeder_in_three_sections, random_network, two_feeders_with_a_tie

NewDatabase = Callable[[], AbstractContextManager[str]]

NOON = datetime(2026, 7, 1, 12, tzinfo=UTC)
SWITCHES = ("B1", "SW1", "SW2", "TIE", "B2")


def after(minutes: float) -> datetime:
    return NOON + timedelta(minutes=minutes)


@contextmanager
def kept(store: str, network: gridtwin.Network, tmp: Path, new: NewDatabase) -> Iterator[Twin]:
    """Give a twin in memory, in a directory or in a database."""
    twin = gridtwin.open(network)
    if store == "local":
        yield twin.save(tmp / "history.twin", overwrite=True)
    elif store == "postgis":
        with new() as url:
            yield twin.save(url)
    else:
        yield twin


@pytest.fixture(params=["memory", "local", "postgis"])
def twin(
    request: pytest.FixtureRequest, tmp_path: Path, new_database: NewDatabase
) -> Iterator[Twin]:
    with kept(request.param, feeder_in_three_sections(), tmp_path, new_database) as made:
        yield made


@dataclass
class Lived:
    """What was seen of a twin at a moment while it was the present."""

    at: datetime
    state: Any
    dark: set[str]
    outages: dict[str, tuple[str, int]]
    out: set[str]


def dark_of(twin: Twin) -> set[str]:
    points = twin.store.network.data.usage_points
    situation = twin.situation()
    return set(np.array(points.mrid)[~situation.is_served].astype(str))


def seen(twin: Twin, at: datetime) -> Lived:
    outages = {each.id: (each.status.value, each.customers_out) for each in twin.outages.all()}
    return Lived(
        at,
        twin.store.states.read_state(),
        dark_of(twin),
        outages,
        set(twin.outages.members().usage_point),
    )


def check(twin: Twin, lived: list[Lived]) -> None:
    """Compare what the twin says of each moment, and just before the next, with what was seen."""
    for number, each in enumerate(lived):
        ends = lived[number + 1].at - timedelta(microseconds=1) if number + 1 < len(lived) else None
        for when in filter(None, (each.at, ends)):
            past = twin.at(when)
            assert twin.store.states.read_past_state(when) == each.state
            assert dark_of(past) == each.dark
            assert seen(past, each.at) == each
    curve = dict(read_moments(twin.store, lived[0].at - timedelta(hours=1), after(10_000)).curve())
    customers = customers_by_name(twin)
    for each in lived:
        at = max(at for at in curve if at <= each.at)
        assert curve[at] == sum(customers[name] for name in each.dark | each.out)


def customers_by_name(twin: Twin) -> dict[str, int]:
    points = twin.store.network.data.usage_points
    names = [name.decode() for name in points.mrid.tolist()]
    return dict(zip(names, points.customers.tolist(), strict=True))


actions = st.lists(
    st.tuples(
        st.sampled_from(["switch", "switch", "switch", "open", "confirm", "step", "restore"]),
        st.integers(0, 63), st.sampled_from(["", "A", "BC", "ABC"]), st.integers(0, 4),
    ),
    min_size=1, max_size=25,
)  # fmt: skip


def live_through(twin: Twin, chosen: list[tuple[str, int, str, int]]) -> list[Lived]:
    """Do what hypothesis drew, the time between two actions now and then zero."""
    equipment = [name.decode() for name in twin.store.network.data.equipment.mrid.tolist()]
    lived: list[Lived] = [seen(twin, NOON - timedelta(minutes=1))]
    minute = 0
    for what, which, phases, wait in chosen:
        minute += wait
        at, name = after(minute), equipment[which % len(equipment)]
        try:
            act(twin, (what, which, phases, name), at)
        except InputError:
            continue
        if lived[-1].at == at:
            lived.pop()
        lived.append(seen(twin, at))
    return lived


def act(twin: Twin, chosen: tuple[str, int, str, str], at: datetime) -> None:
    what, which, phases, name = chosen
    found = twin.outages.all()
    if what == "switch":
        twin.store.states.operate(name, phases, at=at)
    elif what == "open":
        seen_at = None if which % 2 else at
        twin.outages.open(name, at=at, predicted=seen_at is None, confirmed_at=seen_at)
    elif found:
        outage = found[which % len(found)].id
        out = twin.outages.members(outage)
        out = out.take_rows(out.is_out)
        if what == "confirm":
            twin.outages.confirm(outage, at=at)
        elif what == "step":
            twin.outages.restore(outage, at=at, usage_points=out.usage_point[:1].tolist())
        else:
            twin.outages.restore(outage, at=at)


@given(seed=st.integers(0, 10_000), chosen=actions)
@settings(max_examples=scale_examples(120))
def test_every_moment_of_random_networks_is_as_it_was_lived(
    seed: int, chosen: list[tuple[str, int, str, int]]
) -> None:
    twin = gridtwin.open(random_network(seed))
    check(twin, live_through(twin, chosen))


@pytest.mark.parametrize("store", ["local", "postgis"])
@given(seed=st.integers(0, 10_000), chosen=actions)
@settings(
    max_examples=scale_examples(8),
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
def test_every_moment_is_as_it_was_lived_wherever_the_twin_is_kept(
    store: str, seed: int, chosen: list[tuple[str, int, str, int]], tmp_path: Path,
    new_database: NewDatabase,
) -> None:  # fmt: skip
    with kept(store, random_network(seed), tmp_path, new_database) as twin:
        check(twin, live_through(twin, chosen))


def test_an_operation_is_logged_with_its_time_and_made_once_for_a_request(twin: Twin) -> None:
    store = twin.store
    store.states.operate("SW1", "ABC", at=NOON, request="event-1")
    again = store.states.operate("SW1", "", at=after(5), request="event-1")
    assert (again.version, again.deviations) == (1, {"SW1": "ABC"})
    assert [each.at for each in store.states.list_events()] == [NOON.isoformat()]
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    store.states.operate("SW1", "", at=tomorrow)
    assert store.states.list_events()[-1].at < tomorrow.isoformat()


def test_operations_that_are_told_late_have_their_place_in_time(twin: Twin) -> None:
    store = twin.store
    store.states.operate("SW2", "ABC", at=after(10))
    store.states.operate("B2", "ABC", at=after(5))  # told late
    store.states.operate("SW2", "", at=after(7))  # of one switch the order told is the order made
    assert store.states.read_past_state(after(4)).deviations == {}
    assert store.states.read_past_state(after(5)).deviations == {"B2": "ABC"}
    assert store.states.read_past_state(after(10)).deviations == {"B2": "ABC"}
    assert [each.version for each in store.states.list_operations(NOON, after(60))] == [2, 1, 3]
    found = twin.history.moments(NOON, after(60)).moments
    assert [(each.version, each.customers_out) for each in found] == [(2, 7), (1, 47), (3, 7)]


def test_what_the_log_does_not_tell_stands_as_it_was_found_or_as_it_stands_now(
    database: str,
) -> None:
    operated = gridtwin.open(feeder_in_three_sections())
    operated.store.states.operate("SW1", "ABC")
    operated.store.states.operate("TIE", "")
    kept = gridtwin.open(feeder_in_three_sections()).save(database).store
    with connect(database, autocommit=True) as connection:
        sync(connection, replace(operated.gather_mirror_rows(), events=()))
    assert kept.states.list_events() == []
    kept.states.operate("SW1", "", at=NOON)
    assert kept.states.read_past_state(after(-1)).deviations == {"SW1": "ABC", "TIE": ""}
    assert kept.states.read_past_state(after(1)).deviations == {"TIE": ""}


def test_questions_are_asked_of_a_past_moment_and_nothing_is_written(twin: Twin) -> None:
    twin.store.states.operate("SW1", "ABC", at=NOON)
    began = after(-5)
    outage = twin.outages.open("SW2", at=began, usage_points=["Mc"], confirmed_at=began)
    twin.outages.restore(outage.id, at=after(30))
    twin.store.states.operate("SW1", "", at=after(40))
    past = twin.at(after(10))
    assert past.blast_radius("B1").customers == 10  # behind SW1 it is dark already
    assert past.version == 1
    assert past.outages.get(outage.id).status is Status.CONFIRMED
    assert past.outages.members().usage_point.tolist() == ["Mc"]
    assert twin.at(after(31)).outages.get(outage.id).status is Status.RESTORED
    assert twin.at(after(-6)).outages.all() == []
    with pytest.raises(NotFoundError):
        twin.at(after(-6)).outages.get(outage.id)
    for write in (
        lambda: past.switch("SW1", open=True),
        lambda: past.overlay("x", {"SW1": True}),
        lambda: past.outages.open("B2"),
    ):
        with pytest.raises(InputError, match="only read"):
            write()


def test_moments_are_told_in_order_and_asked_again_they_are_the_same(twin: Twin) -> None:
    twin.store.states.operate("SW1", "ABC", at=after(1))
    outage = twin.outages.open("B2", at=after(2), usage_points=["Md"])
    twin.outages.restore(outage.id, at=after(3))
    twin.store.states.operate("SW1", "", at=after(4))
    found = twin.history.moments(NOON, after(10))
    told = [(each.what, each.customers, each.customers_out) for each in found.moments]
    assert told == [("switch", 60, 60), ("outage", 7, 67), ("restored", -7, 60), ("switch", -60, 0)]
    assert twin.history.moments(NOON, after(10)) == found
    part = twin.history.moments(after(1.5), after(3.5))
    assert (part.out_at_start, part.moments) == (60, found.moments[1:3])
    assert part.curve() == [(after(1.5), 60), (after(2), 67), (after(3), 60)]


def test_what_is_no_moment_is_refused(twin: Twin) -> None:
    with pytest.raises(InputError, match="is no time"):
        twin.at("yesterday")
    with pytest.raises(InputError, match="no time zone"):
        twin.at("2026-07-01T12:00:00")
    with pytest.raises(InputError, match="earlier moment first"):
        twin.history.moments(after(1), NOON)
    assert twin.at("2026-07-01T12:00:00Z").store.states.read_state().deviations == {}


def test_two_feeders_change_places_in_the_curve() -> None:
    twin = gridtwin.open(two_feeders_with_a_tie())
    for minute, (switch, phases) in enumerate([("BKR1", "ABC"), ("TIE", ""), ("BKR1", "")]):
        twin.store.states.operate(switch, phases, at=after(minute))
    assert [out for _, out in twin.history.moments(after(-1), after(9)).curve()] == [0, 8, 0, 0]
