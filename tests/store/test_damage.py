"""A twin that is damaged, foreign or newer says so and how to mend it; a crash damages none."""

from __future__ import annotations

import json
import random
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from gridtwin.errors import NotFoundError, StoreError, StoreVersionError
from gridtwin.store.local_store import LocalStore
from waiting import started

from .conftest import keep

if TYPE_CHECKING:
    from collections.abc import Callable

TESTS = Path(__file__).parents[1]
CREATE = """
import sys
from pathlib import Path
import geopandas
from store.conftest import keep
keep(Path(sys.argv[1]).with_name("warm.twin"), overwrite=True)
print("ready", flush=True)
keep(Path(sys.argv[1]))
print("done", flush=True)
while True:
    keep(Path(sys.argv[1]), overwrite=True)
"""
OPERATE = """
import sys
from pathlib import Path
from gridtwin.store.local_store import LocalStore
store = LocalStore.open(Path(sys.argv[1]))
while True:
    store.states.operate("BRK-1", "A")
    store.states.operate("BRK-1", "")
    print("ready", flush=True)
"""


def use(path: Path) -> None:
    store = LocalStore.open(path)
    assert store.network.ids.find_element("M2").row == 1
    assert store.read_index().count_customers(1) == 5
    store.states.read_state()


def truncate(file: Path) -> None:
    content = file.read_bytes()
    file.write_bytes(content[: len(content) // 2])


def scribble(file: Path) -> None:
    file.write_bytes(b"\x13" * 5000)


@pytest.mark.parametrize(
    "name",
    [
        "arrays/nodes.xy.npy",
        "arrays/ids.equipment.mrid.npy",
        "arrays/index.tin.npy",
        "arrays/conduction.passes.npy",
        "state.sqlite",
        "twin.json",
    ],
)
@pytest.mark.parametrize("harm", [truncate, scribble, Path.unlink])
def test_a_damaged_file_is_named_with_the_mend(
    twin: Path, name: str, harm: Callable[[Path], None]
) -> None:
    harm(twin / name)
    with pytest.raises(StoreError) as caught:
        use(twin)
    assert str(twin / name) in str(caught.value)
    assert f"load the network again with gridtwin load SOURCE --into {twin}" in str(caught.value)


def test_a_file_of_another_twin_is_noticed(twin: Path) -> None:
    (twin / "arrays" / "nodes.mrid.npy").write_bytes(
        (twin / "arrays" / "equipment.mrid.npy").read_bytes()
    )
    with pytest.raises(StoreError, match=r"nodes\.mrid\.npy is not the file that was written"):
        use(twin)


def test_a_foreign_directory_is_no_twin(tmp_path: Path) -> None:
    with pytest.raises(StoreVersionError, match="is no twin"):
        LocalStore.open(tmp_path)
    (tmp_path / "twin.json").write_text('{"format": "other"}')
    with pytest.raises(StoreVersionError, match="made by another program"):
        LocalStore.open(tmp_path)


def test_a_newer_twin_is_refused(twin: Path) -> None:
    card = json.loads((twin / "twin.json").read_text())
    (twin / "twin.json").write_text(json.dumps(card | {"version": 99}))
    with pytest.raises(StoreVersionError, match="upgrade gridtwin"):
        LocalStore.open(twin)


def test_a_newer_schema_is_refused(twin: Path) -> None:
    import sqlite3
    from contextlib import closing

    with closing(sqlite3.connect(twin / "state.sqlite")) as connection:
        connection.execute("PRAGMA user_version = 99")
    with pytest.raises(StoreVersionError, match="schema 99"):
        LocalStore.open(twin).states.read_state()


def kill_at_random(script: str, path: Path, moment: float) -> bytes:
    """Run a script, kill it some seconds after it said ready, and return what else it said."""
    command = [sys.executable, "-c", script, str(path)]
    with started(command, stdout=subprocess.PIPE, cwd=TESTS) as process:
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(moment)
        process.kill()
        said: bytes = process.communicate()[0]
    return said


@pytest.mark.parametrize("moment", [0.02, 0.1, 0.3, 0.9])
def test_a_crash_during_create_leaves_a_whole_twin_or_none(tmp_path: Path, moment: float) -> None:
    path = tmp_path / "crash.twin"
    told = kill_at_random(CREATE, path, moment)
    aside = list(tmp_path.glob(".crash.twin.*.old"))
    if path.exists():
        use(path)
    elif b"done" in told:  # killed between the two moves of a replacement
        with pytest.raises(StoreError, match=str(aside[0])):
            LocalStore.open(path)
        use(aside[0])
    else:
        with pytest.raises(NotFoundError):
            LocalStore.open(path)
    use(keep(path, overwrite=True).path)


def test_a_twin_caught_between_two_moves_is_found_again(twin: Path) -> None:
    aside = twin.rename(twin.with_name(".small.twin.abc.old"))
    with pytest.raises(StoreError, match=f"rename {aside} to {twin}"):
        LocalStore.open(twin)


def test_a_crash_while_operating_loses_nothing_that_was_told(twin: Path) -> None:
    chance = random.Random(2)
    for _ in range(5):
        kill_at_random(OPERATE, twin, chance.uniform(0, 0.3))
        store = LocalStore.open(twin)
        state, events = store.states.read_state(), store.states.list_events()
        assert [event.version for event in events] == list(range(1, state.version + 1))
        last = {event.mrid: event.to_phases for event in events}
        assert state.deviations == ({"BRK-1": "A"} if last.get("BRK-1") else {})
        store.states.operate("TIE-1", "ABC")
    assert store.states.read_state().version >= 10  # two of each process at least
