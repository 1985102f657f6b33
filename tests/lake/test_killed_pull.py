"""Whatever is killed while a twin pulls: it has all of a commit of analytics, or nothing of it."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

import gridtwin
from fuzzing import EXHAUSTIVE
from gridtwin.errors import StoreError
from gridtwin.model.analytics_tables import ANALYTICS_TABLES
from gridtwin.model.pulls import PullPosition
from gridtwin.store.iceberg_catalog import LAKE, LakeConnection, open_lake
from gridtwin.twin import Twin
from lake_bench import Lake
from networks import two_feeders_with_a_tie
from postgres import Cluster
from waiting import started, wait_until

KILLS = 20 if EXHAUSTIVE else 4
SEEDS = (1, 2) if EXHAUSTIVE else (1,)
SCORES = ANALYTICS_TABLES["element_scores"]
OWNERS = """
[risk]
table = "{namespace}.risk"
target = "element_scores"
key = ["asset"]
owner = "analytics"
columns = {{ asset = "mrid", score = "value" }}
fixed = {{ kind = "failure_risk" }}
"""
Rows = dict[str, float | None]
Victim = tuple[Callable[[], None], Callable[[], None]]  # what kills it, what starts it again


@dataclass
class Puller:
    """A twin and the command that pulls into it, and what it may hold."""

    lake: Lake
    connection: LakeConnection
    table: str
    target: str
    owners: Path
    victims: list[Victim]  # but for the command itself

    @property
    def command(self) -> list[str]:
        return [
            sys.executable, "-c", "from gridtwin.cli.entry import main; main()",
            "pull", "iceberg", "--in", self.target, "--owners", str(self.owners),
            "--catalog", self.lake.catalog.url, "--warehouse", "wh",
        ]  # fmt: skip

    def change(self, number: int) -> None:
        """Let analytics change, delete and add rows, each in a commit of its own."""
        for statement in (
            f"UPDATE {self.table} SET score = score + 1 WHERE asset LIKE '%{number % 10}'",  # noqa: S608
            f"DELETE FROM {self.table} WHERE asset LIKE '%{number % 10}7'",  # noqa: S608
            f"INSERT INTO {self.table} SELECT 'N{number}-' || i, i FROM range(50) t(i)",  # noqa: S608
        ):
            self.connection.execute(statement)

    def read_there(self) -> Rows:
        return dict(self.connection.execute(f"SELECT asset, score FROM {self.table}"))  # noqa: S608

    def open_twin(self) -> Twin:
        """Open the twin as a person would who looks at it afterwards."""
        return wait_until(lambda: open_patiently(self.target))


def open_patiently(target: str) -> Twin | None:
    try:
        return gridtwin.open(target)
    except StoreError:  # a database that is about to answer
        return None


def read_here(twin: Twin) -> tuple[Rows, PullPosition]:
    rows = list(twin.store.pulls.read_rows(SCORES, {"kind": "failure_risk"}))
    assert len({row[1] for row in rows}) == len(rows), "no row is there twice"
    position = twin.store.pulls.read_position("risk")
    assert position is not None
    return {str(row[1]): row[2] for row in rows}, position  # type: ignore[misc]


@pytest.fixture(params=["a folder, version 2", "a database, version 3"])
def puller(
    request: pytest.FixtureRequest, lake: Lake, followed: Cluster, tmp_path: Path
) -> Iterator[Puller]:
    """Return a table of 3,000 scores that was pulled into a twin."""
    place, version = request.param.split(", version ")
    twin = gridtwin.open(two_feeders_with_a_tie())
    namespace = lake.make_namespace()
    owners = tmp_path / "owners.toml"
    owners.write_text(OWNERS.format(namespace=namespace))
    table = f"{LAKE}.{namespace}.risk"
    victims: list[Victim] = [
        (lake.catalog.kill, lake.catalog.start),
        (lake.store.kill, lake.store.start),
    ]
    with open_lake(lake.address, lake.settings) as connection:
        connection.execute(
            f"CREATE TABLE {table} (asset VARCHAR, score DOUBLE)"
            f" WITH ('format-version' = '{version}')"
        )
        rows = "SELECT 'M' || i, i / 7 FROM range(3000) t(i)"
        connection.execute(f"INSERT INTO {table} {rows}")
        if place == "a folder":
            twin.save(tmp_path / "small.twin")
            yield Puller(lake, connection, table, str(tmp_path / "small.twin"), owners, victims)
            return
        with followed.create_database() as url:
            twin.save(url).store.close()  # type: ignore[attr-defined]
            victims.append((followed.kill, followed.start))
            yield Puller(lake, connection, table, url, owners, victims)


@pytest.mark.long
@pytest.mark.parametrize("seed", SEEDS)
def test_a_pull_holds_all_of_a_commit_or_nothing(puller: Puller, seed: int) -> None:
    seeded = random.Random(seed)
    environment = {**os.environ, **puller.lake.environment}
    began = time.monotonic()
    subprocess.run(puller.command, env=environment, check=True, stdout=subprocess.DEVNULL)
    usual_s = time.monotonic() - began
    held, position = read_here(puller.open_twin())
    assert held == puller.read_there()
    cut = 0
    for number in range(KILLS):
        puller.change(number)
        there = puller.read_there()
        victims = [*puller.victims, (lambda: None, lambda: None)]
        kill, start = victims[number % len(victims)]
        with started(puller.command, env=environment, stdout=subprocess.DEVNULL) as process:
            timer = threading.Timer(seeded.uniform(0.3, 1.0) * usual_s, kill)
            timer.start()
            timer.join()
            if number % len(victims) == len(puller.victims):
                process.kill()
            elif process.wait():
                cut += 1
        start()
        now, came_to = read_here(puller.open_twin())
        assert came_to.sequence >= position.sequence
        assert now == (there if came_to != position else held)
        held, position = now, came_to
    assert cut or not EXHAUSTIVE, "something was killed in the middle of a pull"
    subprocess.run(puller.command, env=environment, check=True, stdout=subprocess.DEVNULL)
    twin = puller.open_twin()
    assert read_here(twin)[0] == puller.read_there()
    assert not twin.analytics.list_conflicts()
