"""
Run the whole pipeline of live data on one machine, from the generator to the map.

Each part is a process of its own, watched by this one: a part that ends is reported and started
again, and when this one ends all of them do, the servers they talk to last.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from gridtwin.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from threading import Event

    from gridtwin.twin import Twin

COMMAND = "from gridtwin.cli.entry import main; main()"
CHECK_EVERY_S = 1.0
DESCRIBE_EVERY_S = 10.0
TERMINATE_S = 20.0  # that a part has to end in good order
MOST_RESTARTS = 5  # of one part, within
STEADY_S = 120.0  # this time
REPLAYED = timedelta(hours=6)  # up to now, faster than it was; its storm is in the first half
SIMULATED_AHEAD = timedelta(days=30)  # simulated as time goes on


@dataclass
class PipelineProcess:
    """One process of the pipeline."""

    name: str
    arguments: list[str]  # of the command
    log: Path
    next_arguments: list[str] = field(default_factory=list)  # what it does when it has ended well
    process: subprocess.Popen[bytes] | None = None
    starts: list[float] = field(default_factory=list)

    def start(self) -> None:
        """Start it; its output goes to its log."""
        self.starts.append(time.monotonic())
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(  # noqa: S603 - words of our own
                [sys.executable, "-c", COMMAND, *self.arguments],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                env={**os.environ, "PYTHONUNBUFFERED": "1"},
            )  # fmt: skip

    def stop(self) -> None:
        """End it in good order, or else by force."""
        if self.process is None or self.process.poll() is not None:
            return
        self.process.terminate()
        try:
            self.process.wait(timeout=TERMINATE_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def read_last_line(self) -> str:
        """Return the last line of its log."""
        lines = self.log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
        return lines[-1] if lines else "it said nothing"


@dataclass(frozen=True, slots=True)
class Pipeline:
    """What the pipeline is made of."""

    twin: Twin  # the territory; it is copied into the database
    database: str = ""  # address of an empty database; empty: a throw-away cluster
    brokers: str = ""  # of a Kafka; empty: a throw-away node
    port: int = 8766  # of the map
    speed: float = 60.0  # simulated seconds a second, until the replay has reached the present
    faults: int = 12  # devices that open in the replay
    seed: int = 1

    def run(self, stop: Event, say: Callable[[str], None]) -> None:
        """
        Run until told to stop.

        Parameters
        ----------
        stop
            When to end.
        say
            Takes words for a person.

        Raises
        ------
        StoreError
            If a server cannot be started, or a part ends again and again.
        """
        with ExitStack() as stack:
            home = Path(tempfile.mkdtemp(prefix="gridtwin-live-"))
            stack.callback(shutil.rmtree, home, ignore_errors=True)
            database = self.database or stack.enter_context(_start_database())
            say("database: " + ("a throw-away cluster" if not self.database else "as given"))
            brokers = self.brokers or stack.enter_context(_start_broker(home / "kafka"))
            say(f"broker: {brokers}")
            kept = self.twin.save(database)
            local = home / "territory.twin"
            self.twin.save(local)
            processes = self._list_processes(database, str(local), brokers, home)
            for part in processes:
                stack.callback(part.stop)
                part.start()
            say(f"map: http://127.0.0.1:{self.port}/   logs: {home}   Ctrl-C ends it")
            _watch_processes(processes, kept, stop, say)
            say("ending ...")

    def _list_processes(
        self, database: str, local: str, brokers: str, home: Path
    ) -> list[PipelineProcess]:
        now = datetime.now(UTC).replace(second=0, microsecond=0)
        now -= timedelta(minutes=now.minute % 15)
        kafka, seed = f"kafka://{brokers}", ["--seed", str(self.seed)]
        simulate = ["stream", "simulate", "--in", local, "--sink", kafka, *seed]
        past = ["--from", (now - REPLAYED).isoformat(), "--to", now.isoformat()]
        present = ["--from", now.isoformat(), "--to", (now + SIMULATED_AHEAD).isoformat()]
        words = {
            "ingest": ["stream", "run", "--in", database, "--brokers", brokers],
            "operations": ["stream", "operate", "--in", database, "--from", kafka],
            "map": ["serve", "--in", database, "--port", str(self.port)],
            "generator": [
                *simulate, *past, "--paced", str(self.speed), "--storm", str(self.faults),
            ],
        }  # fmt: skip
        processes = [
            PipelineProcess(name, said, home / f"{name}.log") for name, said in words.items()
        ]
        processes[-1].next_arguments = [*simulate, *present, "--paced", "1"]
        return processes


def _watch_processes(
    processes: list[PipelineProcess], twin: Twin, stop: Event, say: Callable[[str], None]
) -> None:
    """Look after the processes, and say how things stand, until told to stop."""
    described = time.monotonic()
    while not stop.wait(CHECK_EVERY_S):
        for part in processes:
            _restart_ended(part, say)
        if time.monotonic() - described > DESCRIBE_EVERY_S:
            described = time.monotonic()
            say(_describe_pipeline(twin, processes))


def _restart_ended(part: PipelineProcess, say: Callable[[str], None]) -> None:
    process = part.process
    if process is None or process.poll() is None:
        return
    if part.next_arguments and process.returncode == 0:
        say(f"{part.name} has come to the present, and goes on with it")
        part.arguments, part.next_arguments = part.next_arguments, []
        part.start()
        return
    say(f"{part.name} ended ({process.returncode}): {part.read_last_line()}")
    lately = [at for at in part.starts if time.monotonic() - at < STEADY_S]
    if len(lately) >= MOST_RESTARTS:
        said = part.read_last_line()
        msg = f"{part.name} ended {MOST_RESTARTS} times within {STEADY_S:.0f} s: {said}"
        raise StoreError(msg)
    part.start()
    say(f"{part.name} was started again")


def _describe_pipeline(twin: Twin, processes: list[PipelineProcess]) -> str:
    outages = twin.outages.all()
    out = sum(each.customers_out for each in outages)
    latest = twin.store.readings.find_latest()
    read = f"{datetime.fromtimestamp(latest, UTC):%H:%M}" if latest else "none yet"
    running = sum(part.process is not None and part.process.poll() is None for part in processes)
    return (
        f"{datetime.now(UTC):%H:%M:%S}  {running}/{len(processes)} parts run, state version"
        f" {twin.version}, {len(outages)} outages with {out:,} customers, readings until {read}"
    )


@contextmanager
def _start_database() -> Iterator[str]:
    from gridtwin.store.postgis.cluster import run_cluster

    with run_cluster({"autovacuum": "on"}) as running, running.create_database() as url:
        yield url


@contextmanager
def _start_broker(home: Path) -> Iterator[str]:
    from gridtwin.stream.broker.node import running

    with running(home) as node:
        yield node.brokers
