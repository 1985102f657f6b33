"""Switch states, overlays and specs are versioned, logged, and seen by every process."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from gridtwin.errors import InputError, NotFoundError
from gridtwin.model.state import State
from gridtwin.store.local import LocalStore

if TYPE_CHECKING:
    from pathlib import Path

OPERATE = """
import sys
from pathlib import Path
from gridtwin.store.local import LocalStore
store = LocalStore.open(Path(sys.argv[1]))
for step in range(int(sys.argv[3])):
    store.operate(sys.argv[2], "ABC"[step % 3], actor=sys.argv[2])
"""


def test_a_new_twin_stands_as_designed(twin: Path) -> None:
    store = LocalStore.open(twin)
    assert store.state() == State("current", 0, {})
    assert store.state("normal") == State("normal", 0, {})
    assert store.states() == ["normal", "current"]
    assert store.events() == []


def test_only_deviations_are_kept_and_every_operation_is_logged(twin: Path) -> None:
    store = LocalStore.open(twin)
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


def test_poles_that_do_not_move_stay_as_they_are(twin: Path) -> None:
    store = LocalStore.open(twin)
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
    twin: Path, mrid: str, open_phases: str, error: type[Exception], words: str
) -> None:
    store = LocalStore.open(twin)
    with pytest.raises(error, match=words):
        store.operate(mrid, open_phases)
    with pytest.raises(error, match=words):
        store.save_overlay("plan", {"BRK-1": "A", mrid: open_phases})
    assert store.state() == State("current", 0, {})
    assert store.states() == ["normal", "current"]


def test_overlays_are_kept_replaced_and_dropped(twin: Path) -> None:
    store = LocalStore.open(twin)
    store.operate("BRK-1", "A")
    store.save_overlay("plan", {"TIE-1": "", "BRK-1": ""})
    assert store.state("plan") == State("plan", 1, {"TIE-1": ""})
    store.save_overlay("plan", {"BRK-1": "B"})
    assert LocalStore.open(twin).state("plan").deviations == {"BRK-1": "B"}
    assert store.states() == ["normal", "current", "plan"]
    store.drop_overlay("plan")
    with pytest.raises(NotFoundError):
        store.drop_overlay("plan")
    assert store.state().deviations == {"BRK-1": "A"}


def test_an_unknown_state_brings_close_names(twin: Path) -> None:
    store = LocalStore.open(twin)
    store.save_overlay("storm", {})
    with pytest.raises(NotFoundError, match="did you mean storm"):
        store.state("strom")
    with pytest.raises(InputError, match="choose another name"):
        store.save_overlay("current", {})


def test_trace_specs_are_kept(twin: Path) -> None:
    LocalStore.open(twin).save_spec("mine", '{"kind": "downstream"}')
    store = LocalStore.open(twin)
    assert store.spec_names() == ["mine"]
    assert store.spec("mine") == '{"kind": "downstream"}'
    with pytest.raises(NotFoundError, match="did you mean mine"):
        store.spec("mime")


def test_another_process_sees_the_switch(twin: Path) -> None:
    store = LocalStore.open(twin)
    assert store.state().version == 0
    subprocess.run([sys.executable, "-c", OPERATE, str(twin), "BRK-1", "1"], check=True)
    assert store.state() == State("current", 1, {"BRK-1": "A"})


def test_four_processes_lose_no_update(twin: Path) -> None:
    mrids = ["BRK-1", "FUSE-ü", "TIE-1", "BRK-1"]
    processes = [
        subprocess.Popen([sys.executable, "-c", OPERATE, str(twin), mrid, "50"]) for mrid in mrids
    ]
    assert [process.wait(timeout=120) for process in processes] == [0] * 4
    store = LocalStore.open(twin)
    assert store.state().version == 200
    events = store.events()
    assert [event.version for event in events] == list(range(1, 201))
    last: dict[str, str] = {"BRK-1": "", "FUSE-ü": "", "TIE-1": "ABC"}
    for event in events:
        assert event.from_phases == last[event.mrid]
        last[event.mrid] = event.to_phases
    assert store.state().deviations == last
