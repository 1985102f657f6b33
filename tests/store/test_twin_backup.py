"""A backup of a twin in use is whole, comes back the same, and is refused when it is not whole."""

from __future__ import annotations

import json
import shutil
import sqlite3
import threading
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

import gridtwin
from command_line import run_cli
from gridtwin.errors import InputError, StoreError, StoreVersionError
from gridtwin.store.twin_backup import (
    BACKUP_CARD_FILE,
    TwinBackup,
    list_backups,
    read_backup,
    restore_backup,
    write_backup,
)

MADE_AT = datetime(2026, 12, 1, 2, 15, tzinfo=UTC)


@pytest.fixture(scope="module")
def made_town(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a twin with a state, an outage, and readings that were taken from a file of lines."""
    folder = tmp_path_factory.mktemp("made")
    twin = gridtwin.open(gridtwin.synthesize("houston", meters=200, seed=1))
    kept = twin.save(folder / "town.twin")
    equipment = kept.network.equipment
    kept.switch(equipment.mrid[equipment.kind == "fuse"].iloc[0], open=True)
    kept.outages.open(kept.network.feeders["head"][0])
    lines = [
        json.dumps({"meter_id": meter, "reading_time": "2026-07-01T00:15:00Z", "kwh": 0.5})
        for meter in kept.network.usage_points.mrid
    ]
    (folder / "ami_readings.jsonl").write_text("\n".join(lines) + "\n")
    took = run_cli(
        *("stream", "run", "--in", folder / "town.twin"),
        *("--source", folder / "ami_readings.jsonl"),
    )
    assert took.returncode == 0, took.stderr
    assert run_cli("ami", "roll-up", "--in", folder / "town.twin").returncode == 0
    return folder / "town.twin"


@pytest.fixture
def town(made_town: Path, tmp_path: Path) -> Path:
    return shutil.copytree(made_town, tmp_path / "town.twin")


@pytest.fixture
def backup(town: Path, tmp_path: Path) -> TwinBackup:
    return write_backup(town, tmp_path / "backups", made_at=MADE_AT)


def dump_tables(file: Path) -> list[str]:
    with closing(sqlite3.connect(file)) as link:
        return list(link.iterdump())


def read_times(twin: Path) -> dict[Path, int]:
    return {file.relative_to(twin): file.stat().st_mtime_ns for file in twin.rglob("*.parquet")}


def read_files(twin: Path) -> dict[str, bytes]:
    """Return what all files hold that SQLite does not keep."""
    return {
        str(file.relative_to(twin)): file.read_bytes()
        for file in twin.rglob("*")
        if file.is_file() and not {".lock", ".sqlite", ".db"} & set(file.suffixes)
        if not file.name.endswith(("-wal", "-shm"))
    }


def test_a_restored_twin_is_the_twin(town: Path, backup: TwinBackup, tmp_path: Path) -> None:
    assert backup.path.name == "town-20261201T021500Z"
    restored = tmp_path / "again.twin"
    restore_backup(backup.path, restored)
    assert read_files(restored) == read_files(town)
    assert any(name.startswith("ami/readings/") for name in read_files(town))
    for kept in ("state.sqlite", "ami/stream.db"):
        assert dump_tables(restored / kept) == dump_tables(town / kept)
    one, other = gridtwin.open(town), gridtwin.open(restored)
    assert one.network.equipment.equals(other.network.equipment)
    assert [each.id for each in one.outages.all()] == [each.id for each in other.outages.all()]
    # Nothing is due that was not: times came along, by which roll-ups are told to be stale.
    times = {f.relative_to(town): f.stat().st_mtime_ns for f in town.rglob("*.parquet")}
    assert times == {
        f.relative_to(restored): f.stat().st_mtime_ns for f in restored.rglob("*.parquet")
    }


def test_a_mirror_verifies_a_restored_twin(
    town: Path, backup: TwinBackup, empty_database: str, tmp_path: Path
) -> None:
    assert run_cli("sync", town, empty_database).returncode == 0
    restore_backup(backup.path, tmp_path / "again.twin")
    verified = run_cli("sync", tmp_path / "again.twin", empty_database, "--verify")
    assert verified.returncode == 0, verified.stdout + verified.stderr
    switches = gridtwin.open(tmp_path / "again.twin").network.equipment
    opened = switches.mrid[switches.kind == "fuse"].iloc[-1]
    gridtwin.open(tmp_path / "again.twin").switch(opened, open=True)
    assert run_cli("sync", tmp_path / "again.twin", empty_database, "--verify").returncode == 1


def test_a_backup_of_a_twin_in_use_is_one_moment_of_it(town: Path, tmp_path: Path) -> None:
    """The version of the state and the log of operations move together, in every copy as well."""
    equipment = gridtwin.open(town).network.equipment
    fuse = equipment.mrid[equipment.kind == "fuse"].iloc[-1]
    stop, moved = threading.Event(), threading.Event()

    def operate() -> None:
        twin, is_open = gridtwin.open(town), False
        while not stop.is_set():
            is_open = not is_open
            twin.switch(fuse, open=is_open)
            moved.set()

    worker = threading.Thread(target=operate)
    worker.start()
    versions = []
    try:
        for number in range(3):
            assert moved.wait(60)
            moved.clear()
            at = MADE_AT + timedelta(minutes=number)
            made = write_backup(town, tmp_path / "backups", made_at=at)
            with closing(sqlite3.connect(made.path / "twin/state.sqlite")) as copy:
                (version,) = copy.execute("SELECT version FROM twin").fetchone()
                logged = copy.execute("SELECT max(version) FROM switch_event").fetchone()
                last = copy.execute(
                    "SELECT to_phases FROM switch_event ORDER BY version DESC LIMIT 1"
                ).fetchone()
            assert logged == (version,)
            restore_backup(made.path, tmp_path / f"{number}.twin")
            again = gridtwin.open(tmp_path / f"{number}.twin")
            assert again.version == version
            stands = again.store.states.read_state("current")
            assert bool(last[0]) == (fuse in stands.deviations)
            versions.append(version)
    finally:
        stop.set()
        worker.join()
    assert versions == sorted(set(versions))


def test_readings_wait_while_the_files_are_held(town: Path, tmp_path: Path) -> None:
    """While a piece is being taken, a backup waits; it has all of that piece, or nothing."""
    with closing(sqlite3.connect(town / "ami/stream.db", isolation_level=None)) as link:
        link.execute("BEGIN IMMEDIATE")
        link.execute("UPDATE sources SET position = -7")
        done: list[TwinBackup] = []
        worker = threading.Thread(
            target=lambda: done.append(write_backup(town, tmp_path / "backups"))
        )
        worker.start()
        try:
            worker.join(0.5)
            assert worker.is_alive()
            assert not done
        finally:
            link.execute("COMMIT")
            worker.join()
    with closing(sqlite3.connect(done[0].path / "twin/ami/stream.db")) as copy:
        assert copy.execute("SELECT position FROM sources").fetchall() == [(-7,)]


def test_nothing_is_left_in_the_twin(town: Path, backup: TwinBackup) -> None:
    del backup
    assert not list(town.glob(".backup-*"))


def test_what_a_killed_backup_left_goes(town: Path, tmp_path: Path) -> None:
    (town / ".backup-dead").mkdir()
    (town / ".backup-dead/twin.json").write_text("{}")
    made = write_backup(town, tmp_path / "backups")
    assert not list(town.glob(".backup-*"))
    assert not [name for name in made.files if "dead" in name]


@pytest.mark.parametrize("damage", ["cut", "changed", "missing", "card", "no card", "newer"])
def test_a_backup_that_is_not_whole_is_refused(
    backup: TwinBackup, tmp_path: Path, damage: str
) -> None:
    file, card = backup.path / "twin/tables/nodes.parquet", backup.path / BACKUP_CARD_FILE
    data = file.read_bytes()
    error: type[StoreError] = StoreError
    if damage == "cut":
        file.write_bytes(data[:-1])
    elif damage == "changed":
        file.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
    elif damage == "missing":
        file.unlink()
    elif damage == "card":
        card.write_text(card.read_text()[:100])
    elif damage == "no card":
        card.unlink()
    else:
        card.write_text(card.read_text().replace('"version": 1', '"version": 2'))
        error = StoreVersionError
    with pytest.raises(error):
        restore_backup(backup.path, tmp_path / "again.twin")
    assert run_cli("backup", "verify", backup.path).returncode == 4
    assert sorted(each.name for each in tmp_path.iterdir() if ".twin" in each.name) == ["town.twin"]


def test_another_state_file_is_refused(backup: TwinBackup, tmp_path: Path) -> None:
    """A card that was written to fit does not make a twin of two twins' files."""
    other = gridtwin.open(gridtwin.synthesize("houston", meters=200, seed=2))
    other.save(tmp_path / "other.twin")
    strange = write_backup(tmp_path / "other.twin", tmp_path / "backups", made_at=MADE_AT)
    shutil.copy2(strange.path / "twin/state.sqlite", backup.path / "twin/state.sqlite")
    card = json.loads((backup.path / BACKUP_CARD_FILE).read_text())
    card["files"]["state.sqlite"] = json.loads((strange.path / BACKUP_CARD_FILE).read_text())[
        "files"
    ]["state.sqlite"]
    (backup.path / BACKUP_CARD_FILE).write_text(json.dumps(card))
    read_backup(backup.path)
    with pytest.raises(StoreError, match="another"):
        restore_backup(backup.path, tmp_path / "again.twin")
    assert not (tmp_path / "again.twin").exists()


def test_a_damaged_twin_is_not_backed_up(town: Path, tmp_path: Path) -> None:
    data = bytearray((town / "state.sqlite").read_bytes())
    for page in range(8192, len(data), 4096):
        data[page : page + 64] = b"\xff" * 64
    (town / "state.sqlite").write_bytes(data)
    with pytest.raises(StoreError):
        write_backup(town, tmp_path / "backups")
    assert not list((tmp_path / "backups").glob("*"))


def test_a_twin_that_is_there_is_replaced_on_request_alone(
    town: Path, backup: TwinBackup, tmp_path: Path
) -> None:
    twin = gridtwin.open(town)
    before = twin.version
    equipment = twin.network.equipment
    twin.switch(equipment.mrid[equipment.kind == "fuse"].iloc[-1], open=True)
    with pytest.raises(StoreError, match="exists already"):
        restore_backup(backup.path, town)
    with twin.store.live.acquire_lock(), pytest.raises(StoreError):
        restore_backup(backup.path, town, overwrite=True)
    assert gridtwin.open(town).version == before + 1
    restore_backup(backup.path, town, overwrite=True)
    assert gridtwin.open(town).version == before
    with pytest.raises(InputError):
        restore_backup(backup.path, tmp_path / "town")


def test_the_oldest_go_first(town: Path, tmp_path: Path) -> None:
    folder = tmp_path / "backups"
    for day in range(3):
        write_backup(town, folder, made_at=MADE_AT + timedelta(days=day))
    (folder / "town-notes").mkdir()
    told = run_cli("backup", "write", folder, "--in", town, "--keep", "2")
    assert told.returncode == 0, told.stderr
    left = list_backups(folder, "town")
    assert len(left) == 2
    assert "town-20261201T021500Z: removed" in told.stdout
    assert (folder / "town-notes").is_dir()


def test_the_command_line_restores_and_refuses_databases(
    town: Path, backup: TwinBackup, tmp_path: Path
) -> None:
    told = run_cli("backup", "restore", backup.path, "--into", tmp_path / "again.twin")
    assert told.returncode == 0, told.stderr
    assert "2026-12-01T02:15:00+00:00" in told.stdout
    assert gridtwin.open(tmp_path / "again.twin").version == gridtwin.open(town).version
    inside = run_cli("backup", "write", town / "backups", "--in", town)
    assert inside.returncode == 2
    assert not (town / "backups").exists()
    refused = run_cli("backup", "write", tmp_path, "--in", "postgresql://db/grid")
    assert refused.returncode == 2
    assert "pg_dump" in refused.stderr
