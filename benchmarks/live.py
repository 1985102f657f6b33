"""
Measure how long a last gasp takes to become an outage, over a real broker and database.

    python -m benchmarks.live [meters]

First single outages on a quiet grid, then a storm: 24,000 last gasps within a minute. What is timed
is the way from the first and from the final last gasp of an outage being produced, to an open
outage with its meters being there for every reader of the database.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import threading
import time
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import orjson
import psycopg

import gridtwin
from benchmarks.report import Limit, machine, publish, tables
from gridtwin.analysis.inference.device_tree import build_device_tree
from gridtwin.analysis.inference.likelihood import Assumptions
from gridtwin.model import cim
from gridtwin.model.tables import decode_texts
from gridtwin.store.postgis.cluster import run_cluster
from gridtwin.stream.broker.node import running

COMMAND = "from gridtwin.cli.entry import main; main()"
SINGLE = 10
GASPS = 24_000
WINDOW_S = 60.0
BURST_S = 1.5  # within which the last gasps of one outage come
ARRIVES = 0.8
BAR_S = 5.0
SETTLE_S = 60.0
OUT = """
SELECT usage_point FROM gridtwin.outage_usage_points
WHERE restored_at IS NULL AND usage_point = ANY (%s)
"""


def outages(twin: gridtwin.Twin, gasps: int, rng: np.random.Generator) -> list[list[str]]:
    """Return the meters of outages that do not overlap, behind fuses and reclosers."""
    situation = twin.situation()
    devices = build_device_tree(situation, Assumptions())
    equipment, points = situation.data.equipment, situation.data.usage_points
    kinds = [cim.KIND_CODE[name] for name in ("fuse", "recloser")]
    pool = np.flatnonzero(np.isin(equipment.kind, kinds) & (equipment.normal_open == 0))
    taken = np.zeros(len(points.mrid), dtype=bool)
    found: list[list[str]] = []
    total = 0
    for row in rng.permutation(pool).tolist():
        nodes = situation.index.find_dependents(int(situation.index.child[row]))
        behind = situation.points_at(nodes)
        behind = behind[devices.need[behind] != 0]
        if not 8 <= len(behind) <= 600 or taken[behind].any():
            continue
        taken[behind] = True
        found.append(decode_texts(points.mrid[behind]).tolist())
        total += len(behind)
        if total * ARRIVES >= gasps:
            break
    return found


class Watch:
    """When some meters of each outage were first in an open one, as any reader sees it."""

    def __init__(self, url: str, meters: list[list[str]]) -> None:
        self._owner = {name: at for at, names in enumerate(meters) for name in names}
        self.seen: dict[int, float] = {}
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._look, args=(url,))
        self._thread.start()

    def _look(self, url: str) -> None:
        with psycopg.connect(url, autocommit=True) as connection:
            while not self._stop.wait(0.1):
                missing = [n for n, at in self._owner.items() if at not in self.seen]
                now = time.time()
                for (name,) in connection.execute(OUT, (missing,)):
                    self.seen.setdefault(self._owner[name], now)

    def stop(self) -> None:
        """Look no more."""
        self._stop.set()
        self._thread.join()


Took = list[tuple[float, float]]


def produce(brokers: str, url: str, meters: list[list[str]], window_s: float) -> Took:
    """Send the last gasps of outages; return when each was seen after its first and its final."""
    from confluent_kafka import Producer

    rng = np.random.default_rng(3)
    sent = []
    for at, names in enumerate(meters):
        begins = rng.uniform(0, window_s)
        heard = [n for n in names if rng.random() < ARRIVES] or names[:1]
        sent += [(begins + rng.uniform(0, BURST_S), at, name) for name in heard]
    sent.sort()
    heard_of: dict[int, list[str]] = {}
    for _, at, name in sent:
        heard_of.setdefault(at, []).append(name)
    watch = Watch(url, [heard_of[at][:3] for at in range(len(meters))])
    producer = Producer({"bootstrap.servers": brokers, "linger.ms": 5})
    start, first, last = time.time(), dict[int, float](), dict[int, float]()
    for after, at, name in sent:
        time.sleep(max(0.0, start + after - time.time()))
        now = datetime.now(UTC).isoformat()
        value = {"event_id": f"{name}-{start}", "event_time": now, "kind": "last_gasp"}
        producer.produce("outage_alerts", orjson.dumps({**value, "meter_id": name}), name)
        producer.poll(0)
        last[at] = time.time()
        first.setdefault(at, last[at])
    producer.flush()
    end = time.time() + SETTLE_S
    while len(watch.seen) < len(meters) and time.time() < end:
        time.sleep(0.2)
    watch.stop()
    seen = [watch.seen.get(at, np.inf) for at in range(len(meters))]
    return [(when - first[at], max(0.0, when - last[at])) for at, when in enumerate(seen)]


def limits(name: str, took: Took) -> list[Limit]:
    """Return how long after the first and the final gasp of each outage it was there."""
    assert np.isfinite(took).all(), "an outage was never seen"
    found = []
    for which, column in zip(("first", "final"), zip(*took, strict=True), strict=True):
        median, p95, most = np.quantile(column, [0.5, 0.95, 1.0]).tolist()
        what = f"{name}: outage after its {which} last gasp"
        found += [
            Limit(f"{what}, median", median, BAR_S, "s"),
            Limit(f"{what}, p95", p95, BAR_S, "s"),
            Limit(f"{what}, at most", most, BAR_S, "s"),
        ]
    return found


def main(meters: int = 596_906) -> None:
    twin = gridtwin.open(gridtwin.synthesize("houston", meters=meters, seed=1))
    print(twin, flush=True)
    chosen = outages(twin, min(GASPS, meters // 10), np.random.default_rng(1))
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        node = stack.enter_context(running(folder / "kafka"))
        url = stack.enter_context(stack.enter_context(run_cluster()).create_database())
        twin.save(url)
        measure(url, node.brokers, chosen, folder)


def measure(url: str, brokers: str, chosen: list[list[str]], folder: Path) -> None:
    metrics, log = folder / "metrics", folder / "log"
    words = ["--in", url, "--from", f"kafka://{brokers}", "--metrics", str(metrics)]
    with log.open("wb") as output:
        live = subprocess.Popen(
            [sys.executable, "-c", COMMAND, "stream", "operate", *words],
            stdout=output, stderr=output,
        )  # fmt: skip
    try:
        while not metrics.exists():
            assert live.poll() is None, log.read_text()
            time.sleep(0.5)
        single: Took = []
        for names in chosen[:SINGLE]:
            single += produce(brokers, url, [names], 0.1)
        rows = limits("quiet", single)
        storm = chosen[SINGLE:]
        count = sum(map(len, storm)) * ARRIVES
        took = produce(brokers, url, storm, WINDOW_S)
        rows += limits(f"storm of {len(storm):,} outages", took)
    finally:
        live.terminate()
        live.wait()
    said = (
        f"{machine()}, on which broker, database, producer and operations run; {count:,.0f} last"
        f" gasps in {WINDOW_S:.0f} s; from produced to read in the database by another program."
    )
    publish("Live operations", [said, "", *tables([], rows)])


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
