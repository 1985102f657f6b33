"""Switch states, overlays and specs are versioned, logged, and seen by every process."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import TYPE_CHECKING

import pytest

import gridtwin
from gridtwin.errors import InputError, NotFoundError
from gridtwin.model.state import State
from waiting import PATIENCE_S, started

from .conftest import DATABASES, keep, make_network

if TYPE_CHECKING:
    from pathlib import Path

    from gridtwin.store.protocol import Store
    from gridtwin.twin import Twin

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def after(minutes: float) -> datetime:
    return NOON + timedelta(minutes=minutes)


OPERATE = """
import sys
import gridtwin
store = gridtwin.open(sys.argv[1]).store
for step in range(int(sys.argv[3])):
    store.states.operate(sys.argv[2], "ABC"[step % 3], actor=sys.argv[2])
"""


@pytest.fixture(
    params=["memory", "local", "postgis", pytest.param("upgraded", marks=pytest.mark.long)]
)
def opened(request: pytest.FixtureRequest, tmp_path: Path) -> Twin:
    """Return a new twin, wherever it is kept."""
    if request.param == "memory":
        return gridtwin.open(make_network())
    if request.param == "local":
        return gridtwin.open(str(keep(tmp_path / "small.twin").path))
    url = str(request.getfixturevalue(DATABASES[request.param]))
    return gridtwin.open(make_network()).save(url)


@pytest.fixture
def store(opened: Twin) -> Store:
    return opened.store


@pytest.fixture(params=["local", "postgis", pytest.param("upgraded", marks=pytest.mark.long)])
def twin(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Return a new twin that other processes open: a directory, then a database."""
    if request.param == "local":
        return str(keep(tmp_path / "small.twin").path)
    url = str(request.getfixturevalue(DATABASES[request.param]))
    gridtwin.open(make_network()).save(url)
    return url


def open_store(twin: str) -> Store:
    return gridtwin.open(twin).store


def test_a_new_twin_stands_as_designed(store: Store) -> None:
    assert store.states.read_state() == State("current", 0, {})
    assert store.states.read_state("normal") == State("normal", 0, {})
    assert store.states.list_names() == ["normal", "current"]
    assert store.states.list_events() == []


def test_only_deviations_are_kept_and_every_operation_is_logged(store: Store) -> None:
    assert store.states.operate("TIE-1", "", actor="ann") == State("current", 1, {"TIE-1": ""})
    assert store.states.operate("FUSE-ü", "ca").deviations == {"TIE-1": "", "FUSE-ü": "AC"}
    assert store.states.operate("TIE-1", "ABC").deviations == {"FUSE-ü": "AC"}
    assert store.states.read_state().version == 3
    assert [
        (event.version, event.mrid, event.from_phases, event.to_phases, event.actor)
        for event in store.states.list_events()
    ] == [
        (1, "TIE-1", "ABC", "", "ann"),
        (2, "FUSE-ü", "", "AC", ""),
        (3, "TIE-1", "", "ABC", ""),
    ]
    assert all(event.at.endswith("+00:00") for event in store.states.list_events())
    assert [event.version for event in store.states.list_events(since=2)] == [3]


def test_poles_that_do_not_move_stay_as_they_are(store: Store) -> None:
    store.states.operate("FUSE-ü", "A", poles="A")
    assert store.states.operate("FUSE-ü", "C", poles="C").deviations == {"FUSE-ü": "AC"}
    assert store.states.operate("FUSE-ü", "", poles="A").deviations == {"FUSE-ü": "C"}


