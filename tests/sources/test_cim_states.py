"""How switches stand in an SSH profile becomes an overlay, or operations in the log."""

from __future__ import annotations

from pathlib import Path

import pytest

import gridtwin
from cim_models import FEEDER, document, equipment, pack, phases_of, read, thing, write
from gridtwin.errors import SourceError

TIE = equipment("LoadBreakSwitch", "T", "n1 n3", Switch__normalOpen="true")


@pytest.fixture
def twin(tmp_path: Path) -> gridtwin.Twin:
    return gridtwin.open(read(tmp_path, *FEEDER, TIE))


def profile(folder: Path, *parts: str) -> Path:
    return write(folder, document(*parts), "SSH.xml")


def switched(twin: gridtwin.Twin, state: str) -> dict[str, str]:
    return dict(twin.store.states.read_state(state).deviations)


def test_an_overlay(twin: gridtwin.Twin, tmp_path: Path) -> None:
    path = profile(
        tmp_path, thing("Breaker", "B", Switch__open="true"),
        thing("LoadBreakSwitch", "T", Switch__open="false"),
        thing("Terminal", "L.1", ACDCTerminal__connected="true"),
    )  # fmt: skip
    loaded = twin.load_state(path, "morning")
    assert (loaded.switches, loaded.open, loaded.operated, list(loaded.notices)) == (2, 1, 0, [])
    assert switched(twin, "morning") == {"B": "ABC", "T": ""}
    assert switched(twin, "current") == {}
    assert twin.explain("U", state="morning").supplied


def test_operations(twin: gridtwin.Twin, tmp_path: Path) -> None:
    path = profile(
        tmp_path, thing("Breaker", "B", Switch__open="false"),
        thing("LoadBreakSwitch", "T", Switch__open="false"),
    )  # fmt: skip
    loaded = twin.load_state(path, actor="export")
    assert (loaded.switches, loaded.operated) == (2, 1)
    assert switched(twin, "current") == {"T": ""}
    events = twin.store.states.list_events()
    assert [(event.mrid, event.to_phases, event.actor) for event in events] == [("T", "", "export")]
    assert twin.load_state(path).operated == 0


def test_switches_the_file_does_not_name_stay_as_they_are(
    twin: gridtwin.Twin, tmp_path: Path
) -> None:
    twin.switch("B", open=True)
    twin.load_state(profile(tmp_path, thing("LoadBreakSwitch", "T", Switch__open="false")), "x")
    assert switched(twin, "x") == {"B": "ABC", "T": ""}


def test_switches_the_twin_does_not_have_are_told(twin: gridtwin.Twin, tmp_path: Path) -> None:
    known = thing("Breaker", "B", Switch__open="true")
    other = thing("Breaker", "elsewhere", Switch__open="true")
    path = profile(tmp_path, known, other)
    assert [notice.rule for notice in twin.load_state(path, "x").notices] == ["unknown_switch"]
    with pytest.raises(SourceError, match="none of its 1 switches is in this twin"):
        twin.load_state(profile(tmp_path, other), "x")


def test_poles_need_the_profile_that_says_whose_they_are(tmp_path: Path) -> None:
    eq = document(
        *FEEDER, equipment("Fuse", "X", "n2 n3"),
        *(thing("SwitchPhase", f"X_{letter}", SwitchPhase__Switch="#X",
                SwitchPhase__phaseSide1=f"~SinglePhaseKind.{letter}") for letter in "AB"),
    )  # fmt: skip
    pole = document(thing("SwitchPhase", "X_A", SwitchPhase__closed="false"))
    twin = gridtwin.open(gridtwin.read(write(tmp_path, eq, "eq.xml")))
    with pytest.raises(SourceError, match="SwitchPhase X_A stands alone"):
        twin.load_state(write(tmp_path, pole, "ssh.xml"), "x")
    both = pack(tmp_path / "both.zip", {"eq.xml": eq, "ssh.xml": pole})
    twin.load_state(both, "x")
    assert switched(twin, "x")["X"] == "A"


def test_files_that_tell_nothing(twin: gridtwin.Twin, tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="says of no switch"):
        twin.load_state(profile(tmp_path, phases_of("ACLineSegment", "L", "A")), "x")
    with pytest.raises(SourceError, match="there is no such file"):
        twin.load_state(tmp_path / "none.xml", "x")
