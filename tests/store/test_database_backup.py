"""What docs/deploy.md says of a database brings it back: a dump, and any moment of the past."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import pytest

import gridtwin
from command_line import run_cli
from gridtwin.store.postgis.cluster import SUPERUSER
from postgres import Cluster, run_cluster
from waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gridtwin.twin import Twin

ARCHIVING = {
    "wal_level": "replica",
    "full_page_writes": "on",
    "archive_mode": "on",
    "archive_command": "mkdir -p ../archive && test ! -f ../archive/%f && cp %p ../archive/%f",
}


def run_program(server: Cluster, program: str, *words: str | Path) -> None:
    subprocess.run([server.binaries / program, *words], check=True, capture_output=True)


def save_town(path: Path) -> Twin:
    return gridtwin.open(gridtwin.synthesize("houston", meters=200, seed=1)).save(path)


def pick_fuse(twin: Twin) -> str:
    equipment = twin.network.equipment
    return str(equipment.mrid[equipment.kind == "fuse"].iloc[0])


def count_differing(town: Path, url: str) -> int:
    """Return the exit code of the comparison: 0 nothing differs, 1 something does."""
    return run_cli("sync", town, url, "--verify").returncode


def test_a_dump_is_the_database(postgres: Cluster, empty_database: str, tmp_path: Path) -> None:
    town, dump = tmp_path / "town.twin", tmp_path / "grid.dump"
    twin = save_town(town)
    twin.switch(pick_fuse(twin), open=True)
    assert run_cli("sync", town, empty_database).returncode == 0
    outage = gridtwin.open(empty_database).outages.open(twin.network.feeders["head"][0])
    run_program(postgres, "pg_dump", "--format=custom", "--file", dump, empty_database)
    with postgres.create_database(spatial=False) as again:
        name = again.rsplit("/", 1)[1]
        target = postgres.build_url(name, user=SUPERUSER)
        run_program(postgres, "pg_restore", "--exit-on-error", "--dbname", target, dump)
        assert count_differing(town, again) == 0
        assert [each.id for each in gridtwin.open(again).outages.all()] == [outage.id]
        assert run_cli("db", "status", again).returncode == 0
        gridtwin.open(again).switch(pick_fuse(twin), open=False)
        assert count_differing(town, again) == 1


@pytest.fixture
def archiving() -> Iterator[Cluster]:
    with run_cluster(ARCHIVING) as server:
        yield server


@pytest.mark.long
def test_a_moment_of_the_past_comes_back(archiving: Cluster, tmp_path: Path) -> None:
    town = tmp_path / "town.twin"
    twin = save_town(town)
    data = archiving.directory / "data"
    archiving.execute("CREATE DATABASE grid TEMPLATE gridtwin_template OWNER twin")
    url = archiving.build_url("grid")
    assert run_cli("sync", town, url).returncode == 0
    base = tmp_path / "base"
    run_program(
        archiving, "pg_basebackup", "--pgdata", base, "--checkpoint", "fast",
        "--wal-method", "stream", "--dbname", archiving.superuser_url,
    )  # fmt: skip
    # What happened between the base backup and the moment comes back; what came later does not.
    opened = pick_fuse(twin)
    twin.switch(opened, open=True)
    assert run_cli("sync", town, url).returncode == 0
    with psycopg.connect(url) as connection:
        (moment,) = connection.execute("SELECT clock_timestamp()::text").fetchone() or ("",)
    gridtwin.open(url).outages.open(twin.network.feeders["head"][0])
    gridtwin.open(url).switch(opened, open=False)
    assert count_differing(town, url) == 1
    with psycopg.connect(archiving.superuser_url, autocommit=True) as connection:
        (last,) = connection.execute("SELECT pg_walfile_name(pg_switch_wal())").fetchone() or ("",)
    assert last
    wait_until((archiving.directory / "archive" / last).exists)
    archiving.kill()
    owner = data.stat()
    data.rename(archiving.directory / "lost")
    shutil.copytree(base, data)
    with (data / "postgresql.conf").open("a") as file:
        file.write("archive_mode = off\n")
        file.write("restore_command = 'cp ../archive/%f %p'\n")
        file.write(f"recovery_target_time = '{moment}'\nrecovery_target_action = 'promote'\n")
    (data / "recovery.signal").touch()
    for each in (data, *data.rglob("*")):
        os.chown(each, owner.st_uid, owner.st_gid)
    data.chmod(0o700)
    archiving.start()
    with psycopg.connect(url, autocommit=True) as connection:  # it can be read while it replays
        wait_until(
            lambda: connection.execute("SELECT NOT pg_is_in_recovery()").fetchone() == (True,)
        )
    assert count_differing(town, url) == 0
    assert gridtwin.open(url).outages.all() == []
    # It is a database again, not a copy that can only be read.
    gridtwin.open(url).switch(opened, open=False)
    assert count_differing(town, url) == 1