@pytest.mark.parametrize(
    ("mrid", "open_phases", "error", "words"),
    [
        ("FUSE-x", "A", NotFoundError, "FUSE-ü"),
        ("LINE-1", "C", InputError, "LINE-1 has no phase C: it has AB"),
        ("BRK-1", "Z", InputError, "no phase code"),
    ],
)
def test_a_state_that_cannot_be_is_refused_and_nothing_is_written(
    store: Store, mrid: str, open_phases: str, error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        store.states.operate(mrid, open_phases)
    with pytest.raises(error, match=words):
        store.states.save_overlay("plan", {"BRK-1": "A", mrid: open_phases})
    assert store.states.read_state() == State("current", 0, {})
    assert store.states.list_names() == ["normal", "current"]


def test_an_operation_that_was_carried_out_already_changes_nothing(store: Store) -> None:
    store.states.operate("FUSE-ü", "A", request="R-1")
    assert store.states.operate("FUSE-ü", "B", request="R-1").deviations == {"FUSE-ü": "A"}
    assert store.states.operate("FUSE-ü", "B", request="R-2").version == 2
    assert len(store.states.list_events()) == 2


def test_the_log_tells_how_switches_stood_at_a_moment(store: Store) -> None:
    store.states.operate("TIE-1", "", at=after(10))
    store.states.operate("FUSE-ü", "A", at=after(5))  # told late
    store.states.operate("FUSE-ü", "", poles="A", at=after(30))
    at = store.states.read_past_state
    assert at(after(0)) == State("current", 0, {})
    assert at(after(5)) == State("current", 2, {"FUSE-ü": "A"})
    assert at(after(10)) == State("current", 2, {"FUSE-ü": "A", "TIE-1": ""})
    assert at(after(30)) == store.states.read_state() == State("current", 3, {"TIE-1": ""})
    within = store.states.list_operations(after(5), after(30))
    assert [(event.version, event.at) for event in within] == [
        (1, after(10).isoformat()),
        (3, after(30).isoformat()),
    ]


def test_no_operation_is_before_the_last_of_its_equipment_nor_after_now(store: Store) -> None:
    store.states.operate("FUSE-ü", "A", at=after(10))
    store.states.operate("FUSE-ü", "B", at=after(0))
    store.states.operate("TIE-1", "", at=datetime.now(UTC) + timedelta(days=1))
    first, second, third = (event.at for event in store.states.list_events())
    assert (first, second) == (after(10).isoformat(), after(10).isoformat())
    assert third <= datetime.now(UTC).isoformat()


def test_overlays_are_kept_replaced_and_dropped(store: Store) -> None:
    store.states.operate("BRK-1", "A")
    store.states.save_overlay("plan", {"TIE-1": "", "BRK-1": ""})
    assert store.states.read_state("plan") == State("plan", 1, {"TIE-1": ""})
    store.states.save_overlay("plan", {"BRK-1": "B"})
    assert store.states.read_state("plan").deviations == {"BRK-1": "B"}
    assert store.states.list_names() == ["normal", "current", "plan"]
    store.states.drop_overlay("plan")
    with pytest.raises(NotFoundError):
        store.states.drop_overlay("plan")
    assert store.states.read_state().deviations == {"BRK-1": "A"}


def test_an_unknown_state_brings_close_names(store: Store) -> None:
    store.states.save_overlay("storm", {})
    with pytest.raises(NotFoundError, match="did you mean storm"):
        store.states.read_state("strom")
    with pytest.raises(InputError, match="choose another name"):
        store.states.save_overlay("current", {})


def test_trace_specs_are_kept(store: Store) -> None:
    store.specs.save_spec("mine", '{"kind": "downstream"}')
    assert store.specs.list_names() == ["mine"]
    assert store.specs.read_spec("mine") == '{"kind": "downstream"}'
    with pytest.raises(NotFoundError, match="did you mean mine"):
        store.specs.read_spec("mime")


def test_another_process_sees_the_switch(twin: str) -> None:
    store = open_store(twin)
    assert store.states.read_state().version == 0
    subprocess.run([sys.executable, "-c", OPERATE, str(twin), "BRK-1", "1"], check=True)
    assert store.states.read_state() == State("current", 1, {"BRK-1": "A"})


def test_four_processes_lose_no_update(twin: str) -> None:
    mrids = ["BRK-1", "FUSE-ü", "TIE-1", "BRK-1"]
    with ExitStack() as stack:
        processes = [
            stack.enter_context(started([sys.executable, "-c", OPERATE, str(twin), mrid, "50"]))
            for mrid in mrids
        ]
        assert [process.wait(PATIENCE_S) for process in processes] == [0] * 4
    store = open_store(twin)
    assert store.states.read_state().version == 200
    events = store.states.list_events()
    assert [event.version for event in events] == list(range(1, 201))
    last: dict[str, str] = {"BRK-1": "", "FUSE-ü": "", "TIE-1": "ABC"}
    for event in events:
        assert event.from_phases == last[event.mrid]
        last[event.mrid] = event.to_phases
    assert store.states.read_state().deviations == last


def test_a_watcher_sees_each_operation_once_whoever_makes_it(twin: str) -> None:
    watching, other = gridtwin.open(twin), open_store(twin)
    assert list(watching.watch(timeout_s=0)) == []
    assert not watching.store.states.wait_for_version(0, timeout_s=0.01)
    with ThreadPoolExecutor(1) as pool:
        seen = pool.submit(lambda: list(islice(watching.watch(0), 3)))
        for open_phases in ("ABC", "", "A"):
            other.states.operate("BRK-1", open_phases)
        events = seen.result(timeout=PATIENCE_S)
    assert [(event.version, event.to_phases) for event in events] == [(1, "ABC"), (2, ""), (3, "A")]
    assert [event.version for event in watching.watch(1, timeout_s=0)] == [2, 3]


def test_a_running_twin_follows_what_others_operate(twin: str) -> None:
    running = gridtwin.open(twin)
    assert running.blast_radius("BRK-1").customers == 5
    open_store(twin).states.operate("FUSE-ü", "ABC")
    after = running.blast_radius("BRK-1")
    assert (after.customers, after.version) == (0, 1)


def test_threads_share_a_store(store: Store) -> None:
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda step: store.states.operate("BRK-1", "ABC"[step % 3]), range(24)))
    assert [event.version for event in store.states.list_events()] == list(range(1, 25))


def test_what_is_told_late_moves_nothing_where_that_is_wanted(store: Store) -> None:
    operate = store.states.operate
    noon, later = NOON, NOON + timedelta(minutes=5)
    assert operate("BRK-1", "ABC", at=later, request="r-1").version == 1
    late = operate("BRK-1", "A", at=noon, request="r-0", only_latest=True)
    assert (late.version, late.deviations) == (1, {"BRK-1": "ABC"})
    assert operate("TIE-1", "", at=noon, request="r-2", only_latest=True).version == 2
    assert operate("BRK-1", "", at=later, request="r-3", only_latest=True).version == 3
