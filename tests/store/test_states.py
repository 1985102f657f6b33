"""Switch states, overlays and specs are versioned, logged, and seen by every process."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
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

OPERATE = """
import sys
import gridtwin
store = gridtwin.open(sys.argv[1]).store
for step in range(int(sys.argv[3])):
    store.operate(sys.argv[2], "ABC"[step % 3], actor=sys.argv[2])
"""


@pytest.fixture(params=["local", "postgis", "upgraded"])
def twin(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Return a new twin: a directory, then a database."""
    if request.param == "local":
        return str(keep(tmp_path / "small.twin").path)
    url = str(request.getfixturevalue(DATABASES[request.param]))
    gridtwin.open(make_network()).save(url)
    return url


def open_store(twin: str) -> Store:
    return gridtwin.open(twin).store


def test_a_new_twin_stands_as_designed(twin: str) -> None:
    store = open_store(twin)
    assert store.state() == State("current", 0, {})
    assert store.state("normal") == State("normal", 0, {})
    assert store.states() == ["normal", "current"]
    assert store.events() == []


def test_only_deviations_are_kept_and_every_operation_is_logged(twin: str) -> None:
    store = open_store(twin)
    assert store.operate("TIE-1", "", actor="ann") == State("current", 1, {"TIE-1": ""})
    assert store.operate("FUSE-ü", "ca").deviations == {"TIE-1": "", "FUSE-ü": "AC"}
    assert store.operate("TIE-1", "ABC").deviations == {"FUSE-ü": "AC"}
    assert store.state().version == 3
    assert [
        (event.version, event.mrid, event.from_phases, event.to_phases, event.actor)
        for event in store.events()
    ] == [
        (1, "TIE-1", "ABC", "", "ann"),
        (2, "FUSE-ü", "", "AC", ""),
        (3, "TIE-1", "", "ABC", ""),
    ]
    assert all(event.at.endswith("+00:00") for event in store.events())
    assert [event.version for event in store.events(since=2)] == [3]


def test_poles_that_do_not_move_stay_as_they_are(twin: str) -> None:
    store = open_store(twin)
    store.operate("FUSE-ü", "A", poles="A")
    assert store.operate("FUSE-ü", "C", poles="C").deviations == {"FUSE-ü": "AC"}
    assert store.operate("FUSE-ü", "", poles="A").deviations == {"FUSE-ü": "C"}


@pytest.mark.parametrize(
    ("mrid", "open_phases", "error", "words"),
    [
        ("FUSE-x", "A", NotFoundError, "FUSE-ü"),
        ("LINE-1", "C", InputError, "LINE-1 has no phase C: it has AB"),
        ("BRK-1", "Z", InputError, "no phase code"),
    ],
)
def test_a_state_that_cannot_be_is_refused_and_nothing_is_written(
    twin: str, mrid: str, open_phases: str, error: type[Exception], words: str
) -> None:
    store = open_store(twin)
    with pytest.raises(error, match=words):
        store.operate(mrid, open_phases)
    with pytest.raises(error, match=words):
        store.save_overlay("plan", {"BRK-1": "A", mrid: open_phases})
    assert store.state() == State("current", 0, {})
    assert store.states() == ["normal", "current"]


def test_overlays_are_kept_replaced_and_dropped(twin: str) -> None:
    store = open_store(twin)
    store.operate("BRK-1", "A")
    store.save_overlay("plan", {"TIE-1": "", "BRK-1": ""})
    assert store.state("plan") == State("plan", 1, {"TIE-1": ""})
    store.save_overlay("plan", {"BRK-1": "B"})
    assert open_store(twin).state("plan").deviations == {"BRK-1": "B"}
    assert store.states() == ["normal", "current", "plan"]
    store.drop_overlay("plan")
    with pytest.raises(NotFoundError):
        store.drop_overlay("plan")
    assert store.state().deviations == {"BRK-1": "A"}


def test_an_unknown_state_brings_close_names(twin: str) -> None:
    store = open_store(twin)
    store.save_overlay("storm", {})
    with pytest.raises(NotFoundError, match="did you mean storm"):
        store.state("strom")
    with pytest.raises(InputError, match="choose another name"):
        store.save_overlay("current", {})


def test_trace_specs_are_kept(twin: str) -> None:
    open_store(twin).save_spec("mine", '{"kind": "downstream"}')
    store = open_store(twin)
    assert store.spec_names() == ["mine"]
    assert store.spec("mine") == '{"kind": "downstream"}'
    with pytest.raises(NotFoundError, match="did you mean mine"):
        store.spec("mime")


def test_another_process_sees_the_switch(twin: str) -> None:
    store = open_store(twin)
    assert store.state().version == 0
    subprocess.run([sys.executable, "-c", OPERATE, str(twin), "BRK-1", "1"], check=True)
    assert store.state() == State("current", 1, {"BRK-1": "A"})


def test_four_processes_lose_no_update(twin: str) -> None:
    mrids = ["BRK-1", "FUSE-ü", "TIE-1", "BRK-1"]
    with ExitStack() as stack:
        processes = [
            stack.enter_context(started([sys.executable, "-c", OPERATE, str(twin), mrid, "50"]))
            for mrid in mrids
        ]
        assert [process.wait(PATIENCE_S) for process in processes] == [0] * 4
    store = open_store(twin)
    assert store.state().version == 200
    events = store.events()
    assert [event.version for event in events] == list(range(1, 201))
    last: dict[str, str] = {"BRK-1": "", "FUSE-ü": "", "TIE-1": "ABC"}
    for event in events:
        assert event.from_phases == last[event.mrid]
        last[event.mrid] = event.to_phases
    assert store.state().deviations == last


def test_a_watcher_sees_each_operation_once_whoever_makes_it(twin: str) -> None:
    watching, other = gridtwin.open(twin), open_store(twin)
    assert list(watching.watch(timeout_s=0)) == []
    assert not watching.store.wait(0, timeout_s=0.01)
    with ThreadPoolExecutor(1) as pool:
        seen = pool.submit(lambda: list(islice(watching.watch(0), 3)))
        for open_phases in ("ABC", "", "A"):
            other.operate("BRK-1", open_phases)
        events = seen.result(timeout=PATIENCE_S)
    assert [(event.version, event.to_phases) for event in events] == [(1, "ABC"), (2, ""), (3, "A")]
    assert [event.version for event in watching.watch(1, timeout_s=0)] == [2, 3]


def test_a_running_twin_follows_what_others_operate(twin: str) -> None:
    running = gridtwin.open(twin)
    assert running.blast_radius("BRK-1").customers == 5
    open_store(twin).operate("FUSE-ü", "ABC")
    after = running.blast_radius("BRK-1")
    assert (after.customers, after.version) == (0, 1)


def test_threads_share_a_store(twin: str) -> None:
    store = open_store(twin)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda step: store.operate("BRK-1", "ABC"[step % 3]), range(24)))
    assert [event.version for event in store.events()] == list(range(1, 25))
