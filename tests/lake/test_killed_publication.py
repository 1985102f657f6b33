"""Whatever is killed while a database is published: afterwards both sides are the same."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path

import psycopg
import pytest

from fuzzing import EXHAUSTIVE
from gridtwin.errors import StoreError
from gridtwin.store.postgis.connect import connect_patiently
from gridtwin.store.postgis.database_feed import parse_lsn
from lake_bench import Lake
from lakes import assert_no_row_twice, list_differences, publication_of, read_table
from postgres import Cluster
from waiting import end_group, started, wait_until

KILLS = 20 if EXHAUSTIVE else 4
LONGEST_WAIT_S = 3.0  # before something is killed; where in its work, the seed says
ROUNDS = 6  # of changes between two kills
PROGRAM = "from gridtwin.cli.entry import main; main()"


class Publisher:
    """A process that publishes what changes, and is started again when it was killed."""

    def __init__(self, lake: Lake, url: str, namespace: str, stack: ExitStack, log: Path) -> None:
        self._command = [
            sys.executable, "-c", PROGRAM, "publish", "iceberg", "--in", url,
            "--catalog", lake.catalog.url, "--warehouse", "wh", "--namespace", namespace,
            "--watch", "--every", "0.1", "--no-readings",
        ]  # fmt: skip
        self._environment = {**os.environ, **lake.environment}
        self._stack = stack
        self._log = log
        self.start()

    def start(self) -> None:
        with self._log.open("ab") as log:
            self.process: subprocess.Popen[bytes] = self._stack.enter_context(
                started(self._command, env=self._environment, stdout=log, stderr=log)
            )

    def kill(self) -> None:
        end_group(self.process)

    def revive(self) -> None:
        """Start it again where it has ended, as a service manager does: an engine may abort."""
        code = self.process.poll()
        if code is not None:
            said = self._log.read_text()[-2000:]
            assert code == -signal.SIGABRT, said
            self.start()


def change_rows(url: str, seeded: random.Random, number: int) -> None:
    """Change, delete and add rows in one transaction; a database that is away is waited for."""
    while True:
        try:
            with connect_patiently(url, patience_s=300) as link:
                link.execute(
                    "UPDATE gridtwin.equipment SET name = %s WHERE row %% 7 = %s",
                    (f"change {number}", seeded.randrange(7)),
                )
                link.execute(
                    "INSERT INTO gridtwin.outages (id, began_at) VALUES (%s, now())"
                    " ON CONFLICT (id) DO UPDATE SET revision = outages.revision + 1",
                    (f"O-{seeded.randrange(20)}",),
                )
                link.execute(
                    "DELETE FROM gridtwin.outages WHERE id = %s", (f"O-{seeded.randrange(20)}",)
                )
        except (psycopg.OperationalError, StoreError):
            continue
        else:
            return


def change_often(url: str, seed: int, number: int) -> None:
    """Change rows some times, a moment apart."""
    seeded = random.Random(seed)
    for change in range(ROUNDS):
        change_rows(url, seeded, number * ROUNDS + change)


def read_position(lake: Lake, namespace: str) -> int:
    rows = read_table(lake, namespace, "sync_state")
    return max((parse_lsn(row[4]) for row in rows if row[0] == "*"), default=0)


def list_victims(
    publisher: Publisher, lake: Lake, cluster: Cluster
) -> Sequence[tuple[Callable[[], None], Callable[[], None]]]:
    """Return what can be killed, each with what starts it again."""
    return (
        (publisher.kill, publisher.start),
        (lake.catalog.kill, lake.catalog.start),
        (lake.store.kill, lake.store.start),
        (cluster.kill, cluster.start),
    )


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as opened:
        yield opened


@pytest.mark.long
def test_both_sides_are_the_same_after_kills(
    lake: Lake,
    namespace: str,
    followed: Cluster,
    town: str,
    stack: ExitStack,
    tmp_path: Path,
) -> None:
    seeded = random.Random(1)
    publication = publication_of(lake, town, namespace, readings=False)
    publication.publish_once()
    publisher = Publisher(lake, town, namespace, stack, tmp_path / "log")
    position = read_position(lake, namespace)
    for number in range(KILLS):
        kill, start = list_victims(publisher, lake, followed)[number % 4]
        timer = threading.Timer(seeded.uniform(0.0, LONGEST_WAIT_S), kill)
        timer.start()
        writing = threading.Thread(target=change_often, args=(town, seeded.randrange(1000), number))
        writing.start()
        timer.join()
        start()
        writing.join()

        def has_moved(at: int = position) -> bool:
            publisher.revive()
            return read_position(lake, namespace) > at

        wait_until(has_moved, lambda: (tmp_path / "log").read_text()[-2000:])
        position = read_position(lake, namespace)
    publisher.kill()
    publication.publish_once()
    assert read_position(lake, namespace) >= position
    assert not list_differences(publication)
    assert_no_row_twice(lake, namespace)
