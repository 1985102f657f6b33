"""Measure one run of the estimation over 10,000 open outages: `python -m benchmarks.erm_run`."""

from __future__ import annotations

import multiprocessing
import random
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

import gridtwin
from benchmarks.report import Limit, publish, tables
from gridtwin.analysis.outage import outage_lifecycle
from gridtwin.erm.job import ErmJob
from gridtwin.model.outage import Outage, Status
from gridtwin.model.tables import decode_texts
from gridtwin.store.postgis.lookups import LookUps

sys.path.append(str(Path(__file__).parents[1] / "tests"))
from postgres import run_cluster

if TYPE_CHECKING:
    from multiprocessing.queues import Queue
    from multiprocessing.synchronize import Event

    from gridtwin.twin import Twin

METERS = 596_906
OUTAGES = 10_000
PAST = 20_000  # outages of the last month, all over
SERVER = {"shared_buffers": "512MB", "fsync": "on", "synchronous_commit": "on"}
CAUSES = ("vegetation", "equipment failure", "", "vehicle", "lightning")


def main() -> None:
    """Print one table of limits."""
    network = gridtwin.synthesize("houston", meters=METERS, seed=1)
    with run_cluster(SERVER) as running, running.create_database() as url:
        twin = gridtwin.open(network).save(url)
        _fill(twin)
        mrids = decode_texts(twin.store.network.data.usage_points.mrid).tolist()
        apart = multiprocessing.get_context("spawn")
        done, answers = apart.Event(), apart.Queue()
        asking = apart.Process(target=_ask, args=(url, mrids, done, answers))
        asking.start()
        answers.get()  # it has begun
        start = time.perf_counter()
        report = ErmJob(twin).run("first")
        first = time.perf_counter() - start
        start = time.perf_counter()
        ErmJob(twin).run("second")
        second = time.perf_counter() - start
        done.set()
        spent = answers.get()
        asking.join()
    assert report.run.outages == OUTAGES
    assert report.run.usage_points > METERS * 0.99
    rows = [
        Limit("one run, 10,000 outages, 600K usage points, committed", first, 30, "s"),
        Limit("the next run", second, 30, "s"),
        Limit("look-up of a meter meanwhile, p99", float(np.quantile(spent, 0.99)) * 1e3, 20, "ms"),
    ]
    publish("The batch job", tables([], rows))


def _fill(twin: Twin) -> None:
    """Put every usage point into one of the open outages, and some outages into the past."""
    rng, now = np.random.default_rng(1), datetime.now(UTC)
    points = twin.store.network.data.usage_points
    mrids = decode_texts(points.mrid).astype(object)
    parts = np.array_split(np.arange(len(mrids)), OUTAGES)
    changes = []
    for number, rows in enumerate(parts):
        began = now - timedelta(hours=float(rng.exponential(3)))
        outage = Outage(
            f"O-{number:05}", began, Status.CONFIRMED, cause=CAUSES[number % len(CAUSES)]
        )
        changes.append(outage_lifecycle.open_outage(outage, mrids[rows], points.customers[rows]))
    past = []
    for number in range(PAST):
        began = now - timedelta(hours=float(rng.uniform(24, 700)))
        back = min(began + timedelta(hours=float(rng.lognormal(0.7, 1.0))), now)
        rows = parts[number % OUTAGES][:20]
        outage = Outage(
            f"P-{number:05}", began, Status.CLOSED, cause=CAUSES[number % len(CAUSES)],
            restored_at=back, closed_at=back,
        )  # fmt: skip
        opened = outage_lifecycle.open_outage(outage, mrids[rows], points.customers[rows])
        opened.joined.restored_s[:] = back.timestamp()
        past.append(opened)
    twin.store.outages.write_changes(past)
    twin.store.outages.write_changes(changes)


def _ask(url: str, mrids: list[str], done: Event, answers: Queue[list[float]]) -> None:
    """Look meters up, from a process of its own as a server would, until told to stop."""
    rng, spent = random.Random(1), list[float]()
    with LookUps(url, most=1) as found:
        found.estimate(mrids[0])
        answers.put(spent)
        while not done.is_set():
            start = time.perf_counter()
            found.estimate(rng.choice(mrids))
            spent.append(time.perf_counter() - start)
            time.sleep(0.005)
    answers.put(spent)


if __name__ == "__main__":
    main()
