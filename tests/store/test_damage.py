"""A twin that is damaged, foreign or newer says so and how to mend it; a crash damages none."""

from __future__ import annotations

import json
import random
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from gridtwin.errors import StoreError, StoreVersionError
from gridtwin.store.local import LocalStore

TESTS = Path(__file__).parents[1]
CREATE = """
import sys
from pathlib import Path
from store.conftest import keep
print("ready", flush=True)
while True:
    keep(Path(sys.argv[1]), overwrite=True)
"""
OPERATE = """
import sys
from pathlib import Path
from gridtwin.store.local import LocalStore
store = LocalStore.open(Path(sys.argv[1]))
print("ready", flush=True)
while True:
    store.operate("BRK-1", "A")
    store.operate("BRK-1", "")
"""


def use(path: Path) -> None:
    store = LocalStore.open(path)
    assert store.network.ids.find("M2").row == 1
    assert store.index().count(1) == 5
    store.state()


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
    (twin / "twin.json").write_text(json.dumps(card | {"version": 2}))
    with pytest.raises(StoreVersionError, match="upgrade gridtwin"):
        LocalStore.open(twin)


def test_a_newer_schema_is_refused(twin: Path) -> None:
    import sqlite3
    from contextlib import closing

    with closing(sqlite3.connect(twin / "state.sqlite")) as connection:
        connection.execute("PRAGMA user_version = 99")
    with pytest.raises(StoreVersionError, match="schema 99"):
        LocalStore.open(twin).state()


def kill_at_random(script: str, path: Path, moment: float) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", script, str(path)], stdout=subprocess.PIPE, cwd=TESTS
    )
    assert process.stdout is not None
    process.stdout.readline()
    time.sleep(moment)
    process.kill()
    process.communicate()


def test_a_crash_during_create_leaves_no_half_twin(tmp_path: Path) -> None:
    chance = random.Random(1)
    whole = 0
    for trial in range(6):
        path = tmp_path / f"{trial}.twin"
        kill_at_random(CREATE, path, chance.uniform(0, 0.8))
        if path.exists():
            use(path)
            whole += 1
    assert whole


def test_a_crash_while_operating_loses_nothing_that_was_told(twin: Path) -> None:
    chance = random.Random(2)
    for _ in range(5):
        kill_at_random(OPERATE, twin, chance.uniform(0, 0.3))
        store = LocalStore.open(twin)
        state, events = store.state(), store.events()
        assert [event.version for event in events] == list(range(1, state.version + 1))
        expected = {"BRK-1": "A"} if events and events[-1].to_phases == "A" else {}
        assert state.deviations == expected
        store.operate("TIE-1", "ABC")
    assert store.state().version > 10
