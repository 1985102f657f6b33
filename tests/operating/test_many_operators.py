"""Eight operators at once lose nothing, and the log contradicts nobody."""

from __future__ import annotations

import random
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

import gridtwin
from fuzzing import EXHAUSTIVE
from gridtwin.errors import InputError, NotFoundError, OperationConflictError, OperationRefusedError
from gridtwin.model import phases as codes
from gridtwin.model.operation_request import RequestStatus
from networks import feeder_in_three_sections
from postgres import Cluster, copy_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from gridtwin.twin import Twin

OPERATORS = 8
SHORT_OPERATIONS = 25  # of each
SHIFT_S = 600.0 if EXHAUSTIVE else 30.0
SWITCHES = ("B1", "SW1", "SW2", "TIE", "B2")
REFUSED = (OperationRefusedError, OperationConflictError, InputError, NotFoundError)


@dataclass
class Diary:
    """What one operator believes to have done."""

    name: str
    operated: dict[int, str] = field(default_factory=dict)  # version to the switch
    held: list[tuple[str, int, int]] = field(default_factory=list)  # switch, from, to version
    refused: int = 0


def work_shift(address: str, name: str, *, operations: int, until: float) -> Diary:
    """Operate at random as one person, by a twin of one's own; return what was done."""
    rng, twin, diary = random.Random(name), gridtwin.open(address), Diary(name)
    hung: list[tuple[str, int, int]] = []  # tags of one's own: switch, number, version
    done = 0
    while done < operations or time.monotonic() < until:
        done += 1
        act = rng.choices(
            (operate, hang_tag, remove_tag, ask_second, confirm_other), (6, 1, 2, 2, 2)
        )
        try:
            act[0](twin, rng, diary, hung)
        except REFUSED:
            diary.refused += 1
    for mrid, number, since in hung:
        diary.held.append((mrid, since, twin.version))
        twin.operations.remove_tag(number, actor=name)
    return diary


Hung = list[tuple[str, int, int]]


def operate(twin: Twin, rng: random.Random, diary: Diary, _: Hung) -> None:
    mrid, opens = rng.choice(SWITCHES), rng.random() < 0.5
    phases = rng.choice(("", "", "A", "BC"))
    seen = twin.operations.preview(mrid, open=opens, phases=phases)
    state = twin.operations.operate(
        mrid, open=opens, phases=phases, actor=diary.name, confirmed=seen.digest
    )
    note_operation(twin, diary, mrid, state.version)


def note_operation(twin: Twin, diary: Diary, mrid: str, version: int) -> None:
    """Write down an operation; a state that is read late may be another's."""
    events = [
        event
        for event in twin.store.states.list_events(max(diary.operated, default=0))
        if event.actor == diary.name
    ]
    assert [event.mrid for event in events] == [mrid], "one operation, and one in the log"
    assert events[0].version <= version
    diary.operated[events[0].version] = mrid


def hang_tag(twin: Twin, rng: random.Random, diary: Diary, hung: Hung) -> None:
    mrid = rng.choice(SWITCHES)
    tag = twin.operations.place_tag(mrid, "at work", kind="hold", actor=diary.name)
    hung.append((mrid, tag.number, twin.version))


def remove_tag(twin: Twin, rng: random.Random, diary: Diary, hung: Hung) -> None:
    if hung:
        mrid, number, since = hung.pop(rng.randrange(len(hung)))
        diary.held.append((mrid, since, twin.version))
        twin.operations.remove_tag(number, actor=diary.name)


def ask_second(twin: Twin, rng: random.Random, diary: Diary, _: Hung) -> None:
    mrid = rng.choice(SWITCHES)
    twin.operations.request(mrid, open=rng.random() < 0.5, actor=diary.name, minutes=5)


def confirm_other(twin: Twin, rng: random.Random, diary: Diary, _: Hung) -> None:
    waiting = twin.operations.requests()
    if waiting:
        asked = rng.choice(waiting)
        state = twin.operations.confirm(asked.id, actor=diary.name)
        note_operation(twin, diary, asked.mrid, state.version)


@pytest.fixture
def address(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Return the address of a new twin: a directory, then a database."""
    twin = gridtwin.open(feeder_in_three_sections())
    if request.param == "local":
        yield str(twin.save(tmp_path / "three.twin").store.path)
        return
    cluster: Cluster = request.getfixturevalue("postgres")
    with copy_of(cluster, request.getfixturevalue("schema")) as url:
        twin.save(url)
        yield url


def hold_against_log(address: str, diaries: list[Diary]) -> None:
    """Check that the log has what each did and no more, and that its replay is the state."""
    twin = gridtwin.open(address)
    events = twin.store.states.list_events()
    assert [event.version for event in events] == list(range(1, len(events) + 1))
    logged = {event.version: (event.actor, event.mrid) for event in events}
    told = {v: (d.name, mrid) for d in diaries for v, mrid in d.operated.items()}
    assert told == logged
    for diary in diaries:
        for mrid, since, until in diary.held:
            between = [e for e in events if e.mrid == mrid and since < e.version <= until]
            assert between == [], f"{mrid} was operated though {diary.name} held it"
    open_phases = {mrid: "ABC" if mrid == "TIE" else "" for mrid in SWITCHES}
    for event in events:
        assert event.from_phases == open_phases[event.mrid]
        open_phases[event.mrid] = event.to_phases
    mask = twin.store.states.read_state().open_mask(twin.network)
    assert open_phases == {
        mrid: codes.format_phases(int(mask[twin.find_one(mrid).row])) for mrid in SWITCHES
    }
    for asked in twin.operations.requests(since=datetime(2020, 1, 1, tzinfo=UTC)):
        if asked.status is RequestStatus.DONE:
            assert asked.decided_by != asked.requested_by
            assert asked.version is not None
            assert logged[asked.version] == (asked.decided_by, asked.mrid)
    assert twin.operations.tags() == []


def run_shift(address: str, *, operations: int, seconds: float) -> None:
    until = time.monotonic() + seconds
    with ThreadPoolExecutor(OPERATORS) as pool:
        work = [
            pool.submit(work_shift, address, f"op-{n}", operations=operations, until=until)
            for n in range(OPERATORS)
        ]
        diaries = [each.result() for each in work]
    hold_against_log(address, diaries)
    assert sum(len(diary.operated) for diary in diaries) > OPERATORS
    assert sum(diary.refused for diary in diaries) > OPERATORS  # they were in each other's way


@pytest.mark.parametrize("address", ["local", "postgis"], indirect=True)
def test_eight_operators_contradict_nobody(address: str) -> None:
    run_shift(address, operations=SHORT_OPERATIONS, seconds=0)


@pytest.mark.long
@pytest.mark.parametrize("address", ["local", "postgis"], indirect=True)
def test_eight_operators_contradict_nobody_for_a_shift(address: str) -> None:
    run_shift(address, operations=0, seconds=SHIFT_S)
